"""Evidence on trees: views that cannot both be true, a record left out, a witness that served two views.

Only what the log signed, by the reader's policy, is a view. Absence from a directory and a mirror that lags are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from verifier import merkle
from verifier.evidence.reading import (
    LOG_AND_QUORUM,
    LOG_KEY,
    WITNESS_KEY,
    Evidence,
    Verdict,
    insufficient,
    malformed,
    proven,
)
from verifier.formats import cosignature
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.formats.times import LAST_MOMENT, format_utc
from verifier.receipt import Given

_VIEWS = ("checkpoints", "prefix", "consistency", "index", "leaves")


class Leaf(NamedTuple):
    """A leaf hash with its inclusion proof."""

    leaf: bytes
    inclusion: Sequence[bytes]


def views_file(
    first: Checkpoint,
    second: Checkpoint,
    *,
    prefix: bytes | None = None,
    proof: Iterable[bytes] = (),
    index: int | None = None,
    leaves: Iterable[Leaf] = (),
) -> dict[str, Any]:
    """The file of a fork. Two roots of one size need nothing more. `prefix`: the root over the first one's size in the
    second's tree, which `proof` shows; or `index` and the two `leaves` there, one in each tree."""
    return {
        "kind": "fork",
        "ledger": first.origin,
        "checkpoints": [first.raw.decode(), second.raw.decode()],
        "prefix": prefix.hex() if prefix else None,
        "consistency": [one.hex() for one in proof],
        "index": index,
        "leaves": [{"leaf": one.leaf.hex(), "inclusion": [h.hex() for h in one.inclusion]} for one in leaves],
    }


def receipt_file(given: Given) -> dict[str, str]:
    """A receipt as it stands within evidence."""
    return {"proof": given.proof.raw.decode(), "envelope": given.envelope.raw.decode()}


def omission_file(given: Given, later: Checkpoint, shown: Leaf) -> dict[str, Any]:
    """The file of an omission: `shown` stands in the later tree where the receipt's record should."""
    return {
        "kind": "omission",
        "ledger": later.origin,
        "receipt": receipt_file(given),
        "checkpoint": later.raw.decode(),
        "leaf": shown.leaf.hex(),
        "inclusion": [h.hex() for h in shown.inclusion],
    }


@dataclass(frozen=True)
class _Views:
    """Two checkpoints, the smaller first, and what shows that they contradict each other, as read."""

    first: Checkpoint
    second: Checkpoint
    prefix: bytes | None
    proof: list[bytes]
    index: int | None
    leaves: list[tuple[bytes, list[bytes]]]


def fork(evidence: Evidence) -> Verdict:
    """Two views that the log signed and that cannot both be true.

    1. Both checkpoints are signed by a log key of the policy.  2. They contradict each other (`_contradiction`).
    """
    evidence.require(*_VIEWS)
    views = _views(evidence)
    keys = _once(*evidence.signed_by_log(views.first), *evidence.signed_by_log(views.second))
    told = _contradiction(views)
    both = evidence.has_quorum(views.first) and evidence.has_quorum(views.second)
    return Verdict("fork", f"the log {evidence.ledger} signed {told}", LOG_AND_QUORUM if both else LOG_KEY, keys)


def omission(evidence: Evidence) -> Verdict:
    """A record that a receipt proves, and another leaf at its index in a later tree.

    1. The receipt holds: log key and quorum.  2. The other checkpoint is signed by a log key, and covers the receipt's
    size.  3. Another leaf than the receipt's stands at the index in it.
    """
    evidence.require("receipt", "checkpoint", "leaf", "inclusion")
    given, later = evidence.receipt("receipt"), evidence.checkpoint("checkpoint")
    leaf, inclusion = evidence.hash("leaf"), evidence.hashes("inclusion")
    logged = evidence.logged(given)
    keys = _once(*evidence.signed_by_log(logged.checkpoint), *evidence.signed_by_log(later))
    if later.size < logged.checkpoint.size:
        raise insufficient(f"size {later.size} is not later than the receipt's size {logged.checkpoint.size}")
    with proven(f"the leaf in size {later.size}"):
        merkle.verify_inclusion(logged.index, later.size, leaf, inclusion, later.root)
    if leaf == logged.leaf:
        raise insufficient(f"the receipt's own record stands at index {logged.index} in both trees")
    told = f"record {logged.index} of {evidence.ledger} has a receipt, and the tree of size {later.size} lacks it"
    return Verdict("omission", told, LOG_AND_QUORUM if evidence.has_quorum(later) else LOG_KEY, keys)


def witness(evidence: Evidence) -> Verdict:
    """One witness, by any of its keys in the policy, that cosigned two views, or a larger size at an earlier time.

    1. Both checkpoints are signed by a log key of the policy: a namesake log's are none of the witness's business here.
    2. The witness gave each a time other than 0, which says none and promises nothing.
    3. The views contradict each other, or the larger size has the earlier time.
    """
    evidence.require(*_VIEWS, "witness")
    name, views = evidence.text("witness"), _views(evidence)
    times = []
    for point in (views.first, views.second):
        evidence.signed_by_log(point)
        times.append(_times(evidence, point, name))
    keys = _once(*times[0], *times[1])
    earlier, later = max(times[0].values()), min(times[1].values())
    if views.first.size < views.second.size and later < earlier:
        moments = f"{format_utc(later)}, and the smaller size {views.first.size} {format_utc(earlier)}"
        told = f"dated size {views.second.size} {moments}"
    else:
        told = f"cosigned {_contradiction(views)}"
    return Verdict("witness", f"the witness {name} {told}", WITNESS_KEY, keys)


def _views(evidence: Evidence) -> _Views:
    """The members of two views, in their form."""
    points = evidence.checkpoints("checkpoints")
    if len(points) != 2 or points[0].size > points[1].size:
        raise malformed("/checkpoints", "expected two checkpoints, the smaller size first")
    prefix, proof = evidence.optional_hash("prefix"), evidence.hashes("consistency")
    index, leaves = evidence.optional_index("index"), evidence.leaves("leaves")
    if len(leaves) != (0 if index is None else 2) or (prefix is None and proof):
        raise malformed("", "`leaves` go with `index`, `consistency` with `prefix`")
    return _Views(points[0], points[1], prefix, proof, index, leaves)


def _contradiction(views: _Views) -> str:
    """How the views contradict each other: one size and two roots; or another prefix of the second, proven consistent
    with it; or two leaves at one index. Fault `evidence.insufficient` if they do not."""
    first, second, prefix, index, leaves = views.first, views.second, views.prefix, views.index, views.leaves
    if first.size == second.size and first.root != second.root:
        return f"two roots for the one size {first.size}: {first.root.hex()} and {second.root.hex()}"
    if prefix is not None and 0 < first.size < second.size and prefix != first.root:
        with proven(f"the prefix of size {second.size}"):
            merkle.verify_consistency(first.size, second.size, prefix, second.root, views.proof)
        there = f"size {second.size}, whose first {first.size} records have the root {prefix.hex()}"
        return f"size {first.size} with root {first.root.hex()}, and {there}"
    if index is not None and leaves[0][0] != leaves[1][0]:
        for point, (leaf, inclusion) in zip((first, second), leaves, strict=True):
            with proven(f"the leaf in size {point.size}"):
                merkle.verify_inclusion(index, point.size, leaf, inclusion, point.root)
        return f"size {first.size} and size {second.size} with two different records at index {index}"
    raise insufficient("the two checkpoints do not contradict each other")


def _times(evidence: Evidence, point: Checkpoint, name: str) -> dict[VerifierKey, int]:
    """The times that the witness's keys give on a checkpoint."""
    keys = [key for key in evidence.policy.witness_keys if key.name == name]
    with proven(f"checkpoint of size {point.size}"):
        signed = cosignature.verified(point, keys)
    dated = {key: time for key, time in signed.items() if 0 < time <= LAST_MOMENT}
    if not dated:
        raise insufficient(f"no key of witness {name} in your policy says when it cosigned size {point.size}")
    return dated


def _once(*keys: VerifierKey) -> tuple[str, ...]:
    """The keys, each once."""
    return tuple(dict.fromkeys(key.vkey for key in keys))
