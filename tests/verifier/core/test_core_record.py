"""Records: what the log chains, and that a receipt's extra rebuilds them byte for byte."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import history, merkle, record
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats.envelope import Envelope
from verifier.formats.times import format_utc

KEYIDS = st.binary(min_size=32, max_size=32).map(bytes.hex)
ROWS = st.dictionaries(KEYIDS, st.binary(max_size=64), min_size=1, max_size=3)
ENVELOPES = st.builds(
    lambda payload, rows: Envelope(payload, tuple(sorted(rows.items()))), st.binary(max_size=99), ROWS
)
LINKS = st.fixed_dictionaries(
    {
        "count": st.integers(0, 2**53 - 1),
        "head": KEYIDS,
        "previous": st.none() | KEYIDS,
        "received": st.integers(0, 253_402_300_799),
    }
)
LINK = {"count": 0, "head": history.EMPTY_HEAD, "previous": None, "received": 1_767_225_600}
SMALL = Envelope(b"{}", (("0a" * 32, b"sig"),))


@given(ENVELOPES, LINKS)
def test_what_is_built_is_canonical_and_reads_back(envelope: Envelope, link: dict[str, object]) -> None:
    raw = record.build(envelope, **link)  # type: ignore[arg-type]
    value = {
        "envelope": envelope.as_json(),
        "history": {"count": link["count"], "head": link["head"]},
        "previous": link["previous"],
        "received": format_utc(link["received"]),
    }
    assert raw == canonical.encode(value)
    found = record.parse(raw)
    assert {name: getattr(found, name) for name in LINK} == link
    assert (found.raw, found.envelope) == (raw, envelope)
    assert (found.digest, found.leaf_hash) == (sha256(raw).hexdigest(), merkle.leaf_hash(raw))


@given(ENVELOPES, LINKS)
def test_the_extra_and_the_envelope_rebuild_the_record(envelope: Envelope, link: dict[str, object]) -> None:
    raw = record.build(envelope, **link)  # type: ignore[arg-type]
    extra = record.extra(record.parse(raw))
    assert extra == canonical.encode({k: v for k, v in canonical.parse(raw).items() if k != "envelope"})
    assert record.rebuild(extra, envelope) == (raw, link["received"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"count": -1}, "record.malformed"),
        ({"count": 2**53}, "record.malformed"),
        ({"head": ""}, "record.malformed"),
        ({"head": "0A" * 32}, "record.malformed"),
        ({"previous": ""}, "record.malformed"),
        ({"previous": "0a"}, "record.malformed"),
        ({"received": -1}, "time.malformed"),
        ({"received": 253_402_300_800}, "time.malformed"),
    ],
    ids=str,
)
def test_nothing_is_built_that_would_not_read(changes: dict[str, object], code: str) -> None:
    with pytest.raises(Fault) as caught:
        record.build(SMALL, **{**LINK, **changes})  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_record_fills_what_a_bundle_can_hold() -> None:
    spare = record.MOST_BYTES - len(record.build(Envelope(b"", SMALL.signatures), **LINK))  # type: ignore[arg-type]
    most = spare // 4 * 3  # base64 writes three bytes as four characters
    full = record.build(Envelope(bytes(most), SMALL.signatures), **LINK)  # type: ignore[arg-type]
    assert record.MOST_BYTES - 4 < len(full) <= record.MOST_BYTES
    assert record.parse(full).raw == full
    with pytest.raises(Fault) as caught:
        record.build(Envelope(bytes(most + 1), SMALL.signatures), **LINK)  # type: ignore[arg-type]
    assert caught.value.code == "record.too-long"
    with pytest.raises(Fault) as caught:
        record.parse(bytes(record.MOST_BYTES + 1))
    assert caught.value.code == "record.too-long"


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        b"{}",
        b"[]",
        b'{"history":{"count":0,"head":"' + b"0" * 64 + b'"},"previous":null}',
        b'{"history":{"count":0},"previous":null,"received":"2026-01-01T00:00:00Z"}',
        b'{"history":{"count":0,"head":"' + b"0" * 64 + b'"},"previous":null,"received":"2026-01-01T00:00:00Z"} ',
        b'{"envelope":{},"history":{},"previous":null,"received":"2026-01-01T00:00:00Z"}',
    ],
    ids=len,
)
def test_an_extra_in_another_form_rebuilds_nothing(extra: bytes) -> None:
    with pytest.raises(Fault) as caught:
        record.rebuild(extra, SMALL)
    assert caught.value.code in ("record.malformed", "json.malformed", "json.uncanonical")


@given(st.lists(st.binary(), max_size=5))
def test_the_head_is_that_of_the_entries_in_their_order(entries: list[bytes]) -> None:
    head, plain = history.EMPTY_HEAD, bytes(32)
    for entry in entries:
        head, plain = history.next_head(head, entry), sha256(plain + entry).digest()
    assert head == plain.hex()
    assert len(history.EMPTY_HEAD) == 64
    if len(set(entries)) > 1:
        other = history.EMPTY_HEAD
        for entry in reversed(entries):
            other = history.next_head(other, entry)
        assert (other == head) == (entries == entries[::-1])
