"""Limits: at most so many statements, in any period, in a season, ever, or for a while after another statement.

Source: docs/CONFORMANCE.md, "Limits".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from verifier.conformance.bindings import Bindings, Source
from verifier.conformance.deadlines import due
from verifier.conformance.report import EXCEEDED, KEPT, OPEN, UNDETERMINABLE, WAIVED, Duty, Obligation, duty
from verifier.conformance.status import Clock
from verifier.conformance.texts import START, Dated, Texts, date
from verifier.conformance.triggers import Candidates, Rule, Rulebook
from verifier.formats.times import parse_duration
from verifier.vocabulary.rules import WITNESSED


class Limits:
    """Judges all limits of a case. `flooded`: what exceeded one, as (record, the party to whom it was too many or None)."""

    def __init__(self, texts: Texts, bindings: Bindings, candidates: Candidates, clock: Clock) -> None:
        self._texts = texts
        self._bindings = bindings
        self._candidates = candidates
        self._clock = clock
        self._states = sorted(bindings.members)
        self.flooded: set[tuple[int, str | None]] = set()

    def judge(self) -> Iterator[Obligation]:
        """Every limit: those on each statement, then those that a statement starts."""
        for source in self._bindings.sources:
            for rule in source.rules:
                if rule["kind"] == "limit" and "on" not in rule:
                    for debtor in source.bound:
                        yield from self._each(source, rule, debtor)
        yield from self._windows()

    # On each statement.

    def _each(self, source: Source, rule: Rule, debtor: str) -> Iterator[Obligation]:
        counts: dict[str | None, Count] = defaultdict(lambda: Count(rule))
        selector = rule["of"]
        for event in sorted(self._candidates.of_party(selector["type"], debtor), key=lambda e: e.record):
            if not source.binds(debtor, event):
                continue
            fields = self._texts.fields(event)
            fits = self._texts.matches(selector, fields)
            when = self._when(rule, event, fields)
            if fits is False or when is None or self._cancelled_in_notice(source, event):
                continue
            for toward in self._towards(source, rule, debtor, event):
                status = counts[toward].take(when, sure=fits is True)
                if fits is None:
                    status = UNDETERMINABLE
                if status == EXCEEDED:
                    self.flooded.add((event.record, toward))
                yield self._judged(source, rule, debtor, event, toward, when[1], status)

    def _when(self, rule: Rule, event: Dated, fields: Mapping[str, Any]) -> tuple[int, int] | None:
        """(after, before] of what a limit counts by: the event's date, which is a point, or its witnessed time."""
        if rule.get("anchor", WITNESSED) == WITNESSED:
            return event.after, event.before
        moment = date(fields, rule["anchor"])
        return None if moment is None else (moment - 1, moment)

    def _towards(self, source: Source, rule: Rule, debtor: str, event: Dated) -> Sequence[str | None]:
        if rule["by"] != "each-pair":
            return (None,)
        circle = self._bindings.circle(source, event.before)
        addressed = event.addressees or circle
        return [code for code in addressed if code in circle and code != debtor]

    def _cancelled_in_notice(self, source: Source, event: Dated) -> bool:
        """Whether an announcement was cancelled before its notice was due, or, where no rule asks for notice, its start."""
        cancelled = self._texts.cancellation(event)
        if cancelled is None:
            return False
        version = self._texts.versions(event)[-1]
        start = date(version.fields, START)
        dues = [
            due(rule, moment)
            for rule in source.rules
            if rule["kind"] == "deadline" and "self" in rule["expect"] and rule["on"].get("type") == event.type
            for moment in [date(version.fields, rule["anchor"])]
            if moment is not None and self._texts.matches(rule["on"], version.fields)
        ]
        last = min(dues) if dues else start
        return last is not None and cancelled.before <= last

    def _judged(
        self, source: Source, rule: Rule, debtor: str, event: Dated, toward: str | None, moment: int, status: str
    ) -> Obligation:
        period = None if toward is None else {"toward": toward}
        creditors = (toward,) if toward else self._bindings.others(source, event.before, debtor)
        owed = duty(rule, source.id, debtor, creditors, due=moment, trigger=event.id, period=period)
        return self._released(owed, event, status)

    def _released(self, owed: Duty, event: Dated, status: str) -> Obligation:
        """The obligation: waived, where it is not kept and those to whom it is owed released it."""
        waived = status != KEPT and self._clock.released(owed, event)
        return owed.judged(WAIVED if waived else status)

    # For a while after another statement.

    def _windows(self) -> Iterator[Obligation]:
        """All windows of one rule and debtor together, from the latest back, so that each counts what came after it."""
        opened: dict[tuple[str, str, str], list[Window]] = defaultdict(list)
        for window in self._opened():
            opened[window.source.id, window.rule["id"], window.debtor].append(window)
        for windows in opened.values():
            later = self._countable(windows[0])
            counts = Later()
            for window in reversed(windows):
                while later and later[-1][0] > window.event.record:
                    counts.add(*later.pop()[1:])
                yield self._window(window, *counts.within(window.event.before, window.end))

    def _opened(self) -> Iterator[Window]:
        book = Rulebook(self._bindings.sources, "limit")
        begun: dict[tuple[str, str, str, int], int] = {}
        for event in self._texts.acts:
            if event.type not in book:
                continue
            for source, rule, debtor in book.owed(event, event.type, self._states):
                fits = self._texts.matches(rule["on"], self._texts.fields(event))
                thread = self._texts.thread(event)
                if fits and thread is not None:
                    key = (source.id, rule["id"], event.party, thread)
                    if begun.setdefault(key, event.record) != event.record:
                        continue
                if debtor != event.party and {(event.record, None), (event.record, debtor)} & self.flooded:
                    continue
                if fits is not False and source.binds(debtor, event):
                    yield Window(source, rule, debtor, event, event.before + parse_duration(rule["within"]), bool(fits))

    def _countable(self, window: Window) -> list[tuple[int, bool, int, int]]:
        """(record, whether it surely matches, after, before) of what a window's rule counts, in the order of the log."""
        selector, found = window.rule["of"], []
        for event in self._candidates.of_party(selector["type"], window.debtor):
            fields = self._texts.fields(event)
            fits, when = self._texts.matches(selector, fields), self._when(window.rule, event, fields)
            if fits is False or when is None or self._cancelled_in_notice(window.source, event):
                continue
            if window.rule.get("anchor", WITNESSED) != WITNESSED and event.before > when[1]:
                continue  # said after the fact: it could change what was settled
            found.append((event.record, fits is True, *when))
        return sorted(found)

    def _window(self, window: Window, sure: int, possible: int) -> Obligation:
        source, rule, debtor, event, end, known = window
        status = self._counted(rule["most"], sure, possible, end, known=known)
        creditors = (
            (event.party,) if rule["by"] == "addressees" else self._bindings.others(source, event.before, debtor)
        )
        owed = duty(rule, source.id, debtor, creditors, due=end, trigger=event.id)
        return self._released(owed, event, status)

    def _counted(self, most: int, sure: int, possible: int, end: int, *, known: bool) -> str:
        if not known:
            return UNDETERMINABLE
        if sure > most:
            return EXCEEDED
        if self._texts.moment <= end:
            return OPEN
        return UNDETERMINABLE if possible > most else KEPT


class Window(NamedTuple):
    """The time after a statement in which a limit counts. `end`: seconds, included; `known`: whether it surely matches."""

    source: Source
    rule: Rule
    debtor: str
    event: Dated
    end: int
    known: bool


class Later:
    """What came after some record: how much of it became public, or is dated, in a window. All lists rise."""

    def __init__(self) -> None:
        self._sure: tuple[list[int], list[int]] = ([], [])
        self._all: tuple[list[int], list[int]] = ([], [])

    def add(self, sure: bool, after: int, before: int) -> None:
        """Take in one that happened in (after, before]."""
        for afters, befores in (self._all, self._sure)[: 1 + sure]:
            insort(afters, after)
            insort(befores, before)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """How many happened in (start, end]: surely, possibly."""
        afters, befores = self._sure
        surely = max(0, bisect_right(befores, end) - bisect_left(afters, start))
        afters, befores = self._all
        return surely, max(0, bisect_left(afters, end) - bisect_right(befores, start))


class Count:
    """Statements counted so far against one limit, by one party (toward one other)."""

    def __init__(self, rule: Rule) -> None:
        self._most: int = rule["most"]
        self._length = parse_duration(rule["in"]) if "in" in rule else None
        self._season: Mapping[str, str] | None = rule.get("season")
        self._point = rule.get("anchor", WITNESSED) != WITNESSED
        self._sure: list[int] = []
        self._possible: list[int] = []
        self._seasons: dict[int, list[int]] = defaultdict(lambda: [0, 0])

    def take(self, when: tuple[int, int], *, sure: bool) -> str:
        """Take in the next statement, public or dated in (after, before]; say whether it makes too many."""
        if self._season is not None:
            return self._in_season(when[1], sure)
        after, before = when
        if sure:
            insort(self._sure, before if self._point else after)
        insort(self._possible, before)
        if self._length is None:
            surely, maybe = len(self._sure) > self._most, len(self._possible) > self._most
        elif self._point:
            surely, maybe = self._crowded(self._sure, before), self._crowded(self._possible, before)
        else:
            first = before - self._length
            others = len(self._sure) - bisect_left(self._sure, first)
            own = 1 if sure and after < first else 0
            surely = others + own > self._most
            maybe = len(self._possible) - bisect_right(self._possible, first) > self._most
        return EXCEEDED if surely and sure else UNDETERMINABLE if maybe else KEPT

    def _crowded(self, moments: Sequence[int], moment: int) -> bool:
        """Whether more than `most` of the moments lie within one period that holds `moment`."""
        assert self._length is not None
        first, last = bisect_left(moments, moment), bisect_right(moments, moment)
        for low in range(max(first - self._most, 0), last):
            high = low + self._most
            if first <= high < len(moments) and moments[high] - moments[low] < self._length:
                return True
        return False

    def _in_season(self, moment: int, sure: bool) -> str:
        year = self._year(moment)
        if year is None:
            return KEPT
        self._seasons[year][0] += sure
        self._seasons[year][1] += 1
        surely, possibly = self._seasons[year]
        return EXCEEDED if sure and surely > self._most else UNDETERMINABLE if possibly > self._most else KEPT

    def _year(self, moment: int) -> int | None:
        """The year in which the season began that holds a moment; None outside it."""
        assert self._season is not None
        day = datetime.fromtimestamp(moment, UTC)
        here, first, last = day.strftime("%m-%d"), self._season["first"], self._season["last"]
        if first <= last:
            return day.year if first <= here <= last else None
        if here >= first:
            return day.year
        return day.year - 1 if here <= last else None
