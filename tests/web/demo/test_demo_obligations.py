"""What the story gives rise to: a list written by hand, held against the story's own moments and against the judgement."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import descriptions
from tests.web.demo.made import Made
from verifier import statement
from verifier.cli import run as verify
from verifier.exits import Exit
from verifier.formats import times
from web.demo import acts
from web.demo.acts import Act, Story
from web.demo.cast import Cast
from web.demo.home import Home
from web.demo.house import HEARTBEAT
from web.demo.reports import Reports
from web.demo.stage import SIGNING
from web.demo.values import Told, Values

Row = Mapping[str, Any]
STORY = acts.read(times.parse_utc("2025-03-01T00:00:00Z"))
EXPECTED: list[Row] = descriptions.read(Path(__file__).with_name("expected_obligations.yaml"))["obligations"]
KEPT_BY_NOBODY = {"cooling-off", "large-drills", "query-limit"}


def named(row: Row) -> str:
    trigger = row["trigger"]["$obligation"]["trigger"] if isinstance(row["trigger"], dict) else row["trigger"]
    return "/".join(str(part) for part in (row["rule"], row["debtor"], trigger, row.get("period")))


def witnessed(story: Story) -> dict[str, int]:
    """Act -> the moment at which the witnesses saw it."""
    return {act.name: act.when + SIGNING for act in story.acts if act.refused is None}


def without(moment: int, at: Mapping[str, int]) -> int:
    """When the witnesses last signed a log without what they saw at `moment`: after an act before it, or at a heartbeat."""
    heard = max(seen for seen in at.values() if seen < moment)
    return heard + (moment - SIGNING - heard) // HEARTBEAT * HEARTBEAT


def due(row: Row, story: Story) -> int | None:
    """The due moment that the list says, in seconds; None: never."""
    period = row.get("period")
    if period is None or "since" not in period:
        return None if row["due"] is None else story.moment(row["due"])
    every = times.parse_duration(period["every"])
    return witnessed(story)[period["since"]] + int(period["number"]) * every - 1


def test_the_list_speaks_of_rules_and_acts_that_there_are() -> None:
    told = {act.name: act for act in STORY.acts if act.refused is None}
    rules = {(act.name, rule["id"]) for act in told.values() for rule in act.members["body"].get("rules", ())}
    assert len(EXPECTED) >= 60
    assert len({(named(row), row["source"], row.get("exercise")) for row in EXPECTED}) == len(EXPECTED)
    for row in EXPECTED:
        assert (row["source"], row["rule"]) in rules, named(row)
        names = {row["by"], row["trigger"] if isinstance(row["trigger"], str) else None, row.get("exercise")}
        names |= {*row.get("answers", ()), *row.get("disputed_by", ())}
        assert names - {None} <= told.keys(), named(row)
        assert row["debtor"] not in row["creditors"]
        assert row["by"] is None or told[row["by"]].party == row["debtor"], named(row)
        assert row["why"]


def test_every_rule_and_every_status_is_in_the_list() -> None:
    rules = {
        (act.name, rule["id"])
        for act in STORY.acts
        if act.refused is None
        for rule in act.members["body"].get("rules", ())
    }
    assert rules - {(row["source"], row["rule"]) for row in EXPECTED} == {("charter", "yearly-calendar")}
    statuses = {"kept", "late", "open", "overdue", "exceeded", "waived", "undeterminable"}
    assert {row["status"] for row in EXPECTED} == statuses


@pytest.mark.parametrize("row", EXPECTED, ids=named)
def test_the_status_fits_the_moments_of_the_story(row: Row) -> None:
    at, last = witnessed(STORY), due(row, STORY)
    moment = at[row["by"]] if row["by"] else None
    if row["status"] == "kept":
        assert last is not None
        assert (moment is not None and moment <= last) or row["rule"] in KEPT_BY_NOBODY
    elif row["status"] == "late":
        assert moment is not None
        assert last is not None
        assert without(moment, at) > last, "no witness says that it was not there yet"
    elif row["status"] in ("open", "overdue"):
        assert last is not None
        assert moment is None
        assert (last >= STORY.end) == (row["status"] == "open")
    elif row["status"] == "undeterminable":
        assert (last is None) == (moment is None)
        if last is not None and moment is not None:
            assert without(moment, at) <= last < moment


def _values(made: Made) -> Values:
    """What the story's expressions mean, once it is over."""
    home = Home(made.at)
    settings = home.read()
    assert settings is not None
    story = acts.read(settings.start)
    at, said = witnessed(story), {row["act"]: row for row in made.story if row["id"]}
    told = {name: Told(row["id"], row["index"], "", "", 0, None, at[name]) for name, row in said.items()}
    return Values(story, Cast(settings.seed, settings.start), home, story.end, told, {}, Reports(home))


def _judged(made: Made, capsys: pytest.CaptureFixture[str], *more: str) -> Iterator[dict[str, Any]]:
    charter = (made.at / "charter.sha256").read_text().strip()
    asked = ["conformance", str(made.at / "export"), "--policy", str(made.at / "policy"), "--charter", charter]
    assert verify([*asked, "--processes", "0", "--json", *more]) == Exit.GOOD
    found = json.loads(capsys.readouterr().out)
    yield from found["report"]["obligations"]


def test_the_judgement_is_what_the_list_says(both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]) -> None:
    made = both[0]
    values, names = _values(made), {row["id"]: row["act"] for row in made.story if row["id"]}
    over = ("--as-of", times.format_utc(values.story.end))
    judged = {row["id"]: row for row in _judged(made, capsys, *over)}
    drill = ("--exercise", values.told["dry-bell"].id)
    rehearsed = {row["id"]: row for row in _judged(made, capsys, *over, *drill)}
    for row in EXPECTED:
        found = _said((rehearsed if row.get("exercise") else judged)[_identity(values, row)], names)
        last = due(row, values.story)
        assert found == {
            "status": row["status"],
            "creditors": row["creditors"],
            "due": None if last is None else times.format_utc(last),
            "by": row["by"],
            "disputed_by": row.get("disputed_by", []),
            "answers": row.get("answers", []),
        }, named(row)
    unmarked = {name for name in values.told if not name.startswith("dry-bell-")}
    assert {names.get(row["trigger"]) for row in judged.values()} & values.told.keys() <= unmarked


def _identity(values: Values, row: Row) -> str:
    act = Act("the-list", values.now, row["debtor"], "", "", {})
    members = {name: row.get(name) for name in ("rule", "source", "debtor", "trigger", "period")}
    return str(values.resolve({"$obligation": members}, act))


def _said(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """An obligation as it was judged, told as the list tells it."""
    return {
        "status": row["status"],
        "creditors": row["creditors"],
        "due": row["due"],
        "by": names[row["discharged_by"]] if row["discharged_by"] else None,
        "disputed_by": [names[one] for one in row["disputed_by"]],
        "answers": [names[one["statement"]] for one in row["answers"]],
    }


def test_what_verifiers_found_was_so(both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]) -> None:
    made, told = both[0], {row["act"]: row["index"] for row in both[0].story}
    for name in ("tall-grass-finding", "west-grid-finding", "glass-bridge-finding"):
        body = statement.parse(made.records[told[name]].envelope.payload).body
        judged = {row["id"]: row["status"] for row in _judged(made, capsys, "--as-of", body["inputs"]["as_of"])}
        assert {judged[one] for one in body["obligations"]} == {body["status"]}
