"""What the audit tells of, written down: the observer that takes verified records and checkpoints into the copy.

Everything happens inside the one transaction that the caller opened, so that a reader sees all of a run or none of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from sqlite_utils import Database

from verifier import merkle, record, statement
from verifier.audit import Finding
from verifier.errors import Fault
from verifier.formats import checkpoint, cosignature, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from web.explorer.wording import kinds
from web.explorer.wording.signed_text import indexed

BATCH = 500
"""How many records are held in memory before they are written."""


class Filling:
    """An Observer (see verifier.audit). `keys` are the witness keys whose cosignatures are noted."""

    def __init__(self, db: Database, size: int, history: int, keys: Iterable[VerifierKey]) -> None:
        self.size = size
        self.history = history
        self._db = db
        self._keys = {(key.name, key.key_id): key for key in keys}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._words: list[tuple[int, str, str, str, str]] = []
        self._edge = Edge(db, size)
        self._noted: set[tuple[str, int | None, str]] = set()

    def record(self, index: int, raw: bytes, findings: Iterable[Finding]) -> None:
        """Take record `index` with what the audit found on it. Records come in order, none skipped."""
        if index != self.size:
            raise ValueError(f"record {index} came when {self.size} was expected")
        self.size += 1
        self._edge.append(merkle.leaf_hash(raw))
        self._put("leaves", {"idx": index, "raw": raw})
        found = list(findings)
        self._put("records", self._described(index, raw, len(found)))
        for finding in found:
            self.note(finding)
        if self.size % BATCH == 0:
            self.flush()

    def note(self, finding: Finding) -> None:
        """Keep a finding; one without an index concerns the ledger as a whole."""
        self._noted.add(_mark(finding))
        evidence = json.dumps(dict(finding.evidence), sort_keys=True, default=str)
        row = {"idx": finding.index, "code": finding.code, "message": finding.message, "next": finding.next}
        self._put("findings", {**row, "evidence": evidence})

    def note_rest(self, findings: Iterable[Finding]) -> None:
        """Keep the findings of a whole run that did not come with a record: they may concern earlier ones.

        That something could not be read holds for its run alone: the next run finds it again, or reads it.
        """
        self.flush()
        self._db.execute("DELETE FROM findings WHERE idx IS NULL AND code LIKE '%.unreadable'")
        for finding in findings:
            known = "SELECT 1 FROM findings WHERE code = ? AND idx IS ? AND message = ?"
            if _mark(finding) in self._noted or self._db.execute(known, _mark(finding)).fetchone():
                continue
            self.note(finding)
            if finding.index is not None:
                self._db.execute("UPDATE records SET findings = findings + 1 WHERE idx = ?", (finding.index,))
        self.flush()

    def checkpoint(self, number: int, raw: bytes) -> None:
        """Take entry `number` of the checkpoint history, with the cosignatures by known witnesses that verify."""
        if number != self.history:
            raise ValueError(f"history entry {number} came when {self.history} was expected")
        self.history += 1
        try:
            point = checkpoint.parse(raw)
        except Fault:  # the audit has a finding on it; its bytes are shown all the same
            self._put("checkpoints", {"number": number, "size": None, "root": None, "raw": raw})
            return
        self._put("checkpoints", {"number": number, "size": point.size, "root": point.root, "raw": raw})
        self._note_cosignatures(number, point, self._keys)

    def watch(self, keys: Iterable[VerifierKey]) -> None:
        """Note the cosignatures of further witnesses too, on the whole history: those that a charter newly names."""
        self.flush()
        found = {(key.name, key.key_id): key for key in keys}
        new = {name: key for name, key in found.items() if name not in self._keys}
        self._keys |= new
        for number, raw in (
            self._db.execute("SELECT number, raw FROM checkpoints WHERE size >= 0").fetchall() if new else ()
        ):
            self._note_cosignatures(number, checkpoint.parse(bytes(raw)), new)
        self.flush()

    def _note_cosignatures(self, number: int, point: Checkpoint, keys: dict[tuple[str, int], VerifierKey]) -> None:
        for key, at in verified(point, keys):
            row = {"number": number, "name": key.name, "key_id": key.key_id, "at": at, "size": point.size}
            self._put("cosignatures", row)

    @property
    def root(self) -> bytes:
        """The root (32 bytes) of the Merkle tree over all records that the copy holds, as its own tiles give it."""
        return self._edge.root()

    def flush(self) -> None:
        """Write what is held to the open transaction."""
        for table, rows in self._rows.items():
            self._db.table(table).insert_all(rows, alter=False)
        self._rows.clear()
        insert = "INSERT INTO words (rowid, title, body, code, type) VALUES (?, ?, ?, ?, ?)"
        self._db.conn.executemany(insert, self._words)
        self._words.clear()
        self._edge.flush()

    def _put(self, table: str, row: dict[str, Any]) -> None:
        self._rows.setdefault(table, []).append(row)

    def _described(self, index: int, raw: bytes, findings: int) -> dict[str, Any]:
        """The row of a record. Of one that cannot be read (it has a finding) only the digests are known."""
        row: dict[str, Any] = dict.fromkeys(_COLUMNS)
        row |= {"idx": index, "digest": sha256(raw).hexdigest(), "stands": 0, "findings": findings}
        try:
            entry = record.parse(raw)
            row |= {"id": sha256(entry.envelope.payload).hexdigest(), "received": entry.received}
            said = statement.parse(entry.envelope.payload)
        except Fault:
            return row | {"sealed": 0}
        for relation in said.relates:
            self._put("relations", {"source": index, "rel": relation.rel, "target": relation.statement})
        for signer in said.signers:
            self._put("signed", {"signer": signer, "idx": index})
        for file in said.attachments:
            self._put("attachments", {"digest": file["digest"], "idx": index})
        for sector in sorted(set(_sectors(said.body))):
            self._put("sectors", {"sector": sector, "idx": index})
        self._words.append((index, *_indexed(said)))
        return row | {
            "party": said.party,
            "office": said.office,
            "sequence": said.sequence,
            "previous": said.previous,
            "type": said.type,
            "family": kinds.family(said.type),
            "issued": said.issued_at,
            "language": said.language,
            "title": said.title,
            "exercise": said.exercise,
            "sealed": len(said.sealed),
        }


_COLUMNS = (
    *("id", "party", "office", "sequence", "previous", "type", "family", "issued", "received", "language", "title"),
    *("exercise", "sealed", "witnessed_after", "witnessed_before"),
)


def _mark(finding: Finding) -> tuple[str, int | None, str]:
    return finding.code, finding.index, finding.message


def verified(point: Checkpoint, keys: Mapping[tuple[str, int], VerifierKey]) -> Iterator[tuple[VerifierKey, int]]:
    """The signatures on a checkpoint by these keys that hold, with their times (seconds; 0 says none).

    A false one is left out: the audit, which saw the same bytes, has the finding.
    """
    for signature in point.note.signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            continue
        try:
            yield key, cosignature.verify(key, point, signature)
        except Fault as fault:
            if fault.code != "signature.false":
                raise


def _indexed(said: statement.Statement) -> tuple[str, str, str, str]:
    """The words of a statement to search by: title, text of the body, codes, labels of the type."""
    codes = " ".join([said.party, *said.addressees])
    return indexed(said.title), indexed("\n".join(_texts(said.body))), codes, kinds.searchable_labels(said.type)


def _sectors(value: Any) -> Iterator[str]:
    """The sectors that a body names, wherever it does: of a drill, of an incident, of what a rule protects."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "sectors" and isinstance(item, list):
                yield from (one for one in item if isinstance(one, str))
            else:
                yield from _sectors(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sectors(item)


def _texts(value: Any) -> Iterator[str]:
    """Every string in a body, however deep (at most 32 levels: canonical JSON has no more)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


class Edge:
    """The right edge of the Merkle tree, tile by tile: a full tile's root is a hash of the level above."""

    def __init__(self, db: Database, size: int) -> None:
        self._db = db
        self._open: dict[int, list[bytes]] = {}
        self._full: list[tuple[int, int, bytes]] = []
        self._counts: dict[int, int] = {}
        level = 0
        while size:
            number, width = divmod(size, tiles.WIDTH)
            self._counts[level] = number
            stored = _tile(db, level, number) if width else b""
            if len(stored) < width * merkle.HASH_SIZE:
                raise ValueError(f"the copy lacks tile {number} of level {level}")
            self._open[level] = _split(stored[: width * merkle.HASH_SIZE])
            size, level = number, level + 1

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash (32 bytes)."""
        level, value = 0, leaf
        while True:
            edge = self._open.setdefault(level, [])
            edge.append(value)
            if len(edge) < tiles.WIDTH:
                return
            number = self._counts.get(level, 0)
            self._full.append((level, number, b"".join(edge)))
            self._counts[level] = number + 1
            value = merkle.subtree_root(edge)
            edge.clear()
            level += 1

    def root(self) -> bytes:
        """The root of the tree (32 bytes). Each level's hashes stand left of the one subtree that is not full."""
        right: list[bytes] = []
        for level in sorted(self._open):
            hashes = [*self._open[level], *right]
            right = [merkle.subtree_root(hashes)] if hashes else []
        return right[0] if right else merkle.EMPTY_ROOT

    def flush(self) -> None:
        """Write the full tiles and the partial ones of the edge."""
        partial = [(level, self._counts.get(level, 0), b"".join(edge)) for level, edge in self._open.items() if edge]
        self._db.conn.executemany("INSERT OR REPLACE INTO tiles (level, number, hashes) VALUES (?, ?, ?)", self._full)
        self._db.conn.executemany("INSERT OR REPLACE INTO tiles (level, number, hashes) VALUES (?, ?, ?)", partial)
        self._full.clear()


def _tile(db: Database, level: int, number: int) -> bytes:
    row = db.execute("SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
    return bytes(row[0]) if row else b""


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[n : n + merkle.HASH_SIZE] for n in range(0, len(hashes), merkle.HASH_SIZE)]
