"""What an export is made from: a case as of a moment, what its statements say, and what is owed. Nothing here asks a clock.

The same material makes the calendar, the STIX bundle and the table, at a desk and behind the explorer's pages alike.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ledger.exports.reading import Said
from ledger.exports.words import label, visible
from verifier.audit.state import AuditState
from verifier.conformance.case import Case
from verifier.conformance.docket import case_of
from verifier.conformance.judge import Judgement, rehearse, weigh
from verifier.conformance.report import Obligation
from verifier.conformance.texts import Dated, Texts
from verifier.exits import Exit
from verifier.formats.times import format_utc

_BEFORE_ALL = -1


class Judged(NamedTuple):
    """An obligation with the report that it stands in: None, or the statement id of the drill whose rehearsal it is part of."""

    exercise: str | None
    obligation: Obligation


@dataclass(frozen=True)
class Material:
    """An audited log as of `moment` (seconds, UTC; None where no body of its history had a quorum: then nothing exists).

    `size`, `root`: of the tree that was audited (records, hex). `said`: record -> what it says and when it was received.
    `named`: (code, record) -> what the registry in force at that record calls a participant. `verdict`: of the audit.
    `known`: the judgement of the world as of the moment, where it was made before.
    """

    case: Case
    moment: int | None
    size: int
    root: str
    said: Callable[[int], Said]
    named: Callable[[str, int], str]
    verdict: Exit = Exit.GOOD
    known: Judgement | None = None

    @property
    def ledger(self) -> str:
        """The log's name."""
        return self.case.ledger

    @property
    def as_of(self) -> str:
        """The moment in words."""
        return "no moment: no quorum of witnesses dates it" if self.moment is None else format_utc(self.moment)

    @cached_property
    def texts(self) -> Texts:
        """What exists, as changed, opened, cancelled, retracted. `by_record` holds what is marked as well."""
        return Texts(self.case, _BEFORE_ALL) if self.world is None else self.world.texts

    @cached_property
    def world(self) -> Judgement | None:
        """The judgement of the world; None without a moment."""
        return self.known or (None if self.moment is None else weigh(self.case, self.moment))

    @cached_property
    def events(self) -> Sequence[Dated]:
        """What exists, in the order of the log, marked or not."""
        return list(self.texts.by_record.values())

    @cached_property
    def by_id(self) -> Mapping[str, Dated]:
        """Statement id -> what exists."""
        return {event.id: event for event in self.events}

    @cached_property
    def related(self) -> Mapping[int, Sequence[Dated]]:
        """Record -> the later statements that relate to it, in order, in whatever relation."""
        found: dict[int, list[Dated]] = defaultdict(list)
        for event in self.events:
            for target in dict.fromkeys(target for _, target in event.relates):
                found[target].append(event)
        return found

    @cached_property
    def key_changes(self) -> Sequence[Dated]:
        """The changes of keys, in the order of the log."""
        return [event for event in self.events if event.type == "key-change"]

    @cached_property
    def accessions(self) -> Mapping[str, Dated]:
        """Participant -> its accession."""
        return {event.party: event for event in self.events if event.type == "accession"}

    @cached_property
    def retractions(self) -> Sequence[Dated]:
        """The retractions, in the order of the log; each relates to the one statement that it takes back."""
        return [event for event in self.events if event.type == "retraction"]

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """What is owed: of the real world first, then of each rehearsal by its drill's id; each ordered by due, then id."""
        world = self.world
        if world is None:
            return ()
        drills = sorted({event.exercise for event in self.events if event.exercise})
        rehearsed = [Judged(drill, one) for drill in drills for one in rehearse(world, drill).obligations]
        return (*(Judged(None, one) for one in world.obligations), *rehearsed)

    @cached_property
    def owed(self) -> Mapping[str, Obligation]:
        """Obligation id -> obligation, of the world and of rehearsals."""
        return {row.obligation.id: row.obligation for row in self.judged}

    def name(self, code: str, record: int) -> str:
        """A participant as the registry in force at a record names it: "Arvenia (XA)"."""
        return f"{visible(self.named(code, record))} ({code})"

    def names(self, codes: Sequence[str], record: int, nobody: str) -> str:
        """Participants, joined by commas; `nobody` where there is none."""
        return ", ".join(self.name(code, record) for code in codes) or nobody

    def mention(self, event: Dated) -> str:
        """A statement in words: its type, author, record and id."""
        author = self.name(event.party, event.record)
        return f"{label('types', event.type)} by {author}, record {event.record}, statement {event.id}"

    @property
    def provenance(self) -> str:
        """Where all of this comes from, in a sentence or two."""
        told = (
            f"From the ledger {visible(self.ledger)}: {self.size} records, tree root {self.root}, as of {self.as_of}."
        )
        if self.verdict != Exit.GOOD:
            word = self.verdict.name.lower().replace("_", " ")
            told += (
                f" The audit of this log did not end well: {word} (exit {int(self.verdict)}). Do not rely on this file."
            )
        return told


def material_of(
    state: AuditState,
    asked: int,
    said: Callable[[int], Said],
    verdict: Exit = Exit.GOOD,
    known: Judgement | None = None,
) -> Material:
    """The material that an audited log makes, as of the greatest moment not after `asked` (seconds, UTC). `known`: the world's
    judgement as of then, where it was made before.

    Raises Fault `charter.missing`, `state.no-events`.
    """
    case = case_of(state) if known is None else known.texts.case
    return Material(
        case=case,
        moment=case.moment(asked),
        size=state.size,
        root=state.range.root().hex(),
        said=said,
        named=registry_of(state),
        verdict=verdict,
        known=known,
    )


def registry_of(state: AuditState) -> Callable[[str, int], str]:
    """(code, record) -> the participant's name in the charter in force at the record: the English one, or the first."""
    charters = state.trust.charters
    firsts = [first for first, _ in charters]

    def named(code: str, record: int) -> str:
        parties = charters[max(bisect_right(firsts, record) - 1, 0)][1].parties
        found = parties.get(code) or state.trust.registry.get(code)
        if found is None or not found.names:
            return code
        return found.names.get("en") or found.names[min(found.names)]

    return named
