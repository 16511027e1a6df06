"""Which SQLite library the ledger writes with, and the thin coat that lets sqlite-utils use it.

SQLite before 3.51.3 (save 3.50.7 and 3.44.6) can lose committed transactions when a write-ahead log is reset while
another connection reads it. A Python is often linked to such a library, so the ledger always uses the one that the
`apsw` wheel carries, on Linux and macOS, x86-64 and arm64 alike, and refuses to open a file with an unsound one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import apsw
import sqlite_utils

from verifier.errors import Fault

_SOUND_FROM = (3, 51, 3)
_REPAIRED = frozenset({(3, 44, 6), (3, 50, 7)})
_WAIT_MS = 10_000
Bindings = Sequence[Any] | Mapping[str, Any] | None


def is_sound(version: str) -> bool:
    """Whether SQLite `version` ("3.51.3") is without the defect of the write-ahead log's reset."""
    # The version is the library's own word, not input: three or four dotted numbers.
    numbers = tuple(map(int, version.split(".")))[:3]
    return numbers >= _SOUND_FROM or numbers in _REPAIRED


def version() -> str:
    """The version of the SQLite library in use."""
    return apsw.sqlite_lib_version()


def require_sound() -> None:
    """Raise Fault `store.unsound-sqlite` unless the SQLite library in use is sound."""
    if not is_sound(version()):
        raise Fault(
            "store.unsound-sqlite",
            f"SQLite {version()} can lose committed records when its write-ahead log is reset",
            evidence={"sqlite": version()},
        )


class Cursor(apsw.Cursor):
    """An apsw cursor that speaks as PEP 249 asks where apsw does not: a description after the last row, its errors."""

    _described: tuple[tuple[Any, ...], ...] | None = None

    def execute(self, sql: str, bindings: Bindings = None, **options: Any) -> apsw.Cursor:  # type: ignore[override]
        """Run `sql`. Errors are those of the standard module: sqlite3.IntegrityError, sqlite3.OperationalError."""
        self._described = None
        try:
            return super().execute(sql, bindings, **options)
        except apsw.Error as error:
            raise _standard(error) from error

    def executemany(self, sql: str, rows: Iterable[Any], **options: Any) -> apsw.Cursor:  # type: ignore[override]
        """Run `sql` once for each row of bindings."""
        try:
            return super().executemany(sql, rows, **options)
        except apsw.Error as error:
            raise _standard(error) from error

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        try:
            return super().fetchall()
        except apsw.Error as error:
            raise _standard(error) from error

    @property
    def description(self) -> tuple[tuple[Any, ...], ...] | None:  # type: ignore[override]
        """The columns of the result, as in PEP 249; None for a statement that returns no rows."""
        return self._described

    @property
    def lastrowid(self) -> int:
        """The rowid of the last insert on this connection."""
        return self.connection.last_insert_rowid()

    @property
    def rowcount(self) -> int:
        """How many rows the last insert, update or delete on this connection changed."""
        return self.connection.changes()


class Connection(apsw.Connection):
    """An apsw connection with the members of sqlite3.Connection that sqlite-utils asks for.

    Outside BEGIN … COMMIT every statement is its own transaction.
    """

    isolation_level: str | None = None

    def executescript(self, sql: str) -> apsw.Cursor:
        """Run several statements."""
        return self.execute(sql)

    def create_function(self, name: str, arity: int, function: Any, *, deterministic: bool = False) -> None:
        """Offer `function` to SQL under `name`."""
        self.create_scalar_function(name, function, arity, deterministic=deterministic)

    def commit(self) -> None:
        """Commit the open transaction, if there is one."""
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self.in_transaction:
            self.execute("ROLLBACK")


def _note_columns(cursor: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
    """Called before the first step of a statement: its columns are known then, and no longer after its last row."""
    columns = cursor.get_description()
    cast(Cursor, cursor)._described = tuple([(*column[:2], None, None, None, None, None) for column in columns]) or None
    return True


def _standard(error: apsw.Error) -> sqlite3.Error:
    """The standard module's error for one of apsw's."""
    kind = sqlite3.IntegrityError if isinstance(error, apsw.ConstraintError) else sqlite3.OperationalError
    return kind(str(error))


def open_database(path: Path, *, readonly: bool = False) -> sqlite_utils.Database:
    """Open the SQLite file at `path` for sqlite-utils, with the sound library, in WAL mode, every commit durable.

    A connection may be used by one thread at a time. Raises Fault `store.unsound-sqlite`, sqlite3.OperationalError.
    """
    require_sound()
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    try:
        connection = Connection(str(path), flags=flags)
    except apsw.Error as error:
        raise _standard(error) from error
    connection.cursor_factory = Cursor
    connection.exec_trace = _note_columns
    connection.set_busy_timeout(_WAIT_MS)
    if not readonly:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    return sqlite_utils.Database(cast(sqlite3.Connection, connection))
