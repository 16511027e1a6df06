"""Which statements the log holds so far: id -> (record, type, party, marked as exercise), in about 50 bytes a statement.

An audit of a million records needs to know every earlier id, because a statement may relate to any of them. A dict of
strings would take some 250 bytes an entry; this is an open-addressing table over one byte array of digests.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from typing import Any

import msgspec

_FIRST_SLOTS = 1 << 10
_MOST_NAMES = 0x7FF
_RECORD = (1 << 40) - 1


class Entry(msgspec.Struct, frozen=True):
    """A logged statement: `record`: its index, its `type`, its `party`, `marked`: made under exercise marking."""

    record: int
    type: str
    party: str
    marked: bool


class StatementIndex:
    """Append-only map from statement id (64 hex digits) to Entry."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._facts = array("Q")
        self._slots = array("I", bytes(4 * _FIRST_SLOTS))
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def end(self) -> int:
        """One more than the record of the statement added last; 0 if there is none."""
        return (self._facts[-1] & _RECORD) + 1 if self._facts else 0

    def add(self, statement: str, entry: Entry) -> None:
        """Add a statement that is not in the index yet."""
        digest = bytes.fromhex(statement)
        kind, party = self._number(entry.type), self._number(entry.party)
        if 3 * (len(self._facts) + 1) > 2 * len(self._slots):
            self._fill(2 * len(self._slots))
        self._ids += digest
        self._facts.append(entry.record | kind << 40 | party << 52 | int(entry.marked) << 63)
        self._slots[self._slot(digest)] = len(self._facts)

    def find(self, statement: str) -> Entry | None:
        """The entry of a statement id, or None if no record so far holds it."""
        n = self._slots[self._slot(bytes.fromhex(statement))]
        if not n:
            return None
        fact = self._facts[n - 1]
        names = self._names
        return Entry(fact & _RECORD, names[fact >> 40 & 0xFFF], names[fact >> 52 & 0x7FF], bool(fact >> 63))

    def _slot(self, digest: bytes) -> int:
        """The slot that holds `digest`, or the free one where it belongs."""
        slots, ids, mask = self._slots, self._ids, len(self._slots) - 1
        at = hash(digest) & mask
        while (n := slots[at]) and ids[32 * n - 32 : 32 * n] != digest:
            at = (at + 1) & mask
        return at

    def _fill(self, slots: int) -> None:
        """Lay the table out anew over so many slots, a power of two."""
        table, ids, mask = array("I", bytes(4 * slots)), self._ids, slots - 1
        for n, start in enumerate(range(0, len(ids), 32), 1):
            at = hash(bytes(ids[start : start + 32])) & mask
            while table[at]:
                at = (at + 1) & mask
            table[at] = n
        self._slots = table

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            if len(self._names) > _MOST_NAMES:
                raise OverflowError(f"more than {_MOST_NAMES} statement types and participants")
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def dump(self) -> dict[str, Any]:
        """The index as JSON-serialisable members, for a saved state."""
        return {
            "ids": b64encode(self._ids).decode(),
            "facts": b64encode(self._facts.tobytes()).decode(),
            "names": self._names,
        }

    @classmethod
    def load(cls, value: dict[str, Any]) -> StatementIndex:
        """The index that `dump` wrote."""
        index = cls()
        index._ids = bytearray(b64decode(value["ids"]))
        index._facts.frombytes(b64decode(value["facts"]))
        index._names = list(value["names"])
        index._numbers = {name: n for n, name in enumerate(index._names)}
        slots = _FIRST_SLOTS
        while 3 * len(index._facts) > 2 * slots:
            slots *= 2
        index._fill(slots)
        return index
