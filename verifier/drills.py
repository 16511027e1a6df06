"""Announced drills: who may speak within a rehearsal, and when. In about 36 bytes a drill, beside the sets of people.

A statement marked as part of a drill counts for nothing real, so it must be plain that the drill was announced, is on and
is the speaker's business. Dates are held against `received`, as keys' dates are. What an announcement seals is not known
here: a sealed participant does not speak. Source: docs/FORMAT.md, section "Exercise marking".
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import msgspec

from verifier.errors import Fault
from verifier.formats import times

ANNOUNCES, CHANGES, CANCELS = "drill-announcement", "drill-change", "drill-cancellation"
_CANCELLED = -1
_ALL_UNCHANGED = (None, None, None)

People = tuple[str, ...]
"""Codes of participants, rising."""


class Outline(msgspec.Struct, frozen=True):
    """What a statement says of a drill. `act`: its type. `start`, `end`: seconds (UTC). `people`: taking part, co-hosts,
    invited observers. None: unchanged, or sealed."""

    act: str
    start: int | None
    end: int | None
    people: tuple[People | None, People | None, People | None]


def outline(type_name: str, body: Mapping[str, Any]) -> Outline | None:
    """The outline of a body that its schema has accepted; None if the type is none that announces or moves a drill."""
    if type_name == CANCELS:
        return Outline(CANCELS, None, None, _ALL_UNCHANGED)
    if type_name not in (ANNOUNCES, CHANGES):
        return None
    row = body["changes"] if type_name == CHANGES else body
    people = (_taking_part(row["participants"]), _codes(row["co_hosts"]), _codes(row["observers"]))
    return Outline(type_name, _moment(row["start"]), _moment(row["end"]), people)


def _moment(text: str | None) -> int | None:
    return None if text is None else times.parse_utc(text)


def _codes(rows: list[str] | None) -> People | None:
    return None if rows is None else tuple(rows)


def _taking_part(rows: list[dict[str, Any] | None] | None) -> People | None:
    return None if rows is None else tuple(sorted({row["party"] for row in rows if row and row["party"]}))


class Drills:
    """Record of an announcement -> its window and its people, as changed since. Announcements are added in rising order."""

    def __init__(self) -> None:
        self._records = array("Q")
        self._starts = array("q")
        self._ends = array("q")
        self._latest = array("q")
        self._people = array("I")
        self._sets: list[tuple[People, ...]] = []
        self._numbers: dict[tuple[People, ...], int] = {}

    def __len__(self) -> int:
        """How many drills were announced."""
        return len(self._records)

    def take(self, told: Outline, record: int, received: int, extension: int) -> None:
        """Take in an announcement in `record`, or a change or cancellation of the one in `record`.

        `received`: of the statement, seconds (UTC); a date moves only if it comes before the old date and the new.
        `extension`: seconds by which the end may move in total.
        """
        if told.act == ANNOUNCES:
            self._announce(told, record, extension)
            return
        at = bisect_left(self._records, record)
        if told.act == CANCELS:
            self._ends[at] = _CANCELLED
        else:
            if told.start is not None and received <= min(told.start, self._starts[at]):
                self._starts[at] = told.start
            if told.end is not None and received <= min(told.end, self._ends[at]):
                self._ends[at] = min(told.end, self._latest[at])
            old = self._sets[self._people[at]]
            self._people[at] = self._number(
                tuple(was if now is None else now for was, now in zip(old, told.people, strict=True))
            )

    def _announce(self, told: Outline, record: int, extension: int) -> None:
        if told.start is None or told.end is None:
            raise ValueError("an announcement says when the drill begins and ends: its schema asks for both")
        self._records.append(record)
        self._starts.append(told.start)
        self._ends.append(told.end)
        self._latest.append(told.end + extension)
        self._people.append(self._number(tuple([people or () for people in told.people])))

    def require_open(self, record: int, speaker: str, author: str, received: int) -> None:
        """Check that the drill announced in `record` by `author` is on at `received` (seconds, UTC; both its ends included)
        and that `speaker` is its author, takes part, co-hosts or is invited to observe. Raises Fault `statement.exercise`."""
        at = bisect_left(self._records, record)
        start, end = self._starts[at], self._ends[at]
        if end == _CANCELLED:
            raise _closed("the drill was cancelled")
        if not start <= received <= end:
            span = f"from {times.format_utc(start)} to {times.format_utc(end)}"
            raise _closed(f"the drill is on {span}; this was received at {times.format_utc(received)}")
        if speaker != author and not any(speaker in people for people in self._sets[self._people[at]]):
            raise _closed(f"{speaker} neither announced the drill nor is named in it")

    def _number(self, people: tuple[People, ...]) -> int:
        number = self._numbers.get(people)
        if number is None:
            number = self._numbers[people] = len(self._sets)
            self._sets.append(people)
        return number

    def dump(self) -> dict[str, Any]:
        """The drills as JSON-serialisable members, for a saved state."""
        columns = (self._records, self._starts, self._ends, self._latest, self._people)
        return {"columns": [column.tolist() for column in columns], "people": self._sets}

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> Drills:
        """The drills that `dump` wrote."""
        drills = cls()
        records, starts, ends, latest, people = value["columns"]
        drills._records, drills._people = array("Q", records), array("I", people)
        drills._starts, drills._ends, drills._latest = array("q", starts), array("q", ends), array("q", latest)
        drills._sets = [tuple(tuple(codes) for codes in row) for row in value["people"]]
        drills._numbers = {row: n for n, row in enumerate(drills._sets)}
        return drills


def _closed(why: str) -> Fault:
    return Fault("statement.exercise", why, where="/exercise")
