"""A second judge of rules, written from docs/CONFORMANCE.md and nothing else: slow, plain, and read beside that page.

Everything is looked for in the whole log each time it is asked for. No index, no order of evaluation, nothing kept. The
sections are the page's, in its order; the first three are in naive_reading. Where it agrees with the real judge on any
log, both say what the page says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from tests.conformance.naive_reading import FOREVER, Binding, Instant, Past, Reading, Rule, given
from verifier.conformance import report
from verifier.conformance.case import Case, Event
from verifier.conformance.report import Obligation
from verifier.formats.times import format_utc, parse_duration

Candidates = list[tuple[Event, bool]]
"""Events that may discharge, by order, each with whether it surely counts."""


class Trigger(NamedTuple):
    """`by`: the event that is named; `root`: the announcement that it is or changes. `reads`: from `by` to the next notice.
    `may`: it only may match."""

    by: Event
    root: Event
    reads: list[Reading]
    may: bool


class Owed(NamedTuple):
    """What is owed, before it is judged. `trigger`: the statement id, or that of what is overdue; `by`: that statement."""

    source: Event
    rule: Rule
    debtor: str
    creditors: list[str]
    period: dict[str, str] | None
    due: int | None
    trigger: str | None = None
    by: Event | None = None
    root: Event | None = None
    may: bool = False

    @property
    def id(self) -> str:
        rule, source = self.rule["id"], self.source.id
        return report.obligation_id(
            debtor=self.debtor, period=self.period, rule=rule, source=source, trigger=self.trigger
        )


class Judged(NamedTuple):
    """An obligation with the statement at its root, which a recurrence does not have."""

    obligation: Obligation
    root: Event | None


def judge(case: Case, asked: int, exercise: str | None = None) -> list[Obligation]:
    """The obligations of a case at `asked` (seconds), by due (None last), then id; empty if there is no moment."""
    as_of = case.moment(asked)
    if as_of is None:
        return []
    found: dict[str, Obligation] = {}
    for row in World(case, as_of, exercise).judged():
        found.setdefault(row.obligation.id, row.obligation)
    return sorted(found.values(), key=lambda row: (row.due is None, row.due or 0, row.id))


class World(Past):
    """The rules, judged."""

    def judged(self) -> Iterator[Judged]:
        for source in self.real:
            for rule in source.fields.get("rules", ()):
                yield from self.rule(source, rule)

    def rule(self, source: Event, rule: Rule) -> Iterator[Judged]:
        if rule["kind"] == "deadline":
            yield from self.overdue(source, rule) if "overdue" in rule["on"] else self.deadlines(source, rule)
        elif rule["kind"] == "limit":
            yield from self.windows(source, rule) if "on" in rule else self.limits(source, rule)
        elif self.exercise is None:
            yield from (
                self.recurrences(source, rule) if rule["kind"] == "recurrence" else self.abstentions(source, rule)
            )

    # Deadlines

    def deadlines(self, source: Event, rule: Rule) -> Iterator[Judged]:
        for root in self.events:
            for trigger, debtor in self.triggered(source, rule, root):
                for period, anchor in self.anchors(rule, trigger, debtor):
                    yield self.deadline(source, rule, trigger, debtor, period, anchor)

    def triggered(self, source: Event, rule: Rule, root: Event) -> Iterator[tuple[Trigger, str]]:
        """Each trigger with each debtor: what was sealed and opened is read where the author owes, and not where others do."""
        for opening in (True, False):
            notices = self.notices if "self" in rule.get("expect", {}) else self.trigger
            for trigger in notices(rule, root, opening):
                bound = self.bound(source, self.instant(trigger.by))
                named = self.named(rule, root, bound, self.instant(trigger.by))
                for debtor in [party for party in named if party in bound]:
                    if (debtor == root.party) == opening and (opening or not self.flood(root, debtor)):
                        yield trigger, debtor

    def named(self, rule: Rule, root: Event, bound: list[str], at: Instant) -> list[str]:
        """Whom `by` names, of a statement."""
        if rule["by"] == "author":
            return [root.party]
        if rule["by"] == "addressees":
            return list(root.addressees) or [party for party in self.members(at) if party != root.party]
        return bound

    def flood(self, e: Event, party: str) -> bool:
        """Whether the statement surely exceeds a limit of its author, for that party."""
        return any(
            surely > rule["most"] and toward in (None, party) and not may
            for source in self.real
            for rule in source.fields.get("rules", ())
            if rule["kind"] == "limit" and "on" not in rule
            for toward, _, _, surely, may in self.counts(source, rule, e)
        )

    def trigger(self, rule: Rule, root: Event, opening: bool) -> Iterator[Trigger]:
        """The announcement; or the change that made it match."""
        answer = self.matches(rule["on"], root, opening=opening)
        if answer is not False:
            reads = self.readings(root)[0]
            first = next(r for r in reads if self.matches(rule["on"], root, r, opening) is not False)
            yield Trigger(first.by, root, reads, answer is None)

    def notices(self, rule: Rule, root: Event, opening: bool) -> Iterator[Trigger]:
        """With `self`: also each event that moves the date earlier, or makes the trigger match."""
        answer = self.matches(rule["on"], root, opening=opening)
        if answer is False:
            return
        reads = self.readings(root)[0]
        match = [self.matches(rule["on"], root, r, opening) is not False for r in reads]
        dates = [r.dates[rule["anchor"]] for r in reads]
        starts = [
            n
            for n, r in enumerate(reads)
            if match[n] and r.by.type != "drill-cancellation"
            if n == 0 or not match[n - 1] or (dates[n] or FOREVER) < (dates[n - 1] or -FOREVER)
        ]
        for n, stop in zip(starts, [*starts[1:], len(reads)], strict=True):
            yield Trigger(reads[n].by, root, reads[n:stop], answer is None)

    def anchors(self, rule: Rule, trigger: Trigger, debtor: str) -> list[tuple[dict[str, str] | None, int]]:
        """What the clock counts from, with the obligation's period."""
        anchor, seen = rule["anchor"], self.before(trigger.by)
        if anchor == "witnessed":
            return [(None, seen)]
        if anchor == "receipt":
            later = [a for a in self.events if a.party == debtor and a.record > trigger.by.record]
            heard = [self.before(a) for a in later if self.stands(a, "acknowledges", trigger.root)]
            return [(None, min([*heard, seen + self.case.terms(trigger.by.record).acknowledgement_grace]))]
        if anchor == "opens":
            opens = sorted({at for _, at in trigger.root.sealed if at is not None})
            return [({"opens": format_utc(at)}, at) for at in opens]
        reads = trigger.reads if "self" in rule["expect"] else trigger.reads[-1:]
        dates = [date for r in reads if (date := r.dates[anchor]) is not None]
        return [(None, max(dates))] if dates else []

    def stands(self, e: Event, rel: str, root: Event) -> bool:
        """Whether it stands in that relation to the statement or one of its changes."""
        changes = [c for c in self.events if ("changes", root.record) in c.relates]
        return any((rel, t.record) in e.relates for t in [root, *changes])

    def deadline(
        self, source: Event, rule: Rule, trigger: Trigger, debtor: str, period: dict[str, str] | None, anchor: int
    ) -> Judged:
        by, root = trigger.by, trigger.root
        creditors = self.creditors(source, rule, self.instant(by), debtor, root)
        owed = Owed(source, rule, debtor, creditors, period, due(rule, anchor), by.id, by, root, trigger.may)
        candidates = self.windowed(rule, anchor, self.discharging(rule, trigger, debtor, anchor))
        cancelled = self.readings(root)[1]
        if cancelled and debtor == root.party and not self.retracted(cancelled):
            candidates.append((cancelled, True))
        return self.status(owed, candidates)

    def discharging(self, rule: Rule, trigger: Trigger, debtor: str, anchor: int) -> Candidates:
        expect, root = rule["expect"], trigger.root
        if "self" in expect:
            return [] if self.retracted(trigger.by) else [(trigger.by, True)]
        found = self.expected(expect, debtor)
        if rule["anchor"] == "witnessed" and "before" in rule:
            return [(e, sure) for e, sure in found if (expect["rel"], e.record) in root.relates]
        later = [(e, sure) for e, sure in found if e.record > trigger.by.record]
        if rule["anchor"] == "opens":
            return self.opening(root, anchor, later)
        return [(e, sure) for e, sure in later if self.stands(e, expect["rel"], root)]

    def expected(self, selector: Rule, debtor: str) -> Candidates:
        """What the debtor said, and has not retracted, that matches or may match."""
        own = [e for e in self.events if e.party == debtor and not self.retracted(e)]
        return [(e, self.matches(selector, e) is True) for e in own if self.matches(selector, e) is not False]

    def opening(self, root: Event, anchor: int, disclosures: Candidates) -> Candidates:
        """The disclosure with which the last digest due then was opened."""
        closed = {pointer for pointer, at in root.sealed if at == anchor}
        for d, sure in disclosures:
            if ("discloses", root.record) in d.relates:
                closed -= {pointer for pointer, _, _ in d.fields["opened"]}
                if not closed:
                    return [(d, sure)]
        return []

    def windowed(self, rule: Rule, anchor: int, candidates: Candidates) -> Candidates:
        if "within" not in rule or "self" in rule["expect"] or rule["anchor"] in ("witnessed", "receipt", "opens"):
            return candidates
        return [(e, sure and self.after(e) >= anchor) for e, sure in candidates if self.before(e) >= anchor]

    def overdue(self, source: Event, rule: Rule) -> Iterator[Judged]:
        named = next(r for r in source.fields["rules"] if r["id"] == rule["on"]["overdue"])
        for missed, root in self.rule(source, named):
            if missed.status in (report.OVERDUE, report.LATE):
                at = (given(missed.due), FOREVER)
                bound = self.bound(source, at)
                owing = bound if root is None else self.named(rule, root, bound, at)
                if rule["by"] == "debtor":
                    owing = [missed.debtor]
                for debtor in [party for party in owing if party in bound]:
                    found = self.expected(rule["expect"], debtor)
                    if root:
                        found = [(e, sure) for e, sure in found if e.record > root.record]
                        found = [(e, sure) for e, sure in found if self.stands(e, rule["expect"]["rel"], root)]
                    creditors = self.creditors(source, rule, at, debtor, root)
                    owed = Owed(source, rule, debtor, creditors, None, due(rule, at[0]), missed.id, None, root)
                    yield self.status(owed, self.windowed(rule, at[0], found))

    # Recurrences

    def recurrences(self, source: Event, rule: Rule) -> Iterator[Judged]:
        for binding in [b for b in self.bindings if b.source is source and b.start < b.end]:
            pairs = self.pairs(binding) if rule["by"] == "each-pair" else [(None, binding)]
            for toward, span in pairs:
                for opens, closes in self.periods(rule, span.start, span.end):
                    period = {"from": format_utc(opens), "to": format_utc(closes - 1)}
                    creditors = self.creditors(source, rule, (closes - 1, FOREVER), span.party)
                    if toward:
                        period, creditors = {**period, "toward": toward}, [toward]
                    found: Candidates = []
                    expected = self.expected(rule["expect"], span.party)
                    for e, sure in sorted(expected, key=lambda one: (self.before(one[0]), one[0].record)):
                        if self.before(e) >= opens and (toward is None or addressed(e, toward)):
                            inside = self.after(e) >= opens - 1 or (opens == span.start and e.record > span.began)
                            found.append((e, sure and inside))
                            if sure and inside:
                                break
                    yield self.status(Owed(source, rule, span.party, creditors, period, closes - 1), found)

    def pairs(self, binding: Binding) -> Iterator[tuple[str, Binding]]:
        """Each other one of the circle, with the span in which both were bound."""
        for party in sorted(self.case.kinds):
            for other in self.hearing(binding, party) if party != binding.party else []:
                later = max(binding, other, key=lambda b: (b.start, b.began))
                span = binding._replace(start=later.start, began=later.began, end=min(binding.end, other.end))
                if span.start < span.end:
                    yield party, span

    def hearing(self, binding: Binding, party: str) -> list[Binding]:
        """When a party was of the source's circle: spans that follow one another are one."""
        source = binding.source
        if source.addressees:
            return [binding] if party in source.addressees else []
        kinds = ("joint-text",) if source.type == "joint-text" else ("charter", "amendment")
        found: list[Binding] = []
        for b in [b for b in self.bindings if b.party == party and b.source.type in kinds and b.start < b.end]:
            if source.type != "joint-text" and found and found[-1].end == b.start:
                found[-1] = found[-1]._replace(end=b.end)
            elif source.type != "joint-text" or b.source is source:
                found.append(b)
        return found

    def periods(self, rule: Rule, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Those [opens, closes) that have begun, and end before the binding does."""
        if "every" in rule:
            length = parse_duration(rule["every"])
            while start <= self.as_of and start + length <= end:
                yield start, start + length
                start += length
            return
        for year in range(year_of(start), year_of(self.as_of) + 2):
            opens, closes = day(year - 1, rule["yearly"]) + 86_400, day(year, rule["yearly"]) + 86_400
            if start <= opens < end and opens <= self.as_of and closes <= end:
                yield opens, closes

    # Limits

    def limits(self, source: Event, rule: Rule) -> Iterator[Judged]:
        for e in self.events:
            for toward, t, possibly, surely, may in self.counts(source, rule, e):
                creditors = [toward] if toward else self.creditors(source, rule, self.instant(e), e.party)
                period = {"toward": toward} if toward else None
                owed = Owed(source, rule, e.party, creditors, period, t, e.id, e, e, may)
                yield self.counted(owed, possibly, surely, False)

    def counts(self, source: Event, rule: Rule, e: Event) -> Iterator[tuple[str | None, int, int, int, bool]]:
        """For each party that it counts for (None: all): its t, how many there possibly and surely are, whether it may match."""
        heard: list[str | None] = [None]
        if rule["by"] == "each-pair":
            heard = [party for party in sorted(self.case.kinds) if party != e.party and self.reaches(source, e, party)]
        rows = [row for row in self.counting(source, rule, e.party) if row[0].record <= e.record]
        rows = [row for row in rows if row[0].party in self.bound(source, self.instant(row[0]))]
        for t, sure in [(t, sure) for x, t, sure in rows if x is e]:
            for toward in heard:
                among = [row for row in rows if toward is None or self.reaches(source, row[0], toward)]
                yield toward, t, *self.most(rule, e, t, among), not sure

    def reaches(self, source: Event, e: Event, party: str) -> bool:
        """Whether it is addressed to that party, or to all, and the party is of the circle."""
        return addressed(e, party) and party in self.circle(source, self.instant(e))

    def counting(self, source: Event, rule: Rule, party: str) -> list[tuple[Event, int, bool]]:
        """The events of a party that match or may match `of`, each with its t, and whether it surely matches."""
        found = []
        for e, answer in [(e, self.matches(rule["of"], e)) for e in self.events if e.party == party]:
            if answer is not False and not self.cancelled(source, e):
                t = self.before(e) if witnessed(rule) else self.dates(e)[rule["anchor"]]
                found += [(e, t, answer is True)] if t is not None else []
        return found

    def cancelled(self, source: Event, e: Event) -> bool:
        """Whether it was cancelled in notice time."""
        reads, cancellation = self.readings(e)
        if cancellation is None:
            return False
        dates = reads[-1].dates
        selfs = [rule for rule in source.fields["rules"] if rule["kind"] == "deadline" and "self" in rule["expect"]]
        notices = [due(rule, given(dates[rule["anchor"]])) for rule in selfs if self.matches(rule["on"], e)]
        return self.before(cancellation) <= min(notices, default=given(dates["start"]))

    def most(self, rule: Rule, e: Event, t: int, among: list[tuple[Event, int, bool]]) -> tuple[int, int]:
        """How many there possibly and surely are within one period, season, or ever."""
        if "in" in rule and witnessed(rule):
            start = t - parse_duration(rule["in"])
            possibly = [x for x, _, _ in among if self.before(x) > start]
            surely = [x for x, _, sure in among if sure and (x is e or self.after(x) >= start)]
            return len(possibly), len(surely)
        spans = [(-FOREVER, FOREVER)]
        if "in" in rule:
            length = parse_duration(rule["in"])
            spans = [(u - length + 1, u + 1) for _, u, _ in among if u - length < t <= u]
        if "season" in rule:
            spans = season(rule["season"], t)
        inside = [[sure for _, x, sure in among if start <= x < end] for start, end in spans]
        return max(map(len, inside), default=0), max(map(sum, inside), default=0)

    def windows(self, source: Event, rule: Rule) -> Iterator[Judged]:
        """With `on`: at most so many after each trigger."""
        for root in self.events:
            for trigger, debtor in self.triggered(source, rule, root):
                if self.starts_window(rule, trigger, opening=debtor == root.party):
                    yield self.window(source, rule, trigger, debtor)

    def window(self, source: Event, rule: Rule, trigger: Trigger, debtor: str) -> Judged:
        by, opens, closes = (
            trigger.by,
            self.before(trigger.by),
            self.before(trigger.by) + parse_duration(rule["within"]),
        )
        possibly = surely = 0
        for e, t, sure in self.counting(source, rule, debtor):
            if e.record > by.record and witnessed(rule):
                possibly += t > opens and self.after(e) < closes
                surely += sure and self.after(e) >= opens and t <= closes
            elif e.record > by.record and self.before(e) <= t:
                possibly += opens < t <= closes
                surely += sure and opens < t <= closes
        creditors = self.creditors(source, rule, self.instant(by), debtor, trigger.root)
        owed = Owed(source, rule, debtor, creditors, None, closes, by.id, by, trigger.root, trigger.may)
        return self.counted(owed, possibly, surely, self.as_of <= closes)

    def starts_window(self, rule: Rule, trigger: Trigger, opening: bool) -> bool:
        """Whether no trigger before it, of its thread and by its author, surely matches."""
        thread = self.thread(trigger.root)
        earlier = [
            e
            for e in self.events
            if e.party == trigger.root.party and self.matches(rule["on"], e, opening=opening)
            for other in self.trigger(rule, e, opening)
            if other.by.record < trigger.by.record
        ]
        return thread is None or all(self.thread(e) is not thread for e in earlier)

    def thread(self, e: Event) -> Event | None:
        """The earliest incident or near miss among it and all that its relations lead to."""
        reached = [e]
        for one in reached:
            reached += [t for t in self.exist if any(t.record == n for _, n in one.relates) and t not in reached]
        return min((t for t in reached if t.type in ("incident", "near-miss")), key=lambda e: e.record, default=None)

    def counted(self, owed: Owed, possibly: int, surely: int, still: bool) -> Judged:
        """The status of a limit. `still`: its window is not over."""
        most = owed.rule["most"]
        status = report.UNDETERMINABLE if possibly > most else report.KEPT
        status = report.EXCEEDED if surely > most else report.OPEN if still else status
        status = report.UNDETERMINABLE if owed.may else status
        return self.told(owed, report.WAIVED if status != report.KEPT and self.released(owed) else status)

    # Abstentions

    def abstentions(self, source: Event, rule: Rule) -> Iterator[Judged]:
        last = {b.party: b for b in self.bindings if b.source is source and b.start <= self.as_of and b.start < b.end}
        for b in last.values():
            at = (min(self.as_of, b.end - 1), FOREVER)
            owed = Owed(source, rule, b.party, self.creditors(source, rule, at, b.party), None, None)
            yield self.told(owed, report.WAIVED if self.released(owed) else report.UNDETERMINABLE)

    # Status

    def status(self, owed: Owed, candidates: Candidates) -> Judged:
        """The status of a deadline or of a recurrence."""
        last = given(owed.due)
        certain = [e for e, sure in candidates if sure]
        in_time = [e for e in certain if self.narrowed(e) <= last]
        if owed.may:
            status, among = (
                (report.WAIVED, []) if self.released(owed) else (report.UNDETERMINABLE, [e for e, _ in candidates])
            )
        elif in_time:
            status, among = report.KEPT, in_time
        elif self.released(owed):
            status, among = report.WAIVED, []
        elif self.as_of <= last:
            status, among = report.OPEN, []
        elif self.unseen(owed) or any(self.after(e) <= last for e, _ in candidates) or (candidates and not certain):
            status, among = report.UNDETERMINABLE, [e for e, _ in candidates]
        elif certain:
            status, among = report.LATE, certain
        else:
            status, among = report.OVERDUE, []
        return self.told(owed, status, min(among, key=lambda e: e.record, default=None))

    def narrowed(self, e: Event) -> int:
        """Its `before`, a receipt included."""
        found = self.case.narrowed(e.record)
        return self.before(e) if found is None else min(found, self.before(e))

    def released(self, owed: Owed) -> bool:
        """Whether every creditor released the debtor, or the statement at the root was retracted, in time."""
        until = FOREVER if owed.due is None else owed.due
        if owed.root and owed.root.party != owed.debtor and self.retracted(owed.root, until):
            return True
        return bool(owed.creditors) and all(self.releases(creditor, owed.id, until) for creditor in owed.creditors)

    def releases(self, creditor: str, obligation: str, until: int) -> bool:
        for e in self.events:
            if obligation not in e.fields.get("obligations", ()):
                continue
            if e.type == "waiver" and e.party == creditor and self.before(e) <= until and not self.contested(e):
                return True
            if e.type == "mediation-outcome" and creditor in e.fields["between"]:
                adhered = {a.party for a in self.adherences(e) if a in self.events and self.before(a) <= until}
                if adhered >= set(e.fields["between"]):
                    return True
        return False

    def unseen(self, owed: Owed) -> bool:
        """Whether due lies within a silence, or enough verifiers saw that a statement was refused."""
        last, terms = given(owed.due), self.case.terms(max(e.record for e in self.real))
        moments = [m for m in self.case.moments if m <= self.as_of]
        silent = any(m < last < n and n - m > terms.longest_silence for m, n in pairwise(moments))
        saw = {
            e.party
            for e in self.events
            if e.type == "observation" and e.fields["kind"] == "refused-statement" and e.fields["moment"] <= last
            if self.case.kinds[e.party] == "verifier" and owed.id in e.fields["obligations"]
        }
        return silent or len(saw) >= terms.observations

    # An obligation

    def told(self, owed: Owed, status: str, discharge: Event | None = None) -> Judged:
        named = [e for e in self.events if owed.id in e.fields.get("obligations", ())]
        deciding = [e for e in (owed.source, owed.by, discharge) if e is not None]
        obligation = Obligation(
            id=owed.id,
            rule=owed.rule["id"],
            kind=owed.rule["kind"],
            source=owed.source.id,
            debtor=owed.debtor,
            creditors=tuple(owed.creditors),
            trigger=owed.trigger,
            period=owed.period,
            due=owed.due,
            status=status,
            discharged_by=discharge.id if discharge else None,
            disputed_by=tuple(e.id for e in named if e.type == "objection"),
            answers=tuple({"type": e.type, "party": e.party, "statement": e.id} for e in named),
            contested=tuple(sorted({e.id for e in deciding if self.contested(e)})),
        )
        return Judged(obligation, owed.root)


def due(rule: Rule, anchor: int) -> int:
    return anchor - parse_duration(rule["before"]) if "before" in rule else anchor + parse_duration(rule["within"])


def witnessed(rule: Rule) -> bool:
    return bool(rule.get("anchor", "witnessed") == "witnessed")


def addressed(e: Event, party: str) -> bool:
    """Whether it is addressed to that party, or to all."""
    return not e.addressees or party in e.addressees


def year_of(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).year


def day(year: int, month_day: str) -> int:
    """The first second of that day, UTC."""
    month, number = map(int, month_day.split("-"))
    return int(datetime(year, month, number, tzinfo=UTC).timestamp())


def season(days: Mapping[str, str], t: int) -> list[tuple[int, int]]:
    """The one season [start, end) that holds t, if one does; it may run over the turn of the year."""
    over = days["last"] < days["first"]
    spans = [(day(y, days["first"]), day(y + over, days["last"]) + 86_400) for y in (year_of(t) - 1, year_of(t))]
    return [span for span in spans if span[0] <= t < span[1]]
