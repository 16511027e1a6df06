"""Secret keys of officials, logs and witnesses: made, encrypted at rest, opened with a passphrase, used to sign.

A file holds one key, or the two of a hybrid signer (Ed25519, then ML-DSA-65): one file is one signer.
Sources: RFC 8410 (Ed25519 in PKCS#8), RFC 9881 (ML-DSA in PKCS#8), C2SP signed-note and tlog-cosignature (verifier keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.desk import pem
from verifier import keys
from verifier.errors import Fault
from verifier.formats import note

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey

ED25519: Final = keys.ED25519
ML_DSA_65: Final = keys.ML_DSA_65
ML_DSA_44: Final = "ML-DSA-44"
_Key = TypeVar("_Key", "SecretKey", keys.PublicKey)
LOG, WITNESS = "log", "witness"
SHORTEST_PASSPHRASE = 12
"""The shortest passphrase under which a key is stored, in bytes."""
_TYPES = {
    (ED25519, LOG): note.ED25519,
    (ED25519, WITNESS): note.COSIGNATURE_ED25519,
    (ML_DSA_44, LOG): note.COSIGNATURE_MLDSA44,
    (ML_DSA_44, WITNESS): note.COSIGNATURE_MLDSA44,
}


@dataclass(frozen=True, repr=False)
class SecretKey:
    """One secret key: its `algorithm` ("Ed25519", "ML-DSA-65", "ML-DSA-44") and the library's key."""

    algorithm: str
    private: Ed25519PrivateKey | MLDSA44PrivateKey | MLDSA65PrivateKey

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` (64, 3,309 or 2,420 bytes); ML-DSA signs with an empty context, randomised."""
        return self.private.sign(message)

    @property
    def raw_public(self) -> bytes:
        """The public key's raw bytes (32, 1,952 or 1,312)."""
        return self.private.public_key().public_bytes_raw()

    @property
    def public(self) -> keys.PublicKey:
        """The public key as statements know it. Raises Fault `key.purpose` for ML-DSA-44, which signs no statements."""
        if self.algorithm == ML_DSA_44:
            raise Fault("key.purpose", "an ML-DSA-44 key signs checkpoints, no statements")
        return keys.PublicKey(self.algorithm, self.raw_public)

    def verifier_key(self, name: str, role: str) -> note.VerifierKey:
        """The key as readers of notes know it, under `name`, for the role "log" or "witness". Raises Fault `key.purpose`."""
        kind = _TYPES.get((self.algorithm, role))
        if kind is None:
            raise Fault("key.purpose", f"an {self.algorithm} key signs statements, it is no {role} key")
        return note.make_key(name, kind, self.raw_public)


def generate(algorithm: str) -> SecretKey:
    """A new key of the algorithm ("Ed25519", "ML-DSA-65", "ML-DSA-44"), from the system's source of randomness."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

    if algorithm == ED25519:
        return SecretKey(algorithm, ed25519.Ed25519PrivateKey.generate())
    if algorithm == ML_DSA_65:
        return SecretKey(algorithm, mldsa.MLDSA65PrivateKey.generate())
    return SecretKey(ML_DSA_44, mldsa.MLDSA44PrivateKey.generate())


def seal(found: Sequence[SecretKey], passphrase: bytes, *, where: str = "") -> bytes:
    """The keys as an encrypted PEM file. Raises Fault `key.passphrase-weak` below 12 bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if len(passphrase) < SHORTEST_PASSPHRASE:
        told = f"the passphrase has {len(passphrase)} bytes, fewer than {SHORTEST_PASSPHRASE}"
        raise Fault("key.passphrase-weak", told, where=where)
    plain = (key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) for key in found)
    return pem.text([pem.encrypt(der, passphrase) for der in plain])


def open_sealed(raw: bytes, passphrase: bytes, *, where: str = "") -> tuple[SecretKey, ...]:
    """The key, or the hybrid pair, in an encrypted PEM file.

    Raises Fault `key.unencrypted` (it lies open), `key.passphrase` (wrong, or the file was altered), `key.malformed`.
    """
    found = pem.blocks(raw, where=where)
    if any(block.label == pem.PLAIN for block in found):
        raise Fault("key.unencrypted", "the secret key lies unencrypted in its file", where=where)
    _require(found, pem.ENCRYPTED, where)
    return _one_signer(tuple(_load(block, passphrase, where) for block in found), where)


def open_plain(raw: bytes, *, where: str = "") -> tuple[SecretKey, ...]:
    """The key in an unencrypted PKCS#8 PEM file, as `openssl genpkey` writes it, to be encrypted. Fault `key.malformed`."""
    found = pem.blocks(raw, where=where)
    _require(found, pem.PLAIN, where)
    return _one_signer(tuple(_load(block, None, where) for block in found), where)


def is_encrypted(raw: bytes, *, where: str = "") -> bool:
    """Whether a PEM file's first block is an encrypted secret key. Raises Fault `key.malformed`."""
    return pem.blocks(raw, where=where)[0].label == pem.ENCRYPTED


def public_file(found: Sequence[SecretKey]) -> bytes:
    """The public halves of a statement signer, as PEM. Raises Fault `key.purpose`."""
    return b"".join(key.public.pem for key in found)


def read_public(raw: bytes, *, where: str = "") -> tuple[keys.PublicKey, ...]:
    """The public key, or the hybrid pair, in a public PEM file. Raises Fault `key.malformed`, `key.weak`."""
    found = pem.blocks(raw, where=where)
    _require(found, pem.PUBLIC, where)
    return _one_signer(tuple(keys.from_spki(block.der, where=where) for block in found), where)


def signer_id(found: Sequence[keys.PublicKey]) -> str:
    """The id of the signer that one key, or a hybrid pair in order, makes."""
    return keys.signer_id([key.keyid for key in found])


def _require(found: Sequence[pem.Block], label: str, where: str) -> None:
    for block in found:
        if block.label != label:
            raise Fault("key.malformed", f"expected {label}, the file holds {block.label}", where=where)


def _one_signer(found: tuple[_Key, ...], where: str) -> tuple[_Key, ...]:
    """A file's keys make one signer: one key, or Ed25519 and ML-DSA-65 in this order."""
    kinds = [key.algorithm for key in found]
    if len(kinds) != 1 and kinds != [ED25519, ML_DSA_65]:
        told = f"one file is one signer: one key, or Ed25519 then ML-DSA-65; this one holds {', '.join(kinds)}"
        raise Fault("key.malformed", told, where=where)
    return found


def _load(block: pem.Block, passphrase: bytes | None, where: str) -> SecretKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        private = load_der_private_key(block.der, passphrase)
    except (ValueError, TypeError) as error:
        if passphrase is None:
            raise Fault("key.malformed", "not a secret key in PKCS#8", where=where) from error
        told = "the passphrase does not open this key, or the file was altered"
        raise Fault("key.passphrase", told, where=where) from error
    except UnsupportedAlgorithm as error:
        raise Fault("key.malformed", f"a key of a kind that is not used here: {error}", where=where) from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return SecretKey(ED25519, private)
    if isinstance(private, mldsa.MLDSA65PrivateKey):
        return SecretKey(ML_DSA_65, private)
    if isinstance(private, mldsa.MLDSA44PrivateKey):
        return SecretKey(ML_DSA_44, private)
    raise Fault(
        "key.malformed", "a key of a kind that is not used here: Ed25519, ML-DSA-65 and ML-DSA-44 are", where=where
    )
