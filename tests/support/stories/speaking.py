"""Stories of what an office may say, who signs for it, and how its statements follow one another."""

from __future__ import annotations

from tests.support.accord import DESK, MINISTRY, OTHER, ROOT, SAID, Accord, declaration, keys, matrix, office
from tests.support.people import Pen, ring, sealed_by
from tests.support.stored import StoredPen
from tests.support.stories import story
from verifier.formats import canonical
from verifier.formats.envelope import Envelope

OFFICE, SIGNERS = "FORMAT.md, Keys over time, 2", "FORMAT.md, Keys over time, 3 and 4"
EXACTLY, CHAIN = "FORMAT.md, Envelope: exactly the signatures of the signers", "FORMAT.md, Keys over time, 6"


@story(OFFICE)
def an_office_says_what_it_may_not(a: Accord) -> None:
    a.found()
    a.refuse("statement.office", "/office", "XA", office=DESK)
    a.refuse("statement.scope", "/type", "XA", "key-change", a.key_change())
    a.refuse("statement.scope", "/type", "XA", office=ROOT)
    a.say("XA")


@story("DOMAIN.md: who may speak")
def a_participant_says_what_its_kind_may_not(a: Accord) -> None:
    a.found("XA", "VN")
    a.refuse(
        "statement.role",
        "/type",
        "VN",
        "amendment",
        a.amendment(),
        relates=[{"rel": "amends", "statement": a.charter_id}],
    )
    a.refuse("statement.role", "/type", "DEP", office="notices")


@story("FORMAT.md, Keys over time: a key-change is by office root")
def another_office_than_root_changes_keys(a: Accord) -> None:
    may = [*SAID, "key-change"]
    a.found("XB", matrix=matrix(foreign_ministry=may))
    pens = [*a.signers("XA", ROOT), *a.signers("XA")]
    a.accede("XA", **ring(pens, {MINISTRY: (may, [*a.signers("XA")])}))
    a.refuse("statement.scope", "/type", "XA", "key-change", a.key_change())
    a.refuse("statement.scope", "/type", "XA", "key-change", a.key_change(root=a.root("XA", *a.signers("XA"))))
    a.say("XA", "key-change", a.key_change(), office=ROOT)


@story(SIGNERS)
def signers_of_another_office_or_party(a: Accord) -> None:
    a.found()
    for pens in ([*a.signers("XB")], [*a.signers("XA", ROOT)], [Pen("nobody")], [*a.signers("XA"), *a.signers("XB")]):
        a.refuse("signer.unknown", "/signers", "XA", pens=pens)
    a.say("XA")


@story("FORMAT.md, Keys over time, 4: signers of different offices do not add up")
def thresholds_of_two(a: Accord) -> None:
    one, two, desk = Pen("XA one"), Pen("XA two"), Pen("XA desk")
    a.found("XB")
    offices = {MINISTRY: (SAID, [one, two]), DESK: (["declaration"], [desk])}
    body = ring([*a.signers("XA", ROOT), one, two, desk], offices)
    body["offices"][1]["threshold"] = 2
    a.accede("XA", **body)
    a.refuse("signer.threshold", "/signers", "XA", pens=[one])
    a.refuse("signer.unknown", "/signers", "XA", pens=[one, desk])
    a.refuse("signer.unknown", "/signers", "XA", pens=[one, two, desk])
    a.refuse("signer.threshold", "/signers", "XA", pens=[two])
    a.say("XA", pens=[one, two])
    a.say("XA", office=DESK, pens=[desk])


@story("DESIGN.md: a pair has signed only when both have (AND, never OR)")
def a_pair_of_which_one_key_signs(a: Accord) -> None:
    pair = StoredPen("XA pair")
    a.pens["XA", MINISTRY] = (pair,)
    a.found()
    whole = a.draft("XA")
    for row in whole.signatures:
        a.refused("envelope.signatures", "/signatures", Envelope(whole.payload, (row,)))
    light = pair.public[0].keyid
    a.refuse("signer.unknown", "/signers", "XA", signers=[light])
    a.log(whole)


@story("DESIGN.md: a pair has signed only when both have (AND, never OR)")
def a_pair_of_which_one_signature_is_false(a: Accord) -> None:
    a.pens["XA", MINISTRY] = (StoredPen("XA pair"),)
    a.found()
    whole = a.draft("XA")
    for n, (keyid, signature) in enumerate(whole.signatures):
        rows = [*whole.signatures]
        rows[n] = (keyid, bytes([signature[0] ^ 1]) + signature[1:])
        a.refused("signature.false", f"keyid {keyid}", Envelope(whole.payload, tuple(rows)))
    a.log(whole)


@story(EXACTLY)
def signatures_added_left_out_and_false(a: Accord) -> None:
    a.found()
    (own,), (other,), stranger = a.signers("XA"), a.signers("XB"), Pen("nobody")
    value = a.value("XA", "declaration", declaration(), MINISTRY)
    payload = canonical.encode(value)
    a.refused("envelope.signatures", "/signatures", sealed_by(payload, own, other))
    a.refused("envelope.signatures", "/signatures", sealed_by(payload, own, stranger))
    a.refused("envelope.signatures", "/signatures", sealed_by(payload, other))
    keyid, false = own.public[0].keyid, other.sign(payload)[0][1]
    a.refused("signature.false", f"keyid {keyid}", Envelope(payload, ((keyid, false),)))
    bare = Envelope(payload, ((keyid, own.private[0].sign(payload)),))
    a.refused("signature.false", f"keyid {keyid}", bare)
    both = sorted([own.id, other.id])
    a.refuse("signer.unknown", "/signers", "XA", signers=both, pens=[own, other])
    a.log(sealed_by(payload, own))


@story(CHAIN)
def a_chain_is_continued_in_order(a: Accord) -> None:
    a.found()
    first = a.draft("XA", title="First")
    said = a.log(first)
    a.refused("statement.logged", "", first)
    a.refuse("statement.conflict", "/sequence", "XA", sequence=0, previous=a.charter_id, title="Another first")
    a.refuse("statement.gap", "/sequence", "XA", sequence=2)
    a.refuse("statement.previous", "/previous", "XA", previous=OTHER)
    a.refuse("statement.previous", "/previous", "XA", previous=a.charter_id)
    a.say("XA", previous=said)


@story("DESIGN.md: offices never block one another")
def each_office_has_a_chain_of_its_own(a: Accord) -> None:
    ministry, desk = Pen("XA ministry"), Pen("XA desk")
    a.pens.update({("XA", MINISTRY): (ministry,), ("XA", DESK): (desk,)})
    a.found("XB")
    a.accede(
        "XA",
        **ring(
            [*a.signers("XA", ROOT), ministry, desk], {MINISTRY: (SAID, [ministry]), DESK: (["declaration"], [desk])}
        ),
    )
    said = a.say("XA")
    a.refuse("statement.previous", "/previous", "XA", office=DESK, previous=said)
    a.refuse("statement.gap", "/sequence", "XA", office=DESK, sequence=1, previous=said)
    a.say("XA", office=DESK)
    a.say("XA", office=DESK)
    a.say("XA")


@story(CHAIN)
def a_first_statement_follows_the_charter(a: Accord) -> None:
    a.found("XA")
    a.refuse("statement.previous", "/previous", "XA", previous=OTHER)
    accession = a.chains["XA", ROOT][1]
    a.refuse("statement.previous", "/previous", "XA", previous=accession)
    a.refuse("statement.gap", "/sequence", "XB", "accession", a.accession_body("XB"), office=ROOT, sequence=1)
    a.refuse(
        "statement.previous", "/previous", "XB", "accession", a.accession_body("XB"), office=ROOT, previous=accession
    )
    a.say("XA")


@story("DESIGN.md: a record with a finding changes no key, chain or obligation")
def what_was_refused_is_as_if_absent(a: Accord) -> None:
    a.found()
    a.refuse("statement.addressee", "/addressees", "XA", addressees=["XZ"])
    a.say("XA", addressees=["XB"])
    new = Pen("XA new")
    change = a.key_change(**{**keys(new), "offices": [office(DESK, ["declaration"], new, threshold=2)]})
    a.refuse("office.threshold", "/body/offices/0", "XA", "key-change", change, office=ROOT)
    a.refuse("statement.office", "/office", "XA", office=DESK, pens=[new])
    change["offices"] = [office(DESK, ["declaration"], new)]
    a.say("XA", "key-change", change, office=ROOT)
    a.say("XA", office=DESK, pens=[new])
