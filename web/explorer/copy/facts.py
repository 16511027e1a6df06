"""The small facts of the copy, by name, and the one way to write to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlite_utils import Database


class Facts:
    """The small facts of the copy, by name."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, name: str) -> bytes | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def number(self, name: str) -> int:
        return int(self.get(name) or b"0")

    def json(self, name: str) -> Mapping[str, Any] | None:
        value = self.get(name)
        return None if value is None else json.loads(value)

    def put(self, name: str, value: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))

    def drop(self, name: str) -> None:
        self._db.execute("DELETE FROM facts WHERE name = ?", (name,))


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One write transaction, taken at once: a second writer waits instead of working on what is about to change."""
    with turn(db):
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            db.conn.execute("ROLLBACK")
            raise
        db.conn.execute("COMMIT")


_turns: dict[str, Lock] = {}


def turn(db: Database) -> Lock:
    """Held by the one connection that writes to a copy, or that closes: what WAL mode asks of SQLite before 3.51.3.

    The audit and the judgement write from threads of their own, in this process, which is the only one that does.
    """
    path: str = db.execute("PRAGMA database_list").fetchone()[2]
    return _turns.setdefault(path, Lock())
