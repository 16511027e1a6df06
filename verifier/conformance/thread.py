"""An incident's thread: a view computed from records alone. What was said by whom and when, what is owed, in lanes by party.

Source: docs/CONFORMANCE.md, "Threads".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from verifier.conformance.case import Case
from verifier.conformance.judge import judge
from verifier.conformance.report import Obligation
from verifier.conformance.texts import Dated, Texts
from verifier.errors import Fault
from verifier.formats.times import format_utc

_DATES_FROM = 1_000_000
"""Whole numbers above this among an event's fields are moments, in seconds."""


def thread(case: Case, asked: int, statement: str) -> dict[str, Any]:
    """The thread that a statement belongs to, as of `asked` (seconds, UTC).

    Members: `thread` (id of the incident or near miss), `exercise`, `as_of`, `lanes` (codes of those who spoke or owe),
    `steps` by witnessed time ({statement, record, type, party, to, after, before, claimed: {field: moment}, relates}),
    `due` (obligations that its statements started, as a report has them). Raises Fault `thread.unknown`.
    """
    moment = case.moment(asked)
    found = next((event for event in case.events if event.id == statement), None)
    texts = Texts(case, moment, found.exercise) if found is not None and moment is not None else None
    event = texts.by_record.get(found.record) if texts and found else None
    root = texts.thread(event) if texts and event else None
    if texts is None or root is None:
        told = f"statement {statement} belongs to no incident or near miss as of {format_utc(asked)}"
        raise Fault("thread.unknown", told, where=statement)
    steps = sorted((one for one in texts.acts if texts.thread(one) == root), key=lambda one: one.order)
    due = _due(judge(case, asked, texts.exercise), steps)
    return {
        "ledger": case.ledger,
        "thread": texts.by_record[root].id,
        "exercise": texts.exercise,
        "as_of": format_utc(texts.moment),
        "lanes": sorted({one.party for one in steps} | {one.debtor for one in due}),
        "steps": [_step(texts, one) for one in steps],
        "due": [one.as_json() for one in due],
    }


def _due(obligations: Iterable[Obligation], steps: Sequence[Dated]) -> list[Obligation]:
    """The obligations that the steps started, and those that started when one of them fell overdue, and so on."""
    started = {step.id for step in steps}
    known = list(obligations)
    found: list[Obligation] = []
    while True:
        more = [one for one in known if one.trigger in started and one not in found]
        if not more:
            return sorted(found, key=known.index)
        found += more
        started |= {one.id for one in more}


def _step(texts: Texts, one: Dated) -> dict[str, Any]:
    moments = {name: value for name, value in one.fields.items() if type(value) is int and value > _DATES_FROM}
    return {
        "statement": one.id,
        "record": one.record,
        "type": one.type,
        "party": one.party,
        "to": list(one.addressees),
        "after": format_utc(one.after) if one.after >= 0 else None,
        "before": format_utc(one.before),
        "claimed": {name: format_utc(value) for name, value in sorted(moments.items())},
        "said": {name: value for name, value in sorted(one.fields.items()) if isinstance(value, str | bool)},
        "relates": [
            {"rel": rel, "statement": texts.by_record[target].id}
            for rel, target in one.relates
            if target in texts.by_record
        ],
        "retracted": texts.retraction(one.record) is not None,
    }
