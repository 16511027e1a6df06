"""Statements: the form of every member. The vectors in tests/vectors/statement say what is wrong in which way."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases.sayings import GOOD, WRONG
from verifier import statement
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.statement import MEMBERS, Relation

JUNK: list[Any] = [None, True, False, 0, -1, 2**53 - 1, "", "x", "XA", "0a" * 32, [], [None], [1], [[]], {}, {"a": 1}]


def refusal(value: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        statement.parse(canonical.encode(value))
    return caught.value


def test_a_statement_reads_as_it_was_written() -> None:
    full = {
        **GOOD,
        "relates": [{"rel": "corrects", "statement": "0b" * 32}],
        "sealed": [{"pointer": "/body/a", "digest": "0c" * 32, "tlp": "TLP:RED", "opens": None}],
    }
    raw = canonical.encode(full)
    said = statement.parse(raw)
    assert (said.payload, said.id) == (raw, sha256(raw).hexdigest())
    assert said.relates == (Relation("corrects", "0b" * 32),)
    assert said.sealed_pointers == {"/body/a"}
    assert said.issued_at == times.parse_utc("2026-01-01T00:00:00Z")
    lists = {"signers": tuple(full["signers"]), "addressees": (), "relates": said.relates}
    assert {name: getattr(said, name) for name in MEMBERS} == {**full, **lists}


def test_every_member_is_always_there_and_no_other() -> None:
    assert set(MEMBERS) == set(GOOD)
    for member in MEMBERS:
        fault = refusal({name: value for name, value in GOOD.items() if name != member})
        assert (fault.code, fault.where) == ("statement.malformed", "")
        assert f"missing: ['{member}']" in fault.message
    fault = refusal({**GOOD, "Party": "XA"})
    assert "unknown: ['Party']" in fault.message


@pytest.mark.parametrize("member", MEMBERS)
@given(junk=st.sampled_from(JUNK) | st.lists(st.sampled_from(JUNK), max_size=2))
def test_junk_is_refused_at_its_member_or_is_none(member: str, junk: Any) -> None:
    try:
        said = statement.parse(canonical.encode({**GOOD, member: junk}))
    except Fault as fault:
        assert fault.code == "statement.malformed"  # noqa: PT017
        assert (fault.where + "/").startswith(f"/{member}/")  # noqa: PT017
    else:
        assert said.id


def test_every_member_has_a_vector_that_is_wrong() -> None:
    assert {where.split("/")[1] for _, where in WRONG.values() if where} == set(MEMBERS)


def test_only_the_charter_has_no_previous() -> None:
    assert statement.parse(canonical.encode({**GOOD, "type": "charter", "previous": None})).previous is None
    assert refusal({**GOOD, "type": "charter"}).where == "/previous"
    assert refusal({**GOOD, "previous": None}).where == "/previous"


@pytest.mark.parametrize("value", [[], None, "x", 1, {}])
def test_what_is_no_object_is_no_statement(value: Any) -> None:
    assert refusal(value).code == "statement.malformed"


@given(st.lists(st.sampled_from(["XA", "XB", "XC", "42"]), max_size=4))
def test_a_set_is_sorted_and_holds_nothing_twice(codes: list[str]) -> None:
    value = {**GOOD, "addressees": codes}
    if codes == sorted(set(codes)):
        assert statement.parse(canonical.encode(value)).addressees == tuple(codes)
    else:
        assert refusal(value).where == "/addressees"


def test_a_statement_in_another_spelling_is_none() -> None:
    raw = canonical.encode(GOOD)
    for other in (raw + b"\n", raw.replace(b'"XA"', b'"\\u0058A"'), b" " + raw, raw[:-1]):
        with pytest.raises(Fault) as caught:
            statement.parse(other)
        assert caught.value.code.startswith("json.")
