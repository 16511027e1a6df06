"""Receipts: that a statement is logged, offline, from a C2SP tlog-proof, the envelope and a policy.

"Logged" and "said by XA" are two verdicts. The first needs a policy alone; the second needs XA's keys, from an audited copy.
Source: C2SP tlog-proof, "Verifying a tlog proof"; docs/FORMAT.md, section "Receipt".
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from verifier import merkle, record
from verifier.errors import Fault
from verifier.examine import examine
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.envelope import Envelope
from verifier.formats.policy import Policy
from verifier.formats.proof import Proof
from verifier.parties import Plan
from verifier.speaking import require_signatures
from verifier.trust import TrustState


@dataclass(frozen=True)
class Given:
    """A receipt as handed over: the proof, the envelope, and where they came from (for messages)."""

    proof: Proof
    envelope: Envelope
    where: str = ""


class Logged(msgspec.Struct, frozen=True):
    """What a verified receipt establishes. `received`: seconds; `cosigned`: policy witness name -> seconds (0: no time)."""

    index: int
    received: int
    checkpoint: Checkpoint
    cosigned: dict[str, int]
    leaf: bytes


@dataclass(frozen=True)
class Said:
    """By whom a statement was said, `as_of` which record's keys; `contested`: its signer was revoked from before it on."""

    party: str
    office: str
    as_of: int
    contested: bool


def verify(proof: Proof, envelope: Envelope, policy: Policy, *, now: int | None = None) -> Logged:
    """Check a receipt. The numbers are those of C2SP tlog-proof, "Verifying a tlog proof".

    Raises Fault `record.malformed` (1), `signature.…` (2, 3), `quorum.unmet` (3), `proof.inclusion` (4).
    """
    # 1. The leaf hash: the record, rebuilt from the envelope and the receipt's extra.
    if proof.extra is None:
        raise Fault("record.malformed", "the receipt has no extra line, so the record cannot be rebuilt", where="extra")
    raw, received = record.rebuild(proof.extra, envelope)
    leaf = merkle.leaf_hash(raw)
    # 2. and 3. The checkpoint is a listed log's, and enough of the policy's witnesses cosigned it.
    accepted = policy.accept(proof.checkpoint, now=now)
    # 4. The inclusion proof binds the leaf to the checkpoint's root.
    merkle.verify_inclusion(proof.index, proof.checkpoint.size, leaf, proof.hashes, proof.checkpoint.root)
    return Logged(proof.index, received, proof.checkpoint, accepted.cosigned, leaf)


def said_by(envelope: Envelope, trust: TrustState, received: int) -> Said:
    """By whom the statement was said, by the keys that an audit has established. `received`: of its record, seconds.

    A statement that the audited log holds was judged at its record. One that is newer than the audited copy is judged by
    the keys as of the copy's end. Raises the Fault for which the statement would not stand (`signer.…`, `signature.…`, …).
    """
    seen = examine(envelope, trust.book, trust.version)
    if seen.fault:
        raise seen.fault
    entry = trust.statements.find(seen.id)
    if entry is None:
        trust.authorise(seen, received)
    else:
        require_signatures(seen, trust.ring, Plan(seen.party, {}))
    record_index = trust.statements.end if entry is None else entry.record
    return Said(seen.party, seen.office, record_index, trust.contested(seen.signers, record_index))
