"""What is sent to be checked: read as what it is, within its bound, in memory alone."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from tests.web.explorer.conftest import Site, site
from tests.web.explorer.test_check import file_of, pdf_of
from tests.web.wire import ask, raw
from web.explorer import create_explorer_app
from web.explorer.allowance import UNLIMITED
from web.explorer.checking import pdf
from web.explorer.checking.page import BODIES
from web.serving import Server, Settings

MIB = 2**20
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that no test of this file changes, and that counts nothing."""
    made = site(tmp_path_factory.mktemp("intake"))
    app = create_explorer_app(made.copy, clock=lambda: made.now[0], limits=UNLIMITED)
    made.client = app.test_client()
    return made


@pytest.fixture
def server(told: Site, serve: Callable[..., Server]) -> Server:
    return serve(told.client.application, Settings(threads=4, most_body=1024, bodies=BODIES, memory_only=True))


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text[:300]
    return [row["outcome"] for row in answer.json["answers"]]


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", "application/json", FORM, ""])
@pytest.mark.parametrize("ending", ["envelope.json", "tlog-proof"])
def test_a_file_sent_as_the_body_is_read_whatever_it_is_said_to_be(told: Site, kind: str, ending: str) -> None:
    """`curl --data-binary @FILE` calls every body a form."""
    body = file_of(told, told.ids["pledge"], ending)
    assert outcomes(told.client.post("/check.json", data=body, content_type=kind)) == ["in-record"]
    page = told.client.post("/check", data=body, content_type=kind)
    assert "Nothing was checked" not in page.text


@pytest.mark.parametrize(
    ("body", "kind", "found"),
    [
        (b"text=5", FORM, 1),
        (b"text=5&text=6", FORM, 2),
        (b"text=5&other=6", FORM, 2),
        (b"text=", FORM, 0),
        (b"5", FORM, 1),
        (b"%35", FORM, 1),
        (b"=", FORM, 1),
        (b"&&&", FORM, 1),
        (b"", FORM, 0),
    ],
)
def test_a_form_is_a_form_and_anything_else_is_one_thing(told: Site, body: bytes, kind: str, found: int) -> None:
    assert len(outcomes(told.client.post("/check.json", data=body, content_type=kind))) == found


@pytest.mark.parametrize("name", ["file", "document", "upload[]", "", "ф"])
def test_a_file_is_read_whatever_its_field_is_called(told: Site, name: str) -> None:
    body = file_of(told, told.ids["pledge"], "envelope.json")
    assert outcomes(told.client.post("/check.json", data={name: (BytesIO(body), "x")})) == ["in-record"]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where a temporary file was asked for, by anybody."""
    asked: list[str] = []

    def noted(*_: Any, **__: Any) -> Any:
        asked.append("a temporary file")
        return BytesIO()

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, noted)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", noted)
    monkeypatch.setattr("waitress.buffers.TempfileBasedBuffer.newfile", noted)
    return asked


def part(raw: bytes) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + raw + b"\r\n--b--\r\n"


@pytest.mark.parametrize("chunked", [False, True])
def test_nothing_that_was_sent_is_ever_on_a_disk(told: Site, server: Server, disk: list[str], chunked: bool) -> None:
    """Also not on its way in: the server below the application would put what is longer than 512 KiB into a file."""
    named = {"Content-Type": "multipart/form-data; boundary=b"}
    whole = part(b"x" * (MIB - 200))
    body: Any = iter([whole[:500_000], whole[500_000:]]) if chunked else whole
    answer = ask(server.port, "POST", "/check.json", body, named)
    assert (answer.status, b"not-found" in answer.body) == (200, True)
    assert disk == []


def test_a_server_that_may_use_the_disk_would_be_noticed(
    told: Site, serve: Callable[..., Server], disk: list[str]
) -> None:
    port = serve(told.client.application, Settings(threads=4, bodies=BODIES)).port
    ask(port, "POST", "/check.json", part(b"x" * (MIB - 200)), {"Content-Type": "multipart/form-data; boundary=b"})
    assert disk


def test_one_byte_more_than_the_bound_is_refused_on_the_wire(server: Server) -> None:
    for size, status in ((MIB, 200), (MIB + 1, 413)):
        answer = ask(server.port, "POST", "/check.json", b"x" * size, {"Content-Type": "application/octet-stream"})
        assert answer.status == status
    chunks = iter([b"x" * 65_536] * 17)
    assert ask(server.port, "POST", "/check.json", chunks, {"Content-Type": "text/plain"}).status == 413


FIELD = b"--b\r\nContent-Disposition: form-data; name=text\r\n"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
HOSTILE_FORMS = {
    "ten-thousand-parts": (FIELD + b"\r\n5\r\n") * 10_000 + b"--b--",
    "ten-thousand-empty-parts": b"--b\r\n\r\n\r\n" * 10_000 + b"--b--",
    "a-header-without-end": b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 900_000,
    "a-hundred-thousand-headers": b"--b\r\n" + b"X: y\r\n" * 100_000 + b"\r\nx\r\n--b--",
    "nul-in-the-name": FILE.replace(b'"x"', b'"\x00../x"') + b"5\r\n--b--",
    "no-end": FILE + b"\r\n--" * 200_000,
    "nearly-boundaries": FILE + b"\r\n--bb" * 150_000,
    "another-coding": FIELD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+AD0-\r\n--b--",
    "parts-within": FIELD + b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n--c--\r\n--b--",
}


@pytest.mark.parametrize("name", HOSTILE_FORMS)
def test_hostile_forms_are_answered_soon(told: Site, name: str) -> None:
    for address in ("/check", "/check.json"):
        begun = time.monotonic()
        answer = told.client.post(address, data=HOSTILE_FORMS[name], content_type="multipart/form-data; boundary=b")
        assert answer.status_code in (200, 400, 413), answer.text[:300]
        assert time.monotonic() - begun < 3


def test_what_a_check_takes_in_memory_is_bounded(told: Site) -> None:
    """Files within files, each of the most that may be unpacked, and a million tiny objects."""
    bombs = pdf_of(*[bytes(MIB)] * 16)
    long = b"1 0 obj<</EmbeddedFile/FlateDecode>>stream\n" + zlib.compress(bytes(MIB + 2), 9) + b"\nendstream\n"
    too_long = b"%PDF-1.7\n" + long * ((MIB - 20) // len(long))
    objects = b"%PDF-1.7\n" + b"1 0 obj\n<<>>\nendobj\n" * 50_000
    for body in (bombs, too_long, objects, b"[" * (MIB - 1), b'{"a":' * 200_000):
        tracemalloc.start()
        begun = time.monotonic()
        answer = told.client.post("/check.json", data=body, content_type="application/octet-stream")
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert answer.status_code in (200, 413)
        assert peak < 64 * MIB
        assert time.monotonic() - begun < 5


def test_a_pdf_of_a_thousand_bombs_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def unpacked(stream: bytes) -> bytes | None:
        tried.append(len(stream))
        return None

    monkeypatch.setattr(pdf, "_unpacked", unpacked)
    assert pdf.embedded(b"%PDF-1.7\n" + b"1 0 obj<</EmbeddedFile/FlateDecode>>stream\nx\nendstream\n" * 1_000) == []
    assert len(tried) == 64


def test_a_slow_or_cut_upload_is_never_answered_as_whole(server: Server) -> None:
    head = b"POST /check.json HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
    assert b" 200 " not in raw(server.port, head + b"5")[:40]
