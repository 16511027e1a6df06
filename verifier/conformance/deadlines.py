"""Deadlines: when a statement appears, somebody must publish another by a moment. Source: docs/CONFORMANCE.md, "Deadlines"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from verifier.conformance.bindings import Bindings, Source
from verifier.conformance.report import LATE, OVERDUE, Obligation, duty
from verifier.conformance.status import Candidate, Clock
from verifier.conformance.texts import Dated, Texts, date
from verifier.conformance.triggers import Candidates, Rule, Rulebook
from verifier.formats.times import format_utc, parse_duration
from verifier.vocabulary.rules import OPENS, RECEIPT, WITNESSED

Period = Mapping[str, str]
Flooded = frozenset[tuple[int, str | None]]
"""(record, party to whom it was too many; None: to all) of statements that exceed a limit of their author."""


class Clause(NamedTuple):
    """One duty before it is judged.

    `trigger`: the id of the statement, or of the overdue obligation. `by`: the statement, or None. `root`: the text that it
    changes, itself, or what started the obligation that is overdue; None for a missed recurrence. `anchor`: the moment
    counted from, in seconds. `window`: whether what came before the anchor counts for nothing.
    """

    source: Source
    rule: Rule
    debtor: str
    trigger: str
    by: Dated | None
    root: Dated | None
    anchor: int
    known: bool
    window: bool
    period: Period | None = None

    @property
    def due(self) -> int:
        """The last moment, in seconds."""
        return due(self.rule, self.anchor)


def due(rule: Rule, anchor: int) -> int:
    """anchor - `before`, or anchor + `within`, in seconds."""
    if "before" in rule:
        return anchor - parse_duration(rule["before"])
    return anchor + parse_duration(rule["within"])


def _came_first(rule: Rule) -> bool:
    """Whether what is expected must have come before the trigger was public, so that the trigger names it."""
    return "before" in rule and rule["anchor"] == WITNESSED


class Deadlines:
    """Judges all deadlines of a case."""

    def __init__(
        self, texts: Texts, bindings: Bindings, candidates: Candidates, clock: Clock, flooded: Flooded
    ) -> None:
        self._texts = texts
        self._bindings = bindings
        self._candidates = candidates
        self._clock = clock
        self._flooded = flooded
        self._missed: dict[tuple[str, str], list[tuple[Obligation, Dated | None]]] = defaultdict(list)

    def judge(self, missed: Sequence[Obligation]) -> Iterator[Obligation]:
        """Every deadline. `missed`: recurrences as judged, which may be what a deadline waits for."""
        for obligation in missed:
            self._note(obligation, None)
        book = Rulebook(self._bindings.sources, "deadline")
        for event in self._texts.acts:
            if event.type in book:
                for source, rule, debtor in book.owed(event, self._bindings.states(event.before)):
                    for clause in self._clauses(source, rule, debtor, event):
                        yield self._judged(clause)
        yield from self._overdue()

    # What an event triggers.

    def _clauses(self, source: Source, rule: Rule, debtor: str, event: Dated) -> list[Clause]:
        """What a rule makes a debtor owe by an event and its changes, where it binds him there."""
        own = debtor == event.party
        if not own and not self._flooded.isdisjoint(((event.record, None), (event.record, debtor))):
            return []
        matched = self._texts.matches(rule["on"], self._texts.fields(event, opened=own))
        if matched is False:
            return []
        find = self._notices if "self" in rule["expect"] else self._answers
        found = find(source, rule, debtor, event, matched is True)
        return [clause for clause in found if clause.by is not None and source.binds(debtor, clause.by)]

    def _notices(self, source: Source, rule: Rule, debtor: str, event: Dated, known: bool) -> list[Clause]:
        """The text itself must come in time; and so must each change that moves it earlier or makes it match."""
        notices: list[tuple[Dated, int]] = []
        last: int | None = None
        for version in self._texts.versions(event):
            when = date(version.fields, rule["anchor"])
            if when is None:
                last = None
                continue
            matches = self._texts.matches(rule["on"], version.fields) is not False
            if matches and not version.cut and (last is None or when < last):
                notices.append((version.by, when))
            elif notices:
                notices[-1] = notices[-1][0], max(notices[-1][1], when)
            last = when if matches else None
        return [Clause(source, rule, debtor, by.id, by, event, when, known, window=False) for by, when in notices]

    def _answers(self, source: Source, rule: Rule, debtor: str, event: Dated, known: bool) -> list[Clause]:
        """What is expected of others' or of a later statement, from the first text on that matches."""
        versions = self._texts.versions(event, opened=debtor == event.party)
        first = event
        if len(versions) > 1:
            first = next(v.by for v in versions if self._texts.matches(rule["on"], v.fields) is not False)
        window = "within" in rule and rule["anchor"] not in (WITNESSED, RECEIPT, OPENS)
        return [
            Clause(source, rule, debtor, first.id, first, event, anchor, known, window, period)
            for anchor, period in self._anchors(rule, debtor, event, first)
        ]

    def _anchors(self, rule: Rule, debtor: str, event: Dated, first: Dated) -> list[tuple[int, Period | None]]:
        """The moments counted from: one, or each opening date of what the text seals, or none where no date is given."""
        anchor = rule["anchor"]
        if anchor == WITNESSED:
            return [(first.before, None)]
        if anchor == RECEIPT:
            return [(self._receipt(debtor, event, first), None)]
        if anchor == OPENS:
            moments = sorted({opens for _, opens in event.sealed if opens is not None})
            return [(moment, {"opens": format_utc(moment)}) for moment in moments]
        moment_or_none = date(self._texts.fields(event), anchor)
        return [] if moment_or_none is None else [(moment_or_none, None)]

    def _receipt(self, debtor: str, event: Dated, first: Dated) -> int:
        """When the debtor acknowledged, at the latest the charter's grace after the statement was public."""
        latest = first.before + self._texts.case.terms(first.record).acknowledgement_grace
        said = [event.record, *(e.record for e in self._texts.effects("changes", event.record))]
        heard = [e for record in said for e in self._texts.effects("acknowledges", record)]
        return min([*(e.before for e in heard if e.party == debtor and e.record > first.record), latest])

    # What is overdue triggers, in turn.

    def _overdue(self) -> Iterator[Obligation]:
        """Rules on overdue obligations, in the order of their lists: each names only rules above it."""
        for source in self._bindings.sources:
            for rule in source.rules:
                named = rule["on"].get("overdue") if rule["kind"] == "deadline" else None
                for parent, root in self._missed[source.id, named] if named else ():
                    for debtor in self._debtors(source, rule, parent, root):
                        assert parent.due is not None
                        if source.binds_at(debtor, parent.due):
                            window = "within" in rule
                            yield self._judged(
                                Clause(source, rule, debtor, parent.id, None, root, parent.due, True, window)
                            )

    def _debtors(self, source: Source, rule: Rule, parent: Obligation, root: Dated | None) -> Sequence[str]:
        if rule["by"] == "debtor":
            return (parent.debtor,)
        if rule["by"] == "each-party":
            return tuple(source.bound)
        if root is None:
            return ()
        if rule["by"] == "author":
            return (root.party,)
        return root.addressees or [one for one in self._bindings.states(parent.due or 0) if one != root.party]

    # Judging.

    def _judged(self, clause: Clause) -> Obligation:
        owed = duty(
            clause.rule,
            clause.source.id,
            clause.debtor,
            self._creditors(clause),
            due=clause.due,
            trigger=clause.trigger,
            period=clause.period,
        )
        judged = self._clock.judged(owed, self._discharging(clause), known=clause.known, root=clause.root)
        self._note(judged, clause.root)
        return judged

    def _note(self, judged: Obligation, root: Dated | None) -> None:
        if judged.status in (OVERDUE, LATE):
            self._missed[judged.source, judged.rule].append((judged, root))

    def _creditors(self, clause: Clause) -> tuple[str, ...]:
        if clause.rule["by"] == "addressees" and clause.root is not None:
            return (clause.root.party,)
        moment = clause.by.before if clause.by is not None else clause.anchor
        return self._bindings.others(clause.source, moment, clause.debtor)

    def _discharging(self, clause: Clause) -> list[Candidate]:
        """What may discharge, in the order of the log."""
        rule, root = clause.rule, clause.root
        found: list[Candidate] = []
        if "self" in rule["expect"]:
            if clause.by is not None and not self._texts.retraction(clause.by.record):
                found.append(Candidate(clause.by, sure=True))
        elif rule["anchor"] == OPENS and root is not None:
            found += self._opening(root, clause)
        else:
            found += self._expected(clause)
        if clause.by is not None and root is not None and root.party == clause.debtor:
            cancelled = self._texts.cancellation(root)
            if cancelled is not None and not self._texts.retraction(cancelled.record):
                found.append(Candidate(cancelled, sure=True))
        return found

    def _expected(self, clause: Clause) -> Iterator[Candidate]:
        selector, root = clause.rule["expect"], clause.root
        for event in self._related(clause):
            if event.party != clause.debtor or self._texts.retraction(event.record):
                continue
            started = clause.by or root
            if started is not None and event.record <= started.record and not _came_first(clause.rule):
                continue
            if clause.window and event.before < clause.anchor:
                continue
            fits = self._texts.matches(selector, self._texts.fields(event))
            if fits is not False:
                yield Candidate(event, fits is True and not (clause.window and event.after < clause.anchor))

    def _related(self, clause: Clause) -> Sequence[Dated] | Iterator[Dated]:
        selector, root = clause.rule["expect"], clause.root
        if root is None:
            return self._candidates.since(selector["type"], clause.debtor, clause.anchor)
        if _came_first(clause.rule):
            targets = [self._texts.by_record.get(t) for rel, t in root.relates if rel == selector["rel"]]
            return [target for target in targets if target is not None and target.type == selector["type"]]
        return self._candidates.related(selector["type"], selector["rel"], root.record)

    def _opening(self, root: Dated, clause: Clause) -> Iterator[Candidate]:
        """The disclosure with which the last of the digests due that day was opened."""
        owed = {pointer for pointer, opens in root.sealed if opens == clause.anchor}
        for event in self._texts.effects("discloses", root.record):
            if event.party == clause.debtor and not self._texts.retraction(event.record):
                owed -= {pointer for pointer, *_ in event.fields.get("opened", ())}
                if not owed:
                    yield Candidate(event, sure=True)
                    return
