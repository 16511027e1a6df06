"""The server and the browser answer alike: the same step fails, the same verdicts hold, for the same files."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import Watch, opened
from tests.support.changed import bent, swapped
from tests.web.explorer import verify_cases
from tests.web.explorer.conftest import Site, site
from tests.web.explorer.test_check import ask, file_of, handed, last_of, pdf_of, story
from tests.web.explorer.world import World
from web.explorer.checking import pins, scripts
from web.explorer.checking.page import BODIES
from web.serving import Server, Settings

_SCRIPT = """
const answer = async () => {
  const given = { pins: await readPins(GIVEN.pins) };
  const found = [];
  for (const files of GIVEN.cases) found.push(await checkAll(files.map((text) => base64Bytes(text)), given, GIVEN.now));
  return JSON.parse(JSON.stringify(found, (name, value) => (typeof value === "bigint" ? String(value) : value)));
};
"""


def pair(found: Site, name: str) -> tuple[bytes, bytes]:
    statement = found.ids.get(name, name)
    return file_of(found, statement, "tlog-proof"), file_of(found, statement, "envelope.json")


def next_body() -> dict[str, Any]:
    from verifier import vocabulary

    return {**vocabulary.load().example("drill-announcement")["body"], "observers": []}


def unlogged(found: Site, **members: Any) -> bytes:
    return found.world.envelope(found.world.draft("XB", "drill-announcement", next_body(), **members)).raw


def wrong_office(found: Site) -> bytes:
    """Signed by another office's key: true, and not for this office."""
    world = found.world
    value = world.draft("XB", "drill-announcement", next_body(), signers=[world.pen("XB", "root").id])
    return world.envelope(value, world.pen("XB", "root")).raw


def old_quorum(found: Site) -> list[bytes]:
    world = found.world
    given = world.receipt(found.ids["pledge"], world.sign(len(world.records), world.root(), (0,)))
    return [given.proof.raw, given.envelope.raw]


CASES: dict[str, Callable[[Site], list[bytes]]] = {
    "receipt-and-envelope": lambda s: [*pair(s, "pledge")],
    "charter": lambda s: [*pair(s, "charter")],
    "arabic": lambda s: [*pair(s, "arabic")],
    "hostile": lambda s: [*pair(s, "hostile")],
    "contested": lambda s: [*pair(s, last_of(s, "Drill+72"))],
    "pdf": lambda s: [pdf_of(*pair(s, "pledge"))],
    "pdf-not-packed": lambda s: [pdf_of(*pair(s, "pledge"), packed=False)],
    "false-signature": lambda s: [pair(s, "pledge")[0], bent(pair(s, "pledge")[1])],
    "other-envelope": lambda s: [pair(s, "arabic")[0], pair(s, "pledge")[1]],
    "other-index": lambda s: [swapped(pair(s, "pledge")[0], b"index 5\n", b"index 4\n"), pair(s, "pledge")[1]],
    "too-few-witnesses": old_quorum,
    "spaces": lambda s: [swapped(pair(s, "pledge")[1], b'"payload":', b'"payload": ')],
    "unlogged": lambda s: [unlogged(s)],
    "unlogged-false": lambda s: [bent(unlogged(s))],
    "unlogged-office": lambda s: [wrong_office(s)],
    "opened": lambda s: [handed(s), pair(s, last_of(s, "sealed+purpose"))[1]],
    "opened-to-another-value": lambda s: [handed(s, "Loud."), pair(s, last_of(s, "sealed+purpose"))[1]],
    "cut": lambda s: [pair(s, "pledge")[0][:-10]],
    "anything": lambda s: [b"anything"],
}
STATES = {"done": "holds", "overdue": "fails"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site(tmp_path_factory.mktemp("agreement"), story)


def told_by(rows: list[dict[str, Any]], names: tuple[str, str, str]) -> list[Any]:
    """Which step fails first, and what the first three steps say, of each answer. `names`: of state, steps, openings."""
    state, step, value = names
    found = []
    for row in rows:
        steps = [STATES.get(one[step], "open") for one in row["steps"]]
        fails = next((n for n, one in enumerate(steps[:5], 1) if one == "fails"), None)
        opened = [bool(place[value]) for place in row.get("opened") or row.get("openings") or []]
        found.append((row[state] in ("overdue", "does-not-hold"), fails, opened))
    return found


def test_server_and_browser_answer_alike(chromium: Browser, told: Site, tmp_path: Path) -> None:
    files = {name: make(told) for name, make in CASES.items()}
    with told.copy.view() as view:
        given = {
            "pins": pins.pins(view),
            "now": told.now[0],
            "cases": [[b64encode(raw).decode() for raw in one] for one in files.values()],
        }
    browser = verify_cases.in_browser(chromium, scripts.script("check.js") + _SCRIPT, given, tmp_path)
    for (name, raw), here in zip(files.items(), browser, strict=True):
        there = ask(told, *raw)
        wanted = told_by(there, ("outcome", "passed", "wrong"))
        assert told_by(here, ("state", "state", "wrong")) == wanted, (name, here, there)
        for ours, theirs in zip(here, there, strict=True):
            logged = next((one["state"] for one in ours["verdicts"] if one["name"] == "Logged"), None)
            if len(raw) == 2 and not name.startswith("opened") and theirs["outcome"] != "does-not-hold":
                assert logged == "done", name


def in_page(chromium: Browser, told: Site, directory: Path, *files: bytes, **pinned: Any) -> list[dict[str, Any]]:
    """What the browser's side answers to files; `pinned` replaces members of what it was given to judge by."""
    with told.copy.view() as view:
        own = {**pins.pins(view), **pinned}
    given = {"pins": own, "now": told.now[0] + 10**6, "cases": [[b64encode(raw).decode() for raw in files]]}
    found = verify_cases.in_browser(chromium, scripts.script("check.js") + _SCRIPT, given, directory)
    rows: list[dict[str, Any]] = found[0]
    return rows


def test_no_document_says_whom_to_believe(chromium: Browser, told: Site, tmp_path: Path) -> None:
    with told.copy.view() as view:
        policy = view.policy.text.replace(b"group neutral 2", b"group neutral 1")
        mine = json.dumps(pins.pins(view) | {"policy": policy.decode()}).encode()
    world = told.world
    given = world.receipt(told.ids["pledge"], world.sign(len(world.records), world.root(), (0,)))
    pair_of = (given.proof.raw, given.envelope.raw)
    for extra in (pdf_of(policy), mine):
        rows = in_page(chromium, told, tmp_path, *pair_of, extra)
        assert any("Step 5, Witnessed, failed" in row["told"] for row in rows)
        assert not any(row["word"].startswith("In the record") for row in rows)
    (own,) = in_page(chromium, told, tmp_path, *pair_of, policy)
    assert own["word"] == "In the record, and signed"
    assert own["told"].endswith("By the policy that you gave.")


def test_a_record_of_one_ledger_is_none_of_another(chromium: Browser, told: Site, tmp_path: Path) -> None:
    """A log that is in the policy too holds a statement that was made for this ledger."""
    other = World(origin="other.example/ledger")
    other.found()
    value = told.world.draft("XB", "drill-announcement", next_body())
    envelope = told.world.envelope(value)
    statement = other.log(envelope, value)
    point = other.checkpoint()
    given = other.receipt(statement, point)
    (row,) = in_page(chromium, told, tmp_path, given.proof.raw, envelope.raw, policy=other.policy_text)
    assert row["state"] == "overdue"
    assert "Step 4, Included, failed" in row["told"]


@pytest.fixture
def visited(told: Site, serve: Callable[..., Server], chromium: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page of the site, watched."""
    server = serve(told.client.application, Settings(threads=4, most_body=1024, bodies=BODIES, grace=1.0))
    with opened(chromium, server.url) as (page, watch):
        yield page, watch
        watch.require_quiet()


def test_the_page_shows_both_answers_and_says_whose_each_is(
    told: Site, visited: tuple[Page, Watch], tmp_path: Path
) -> None:
    page, _watch = visited
    for raw, name in zip(pair(told, "arabic"), ("a.tlog-proof", "a.envelope.json"), strict=True):
        (tmp_path / name).write_bytes(raw)
    page.goto("/check")
    page.set_input_files("#f", [tmp_path / "a.tlog-proof", tmp_path / "a.envelope.json"])
    page.locator("#check .btn").first.click()
    page.locator("#answers article").wait_for()
    page.locator("#browser article").wait_for()
    there, here = page.inner_text("#answers"), page.inner_text("#browser")
    assert "Checked by this server" in there
    assert "In the record and valid" in there
    assert "Checked by your browser" in here
    assert "In the record, and signed" in here
    assert page.locator(".ladder").count() == 2


def test_a_check_in_the_browser_alone_sends_nothing(told: Site, visited: tuple[Page, Watch], tmp_path: Path) -> None:
    page, watch = visited
    (tmp_path / "p.envelope.json").write_bytes(bent(pair(told, "pledge")[1]))
    page.goto("/check")
    page.set_input_files("#f", tmp_path / "p.envelope.json")
    watch.asked.clear()
    page.click("#here")
    page.locator("#browser article").wait_for()
    assert "Step 2, Signatures, failed" in page.inner_text("#browser")
    assert watch.asked == [f"{watch.home}/check/pins.json"]
    assert page.locator("#answers article").count() == 0


def test_without_javascript_the_form_is_sent_as_ever(
    told: Site, serve: Callable[..., Server], chromium: Browser, tmp_path: Path
) -> None:
    server = serve(told.client.application, Settings(threads=4, most_body=1024, bodies=BODIES, grace=1.0))
    (tmp_path / "p.tlog-proof").write_bytes(pair(told, "pledge")[0])
    with opened(chromium, server.url, java_script_enabled=False) as (page, watch):
        page.goto("/ar/check")
        page.set_input_files("#f", tmp_path / "p.tlog-proof")
        page.locator("#check .btn").first.click()
        page.locator("#answers article").wait_for()
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator(".ladder > li").count() == 6
        watch.require_quiet()
