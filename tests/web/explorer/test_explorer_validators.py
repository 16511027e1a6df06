"""What a cache may keep of a page: its tag moves with what the page says, also where only time has passed."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import source
from web.explorer.application import STALE_AFTER

PAGES = ("/en/", "/statements", "/parties/XA", "/ar/ledger", "/index.json", "/statements.json", "/ledger.json")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_says_the_same_is_not_sent_again(shown: Site, page: str) -> None:
    first = shown.client.get(page)
    tag = first.headers["ETag"]
    for given in (tag, f'"other", {tag}', "*"):
        again = shown.client.get(page, headers={"If-None-Match": given})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, no-cache"
    assert shown.client.get(page, headers={"If-None-Match": '"other"'}).status_code == 200
    head = shown.client.head(page)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)


@pytest.mark.parametrize("page", PAGES)
def test_a_strip_that_time_alone_has_changed_is_never_served_as_fresh(own: Site, page: str) -> None:
    first = own.client.get(page)
    own.now[0] += STALE_AFTER + 1
    for given in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        again = own.client.get(page, headers=given)
        assert again.status_code == 200, given
        assert again.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("page", ["/index.json", "/statements.json"])
def test_the_twin_keeps_its_tag_while_only_its_age_moves(own: Site, page: str) -> None:
    first = own.client.get(page)
    own.now[0] += 1
    second = own.client.get(page)
    assert second.json != first.json
    assert second.headers["ETag"] == first.headers["ETag"]
    assert first.headers["ETag"].startswith('W/"')
    own.world.drill("XA", "One more")
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.now[0])
    assert own.client.get(page).headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("page", ["/statements", "/statements.json"])
@pytest.mark.parametrize("late", [-10_000, 0, 1, STALE_AFTER, STALE_AFTER + 1, 10 * STALE_AFTER])
def test_nothing_was_modified_in_the_future(own: Site, page: str, late: int) -> None:
    own.now[0] += late
    said = parsedate_to_datetime(own.client.get(page).headers["Last-Modified"]).timestamp()
    assert said <= own.now[0]


def test_the_door_says_that_it_depends_on_the_language(shown: Site) -> None:
    for wanted in ("en", "fr"):
        answer = shown.client.get("/", headers={"Accept-Language": wanted})
        assert "Accept-Language" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] in ("public, no-cache", "no-store")
    assert shown.client.get("/fr/ledger").headers["ETag"] != shown.client.get("/ledger").headers["ETag"]
