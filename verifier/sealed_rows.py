"""What the statements of a log have sealed so far, in about 36 bytes a sealed field: the digests, to check openings against.

An inventory seals a hundred items and a quiet notice a dozen fields; a dict of strings would take some 300 bytes each.
The rows stand in the order of the log: the numbers of records in one array, found by bisection, their digests in another.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from verifier.sealing import Commitments


class SealedRows:
    """Append-only: record -> what its statement sealed. Records are added in rising order."""

    def __init__(self) -> None:
        self._records = array("Q")
        self._sequences = array("Q")
        self._offices = array("I")
        self._starts = array("Q")
        self._pointers = array("I")
        self._digests = bytearray()
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        """How many sealed fields there are."""
        return len(self._pointers)

    def add(self, record: int, office: str, sequence: int, sealed: Iterable[tuple[str, str]]) -> None:
        """Keep the (pointer, digest) pairs of the statement in `record`, which is later than all records so far."""
        self._records.append(record)
        self._sequences.append(sequence)
        self._offices.append(self._number(office))
        self._starts.append(len(self._pointers))
        for pointer, digest in sealed:
            self._pointers.append(self._number(pointer))
            self._digests += bytes.fromhex(digest)

    def find(self, record: int, party: str) -> Commitments:
        """What the statement of `party` in `record` sealed; no digests if it sealed nothing."""
        at = bisect_left(self._records, record)
        if at == len(self._records) or self._records[at] != record:
            return Commitments(party, "", 0, {})
        first = self._starts[at]
        end = self._starts[at + 1] if at + 1 < len(self._starts) else len(self._pointers)
        digests = {self._names[self._pointers[n]]: self._digests[32 * n : 32 * n + 32].hex() for n in range(first, end)}
        return Commitments(party, self._names[self._offices[at]], self._sequences[at], digests)

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def dump(self) -> dict[str, Any]:
        """The rows as JSON-serialisable members, for a saved state."""
        columns = [self._records, self._sequences, self._offices, self._starts, self._pointers]
        return {
            "columns": [column.tolist() for column in columns],
            "digests": b64encode(self._digests).decode(),
            "names": self._names,
        }

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> SealedRows:
        """The rows that `dump` wrote."""
        rows = cls()
        records, sequences, offices, starts, pointers = value["columns"]
        rows._records, rows._sequences, rows._starts = array("Q", records), array("Q", sequences), array("Q", starts)
        rows._offices, rows._pointers = array("I", offices), array("I", pointers)
        rows._digests = bytearray(b64decode(value["digests"]))
        rows._names = list(value["names"])
        rows._numbers = {name: n for n, name in enumerate(rows._names)}
        return rows
