"""WCAG 2.2 AA by axe-core, on every page, in every way of looking at it: a new page is looked at without being named here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.addresses import ERRORS, Facts, addresses, page_paths, pages
from tests.browser.looks import Looks, looks
from tests.browser.site import Demo, served
from tests.web.explorer.conftest import site
from tests.web.explorer.world import World, source
from web.explorer import Copy, create_explorer_app

NOW = 1_790_000_000
PAGES = pages()


@pytest.mark.parametrize("path", PAGES)
def test_a_page(look: Looks, facts: Facts, path: str) -> None:
    look.require_fine(*addresses(path, facts))


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/verify.html"])
def test_a_page_from_right_to_left(look: Looks, facts: Facts, path: str) -> None:
    look.require_fine(f"/ar{addresses(path, facts)[0]}", dark=False)
    assert look.page.evaluate("document.documentElement.dir") == "rtl"


def test_no_page_is_forgotten(demo: Demo, facts: Facts) -> None:
    """Whatever answers with HTML is described as a page, and so is looked at."""
    client = demo.app.test_client()
    html = set()
    for path in {re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule) for rule in demo.app.url_map.iter_rules()}:
        if "{" not in path and client.get(path).content_type.startswith("text/html"):
            html |= {path} if client.get(path).status_code == 200 else set()
    assert html <= set(page_paths(demo.app))
    assert len(html) > 15
    assert set(PAGES) == set(page_paths(demo.app))


def test_refusals(look: Looks) -> None:
    for address in (*ERRORS, f"/ar{ERRORS[0]}"):
        answer = look.page.goto(address)
        assert answer is not None
        assert answer.status in (400, 404), address
    look.require_fine(*ERRORS, f"/ar{ERRORS[0]}", dark=False)


@pytest.mark.parametrize("held", ["nothing", "a charter"])
def test_an_empty_ledger(chromium: Browser, tmp_path: Path, held: str) -> None:
    copy = Copy(tmp_path / "copy")
    if held == "a charter":
        world = World(states=())
        world.found()
        world.write(tmp_path / "log")
        copy.catch_up(source(tmp_path / "log"), world.trust, now=world.clock)
    app = create_explorer_app(copy, clock=lambda: NOW)
    with served(app) as server, looks(chromium, server.url) as look:
        look.require_fine(*(path for path in PAGES if "{" not in path), "/ar/", "/s/" + "0" * 64, dark=False)


def _skipped(world: World) -> None:
    world.skipped("XC")


def test_words_of_all_kinds(chromium: Browser, tmp_path: Path) -> None:
    """Arabic and Chinese statements, hostile text, a word of 9000 letters, and a record that the audit judges as absent."""
    found = site(tmp_path, _skipped)
    with served(found.client.application) as server, looks(chromium, server.url) as look:
        pages = [f"/s/{found.ids[name]}" for name in ("arabic", "chinese", "hostile", "drill")]
        hostile = f"/s/{found.ids['hostile']}/raw"
        look.require_fine(*pages, f"/ar{pages[2]}", hostile, "/", "/statements", "/ledger", dark=False)
