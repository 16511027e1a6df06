"""The Merkle checks against the recursive definitions of RFC 6962, and against one attack a file."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import merkle
from verifier.errors import Fault

VECTORS = Path(__file__).parents[1] / "vectors"


def _load_generator() -> Any:
    """The vectors' generator holds the recursive definitions of RFC 6962: the oracle of these tests."""
    spec = spec_from_file_location("generate_merkle", VECTORS / "generate_merkle.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rfc = _load_generator()
FILES = sorted((VECTORS / "merkle").glob("*/*.json"))


def leaves(entries: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(entry) for entry in entries]


@st.composite
def trees(draw: st.DrawFn, least: int = 1) -> list[bytes]:
    size = draw(st.integers(least, 300))
    seed = draw(st.binary(max_size=4))
    return [seed + str(i).encode() for i in range(size)]


def test_hashes_carry_the_prefixes_of_rfc_6962() -> None:
    left, right = merkle.leaf_hash(b""), merkle.leaf_hash(b"x")
    assert left == sha256(b"\x00").digest()
    assert merkle.node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


# The roots that certificate transparency's own tests know for these eight entries (google/certificate-transparency).
CT_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", CT_ROOTS)
def test_the_roots_of_certificate_transparency(size: int) -> None:
    hashes = leaves([bytes.fromhex(entry) for entry in CT_ENTRIES[:size]])
    assert merkle.subtree_root(hashes).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_vector(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    proof = [bytes.fromhex(value) for value in case["proof"]]

    def check() -> None:
        if file.parent.name == "inclusion":
            leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
            merkle.verify_inclusion(case["index"], case["size"], leaf, proof, root)
        else:
            roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
            merkle.verify_consistency(case["old"], case["new"], *roots, proof)

    if case["refused"] is None:
        check()
        return
    with pytest.raises(Fault) as caught:
        check()
    assert caught.value.code == case["refused"]
    assert caught.value.evidence["proof"] == case["proof"]
    assert json.dumps(caught.value.to_json())


def test_the_vectors_are_those_that_the_generator_writes() -> None:
    written = {file: file.read_text(encoding="utf-8") for file in FILES}
    assert written == {file: rfc.rendered(content) for file, content in rfc.cases()}


def test_every_proof_of_every_small_tree() -> None:
    for size in range(1, 34):
        entries = rfc.tree(size)
        root = rfc.mth(entries)
        for index in range(size):
            merkle.verify_inclusion(index, size, merkle.leaf_hash(entries[index]), rfc.path(index, entries), root)
        for old in range(size + 1):
            proof = rfc.proof(old, entries) if old else []
            merkle.verify_consistency(old, size, rfc.mth(entries[:old]), root, proof)


def test_no_proof_of_a_small_tree_serves_another_leaf_or_another_beginning() -> None:
    for size in range(2, 18):
        entries = rfc.tree(size)
        root, hashes = rfc.mth(entries), leaves(entries)
        for index in range(size):
            proof = rfc.path(index, entries)
            for other in (i for i in range(size) if i != index):
                with pytest.raises(Fault, match="inclusion"):
                    merkle.verify_inclusion(other, size, hashes[index], proof, root)
                with pytest.raises(Fault, match="inclusion"):
                    merkle.verify_inclusion(index, size, hashes[other], proof, root)
        for old in range(1, size):
            proof = rfc.proof(old, entries)
            for other in (i for i in range(1, size + 1) if i != old):
                with pytest.raises(Fault, match="consistency"):
                    merkle.verify_consistency(old, size, rfc.mth(entries[:other]), root, proof)


@settings(max_examples=60, deadline=None)
@given(trees(), st.data())
def test_honest_proofs_of_larger_trees_hold(entries: list[bytes], data: st.DataObject) -> None:
    size, root = len(entries), rfc.mth(entries)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    merkle.verify_inclusion(index, size, merkle.leaf_hash(entries[index]), rfc.path(index, entries), root)
    merkle.verify_consistency(old, size, rfc.mth(entries[:old]), root, rfc.proof(old, entries))


def mutated(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """The proof with one bit flipped, one hash more, one less, or two in the other order; never the proof itself."""
    at = data.draw(st.integers(0, len(proof) - 1))
    kind = data.draw(st.sampled_from(["flip", "insert", "drop", "swap"]))
    if kind == "insert":
        return [*proof[:at], data.draw(st.binary(min_size=32, max_size=32)), *proof[at:]]
    if kind == "drop":
        return [*proof[:at], *proof[at + 1 :]]
    if kind == "swap" and at:
        return [*proof[: at - 1], proof[at], proof[at - 1], *proof[at + 1 :]]
    bit = data.draw(st.integers(0, 255))
    return [*proof[:at], (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big"), *proof[at + 1 :]]


@settings(max_examples=150, deadline=None)
@given(trees(least=2), st.data())
def test_a_mutated_proof_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    size, root = len(entries), rfc.mth(entries)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    false = mutated(rfc.path(index, entries), data)
    with pytest.raises(Fault) as caught:
        merkle.verify_inclusion(index, size, merkle.leaf_hash(entries[index]), false, root)
    assert caught.value.code == "proof.inclusion"
    false = mutated(rfc.proof(old, entries), data)
    with pytest.raises(Fault) as caught:
        merkle.verify_consistency(old, size, rfc.mth(entries[:old]), root, false)
    assert caught.value.code == "proof.consistency"


def test_evidence_names_both_trees() -> None:
    entries = rfc.tree(7)
    with pytest.raises(Fault) as caught:
        merkle.verify_consistency(7, 7, rfc.mth(entries), rfc.mth(entries[:6]), [])
    assert caught.value.evidence["old"] == {"size": 7, "root": rfc.mth(entries).hex()}
    assert caught.value.evidence["new"] == {"size": 7, "root": rfc.mth(entries[:6]).hex()}
    assert "two roots" in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(trees(least=0))
def test_subtree_root_is_the_recursive_root(entries: list[bytes]) -> None:
    hashes = leaves(entries)
    assert merkle.subtree_root(hashes) == rfc.mth(entries)
    assert merkle.subtree_root(tuple(hashes)) == rfc.mth(entries)
    assert hashes == leaves(entries)


def test_compact_range_gives_every_root_on_the_way() -> None:
    grown = merkle.CompactRange()
    assert grown.root() == merkle.EMPTY_ROOT
    for size, entry in enumerate(rfc.tree(130), start=1):
        grown.append(merkle.leaf_hash(entry))
        assert grown.size == size
        assert len(grown.hashes) == size.bit_count()
        assert grown.root() == rfc.mth(rfc.tree(size))


@settings(max_examples=60, deadline=None)
@given(trees(least=0), st.data())
def test_compact_range_takes_subtrees_where_they_fit(entries: list[bytes], data: st.DataObject) -> None:
    hashes, grown = leaves(entries), merkle.CompactRange()
    while grown.size < len(entries):
        left = len(entries) - grown.size
        heights = [h for h in range(9) if grown.size % 2**h == 0 and 2**h <= left]
        height = data.draw(st.sampled_from(heights))
        grown.append_subtree(height, merkle.subtree_root(hashes[grown.size : grown.size + 2**height]))
    assert grown.root() == rfc.mth(entries)


def test_compact_range_is_taken_up_again_and_copied() -> None:
    hashes = leaves(rfc.tree(21))
    first = merkle.CompactRange()
    for value in hashes[:13]:
        first.append(value)
    resumed, copied = merkle.CompactRange(first.size, tuple(first.hashes)), first.copy()
    for value in hashes[13:]:
        resumed.append(value)
    assert resumed.root() == rfc.mth(rfc.tree(21))
    assert copied.root() == first.root() == rfc.mth(rfc.tree(13))


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (4, [bytes(32), bytes(32)]), (1, [bytes(31)]), (-1, [bytes(32)])],
)
def test_compact_range_refuses_hashes_that_do_not_cover_it(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="do not cover"):
        merkle.CompactRange(size, hashes)


def test_compact_range_refuses_what_does_not_fit() -> None:
    grown = merkle.CompactRange(1, [bytes(32)])
    with pytest.raises(ValueError, match="does not fit at leaf 1"):
        grown.append_subtree(1, bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        grown.append(b"an entry instead of its hash")
    assert (grown.size, grown.hashes) == (1, [bytes(32)])
