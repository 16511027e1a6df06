"""The judgement that the pages show: made from the audit's events after an intake, kept beside the copy, grown by difference.

It is made in a transaction of its own, when the log or its newest moment has moved, and while the follower goes on. Until it is
done, pages show the last one and say of when it is. What a judgement costs decides how often there is one, so that a long
log's explorer spends a small part of its time on it. Source: docs/CONFORMANCE.md; the judge is verifier.conformance.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from sqlite_utils import Database

from verifier.audit import Report
from verifier.conformance import reporting
from verifier.conformance.case import Case
from verifier.conformance.docket import case_of
from verifier.conformance.judge import EVERY, Judgement, rehearse, weigh
from verifier.formats.policy import Policy
from web.explorer.copy import judged_kept, judged_rows, judged_schema
from web.explorer.copy.facts import writing
from web.explorer.copy.judged_schema import REAL

REST = 20
"""After a judgement that took a second, none is begun for so many seconds."""
_FREE = 0.25
"""Seconds: a judgement that takes less than this may be made after every intake."""
_FEW = 1000
"""So many rows of a table that keeps others are written without being compared."""
_log = logging.getLogger(__name__)


def prepare(db: Database) -> None:
    """Make the tables of the judgement where they are missing."""
    if not judged_schema.is_current(db):
        with writing(db):
            judged_schema.prepare(db)


def judge(db: Database, report: Report, policy: Policy, now: int, clock: Callable[[], float] = time.monotonic) -> bool:
    """Judge what an audit took in, as of the newest moment not after `now` (seconds, UTC); whether there was anything to do.

    The report names as its as-of the moment itself: whoever judges the same log as of it gets the same SHA-256.
    `clock`: seconds, for what the judgement costs.
    """
    state = report.state
    if state.events is None or state.trust.charter is None:
        return False
    begun = clock()
    moment = max((at for at in state.moments if at <= now), default=None)
    if moment is None or not _due(db, (moment, state.size, state.history_count), now):
        _keep(db, report)
        return False
    case = case_of(state)
    found = weigh(case, moment, watch=EVERY)
    assert found is not None
    made = _Made(db, report, policy, moment, now)
    rows = list(judged_rows.obligations(found))
    rehearsals = list(_rehearsals(db, case, found))
    with writing(db):
        judged_kept.keep(made.world(found, rows, case), found)
        for drill, marked, rehearsal in rehearsals:
            made.rehearsal(drill, marked, rehearsal)
        made.concluded([row[0] for row in rehearsals], clock() - begun)
    _log.info("judged %d obligations as of %d in %.2f s", len(rows), moment, clock() - begun)
    return True


def _keep(db: Database, report: Report) -> None:
    """Where this process has not made the copy's judgement itself: make it again, so that obligations can be explained at
    once."""
    row = db.execute("SELECT sha256, moment FROM judgements WHERE exercise = ?", (REAL,)).fetchone()
    if row is not None and judged_kept.kept(row[0]) is None:
        found = weigh(case_of(report.state), row[1], watch=EVERY)
        if found is not None:
            judged_kept.keep(row[0], found)


def _due(db: Database, place: tuple[int, int, int], now: int) -> bool:
    """Whether there is something to judge, and the last judgement is long enough ago for what it cost."""
    query = "SELECT moment, size, history, at, cost FROM judgements WHERE exercise = ?"
    row = db.execute(query, (REAL,)).fetchone()
    if row is None:
        return True
    seconds = row[4] / 1000
    rested = seconds < _FREE or abs(now - row[3]) >= REST * seconds
    return rested and tuple(row[:3]) != place


def _rehearsals(db: Database, case: Case, world: Judgement) -> Iterable[tuple[str, str, Judgement]]:
    """(drill, what it was judged by, judgement) of each rehearsal that something may have happened to since the last time.

    One that has nothing open and no new event keeps its judgement, which says of when it is.
    """
    marked = Counter(event.exercise for event in case.events if event.exercise)
    keys = sum(event.type == "key-change" for event in case.events)
    for drill, count in sorted(marked.items()):
        mark = f"{count} {keys}"
        known = db.execute("SELECT marked FROM judgements WHERE exercise = ?", (drill,)).fetchone()
        waiting = db.execute(
            "SELECT 1 FROM obligations WHERE exercise = ? AND status = 'open' LIMIT 1", (drill,)
        ).fetchone()
        if known is not None and known[0] == mark and waiting is None:
            continue
        yield drill, mark, rehearse(world, drill)


class _Made:
    """Writes one judgement. Everything happens inside the one transaction that the caller opened."""

    def __init__(self, db: Database, report: Report, policy: Policy, moment: int, now: int) -> None:
        self._db, self._report, self._moment, self._now = db, report, moment, now
        self._inputs = reporting.inputs(report, policy, (), moment)

    def world(self, found: Judgement, rows: list[judged_rows.Row], case: Case) -> str:
        """The judgement of the real world, with what only it has: texts, who they bind, drills, lines, measures. Returns the
        SHA-256 of its report."""
        digest = self._judgement(REAL, "", found, rows)
        members = [code for code, kind in case.kinds.items() if kind == "state" and code in found.bindings.members]
        self._replace("texts", judged_rows.sources(found.bindings.sources), keep=True)
        self._replace("norms", judged_rows.norms(found.bindings.sources))
        self._replace("bound", judged_rows.bound(found.bindings.sources))
        self._replace("drills", judged_rows.drills(found.texts))
        self._replace("lines", judged_rows.lines(found.texts, members))
        self._replace("measures", judged_rows.measures(found, rows))
        return digest

    def rehearsal(self, drill: str, marked: str, found: Judgement) -> None:
        """The judgement of one rehearsal."""
        self._judgement(drill, marked, found, list(judged_rows.obligations(found)))

    def concluded(self, drills: Iterable[str], seconds: float) -> None:
        """Note what all of it cost."""
        for exercise in (REAL, *drills):
            self._db.execute("UPDATE judgements SET cost = ? WHERE exercise = ?", (round(seconds * 1000), exercise))

    def _judgement(self, exercise: str, marked: str, found: Judgement, rows: list[judged_rows.Row]) -> str:
        state = self._report.state
        listed = [one.as_json() for one in found.obligations]
        report = reporting.report(self._report.ledger, listed, self._inputs, self._moment, exercise or None)
        digest = sha256(reporting.encode(report)).hexdigest()
        row = (
            exercise,
            self._moment,
            digest,
            json.dumps(self._inputs, sort_keys=True),
            state.size,
            state.history_count,
        )
        self._db.execute(
            "INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (*row, marked, self._now, len(listed)),
        )
        self._obligations(exercise, rows, {one["id"]: one for one in listed})
        self._replace("threads", judged_rows.threads(found.texts), keep=True)
        self._replace("incidents", judged_rows.incidents(found), keep=True)
        return digest

    def _obligations(self, exercise: str, rows: list[judged_rows.Row], listed: dict[str, dict[str, Any]]) -> None:
        """Write the obligations of one report that are new or changed, and take out those that are no more."""
        query = "SELECT * FROM obligations WHERE exercise = ?"
        kept = {row[0]: row for row in self._db.execute(query, (exercise,))}
        changed = [row for row in rows if kept.get(row[0]) != row]
        gone = [(name,) for name in (kept.keys() - listed.keys()) | {row[0] for row in changed}]
        write = self._db.conn.executemany
        for table, column in (("obligations", "id"), ("answers", "obligation")):
            write(_text("DELETE FROM", table, "WHERE", column, "= ?"), gone)
        write(_text("INSERT INTO obligations VALUES", _marks(17)), changed)
        circles = {row[15]: listed[row[0]]["creditors"] for row in changed}
        owed = [(circle, code) for circle, codes in circles.items() for code in codes]
        write("INSERT OR IGNORE INTO circles VALUES (?, ?)", owed)
        said = [
            (row[0], n, one["type"], one["party"], one["statement"])
            for row in changed
            for n, one in enumerate(listed[row[0]]["answers"])
        ]
        write("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", said)

    def _replace(self, table: str, rows: Iterable[judged_rows.Row], *, keep: bool = False) -> None:
        """Bring a table to these rows by their difference. `keep`: leave what is not among them."""
        wanted = set(rows)
        few = keep and len(wanted) < _FEW
        kept = set() if few else set(self._db.execute(_text("SELECT * FROM", table)))
        new, gone = wanted - kept, kept - wanted
        if gone and not keep:
            columns = [column.name for column in self._db.table(table).columns]
            where = " AND ".join(f"{name} IS ?" for name in columns)
            self._db.conn.executemany(_text("DELETE FROM", table, "WHERE", where), gone)
        if new:
            marks = _marks(len(next(iter(new))))
            self._db.conn.executemany(_text("INSERT OR REPLACE INTO", table, "VALUES", marks), new)


def _text(*parts: str) -> str:
    """A query from fixed texts: names of tables and columns are those of the schema, values never stand in it."""
    return " ".join(parts)


def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"
