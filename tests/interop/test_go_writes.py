"""Logs, proofs and cosignatures made by Go's transparency packages, held against this project's verifier and witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.conftest import Refused, Tool
from tests.interop.house import entries, now, our_witness
from tests.support.simulated_log import SimulatedLog
from verifier import merkle
from verifier.cli import run
from verifier.exits import Exit
from verifier.formats import checkpoint, cosignature, note, proof
from verifier.source import open_source
from verifier.tree import audit_tree

ORIGIN = "elsewhere.example/go"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 70_000])
def test_log_by_x_mod(go: Tool, tmp_path: Path, size: int) -> None:
    made = go("write", "-dir", tmp_path, "-origin", ORIGIN, "-size", str(size))
    keys = [note.parse_vkey(text) for text in made["keys"]]
    assert [key.algorithm for key in keys] == [note.ED25519, note.COSIGNATURE_MLDSA44]
    report = audit_tree(open_source(str(tmp_path)), keys)
    assert (report.exit, report.findings) == (Exit.GOOD, [])
    assert (report.checkpoint.size, report.checkpoint.root.hex()) == (size, made["root"])
    assert abs(report.times[keys[1]] - now()) < 60

    held = entries(tmp_path, size)
    assert merkle.subtree_root(merkle.leaf_hashes(held)).hex() == made["root"]
    for text in made["proofs"]:
        found = proof.parse(text.encode())
        assert found.extra == b"about entry %d" % found.index
        point = found.checkpoint
        assert set(cosignature.verified(point, keys)) == set(keys)
        leaf = merkle.leaf_hash(held[found.index])
        merkle.verify_inclusion(found.index, point.size, leaf, found.hashes, point.root)
    for one in made["consistent"]:
        old_root, hashes = bytes.fromhex(one["root"]), [bytes.fromhex(value) for value in one["proof"]]
        merkle.verify_consistency(one["old"], size, old_root, report.checkpoint.root, hashes)
        assert merkle.subtree_root(merkle.leaf_hashes(held[: one["old"]])) == old_root


def test_command_tells_a_changed_entry(go: Tool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = go("write", "-dir", tmp_path, "-origin", ORIGIN, "-size", "1000")
    keys = [part for text in made["keys"] for part in ("--vkey", text)]
    assert run(["tree", str(tmp_path), *keys]) == Exit.GOOD
    bundle = tmp_path / "tile/entries/002"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 515 of", b"entry 615 of", 1))
    assert run(["tree", str(tmp_path), *keys]) == Exit.BREACH
    assert "finding record 515" in capsys.readouterr().out


def test_cosignatures_by_torchwood_and_formats(go: Tool, tmp_path: Path) -> None:
    log = SimulatedLog()
    log.found()
    (tmp_path / "checkpoint").write_bytes(log.history[-1])
    flags = ["-checkpoint", tmp_path / "checkpoint", "-key", log.log_pen.key.vkey, "-name", "witness.example/go"]
    made = go("cosign", *flags)
    keys = [note.parse_vkey(text) for text in made["keys"]]
    assert [key.algorithm for key in keys] == [note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44]
    point = checkpoint.parse(made["note"].encode())
    times = cosignature.verified(point, [*keys, log.log_pen.key, *(pen.key for pen in log.witness_pens)])
    assert len(times) == 6  # what was signed before is still there, and true
    assert all(abs(times[key] - now()) < 60 for key in keys)


def test_our_witness_cosigns_tesseras_log(go: Tool, tmp_path: Path) -> None:
    """Tessera asks our witness over HTTP, first from size 0, then with a consistency proof of its own."""
    log, policy = tmp_path / "log", tmp_path / "policy"
    flags: list[str | Path] = ["-dir", log, "-key", tmp_path / "key", "-origin", ORIGIN]
    key = note.parse_vkey(go("tessera", *flags)["key"])
    with our_witness(tmp_path, "norhaven", {ORIGIN: [key]}) as (witness, state):
        policy.write_text(f"witness w {witness.keys[0].vkey} {witness.url}\nquorum w\n")
        for count, size in [(300, 300), (1, 301), (999, 1300)]:
            assert go("tessera", *flags, "-count", str(count), "-policy", policy)["size"] == size
            report = audit_tree(open_source(str(log)), [key, witness.keys[0]], origin=ORIGIN)
            assert (report.exit, report.checkpoint.size) == (Exit.GOOD, size)
            known = state.load(ORIGIN)
            assert known is not None
            assert (known.size, known.root) == (size, report.checkpoint.root)


def test_our_witness_refuses_tesseras_second_history(go: Tool, tmp_path: Path) -> None:
    """The same log key begins again with other entries: the witness that saw the first history lends it no quorum."""
    policy = tmp_path / "policy"
    flags: list[str | Path] = ["-key", tmp_path / "key", "-origin", ORIGIN]
    key = note.parse_vkey(go("tessera", *flags)["key"])
    with our_witness(tmp_path, "norhaven", {ORIGIN: [key]}) as (witness, state):
        policy.write_text(f"witness w {witness.keys[0].vkey} {witness.url}\nquorum w\n")
        go("tessera", *flags, "-dir", tmp_path / "first", "-count", "20", "-policy", policy)
        with pytest.raises(Refused):
            go("tessera", *flags, "-dir", tmp_path / "second", "-count", "30", "-policy", policy)
        known = state.load(ORIGIN)
        assert known is not None
        assert known.size == 20
