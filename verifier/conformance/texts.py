"""Texts as rules read them, at one moment: what exists, as changed, as opened, cancelled, retracted, contested.

Source: docs/CONFORMANCE.md, sections "What is judged", "Releases by a stolen key" and "Reading an event".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, NamedTuple

from verifier import vocabulary
from verifier.conformance.case import Case, Event

SEALED: Final = object()
"""Stands for a value, or an item of a list, that its statement only commits to."""
START, END = "start", "end"
THREADS = frozenset({"incident", "near-miss"})
"""The types that open a thread."""
_MINUS_INFINITY = -(2**62)


class Dated(NamedTuple):
    """An event with its witnessed time, (after, before] in seconds; `after` is minus infinity where no quorum gives it."""

    record: int
    id: str
    type: str
    party: str
    addressees: tuple[str, ...]
    relates: tuple[tuple[str, int], ...]
    exercise: str | None
    signers: tuple[str, ...]
    fields: Mapping[str, Any]
    sealed: tuple[tuple[str, int | None], ...]
    after: int
    before: int

    @property
    def order(self) -> tuple[int, int]:
        """What came first: by witnessed time, then by record."""
        return self.before, self.record


class Version(NamedTuple):
    """A text after one of its changes. `by`: the statement that made it so; `fields`: what a rule then reads; `cut`: whether a
    cancellation that came too late made it, by ending it."""

    by: Dated
    fields: Mapping[str, Any]
    cut: bool = False


def date(fields: Mapping[str, Any], member: str) -> int | None:
    """A moment among the fields, in seconds; None where it is not given."""
    value = fields.get(member)
    return value if isinstance(value, int) else None


class Texts:
    """Everything that exists at `moment` (seconds), read as of then.

    `real`: the unmarked events, which alone bind, change, open, retract and release. `acts`: those that may trigger and
    discharge: the real ones, or those marked with the drill `exercise`.
    """

    def __init__(self, case: Case, moment: int, exercise: str | None = None) -> None:
        self.case = case
        self.moment = moment
        self.exercise = exercise
        existing = list(_existing(case, moment))
        self._marked: dict[str | None, list[Dated]] = defaultdict(list)
        for event in existing:
            self._marked[event.exercise].append(event)
        self.real = self._marked[None]
        self.acts = self._marked[exercise]
        self.by_record = {event.record: event for event in existing}
        self.stolen = _stolen(self.real)
        """Signer -> the record from which its key was not its owner's."""
        self._confirmed = frozenset((e.party, i) for e in self.real for i in e.fields.get("confirmed", ()))
        self._related: dict[str, dict[int, list[Dated]]] = defaultdict(lambda: defaultdict(list))
        for event in existing:
            for rel, target in event.relates:
                if rel in _EFFECTS:
                    self._related[rel][target].append(event)
        self._altered = {record for rel in ("changes", "cancels") for record in self._related[rel]}
        self._versions: dict[tuple[int, bool], tuple[Version, ...]] = {}
        self._cancelled: dict[int, Dated] = {}
        self._silences: dict[int, Sequence[tuple[int, int]]] = {}

    def rehearsal(self, exercise: str) -> Texts:
        """The same, for the rehearsal of a drill: what exists, changes, opens and retracts is shared."""
        texts = copy(self)
        texts.exercise, texts.acts = exercise, self._marked.get(exercise, [])
        return texts

    def silences(self, longest: int) -> Sequence[tuple[int, int]]:
        """The silences of the log up to the moment that lasted more than `longest` seconds, as (from, to)."""
        if longest not in self._silences:
            moments = [moment for moment in self.case.moments if moment <= self.moment]
            self._silences[longest] = [(a, b) for a, b in pairwise(moments) if b - a > longest]
        return self._silences[longest]

    @cached_property
    def by_id(self) -> Mapping[str, Dated]:
        """Statement id -> event."""
        return {event.id: event for event in self.by_record.values()}

    # What has an effect on another text.

    def effects(self, rel: str, record: int) -> Sequence[Dated]:
        """The events in relation `rel` (one of _EFFECTS) to `record`, in order."""
        return self._related[rel].get(record, ())

    def contested(self, event: Dated) -> bool:
        """Whether it was signed by a key that was not its owner's then, and its party has not confirmed it since."""
        if not self.stolen or (event.party, event.id) in self._confirmed:
            return False
        return any(self.stolen.get(signer, event.record + 1) <= event.record for signer in event.signers)

    def retraction(self, record: int) -> Dated | None:
        """With what its party took back the statement in `record`; None if it stands."""
        return self._retractions.get(record)

    @cached_property
    def _retractions(self) -> Mapping[int, Dated]:
        """Record -> the first retraction of it that counts."""
        found: dict[int, Dated] = {}
        for record, retractions in self._related["retracts"].items():
            counted = [one for one in retractions if not self.contested(one)]
            if counted:
                found[record] = counted[0]
        return found

    # Texts as changed.

    def root(self, record: int) -> int:
        """The record of the text that the statement in `record` changes; its own if it changes none."""
        event = self.by_record.get(record)
        target = next((target for rel, target in event.relates if rel == "changes"), record) if event else record
        return target if target in self.by_record else record

    def versions(self, event: Dated, *, opened: bool = True) -> tuple[Version, ...]:
        """The text as first said and after each change and late cancellation that counts for something.

        `opened`: whether what its author has opened since is read; where others owe by it, it is not.
        """
        if not event.sealed and event.record not in self._altered:
            return (Version(event, event.fields),)
        found = self._versions.get((event.record, opened))
        if found is None:
            later = [*self.effects("changes", event.record), *self.effects("cancels", event.record)]
            later.sort(key=lambda one: one.record)
            found = self._versions[event.record, opened] = tuple(self._changed(event, later, opened))
        return found

    def fields(self, event: Dated, *, opened: bool = True) -> Mapping[str, Any]:
        """What a rule reads of an event now."""
        if not event.sealed and event.record not in self._altered:
            return event.fields
        return self.versions(event, opened=opened)[-1].fields

    def cancellation(self, event: Dated) -> Dated | None:
        """What cancelled an announcement in time: no later than the start then in force."""
        if event.record not in self._altered:
            return None
        self.versions(event)
        return self._cancelled.get(event.record)

    def _changed(self, event: Dated, later: Iterable[Dated], opened: bool) -> Iterator[Version]:
        fields = self._read(event, opened)
        yield Version(event, fields)
        dates = vocabulary.load().types[event.type].anchors
        latest = date(fields, END)
        if latest is not None:
            latest += self.case.terms(event.record).end_extension
        for one in later:
            cancels = any(rel == "cancels" and target == event.record for rel, target in one.relates)
            if cancels and self.contested(one):
                continue
            start, end = date(fields, START), date(fields, END)
            if cancels and start is not None and one.before <= start:
                self._cancelled[event.record] = one
                return
            if cancels:
                counted = {} if end is None or one.before >= end else {END: one.before}
            else:
                counted = dict(self._counted(one, self._read(one, opened), fields, dates, latest))
            if counted:
                fields = {**fields, **counted}
                yield Version(one, fields, cut=cancels)

    def _counted(
        self,
        change: Dated,
        said: Mapping[str, Any],
        fields: Mapping[str, Any],
        dates: Collection[str],
        latest: int | None,
    ) -> Iterator[tuple[str, Any]]:
        """What of a change counts. `said`: what it says; `fields`: of the text so far; `latest`: how far the end may move."""
        for member, new in said.items():
            if member not in _NEVER_CHANGED and _in_time(change, member, new, fields, dates):
                yield member, min(new, latest) if member == END and latest is not None else new

    def _read(self, event: Dated, opened: bool) -> Mapping[str, Any]:
        """The fields of an event, with what is sealed as SEALED or, where its author has opened it, as opened."""
        if not event.sealed:
            return event.fields
        openings = self._openings(event) if opened else ()
        values = {pointer: row for e in openings for pointer, *row in e.fields.get("opened", ())}
        fields = dict(event.fields)
        for pointer, _ in event.sealed:
            member, *rest = pointer.removeprefix("/body/").removeprefix("changes/").split("/")
            there, value = values.get(pointer, (True, SEALED))
            if not rest and there and value is not None:
                fields[member] = value
            elif rest and there:
                fields[member] = [*(fields.get(member) or ()), value]
        return fields

    def _openings(self, event: Dated) -> Sequence[Dated]:
        return [e for e in self.effects("discloses", event.record) if e.party == event.party]

    # Selectors.

    def matches(self, selector: Mapping[str, Any], fields: Mapping[str, Any]) -> bool | None:
        """Whether the fields fit the selector's `where`; None: a sealed value decides it."""
        where = selector.get("where")
        if where is None:
            return True
        answer: bool | None = True
        for member, values in where.items():
            fits = _fits(fields.get(member), values)
            if fits is False:
                return False
            answer = None if fits is None else answer
        return answer

    def thread(self, event: Dated) -> int | None:
        """The record that opened an event's thread: the earliest incident or near miss that it is or leads to; or None."""
        return self._threads.get(event.record)

    @cached_property
    def _threads(self) -> Mapping[int, int]:
        """Record -> thread. Relations lead to earlier records, so one pass in the order of the log finds them all."""
        found: dict[int, int] = {}
        for record in sorted(self.by_record):
            event = self.by_record[record]
            threads = [found[target] for _, target in event.relates if target in found]
            if event.type in THREADS:
                threads.append(record)
            if threads:
                found[record] = min(threads)
        return found


_EFFECTS = frozenset(
    {"withdraws", "cancels", "discloses", "changes", "retracts", "adheres", "acknowledges", "corrects", "objects"}
)
_NEVER_CHANGED = frozenset({"opened", "rules", "revoked"})


def _existing(case: Case, moment: int) -> Iterable[Dated]:
    interval = case.interval
    for event in case.events:
        after, before = interval(event[0])
        if before is not None and before <= moment:
            yield Dated(*event, _MINUS_INFINITY if after is None else after, before)


def _stolen(events: Iterable[Event | Dated]) -> Mapping[str, int]:
    """Signer -> the record from which its key was not its owner's."""
    found: dict[str, int] = {}
    for event in events:
        for signer, since in event.fields.get("revoked", ()):
            if since is not None:
                found[signer] = min(since, found.get(signer, since))
    return found


def _in_time(change: Dated, member: str, new: Any, fields: Mapping[str, Any], dates: Collection[str]) -> bool:
    """Whether a change comes in time for a member: before the old date and the new, or before the start."""
    if member in dates:
        old = date(fields, member)
        return isinstance(new, int) and (old is None or change.before <= old) and change.before <= new
    start = date(fields, START)
    return start is None or change.before <= start


def _fits(value: Any, values: Sequence[Any]) -> bool | None:
    if value is SEALED:
        return None
    if isinstance(value, list):
        if any(_same(item, wanted) for item in value for wanted in values):
            return True
        return None if SEALED in value else False
    return any(_same(value, wanted) for wanted in values)


def _same(value: Any, wanted: Any) -> bool:
    """Equality that tells true from 1."""
    return type(value) is type(wanted) and bool(value == wanted)
