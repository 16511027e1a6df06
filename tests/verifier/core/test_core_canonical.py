"""Canonical JSON against RFC 8785's own implementation, and every kind of bytes that must be refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from verifier.errors import Fault
from verifier.formats import canonical

LARGEST = 2**53 - 1
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(max_codepoint=127), max_size=6)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


@given(VALUES)
@example({"": 0, "\x7f": 1, "\x00": 2, "a\\": [], "A": {}})
@example("\u2028\u2029\ufeff\U0010ffff\x85")
def test_the_bytes_are_those_of_rfc_8785_and_read_back(value: Any) -> None:
    raw = canonical.encode(value)
    assert raw == rfc8785.dumps(value)
    assert canonical.parse(raw) == value


@given(VALUES, st.sampled_from([None, 1, 2]), st.booleans(), st.booleans())
def test_another_spelling_of_the_same_value_is_refused(
    value: Any, indent: int | None, sort: bool, ascii_only: bool
) -> None:
    raw = json.dumps(value, indent=indent, sort_keys=sort, ensure_ascii=ascii_only).encode()
    if raw == rfc8785.dumps(value):
        assert canonical.parse(raw) == value
    else:
        assert refusal(raw).code == "json.uncanonical"


@given(
    st.binary(max_size=24) | VALUES.map(rfc8785.dumps).flatmap(lambda raw: st.builds(changed, st.just(raw), st.data()))
)
def test_what_is_read_is_written_again_as_it_was(raw: bytes) -> None:
    try:
        value = canonical.parse(raw, where="here")
    except Fault as fault:
        assert fault.code in ("json.malformed", "json.uncanonical")  # noqa: PT017 - either is right, nothing else is
        assert fault.where == "here"  # noqa: PT017
    else:
        assert canonical.encode(value) == raw == rfc8785.dumps(value)


def changed(raw: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(raw)))
    return raw[:at] + data.draw(st.sampled_from([b"", b" ", b"0", b"\\", b'"', b"e", b".", b"\xff"])) + raw[at + 1 :]


@given(st.floats() | st.floats().map(lambda number: [{"a": number}]))
def test_no_float_is_written(value: Any) -> None:
    with pytest.raises(Fault) as caught:
        canonical.encode(value)
    assert caught.value.code == "json.uncanonical"


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e16)
@example(1e21)
@example(-0.0)
def test_no_float_is_read(number: float) -> None:
    """Not even one that is a whole number: 1e2 and 100 are one value, and only one of them is its spelling."""
    for text in {repr(number), f"{number:e}", f"{number:.3f}", json.dumps(number)}:
        assert refusal(text.encode()).code == "json.uncanonical"


@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 1, 2**63, 2**64, -(2**64), 10**400, 10**4000])
def test_no_integer_beyond_53_bits(number: int) -> None:
    with pytest.raises(Fault) as caught:
        canonical.encode({"n": number})
    assert caught.value.code == "json.uncanonical"
    assert refusal(f'{{"n":{number}}}'.encode()).code.startswith("json.")


def test_a_number_longer_than_any_integer_is_refused() -> None:
    assert refusal(b"9" * 100_000).code.startswith("json.")


class Colour(Enum):
    RED = "red"
    HALF = 0.5


@pytest.mark.parametrize(
    "value",
    [
        {1: 2},
        {"é": 1},
        [{"a": {"ü": 1}}],
        ({"ü": 1},),
        (1.5,),
        "\ud800",
        {"a": "\udfff"},
        {"\ud800": 1},
        b"bytes",
        {1, 2},
        memoryview(b"bytes"),
        datetime(2026, 1, 1, tzinfo=UTC),
        UUID(int=0),
        Colour.RED,
        [Colour.HALF],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_has_not_is_not_written(value: Any) -> None:
    with pytest.raises(Fault) as caught:
        canonical.encode(value)
    assert caught.value.code == "json.uncanonical"


@given(st.text(min_size=1, max_size=3).filter(lambda name: not name.isascii()), st.integers(0, 40))
def test_a_name_that_is_not_ascii_is_not_read(name: str, brothers: int) -> None:
    raw = rfc8785.dumps([{"a": {name: 1}}, *[[] for _ in range(brothers)]])
    assert refusal(raw).code == "json.uncanonical"


def nested(depth: int, kind: str) -> Any:
    value: Any = [] if kind == "list" else {}
    for _ in range(depth - 1):
        value = [value] if kind == "list" else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["list", "object"])
def test_at_most_32_containers_stand_in_one_another(kind: str) -> None:
    good, deep = nested(32, kind), nested(33, kind)
    assert canonical.parse(canonical.encode(good)) == good
    with pytest.raises(Fault):
        canonical.encode(deep)
    assert refusal(rfc8785.dumps(deep)).code == "json.uncanonical"


@pytest.mark.parametrize("raw", [b"[" * 5_000, b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000])
def test_depth_exhausts_nothing(raw: bytes) -> None:
    assert refusal(raw).code == "json.malformed"


def test_every_cut_of_a_text_is_refused() -> None:
    raw = canonical.encode({"a": [1, "é", None, True], "b": {"c": -5}})
    for end in range(len(raw)):
        assert refusal(raw[:end]).code == "json.malformed"
    for after in (b" ", b"\n", b"\0", b"0", raw):
        refusal(raw + after)


def test_the_difference_is_shown() -> None:
    assert "byte 6" in refusal(b'{"a": 1}').message or "byte 5" in refusal(b'{"a": 1}').message


def refusal(raw: bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        canonical.parse(raw)
    return caught.value
