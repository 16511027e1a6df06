"""Which keys were in force at a record: the trust state as it was then, from the founding statements up to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from verifier.parties import ROOT, Office, Validity
from verifier.statement import Statement
from verifier.trust import TrustState
from web.explorer.words import _

_founding: WeakKeyDictionary[TrustState, list[list[Any]]] = WeakKeyDictionary()
"""The founding statements of each trust state that pages are being made from, taken out once."""

_INTRODUCES_ITSELF = ("charter", "accession")


@dataclass(frozen=True)
class Standing:
    """The signers of a statement at its record. `validities`: of each, None where it was no signer of the office;
    `counted`: how many count towards `threshold`; `wrong`: why they do not suffice, or None."""

    validities: dict[str, Validity | None]
    counted: int
    threshold: int
    wrong: str | None


def standing(trust: TrustState, said: Statement, index: int, received: int) -> Standing:
    """Judge the signers of the statement in record `index`, `received` then (seconds, UTC), by the keys in force there."""
    then = at(trust, index + 1 if said.type in _INTRODUCES_ITSELF else index)
    office = then.offices(said.party).get(said.office)
    if office is None:
        return Standing(dict.fromkeys(said.signers), 0, 1, _("the office was not in force"))
    leaving = at(trust, index + 1).offices(said.party).get(ROOT) if said.type == "key-change" else None
    validities = {one: _validity(one, office, leaving) for one in said.signers}
    counted = len(office.signers.keys() & set(said.signers))
    return Standing(validities, counted, office.threshold, _wrong(then, office, said, validities, counted, received))


def _validity(signer: str, office: Office, leaving: Office | None) -> Validity | None:
    """A new root signs beside the old one: both are in force for the change itself."""
    found = office.signers.get(signer)
    return found if found is not None or leaving is None else leaving.signers.get(signer)


def _wrong(
    then: TrustState,
    office: Office,
    said: Statement,
    validities: dict[str, Validity | None],
    counted: int,
    received: int,
) -> str | None:
    if said.type not in office.types:
        return _("the office %(office)s might not issue this type", office=said.office)
    for signer, validity in validities.items():
        if validity is None:
            return _("%(signer)s was no signer of the office", signer=signer)
        if signer in then.ring.revoked:
            return _("signer %(signer)s was revoked before", signer=signer)
        begins, ends = validity.not_before, validity.not_after
        if (begins is not None and received < begins) or (ends is not None and received > ends):
            return _("signer %(signer)s was not in force when the statement was received", signer=signer)
    if counted < office.threshold:
        return _("%(have)s signers, %(need)s needed", have=counted, need=office.threshold)
    return None


def at(trust: TrustState, end: int) -> TrustState:
    """The trust state as the founding statements of the records before `end` left it: keys, offices and charter alone."""
    if trust not in _founding:
        _founding[trust] = trust.dump()["founding"]
    founding = [row for row in _founding[trust] if row[0] < end]
    return _replayed(trust.origin, trust.charter_id, orjson.dumps(founding))


@lru_cache(maxsize=64)
def _replayed(origin: str, charter: str | None, founding: bytes) -> TrustState:
    empty = TrustState(origin).dump()
    return TrustState.load({**empty, "charter": charter, "founding": orjson.loads(founding)})
