"""Limits: at most so many statements, in any period, in a season, ever, or for a while after another statement.

Source: docs/CONFORMANCE.md, "Limits".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier.conformance.bindings import Bindings, Source
from verifier.conformance.counting import Count, Countable, Window, counted
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
        """All windows of one rule and debtor together."""
        opened: dict[tuple[str, str, str], list[Window]] = defaultdict(list)
        for window in self._opened():
            opened[window.source.id, window.rule["id"], window.debtor].append(window)
        for windows in opened.values():
            windows.sort(key=lambda window: window.event.record)
            for window, (sure, possible) in counted(windows, self._countable(windows[0])):
                yield self._window(window, sure, possible)

    def _opened(self) -> Iterator[Window]:
        """The windows that events start: of one author in one thread the first alone, as far as it surely matches."""
        book = Rulebook(self._bindings.sources, "limit")
        begun: dict[tuple[str, str, str, int, bool], int] = {}
        for event in self._texts.acts:
            if event.type not in book:
                continue
            thread = self._texts.thread(event)
            for source, rule in book.rules(event.type) if thread is not None else ():
                for opened in (True, False):
                    key = (source.id, rule["id"], event.party, thread or 0, opened)
                    if self._texts.matches(rule["on"], self._texts.fields(event, opened=opened)):
                        begun.setdefault(key, event.record)
            for source, rule, debtor in book.owed(event, self._bindings.states(event.before)):
                own = debtor == event.party
                key = (source.id, rule["id"], event.party, thread or 0, own)
                if thread is not None and begun.get(key, event.record) != event.record:
                    continue
                if not own and {(event.record, None), (event.record, debtor)} & self.flooded:
                    continue
                window = self._started(source, rule, debtor, event)
                if window is not None:
                    yield window

    def _started(self, source: Source, rule: Rule, debtor: str, event: Dated) -> Window | None:
        """The window that an event starts for a debtor, from the first of its changes on that matches; None if none does."""
        versions = self._texts.versions(event, opened=debtor == event.party)
        known = self._texts.matches(rule["on"], versions[-1].fields)
        if known is False:
            return None
        first = next(v.by for v in versions if self._texts.matches(rule["on"], v.fields) is not False)
        if not source.binds(debtor, first):
            return None
        return Window(source, rule, debtor, event, first, first.before + parse_duration(rule["within"]), known is True)

    def _countable(self, window: Window) -> list[Countable]:
        """What a window's rule counts, in the order of the log."""
        selector, found = window.rule["of"], []
        for event in self._candidates.of_party(selector["type"], window.debtor):
            fields = self._texts.fields(event)
            fits, when = self._texts.matches(selector, fields), self._when(window.rule, event, fields)
            if fits is False or when is None or self._cancelled_in_notice(window.source, event):
                continue
            if window.rule.get("anchor", WITNESSED) != WITNESSED and event.before > when[1]:
                continue  # said after the fact: it could change what was settled
            found.append(Countable(event.record, fits is True, *when))
        return sorted(found)

    def _window(self, window: Window, sure: int, possible: int) -> Obligation:
        source, rule, debtor, root, event, end, known = window
        status = self._counted(rule["most"], sure, possible, end, known=known)
        creditors = (
            (event.party,) if rule["by"] == "addressees" else self._bindings.others(source, event.before, debtor)
        )
        owed = duty(rule, source.id, debtor, creditors, due=end, trigger=event.id)
        return self._released(owed, root, status)

    def _counted(self, most: int, sure: int, possible: int, end: int, *, known: bool) -> str:
        if not known:
            return UNDETERMINABLE
        if sure > most:
            return EXCEEDED
        if self._texts.moment <= end:
            return OPEN
        return UNDETERMINABLE if possible > most else KEPT
