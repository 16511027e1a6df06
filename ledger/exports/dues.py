"""Due dates: what somebody has to do by a moment, with what settled it. Deadlines and recurrences; limits forbid, and have none.

Whether a duty is kept or overdue turns without any record, when its due passes; an entry in somebody's calendar does not.
So it says what is on the log, never a status: what discharged it, who released it, what was said of it, or nothing so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.exports.drills import touching
from ledger.exports.material import Judged, Material
from ledger.exports.words import visible
from verifier.conformance.report import UNDETERMINABLE, WAIVED, Obligation
from verifier.conformance.texts import Dated
from verifier.formats.times import format_utc

KINDS = ("deadline", "recurrence")


@dataclass(frozen=True)
class Due:
    """A due date. `due`: seconds (UTC). `touched`: the statements that it comes from and that settled it, at least one, in
    order; `begun`: the one that started it, or holds its rule; `revision`: how many later ones moved it, released from it or
    spoke of it. `ended`: whether it is owed no more, though nobody did it. `trigger`: the statement that started it, or None."""

    id: str
    due: int
    exercise: str | None
    summary: str
    lines: tuple[str, ...]
    trigger: str | None
    begun: Dated
    touched: tuple[Dated, ...]
    revision: int
    ended: bool


def dated(material: Material, *parties: str) -> Iterator[Judged]:
    """The obligations that have a due date, in the order of the reports. `parties`: only what each of these owes or is owed."""
    for row in material.judged:
        one = row.obligation
        if one.kind in KINDS and one.due is not None and {one.debtor, *one.creditors}.issuperset(parties):
            yield row


def due_of(material: Material, row: Judged) -> Due:
    """The due date of an obligation that has one."""
    assert row.obligation.due is not None
    return _due(material, row, row.obligation.due, material.owed.get(row.obligation.trigger or ""))


def _due(material: Material, row: Judged, moment: int, missed: Obligation | None) -> Due:
    """`missed`: the overdue obligation that started this one, if one did."""
    one = row.obligation
    source = material.by_id[one.source]
    started = material.by_id.get(one.trigger or "")
    done = material.by_id.get(one.discharged_by or "")
    answers = [material.by_id[answer["statement"]] for answer in one.answers]
    moved = touching(material, started) if started else ()
    taken_back = _taken_back(material, one, source, started)
    begun = started or source
    joined = [event for event in _joined(material, one, source) if event.record > begun.record]
    later = {event.record: event for event in (*moved, *answers, *taken_back, *joined)}
    known = later | {event.record: event for event in (source, started, done) if event is not None}
    touched = tuple(known[record] for record in sorted(known))
    at = material.size
    debtor, rule = material.name(one.debtor, at), visible(one.rule)
    to = material.names(one.creditors, at, "nobody in particular")
    short = f"to {to}" if len(one.creditors) == 1 else f"to {len(one.creditors)} parties"
    return Due(
        id=one.id,
        due=moment,
        exercise=row.exercise,
        summary=f"Due: {rule}, owed by {debtor} {short}",
        lines=(
            f"{debtor} owes this to {to}: rule {rule} ({one.kind}), due {format_utc(moment)}.",
            f"The rule stands in: {material.mention(source)}.",
            *([f"Started by: {material.mention(started)}."] if started else []),
            *([f"Started when this fell due and was not done: {visible(missed.rule)}, {missed.id}."] if missed else []),
            *(f"Period: {visible(name)} {visible(text)}." for name, text in sorted((one.period or {}).items())),
            *_settled(material, one, done),
            *(f"Said of it: {material.mention(event)}." for event in answers),
            *(f"Contested, signed by a stolen key: statement {name}." for name in one.contested),
            f"Obligation {one.id}.",
        ),
        trigger=started.id if started else None,
        begun=begun,
        touched=touched,
        revision=len(later),
        ended=one.status == WAIVED or (done is not None and done.type == "drill-cancellation"),
    )


def _joined(material: Material, one: Obligation, source: Dated) -> list[Dated]:
    """With what the creditors became such: their accessions, and adherences to the text that holds the rule."""
    acceded = [material.accessions[code] for code in one.creditors if code in material.accessions]
    return [*acceded, *(e for e in material.texts.effects("adheres", source.record) if e.party in one.creditors)]


def _taken_back(material: Material, one: Obligation, source: Dated, started: Dated | None) -> list[Dated]:
    """The retractions by which the debtor took back what could have discharged it."""
    rules: Sequence[Mapping[str, Any]] = source.fields.get("rules", ())
    rule = next((row for row in rules if row["id"] == one.rule), {})
    wanted = rule.get("expect", {}).get("type")
    found = []
    for event in material.retractions:
        target = material.texts.by_record.get(event.relates[0][1])
        if event.party != one.debtor or target is None or target.type != wanted:
            continue
        if started is None or any(at == started.record for _, at in target.relates):
            found.append(event)
    return found


def _settled(material: Material, one: Obligation, done: Dated | None) -> Iterator[str]:
    if one.status == WAIVED:
        yield "It is waived: nobody asks for it any more."
    if done is not None:
        maybe = "May be discharged (the log alone cannot tell)" if one.status == UNDETERMINABLE else "Discharged"
        yield f"{maybe} by: {material.mention(done)}, witnessed {format_utc(done.before)}."
    elif one.status != WAIVED:
        yield "Nothing on the log discharges it so far."
