"""Simulated participants with deterministic keys: who signs what in tests and benchmarks. No key here protects anything."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey

from verifier.formats import cosignature, note
from verifier.formats.envelope import Envelope, pae
from verifier.formats.note import Signature, VerifierKey
from verifier.keys import ED25519, ML_DSA_65, PublicKey, signer_id

FROM, TO = "2024-01-01T00:00:00Z", "2034-01-01T00:00:00Z"


def secret(name: str) -> bytes:
    """32 bytes that depend on the name alone."""
    return sha256(b"simulated " + name.encode()).digest()


@dataclass(frozen=True)
class Pen:
    """A signer's private keys: Ed25519, and ML-DSA-65 where `hybrid`."""

    name: str
    hybrid: bool = False

    @property
    def private(self) -> list[Any]:
        keys: list[Any] = [Ed25519PrivateKey.from_private_bytes(secret(self.name))]
        return [*keys, MLDSA65PrivateKey.from_seed_bytes(secret(self.name + " pq"))] if self.hybrid else keys

    @property
    def public(self) -> list[PublicKey]:
        kinds = (ED25519, ML_DSA_65)
        return [
            PublicKey(kind, key.public_key().public_bytes_raw()) for kind, key in zip(kinds, self.private, strict=False)
        ]

    @property
    def id(self) -> str:
        return signer_id([key.keyid for key in self.public])

    def sign(self, payload: bytes) -> list[tuple[str, bytes]]:
        return [(p.keyid, k.sign(pae(payload))) for p, k in zip(self.public, self.private, strict=True)]


def sealed_by(payload: bytes, *pens: Pen) -> Envelope:
    """The envelope that these pens sign."""
    return Envelope(payload, tuple(sorted(row for pen in pens for row in pen.sign(payload))))


def ring(pens: list[Pen], offices: dict[str, tuple[list[str], list[Pen]]]) -> dict[str, Any]:
    """The members keys, signers and offices of a founding body; offices: name -> (types, pens)."""
    keys = sorted((key for pen in pens for key in pen.public), key=lambda key: key.keyid)
    return {
        "keys": [{"algorithm": key.algorithm, "public": b64encode(key.spki).decode()} for key in keys],
        "signers": sorted(
            ({"id": pen.id, "keys": [key.keyid for key in pen.public]} for pen in pens), key=lambda row: row["id"]
        ),
        "offices": [
            {
                "office": name,
                "types": sorted(types),
                "threshold": 1,
                "signers": sorted(
                    ({"signer": pen.id, "not_before": FROM, "not_after": TO} for pen in holders),
                    key=lambda row: row["signer"],
                ),
            }
            for name, (types, holders) in sorted(offices.items())
        ],
    }


@dataclass
class NotePen:
    """A log's or a witness's note key."""

    name: str
    algorithm: int
    secret_name: str = ""
    private: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        material = secret(self.secret_name or f"{self.name} {self.algorithm}")
        pq = self.algorithm == note.COSIGNATURE_MLDSA44
        self.private = (
            MLDSA44PrivateKey.from_seed_bytes(material) if pq else Ed25519PrivateKey.from_private_bytes(material)
        )

    @property
    def key(self) -> VerifierKey:
        return note.make_key(self.name, self.algorithm, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        signed: bytes = self.private.sign(message)
        return signed

    def signature(self, text: bytes, origin: str, size: int, root: bytes, time: int) -> Signature:
        key = self.key
        value = self.sign(cosignature.message(key, text, origin, size, root, time))
        value = value if self.algorithm == note.ED25519 else cosignature.wrap(time, value)
        return Signature(key.name, key.key_id, value)
