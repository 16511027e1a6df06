"""Records and statements are read in two ways: a quick one that says yes, a careful one that says what is wrong.

One must accept what the other accepts, and read the same. What is altered here is good input, at one place or two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases.sayings import GOOD
from verifier import record, statement
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats.envelope import Envelope

FULL = {
    **GOOD,
    "title": "É" * 299 + "\u2028",
    "addressees": ["XA", "XC"],
    "relates": [{"rel": "corrects", "statement": "0b" * 32}, {"rel": "follows", "statement": "0a" * 32}],
    "exercise": "0c" * 32,
    "sealed": [{"pointer": "/body/a~1b", "digest": "0c" * 32, "tlp": "TLP:RED", "opens": "2027-01-01T00:00:00Z"}],
    "attachments": [{"digest": "0d" * 32, "media_type": "text/plain", "name": "é", "size": 0}],
}
SIGNED = Envelope(b"{}\xff", (("0a" * 32, b"sig"), ("0b" * 32, b"")))
LINK: dict[str, Any] = {"count": 7, "head": "0c" * 32, "previous": "0d" * 32, "received": 1_767_225_600}
RECORD = canonical.parse(record.build(SIGNED, **LINK))
ODD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2**53 - 1,
        2**63,
        1.0,
        1.5,
        "",
        "é",
        "A",
        "AB==",
        "AAA=",
        "0a" * 32,
        "0A" * 32,
        "0" * 63 + "\n",
    ),
    *([], ["XB", "XA"], {}, {"a": 1}, "2026-02-30T00:00:00Z", "charter", "application/json", "x" * 300, "x" * 301),
]


def by_statement_rules(raw: bytes) -> statement.Statement:
    return statement._read(canonical.parse(raw), raw)


def quickly_by_statement_rules(raw: bytes) -> statement.Statement | None:
    return statement._sound(canonical.parse(raw), raw)


WAYS: dict[str, tuple[dict[str, Any], Callable[[bytes], Any], Callable[[bytes], Any]]] = {
    "statement": (FULL, quickly_by_statement_rules, by_statement_rules),
    "record": (RECORD, record._sound, record._read),
}


def outcome(way: Callable[[bytes], Any], raw: bytes) -> Any:
    """What is read, or None for a refusal."""
    try:
        return way(raw)
    except Fault:
        return None


def altered(value: Any, data: st.DataObject) -> Any:
    """The value with one thing in it replaced, left out, added or said twice."""
    if not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 3)) == 0:
        return data.draw(st.sampled_from(ODD))
    if isinstance(value, list):
        at = data.draw(st.integers(0, len(value) - 1))
        others = [*value[:at], *value[at + 1 :]]
        again = [*value, value[at]]
        return data.draw(st.sampled_from([others, again, value[::-1], [*others, altered(value[at], data)]]))
    name = data.draw(st.sampled_from(sorted(value)))
    rest = {other: member for other, member in value.items() if other != name}
    more = {**value, data.draw(st.sampled_from(["id", "payload", "é", "a"])): data.draw(st.sampled_from(ODD))}
    inside = {**rest, name: altered(value[name], data)}
    return data.draw(st.sampled_from([rest, more, inside, inside, inside]))


def written(value: Any) -> bytes:
    """Canonical where that can be; the readers must also refuse what cannot."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", WAYS)
def test_good_input_is_read_quickly(name: str) -> None:
    value, quick, careful = WAYS[name]
    raw = canonical.encode(value)
    assert quick(raw) == careful(raw)
    assert quick(raw) is not None


@pytest.mark.parametrize("name", WAYS)
def test_an_odd_member_is_accepted_in_both_ways_or_in_none(name: str) -> None:
    value, quick, careful = WAYS[name]
    for member in value:
        for odd in ODD:
            raw = written({**value, member: odd})
            assert outcome(quick, raw) == outcome(careful, raw)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=400)
@given(data=st.data())
def test_altered_members_are_accepted_in_both_ways_or_in_none(name: str, data: st.DataObject) -> None:
    value, quick, careful = WAYS[name]
    raw = written(altered(altered(value, data) if data.draw(st.booleans()) else value, data))
    assert outcome(quick, raw) == outcome(careful, raw)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=400)
@given(
    at=st.integers(0, 9_999), piece=st.binary(max_size=2) | st.sampled_from([b" ", b"\\u0061", b"0", b".0", b"=", b'"'])
)
def test_altered_bytes_are_accepted_in_both_ways_or_in_none(name: str, at: int, piece: bytes) -> None:
    value, quick, careful = WAYS[name]
    raw = canonical.encode(value)
    for cut in (0, 1):
        place = at % len(raw)
        changed = raw[:place] + piece + raw[place + cut :]
        assert outcome(quick, changed) == outcome(careful, changed)
