"""Keys over time: who may speak for whom, judged by the order of the log and against dates by `received`.

Root keys authorise the signers of offices, with types, threshold and dates; they rotate and revoke them. A key serves
one signer, a signer one office of one party. Source: docs/FORMAT.md, section "Keys over time"; compare TUF, section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verifier import keys as public_keys
from verifier.charter import Root
from verifier.errors import Fault
from verifier.examine import introduced
from verifier.formats import times
from verifier.keys import ED25519, ML_DSA_65, PublicKey, Signer

ROOT = "root"


@dataclass
class Validity:
    """When a signer may sign for its office: seconds since the epoch, both ends included; None: without end."""

    not_before: int | None = None
    not_after: int | None = None


@dataclass
class Office:
    """An office's entry in force: what it may issue, how many of its signers must sign, and which signers it has."""

    types: frozenset[str]
    threshold: int
    signers: dict[str, Validity]


@dataclass
class Revocation:
    """`record`: the record that revoked the signer. `from_record`: since which record the key was not its owner's, or None."""

    record: int
    reason: str
    from_record: int | None


@dataclass
class KeyRing:
    """All keys of all participants, as of one record. It changes through `admit` alone, and `admit` changes all or nothing."""

    book: dict[str, PublicKey] = field(default_factory=dict)
    signers: dict[str, Signer] = field(default_factory=dict)
    offices: dict[str, dict[str, Office]] = field(default_factory=dict)
    revoked: dict[str, Revocation] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    """keyid -> what it serves: a signer's id, or the name of a log key or witness key."""

    def require_free(self, keyids: Iterable[str], role: str) -> None:
        """Check that keys serve nothing yet, or this very role. Raises Fault `key.taken`."""
        for keyid in keyids:
            if self.holder.get(keyid, role) != role:
                raise Fault("key.taken", f"key {keyid} already serves {self.holder[keyid]}", where=role)

    def reserve(self, keyids: Iterable[str], role: str) -> None:
        """Mark keys of the log or of a witness, all or none: they never sign statements. Raises Fault `key.taken`."""
        asked = list(keyids)
        self.require_free(asked, role)
        self.holder.update(dict.fromkeys(asked, role))

    def set_root_types(self, types: frozenset[str]) -> None:
        """Give every root in force the types that the charter's matrix now names for it."""
        for offices in self.offices.values():
            offices[ROOT].types = types

    def plan(
        self, party: str, body: Mapping[str, Any], matrix: Mapping[str, frozenset[str]], root: Root | None
    ) -> Plan:
        """What a founding body would change, checked against the ring, which stays as it is.

        `root`: a new set of root signers, or None. Raises Fault `key.taken`, `key.pair`, `office.…`, `signer.…`.
        """
        plan = Plan(party, introduced(body))
        self._plan_signers(plan, body["signers"])
        self._plan_revocations(plan, body.get("revoked", []))
        if root is not None:
            plan.offices[ROOT] = Office(matrix[ROOT], root.threshold, {signer: Validity() for signer in root.signers})
            self._check_office(plan, ROOT, "/body/root" if "root" in body else "/body/signers")
        for n, row in enumerate(body["offices"]):
            where = f"/body/offices/{n}"
            if row["office"] == ROOT:
                raise Fault("office.root", "the office root is changed by naming new root signers alone", where=where)
            excess = sorted(set(row["types"]) - matrix.get(row["office"], frozenset()))
            if excess:
                raise Fault(
                    "office.types", f"the charter's matrix gives office {row['office']} no {excess}", where=where
                )
            plan.offices[row["office"]] = Office(frozenset(row["types"]), row["threshold"], _validities(row["signers"]))
            self._check_office(plan, row["office"], where)
        self._check_single_office(plan)
        return plan

    def admit(self, plan: Plan, record: int) -> None:
        """Carry a plan out; `record`: the index of the record that holds it."""
        self.book.update(plan.keys)
        self.signers.update(plan.signers)
        for signer in plan.signers.values():
            self.holder.update(dict.fromkeys(signer.keys, signer.id))
        self.offices.setdefault(plan.party, {}).update(plan.offices)
        for signer_id, (reason, from_record) in plan.revoked.items():
            self.revoked[signer_id] = Revocation(record, reason, from_record)

    def keyids(self, signers: Iterable[str]) -> list[str]:
        """The sorted keyids that must sign when these signers do."""
        return sorted(keyid for signer in signers for keyid in self.signers[signer].keys)

    def _plan_signers(self, plan: Plan, rows: list[Mapping[str, Any]]) -> None:
        used: set[str] = set()
        for n, row in enumerate(rows):
            where = f"/body/signers/{n}"
            keyids = tuple(row["keys"])
            kinds = [plan.keys[k].algorithm if k in plan.keys else None for k in keyids]
            if kinds not in ([ED25519], [ED25519, ML_DSA_65]):
                raise Fault("key.pair", "a signer is one new Ed25519 key, or Ed25519 then ML-DSA-65", where=where)
            if row["id"] != public_keys.signer_id(keyids):
                raise Fault("signer.id", f"the id of this signer is {public_keys.signer_id(keyids)}", where=where)
            for keyid in keyids:
                if keyid in used or keyid in self.holder:
                    raise Fault("key.taken", f"key {keyid} already serves another role", where=where)
                used.add(keyid)
            plan.signers[row["id"]] = Signer(row["id"], plan.party, keyids)
        idle = sorted(plan.keys.keys() - used)
        if idle:
            raise Fault("key.idle", f"no signer uses the keys {idle}", where="/body/keys")

    def _plan_revocations(self, plan: Plan, rows: list[Mapping[str, Any]]) -> None:
        for n, row in enumerate(rows):
            owner = self.signers.get(row["signer"])
            if owner is None or owner.party != plan.party or row["signer"] in self.revoked:
                raise Fault(
                    "signer.unknown",
                    f"{row['signer']} is no signer in force of {plan.party}",
                    where=f"/body/revoked/{n}",
                )
            plan.revoked[row["signer"]] = (row["reason"], row["from_record"])

    def _check_office(self, plan: Plan, name: str, where: str) -> None:
        office = plan.offices[name]
        if not 1 <= office.threshold <= len(office.signers):
            raise Fault(
                "office.threshold", f"{office.threshold} of {len(office.signers)} signers cannot be met", where=where
            )
        for signer_id in office.signers:
            signer = plan.signers.get(signer_id) or self.signers.get(signer_id)
            if signer is None or signer.party != plan.party:
                raise Fault("signer.unknown", f"{signer_id} is no signer of {plan.party}", where=where)
            if signer_id in self.revoked or signer_id in plan.revoked:
                raise Fault("signer.revoked", f"signer {signer_id} is revoked and can hold no office", where=where)

    def _check_single_office(self, plan: Plan) -> None:
        after = {**self.offices.get(plan.party, {}), **plan.offices}
        office_of: dict[str, str] = {}
        for name, office in after.items():
            for signer in office.signers:
                if signer in plan.revoked:
                    continue
                if office_of.setdefault(signer, name) != name:
                    raise Fault(
                        "key.taken",
                        f"signer {signer} would serve {office_of[signer]} and {name}: no key serves two roles",
                        where="/body/offices",
                    )


@dataclass
class Plan:
    """Checked changes to the ring that a founding statement would make."""

    party: str
    keys: dict[str, PublicKey]
    signers: dict[str, Signer] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)
    revoked: dict[str, tuple[str, int | None]] = field(default_factory=dict)


def _validities(rows: Iterable[Mapping[str, str]]) -> dict[str, Validity]:
    return {
        row["signer"]: Validity(times.parse_utc(row["not_before"]), times.parse_utc(row["not_after"])) for row in rows
    }
