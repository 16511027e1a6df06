"""Who may say it: whether a participant, one of its offices and that office's signers may make a statement.

Each step raises the first Fault it finds. Source: docs/FORMAT.md, section "Keys over time", where the steps are numbered.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier import vocabulary
from verifier.charter import Charter
from verifier.errors import Fault
from verifier.examine import INTRODUCES_KEYS, Examined
from verifier.parties import ROOT, KeyRing, Office, Plan, Validity


def require_office(seen: Examined, charter: Charter, offices: Mapping[str, Office]) -> Office | None:
    """Check that the office is in force and may issue this type; return it, or None for the root that an accession sets.

    `offices`: those that the participant has in force. Raises Fault `statement.party`, `.accession`, `.office`, `.role`,
    `.scope`.
    """
    party = charter.parties.get(seen.party)
    if party is None:
        raise Fault("statement.party", f"{seen.party} is not in the registry", where="/party")
    acceding = seen.type == "accession"
    if not offices and not acceding:
        told = f"{seen.party} has not acceded; its first statement is an accession"
        raise Fault("statement.accession", told, where="/type")
    if offices and acceding:
        raise Fault("statement.accession", f"{seen.party} has acceded already", where="/type")
    office = offices.get(seen.office)
    if office is None and not (acceding and seen.office == ROOT):
        raise Fault("statement.office", f"{seen.party} has no office {seen.office!r} in force", where="/office")
    if party.kind not in vocabulary.load(charter.vocabulary).types[seen.type].roles:
        raise Fault("statement.role", f"a {party.kind} may not issue a {seen.type}", where="/type")
    types = office.types if office else charter.matrix[ROOT]
    if seen.type not in types or (seen.type in INTRODUCES_KEYS and seen.office != ROOT):
        told = f"office {seen.office} of {seen.party} may not issue a {seen.type}"
        raise Fault("statement.scope", told, where="/type")
    return office


def require_signers(seen: Examined, office: Office, ring: KeyRing, plan: Plan, received: int | None) -> None:
    """Check that the signers are the office's, in force at `received` (seconds, UTC; None: dates are not asked), and enough.

    A key-change that names a new root is signed by the old root and by the new one, each at its threshold. Raises Fault
    `signer.unknown`, `signer.revoked`, `signer.expired`, `signer.threshold`.
    """
    entering = plan.offices.get(ROOT) if seen.type == "key-change" else None
    for signer in seen.signers:
        validity = office.signers.get(signer)
        if validity is None and entering and signer in entering.signers:
            continue  # the plan has checked that it is not revoked, and a root signer has no dates
        if validity is None:
            told = f"{signer} is no signer of {seen.party}, office {seen.office}"
            raise Fault("signer.unknown", told, where="/signers")
        if signer in ring.revoked:
            told = f"signer {signer} was revoked in record {ring.revoked[signer].record}"
            raise Fault("signer.revoked", told, where="/signers")
        if received is not None and not _within(validity, received):
            told = f"signer {signer} was not in force when the statement was received"
            raise Fault("signer.expired", told, where="/signers")
    _require_threshold(seen, office, "/signers")
    if entering:
        _require_threshold(seen, entering, "/body/root")


def require_signatures(seen: Examined, ring: KeyRing, plan: Plan) -> None:
    """Check that the envelope holds exactly the signatures of the statement's signers, and that their keys were at hand.

    A pair has signed only when both its keys have. Raises Fault `envelope.signatures`, `envelope.unknown-key`.
    """
    known, new = ring.signers, plan.signers
    due = sorted([keyid for s in seen.signers for keyid in (new.get(s) or known[s]).keys])
    if list(seen.keyids) != due:
        raise Fault(
            "envelope.signatures",
            "the envelope does not hold exactly the signatures of the statement's signers",
            where="/signatures",
            evidence={"expected": due, "found": list(seen.keyids)},
        )
    if seen.unverified:
        raise Fault("envelope.unknown-key", f"the keys {list(seen.unverified)} are not known", where="/signatures")


def require_chain(seen: Examined, sequence: int, previous: str | None) -> None:
    """Check that the statement is the next of its office: number `sequence`, after statement `previous`.

    Raises Fault `statement.conflict`, `statement.gap`, `statement.previous`, with both as evidence.
    """
    if (seen.sequence, seen.previous) == (sequence, previous):
        return
    evidence = {"sequence": sequence, "previous": previous}
    name = f"{seen.party}, office {seen.office}"
    if seen.sequence < sequence:
        told = f"{name} has said its statement {seen.sequence} already, with another text"
        raise Fault("statement.conflict", told, where="/sequence", evidence=evidence)
    if seen.sequence > sequence:
        told = f"the next statement of {name} is {sequence}, not {seen.sequence}"
        raise Fault("statement.gap", told, where="/sequence", evidence=evidence)
    told = f"the statement before it of {name} is {previous}"
    raise Fault("statement.previous", told, where="/previous", evidence=evidence)


def _within(validity: Validity, received: int) -> bool:
    """Both ends are included: a signer is in force from the first second named to the last."""
    begun = validity.not_before is None or validity.not_before <= received
    return begun and (validity.not_after is None or received <= validity.not_after)


def _require_threshold(seen: Examined, office: Office, where: str) -> None:
    count = len(office.signers.keys() & set(seen.signers))
    if count < office.threshold:
        told = f"{count} signers of office {seen.office}, {office.threshold} needed"
        raise Fault("signer.threshold", told, where=where)
