"""The calendar: written by hand and compared, parsed back by the library, changed, cancelled, attacked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.exports.calendar import calendar, count
from tests.ledger.exports.export_world import RULES, SHOWN, WAYWARD, Tale, event, parsed
from verifier.conformance.report import obligation_id

ORIGIN = "accord.example/ledger"


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def unfolded(raw: bytes) -> list[str]:
    """The content lines (RFC 5545, 3.1), without the library."""
    return raw.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_an_event_as_it_is_written(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    lines = unfolded(calendar(tale.material()))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    for line in (
        "VERSION:2.0",
        "PRODID:-//Detente//Detente exports 1//EN",
        f"NAME:Detente: {ORIGIN}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "LAST-MODIFIED:20260301T000002Z",
    ):
        assert lines.count(line) == 1, line
    body = [line for line in lines[lines.index("BEGIN:VEVENT") :] if not line.startswith("DESCRIPTION")]
    assert sorted(body[1 : body.index("END:VEVENT")]) == [
        "CATEGORIES:DRILL",
        "CLASS:PUBLIC",
        "CREATED:20260301T000000Z",
        "DTEND:20260603T160000Z",
        "DTSTAMP:20260301T000000Z",
        "DTSTART:20260601T080000Z",
        "LAST-MODIFIED:20260301T000000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "SUMMARY:Party XA (XA)\\, drill: Quiet Harbour",
        "TRANSP:TRANSPARENT",
        f"UID:{drill}@{ORIGIN}",
    ]
    assert not [line for line in lines if line.startswith("METHOD")]
    assert all(len(line) <= 75 for line in calendar(tale.material()).split(b"\r\n"))


def test_equal_logs_give_equal_bytes_whoever_asks_and_when(tale: Tale) -> None:
    tale.pledge()
    tale.announce()
    first = calendar(tale.material())
    assert calendar(tale.material(asked=tale.log.clock + 10**8)) == first
    assert parsed(first).to_ical() == first


def test_a_drill_moved_in_time_moves_and_keeps_its_identifier(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.at("2026-04-01T00:00:00Z").change(drill, start="2026-06-02T08:00:00Z", name="Quiet Harbour II")
    found = event(calendar(tale.material()), drill)
    assert found["dtstart"].dt == moment(2026, 6, 2, 8)
    assert found["dtend"].dt == moment(2026, 6, 3, 16)
    assert (found["sequence"], found["status"]) == (1, "CONFIRMED")
    assert found["dtstamp"].dt == found["last-modified"].dt == moment(2026, 4, 1)
    assert found["created"].dt == moment(2026, 3, 1)
    assert found["summary"] == "Party XA (XA), drill: Quiet Harbour II"
    assert "Begins: 2026-06-02T08:00:00Z instead of 2026-06-01T08:00:00Z." in found["description"]


def test_a_change_that_comes_too_late_is_told_and_moves_nothing(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.at("2026-06-02T00:00:00Z").change(drill, start="2026-06-09T08:00:00Z", name="Another", place="Elsewhere")
    found = event(calendar(tale.material()), drill)
    assert found["dtstart"].dt == moment(2026, 6, 1, 8)
    assert found["summary"] == "Party XA (XA), drill: Quiet Harbour"
    assert found["sequence"] == 1
    assert "Begins: 2026-06-09T08:00:00Z was asked for too late" in found["description"]
    assert "Came after the start and does not count. Place: Elsewhere" in found["description"]


def test_an_end_moves_no_further_than_the_charter_lets_it(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.change(drill, end="2026-09-01T00:00:00Z")
    tale.change(drill, end="2026-10-01T00:00:00Z")
    found = event(calendar(tale.material()), drill)
    assert found["dtend"].dt == moment(2026, 6, 17, 16)
    told = "is the latest that an end may move to, and stands."
    assert found["description"].count(told) == 2
    assert f"2026-09-01T00:00:00Z was asked for; 2026-06-17T16:00:00Z {told}" in found["description"]


def test_a_cancelled_drill_stays_in_the_calendar_as_cancelled(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    tale.pledge()
    drill = tale.announce()
    tale.cancel(drill)
    tale.change(drill, start="2026-07-01T08:00:00Z")
    raw = calendar(tale.material())
    found = event(raw, drill)
    assert (found["status"], found["sequence"]) == ("CANCELLED", 2)
    assert found["dtstart"].dt == moment(2026, 6, 1, 8)
    assert "Cancelled in time: the drill does not take place." in found["description"]
    assert "was asked for after the cancellation, and does not count." in found["description"]
    dues = [one for one in parsed(raw).walk("VEVENT") if one["categories"].cats == ["DUE"]]
    assert {one["status"] for one in dues if "after-report" in one["summary"]} == {"CANCELLED"}


def test_a_late_cancellation_ends_the_drill_and_cancels_nothing(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.at("2026-06-02T12:00:00Z").cancel(drill)
    found = event(calendar(tale.material()), drill)
    assert (found["status"], found["sequence"]) == ("CONFIRMED", 1)
    assert found["dtend"].dt == moment(2026, 6, 2, 12, 0, 2)
    assert "Came after the start: the drill ended early" in found["description"]


def test_a_cancellation_after_the_end_changes_nothing(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.at("2026-07-02T12:00:00Z").cancel(drill)
    found = event(calendar(tale.material()), drill)
    assert found["dtend"].dt == moment(2026, 6, 3, 16)
    assert "Came after the end: it changes nothing." in found["description"]


def test_a_cancellation_by_a_stolen_key_counts_once_confirmed(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    stolen = tale.log.pen("XA")
    record = len(tale.log.records)
    cancellation = tale.cancel(drill)
    before = event(calendar(tale.material()), drill)
    tale.log.revoke("XA", stolen, from_record=record)
    tale.log.checkpoint()
    during = event(calendar(tale.material()), drill)
    tale.log.key_change("XA", action="recover", confirmed=[cancellation])
    tale.log.checkpoint()
    after = event(calendar(tale.material()), drill)
    assert [one["status"] for one in (before, during, after)] == ["CANCELLED", "CONFIRMED", "CANCELLED"]
    assert [one["sequence"] for one in (before, during, after)] == [1, 2, 3]
    assert "Counts for nothing so far: the key was not its owner's" in during["description"]


def test_a_retracted_announcement_is_tentative_and_said_to_be_taken_back(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.retract("XA", drill)
    found = event(calendar(tale.material()), drill)
    assert (found["status"], found["sequence"]) == ("TENTATIVE", 1)
    assert "taken back by its author" in found["description"]


def test_a_drill_that_ends_before_it_begins_has_no_end(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.change(drill, start="2026-07-01T00:00:00Z")
    found = event(calendar(tale.material()), drill)
    assert "dtend" not in found
    assert "The end that is in force is not after the start" in found["description"]


def test_what_is_sealed_is_said_to_be_sealed(tale: Tale) -> None:
    rows = [tale.sealed("XA", "/body/name", "Secret Harbour"), tale.sealed("XA", "/body/purpose", "Hidden.", "TLP:RED")]
    drill = tale.announce(body={"name": None, "purpose": None}, sealed=rows)
    raw = calendar(tale.material())
    found = event(raw, drill)
    assert found["summary"] == "Party XA (XA), drill: a drill; its name is sealed"
    assert "Sealed: Name (TLP:AMBER, to be opened 2031-01-01T00:00:00Z)" in found["description"]
    assert "Sealed: Purpose (TLP:RED, to be opened 2031-01-01T00:00:00Z)" in found["description"]
    assert b"Secret" not in raw
    assert b"Hidden" not in raw


def test_what_is_opened_later_is_told(tale: Tale) -> None:
    name, purpose = tale.held("XA", "/body/name", "Secret Harbour"), tale.held("XA", "/body/purpose", "Two\nlines.")
    rows = [tale.row("/body/name", name), tale.row("/body/purpose", purpose)]
    drill = tale.announce(body={"name": None, "purpose": None}, sealed=rows)
    shown = [
        {"pointer": "/body/name", "disclosure": name.text},
        {"pointer": "/body/purpose", "disclosure": purpose.text},
    ]
    tale.say("XA", "disclosure", ("discloses", drill), body={"disclosures": shown, "remark": None})
    found = event(calendar(tale.material()), drill)
    assert found["summary"] == "Party XA (XA), drill: Secret Harbour"
    assert "Opened, Purpose: Two⏎lines." in found["description"]
    assert found["sequence"] == 1


def test_a_name_changed_to_a_sealed_one_is_sealed_until_it_is_opened(tale: Tale) -> None:
    drill = tale.announce()
    held = tale.held("XA", "/body/changes/name", "Still Harbour")
    change = tale.change(drill, sealed=[tale.row("/body/changes/name", held)])
    sealed = event(calendar(tale.material()), drill)
    assert sealed["summary"] == "Party XA (XA), drill: a drill; its name is sealed"
    assert "Sealed: Changes, Name (TLP:AMBER" in sealed["description"]
    shown = [{"pointer": "/body/changes/name", "disclosure": held.text}]
    tale.say("XA", "disclosure", ("discloses", change), body={"disclosures": shown, "remark": None})
    found = event(calendar(tale.material()), drill)
    assert found["summary"] == "Party XA (XA), drill: Still Harbour"
    assert found["sequence"] == 2


def test_what_changes_has_a_later_revision(tale: Tale) -> None:
    """An entry whose bytes differ between two moments has a newer stamp or number; neither ever falls."""
    yearly = {"id": "nil", "kind": "recurrence", "by": "each-party", "expect": {"type": "nil-return"}, "every": "P90D"}
    tale.at("2026-03-01T00:00:00Z")
    pledge = tale.pledge(rules=[*RULES, yearly])
    drill, other = tale.announce(), tale.announce("Other", "2026-08-01T00:00:00Z", end="2026-08-02T00:00:00Z")
    owed = obligation_id(rule="after-report", debtor="XA", period=None, source=pledge, trigger=drill)
    tale.say("XA", "plea", body={"obligations": [owed]})
    tale.change(drill, end="2026-06-05T16:00:00Z")
    test = tale.say("XA", "line-test", addressees=["XB"])
    tale.say("XB", "line-test-acknowledgement", ("acknowledges", test), body={"result": "clear"})
    tale.at("2026-06-10T00:00:00Z")
    tale.retract("XA", tale.say("XA", "nil-return"))
    tale.retract("XA", tale.say("XA", "drill-report", ("reports", drill)))
    for party in ("XB", "XC"):
        tale.say(party, "waiver", ("waives", pledge), body={"obligations": [owed]})
    record = len(tale.log.records)
    cancellation = tale.cancel(other)
    tale.log.revoke("XA", tale.log.pen("XA"), from_record=record)
    tale.log.checkpoint()
    tale.log.key_change("XA", action="recover", confirmed=[cancellation])
    tale.log.checkpoint()
    before: dict[str, tuple[int, Any, bytes]] = {}
    changed = 0
    for moment in tale.material().case.moments:
        for one in parsed(calendar(tale.material(asked=moment))).walk("VEVENT"):
            now = (one["sequence"], one["dtstamp"].dt, one.to_ical())
            was = before.setdefault(str(one["uid"]), now)
            assert now[0] >= was[0]
            assert now[1] >= was[1]
            assert now[2] == was[2] or now[:2] != was[:2]
            changed += now[2] != was[2]
            before[str(one["uid"])] = now
    assert changed > 15


def test_due_dates_have_the_identifiers_of_their_obligations(tale: Tale) -> None:
    pledge = tale.at("2026-03-01T00:00:00Z").pledge()
    drill = tale.announce()
    name = {"debtor": "XA", "period": None, "source": pledge, "trigger": drill}
    report = obligation_id(rule="after-report", **name)  # type: ignore[arg-type]
    before = event(calendar(tale.material()), report)
    assert before["uid"] == f"{report}@{ORIGIN}"
    assert before["related-to"] == f"{drill}@{ORIGIN}"
    assert before["dtstart"].dt == moment(2026, 7, 3, 16)
    assert before["summary"] == "Due: after-report, owed by Party XA (XA) to 2 parties"
    assert before["created"].dt == before["dtstamp"].dt == moment(2026, 3, 1, 0, 1)
    assert "dtend" not in before
    assert "Nothing on the log discharges it so far." in before["description"]
    assert "overdue" not in before["description"]
    tale.change(drill, end="2026-06-05T16:00:00Z")
    moved = event(calendar(tale.material()), report)
    assert moved["dtstart"].dt == moment(2026, 7, 5, 16)
    assert moved["sequence"] == before["sequence"] + 1
    tale.at("2026-06-10T00:00:00Z")
    done = tale.say("XA", "drill-report", ("reports", drill))
    kept = event(calendar(tale.material()), report)
    assert (
        f"Discharged by: Report on a drill by Party XA (XA), record {len(tale.log.records) - 1}" in kept["description"]
    )
    assert kept["dtstamp"].dt == moment(2026, 6, 10)
    tale.retract("XA", done)
    taken_back = event(calendar(tale.material()), report)
    assert "Nothing on the log discharges it so far." in taken_back["description"]
    assert taken_back["dtstamp"].dt == moment(2026, 6, 10, 0, 1)
    assert taken_back["sequence"] > kept["sequence"]


def test_limits_and_abstentions_have_no_due_date(tale: Tale) -> None:
    limit = {"id": "few", "kind": "limit", "by": "each-party", "of": {"type": "drill-announcement"}, "anchor": "start"}
    rules: list[dict[str, Any]] = [
        {**limit, "most": 4, "in": "P365D"},
        {"id": "h", "kind": "abstention", "by": "each-party", "norm": "un-norms/f"},
    ]
    tale.pledge(rules=rules)
    tale.announce()
    material = tale.material()
    assert {row.obligation.kind for row in material.judged} == {"limit", "abstention"}
    assert count(calendar(material)) == 1


def test_recurrences_are_due_period_by_period(tale: Tale) -> None:
    rule = {"id": "tests", "kind": "recurrence", "by": "each-party", "expect": {"type": "line-test"}, "every": "P90D"}
    pledge = tale.pledge(rules=[rule])
    tale.at("2026-04-11T00:00:00Z")
    test = tale.say("XA", "line-test", addressees=["XB"], body={"sent": "2026-04-11T00:00:00Z"})
    raw = calendar(tale.material())
    dues = [one for one in parsed(raw).walk("VEVENT") if one["categories"].cats == ["DUE"]]
    assert len(dues) == 2
    assert all("related-to" not in one and pledge in one["description"] for one in dues)
    assert [test in one["description"] for one in dues] == [True, True], "late for the first, in time for the second"
    assert [one["dtstart"].dt for one in dues] == [moment(2026, 4, 1, 0, 2, 1), moment(2026, 6, 30, 0, 2, 1)]


def test_a_line_test_with_and_without_its_answer(tale: Tale) -> None:
    test = tale.say("XA", "line-test", addressees=["XB"], body={"sent": "2026-01-02T03:00:00Z"})
    before = event(calendar(tale.material()), test)
    assert before["summary"] == "Party XA (XA), line test to Party XB (XB)"
    assert before["dtstart"].dt == moment(2026, 1, 2, 3)
    assert before["categories"].cats == ["LINE-TEST"]
    assert "No acknowledgement is on the log so far." in before["description"]
    body = {"result": "clear", "heard": "2026-01-02T03:01:00Z", "phrase": None, "text": WAYWARD}
    tale.say("XB", "line-test-acknowledgement", ("acknowledges", test), addressees=["XA"], body=body)
    after = event(calendar(tale.material()), test)
    assert after["sequence"] == 1
    assert "Result: clear" in after["description"]
    assert f"Text: {SHOWN}" in after["description"]


def test_a_rehearsal_is_marked_in_title_text_and_category(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z").pledge()
    drill = tale.announce()
    tale.at("2026-06-01T12:00:00Z")
    sent = {"sent": "2026-06-01T12:00:00Z"}
    marked = tale.say("XA", "line-test", addressees=["XB"], exercise=drill, body={**sent, "channel": "in words"})
    real = tale.say("XA", "line-test", addressees=["XB"], body=sent, title="EXERCISE EXERCISE EXERCISE")
    raw = calendar(tale.material())
    found = event(raw, marked)
    assert found["summary"].startswith("EXERCISE EXERCISE EXERCISE: Party XA (XA), line test")
    assert found["categories"].cats == ["LINE-TEST", "EXERCISE"]
    assert found["description"].startswith(f"EXERCISE EXERCISE EXERCISE: part of the rehearsal of drill {drill}.")
    dues = [one for one in parsed(raw).walk("VEVENT") if "line-test-answer" in one["summary"]]
    rehearsed = [one for one in dues if one["summary"].startswith("EXERCISE EXERCISE EXERCISE: Due: ")]
    assert len(dues) == 2
    assert [one["categories"].cats for one in rehearsed] == [["DUE", "EXERCISE"]]
    assert rehearsed[0]["related-to"] == f"{marked}@{ORIGIN}"
    unmarked = event(raw, real)
    assert unmarked["categories"].cats == ["LINE-TEST"]
    assert "EXERCISE" not in unmarked["summary"]
    assert not unmarked["description"].startswith("EXERCISE")


@pytest.mark.parametrize("text", [WAYWARD, "\u202e" * 60, "END:VCALENDAR", "a\\nb,c;d", 'SUMMARY;X="y":z'])
def test_a_hostile_name_makes_no_structure(tale: Tale, text: str) -> None:
    line = text.replace("\r", "").replace("\n", "").replace("\u2028", "").replace("\x07", "")
    drill = tale.announce(name=line, title=text, body={"purpose": text, "is_not": [text, text]})
    raw = calendar(tale.material())
    assert count(raw) == len(parsed(raw).walk("VEVENT")) == 1
    found = event(raw, drill)
    assert found["status"] == "CONFIRMED"
    assert "\n" not in found["summary"]
    assert not set("\r\u2028\u202e\x07") & set(raw.decode().replace("\r\n", ""))
    lines = [line for line in unfolded(raw) if line.startswith(("STATUS", "BEGIN:VEVENT", "END:VCALENDAR"))]
    assert lines == ["BEGIN:VEVENT", "STATUS:CONFIRMED", "END:VCALENDAR"]


def test_a_text_of_twenty_thousand_characters_comes_back_whole(tale: Tale) -> None:
    text = ("ж" * 9_999 + "\n") * 2
    drill = tale.announce(body={"purpose": text})
    raw = calendar(tale.material())
    assert f"Purpose: {text.replace(chr(10), '⏎')}" in event(raw, drill)["description"]
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))


def test_a_party_sees_what_concerns_it(tale: Tale) -> None:
    to_b = tale.announce(addressees=["XB"], name="For B")
    hosted = tale.announce(addressees=["XB"], name="With C", body={"co_hosts": ["XC"]})
    for_all = tale.announce(name="For all")
    invited = tale.announce(addressees=["XB"], name="C comes later")
    tale.change(invited, observers=["XC"])
    shown = {str(one["uid"])[:64] for one in parsed(calendar(tale.material(), ["XC"])).walk("VEVENT")}
    assert shown == {hosted, for_all, invited}
    assert {to_b, hosted, for_all, invited} == {
        str(e["uid"])[:64] for e in parsed(calendar(tale.material(), ["XA"])).walk("VEVENT")
    }


def test_a_pair_sees_what_concerns_both_however_much_else_concerns_one(tale: Tale) -> None:
    for n in range(3):
        tale.announce(addressees=["XB"], name=f"For B, {n}")
    far = tale.announce("With C", "2026-09-01T00:00:00Z", end="2026-09-02T00:00:00Z", addressees=["XB", "XC"])
    pair = parsed(calendar(tale.material(), ["XA", "XC"], most=1))
    assert [str(one["uid"])[:64] for one in pair.walk("VEVENT")] == [far]
    assert str(pair["name"]).endswith(f"{ORIGIN}, XA, XC")
    nothing = parsed(calendar(tale.material(), ["XA", "DEP"]))
    assert [part.name for part in nothing.subcomponents] == ["VJOURNAL"]


def test_planned_drills_are_whole_days_and_tentative_until_replaced(tale: Tale) -> None:
    plan = tale.say("XA", "drill-calendar")
    raw = calendar(tale.material())
    found = event(raw, f"{plan}-1")
    assert found["uid"] == f"{plan}-1@{ORIGIN}"
    assert b"\r\nDTSTART;VALUE=DATE:20270401\r\n" in raw
    assert (found["dtend"].dt, found["status"]) == (date(2027, 5, 1), "TENTATIVE")
    assert found["summary"] == "Party XA (XA), planned drill: Spring Tide"
    newer = tale.say("XA", "drill-calendar", ("follows", plan), body={"drills": []})
    found = event(calendar(tale.material()), f"{plan}-1")
    assert (found["status"], found["sequence"]) == ("CANCELLED", 1)
    assert f"statement {newer}" in found["description"]


def test_a_published_calendar_names_its_address(tale: Tale) -> None:
    raw = calendar(tale.material(), address="https://explorer.example/calendar.ics")
    assert b"\r\nSOURCE;VALUE=URI:https://explorer.example/calendar.ics\r\n" in raw


def test_nothing_to_show_is_a_calendar_that_says_so(tale: Tale) -> None:
    raw = calendar(tale.material())
    found = parsed(raw)
    assert [one.name for one in found.subcomponents] == ["VJOURNAL"]
    assert found.subcomponents[0]["summary"].startswith("Nothing to show")
    assert raw == calendar(tale.material())


def test_before_anything_was_public_there_is_nothing(tale: Tale) -> None:
    tale.announce()
    material = tale.material(asked=0)
    assert material.moment is None
    assert count(calendar(material)) == 0
