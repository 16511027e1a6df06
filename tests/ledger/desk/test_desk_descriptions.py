"""Description files: YAML read narrowly, so that nothing is guessed that a state then signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.desk import descriptions
from verifier.errors import Fault
from verifier.formats import canonical


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("start: 2026-03-01T07:00:00Z", {"start": "2026-03-01T07:00:00Z"}),
        ("day: 2026-03-01", {"day": "2026-03-01"}),
        ("on: {type: x}\nno: y\nyes: n", {"on": {"type": "x"}, "no": "y", "yes": "n"}),
        ("a: true\nb: false\nc: null\nd: ~\ne:", {"a": True, "b": False, "c": None, "d": None, "e": None}),
        (
            "a: 12\nb: -3\nc: 007\nd: 0x1f\ne: 1_000\nf: 12:30:45",
            {"a": 12, "b": -3, "c": "007", "d": "0x1f", "e": "1_000", "f": "12:30:45"},
        ),
        ("a: 1.5\nb: .inf\nc: 1e3", {"a": "1.5", "b": ".inf", "c": "1e3"}),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
        ("text: |\n  one\n  two\n", {"text": "one\ntwo\n"}),
        ('{"a": [1, "x", null, {"b": true}]}', {"a": [1, "x", None, {"b": True}]}),
        ('"a": "TRUE"\nb: TRUE\nc: Null', {"a": "TRUE", "b": "TRUE", "c": "Null"}),
    ],
)
def test_texts_stay_what_was_written(text: str, value: Any) -> None:
    found = descriptions.parse(text.encode())
    assert found == value
    assert canonical.encode(found)


@pytest.mark.parametrize(
    "text",
    [
        b"a: &x 1\nb: *x",
        b"a: 1\na: 2",
        b'{"a": 1, "a": 2}',
        b"a: !!python/object/apply:os.system [ls]",
        b"a: !!binary aGk=",
        b"? [1, 2]\n: x",
        b"a: [1, 2",
        b"a: \xff",
        b"a: 1\n---\nb: 2",
        b"<<: {a: 1}\nb: 1\n<<: {c: 2}",
        b"[" * 40 + b"]" * 40,
    ],
)
def test_what_may_mean_two_things_is_refused(text: bytes) -> None:
    with pytest.raises(Fault) as caught:
        descriptions.parse(text, where="file.yaml")
    assert caught.value.code == "desk.description"
    assert caught.value.where.startswith("file.yaml")


def test_the_place_of_a_fault_is_told() -> None:
    with pytest.raises(Fault) as caught:
        descriptions.parse(b"a: 1\nb: [2,\n", where="f")
    assert "line 3" in caught.value.where


def test_a_description_is_an_object(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- 1\n- 2\n")
    with pytest.raises(Fault, match="names with values"):
        descriptions.read(path)


_names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(exclude_categories=["C"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)


@given(_values)
def test_canonical_json_reads_as_itself(value: Any) -> None:
    assert descriptions.parse(canonical.encode(value)) == value
