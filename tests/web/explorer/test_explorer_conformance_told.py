"""What the conformance pages say: the verifier's own report, figures beside rules, answers beside findings, files."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.web.explorer.accord import HARBOUR, INCIDENT, Accord, Accorded, copied, plain, site
from tests.web.explorer.test_explorer_conformance import verified
from tests.web.explorer.test_explorer_conformance_pages import PAGES
from verifier.formats.times import format_utc
from web.explorer import create_explorer_app


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    return site(tmp_path_factory.mktemp("accord"))


def test_the_list_is_the_report(told: Accorded) -> None:
    found = told.json("/obligations")
    report = verified(told.world, told.log, found["judgement"]["as_of"])
    assert [row["obligation"] for row in found["obligations"]] == report["report"]["obligations"]
    assert found["judgement"]["sha256"] == report["sha256"]
    marked = told.json("/obligations?exercise={harbour}")
    rehearsed = verified(told.world, told.log, marked["judgement"]["as_of"], "--exercise", told.ids["harbour"])
    assert [row["obligation"] for row in marked["obligations"]] == rehearsed["report"]["obligations"]
    assert marked["judgement"]["sha256"] == rehearsed["sha256"]


@pytest.mark.parametrize(
    "name", ["late", "contested", "convene", "waived", "notice", "limit", "abstention", "recurring", "rehearsed"]
)
def test_an_explanation_is_the_verifiers(told: Accorded, name: str) -> None:
    found = told.json(f"/obligations/{{{name}}}")
    options = ("--exercise", told.ids["harbour"]) if name == "rehearsed" else ()
    report = verified(told.world, told.log, found["judgement"]["as_of"], "--explain", told.ids[name], *options)
    assert found["explanation"] == report["explanation"]
    assert found["obligation"] == report["explanation"]["obligation"]


def test_words_give_the_figure_beside_the_rule(told: Accorded) -> None:
    assert "Announced 29 days 23 hours ahead; 14 days required." in plain(told.text("/obligations/{notice}"))
    assert "Done after 1 day 6 hours; 1 day allowed." in plain(told.text("/obligations/{late}"))
    assert "Nothing in the record discharges it." in plain(told.text("/obligations/{contested}"))


def test_answers_stand_beside_the_finding(told: Accorded) -> None:
    for page in ("/obligations/{late}", "/parties/XC", "/incidents/{incident}"):
        text = told.text(page)
        assert "&lt;b&gt;and&lt;/b&gt;" in text, page
        assert '<div class="beside">' in text
    words = plain(told.text("/obligations/{contested}"))
    assert "disputed" in words
    assert "We were never asked." in words
    assert "No reply so far" in plain(told.text("/obligations/{convene}"))


def test_hidden_characters_of_a_title_are_chips_everywhere(told: Accorded) -> None:
    for page in ("/calendar?from=2026-01", "/obligations?party=XC", "/parties/XC", "/s/{surprise}"):
        text = told.text(page)
        assert "\u202e" not in text, page
    assert "U+202E" in told.text("/obligations?party=XC&status=late")


def test_no_page_blames_or_ranks(told: Accorded) -> None:
    for page in PAGES:
        words = plain(told.text(page)).lower()
        for word in ("guilty", "violat", "blame", "score", "best", "worst", "offender", "breach"):
            assert word not in words, (word, page)


def test_the_matrix_counts_what_fell_due_in_each_month(told: Accorded) -> None:
    matrix = told.json("/parties/XB")["conformance"]["matrix"]
    months = [one["month"] for one in matrix["months"]]
    assert len(months) == 12
    assert months[-1] == "2026-03"
    row = next(row for row in matrix["rows"] if row["rule"] == "answer-query")
    cell = row["cells"][months.index("2026-01")]
    assert [(one["status"], one["count"]) for one in cell["counts"]] == [("overdue", 1)]
    assert cell["disputed"] == 1
    listed = told.json(cell["address"])
    assert [one["obligation"]["id"] for one in listed["obligations"]] == [told.ids["contested"]]
    assert {row["rule"] for row in matrix["undated"]} == {"health-care", "hospitals"}
    text = told.text("/parties/XB")
    assert "1 disputed" in plain(text)
    assert "cannot be determined" in text


def test_every_cell_of_every_matrix_leads_to_as_many(told: Accorded) -> None:
    for code in ("XA", "XB", "XC"):
        for row in told.json(f"/parties/{code}")["conformance"]["matrix"]["rows"]:
            for cell in row["cells"]:
                if cell["counts"]:
                    assert told.json(cell["address"])["total"] == sum(one["count"] for one in cell["counts"])


def test_home_says_what_is_due_and_announced(told: Accorded) -> None:
    now = told.json("/")["conformance"]
    assert [one["obligation"]["status"] for one in now["overdue"]] == ["overdue"] * now["overdue_total"]
    assert now["soon"]
    assert all(one["obligation"]["status"] == "open" for one in now["soon"])
    words = plain(told.text("/en/"))
    assert "Due within 30 days" in words
    assert "Nothing announced is not the same as nothing planned." in words


def test_a_drill_under_way_is_on_the_first_page(tmp_path: Path) -> None:
    world = Accord()
    world.ids = {}
    world.found()
    dates = {"start": format_utc(world.clock + 700), "end": format_utc(world.clock + 4 * 86_400)}
    world.one("now", "XA", "drill-announcement", {"name": HARBOUR, "observers": [], **dates}, title=HARBOUR)
    world.let_pass(86_400 + 3_600)
    copy = copied(world, tmp_path / "log", tmp_path / "copy")
    client = create_explorer_app(copy, clock=lambda: world.clock).test_client()
    for page in ("/en/", "/calendar"):
        words = plain(client.get(page).text)
        assert HARBOUR in words, page
        assert "Day 2 of 5" in words, page
    assert "14 days required" in plain(client.get("/en/").text)


def test_a_rehearsal_wears_its_banner_and_stays_apart(told: Accorded) -> None:
    for page in ("/incidents/{pretended}", "/obligations/{rehearsed}", "/obligations?exercise={harbour}"):
        assert '<div class="exercise" role="note">' in told.text(page), page
    assert '<div class="exercise"' not in told.text("/incidents/{incident}")
    real = {one["obligation"]["id"] for one in told.json("/obligations")["obligations"]}
    assert told.ids["rehearsed"] not in real
    assert all(one["obligation"]["id"] != told.ids["rehearsed"] for one in told.json("/")["conformance"]["overdue"])


def test_a_thread_has_lanes_steps_and_what_is_due(told: Accorded) -> None:
    found = told.json("/incidents/{incident}")
    assert found["lanes"] == ["XA", "XB", "XC"]
    assert [step["id"] for step in found["steps"]][:2] == [told.ids["incident"], told.ids["asked"]]
    assert {one["obligation"]["id"] for one in found["due"]} == {
        told.ids["late"],
        told.ids["contested"],
        told.ids["convene"],
        told.world.owed("XC", "no-answer-convene", told.ids["late"]),
    }
    assert found["steps"][0]["claimed"], "the claimed moment of awareness is told"
    assert told.json("/incidents/{asked}")["thread"] == told.ids["incident"]
    words = plain(told.text("/incidents/{incident}"))
    assert INCIDENT in words
    assert "a query is not an accusation" in words


def test_lanes_are_mirrored_where_lines_run_from_the_right(told: Accorded) -> None:
    def lanes(page: str) -> list[str]:
        return re.findall(r'<line class="axis" x1="([0-9.]+)%"', told.text(page))

    english, arabic = lanes("/incidents/{incident}"), lanes("/ar/incidents/{incident}")
    assert len(english) == 3
    assert [100 - float(x) for x in english] == [float(x) for x in arabic]


def test_channels_by_pair_and_by_measure(told: Accorded) -> None:
    found = told.json("/channels")
    lines = {(row["sender"], cell["receiver"]): cell for row in found["lines"] for cell in row["cells"]}
    assert (lines["XB", "XA"]["tests"], lines["XB", "XA"]["answered"]) == (1, 1)
    assert (lines["XA", "XC"]["tests"], lines["XA", "XC"]["answered"]) == (1, 0)
    assert lines["XC", "XA"]["tests"] == 0
    measures = {row["rule"]: row for row in found["measures"]}
    asked = measures["answer-query"]
    assert (asked["asked"], asked["answered"], asked["share_percent"]) == (2, 1, 50)
    assert all("party" not in row and "debtor" not in row for row in found["measures"])


def test_pledges_lie_side_by_side_under_a_norm(told: Accorded) -> None:
    found = told.json("/compare?parties=XA,XB")
    assert found["parties"] == ["XA", "XB"]
    norm = next(row for row in found["norms"] if row["norm"] == "un-norms/f")
    assert [side["party"] for side in norm["parties"]] == ["XA", "XB"]
    held = {side["party"]: {text["id"] for text in side["texts"]} for side in norm["parties"]}
    assert held == {"XA": {told.ids["charter"]}, "XB": {told.ids["charter"], told.ids["pledge"]}}
    assert [one["id"] for one in found["common"]] == [told.ids["charter"]]


def test_a_statement_leads_to_what_it_started_and_discharged(told: Accorded) -> None:
    started = told.json("/s/{asked}")["conformance"]["triggered"]
    assert [one["obligation"]["id"] for one in started] == [told.ids["late"]]
    done = told.json("/s/{answer}")["conformance"]["discharged"]
    assert [one["obligation"]["id"] for one in done] == [told.ids["late"]]
    assert told.json("/s/{plea}")["conformance"]["answered"][0]["obligation"]["id"] == told.ids["late"]
    assert f'href="/obligations/{told.ids["late"]}"' in told.text("/s/{asked}")


def test_the_list_as_csv_has_every_member(told: Accorded) -> None:
    answer = told.client.get("/obligations.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = told.json("/obligations")["obligations"]
    assert answer.content_type.startswith("text/csv")
    assert [(row["id"], row["status"], row["debtor"]) for row in rows] == [
        (one["obligation"]["id"], one["obligation"]["status"], one["obligation"]["debtor"]) for one in listed
    ]
    assert rows[0]["creditors"].split() == listed[0]["obligation"]["creditors"]
    assert json.loads(rows[-1]["period"] or "null") == listed[-1]["obligation"]["period"]
    narrowed = list(csv.DictReader(io.StringIO(told.client.get("/obligations.csv?party=XB&status=overdue").text)))
    assert {row["debtor"] for row in narrowed} == {"XB"}


def test_calendars_of_the_ledger_a_party_and_a_pair(told: Accorded) -> None:
    def held(address: str) -> set[str]:
        answer = told.client.get(address)
        assert answer.content_type.startswith("text/calendar")
        return {str(event["uid"]) for event in Calendar.from_ical(answer.data).walk("VEVENT")}

    whole, one, other, both = map(
        held, ("/calendar.ics", "/calendar/XA.ics", "/calendar/XB.ics", "/calendar/XA-XB.ics")
    )
    assert both == one & other
    assert both < one <= whole
    assert any(told.ids["contested"] in uid for uid in both)
    assert not any(told.ids["late"] in uid for uid in both), "it is between XA and XC"
    named = Calendar.from_ical(told.client.get("/calendar/XA-XB.ics").data)
    assert str(named["name"]).endswith("XA, XB")
    assert told.client.get("/calendar.ics").data == told.client.get("/calendar.ics").data


@pytest.mark.parametrize("name", ["pledges", "incidents", "channels", "calendar"])
def test_every_list_is_a_table_too(told: Accorded, name: str) -> None:
    answer = told.client.get(f"/{name}.csv?from=2026-01" if name == "calendar" else f"/{name}.csv")
    assert (answer.status_code, answer.content_type.partition(";")[0]) == (200, "text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == {"pledges": 2, "incidents": 2, "channels": 6, "calendar": 9}[name]
    assert "\u202e" not in answer.text
    if name == "incidents":
        assert [row["exercise"][:8] for row in rows] == ["EXERCISE", ""]
    if name == "calendar":
        assert {row["kind"] for row in rows} == {"drill", "line-test", "due"}
        assert any("[U+202E]" in row["title"] for row in rows)
