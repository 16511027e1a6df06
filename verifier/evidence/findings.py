"""Evidence on verifiers: a finding that recomputation from the inputs it names refutes.

The file proves who said it. What refutes it is the log itself, up to the checkpoint that the finding names: any copy serves,
for the finding names by digest all that it was judged by, and the reader's policy believes the checkpoint or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verifier import statement
from verifier.conformance.outcome import CONFIRMED, UNDECIDED, Outcome, claim_of
from verifier.errors import Fault
from verifier.evidence.reading import PARTY_KEY, Evidence, Verdict, insufficient
from verifier.evidence.speakers import Step, as_of, logged_steps, replayed, said_at
from verifier.evidence.trees import receipt_file
from verifier.receipt import Given

TYPE = "finding"


def finding_file(ledger: str, chain: Iterable[Given], given: Given) -> dict[str, Any]:
    """The file: the verifier's chain from the charter on, and the finding."""
    rows = {"chain": [receipt_file(g) for g in chain], "receipt": receipt_file(given)}
    return {"kind": TYPE, "ledger": ledger, **rows}


def finding(evidence: Evidence) -> Verdict:
    """A finding that its author signed, and that the inputs which it names refute.

    1. The finding is logged, by its receipt; it is of that type, signed at its office's threshold by the keys in force at
    its record, as the chain shows them.  2. The chain shows no revocation by which the key was not its owner's by then.
    3. Computed again from the named inputs, an obligation has another status than it says, or is none.
    """
    evidence.require("chain", "receipt")
    root, given = evidence.receipts("chain"), evidence.receipt("receipt")
    chain, step = logged_steps(evidence, root), Step(given, evidence.logged(given))
    whole, index = replayed(evidence, chain), step.logged.index
    seen = said_at(evidence, chain, step)
    if seen.type != TYPE:
        raise insufficient(f"record {index} holds a {seen.type}, not a finding")
    if whole.contested(seen.signers, index):
        raise insufficient(f"{seen.party} revoked the key as not its own from record {index} or before")
    told = _refuted(evidence, step)
    name = f"{seen.party}, office {seen.office}, signed the finding {seen.id} (record {index})"
    keys = tuple(sorted(seen.keyids))
    return Verdict(TYPE, f"{name}; {told}; by its keys as of {as_of(chain)}", PARTY_KEY, keys)


def _refuted(evidence: Evidence, step: Step) -> str:
    """How recomputation refutes a finding. Raises Fault `evidence.insufficient`, `finding.undecided`."""
    if evidence.refuter is None:
        told = "this kind is judged with a copy of the log as it stood at the checkpoint that the finding names"
        raise Fault("finding.undecided", told, where="--source")
    said = statement.parse(step.given.envelope.payload)
    outcome = evidence.refuter(claim_of(said, step.logged.received))
    if outcome.result == UNDECIDED:
        raise Fault("finding.undecided", outcome.reason or "", where=said.id)
    if outcome.result == CONFIRMED:
        raise insufficient(f"recomputation from the inputs that {said.id} names confirms it")
    return _words(outcome)


def _words(outcome: Outcome) -> str:
    row, more = outcome.refuted[0], len(outcome.refuted) - 1
    is_then = "is no obligation" if row.computed is None else f"is {row.computed}"
    others = f", and {more} more are not as said" if more else ""
    return f"it says that obligation {row.id} is {row.said}, and by the inputs that it names it {is_then}{others}"
