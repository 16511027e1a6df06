"""What a calendar holds: drills, line tests, planned drills, due dates, each told as an entry, from a log and its judgement.

A drill keeps the identifier of its announcement, and every later statement on it raises the number of the revision. Entries
are put in words when they are asked for: a calendar that holds few of many tells only those.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from ledger.exports.drills import drill, touching
from ledger.exports.dues import Due, dated, due_of
from ledger.exports.material import Judged, Material
from ledger.exports.plans import plans
from ledger.exports.words import EXERCISE, banner, label, sealed, told_body, visible
from verifier.conformance.texts import START, Dated, date
from verifier.formats.times import format_utc

CONFIRMED, CANCELLED, TENTATIVE = "CONFIRMED", "CANCELLED", "TENTATIVE"


@dataclass(frozen=True)
class Entry:
    """One thing in the calendar. `id`: a statement's or an obligation's; times in seconds (UTC); `lines`: its description.

    `created`: when its first record was received, `revised`: its newest. `revision`: how many later ones touched it.
    """

    id: str
    created: int
    revised: int
    revision: int
    start: int
    end: int | None
    summary: str
    lines: Sequence[str]
    categories: Sequence[str]
    status: str = CONFIRMED
    related: Sequence[str] = field(default=())
    days: bool = False
    """Whether it is of whole days, not of moments."""


class Place(NamedTuple):
    """Something for the calendar before it is put in words: when it is, its id, and what makes its entry."""

    start: int
    id: str
    entry: Callable[[], Entry]


def places(material: Material, parties: Collection[str]) -> Iterator[Place]:
    """What concerns each of `parties`, in the order of the log, each with its place in time."""
    for event in material.events:
        if event.type == "drill-announcement":
            start = date(material.texts.fields(event), START)
            if start is not None and _concern_all(material, event, parties):
                yield Place(start, event.id, partial(_drill, material, event, start))
        elif event.type == "line-test" and _concern_all(material, event, parties):
            sent = date(event.fields, "sent")
            if sent is not None:
                yield Place(sent, event.id, partial(_line_test, material, event, sent))
        elif event.type == "drill-calendar":
            for plan in _plans(material, event, parties):
                yield Place(plan.start, plan.id, partial(_itself, plan))
    for row in dated(material, *parties):
        one = row.obligation
        yield Place(one.due or 0, one.id, partial(_due, material, row))


def _itself(entry: Entry) -> Entry:
    return entry


def _concern_all(material: Material, event: Dated, parties: Collection[str]) -> bool:
    return all(_concerns(material, event, party) for party in parties)


def _concerns(material: Material, event: Dated, party: str) -> bool:
    """Whether a statement is by a party, to it or to all, or names it."""
    if event.party == party or not event.addressees or party in event.addressees:
        return True
    if event.type == "line-test":
        return False  # it names nobody but those to whom it is addressed
    body = material.said(event.record).statement.body
    fields = material.texts.fields(event)
    rows = body.get("participants") or ()
    named = {row["party"] for row in rows if row}
    return party in named or any(party in (fields.get(member) or ()) for member in ("co_hosts", "observers"))


def _drill(material: Material, one: Dated, start: int) -> Entry:
    found = drill(material, one)
    said = material.said(one.record)
    end = found.end if found.end is not None and found.end > start else None
    author = material.name(one.party, one.record)
    first = [] if end is not None else ["The end that is in force is not after the start; it is left out here."]
    status = CANCELLED if found.cancelled else TENTATIVE if found.retracted else CONFIRMED
    title = "a drill; its name is sealed" if found.name is None else visible(found.name)
    lines = [
        *_head(material, one),
        f"In force: {format_utc(start)}" + (f" to {format_utc(end)}." if end is not None else "."),
        *first,
        *found.changes,
        "As announced:",
        *(f"  {line}" for line in [*told_body(said.statement), *sealed(said.statement)]),
    ]
    revised = max([said.received, *(material.said(event.record).received for event in found.touched)])
    return Entry(
        id=one.id,
        created=said.received,
        revised=revised,
        revision=len(found.touched),
        start=start,
        end=end,
        summary=f"{author}, drill: {title}",
        lines=lines,
        categories=["DRILL"],
        status=status,
    )


def _plans(material: Material, one: Dated, parties: Collection[str]) -> Iterator[Entry]:
    author = material.name(one.party, one.record)
    received = material.said(one.record).received
    for plan in plans(material, one):
        if not all(party in plan.co_hosts or _concerns(material, one, party) for party in parties):
            continue
        yield Entry(
            id=plan.id,
            created=received,
            revised=max([received, *(material.said(event.record).received for event in plan.touched)]),
            revision=len(plan.touched),
            start=plan.start,
            end=plan.end,
            summary=f"{author}, planned drill: {plan.name}",
            lines=[*_head(material, one), "Planned, not announced: only its months are named.", *plan.lines],
            categories=["PLANNED-DRILL"],
            status=CANCELLED if plan.replaced else TENTATIVE,
            days=True,
        )


def _line_test(material: Material, one: Dated, sent: int) -> Entry:
    said = material.said(one.record)
    later = {event.record: event for event in touching(material, one)}
    heard = [e for e in material.related.get(one.record, ()) if e.type == "line-test-acknowledgement"]
    later |= {event.record: event for event in heard}
    lines = [
        *_head(material, one),
        *told_body(said.statement),
        *sealed(said.statement),
        *(line for event in heard for line in _answer(material, event)),
        *([] if heard else ["No acknowledgement is on the log so far."]),
        *(["Taken back by its author."] if material.texts.retraction(one.record) else []),
    ]
    revised = max([said.received, *(material.said(record).received for record in later)])
    to = material.names(one.addressees, one.record, "all parties")
    summary = f"{banner(one.exercise)}{material.name(one.party, one.record)}, line test to {to}"
    categories = ["LINE-TEST", *(["EXERCISE"] if one.exercise else [])]
    return Entry(
        id=one.id,
        created=said.received,
        revised=revised,
        revision=len(later),
        start=sent,
        end=None,
        summary=summary,
        lines=lines,
        categories=categories,
    )


def _answer(material: Material, event: Dated) -> Iterator[str]:
    yield f"{material.mention(event)}, witnessed {format_utc(event.before)}:"
    said = material.said(event.record).statement
    yield from (f"  {line}" for line in [*told_body(said), *sealed(said)])


def _due(material: Material, row: Judged) -> Entry:
    due: Due = due_of(material, row)
    stamps = [material.said(event.record).received for event in due.touched]
    mark = ["EXERCISE"] if due.exercise else []
    lines = [*_exercise(due.exercise), *due.lines]
    return Entry(
        id=due.id,
        created=material.said(due.begun.record).received,
        revised=max(stamps),
        revision=due.revision,
        start=due.due,
        end=None,
        summary=f"{banner(due.exercise)}{due.summary}",
        lines=lines,
        categories=["DUE", *mark],
        status=CANCELLED if due.ended else CONFIRMED,
        related=[due.trigger] if due.trigger else [],
    )


def _head(material: Material, one: Dated) -> list[str]:
    """What every statement's description begins with."""
    said = material.said(one.record).statement
    return [
        *_exercise(one.exercise),
        f"{material.mention(one)}; witnessed {format_utc(one.before)}.",
        f"To: {material.names(one.addressees, one.record, 'all parties')}.",
        f"{label('types', one.type)}, in the words of {material.name(one.party, one.record)}: {visible(said.title)}",
    ]


def _exercise(drill_id: str | None) -> list[str]:
    return [f"{EXERCISE}: part of the rehearsal of drill {drill_id}. Nothing of this is real."] if drill_id else []
