"""Proofs of logging that stand alone: an index, its inclusion proof, and the checkpoint that it leads to.

Source: C2SP tlog-proof. This room reads and writes; whether the hashes lead to the root is judged in `verifier.merkle`.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.reader import base64_bytes, decimal, lines, shown

MOST_HASHES = 63
MOST_BYTES = 2**21
_MALFORMED = "proof.malformed"
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read: `extra` (opaque, unauthenticated, None if absent), the leaf's zero-based `index`, the hashes of
    its inclusion proof (32 bytes each, from the leaf's sibling to the root's child), and the checkpoint."""

    extra: bytes | None
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    @property
    def raw(self) -> bytes:
        """The proof's bytes. Raises Fault `proof.malformed` if a member does not fit the format."""
        if self.extra == b"":
            raise Fault(_MALFORMED, "extra data without bytes is written by leaving it out", where="proof")
        if not 0 <= self.index < 2**63 or len(self.hashes) > MOST_HASHES or any(len(one) != 32 for one in self.hashes):
            raise Fault(_MALFORMED, f"index {self.index} and {len(self.hashes)} hashes are no proof", where="proof")
        extra = [] if self.extra is None else [b"extra " + binascii.b2a_base64(self.extra)]
        hashes = [binascii.b2a_base64(one) for one in self.hashes]
        head = (_FIRST_LINE.encode("ascii") + b"\n", *extra, b"index %d\n" % self.index, *hashes)
        return b"".join(head) + b"\n" + self.checkpoint.raw


def parse(raw: bytes) -> Proof:
    """Read a proof, cut at its *first* blank line: what follows is the checkpoint, verbatim. At most 63 hashes, 2 MiB.

    Nothing is verified: neither the checkpoint's signatures nor the inclusion. Raises Fault `proof.malformed`,
    `note.malformed` or `checkpoint.malformed`. Source: C2SP tlog-proof, "Format".
    """
    if len(raw) > MOST_BYTES:
        raise Fault(_MALFORMED, f"{len(raw)} bytes: a proof has at most {MOST_BYTES}", where="proof")
    cut = raw.find(b"\n\n")
    if cut < 0:
        raise Fault(_MALFORMED, "no blank line parts the proof from its checkpoint", where="proof")
    head = lines(raw[: cut + 1], where="proof", code=_MALFORMED)
    if head.pop(0) != _FIRST_LINE:
        raise Fault(_MALFORMED, f"the first line is not {_FIRST_LINE}", where="proof")
    extra = None
    if head and head[0].startswith("extra "):
        extra = base64_bytes(head.pop(0).removeprefix("extra "), where="extra line", code=_MALFORMED)
    if not head or not head[0].startswith("index "):
        raise Fault(_MALFORMED, f"an index line is missing before {shown(''.join(head[:1]))}", where="proof")
    index = decimal(head.pop(0).removeprefix("index "), where="index line", code=_MALFORMED)
    if len(head) > MOST_HASHES:
        raise Fault(_MALFORMED, f"{len(head)} hashes: a proof has at most {MOST_HASHES}", where="proof")
    hashes = [base64_bytes(line, length=32, where=f"hash {n}", code=_MALFORMED) for n, line in enumerate(head, 1)]
    proof = Proof(extra, index, tuple(hashes), checkpoints.parse(raw[cut + 2 :]))
    if proof.raw != raw:
        raise Fault(_MALFORMED, "the proof is not in its canonical form", where="proof")
    return proof
