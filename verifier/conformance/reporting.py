"""A report of conformance: the obligations with every input that they were judged by, in bytes that verifiers compare.

Source: docs/CONFORMANCE.md, section "An obligation"; DESIGN of the inputs: docs/FORMAT.md, "Reports".
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from verifier import vocabulary
from verifier.audit.findings import Report as Audit
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats.policy import Policy
from verifier.formats.times import format_utc
from verifier.receipt import Given


def inputs(audit: Audit, policy: Policy, receipts: Iterable[Given], asked: int) -> dict[str, Any]:
    """What was judged, each by its digest. `asked`: the moment asked for, in seconds."""
    if audit.checkpoint is None:
        raise Fault("audit.no-checkpoint", "without a checkpoint there is nothing to judge by")
    return {
        "charter": audit.charter,
        "policy": sha256(policy.text).hexdigest(),
        "checkpoint": sha256(audit.checkpoint.note.text).hexdigest(),
        "history": audit.state.history_head,
        "vocabulary": vocabulary.load(audit.state.trust.version).digest,
        "receipts": sorted({sha256(given.proof.raw).hexdigest() for given in receipts}),
        "as_of": format_utc(asked),
    }


def report(
    ledger: str, obligations: list[dict[str, Any]], given: dict[str, Any], moment: int | None, exercise: str | None
) -> dict[str, Any]:
    """The members of a report. `given`: its inputs; `moment`: the effective as-of, in seconds."""
    return {
        "ledger": ledger,
        "inputs": given,
        "as_of": None if moment is None else format_utc(moment),
        "exercise": exercise,
        "obligations": obligations,
    }


def encode(value: dict[str, Any]) -> bytes:
    """The report's canonical bytes, whose SHA-256 verifiers compare."""
    return canonical.encode(value)
