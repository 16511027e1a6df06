"""What strangers may send: bounded, never kept, never a fault of the server, and answered soon."""

from __future__ import annotations

import json
import time
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.explorer.conftest import Site, site
from tests.web.explorer.markup import read
from tests.web.explorer.test_check import file_of, pdf_of, somebody
from web.explorer.allowance import Allowance
from web.explorer.checking import given as receiving
from web.explorer.checking import pdf
from web.explorer.checking.page import BODIES

MIB = 2**20
ROOM = MIB - 1024
"""What fits into a request beside its form."""
_SECONDS = 5.0


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that no test of this file changes."""
    return site(tmp_path_factory.mktemp("hostile"))


def send(found: Site, raw: bytes, address: str = "/check") -> Any:
    """Send one file; the answer came in time and is no fault of the server."""
    begun = time.monotonic()
    answer = found.client.post(address, data={"file": (BytesIO(raw), "x")}, environ_base=somebody())
    assert time.monotonic() - begun < _SECONDS
    assert answer.status_code < 500, answer.text[:500]
    return answer


def bomb(size: int) -> bytes:
    packing = zlib.compressobj(9)
    zeros = bytes(MIB)
    return b"".join(packing.compress(zeros) for _n in range(size // MIB)) + packing.flush()


BOMB = bomb(256 * MIB)
HOSTILE = {
    "deep-lists": b"[" * ROOM,
    "deep-objects": b'{"a":' * (ROOM // 5),
    "deep-in-an-envelope": b'{"payload":' + b"[" * 500_000 + b"]" * 500_000 + b',"payloadType":"x"}',
    "a-number-of-a-million-digits": b'{"party":' + b"9" * (ROOM - 100) + b',"signers":[],"body":{}}',
    "a-million-members": b'{"party":1,"signers":1,"body":1,' + b",".join(b'"%06x":1' % n for n in range(80_000)) + b"}",
    "a-long-text": b'{"party":"' + b"\\u0041" * (ROOM // 6 - 20) + b'","signers":1,"body":1}',
    "no-utf-8": b'{"payloadType":"\xff\xfe","payload":"' + b"\xc0" * 1000 + b'"}',
    "lone-surrogates": b'{"party":"\\ud800","signers":[],"body":{}}',
    "nul-bytes": b"\0" * ROOM,
    "a-receipt-of-hashes": b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"A" * 43 + b"=\n" * 20_000,
    "a-note-of-signatures": b"x\n1\nAA==\n\n" + "— a AAAAAAAA\n".encode() * 60_000,
    "a-policy-of-comments": b"#\n" * (ROOM // 2 - 20) + b"quorum none\n",
    "a-policy-of-groups": b"quorum x\n" + b"group g 1 a\n" * 80_000,
    "a-disclosure-of-nothing": b"WyJ" + b"A" * ROOM,
    "a-key-of-pluses": b"n+00000000+" + b"+" * (ROOM - 20),
    "a-pdf-bomb": b"%PDF-1.7\n1 0 obj\n<< /Type /EmbeddedFile /Filter /FlateDecode >>\nstream\n"
    + BOMB
    + b"\nendstream\nendobj\n",
    "a-pdf-of-names": b"%PDF-1.7\n" + b"/EmbeddedFile " * (ROOM // 15),
    "a-pdf-of-dictionaries": b"%PDF-1.7\n" + b"1 0 obj<</EmbeddedFile>>stream\n" * (ROOM // 32),
    "a-pdf-of-many-files": b"%PDF-1.7\n" + b"1 0 obj<</EmbeddedFile>>stream\nx\nendstream\n" * (ROOM // 48),
    "a-pdf-within-a-pdf": b"",
}
HOSTILE["a-pdf-within-a-pdf"] = pdf_of(pdf_of(pdf_of(b"x")))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_is_a_fault_of_the_server(told: Site, name: str) -> None:
    raw = HOSTILE[name]
    answer = send(told, raw)
    assert answer.status_code == (413 if len(raw) > MIB - 300 else 200)
    assert read(answer.text).problems == []
    data = send(told, raw, "/check.json")
    if data.status_code == 200:
        assert {row["outcome"] for row in data.json["answers"]} <= {"does-not-hold", "not-found", "policy"}


def test_a_bomb_is_unpacked_no_further_than_the_bound() -> None:
    assert pdf.embedded(HOSTILE["a-pdf-bomb"]) == []
    assert len(pdf.embedded(HOSTILE["a-pdf-of-many-files"])) == pdf.MOST_FILES
    assert pdf.embedded(pdf_of(bytes(MIB))) == [bytes(MIB)]
    assert pdf.embedded(pdf_of(bytes(MIB + 1))) == []
    assert (
        pdf.embedded(
            b"%PDF-1.7\n1 0 obj<</EmbeddedFile/FlateDecode>>stream\n" + zlib.compress(b"cut")[:-3] + b"endstream"
        )
        == []
    )


@pytest.mark.parametrize(
    "title", ["\u202eevil\u202c", "<img src=x onerror=alert(1)>", "\u0000\u0007", "a\u0301" * 60, "ﷺ" * 300]
)
def test_words_of_a_stranger_stay_words(told: Site, title: str) -> None:
    body = {"text": "x"}
    value = told.world.draft("XB", "declaration", body, title=title)
    answer = send(told, told.world.envelope(value).raw)
    assert read(answer.text).problems == []
    assert "\u202e" not in answer.text
    assert "<img" not in answer.text
    assert "\0" not in answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "multipart/form-data"}, b"x", 400),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\nContent-Disposition: form-data", 400),
        ({"Content-Type": "multipart/form-data; boundary=" + "b" * 300}, b"--b", 400),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\n\r\nx\r\n--b--", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"text=%ED%A0%80%00%FF", 200),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"&".join([b"text=1"] * 100_000), 413),
        ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, b"x", 415),
        ({"Content-Type": "application/json; charset=utf-16"}, b"{", 200),
        ({}, b"", 200),
    ],
)
def test_broken_forms_are_refused_as_what_they_are(
    told: Site, headers: dict[str, str], body: bytes, status: int
) -> None:
    for address in ("/check", "/check.json"):
        answer = told.client.post(address, data=body, headers=headers, environ_base=somebody())
        assert answer.status_code == status, answer.text[:300]


def test_too_many_parts_are_refused(told: Site) -> None:
    data = {"file": [(BytesIO(b"x"), "x")] * 60}
    assert told.client.post("/check", data=data, environ_base=somebody()).status_code == 400


@pytest.mark.parametrize("length", ["99999999999", "-1", "x", "1_0", "٣"])
def test_a_length_that_lies_is_refused(told: Site, length: str) -> None:
    answer = told.client.post(
        "/check.json", input_stream=BytesIO(b"5"), environ_overrides={"CONTENT_LENGTH": length, **somebody()}
    )
    assert answer.status_code in (400, 413)


def test_more_than_the_bound_is_refused_whole(told: Site) -> None:
    assert send(told, b"x" * (MIB + 1)).status_code == 413
    assert set(BODIES.values()) == {receiving.MOST_BYTES}
    assert {"/check", "/check.json", "/ar/check"} <= set(BODIES)


def test_one_address_cannot_ask_without_end(own: Site) -> None:
    most = Allowance().checks or 0
    codes = [own.client.post("/check", data={"text": "5"}).status_code for _n in range(most + 2)]
    assert codes[:most] == [200] * most > []
    assert codes[-1] == 429
    refused = own.client.post("/check.json", data={"text": "5"})
    assert (refused.status_code, refused.json["code"]) == (429, "http.too-many")  # type: ignore[index]
    assert int(refused.headers["Retry-After"]) >= 1
    assert own.client.post("/check", data={"text": "5"}).headers["Retry-After"]
    assert own.client.get("/check").status_code == 200
    assert own.client.post("/check", data={"text": "5"}, environ_base=somebody()).status_code == 200


def test_nothing_is_written_to_a_disk(told: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was asked for")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    assert send(told, b"x" * 900_000).status_code == 200


_FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
_ANY = st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))


def test_any_bytes_have_an_answer(told: Site) -> None:
    @_FUZZ
    @given(_ANY)
    def tried(raw: bytes) -> None:
        assert send(told, raw, "/check.json").status_code == 200

    tried()


@pytest.mark.parametrize("kind", ["tlog-proof", "envelope.json", "statement.json"])
def test_no_changed_byte_is_ever_in_the_record_and_valid(told: Site, kind: str) -> None:
    raw = file_of(told, told.ids["pledge"], kind)
    # The name and id of a signer whom the quorum does not need may be anybody's: such a line counts for nothing.
    end = raw.rfind(b"\n\n") if kind == "tlog-proof" else len(raw)

    @_FUZZ
    @given(st.integers(0, end - 1), st.integers(0, 7))
    def tried(at: int, bit: int) -> None:
        changed = raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]
        rows = json.loads(send(told, changed, "/check.json").text)["answers"]
        assert not {row["outcome"] for row in rows} & {"in-record", "changed", "opened", "key"}, (at, bit)

    tried()
