"""Receipts from the copy: the inclusion proof of a record under the first checkpoint that the reader's policy accepts.

The proof is built by the ledger's algorithm from the copy's tiles, and is checked by the verifier's before it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from ledger import proofs
from verifier import merkle
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Accepted, Policy
from verifier.formats.proof import Proof
from verifier.record import Record
from verifier.record import extra as extra_of
from web.explorer.copy.view import View
from web.explorer.wording.words import _

_TILE_HEIGHT = 8
_MOST_TRIED = 64
"""History entries tried before the newest checkpoint is taken: late cosignatures make a few entries of one body."""


@dataclass(frozen=True)
class Receipt:
    """A receipt: the proof, what the policy found on its checkpoint, and the history entry that it stands in, if any."""

    proof: Proof
    accepted: Accepted
    number: int | None


def build(view: View, index: int, entry: Record) -> Receipt:
    """The receipt of record `index`. Raises Fault `explorer.no-receipt` if no checkpoint in the copy covers it believably."""
    point, accepted, number = _first_accepted(view, index)
    hashes = proofs.inclusion(nodes(view), index, point.size)
    merkle.verify_inclusion(index, point.size, entry.leaf_hash, hashes, point.root)
    return Receipt(Proof(extra_of(entry), index, tuple(hashes), point), accepted, number)


def _first_accepted(view: View, index: int) -> tuple[Checkpoint, Accepted, int | None]:
    for found in islice(view.covering(index), _MOST_TRIED):
        point = checkpoints.parse(found.raw)
        accepted = _accepted(view.policy, point)
        if accepted is not None:
            return point, accepted, found.number
    accepted = _accepted(view.policy, view.checkpoint) if view.checkpoint.size > index else None
    if accepted is None:
        raise Fault(
            "explorer.no-receipt",
            _("No checkpoint in this copy that covers the record satisfies this copy’s policy."),
            where=f"/records/{index}",
        )
    return view.checkpoint, accepted, None


def _accepted(policy: Policy, point: Checkpoint) -> Accepted | None:
    try:
        return policy.accept(point)
    except Fault as fault:
        if fault.kind.exit.name in ("QUORUM_UNMET", "BAD_SIGNATURE"):
            return None
        raise


def nodes(view: View) -> proofs.Node:
    """The nodes of the tree, from the copy's tiles. A tile holds the hashes of every eighth height."""

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, _TILE_HEIGHT)
        first = index << above
        number, at = divmod(first, 1 << _TILE_HEIGHT)
        width = 1 << above
        return merkle.subtree_root(view.tile(level, number, at + width)[at:])

    return node
