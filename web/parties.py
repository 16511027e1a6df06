"""What a signing desk asks a ledger before it drafts: a party's offices, their signers, and where each chain ends."""

from __future__ import annotations

from typing import Any

from verifier.errors import Fault
from verifier.formats import times
from verifier.formats.reader import shown
from verifier.parties import Office
from verifier.trust import TrustState


def describe(trust: TrustState, code: str) -> dict[str, Any]:
    """The party `code` as the next record would find it, as a value that canonical JSON can hold.

    Members: `ledger`, `charter` (its digest), `code`, `kind`, `names`, and `offices` in the order of their names, each
    with `office`, `types`, `threshold`, `signers` (`signer`, `keys`, `not_before`, `not_after`, `revoked`), `sequence`
    and `previous` (what the office's next statement must carry). Before its accession a party has no office.
    Raises Fault `http.party`. The trust state may go on while this reads: an office is taken whole or not at all.
    """
    party = trust.registry.get(code)
    if party is None:
        raise Fault("http.party", f"{shown(code)} is not in the registry of this ledger", where="path")
    offices = sorted(dict(trust.offices(code)).items())
    return {
        "ledger": trust.origin,
        "charter": trust.charter_id,
        "code": party.code,
        "kind": party.kind,
        "names": dict(party.names),
        "offices": [_office(trust, code, name, office) for name, office in offices],
    }


def _office(trust: TrustState, code: str, name: str, office: Office) -> dict[str, Any]:
    sequence, previous = trust.chain(code, name)
    return {
        "office": name,
        "types": sorted(office.types),
        "threshold": office.threshold,
        "signers": [
            {
                "signer": signer,
                "keys": list(trust.signer(signer).keys),
                "not_before": _moment(validity.not_before),
                "not_after": _moment(validity.not_after),
                "revoked": signer in trust.ring.revoked,
            }
            for signer, validity in sorted(office.signers.copy().items())
        ],
        "sequence": sequence,
        "previous": previous,
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else times.format_utc(seconds)
