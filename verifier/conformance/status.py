"""The words of a judgement: what may discharge an obligation, held against its due.

Source: docs/CONFORMANCE.md, sections "Status" and "An obligation".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple

from verifier.conformance.case import Case
from verifier.conformance.report import KEPT, LATE, OPEN, OVERDUE, UNDETERMINABLE, WAIVED, Duty, Obligation
from verifier.conformance.texts import Dated, Texts, date
from verifier.formats.times import format_utc

_ALWAYS = 2**62


class Candidate(NamedTuple):
    """An event that may discharge. `sure`: it matches for certain and lies in the window for certain."""

    event: Dated
    sure: bool


class Weighed(NamedTuple):
    """What one status was decided by. `root`: the statement at the bottom of the clock, or None."""

    candidates: tuple[Candidate, ...]
    known: bool
    root: Dated | None


class Clock:
    """What decides a status beside the candidates: the moment, silences, releases, verifiers' observations.

    `watch`: the ids of the obligations of which `weighed` is to tell what decided.
    """

    def __init__(self, case: Case, texts: Texts, watch: Container[str] = ()) -> None:
        self._watch = watch
        self.weighed: dict[str, Weighed] = {}
        self._narrowed: Callable[[int], int | None] = case.narrowed
        self._texts = texts
        self.moment = texts.moment
        self.answers: dict[str, list[Dated]] = defaultdict(list)
        """Obligation id -> what names it, in order."""
        for event in texts.acts:
            for named in event.fields.get("obligations", ()):
                self.answers[named].append(event)
        terms = case.terms(texts.real[-1].record if texts.real else 0)
        self._observations = terms.observations
        self._gaps = texts.silences(terms.longest_silence)
        self._verifiers = frozenset(code for code, kind in case.kinds.items() if kind == "verifier")

    def before(self, event: Dated) -> int:
        """The latest moment at which an event became public, receipts included."""
        narrowed = self._narrowed(event.record)
        return event.before if narrowed is None else min(narrowed, event.before)

    def judged(self, owed: Duty, candidates: Sequence[Candidate], *, known: bool, root: Dated | None) -> Obligation:
        """The obligation with its status. `known`: whether its trigger surely is one; `root`: the statement that
        started the clock, or None.

        1. undeterminable, for the trigger is  2. kept  3. waived  4. open  5. undeterminable  6. late  7. overdue
        """
        due = owed.due
        assert due is not None
        if owed.id in self._watch:
            self.weighed[owed.id] = Weighed(tuple(candidates), known, root)
        if not known:
            return owed.judged(WAIVED) if self.released(owed, root) else _by(owed, UNDETERMINABLE, candidates)
        in_time = [c for c in candidates if c.sure and self.before(c.event) <= due]
        if in_time:
            return _by(owed, KEPT, in_time)
        if self.released(owed, root):
            return owed.judged(WAIVED)
        if self.moment <= due:
            return owed.judged(OPEN)
        late = [c for c in candidates if c.sure and c.event.after > due]
        possible = any(c.event.after <= due for c in candidates)
        if possible or self._gap(due) or self._refused(owed.id, due) or (candidates and not late):
            return _by(owed, UNDETERMINABLE, candidates)
        return _by(owed, LATE, late) if late else owed.judged(OVERDUE)

    def released(self, owed: Duty, root: Dated | None) -> bool:
        """Whether every creditor released the debtor in time, or the author of what started the clock took it back."""
        due = _ALWAYS if owed.due is None else owed.due
        if self._taken_back(root, owed.debtor, due) is not None:
            return True
        return owed.id in self.answers and self._waived(owed, due)

    def _taken_back(self, root: Dated | None, debtor: str, due: int) -> Dated | None:
        if root is None or root.party == debtor:
            return None
        retraction = self._texts.retraction(root.record)
        return retraction if retraction is not None and retraction.before <= due else None

    def verdict(self, event: Dated, due: int) -> str:
        """How an event stands to a due: in time, late, or either."""
        if self.before(event) <= due:
            return "in time"
        return "late" if event.after > due else "in time or late: its witnessed time spans the due"

    def silence(self, due: int | None) -> tuple[str, str] | None:
        """The silence of the log in which a due lies, if it lies in one."""
        gap = self._gap(due) if due is not None else None
        return (format_utc(gap[0]), format_utc(gap[1])) if gap else None

    def releasing(self, obligation: Obligation) -> list[tuple[Dated, tuple[str, ...]]]:
        """The waivers and outcomes of mediation that name an obligation, each with the creditors for whom it releases."""
        due = _ALWAYS if obligation.due is None else obligation.due
        named = [a for a in self.answers.get(obligation.id, ()) if a.type in ("waiver", "mediation-outcome")]
        return [(a, tuple(sorted(self._releases(a, due) & set(obligation.creditors)))) for a in named]

    def refused(self, obligation: Obligation) -> list[str]:
        """The verifiers that saw by its due that a statement was refused, where they are enough; else none."""
        due = obligation.due
        return sorted(self._saw(obligation.id, due)) if due is not None and self._refused(obligation.id, due) else []

    def taken_back(self, obligation: Obligation) -> Dated | None:
        """The retraction, by another than the debtor and in time, of what started its clock."""
        weighed = self.weighed.get(obligation.id)
        root = weighed.root if weighed else None
        due = _ALWAYS if obligation.due is None else obligation.due
        return self._taken_back(root, obligation.debtor, due)

    def _gap(self, due: int) -> tuple[int, int] | None:
        at = bisect_left(self._gaps, (due,)) - 1
        return self._gaps[at] if at >= 0 and self._gaps[at][0] < due < self._gaps[at][1] else None

    def _refused(self, obligation: str, due: int) -> bool:
        """Whether enough verifiers saw by then that the depositary did not admit a statement."""
        return 0 < self._observations <= len(self._saw(obligation, due))

    def _saw(self, obligation: str, due: int) -> set[str]:
        return {
            answer.party
            for answer in self.answers.get(obligation, ())
            if answer.fields.get("kind") == "refused-statement"
            and answer.party in self._verifiers
            and (date(answer.fields, "moment") or 0) <= due
        }

    def _waived(self, owed: Duty, due: int) -> bool:
        released = {party for answer in self.answers.get(owed.id, ()) for party in self._releases(answer, due)}
        return bool(owed.creditors) and released >= set(owed.creditors)

    def _releases(self, answer: Dated, due: int) -> set[str]:
        """The states for which an answer releases the debtor, by this due."""
        if answer.type == "mediation-outcome":
            return self._settled(answer, due)
        counts = answer.type == "waiver" and answer.before <= due and not self._texts.contested(answer)
        return {answer.party} if counts else set()

    def _settled(self, outcome: Dated, due: int) -> set[str]:
        """The states that an outcome of mediation binds, once all of them have adhered in time."""
        between = set(outcome.fields.get("between", ()))
        until = date(outcome.fields, "open_until")
        adhered = {
            a.party
            for a in self._texts.effects("adheres", outcome.record)
            if not a.fields.get("subject_to_approval") and a.before <= min(due, _ALWAYS if until is None else until)
        }
        return between if between <= adhered else set()


def _by(owed: Duty, status: str, deciding: Sequence[Candidate]) -> Obligation:
    """The obligation as decided by these: the lowest record among them discharges."""
    if not deciding:
        return owed.judged(status)
    return owed.judged(status, min([(c.event.record, c.event.id) for c in deciding])[1])


def answered(obligation: Obligation, answers: Sequence[Dated]) -> Obligation:
    """The obligation with what was said of it beside its status."""
    if not answers:
        return obligation
    rows: list[Mapping[str, str]] = [{"type": a.type, "party": a.party, "statement": a.id} for a in answers]
    disputed = tuple(a.id for a in answers if a.type == "objection")
    return obligation._replace(answers=tuple(rows), disputed_by=disputed)
