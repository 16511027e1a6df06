"""The walk of a judgement, top to bottom. A pure function of a case and a moment. Source: docs/CONFORMANCE.md.

1. As of: the greatest moment at which a quorum had signed, not after the one asked for.
2. Texts: what exists then, as changed, opened, cancelled, retracted.
3. Bindings: which rules bind whom, and when.
4. Limits on each statement: what exceeds one starts no clock against others.
5. Recurrences, then deadlines, of which those on overdue obligations come last; abstentions.
6. Answers: what was said of each obligation, beside its status.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from verifier.conformance.bindings import Bindings
from verifier.conformance.case import Case
from verifier.conformance.collecting import uncollected
from verifier.conformance.deadlines import Deadlines
from verifier.conformance.limits import Limits
from verifier.conformance.recurrences import Recurrences
from verifier.conformance.report import LATE, OVERDUE, UNDETERMINABLE, WAIVED, Obligation, duty
from verifier.conformance.status import Clock, answered
from verifier.conformance.texts import Dated, Texts
from verifier.conformance.triggers import Candidates

_LAST = 2**62


def judge(case: Case, asked: int, exercise: str | None = None) -> list[Obligation]:
    """The obligations of a case as of `asked` (seconds, UTC), ordered by due (None last), then id; none without a moment.

    `exercise`: None, or the statement id of the drill whose rehearsal is judged.
    """
    weighed = weigh(case, asked, exercise)
    return weighed.obligations if weighed else []


@dataclass(frozen=True)
class Judgement:
    """The obligations, ordered, and what they were judged from; `clock.weighed` tells of the obligations watched."""

    obligations: list[Obligation]
    texts: Texts
    bindings: Bindings
    clock: Clock

    @cached_property
    def by_id(self) -> Mapping[str, Obligation]:
        """Obligation id -> obligation."""
        return {one.id: one for one in self.obligations}

    @cached_property
    def limited(self) -> Mapping[tuple[str, str], list[Obligation]]:
        """(source, rule) of each limit -> its obligations."""
        found: dict[tuple[str, str], list[Obligation]] = defaultdict(list)
        for one in self.obligations:
            if one.kind == "limit":
                found[one.source, one.rule].append(one)
        return found


class _Every:
    """Holds every id."""

    def __contains__(self, name: object) -> bool:
        return True


EVERY: Container[str] = _Every()
"""To watch all obligations: each can be explained then."""


def weigh(case: Case, asked: int, exercise: str | None = None, watch: Container[str] = ()) -> Judgement | None:
    """As `judge`, with what decided; None without a moment. `watch`: the ids of obligations to explain, or EVERY."""
    moment = case.moment(asked)
    if moment is None:
        return None
    with uncollected():
        texts = Texts(case, moment, exercise)
        return _weighed(texts, Bindings(case, texts), watch)


def rehearse(world: Judgement, exercise: str, watch: Container[str] = ()) -> Judgement:
    """What `weigh` gives for the rehearsal of a drill at the same moment, on the texts and bindings of the world's judgement."""
    with uncollected():
        return _weighed(world.texts.rehearsal(exercise), world.bindings, watch)


def _weighed(texts: Texts, bindings: Bindings, watch: Container[str]) -> Judgement:
    clock = Clock(texts.case, texts, watch)
    judged = [_beside(texts, clock, one) for one in _judged(texts, bindings, clock)]
    judged.sort(key=lambda one: (_LAST if one.due is None else one.due, one.id))
    return Judgement(judged, texts, bindings, clock)


def _judged(texts: Texts, bindings: Bindings, clock: Clock) -> Iterator[Obligation]:
    candidates = Candidates(texts, bindings.sources)
    limits = Limits(texts, bindings, candidates, clock)
    yield from list(limits.judge())
    recurring = [] if texts.exercise else list(Recurrences(texts, bindings, candidates, clock).judge())
    yield from recurring
    missed = [one for one in recurring if one.status in (OVERDUE, LATE)]
    yield from Deadlines(texts, bindings, candidates, clock, frozenset(limits.flooded)).judge(missed)
    if not texts.exercise:
        yield from _abstentions(bindings, clock)


def _abstentions(bindings: Bindings, clock: Clock) -> Iterator[Obligation]:
    """What the log cannot see: undeterminable, unless every creditor waived it."""
    for source in bindings.sources:
        for rule in source.rules:
            if rule["kind"] != "abstention":
                continue
            for debtor, spans in source.bound.items():
                ends = [span.end for span in spans if span.start < span.end]
                if not ends:
                    continue
                moment = min(clock.moment, ends[-1] - 1)
                owed = duty(rule, source.id, debtor, bindings.others(source, moment, debtor), due=None)
                yield owed.judged(WAIVED if clock.released(owed, None) else UNDETERMINABLE)


def _beside(texts: Texts, clock: Clock, one: Obligation) -> Obligation:
    """The obligation with its answers, and with what is contested among the statements that decide it."""
    answers = clock.answers.get(one.id)
    if answers:
        one = answered(one, answers)
    if texts.stolen:
        deciding: list[Dated | None] = [texts.by_id.get(i or "") for i in (one.source, one.trigger, one.discharged_by)]
        marked = sorted({event.id for event in deciding if event is not None and texts.contested(event)})
        one = one._replace(contested=tuple(marked)) if marked else one
    return one
