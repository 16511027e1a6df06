"""The tables of the audited copy. One SQLite file: what the audit handed over, and the indexes that the pages need."""

from __future__ import annotations

from sqlite_utils import Database

VERSION = 6
"""Raised when the tables change; a copy of another version is refilled from the ledger, it holds nothing of its own."""

TABLES: dict[str, tuple[dict[str, type], str | tuple[str, ...] | None]] = {
    # One row a record. `idx` is the record's index. `stands`: 1 if the audit took the statement in, 0 if it is judged as if
    # it were absent. `findings` counts the audit's findings on it. Times: seconds, UTC.
    "records": (
        {
            "idx": int,
            "id": str,
            "digest": str,
            "party": str,
            "office": str,
            "sequence": int,
            "previous": str,
            "type": str,
            "family": str,
            "issued": int,
            "received": int,
            "language": str,
            "title": str,
            "exercise": str,
            "sealed": int,
            "witnessed_after": int,
            "witnessed_before": int,
            "stands": int,
            "findings": int,
        },
        "idx",
    ),
    # The stored bytes of each record, apart, so that lists do not page through them.
    "leaves": ({"idx": int, "raw": bytes}, "idx"),
    "relations": ({"source": int, "rel": str, "target": str}, None),
    # Which signers a statement names, as it says itself: true of those that stand.
    "signed": ({"signer": str, "idx": int}, None),
    # Which files a statement names, by their SHA-256 in hex.
    "attachments": ({"digest": str, "idx": int}, None),
    # Which sectors a statement names, in whichever member of its body.
    "sectors": ({"sector": str, "idx": int}, None),
    "findings": ({"idx": int, "code": str, "message": str, "next": str, "evidence": str}, None),
    # One row an entry of the checkpoint history; size and root are null where it is no checkpoint (the audit has a finding).
    "checkpoints": ({"number": int, "size": int, "root": bytes, "raw": bytes}, "number"),
    # One row a verified cosignature; `name` is the witness's key name, `at` is 0 where the signature has no time.
    "cosignatures": ({"number": int, "name": str, "key_id": int, "at": int, "size": int}, None),
    # Merkle tiles: up to 256 hashes of 32 bytes each (tlog-tiles), for the proofs.
    "tiles": ({"level": int, "number": int, "hashes": bytes}, ("level", "number")),
    "facts": ({"name": str, "value": bytes}, "name"),
}

INDEXES: dict[str, list[list[str]]] = {
    "records": [
        ["id"],
        ["digest"],
        ["party", "office", "stands", "sequence", "id", "previous"],
        ["party"],
        ["type"],
        ["family"],
        ["witnessed_before"],
        ["exercise"],
    ],
    "relations": [["source"], ["target"], ["rel", "target"]],
    "signed": [["signer", "idx"]],
    "sectors": [["sector", "idx"]],
    "attachments": [["digest", "idx"]],
    "findings": [["idx"], ["code"]],
    "checkpoints": [["size"]],
    "cosignatures": [["number"], ["name", "size"], ["name", "at"]],
}

WORDS = """CREATE VIRTUAL TABLE words USING fts5(
    title, body, code, type, content='', prefix='2 3', tokenize="unicode61 remove_diacritics 2")"""
"""Full-text search. Contentless: the words are in the leaves; `rowid` is the record's index."""


def create(db: Database) -> None:
    """Make the tables in an empty file."""
    for name, (columns, key) in TABLES.items():
        db.table(name).create(columns, pk=key)
    for name, indexes in INDEXES.items():
        for indexed in indexes:
            db.table(name).create_index(indexed)
    # Findings are rare: this index holds them alone.
    db.execute("CREATE INDEX marked ON records (idx) WHERE findings > 0")
    db.execute("CREATE INDEX absent ON records (stands) WHERE stands = 0")
    db.execute(WORDS)
