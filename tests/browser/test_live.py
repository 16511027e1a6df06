"""News on an open page, in the real browser: what comes in, what stays as it is, and what is said when nobody answers.

No test here is a timed one: what is waited for has many times the seconds that it takes (tests/bench/live.py measures them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bench import live as bench
from tests.browser.chromium import opened
from tests.web.explorer.conftest import Site, site
from verifier.source import open_source
from web.explorer import create_explorer_app
from web.explorer.copy.follow import Follower
from web.serving import Server, Settings

PATIENCE = 20_000
NEWEST = "[data-live='newest']"
ROWS = "[data-live='newest'] ol > li, [data-live] tbody tr"
"""The statements of the first page, and those of the list."""


@dataclass
class Growing:
    """An explorer that follows a ledger which tests let grow. `now`: seconds that its clock is ahead of the ledger's."""

    site: Site
    ahead: list[int] = field(default_factory=lambda: [60])
    server: Server | None = None

    def open(self, port: int = 0) -> Growing:
        app = create_explorer_app(self.site.copy, clock=lambda: self.site.world.clock + self.ahead[0])
        self.server = Server(app, f"127.0.0.1:{port}", Settings(threads=8, grace=0.2)).start()
        return self

    def shut(self) -> int:
        assert self.server is not None
        self.server.stop()
        return int(self.server.port)

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    def say(self, title: str = "Exercise Late News: something new", party: str = "XA") -> int:
        """One more statement, witnessed and published; its record."""
        self.site.world.drill(party, title)
        self.site.world.write(self.site.log)
        return len(self.site.world.records) - 1


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    found = Growing(site(tmp_path)).open()
    world = found.site.world
    follower = Follower(
        found.site.copy, open_source(str(found.site.log)), world.trust, poll=0.2, clock=lambda: world.clock
    )
    follower.start()
    yield found
    follower.stop()
    found.shut()


@pytest.fixture
def open_at(chromium: Browser, growing: Growing) -> Iterator[Callable[..., Page]]:
    """Opens a page of the growing explorer at an address, watched to the end."""
    stack = []

    def go(address: str, **options: object) -> Page:
        context = opened(chromium, growing.url, **options)
        page, watch = context.__enter__()
        stack.append((context, watch))
        page.goto(address)
        return page

    yield go
    for context, watch in stack:
        try:
            watch.require_quiet()
        finally:
            context.__exit__(None, None, None)


def test_from_the_ledger_to_the_open_page(chromium: Browser, tmp_path: Path) -> None:
    """The commands as they are run: a ledger with three witnesses, an explorer over HTTP, a reader on the first page."""
    with (
        bench.staged(tmp_path, 2) as (submitter, explorer),
        opened(chromium, explorer) as (page, watch),
    ):
        page.goto("/en/")
        for _ in range(2):
            logged = submitter.next()
            expect(page.locator(f"{NEWEST} a[href='/s/{logged.id}']")).to_be_visible(timeout=PATIENCE)
            expect(page.locator(".state")).to_contain_text(f"Audited up to record {logged.record}")
        watch.require_quiet()


@pytest.mark.parametrize("address", ["/", "/statements", "/statements?party=XA"])
def test_new_statements_come_in_and_are_marked(growing: Growing, open_at: Callable[..., Page], address: str) -> None:
    page = open_at(address)
    before = page.locator("[data-live='newest'] ol a[href*='/s/'], [data-live] tbody th a").first.inner_text()
    growing.say("Exercise Late News: one")
    row = page.locator(ROWS, has_text="Late News: one")
    expect(row).to_be_visible(timeout=PATIENCE)
    expect(row.locator(".tag.new")).to_have_text("New")
    expect(page.locator(ROWS, has_text=before).locator(".tag.new")).to_have_count(0)
    expect(page.locator("#live-said")).to_have_text("1 new statement.")
    growing.say("Exercise Late News: two")
    expect(page.locator(ROWS, has_text="Late News: two")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".tag.new")).to_have_count(2)
    expect(page.locator("#live-changed-shown")).to_have_count(0)


def test_a_list_that_a_filter_leaves_as_it_was_says_nothing(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/statements?party=XB")
    rows = page.locator("[data-live='matching'] tbody tr").count()
    index = growing.say(party="XA")
    expect(page.locator(".state")).to_contain_text(f"Audited up to record {index}", timeout=PATIENCE)
    assert page.locator("[data-live='matching'] tbody tr").count() == rows
    assert page.locator("#live-said").inner_text() == ""
    expect(page.locator("#live-changed-shown")).to_have_count(0)


def test_focus_scroll_and_what_is_unfolded_stay(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/ar/", viewport={"width": 900, "height": 500})
    page.locator("[data-live='drills'] details summary").click()
    page.evaluate("scrollTo(0, 0)")
    link = page.locator(f"{NEWEST} ol a[href*='/s/']").nth(2)
    address = link.get_attribute("href")
    link.focus()
    page.evaluate("scrollBy(0, 40)")
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    index = growing.say()
    expect(page.locator(".state")).to_contain_text(f"{index}", timeout=PATIENCE)
    expect(page.locator(f"{NEWEST} ol > li").first.locator(".tag.new")).to_have_text("جديد")
    expect(page.locator("#live-said")).to_have_text("بيان جديد واحد.")
    assert page.evaluate("document.activeElement.getAttribute('href')") == address
    assert abs(page.evaluate("document.activeElement.getBoundingClientRect().top") - top) < 2
    assert page.locator("[data-live='drills'] details").evaluate("one => one.open") is True


def test_what_a_reader_has_selected_is_left_alone(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/")
    page.evaluate(f'getSelection().selectAllChildren(document.querySelector("{NEWEST} ol"))')
    chosen = page.evaluate("getSelection().toString()")
    index = growing.say()
    expect(page.locator("#live-changed-shown")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".state")).to_contain_text(f"Audited up to record {index}")
    assert page.evaluate("getSelection().toString()") == chosen
    assert "Late News" not in page.locator("main").inner_text()


def test_another_page_says_that_it_has_changed_and_moves_nothing(
    growing: Growing, open_at: Callable[..., Page]
) -> None:
    page = open_at("/s/{drill}".format(**growing.site.ids), viewport={"width": 320, "height": 500})
    page.evaluate("scrollTo(0, 300)")
    before, at = page.locator("main").inner_text(), page.evaluate("scrollY")
    growing.site.world.change("XA", growing.site.ids["drill"])
    growing.site.world.write(growing.site.log)
    line = page.locator("#live-changed-shown")
    expect(line).to_be_in_viewport(timeout=PATIENCE)
    expect(line).to_contain_text("This page has changed since you opened it.")
    expect(page.locator("#live-said")).to_have_text("This page has changed since you opened it.")
    assert (page.locator("main").inner_text(), page.evaluate("scrollY")) == (before, at)
    line.locator("a").click()
    expect(page.locator("main")).not_to_have_text(before)
    expect(line).to_have_count(0)


def test_a_page_that_has_no_news_stays_silent(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/s/{arabic}".format(**growing.site.ids))
    index = growing.say()
    expect(page.locator(".state")).to_contain_text(f"Audited up to record {index}", timeout=PATIENCE)
    expect(page.locator("#live-changed-shown")).to_have_count(0)
    assert f"up to record {index}" in page.locator("[data-live='none']").inner_text()


def test_a_warning_that_comes_with_time_alone_comes_to_the_page(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/help")
    assert page.locator(".state .warning").count() == 0
    growing.ahead[0] = 3 * 86_400
    expect(page.locator(".state .warning").first).to_contain_text("This copy is stale", timeout=PATIENCE)


def test_a_site_that_does_not_answer_is_told_with_the_moment(growing: Growing, chromium: Browser) -> None:
    with opened(chromium, growing.url) as (page, _watch):  # what is not answered is an error in the console, and right
        page.goto("/statements")
        port = growing.shut()
        line = page.locator("#live-silent-shown")
        expect(line).to_contain_text("this site has not answered since", timeout=2 * PATIENCE)
        assert line.locator("time").get_attribute("datetime").endswith("Z")  # type: ignore[union-attr]
        assert page.evaluate("document.querySelector('.state').contains(document.getElementById('live-silent-shown'))")
        growing.open(port)
        expect(line).to_have_count(0, timeout=2 * PATIENCE)


def test_a_page_that_nobody_looks_at_asks_nothing(growing: Growing, chromium: Browser) -> None:
    with opened(chromium, growing.url) as (page, watch):
        page.goto("/statements")
        page.wait_for_event("response", lambda answer: answer.url.endswith("/live.json"))
        page.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true});"
            "window.away = true; document.dispatchEvent(new Event('visibilitychange'))"
        )
        page.wait_for_timeout(300)  # what was under way
        asked = len(watch.asked)
        page.wait_for_timeout(5_000)
        assert len(watch.asked) == asked
        index = growing.say()
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".state")).to_contain_text(f"Audited up to record {index}", timeout=PATIENCE)


def test_without_scripts_a_page_is_as_it_was_made(growing: Growing, open_at: Callable[..., Page]) -> None:
    page = open_at("/", java_script_enabled=False)
    before = page.locator("body").inner_text()
    growing.say()
    page.wait_for_timeout(4_000)
    assert page.locator("body").inner_text() == before
    assert "has changed since" not in before
    page.reload()
    assert "Late News" in page.locator("body").inner_text()
