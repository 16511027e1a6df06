"""The state of trust: who may say what, after every record so far. It has no I/O and advances through checked steps alone.

`authorise` decides, `advance` carries out. Audit and admission call both, so the ledger admits what the verifier accepts.
Source: docs/FORMAT.md, sections "Statement", "Charter", "Keys over time"; the shape follows python-tuf's trusted metadata set.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from verifier import charter as charters
from verifier import vocabulary
from verifier.charter import Charter, Party, Root
from verifier.errors import Fault
from verifier.examine import FOUNDING, Examined
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy
from verifier.keys import ED25519, PublicKey, Signer
from verifier.parties import ROOT, KeyRing, Office, Plan
from verifier.statement_index import Entry, StatementIndex

_NO_CHANGE = Plan("", {})
EXERCISE_FAMILIES = frozenset({"incidents", "channels", "mediation"})


class TrustState:
    """Everything that decides whether the next statement stands. `origin`: the log's; `charter`: the digest that must be record 0's."""

    def __init__(self, origin: str, charter: str | None = None) -> None:
        self.origin = origin
        self.charter_id = charter
        self.charter: Charter | None = None
        self.ring = KeyRing()
        self.statements = StatementIndex()
        self.policies: list[tuple[int, Policy, tuple[VerifierKey, ...]]] = []
        """(record from which it holds, policy, log keys), in order."""
        self._founding: list[tuple[int, int, Examined]] = []
        self._chains: dict[tuple[str, str], tuple[int, str]] = {}
        self._amendments: dict[str, tuple[Mapping[str, Any], set[str]]] = {}

    # What may be asked.

    @property
    def book(self) -> Mapping[str, PublicKey]:
        """Every key known so far, by keyid."""
        return self.ring.book

    @property
    def registry(self) -> Mapping[str, Party]:
        """The participants by code; empty before the charter."""
        return self.charter.parties if self.charter else MappingProxyType({})

    @property
    def version(self) -> str:
        """The vocabulary version in force for the next record."""
        return self.charter.vocabulary if self.charter else "1"

    @property
    def policy(self) -> Policy:
        """The charter's policy in force for the next record. Raises Fault `charter.missing` before the charter."""
        return self._charter().policy

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """The log's keys in force for the next record. Raises Fault `charter.missing` before the charter."""
        return self._charter().log_keys

    def chain(self, party: str, office: str) -> tuple[int, str | None]:
        """The next sequence number of an office and the id that its next statement names as `previous`."""
        return self._chains.get((party, office), (0, self.charter_id if self.charter else None))

    def offices(self, party: str) -> Mapping[str, Office]:
        """The offices of a participant in force, by name; empty before its accession."""
        return self.ring.offices.get(party, {})

    def signer(self, signer_id: str) -> Signer:
        """A signer by id (KeyError if unknown)."""
        return self.ring.signers[signer_id]

    def contested(self, signers: tuple[str, ...], record: int) -> bool:
        """Whether a signer was revoked as not its owner's from this record, or an earlier one, on."""
        marks = [self.ring.revoked[signer].from_record for signer in signers if signer in self.ring.revoked]
        return any(mark is not None and mark <= record for mark in marks)

    # What decides.

    def authorise(self, seen: Examined, received: int) -> None:
        """Decide whether a statement received at `received` (seconds, UTC) may be the next record's. Changes nothing.

        Raises the first Fault found:  1. it is well made, and for this ledger;  2. its office is in force, for this type;
        3. its signers are the office's, in force, as many as needed, and the envelope holds exactly their signatures;
        4. it continues its office's chain;  5. its addressees and relations exist and fit;  6. what it changes can be.
        """
        self._require_well_made(seen)
        if self.charter is None:
            self._require_charter(seen)
            return
        plan = self._plan(seen)
        self._require_office(seen, received, plan)
        self._require_signatures(seen, plan)
        self._require_chain(seen)
        self._require_relations(seen)

    def advance(self, seen: Examined, index: int, received: int) -> None:
        """Take in an authorised statement as that of record `index`. Call `authorise` with the same arguments first."""
        self._chains[seen.party, seen.office] = (seen.sequence + 1, seen.id)
        self.statements.add(seen.id, Entry(index, seen.type, seen.party, seen.exercise is not None))
        if seen.type in FOUNDING:
            self._founding.append((index, received, seen))
            self._found(seen, index)

    # 1. Well made, and for this ledger.

    def _require_well_made(self, seen: Examined) -> None:
        if seen.fault:
            raise seen.fault
        if seen.ledger != self.origin:
            raise Fault(
                "statement.ledger", f"the statement is for ledger {seen.ledger}, this is {self.origin}", where="/ledger"
            )
        if self.statements.find(seen.id):
            raise Fault("statement.logged", f"statement {seen.id} is in the log already")

    def _require_charter(self, seen: Examined) -> None:
        if seen.type != "charter":
            raise Fault("charter.missing", f"the first record is a charter, this is a {seen.type}", where="/type")
        if self.charter_id not in (None, seen.id):
            raise Fault(
                "charter.other", f"the charter is {seen.id}, expected {self.charter_id}", evidence={"charter": seen.id}
            )
        body = _body(seen)
        new = charters.read(body)
        own = new.parties.get(seen.party)
        if own is None or own.kind != "depositary" or (seen.office, seen.sequence) != (ROOT, 0):
            raise Fault(
                "charter.inconsistent", "the charter is statement 0 of the depositary's office root", where="/party"
            )
        plan = self._charter_plan(new, seen.party, body)
        self._require_signers(seen, plan.offices[ROOT], plan, None)
        self._require_signatures(seen, plan)

    # 2. The office is in force and may issue this type.

    def _require_office(self, seen: Examined, received: int, plan: Plan) -> None:
        party = self.registry.get(seen.party)
        if party is None:
            raise Fault("statement.party", f"{seen.party} is not in the registry", where="/party")
        if not self.offices(seen.party) and seen.type != "accession":
            raise Fault(
                "statement.accession",
                f"{seen.party} has not acceded; its first statement is an accession",
                where="/type",
            )
        office = self.offices(seen.party).get(seen.office)
        if office is None and seen.type == "accession" and seen.office == ROOT:
            office = plan.offices[ROOT]
        if office is None:
            raise Fault("statement.office", f"{seen.party} has no office {seen.office!r} in force", where="/office")
        roles = vocabulary.load(self.version).types[seen.type].roles
        if party.kind not in roles:
            raise Fault("statement.role", f"a {party.kind} may not issue a {seen.type}", where="/type")
        if seen.type not in office.types:
            raise Fault(
                "statement.scope", f"office {seen.office} of {seen.party} may not issue a {seen.type}", where="/type"
            )
        self._require_signers(seen, office, plan, received)

    # 3. The signers are the office's, in force, enough of them; the envelope holds exactly their signatures.

    def _require_signers(self, seen: Examined, office: Office, plan: Plan, received: int | None) -> None:
        leaving = plan.offices.get(ROOT) if seen.type == "key-change" else None
        for signer in seen.signers:
            validity = office.signers.get(signer)
            if validity is None and leaving and signer in leaving.signers:
                continue  # a new root signs beside the old one
            if validity is None:
                raise Fault(
                    "signer.unknown", f"{signer} is no signer of {seen.party}, office {seen.office}", where="/signers"
                )
            if signer in self.ring.revoked:
                raise Fault(
                    "signer.revoked",
                    f"signer {signer} was revoked in record {self.ring.revoked[signer].record}",
                    where="/signers",
                )
            early = received is not None and validity.not_before is not None and received < validity.not_before
            late = received is not None and validity.not_after is not None and received > validity.not_after
            if early or late:
                raise Fault(
                    "signer.expired",
                    f"signer {signer} was not in force when the statement was received",
                    where="/signers",
                )
        self._require_threshold(seen, office, "/signers")
        if leaving:
            self._require_threshold(seen, leaving, "/body/root")

    def _require_threshold(self, seen: Examined, office: Office, where: str) -> None:
        count = len(office.signers.keys() & set(seen.signers))
        if count < office.threshold:
            raise Fault(
                "signer.threshold", f"{count} signers of office {seen.office}, {office.threshold} needed", where=where
            )

    def _require_signatures(self, seen: Examined, plan: Plan) -> None:
        known, new = self.ring.signers, plan.signers
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

    # 4. It continues its office's chain.

    def _require_chain(self, seen: Examined) -> None:
        sequence, previous = self.chain(seen.party, seen.office)
        evidence = {"sequence": sequence, "previous": previous}
        name = f"{seen.party}, office {seen.office}"
        if seen.sequence < sequence:
            raise Fault(
                "statement.conflict",
                f"{name} has said its statement {seen.sequence} already, with another text",
                where="/sequence",
                evidence=evidence,
            )
        if seen.sequence > sequence:
            raise Fault(
                "statement.gap",
                f"the next statement of {name} is {sequence}, not {seen.sequence}",
                where="/sequence",
                evidence=evidence,
            )
        if seen.previous != previous:
            raise Fault(
                "statement.previous",
                f"the statement before it of {name} is {previous}",
                where="/previous",
                evidence=evidence,
            )

    # 5. Addressees and relations exist and fit.

    def _require_relations(self, seen: Examined) -> None:
        if not (seen.addressees or seen.relates or seen.exercise):
            return
        unknown = [code for code in seen.addressees if code not in self.registry]
        if unknown:
            raise Fault("statement.addressee", f"not in the registry: {', '.join(unknown)}", where="/addressees")
        kind = vocabulary.load(self.version).types[seen.type]
        for n, (rel, target) in enumerate(seen.relates):
            self._require_relation(seen, kind, rel, target, f"/relates/{n}")
        if seen.exercise is not None:
            self._require_exercise(seen, kind.family)

    def _require_relation(self, seen: Examined, kind: vocabulary.Type, rel: str, target: str, where: str) -> None:
        entry = self.statements.find(target)
        if entry is None:
            raise Fault("statement.relation", f"no earlier record holds statement {target}", where=where)
        wanted = next(r for r in kind.relations if r.rel == rel)
        if not wanted.admits(entry.type):
            raise Fault(
                "statement.relation", f"a {seen.type} cannot stand in relation {rel!r} to a {entry.type}", where=where
            )
        if wanted.own and entry.party != seen.party:
            raise Fault(
                "statement.relation",
                f"{rel!r} needs a statement of {seen.party}'s own, that one is {entry.party}'s",
                where=where,
            )
        if target != seen.exercise and entry.marked != (seen.exercise is not None):
            raise Fault(
                "statement.exercise",
                "exercise and reality never relate to one another, save to the drill itself",
                where=where,
            )

    def _require_exercise(self, seen: Examined, family: str) -> None:
        drill = self.statements.find(seen.exercise or "")
        if family not in EXERCISE_FAMILIES or drill is None or drill.type != "drill-announcement" or drill.marked:
            raise Fault(
                "statement.exercise",
                "exercise names an earlier, unmarked drill announcement, and only incident, channel and mediation statements carry it",
                where="/exercise",
            )

    # 6. What it changes can be.

    def _plan(self, seen: Examined) -> Plan:
        body, charter = seen.body, self._charter()
        if seen.type == "charter":
            raise Fault(
                "charter.second", "a ledger has one charter, record 0; change it by an amendment", where="/type"
            )
        if seen.type == "accession":
            return self._accession_plan(seen, charter)
        if seen.type == "key-change":
            root = _body(seen)["root"]
            return self.ring.plan(seen.party, _body(seen), charter.matrix, _root(root) if root else None)
        if seen.type == "amendment" and body:
            self._require_amendment(body["changes"], charter)
        if seen.type == "adherence" and body and [target for _, target in seen.relates] != [body["digest"]]:
            raise Fault(
                "statement.digest",
                "an adherence names the digest of the one text that it relates to",
                where="/body/digest",
            )
        return _NO_CHANGE

    def _accession_plan(self, seen: Examined, charter: Charter) -> Plan:
        body, party = _body(seen), charter.parties.get(seen.party)
        if party is None:
            raise Fault("statement.party", f"{seen.party} is not in the registry", where="/party")
        if self.offices(seen.party):
            raise Fault("statement.accession", f"{seen.party} has acceded already", where="/type")
        if body["charter"] != self.charter_id:
            raise Fault("charter.other", f"the accession is to charter {body['charter']}", where="/body/charter")
        return self.ring.plan(seen.party, body, charter.matrix, party.root)

    def _charter_plan(self, charter: Charter, depositary: str, body: Mapping[str, Any]) -> Plan:
        ring = KeyRing()
        ring.reserve(_note_keyids(charter), "the log or a witness")
        return ring.plan(depositary, body, charter.matrix, charter.parties[depositary].root)

    def _require_amendment(self, changes: Mapping[str, Any], charter: Charter) -> None:
        charter.amended(changes)
        for code, party in charters.read_parties(changes["parties"] or []).items():
            if code in self.registry and party.root != self._root_in_force(code):
                raise Fault(
                    "amendment.root",
                    f"an amendment does not touch the root keys of {code}; {code} changes them itself",
                    where="/body/changes/parties",
                )

    def _root_in_force(self, code: str) -> Root:
        """The root that the participant itself last set, or the one that the registry named."""
        office = self.offices(code).get(ROOT)
        return Root(tuple(sorted(office.signers)), office.threshold) if office else self.registry[code].root

    # What founding statements do.

    def _found(self, seen: Examined, index: int) -> None:
        body = _body(seen)
        if seen.type == "charter":
            self.charter = charters.read(body)
            self.charter_id = seen.id
            self.ring.reserve(_note_keyids(self.charter), "the log or a witness")
            self.ring.admit(self._charter_plan(self.charter, seen.party, body), index)
            self.policies.append((0, self.charter.policy, self.charter.log_keys))
        elif seen.type in ("accession", "key-change"):
            self.ring.admit(self._plan(seen), index)
        elif seen.type == "amendment":
            self._amendments[seen.id] = (body["changes"], set())
        elif seen.type == "adherence" and body["digest"] in self._amendments and not body["subject_to_approval"]:
            self._adhere(seen.party, body["digest"], index)

    def _adhere(self, party: str, amendment: str, index: int) -> None:
        """Entry into force of an amendment: from the record after the adherence that completes the number."""
        charter = self._charter()
        changes, adherents = self._amendments[amendment]
        if charter.parties[party].kind == "state":
            adherents.add(party)
        if len(adherents) < charter.terms.amendment_adherents:
            return
        del self._amendments[amendment]
        self.charter = charter.amended(changes)
        self.ring.reserve(_note_keyids(self.charter), "the log or a witness")
        if (self.charter.policy, self.charter.log_keys) != (charter.policy, charter.log_keys):
            self.policies.append((index + 1, self.charter.policy, self.charter.log_keys))

    def _charter(self) -> Charter:
        if self.charter is None:
            raise Fault("charter.missing", "the log holds no charter yet")
        return self.charter

    # What is kept between two audits.

    def dump(self) -> dict[str, Any]:
        """The state as JSON-serialisable members. The founding statements are kept and replayed, so nothing else can drift."""
        return {
            "origin": self.origin,
            "charter": self.charter_id,
            "founding": [[index, received, list(seen)] for index, received, seen in self._founding],
            "chains": sorted([party, office, *link] for (party, office), link in self._chains.items()),
            "statements": self.statements.dump(),
        }

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> TrustState:
        """The state that `dump` wrote."""
        state = cls(value["origin"], value["charter"])
        for index, received, row in value["founding"]:
            seen = _examined(row)
            state._founding.append((index, received, seen))
            state._found(seen, index)
        state._chains = {(party, office): (sequence, last) for party, office, sequence, last in value["chains"]}
        state.statements = StatementIndex.load(value["statements"])
        return state


def _examined(row: list[Any]) -> Examined:
    """An Examined that went through JSON: its tuples came back as lists."""
    return Examined._make(
        [tuple(tuple(i) if isinstance(i, list) else i for i in m) if isinstance(m, list) else m for m in row]
    )


def _body(seen: Examined) -> Mapping[str, Any]:
    if seen.body is None:
        raise Fault("statement.schema", f"the body of a {seen.type} is missing", where="/body")
    return seen.body


def _root(row: Mapping[str, Any]) -> Root:
    return Root(tuple(row["signers"]), row["threshold"])


def _note_keyids(charter: Charter) -> list[str]:
    """The SPKI keyids of the log's and the witnesses' Ed25519 keys: they may not sign statements."""
    keys = [*charter.log_keys, *(key for keys in charter.witnesses.values() for key in keys)]
    return [PublicKey(ED25519, key.public_key).keyid for key in keys if len(key.public_key) == 32]
