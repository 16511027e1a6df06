"""A consistency proof out of the tiles that a log serves, so that evidence can show which prefix its tree has.

The verifier builds no other proof. What is built here is checked by `merkle.verify_consistency` before it is used.
"""

from __future__ import annotations

from verifier import merkle
from verifier.formats import tiles
from verifier.source import Source, read_tile


class ServedTree:
    """The tree of `size` leaves whose tiles `source` serves. Every method raises Fault `source.…`, `tile.malformed`."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves."""
        return self._hash(0, size)

    def consistency(self, old: int) -> list[bytes]:
        """The proof from the first `old` leaves to all of them (RFC 6962, section 2.1.2: SUBPROOF)."""
        proof: list[bytes] = []
        start, end, whole = 0, self._size, True
        while old != end:
            cut = start + _split(end - start)
            if old <= cut:
                proof.append(self._hash(cut, end))
                end = cut
            else:
                proof.append(self._hash(start, cut))
                start, whole = cut, False
        if not whole:
            proof.append(self._hash(start, end))
        return proof[::-1]

    def leaf(self, index: int) -> bytes:
        """The leaf hash at `index`."""
        return self._hash(index, index + 1)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that leaf `index` is in the tree, or in that of its first `size` leaves (RFC 6962, section 2.1.1)."""
        proof: list[bytes] = []
        start, end = 0, self._size if size is None else size
        while end - start > 1:
            cut = start + _split(end - start)
            if index < cut:
                proof.append(self._hash(cut, end))
                end = cut
            else:
                proof.append(self._hash(start, cut))
                start = cut
        return proof[::-1]

    def _hash(self, start: int, end: int) -> bytes:
        """The Merkle tree hash of leaves `start` to `end`, from perfect subtrees."""
        count = end - start
        if count == 0:
            return merkle.EMPTY_ROOT
        if count & (count - 1) == 0 and start % count == 0:
            return self._perfect(count.bit_length() - 1, start // count)
        cut = start + _split(count)
        return merkle.node_hash(self._hash(start, cut), self._hash(cut, end))

    def _perfect(self, height: int, index: int) -> bytes:
        level, rise = divmod(height, 8)
        number, position = divmod(index << rise, tiles.WIDTH)
        full, partial = tiles.widths(self._size, level)
        width = tiles.WIDTH if number < full else partial
        return merkle.subtree_root(read_tile(self._source, level, number, width)[position : position + (1 << rise)])


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
