"""The copy to take away: a consistent snapshot as one SQLite file, its statements as CSV, its records as a dump.

A snapshot is made beside the pages, never within one: by one thread, at most once in a while, onto the disk of the copy, and
only where there is room. Each file's digest is computed once, when it is written. The newest snapshot alone is kept.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import file_digest
from io import TextIOWrapper
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import orjson

from web.explorer.copy.audited import Copy
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.records import feed

_log = logging.getLogger(__name__)
AFTER = 900
"""Seconds for which a snapshot serves, though the copy has grown."""
_ROOM = 3
"""The disk must have room for so many times the copy."""
_PREFIX = "snapshot-"
TABLES_TOLD = {
    "records": (
        "One row a record, with the times that witnesses establish. stands: 0 where it is judged as absent.",
        "title",
    ),
    "leaves": ("The stored bytes of each record.", ""),
    "relations": ("Which statement names which, and how.", ""),
    "signed": ("Which signers a statement names.", ""),
    "sectors": ("Which sectors a statement names.", ""),
    "findings": ("What the audit found.", "message"),
    "checkpoints": ("The checkpoint history, entry by entry.", ""),
    "cosignatures": ("Every cosignature that was verified.", ""),
    "tiles": ("The Merkle tree, for inclusion proofs.", ""),
    "obligations": ("Who owed what to whom, and what the record shows of it, as judged.", ""),
    "drills": ("Announced drills, their dates as in force.", ""),
    "incidents": ("Threads of incidents and near misses.", ""),
    "texts": ("Texts that hold rules.", ""),
}
"""Table -> (what it holds, the column by which a row is named)."""


@dataclass(frozen=True)
class File:
    """A file of a snapshot: its `name`, its place, its size in bytes, its SHA-256 in hex."""

    name: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    """What was taken: `run` of the copy, `audited` and `made` (seconds, UTC), `records`, `history`, the files by name."""

    run: int
    audited: int
    made: int
    records: int
    history: int
    files: dict[str, File]


class Snapshots:
    """Makes and keeps the newest snapshot of a copy. `clock`: seconds since the epoch."""

    def __init__(self, copy: Copy, clock: Callable[[], float]) -> None:
        self._copy, self._clock = copy, clock
        self._room = copy.path.parent
        self._making, self._lock = threading.Lock(), threading.Lock()
        self._newest: Snapshot | None = None

    @property
    def newest(self) -> Snapshot | None:
        """The snapshot to hand out, if there is one."""
        return self._newest

    def ask(self, run: int) -> Snapshot | None:
        """The newest snapshot. Where it is missing or out of date, another is begun, and this does not wait for it.

        `run`: of the copy as the reader sees it; 0, an empty copy, begins nothing.
        """
        found = self._newest
        late = found is None or (found.run != run and self._clock() - found.made >= AFTER)
        if run and late and self._making.acquire(blocking=False):
            threading.Thread(target=self._begun, name="explorer-snapshot", daemon=True).start()
        return found

    def make(self) -> Snapshot:
        """Make a snapshot now, and wait for it."""
        with self._making:
            return self._make()

    def _begun(self) -> None:
        try:
            self._make()
        except (OSError, sqlite3.Error):  # the page says that there is none; the journal says why
            _log.exception("no snapshot of %s", self._copy.path)
        finally:
            self._making.release()

    def _make(self) -> Snapshot:
        size = self._copy.path.stat().st_size
        if shutil.disk_usage(self._room).free < _ROOM * size:
            raise OSError(f"no room beside {self._copy.path} for a snapshot of {size} bytes")
        before = list(self._room.glob(f"{_PREFIX}*"))
        place = Path(mkdtemp(prefix=_PREFIX, dir=self._room))
        try:
            found = self._taken(place)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._newest = found
        for old in before:  # whoever is reading one goes on: an open file stays until it is closed
            shutil.rmtree(old, ignore_errors=True)
        return found

    def _taken(self, place: Path) -> Snapshot:
        target = place / "detente.sqlite"
        uri = f"{self._copy.path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            db.execute("VACUUM INTO ?", (str(target),))
        names = ["detente.sqlite", "metadata.json", "statements.csv"]
        with closing(sqlite3.connect(f"{target.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            facts = dict(
                db.execute("SELECT name, value FROM facts WHERE name IN ('run', 'audited', 'size', 'history')")
            )
            (place / "metadata.json").write_bytes(_described(db))
            _table(db, place / "statements.csv")
            if _dump(db, place / "records.jsonl"):
                names.append("records.jsonl")
            (place / "checkpoint.txt").write_bytes(_fact(db, "checkpoint"))
            names.append("checkpoint.txt")
        return Snapshot(
            run=int(facts.get("run", b"0")),
            audited=int(facts.get("audited", b"0")),
            made=int(self._clock()),
            records=int(facts.get("size", b"0")),
            history=int(facts.get("history", b"0")),
            files={name: _filed(place / name) for name in names},
        )


def _fact(db: sqlite3.Connection, name: str) -> bytes:
    row: Any = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return b"" if row is None else bytes(row[0])


def _described(db: sqlite3.Connection) -> bytes:
    """What Datasette shows beside the tables: where they come from, what each holds, how its rows are told apart."""
    ledger, checkpoint = _fact(db, "ledger").decode(), _fact(db, "checkpoint").decode("utf-8", "replace")
    tables = {
        name: {"description": told, **({"label_column": label} if label else {})}
        for name, (told, label) in TABLES_TOLD.items()
        if db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()
    }
    told = (
        "An audited copy of a ledger. Times are seconds since 1970-01-01 UTC. To rely on nobody, audit the record dump."
    )
    facts = {"title": f"Detente: {ledger}", "description": told, "source": checkpoint.partition("\n\n")[0]}
    return orjson.dumps({**facts, "databases": {"detente": {"tables": tables}}}, option=orjson.OPT_INDENT_2)


def _table(db: sqlite3.Connection, target: Path) -> None:
    """Every record as a row of CSV, in the order of the log."""
    with target.open("wb") as raw, TextIOWrapper(raw, "utf-8", newline="") as out:
        writer = feed.writer_of(out)
        for row in db.execute(f"{RECORDS} ORDER BY idx"):
            writer.writerow(feed.cells(Row(*row)))


def _dump(db: sqlite3.Connection, target: Path) -> bool:
    """Every record as stored, one a line. False, and no file, where a record holds a line break: its lines would lie."""
    with target.open("wb") as out:
        for (raw,) in db.execute("SELECT raw FROM leaves ORDER BY idx"):
            if b"\n" in raw:
                break
            out.write(raw + b"\n")
        else:
            return True
    target.unlink()
    return False


def _filed(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.name, path, path.stat().st_size, file_digest(file, "sha256").hexdigest())
