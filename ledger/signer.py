"""Signing with the keys of a log or of a witness: the only room that holds their private halves.

A log signs every checkpoint with Ed25519 (type 0x01), and with ML-DSA-44 (0x06) in addition where it has such a key. A
witness cosigns with Ed25519 (0x04), ML-DSA-44 (0x06), or both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, note
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import Note, Signature, VerifierKey

PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey


@dataclass(frozen=True)
class Cosigner:
    """A witness key that signs: `key` is what others know of it. See `verifier.witness.Cosigner`."""

    key: VerifierKey
    _private: PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`: 64 bytes (Ed25519) or 2,420 (ML-DSA-44, randomised)."""
        return self._private.sign(message)


def cosigner(name: str, private: PrivateKey) -> Cosigner:
    """A witness's cosigner under the key name `name`.

    Raises Fault `vkey.malformed` for a name that cannot stand in a key, `key.weak` as `verifier.formats.note.make_key`.
    """
    ed25519 = isinstance(private, Ed25519PrivateKey)
    return Cosigner(_public(name, note.COSIGNATURE_ED25519 if ed25519 else note.COSIGNATURE_MLDSA44, private), private)


class LogSigner:
    """The log's keys, all named by its `origin`. During a rotation it holds the old key and the new."""

    def __init__(self, origin: str, *keys: PrivateKey) -> None:
        """Take the log's private keys. Raises Fault `log.no-ed25519-key` if none of them is an Ed25519 key."""
        self.origin = origin
        self._keys: list[Cosigner] = []
        for private in keys:
            ed25519 = isinstance(private, Ed25519PrivateKey)
            key = _public(origin, note.ED25519 if ed25519 else note.COSIGNATURE_MLDSA44, private)
            self._keys.append(Cosigner(key, private))
        if not any(one.key.algorithm == note.ED25519 for one in self._keys):
            raise Fault("log.no-ed25519-key", "a log signs with Ed25519 always; no such key was given", where=origin)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The public keys, as a charter and a policy name them."""
        return tuple(one.key for one in self._keys)

    def checkpoint(self, size: int, root: bytes, now: int) -> Checkpoint:
        """Sign the checkpoint of `size` records with `root` (32 bytes); `now` (seconds) dates ML-DSA-44 signatures."""
        text = checkpoints.body(self.origin, size, root)
        signatures = []
        for one in self._keys:
            value = one.sign(cosignature.message(one.key, text, self.origin, size, root, now))
            if one.key.algorithm != note.ED25519:
                value = cosignature.wrap(now, value)
            signatures.append(Signature(one.key.name, one.key.key_id, value))
        return Checkpoint(self.origin, size, root, (), Note(text, tuple(signatures)))


def _public(name: str, algorithm: int, private: PrivateKey) -> VerifierKey:
    """What others know of a private key."""
    return note.make_key(name, algorithm, private.public_key().public_bytes_raw())
