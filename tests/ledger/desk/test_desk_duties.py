"""`detente duties`: what a party has to do now, from an audited log. Refusals, hostile titles and bad logs included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.desk import duties_file, duties_told
from ledger.desk import duties_phrases as say
from ledger.desk.duties import duties
from ledger.desk.duties_told import LINES
from tests.conformance.scenes import START, Scene, opened
from tests.ledger.desk.desk_world import call
from tests.ledger.desk.duties_world import DAY, HOUR, DutyLog, by_rule, rule
from verifier.errors import Fault
from verifier.formats import canonical, times

RULES = ("drill-notice", "answer-query", "no-answer-convene", "line-test-answer", "cooling-off", "early-warning")


@pytest.fixture
def log(tmp_path: Path) -> DutyLog:
    return DutyLog(rules=[rule(name) for name in RULES]).begin(tmp_path)


def asked(log: DutyLog, **members: Any) -> str:
    """XA asks XB, and a minute later it is public."""
    return log.tell("XA", "clarification-request", addressees=["XB"], body={"reply_by": None}, **members)


def told(log: DutyLog, party: str, *more: object, now: int | None = None) -> list[str]:
    result = log.duties(party, *more, now=now)
    assert result.code == 0, result.err
    return result.out.splitlines()


# What is owed.


def test_the_first_screen_says_what_to_do_and_how_long_there_is(log: DutyLog) -> None:
    query = asked(log, title="Traffic at night")
    witnessed = log.clock - 60 + 2
    lines = told(log, "XB", now=witnessed + 4 * HOUR + 40 * 60)
    obligation = by_rule(log.value("XB")["owed"], "answer-query")["obligation"]
    assert "DO NOW" in lines
    at = lines.index("DO NOW") + 1
    assert "19 h 20 min left" in lines[at]
    assert "Clarification, to XA, on “Traffic at night”" in lines[at]
    assert f"detente answer {obligation[:12]}" in lines[at + 1]
    assert "rule answer-query of the charter" in lines[at + 1]
    assert len(lines) <= LINES
    assert query in log.value("XB")["statements"]


def test_a_row_names_type_relation_addressee_and_rule(log: DutyLog) -> None:
    query = asked(log)
    value = log.value("XB")
    row = by_rule(value["owed"], "answer-query")
    assert row["expected"] == {
        "type": "clarification-response",
        "where": {},
        "relates": [{"rel": "answers", "statement": query}],
        "to": ["XA"],
    }
    assert (row["debtor"], row["creditors"], row["status"]) == ("XB", ["XA"], "open")
    assert row["seconds_left"] == times.parse_utc(row["due"]) - log.clock
    assert row["rule"]["words"][0] == "Rule “answer-query” is a deadline."
    assert by_rule(log.value("XA")["owing"], "answer-query")["debtor"] == "XB"


def test_what_is_overdue_says_since_when_and_climbs_the_ladder(log: DutyLog) -> None:
    asked(log)
    log.beat(2 * DAY)
    log.beat()
    lines = told(log, "XB")
    assert any("overdue since 1 day" in line for line in lines)
    value = log.value("XB")
    convene = by_rule(value["owed"], "no-answer-convene")
    assert convene["status"] == "open"
    assert convene["root"] == by_rule(value["owed"], "answer-query")["root"]
    assert convene["expected"]["type"] == "convening"


def test_a_due_that_the_copy_has_not_reached_is_told_by_the_clock(log: DutyLog) -> None:
    asked(log)
    lines = told(log, "XB", now=log.clock + 25 * HOUR)
    assert any("due passed 1 h" in line for line in lines)
    assert any("THIS COPY IS 1 DAY" in line for line in lines)


def test_a_limit_tells_to_hold_back(log: DutyLog) -> None:
    incident = log.tell("XA", "incident")
    related = [{"rel": "concerns", "statement": incident}]
    log.tell("XA", "incident-notification", addressees=["XB"], relates=related, body={"stage": "early-warning"})
    row = by_rule(log.value("XB")["owed"], "cooling-off")
    assert (row["without_answer"], row["expected"]["refrain"]["type"]) == ("limit", "drill-announcement")
    assert any("hold back: no Announcement of a drill" in line for line in told(log, "XB"))


def test_a_kept_duty_is_settled_with_what_kept_it(log: DutyLog) -> None:
    query = asked(log)
    answer = log.tell(
        "XB", "clarification-response", addressees=["XA"], relates=[{"rel": "answers", "statement": query}]
    )
    value = log.value("XB")
    assert not value["owed"]
    row = by_rule(value["settled"], "answer-query")
    assert (row["status"], row["discharged"]["statement"]) == ("kept", answer)


def test_an_answer_that_no_quorum_has_witnessed_yet_is_told_of(log: DutyLog) -> None:
    """The log admitted it, and two of three witnesses are still to sign."""
    query = asked(log)
    body = {"on_request": True, "extent": "full", "answers": ["Yes."], "text": None}
    answer = log.say("XB", "clarification-response", body, relates=[{"rel": "answers", "statement": query}])
    log.checkpoint(cosigned=(0,))
    result = log.duties("XB", "--json")
    row = by_rule(json.loads(result.out)["owed"], "answer-query")
    assert row["pending"] == answer
    assert any("SAID ALREADY" in line for line in log.duties("XB").out.splitlines())


def test_many_duties_fill_no_more_than_a_screen(log: DutyLog) -> None:
    for n in range(12):
        asked(log, title=f"Question {n}")
    log.tell("XA", "line-test", addressees=["XB"])
    lines = told(log, "XB")
    assert len(lines) <= LINES
    assert any("more: --all" in line for line in lines)
    everything = told(log, "XB", "--all")
    assert sum("Question " in line for line in everything) == 12
    assert any("public after" in line for line in everything)


def test_the_rules_and_names_come_in_another_language(log: DutyLog) -> None:
    asked(log)
    lines = told(log, "XB", "--all", "--language", "fr")
    assert any("La règle «" in line and "answer-query" in line for line in lines)
    assert any("Éclaircissements" in line for line in lines)


def test_as_of_an_earlier_moment_nothing_later_exists(log: DutyLog) -> None:
    before = log.clock - 1
    asked(log)
    value = log.value("XB", "--as-of", times.format_utc(before))
    assert (value["owed"], value["acknowledge"]) == ([], [])


# What waits for a word.


def test_line_tests_come_first_and_what_was_acknowledged_or_answered_waits_no_more(tmp_path: Path) -> None:
    log = DutyLog().begin(tmp_path)
    threat = log.tell("XA", "threat-notice", addressees=["XB"])
    line = log.tell("XA", "line-test", addressees=["XB"])
    query = asked(log)
    rows = log.value("XB")["acknowledge"]
    assert [row["statement"] for row in rows] == [line, query, threat]
    assert [row["type"] for row in rows] == ["line-test-acknowledgement", "acknowledgement", "acknowledgement"]
    related = [{"rel": "acknowledges", "statement": line}]
    log.tell("XB", "line-test-acknowledgement", addressees=["XA"], relates=related)
    log.tell("XB", "clarification-response", addressees=["XA"], relates=[{"rel": "answers", "statement": query}])
    assert [row["statement"] for row in log.value("XB")["acknowledge"]] == [threat]
    assert log.value("XA")["acknowledge"][0]["type"] == "acknowledgement"  # XB's answer; its acknowledgement needs none
    assert len(log.value("XA")["acknowledge"]) == 1


def test_what_is_owed_by_a_rule_does_not_wait_a_second_time(log: DutyLog) -> None:
    line = log.tell("XA", "line-test", addressees=["XB"])
    value = log.value("XB")
    assert by_rule(value["owed"], "line-test-answer")["root"] == line
    assert value["acknowledge"] == []


def finding(log: DutyLog, obligation: str) -> str:
    """A verifier finds XB's answer overdue."""
    return log.tell("QN", "finding", body={"obligations": [obligation]})


def test_what_was_said_of_a_duty_waits_for_a_reply_and_then_no_more(log: DutyLog) -> None:
    asked(log)
    log.beat(3 * DAY)
    log.beat()
    obligation = by_rule(log.value("XB")["owed"], "answer-query")["obligation"]
    found = finding(log, obligation)
    value = log.value("XB")
    assert value["said"] == [{"statement": found, "obligations": [obligation]}]
    assert any(line.startswith(say.SAID) for line in told(log, "XB"))
    assert log.value("XA")["said"] == []
    related = [{"rel": "answers", "statement": found}]
    log.tell("XB", "reply", relates=related, body={"obligations": [obligation]})
    assert log.value("XB")["said"] == []


# Rehearsals.


def rehearsed(log: DutyLog) -> tuple[str, str]:
    """A drill of XA with XB, on now, and a query within it."""
    start, end = times.format_utc(log.clock + 20 * DAY), times.format_utc(log.clock + 24 * DAY)
    taking_part = [{"party": code, "branch": "civil", "organisation": "Ministry"} for code in ("XA", "XB")]
    drill = log.tell(
        "XA",
        "drill-announcement",
        title="Exercise Silent Bell",
        body={
            "start": start,
            "end": end,
            "co_hosts": ["XB"],
            "observers": [],
            "participants": _taking_part(taking_part),
        },
    )
    log.clock += 21 * DAY
    query = asked(log, title="EXERCISE query", exercise=drill)
    return drill, query


def _taking_part(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from verifier import vocabulary

    example: list[dict[str, Any]] = vocabulary.load().example("drill-announcement")["body"]["participants"]
    return [{**example[0], "party": row["party"]} for row in rows[:1]]


def test_a_rehearsal_stands_under_its_banner_and_never_among_the_real(log: DutyLog) -> None:
    drill, query = rehearsed(log)
    value = log.value("XB")
    assert (value["owed"], value["acknowledge"]) == ([], [])
    (world,) = value["exercises"]
    assert (world["drill"], world["title"]) == (drill, "Exercise Silent Bell")
    assert by_rule(world["owed"], "answer-query")["root"] == query
    lines = told(log, "XB")
    banner = next(n for n, line in enumerate(lines) if line.startswith("*** EXERCISE ***"))
    duty = next(n for n, line in enumerate(lines) if "EXERCISE query" in line)
    assert banner < duty < lines.index(say.EXERCISE_END)
    assert len(lines) <= LINES


def test_a_rehearsal_long_over_is_told_of_only_when_all_is_asked_for(log: DutyLog) -> None:
    rehearsed(log)
    log.beat(60 * DAY)
    log.beat()
    assert log.value("XB")["exercises"] == []
    assert len(log.value("XB", "--all")["exercises"]) == 1


# What is hostile or wrong.


def test_a_title_that_would_turn_the_screen_is_shown_escaped(log: DutyLog) -> None:
    asked(log, title="harmless \u202e\u2028 title " + "x" * 200)
    for line in told(log, "XB", "--all"):
        assert "\u202e" not in line
        assert "\u2028" not in line
    lines = told(log, "XB")
    assert any("harmless \\u{202e}\\u{2028} title" in line for line in lines)
    assert all(len(line) < 300 for line in lines)


@pytest.mark.parametrize("title", ["a\nb", "a\x1b[2Jb", "\u202eb"])
def test_what_others_wrote_stays_on_its_line(title: str) -> None:
    assert say.titled(title).isprintable()


def test_a_bad_log_is_said_first_and_decides_the_exit_code(log: DutyLog) -> None:
    asked(log)
    log.announce("XA", addressees=["ZZ"])
    log.beat()
    result = log.duties("XB")
    assert result.code == 13
    assert result.out.startswith("!!! THE LOG FAILED ITS AUDIT (breach, exit 13)")
    assert "statement.addressee" in result.out.splitlines()[1]
    value = json.loads(log.duties("XB", "--json").out)
    assert value["audit"]["exit"] == 13
    assert value["audit"]["findings"][0]["code"] == "statement.addressee"


def test_a_checkpoint_that_the_policy_does_not_believe_is_said_first(log: DutyLog) -> None:
    asked(log)
    log.checkpoint(cosigned=())
    result = log.duties("XB")
    assert result.code == 11
    assert "quorum.unmet" in result.out.splitlines()[1]


def test_a_party_that_nobody_knows_is_refused(log: DutyLog) -> None:
    result = log.duties("ZZ")
    assert result.code == 2
    assert "duties.party" in result.err


@pytest.mark.parametrize(
    "options", [["--every", 10], ["--watch", "--every", 4], ["--watch", "--as-of", "2026-01-01T00:00:00Z"]]
)
def test_options_that_do_not_go_together_are_a_wrong_command_line(log: DutyLog, options: list[object]) -> None:
    assert log.duties("XB", *options).code == 2


def test_an_audited_state_is_kept_and_gone_on_from(log: DutyLog, tmp_path: Path) -> None:
    state = tmp_path / "state"
    asked(log)
    first = log.value("XB", "--state", state)
    assert state.exists()
    asked(log, title="Another")
    assert len(log.value("XB", "--state", state)["owed"]) == len(first["owed"]) + 1


# The object that is carried over.


def test_the_object_is_canonical_and_can_be_read_back(log: DutyLog, tmp_path: Path) -> None:
    asked(log)
    raw = log.duties("XB", "--json").out.encode()
    value = canonical.parse(raw.removesuffix(b"\n"))
    path = tmp_path / "carried.json"
    path.write_bytes(raw)
    assert duties_file.read(path) == value
    assert raw == log.duties("XB", "--json").out.encode()
    assert [row["office"] for row in value["desk"]["party"]["offices"]] == ["foreign-ministry", "root"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-40],
        lambda raw: raw.replace(b'"owed":[', b'"owed":["x",', 1),
        lambda raw: raw.replace(b'"status":"open"', b'"status":1', 1),
        lambda raw: raw.replace(b'"type":"clarification-response"', b'"type":"nonsense"', 1),
        lambda raw: b"[]",
        lambda raw: b"{}",
        lambda raw: b"\xff",
    ],
)
def test_a_file_of_duties_that_was_cut_or_edited_is_refused(log: DutyLog, tmp_path: Path, spoil: Any) -> None:
    asked(log)
    path = tmp_path / "carried.json"
    raw = log.duties("XB", "--json").out.encode()
    path.write_bytes(spoil(raw))
    assert path.read_bytes() != raw
    with pytest.raises(Fault) as caught:
        duties_file.read(path)
    assert caught.value.code == "desk.duties-malformed"


def test_duties_that_name_a_statement_they_do_not_hold_are_refused(log: DutyLog, tmp_path: Path) -> None:
    query = asked(log)
    value = log.value("XB")
    del value["statements"][query]
    path = tmp_path / "carried.json"
    path.write_bytes(canonical.encode(value))
    with pytest.raises(Fault, match=query):
        duties_file.read(path)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (1_200, "20 min"),
        (HOUR, "1 h"),
        (19 * HOUR + 1_200, "19 h 20 min"),
        (DAY, "1 day"),
        (DAY + 59, "1 day"),
        (2 * DAY + 1_800, "2 days"),
        (2 * DAY + 4 * HOUR, "2 days 4 h"),
        (-2 * DAY, "2 days"),
        (40 * DAY + 3 * HOUR, "40 days"),
    ],
)
def test_lengths_of_time_are_told_to_two_units(seconds: int, words: str) -> None:
    assert say.spoken(seconds) == words


def test_help_names_what_is_needed() -> None:
    result = call("duties", "--help")
    assert result.code == 0


# By hand-made logs.


def rows(scene: Scene, party: str, day: float, exercise: str | None = None) -> Any:
    return duties(scene.case(), START + int(day * DAY), party, exercise)


def test_what_a_sealed_value_decides_may_be_owed() -> None:
    scene = opened(rule("incident-confirmed"))
    scene.add("incident", "XA", START + DAY, aware=START + DAY, sealed=[("/body/status", None)])
    scene.beats.add(START + 3 * DAY)
    (row,) = rows(scene, "XA", 1)["owed"]
    assert (row["status"], row["expected"]["type"]) == ("undeterminable", "incident-confirmation")
    assert duties_told.phase(row) == "now"
    (later,) = rows(scene, "XA", 3)["owed"]
    assert duties_told.phase(later) == "overdue"


def test_the_answer_relates_to_the_announcement_and_not_to_its_change() -> None:
    narrow = {**rule("after-report"), "on": {"type": "drill-announcement", "where": {"scale": ["national"]}}}
    scene = opened(narrow)
    drill = scene.add(
        "drill-announcement", "XA", START + DAY, scale="local", start=START + 20 * DAY, end=START + 21 * DAY, to=["XB"]
    )
    change = scene.add("drill-change", "XA", START + 2 * DAY, ("changes", drill), scale="national")
    (row,) = rows(scene, "XA", 3)["owed"]
    assert (row["trigger"], row["root"]) == (change.id, drill.id)
    assert row["expected"]["relates"] == [{"rel": "reports", "statement": drill.id}]
    assert row["expected"]["to"] == ["XB"]


def test_of_a_pair_each_owes_the_other_its_own() -> None:
    scene = opened(rule("line-test"))
    scene.add("line-test", "XA", START + DAY, to=["XB"])
    (row,) = rows(scene, "XA", 2)["owed"]
    assert (row["expected"]["to"], row["period"]["toward"]) == (["XC"], "XC")
    assert sorted(one["debtor"] for one in rows(scene, "XA", 2)["owing"]) == ["XB", "XC"]


def test_what_could_only_have_come_before_has_no_answer() -> None:
    first = {
        "id": "asked-first",
        "kind": "deadline",
        "on": {"type": "incident-disclosure"},
        "by": "author",
        "expect": {"type": "mediation-request", "rel": "follows"},
        "anchor": "witnessed",
        "before": "P1D",
    }
    scene = opened(first)
    scene.add("incident-disclosure", "XA", START + DAY)
    scene.beats.add(START + 3 * DAY)
    (row,) = rows(scene, "XA", 3)["owed"]
    assert (row["status"], row["expected"], row["without_answer"]) == ("overdue", None, "too-late")


def test_nothing_is_owed_where_nothing_was_ever_witnessed() -> None:
    scene = Scene()
    scene.add("charter", "DD", None, rules=[])
    found = rows(scene, "XA", 1)
    assert (found["as_of"], found["owed"], found["statements"]) == (None, [], {})


def test_a_retracted_statement_waits_for_nobody() -> None:
    scene = opened()
    threat = scene.add("threat-notice", "XA", START + DAY, to=["XB"])
    assert [row["statement"] for row in rows(scene, "XB", 2)["acknowledge"]] == [threat.id]
    scene.add("retraction", "XA", START + 2 * DAY, ("retracts", threat))
    assert rows(scene, "XB", 3)["acknowledge"] == []


def row_of(status: str, left: int) -> dict[str, Any]:
    return {
        **{"obligation": f"{left:064x}"[-64:].replace("-", "0"), "status": status, "seconds_left": left},
        **{"due": "2026-01-01T00:00:00Z", "root": None, "pending": None, "without_answer": None, "debtor": "XB"},
        "rule": {"id": "r", "source": "s", "source_type": "pledge", "source_party": "XA", "words": []},
        "expected": {"type": "convening", "where": {}, "relates": [], "to": []},
    }


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12), st.integers(0, 3), st.booleans())
def test_the_first_screen_is_some_twenty_lines_whatever_there_is(counts: list[int], drills: int, bad: bool) -> None:
    held = {
        "type": "incident",
        "party": "XB",
        "before": "2026-01-01T00:00:00Z",
        "title": "t",
        "after": None,
        "record": 1,
    }

    def world(now: int, overdue: int, later: int, waiting: int, said: int, owing: int) -> dict[str, Any]:
        owed = [row_of("overdue", -n - 1) for n in range(overdue)] + [row_of("open", n + 1) for n in range(now)]
        owed += [row_of("open", 10**6 + n) for n in range(later)]
        waits = [{"statement": "x"}]
        return {
            "owed": owed,
            "acknowledge": waits * waiting,
            "said": waits * said,
            "owing": [row_of("open", 9)] * owing,
        }

    exercises = [{"drill": "d", "party": "XA", "record": 1, "title": "t", **world(*counts[6:])} for _ in range(drills)]
    findings = [{"code": "c", "message": "m", "next": "n"}] * 3
    value = {
        **{
            "party": "XA",
            "asked": "2026-01-02T00:00:00Z",
            "as_of": "2026-01-01T00:00:00Z",
            "records": 3,
            "charter": "s",
        },
        "audit": {"exit": 13 if bad else 0, "verdict": "breach", "findings": findings},
        "desk": {"party": {"names": {"fr": "X"}}},
        "statements": {"x": held},
        "exercises": exercises,
        **world(*counts[:6]),
    }
    shown = duties_told.lines(value, everything=False, language="en", options="")
    assert len(shown) <= LINES + (4 if bad else 0)
    real = value["owed"]
    assert (say.NOW in "".join(shown)) or not any(0 < row["seconds_left"] < DAY for row in real)
    everything = duties_told.lines(value, everything=True, language="en", options="")
    assert len(everything) >= len(shown)
