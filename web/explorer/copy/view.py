"""What is asked of the copy: one consistent view of it, as plain rows. Every query here finds its rows by an index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from verifier.audit import AuditState
from verifier.charter import Party
from verifier.formats import checkpoint
from verifier.formats import policy as policies
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.merkle import HASH_SIZE
from verifier.trust import TrustState
from web.explorer.copy.rows import RECORDS, Entry, Link, Row

MARKED_SHOWN = 200
"""How many findings a page lists; the count is always exact."""


class View:
    """One reader's view. `connection`: inside a read transaction; `state`: (run, what reads its bytes) -> the audit's
    state, which the copy keeps parsed."""

    def __init__(self, connection: sqlite3.Connection, state: Callable[[int, Callable[[], bytes]], AuditState]) -> None:
        self._db = connection
        self._parse_state = state

    # The small facts.

    def fact(self, name: str) -> bytes | None:
        """A fact of the copy (see Copy), or None."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _number(self, name: str) -> int:
        return int(self.fact(name) or b"0")

    def _text(self, name: str) -> str:
        return (self.fact(name) or b"").decode()

    def _json(self, name: str) -> Any:
        value = self.fact(name)
        return None if value is None else json.loads(value)

    @cached_property
    def empty(self) -> bool:
        """Whether no audit has filled the copy yet."""
        return self._number("run") == 0

    @cached_property
    def size(self) -> int:
        """How many records are in the copy."""
        return self._number("size")

    @cached_property
    def history(self) -> int:
        """How many entries of the checkpoint history are in the copy."""
        return self._number("history")

    @cached_property
    def audited(self) -> int:
        """When the last audit ended well, by this reader's clock (seconds, UTC); 0: never."""
        return self._number("audited")

    @cached_property
    def ledger(self) -> str:
        """The ledger's name: the checkpoint's origin."""
        return self._text("ledger")

    @cached_property
    def charter(self) -> str:
        """The charter's digest, hex."""
        return self._text("charter")

    @cached_property
    def policy(self) -> Policy:
        """The reader's policy, under which the copy was audited."""
        return policies.parse(self.fact("policy") or b"")

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint up to which the copy was audited."""
        return checkpoint.parse(self.fact("checkpoint") or b"")

    @cached_property
    def cosigned(self) -> Mapping[str, int]:
        """Witness (name in the policy) -> time of its cosignature on that checkpoint (seconds; 0 says none)."""
        return self._json("cosigned") or {}

    @cached_property
    def cosigners(self) -> Mapping[str, int]:
        """Witness (its key name: two keys of one name are one witness) -> the earliest time it gave; 0 says none."""
        found: dict[str, int] = {}
        for name, at in self.cosigned.items():
            key = self.policy.witnesses[name].key.name
            found[key] = min(filter(None, (at, found.get(key, 0))), default=0)
        return found

    @cached_property
    def report(self) -> Mapping[str, Any]:
        """The last audit's report, as JSON."""
        return self._json("report") or {}

    @cached_property
    def trouble(self) -> Mapping[str, Any] | None:
        """Why the last run took nothing in (a fault's JSON with `at` and `since`, seconds), or None."""
        found: Mapping[str, Any] | None = self._json("trouble")
        return found

    @cached_property
    def unjudged(self) -> Mapping[str, Any] | None:
        """Why the last judgement of obligations failed, after an audit that ended well (as `trouble`), or None."""
        found: Mapping[str, Any] | None = self._json("unjudged")
        return found

    @cached_property
    def contradiction(self) -> Mapping[str, Any] | None:
        """The first contradiction of the ledger that this copy was ever shown (as `trouble`), or None."""
        found: Mapping[str, Any] | None = self._json("contradiction")
        return found

    @cached_property
    def state(self) -> AuditState:
        """The audit's state. The copy must not be empty."""
        return self._parse_state(self._number("run"), lambda: self.fact("state") or b"")

    @property
    def trust(self) -> TrustState:
        """Who may say what, after the last record."""
        return self.state.trust

    @property
    def registry(self) -> Mapping[str, Party]:
        """The participants by code, after the last record; none while the copy is empty."""
        return {} if self.empty else self.trust.registry

    # Records.

    def rows(self, query: str, values: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
        """The records that a query selects; it selects `COLUMNS`."""
        return [Row(*row) for row in self._db.execute(query, values)]

    def select(self, query: str, values: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows that a query selects, as they are."""
        return self._db.execute(query, values).fetchall()

    def number(self, query: str, values: Mapping[str, Any] | Sequence[Any]) -> int:
        """The one number that a query selects."""
        found: int = self._db.execute(query, values).fetchone()[0]
        return found

    def record(self, index: int) -> Row | None:
        """The record at an index."""
        found = self.rows(RECORDS + " WHERE idx = ?", (index,))
        return found[0] if found else None

    def statement(self, statement_id: str) -> Row | None:
        """The record that holds a statement; one that stands goes before one that is judged as absent."""
        query = RECORDS + " WHERE id = ? ORDER BY stands DESC, idx LIMIT 1"
        found = self.rows(query, (statement_id,))
        return found[0] if found else None

    def by_digest(self, digest: str) -> Row | None:
        """The record with these bytes, by their SHA-256 in hex."""
        found = self.rows(RECORDS + " WHERE digest = ?", (digest,))
        return found[0] if found else None

    def raw(self, index: int) -> bytes:
        """A record's stored bytes (KeyError: not in the copy)."""
        row = self._db.execute("SELECT raw FROM leaves WHERE idx = ?", (index,)).fetchone()
        if row is None:
            raise KeyError(index)
        return bytes(row[0])

    def relating(self, statement_id: str) -> list[tuple[str, Row]]:
        """(relation, record) of every statement that names this one, without those judged as absent, in log order."""
        query = "SELECT rel, source FROM relations WHERE target = ? ORDER BY source, rel"
        found = [(rel, self.record(index)) for rel, index in self._db.execute(query, (statement_id,)).fetchall()]
        return [(rel, row) for rel, row in found if row is not None and row.stands]

    def related(self, index: int) -> list[tuple[str, str, Row | None]]:
        """(relation, id, record if it is in the copy) of what the statement in record `index` names."""
        query = "SELECT rel, target FROM relations WHERE source = ? ORDER BY rel, target"
        return [(rel, target, self.statement(target)) for rel, target in self._db.execute(query, (index,)).fetchall()]

    def naming(self, digest: str) -> list[Row]:
        """The records that name a file as an attachment, by its SHA-256 in hex, in log order; those judged as absent too."""
        query = "SELECT idx FROM attachments WHERE digest = ? ORDER BY idx"
        found = [self.record(index) for (index,) in self._db.execute(query, (digest,)).fetchall()]
        return [row for row in found if row is not None]

    def rehearsals(self, drill: str) -> int:
        """How many statements carry the exercise marking of a drill."""
        return self.number("SELECT count(*) FROM records WHERE exercise = ?", (drill,))

    # The chains of a party.

    def offices(self, party: str) -> list[str]:
        """The offices that have spoken for a party, in order of name."""
        query, last = "SELECT min(office) FROM records WHERE party = ? AND office > ?", ""
        found: list[str] = []
        while True:  # a skip scan: one step of the index an office
            last = self._db.execute(query, (party, last)).fetchone()[0]
            if last is None:
                return found
            found.append(last)

    def links(self, party: str, office: str) -> Iterator[Link]:
        """An office's statements in order of sequence, as the copy holds them; those judged as absent do not count."""
        query = """SELECT sequence, id, previous FROM records WHERE party = ? AND office = ? AND stands = 1
            ORDER BY sequence"""
        for row in self._db.execute(query, (party, office)):
            yield Link(*row)

    # Findings.

    def finding_count(self) -> int:
        """How many findings the audit has on the ledger and on single records."""
        return self.number("SELECT count(*) FROM findings WHERE idx IS NULL", ()) + self.number(
            "SELECT count(*) FROM findings WHERE idx >= 0", ()
        )

    def found(self, code: str) -> int:
        """How many findings have this code."""
        return self.number("SELECT count(*) FROM findings WHERE code = ?", (code,))

    def findings(self, index: int | None = None) -> list[dict[str, Any]]:
        """The findings on one record, or (None) the first `MARKED_SHOWN`, those on the ledger as a whole before others."""
        columns = "SELECT idx, code, message, next, evidence FROM findings"
        if index is not None:
            found = self._db.execute(f"{columns} WHERE idx = ?", (index,)).fetchall()
        else:
            found = self._db.execute(f"{columns} WHERE idx IS NULL LIMIT ?", (MARKED_SHOWN,)).fetchall()
            left = MARKED_SHOWN - len(found)
            found += self._db.execute(f"{columns} WHERE idx >= 0 ORDER BY idx LIMIT ?", (left,)).fetchall()
        keys = ("index", "code", "message", "next", "evidence")
        return [dict(zip(keys, (*row[:4], json.loads(row[4])), strict=True)) for row in found]

    # Checkpoints, witnesses, tiles.

    def entry(self, number: int) -> Entry | None:
        """Entry `number` of the checkpoint history."""
        row = self._db.execute("SELECT number, size, root, raw FROM checkpoints WHERE number = ?", (number,)).fetchone()
        return None if row is None else Entry(*row)

    def entries(self, below: int, most: int) -> list[Entry]:
        """Up to `most` history entries numbered below `below`, newest first."""
        query = "SELECT number, size, root, raw FROM checkpoints WHERE number < ? ORDER BY number DESC LIMIT ?"
        return [Entry(*row) for row in self._db.execute(query, (below, most))]

    def covering(self, index: int) -> Iterator[Entry]:
        """The history entries whose tree holds record `index`, in order of size, then number."""
        query = "SELECT number, size, root, raw FROM checkpoints WHERE size > ? ORDER BY size, number"
        for row in self._db.execute(query, (index,)):
            yield Entry(*row)

    def cosignatures(self, number: int) -> list[tuple[str, int]]:
        """(witness key name, time in seconds or 0) of each verified cosignature on a history entry, earliest first."""
        query = "SELECT name, at FROM cosignatures WHERE number = ? ORDER BY at, name"
        return [(name, at) for name, at in self._db.execute(query, (number,))]

    def last_cosignature(self, name: str) -> tuple[int, int, int] | None:
        """(history entry, tree size, time) of a witness's cosignature on the largest tree it signed."""
        query = "SELECT number, size, at FROM cosignatures WHERE name = ? ORDER BY size DESC, number DESC LIMIT 1"
        row = self._db.execute(query, (name,)).fetchone()
        return None if row is None else (row[0], row[1], row[2])

    def recent_sizes(self, most: int) -> list[int]:
        """The newest `most` tree sizes in the history, largest first."""
        found: list[int] = []
        below = 2**62
        while len(found) < most:  # a skip scan: one step of the index a size
            row = self._db.execute("SELECT max(size) FROM checkpoints WHERE size < ?", (below,)).fetchone()
            if row[0] is None:
                break
            below = row[0]
            found.append(below)
        return found

    def signed_since(self, name: str, size: int) -> int:
        """How many different tree sizes from `size` on a witness has signed."""
        query = "SELECT count(DISTINCT size) FROM cosignatures WHERE name = ? AND size >= ?"
        return self.number(query, (name, size))

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        """The first `width` hashes of a Merkle tile (KeyError: the copy has fewer)."""
        row = self._db.execute("SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
        hashes = bytes(row[0]) if row else b""
        if len(hashes) < width * HASH_SIZE:
            raise KeyError((level, number, width))
        return [hashes[n : n + HASH_SIZE] for n in range(0, width * HASH_SIZE, HASH_SIZE)]
