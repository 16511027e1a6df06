"""The certificate: what it says, what it carries, that it is tagged, that equal inputs make equal bytes, that text stays text."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from pypdf import PdfReader

from tests.web.explorer.conftest import Site, site
from tests.web.explorer.world import ARABIC, World
from verifier import vocabulary
from verifier.cli import run
from verifier.errors import Fault
from web.explorer import create_explorer_app
from web.explorer.certificate import attached, fonts, runs
from web.explorer.certificate.reading import MOST_BYTES, MOST_FILE_BYTES, MOST_FILES
from web.explorer.wording.languages import LANGUAGES

HOSTILE = (
    '#eval("1+1") #panic() $x^2$ *bold* @ref <label> \\u{41} // /* #import "x" \u202egnp.exe\u202c \U00012000 \u2068q'
)
LONG = "w" * 250


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The told ledger, and what may befall a statement: retracted, contested, an exercise, judged as absent, hostile."""
    ids: dict[str, str] = {}

    def story(world: World) -> None:
        ids["markup"] = world.drill("XB", HOSTILE)
        ids["long"] = world.drill("XB", LONG)
        reason = vocabulary.load().example("retraction")["body"]
        ids["retracted"] = world.drill("XA", "Exercise Grey Tern")
        relates = [{"rel": "retracts", "statement": ids["retracted"]}]
        ids["retraction"] = world.say("XA", "retraction", reason, relates=relates, title="Grey Tern is taken back")
        world.checkpoint(pause=3600)
        body = vocabulary.load().example("declaration")["body"]
        drill = ids["drill"] = world.drill("XA", "Exercise Night Heron")
        ids["exercise"] = world.say("XA", "declaration", body, exercise=drill, title="Rehearsal of a declaration")
        world.checkpoint(pause=3600)
        ids["absent"] = world.skipped("XC")
        ids["contested"] = world.announce("XC", 72)
        world.checkpoint(pause=3600)
        world.revoke("XC", world.pen("XC"), from_record=len(world.records) - 1)
        world.checkpoint(pause=3600)

    found = site(tmp_path_factory.mktemp("certified"), story)
    found.ids.update({**ids, **found.ids})
    return found


def pdf(site: Site, name: str, language: str = "en") -> bytes:
    prefix = "" if language == "en" else f"/{language}"
    answer = site.client.get(f"{prefix}/s/{site.ids[name]}/certificate.pdf")
    assert answer.status_code == 200, answer.text[:500]
    assert answer.content_type == "application/pdf"
    return bytes(answer.data)


def pages(raw: bytes) -> list[str]:
    """The text of each page, in the compatibility form: typst's extraction may hold joined letters."""
    return [normalize("NFKC", page.extract_text()) for page in PdfReader(BytesIO(raw)).pages]


def flat(raw: bytes) -> str:
    return re.sub(r"\s+", "", "".join(pages(raw)))


def spoken(raw: bytes) -> str:
    """The text with one space wherever there is any."""
    return re.sub(r"\s+", " ", " ".join(pages(raw)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_it_certifies_in_each_language(certified: Site, language: str) -> None:
    raw = pdf(certified, "drill", language)
    text, facts = flat(raw), certified.client.get(f"/s/{certified.ids['drill']}/proof.json").json
    assert facts is not None
    prefix = "" if language == "en" else f"/{language}"
    for expected in (
        certified.ids["drill"],
        facts["record_digest"],
        facts["receipt"]["checkpoint"]["root"],
        certified.ids["change"],
        certified.world.charter_id,
        f"http://localhost{prefix}/s/{certified.ids['drill']}",
        "detente-verifyreceiptrecord-4.tlog-proof",
        "norhaven.example",
    ):
        assert expected in text, expected


def test_it_speaks_the_languages_own_words(certified: Site) -> None:
    assert "What it does not prove" in spoken(pdf(certified, "arabic"))
    assert "未证明" in flat(pdf(certified, "arabic", "zh"))
    arabic = PdfReader(BytesIO(pdf(certified, "arabic", "ar")))
    assert arabic.metadata is not None
    assert ARABIC in str(arabic.metadata.title)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_tagged_for_those_who_hear_it(certified: Site, language: str) -> None:
    reader = PdfReader(BytesIO(pdf(certified, "retracted", language)))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    kinds = set(tags(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/H3", "/L", "/LI", "/Table", "/TH", "/Figure", "/P"} <= kinds
    assert all(font_embedded(font) for page in reader.pages for font in resources(page)["/Font"].values())


def resources(page: Any) -> Any:
    return page["/Resources"]


def tags(node: object) -> Iterator[str]:
    found = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(found, list):
        for one in found:
            yield from tags(one)
    elif isinstance(found, dict):
        if "/S" in found:
            yield str(found["/S"])
        if "/K" in found:
            yield from tags(found["/K"])


def font_embedded(font: object) -> bool:
    below = font.get_object()["/DescendantFonts"][0].get_object()  # type: ignore[attr-defined]
    return bool({"/FontFile2", "/FontFile3"} & set(below["/FontDescriptor"].get_object()))


@pytest.mark.parametrize("name", ["drill", "charter", "retracted", "contested", "hostile", "markup"])
def test_what_it_carries_proves_it(
    certified: Site, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = pdf(certified, name)
    files = attached(raw)
    receipt, sealed, policy = files
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    command = ["receipt", str(tmp_path / receipt), "--envelope", str(tmp_path / sealed)]
    assert run([*command, "--policy", str(tmp_path / policy)]) == 0, capsys.readouterr()
    assert policy == "explorer.policy"
    assert files[policy].decode() == certified.world.policy_text
    for kind in ("tlog-proof", "envelope.json"):
        file = next(one for one in files if one.endswith(kind))
        assert files[file] == certified.client.get(f"/s/{certified.ids[name]}.{kind}").data
    assert {file: content[0] for file, content in PdfReader(BytesIO(raw)).attachments.items()} == files


def test_the_check_answers_for_it(certified: Site) -> None:
    answer = certified.client.post("/check.json", data=pdf(certified, "retracted"), content_type="application/pdf").json
    assert answer is not None
    assert answer["answers"][0]["outcome"] == "retracted"


def test_equal_inputs_make_equal_bytes(certified: Site) -> None:
    other = create_explorer_app(certified.copy, clock=lambda: certified.now[0] + 7).test_client()
    address = f"/ar/s/{certified.ids['retracted']}/certificate.pdf"
    one, two = certified.client.get(address), other.get(address)
    assert one.data == two.data
    assert one.headers["ETag"] == two.headers["ETag"]
    moment = certified.client.get(f"/s/{certified.ids['retracted']}.json").json
    assert moment is not None
    stamp = re.sub("[-:TZ]", "", moment["received"]).encode()
    assert b"/CreationDate(D:" + stamp in one.data


def test_a_reader_who_has_it_is_told_so(certified: Site) -> None:
    address = f"/s/{certified.ids['drill']}/certificate.pdf"
    first = certified.client.get(address)
    assert first.headers["Content-Disposition"] == 'attachment; filename="certificate-record-4.pdf"'
    again = certified.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert certified.client.get(f"/fr{address}").headers["ETag"] != first.headers["ETag"]
    elsewhere = certified.client.get(address, headers={"Host": "explorer.example"})
    assert elsewhere.headers["ETag"] != first.headers["ETag"]
    assert f"http://explorer.example/s/{certified.ids['drill']}" in flat(elsewhere.data)


def test_many_readers_at_once_get_what_each_asked_for(certified: Site) -> None:
    """Certificates are set by whichever thread answers; each must hold the statement that was asked for."""
    names = ["drill", "pledge", "arabic", "chinese", "retracted", "change"] * 3

    def one(name: str) -> tuple[str, bytes]:
        client = certified.client.application.test_client()
        return name, client.get(f"/es/s/{certified.ids[name]}/certificate.pdf").data

    with ThreadPoolExecutor(4) as pool:
        for name, raw in pool.map(one, names):
            assert certified.ids[name] in flat(raw)


def test_a_new_standing_is_another_certificate(own: Site) -> None:
    address = f"/s/{own.ids['pledge']}/certificate.pdf"
    before = own.client.get(address)
    reason = vocabulary.load().example("retraction")["body"]
    relates = [{"rel": "retracts", "statement": own.ids["pledge"]}]
    own.world.say("XB", "retraction", reason, relates=relates, title="Taken back")
    own.world.checkpoint(pause=3600)
    own.world.write(own.log)
    from tests.web.explorer.world import source

    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    after = own.client.get(address)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert "Genuine, but retracted" not in spoken(before.data)
    assert "Genuine, but retracted" in spoken(after.data)


def test_text_of_a_state_is_never_markup(certified: Site) -> None:
    raw = pdf(certified, "markup")
    text = flat(raw)
    for part in HOSTILE.split():
        visible = re.sub("[\u202e\u202c\u2068]", "", part)
        if part.isascii():
            assert visible in text, part
    for code in ("U+202E", "U+202C", "U+2068", "U+12000"):
        assert code in text
    assert "4 characters of this title have no visible form here" in spoken(raw)
    assert not set("\u202e\u202c\U00012000") & set(text)


def test_a_word_without_end_stays_on_the_paper(certified: Site) -> None:
    raw = pdf(certified, "long")
    assert LONG in flat(raw)
    assert max(map(len, re.findall("w{20,}", "\n".join(pages(raw))))) < 80


def test_an_exercise_says_so_on_every_page(certified: Site) -> None:
    for text in pages(pdf(certified, "exercise")):
        assert "Exercise. Exercise. Exercise." in text
    assert "Exercise Night Heron" in spoken(pdf(certified, "exercise"))
    assert not any("Exercise. Exercise." in text for text in pages(pdf(certified, "drill")))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("drill", "Genuine, but amended"),
        ("retracted", "Genuine, but retracted"),
        ("contested", "Contested"),
        ("absent", "Not in force: the audit judges this record as if it were absent"),
        ("pledge", "In the record"),
    ],
)
def test_its_standing_comes_first(certified: Site, name: str, words: str) -> None:
    assert words in re.sub(r"\s+", " ", pages(pdf(certified, name))[0])


def test_a_retraction_is_named_with_its_record_and_words(certified: Site) -> None:
    raw = pdf(certified, "retracted")
    assert "Grey Tern is taken back" in spoken(raw)
    assert certified.ids["retraction"] in flat(raw)


def test_without_a_receipt_there_is_no_certificate(tmp_path: Path) -> None:
    """A copy whose policy came to ask for more than the newest checkpoint has."""
    ids: dict[str, str] = {}

    def story(world: World) -> None:
        ids["late"] = world.announce("XB", 99)
        world.checkpoint(cosigned=(0, 1))

    found = site(tmp_path, story)
    assert found.client.get(f"/s/{ids['late']}/certificate.pdf").status_code == 200
    with sqlite3.connect(found.copy.path) as database:
        policy = found.world.policy_text.replace("group neutral 2", "group neutral 3").encode()
        assert policy != found.world.policy_text.encode()
        database.execute("UPDATE facts SET value = ? WHERE name = 'policy'", (policy,))
    assert "satisfies this copy’s policy" in found.text(f"/s/{ids['late']}/certificate.pdf", 404)
    found.text(f"/s/{'0' * 64}/certificate.pdf", 404)


@pytest.mark.parametrize("host", [".".join(["a" * 50] * 5), "[::1]", "münchen.example"])
def test_only_an_address_that_is_one_is_printed(certified: Site, host: str) -> None:
    address = f"/s/{certified.ids['drill']}/certificate.pdf"
    answer = certified.client.get(address, headers={"Host": host})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        printed = f"http://{host}/s/" if len(host) < 200 and host.isascii() else "https://explorer.invalid/s/"
        assert printed in flat(answer.data)


def test_pages_lead_to_it(certified: Site) -> None:
    for page in ("", "/proof"):
        text = certified.text(f"/ar/s/{certified.ids['drill']}{page}")
        assert f'href="/ar/s/{certified.ids["drill"]}/certificate.pdf"' in text


def test_every_language_of_the_explorer_can_be_drawn() -> None:
    for language in LANGUAGES.values():
        assert all(fonts.drawn(language.name)), language.code
    assert fonts.drawn("a\U00012000b") == [True, False, True]
    assert fonts.drawn("e\u0301\u0939\u0301") == [True, True, True, False]  # no font has Devanagari and that mark


def test_texts_are_cut_where_a_chip_or_a_break_belongs() -> None:
    assert runs.said("a\u200bb\nc", "en")["runs"] == ["a", {"chip": "U+200B"}, "b", {"break": True}, "c"]
    assert runs.said("مرحبا abc", "ar-SY") == {"runs": ["مرحبا abc"], "lang": "ar", "dir": "rtl", "machine": False}
    assert runs.said("x", '"]#eval')["lang"] == "und"
    assert runs.said("x\u2069", "en")["runs"] == ["x", {"chip": "U+2069"}]


class TestReading:
    """What is read back from a PDF, which may come from anybody."""

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            (b"%PDF-", b"%PDX-", "http.malformed"),
            (b"/UF(explorer.policy)", b"/UF(../etc/.policy)", "http.malformed"),
            (b"/UF(explorer.policy)", b"/UF(record-4.policy", "http.malformed"),
            (b"/Type/EmbeddedFile", b"/Type/EmbeddedFilm", "http.malformed"),
            (b"/Type/Filespec", b"/Type/Filespec" * 1, ""),
        ],
    )
    def test_a_changed_file_is_refused(self, certified: Site, old: bytes, new: bytes, code: str) -> None:
        raw = pdf(certified, "drill")
        assert old in raw
        if not code:
            assert len(attached(raw.replace(old, new))) == 3
            return
        with pytest.raises(Fault) as caught:
            attached(raw.replace(old, new))
        assert caught.value.code == code
        assert caught.value.evidence["why"]

    def test_bounds(self) -> None:
        spec = b"%%PDF-1.7\n1 0 obj\n<</Type/Filespec/UF(a.txt)/EF<</F 2 0 R>>>>\nendobj\n%s"
        bomb = zlib.compress(bytes(MOST_FILE_BYTES + 1))
        packed = b"2 0 obj\n<</Type/EmbeddedFile/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n"
        assert attached(spec % (packed % zlib.compress(b"abc"))) == {"a.txt": b"abc"}
        plain = b"2 0 obj\n<</Length 3/Type/EmbeddedFile>>\nstream\n%s\nendstream\nendobj\n"
        assert attached(spec % (plain % b"abc")) == {"a.txt": b"abc"}
        many = b"".join(spec.replace(b"a.txt", b"%d.txt" % n)[9:] % b"" for n in range(MOST_FILES + 1))
        for bad, code in (
            (spec % (packed % bomb), "http.too-large"),
            (spec % (packed % zlib.compress(b"abc")[:-2]), "http.malformed"),
            (spec % (packed % b"junk"), "http.malformed"),
            (spec % (plain % b"abcd"), "http.malformed"),
            (spec % b"", "http.malformed"),
            ((spec % (plain % b"abc")) * 2, "http.malformed"),
            (b"%PDF-1.7\n" + (plain % b"abc") + many, "http.too-large"),
            (b"%PDF-" + bytes(MOST_BYTES), "http.too-large"),
        ):
            with pytest.raises(Fault) as caught:
                attached(bad)
            assert caught.value.code == code
        assert attached(b"%PDF-1.7\nnothing") == {}
