"""A page looked at in every way: wide, narrow, dark, without JavaScript; and all that is wrong with it in one list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, Route, ViewportSize

from tests.browser import axe
from tests.browser.chromium import opened

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
_NAMES = "[...document.body.querySelectorAll('*')].map((one) => one.localName).join()"


@dataclass
class Looks:
    """Two pages of one context: `page` as a browser shows it, `bare` dark and as one without JavaScript shows it.

    axe-core cannot run where JavaScript is off, so `bare` gets the documents without their scripts, and what stands there
    for readers without JavaScript unfolded. The site's own policy forbids axe-core and is set aside here alone.
    """

    page: Page
    bare: Page

    def require_fine(self, *addresses: str, dark: bool = True) -> None:
        """Fail with all that is wrong at addresses, a line each: wide, dark and without JavaScript, and 320 px wide."""
        wrong = [line for one in addresses for line in self.seen(one, dark)]
        assert not wrong, "\n" + "\n".join(wrong)

    def seen(self, address: str, dark: bool) -> list[str]:
        """What is wrong at an address."""
        page, told = self.page, {}
        page.set_viewport_size(WIDE)
        page.goto(address)
        told["wide"] = axe.violations(page) + axe.outline(page) + axe.misfits(page)
        page.set_viewport_size(NARROW)
        told["320 px"] = axe.violations(page, axe.LAYOUT) + axe.misfits(page)
        if dark:
            self.bare.goto(address)
            told["dark, no JavaScript"] = axe.violations(self.bare, self._changed())
        return [f"{address}, {how}: {one}" for how, rows in told.items() for one in rows]

    def _changed(self) -> dict[str, Any]:
        """What to ask of the page without JavaScript: its colours alone, where it is otherwise the page that was judged."""
        bare, scripted = (one.evaluate(_NAMES) for one in (self.bare, self.page))
        return axe.COLOURS if bare == scripted else axe.ALL


@contextmanager
def looks(chromium: Browser, home: str) -> Iterator[Looks]:
    """The two pages, watched."""
    with opened(chromium, home, bypass_csp=True, viewport=WIDE) as (page, watch):
        bare = page.context.new_page()
        bare.emulate_media(color_scheme="dark", reduced_motion="reduce")
        bare.route("**/*", _without_scripts)
        yield Looks(page, bare)
        watch.require_quiet()


def _without_scripts(route: Route) -> None:
    if route.request.resource_type != "document":
        route.continue_()
        return
    answer = route.fetch(max_redirects=0)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        route.fulfill(response=answer)
        return
    body = re.sub(r"<script\b[^>]*>.*?</script>", "", answer.text(), flags=re.DOTALL)
    route.fulfill(response=answer, body=re.sub(r"</?noscript>", "", body))
