"""What a witness has cosigned, in one SQLite file: one row a log, changed by compare-and-set, durable before an answer.

A witness that forgets may cosign two histories. So a row changes in a single statement that names what it replaces,
with `synchronous=FULL`: a kill at any moment leaves either the old row or the new one, and two requests, or two
processes on one file, never both win. The table knows nothing of any log but its origin: any C2SP log can be witnessed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from ledger.store.library import open_database
from verifier.errors import Fault
from verifier.witness import Known

_COLUMNS = {"origin": str, "hash": bytes, "size": int, "root": bytes, "timestamp": int, "note": bytes}
_INSERT = (
    "insert into witnessed (origin, hash, size, root, timestamp, note) values (?, ?, ?, ?, ?, ?)"
    " on conflict do nothing returning 1"
)
_UPDATE = (
    "update witnessed set size = ?, root = ?, timestamp = ?, note = ?"
    " where origin = ? and size = ? and root = ? and timestamp = ? returning 1"
)
_MOST_FORKS = 16


def origin_hash(origin: str) -> str:
    """The hex SHA-256 of an origin, as monitors name it (C2SP tlog-witness, "Monitor Retrieval Mechanism")."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


class SqliteState:
    """`verifier.witness.State` in the file at `path`, created if absent. Any thread may call it."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises Fault `store.unsound-sqlite`, `store.failed`."""
        self.path = path
        self._lock = Lock()
        try:
            self._db = open_database(path)
            self._db.table("witnessed").create(
                _COLUMNS, pk="origin", not_null=set(_COLUMNS), if_not_exists=True, strict=True
            )
            self._db.table("witnessed").create_index(["hash"], unique=True, if_not_exists=True)
            self._db.table("forks").create(
                {"id": int, "origin": str, "evidence": str}, pk="id", if_not_exists=True, strict=True
            )
        except sqlite3.Error as error:
            raise self._failed("opened", error) from error

    def load(self, origin: str) -> Known | None:
        """What was cosigned last for `origin`; None if nothing ever was. Raises Fault `store.failed`."""
        rows = self._run("select size, root, timestamp, note from witnessed where origin = ?", origin)
        return Known(*rows[0]) if rows else None

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        """Put `new` in the place of `old`, durably. Raises Fault `witness.conflict` if `old` is not what is stored."""
        if old is None:
            key = bytes.fromhex(origin_hash(origin))
            changed = self._run(_INSERT, origin, key, new.size, new.root, new.timestamp, note)
        else:
            values = (new.size, new.root, new.timestamp, note, origin, old.size, old.root, old.timestamp)
            changed = self._run(_UPDATE, *values)
        if not changed:
            known = self.load(origin)
            size = known.size if known else 0
            told = f"another request was faster: the latest cosigned size is {size}"
            raise Fault("witness.conflict", told, where=origin, evidence={"size": size})

    def checkpoint(self, hashed: bytes) -> bytes | None:
        """The latest cosigned checkpoint of the log whose origin has this SHA-256 (32 bytes); None if there is none."""
        rows = self._run("select note from witnessed where hash = ?", hashed)
        return bytes(rows[0][0]) if rows else None

    def keep_fork(self, origin: str, evidence: dict[str, Any]) -> None:
        """Keep two signed checkpoints that cannot both be true, the first 16 of each log, for its operator to show."""
        text = orjson.dumps(evidence, option=orjson.OPT_SORT_KEYS).decode()
        self._run(
            "insert into forks (origin, evidence) select ?, ? where"
            " (select count(*) from forks where origin = ?) < ?"
            " and not exists (select 1 from forks where origin = ? and evidence = ?)",
            *(origin, text, origin, _MOST_FORKS, origin, text),
        )

    def forks(self, origin: str) -> list[dict[str, Any]]:
        """The evidence kept against the log, oldest first."""
        rows = self._run("select evidence from forks where origin = ? order by id", origin)
        return [orjson.loads(text) for (text,) in rows]

    def close(self) -> None:
        """Let go of the file. Nothing may be called afterwards."""
        with self._lock:
            self._db.close()

    def _run(self, sql: str, *bindings: object) -> list[tuple[Any, ...]]:
        """One statement, which is one transaction."""
        try:
            with self._lock:
                return list(self._db.conn.execute(sql, bindings).fetchall())
        except sqlite3.Error as error:
            raise self._failed("used", error) from error

    def _failed(self, what: str, error: Exception) -> Fault:
        return Fault("store.failed", f"the witness's state could not be {what}: {error}", where=str(self.path))
