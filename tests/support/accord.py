"""A ledger without tree or checkpoints: participants who sign, and the trust state that judges record after record.

A story is told with it in steps: `say` what must stand, `refuse` what must not. Every step is kept, so that a story is a
test and a vector at once. No key here protects anything.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from tests.support.people import FROM, TO, NotePen, Pen, ring, sealed_by
from verifier import vocabulary
from verifier.errors import Fault
from verifier.examine import Examined, examine
from verifier.formats import canonical, note, times
from verifier.formats.envelope import Envelope
from verifier.sealing import Disclosure, field_name, seal
from verifier.trust import TrustState

ORIGIN = "accord.example/ledger"
START = times.parse_utc("2026-01-01T00:00:00Z")
MINISTRY, DESK, ROOT = "foreign-ministry", "duty-desk", "root"
SAID = ["declaration", "retraction", "correction", "disclosure", "amendment", "adherence", "drill-announcement"]
SAID += ["drill-cancellation", "drill-change", "incident", "incident-assessment", "line-test"]
OTHER = "ab" * 32
NOTHING: dict[str, Any] = {"keys": [], "signers": [], "offices": [], "revoked": [], "root": None, "confirmed": []}
CHANGES = ("parties", "log_keys", "witnesses", "policy", "vocabulary", "matrix", "terms", "rules")


@dataclass(frozen=True)
class Step:
    """One record of a story: its envelope, `received` in seconds, and the verdict: None, or (code, where)."""

    envelope: Envelope
    received: int
    verdict: tuple[str, str] | None


@dataclass
class Accord:
    """The ledger of a story. `pens`: who signs for (party, office) unless a step says otherwise."""

    pinned: str | None = None
    clock: int = START
    steps: list[Step] = field(default_factory=list)
    pens: dict[tuple[str, str], tuple[Pen, ...]] = field(default_factory=dict)
    chains: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    roots: dict[str, int] = field(default_factory=dict)
    charter_id: str | None = None
    trust: TrustState = field(init=False)

    def __post_init__(self) -> None:
        self.trust = TrustState(ORIGIN, self.pinned)
        self.log_pen = NotePen(ORIGIN, note.ED25519)
        self.witness_pen = NotePen("norhaven.example", note.COSIGNATURE_ED25519)

    # Participants.

    def signers(self, party: str, office: str = MINISTRY) -> tuple[Pen, ...]:
        return self.pens.get((party, office)) or (Pen(f"{party} {office}"),)

    def root(self, party: str, *pens: Pen, threshold: int | None = None) -> dict[str, Any]:
        """A root: the party's own, or these pens, all of whom must sign unless `threshold` is given."""
        held = pens or self.signers(party, ROOT)
        needed = threshold or self.roots.get(party) or len(held)
        return {"signers": sorted(pen.id for pen in held), "threshold": needed}

    def entry(self, code: str, kind: str = "state", **members: Any) -> dict[str, Any]:
        """The party's entry of the registry."""
        return {"code": code, "kind": kind, "names": {"en": f"Party {code}"}, "root": self.root(code), **members}

    # Bodies.

    def policy(self, *lines: str) -> str:
        """A policy's text: the log, the witness, and these lines; without any, the witness is the quorum."""
        named = [f"log {self.log_pen.key.vkey}", f"witness norhaven {self.witness_pen.key.vkey}"]
        return "\n".join([*named, *(lines or ("quorum norhaven",)), ""])

    def charter_body(self, **members: Any) -> dict[str, Any]:
        kinds = {"DEP": "depositary", "VN": "verifier", "XA": "state", "XB": "state"}
        notices = {"notices": (["depositary-notice"], [*self.signers("DEP", "notices")])}
        return {
            "parties": [self.entry(code, kind) for code, kind in kinds.items()],
            **ring([*self.signers("DEP", ROOT), *self.signers("DEP", "notices")], notices),
            "log_keys": [self.log_pen.key.vkey],
            "witnesses": [{"name": "norhaven.example", "keys": [self.witness_pen.key.vkey]}],
            "policy": self.policy(),
            "vocabulary": {"version": "1", "digest": vocabulary.load().digest},
            "matrix": matrix(),
            "terms": terms(),
            "rules": [],
            **members,
        }

    def accession_body(self, party: str, **members: Any) -> dict[str, Any]:
        """An accession that brings the root's keys and the ministry's."""
        pens = [*self.signers(party, ROOT), *self.signers(party)]
        offices = {MINISTRY: (SAID, [*self.signers(party)])}
        return {"charter": self.charter_id, "declaration": None, **ring(pens, offices), **members}

    # Statements.

    def value(self, party: str, kind: str, body: dict[str, Any], office: str, **members: Any) -> dict[str, Any]:
        """A statement's object, the next of its office; `members` override any of its members."""
        sequence, previous = self.chains.get((party, office), (0, self.charter_id))
        return {
            "ledger": ORIGIN,
            "party": party,
            "office": office,
            "sequence": sequence,
            "previous": previous,
            "signers": sorted(pen.id for pen in self.signers(party, office)),
            "type": kind,
            "issued": times.format_utc(self.clock),
            "language": "en",
            "title": f"{kind} by {party}",
            "addressees": [],
            "relates": [],
            "exercise": None,
            "body": body,
            "sealed": [],
            "attachments": [],
            **members,
        }

    def draft(
        self,
        party: str,
        kind: str = "declaration",
        body: dict[str, Any] | None = None,
        *,
        office: str = MINISTRY,
        pens: Sequence[Pen] = (),
        **members: Any,
    ) -> Envelope:
        """The envelope of a statement. `pens`: who signs, and is named as signer unless `members` say otherwise."""
        own = {"signers": sorted(pen.id for pen in pens)} if pens else {}
        value = self.value(party, kind, declaration() if body is None else body, office, **{**own, **members})
        return sealed_by(canonical.encode(value), *(pens or self.signers(party, office)))

    def say(self, party: str, kind: str = "declaration", body: dict[str, Any] | None = None, **how: Any) -> str:
        """A statement that must stand. Returns its id."""
        return self.log(self.draft(party, kind, body, **how))

    def refuse(
        self,
        code: str,
        where: str,
        party: str,
        kind: str = "declaration",
        body: dict[str, Any] | None = None,
        **how: Any,
    ) -> Fault:
        """A statement that must be refused with this code, at this place."""
        return self.refused(code, where, self.draft(party, kind, body, **how))

    # Records.

    def log(self, envelope: Envelope) -> str:
        """A record that must stand. Returns its statement's id."""
        seen = self.judge(envelope)
        self.steps.append(Step(envelope, self.clock, None))
        self.trust.advance(seen, len(self.steps) - 1, self.clock)
        self.chains[seen.party, seen.office] = (seen.sequence + 1, seen.id)
        if seen.type == "charter":
            self.charter_id = seen.id
        return seen.id

    def refused(self, code: str, where: str, envelope: Envelope) -> Fault:
        """A record that must be refused with this code, at this place, and change nothing."""
        before = fingerprint(self.trust)
        with pytest.raises(Fault) as caught:
            self.judge(envelope)
        fault = caught.value
        assert (fault.code, fault.where) == (code, where), fault
        assert fault.kind.next
        assert fingerprint(self.trust) == before, f"{code}: refusing it changed something"
        self.steps.append(Step(envelope, self.clock, (code, where)))
        return fault

    def judge(self, envelope: Envelope) -> Examined:
        seen = examine(envelope, self.trust.book, self.trust.version)
        self.trust.authorise(seen, self.clock)
        return seen

    @property
    def records(self) -> int:
        """How many records there are, with those that were refused: the next one's index."""
        return len(self.steps)

    # Founding and its changes.

    def found(self, *states: str, **members: Any) -> Accord:
        """Charter (with `members`) and accessions of these states, XA and XB unless named."""
        self.say("DEP", "charter", self.charter_body(**members), office=ROOT)
        for state in states or ("XA", "XB"):
            self.accede(state)
        return self

    def accede(self, party: str, **members: Any) -> str:
        return self.say(party, "accession", self.accession_body(party, **members), office=ROOT)

    def key_change(self, **members: Any) -> dict[str, Any]:
        return {"action": "rotate", "reason": "Keys change.", **NOTHING, **members}

    def amendment(self, **changes: Any) -> dict[str, Any]:
        return {"summary": "A change.", "changes": {**dict.fromkeys(CHANGES), **changes}}

    def amend(self, **changes: Any) -> str:
        """An amendment by XA to which nobody has adhered yet."""
        related = [{"rel": "amends", "statement": self.charter_id}]
        return self.say("XA", "amendment", self.amendment(**changes), relates=related)

    def adhere(self, party: str, text: str, **members: Any) -> str:
        return self.say(party, "adherence", *adherence(text, **members), relates=to("adheres", text))

    # Sealed fields.

    def seal(self, pointer: str, value: Any, office: str = MINISTRY, party: str = "XA") -> Disclosure:
        """The disclosure for the party's next statement of the office, with a salt that depends on the place."""
        sequence, _ = self.chains.get((party, office), (0, ""))
        name = field_name(party, office, sequence, pointer)
        return seal(name, value, sha256(b"salt " + name.encode()).digest()[:16])


def declaration() -> dict[str, Any]:
    """A short body that stands by itself."""
    return {**vocabulary.load().example("declaration")["body"]}


def adherence(text: str, **members: Any) -> tuple[dict[str, Any]]:
    return ({"digest": text, "reservations": [], "declarations": [], "subject_to_approval": False, **members},)


def to(rel: str, *statements: str) -> list[dict[str, str]]:
    """The member `relates`."""
    return [{"rel": rel, "statement": statement} for statement in sorted(statements)]


def row(pointer: str, digest: str, tlp: str = "TLP:AMBER") -> dict[str, Any]:
    """One entry of the member `sealed`."""
    return {"pointer": pointer, "digest": digest, "tlp": tlp, "opens": None}


def office(
    name: str, types: Sequence[str], *pens: Pen, threshold: int = 1, begins: str = FROM, ends: str = TO
) -> dict[str, Any]:
    """One entry of the member `offices` of a key ring."""
    holders = [{"signer": pen.id, "not_before": begins, "not_after": ends} for pen in pens]
    held = sorted(holders, key=lambda holder: holder["signer"])
    return {"office": name, "types": sorted(types), "threshold": threshold, "signers": held}


def keys(*pens: Pen) -> dict[str, Any]:
    """The members `keys` and `signers` of a key ring."""
    found = ring([*pens], {})
    return {"keys": found["keys"], "signers": found["signers"]}


def matrix(**offices: Sequence[str]) -> list[dict[str, Any]]:
    """The charter's matrix; `offices` override (underscores stand for hyphens)."""
    named: dict[str, Sequence[str]] = {
        DESK: ["declaration", "disclosure", "retraction"],
        MINISTRY: SAID,
        "notices": ["depositary-notice"],
        ROOT: ["accession", "adherence", "amendment", "charter", "key-change"],
        **{name.replace("_", "-"): types for name, types in offices.items()},
    }
    return [{"office": name, "types": sorted(types)} for name, types in sorted(named.items()) if types]


def terms(**members: Any) -> dict[str, Any]:
    """The charter's terms: two states make an amendment."""
    return {
        **{"skew": "PT5M", "longest_silence": "P2D", "withdrawal_notice": "P90D", "correction_window": "P30D"},
        **{"end_extension": "P14D", "acknowledgement_grace": "PT24H", "observations": 2, "amendment_adherents": 2},
        "months": {"1": "P30D", "3": "P90D", "12": "P365D"},
        **members,
    }


def fingerprint(trust: TrustState) -> bytes:
    """Everything that a trust state holds, as bytes: what is kept in a file, and what it makes of it."""
    ring = trust.ring
    held = [ring.book, ring.signers, ring.offices, ring.revoked, ring.holder, trust.charter, trust.policies]
    return repr([trust.dump(), *held, trust.amendments]).encode()


def public(pen: Pen) -> str:
    """The base64 of the SPKI of a pen's first key, as a key ring holds it."""
    return b64encode(pen.public[0].spki).decode()
