"""The Merkle tree as it grows: the right edge in memory, full tiles from the store, every node at hand for a proof.

A tile is kept as a pyramid: its 256 hashes and the perfect nodes above them, each hashed once, with its last leaf.
Reading is safe beside the one thread that appends, for nodes of a size that the reader knows to have been reached.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from threading import Lock

from ledger import proofs
from ledger.store import FullTile
from verifier import merkle
from verifier.errors import Fault
from verifier.formats.tiles import WIDTH

HEIGHT = 8
"""Levels of the tree within one tile: 2**8 hashes."""
_KEPT_TILES = 512
Load = Callable[[int, int], bytes]
"""(level, number) -> the 8,192 bytes of a full tile."""


class Tile:
    """Tile `number` of its level, full or growing: `rows[0]` its hashes, `rows[r]` the perfect nodes r rows above."""

    __slots__ = ("number", "rows")

    def __init__(self, number: int, hashes: Iterable[bytes] = ()) -> None:
        self.number = number
        self.rows: tuple[list[bytes], ...] = tuple([] for _ in range(HEIGHT + 1))
        for value in hashes:
            self.append(value)

    def append(self, value: bytes) -> None:
        """Add one hash (32 bytes) at the right."""
        rows = self.rows
        rows[0].append(value)
        filled, row = len(rows[0]), 0
        while not filled & 1:
            value = sha256(b"\x01" + rows[row][-2] + value).digest()
            row += 1
            rows[row].append(value)
            filled >>= 1

    def full(self) -> bool:
        """Whether all 256 hashes are there."""
        return len(self.rows[0]) == WIDTH

    def first(self, width: int) -> bytes:
        """The tile as published at `width` hashes. Raises Fault `store.damaged` if it has not so many."""
        if len(self.rows[0]) < width:
            raise Fault("store.damaged", f"tile {self.number} has {len(self.rows[0])} hashes, {width} are needed")
        return b"".join(self.rows[0][:width])


def read_tile(number: int, raw: bytes) -> Tile:
    """A full tile from its stored bytes. Raises Fault `store.damaged` if they are not 256 hashes."""
    if len(raw) != WIDTH * merkle.HASH_SIZE:
        raise Fault("store.damaged", f"tile {number} has {len(raw)} bytes, a full one has {WIDTH * merkle.HASH_SIZE}")
    return Tile(number, [raw[at : at + merkle.HASH_SIZE] for at in range(0, len(raw), merkle.HASH_SIZE)])


class Tree:
    """A growing tree of `size` leaves. `load` fetches a full tile that is no longer in memory."""

    def __init__(self, load: Load) -> None:
        self.size = 0
        self._load = load
        self._edge: list[Tile] = []
        self._kept: OrderedDict[tuple[int, int], Tile] = OrderedDict()
        self._keeping = Lock()

    def extend(self, leaves: Iterable[bytes]) -> list[FullTile]:
        """Append leaf hashes; return the tiles that they filled, lowest level first within each leaf's turn."""
        filled: list[FullTile] = []
        for leaf in leaves:
            self._append(0, leaf, filled)
            self.size += 1
        return filled

    def tile(self, level: int, number: int) -> Tile:
        """A tile, full or growing. Raises Fault `store.damaged` if it cannot be had."""
        if level < len(self._edge):
            edge = self._edge[level]
            if edge.number == number:
                return edge
        with self._keeping:
            found = self._kept.get((level, number))
            if found is not None:
                self._kept.move_to_end((level, number))
                return found
        found = read_tile(number, self._load(level, number))
        self._keep(level, found)
        return found

    def node(self, height: int, index: int) -> bytes:
        """The hash of the perfect subtree over leaves `index * 2**height` to `(index + 1) * 2**height - 1`."""
        level, row = divmod(height, HEIGHT)
        number = index >> (HEIGHT - row)
        nodes = self.tile(level, number).rows[row]
        at = index - (number << (HEIGHT - row))
        if at >= len(nodes):
            raise Fault("store.damaged", f"the tree of {self.size} leaves has no node {index} at height {height}")
        return nodes[at]

    def root(self, size: int) -> bytes:
        """The root of the tree's first `size` leaves, 32 bytes."""
        return proofs.range_root(self.node, 0, size)

    def _append(self, level: int, value: bytes, filled: list[FullTile]) -> None:
        """Append a hash to a level; a tile that fills up passes its root on to the level above."""
        if level == len(self._edge):
            self._edge.append(Tile(0))
        tile = self._edge[level]
        tile.append(value)
        if tile.full():
            filled.append(FullTile(level, tile.number, tile.first(WIDTH)))
            self._append(level + 1, tile.rows[HEIGHT][0], filled)
            self._keep(level, tile)  # before it leaves the edge: a reader finds it in one place or the other
            self._edge[level] = Tile(tile.number + 1)

    def _keep(self, level: int, tile: Tile) -> None:
        with self._keeping:
            self._kept[level, tile.number] = tile
            while len(self._kept) > _KEPT_TILES:
                self._kept.popitem(last=False)

    @classmethod
    def restore(cls, size: int, edge: Iterable[bytes], load: Load) -> Tree:
        """The tree of `size` stored leaves. `edge`: the leaf hashes of the partial tile at level 0, if there is one.

        The edge above is computed from full tiles, at most 255 a level. Raises Fault `store.damaged`.
        """
        tree = cls(load)
        level = 0
        while size >> (HEIGHT * level):
            full, partial = divmod(size >> (HEIGHT * level), WIDTH)
            if level == 0:
                hashes = list(edge)
            else:
                below = range(full * WIDTH, full * WIDTH + partial)
                hashes = [read_tile(number, load(level - 1, number)).rows[HEIGHT][0] for number in below]
            if len(hashes) != partial:
                raise Fault("store.damaged", f"the edge at level {level} has {len(hashes)} hashes, not {partial}")
            tree._edge.append(Tile(full, hashes))
            level += 1
        tree.size = size
        return tree
