"""The offline page: what it is made of, what the server may put into it, and what it answers in a real browser."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from ledger.cli.ending import ended
from ledger.cli.ports import Ports
from tests.browser.chromium import Watch, opened
from tests.support.changed import bent, swapped
from tests.web.explorer.conftest import Site, site
from tests.web.explorer.markup import read
from tests.web.explorer.world import source
from web.explorer.checking import browser_words, cli, pins, scripts, verify_page
from web.explorer.records import keys_then

SAY = re.compile(r'\bsay\(\s*("(?:[^"\\]|\\.)*")')
MODULES = sorted(scripts.PARTS.glob("*.js"))


def pinned(shown: Site) -> dict[str, Any]:
    with shown.copy.view() as view:
        return pins.pins(view)


def test_the_scripts_are_all_their_modules_once_and_nothing_else() -> None:
    every = set()
    for entry in ("page.js", "inpage.js"):
        text = scripts.script(entry)
        names = re.findall(r"^// ([a-z0-9]+\.js)$", text, re.MULTILINE)
        assert len(names) == len(set(names))
        every |= set(names)
        assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    assert every == {path.name for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0].startswith("/** ")
    assert len(lines) < 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function", "\n".join(lines))


@pytest.mark.parametrize("entry", ["page.js", "inpage.js"])
def test_no_two_modules_share_a_name(chromium: Browser, entry: str) -> None:
    # In one strict block, as in one module, a name that is declared twice is a syntax error; nothing is run.
    parse = '(text) => void new Function(`"use strict"; return async () => { { ${text} } }`)'
    with opened(chromium, None) as (page, _watch):
        page.evaluate(parse, scripts.script(entry))
        for twice in ("const one = 1; const one = 2;", "{ function one() {} function one() {} }"):
            with pytest.raises(Error, match="SyntaxError"):
                page.evaluate(parse, twice)


def test_a_circle_of_modules_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    monkeypatch.setattr(scripts, "PARTS", tmp_path)
    with pytest.raises(ValueError, match=r"a\.js imports b\.js imports a\.js: a circle"):
        scripts.script("a.js")


def test_the_catalogues_know_every_text_of_the_scripts() -> None:
    found = {json.loads(text) for entry in ("page.js", "inpage.js") for text in SAY.findall(scripts.script(entry))}
    assert list(browser_words.TEXTS) == sorted(found)
    for path in MODULES:
        text = path.read_text(encoding="utf-8").replace("export function say(text", "")
        assert len(re.findall(r"\bsay\(", text)) == len(SAY.findall(text)), f"{path.name}: say() takes a literal text"


def test_the_released_page_is_one_file_that_may_connect_to_nothing() -> None:
    page = verify_page.released()
    found = read(page)
    assert found.problems == []
    policy = next(
        tag["content"] or "" for tag in found.every("meta") if tag.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == verify_page.policy()
    assert "default-src 'none'" in policy
    assert not any(word in policy for word in ("connect-src", "unsafe", "http", "'self'"))
    script = re.search(r'<script type="module">(.*)</script>\n</body>', page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert script
    assert style
    assert scripts.source_digest(script[1]) in policy
    assert scripts.source_digest(style[1]) in policy
    assert not {"src", "href", "action"} & {name for _tag, attributes in found.tags for name in attributes}
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|importScripts)\b", script[1])


def test_what_is_served_is_the_released_page_with_one_block_filled(shown: Site) -> None:
    answer = shown.client.get("/verify.html")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert sha256(verify_page.emptied(answer.text).encode()).hexdigest() == verify_page.digest()
    assert verify_page.emptied(answer.text.replace("Array.isArray", "Array.from", 1)) != verify_page.released()
    assert verify_page.policy() in answer.headers["Content-Security-Policy"]
    block = answer.text.partition('id="served">')[2].partition("</script>")[0]
    assert json.loads(block)["pins"] == json.loads(json.dumps(pinned(shown)))
    assert len(answer.data) < 150_000


@pytest.mark.parametrize("code", ["ar", "fr"])
def test_the_page_speaks_the_readers_language_and_stays_the_released_one(shown: Site, code: str) -> None:
    answer = shown.client.get(f"/{code}/verify.html")
    block = json.loads(answer.text.partition('id="served">')[2].partition("</script>")[0])
    assert block["language"] == code
    assert verify_page.emptied(answer.text) == verify_page.released()


def test_nothing_in_the_block_ends_it() -> None:
    page = verify_page.filled({"pins": None, "words": {"</script><script>alert(1)</script>": "<!--"}})
    assert page.count("</script>") == verify_page.released().count("</script>")
    assert verify_page.emptied(page) == verify_page.released()


def run(*args: str) -> tuple[int, str]:
    """The command's exit code and its result, as `detente-web` runs it."""
    at = Ports(out=io.StringIO(), err=io.StringIO())
    code = ended(lambda: cli.verify_page.main(list(args), standalone_mode=False, obj=at), at, args)
    assert isinstance(at.out, io.StringIO)
    return int(code), at.out.getvalue()


def test_the_readme_prints_its_digest() -> None:
    readme = Path(__file__).parents[3] / "README.md"
    assert verify_page.digest() in readme.read_text(encoding="utf-8")


def test_the_command_writes_the_page_and_prints_its_digest(tmp_path: Path) -> None:
    target, served = tmp_path / "verify.html", tmp_path / "served.html"
    code, told = run("--out", str(target))
    assert code == 0
    assert sha256(target.read_bytes()).hexdigest() == verify_page.digest() == told.split()[0]
    served.write_text(verify_page.filled({"language": "fr"}), encoding="utf-8")
    assert run("--compare", str(served)) == (0, told)
    served.write_text(verify_page.filled({"language": "fr"}).replace("digest", "digets", 1), encoding="utf-8")
    assert run("--compare", str(served)) == (10, "")
    served.write_bytes(b"\xff")
    assert run("--compare", str(served)) == (3, "")


def test_the_pins_say_for_every_record_which_keys_were_in_force(own: Site) -> None:
    world = own.world
    world.revoke("XC", world.pen("XC"), from_record=5)
    world.checkpoint(pause=3600)
    matrix = world.charter_body()["matrix"]
    matrix[-1]["types"] = sorted({*matrix[-1]["types"], "declaration"})
    world.amend(matrix=matrix)
    world.checkpoint(pause=3600)
    world.write(own.log)
    own.copy.catch_up(source(own.log), world.trust, now=world.clock)
    with own.copy.view() as view:
        found = pins.pins(view)
        assert any(row["until"] for row in found["offices"] if row["office"] == "root"), "the matrix changed the roots"
        for index in range(view.size + 1):
            then = keys_then.at(view.trust, index)
            wanted = {
                (party, name): (sorted(office.types), office.threshold, set(office.signers))
                for party, offices in then.ring.offices.items()
                for name, office in offices.items()
            }
            rows = [
                row
                for row in found["offices"]
                if row["from"] <= index and (row["until"] is None or index < row["until"])
            ]
            assert {(r["party"], r["office"]): (r["types"], r["threshold"], set(r["signers"])) for r in rows} == wanted
        revoked = [one for one in found["signers"].values() if one["revoked"]]
        assert [one["revoked"]["from_record"] for one in revoked] == [5]


# In a real browser, from a file.


@pytest.fixture
def reading(chromium: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page for files, which may ask for nothing."""
    with opened(chromium, None) as found:
        yield found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Path]:
    """A ledger, and the files of statements signed with Ed25519 alone, which every browser can judge, as a reader kept them."""
    directory = tmp_path_factory.mktemp("kept")
    found = site(directory)
    for name in ("pledge", "hostile", "arabic"):
        for kind in ("tlog-proof", "envelope.json", "statement.json"):
            answer = found.client.get(f"/s/{found.ids[name]}.{kind}")
            (directory / f"{name}.{kind}").write_bytes(answer.data)
    (directory / "verify.html").write_bytes(found.client.get("/verify.html").data)
    (directory / "bare.html").write_text(verify_page.released(), encoding="utf-8")
    (directory / "own.policy").write_text(found.world.policy_text, encoding="utf-8")
    return found, directory


def checked(page: Page, address: Path, *files: Path) -> str:
    """What the page in a file answers to files."""
    page.goto(address.as_uri())
    page.set_input_files("#f", list(files))
    page.locator(".btn").first.click()
    page.locator("#answers article").first.wait_for()
    return shown_in(page, "#answers")


def shown_in(page: Page, selector: str) -> str:
    """The text that an element shows, its white space drawn together."""
    return " ".join(page.locator(selector).first.inner_text().split())


def test_a_receipt_and_its_envelope_offline(reading: tuple[Page, Watch], kept: tuple[Site, Path]) -> None:
    (page, watch), (_site, directory) = reading, kept
    told = checked(page, directory / "verify.html", directory / "pledge.tlog-proof", directory / "pledge.envelope.json")
    assert "In the record, and signed" in told
    assert "Checked by your browser" in told
    assert "Logged yes Record 5" in told
    assert "Said by Federation of Belmark yes" in told
    assert page.locator(".ladder > li").count() == 6
    assert watch.asked
    assert all(address.startswith(("file:", "about:")) for address in watch.asked)
    watch.require_quiet()


def test_the_two_may_come_one_after_the_other(reading: tuple[Page, Watch], kept: tuple[Site, Path]) -> None:
    (page, watch), (_site, directory) = reading, kept
    alone = checked(page, directory / "verify.html", directory / "pledge.tlog-proof")
    assert "Cannot be determined" in alone
    page.set_input_files("#f", directory / "pledge.envelope.json")
    page.locator(".btn").first.click()
    page.locator("#answers", has_text="In the record, and signed").wait_for()
    watch.require_quiet()


def flip_root(raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    at = lines.index(b"") + 3
    lines[at] = (b"B" if lines[at][:1] == b"A" else b"A") + lines[at][1:]
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("file", "change", "step"),
    [
        ("pledge.envelope.json", bent, "Step 2, Signatures, failed"),
        ("pledge.tlog-proof", flip_root, "Step 5, Witnessed, failed"),
        ("pledge.tlog-proof", lambda raw: swapped(raw, b"index 5\n", b"index 4\n"), "Step 4, Included, failed"),
        ("pledge.envelope.json", lambda raw: swapped(raw, b'"payload":"', b'"payload": "'), "Does not hold"),
    ],
)
def test_a_changed_copy_is_refused_at_its_step(
    reading: tuple[Page, Watch],
    kept: tuple[Site, Path],
    tmp_path: Path,
    file: str,
    change: Callable[[bytes], bytes],
    step: str,
) -> None:
    (page, watch), directory = reading, kept[1]
    for name in ("pledge.tlog-proof", "pledge.envelope.json"):
        raw = (directory / name).read_bytes()
        (tmp_path / name).write_bytes(change(raw) if name == file else raw)
    told = checked(page, directory / "verify.html", *sorted(tmp_path.glob("pledge.*")))
    assert step in told
    assert "In the record, and signed" not in told
    assert "fake" not in told.lower()
    watch.require_quiet()


def test_the_bare_page_believes_the_readers_policy_and_knows_no_party(
    reading: tuple[Page, Watch], kept: tuple[Site, Path]
) -> None:
    (page, watch), directory = reading, kept[1]
    files = (directory / "pledge.tlog-proof", directory / "pledge.envelope.json")
    assert "No policy" in checked(page, directory / "bare.html", *files)
    told = checked(page, directory / "bare.html", *files, directory / "own.policy")
    assert "By the policy that you gave" in told
    assert "No keys are embedded" in told
    watch.require_quiet()


def test_hostile_text_is_text_and_what_is_invisible_is_shown(
    reading: tuple[Page, Watch], kept: tuple[Site, Path]
) -> None:
    (page, watch), directory = reading, kept[1]
    checked(page, directory / "verify.html", directory / "hostile.tlog-proof", directory / "hostile.envelope.json")
    assert page.locator("#answers script, #answers b[onmouseover]").count() == 0
    assert "U+202E" in shown_in(page, "#answers")
    assert page.locator("#answers .small bdi").first.get_attribute("dir") == "auto"
    watch.require_quiet()


def test_the_page_can_send_nothing(reading: tuple[Page, Watch], kept: tuple[Site, Path]) -> None:
    page, watch = reading
    page.goto((kept[1] / "verify.html").as_uri())
    sent = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => String(error))")
    assert "Failed to fetch" in sent
    listening = "document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective))"
    asking = "new Image().src = 'http://127.0.0.1:9/x.png'"
    assert page.evaluate(f"new Promise((done) => {{ {listening}; {asking}; }})") == "img-src"
    assert any("Content Security Policy" in one for one in watch.wrong)
