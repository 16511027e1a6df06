"""Building proofs: which hashes show that a leaf is in a tree, and that one tree begins with another.

Built from the definitions of RFC 6962, section 2.1, over nodes that the tree holds; the verifier checks by the walk of
RFC 9162, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier import merkle

Node = Callable[[int, int], bytes]
"""(height, index) -> the hash over leaves `index * 2**height` to `(index + 1) * 2**height - 1`, all present."""


def inclusion(node: Node, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves: 32-byte hashes, from the leaf's sibling upwards.

    ValueError unless 0 <= index < size. Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    path: list[bytes] = []
    height = 0
    while (size - 1) >> height:
        sibling = (index >> height) ^ 1
        start, end = sibling << height, sibling + 1 << height
        if end <= size:
            path.append(node(height, sibling))
        elif start < size:
            path.append(range_root(node, start, size))
        height += 1
    return path


def consistency(node: Node, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with its first `old`: 32-byte hashes, lowest first.

    Empty from size 0 and between equal sizes. ValueError unless 0 <= old <= new. Source: RFC 6962, section 2.1.2.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, shared = 0, new, True
    while old != end:  # SUBPROOF(old - start, D[start:end], shared), without its recursion
        half = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= half:
            path.append(range_root(node, half, end))
            end = half
        else:
            path.append(range_root(node, start, half))
            start, shared = half, False
    if not shared:
        path.append(range_root(node, start, end))
    return path[::-1]


def range_root(node: Node, start: int, end: int) -> bytes:
    """The root over leaves `start` to `end - 1`, where `start` is a multiple of the power of two that covers the range.

    An empty range gives the empty root. Source: RFC 6962, section 2.1 (MTH).
    """
    if start == end:
        return merkle.EMPTY_ROOT
    parts: list[bytes] = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(node(height, start >> height))
        start += 1 << height
    root = parts.pop()
    while parts:
        root = merkle.node_hash(parts.pop(), root)
    return root
