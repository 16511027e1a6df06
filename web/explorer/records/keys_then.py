"""Which keys were in force at a record: the trust state as it was then, from the founding statements up to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from verifier.examine import INTRODUCES_KEYS, Examined, examine
from verifier.formats.envelope import Envelope
from verifier.parties import ROOT, Office, Validity
from verifier.statement import Statement
from verifier.trust import TrustState

_founding: WeakKeyDictionary[TrustState, list[list[Any]]] = WeakKeyDictionary()
"""The founding statements of each trust state that pages are being made from, taken out once."""

_INTRODUCES_ITSELF = ("charter", "accession")


@dataclass(frozen=True)
class Standing:
    """The signers of a statement at its record. `validities`: of each, None where it was no signer of the office;
    `counted`: how many count towards `threshold`."""

    validities: dict[str, Validity | None]
    counted: int
    threshold: int


def standing(trust: TrustState, said: Statement, index: int) -> Standing:
    """The signers of the statement in record `index` among those of its office in force there. It judges nothing."""
    then = at(trust, index + 1 if said.type in _INTRODUCES_ITSELF else index)
    office = then.offices(said.party).get(said.office)
    if office is None:
        return Standing(dict.fromkeys(said.signers), 0, 1)
    leaving = at(trust, index + 1).offices(said.party).get(ROOT) if said.type == "key-change" else None
    validities = {one: _validity(one, office, leaving) for one in said.signers}
    return Standing(validities, len(office.signers.keys() & set(said.signers)), office.threshold)


def require_said(trust: TrustState, envelope: Envelope, index: int, received: int) -> None:
    """Let the verifier judge, by the keys in force at record `index`, whether its participant said this.

    `received`: seconds, UTC. Raises the verifier's Fault where it did not.
    """
    then = at(trust, index)
    then.require_said(examine(envelope, trust.book, then.version), received)


def _validity(signer: str, office: Office, leaving: Office | None) -> Validity | None:
    """A new root signs beside the old one: both are in force for the change itself."""
    found = office.signers.get(signer)
    return found if found is not None or leaving is None else leaving.signers.get(signer)


def introducing(trust: TrustState) -> Iterator[tuple[int, int, Examined]]:
    """(record, when it was received in seconds, statement) of all that made keys or ended them, in the order of the log."""
    for index, received, row in _statements(trust):
        seen = Examined._make(row)
        if seen.type in INTRODUCES_KEYS:
            yield index, received, seen


def _statements(trust: TrustState) -> list[list[Any]]:
    if trust not in _founding:
        _founding[trust] = trust.dump()["founding"]
    return _founding[trust]


def at(trust: TrustState, end: int) -> TrustState:
    """The trust state as the founding statements of the records before `end` left it: keys, offices and charter alone."""
    founding = [row for row in _statements(trust) if row[0] < end]
    return _replayed(trust.origin, trust.charter_id, orjson.dumps(founding))


@lru_cache(maxsize=64)
def _replayed(origin: str, charter: str | None, founding: bytes) -> TrustState:
    empty = TrustState(origin).dump()
    return TrustState.load({**empty, "charter": charter, "founding": orjson.loads(founding)})
