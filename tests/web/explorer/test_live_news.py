"""`/live.json` and what a page carries: the version moves when a page made now would be another, and only then."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from babel import Locale

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from tests.web.explorer.world import source
from verifier.errors import Fault
from web.explorer import Copy, create_explorer_app
from web.explorer.application import STALE_AFTER
from web.explorer.copy import health as judging
from web.explorer.wording.languages import LANGUAGES
from web.headers import Policy


def live(site: Site) -> dict[str, Any]:
    answer = site.client.get("/live.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found: dict[str, Any] = json.loads(answer.data)
    return found


def carried(text: str) -> dict[str, Any]:
    found = re.search(r'data-news="([^"]*)"', text)
    assert found is not None
    value: dict[str, Any] = json.loads(unescape(found.group(1)))
    return value


def audit(site: Site) -> None:
    site.copy.catch_up(source(site.log), site.world.trust, now=site.world.clock)
    site.now[0] = site.world.clock + 60


def grow(site: Site) -> None:
    site.world.announce("XA", 1)
    site.world.checkpoint()
    site.world.write(site.log)
    audit(site)


def test_what_it_says(own: Site) -> None:
    found = live(own)
    with own.copy.view() as view:
        assert found["checkpoint"]["root"] == view.checkpoint.root.hex()
    assert found["records"] == found["checkpoint"]["size"] == len(own.world.records)
    assert found["checkpoint"]["witnessed"].endswith("Z")
    assert (found["health"], found["warnings"], found["poll_seconds"]) == ("good", [], 2)


def test_who_has_it_is_answered_without_a_body(own: Site) -> None:
    first = own.client.get("/live.json")
    again = own.client.get("/live.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert len(first.data) < 500
    grow(own)
    assert own.client.get("/live.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_page_carries_the_version_that_is_told(own: Site) -> None:
    for page in ("/", "/fr/statements", "/s/{drill}".format(**own.ids), "/help", "/ar/ledger"):
        mine = carried(own.text(page))
        assert (mine["version"], mine["records"]) == (live(own)["version"], live(own)["records"]), page
    assert (own.client.get("/help.json").json or {})["health"]["version"] == live(own)["version"]


def test_the_version_moves_with_a_record_and_with_nothing_less(own: Site) -> None:
    first = live(own)
    own.world.clock += 3600
    audit(own)
    own.now[0] += 300
    assert live(own) == first, "an audit that finds nothing new makes no other page"
    grow(own)
    second = live(own)
    assert (second["records"], second["version"] != first["version"]) == (first["records"] + 1, True)
    own.world.checkpoint()
    own.world.write(own.log)
    audit(own)
    assert (live(own)["records"], live(own)["version"] != second["version"]) == (second["records"], True)


def test_the_version_moves_when_a_warning_comes_with_time_alone(own: Site) -> None:
    first = live(own)
    own.now[0] = own.world.clock + STALE_AFTER
    assert live(own) == first
    own.now[0] += 1
    stale = live(own)
    assert (stale["health"], stale["warnings"]) == ("late", ["copy.stale"])
    assert stale["version"] != first["version"]
    own.now[0] += 600
    assert live(own) == stale, "an age is no news"


def test_the_version_moves_with_trouble_and_back(own: Site) -> None:
    first = live(own)
    point = own.log / "checkpoint"
    raw = point.read_bytes()
    point.unlink()
    with pytest.raises(Fault):
        audit(own)
    trouble = live(own)
    assert (trouble["warnings"], trouble["version"] != first["version"]) == (["source.missing"], True)
    point.write_bytes(raw)
    audit(own)
    assert live(own) == first


def test_an_empty_copy_says_so(own: Site) -> None:
    app = create_explorer_app(Copy(own.log.parent / "empty"), clock=lambda: own.now[0])
    found = json.loads(app.test_client().get("/live.json").data)
    assert (found["health"], found["records"], found["checkpoint"]) == ("empty", 0, None)
    assert carried(app.test_client().get("/").text)["version"] == found["version"]


def test_many_who_ask_within_a_second_are_answered_from_memory(own: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = judging.judge

    def counted(*given: Any) -> Any:
        made.append(given)
        return real(*given)

    monkeypatch.setattr("web.explorer.answers.judge", counted)
    assert len({own.client.get("/live.json").data for _ in range(50)}) == 1
    assert len(made) == 1
    own.now[0] += 1
    live(own)
    assert len(made) == 2
    made.clear()
    own.world.announce("XA", 1)
    own.world.checkpoint()
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    assert live(own)["records"] == len(own.world.records), "within the same second"
    assert len(made) == 1


def test_it_has_one_address_for_all_languages(own: Site) -> None:
    answer = own.client.get("/ar/live.json")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/live.json")
    assert own.client.post("/live.json").status_code == 405


# The script.


@pytest.mark.parametrize("page", ["/", "/ar/statements", "/s/{drill}", "/s/{drill}/proof", "/help"])
def test_a_page_may_run_this_script_and_no_other(own: Site, page: str) -> None:
    answer = own.client.get(page.format(**own.ids))
    assert answer.headers["Content-Security-Policy"] == Policy.SCRIPTED.value
    scripts = read(answer.text).every("script")
    assert [one["src"] for one in scripts if not (one["src"] or "").startswith("/static/live.js?v=")] == []
    script = own.client.get(scripts[0]["src"] or "")
    assert script.content_type.startswith("text/javascript")
    assert "immutable" in script.headers["Cache-Control"]


@pytest.mark.parametrize(("page", "status"), [("/forms/pledge", 200), ("/nowhere", 404), ("/s/" + "0" * 64, 404)])
def test_what_no_record_changes_carries_no_script(own: Site, page: str, status: int) -> None:
    answer = own.client.get(page)
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == Policy.PAGE.value
    assert "live.js" not in answer.text
    assert "live.js" not in own.text("/check")


@pytest.mark.parametrize("code", LANGUAGES)
def test_how_many_statements_are_new_is_said_in_the_form_of_the_language(own: Site, code: str) -> None:
    news = carried(own.text(f"/{code}/"))
    words, plural = news["new"], Locale.parse(LANGUAGES[code].locale).plural_form
    for count in (1, 2, 3, 5, 11, 21, 22, 25, 100, 101, 103, 111, 1_000, 1_000_000):
        told = words[plural(count)]
        assert told.count("{}") == 1 or (code == "ar" and count in (1, 2)), (count, told)
        assert not re.search(r"\d|%", told), told
    assert len(set(words.values())) == {"ar": 6, "zh": 1, "en": 2, "fr": 2, "ru": 3, "es": 2}[code]
    assert news["locale"].endswith("-u-nu-latn")
