"""Stories of sealed fields: what is committed to, what opens it, and what does not."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from tests.support.accord import DESK, MINISTRY, ROOT, SAID, Accord, row, to
from tests.support.people import Pen, ring
from tests.support.stories import story
from verifier import vocabulary
from verifier.sealing import digest_of, field_name, seal, seal_decoy

SEALED = "FORMAT.md, Sealed fields"
ANNOUNCED = "drill-announcement"


def drill(**members: Any) -> dict[str, Any]:
    return {**vocabulary.load().example(ANNOUNCED)["body"], "observers": [], **members}


def announce(a: Accord, *sealed: dict[str, Any], **nulls: Any) -> str:
    rows = sorted(sealed, key=lambda one: one["pointer"])
    return a.say("XA", ANNOUNCED, drill(**nulls), sealed=rows)


def opening(**disclosures: str) -> dict[str, Any]:
    """The body that opens members of the body (double underscores stand for a slash)."""
    rows = [{"pointer": f"/body/{name.replace('__', '/')}", "disclosure": text} for name, text in disclosures.items()]
    return {"disclosures": sorted(rows, key=lambda one: one["pointer"]), "remark": None}


def refuse(a: Accord, code: str, where: str, target: str, body: dict[str, Any], party: str = "XA") -> None:
    a.refuse(code, where, party, "disclosure", body, relates=to("discloses", target))


@story(SEALED)
def what_was_sealed_is_opened(a: Accord) -> None:
    a.found()
    purpose, place = a.seal("/body/purpose", "To keep ports open."), a.seal("/body/place", None)
    target = announce(
        a, row("/body/purpose", purpose.digest), row("/body/place", place.digest), purpose=None, place=None
    )
    a.say("XB")
    related = to("discloses", target)
    a.say("XA", "disclosure", opening(purpose=purpose.text), relates=related)
    a.say("XA", "disclosure", opening(place=place.text), relates=related)
    a.say("XA", "disclosure", opening(purpose=purpose.text, place=place.text), relates=related)


@story(SEALED)
def another_office_opens_it(a: Accord) -> None:
    desk, ministry = Pen("XA desk"), a.signers("XA")[0]
    a.found("XB")
    a.accede(
        "XA",
        **ring(
            [*a.signers("XA", ROOT), ministry, desk], {MINISTRY: (SAID, [ministry]), DESK: (["disclosure"], [desk])}
        ),
    )
    purpose = a.seal("/body/purpose", "To keep ports open.")
    target = announce(a, row("/body/purpose", purpose.digest), purpose=None)
    related = to("discloses", target)
    a.say("XA", "disclosure", opening(purpose=purpose.text), office=DESK, pens=[desk], relates=related)


@story(SEALED)
def a_disclosure_that_matches_nothing(a: Accord) -> None:
    a.found()
    purpose = a.seal("/body/purpose", "To keep ports open.")
    target = announce(a, row("/body/purpose", purpose.digest), purpose=None)
    said = a.say("XA")
    other = seal(purpose.name or "", "To close ports.", purpose.salt)
    here = "/body/disclosures/0/disclosure"
    refuse(a, "disclosure.mismatch", here, target, opening(purpose=other.text))
    refuse(a, "disclosure.mismatch", "/body/disclosures/0/pointer", target, opening(place=purpose.text))
    refuse(a, "disclosure.mismatch", "/body/disclosures/0/pointer", said, opening(purpose=purpose.text))
    both = opening(place=other.text, purpose=purpose.text)
    refuse(a, "disclosure.mismatch", "/body/disclosures/0/pointer", target, both)
    refuse(a, "disclosure.mismatch", here, target, opening(purpose=purpose.text[:-1]))
    a.say("XA", "disclosure", opening(purpose=purpose.text), relates=to("discloses", target))


@story(SEALED)
def another_party_s_commitment(a: Accord) -> None:
    a.found()
    purpose = a.seal("/body/purpose", "To keep ports open.")
    target = announce(a, row("/body/purpose", purpose.digest), purpose=None)
    refuse(a, "statement.relation", "/relates/0", target, opening(purpose=purpose.text), party="XB")
    copied = a.say("XB", ANNOUNCED, drill(purpose=None), sealed=[row("/body/purpose", purpose.digest)])
    here = "/body/disclosures/0/disclosure"
    refuse(a, "disclosure.mismatch", here, copied, opening(purpose=purpose.text), party="XB")
    a.say("XA", "disclosure", opening(purpose=purpose.text), relates=to("discloses", target))


@story("FORMAT.md, Sealed fields: the name is party/office/sequence and the pointer")
def a_commitment_to_another_place(a: Accord) -> None:
    a.found()
    here, salt = "/body/disclosures/0/disclosure", bytes(range(16))
    wrong: list[tuple[str, str, int, str]] = [
        ("XB", MINISTRY, 0, "/body/purpose"),
        ("XA", DESK, 1, "/body/purpose"),
        ("XA", MINISTRY, 1, "/body/purpose"),
        ("XA", MINISTRY, 3, "/body/place"),
    ]
    for number, place in enumerate(wrong):
        assert a.trust.chain("XA", MINISTRY)[0] == number
        held = seal(field_name(*place), "A purpose.", salt)
        target = announce(a, row("/body/purpose", held.digest), purpose=None)
        refuse(a, "disclosure.mismatch", here, target, opening(purpose=held.text))


@story(SEALED)
def one_item_of_a_list_and_a_decoy(a: Accord) -> None:
    a.found()
    item, decoy = a.seal("/body/is_not/0", "It is no preparation."), seal_decoy(bytes(range(16)))
    rows = [row("/body/is_not/0", item.digest), row("/body/is_not/1", decoy.digest)]
    target = announce(a, *rows, is_not=[None, None])
    a.say("XA", "disclosure", opening(is_not__0=item.text), relates=to("discloses", target))
    refuse(a, "disclosure.mismatch", "/body/disclosures/0/disclosure", target, opening(is_not__1=item.text))
    a.say("XA", "disclosure", opening(is_not__1=decoy.text), relates=to("discloses", target))
    target = announce(a, row("/body/purpose", decoy.digest), purpose=None)
    refuse(a, "disclosure.mismatch", "/body/disclosures/0/disclosure", target, opening(purpose=decoy.text))


@story("DESIGN.md: a public disclosure that opens to a value that breaks the schema is refused")
def a_value_that_cannot_stand_there(a: Accord) -> None:
    a.found()
    values: dict[str, Any] = {
        "/body/purpose": 7,
        "/body/kind": "parade",
        "/body/sectors/0": "no-sector",
        "/body/place": ["x"],
    }
    for pointer, value in values.items():
        held = a.seal(pointer, value)
        name = pointer.split("/")[2]
        target = announce(a, row(pointer, held.digest), **{name: [None] if pointer.endswith("0") else None})
        body = {"disclosures": [{"pointer": pointer, "disclosure": held.text}], "remark": None}
        refuse(a, "disclosure.value", "/body/disclosures/0/disclosure", target, body)


@story("FORMAT.md, Sealed fields: the form of a disclosure")
def a_commitment_to_what_is_no_disclosure(a: Accord) -> None:
    a.found()
    name = field_name("XA", MINISTRY, 0, "/body/purpose")
    good = seal(name, "A purpose.", bytes(range(16))).text
    texts = {
        "short salt": _encoded(f'["AAECAwQFBgcICQoLDA0O","{name}","A purpose."]'),
        "not canonical": _encoded(f'["AAECAwQFBgcICQoLDA0ODw", "{name}","A purpose."]'),
        "two members": _encoded(f'["AAECAwQFBgcICQoLDA0ODw","{name}"]'),
        "no array": _encoded('{"salt":"AAECAwQFBgcICQoLDA0ODw"}'),
        "salt padded": _encoded(f'["AAECAwQFBgcICQoLDA0ODw==","{name}","A purpose."]'),
        "name no text": _encoded('["AAECAwQFBgcICQoLDA0ODw",7,"A purpose."]'),
        "cut": good[:-2],
    }
    for text in texts.values():
        target = announce(a, row("/body/purpose", digest_of(text)), purpose=None)
        refuse(a, "disclosure.malformed", "/body/disclosures/0/disclosure", target, opening(purpose=text))


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@story("DOMAIN.md, Marking: what is readable is TLP:CLEAR; other labels go on sealed parts only")
def a_sealed_part_marked_as_open_to_all(a: Accord) -> None:
    a.found()
    held = a.seal("/body/purpose", "To keep ports open.")
    clear = [row("/body/purpose", held.digest, tlp="TLP:CLEAR")]
    a.refuse("statement.marking", "/sealed/0/tlp", "XA", ANNOUNCED, drill(purpose=None), sealed=clear)
    for label in ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN"):
        a.say("XA", ANNOUNCED, drill(purpose=None), sealed=[row("/body/purpose", held.digest, tlp=label)])


@story("FORMAT.md, Sealed fields: the body holds null; what anchors rules is never sealed")
def what_cannot_be_sealed(a: Accord) -> None:
    a.found()
    held = a.seal("/body/purpose", "To keep ports open.")
    sealed = [row("/body/purpose", held.digest)]
    a.refuse("statement.sealed", "/body/purpose", "XA", ANNOUNCED, drill(), sealed=sealed)
    a.refuse("statement.schema", "/body/purpose", "XA", ANNOUNCED, drill(purpose=None))
    start = [row("/body/start", held.digest)]
    a.refuse("statement.sealed", "/body/start", "XA", ANNOUNCED, drill(start=None), sealed=start)
    inner = [row("/body/observers/0", held.digest)]
    a.refuse("statement.sealed", "/body/observers/0", "XA", ANNOUNCED, drill(observers=[None]), sealed=inner)
