"""What can be said of records only when a run has ended: which of them stand, and when they were witnessed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from verifier.audit import AuditState

_STRETCH = 10_000
"""How many rows are held at a time where many are gone through."""


def floor(db: Database, history: int, first: int) -> int:
    """The lowest record whose witnessed interval the history entries from number `history` on can have changed.

    A new cosignature by a witness changes nothing below the largest size that the witness had signed before, unless it
    is dated earlier or covers less than that: then everything may have changed. One without a time dates nothing.
    """
    floor = first
    before: dict[str, tuple[int, int]] = {}
    for name, size, at in db.execute(
        "SELECT name, size, at FROM cosignatures WHERE number >= ? AND at > 0", (history,)
    ).fetchall():
        if name not in before:
            before[name] = _signed_before(db, name, history)
        largest, latest = before[name]
        floor = 0 if at < latest else min(floor, largest, size)
    return floor


def _signed_before(db: Database, name: str, history: int) -> tuple[int, int]:
    """The largest size and the latest time that a witness had signed before history entry `history`; 0 where none.

    Both go down an index from its top, over what is new alone.
    """
    largest = "SELECT size FROM cosignatures WHERE name = ? AND number < ? ORDER BY size DESC LIMIT 1"
    latest = "SELECT at FROM cosignatures WHERE name = ? AND number < ? ORDER BY at DESC LIMIT 1"
    found = [db.execute(query, (name, history)).fetchone() for query in (largest, latest)]
    return found[0][0] if found[0] else 0, found[1][0] if found[1] else 0


def date(db: Database, state: AuditState, first: int, end: int) -> None:
    """Write the witnessed intervals of the records from `first` on."""

    def rows() -> Iterator[tuple[int | None, int | None, int]]:
        for index in range(first, end):
            times = state.interval(index)
            yield times.after, times.before, index

    db.conn.executemany("UPDATE records SET witnessed_after = ?, witnessed_before = ? WHERE idx = ?", rows())


def mark_standing(db: Database, state: AuditState, first: int) -> None:
    """Write which of the records from `first` on stand: those that the audit's trust state took in."""
    while rows := db.execute(
        "SELECT idx, id FROM records WHERE idx >= ? ORDER BY idx LIMIT ?", (first, _STRETCH)
    ).fetchall():
        found = [(state.trust.statements.find(statement), index) for index, statement in rows if statement]
        standing = [(index,) for entry, index in found if entry is not None and entry.record == index]
        db.conn.executemany("UPDATE records SET stands = 1 WHERE idx = ?", standing)
        first = rows[-1][0] + 1
