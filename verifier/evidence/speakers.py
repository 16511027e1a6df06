"""Evidence on those who speak: a party that says two things under one number, a depositary that admits a revoked key.

A party's keys are proved by its unbroken chain of root statements from the charter on, each with its receipt, replayed
through the trust state that audit and admission use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.errors import Fault
from verifier.evidence.reading import LOG_KEY, PARTY_KEY, Evidence, Verdict, insufficient, malformed, proven
from verifier.evidence.trees import receipt_file
from verifier.examine import Examined, examine
from verifier.parties import ROOT
from verifier.receipt import Given, Logged
from verifier.speaking import require_chain
from verifier.trust import TrustState


@dataclass(frozen=True)
class Step:
    """A logged statement: its receipt, as given and as verified."""

    given: Given
    logged: Logged


def equivocation_file(ledger: str, chain: Iterable[Given], statements: Iterable[Given]) -> dict[str, Any]:
    """The file: the party's chain from the charter on, and the two statements."""
    rows = {"chain": [receipt_file(g) for g in chain], "statements": [receipt_file(g) for g in statements]}
    return {"kind": "equivocation", "ledger": ledger, **rows}


def key_file(ledger: str, chain: Iterable[Given], given: Given) -> dict[str, Any]:
    """The file: the party's chain from the charter to the revocation, and the record admitted after it."""
    return {"kind": "key", "ledger": ledger, "chain": [receipt_file(g) for g in chain], "receipt": receipt_file(given)}


def equivocation(evidence: Evidence) -> Verdict:
    """Two statements of one party, office and number.

    1. Both are logged, each by a receipt; a signed text that was never logged says nothing.  2. They are two texts under
    one number; signing one text twice is none.  3. Each is signed at its office's threshold, by the keys in force at its
    record as the chain shows them.  4. The chain shows no revocation by which the key was not the party's own by then.
    """
    evidence.require("chain", "statements")
    root, statements = evidence.receipts("chain"), evidence.receipts("statements")
    if len(statements) != 2:
        raise malformed("/statements", "expected two receipts")
    chain, pair = logged_steps(evidence, root), logged_steps(evidence, statements)
    whole = replayed(evidence, chain)
    said = [said_at(evidence, chain, step) for step in pair]
    numbers = {(seen.party, seen.office, seen.sequence) for seen in said}
    if len(numbers) != 1 or said[0].id == said[1].id:
        raise insufficient("these are not two statements of one party and office under one number")
    for seen, step in zip(said, pair, strict=True):
        if whole.contested(seen.signers, step.logged.index):
            raise insufficient(f"{seen.party} revoked the key as not its own from record {step.logged.index} or before")
    keys = tuple(sorted({keyid for seen in said for keyid in seen.keyids}))
    party, office, sequence = numbers.pop()
    told = f"{party}, office {office}, said two things under number {sequence}: {said[0].id} and {said[1].id}"
    return Verdict("equivocation", f"{told}, by its keys as of {as_of(chain)}", PARTY_KEY, keys)


def key(evidence: Evidence) -> Verdict:
    """A record admitted after the record that revoked its key: the fault of the depositary alone.

    1. The party's chain shows the revocation.  2. The record has a receipt, at a later index.  3. It is truly signed by
    the signer that was revoked. A record before the revocation stands: revoking does not unsay.
    """
    evidence.require("chain", "receipt")
    root, given = evidence.receipts("chain"), evidence.receipt("receipt")
    chain, step = logged_steps(evidence, root), Step(given, evidence.logged(given))
    trust = replayed(evidence, [one for one in chain if one.logged.index < step.logged.index])
    with proven(f"record {step.logged.index}"):
        seen = examine(given.envelope, trust.book, trust.version)
        if seen.fault:
            raise seen.fault
    revoked = [signer for signer in seen.signers if signer in trust.ring.revoked]
    if seen.ledger != evidence.ledger or not revoked:
        raise insufficient(f"no signer of record {step.logged.index} was revoked before it, as the chain shows")
    if trust.signer(revoked[0]).party != seen.party or set(trust.ring.keyids(revoked)) - set(seen.keyids):
        raise insufficient(f"record {step.logged.index} is not signed by the revoked signer {revoked[0]}")
    told = f"record {step.logged.index} was admitted though record {trust.ring.revoked[revoked[0]].record} had revoked"
    keys = tuple(one.vkey for one in evidence.signed_by_log(step.logged.checkpoint))
    return Verdict("key", f"{told} its signer {revoked[0]} of {seen.party}", LOG_KEY, keys)


def logged_steps(evidence: Evidence, receipts: Iterable[Given]) -> list[Step]:
    """The receipts, each verified by the reader's policy. Raises Fault `evidence.insufficient`."""
    return [Step(given, evidence.logged(given)) for given in receipts]


def said_at(evidence: Evidence, chain: Sequence[Step], step: Step) -> Examined:
    """The statement, as said at its record: well made, its office in force, its signers at threshold."""
    trust = replayed(evidence, [one for one in chain if one.logged.index < step.logged.index])
    seen = examine(step.given.envelope, trust.book, trust.version)
    with proven(step.given.where):
        trust.require_said(seen, step.logged.received)
    return seen


def replayed(evidence: Evidence, chain: Sequence[Step]) -> TrustState:
    """The trust state after a chain: the charter, then one party's root statements without a gap, in the log's order."""
    trust, party, index = TrustState(evidence.ledger, evidence.pinned()), "", -1
    for step in chain:
        seen = examine(step.given.envelope, trust.book, trust.version)
        with proven(step.given.where):
            if step.logged.index <= index or (trust.charter is None and step.logged.index):
                raise Fault("evidence.insufficient", "the chain begins with record 0 and follows the order of the log")
            if trust.charter and (seen.office != ROOT or party not in ("", seen.party)):
                raise Fault("evidence.insufficient", "the chain holds root statements of one party alone")
            trust.require_said(seen, step.logged.received)
            if len(trust.statements):
                require_chain(seen, *trust.chain(seen.party, seen.office))
            trust.advance(seen, step.logged.index, step.logged.received)
        party, index = (seen.party if len(trust.statements) > 1 else ""), step.logged.index
    if trust.charter is None:
        raise insufficient("the chain lacks the charter")
    return trust


def as_of(chain: Sequence[Step]) -> str:
    """Up to where a chain shows a party's keys, in words."""
    return f"root statement {len(chain) - 2}, record {chain[-1].logged.index}" if len(chain) > 1 else "the charter"
