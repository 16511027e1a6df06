"""Counting for limits: whether a statement makes too many, and how many lie in the time after another.

Everything is kept in sorted lists, so that no limit costs more than the logarithm of what it counts for each statement.
Source: docs/CONFORMANCE.md, "Limits".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from verifier.conformance.bindings import Source
from verifier.conformance.report import EXCEEDED, KEPT, UNDETERMINABLE
from verifier.conformance.texts import Dated
from verifier.conformance.triggers import Rule
from verifier.formats.times import parse_duration
from verifier.vocabulary.rules import WITNESSED


class Window(NamedTuple):
    """The time after a statement in which a limit counts.

    `event`: the statement; `root`: the text that it changes, or itself. `end`: seconds, included; `known`: whether it surely
    matches.
    """

    source: Source
    rule: Rule
    debtor: str
    root: Dated
    event: Dated
    end: int
    known: bool


class Countable(NamedTuple):
    """A statement that windows may count: whether it surely matches, and (after, before] of what is counted by."""

    record: int
    sure: bool
    after: int
    before: int


Counted = Iterator[tuple[Window, tuple[int, int]]]


def counted(windows: Sequence[Window], countable: Sequence[Countable]) -> Counted:
    """How many of what came after each window's statement happened within it, surely and possibly; from the latest back.

    What happened in a longer time than the window lasts is never surely within. Of the rest none begins before the window and
    ends after it, so that two positions in sorted lists tell how many lie inside.
    """
    sure: tuple[list[int], list[int]] = ([], [])
    every: tuple[list[int], list[int]] = ([], [])
    left = list(countable)
    for window in reversed(windows):
        start, end = window.event.before, window.end
        while left and left[-1].record > window.event.record:
            one = left.pop()
            short = one.sure and one.before - one.after <= end - start
            for afters, befores in (every, sure) if short else (every,):
                insort(afters, one.after)
                insort(befores, one.before)
        surely = bisect_right(sure[1], end) - bisect_left(sure[0], start)
        possibly = bisect_left(every[0], end) - bisect_right(every[1], start)
        yield window, (surely, possibly)


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
