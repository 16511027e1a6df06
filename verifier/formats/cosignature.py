"""What a signature under a checkpoint says, and whether it is true: the log's own, and witnesses' timestamped ones.

Source: C2SP signed-note (type 0x01) and C2SP tlog-cosignature (types 0x04 and 0x06).
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier import ed25519, mldsa
from verifier.errors import Fault
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519, Signature, VerifierKey
from verifier.formats.reader import shown

_MALFORMED = "cosignature.malformed"
_LAST_TIME = 2**63 - 1
_LABEL = b"subtree/v1\n\x00"
_VALUE_LENGTH = {ED25519: 64, COSIGNATURE_ED25519: 8 + 64, COSIGNATURE_MLDSA44: 8 + 2420}


def message(key: VerifierKey, checkpoint_text: bytes, origin: str, size: int, root: bytes, timestamp: int) -> bytes:
    """The bytes that `key` signs to cosign a checkpoint at `timestamp` (seconds since the epoch; 0 says no time).

    Type 0x04 signs the whole text, extension lines too; type 0x06 signs the cosigner's name, origin, size and root and
    not the text; type 0x01 signs the text alone, and no time.
    Raises Fault `cosignature.malformed` if a member does not fit its field.
    Source: C2SP tlog-cosignature, "Ed25519 signed message" and "ML-DSA-44 signed message".
    """
    if key.algorithm == ED25519:
        return checkpoint_text
    if not 0 <= timestamp <= _LAST_TIME:
        raise Fault(_MALFORMED, f"the timestamp {timestamp} is not within 0 to 2^63-1", where=key.name)
    if key.algorithm == COSIGNATURE_ED25519:
        return b"cosignature/v1\ntime %d\n%b" % (timestamp, checkpoint_text)
    if not 0 <= size < 2**64 or len(root) != 32:
        raise Fault(_MALFORMED, f"size {size} with a root of {len(root)} bytes cannot be cosigned", where=key.name)
    return b"".join(
        (
            _LABEL,
            _short(key.name, "cosigner's name"),
            timestamp.to_bytes(8, "big"),
            _short(origin, "origin"),
            bytes(8),  # start: a checkpoint's tree begins at leaf 0
            size.to_bytes(8, "big"),
            root,
        )
    )


def _short(text: str, what: str) -> bytes:
    """A string of 1 to 255 bytes of UTF-8 behind its length in one byte."""
    encoded = text.encode("utf-8")
    if not 1 <= len(encoded) <= 255:
        raise Fault(_MALFORMED, f"the {what} {shown(text)} has {len(encoded)} bytes, ML-DSA-44 signs 1 to 255")
    return bytes([len(encoded)]) + encoded


def wrap(timestamp: int, signature: bytes) -> bytes:
    """A timestamped_signature: `timestamp` (seconds since the epoch, 8 bytes), then the Ed25519 or ML-DSA-44 signature.

    Raises Fault `cosignature.malformed`. Source: C2SP tlog-cosignature, "Format".
    """
    if not 0 <= timestamp <= _LAST_TIME:
        raise Fault(_MALFORMED, f"the timestamp {timestamp} is not within 0 to 2^63-1")
    if len(signature) not in (64, 2420):
        raise Fault(_MALFORMED, f"{len(signature)} bytes are neither an Ed25519 nor an ML-DSA-44 signature")
    return timestamp.to_bytes(8, "big") + signature


def verify(key: VerifierKey, checkpoint: Checkpoint, signature: Signature) -> int:
    """Verify one signature under a checkpoint; the time at which it was made, in seconds since the epoch (0: none).

    Type 0x01 carries no time and gives 0. Raises Fault `signature.false`, with the key and the size as evidence, for
    whatever is not a true signature of this checkpoint by this key, a wrong length too.
    """
    value = signature.value
    if (signature.name, signature.key_id) != (key.name, key.key_id):
        raise _false(key, checkpoint, f"the line names key {signature.name} {signature.key_id:08x}")
    if len(value) != _VALUE_LENGTH[key.algorithm]:
        raise _false(key, checkpoint, f"{len(value)} bytes do not fit its type")
    timestamp = 0
    if key.algorithm != ED25519:
        timestamp, value = int.from_bytes(value[:8], "big"), value[8:]
    check = mldsa.verify44 if key.algorithm == COSIGNATURE_MLDSA44 else ed25519.verify
    try:
        signed = message(key, checkpoint.note.text, checkpoint.origin, checkpoint.size, checkpoint.root, timestamp)
        check(key.public_key, signed, value)
    except Fault as fault:
        if fault.code not in ("signature.false", _MALFORMED):
            raise  # a key or a library that cannot verify says nothing about the signature
        raise _false(key, checkpoint, fault.message) from fault
    return timestamp


def _false(key: VerifierKey, checkpoint: Checkpoint, why: str) -> Fault:
    """The fault of a signature that `key` did not make on `checkpoint`."""
    return Fault(
        "signature.false",
        f"not a true signature of {key.name} on size {checkpoint.size}: {why}",
        where=f"checkpoint of {checkpoint.origin}",
        evidence={"origin": checkpoint.origin, "size": checkpoint.size, "key": key.vkey},
    )


def verified(checkpoint: Checkpoint, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Which of `keys` signed the checkpoint, each with its time in seconds since the epoch (0 where it says none).

    Signatures of unknown keys are ignored, also where only the name or only the id is known. A key that signed more
    than once has the earliest time that it says. One false signature of a known key condemns the note.
    Raises Fault `signature.false`; `vkey.malformed` if two of `keys` share both name and id.
    Source: C2SP signed-note, "Signatures".
    """
    known: dict[tuple[str, int], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise Fault("vkey.malformed", f"two keys of {key.name} share the id {key.key_id:08x}")
    found: dict[VerifierKey, int] = {}
    for signature in checkpoint.note.signatures:
        signer = known.get((signature.name, signature.key_id))
        if signer is not None:
            timestamp = verify(signer, checkpoint, signature)
            times = [time for time in (timestamp, found.get(signer, 0)) if time]
            found[signer] = min(times, default=0)
    return found
