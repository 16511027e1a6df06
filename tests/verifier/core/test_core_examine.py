"""One envelope, examined by itself: it never raises, and says the first thing that is wrong."""

from __future__ import annotations

import pickle
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.accord import MINISTRY, ORIGIN, Accord, declaration, keys, row
from tests.support.people import Pen, sealed_by
from tests.support.stored import StoredPen
from verifier import vocabulary
from verifier.examine import INTRODUCES_KEYS, UNREADABLE, examine, introduced
from verifier.formats import canonical
from verifier.formats.envelope import Envelope

PEN = Pen("XA foreign-ministry")
BOOK = {key.keyid: key for key in PEN.public}


@pytest.fixture(scope="module")
def accord() -> Accord:
    return Accord().found()


def test_a_statement_is_summed_up(accord: Accord) -> None:
    drill = {**vocabulary.load().example("drill-announcement")["body"], "observers": [], "purpose": None}
    sealed = [row("/body/purpose", "0b" * 32)]
    envelope = accord.draft(
        "XA", "drill-announcement", drill, sealed=sealed, addressees=["XB"], issued="2026-01-01T00:00:01Z"
    )
    seen = examine(envelope, accord.trust.book)
    assert seen.fault is None
    assert (seen.id, seen.ledger) == (sha256(envelope.payload).hexdigest(), ORIGIN)
    assert (seen.party, seen.office, seen.sequence, seen.previous) == ("XA", MINISTRY, 0, accord.charter_id)
    assert (seen.type, seen.issued, seen.addressees) == ("drill-announcement", 1_767_225_601, ("XB",))
    assert (seen.sealed, seen.body, seen.exercise) == ((("/body/purpose", "0b" * 32),), None, None)
    assert (seen.keyids, seen.unverified) == (tuple(keyid for keyid, _ in envelope.signatures), ())
    assert pickle.loads(pickle.dumps(seen)) == seen


def test_a_fault_crosses_between_processes(accord: Accord) -> None:
    envelope = accord.draft("XA")
    seen = examine(Envelope(envelope.payload, ((envelope.signatures[0][0], bytes(64)),)), accord.trust.book)
    assert seen.fault is not None
    again = pickle.loads(pickle.dumps(seen))
    assert again.fault.to_json() == seen.fault.to_json()
    assert (seen.fault.code, again.body) == ("signature.false", None)


def test_bodies_travel_where_they_are_judged(accord: Accord) -> None:
    for step in accord.steps:
        seen = examine(step.envelope, accord.trust.book)
        assert (seen.body is not None) == (seen.type in INTRODUCES_KEYS)
    text = accord.draft(
        "XA", "amendment", accord.amendment(), relates=[{"rel": "amends", "statement": accord.charter_id}]
    )
    assert examine(text, accord.trust.book).body is not None
    assert examine(accord.draft("XA"), accord.trust.book).body is None


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"type": "never-heard-of"}, "statement.type", "/type"),
        ({"body": {}}, "statement.schema", "/body/kind"),
        ({"body": {**declaration(), "x": 1}}, "statement.schema", "/body/x"),
        ({"relates": [{"rel": "retracts", "statement": "0a" * 32}]}, "statement.relation", "/relates/0"),
        ({"sealed": [row("/body/kind", "0a" * 32)]}, "statement.sealed", "/body/kind"),
        ({"sealed": [row("/body/nowhere", "0a" * 32)]}, "statement.sealed", "/body/nowhere"),
        ({"title": ""}, "statement.malformed", "/title"),
        ({"previous": None}, "statement.malformed", "/previous"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(accord: Accord, changes: dict[str, object], code: str, where: str) -> None:
    fault = examine(accord.draft("XA", **changes), accord.trust.book).fault  # type: ignore[arg-type]
    assert fault is not None
    assert (fault.code, fault.where) == (code, where)


def test_an_unreadable_statement_leaves_nothing_but_its_fault() -> None:
    for payload in (b"", b"{}", b"\xff", b"[" * 40):
        seen = examine(sealed_by(payload, PEN), BOOK)
        assert seen.fault is not None
        assert seen._replace(fault=None) == UNREADABLE


def test_what_a_party_claims_as_its_date_is_not_judged(accord: Accord) -> None:
    for issued in ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert examine(accord.draft("XA", issued=issued), accord.trust.book).fault is None


def test_a_sealed_part_for_everybody_contradicts_itself(accord: Accord) -> None:
    drill = {**vocabulary.load().example("drill-announcement")["body"], "observers": [], "purpose": None, "place": None}
    rows = [row("/body/place", "0a" * 32), row("/body/purpose", "0b" * 32, tlp="TLP:CLEAR")]
    fault = examine(accord.draft("XA", "drill-announcement", drill, sealed=rows), accord.trust.book).fault
    assert fault is not None
    assert (fault.code, fault.where) == ("statement.marking", "/sealed/1/tlp")


def test_keys_count_as_known_where_a_statement_introduces_them(accord: Accord) -> None:
    accession = accord.steps[1].envelope
    assert examine(accession, {}).unverified == ()
    plain = accord.draft("XA")
    assert examine(plain, {}).unverified == tuple(keyid for keyid, _ in plain.signatures)
    assert set(introduced(accord.accession_body("XA"))) == {
        k.keyid for pen in ("root", MINISTRY) for k in Pen(f"XA {pen}").public
    }


def test_a_pair_is_checked_key_by_key(accord: Accord) -> None:
    pair = StoredPen("XA pair")
    envelope = accord.draft("XA", pens=[pair])
    light, heavy = pair.public
    assert examine(envelope, {light.keyid: light}).unverified == (heavy.keyid,)
    assert examine(envelope, {light.keyid: light, heavy.keyid: heavy}).unverified == ()
    crossed = Envelope(
        envelope.payload, tuple((k, dict(envelope.signatures)[light.keyid]) for k, _ in envelope.signatures)
    )
    fault = examine(crossed, {heavy.keyid: heavy}).fault
    assert fault is not None
    assert (fault.code, fault.where) == ("signature.false", f"keyid {heavy.keyid}")


@given(st.data())
def test_it_never_raises(accord: Accord, data: st.DataObject) -> None:
    """A founding statement with any part of it replaced: all is found and nothing escapes."""
    junk = st.sampled_from([None, 0, "", "x", "0a" * 32, [], {}, [None], {"a": 1}, True])
    body = accord.accession_body("XB", **keys(Pen("XB new")))
    value = accord.value("XB", "accession", body, "root")
    for target in (value, body):
        for name in data.draw(st.sets(st.sampled_from(sorted(target)), max_size=2)):
            target[name] = data.draw(junk)
    raw = canonical.encode(value)
    signed = Envelope(raw, ((data.draw(st.sampled_from(sorted(BOOK))), data.draw(st.binary(max_size=70))),))
    seen = examine(signed, BOOK)
    assert seen.fault is not None
    assert seen.fault.kind.next
