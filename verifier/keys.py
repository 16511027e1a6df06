"""Public keys of those who speak, and signers: one Ed25519 key, or a pair Ed25519 + ML-DSA-65 (both or nothing).

A key is identified by its keyid, the hex SHA-256 of its SubjectPublicKeyInfo in DER, so a keyid certifies the key.
Sources: RFC 8410 (Ed25519 SPKI), RFC 9881 (ML-DSA SPKI), RFC 7468 (PEM).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from verifier import ed25519, mldsa
from verifier.errors import Fault
from verifier.formats import canonical, reader

ED25519: Final = "Ed25519"
ML_DSA_65: Final = "ML-DSA-65"
# The fixed DER prefix of each kind's SPKI: everything before the raw key. A key with another prefix is another kind.
_PREFIX: Mapping[str, bytes] = {
    ED25519: bytes.fromhex("302a300506032b6570032100"),
    ML_DSA_65: bytes.fromhex("308207b2300b0609608648016503040312038207a100"),
}
_LENGTH: Mapping[str, int] = {ED25519: 32, ML_DSA_65: 1952}
_PEM_BEGIN, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


@dataclass(frozen=True)
class PublicKey:
    """One public key: `algorithm` ("Ed25519" or "ML-DSA-65") and its raw bytes (32 or 1,952)."""

    algorithm: str
    raw: bytes

    @property
    def spki(self) -> bytes:
        """The key as SubjectPublicKeyInfo, DER."""
        return _PREFIX[self.algorithm] + self.raw

    @cached_property
    def keyid(self) -> str:
        """Hex SHA-256 of the SPKI DER."""
        return sha256(self.spki).hexdigest()

    @property
    def pem(self) -> bytes:
        """The key as PEM (RFC 7468), 64 characters a line."""
        text = b64encode(self.spki).decode()
        rows = [text[i : i + 64] for i in range(0, len(text), 64)]
        return "\n".join([_PEM_BEGIN, *rows, _PEM_END, ""]).encode()

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check `signature` over `message`; Fault `signature.false` if it is not this key's."""
        if self.algorithm == ED25519:
            ed25519.verify(self.raw, message, signature)
        else:
            mldsa.verify65(self.raw, message, signature)


@dataclass(frozen=True, slots=True)
class Signer:
    """A signer: its self-certifying `id`, the `party` it speaks for, and its keyids (one, or Ed25519 then ML-DSA-65)."""

    id: str
    party: str
    keys: tuple[str, ...]


def from_spki(der: bytes, *, where: str = "") -> PublicKey:
    """The key in a SubjectPublicKeyInfo. Raises Fault `key.malformed` (other kinds, other lengths), `key.weak`."""
    for algorithm, prefix in _PREFIX.items():
        if der.startswith(prefix) and len(der) == len(prefix) + _LENGTH[algorithm]:
            key = PublicKey(algorithm, der[len(prefix) :])
            if algorithm == ED25519:
                _require_strong(key, where)
            return key
    raise Fault("key.malformed", "not the SPKI of an Ed25519 or ML-DSA-65 key", where=where)


def _require_strong(key: PublicKey, where: str) -> None:
    try:
        ed25519.check_public_key(key.raw)
    except Fault as fault:
        raise Fault(fault.code, fault.message, where=where, evidence=fault.evidence) from fault


def from_pem(raw: bytes, *, where: str = "") -> PublicKey:
    """The key in a PEM file, as `openssl pkey -pubout` writes it. Raises Fault `key.malformed`, `key.weak`."""
    rows = reader.lines(raw, where=where)
    if len(rows) < 3 or rows[0] != _PEM_BEGIN or rows[-1] != _PEM_END:
        raise Fault("key.malformed", "not a PEM public key (BEGIN PUBLIC KEY … END PUBLIC KEY)", where=where)
    return from_spki(reader.base64_bytes("".join(rows[1:-1]), where=where), where=where)


def signer_id(keyids: Sequence[str]) -> str:
    """The id of the signer made of these keys: a single key's keyid; for a pair (Ed25519 keyid, ML-DSA-65 keyid)
    the hex SHA-256 of their canonical JSON array, so that an id certifies both keys."""
    return keyids[0] if len(keyids) == 1 else sha256(canonical.encode(list(keyids))).hexdigest()
