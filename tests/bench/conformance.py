"""Conformance against the audit of the same records: a log in which fifty states promise, announce, ask and answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, alone, seconds
from tests.bench.logs import Fast, FastLog
from tests.support.promises import AFTER_REPORT, ANSWER_QUERY, EXERCISE_NOTICE, LINE_TEST
from verifier import merkle, vocabulary
from verifier.audit import audit
from verifier.audit.state import AuditState
from verifier.conformance.docket import case_of
from verifier.conformance.judge import judge
from verifier.formats import canonical, policy
from verifier.formats.times import format_utc
from verifier.merkle import CompactRange
from verifier.source import open_source

STATES = tuple(f"S{n:02}" for n in range(50))
DAY = 86_400
RULES: tuple[dict[str, Any], ...] = (
    EXERCISE_NOTICE,
    ANSWER_QUERY,
    {
        "id": "queries",
        "kind": "limit",
        "by": "each-pair",
        "of": {"type": "clarification-request"},
        "most": 10,
        "in": "P30D",
    },
)
PLEDGED: tuple[dict[str, Any], ...] = (
    AFTER_REPORT,
    LINE_TEST,
    {
        "id": "large-drills",
        "kind": "limit",
        "by": "each-party",
        "of": {"type": "drill-announcement", "where": {"scale": ["national"]}},
        "anchor": "start",
        "most": 4,
        "in": "P365D",
    },
)


class PromisesLog(FastLog):
    """Fifty states, a charter with rules, a pledge with rules each, and the business of a year, by chance of one seed.

    `every`: records a checkpoint; each is followed by `pause` seconds.
    """

    every, pause = 256, DAY // 2

    def charter_body(self) -> dict[str, Any]:
        return {**super().charter_body(), "rules": list(RULES)}

    def fill(self, directory: Path, count: int) -> Path:
        """Found it and fill it up to `count` records, half a day a checkpoint of 256 records."""
        self.begin(random.Random(1))
        for state in self.states:
            self._say(state, "pledge", rules=list(PLEDGED))
        acts: list[Callable[[str], None]] = [
            self._announce,
            self._announce,
            self._report,
            self._ask,
            self._answer,
            self._test,
        ]
        while len(self.records) < count:
            self._chance.choice(acts)(self._chance.choice(self.states))
        self._checkpoint()
        return self.write(directory)

    def begin(self, chance: random.Random) -> None:
        """Found it; nothing has been said yet."""
        self.found()
        self._pens = {state: Fast(self.pen(state)) for state in self.states}
        self._tree = CompactRange()
        for raw in self.records:
            self._tree.append(merkle.leaf_hash(raw))
        self._chance, self._drills, self._asked = chance, list[Any](), list[Any]()

    def _announce(self, state: str) -> None:
        start = self.clock + self._chance.randrange(5 * DAY, 40 * DAY)
        dates: dict[str, Any] = {
            "start": format_utc(start),
            "end": format_utc(start + DAY),
            "observers": [],
            "co_hosts": [],
        }
        kind, scale = self._chance.choice(["exercise", "simulation"]), self._chance.choice(["local", "national"])
        self._drills.append((self._say(state, "drill-announcement", kind=kind, scale=scale, **dates), state, dates))

    def _report(self, _: str) -> None:
        if self._drills:
            drill, state, dates = self._drills.pop(self._chance.randrange(len(self._drills)))
            body = {"announced": True, "start": dates["start"], "end": dates["end"]}
            self._say(state, "drill-report", relates=("reports", drill), **body)

    def _ask(self, state: str) -> None:
        other = self._chance.choice([code for code in self.states if code != state])
        self._asked.append((self._say(state, "clarification-request", to=other, reply_by=None), state, other))

    def _answer(self, _: str) -> None:
        if self._asked:
            question, state, other = self._asked.pop()
            self._say(other, "clarification-response", to=state, relates=("answers", question), on_request=True)

    def _test(self, state: str) -> None:
        other = self._chance.choice([code for code in self.states if code != state])
        self._say(state, "line-test", to=other, sent=format_utc(self.clock))

    def _say(
        self, state: str, type_name: str, /, *, to: str = "", relates: tuple[str, str] | None = None, **body: Any
    ) -> str:
        value = self.draft(
            state,
            type_name,
            {**vocabulary.load().example(type_name)["body"], **body},
            addressees=[to] if to else [],
            relates=[{"rel": relates[0], "statement": relates[1]}] if relates else [],
        )
        return self._sign(state, value)

    def _sign(self, state: str, value: dict[str, Any]) -> str:
        """Sign and log what was drafted; a checkpoint where one is due."""
        statement = self.log(self._pens[state].envelope(canonical.encode(value)), value)
        self._tree.append(merkle.leaf_hash(self.records[-1]))
        if len(self.records) % self.every == 0:
            self._checkpoint()
        return statement

    def _checkpoint(self) -> None:
        self._root = self._tree.root()
        self.checkpoint(pause=self.pause)


def made(room: Path, count: int) -> Path:
    """The log, made once and kept."""
    directory = room / f"promises-{count}-{vocabulary.load().digest[:8]}"
    if not (directory / "checkpoint").exists():
        log = PromisesLog(hybrid=frozenset(), states=STATES)
        log.fill(directory, count)
        (directory / "policy").write_text(log.policy_text)
    return directory


def audited(directory: Path, *, events: bool = False) -> AuditState:
    """The audit of it on one process."""
    trust = policy.parse((directory / "policy").read_bytes())
    report = audit(open_source(str(directory)), trust, events=events)
    if report.findings:
        raise RuntimeError(report.findings[0])
    return report.state


def judged(state: AuditState) -> int:
    """How many obligations the whole judgement gives, from the event table on."""
    case = case_of(state)
    return len(judge(case, case.moments[-1]))


def _whole(directory: str) -> int:
    return judged(audited(Path(directory), events=True))


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """Conformance over 100,000 records and 50 pledges, and at ten times fewer; memory."""
    count = 100_000
    log = made(room, count)
    audit_time = seconds(lambda: audited(log), times=1)
    state = audited(log, events=True)
    judging = seconds(lambda: judged(state))
    yield Figure("conformance: obligations over 100,000 records", judged(state), "")
    yield Figure("conformance: judging", count / judging, "records/s")
    yield Figure("conformance: judging, share of the audit", 100 * judging / audit_time, "%", 15, more=False)
    small = audited(made(room, count // 10), events=True)
    growth = judging / seconds(lambda: judged(small))
    yield Figure("conformance: time at 100,000 records, times at 10,000", growth, "x")
    yield Figure("conformance: event table", len(state.to_bytes()) / count, "bytes of state a record")
    _, peak = alone(_whole, str(log))
    yield Figure("conformance: peak memory of audit and judgement", peak, "MB")
