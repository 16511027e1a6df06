"""Recurrences: a statement at least once in every period. Source: docs/CONFORMANCE.md, "Recurrences"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from verifier.conformance.bindings import Bindings, Source, Span
from verifier.conformance.report import Obligation, duty
from verifier.conformance.status import Candidate, Clock
from verifier.conformance.texts import Texts
from verifier.conformance.triggers import Candidates, Rule
from verifier.formats.times import format_utc, parse_duration

_DAY = 86_400


class Turn(NamedTuple):
    """One period of one duty, [start, end) in seconds. `toward`: the other of a pair; `began`: of the binding."""

    source: Source
    rule: Rule
    debtor: str
    toward: str | None
    start: int
    end: int
    began: int | None


class Recurrences:
    """Judges all recurrences of a case."""

    def __init__(self, texts: Texts, bindings: Bindings, candidates: Candidates, clock: Clock) -> None:
        self._texts = texts
        self._bindings = bindings
        self._candidates = candidates
        self._clock = clock

    def judge(self) -> Iterator[Obligation]:
        """Every period that has begun."""
        for source in self._bindings.sources:
            for rule in source.rules:
                if rule["kind"] == "recurrence":
                    for turn in self._turns(source, rule):
                        yield self._judged(turn)

    def _turns(self, source: Source, rule: Rule) -> Iterator[Turn]:
        for debtor, spans in source.bound.items():
            for span in spans:
                if rule["by"] == "each-party":
                    yield from self._periods(source, rule, debtor, None, span)
                    continue
                for other, theirs in self._bindings.circle_spans(source).items():
                    for both in _common(span, theirs) if other != debtor else ():
                        yield from self._periods(source, rule, debtor, other, both)

    def _periods(self, source: Source, rule: Rule, debtor: str, toward: str | None, span: Span) -> Iterator[Turn]:
        """The periods that begin in the span, have begun by now and do not outlast the span."""
        periods = _years(rule["yearly"], span.start) if "yearly" in rule else _stretches(rule["every"], span.start)
        for start, end in periods:
            if start > self._texts.moment or start >= span.end or end > span.end:
                return
            yield Turn(source, rule, debtor, toward, start, end, span.began if start == span.start else None)

    def _judged(self, turn: Turn) -> Obligation:
        period = {"from": format_utc(turn.start), "to": format_utc(turn.end - 1)}
        if turn.toward is not None:
            period["toward"] = turn.toward
        owed = duty(turn.rule, turn.source.id, turn.debtor, self._creditors(turn), due=turn.end - 1, period=period)
        return self._clock.judged(owed, self._discharging(turn), known=True, root=None)

    def _creditors(self, turn: Turn) -> tuple[str, ...]:
        if turn.toward is not None:
            return (turn.toward,)
        return self._bindings.others(turn.source, turn.end - 1, turn.debtor)

    def _discharging(self, turn: Turn) -> Sequence[Candidate]:
        """The events from the period's start on, up to the first that surely counts."""
        selector, found = turn.rule["expect"], []
        for event in self._candidates.since(selector["type"], turn.debtor, turn.start):
            if turn.toward is not None and event.addressees and turn.toward not in event.addressees:
                continue
            if self._texts.retraction(event.record):
                continue
            fits = self._texts.matches(selector, self._texts.fields(event))
            if fits is None or fits:
                inside = event.after + 1 >= turn.start or (turn.began is not None and event.record > turn.began)
                found.append(Candidate(event, sure=bool(fits) and inside))
                if found[-1].sure:
                    break
        return found


def _common(span: Span, others: Sequence[Span]) -> Iterator[Span]:
    """Where two parties are bound at once; it began with the later of the two."""
    for other in others:
        start, began = max(span.start, other.start), max(span.began, other.began)
        end = min(span.end, other.end)
        if start < end:
            yield Span(start, began, end)


def _stretches(every: str, start: int) -> Iterator[tuple[int, int]]:
    length = parse_duration(every)
    while True:
        yield start, start + length
        start += length


def _years(day: str, start: int) -> Iterator[tuple[int, int]]:
    """The years that end with that day and begin at `start` or later."""
    year = datetime.fromtimestamp(start, UTC).year - 1
    while year < 9_998:
        first, last = _end_of(day, year), _end_of(day, year + 1)
        if first >= start:
            yield first, last
        year += 1


def _end_of(day: str, year: int) -> int:
    """The first second after that day (MM-DD, UTC)."""
    month, number = (int(part) for part in day.split("-"))  # its schema has accepted it
    return int(datetime(year, month, number, tzinfo=UTC).timestamp()) + _DAY
