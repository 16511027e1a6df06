"""The log's and the witnesses' keys: what they sign is what a policy reader verifies."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.signer import LogSigner, cosigner
from verifier.errors import Fault
from verifier.formats import checkpoint, cosignature, note

ED, PQ = Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()
ROOT = bytes(range(32))


def test_a_log_signs_with_all_its_keys() -> None:
    signer = LogSigner("ledger.example", ED, PQ)
    point = checkpoint.parse(signer.checkpoint(7, ROOT, 1_700_000_000).raw)
    assert (point.origin, point.size, point.root, point.extensions) == ("ledger.example", 7, ROOT, ())
    assert [key.algorithm for key in signer.keys] == [note.ED25519, note.COSIGNATURE_MLDSA44]
    assert cosignature.verified(point, signer.keys) == dict(zip(signer.keys, (0, 1_700_000_000), strict=True))


def test_a_log_always_has_an_ed25519_key() -> None:
    for keys in ((), (PQ,)):
        with pytest.raises(Fault) as caught:
            LogSigner("ledger.example", *keys)
        assert caught.value.code == "log.no-ed25519-key"


def test_a_rotation_signs_with_the_old_and_the_new() -> None:
    signer = LogSigner("ledger.example", ED, Ed25519PrivateKey.generate())
    assert len(cosignature.verified(signer.checkpoint(1, ROOT, 0), signer.keys)) == 2


@pytest.mark.parametrize(("private", "algorithm"), [(ED, note.COSIGNATURE_ED25519), (PQ, note.COSIGNATURE_MLDSA44)])
def test_a_cosigner(private: Ed25519PrivateKey | MLDSA44PrivateKey, algorithm: int) -> None:
    one = cosigner("witness.example", private)
    assert one.key.algorithm == algorithm
    point = LogSigner("ledger.example", ED).checkpoint(7, ROOT, 0)
    message = cosignature.message(one.key, point.note.text, point.origin, 7, ROOT, 99)
    line = note.Signature(one.key.name, one.key.key_id, cosignature.wrap(99, one.sign(message)))
    assert cosignature.verify(one.key, point, line) == 99


def test_no_private_key_shows_in_a_cosigner() -> None:
    assert "rivate" not in repr(cosigner("witness.example", ED))


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_names_that_cannot_stand_in_a_key(name: str) -> None:
    for make in (lambda: cosigner(name, ED), lambda: LogSigner(name, ED)):
        with pytest.raises(Fault) as caught:
            make()
        assert caught.value.code == "vkey.malformed"
