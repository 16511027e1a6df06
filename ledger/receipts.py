"""Receipts: a C2SP tlog-proof that a record is in the log, with what rebuilds the leaf from the envelope."""

from __future__ import annotations

from ledger import proofs
from verifier import record as records
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.proof import Proof
from verifier.record import Record


def receipt(record: Record, index: int, point: Checkpoint, node: proofs.Node) -> bytes:
    """The receipt of `record`, which stands at `index`, under the quorum checkpoint `point` (C2SP tlog-proof)."""
    hashes = tuple(proofs.inclusion(node, index, point.size))
    extra = records.extra(record)  # noqa: S610 - a receipt's extra line, nothing of Django's
    return Proof(extra, index, hashes, point).raw
