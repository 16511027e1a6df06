"""Files that open sealed values to one reader: their form, every refusal of it, and what each step finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.simulated_log import OFFICE, SimulatedLog
from verifier import disclosed, sealing, statement, vocabulary
from verifier.disclosed import Handed, Opening
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats.envelope import Envelope
from verifier.sealing import Disclosure

OPENS = "2027-01-01T00:00:00Z"


def name(pointer: str, sequence: int = 0, party: str = "XA") -> str:
    return sealing.field_name(party, OFFICE, sequence, pointer)


def salted(n: int) -> bytes:
    return bytes([n]) * 16


PURPOSE = sealing.seal(name("/body/purpose"), "To keep ports open.", salted(1))
ITEM = sealing.seal(name("/body/is_not/0"), "It is no preparation.", salted(2))
DECOY = sealing.seal_decoy(salted(3))
KIND = sealing.seal(name("/body/kind"), "parade", salted(4))
ELSEWHERE = sealing.seal(name("/body/place", sequence=7), "Callan", salted(5))
BROKEN = "not a disclosure"
SEALED: dict[str, Disclosure | str] = {
    "/body/purpose": PURPOSE,
    "/body/is_not/0": ITEM,
    "/body/is_not/1": DECOY,
    "/body/kind": KIND,
    "/body/place": ELSEWHERE,
    "/body/scale": BROKEN,
}


def text(found: Disclosure | str) -> str:
    return found if isinstance(found, str) else found.text


def opening(pointer: str, found: Disclosure | str | None = None, tlp: str = "TLP:AMBER") -> Opening:
    return Opening(pointer, text(SEALED[pointer] if found is None else found), tlp, OPENS)


@pytest.fixture(scope="module")
def log() -> SimulatedLog:
    made = SimulatedLog(hybrid=frozenset())
    made.found()
    body: dict[str, Any] = dict(vocabulary.load().example("drill-announcement")["body"])
    body |= {"observers": [], "is_not": [None, None], "purpose": None, "kind": None, "place": None, "scale": None}
    rows = [
        {"digest": sealing.digest_of(text(found)), "opens": OPENS, "pointer": pointer, "tlp": "TLP:AMBER"}
        for pointer, found in SEALED.items()
    ]
    made.say("XA", "drill-announcement", body, sealed=sorted(rows, key=lambda row: row["pointer"]))
    return made


@pytest.fixture(scope="module")
def envelope(log: SimulatedLog) -> Envelope:
    return list(log.envelopes.values())[-1][1]


@pytest.fixture(scope="module")
def handed(envelope: Envelope) -> Handed:
    said = statement.parse(envelope.payload)
    rows = tuple(opening(pointer) for pointer in ("/body/is_not/0", "/body/is_not/1", "/body/purpose"))
    return Handed(said.ledger, said.id, "XB", "For the desk officer alone.", rows, envelope)


def test_what_is_written_is_read_again(handed: Handed) -> None:
    assert disclosed.parse(handed.raw) == handed
    bare = Handed(handed.ledger, handed.statement, "VN", None, handed.openings)
    assert disclosed.parse(bare.raw) == bare
    assert canonical.encode(json.loads(handed.raw)) == handed.raw


def test_the_strictest_label_is_the_file_s(handed: Handed) -> None:
    rows = tuple(opening(row.pointer, tlp=tlp) for row, tlp in zip(handed.openings, disclosed.LABELS[1:], strict=True))
    assert Handed("l", handed.statement, "XB", None, rows).label == "TLP:AMBER+STRICT"


Change = Callable[[dict[str, Any]], object]
FORMS: dict[str, tuple[str, Change]] = {
    "a member missing": ("", lambda v: v.pop("terms")),
    "a member more": ("", lambda v: v.update(signature="x")),
    "another kind": ("", lambda v: v.update(kind="kept")),
    "to is no code": ("/to", lambda v: v.update(to="Xb")),
    "to is null": ("/to", lambda v: v.update(to=None)),
    "terms are empty": ("/terms", lambda v: v.update(terms="")),
    "terms are long": ("/terms", lambda v: v.update(terms="x" * (disclosed.MOST_TERMS + 1))),
    "ledger is empty": ("/ledger", lambda v: v.update(ledger="")),
    "statement is no digest": ("/statement", lambda v: v.update(statement="AB" * 32)),
    "envelope is a text": ("/envelope", lambda v: v.update(envelope="x")),
    "envelope is another object": ("/envelope", lambda v: v["envelope"].pop("payload")),
    "receipt is no proof": ("/receipt", lambda v: v.update(receipt="no proof")),
    "receipt is a number": ("", lambda v: v.update(receipt=7)),
    "nothing is opened": ("/disclosures", lambda v: v.update(disclosures=[])),
    "disclosures are an object": ("/disclosures", lambda v: v.update(disclosures={})),
    "not in order": ("/disclosures", lambda v: v["disclosures"].reverse()),
    "one place twice": ("/disclosures", lambda v: v["disclosures"].append(v["disclosures"][-1])),
    "an opening lacks a member": ("/disclosures/0", lambda v: v["disclosures"][0].pop("opens")),
    "a pointer out of the body": ("/disclosures/2/pointer", lambda v: v["disclosures"][2].update(pointer="/title")),
    "TLP:CLEAR": ("/disclosures/1/tlp", lambda v: v["disclosures"][1].update(tlp="TLP:CLEAR")),
    "a label that is none": ("/disclosures/1/tlp", lambda v: v["disclosures"][1].update(tlp=["TLP:RED"])),
    "a date that is none": ("/disclosures/1/opens", lambda v: v["disclosures"][1].update(opens="2027-02-30T00:00:00Z")),
    "a disclosure that is no text": ("/disclosures/1/disclosure", lambda v: v["disclosures"][1].update(disclosure=1)),
}


@pytest.mark.parametrize("case", FORMS)
def test_another_form_is_refused(handed: Handed, case: str) -> None:
    where, change = FORMS[case]
    value = json.loads(handed.raw)
    change(value)
    with pytest.raises(Fault) as caught:
        disclosed.parse(canonical.encode(value))
    assert caught.value.code == "disclosure.file"
    assert caught.value.where == where or (case == "receipt is a number" and caught.value.where == "/receipt")


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'{"kind":"disclosure"}', b"{", b'{ "kind":"disclosure"}'])
def test_what_is_no_such_file_is_refused(raw: bytes) -> None:
    with pytest.raises(Fault, match=r".") as caught:
        disclosed.parse(raw)
    assert caught.value.code == "disclosure.file"


@given(st.data())
def test_a_file_with_a_byte_changed_is_refused_or_another_file(data: st.DataObject) -> None:
    rows = (opening("/body/purpose"),)
    raw = Handed("ledger.example", "ab" * 32, "XB", "Terms.", rows).raw
    at = data.draw(st.integers(0, len(raw) - 1))
    other = raw[:at] + bytes([data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))]) + raw[at + 1 :]
    assert outcome(other) in ("disclosure.file", other)


def outcome(raw: bytes) -> str | bytes:
    """The code of what is wrong, or the file as it is written again."""
    try:
        return disclosed.parse(raw).raw
    except Fault as fault:
        return fault.code


def steps(envelope: Envelope, *rows: Opening) -> list[tuple[str | None, ...]]:
    """The code at each step of each row: digest, place, value, label."""
    found = disclosed.hold(rows, statement.parse(envelope.payload))
    return [tuple(one.code if one else None for one in (row.digest, row.place, row.value, row.label)) for row in found]


def test_what_the_statement_sealed_is_opened(envelope: Envelope, handed: Handed) -> None:
    assert steps(envelope, *handed.openings) == [(None,) * 4] * 3
    found = disclosed.hold(handed.openings, statement.parse(envelope.payload))
    values = [row.disclosure.value for row in found if row.disclosure]
    assert values == ["It is no preparation.", None, "To keep ports open."]


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        (opening("/body/purpose", ITEM), ("disclosure.mismatch", None, None, None)),
        (opening("/body/purpose", DECOY), ("disclosure.mismatch", None, None, None)),
        (Opening("/body/name", PURPOSE.text, "TLP:AMBER", OPENS), ("disclosure.mismatch", None, None, None)),
        (
            opening("/body/purpose", sealing.seal(name("/body/purpose"), "To close ports.", salted(1))),
            ("disclosure.mismatch", None, None, None),
        ),
        (opening("/body/place"), (None, "disclosure.mismatch", None, None)),
        (opening("/body/scale"), (None, "disclosure.malformed", None, None)),
        (opening("/body/kind"), (None, None, "disclosure.value", None)),
        (opening("/body/purpose", tlp="TLP:GREEN"), (None, None, None, "disclosure.label")),
        (Opening("/body/purpose", PURPOSE.text, "TLP:AMBER", None), (None, None, None, "disclosure.label")),
    ],
)
def test_each_step_finds_its_own(envelope: Envelope, row: Opening, codes: tuple[str | None, ...]) -> None:
    assert steps(envelope, row) == [codes]
    good = opening("/body/purpose")
    assert steps(envelope, good, row, good)[0] == (None,) * 4, "what is wrong with one says nothing of another"


def test_only_the_named_statement_is_opened(log: SimulatedLog, handed: Handed, envelope: Envelope) -> None:
    assert disclosed.statement_of(handed, None)[0].id == handed.statement
    other = next(iter(log.envelopes.values()))[1]
    bare = Handed(handed.ledger, handed.statement, "XB", None, handed.openings)
    elsewhere = Handed("other.example/log", handed.statement, "XB", None, handed.openings, envelope)
    for one, brought, code in (
        (bare, None, "disclosure.no-statement"),
        (handed, other, "disclosure.other-statement"),
        (elsewhere, None, "disclosure.other-statement"),
    ):
        with pytest.raises(Fault) as caught:
            disclosed.statement_of(one, brought)
        assert caught.value.code == code
    assert disclosed.statement_of(bare, envelope)[0].id == handed.statement


def test_a_value_for_rehearsals_alone_opens_nothing_real() -> None:
    made = SimulatedLog(hybrid=frozenset())
    made.found()
    body = dict(vocabulary.load().example("incident-assessment")["body"])
    field, values = next(iter(vocabulary.load().types["incident-assessment"].exercise_only.items()))
    pointer = f"/body/{field}"
    held = sealing.seal(name(pointer), values[0], salted(9))
    row = {"digest": held.digest, "opens": None, "pointer": pointer, "tlp": "TLP:RED"}
    value = made.draft("XA", "incident-assessment", {**body, field: None}, sealed=[row])
    found = disclosed.hold([Opening(pointer, held.text, "TLP:RED", None)], statement.parse(canonical.encode(value)))
    assert found[0].value is not None
    assert found[0].value.code == "disclosure.value"
