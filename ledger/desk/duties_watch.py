"""Watching: the log is looked at again and again, and what has changed for the party is told. The walk of one look:

    1. Read the newest checkpoint. Where it is the one seen last, nothing is audited anew; only the time has gone on.
    2. Audit what is new, from the state of the last look that found nothing wrong.
    3. Tell, if a duty came, went, or came closer; ring where one is new.

A fault of the network, or of a file that is being replaced, is told and tried again: a watch does not end because a line did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.desk import duties_phrases as say
from ledger.desk.duties import LISTS, Row
from verifier.audit import AuditState, Report
from verifier.cli.audited import Request
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats.times import format_utc
from verifier.source import open_source

LEAST, USUAL, MOST = 5, 60, 86_400
"""Seconds between two looks."""
_CLOSE = (86_400, 4 * 3_600, 3_600, 20 * 60, 0)
"""Seconds left at which a duty that was told before is told again."""


class Telling(NamedTuple):
    """How a watch is heard: `show` a screen, `tell` a line, ring the `bell`; `clock`: seconds since the epoch."""

    show: Callable[[Row], None]
    tell: Callable[[str], None]
    bell: Callable[[], None]
    clock: Callable[[], int]


@dataclass
class Watched:
    """A log under watch. `look` answers with the duties by the newest checkpoint, and the exit code of its audit."""

    request: Request
    judge: Callable[[Report, int], Row]
    clock: Callable[[], int]
    report: Report | None = None
    state: AuditState | None = None
    _seen: bytes = field(default=b"", repr=False)

    def look(self) -> tuple[Row, Exit]:
        """One look. Raises the faults of an audit, `source.unreachable` among them."""
        source = open_source(self.request.location, offline=self.request.offline)
        point = source.read("checkpoint") if source.complete else b""
        if self.report is None or point != self._seen or self.report.exit != Exit.GOOD:
            self.report = self.request.run(events=True, now=self.clock(), state=self.state).report
        if self.report.exit == Exit.GOOD:
            self.state = self.report.state
        self._seen = point
        return self.judge(self.report, self.clock()), self.report.exit


def watch(
    look: Callable[[], tuple[Row, Exit]],
    telling: Telling,
    every: int,
    *,
    wait: Callable[[float], None],
    monotonic: Callable[[], float],
) -> Exit:
    """Look every `every` seconds until it is interrupted; the exit code of the last look, or of what kept it from one.

    Raises Fault for what a further look cannot mend, if the very first finds it: a wrong policy, another party.
    """
    last, code, next_look = _Seen(), Exit.GOOD, monotonic()
    try:
        while True:
            try:
                value, code = look()
                _tell(value, last, telling)
            except Fault as fault:
                if not last.looked and fault.kind.exit != Exit.NETWORK:
                    raise
                code = fault.kind.exit
                _fault(fault, telling, every)
            # A slow look is not made up for, and a clock that is set forward or back changes nothing.
            next_look = max(next_look + every, monotonic())
            wait(max(next_look - monotonic(), LEAST))
    except KeyboardInterrupt:
        telling.tell(say.STOPPED)
        return code


@dataclass
class _Seen:
    """What was told last: `marks` of every row and how close it is; `names` of all that was ever shown."""

    looked: bool = False
    marks: Any = None
    names: frozenset[str] = frozenset()


def _tell(value: Row, last: _Seen, telling: Telling) -> None:
    marks = _marks(value)
    names = frozenset(name for _, name, *_ in marks[1])
    new = names - last.names
    if marks != last.marks:
        if new and last.looked:
            telling.bell()
            telling.tell(say.NEW.format(at=say.minute(value["asked"]), count=len(new)))
        telling.show(value)
    last.looked, last.marks, last.names = True, marks, last.names | names


def _marks(value: Row) -> tuple[int, list[tuple[Any, ...]]]:
    """What makes one screen differ from another for the officer: never the minutes that pass."""
    found: list[tuple[Any, ...]] = []
    for world in (value, *value["exercises"]):
        for name in LISTS:
            found += [(name, *_mark(row)) for row in world[name]]
    return value["audit"]["exit"], found


def _mark(row: Row) -> tuple[Any, ...]:
    if "obligation" not in row:
        return (row["statement"],)
    left = row["seconds_left"]
    closeness = None if left is None else sum(left <= mark for mark in _CLOSE)
    return row["obligation"], row["status"], closeness, row["pending"]


def _fault(fault: Fault, telling: Telling, every: int) -> None:
    at = say.minute(format_utc(telling.clock()))
    telling.tell(say.FAULT.format(at=at, message=fault.message, code=fault.code, seconds=every))
