"""What is asked of the judgement: obligations, the texts that they come from, threads, drills. Every query uses an index."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from web.explorer.copy.judged_schema import NEVER, REAL
from web.explorer.copy.judged_types import Drill, Judgement, Owed, Text, Wanted
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View

PAGE = 50
DRILLS = 40
"""How many drills a list has."""
_ONE = """SELECT obligations.row, obligations.exercise, obligations.begun, obligations.done, obligations.thread,
    obligations.sort FROM obligations"""


class Judged:
    """The judgement as one view of the copy holds it."""

    def __init__(self, view: View) -> None:
        self.view = view

    @cached_property
    def real(self) -> Judgement | None:
        """The report of the real world; None before there is one."""
        return self.judgement(REAL)

    @cached_property
    def moment(self) -> int:
        """The as-of of the real world's report (seconds, UTC); 0 before there is one."""
        return self.real.moment if self.real else 0

    def judgement(self, exercise: str | None) -> Judgement | None:
        """The report of the real world (None or empty), or of the rehearsal of a drill."""
        query = "SELECT exercise, moment, sha256, inputs, size, obligations FROM judgements WHERE exercise = ?"
        found = self.view.select(query, (exercise or REAL,))
        if not found:
            return None
        drill, moment, digest, inputs, size, count = found[0]
        return Judgement(drill or None, moment, digest, json.loads(inputs), size, count)

    @cached_property
    def rehearsed(self) -> list[str]:
        """The drills that have a rehearsal's report, in order of id."""
        found = self.view.select("SELECT exercise FROM judgements WHERE exercise > '' ORDER BY exercise", ())
        return [row[0] for row in found]

    # Obligations.

    def owed(self, rest: str, values: Mapping[str, Any] | Sequence[Any]) -> list[Owed]:
        """The obligations that the rest of a query selects."""
        return [_owed(row) for row in self.view.select(_query(_ONE, rest), values)]

    def one(self, obligation: str) -> Owed | None:
        """An obligation by its id."""
        found = self.owed("WHERE id = ?", (obligation,))
        return found[0] if found else None

    def some(self, wanted: Wanted, below: int = 0, most: int = PAGE, *, newest: bool = False) -> list[Owed]:
        """Up to `most` obligations that are asked for, after the first `below`: by due, what has none last."""
        where, values = wanted.where()
        order = "sort DESC, id DESC" if newest else "sort, id"
        rest = f"WHERE {where} ORDER BY {order} LIMIT :most OFFSET :below"
        return self.owed(rest, {**values, "most": most, "below": below})

    def count(self, wanted: Wanted) -> int:
        """How many are asked for."""
        where, values = wanted.where()
        return self.view.number(_query("SELECT count(*) FROM obligations WHERE", where), values)

    def triggered(self, statement: str) -> list[Owed]:
        """What a statement (or an overdue obligation) started."""
        return self.owed("WHERE trigger = ? ORDER BY sort, id LIMIT 200", (statement,))

    def discharged(self, statement: str) -> list[Owed]:
        """What a statement discharges, or may."""
        return self.owed("WHERE discharged_by = ? ORDER BY sort, id LIMIT 200", (statement,))

    def spoken_of(self, statement: str) -> list[Owed]:
        """What a statement names as what it is about."""
        rest = "JOIN answers ON answers.obligation = obligations.id WHERE answers.statement = ? ORDER BY sort, id LIMIT 200"
        return self.owed(rest, (statement,))

    def of_thread(self, thread: str, most: int = 500, below: int = 0) -> list[Owed]:
        """Up to `most` of what is owed in an incident's thread, by due, after the first `below`."""
        return self.owed("WHERE thread = ? ORDER BY sort, id LIMIT ? OFFSET ?", (thread, most, below))

    def extent(self, thread: str) -> tuple[int, int]:
        """(statements, obligations) of a thread."""
        queries = ("SELECT count(*) FROM threads WHERE thread = ?", "SELECT count(*) FROM obligations WHERE thread = ?")
        said, owed = (self.view.number(query, (thread,)) for query in queries)
        return said, owed

    def waiting_in(self, thread: str, most: int) -> list[Owed]:
        """What is open or overdue in an incident's thread, by due."""
        rest = "WHERE thread = ? AND status IN ('open', 'overdue') ORDER BY sort, id LIMIT ?"
        return self.owed(rest, (thread, most))

    def months(self, party: str, since: int, until: int) -> list[tuple[str, str, str, str, int, int]]:
        """(source, rule, month YYYY-MM, status, count, disputed) of what a party owed with a due in [since, until)."""
        query = """SELECT source, rule, strftime('%Y-%m', due, 'unixepoch') AS month, status, count(*), sum(disputed > 0)
            FROM obligations WHERE exercise = '' AND debtor = ? AND sort >= ? AND sort < ?
            GROUP BY source, rule, month, status"""
        return self.view.select(query, (party, since, until))

    def undated(self, party: str) -> list[Owed]:
        """What a party owes that has no due: the log alone cannot see it."""
        rest = "WHERE exercise = '' AND debtor = ? AND sort = ? ORDER BY id LIMIT ?"
        return self.owed(rest, (party, NEVER, PAGE))

    # Texts.

    def text(self, statement: str) -> Text | None:
        """A text with rules, by its statement id."""
        found = self._texts("WHERE id = ?", (statement,))
        return found[0] if found else None

    def texts(self) -> list[Text]:
        """All texts with rules, in the order of the log."""
        return self._texts("WHERE record >= 0 ORDER BY record", ())

    def some_texts(self, most: int, below: int) -> list[Text]:
        """Up to `most` texts with rules after the first `below`, in the order of the log."""
        return self._texts("WHERE record >= 0 ORDER BY record LIMIT ? OFFSET ?", (most, below))

    def named(self) -> list[tuple[str, int]]:
        """(entry of a catalogue, how many texts name it), of those that some name."""
        return self.view.select("SELECT norm, count(*) FROM norms WHERE norm > '' GROUP BY norm", ())

    def bound_under(self, norm: str, moment: int) -> list[str]:
        """The parties that a text which names an entry of a catalogue binds at a moment, in order of code."""
        query = """SELECT DISTINCT bound.party FROM norms CROSS JOIN bound ON bound.text = norms.text
            WHERE norms.norm = ? AND since <= ? AND (until IS NULL OR until > ?) ORDER BY bound.party"""
        return [code for (code,) in self.view.select(query, (norm, moment, moment))]

    def under(self, norm: str, most: int = -1, parties: Sequence[str] | None = None) -> list[Text]:
        """The texts that name an entry of a catalogue, in the order of the log: the first `most`, or (-1) all.

        `parties`: those that bind or bound one of them alone.
        """
        if parties is None:
            ids = self.view.select("SELECT text FROM norms WHERE norm = ? ORDER BY record LIMIT ?", (norm, most))
        else:
            query = """SELECT text FROM norms WHERE norm = ? AND text IN (
                SELECT text FROM bound WHERE party IN (SELECT value FROM json_each(?))) ORDER BY record LIMIT ?"""
            ids = self.view.select(query, (norm, json.dumps(list(parties)), most))
        return [text for (one,) in ids if (text := self.text(one)) is not None]

    def binding(self, party: str) -> list[Text]:
        """The texts that bind or bound a party, in the order of the log."""
        ids = self.view.select("SELECT DISTINCT text FROM bound WHERE party = ?", (party,))
        found = [text for (one,) in ids if (text := self.text(one)) is not None]
        return sorted(found, key=lambda text: text.record)

    def _texts(self, rest: str, values: Sequence[Any]) -> list[Text]:
        rows = self.view.select(_query("SELECT record, id, type, party, rules FROM texts", rest), values)
        return [
            Text(record, name, kind, party, json.loads(rules), self._bound(name), self._norms(name))
            for record, name, kind, party, rules in rows
        ]

    def _bound(self, text: str) -> list[tuple[str, int, int | None]]:
        query = "SELECT party, since, until FROM bound WHERE text = ? ORDER BY party, since"
        return self.view.select(query, (text,))

    def _norms(self, text: str) -> list[str]:
        return [row[0] for row in self.view.select("SELECT norm FROM norms WHERE text = ? ORDER BY norm", (text,))]

    # Drills, threads, lines.

    def drills(self, since: int, until: int, party: str = "", most: int = DRILLS) -> list[Drill]:
        """Up to `most` drills that are going on at some time in [since, until), by start. `party`: its own alone."""
        # None that goes on then began longer before than the longest drill lasts.
        query = """SELECT record, start, end, said, cancelled, retracted FROM drills
            WHERE start < :until AND start >= :since - (SELECT coalesce(max(length), 0) FROM drills)
            AND (:party = '' OR party = :party) AND coalesce(end, start) >= :since
            ORDER BY start, record LIMIT :most"""
        values = {"since": since, "until": until, "party": party, "most": most}
        return [self._drill(*row) for row in self.view.select(query, values)]

    def drill(self, statement: str) -> Drill | None:
        """A drill by the statement that announced it."""
        query = "SELECT record, start, end, said, cancelled, retracted FROM drills WHERE id = ?"
        found = self.view.select(query, (statement,))
        return self._drill(*found[0]) if found else None

    def _drill(self, record: int, start: int, end: int | None, said: int, cancelled: int | None, taken: int) -> Drill:
        row = self.view.record(record)
        assert row is not None
        return Drill(row, start, end, said, cancelled, bool(taken))

    def incidents(self, below: int, most: int) -> list[tuple[Row, str | None, int, int, list[str]]]:
        """(record that opened it, drill or None, statements, newest witnessed time, who spoke or owes), newest first."""
        query = (
            "SELECT record, exercise, steps, last, lanes FROM incidents WHERE record < ? ORDER BY record DESC LIMIT ?"
        )
        found = []
        for record, exercise, steps, last, lanes in self.view.select(query, (below, most)):
            row = self.view.record(record)
            if row is not None:
                found.append((row, exercise or None, steps, last, json.loads(lanes)))
        return found

    def lanes(self, thread: str) -> list[str] | None:
        """Who spoke or owes in a thread, in order of code; None if there is no such thread."""
        found = self.view.select("SELECT lanes FROM incidents WHERE id = ?", (thread,))
        return json.loads(found[0][0]) if found else None

    def thread_of(self, record: int) -> str | None:
        """The thread that a record belongs to."""
        found = self.view.select("SELECT thread FROM threads WHERE record = ?", (record,))
        return found[0][0] if found else None

    def steps(self, thread: str, most: int, below: int = 0) -> list[Row]:
        """Up to `most` statements of a thread after the first `below`, by witnessed time."""
        some = "SELECT record FROM threads WHERE thread = ? ORDER BY record LIMIT ? OFFSET ?"
        query = _query(RECORDS, "WHERE idx IN (", some, ")")
        return sorted(
            self.view.rows(query, (thread, most, below)), key=lambda row: (row.witnessed_before or NEVER, row.idx)
        )

    def lines(self) -> list[tuple[str, str, int, int, int, int, int | None]]:
        """(sender, receiver, tests, answered, newest record, when it was witnessed, how long its answer took)."""
        query = """SELECT sender, receiver, tests, answered, record, said, took FROM lines WHERE sender > ''
            ORDER BY sender, receiver"""
        return self.view.select(query, ())

    def measures(self) -> list[tuple[str, str, int, int, int, int | None]]:
        """(source, rule, asked, answered, open still, median seconds)."""
        query = (
            "SELECT source, rule, asked, answered, open, median FROM measures WHERE source > '' ORDER BY source, rule"
        )
        return self.view.select(query, ())


def _query(*parts: str) -> str:
    """A query from fixed texts; what a reader typed is only ever a value in it."""
    return " ".join(parts)


def _owed(row: Sequence[Any]) -> Owed:
    members, exercise, begun, done, thread, sort = row
    return Owed(json.loads(members), exercise or None, begun, done, thread, None if sort == NEVER else sort)
