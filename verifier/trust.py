"""The state of trust: who may say what, after every record so far. It has no I/O and advances through checked steps alone.

`authorise` decides, `advance` carries out. Audit and admission call both, so the ledger admits what the verifier accepts.
Source: docs/FORMAT.md, sections "Statement", "Charter", "Keys over time"; the shape follows python-tuf's trusted metadata set.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from verifier import charter as charters
from verifier.amending import Amendments, amended, note_keyids
from verifier.charter import Charter, Party, Root
from verifier.drills import ANNOUNCES, Drills
from verifier.errors import Fault
from verifier.examine import FOUNDING, INTRODUCES_KEYS, Examined
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy
from verifier.keys import PublicKey, Signer
from verifier.parties import ROOT, KeyRing, Office, Plan
from verifier.relating import require_opened, require_rehearsed, require_related
from verifier.sealed_rows import SealedRows
from verifier.speaking import require_chain, require_office, require_signatures, require_signers
from verifier.statement_index import Entry, StatementIndex

_NO_CHANGE = Plan("", {})


class TrustState:
    """Everything that decides whether the next statement stands.

    `origin`: the log's name; `charter`: the digest that record 0 must have, or None.
    """

    def __init__(self, origin: str, charter: str | None = None) -> None:
        self.origin = origin
        self.charter_id = charter
        self.charter: Charter | None = None
        self.ring = KeyRing()
        self.statements = StatementIndex()
        self.sealed = SealedRows()
        self.drills = Drills()
        self.amendments = Amendments()
        self.policies: list[tuple[int, Policy, tuple[VerifierKey, ...]]] = []
        """(record from which it holds, policy, log keys), in order."""
        self.charters: list[tuple[int, Charter]] = []
        """(record from which it holds, the charter as amended), in order."""
        self._founding: list[tuple[int, int, Examined]] = []
        self._chains: dict[tuple[str, str], tuple[int, str]] = {}

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

        Raises the first Fault found:
        1. It is well made, for this ledger, and not in the log yet; and the first of all is the charter.
        2. Its participant and office are in force, and may issue this type.
        3. The keys, signers and offices that it brings can be.
        4. Its signers are the office's, in force, as many as needed; the envelope holds exactly their signatures.
        5. It continues its office's chain.
        6. Its addressees and relations exist and fit, and the drill that it is marked with is on.
        7. What it amends, adheres to or discloses can be.
        """
        self.require_said(seen, received)
        if self.charter is None:
            return
        require_chain(seen, *self.chain(seen.party, seen.office))
        require_related(seen, self.charter.parties, self.statements, self.charter.vocabulary)
        require_rehearsed(seen, self.statements, self.drills, received)
        self._require_effect(seen, self.charter)

    def require_said(self, seen: Examined, received: int) -> None:
        """Steps 1 to 4 of `authorise`: whether a participant said this by its keys in force, whatever it said before."""
        self._require_well_made(seen)
        if self.charter is None:
            self._require_charter(seen)
            return
        office = require_office(seen, self.charter, self.offices(seen.party))
        plan = self._plan(seen, self.charter)
        require_signers(seen, office or plan.offices[ROOT], self.ring, plan, received)
        require_signatures(seen, self.ring, plan)

    def advance(self, seen: Examined, index: int, received: int) -> None:
        """Take in an authorised statement as that of record `index`. Call `authorise` with the same arguments first."""
        self._chains[seen.party, seen.office] = (seen.sequence + 1, seen.id)
        self.statements.add(seen.id, Entry(index, seen.type, seen.party, seen.exercise is not None))
        if seen.sealed:
            self.sealed.add(index, seen.office, seen.sequence, seen.sealed)
        if seen.drill:
            target = self.statements.find(seen.relates[0][1]) if seen.drill.act != ANNOUNCES else None
            extension = self._charter().terms.end_extension
            self.drills.take(seen.drill, target.record if target else index, received, extension)
        if self._is_founding(seen):
            self._founding.append((index, received, seen._replace(facts=None)))
            self._found(seen, index)

    # 1. Well made, for this ledger, new; the first is the charter.

    def _require_well_made(self, seen: Examined) -> None:
        if seen.fault:
            raise seen.fault
        if seen.ledger != self.origin:
            told = f"the statement is for ledger {seen.ledger}, this is {self.origin}"
            raise Fault("statement.ledger", told, where="/ledger")
        if self.statements.find(seen.id):
            raise Fault("statement.logged", f"statement {seen.id} is in the log already")
        if seen.type == "charter" and self.charter:
            told = "a ledger has one charter, record 0; change it by an amendment"
            raise Fault("charter.second", told, where="/type")

    def _require_charter(self, seen: Examined) -> None:
        if seen.type != "charter":
            raise Fault("charter.missing", f"the first record is a charter, this is a {seen.type}", where="/type")
        if self.charter_id not in (None, seen.id):
            told = f"the charter is {seen.id}, expected {self.charter_id}"
            raise Fault("charter.other", told, evidence={"charter": seen.id})
        new = charters.read(_body(seen))
        own = new.parties.get(seen.party)
        if own is None or own.kind != "depositary" or (seen.office, seen.sequence) != (ROOT, 0):
            told = "the charter is statement 0 of the depositary's office root"
            raise Fault("charter.inconsistent", told, where="/party")
        if new.origin != self.origin:
            told = f"the log's keys are named {new.origin}; this log is {self.origin}"
            raise Fault("charter.inconsistent", told, where="/body/log_keys")
        ring = _reserved(new)
        plan = ring.plan(seen.party, _body(seen), new.matrix, own.root)
        require_signers(seen, plan.offices[ROOT], ring, plan, None)
        require_signatures(seen, ring, plan)
        require_related(seen, new.parties, self.statements, new.vocabulary)

    # 3. The keys, signers and offices that it brings.

    def _plan(self, seen: Examined, charter: Charter) -> Plan:
        if seen.type == "accession":
            body = _body(seen)
            if body["charter"] != self.charter_id:
                raise Fault("charter.other", f"the accession is to charter {body['charter']}", where="/body/charter")
            return self.ring.plan(seen.party, body, charter.matrix, charter.parties[seen.party].root)
        if seen.type == "key-change":
            body = _body(seen)
            return self.ring.plan(seen.party, body, charter.matrix, _root(body["root"]) if body["root"] else None)
        return _NO_CHANGE

    # 7. What it amends, adheres to or discloses.

    def _require_effect(self, seen: Examined, charter: Charter) -> None:
        if seen.type == "amendment":
            amended(charter, _body(seen)["changes"], self.ring)
        elif seen.type == "adherence":
            digest = _body(seen)["digest"]
            if [target for _, target in seen.relates] != [digest]:
                told = "an adherence names the digest of the one text that it relates to"
                raise Fault("statement.digest", told, where="/body/digest")
            self.amendments.require_current(digest, charter, self.ring)
        elif seen.type == "disclosure":
            require_opened(seen, self.statements, self.sealed, self.version)

    # What founding statements do. None of it can fail after `authorise`.

    def _is_founding(self, seen: Examined) -> bool:
        """Whether it changes the state beyond its chain; an adherence does only where an amendment waits for it."""
        if seen.type == "adherence":
            body = _body(seen)
            return body["digest"] in self.amendments.changes and not body["subject_to_approval"]
        return seen.type in FOUNDING

    def _found(self, seen: Examined, index: int) -> None:
        body = _body(seen)
        if self.charter is None:
            self.charter = charters.read(body)
            self.charter_id = seen.id
            self.ring = _reserved(self.charter)
            root = self.charter.parties[seen.party].root
            self.ring.admit(self.ring.plan(seen.party, body, self.charter.matrix, root), index)
            self.policies.append((0, self.charter.policy, self.charter.log_keys))
            self.charters.append((0, self.charter))
        elif seen.type in INTRODUCES_KEYS:
            self.ring.admit(self._plan(seen, self.charter), index)
        elif seen.type == "amendment":
            self.amendments.propose(seen.id, body["changes"])
        else:
            changed = self.amendments.adhere(body["digest"], seen.party, self.charter, self.ring)
            if changed:
                self._enter_into_force(self.charter, changed, index + 1)

    def _enter_into_force(self, old: Charter, new: Charter, record: int) -> None:
        """From `record` on, the charter is `new`."""
        self.charter = new
        self.charters.append((record, new))
        for role, keyids in note_keyids(new).items():
            self.ring.reserve(keyids, role)
        self.ring.set_root_types(new.matrix[ROOT])
        if (new.policy, new.log_keys) != (old.policy, old.log_keys):
            self.policies.append((record, new.policy, new.log_keys))

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
            "sealed": self.sealed.dump(),
            "drills": self.drills.dump(),
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
        state.sealed = SealedRows.load(value["sealed"])
        state.drills = Drills.load(value["drills"])
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


def _reserved(charter: Charter) -> KeyRing:
    """A ring in which nothing but the keys of the log and of the witnesses is taken."""
    ring = KeyRing()
    for role, keyids in note_keyids(charter).items():
        ring.reserve(keyids, role)
    return ring
