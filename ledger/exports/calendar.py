"""A calendar of drills, line tests and due dates: iCalendar (RFC 5545) with the properties of RFC 7986.

Times are UTC. Identifiers and stamps come from the log: a drill keeps the identifier of its announcement, and every later
statement on it raises the number of the revision. There is no METHOD, so DTSTAMP says when a thing was last revised
(RFC 5545, 3.8.7.2), and equal inputs give equal bytes. Lines are folded by the library (3.1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid5

from icalendar import Calendar, Event, Journal

from ledger.exports.drills import drill, touching
from ledger.exports.dues import Due, dated, due_of
from ledger.exports.material import Judged, Material
from ledger.exports.plans import plans
from ledger.exports.words import EXERCISE, banner, label, sealed, told_body, visible
from verifier.conformance.texts import START, Dated, date
from verifier.formats.times import format_utc

MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Detente//Detente exports 1//EN"
CONFIRMED, CANCELLED, TENTATIVE = "CONFIRMED", "CANCELLED", "TENTATIVE"
_FEEDS = UUID("5fd95936-64b6-4dbf-9359-e8f4b98c7049")
"""The name space of the calendars' own identifiers."""


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


class _Place(NamedTuple):
    """Something for the calendar before it is put in words: when it is, its id, and what makes its entry."""

    start: int
    id: str
    entry: Callable[[], Entry]


def calendar(
    material: Material, party: str | None = None, address: str | None = None, most: int | None = None
) -> bytes:
    """The calendar of a log. `party`: only what concerns this one: what it says, what is said to it by name or to all, what
    names it, what it owes or is owed. `address`: the URL at which the calendar itself is published, if it is. `most`: how many
    entries it holds, those next to the moment, what is ahead before what is past; the calendar says what it leaves out.
    Without any of these the calendar holds one note that says so."""
    found = Calendar()
    named = f"Detente: {visible(material.ledger)}" + (f", {party}" if party else "")
    places = sorted(_places(material, party), key=lambda one: one[:2])
    kept = places if most is None else _next_to(places, material.moment or 0, most)
    about = [material.provenance, _ABOUT, *_left_out(len(places), len(kept))]
    stamp = [] if material.moment is None else [_moment(material.moment)]
    found.add("version", "2.0")
    found.add("prodid", PRODUCT)
    found.add("uid", str(uuid5(_FEEDS, f"{material.ledger}|{party or ''}")))
    found.add("name", named)
    found.add("x-wr-calname", named)
    found.add("description", "\n".join(about))
    found.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    if address is not None:
        found.add("source", address, parameters={"VALUE": "URI"})
    for moment in stamp:
        found.add("last-modified", moment)
    for one in kept:
        found.add_component(_event(material, one.entry()))
    if not kept:
        found.add_component(_nothing(material, named))
    return bytes(found.to_ical())


def entries_of(material: Material, party: str | None = None) -> Iterator[Entry]:
    """What the calendar holds: drills, line tests, due dates, each in the order of the log."""
    for place in _places(material, party):
        yield place.entry()


def _places(material: Material, party: str | None) -> Iterator[_Place]:
    for event in material.events:
        if event.type == "drill-announcement":
            start = date(material.texts.fields(event), START)
            if start is not None and _concerns(material, event, party):
                yield _Place(start, event.id, partial(_drill, material, event, start))
        elif event.type == "line-test" and _concerns(material, event, party):
            sent = date(event.fields, "sent")
            if sent is not None:
                yield _Place(sent, event.id, partial(_line_test, material, event, sent))
        elif event.type == "drill-calendar":
            for plan in _plans(material, event, party):
                yield _Place(plan.start, plan.id, partial(_itself, plan))
    for row in dated(material, party):
        one = row.obligation
        yield _Place(one.due or 0, one.id, partial(_due, material, row))


def _itself(entry: Entry) -> Entry:
    return entry


def _next_to(places: Sequence[_Place], moment: int, most: int) -> list[_Place]:
    """The `most` next ones ahead of a moment, then the newest before it, in order."""
    split = bisect_left(places, moment, key=lambda one: one.start)
    ahead = places[split : split + most]
    past = places[max(0, split - (most - len(ahead))) : split]
    return [*past, *ahead]


def _left_out(count: int, kept: int) -> Iterable[str]:
    """What a calendar that does not hold everything says of that."""
    if kept == count:
        return ()
    return (
        f"This file holds the {kept} entries next to now, of {count}: what is ahead first. "
        "The command `detente calendar` makes the whole calendar.",
    )


_ABOUT = (
    "Titles, names, reasons and texts are the states' own words, each on one line after a colon. "
    "Dates of drills are those in force by the rules of the accord. All times are UTC. "
    "Whether a duty was kept is judged from the log, not from this file."
)


def _concerns(material: Material, event: Dated, party: str | None) -> bool:
    """Whether a statement is by a party, to it or to all, or names it."""
    if party is None or event.party == party or not event.addressees or party in event.addressees:
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


def _plans(material: Material, one: Dated, party: str | None) -> Iterator[Entry]:
    author = material.name(one.party, one.record)
    received = material.said(one.record).received
    for plan in plans(material, one):
        if not _concerns(material, one, party) and party not in plan.co_hosts:
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


def _event(material: Material, one: Entry) -> Event:
    found = Event()
    found.add("uid", _uid(material, one.id))
    found.add("dtstamp", _moment(one.revised))
    found.add("created", _moment(one.created))
    found.add("last-modified", _moment(one.revised))
    found.add("sequence", one.revision)
    for name, seconds in (("dtstart", one.start), ("dtend", one.end)):
        if seconds is not None:
            found.add(name, _moment(seconds).date() if one.days else _moment(seconds))
    found.add("summary", one.summary)
    found.add("description", "\n".join(one.lines))
    found.add("categories", list(one.categories))
    found.add("status", one.status)
    found.add("transp", "TRANSPARENT")
    found.add("class", "PUBLIC")
    for related in one.related:
        found.add("related-to", _uid(material, related))
    return found


def _nothing(material: Material, named: str) -> Journal:
    """A calendar has one component at least (RFC 5545, 3.6): a note that there is nothing."""
    found = Journal()
    stamp = _moment(material.moment or 0)
    found.add("uid", str(uuid5(_FEEDS, f"{material.ledger}|{named}|nothing")))
    found.add("dtstamp", stamp)
    found.add("summary", "Nothing to show: no drill, no line test, no due date")
    found.add("description", material.provenance)
    return found


def _uid(material: Material, identity: str) -> str:
    return f"{identity}@{visible(material.ledger)}"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def count(raw: bytes) -> int:
    """How many things a calendar made here holds."""
    return raw.count(b"\r\nBEGIN:VEVENT\r\n")
