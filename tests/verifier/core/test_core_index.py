"""The index of statements and the rows of sealed fields: what a dict would say, in a fraction of the memory."""

from __future__ import annotations

from hashlib import sha256

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.drills import ANNOUNCES, Drills, Outline
from verifier.sealed_rows import SealedRows
from verifier.statement_index import Entry, StatementIndex

ENTRIES = st.builds(
    Entry,
    st.integers(0, 2**40 - 1),
    st.sampled_from(["pledge", "charter", "drill-announcement"]),
    st.sampled_from(["XA", "XB", "pledge"]),
    st.booleans(),
)
# Digests that collide in their first eight bytes, where the table looks first, and others.
IDS = st.builds(
    lambda a, b: (a + b"\0" * 23 + b).hex(),
    st.sampled_from([b"\0" * 8, b"\xff" * 8]),
    st.binary(min_size=1, max_size=1),
)
IDS |= st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.dictionaries(IDS, ENTRIES, max_size=40), st.lists(IDS, max_size=10))
def test_it_says_what_a_dict_says(rows: dict[str, Entry], others: list[str]) -> None:
    index = StatementIndex()
    for statement, entry in rows.items():
        assert index.find(statement) is None
        index.add(statement, entry)
        assert index.end == entry.record + 1
    for one in (index, StatementIndex.load(orjson.loads(orjson.dumps(index.dump())))):
        assert len(one) == len(rows)
        assert all(one.find(statement) == entry for statement, entry in rows.items())
        assert all(one.find(statement) == rows.get(statement) for statement in others)
        assert one.dump() == index.dump()


def test_it_grows() -> None:
    index, ids = StatementIndex(), [sha256(b"%d" % n).hexdigest() for n in range(5_000)]
    for n, statement in enumerate(ids):
        index.add(statement, Entry(n, f"type-{n % 70}", f"P{n % 300}", n % 2 == 1))
    again = StatementIndex.load(index.dump())
    for n, statement in enumerate(ids):
        expected = Entry(n, f"type-{n % 70}", f"P{n % 300}", n % 2 == 1)
        assert index.find(statement) == again.find(statement) == expected
    assert index.find(sha256(b"x").hexdigest()) is None
    again.add("0a" * 32, Entry(5_000, "type-0", "P0", False))
    assert again.find("0a" * 32) == Entry(5_000, "type-0", "P0", False)


def test_it_is_empty_at_first() -> None:
    assert (len(StatementIndex()), StatementIndex().end, StatementIndex().find("00" * 32)) == (0, 0, None)


def test_more_names_than_it_can_tell_apart_are_refused() -> None:
    index = StatementIndex()
    most = 0x7FF
    for n in range(most):
        index.add(sha256(b"%d" % n).hexdigest(), Entry(n, "pledge", f"P{n}", True))
    with pytest.raises(OverflowError):
        index.add("0a" * 32, Entry(most, "pledge", f"P{most}", True))
    assert len(index) == most
    assert index.find("0a" * 32) is None
    last = most - 1
    assert index.find(sha256(b"%d" % last).hexdigest()) == Entry(last, "pledge", f"P{last}", True)


POINTERS = st.text("/body~01é", min_size=1, max_size=6)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
SEALED = st.tuples(
    st.sampled_from(["root", "duty-desk"]), st.integers(0, 2**53 - 1), st.dictionaries(POINTERS, DIGESTS, min_size=1)
)


@given(st.dictionaries(st.integers(0, 60), SEALED), st.integers(0, 61))
def test_sealed_rows_say_what_a_dict_says(rows: dict[int, tuple[str, int, dict[str, str]]], asked: int) -> None:
    sealed = SealedRows()
    for record, (office, sequence, digests) in sorted(rows.items()):
        sealed.add(record, office, sequence, digests.items())
    assert len(sealed) == sum(len(digests) for _, _, digests in rows.values())
    for one in (sealed, SealedRows.load(orjson.loads(orjson.dumps(sealed.dump())))):
        for record in {*rows, asked}:
            office, sequence, digests = rows.get(record, ("", 0, {}))
            found = one.find(record, "XA")
            assert (found.party, found.office, found.sequence, found.digests) == ("XA", office, sequence, digests)
        assert one.dump() == sealed.dump()


def test_a_sealed_field_costs_little() -> None:
    sealed = SealedRows()
    for record in range(1_000):
        sealed.add(record, "root", record, [(f"/body/{n}", "0a" * 32) for n in range(10)])
    assert len(orjson.dumps(sealed.dump())) < 60 * len(sealed)


def test_a_drill_costs_little() -> None:
    """Most drills name the same few participants; a log may hold a million."""
    drills = Drills()
    for record in range(1_000):
        people = ((f"X{record % 3}",), (), ("VN",))
        drills.take(Outline(ANNOUNCES, 1_772_348_400, 1_772_640_000, people), 2 * record, 0, 86_400)
    assert len(drills) == 1_000
    assert len(orjson.dumps(drills.dump())) < 60 * len(drills)
    again = Drills.load(orjson.loads(orjson.dumps(drills.dump())))
    assert again.dump() == drills.dump()
    again.require_open(1_998, "VN", "XZ", 1_772_348_400)
    with pytest.raises(ValueError, match="begins and ends"):
        drills.take(Outline(ANNOUNCES, None, None, ((), (), ())), 5_000, 0, 0)
