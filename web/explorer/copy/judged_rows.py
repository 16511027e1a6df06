"""From a judgement to rows: pure functions, no database, no clock. Columns are those of judged_schema.TABLES, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from statistics import median_low
from typing import Any

import orjson

from verifier.conformance.bindings import Source
from verifier.conformance.judge import Judgement
from verifier.conformance.report import KEPT, LATE, OPEN, OVERDUE, Obligation
from verifier.conformance.texts import END, START, Dated, Texts, date
from verifier.drills import ANNOUNCES
from verifier.formats import canonical
from web.explorer.copy.judged_schema import NEVER, REAL

Row = tuple[Any, ...]
_NO_END = 2**40
_TEST, _ANSWER = "line-test", "line-test-acknowledgement"


def obligations(judgement: Judgement) -> Iterator[Row]:
    """The rows of `obligations`, in the report's order."""
    texts = judgement.texts
    threads = {texts.by_record[record].id: root for record, root in _threads(texts)}
    missed = {one.id: one for one in judgement.obligations}
    for one in judgement.obligations:
        root = _root(one, threads, missed)
        yield (
            one.id,
            texts.exercise or REAL,
            one.rule,
            one.kind,
            one.source,
            one.debtor,
            one.trigger,
            one.due,
            NEVER if one.due is None else one.due,
            one.status,
            one.discharged_by,
            len(one.disputed_by),
            _seen(texts, one.trigger),
            _seen(texts, one.discharged_by),
            None if root is None else texts.by_record[root].id,
            circle(one.creditors),
            orjson.dumps(one.as_json(), option=orjson.OPT_SORT_KEYS).decode(),
        )


def _seen(texts: Texts, statement: str | None) -> int | None:
    """When a statement was public at the latest."""
    event = texts.by_id.get(statement or "")
    return None if event is None else event.before


@lru_cache(maxsize=4096)
def circle(creditors: tuple[str, ...]) -> int:
    """The name of a set of creditors: most obligations are owed to one of few. 63 bits of a digest: a number for SQLite."""
    return int.from_bytes(sha256(" ".join(creditors).encode()).digest()[:8], "big") >> 1


def _threads(texts: Texts) -> Iterator[tuple[int, int]]:
    """(record, record that opened its thread) of what this judgement reads."""
    for event in texts.acts:
        root = texts.thread(event)
        if root is not None:
            yield event.record, root


def _root(one: Obligation, threads: Mapping[str, int], missed: Mapping[str, Obligation]) -> int | None:
    """The thread of what started an obligation; of one that another, overdue one started, that one's."""
    trigger = one.trigger or ""
    while trigger in missed:
        trigger = missed[trigger].trigger or ""
    return threads.get(trigger)


def threads(texts: Texts) -> Iterator[Row]:
    """The rows of `threads`."""
    for record, root in _threads(texts):
        yield record, texts.by_record[root].id


def incidents(judgement: Judgement) -> Iterator[Row]:
    """The rows of `incidents`: lanes are those who spoke in the thread or owe in it."""
    texts = judgement.texts
    steps: dict[int, list[Dated]] = defaultdict(list)
    for record, root in _threads(texts):
        steps[root].append(texts.by_record[record])
    known = {texts.by_record[record].id: root for record, root in _threads(texts)}
    missed = {one.id: one for one in judgement.obligations}
    lanes: dict[int, set[str]] = {root: {event.party for event in found} for root, found in steps.items()}
    for one in judgement.obligations:
        owed_in = _root(one, known, missed)
        if owed_in is not None:
            lanes[owed_in].add(one.debtor)
    for root, found in steps.items():
        last = max(event.before for event in found)
        codes = canonical.encode(sorted(lanes[root])).decode()
        yield root, texts.by_record[root].id, texts.exercise or REAL, len(found), last, codes


def sources(found: Iterable[Source]) -> Iterator[Row]:
    """The rows of `texts`."""
    for source in found:
        said = source.said
        rules = canonical.encode([dict(rule) for rule in source.rules]).decode()
        yield said.record, said.id, said.type, said.party, rules


def norms(found: Iterable[Source]) -> Iterator[Row]:
    """The rows of `norms`."""
    for source in found:
        named = {norm for norm in source.said.fields.get("norms", ()) if isinstance(norm, str)}
        named |= {rule["norm"] for rule in source.rules if "norm" in rule}
        for norm in sorted(named):
            yield norm, source.id, source.said.record


def bound(found: Iterable[Source]) -> Iterator[Row]:
    """The rows of `bound`: spans that are empty bind nobody."""
    for source in found:
        for party, spans in source.bound.items():
            for span in spans:
                if span.start < span.end:
                    yield source.id, party, span.start, None if span.end >= _NO_END else span.end


def drills(texts: Texts) -> Iterator[Row]:
    """The rows of `drills`, those without a start left out."""
    for event in texts.real:
        if event.type != ANNOUNCES:
            continue
        fields, cancelled = texts.fields(event), texts.cancellation(event)
        start, end = date(fields, START), date(fields, END)
        if start is not None:
            when = None if cancelled is None else cancelled.before
            taken_back = int(texts.retraction(event.record) is not None)
            length = 0 if end is None else max(0, end - start)
            yield event.record, event.id, event.party, start, end, event.before, when, taken_back, length


def lines(texts: Texts, members: Iterable[str]) -> Iterator[Row]:
    """The rows of `lines`: for each pair of states the line tests from one to the other, in the real world."""
    states = sorted(members)
    tests: dict[tuple[str, str], list[tuple[Dated, int | None]]] = defaultdict(list)
    heard: dict[tuple[int, str], int] = {}
    for event in texts.real:
        if event.type == _ANSWER:
            for _rel, target in event.relates:
                heard[target, event.party] = min(event.before, heard.get((target, event.party), NEVER))
    for event in texts.real:
        if event.type == _TEST and texts.retraction(event.record) is None:
            for receiver in event.addressees or [code for code in states if code != event.party]:
                answered = heard.get((event.record, receiver))
                tests[event.party, receiver].append((event, answered))
    for (sender, receiver), found in sorted(tests.items()):
        newest, answered = max(found, key=lambda row: row[0].order)
        took = None if answered is None else max(0, answered - newest.before)
        count = sum(one is not None for _, one in found)
        yield sender, receiver, len(found), count, newest.record, newest.before, took


def measures(judgement: Judgement, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of `measures`: what asks another for an answer (addressees owe), by rule, over all states together."""
    asking = {
        (source.id, rule["id"])
        for source in judgement.bindings.sources
        for rule in source.rules
        if rule["kind"] == "deadline" and rule["by"] == "addressees" and "within" in rule
    }
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if (row[4], row[2]) in asking and row[9] in (KEPT, LATE, OPEN, OVERDUE):
            found[row[4], row[2]].append(row)
    for (source, rule), some in sorted(found.items()):
        took = [max(0, row[13] - row[12]) for row in some if row[12] is not None and row[13] is not None]
        still = sum(row[9] == OPEN for row in some)
        yield source, rule, len(some), len(took), still, median_low(took) if took else None
