"""Words of a state: escaped, isolated, with nothing invisible, and never able to act or to pass for the explorer's own."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import ARABIC, HOSTILE, LONG_WORD, source
from verifier import vocabulary
from web.explorer.wording import signed_text
from web.explorer.wording.words import duration, interval, minute, second

HOSTILE_PAGES = (
    "/s/{hostile}",
    "/s/{hostile}/proof",
    "/s/{hostile}/raw",
    "/statements?party=XB&below=11",
    "/parties/XB",
    "/statements?q=gnp",
)


@pytest.mark.parametrize("page", HOSTILE_PAGES)
def test_hostile_text_is_escaped_and_shown(shown: Site, page: str) -> None:
    text = shown.text(page.format(**shown.ids))
    assert "<script>" not in text
    assert "<b onmouseover" not in text
    assert not set("\u202e\u202c\u200b") & set(text)
    if page != "/parties/XB":
        assert "U+202E" in text


def test_direction_is_isolated_and_the_language_marked(shown: Site) -> None:
    text = shown.text("/s/{arabic}".format(**shown.ids))
    assert f'<bdi lang="ar" dir="auto">{ARABIC}</bdi>' in text
    assert "characters of the signed text have no visible form" not in text


def test_a_text_of_ten_thousand_characters_is_shown_whole(shown: Site) -> None:
    text = shown.text("/s/{hostile}".format(**shown.ids))
    assert LONG_WORD in text
    assert "characters of the signed text have no visible form" in text


def test_raw_bytes_are_stored_bytes(shown: Site) -> None:
    index, envelope = shown.world.envelopes[shown.ids["hostile"]]
    address = f"/s/{shown.ids['hostile']}"
    assert shown.client.get(f"{address}.statement.json").data == envelope.payload
    assert shown.client.get(f"{address}.envelope.json").data == envelope.raw
    assert shown.client.get(f"/records/{index}.stored.json").data == shown.world.records[index]


def test_names_come_from_the_registry_alone(shown: Site) -> None:
    text = shown.text("/statements?party=XB&below=11")
    assert text.count("Federation of Belmark") >= 2


@given(st.text(max_size=60))
def test_no_invisible_character_survives(text: str) -> None:
    shown = str(signed_text.said(text, "en"))
    assert not any(signed_text.invisible(char) for char in shown)
    inner = shown.removeprefix('<bdi lang="en" dir="auto">').removesuffix("</bdi>")
    assert "<" not in inner.replace("<br>", "").replace("</span>", "").replace('<span class="ctl"', "")


@pytest.mark.parametrize(
    ("text", "chip"),
    [
        ("a\u202eb", "U+202E"),
        ("a\x00b", "U+0000"),
        ("\ufeff", "U+FEFF"),
        ("\u3164", "U+3164"),
        ("\u2028", "U+2028"),
        ("\U000e0041", "U+E0041"),
        ("a" + "\u0301" * 9, "U+0301"),
    ],
)
def test_each_kind_of_hidden_character_is_a_chip(text: str, chip: str) -> None:
    assert f">{chip}</span>" in str(signed_text.chips(text))


@pytest.mark.parametrize(
    "text", ["Réponse à la question : « oui »", ARABIC, "年度网络", "a\u0301e\u0300", "Федерация", "tab-free"]
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert unescape(str(signed_text.chips(text))) == text


def test_a_title_in_the_window_is_safe() -> None:
    assert signed_text.plain(HOSTILE).count("[U+202E]") == 1
    assert signed_text.plain("x").startswith("\u2068")


def test_times_in_words() -> None:
    assert minute("2026-11-24T09:10:02Z") == "24 November 2026, 09:10"
    assert second("2026-01-04T00:00:00Z") == "4 January 2026, 00:00:00"
    assert [duration(n) for n in (0, 1, 59, 61, 3600, 93_600, 90_061)] == [
        *("0 seconds", "1 second", "59 seconds", "1 minute 1 second", "1 hour", "1 day 2 hours", "1 day 1 hour")
    ]
    assert "an interval of 1 minute" in interval("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
    assert "the start is open" in interval(None, "2026-01-01T00:01:00Z")
    assert "Not witnessed yet" in interval("2026-01-01T00:00:00Z", None)


def test_exercise_marking_is_on_the_page_the_list_and_the_data(own: Site) -> None:
    """Marked where it must not be, so that the audit has a finding: the marking is shown all the same."""
    world = own.world
    body = vocabulary.load().example("declaration")["body"]
    value = world.draft("XA", "declaration", body, exercise=own.ids["drill"], title="Rehearsal of a declaration")
    statement = world.log(world.envelope(value), value)
    world.checkpoint()
    world.write(own.log)
    own.copy.catch_up(source(own.log), world.trust, now=world.clock)
    for page in ("", "/proof", "/raw"):
        text = own.text(f"/s/{statement}{page}")
        assert "Exercise. Exercise. Exercise." in text
        assert "counts for no real duty" in text
    assert '<span class="tag">Exercise</span>' in own.text("/statements")
    row = (own.client.get("/statements.json").json or {})["statements"][0]
    assert row["exercise"] == own.ids["drill"]
    assert "One statement was made under the marking of this drill" in own.text("/s/{drill}".format(**own.ids))


def test_sealed_fields_are_shown_as_committed_to(own: Site) -> None:
    world = own.world
    example = vocabulary.load().example("drill-announcement")["body"]
    body = {**example, "observers": [], "purpose": None}
    seal = [{"pointer": "/body/purpose", "digest": "ab" * 32, "tlp": "TLP:AMBER", "opens": "2026-12-01T00:00:00Z"}]
    statement = world.say("XA", "drill-announcement", body, sealed=seal)
    world.checkpoint()
    world.write(own.log)
    own.copy.catch_up(source(own.log), world.trust, now=world.clock)
    text = own.text(f"/s/{statement}")
    assert "Sealed: committed to, not shown here." in text
    assert "TLP:AMBER" in text
    assert "1 December 2026, 00:00" in text
    assert "1 field sealed" in own.text("/statements")
