"""A log written by hand, one line an event: what a case holds, without keys, signatures or bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from verifier.charter import Terms
from verifier.conformance.case import Case, Event
from verifier.formats.times import parse_utc
from verifier.witnessed import Interval

HOUR, DAY = 3_600, 86_400
START = parse_utc("2027-01-01T00:00:00Z")
"""When the charter of a scene becomes public, unless it says otherwise."""
KINDS = {
    "XA": "state",
    "XB": "state",
    "XC": "state",
    "QN": "verifier",
    "QS": "verifier",
    "QM": "mediator",
    "DD": "depositary",
}
TERMS = Terms(
    skew=300,
    longest_silence=3_650 * DAY,
    withdrawal_notice=10 * DAY,
    correction_window=10 * DAY,
    end_extension=2 * DAY,
    acknowledgement_grace=6 * HOUR,
    observations=2,
    amendment_adherents=2,
)
Relates = Sequence[tuple[str, Event]]


def ident(number: int) -> str:
    """A statement id for a record: hex, of no meaning."""
    return sha256(b"statement %d" % number).hexdigest()


@dataclass
class Scene:
    """Events as they are added, with their intervals. Moments are seconds; `beats`: heartbeats, at which nothing came.
    `amended`: record -> the terms in force from there on."""

    terms: Terms = TERMS
    amended: dict[int, Terms] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=lambda: dict(KINDS))
    events: list[Event] = field(default_factory=list)
    times: dict[int, Interval] = field(default_factory=dict)
    receipts: dict[int, int] = field(default_factory=dict)
    beats: set[int] = field(default_factory=set)

    def add(
        self,
        type_name: str,
        party: str,
        before: int | None,
        *relates: tuple[str, Event],
        after: int | None = None,
        to: Sequence[str] = (),
        exercise: Event | None = None,
        signers: Sequence[str] = (),
        sealed: Sequence[tuple[str, int | None]] = (),
        **fields: Any,
    ) -> Event:
        """The next record, public in (`after`, `before`]; `after` is a second before `before` unless it is given."""
        record = len(self.events)
        event = Event(
            record=record,
            id=ident(record),
            type=type_name,
            party=party,
            addressees=tuple(sorted(to)),
            relates=tuple(sorted((rel, target.record) for rel, target in relates)),
            exercise=exercise.id if exercise else None,
            signers=tuple(signers),
            fields=fields,
            sealed=tuple(sealed),
        )
        self.events.append(event)
        self.times[record] = Interval(before - 1 if after is None and before is not None else after, before)
        return event

    def undated(self, event: Event) -> None:
        """Nobody says before when it was not public yet."""
        self.times[event.record] = self.times[event.record]._replace(after=None)

    def case(self) -> Case:
        """The case that the events make."""
        times, receipts, terms = dict(self.times), dict(self.receipts), {-1: self.terms, **self.amended}
        befores = {interval.before for interval in times.values() if interval.before is not None}
        return Case(
            ledger="ledger.example/detente",
            charter=self.events[0].id,
            events=tuple(self.events),
            kinds=self.kinds,
            moments=sorted(befores | self.beats),
            interval=times.__getitem__,
            narrowed=receipts.get,
            terms=lambda record: terms[max(since for since in terms if since <= record)],
        )


def opened(
    *rules: Mapping[str, Any], at: int = START, states: Sequence[str] = ("XA", "XB", "XC"), **terms: int
) -> Scene:
    """A scene with a charter that holds these rules, to which these states accede, all public at `at`."""
    scene = Scene(replace(TERMS, **terms))
    charter = scene.add("charter", "DD", at, rules=list(rules))
    for state in states:
        scene.add("accession", state, at, charter=charter.id)
    return scene
