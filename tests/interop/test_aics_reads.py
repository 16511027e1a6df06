"""`aics-tlog`, a verifier of tiled logs in Python by others, reads this project's checkpoints, tiles and proofs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.house import House, entries, served
from verifier.formats import checkpoint, proof


def point_of(house: House) -> checkpoint.Checkpoint:
    return checkpoint.parse((house.directory / "checkpoint").read_bytes())


def judged(aics: Any, house: House, raw: bytes, quorum: int = 2) -> Any:
    """What it says of a checkpoint: the log's Ed25519 key, a quorum of the witnesses' Ed25519 keys, none older than an hour."""
    witnesses = tuple(aics.parse_vkey(one.keys[0].vkey) for one in house.neighbours)
    policy = aics.WitnessPolicy(quorum=quorum, witnesses=witnesses, max_age_seconds=3600)
    log_key = aics.parse_vkey(house.keys[0].vkey)
    return aics.verify_checkpoint(aics.parse_note(raw), log_key, policy=policy, expected_origin=point_of(house).origin)


def test_checkpoint_under_its_witnesses(aics: Any, house: House) -> None:
    found = judged(aics, house, point_of(house).raw)
    assert found.ok, found.error
    assert (found.size, found.root) == (604, point_of(house).root)
    assert sorted(found.witnesses) == sorted(one.keys[0].name for one in house.neighbours)


def test_checkpoint_without_its_witnesses(aics: Any, house: House) -> None:
    note = aics.parse_note(point_of(house).raw)
    bare = aics.Note(
        text=note.text, signatures=tuple(one for one in note.signatures if one.name == point_of(house).origin)
    )
    found = judged(aics, house, bare.to_bytes(), quorum=1)
    assert found.log_ok
    assert not found.ok


def test_every_tile_and_entry(aics: Any, house: House) -> None:
    point = point_of(house)
    report = aics.audit_tiles(aics.FileSystemTileReader(house.directory), point.size, point.root)
    assert (report.size, report.tiles, report.bundles) == (604, 4, 3)


def test_every_entry_over_http(aics: Any, house: House) -> None:
    point = point_of(house)
    with served(house.directory) as url:
        reader = aics.HttpTileReader([f"{url}/"])
        assert reader.read_checkpoint() == point.raw
        tree = aics.VerifiedTileReader(reader, point.size, point.root)
        held = entries(house.directory, point.size)
        assert [tree.entry(index) for index in range(point.size)] == held
        path = aics.inclusion_proof_from_tiles(tree, 300, point.size)
    assert aics.verify_leaf_inclusion(held[300], 300, point.size, path, point.root)


def test_every_receipt(aics: Any, house: House) -> None:
    """Of a receipt it knows the parts: the checkpoint as a note, the hashes as an inclusion proof."""
    sizes = set()
    for outcome in house.outcomes:
        assert outcome.receipt is not None
        head, _, raw = outcome.receipt.partition(b"\n\n")
        found = judged(aics, house, raw)
        assert found.ok, found.error
        hashes = [aics.note.b64_decode(line.decode()) for line in head.split(b"\n")[3:]]
        leaf = house.leaf(outcome)
        assert aics.verify_leaf_inclusion(leaf, outcome.index, found.size, hashes, found.root)
        assert not aics.verify_leaf_inclusion(leaf + b" ", outcome.index, found.size, hashes, found.root)
        sizes.add(found.size)
    assert sizes >= {4, 5, 255, 258, 604}  # and one where the log cut a batch that was too long


def test_checkpoints_are_consistent(aics: Any, house: House) -> None:
    """The consistency proofs that it builds out of the tiles hold between the checkpoints of the receipts."""
    newest = point_of(house)
    tree = aics.VerifiedTileReader(aics.FileSystemTileReader(house.directory), newest.size, newest.root)
    olds = {one.size: one.root for one in (proof.parse(out.receipt or b"").checkpoint for out in house.outcomes)}
    for size, root in olds.items():
        path = aics.consistency_proof_from_tiles(tree, size, newest.size)
        assert aics.verify_consistency(size, newest.size, root, newest.root, path)


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize(
    "path", ["tile/entries/001", "tile/entries/002.p/92", "tile/0/000", "tile/0/002.p/92", "tile/1/000.p/2"]
)
@pytest.mark.parametrize("harm", [lambda path: flip(path, 40), Path.unlink])
def test_damage_is_seen(aics: Any, house: House, tmp_path: Path, path: str, harm: Callable[[Path], None]) -> None:
    directory = tmp_path / "copy"
    shutil.copytree(house.directory, directory)
    harm(directory / path)
    point = point_of(house)
    with pytest.raises((aics.TileVerificationError, aics.TileMissingError)):
        aics.audit_tiles(aics.FileSystemTileReader(directory), point.size, point.root)
