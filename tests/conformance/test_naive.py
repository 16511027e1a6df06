"""What a judge of rules must tell of small logs, whichever judge it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from tests.conformance.evaluators import Evaluator, judges
from tests.conformance.scenes import opened
from tests.conformance.stories import ANSWER, CONVENE, LINE_TEST, NOTICE, STORIES, Told, beat, days, drill, hours
from verifier import vocabulary
from verifier.conformance.report import Obligation


def _named(rows: Sequence[Obligation], rule: str, debtor: str) -> list[Obligation]:
    return [row for row in rows if (row.rule, row.debtor) == (rule, debtor)]


@judges
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.__name__)
def test_stories(judge: Evaluator, told: Callable[[], Told]) -> None:
    story = told()
    rows = judge(story.scene.case(), story.asked, story.exercise)
    assert sorted((row.rule, row.debtor, row.status) for row in rows) == sorted(story.rows), told.__doc__
    for key, dues in story.dues.items():
        assert [row.due for row in _named(rows, *key)] == dues, told.__doc__
    for key, statement in story.discharges.items():
        assert statement in [row.discharged_by for row in _named(rows, *key)], told.__doc__
    for key, creditors in story.creditors.items():
        assert [row.creditors for row in _named(rows, *key)] == [creditors], told.__doc__


def test_the_rules_of_the_stories_are_rules() -> None:
    words = vocabulary.load("1")
    texts = [e.fields["rules"] for told in STORIES for e in told().scene.events if "rules" in e.fields]
    assert len(texts) > 90
    for rules in texts:
        vocabulary.check_rules(rules, words)


@judges
def test_nothing_before_the_first_moment(judge: Evaluator) -> None:
    case = opened(LINE_TEST).case()
    assert list(judge(case, case.moments[0] - 1, None)) == []
    assert len(judge(case, case.moments[0], None)) == 6


@judges
def test_id_is_of_these_five_alone(judge: Evaluator) -> None:
    """The id is the hex SHA-256 of the canonical object of debtor, period, rule, source and trigger."""
    scene = opened(ANSWER, CONVENE, LINE_TEST, states=["XA", "XB"])
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    asked_at = beat(scene, hours(26))
    rows = judge(scene.case(), asked_at, None)
    by_rule = {row.rule: row for row in rows if row.debtor == "XB"}
    charter = scene.events[0].id

    def digest(trigger: str | None, rule: str, period: dict[str, str] | None = None) -> str:
        members = {"debtor": "XB", "period": period, "rule": rule, "source": charter, "trigger": trigger}
        return sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).hexdigest()

    answer = digest(asked.id, "answer-query")
    assert by_rule["answer-query"].id == answer
    assert by_rule["no-answer-convene"].id == digest(answer, "no-answer-convene")
    assert by_rule["no-answer-convene"].trigger == answer
    period = {"from": "2027-01-01T00:00:00Z", "to": "2027-03-31T23:59:59Z", "toward": "XA"}
    assert by_rule["line-test"].id == digest(None, "line-test", period)
    assert by_rule["line-test"].period == period
    assert by_rule["line-test"].creditors == ("XA",)


@judges
def test_ordered_by_due_then_id(judge: Evaluator) -> None:
    scene = opened(ANSWER, {"id": "peace", "kind": "abstention", "by": "each-party", "norm": "un-norms/f"})
    for at in (3, 1, 2, 2, 2):
        scene.add("clarification-request", "XA", hours(at))
    rows = judge(scene.case(), hours(3), None)
    assert [(row.due is None, row.due or 0, row.id) for row in rows] == sorted(
        (row.due is None, row.due or 0, row.id) for row in rows
    )
    assert [row.due for row in rows][-3:] == [None, None, None]
    assert len(rows) == 13


@judges
def test_what_is_said_of_it_stands_beside_it(judge: Evaluator) -> None:
    """Nobody deletes an overdue by objecting, and nobody is judged without their answer beside it."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    (owed,) = judge(scene.case(), hours(1), None)
    stranger = "ab" * 32
    said = [
        scene.add(
            "plea", "XB", hours(30), ("concerns", asked), ground="outage", obligations=sorted([owed.id, stranger])
        ),
        scene.add("objection", "XB", hours(30), ("objects", asked), obligations=[owed.id]),
        scene.add("waiver", "XA", hours(31), obligations=[owed.id]),
    ]
    scene.add("reply", "XB", hours(31), ("answers", asked), obligations=[stranger])
    (row,) = judge(scene.case(), hours(31), None)
    assert row.status == "overdue"
    assert row.disputed_by == (said[1].id,)
    assert [dict(answer) for answer in row.answers] == [
        {"type": e.type, "party": e.party, "statement": e.id} for e in said
    ]


@judges
def test_contested_where_it_decides(judge: Evaluator) -> None:
    """What a stolen key signed stands and is listed; what is confirmed is contested no more."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"], signers=["aa" * 32])
    answer = scene.add(
        "clarification-response", "XB", hours(2), ("answers", asked), on_request=True, signers=["bb" * 32]
    )
    scene.add("key-change", "XA", hours(3), action="revoke", revoked=[["aa" * 32, asked.record]], confirmed=[])
    scene.add("key-change", "XB", hours(3), action="revoke", revoked=[["bb" * 32, asked.record]], confirmed=[])
    (row,) = judge(scene.case(), hours(3), None)
    assert (row.status, row.contested) == ("kept", tuple(sorted([asked.id, answer.id])))
    scene.add("key-change", "XA", hours(4), action="recover", revoked=[], confirmed=[asked.id])
    (row,) = judge(scene.case(), hours(4), None)
    assert (row.status, row.contested) == ("kept", (answer.id,))


@judges
def test_a_key_that_was_not_yet_stolen(judge: Evaluator) -> None:
    """Contested from the record named on, not before; and not where the revocation names none."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"], signers=["aa" * 32])
    rows = [["aa" * 32, asked.record + 1], ["cc" * 32, 0], ["aa" * 32, None]]
    scene.add("key-change", "XA", hours(3), action="revoke", revoked=rows, confirmed=[])
    (row,) = judge(scene.case(), hours(3), None)
    assert row.contested == ()


@judges
def test_a_stolen_key_cancels_no_drill(judge: Evaluator) -> None:
    """A cancellation by a stolen key counts for nothing until it is confirmed."""
    scene = opened({**NOTICE, "id": "report", "expect": {"type": "drill-report", "rel": "reports"}, "anchor": "end"})
    scene.events[0].fields["rules"][0].update(within=scene.events[0].fields["rules"][0].pop("before"))
    held = drill(scene, "XA", days(1), days(3), days(5))
    cancelled = scene.add("drill-cancellation", "XA", days(2), ("cancels", held), signers=["aa" * 32])
    scene.add("key-change", "XA", days(2), action="revoke", revoked=[["aa" * 32, 0]], confirmed=[])
    (row,) = judge(scene.case(), days(2), None)
    assert row.status == "open"
    scene.add("key-change", "XA", days(6), action="recover", revoked=[], confirmed=[cancelled.id])
    (row,) = judge(scene.case(), days(6), None)
    assert (row.status, row.discharged_by) == ("kept", cancelled.id)
