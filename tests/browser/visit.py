"""A reader's visit to the explorer, step by step: only what can be seen is clicked, by its name in the reader's language.

Names of links and buttons are taken from the catalogues; nothing is typed into the address bar but the site's own address.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.browser.chromium import opened
from tests.browser.visit_files import Certificate, certificate
from web.explorer.wording import extraction, kinds

DRILL = "Exercise Far Beacon"
PLEDGE = "We do not attack hospitals, and we announce large drills three weeks ahead"
RULE = "drill-notice"
SEARCH = "An id, a record’s number, or words"
LEFT, RIGHT = "XA", "XB"
_DROP = """([name, type, content]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name, { type }));
  return carried;
}"""


_READ = """(articles) => articles.map((article) => {
  const text = (within, place) => within.querySelector(place).innerText.trim();
  const steps = [...article.querySelectorAll(".ladder > li")];
  return {
    word: text(article, ".verdict :is(h2, h3)"),
    told: text(article, ".verdict p"),
    verdicts: [...(article.querySelector("dl")?.children ?? [])].map((row) => [text(row, "dt"), text(row, "dd .st")]),
    steps: steps.map((step) => [text(step, ".q > span"), text(step, ".st")]),
    failed: steps.flatMap((step, n) => (step.classList.contains("is-overdue") ? [n + 1] : [])),
  };
})"""
_FOCUSED = """() => {
  const here = document.activeElement;
  return [here.innerText?.trim(), here.labels?.[0]?.innerText.trim(), here.matches(":focus-visible")];
}"""


class Words:
    """The explorer's texts in one language, by their English form."""

    def __init__(self, code: str) -> None:
        self.code = code
        kept = [] if code == "en" else [one for one in extraction.read(code) if one.string]
        self._kept = {str(one.id): str(one.string) for one in kept if isinstance(one.id, str)}

    def __call__(self, text: str, **values: str) -> str:
        """A text as this language has it: English where it has no words for it, as on the pages."""
        told = self._kept.get(text, text)
        return told % values if values else told

    def status(self, status: str) -> str:
        """What the vocabulary calls the status of an obligation."""
        label: str = kinds.labels(self.code)["statuses"][status]["label"]
        return label


@dataclass(frozen=True)
class Answer:
    """An answer as it stands on a page. `verdicts`, `steps`: name -> word; `failed`: the numbers of the failed steps."""

    word: str
    told: str
    verdicts: dict[str, str]
    steps: dict[str, str]
    failed: list[int]


class Visitor:
    """Somebody who reads in one language, in one page of the browser."""

    def __init__(self, page: Page, code: str) -> None:
        self.page = page
        self.words = Words(code)

    def arrive(self) -> None:
        """Open the site by its address alone: the language follows from what the browser asks for."""
        self.page.goto("/")
        self.require_language()

    def require_language(self) -> None:
        """The page is in the reader's language, and reads in its direction."""
        root = self.page.locator("html")
        expect(root).to_have_attribute("lang", self.words.code)
        expect(root).to_have_attribute("dir", "rtl" if self.words.code == "ar" else "ltr")

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Click the link of that name, and be on a page in the same language."""
        link = (within or self.page.get_by_role("main")).get_by_role("link", name=name, exact=True).first
        link.click()
        self.page.wait_for_load_state()
        self.require_language()

    def choose(self, text: str) -> None:
        """Choose from the navigation at the top."""
        self.follow(self.words(text), self.page.get_by_role("navigation", name=self.words("Main")))

    def beneath(self, heading: str, what: str) -> Locator:
        """The first `what` (an element's name) that follows a heading."""
        found = self.page.get_by_role("heading", name=self.words(heading), exact=True)
        return found.locator(f"xpath=following::{what}[1]")

    # From a drill to its pledge, and to why it conforms.

    def search(self, text: str) -> None:
        """Search from the home page."""
        self.page.get_by_role("textbox", name=self.words(SEARCH)).fill(text)
        self.page.get_by_role("button", name=self.words("Search the record"), exact=True).click()
        self.page.wait_for_load_state()
        self.require_language()

    def duty(self) -> Locator:
        """On a drill's page: the obligation that it has under the pledge."""
        items = self.page.get_by_role("region", name=self.words("Obligations")).get_by_role("listitem")
        return items.filter(has=self.page.get_by_role("link", name=PLEDGE, exact=True))

    def take_certificate(self) -> tuple[str, Certificate]:
        """On a statement's page: download its certificate. (the name it is offered under, the certificate)"""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=self.words("Certificate (PDF)"), exact=True).click()
        return waiting.value.suggested_filename, certificate(Path(waiting.value.path()).read_bytes())

    # A check, by the server and by the browser.

    def give(self, name: str, raw: bytes) -> None:
        """Choose a file in the form of a check, and ask."""
        self.page.get_by_label(self.words("Files"), exact=True).set_input_files([_file(name, raw)])
        self.ask()

    def paste(self, text: str) -> None:
        """Paste a text into the form of a check, and ask."""
        self.page.get_by_role("textbox").fill(text)
        self.ask()

    def ask(self) -> None:
        """Ask for the answer."""
        self.page.get_by_role("button", name=self.words("Check"), exact=True).click()

    def drop(self, name: str, raw: bytes) -> None:
        """Drop a file onto the page, as a hand would: the page gets its events and the file in them."""
        carried = self.page.evaluate_handle(_DROP, [name, _kind(name), b64encode(raw).decode("ascii")])
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event("main", event, {"dataTransfer": carried})

    def server(self) -> list[Answer]:
        """What the server answered, once it has."""
        return _answers(self.page.get_by_role("region", name=self.words("Answers"), exact=True))

    def browser(self) -> list[Answer]:
        """What the script in the page answered, once it has."""
        return _answers(self.page.locator("#browser"))

    def offline(self) -> list[Answer]:
        """What the offline page answered, once it has."""
        return _answers(self.page.locator("#answers"))

    def heard(self) -> str:
        """What is said of the answer to whoever hears the page."""
        return self.page.get_by_role("status").last.inner_text()

    def focused(self) -> str:
        """The text of the element that has the focus."""
        text: str = self.page.evaluate("document.activeElement.innerText.trim()")
        return text

    def tab_to(self, name: str, most: int = 90) -> None:
        """Go on with the Tab key until what is so named has the focus, visibly."""
        for _n in range(most):
            self.page.keyboard.press("Tab")
            text, label, visibly = self.page.evaluate(_FOCUSED)
            if name not in (text, label):
                continue
            here = self.page.locator(":focus")
            expect(here).to_be_in_viewport()
            outline: str = here.evaluate("(one) => getComputedStyle(one).outlineStyle")
            assert visibly, f"{name}: the focus is not shown"
            assert outline != "none", f"{name}: the focus cannot be seen"
            return
        raise AssertionError(f"{name} is not reached by {most} times Tab")


def _answers(region: Locator) -> list[Answer]:
    articles = region.get_by_role("article")
    articles.first.wait_for()
    found = articles.evaluate_all(_READ)
    return [Answer(one["word"], one["told"], dict(one["verdicts"]), dict(one["steps"]), one["failed"]) for one in found]


def _file(name: str, raw: bytes) -> FilePayload:
    return {"name": name, "mimeType": _kind(name), "buffer": raw}


def _kind(name: str) -> str:
    return "application/pdf" if name.endswith(".pdf") else "text/plain"


def numbers(text: str) -> list[int]:
    """The numbers in a text, in their order."""
    return [int(one) for one in re.findall("[0-9]+", text)]


@contextmanager
def visiting(chromium: Browser, home: str | None, code: str, **options: object) -> Iterator[Visitor]:
    """A visitor whose browser asks for a language; nothing may go wrong on any page. `home`: None for a file on disk."""
    with opened(chromium, home, locale=code, **options) as (page, watch):
        yield Visitor(page, code)
        watch.require_quiet()
