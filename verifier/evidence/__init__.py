"""Evidence: a file that convinces a third party offline of what went wrong, and of whose key it speaks against.

It is judged by the reader's own policy and charter's digest, and by nothing else. Each kind must be unforgeable against
the innocent: what a stale mirror, a late cosignature or a party's thief could make convicts nobody.
Source: docs/FORMAT.md, section "Evidence".

    fork          two views, signed by the log, that cannot both be true
    omission      a receipt, and another leaf at its index in a later tree
    witness       two views of one witness, or a larger size that it dated earlier
    backdating    a record whose `received` lies outside its witnessed time
    key           a record admitted after the record that revoked its key
    equivocation  two statements of one party under one number, both logged
    finding       a verifier's finding that the inputs it names refute; judged with a copy of the log
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verifier.conformance.outcome import Refuter
from verifier.errors import Fault
from verifier.evidence import dates, findings, speakers, trees
from verifier.evidence.reading import Evidence, Verdict, malformed
from verifier.formats import canonical
from verifier.formats.policy import Policy

__all__ = ["MOST_BYTES", "Verdict", "check", "encode"]

MOST_BYTES = 2**25
"""A chain of root statements with sixteen post-quantum signatures each, and its proofs, stay far below it."""

KINDS: Mapping[str, Callable[[Evidence], Verdict]] = {
    "fork": trees.fork,
    "omission": trees.omission,
    "witness": trees.witness,
    "backdating": dates.backdating,
    "key": speakers.key,
    "equivocation": speakers.equivocation,
    "finding": findings.finding,
}


def check(raw: bytes, policy: Policy, charter: str | None = None, *, refuter: Refuter | None = None) -> Verdict:
    """Check a file of evidence by the reader's policy and, where it rests on the charter, the charter's digest (hex).

    `refuter`: computes a finding again from the reader's copy of the log (`verifier.conformance.refuting`); no other kind
    asks for it. Returns what it proves, in which role of whose keys. Raises Fault `evidence.malformed` (its form),
    `evidence.insufficient` (it does not prove what it says, to this reader), `finding.undecided` (an input is not at hand).
    """
    if len(raw) > MOST_BYTES:
        raise malformed("", f"{len(raw)} bytes: evidence has at most {MOST_BYTES}")
    try:
        value = canonical.parse(raw, where="evidence")
    except Fault as fault:
        raise malformed("", str(fault)) from fault
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise malformed("/kind", f"expected one of {', '.join(KINDS)}")
    return KINDS[kind](Evidence(value, policy, charter, refuter))


def encode(value: Mapping[str, Any]) -> bytes:
    """The bytes of an evidence file."""
    return canonical.encode(dict(value))
