"""`detente answer`: drafts of answers, acknowledgements, replies, pleas, objections and waivers; and what it refuses."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.cli import group
from ledger.cli.ports import Ports
from ledger.desk import answering
from tests.ledger.desk.desk_world import Result, call
from tests.ledger.desk.duties_world import DAY, HOUR, DutyLog, by_rule, rule
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import canonical, times

RULES = ("answer-query", "after-report", "cooling-off", "early-warning", "yearly-account", "drill-notice")
WORDS = {"extent": "full", "answers": ["We looked, and it was us."], "text": None}
OFFICE = ("--office", "foreign-ministry")


@pytest.fixture
def log(tmp_path: Path) -> DutyLog:
    return DutyLog(rules=[rule(name) for name in RULES]).begin(tmp_path)


def asked(log: DutyLog, **members: Any) -> str:
    return log.tell("XA", "clarification-request", addressees=["XB"], body={"reply_by": None}, **members)


def owed(log: DutyLog, party: str, name: str, room: str = "owed") -> str:
    return str(by_rule(log.value(party)[room], name)["obligation"])


def refused(result: Result, code: str) -> str:
    assert f"code:  {code} " in result.err, result.out + result.err
    assert result.code != 0
    return result.err


def body_of(draft: Path) -> Any:
    return json.loads(draft.read_bytes())["body"]


# The answer to a duty.


def test_the_answer_is_filled_in_but_for_the_words(log: DutyLog, tmp_path: Path) -> None:
    query = asked(log)
    out = tmp_path / "draft.json"
    result = log.answer("XB", owed(log, "XB", "answer-query")[:12], out=out, words={"body": WORDS})
    assert result.code == 0, result.err
    value = json.loads(out.read_bytes())
    assert (value["type"], value["party"], value["office"]) == ("clarification-response", "XB", "foreign-ministry")
    assert (value["addressees"], value["exercise"]) == (["XA"], None)
    assert value["relates"] == [{"rel": "answers", "statement": query}]
    assert value["body"] == {**WORDS, "on_request": True}
    assert value["sequence"] == 0
    assert "What is expected is a statement of type “Clarification”." in result.err


def test_a_report_takes_over_the_dates_as_they_were_changed(log: DutyLog, tmp_path: Path) -> None:
    start, end, later = (times.format_utc(log.clock + days * DAY) for days in (30, 31, 32))
    drill = log.tell("XA", "drill-announcement", body={"start": start, "end": end, "observers": [], "name": "Calm Sea"})
    changes = dict.fromkeys(vocabulary.load().types["drill-change"].schema["properties"]["changes"]["properties"])
    log.tell(
        "XA",
        "drill-change",
        relates=[{"rel": "changes", "statement": drill}],
        body={"changes": {**changes, "end": later}},
    )
    plan = answering.plan(log.value("XA"), answering.find(log.value("XA"), owed(log, "XA", "after-report")))
    assert plan.fixed == {"announced": True}
    assert plan.taken["name"] == "Calm Sea"
    assert (plan.taken["start"], plan.taken["end"]) == (start, later)
    assert {"kind", "scale"} <= plan.taken.keys()
    assert not {"summary", "lessons", "outcome"} & plan.taken.keys()
    words: dict[str, Any] = {"outcome": "", "summary": "It was calm.", "departures": [], "lessons": [], "effects": None}
    schema = vocabulary.load().types["drill-report"].schema["properties"]["outcome"]
    words["outcome"] = schema["enum"][0]
    out = tmp_path / "draft.json"
    result = log.answer("XA", owed(log, "XA", "after-report"), out=out, words={"body": {**words, "end": end}})
    assert result.code == 0, result.err
    assert body_of(out)["end"] == end  # what the official says of his own drill goes before what was announced


def test_what_makes_it_count_cannot_be_said_otherwise(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    identity, out = owed(log, "XB", "answer-query"), tmp_path / "draft.json"
    for words in (
        {"body": {**WORDS, "on_request": False}},
        {"body": WORDS, "type": "reply"},
        {"body": WORDS, "party": "XA"},
    ):
        refused(log.answer("XB", identity, out=out, words=words), "answer.differs")
    assert not out.exists()


def test_a_value_outside_the_rule_is_refused_before_anything_is_written(log: DutyLog, tmp_path: Path) -> None:
    example = deepcopy(dict(vocabulary.load().example("declaration")["body"]))
    wanted = rule("yearly-account")["expect"]["where"]["kind"]
    other = next(
        kind
        for kind in vocabulary.load().types["declaration"].schema["properties"]["kind"]["enum"]
        if kind not in wanted
    )
    out = tmp_path / "draft.json"
    words = {"body": {**example, "kind": other}, "office": "foreign-ministry"}
    refused(log.answer("XA", owed(log, "XA", "yearly-account"), out=out, words=words), "answer.differs")
    assert not out.exists()


def test_words_are_asked_for_at_the_terminal(log: DutyLog, tmp_path: Path) -> None:
    asked(log, title="Traffic \u202eat night")
    duties, out = tmp_path / "duties.json", tmp_path / "draft.json"
    duties.write_text(log.duties("XB", "--json").out)
    typed = ["nonsense", "full", "1", "It was us.", "", "Belmark answers"]
    result = CliRunner().invoke(
        group,
        ["answer", owed(log, "XB", "answer-query"), "--duties", str(duties), "--out", str(out)],
        obj=Ports(clock=lambda: log.clock),
        input="".join(f"{answer}\n" for answer in typed),
    )
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert body_of(out) == {"on_request": True, "extent": "full", "answers": ["It was us."], "text": None}
    assert "\u202e" not in result.output
    assert "Traffic \\u{202e}at night" in result.output
    assert "On request" not in result.output.split("Traffic")[1]


def test_nobody_at_the_terminal_is_told_what_is_missing(
    log: DutyLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(log)
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    result = log.answer("XB", owed(log, "XB", "answer-query"), out=tmp_path / "draft.json")
    assert result.code == 2
    assert not (tmp_path / "draft.json").exists()


def test_a_quiet_answer_is_sealed(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    out, keep = tmp_path / "draft.json", tmp_path / "kept.json"
    opens = times.format_utc(log.clock + 300 * DAY)
    sealed = ["--quiet", "--opens", opens, "--keep", keep]
    result = log.answer("XB", owed(log, "XB", "answer-query"), *sealed, out=out, words={"body": WORDS})
    assert result.code == 0, result.err
    value = json.loads(out.read_bytes())
    assert value["sealed"]
    assert "it was us" not in out.read_text()
    assert keep.exists()
    log.hand_in(out)
    assert by_rule(log.value("XB")["settled"], "answer-query")["status"] == "kept"


def test_the_log_itself_can_be_named_in_place_of_a_file(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    words = tmp_path / "words.yaml"
    words.write_text(json.dumps({"title": "Answer", "body": WORDS}))
    given = [
        "--party",
        "XB",
        *log.shown(),
        "--state",
        tmp_path / "state",
        "--from",
        words,
        "--out",
        tmp_path / "draft.json",
    ]
    result = call("answer", owed(log, "XB", "answer-query"), *given, now=log.clock)
    assert result.code == 0, result.err
    assert (tmp_path / "state").exists()
    assert body_of(tmp_path / "draft.json")["on_request"] is True


# What it refuses.


@pytest.mark.parametrize("identity", ["", "abc", "0" * 12, "f" * 64, "F" * 12, "z" * 12, "0" * 65, "\x1b[2J" * 4])
def test_an_id_that_names_nothing_is_refused(log: DutyLog, tmp_path: Path, identity: str) -> None:
    asked(log)
    result = log.answer("XB", identity, out=tmp_path / "draft.json", words={"body": WORDS})
    assert "\x1b" not in refused(result, "answer.unknown")


def test_digits_that_name_two_things_are_refused() -> None:
    rows = [{"statement": "a" * 20 + digit * 44, "type": "acknowledgement"} for digit in "12"]
    empty: dict[str, Any] = {name: [] for name in ("owed", "owing", "said", "settled")}
    value = {"party": "XA", "exercises": [], "acknowledge": rows, **empty}
    with pytest.raises(Fault) as caught:
        answering.find(value, "a" * 12)
    assert caught.value.code == "answer.ambiguous"
    assert answering.find(value, "a" * 20 + "1").id == rows[0]["statement"]


def test_what_is_kept_already_is_said_with_what_kept_it(log: DutyLog, tmp_path: Path) -> None:
    query = asked(log)
    identity = owed(log, "XB", "answer-query")
    answer = log.tell("XB", "clarification-response", relates=[{"rel": "answers", "statement": query}])
    told = refused(log.answer("XB", identity, out=tmp_path / "draft.json", words={"body": WORDS}), "answer.settled")
    assert "is kept" in told
    assert answer in told
    assert f"record {len(log.records) - 1}" in told


def test_the_creditor_does_not_answer_and_the_debtor_of_a_limit_neither(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    out = tmp_path / "draft.json"
    told = refused(log.answer("XA", owed(log, "XA", "answer-query", "owing"), out=out), "answer.debtor")
    assert "owed by XB" in told
    incident = log.tell("XA", "incident")
    related = [{"rel": "concerns", "statement": incident}]
    log.tell("XA", "incident-notification", addressees=["XB"], relates=related, body={"stage": "early-warning"})
    refused(log.answer("XB", owed(log, "XB", "cooling-off"), out=out), "answer.none")


def test_an_office_that_may_not_say_it_is_told(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    value = log.value("XB")
    for office in value["desk"]["party"]["offices"]:
        office["types"] = [name for name in office["types"] if name != "clarification-response"]
    duties = tmp_path / "duties.json"
    duties.write_bytes(canonical.encode(value))
    result = call("answer", owed(log, "XB", "answer-query"), "--duties", duties, "--out", tmp_path / "draft.json")
    refused(result, "answer.office")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"where": {"colour": ["red"]}}, "desk.duties-malformed"),
        ({"relates": [{"rel": "beats", "statement": "0" * 64}]}, "statement.schema"),
        ({"type": "charter"}, "statement.malformed"),
        ({"to": ["\x1b[2J"]}, "statement.malformed"),
    ],
)
def test_duties_that_were_edited_make_no_draft(log: DutyLog, tmp_path: Path, change: dict[str, Any], code: str) -> None:
    asked(log)
    value = log.value("XB")
    by_rule(value["owed"], "answer-query")["expected"].update(change)
    duties, words, out = tmp_path / "duties.json", tmp_path / "words.yaml", tmp_path / "draft.json"
    duties.write_bytes(canonical.encode(value))
    words.write_text(json.dumps({"title": "Answer", "body": WORDS}))
    result = call(
        "answer", owed(log, "XB", "answer-query"), "--duties", duties, "--from", words, "--out", out, now=log.clock
    )
    assert "\x1b" not in refused(result, code)
    assert not out.exists()


def test_a_file_that_is_there_is_never_written_over(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    out = tmp_path / "draft.json"
    out.write_text("mine")
    refused(log.answer("XB", owed(log, "XB", "answer-query"), out=out, words={"body": WORDS}), "desk.exists")
    assert out.read_text() == "mine"


def test_source_and_file_exclude_each_other(log: DutyLog, tmp_path: Path) -> None:
    duties = tmp_path / "duties.json"
    duties.write_text(log.duties("XB", "--json").out)
    identity, out = "0" * 12, ["--out", tmp_path / "draft.json"]
    assert call("answer", identity, *out).code == 2
    assert call("answer", identity, "--duties", duties, *log.shown(), *out).code == 2
    assert call("answer", identity, "--duties", duties, "--party", "XB", *out).code == 2
    assert call("answer", identity, log.directory, *out).code == 2
    kept = ["--kept", duties]
    asked(log)
    assert log.answer("XB", owed(log, "XB", "answer-query"), *kept, out=tmp_path / "draft.json").code == 2


def test_a_log_that_failed_its_audit_is_said_before_the_draft(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    identity = owed(log, "XB", "answer-query")
    log.announce("XA", addressees=["ZZ"])
    log.beat()
    result = log.answer("XB", identity, out=tmp_path / "draft.json", words={"body": WORDS})
    assert result.code == 13
    assert result.err.startswith("!!! THE LOG FAILED ITS AUDIT")
    assert (tmp_path / "draft.json").exists()


# Acknowledgements and replies.


def test_a_statement_that_waits_is_acknowledged_by_its_id(log: DutyLog, tmp_path: Path) -> None:
    threat = log.tell("XA", "threat-notice", addressees=["XB"])
    line = log.tell("XA", "line-test", addressees=["XB"], body={"phrase": "Seven swans"})
    bodies: dict[str, dict[str, Any]] = {
        threat: {"received": times.format_utc(log.clock), "disclosures_received": [], "tlp": None, "handling": None},
        line: {"result": "clear", "heard": None, "phrase": None, "text": None},
    }
    result_words = vocabulary.load().types["line-test-acknowledgement"].schema["properties"]["result"]["enum"]
    bodies[line]["result"] = result_words[0]
    for n, (identity, kind) in enumerate([(threat, "acknowledgement"), (line, "line-test-acknowledgement")]):
        out = tmp_path / f"draft-{n}.json"
        result = log.answer("XB", identity[:12], out=out, words={"body": bodies[identity]})
        assert result.code == 0, result.err
        value = json.loads(out.read_bytes())
        assert (value["type"], value["addressees"]) == (kind, ["XA"])
        assert value["relates"] == [{"rel": "acknowledges", "statement": identity}]
        log.hand_in(out)
    assert log.value("XB")["acknowledge"] == []


def overdue(log: DutyLog) -> str:
    """XB's answer is overdue: the obligation."""
    asked(log)
    log.beat(2 * DAY)
    log.beat()
    return owed(log, "XB", "answer-query")


def test_a_finding_is_replied_to_with_the_obligation_it_names(log: DutyLog, tmp_path: Path) -> None:
    obligation = overdue(log)
    found = log.tell("QN", "finding", body={"obligations": [obligation]})
    out = tmp_path / "draft.json"
    result = log.answer("XB", found, out=out, words={"body": {"text": {"en": "We were cut off."}}})
    assert result.code == 0, result.err
    value = json.loads(out.read_bytes())
    assert (value["type"], value["relates"]) == ("reply", [{"rel": "answers", "statement": found}])
    assert value["body"]["obligations"] == [obligation]
    log.hand_in(out)
    assert log.value("XB")["said"] == []
    refused(log.answer("XB", found, out=tmp_path / "again.json"), "answer.unknown")


# What is said of a duty.


def test_the_debtor_pleads_and_the_plea_stands_beside_the_status(log: DutyLog, tmp_path: Path) -> None:
    obligation = overdue(log)
    out = tmp_path / "draft.json"
    ground = vocabulary.load().types["plea"].schema["properties"]["ground"]["enum"][0]
    body = {"ground": ground, "start": None, "end": None, "text": "The line was down."}
    result = log.answer("XB", obligation, "--as", "plea", out=out, words={"body": body})
    assert result.code == 0, result.err
    value = json.loads(out.read_bytes())
    assert value["relates"] == [
        {"rel": "concerns", "statement": by_rule(log.value("XB")["owed"], "answer-query")["root"]}
    ]
    plea = log.hand_in(out)
    row = by_rule(log.value("XB")["owed"], "answer-query")
    assert (row["status"], row["answers"]) == ("overdue", [{"party": "XB", "statement": plea, "type": "plea"}])


def test_a_creditor_waives_and_the_duty_is_gone(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    obligation, out = owed(log, "XA", "answer-query", "owing"), tmp_path / "draft.json"
    result = log.answer(
        "XA", obligation, "--as", "waiver", out=out, words={"body": {"text": "It was answered by telephone."}}
    )
    assert result.code == 0, result.err
    log.hand_in(out)
    assert by_rule(log.value("XB")["settled"], "answer-query")["status"] == "waived"


def test_the_debtor_objects_to_what_was_found(log: DutyLog, tmp_path: Path) -> None:
    obligation = overdue(log)
    found = log.tell("QN", "finding", body={"obligations": [obligation]})
    out = tmp_path / "draft.json"
    result = log.answer("XB", obligation, "--as", "objection", out=out, words={"body": {"text": "We did answer."}})
    assert result.code == 0, result.err
    assert json.loads(out.read_bytes())["relates"] == [{"rel": "objects", "statement": found}]
    log.hand_in(out)
    row = by_rule(log.value("XB")["owed"], "answer-query")
    assert [one["type"] for one in row["answers"]] == ["finding", "objection"]


def test_a_creditor_objects_to_what_is_held_to_have_met_it(log: DutyLog, tmp_path: Path) -> None:
    query = asked(log)
    answer = log.tell("XB", "clarification-response", relates=[{"rel": "answers", "statement": query}])
    identity, out = owed(log, "XA", "answer-query", "settled"), tmp_path / "draft.json"
    result = log.answer("XA", identity, "--as", "objection", out=out, words={"body": {"text": "It answers nothing."}})
    assert result.code == 0, result.err
    assert json.loads(out.read_bytes())["relates"] == [{"rel": "objects", "statement": answer}]


@pytest.mark.parametrize(
    ("party", "room", "way", "code", "told"),
    [
        ("XA", "owing", "plea", "answer.debtor", "only XB can plead"),
        ("XB", "owed", "waiver", "answer.creditor", "XB cannot waive what is owed to XA"),
        ("XB", "owed", "reply", "answer.nothing-said", "nobody but XB"),
    ],
)
def test_each_speaks_for_its_own_side_alone(
    log: DutyLog, tmp_path: Path, party: str, room: str, way: str, code: str, told: str
) -> None:
    asked(log)
    result = log.answer(party, owed(log, party, "answer-query", room), "--as", way, out=tmp_path / "draft.json")
    assert told in refused(result, code)


def test_a_plea_names_an_obligation_not_a_statement(log: DutyLog, tmp_path: Path) -> None:
    threat = log.tell("XA", "threat-notice", addressees=["XB"])
    refused(log.answer("XB", threat, "--as", "plea", out=tmp_path / "draft.json"), "answer.unknown")


# Rehearsals.


def test_an_answer_within_a_rehearsal_is_marked_and_counts_there_alone(log: DutyLog, tmp_path: Path) -> None:
    start, end = times.format_utc(log.clock + 20 * DAY), times.format_utc(log.clock + 24 * DAY)
    drill = log.tell(
        "XA",
        "drill-announcement",
        body={"start": start, "end": end, "co_hosts": ["XB"], "observers": [], "participants": []},
    )
    log.clock += 21 * DAY
    asked(log, exercise=drill)
    (world,) = log.value("XB")["exercises"]
    obligation = by_rule(world["owed"], "answer-query")["obligation"]
    out = tmp_path / "draft.json"
    refused(log.answer("XB", obligation, "--as", "plea", out=out), "answer.exercise")
    result = log.answer("XB", obligation, out=out, words={"body": WORDS})
    assert result.code == 0, result.err
    assert json.loads(out.read_bytes())["exercise"] == drill
    assert "*** EXERCISE ***" in result.err
    log.clock += HOUR
    answer = log.hand_in(out)
    value = log.value("XB")
    (world,) = value["exercises"]
    assert by_rule(world["settled"], "answer-query")["discharged"]["statement"] == answer
    assert "answer-query" not in [row["rule"]["id"] for row in value["owed"]]
    assert "answer-query" not in [row["rule"] for row in value["settled"]]
    refused(log.answer("XB", obligation, out=tmp_path / "again.json"), "answer.settled")
    assert "EXERCISE" not in log.duties("XB").out
