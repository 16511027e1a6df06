"""A witness: it cosigns a log's checkpoint only if the log still is what this witness saw before, with more at its end.

Source: C2SP tlog-witness, "add-checkpoint". There is no input or output here: where the state is kept, who holds the
private keys and how requests arrive is the caller's. The order of the checks is the specification's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from verifier import merkle
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, Note, Signature, VerifierKey
from verifier.formats.reader import base64_bytes, decimal, lines

_MALFORMED = "witness.malformed"

MOST_BODY = 256 * 1024
"""The largest request body that is read, in bytes: sixteen post-quantum signatures fit twice."""

MOST_HASHES = 63
"""The most hashes in a consistency proof (C2SP tlog-witness)."""

MOST_ORIGIN = 255
"""The longest origin that ML-DSA-44 can cosign, in bytes (C2SP tlog-cosignature)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a witness cosigned last for a log: `size` in records, `root` (32 bytes), `timestamp` (seconds, UTC).

    `note` is the checkpoint as stored, for evidence against a log; a state may leave it out, and it is not compared.
    """

    size: int
    root: bytes
    timestamp: int
    note: bytes = field(default=b"", compare=False)


class State(Protocol):
    """Where a witness keeps what it cosigned. `note` is the checkpoint as a monitor may fetch it."""

    def load(self, origin: str) -> Known | None:
        """What was cosigned last for `origin`; None if nothing ever was."""

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        """Put `new` in the place of `old`, atomically, durable before it returns.

        Raises Fault("witness.conflict") if what is stored is not `old`: another request was faster.
        """


class Cosigner(Protocol):
    """A private key of the witness, wherever it is held; `key` is of type 0x04 or 0x06."""

    @property
    def key(self) -> VerifierKey:
        """The public key, with the witness's name."""

    def sign(self, message: bytes) -> bytes:
        """The bare signature over `message`: 64 bytes for type 0x04, 2420 for type 0x06 (context empty)."""


@dataclass(frozen=True, slots=True)
class Request:
    """An add-checkpoint request as read: `old` size in records, `proof` of 32-byte hashes, the `checkpoint`."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint


def parse_request(body: bytes) -> Request:
    """Read an add-checkpoint body: an old size line, at most 63 hashes, a blank line (the first one), a checkpoint.

    Raises Fault("witness.malformed"). Source: C2SP tlog-witness, "add-checkpoint".
    """
    if len(body) > MOST_BODY:
        raise Fault(_MALFORMED, f"the request has {len(body)} bytes, more than {MOST_BODY}", where="body")
    cut = body.find(b"\n\n")
    if cut < 0:
        raise Fault(_MALFORMED, "no blank line before the checkpoint", where="body")
    first, *rest = lines(body[: cut + 1], where="body", code=_MALFORMED)
    if not first.startswith("old "):
        raise Fault(_MALFORMED, "it does not begin with an old size line", where="line 1")
    old = decimal(first.removeprefix("old "), where="line 1", code=_MALFORMED)
    if len(rest) > MOST_HASHES:
        raise Fault(_MALFORMED, f"{len(rest)} proof lines, more than {MOST_HASHES}", where="body")
    proof = [
        base64_bytes(line, length=merkle.HASH_SIZE, where=f"line {number}", code=_MALFORMED)
        for number, line in enumerate(rest, 2)
    ]
    try:
        return Request(old, tuple(proof), checkpoints.parse(body[cut + 2 :]))
    except Fault as fault:
        raise Fault(_MALFORMED, fault.message, where=fault.where, evidence={"cause": fault.code}) from fault


class Witness:
    """The answer to add-checkpoint. It holds nothing that changes: all it remembers is in its `State`."""

    def __init__(
        self,
        cosigners: Sequence[Cosigner],
        logs: Mapping[str, Sequence[VerifierKey]],
        state: State,
        clock: Callable[[], int],
    ) -> None:
        """Each of `cosigners` signs every checkpoint. `logs`: origin -> the keys trusted for it. `clock`: seconds, UTC.

        ValueError if there is no cosigner, one of another type than 0x04 and 0x06, a log without a key, or one whose
        origin is longer than ML-DSA-44 can cosign.
        """
        types = {cosigner.key.algorithm for cosigner in cosigners}
        if not types or not types <= {COSIGNATURE_ED25519, COSIGNATURE_MLDSA44}:
            raise ValueError("a witness signs with keys of type 0x04 or 0x06, one at least")
        if unkeyed := [origin for origin, keys in logs.items() if not keys]:
            raise ValueError(f"no key is given for the log {unkeyed[0]}")
        long = [origin for origin in logs if len(origin.encode("utf-8")) > MOST_ORIGIN]
        if long and COSIGNATURE_MLDSA44 in types:
            raise ValueError(f"an ML-DSA-44 key cannot cosign an origin of more than {MOST_ORIGIN} bytes: {long[0]}")
        self._cosigners = tuple(cosigners)
        self._logs = {origin: tuple(keys) for origin, keys in logs.items()}
        self._state = state
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> bytes:
        """Judge one request and answer with the cosignatures: signature lines, UTF-8, one for each cosigner.

        What was cosigned is stored before this returns. Raises Fault with the HTTP status of the specification in its
        kind: "witness.malformed" 400, "witness.unknown-log" 404, "witness.log-signature" 403,
        "witness.old-size-larger" 400, "witness.conflict" 409 (evidence `size`: the stored size, to be answered),
        "witness.inconsistent" 422 (evidence: both checkpoints); and "witness.clock", "witness.signer" for faults of
        the witness itself. Source: C2SP tlog-witness, "add-checkpoint", in the order of its text.
        """
        request = parse_request(body)
        origin, size = request.checkpoint.origin, request.checkpoint.size
        log_signatures = self._log_signatures(request.checkpoint)
        if request.old > size:
            raise Fault("witness.old-size-larger", f"the old size {request.old} is larger than {size}", where=origin)
        known = self._state.load(origin)
        _require_same_size(request, known)
        _require_consistent(request, known)
        timestamp = self._timestamp(known)
        cosignatures = tuple([_cosign(cosigner, request.checkpoint, timestamp) for cosigner in self._cosigners])
        note = Note(request.checkpoint.note.text, (*log_signatures, *cosignatures)).raw
        self._advance(request, known, Known(size, request.checkpoint.root, timestamp, note))
        return "".join([signature.line for signature in cosignatures]).encode("utf-8")

    def _log_signatures(self, checkpoint: Checkpoint) -> tuple[Signature, ...]:
        """The log's own signatures, verified, one for each key; those of unknown keys are left out."""
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            raise Fault("witness.unknown-log", "this witness does not know the log", where=checkpoint.origin)
        try:
            signed = cosignature.verified(checkpoint, keys)
        except Fault as fault:
            if fault.code != "signature.false":
                raise
            raise Fault(
                "witness.log-signature", fault.message, where=checkpoint.origin, evidence=fault.evidence
            ) from fault
        if not signed:
            raise Fault(
                "witness.log-signature", "no key that is trusted for the log signed this", where=checkpoint.origin
            )
        names = {(key.name, key.key_id) for key in signed}
        lines_by_key: dict[tuple[str, int], Signature] = {}
        for line in checkpoint.note.signatures:
            if (line.name, line.key_id) in names:
                lines_by_key.setdefault((line.name, line.key_id), line)
        return tuple(lines_by_key.values())

    def _advance(self, request: Request, known: Known | None, new: Known) -> None:
        """Store the new checkpoint; if another request was faster, say to which size."""
        origin = request.checkpoint.origin
        try:
            self._state.advance(origin, known, new, new.note)
        except Fault as fault:
            if fault.code != "witness.conflict":
                raise
            raise _conflict(request, self._state.load(origin)) from fault

    def _timestamp(self, known: Known | None) -> int:
        """Now, but never before the time that this witness signed last: an earlier one would be evidence against it."""
        now = self._clock()
        if now <= 0:
            raise Fault("witness.clock", f"the witness's clock gives {now} seconds since the epoch")
        return max(now, known.timestamp) if known else now


def _require_same_size(request: Request, known: Known | None) -> None:
    """The old size must be that of the latest checkpoint cosigned, 0 if there is none."""
    if request.old != (known.size if known else 0):
        raise _conflict(request, known)


def _conflict(request: Request, known: Known | None) -> Fault:
    """The fault that tells a client from which size it must prove consistency."""
    size = known.size if known else 0
    told = f"the request builds on size {request.old}, the latest cosigned size is {size}"
    return Fault("witness.conflict", told, where=request.checkpoint.origin, evidence={"size": size})


def _require_consistent(request: Request, known: Known | None) -> None:
    """The new tree must begin with the one cosigned before. Sizes 0 and equal sizes are the Merkle room's to judge."""
    new = request.checkpoint
    old_root = known.root if known else merkle.EMPTY_ROOT
    try:
        merkle.verify_consistency(request.old, new.size, old_root, new.root, request.proof)
    except Fault as fault:
        evidence = _both_checkpoints(request, known)
        raise Fault("witness.inconsistent", fault.message, where=new.origin, evidence=evidence) from fault


def _both_checkpoints(request: Request, known: Known | None) -> dict[str, Any]:
    """What the witness knew, signed if the state keeps notes, and what it was shown; the proof in hex."""
    before = None
    if known is not None:
        text = known.note or checkpoints.body(request.checkpoint.origin, known.size, known.root)
        before = text.decode("utf-8")
    submitted = request.checkpoint.raw.decode("utf-8")
    return {"known": before, "submitted": submitted, "proof": [value.hex() for value in request.proof]}


def _cosign(cosigner: Cosigner, new: Checkpoint, timestamp: int) -> Signature:
    """One cosignature, verified before anybody sees it: a signer with a wrong key must not be told as success."""
    key = cosigner.key
    message = cosignature.message(key, new.note.text, new.origin, new.size, new.root, timestamp)
    try:
        line = Signature(key.name, key.key_id, cosignature.wrap(timestamp, cosigner.sign(message)))
        cosignature.verify(key, new, line)
    except Fault as fault:
        told = f"the signer of {key.name} gave no true signature: {fault.message}"
        raise Fault("witness.signer", told, where=key.vkey) from fault
    return line
