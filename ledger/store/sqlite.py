"""The store in one SQLite file, through sqlite-utils: the default, with nothing to install or run.

One connection writes, under a lock; readers take others and never wait for it (WAL). `synchronous=FULL` makes every
commit durable before it returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlite_utils

from ledger.store import FullTile, History, NewEntry, NewRecord, Quorum, schema
from ledger.store.library import open_database
from verifier.errors import Fault
from verifier.history import EMPTY_HEAD

_PIECE = 256


class SqliteStore:
    """The log's memory in the file at `path`, created if absent. `ledger.store.Store` says what the methods mean."""

    def __init__(self, path: Path) -> None:
        """Open or create the store. Raises Fault `store.unsound-sqlite`, `store.failed`."""
        self.path = path
        self._writing = Lock()
        try:
            self._writer = open_database(path)
            schema.create(self._writer)
        except sqlite3.Error as error:
            raise self._failed("opened", error) from error
        self._idle: list[sqlite_utils.Database] = []

    def size(self) -> int:
        """How many records are stored."""
        found = self._one("select max(idx) from records")
        return 0 if found is None or found[0] is None else int(found[0]) + 1

    def append(self, first: int, records: Sequence[NewRecord], tiles: Sequence[FullTile]) -> None:
        """Append records and the tiles that they fill, durably. Raises Fault `store.failed`."""
        rows = [(first + n, bytes.fromhex(record.id), record.raw) for n, record in enumerate(records)]
        with self._transaction("records") as connection:
            connection.executemany("insert into records (idx, id, raw) values (?, ?, ?)", rows)
            if tiles:
                connection.executemany("insert into tiles (level, number, hashes) values (?, ?, ?)", tiles)
            connection.execute("insert into batches (size) values (?)", (first + len(records),))

    def records(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of records `start` to `stop - 1`, in order."""
        yield from self._range("select raw from records where idx >= ? and idx < ? order by idx", start, stop)

    def index_of(self, statement: str) -> int | None:
        """The index of the record that holds a statement (hex id), or None."""
        found = self._one("select idx from records where id = ?", bytes.fromhex(statement))
        return None if found is None else int(found[0])

    def tile(self, level: int, number: int) -> bytes:
        """A full tile, 8,192 bytes. Raises Fault `store.damaged`."""
        found = self._one("select hashes from tiles where level = ? and number = ?", level, number)
        if found is None:
            raise Fault("store.damaged", f"tile {number} of level {level} is not in the store", where=str(self.path))
        return bytes(found[0])

    def sizes_after(self, size: int) -> list[int]:
        """The sizes above `size` at which a batch ended, ascending."""
        with self._reading() as connection:
            rows = connection.execute("select size from batches where size > ? order by size", (size,)).fetchall()
        return [int(row[0]) for row in rows]

    def history(self) -> History:
        """How far the checkpoint history is."""
        last = self._one("select number, head from history order by number desc limit 1")
        if last is None:
            return History(0, EMPTY_HEAD, 0)
        largest = self._one("select max(size) from history")
        return History(int(last[0]) + 1, bytes(last[1]).hex(), 0 if largest is None else int(largest[0]))

    def enter(self, first: int, entries: Sequence[NewEntry], quorums: Sequence[Quorum]) -> None:
        """Append history entries, durably. Raises Fault `store.failed`."""
        rows = [(first + n, e.size, bytes.fromhex(e.head), e.note) for n, e in enumerate(entries)]
        met = [(q.first, q.parts, q.size, q.size if q.settles else None) for q in quorums]
        with self._transaction("history") as connection:
            connection.executemany("insert into history (number, size, head, note) values (?, ?, ?, ?)", rows)
            connection.executemany("insert into quorums (first, parts, size, settles) values (?, ?, ?, ?)", met)

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The notes of history entries `start` to `stop - 1`, in order."""
        yield from self._range("select note from history where number >= ? and number < ? order by number", start, stop)

    def last_quorum(self) -> Quorum | None:
        """The newest checkpoint that met the quorum."""
        return self._quorum("select first, parts, size, settles from quorums order by first desc limit 1")

    def settled(self) -> int:
        """How many records are covered by a quorum checkpoint."""
        found = self._one("select max(settles) from quorums")
        return 0 if found is None or found[0] is None else int(found[0])

    def settling(self, index: int) -> Quorum | None:
        """The first quorum checkpoint that covered record `index`, or None."""
        wanted = "select first, parts, size, settles from quorums where settles > ? order by settles limit 1"
        return self._quorum(wanted, index)

    def snapshot(self) -> tuple[int, bytes] | None:
        """The trust state kept last, with the number of records that it covers."""
        found = self._one("select size, state from snapshot")
        return None if found is None else (int(found[0]), bytes(found[1]))

    def keep_snapshot(self, size: int, state: bytes) -> None:
        """Keep the trust state after `size` records. Raises Fault `store.failed`."""
        with self._transaction("snapshot") as connection:
            connection.execute("insert or replace into snapshot (id, size, state) values (0, ?, ?)", (size, state))

    def close(self) -> None:
        """Close every connection."""
        with self._writing:
            self._writer.close()
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        """One durable transaction of the only writer; all or nothing."""
        try:
            with self._writing, self._writer.atomic():
                yield self._writer.conn
        except sqlite3.Error as error:
            raise self._failed(f"written to ({what})", error) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with, for this use alone."""
        try:
            db = self._idle.pop()
        except IndexError:
            db = open_database(self.path, readonly=True)
        try:
            yield db.conn
        except sqlite3.Error as error:
            raise self._failed("read", error) from error
        finally:
            self._idle.append(db)

    def _one(self, sql: str, *bindings: Any) -> tuple[Any, ...] | None:
        """The only row of a query, or None."""
        with self._reading() as connection:
            rows = connection.execute(sql, bindings).fetchall()
        return rows[0] if rows else None

    def _range(self, sql: str, start: int, stop: int) -> Iterator[bytes]:
        """A long result, read in pieces, so that no read transaction stays open while the caller works."""
        for piece in range(start, stop, _PIECE):
            with self._reading() as connection:
                rows = connection.execute(sql, (piece, min(stop, piece + _PIECE))).fetchall()
            for row in rows:
                yield bytes(row[0])

    def _quorum(self, sql: str, *bindings: Any) -> Quorum | None:
        found = self._one(sql, *bindings)
        return None if found is None else Quorum(found[0], found[1], found[2], found[3] is not None)

    def _failed(self, what: str, error: Exception) -> Fault:
        return Fault("store.failed", f"the store could not be {what}: {error}", where=str(self.path))
