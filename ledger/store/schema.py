"""The tables of the SQLite store, and the triggers that make them append-only."""

from __future__ import annotations

import sqlite_utils

_FOREVER = ("records", "tiles", "batches", "history", "quorums")


def create(db: sqlite_utils.Database) -> None:
    """Create what is missing, in one transaction.

    `records.id` is the statement's id (32 bytes); `batches.size` a size that may have been signed; `history.head` the
    chain's head after the entry; `quorums.settles` the size if the checkpoint was the first to cover new records.
    """
    with db.atomic():
        if db.table("snapshot").exists():
            return
        db.table("records").create({"idx": int, "id": bytes, "raw": bytes}, pk="idx", not_null={"id", "raw"})
        db.table("records").create_index(["id"], unique=True)
        columns: dict[str, type] = {"level": int, "number": int, "hashes": bytes}
        db.table("tiles").create(columns, pk=("level", "number"), not_null={"hashes"})
        db.table("batches").create({"size": int}, pk="size")
        columns = {"number": int, "size": int, "head": bytes, "note": bytes}
        db.table("history").create(columns, pk="number", not_null={"size", "head", "note"})
        db.table("history").create_index(["size"])
        db.table("quorums").create({"first": int, "parts": int, "size": int, "settles": int}, pk="first")
        db.table("quorums").create_index(["settles"], unique=True)
        db.table("snapshot").create({"id": int, "size": int, "state": bytes}, pk="id")
        for table in _FOREVER:
            for change in ("update", "delete"):
                db.execute(_refusing(f"{table}_{change}", f"{change} on {table}", "", f"{table} is append-only"))
        _without_gaps(db, "records", "idx")
        _without_gaps(db, "history", "number")
        _once(db, "tiles", "level", "number")
        _once(db, "batches", "size")
        _once(db, "quorums", "first")


def _once(db: sqlite_utils.Database, table: str, *key: str) -> None:
    """Refuse a second row of one key: REPLACE would delete the first, unseen by the triggers of most connections."""
    same = " and ".join([f"{column} = new.{column}" for column in key])
    # S608: the names are this module's own.
    again = f"exists (select 1 from {table} where {same})"  # noqa: S608
    db.execute(_refusing(f"{table}_again", f"insert on {table}", again, f"a row of {table} is written once"))


def _without_gaps(db: sqlite_utils.Database, table: str, column: str) -> None:
    """Let a row in only at the end, right after the last one."""
    # S608: the names are this module's own.
    wrong = f"new.{column} is not (select coalesce(max({column}) + 1, 0) from {table})"  # noqa: S608
    db.execute(_refusing(f"{table}_in_order", f"insert on {table}", wrong, f"{table} grows at its end, without gaps"))


def _refusing(name: str, event: str, condition: str, why: str) -> str:
    """A trigger that aborts `event` under `condition` (always, if empty)."""
    when = f"when {condition} " if condition else ""
    return f"create trigger {name} before {event} {when}begin select raise(abort, '{why}'); end"
