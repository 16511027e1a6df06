"""Every duty of the demo's rules: what `detente answer` drafts passes lint, is admitted, and discharges the obligation.

For each rule a log is made in which somebody owes by it; the draft is given words, linted, signed and logged, and the
obligation is looked at again. The log's audit is the admission: both judge by the same rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import answering, sealing, sealing_kept
from ledger.desk.sealing import Plan
from tests.ledger.desk.desk_world import call
from tests.ledger.desk.duties_world import DAY, HOUR, DutyLog, by_rule, demo_rules, rule
from verifier import statement, vocabulary
from verifier.formats import canonical, times

Rule = Mapping[str, Any]
ANSWERED = [one["id"] for one in demo_rules() if "self" not in one.get("expect", {"self": True})]
OPENED = [name for name in ANSWERED if rule(name).get("anchor") == "opens"]


def test_the_demo_has_rules_of_every_kind_to_answer() -> None:
    assert len(ANSWERED) > 25
    assert {rule(name)["by"] for name in ANSWERED} == {"author", "addressees", "debtor", "each-party", "each-pair"}
    assert OPENED


def example(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = deepcopy(dict(vocabulary.load().example(kind)["body"]))
    return found


def dated(log: DutyLog, body: dict[str, Any]) -> dict[str, Any]:
    """The body with dates that fit the log's clock: what was noticed lies behind, what is planned lies ahead."""
    moved = {
        "aware": -HOUR,
        "began": -2 * HOUR,
        "start": 20 * DAY,
        "end": 21 * DAY,
        "reply_by": 2 * DAY,
        "due": 10 * DAY,
    }
    found = {name: times.format_utc(log.clock + shift) for name, shift in moved.items() if body.get(name)}
    return {**body, **found}


def said(log: DutyLog, party: str, kind: str, where: Mapping[str, Any], **members: Any) -> str:
    """A statement of that type with what it needs before it: the smallest story in which it can stand."""
    body = dated(log, {**example(kind), **{name: values[0] for name, values in where.items()}})
    for name in ("observers", "co_hosts"):
        if name in body:
            body[name] = []
    relates = []
    for row in vocabulary.load().types[kind].relations:
        if row.span(body)[0]:
            relates.append({"rel": row.rel, "statement": said(log, party, row.types[0], {})})
    return log.tell(party, kind, body=body, relates=relates, **members)


def owed(log: DutyLog, one: Rule) -> str:
    """Bring about that somebody owes by this rule, and let the time come in which it can be done: the debtor."""
    on = one.get("on", {})
    if not on:
        if "yearly" in one:  # the year that is judged begins after the day of the year before
            log.beat(330 * DAY)
            log.beat()
        return "XA"
    if "overdue" in on:
        debtor = owed(log, rule(on["overdue"]))
        log.beat(25 * HOUR)
        log.beat()
        return debtor
    said(log, "XA", on["type"], on.get("where", {}), addressees=["XB"] if one["by"] == "addressees" else [])
    if one["anchor"] in ("end", "start"):
        log.beat(22 * DAY)
        log.beat()
    return "XB" if one["by"] == "addressees" else "XA"


def words(plan: answering.Plan) -> dict[str, Any]:
    """What an official would say: the example's words, where the draft does not have its own."""
    found = {name: v for name, v in example(plan.type).items() if name not in plan.fixed and name not in plan.taken}
    return {**found, **{name: values[-1] for name, values in plan.narrowed.items()}}


def require_answered(log: DutyLog, party: str, identity: str, draft: Path, expected: str) -> None:
    """The draft passes lint, is admitted, and discharges."""
    state = draft.with_suffix(".state")
    state.write_bytes(canonical.encode(log.value(party)["desk"]))
    linted = call("lint", draft, "--state", state, now=log.clock)
    assert linted.code == 0, linted.out
    answer = log.hand_in(draft)
    value = log.value(party)  # its audit found nothing wrong
    assert identity not in [row["obligation"] for row in value["owed"]]
    row = next(row for row in value["settled"] if row["obligation"] == identity)
    assert (row["status"], row["discharged"]["statement"]) == (expected, answer)


@pytest.mark.parametrize("name", [name for name in ANSWERED if name not in OPENED])
def test_the_answer_to_a_duty_is_admitted_and_discharges_it(name: str, tmp_path: Path) -> None:
    one = rule(name)
    rules = [rule(one["on"]["overdue"]), one] if "overdue" in one.get("on", {}) else [one]
    log = DutyLog(rules=rules).begin(tmp_path)
    debtor = owed(log, one)
    value = log.value(debtor)
    row = next(row for row in value["owed"] if row["rule"]["id"] == name)
    plan = answering.plan(value, answering.find(value, row["obligation"]))
    assert plan.type == one["expect"]["type"]
    draft = tmp_path / "draft.json"
    result = log.answer(
        debtor, row["obligation"][:12], out=draft, words={"body": words(plan), "office": "foreign-ministry"}
    )
    assert result.code == 0, result.err
    made = statement.parse(draft.read_bytes())
    assert [{"rel": r.rel, "statement": r.statement} for r in made.relates] == row["expected"]["relates"]
    require_answered(log, debtor, row["obligation"], draft, "kept")


@pytest.mark.parametrize("name", OPENED)
def test_a_duty_to_open_is_met_from_the_kept_file(name: str, tmp_path: Path) -> None:
    one = rule(name)
    kind = one["on"]["type"]
    log = DutyLog(rules=[one]).begin(tmp_path)
    opens = times.format_utc(log.clock + 10 * DAY)
    body = {**dated(log, example(kind)), **({"observers": [], "co_hosts": []} if kind == "drill-announcement" else {})}
    draft = statement.parse(canonical.encode(log.draft("XA", kind, body)))
    plan = Plan(lists=("/body/items",), opens=opens) if "items" in body else Plan(("/body/purpose",), opens=opens)
    sealed, kept = sealing.seal(draft, plan)
    sealing_kept.write(kept, [tmp_path / "kept.json"], sealed, tmp_path / "sealed.json")
    log.hand_in(tmp_path / "sealed.json")
    row = by_rule(log.value("XA")["owed"], name)
    assert row["expected"]["pointers"] == sorted(one.pointer for one in kept.openings)
    out = tmp_path / "draft.json"
    refused = log.answer("XA", row["obligation"], "--title", "Opened", "--office", "foreign-ministry", out=out)
    assert refused.code == 2
    assert "--kept" in refused.err
    given = ["--kept", tmp_path / "kept.json", "--title", "Opened", "--office", "foreign-ministry"]
    result = log.answer("XA", row["obligation"], *given, out=out)
    assert result.code == 0, result.err
    require_answered(log, "XA", row["obligation"], out, "kept")


def test_an_answer_too_late_is_late_and_nothing_else(tmp_path: Path) -> None:
    one = rule("answer-query")
    log = DutyLog(rules=[one]).begin(tmp_path)
    owed(log, one)
    log.beat(3 * DAY)
    log.beat()
    row = by_rule(log.value("XB")["owed"], one["id"])
    assert row["status"] == "overdue"
    out = tmp_path / "draft.json"
    body = {"extent": "full", "answers": ["It was us."], "text": None}
    result = log.answer("XB", row["obligation"], "--office", "foreign-ministry", out=out, words={"body": body})
    assert result.code == 0, result.err
    assert json.loads(out.read_bytes())["body"]["on_request"] is True
    require_answered(log, "XB", row["obligation"], out, "late")
