"""The map of an audit: one bundle of records, examined by itself. It may run in another process.

It reads the bundle and its tile, hashes, checks the chain within, and examines every statement against the key book that
it was given. What needs the order of the whole log is left to the fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from verifier import merkle, record
from verifier.errors import Fault
from verifier.examine import INTRODUCES_KEYS, UNREADABLE, Examined, examine, introduced
from verifier.keys import PublicKey
from verifier.source import Source, read_entries, read_tile


class Row(NamedTuple):
    """One record as the map saw it. `digest`: hex SHA-256; `chained`: whether it names the digest of the record before it
    in the bundle (None for the bundle's first); `raw`: its bytes, where the fold needs them."""

    digest: str
    previous: str | None
    chained: bool | None
    received: int
    entries: int
    head: str
    raw: bytes | None
    seen: Examined


class Examination(NamedTuple):
    """A bundle as the map saw it. `leaves`: leaf hashes by the entries; `tile`: those that the log's tile shows, or None;
    `fault`: why the bundle itself could not be read."""

    number: int
    leaves: tuple[bytes, ...]
    tile: tuple[bytes, ...] | None
    tile_fault: Fault | None
    rows: tuple[Row, ...]
    fault: Fault | None

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes the rows go column by column: that is packed in half the time of rows of rows."""
        columns = tuple(zip(*[row[:-1] + row.seen for row in self.rows], strict=True))
        return _unpacked, (*self[:4], columns, self.fault)


def examine_bundle(
    source: Source,
    number: int,
    width: int,
    first: int,
    book: Mapping[str, PublicKey],
    version: str,
    want_raw: bool,
    with_facts: bool,
) -> Examination:
    """Examine entry bundle `number`, of which the tree holds `width` entries; records before position `first` are known.

    `want_raw`: whether each row carries its record's bytes; `with_facts`: whether it carries what rules read of it.
    """
    tile, tile_fault = _tile(source, number, width) if source.complete else (None, None)
    try:
        entries = read_entries(source, "entries", number, width)
    except Fault as fault:
        return Examination(number, (), tile, tile_fault, (), fault)
    leaves = tuple(merkle.leaf_hashes(entries))
    tile = leaves if tile == leaves else tile  # nearly always; then one of them crosses between processes
    rows: list[Row] = []
    known = dict(book)
    for raw in entries[first:]:  # the first of these is held against what the fold knows of the record before it
        rows.append(_row(raw, rows[-1].digest if rows else None, known, version, want_raw, with_facts))
    return Examination(number, leaves, tile, tile_fault, tuple(rows), None)


def _unpacked(
    number: int,
    leaves: tuple[bytes, ...],
    tile: tuple[bytes, ...] | None,
    tile_fault: Fault | None,
    columns: tuple[tuple[Any, ...], ...],
    fault: Fault | None,
) -> Examination:
    at = len(Row._fields) - 1
    seen = map(Examined._make, zip(*columns[at:], strict=True))
    rows = tuple(map(Row._make, zip(*columns[:at], seen, strict=True)))
    return Examination(number, leaves, tile, tile_fault, rows, fault)


def _tile(source: Source, number: int, width: int) -> tuple[tuple[bytes, ...] | None, Fault | None]:
    try:
        return tuple(read_tile(source, 0, number, width)), None
    except Fault as fault:
        return None, fault


def _row(
    raw: bytes, before: str | None, book: dict[str, PublicKey], version: str, want_raw: bool, with_facts: bool
) -> Row:
    try:
        read = record.parse(raw)
    except Fault as fault:
        unread = UNREADABLE._replace(fault=fault)
        return Row(sha256(raw).hexdigest(), None, None, -1, -1, "", raw if want_raw else None, unread)
    seen = examine(read.envelope, book, version, with_facts=with_facts)
    if seen.type in INTRODUCES_KEYS and seen.body is not None:
        book.update(introduced(seen.body))
    chained = None if before is None else read.previous == before
    keep = want_raw or bool(seen.unverified)
    return Row(read.digest, read.previous, chained, read.received, read.count, read.head, raw if keep else None, seen)


def differing(leaves: Sequence[bytes], tile: Sequence[bytes]) -> list[int]:
    """Where the entries' hashes and the tile's differ: the first position of each stretch in which they do."""
    unlike = [n for n, (a, b) in enumerate(zip(leaves, tile, strict=False)) if a != b]
    return [n for before, n in zip([-2, *unlike], unlike, strict=False) if n > before + 1]
