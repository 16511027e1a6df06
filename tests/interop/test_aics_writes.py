"""A log made by `aics-tlog`, held against this project's verifier; its client asks this project's witness."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.interop.house import now, our_witness
from verifier import merkle
from verifier.cli import run
from verifier.exits import Exit
from verifier.formats import checkpoint, cosignature, note
from verifier.formats.note import VerifierKey
from verifier.source import open_source
from verifier.tree import audit_tree

ORIGIN = "elsewhere.example/aics"


@dataclass
class Elsewhere:
    """A log in a directory, all by aics-tlog: tiles, bundles, proofs and signatures."""

    aics: Any
    directory: Path
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    entries: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.aics.DirectoryTileStore(self.directory, fsync=False)
        self.writer = self.aics.IncrementalTileWriter(self.store)
        self.tree = self.aics.MerkleTree()

    @property
    def key(self) -> VerifierKey:
        return note.parse_vkey(self.aics.format_vkey(self.aics.vkey_from_ed25519(ORIGIN, self.private.public_key())))

    def grow(self, count: int, word: bytes = b"entry") -> bytes:
        """Append entries, publish the checkpoint over them, and return it."""
        rows = [b"%b %d " % (word, len(self.entries) + n) * ((len(self.entries) + n) % 7) for n in range(count)]
        self.entries += rows
        self.writer.append(rows)
        self.tree.extend(rows)
        signed = self.aics.sign_checkpoint(
            self.aics.Checkpoint(ORIGIN, self.writer.size, self.writer.root()), self.private, ORIGIN
        )
        raw: bytes = signed.to_bytes()
        self.store.write_checkpoint(raw)
        return raw


@pytest.fixture
def log(aics: Any, tmp_path: Path) -> Elsewhere:
    return Elsewhere(aics, tmp_path / "log")


def test_tree_at_every_size(log: Elsewhere) -> None:
    """Its writer removes partial tiles as full ones take their place; each published state is audited."""
    for count in (1, 1, 253, 1, 1, 300, 467, 6976):
        point = checkpoint.parse(log.grow(count))
        report = audit_tree(open_source(str(log.directory)), [log.key])
        assert (report.exit, report.findings) == (Exit.GOOD, [])
        assert (report.checkpoint.size, report.checkpoint.root) == (len(log.entries), point.root)
    assert merkle.subtree_root(merkle.leaf_hashes(log.entries)) == point.root


def test_its_proofs_hold(log: Elsewhere) -> None:
    log.grow(600)
    root = log.tree.root()
    for index in range(0, 600, 7):
        leaf = merkle.leaf_hash(log.entries[index])
        merkle.verify_inclusion(index, 600, leaf, log.tree.inclusion_proof(index), root)
        old = log.tree.root(index + 1)
        merkle.verify_consistency(index + 1, 600, old, root, log.tree.consistency_proof(index + 1, 600))


def test_command_tells_a_changed_entry(log: Elsewhere, capsys: pytest.CaptureFixture[str]) -> None:
    log.grow(400)
    arguments = ["tree", str(log.directory), "--vkey", log.key.vkey]
    assert run(arguments) == Exit.GOOD
    path = log.directory / "tile/entries/001.p/144"
    path.write_bytes(path.read_bytes().replace(b"entry 300", b"entry 301", 1))
    assert run(arguments) == Exit.BREACH
    assert "finding record 300" in capsys.readouterr().out


def test_our_witness_cosigns_for_its_client(log: Elsewhere, aics: Any, aics_witness: Any, tmp_path: Path) -> None:
    """From nothing, then with its consistency proofs, then again at the same size; a client that forgot recovers by the 409."""
    with our_witness(tmp_path, "norhaven", {ORIGIN: [log.key]}) as (witness, state):
        key = witness.keys[0]
        for count in (5, 251, 1, 0, 400):
            raw = log.grow(count)
            with aics_witness.WitnessClient(witness.url, key.vkey, max_attempts=1) as client:  # a new one knows no size
                merged = aics_witness.merge_cosignatures(raw, client.submit(raw, log.tree.consistency_proof))
            point = checkpoint.parse(merged)
            times = cosignature.verified(point, [log.key, *witness.keys])
            assert log.key in times
            assert abs(times[key] - now()) < 60
            found = aics.verify_checkpoint(
                aics.parse_note(merged),
                aics.parse_vkey(log.key.vkey),
                [aics.parse_vkey(key.vkey)],
                1,
                max_age_seconds=60,
            )
            assert found.ok, found.error
            known = state.load(ORIGIN)
            assert known is not None
            assert known.size == len(log.entries)


def test_our_witness_refuses_its_second_history(log: Elsewhere, aics: Any, aics_witness: Any, tmp_path: Path) -> None:
    other = Elsewhere(aics, tmp_path / "other", log.private)
    with our_witness(tmp_path, "norhaven", {ORIGIN: [log.key]}) as (witness, state):
        with aics_witness.WitnessClient(witness.url, witness.keys[0].vkey, max_attempts=1) as client:
            client.submit(log.grow(300), log.tree.consistency_proof)
            for count in (300, 1):  # the same size with another root, then a larger one
                raw = other.grow(count, b"other")
                with pytest.raises(aics_witness.WitnessRejected) as refused:
                    client.submit(raw, other.tree.consistency_proof)
                assert refused.value.status == 422
        known = state.load(ORIGIN)
        assert known is not None
        assert (known.size, known.root) == (300, log.tree.root())
        assert len(state.forks(ORIGIN)) == 1  # two signed roots of one size, kept as evidence


def test_our_witness_knows_no_other_log(log: Elsewhere, aics_witness: Any, tmp_path: Path) -> None:
    stranger = note.make_key(ORIGIN, note.ED25519, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    for logs, status in [({"another.example/log": [log.key]}, 404), ({ORIGIN: [stranger]}, 403)]:
        home = tmp_path / str(status)
        home.mkdir()
        with (
            our_witness(home, "norhaven", logs) as (witness, _),
            aics_witness.WitnessClient(witness.url, witness.keys[0].vkey, max_attempts=1) as client,
            pytest.raises(aics_witness.WitnessRejected) as refused,
        ):
            client.submit(log.grow(1), log.tree.consistency_proof)
        assert refused.value.status == status
