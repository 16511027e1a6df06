"""`aics-witness`, a witness by others behind its own server, cosigns this project's log through this project's client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.proofs import consistency
from ledger.signer import LogSigner
from ledger.tree import Tree
from ledger.witness_client import Client, Http, Question
from tests.interop.house import Neighbour, entries, now, our_witness, publish
from tests.support.simulated_log import ORIGIN
from verifier import audit, merkle
from verifier.errors import Fault
from verifier.formats import checkpoint, cosignature, note
from verifier.formats import policy as policies
from verifier.source import open_source


@contextmanager
def their_witness(aics_witness: Any, home: Path, name: str, signer: LogSigner) -> Iterator[tuple[Neighbour, Any]]:
    """Their witness and its store; it knows our log by its Ed25519 key, the one type of log key that it reads."""
    logs = [aics_witness.LogConfig.from_strings(signer.origin, [signer.keys[0].vkey])]
    with aics_witness.WitnessStore(home / f"{name}.sqlite", create=True) as store:
        witness = aics_witness.Witness(f"{name}.example", Ed25519PrivateKey.generate(), store, logs)
        server = aics_witness.make_server(witness)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Neighbour(name, (note.parse_vkey(witness.vkey_text),), server.url), store
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def signer() -> LogSigner:
    return LogSigner(ORIGIN, Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())


def test_ledger_under_a_mixed_quorum(aics_witness: Any, signer: LogSigner, tmp_path: Path) -> None:
    """The real log grows under two of their witnesses and one of ours, all of which must cosign; then it is audited."""
    with (
        their_witness(aics_witness, tmp_path, "quillon", signer) as (first, store),
        their_witness(aics_witness, tmp_path, "tessaly", signer) as (second, _),
        our_witness(tmp_path, "norhaven", {ORIGIN: signer.keys}) as (ours, _),
    ):
        house = publish(tmp_path, signer, [first, second, ours], [1, 252, 40])
        assert store.get(ORIGIN).size == 297
    report = audit.audit(open_source(str(house.directory)), policies.parse(house.policy_text.encode()), now=now())
    assert report.refusal is None
    assert [finding.to_json() for finding in report.findings] == []
    assert report.records == 297
    point = checkpoint.parse((house.directory / "checkpoint").read_bytes())
    assert set(cosignature.verified(point, house.all_keys)) == set(house.all_keys)
    assert merkle.subtree_root(merkle.leaf_hashes(entries(house.directory, 297))) == point.root


class Asking:
    """One log asks one witness, by the ledger's client over HTTP."""

    def __init__(self, signer: LogSigner, neighbour: Neighbour, word: bytes = b"entry") -> None:
        self.signer, self.neighbour, self.word = signer, neighbour, word
        self.client = Client(neighbour.url, Http())
        self.tree = Tree(lambda level, number: b"")

    def ask(self, count: int) -> int:
        """Append entries and have the checkpoint cosigned; the time that the witness says."""
        self.tree.extend([merkle.leaf_hash(b"%b %d" % (self.word, self.tree.size + n)) for n in range(count)])
        size = self.tree.size
        point = self.signer.checkpoint(size, self.tree.root(size), now())
        question = Question(point, self.neighbour.keys, lambda old, new: consistency(self.tree.node, old, new), now)
        (answer,) = self.client.ask(question, 10.0)
        assert cosignature.verify(answer.key, point, answer.signature) == answer.timestamp
        return answer.timestamp


def test_growth_heartbeat_and_a_client_that_forgot(aics_witness: Any, signer: LogSigner, tmp_path: Path) -> None:
    with their_witness(aics_witness, tmp_path, "quillon", signer) as (theirs, store):
        log = Asking(signer, theirs)
        for count in (1, 1, 5, 120, 0, 100):
            assert abs(log.ask(count) - now()) < 60
            assert store.get(ORIGIN).size == log.tree.size
        log.client = Client(theirs.url, Http())  # knows no size: their 409 tells it
        log.ask(3)
        assert (store.get(ORIGIN).size, store.get(ORIGIN).root) == (230, log.tree.root(230))


def test_it_refuses_a_fork_of_ours(aics_witness: Any, signer: LogSigner, tmp_path: Path) -> None:
    with their_witness(aics_witness, tmp_path, "quillon", signer) as (theirs, store):
        Asking(signer, theirs).ask(20)
        with pytest.raises(Fault, match="422") as refused:
            Asking(signer, theirs, b"other").ask(30)
        assert refused.value.code == "cosigning.refused"
        assert store.get(ORIGIN).size == 20
        assert store.evidence_counts() == {ORIGIN: 1}


def test_it_refuses_an_unknown_key_of_ours(aics_witness: Any, signer: LogSigner, tmp_path: Path) -> None:
    impostor = LogSigner(ORIGIN, Ed25519PrivateKey.generate())
    with their_witness(aics_witness, tmp_path, "quillon", signer) as (theirs, _), pytest.raises(Fault, match="403"):
        Asking(impostor, theirs).ask(20)


def test_our_log_tells_that_their_witness_is_ahead(aics_witness: Any, signer: LogSigner, tmp_path: Path) -> None:
    with their_witness(aics_witness, tmp_path, "quillon", signer) as (theirs, _):
        Asking(signer, theirs).ask(20)
        with pytest.raises(Fault) as refused:
            Asking(signer, theirs).ask(10)
        assert refused.value.code == "cosigning.ahead"
