"""Proofs that the ledger builds, judged by the verifier's other algorithm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import proofs
from ledger.tree import Tile, Tree, read_tile
from verifier import merkle
from verifier.errors import Fault

LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(70_000)]
STORED: dict[tuple[int, int], bytes] = {}


def load(level: int, number: int) -> bytes:
    return STORED[level, number]


@pytest.fixture(scope="module")
def tree() -> Tree:
    tree = Tree(load)
    STORED.update({(tile.level, tile.number): tile.hashes for tile in tree.extend(LEAVES)})
    return tree


def root(size: int) -> bytes:
    return merkle.subtree_root(LEAVES[:size])


def test_every_proof_of_small_trees(tree: Tree) -> None:
    for size in range(1, 34):
        assert tree.root(size) == root(size)
        for index in range(size):
            merkle.verify_inclusion(index, size, LEAVES[index], proofs.inclusion(tree.node, index, size), root(size))
        for old in range(size + 1):
            proof = proofs.consistency(tree.node, old, size)
            merkle.verify_consistency(old, size, root(old), root(size), proof)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_of_large_trees(tree: Tree, data: st.DataObject) -> None:
    edges = st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 70_000])
    size = data.draw(edges | st.integers(1, 70_000))
    index = data.draw(st.integers(0, size - 1))
    merkle.verify_inclusion(index, size, LEAVES[index], proofs.inclusion(tree.node, index, size), root(size))
    merkle.verify_consistency(index, size, root(index), root(size), proofs.consistency(tree.node, index, size))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536, 65_791, 65_792, 70_000])
def test_a_restored_tree_goes_on_as_if_never_stopped(size: int) -> None:
    stored: dict[tuple[int, int], bytes] = {}
    first = Tree(lambda level, number: stored[level, number])
    stored.update({(tile.level, tile.number): tile.hashes for tile in first.extend(LEAVES[:size])})
    edge = LEAVES[size - size % 256 : size]
    again = Tree.restore(size, edge, lambda level, number: stored[level, number])
    assert again.root(size) == root(size)
    more = [merkle.leaf_hash(b"more %d" % n) for n in range(600)]
    assert again.extend(more) == first.extend(more)
    assert again.root(size + 600) == merkle.subtree_root([*LEAVES[:size], *more])


def test_full_tiles_are_the_published_ones(tree: Tree) -> None:
    assert len(STORED) == 273 + 1
    assert STORED[0, 3] == b"".join(LEAVES[768:1024])
    assert STORED[1, 0] == b"".join(merkle.subtree_root(LEAVES[n * 256 : n * 256 + 256]) for n in range(256))
    assert tree.tile(0, 273).first(112) == b"".join(LEAVES[-112:])


def test_what_is_not_there_is_named(tree: Tree) -> None:
    for wrong in (-1, 5, 6):
        with pytest.raises(ValueError, match="is not in a tree"):
            proofs.inclusion(tree.node, wrong, 5)
    with pytest.raises(ValueError, match="does not begin with"):
        proofs.consistency(tree.node, 6, 5)
    with pytest.raises(Fault) as caught:
        tree.node(0, 70_000)
    assert caught.value.code == "store.damaged"
    with pytest.raises(Fault):
        tree.tile(0, 273).first(113)
    with pytest.raises(Fault):
        read_tile(0, b"x" * 8191)
    with pytest.raises(Fault):
        Tree.restore(3, LEAVES[:2], load)


def test_a_tile_knows_each_node_once() -> None:
    tile = Tile(0, LEAVES[:256])
    assert [len(row) for row in tile.rows] == [256, 128, 64, 32, 16, 8, 4, 2, 1]
    assert tile.rows[8][0] == root(256)
