"""Ed25519 by one rule for everybody. Every Ed25519 signature in the project is checked here and nowhere else.

A signature holds when the public key A and its first half R are canonical encodings of points of prime order, its
second half S is below the group order L, and the equation sB = R + hA of RFC 8032, section 5.1.7 holds. Libraries agree
on honest signatures and differ on crafted ones; under this rule there is nothing left to differ on.

A is checked once, when a key is first seen. With A of prime order, a library that recomputes R as sB - hA and compares
encodings takes no R but canonical points of the prime-order group, of which only the neutral element is left to refuse.
A known-answer test at the first use finds out whether the library is of that kind. If not, R is checked every time.
"""

from __future__ import annotations

from functools import cache, lru_cache

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError

from verifier.errors import Fault

KEY_SIZE = 32
"""Length of a public key, in bytes."""

SIGNATURE_SIZE = 64
"""Length of a signature, in bytes: R (32), then S (32, little-endian)."""

ORDER = 2**252 + 27742317777372353535851937790883648493
"""L, the order of the base point B (RFC 8032, section 5.1)."""

_IDENTITY = (1).to_bytes(32, "little")
"""The canonical encoding of the neutral element."""

# The known answers: a key a*B and signatures by it over _MESSAGE. a and r are the SHA-512 digests, little-endian and
# modulo L, of "detente known answer a" and "detente known answer r". The tests derive all of them again.
_MESSAGE = b"known answer"
_KEY = bytes.fromhex("d89a564799b192c7f52099883c79a9ceb2fa6c6a73dbe4b40c7da44e35bd0e29")
_SOUND = bytes.fromhex(
    "9e0dc1f8c8b7128089f63f836fb5d85ee2905b1c9ab3f7027f038c88bc636cb6"
    "32fe327742a036b9f1ff2cd131e9e1b1ab18ac4bd89af1d46005920dd167b706"
)
# R = r*B + T with T of order 2, 4 and 8: these hold only once both sides are multiplied by the cofactor. R = 0*B in
# two of its non-canonical encodings: these hold only where points are compared instead of encodings.
_LOOSE = tuple(
    bytes.fromhex(text)
    for text in (
        "4ff23e073748ed7f7609c07c904a27a11d6fa4e3654c08fd80fc7377439c9349"
        "f9111da1f2cd68980c2c70854a4c96ecb628324d1cd7b2ab92c44bfc10313a04",
        "362af756a8e6131f9ec7ca1d2db3c78a593be8e28ab548ea31733e6fb45c2987"
        "abb30c672fd529007ca2c36a5251fe07dc9204c546802f176f55c9f2c9c69903",
        "addf0ea4367f09d63b5c4f781b9b90dd048a51844d9b15177742206106a0b9b9"
        "e842cf97db668196d415ee2c4d0c405e61c3e78d557e15fcc4bfecb631da2805",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
        "460a88163cf70a14e98082b8808feb5aa3f9e06ccde980b59ee855cae67b610b",
        "0100000000000000000000000000000000000000000000000000000000000080"
        "8b7f260e341c1fa13678a6e682229b6b02c02055cd96a35172c431a67a2e780f",
    )
)
# What a sound check of points refuses: the key plus a point of order 2, 4 and 8, the point of order 2 itself, the
# neutral element, and another encoding of it.
_FOREIGN = tuple(
    bytes.fromhex(text)
    for text in (
        "1565a9b8664e6d380adf6677c38656314d0593958c241b4bf3825bb1ca42f1d6",
        "81416140d54da9bbd861c8c17795901cd6e4c5dd60f295f2478bcfaac2e86bab",
        "015fc32b86425344e6e8b8216f74629beeb904c6cb0fae0491741320e06adf77",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check one signature of 64 bytes by a public key of 32 bytes under the one rule.

    Raises Fault("key.malformed") or Fault("key.weak") for the key, Fault("signature.false") for the signature. Source:
    RFC 8032, section 5.1.7, with the points narrowed to the prime-order group.
    """
    check_public_key(public_key)
    r, s = signature[:32], signature[32:]
    if len(signature) != SIGNATURE_SIZE:
        raise _false(public_key, signature, f"an Ed25519 signature has {SIGNATURE_SIZE} bytes, not {len(signature)}")
    if int.from_bytes(s, "little") >= ORDER:
        raise _false(public_key, signature, "S is not below the group order: the signature was altered")
    if r == _IDENTITY or (_library_is_loose() and not crypto_core_ed25519_is_valid_point(r)):
        raise _false(public_key, signature, "R is not the canonical encoding of a point of prime order")
    if not _equation_holds(public_key, message, signature):
        raise _false(public_key, signature, "the Ed25519 signature does not match the key and the message")


@lru_cache(maxsize=4096)
def check_public_key(public_key: bytes) -> None:
    """Check that 32 bytes are the canonical encoding of a point of prime order. The last 4096 good keys are remembered.

    Raises Fault("key.malformed") for another length, Fault("key.weak") for another point.
    """
    if len(public_key) != KEY_SIZE:
        message = f"an Ed25519 public key has {KEY_SIZE} bytes, not {len(public_key)}"
        raise Fault("key.malformed", message, evidence={"key": public_key.hex()})
    _library_is_loose()
    if not crypto_core_ed25519_is_valid_point(public_key):
        message = "the Ed25519 public key is not the canonical encoding of a point of prime order"
        raise Fault("key.weak", message, evidence={"key": public_key.hex()})


@cache
def _library_is_loose() -> bool:
    """The known-answer test: whether the library takes signatures whose R breaks the rule, so that R must be checked.

    Raises Fault("library.unfit") if the library fails at what the rule rests on: older releases of libsodium took
    some points outside the prime-order group for points of it (CVE-2025-69277, mended in PyNaCl 1.6.2).
    """
    if not crypto_core_ed25519_is_valid_point(_KEY) or not _equation_holds(_KEY, _MESSAGE, _SOUND):
        raise Fault("library.unfit", "the Ed25519 library refuses a sound key or a true signature")
    for point in _FOREIGN:
        if crypto_core_ed25519_is_valid_point(point):
            raise Fault("library.unfit", f"the Ed25519 library takes the weak point {point.hex()} for a sound one")
    return any(_equation_holds(_KEY, _MESSAGE, signature) for signature in _LOOSE)


def _equation_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """The library's own answer, whatever its kind."""
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


def _false(public_key: bytes, signature: bytes, message: str) -> Fault:
    """The fault for a signature that does not hold, with key and signature as evidence."""
    return Fault("signature.false", message, evidence={"key": public_key.hex(), "signature": signature.hex()})
