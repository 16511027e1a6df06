"""What the log keeps for ever, behind one small interface: records, Merkle tiles, checkpoint history.

Everything but the snapshot is append-only. A method that writes is one transaction and returns once it is durable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class NewRecord(NamedTuple):
    """A record to append: the hex `id` of its statement, and its canonical bytes."""

    id: str
    raw: bytes


class FullTile(NamedTuple):
    """A Merkle tile that has filled up: 256 hashes of 32 bytes each, the tile `number` of `level`."""

    level: int
    number: int
    hashes: bytes


class NewEntry(NamedTuple):
    """An entry of the checkpoint history: the checkpoint's `size`, the chain's `head` after it (hex), the note."""

    size: int
    head: str
    note: bytes


class Quorum(NamedTuple):
    """A checkpoint that met the quorum: history entries `first` to `first + parts - 1`, all of one body of `size`.

    `settles`: it is the first that covers the records since the quorum checkpoint before it.
    """

    first: int
    parts: int
    size: int
    settles: bool


@dataclass(frozen=True, slots=True)
class History:
    """How far the checkpoint history is: entries, the chain's head (hex), and the largest size entered (0: none)."""

    count: int
    head: str
    size: int


class Store(Protocol):
    """The log's memory. One thread at a time may write; any number may read beside it."""

    def size(self) -> int:
        """How many records are stored."""

    def append(self, first: int, records: Sequence[NewRecord], tiles: Sequence[FullTile]) -> None:
        """Append records from index `first` on, and the tiles that they fill; note the size reached: it may be signed.

        Raises Fault `store.failed` if nothing was stored.
        """

    def records(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of records `start` to `stop - 1`, in order."""

    def index_of(self, statement: str) -> int | None:
        """The index of the record that holds the statement with this hex id; None if there is none."""

    def tile(self, level: int, number: int) -> bytes:
        """A full tile, 8,192 bytes. Raises Fault `store.damaged` if it is not there."""

    def sizes_after(self, size: int) -> list[int]:
        """The sizes above `size` at which a batch ended, ascending: only such sizes are ever signed."""

    def history(self) -> History:
        """How far the checkpoint history is."""

    def enter(self, first: int, entries: Sequence[NewEntry], quorums: Sequence[Quorum]) -> None:
        """Append history entries from number `first` on, and note which of them met the quorum.

        Raises Fault `store.failed` if nothing was stored.
        """

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The notes of history entries `start` to `stop - 1`, in order."""

    def last_quorum(self) -> Quorum | None:
        """The newest checkpoint that met the quorum."""

    def settled(self) -> int:
        """How many records are covered by a quorum checkpoint."""

    def settling(self, index: int) -> Quorum | None:
        """The first quorum checkpoint that covered record `index`; None if none has yet."""

    def snapshot(self) -> tuple[int, bytes] | None:
        """The trust state kept last, with the number of records that it covers."""

    def keep_snapshot(self, size: int, state: bytes) -> None:
        """Keep the trust state after `size` records in place of the one before. It can always be computed again."""

    def close(self) -> None:
        """Let go of the storage. Nothing may be called afterwards."""
