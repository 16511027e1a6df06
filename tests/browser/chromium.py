"""Debian's Chromium, driven by Playwright: one browser a test process, and a watch over everything that a page does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("DETENTE_BROWSER") == "required"
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-software-rasterizer")
SECONDS = 30.0
"""How long a step in a page may take: two cores may be busy with other tests."""
_MISSING = "there is no Chromium on this machine (on Debian: apt-get install chromium)"
_LOCAL = ("about:", "blob:", "data:", "file:")


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser. Where there is none, the test is skipped, or fails if DETENTE_BROWSER=required."""
    if PROGRAM is None:
        if REQUIRED:
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=PROGRAM, args=list(_ARGUMENTS))
        try:
            yield found
        finally:
            found.close()


@dataclass
class Watch:
    """What went wrong in the pages of a context. `home`: the one origin that may be asked; None where only files are."""

    home: str | None
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Every address that was asked for."""

    def over(self, context: BrowserContext) -> Watch:
        """Watch everything that happens in a context from now on."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"error in the page: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        return self

    def require_quiet(self) -> None:
        """Fail if a page logged or raised an error, broke its policy, asked elsewhere, or got no whole answer."""
        assert not self.wrong, "\n".join(self.wrong)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium logs every status from 400 on as an error; which of them are wrong is judged by the answers themselves.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"console, {message.location['url']}: {message.text}")

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)
        if not request.url.startswith(_LOCAL) and _origin(request.url) != self.home:
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        whole = response.status < 400 or (response.status < 500 and response.request.is_navigation_request())
        if not whole:
            self.wrong.append(f"answer {response.status}: {response.url}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def opened(chromium: Browser, home: str | None, **options: object) -> Iterator[tuple[Page, Watch]]:
    """A page in a context of its own, watched. `options`: those of Playwright's `Browser.new_context`."""
    context = chromium.new_context(base_url=home, **options)  # type: ignore[arg-type]
    context.set_default_timeout(SECONDS * 1000)
    watch = Watch(home).over(context)
    try:
        yield context.new_page(), watch
    finally:
        context.close()
