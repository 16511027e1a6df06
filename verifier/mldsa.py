"""ML-DSA signatures (FIPS 204), pure form, empty context: the post-quantum half of a signer, a log or a witness.

The library is loaded at the first use: a command that meets Ed25519 alone shall not wait for it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from verifier.errors import Fault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA65PublicKey


class Parameters(NamedTuple):
    """A parameter set: its `name`, and the lengths of a public key and of a signature in bytes (FIPS 204, table 2)."""

    name: str
    key_size: int
    signature_size: int


ML_DSA_44 = Parameters("ML-DSA-44", 1312, 2420)
ML_DSA_65 = Parameters("ML-DSA-65", 1952, 3309)


def verify44(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check an ML-DSA-44 signature (2420 bytes) by a public key (1312 bytes); context empty.

    Raises Fault("key.malformed") for a key of another length, Fault("signature.false"). Source: FIPS 204, algorithm 3.
    """
    _verify(ML_DSA_44, public_key, message, signature)


def verify65(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check an ML-DSA-65 signature (3309 bytes) by a public key (1952 bytes); context empty.

    Raises Fault("key.malformed") for a key of another length, Fault("signature.false"). Source: FIPS 204, algorithm 3.
    """
    _verify(ML_DSA_65, public_key, message, signature)


def _verify(parameters: Parameters, public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check the lengths, then let the library judge."""
    from cryptography.exceptions import InvalidSignature

    key = _key(parameters, public_key)
    evidence = {"key": public_key.hex(), "signature": signature.hex()}
    if len(signature) != parameters.signature_size:
        told = f"an {parameters.name} signature has {parameters.signature_size} bytes, not {len(signature)}"
        raise Fault("signature.false", told, evidence=evidence)
    try:
        key.verify(signature, message)
    except InvalidSignature:
        told = f"the {parameters.name} signature does not match the key and the message"
        raise Fault("signature.false", told, evidence=evidence) from None


@lru_cache(maxsize=256)
def _key(parameters: Parameters, public_key: bytes) -> MLDSA44PublicKey | MLDSA65PublicKey:
    """The library's form of a key; the last 256 are remembered.

    Every string of the right length is a public key (FIPS 204, algorithm 23), so the length is all that can be wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import mldsa as library

    if len(public_key) != parameters.key_size:
        told = f"an {parameters.name} public key has {parameters.key_size} bytes, not {len(public_key)}"
        raise Fault("key.malformed", told, evidence={"key": public_key.hex()})
    kind = library.MLDSA44PublicKey if parameters is ML_DSA_44 else library.MLDSA65PublicKey
    try:
        return kind.from_public_bytes(public_key)
    except UnsupportedAlgorithm as missing:
        raise Fault("library.unfit", f"the installed cryptography has no {parameters.name}: {missing}") from None
