"""What the naive judge knows before any rule: which events there are, who is bound when, and how an event reads.

The first three sections of docs/CONFORMANCE.md, in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from verifier import vocabulary
from verifier.conformance.case import Case, Event

FOREVER = 2**62
Rule = Mapping[str, Any]
Instant = tuple[int, int]
"""Seconds, and a record in the order of the log. A bare moment comes after every record."""
Answer = bool | None
"""Yes, no, or unknown."""


class Binding(NamedTuple):
    """A span [start, end) in which a source binds a party. `began`: the record with which it began. `last`: where another one
    supersedes it at `end`, the record with which that began."""

    source: Event
    party: str
    start: int
    end: int
    began: int
    last: int = -1


class Reading(NamedTuple):
    """How an event reads after `by`: which changes said a member, the newest first, and its dates."""

    by: Event
    said: Mapping[str, list[Event]]
    dates: Mapping[str, int | None]


class Past:
    """What there is, as of a moment."""

    def __init__(self, case: Case, as_of: int, exercise: str | None) -> None:
        self.case, self.as_of, self.exercise = case, as_of, exercise
        dated = [e for e in case.events if case.interval(e.record).before is not None]
        self.exist = sorted((e for e in dated if self.before(e) <= as_of), key=lambda e: e.record)
        self.real = [e for e in self.exist if e.exercise is None]
        self.events = [e for e in self.exist if e.exercise == exercise]
        self.bindings = [b for b in self._bindings() if b.start < b.end or (b.start == b.end and b.last >= 0)]

    # What is judged

    def before(self, e: Event) -> int:
        found = self.case.interval(e.record).before
        assert found is not None
        return found

    def after(self, e: Event) -> int:
        found = self.case.interval(e.record).after
        return -FOREVER if found is None else found

    def instant(self, e: Event) -> Instant:
        return self.before(e), e.record

    def state(self, party: str) -> bool:
        return self.case.kinds[party] == "state"

    # Who is bound, and when

    def _bindings(self) -> Iterator[Binding]:
        for party in sorted(self.case.kinds):
            if self.state(party):
                yield from self.charter_bindings(party)
        for e in self.real:
            if e.type == "pledge":
                yield Binding(e, e.party, self.before(e), self.notice(e), e.record)
            if e.type == "joint-text":
                yield from self.text_bindings(e)

    def charter_bindings(self, party: str) -> Iterator[Binding]:
        """The charter, then each amendment that is newer than what binds the state."""
        charter = next((e for e in self.real if e.type == "charter"), None)
        accession = next((e for e in self.real if e.type == "accession" and e.party == party), None)
        if charter is None or accession is None:
            return
        steps = [(self.instant(accession), -1, charter)]
        for text in [e for e in self.real if e.type == "amendment" and "rules" in e.fields]:
            decided = self.deciding(text)
            own = next((a for a in self.adherences(text) if a.party == party), None)
            if decided and accession.record > decided.record:
                steps.append((self.instant(accession), decided.record, text))
            elif decided and own:
                steps.append((self.later(decided, own), decided.record, text))
        steps.sort(key=lambda step: (step[0][1], step[1]))
        newer = [step for n, step in enumerate(steps) if all(step[1] > old[1] for old in steps[:n])]
        leaves = self.notice(accession)
        for n, ((start, began), _, source) in enumerate(newer):
            over, last = newer[n + 1][0] if n + 1 < len(newer) else (FOREVER, -1)
            if over < leaves:
                yield Binding(source, party, start, over, began, last)
            else:
                yield Binding(source, party, start, leaves, began)

    def later(self, one: Event, other: Event) -> Instant:
        """When both were public, and the later of their records."""
        return max(self.before(one), self.before(other)), max(one.record, other.record)

    def deciding(self, text: Event) -> Event | None:
        """The adherence with which an amendment or a joint text entered into force."""
        states: set[str] = set()
        for e in self.adherences(text):
            states.add(e.party)
            number = (
                text.fields["adherents"] if text.type == "joint-text" else self.case.terms(e.record).amendment_adherents
            )
            if len(states) >= number and states >= set(text.fields.get("required", ())):
                return e
        return None

    def text_bindings(self, text: Event) -> Iterator[Binding]:
        decided = self.deciding(text)
        ends: dict[str, int] = {}
        for own in sorted(self.adherences(text), key=self.instant) if decided else []:
            assert decided is not None
            start, began = self.later(decided, own)
            start = max(start, ends.get(own.party, -FOREVER))
            end = min(self.notice(own), text.fields.get("expires", FOREVER))
            yield Binding(text, own.party, start, end, began)
            ends[own.party] = max(self.notice(own), ends.get(own.party, -FOREVER))

    def adherences(self, text: Event) -> list[Event]:
        """Those that count, by order."""
        return [
            e
            for e in self.real
            if e.type == "adherence" and ("adheres", text.record) in e.relates
            if not e.fields["subject_to_approval"] and self.state(e.party)
            if not text.fields.get("open_to") or e.party in text.fields["open_to"]
            if self.before(e) <= text.fields.get("open_until", FOREVER)
        ]

    def notice(self, joined: Event) -> int:
        """When what began with an accession, adherence or pledge ends by notice."""
        pending: Event | None = None
        end = cancelled_end = -FOREVER
        for e in self.real:
            gives = ("withdraws", joined.record) in e.relates and e.fields["action"] == "give-notice"
            retracts = joined.type == "pledge" and ("retracts", joined.record) in e.relates
            if pending is None and (gives or retracts) and not self.contested(e):
                pending = e
                runs = self.before(e) + self.case.terms(e.record).withdrawal_notice
                end = max(runs, e.fields.get("effective", runs), cancelled_end)
            elif pending and ("cancels", pending.record) in e.relates and self.before(e) < end:
                pending, cancelled_end = None, end
        return end if pending else FOREVER

    def contested(self, e: Event) -> bool:
        """Whether a key signed it that was not its owner's then, and the party has not confirmed it."""
        changes = [k for k in self.real if k.type == "key-change" and k.party == e.party]
        revoked = [row for k in changes for row in k.fields.get("revoked", ())]
        stolen = any(signer in e.signers and since is not None and e.record >= since for signer, since in revoked)
        return stolen and not any(e.id in k.fields.get("confirmed", ()) for k in changes)

    def bound(self, source: Event, at: Instant) -> list[str]:
        """Those that a source binds at an event, or at a bare moment."""
        return sorted({b.party for b in self.bindings if b.source is source and lies(at, b)})

    def circle(self, source: Event, at: Instant) -> list[str]:
        """Those that it concerns, asked of the moment alone."""
        if source.addressees:
            return sorted(source.addressees)
        if source.type == "joint-text":
            return sorted({b.party for b in self.bindings if b.source is source and b.start <= at[0] < b.end})
        return self.members(at)

    def members(self, at: Instant) -> list[str]:
        """Every state bound by the charter, in any version."""
        spans = [b for b in self.bindings if b.source.type in ("charter", "amendment")]
        return sorted({b.party for b in spans if b.start <= at[0] < b.end})

    def creditors(self, source: Event, rule: Rule, at: Instant, debtor: str, root: Event | None = None) -> list[str]:
        if rule["by"] == "addressees" and root is not None:
            return [root.party]
        return [party for party in self.circle(source, at) if party != debtor]

    # Reading an event

    def readings(self, e: Event) -> tuple[list[Reading], Event | None]:
        """How it read at first and after each change, and the cancellation in time, with which that ends."""
        found = [Reading(e, {}, {name: e.fields.get(name) for name in vocabulary.load("1").types[e.type].anchors})]
        for c in self.events:
            now = found[-1]
            if ("changes", e.record) in c.relates:
                found.append(self.changed(e, now, c))
            elif c.type == "drill-cancellation" and ("cancels", e.record) in c.relates and not self.contested(c):
                if self.before(c) <= given(now.dates["start"]):
                    return found, c
                found.append(Reading(c, now.said, {**now.dates, "end": min(given(now.dates["end"]), self.before(c))}))
        return found, None

    def changed(self, e: Event, now: Reading, c: Event) -> Reading:
        said, dates = dict(now.said), dict(now.dates)
        sealed = {pointer.split("/")[3] for pointer, _ in c.sealed if pointer.startswith("/body/changes/")}
        for name in {*c.fields, *sealed}:
            if name in dates:
                old, new = dates[name], c.fields[name]
                if self.before(c) <= new and (old is None or self.before(c) <= old):
                    latest = e.fields["end"] + self.case.terms(e.record).end_extension if name == "end" else new
                    dates[name] = min(new, latest)
            elif self.before(c) <= (FOREVER if now.dates.get("start") is None else given(now.dates["start"])):
                said[name] = [c, *said.get(name, [])]
        return Reading(c, said, dates)

    def dates(self, e: Event) -> Mapping[str, int | None]:
        """Its dates as changed."""
        return self.readings(e)[0][-1].dates

    def matches(self, selector: Rule, e: Event, reading: Reading | None = None, opening: bool = True) -> Answer:
        """Whether an event, as it now reads or once read, matches; `opening`: what was disclosed since is read too."""
        if e.type != selector["type"]:
            return False
        said = (reading or self.readings(e)[0][-1]).said
        where = selector.get("where", {})
        answers = [self.member([*said.get(name, []), e], name, values, opening) for name, values in where.items()]
        return False if False in answers else None if None in answers else True

    def member(self, said: list[Event], name: str, wanted: Iterable[Any], opening: bool) -> Answer:
        e, *earlier = said
        place = f"/body/changes/{name}" if any(rel == "changes" for rel, _ in e.relates) else f"/body/{name}"
        values, unknown = [e.fields.get(name)], False
        for pointer, _ in e.sealed:
            if pointer == place or pointer.startswith(place + "/"):
                opened = self.opened(e, pointer) if opening else []
                unknown = unknown or not opened
                values += [value for has_value, value in opened if has_value]
        if earlier and not unknown and all(value is None for value in values):
            return self.member(earlier, name, wanted, opening)  # it opened as null: unchanged
        items = [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]
        if any(type(item) is type(want) and item == want for item in items for want in wanted):
            return True
        return None if unknown else False

    def opened(self, e: Event, pointer: str) -> list[tuple[bool, Any]]:
        """What its author's disclosures opened there: whether there is a value, and it."""
        disclosures = [d for d in self.events if d.party == e.party and ("discloses", e.record) in d.relates]
        return [(full, value) for d in disclosures for place, full, value in d.fields["opened"] if place == pointer]

    def retracted(self, e: Event, until: int = FOREVER) -> bool:
        takes_back = [r for r in self.events if ("retracts", e.record) in r.relates and not self.contested(r)]
        return any(self.before(r) <= until for r in takes_back)


def lies(at: Instant, b: Binding) -> bool:
    return b.start <= at[0] and at[1] > b.began and (at[0] < b.end or (at[0] == b.end and at[1] <= b.last))


def given(value: int | None) -> int:
    """A value that the page says is there."""
    assert value is not None
    return value
