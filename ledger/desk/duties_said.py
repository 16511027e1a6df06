"""What was said to a party and of it: statements that wait for its acknowledgement, and those that it has the right to reply to.

Which type acknowledges which is the vocabulary's: a type that may acknowledge one type alone goes before the general one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from verifier import vocabulary
from verifier.conformance.case import Case, Event
from verifier.conformance.judge import Judgement
from verifier.conformance.report import Obligation
from verifier.conformance.texts import SEALED, Dated
from verifier.formats.times import format_utc
from verifier.vocabulary.readable import moments, readable

ACKNOWLEDGES = "acknowledges"
URGENT = ("incidents", "channels", "mediation")
"""The families of statements whose receipt matters most; what was addressed to the party from others comes after them."""
RELEASING = frozenset({"waiver", "mediation-outcome"})
"""What is said for the debtor needs no reply."""
_JUDGING = frozenset({"assesses", "objects", "observes"})
"""The relations in which one party judges what another has said."""


@cache
def acknowledging(type_name: str) -> tuple[str, bool] | None:
    """The type that acknowledges statements of a type, and whether it is made for that one; None: they are not acknowledged."""
    types = vocabulary.load().types
    if any(row.rel == ACKNOWLEDGES for row in types[type_name].relations):
        return None
    general = None
    for name, kind in types.items():
        for row in kind.relations:
            if row.rel == ACKNOWLEDGES and type_name in row.types:
                return name, True
            if row.rel == ACKNOWLEDGES and row.admits(type_name):
                general = name, False
    return general


@cache
def accounting() -> frozenset[str]:
    """The types that speak of obligations."""
    return frozenset(
        name for name, kind in vocabulary.load().types.items() if "obligations" in kind.schema["properties"]
    )


class Reading:
    """A judgement read from one party's side. `texts`: the statements that exist, as of the judgement."""

    def __init__(self, case: Case, judgement: Judgement, party: str) -> None:
        self.judgement = judgement
        self.texts = judgement.texts
        self.party = party
        self.by_id = {event.id: event for event in self.texts.by_record.values()}
        self._obligations = {one.id: one for one in judgement.obligations}
        self._mine = [e for e in case.events if self._is_mine(e) and self._is_there(case, e)]
        self._answered: dict[int, list[Event]] = defaultdict(list)
        for event in self._mine:
            for _, target in event.relates:
                self._answered[target].append(event)

    def _is_mine(self, event: Event) -> bool:
        return event.party == self.party and event.exercise == self.texts.exercise

    def _is_there(self, case: Case, event: Event) -> bool:
        """Whether it existed as of the judgement, or is in the log and no quorum dates it yet."""
        return event.record in self.texts.by_record or case.interval(event.record).before is None

    def root(self, one: Obligation) -> Dated | None:
        """The statement that started the clock in the end, before its changes; None where none did."""
        while one.trigger is not None:
            event = self.by_id.get(one.trigger)
            if event is not None:
                return self.texts.by_record.get(self.texts.root(event.record))
            one = self._obligations[one.trigger]
        return None

    def openings(self, event: Dated) -> Sequence[Dated]:
        """The statements that opened what it sealed."""
        return [one for one in self.texts.effects("discloses", event.record) if not self.texts.retraction(one.record)]

    def pending(self, one: Obligation, expected: Mapping[str, Any], root: Dated | None) -> str | None:
        """The debtor's statement that is in the log and may discharge it once a quorum has witnessed it."""
        for event in self._mine if one.debtor == self.party else ():
            if event.record in self.texts.by_record or event.type != expected.get("type"):
                continue
            if self.texts.matches(expected, event.fields) is False:
                continue
            targets = {(rel, self.texts.root(target)) for rel, target in event.relates}
            wanted = {(row["rel"], root.record) for row in expected["relates"] if root is not None}
            toward = (one.period or {}).get("toward")
            if wanted <= targets and (toward is None or not event.addressees or toward in event.addressees):
                return event.id
        return None

    # What waits for an acknowledgement.

    def unacknowledged(self, owed: Iterable[str | None]) -> list[dict[str, Any]]:
        """Statements addressed to the party that it has neither acknowledged nor answered; those made for it first.

        `owed`: ids of statements that it owes an answer to: they stand among what it owes. Rows: {statement, type (that
        acknowledges it), special (whether that type is made for it)}.
        """
        known = frozenset(owed)
        rows = []
        for event in self.texts.acts:
            how = acknowledging(event.type) if self.party in event.addressees and event.party != self.party else None
            if how is None or event.id in known or event.record in self._answered:
                continue
            if self.texts.retraction(event.record) is None:
                rows.append((self._rank(event, how[1]), -event.before, event, how))
        rows.sort(key=lambda row: (row[0], row[1], row[2].record))
        return [{"statement": event.id, "type": kind, "special": special} for _, _, event, (kind, special) in rows]

    def _rank(self, event: Dated, special: bool) -> int:
        if special:
            return 0
        return 1 if vocabulary.load().types[event.type].family in URGENT else 2

    # What was said of the party.

    def unanswered(self, obligations: Iterable[Obligation]) -> list[dict[str, Any]]:
        """What others said of the party's obligations and statements without a reply since: {statement, obligations}, the
        newest first."""
        named: dict[str, list[str]] = defaultdict(list)
        for one in obligations:
            for row in one.answers if one.debtor == self.party else ():
                if row["party"] != self.party and row["type"] not in RELEASING:
                    named[row["statement"]].append(one.id)
        rows = []
        for event in self.texts.acts:
            mine = named.get(event.id, [])
            if (mine or self._judges(event)) and not self._has_reply(event, mine):
                rows.append((event.before, event.record, {"statement": event.id, "obligations": sorted(mine)}))
        return [row for _, _, row in sorted(rows, key=lambda row: row[:2], reverse=True)]

    def _judges(self, event: Dated) -> bool:
        """Whether it is another's word on a statement of the party."""
        if event.party == self.party or event.type not in accounting() or event.type in RELEASING:
            return False
        targets = [self.texts.by_record.get(target) for rel, target in event.relates if rel in _JUDGING]
        return any(target is not None and target.party == self.party for target in targets)

    def _has_reply(self, event: Dated, obligations: Sequence[str]) -> bool:
        """Whether the party has answered it, by relation or by naming the obligation since; what was taken back needs none."""
        if event.record in self._answered or self.texts.retraction(event.record):
            return True
        later = [one for one in self._mine if one.record > event.record and one.type in accounting()]
        return bool(obligations) and any(set(obligations) & set(one.fields.get("obligations", ())) for one in later)

    # Statements as rows.

    def statement(self, identity: str) -> dict[str, Any]:
        """A statement as rules read it: record, who said what to whom, when it became public, its fields as changed."""
        event = self.by_id[identity]
        return {
            "record": event.record,
            "type": event.type,
            "party": event.party,
            "addressees": list(event.addressees),
            "exercise": event.exercise,
            "after": format_utc(event.after) if event.after >= 0 else None,
            "before": format_utc(event.before),
            "fields": dict(self._fields(event)),
        }

    def _fields(self, event: Dated) -> Iterator[tuple[str, Any]]:
        """What a rule reads of it, as changed and opened; moments as text, what is sealed left out."""
        held = vocabulary.load()
        kind = held.types[event.type]
        dates = moments(kind, held.definitions)
        for name, value in sorted(self.texts.fields(event).items()):
            if name not in readable(kind, held.definitions) or value is SEALED:
                continue
            if isinstance(value, list | tuple):
                yield name, [item for item in value if item is not SEALED]
            else:
                yield name, format_utc(value) if name in dates else value
