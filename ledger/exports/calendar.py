"""A calendar of drills, line tests and due dates: iCalendar (RFC 5545) with the properties of RFC 7986.

Times are UTC. Identifiers and stamps come from the log: a drill keeps the identifier of its announcement, and every later
statement on it raises the number of the revision. There is no METHOD, so DTSTAMP says when a thing was last revised
(RFC 5545, 3.8.7.2), and equal inputs give equal bytes. Lines are folded by the library (3.1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from icalendar import Calendar, Event, Journal

from ledger.exports.entries import Entry, Place, places
from ledger.exports.material import Material
from ledger.exports.words import visible

MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Detente//Detente exports 1//EN"
_FEEDS = UUID("5fd95936-64b6-4dbf-9359-e8f4b98c7049")
"""The name space of the calendars' own identifiers."""


def calendar(
    material: Material, parties: Sequence[str] = (), address: str | None = None, most: int | None = None
) -> bytes:
    """The calendar of a log. `parties`: only what concerns each of these: what it says, what is said to it by name or to all,
    what names it, what it owes or is owed. `address`: the URL at which the calendar itself is published, if it is. `most`: how
    many entries it holds, those next to the moment, what is ahead before what is past; the calendar says what it leaves out.
    Without any of these the calendar holds one note that says so."""
    found = Calendar()
    named = ", ".join((f"Detente: {visible(material.ledger)}", *parties))
    every = sorted(places(material, parties), key=lambda one: one[:2])
    kept = every if most is None else _next_to(every, material.moment or 0, most)
    about = [material.provenance, _ABOUT, *_left_out(len(every), len(kept))]
    stamp = [] if material.moment is None else [_moment(material.moment)]
    found.add("version", "2.0")
    found.add("prodid", PRODUCT)
    found.add("uid", str(uuid5(_FEEDS, f"{material.ledger}|{','.join(parties)}")))
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


def _next_to(places: Sequence[Place], moment: int, most: int) -> list[Place]:
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
