"""The rows that pages are made from: a record, an entry of the checkpoint history, a link of an office's chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A record as the copy knows it (see schema.TABLES). Times: seconds, UTC. Members are None where it cannot be read."""

    idx: int
    id: str | None
    digest: str
    party: str | None
    office: str | None
    sequence: int | None
    previous: str | None
    type: str | None
    family: str | None
    issued: int | None
    received: int | None
    language: str | None
    title: str | None
    exercise: str | None
    sealed: int
    witnessed_after: int | None
    witnessed_before: int | None
    stands: int
    findings: int


COLUMNS = ", ".join(f"records.{name}" for name in Row.__dataclass_fields__)
RECORDS = " ".join(("SELECT", COLUMNS, "FROM records"))
"""The beginning of a query for records; what follows it is a fixed text, and what a reader typed only ever a value."""


@dataclass(frozen=True)
class Entry:
    """An entry of the checkpoint history: its number, tree size, root (32 bytes) and bytes; None where it is no checkpoint."""

    number: int
    size: int | None
    root: bytes | None
    raw: bytes


@dataclass(frozen=True)
class Link:
    """One statement in an office's own chain."""

    sequence: int
    id: str
    previous: str | None
