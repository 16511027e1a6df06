"""Envelopes: one form, written as it is read, and nothing added, stripped or reordered in between."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import Fault
from verifier.formats import canonical, envelope
from verifier.formats.envelope import Envelope

KEYIDS = st.binary(min_size=32, max_size=32).map(bytes.hex)
SIGNATURES = st.dictionaries(KEYIDS, st.binary(max_size=80), min_size=1, max_size=envelope.MOST_SIGNATURES)
ENVELOPES = st.builds(lambda payload, rows: Envelope(payload, tuple(sorted(rows.items()))), st.binary(), SIGNATURES)


def test_what_is_signed_is_the_example_of_dsse() -> None:
    """DSSE protocol.md, section "Test Vectors"."""
    signed = envelope.pae(b"hello world", "http://example.com/HelloWorld")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert envelope.pae(b"") == b"DSSEv1 38 application/vnd.detente.statement+json 0 "


@given(st.binary(), st.text(), st.binary(), st.text())
def test_two_inputs_are_never_signed_alike(payload: bytes, kind: str, other: bytes, second: str) -> None:
    same = envelope.pae(payload, kind) == envelope.pae(other, second)
    assert same == ((payload, kind) == (other, second))


@given(ENVELOPES)
def test_what_is_written_reads_back(made: Envelope) -> None:
    assert made.raw == canonical.encode(made.as_json())
    assert envelope.parse(made.raw) == made
    assert envelope.read(made.as_json()) == made


@given(ENVELOPES, st.data())
def test_one_changed_byte_is_refused_or_another_envelope(made: Envelope, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(made.raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != made.raw[at]))
    raw = made.raw[:at] + bytes([byte]) + made.raw[at + 1 :]
    try:
        found = envelope.parse(raw)
    except Fault as fault:
        assert fault.code in ("json.malformed", "json.uncanonical", "envelope.malformed")  # noqa: PT017
    else:
        assert found != made
        assert found.raw == raw


def test_a_report_has_a_payload_type_of_its_own() -> None:
    made = Envelope(b"{}", (("0a" * 32, b"sig"),), "application/vnd.detente.report+json")
    assert envelope.parse(made.raw, payload_type=made.payload_type) == made
    with pytest.raises(Fault) as caught:
        envelope.parse(made.raw)
    assert (caught.value.code, caught.value.where) == ("envelope.malformed", "/payloadType")


def test_base64_is_standard_and_padded() -> None:
    value = Envelope(b"\xfb\xff\xfe", (("0a" * 32, b"\xfb\xff\xfe\x00"),)).as_json()
    assert value["payload"] == "+//+"
    assert b64decode(value["signatures"][0]["sig"]) == b"\xfb\xff\xfe\x00"
