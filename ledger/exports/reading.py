"""The words of statements, read after an audit: the tables that an audit keeps hold no free text.

A bundle is read when the first record of it is asked for, and held against the roots that the audit computed: what is
exported are the very bytes that were audited, whether this audit read them or an earlier one, kept with its state.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from verifier import merkle, record, statement
from verifier.audit.state import AuditState
from verifier.errors import Fault
from verifier.formats import tiles
from verifier.merkle import CompactRange
from verifier.source import Source, read_entries
from verifier.statement import Statement

_BUNDLES_HELD = 64


class Said(NamedTuple):
    """A statement with when its record was received: seconds since the epoch (UTC), by the depositary's clock."""

    received: int
    statement: Statement


def said_in(raw: bytes) -> Said:
    """The statement in a record's bytes. Raises Fault `record.malformed`, `statement.malformed`, …"""
    found = record.parse(raw)
    return Said(found.received, statement.parse(found.envelope.payload))


class Reader:
    """Called with the index of a record that was audited, gives what it says."""

    def __init__(self, source: Source, state: AuditState) -> None:
        self._source = source
        self._state = state
        self._bundle = lru_cache(_BUNDLES_HELD)(self._read)

    def __call__(self, index: int) -> Said:
        """The statement of record `index`. Raises Fault `source.…`, `export.other-records`."""
        number, at = divmod(index, tiles.WIDTH)
        return said_in(self._bundle(number)[at])

    def _read(self, number: int) -> list[bytes]:
        """The entries of a bundle, the very ones that were audited."""
        full = self._state.full_roots
        width = tiles.WIDTH if number < len(full) else self._state.size - number * tiles.WIDTH
        entries = read_entries(self._source, "entries", number, width)
        leaves = merkle.leaf_hashes(entries)
        same = merkle.subtree_root(leaves) == full[number] if number < len(full) else self._closes(leaves)
        if not same:
            first = number * tiles.WIDTH
            told = f"records {first} to {first + width - 1} are others now than those that were audited"
            raise Fault("export.other-records", told, where=self._source.location)
        return entries

    def _closes(self, leaves: list[bytes]) -> bool:
        """Whether the last, partial bundle closes the audited tree."""
        tree = CompactRange()
        for root in self._state.full_roots:
            tree.append_subtree(8, root)
        for leaf in leaves:
            tree.append(leaf)
        return tree.root() == self._state.range.root()
