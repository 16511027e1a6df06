"""A log and a witness whose keys the tests hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.signer import LogSigner, cosigner
from tests.web.wire import Tree
from verifier.witness import Witness
from web.witness_state import SqliteState

ORIGIN = "ledger.example/log"
NOW = 1_800_000_000


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class House:
    """A witness's server, the log that it knows, and what may be asked of both."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.signer = LogSigner(ORIGIN, Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
        self.cosigners = [
            cosigner("witness.example/w1", Ed25519PrivateKey.generate()),
            cosigner("witness.example/w1", MLDSA44PrivateKey.generate()),
        ]
        self.state = SqliteState(path)
        self.witness = Witness(self.cosigners, {ORIGIN: self.signer.keys}, self.state, self.clock)
        self.tree = Tree([b"record %d" % n for n in range(20)])

    def note(self, size: int, tree: Tree | None = None) -> bytes:
        """A checkpoint of the log, signed by it."""
        return self.signer.checkpoint(size, (tree or self.tree).root(size), NOW).raw

    def body(self, old: int, size: int, *, proof: Sequence[bytes] | None = None, note: bytes | None = None) -> bytes:
        """An add-checkpoint body, with the true consistency proof unless another is given."""
        hashes = self.tree.consistency(old, size) if proof is None else proof
        return b"old %d\n" % old + Tree.lines(hashes) + b"\n" + (note or self.note(size))
