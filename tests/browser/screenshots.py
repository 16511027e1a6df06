"""Pictures of the explorer for the README: `python -m tests.browser.screenshots DIR`.

They are taken of the demonstration, its story beginning on a fixed day and its clock standing at a fixed moment: all but the
hashes in them changes only when the pages do. Signatures and seals hold chance, and so do hashes over them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest import mock

from playwright.sync_api import Browser, Page

from tests.browser import visit_files
from tests.browser.chromium import browser
from tests.browser.site import served
from tests.browser.visit import DRILL, LEFT, Visitor, visiting
from verifier.cli.options import read_policy
from verifier.formats import times
from verifier.source import open_source
from web.demo import running
from web.demo.home import Home
from web.explorer import Copy, create_explorer_app
from web.explorer.copy.audited import Trust

FIRST_DAY = "2025-05-25"
NOW = times.parse_utc("2026-11-24T11:20:00Z")
"""Eighteen months after the first day: the end of the story."""
WIDTH, HEIGHT = 1200, 840
"""Of the window, in CSS pixels."""
SCALE = 0.75
"""Pixels of a picture for each of them: about what a README shows."""
MOST_BYTES = 150_000


def home(reader: Visitor) -> None:
    """The home page."""
    reader.arrive()


def statement(reader: Visitor) -> None:
    """A drill, its proof beside it."""
    reader.arrive()
    reader.follow(DRILL)
    _above(reader.page, ".head")


def party(reader: Visitor) -> None:
    """What a party pledged, month by month."""
    reader.arrive()
    reader.choose("Parties")
    reader.page.get_by_role("main").get_by_role("link", name=f"{LEFT} ").first.click()
    _above(reader.page, "section[aria-labelledby=mx]")


def incident(reader: Visitor) -> None:
    """An incident in two lanes."""
    reader.arrive()
    reader.choose("Incidents")
    reader.page.get_by_role("main").get_by_role("table").get_by_role("link").first.click()
    _above(reader.page, "section[aria-labelledby=c]")


def check(reader: Visitor) -> None:
    """A changed copy of a certificate, and the answer."""
    reader.arrive()
    reader.follow(DRILL)
    name, taken = reader.take_certificate()
    reader.choose("Check a document")
    reader.give(name, taken.with_one(taken.envelope, visit_files.word_of_statement))
    reader.server()
    reader.browser()
    _above(reader.page, "#answers")


def calendar(reader: Visitor) -> None:
    """The calendar."""
    reader.arrive()
    reader.choose("Calendar")
    _above(reader.page, ".head")


def obligation(reader: Visitor) -> None:
    """Why a drill conforms to a pledge."""
    reader.arrive()
    reader.follow(DRILL)
    reader.follow(reader.words("Why"), reader.duty())
    _above(reader.page, ".head")


PICTURES: dict[str, tuple[Callable[[Visitor], None], str, str]] = {
    "home": (home, "en", "light"),
    "statement": (statement, "en", "light"),
    "party": (party, "en", "light"),
    "incident": (incident, "en", "light"),
    "check": (check, "en", "light"),
    "calendar-arabic": (calendar, "ar", "light"),
    "obligation-dark": (obligation, "en", "dark"),
}
"""A picture's name -> how to get there, in which language, and in which light."""


def _above(page: Page, selector: str) -> None:
    """Let a place be at the top of what is seen, with a little air above it, and no focus in the picture."""
    page.evaluate(
        "(at) => { document.activeElement.blur();"
        " scrollTo(0, document.querySelector(at).getBoundingClientRect().top + scrollY - 12); }",
        selector,
    )


@contextmanager
def standing(root: Path) -> Iterator[str]:
    """The address of an explorer over the demonstration of the fixed days."""
    at = Home(root)
    clock = SimpleNamespace(time=lambda: NOW, monotonic=time.monotonic)
    with mock.patch.object(running, "time", clock), running.opened(at, None, FIRST_DAY, print) as house:
        running.publish(at, house, print)
    trust = Trust(read_policy(at.policy), at.charter.read_text(encoding="ascii").strip())
    copy = Copy(root / "explorer")
    copy.catch_up(open_source(str(at.export)), trust, now=NOW)
    with served(create_explorer_app(copy, clock=lambda: NOW)) as server:
        yield server.url


def take(chromium: Browser, url: str, name: str, directory: Path) -> Path:
    """Take one picture. (the file)"""
    walk, code, light = PICTURES[name]
    at = directory / f"{name}.png"
    size = {"width": WIDTH, "height": HEIGHT}
    look = {"viewport": size, "device_scale_factor": SCALE, "color_scheme": light, "reduced_motion": "reduce"}
    with visiting(chromium, url, code, **look) as reader:
        walk(reader)
        reader.page.screenshot(path=at, animations="disabled", caret="hide")
    assert at.stat().st_size < MOST_BYTES, f"{at}: {at.stat().st_size} bytes"
    return at


def main() -> None:
    """Take all pictures into the directory that the first argument names."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch, standing(Path(scratch) / "demo") as url, browser() as chromium:
        for name in PICTURES:
            print(take(chromium, url, name, directory))


if __name__ == "__main__":
    main()
