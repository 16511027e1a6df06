"""A verifier's signature under a report: a DSSE envelope of its own payload type, so that no report passes for a statement.

Sources: DSSE v1.0.0; RFC 8410 and RFC 9881 for the keys (PKCS#8, encrypted); docs/FORMAT.md, "Reports".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats import envelope as dsse
from verifier.formats.envelope import Envelope
from verifier.keys import ED25519, ML_DSA_65, PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

PAYLOAD_TYPE = "application/vnd.detente.report+json"
_BLOCK = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----.*?-----END ENCRYPTED PRIVATE KEY-----", re.DOTALL)


class Secret(NamedTuple):
    """One secret key of a verifier, with its public half."""

    private: Ed25519PrivateKey | MLDSA65PrivateKey
    public: PublicKey


def read_secrets(raw: bytes, passphrase: bytes, *, where: str = "") -> tuple[Secret, ...]:
    """The key, or the two of a hybrid signer, in an encrypted PEM file as `detente key new` writes it.

    Raises Fault `key.passphrase`, `key.malformed`.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = []
    for block in _BLOCK.findall(raw):
        try:
            private = load_pem_private_key(block, passphrase)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Fault("key.passphrase", "the passphrase does not open this key", where=where) from error
        if not isinstance(private, ed25519.Ed25519PrivateKey | mldsa.MLDSA65PrivateKey):
            raise Fault("key.malformed", "a report is signed with Ed25519 or ML-DSA-65", where=where)
        kind = ED25519 if isinstance(private, ed25519.Ed25519PrivateKey) else ML_DSA_65
        found.append(Secret(private, PublicKey(kind, private.public_key().public_bytes_raw())))
    if not found:
        raise Fault("key.malformed", "no encrypted secret key in it", where=where)
    return tuple(found)


def sign(report: bytes, secrets: tuple[Secret, ...]) -> Envelope:
    """The report's canonical bytes in an envelope signed with each key."""
    message = dsse.pae(report, PAYLOAD_TYPE)
    rows = sorted((secret.public.keyid, secret.private.sign(message)) for secret in secrets)
    return Envelope(report, tuple(rows), PAYLOAD_TYPE)


class Read(NamedTuple):
    """A report from a file: its bytes, its members, and the keyids that signed it (none: it is not signed)."""

    raw: bytes
    members: dict[str, Any]
    signatures: tuple[tuple[str, bytes], ...]


def read_report(raw: bytes, *, where: str = "") -> Read:
    """A report, bare or signed. Raises Fault `json.…`, `envelope.malformed`, `report.malformed`."""
    raw = raw.removesuffix(b"\n")
    value = canonical.parse(raw, where=where)
    signatures: tuple[tuple[str, bytes], ...] = ()
    if isinstance(value, dict) and "payload" in value:
        envelope = dsse.read(value, payload_type=PAYLOAD_TYPE)
        raw, signatures = envelope.payload, envelope.signatures
        value = canonical.parse(raw, where=where)
    if not isinstance(value, dict) or not {"ledger", "inputs", "as_of", "exercise", "obligations"} <= value.keys():
        raise Fault("report.malformed", "this is no report of conformance", where=where)
    return Read(raw, value, signatures)


def require_signed(found: Read, book: Mapping[str, PublicKey], *, where: str = "") -> tuple[str, ...]:
    """Check every signature by the keys of an audited copy; return the keyids.

    Raises Fault `report.unsigned`, `envelope.unknown-key`, `signature.false`.
    """
    if not found.signatures:
        raise Fault("report.unsigned", "nobody has signed this report", where=where)
    message = dsse.pae(found.raw, PAYLOAD_TYPE)
    for keyid, signature in found.signatures:
        if keyid not in book:
            raise Fault("envelope.unknown-key", f"key {keyid} is none of this ledger's", where=where)
        book[keyid].verify(message, signature)
    return tuple(keyid for keyid, _ in found.signatures)
