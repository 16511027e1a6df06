"""Drills that are planned and not announced yet: the months that a state's calendar of the year names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.exports.drills import touching
from ledger.exports.material import Material
from ledger.exports.words import told, visible
from verifier.conformance.texts import Dated
from verifier.formats import reader
from verifier.formats.times import parse_utc

_LAST_MONTH = 9999 * 12 + 11


@dataclass(frozen=True)
class Plan:
    """One planned drill. `id`: the statement's with the place in its list; `start`, `end`: the first moment of its months,
    and the first after them (seconds, UTC; None: beyond the calendar). `replaced`: a later calendar took this one's place."""

    id: str
    start: int
    end: int | None
    name: str
    co_hosts: tuple[str, ...]
    lines: tuple[str, ...]
    touched: tuple[Dated, ...]
    replaced: bool


def plans(material: Material, one: Dated) -> Iterator[Plan]:
    """The drills that a drill-calendar plans, without those that it seals."""
    later = [e for e in material.related.get(one.record, ()) if any(rel == "follows" for rel, _ in e.relates)]
    known = {event.record: event for event in (*touching(material, one), *later)}
    replaced = [event for event in later if event.type == one.type]
    beside = (
        *(f"Replaced by: {material.mention(event)}." for event in replaced),
        *(f"Since then: {material.mention(event)}." for event in later if event.type != one.type),
        *(["Taken back by its author."] if material.texts.retraction(one.record) else []),
    )
    for n, row in enumerate(material.said(one.record).statement.body["drills"] or (), 1):
        if row is None:
            continue
        first = _month(row["first_month"])
        after = max(_month(row["last_month"]), first) + 1
        yield Plan(
            id=f"{one.id}-{n}",
            start=_seconds(first),
            end=_seconds(after) if after <= _LAST_MONTH else None,
            name=visible(row["name"]),
            co_hosts=tuple(row["co_hosts"]),
            lines=(*told(row), *beside),
            touched=tuple(known[record] for record in sorted(known)),
            replaced=bool(replaced),
        )


def _month(text: str) -> int:
    """A month, YYYY-MM, as a count of months."""
    year, _, month = text.partition("-")
    return reader.decimal(year) * 12 + reader.decimal(month.removeprefix("0")) - 1


def _seconds(month: int) -> int:
    return parse_utc(f"{month // 12:04d}-{month % 12 + 1:02d}-01T00:00:00Z")
