"""Stories of record 0: what a charter must be, and who signs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.accord import MINISTRY, ORIGIN, OTHER, ROOT, Accord, keys, matrix, office
from tests.support.people import NotePen, Pen
from tests.support.stories import story
from verifier.formats import note

CHARTER, START = "FORMAT.md, Charter", "FORMAT.md, Charter: record 0 is the charter"


def refuse(a: Accord, code: str, where: str, **members: Any) -> None:
    a.refuse(code, where, "DEP", "charter", a.charter_body(**members), office=ROOT)


def parties(a: Accord, **members: dict[str, Any]) -> list[dict[str, Any]]:
    """The registry with entries changed or added."""
    rows = {row["code"]: row for row in a.charter_body()["parties"]}
    rows.update({code: {**rows.get(code, {}), **change} for code, change in members.items()})
    return [rows[code] for code in sorted(rows)]


@story(START)
def a_charter_is_signed_and_states_accede(a: Accord) -> None:
    a.found()
    a.say("XA")
    a.say("XB", addressees=["XA"])
    a.say("XA")


@story(START)
def the_first_record_is_no_charter(a: Accord) -> None:
    a.charter_id = OTHER
    a.refuse("charter.missing", "/type", "XA")
    a.refuse("charter.missing", "/type", "XA", "accession", a.accession_body("XA"), office=ROOT)
    a.charter_id = None
    a.found("XA")


@story(START)
def another_charter_than_the_one_named(a: Accord) -> None:
    a.trust.charter_id = a.pinned = OTHER
    a.refuse("charter.other", "", "DEP", "charter", a.charter_body(), office=ROOT)


@story(START)
def a_second_charter(a: Accord) -> None:
    a.found("XA")
    a.refuse(
        "charter.second", "/type", "DEP", "charter", a.charter_body(rules=[]), office=ROOT, sequence=1, previous=None
    )


@story(START)
def a_charter_by_a_state(a: Accord) -> None:
    body = {**a.charter_body(), **keys(*a.signers("XA", ROOT)), "offices": []}
    a.refuse("charter.inconsistent", "/party", "XA", "charter", body, office=ROOT)


@story(START)
def the_depositary_is_not_in_the_registry(a: Accord) -> None:
    body = a.charter_body(parties=[*parties(a)[1:], a.entry("XD", "depositary")])
    a.refuse("charter.inconsistent", "/party", "DEP", "charter", body, office=ROOT)


@story(START)
def a_charter_by_another_office(a: Accord) -> None:
    a.refuse("charter.inconsistent", "/party", "DEP", "charter", a.charter_body(), office="notices")
    a.refuse("charter.inconsistent", "/party", "DEP", "charter", a.charter_body(), office=ROOT, sequence=1)


@story(CHARTER)
def a_registry_that_contradicts_itself(a: Accord) -> None:
    refuse(a, "charter.inconsistent", "/body/parties", parties=parties(a, XB={"kind": "depositary"}))
    refuse(a, "charter.inconsistent", "/body/parties", parties=parties(a, DEP={"kind": "verifier"}))
    refuse(a, "charter.inconsistent", "/body/parties", parties=parties(a, XB={"root": a.root("XA")}))
    too_many = {"signers": a.root("XB")["signers"], "threshold": 2}
    refuse(a, "charter.inconsistent", "/body/parties/3/root", parties=parties(a, XB={"root": too_many}))
    refuse(a, "statement.schema", "/body/parties", parties=parties(a)[::-1])
    a.found("XB")


@story("FORMAT.md, Checkpoints and cosignatures: the log's key name is its origin")
def the_log_s_keys_carry_another_name(a: Accord) -> None:
    other = NotePen("other.example/ledger", note.ED25519)
    policy = a.policy().replace(a.log_pen.key.vkey, other.key.vkey)
    refuse(a, "charter.inconsistent", "/body/log_keys", log_keys=[other.key.vkey], policy=policy)
    both = sorted([other.key.vkey, a.log_pen.key.vkey])
    refuse(a, "charter.inconsistent", "/body/log_keys", log_keys=both, policy=f"log {other.key.vkey}\n{a.policy()}")


@story("FORMAT.md, Checkpoints and cosignatures: the log signs with Ed25519 always")
def the_log_has_no_ed25519_key(a: Accord) -> None:
    heavy = NotePen(ORIGIN, note.COSIGNATURE_MLDSA44)
    policy = a.policy().replace(a.log_pen.key.vkey, heavy.key.vkey)
    refuse(a, "charter.inconsistent", "/body/log_keys", log_keys=[heavy.key.vkey], policy=policy)


@story(CHARTER)
def the_policy_lists_other_log_keys(a: Accord) -> None:
    second = NotePen(ORIGIN, note.ED25519, "second").key.vkey
    refuse(a, "charter.inconsistent", "/body/policy", log_keys=sorted([second, a.log_pen.key.vkey]))
    refuse(a, "charter.inconsistent", "/body/policy", policy=f"log {second}\n{a.policy()}")


@story(CHARTER)
def the_policy_names_an_unknown_witness(a: Accord) -> None:
    stranger = NotePen("stranger.example", note.COSIGNATURE_ED25519)
    named = f"witness stranger {stranger.key.vkey}"
    policy = a.policy(named, "group all all norhaven stranger", "quorum all")
    refuse(a, "charter.inconsistent", "/body/policy", policy=policy)


@story(CHARTER)
def a_witness_is_not_what_the_charter_says(a: Accord) -> None:
    witness = a.witness_pen.key
    plain = NotePen("norhaven.example", note.ED25519, "plain").key.vkey
    key_of_log = replace(a.log_pen, name="norhaven.example", algorithm=note.COSIGNATURE_ED25519, secret_name=_secret(a))
    rows = {
        "another name": [{"name": "other.example", "keys": [witness.vkey]}],
        "named twice": [
            {"name": "norhaven.example", "keys": [witness.vkey]},
            {"name": "norhaven.example", "keys": [plain]},
        ],
        "no cosignature key": [{"name": "norhaven.example", "keys": sorted([plain, witness.vkey])}],
        "a key of the log": [{"name": "norhaven.example", "keys": sorted([key_of_log.key.vkey, witness.vkey])}],
    }
    for witnesses in rows.values():
        refuse(a, "charter.inconsistent", "/body/witnesses", witnesses=witnesses)
    twice = sorted([a.log_pen.key.vkey, NotePen(ORIGIN, note.COSIGNATURE_ED25519, _secret(a)).key.vkey])
    refuse(a, "charter.inconsistent", "/body/log_keys", log_keys=twice)


def _secret(a: Accord) -> str:
    return f"{a.log_pen.name} {a.log_pen.algorithm}"


@story("DESIGN.md: a charter policy two of whose quorums share no witness is refused")
def two_quorums_share_no_witness(a: Accord) -> None:
    second = NotePen("quillon.example", note.COSIGNATURE_ED25519)
    rows = [{"name": pen.name, "keys": [pen.key.vkey]} for pen in (a.witness_pen, second)]
    lines = (f"witness quillon {second.key.vkey}", "group either any norhaven quillon", "quorum either")
    refuse(a, "policy.disjoint-quorums", "policy", witnesses=rows, policy=a.policy(*lines))
    refuse(a, "policy.no-quorum", "policy", policy=a.policy("quorum none"))
    a.found("XA", witnesses=rows, policy=a.policy(lines[0], "group both all norhaven quillon", "quorum both"))


@story(CHARTER)
def the_matrix_lacks_what_root_needs(a: Accord) -> None:
    refuse(a, "charter.inconsistent", "/body/matrix", matrix=matrix(root=()))
    refuse(a, "charter.inconsistent", "/body/matrix", matrix=matrix(root=["accession"]))
    refuse(a, "office.types", "/body/offices/0", matrix=matrix(notices=["declaration"]))


@story(CHARTER)
def an_unknown_vocabulary(a: Accord) -> None:
    digest = a.charter_body()["vocabulary"]["digest"]
    refuse(a, "vocabulary.unknown", "", vocabulary={"version": "1", "digest": OTHER})
    refuse(a, "vocabulary.unknown", "", vocabulary={"version": "7", "digest": digest})


@story("FORMAT.md, Charter: rules hold together")
def a_rule_that_names_a_rule_below_it(a: Accord) -> None:
    late = {
        "id": "late",
        "kind": "deadline",
        "on": {"overdue": "first"},
        "by": "debtor",
        "anchor": "due",
        "within": "PT48H",
    }
    rule = {**late, "expect": {"type": "review", "rel": "concerns"}}
    refuse(a, "rule.order", "/body/rules/0/on/overdue", rules=[rule])


@story("FORMAT.md, Keys and signers: no key serves a party and the log or a witness")
def the_depositary_signs_with_the_key_of_the_log(a: Accord) -> None:
    same = Pen("log")
    for role in ("log_pen", "witness_pen"):
        pen = getattr(a, role)
        b = Accord()
        setattr(b, role, NotePen(pen.name, pen.algorithm, same.name))
        b.pens["DEP", ROOT] = (same,)
        envelope = b.draft("DEP", "charter", b.charter_body(), office=ROOT)
        where = [n for n, row in enumerate(b.charter_body()["signers"]) if row["id"] == same.id]
        a.refused("key.taken", f"/body/signers/{where[0]}", envelope)


@story("FORMAT.md, Keys over time, 3 to 5")
def a_charter_without_the_root_s_signatures(a: Accord) -> None:
    a.pens["DEP", ROOT] = (Pen("DEP root"), Pen("DEP second"))
    one, two = a.signers("DEP", ROOT)
    body = a.charter_body()
    a.refuse("signer.threshold", "/signers", "DEP", "charter", body, office=ROOT, pens=[one])
    a.refuse("signer.unknown", "/signers", "DEP", "charter", body, office=ROOT, pens=[one, Pen("DEP notices")])
    both = sorted([one.id, two.id])
    a.refuse("envelope.signatures", "/signatures", "DEP", "charter", body, office=ROOT, pens=[one], signers=both)
    a.say("DEP", "charter", body, office=ROOT)
    a.accede("XA")


@story("FORMAT.md, Statement: a statement stands on its ledger alone")
def a_statement_for_another_ledger(a: Accord) -> None:
    a.refuse("statement.ledger", "/ledger", "DEP", "charter", a.charter_body(), office=ROOT, ledger="other.example")
    a.found("XA")
    a.refuse("statement.ledger", "/ledger", "XA", ledger="other.example/ledger")


@story("FORMAT.md, Relations")
def a_charter_addressed_to_strangers(a: Accord) -> None:
    body = a.charter_body()
    a.refuse("statement.addressee", "/addressees", "DEP", "charter", body, office=ROOT, addressees=["XZ"])
    a.say("DEP", "charter", body, office=ROOT, addressees=["XA", "XB"])


@story("FORMAT.md, Keys over time: a key ring")
def a_charter_whose_offices_cannot_be(a: Accord) -> None:
    notices = Pen("DEP notices")
    strange = [office("notices", ["depositary-notice"], Pen("nobody"))]
    refuse(a, "signer.unknown", "/body/offices/0", offices=strange)
    refuse(a, "office.root", "/body/offices/0", offices=[office(ROOT, ["charter"], *a.signers("DEP", ROOT))])
    refuse(
        a,
        "office.threshold",
        "/body/offices/0",
        offices=[office("notices", ["depositary-notice"], notices, threshold=2)],
    )
    refuse(a, "office.types", "/body/offices/0", offices=[office(MINISTRY, ["depositary-notice"], notices)])
