"""Stories of amendments: what they may change, when they are in force, and what stands against them."""

from __future__ import annotations

from typing import Any

from tests.support.accord import DESK, MINISTRY, OTHER, ROOT, SAID, Accord, adherence, keys, matrix, office, terms, to
from tests.support.people import NotePen, Pen
from tests.support.stories import story
from verifier.formats import note

FORCE = "FORMAT.md, Charter: in force from the record after the adherence that completes the number"
ROOTS, STALE = (
    "DESIGN.md: no amendment touches a party's keys",
    "FORMAT.md, Charter: an amendment that can no longer be",
)
QUILLON = NotePen("quillon.example", note.COSIGNATURE_ED25519)


def refuse(a: Accord, code: str, where: str, **changes: Any) -> None:
    related = to("amends", a.charter_id or "")
    a.refuse(code, where, "XA", "amendment", a.amendment(**changes), relates=related)


def second_witness(a: Accord) -> dict[str, Any]:
    """Changes that add a witness and ask for both."""
    rows = [{"name": pen.name, "keys": [pen.key.vkey]} for pen in (a.witness_pen, QUILLON)]
    lines = (f"witness quillon {QUILLON.key.vkey}", "group both all norhaven quillon", "quorum both")
    return {"witnesses": rows, "policy": a.policy(*lines)}


@story(FORCE)
def an_amendment_comes_into_force(a: Accord) -> None:
    a.found()
    wider = matrix(duty_desk=["declaration", "drill-announcement"])
    rows = {**keys(Pen("XA desk")), "offices": [office(DESK, ["drill-announcement"], Pen("XA desk"))]}

    def authorise() -> None:
        a.refuse("office.types", "/body/offices/0", "XA", "key-change", a.key_change(**rows), office=ROOT)

    authorise()
    text = a.amend(matrix=wider)
    authorise()
    a.adhere("XA", text)
    authorise()
    a.adhere("XB", text)
    a.say("XA", "key-change", a.key_change(**rows), office=ROOT)


@story(FORCE)
def who_counts_as_adherent(a: Accord) -> None:
    a.found("XA", "XB", "VN")
    text = a.amend(parties=[a.entry("XC")])
    a.adhere("XA", text)
    a.adhere("XA", text)
    a.adhere("XB", text, subject_to_approval=True)
    a.refuse("statement.role", "/type", "VN", "adherence", *adherence(text), relates=to("adheres", text))
    a.refuse("statement.party", "/party", "XC", "accession", a.accession_body("XC"), office=ROOT)
    a.adhere("XB", text)
    a.accede("XC")
    a.adhere("XC", text)


@story(FORCE)
def the_terms_say_how_many(a: Accord) -> None:
    a.found(terms=terms(amendment_adherents=1))
    a.adhere("XB", a.amend(terms=terms(amendment_adherents=2)))
    text = a.amend(parties=[a.entry("XC")])
    a.adhere("XB", text)
    a.refuse("statement.party", "/party", "XC", "accession", a.accession_body("XC"), office=ROOT)
    a.adhere("XA", text)
    a.accede("XC")


@story("FORMAT.md, Charter: a change of policy makes a new policy in force at that record")
def the_policy_and_the_log_s_key_change(a: Accord) -> None:
    a.found()
    text = a.amend(**second_witness(a))
    a.adhere("XA", text)
    a.adhere("XB", text)
    assert [first for first, _, _ in a.trust.policies] == [0, a.records]
    a.say("XA")
    second = NotePen(a.log_pen.name, note.ED25519, "second")
    logs = sorted([a.log_pen.key.vkey, second.key.vkey])
    text = a.amend(log_keys=logs, policy=f"log {second.key.vkey}\n{second_witness(a)['policy']}")
    a.adhere("XB", text)
    a.adhere("XA", text)
    assert [first for first, _, _ in a.trust.policies][1:] == [a.trust.policies[1][0], a.records]
    assert {key.vkey for key in a.trust.log_keys} == set(logs)


@story("FORMAT.md, Charter: what makes a charter refused makes an amendment refused")
def an_amendment_that_contradicts_the_charter(a: Accord) -> None:
    a.found()
    refuse(a, "charter.inconsistent", "/body/policy", policy=second_witness(a)["policy"])
    refuse(a, "policy.no-quorum", "policy", policy=a.policy("quorum none"))
    refuse(a, "charter.inconsistent", "/body/matrix", matrix=matrix(root=["accession"]))
    refuse(a, "charter.inconsistent", "/body/parties", parties=[a.entry("XC", root=a.root("XB"))])
    refuse(a, "charter.inconsistent", "/body/parties", parties=[a.entry("XC", "depositary")])
    refuse(a, "vocabulary.unknown", "", vocabulary={"version": "1", "digest": OTHER})
    other = NotePen("other.example", note.ED25519).key.vkey
    policy = a.policy().replace(a.log_pen.key.vkey, other)
    refuse(a, "charter.inconsistent", "/body/changes/log_keys", log_keys=[other], policy=policy)
    a.amend()


@story("FORMAT.md, Keys and signers: no key serves a party and the log or a witness")
def an_amendment_names_a_party_s_key_for_a_witness(a: Accord) -> None:
    same = Pen("quillon")
    a.pens["XA", MINISTRY] = (same,)
    a.found()
    for name, role in (("quillon.example", "witness quillon.example"), ("accord.example/ledger", "the log")):
        kind = note.ED25519 if role == "the log" else note.COSIGNATURE_ED25519
        key = NotePen(name, kind, same.name).key.vkey
        if role == "the log":
            logs = sorted([a.log_pen.key.vkey, key])
            refuse(a, "key.taken", role, log_keys=logs, policy=f"log {key}\n{a.policy()}")
        else:
            refuse(a, "key.taken", role, witnesses=[{"name": name, "keys": [key]}, *a.charter_body()["witnesses"]])


@story("FORMAT.md, Keys and signers: no key serves two roles")
def a_key_changes_its_role(a: Accord) -> None:
    a.found(terms=terms(amendment_adherents=1))
    second = NotePen(a.log_pen.name, note.ED25519, "second")
    both = {"log_keys": [second.key.vkey], "policy": a.policy().replace(a.log_pen.key.vkey, second.key.vkey)}
    a.adhere("XA", a.amend(**both))
    retired = NotePen("quillon.example", note.COSIGNATURE_ED25519, f"{a.log_pen.name} {a.log_pen.algorithm}")
    rows = [*a.charter_body()["witnesses"], {"name": "quillon.example", "keys": [retired.key.vkey]}]
    refuse(a, "key.taken", "witness quillon.example", witnesses=rows)


@story(ROOTS)
def an_amendment_would_change_a_root(a: Accord) -> None:
    a.found()
    new = Pen("XB new root")
    refuse(a, "amendment.root", "/body/changes/parties", parties=[a.entry("XB", root=a.root("XB", new))])
    refuse(a, "amendment.root", "/body/changes/parties", parties=[a.entry("VN", "verifier", root=a.root("VN", new))])
    text = a.amend(parties=[a.entry("XB", names={"en": "Belmark", "fr": "Belmark"})])
    a.adhere("XA", text)
    a.adhere("XB", text)
    assert a.trust.registry["XB"].names["fr"] == "Belmark"
    a.say("XB", "key-change", a.key_change(), office=ROOT)


@story(ROOTS)
def a_root_that_its_party_has_changed(a: Accord) -> None:
    a.found(terms=terms(amendment_adherents=1))
    first, new = a.entry("XB"), Pen("XB new root")
    rows = a.key_change(**{**keys(new), "root": a.root("XB", new)})
    a.say("XB", "key-change", rows, office=ROOT, pens=[*a.signers("XB", ROOT), new])
    refuse(a, "amendment.root", "/body/changes/parties", parties=[first])
    a.adhere("XA", a.amend(parties=[a.entry("XB", root=a.root("XB", new))]))
    a.adhere("XA", a.amend(rules=[]))
    a.refuse("signer.unknown", "/signers", "XB", "key-change", a.key_change(), office=ROOT)
    a.say("XB", "key-change", a.key_change(), office=ROOT, pens=[new])


@story(STALE)
def a_root_changes_while_an_amendment_waits(a: Accord) -> None:
    a.found()
    text = a.amend(parties=[a.entry("XB", names={"en": "Belmark"})])
    a.adhere("XA", text)
    new = Pen("XB new root")
    rows = a.key_change(**{**keys(new), "root": a.root("XB", new)})
    a.say("XB", "key-change", rows, office=ROOT, pens=[*a.signers("XB", ROOT), new])
    a.refuse("amendment.stale", "/body/digest", "XB", "adherence", *adherence(text), relates=to("adheres", text))
    a.say("XB")


@story(STALE)
def another_amendment_comes_first(a: Accord) -> None:
    a.found(terms=terms(amendment_adherents=1))
    second = NotePen(a.log_pen.name, note.ED25519, "second")
    logs = {"log_keys": [second.key.vkey], "policy": a.policy().replace(a.log_pen.key.vkey, second.key.vkey)}
    slower, faster = a.amend(**second_witness(a)), a.amend(**logs)
    a.adhere("XA", faster)
    a.refuse("amendment.stale", "/body/digest", "XB", "adherence", *adherence(slower), relates=to("adheres", slower))
    policy = second_witness(a)["policy"].replace(a.log_pen.key.vkey, second.key.vkey)
    a.adhere("XB", a.amend(**{**second_witness(a), "policy": policy}))
    assert len(a.trust.policies) == 3


@story(STALE)
def a_party_takes_the_witness_s_new_key(a: Accord) -> None:
    a.found()
    text = a.amend(**second_witness(a))
    squatter = Pen("squatter")
    same = NotePen(QUILLON.name, QUILLON.algorithm, squatter.name)
    assert same.key != QUILLON.key
    changes = second_witness(a)
    policy = changes["policy"].replace(QUILLON.key.vkey, same.key.vkey)
    rows = [changes["witnesses"][0], {"name": QUILLON.name, "keys": [same.key.vkey]}]
    other = a.amend(witnesses=rows, policy=policy)
    a.say("XB", "key-change", a.key_change(**keys(squatter)), office=ROOT)
    a.refuse("amendment.stale", "/body/digest", "XA", "adherence", *adherence(other), relates=to("adheres", other))
    a.adhere("XA", text)
    a.adhere("XB", text)


@story("DOMAIN.md: adherence names the text's digest")
def an_adherence_names_another_text(a: Accord) -> None:
    a.found()
    text, other = a.amend(), a.amend(rules=[])
    a.refuse("statement.digest", "/body/digest", "XB", "adherence", *adherence(other), relates=to("adheres", text))
    a.refuse("statement.relation", "/relates", "XB", "adherence", *adherence(text))
    said = a.say("XA")
    a.refuse("statement.relation", "/relates/0", "XB", "adherence", *adherence(said), relates=to("adheres", said))
    a.adhere("XB", text)


@story("FORMAT.md, Charter: an amendment relates to the charter")
def an_amendment_of_something_else(a: Accord) -> None:
    a.found()
    said = a.say("XA")
    a.refuse("statement.relation", "/relates/0", "XA", "amendment", a.amendment(), relates=to("amends", said))
    a.refuse("statement.relation", "/relates", "XA", "amendment", a.amendment())


@story("FORMAT.md, Keys over time: root's types are the matrix's")
def the_matrix_gives_root_another_type(a: Accord) -> None:
    a.found(terms=terms(amendment_adherents=1))
    a.refuse("statement.scope", "/type", "XA", office=ROOT)
    may = ["accession", "adherence", "amendment", "charter", "declaration", "key-change"]
    a.adhere("XA", a.amend(matrix=matrix(root=may, foreign_ministry=SAID)))
    a.say("XA", office=ROOT)
    a.say("XB", office=ROOT)
