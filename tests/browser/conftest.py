"""The explorer of the demonstration, and pages of the real browser that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import site
from tests.browser.addresses import Facts
from tests.browser.chromium import opened
from tests.browser.looks import Looks, looks


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[site.Demo]:
    """The demonstration, made once for all test processes, and an explorer over it in this one."""
    base = tmp_path_factory.getbasetemp()
    with site.shown((base if worker_id == "master" else base.parent) / "browser-demo") as found:
        yield found


@pytest.fixture
def page(chromium: Browser, demo: site.Demo) -> Iterator[Page]:
    """A page of its own context; the test fails if anything went wrong in it (see `Watch`)."""
    with opened(chromium, demo.url) as (found, watch):
        yield found
        watch.require_quiet()


@pytest.fixture(scope="session")
def facts(demo: site.Demo) -> Facts:
    """What there is to see."""
    return Facts(demo.app)


@pytest.fixture
def look(chromium: Browser, demo: site.Demo) -> Iterator[Looks]:
    """The two pages, at the demonstration's explorer."""
    with looks(chromium, demo.url) as found:
        yield found
