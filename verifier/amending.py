"""Amendments: proposed, adhered to, in force from the record after the adherence that completes the number of states.

Whether an amendment can be is asked twice: when it is proposed, and again at each adherence, because another amendment
or a change of keys may have come between. Source: docs/FORMAT.md, section "Charter".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verifier.charter import Charter, Root
from verifier.errors import Fault
from verifier.keys import ED25519, PublicKey
from verifier.parties import ROOT, KeyRing


@dataclass
class Amendments:
    """Those that are not in force yet: statement id -> changes, and statement id -> the states that adhered."""

    changes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    adherents: dict[str, set[str]] = field(default_factory=dict)

    def propose(self, statement: str, changes: Mapping[str, Any]) -> None:
        """Take in an amendment that `amended` has checked."""
        self.changes[statement] = changes
        self.adherents[statement] = set()

    def require_current(self, statement: str, charter: Charter, ring: KeyRing) -> None:
        """Check that an amendment can still come into force; others are no matter. Raises Fault `amendment.stale`."""
        if statement not in self.changes:
            return
        try:
            amended(charter, self.changes[statement], ring)
        except Fault as fault:
            told = f"the charter or the keys have changed since this amendment was proposed: {fault}"
            raise Fault("amendment.stale", told, where="/body/digest", evidence={"code": fault.code}) from fault

    def adhere(self, statement: str, party: str, charter: Charter, ring: KeyRing) -> Charter | None:
        """Count a participant's adherence; return the amended charter if it is the deciding one, which ends the amendment."""
        if charter.parties[party].kind == "state":
            self.adherents[statement].add(party)
        if len(self.adherents[statement]) < charter.terms.amendment_adherents:
            return None
        del self.adherents[statement]
        return amended(charter, self.changes.pop(statement), ring)


def amended(charter: Charter, changes: Mapping[str, Any], ring: KeyRing) -> Charter:
    """The charter with `changes` in force. Raises Fault `charter.…`, `policy.…`, …, and:

    1. `charter.inconsistent`: the log's name would change.  2. `key.taken`: a new key of the log or of a witness serves
    another role.  3. `amendment.root`: a participant's root would change, which only its own root keys can do.
    """
    new = charter.amended(changes)
    if new.origin != charter.origin:
        told = f"the log's keys are named {new.origin}; this log is {charter.origin}"
        raise Fault("charter.inconsistent", told, where="/body/changes/log_keys")
    for role, keyids in note_keyids(new).items():
        ring.require_free(keyids, role)
    for code in (row["code"] for row in changes["parties"] or ()):
        if code in charter.parties and new.parties[code].root != _root_in_force(code, charter, ring):
            told = f"an amendment does not touch the root keys of {code}; {code} changes them itself"
            raise Fault("amendment.root", told, where="/body/changes/parties")
    return new


def note_keyids(charter: Charter) -> dict[str, list[str]]:
    """Role -> SPKI keyids of the Ed25519 keys of the log and of each witness: they may not sign statements."""
    roles = {"the log": charter.log_keys, **{f"witness {name}": keys for name, keys in charter.witnesses.items()}}
    return {
        role: [PublicKey(ED25519, key.public_key).keyid for key in keys if len(key.public_key) == 32]
        for role, keys in roles.items()
    }


def _root_in_force(code: str, charter: Charter, ring: KeyRing) -> Root:
    """The root that the participant itself last set, or the one that the registry named."""
    office = ring.offices.get(code, {}).get(ROOT)
    return Root(tuple(sorted(office.signers)), office.threshold) if office else charter.parties[code].root
