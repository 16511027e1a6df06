"""The Merkle tree of the log (RFC 6962, RFC 9162; SHA-256): hashes, the check of proofs, roots computed in passing.

This room checks proofs. It builds none: the ledger does, by another algorithm, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from verifier.errors import Fault

HASH_SIZE = 32
"""Length of every hash, in bytes."""

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves: the hash of the empty string (RFC 6962, section 2.1)."""

# Copying a hash that has begun is a tenth faster than beginning one, and joins no bytes: it counts where millions are made.
_begun_leaf = sha256(b"\x00").copy
_begun_node = sha256(b"\x01").copy


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf that holds `entry`: SHA-256(0x00 || entry). 32 bytes (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of each of `entries`, in order; the fast way for many."""
    hashes: list[bytes] = []
    add = hashes.append
    for entry in entries:
        begun = _begun_leaf()
        begun.update(entry)
        add(begun.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node over two hashes of 32 bytes: SHA-256(0x01 || left || right) (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` (from 0) in the tree of `size` leaves whose root is `root`.

    `proof` runs from the leaf upwards, 32 bytes a hash. Raises Fault("proof.inclusion").
    Source: RFC 9162, section 2.1.3.2.
    """
    try:
        _require_hashes(leaf, root, *proof)
        _walk_inclusion(index, size, leaf, proof, root)
    except _Unproven as wrong:
        evidence = {"index": index, "size": size, "leaf": leaf.hex(), "root": root.hex(), "proof": _hex(proof)}
        raise Fault("proof.inclusion", f"inclusion proof: {wrong}", evidence=evidence) from None


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` leaves with `new_root` begins with the `old` leaves whose root is `old_root`.

    The proof between equal sizes and the proof from size 0 hold no hash; a tree of size 0 has the empty root. Raises
    Fault("proof.consistency"). Source: RFC 9162, section 2.1.4.2; for size 0, RFC 6962, section 2.1.
    """
    try:
        _require_hashes(old_root, new_root, *proof)
        _check_sizes(old, new, old_root, new_root, proof)
        if 0 < old < new:
            _walk_consistency(old, new, old_root, new_root, proof)
    except _Unproven as wrong:
        older, newer = {"size": old, "root": old_root.hex()}, {"size": new, "root": new_root.hex()}
        evidence = {"old": older, "new": newer, "proof": _hex(proof)}
        raise Fault("proof.consistency", f"consistency proof: {wrong}", evidence=evidence) from None


def _walk_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Compute the root that the proof leads to and compare it. Steps of RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:  # step 1
        raise _Unproven(f"leaf {index} does not exist in a tree of {size} leaves")
    place, last = index, size - 1  # step 2: fn and sn
    computed = leaf  # step 3
    for sibling in proof:  # step 4
        if last == 0:
            raise _Unproven("it has a hash too many")
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        place >>= 1
        last >>= 1
    if last != 0:  # step 5
        raise _Unproven("it lacks a hash")
    if computed != root:
        raise _Unproven(f"it leads to the root {computed.hex()}, not to {root.hex()}")


def _check_sizes(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse what the sizes alone decide: shrinking, size 0, equal sizes. RFC 9162 leaves these to its reader."""
    if not 0 <= old <= new:
        raise _Unproven(f"a tree of {new} leaves cannot extend one of {old}")
    if old == 0 and old_root != EMPTY_ROOT:
        raise _Unproven("a tree without leaves has another root than the empty one")
    if old == new and old_root != new_root:
        raise _Unproven(f"two roots for the one size {new}: {old_root.hex()} and {new_root.hex()}")
    if old in (0, new) and proof:
        raise _Unproven(f"from size {old} to size {new} no hash is needed, {len(proof)} given")


def _walk_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Compute both roots from a proof between 0 < old < new and compare them. Steps of RFC 9162, section 2.1.4.2."""
    path = list(proof)
    if not path:  # step 1
        raise _Unproven(f"it is empty, from size {old} to size {new}")
    if old & (old - 1) == 0:  # step 2: the old tree is a whole subtree of the new one, so its root is left out
        path.insert(0, old_root)
    place, last = old - 1, new - 1  # step 3: fn and sn
    while place & 1:  # step 4
        place >>= 1
        last >>= 1
    first = second = path[0]  # step 5: fr and sr
    for sibling in path[1:]:  # step 6
        if last == 0:
            raise _Unproven("it has a hash too many")
        if place & 1 or place == last:
            first = node_hash(sibling, first)
            second = node_hash(sibling, second)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        place >>= 1
        last >>= 1
    if last != 0:  # step 7
        raise _Unproven("it lacks a hash")
    if first != old_root:
        raise _Unproven(f"it leads to the old root {first.hex()}, not to {old_root.hex()}")
    if second != new_root:
        raise _Unproven(f"it leads to the new root {second.hex()}, not to {new_root.hex()}")


class _Unproven(Exception):
    """Why a proof does not hold. The public function that was asked adds the code and the evidence."""


def _require_hashes(*hashes: bytes) -> None:
    """Refuse what is not 32 bytes long: a longer "hash" could hold a node's whole input and so forge a proof."""
    for value in hashes:
        if len(value) != HASH_SIZE:
            raise _Unproven(f"a hash has {HASH_SIZE} bytes, not {len(value)}")


def _hex(hashes: Iterable[bytes]) -> list[str]:
    """The hashes as evidence shows them."""
    return [value.hex() for value in hashes]


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Root over any number of leaf hashes, 32 bytes each (RFC 6962, section 2.1: MTH). No hash gives EMPTY_ROOT.

    Works level by level: pairs are hashed, a last node without a partner rises. The shape is that of the recursive
    definition, which cuts at the largest power of two.
    """
    if not hashes:
        return EMPTY_ROOT
    level: Sequence[bytes] = hashes
    while len(level) > 1:
        walk, above = iter(level), []
        for left, right in zip(walk, walk, strict=False):
            begun = _begun_node()
            begun.update(left + right)
            above.append(begun.digest())
        if len(level) & 1:
            above.append(level[-1])
        level = above
    return level[0]


class CompactRange:
    """The left edge-to-edge cover of a growing tree: enough to append leaves and to know the root, in O(log n) memory.

    `hashes` are the roots of the perfect subtrees from left to right, one for each set bit of `size`, 32 bytes each.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Take a range up again where it was left. ValueError if the hashes cannot be those of a tree of `size`."""
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes of {HASH_SIZE} bytes do not cover a tree of {size} leaves")

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash (32 bytes) at the right."""
        self.append_subtree(0, leaf)

    def append_subtree(self, height: int, root: bytes) -> None:
        """Add 2**height leaves by the root of their perfect subtree. ValueError unless they begin at a multiple."""
        if len(root) != HASH_SIZE:
            raise ValueError(f"a hash has {HASH_SIZE} bytes, not {len(root)}")
        filled = self.size >> height
        if filled << height != self.size:
            raise ValueError(f"a subtree of height {height} does not fit at leaf {self.size}")
        hashes = self.hashes
        while filled & 1:
            root = sha256(b"\x01" + hashes.pop() + root).digest()
            filled >>= 1
        hashes.append(root)
        self.size += 1 << height

    def root(self) -> bytes:
        """Root of the tree as it stands, 32 bytes; EMPTY_ROOT when it has no leaf."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            root = node_hash(left, root)
        return root

    def copy(self) -> CompactRange:
        """A range of its own with the same leaves."""
        return CompactRange(self.size, self.hashes)
