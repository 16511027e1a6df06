"""Witnessed time against its definition in DESIGN, "Time", written down as plainly as it stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases.dated import CASES, POLICIES, Cosigned, Dated
from verifier.formats import policy as policies
from verifier.formats.policy import Policy
from verifier.witnessed import Interval, Timelines

READ = {name: policies.parse(text.encode()) for name, text in POLICIES.items()}
POLICY = st.sampled_from(sorted(READ)).map(READ.__getitem__)
Receipt = tuple[int, str, int]
"""Record, witness (key name), time."""
NAMES = ("a.example", "b.example", "c.example")
NAME = st.sampled_from([*NAMES, "stranger.example"])
COSIGNED = st.lists(st.tuples(NAME, st.integers(0, 6), st.integers(0, 12)), max_size=14)
RECEIPTS = st.lists(st.tuples(st.integers(0, 6), NAME, st.integers(0, 12)), max_size=4)
INDEX = st.integers(0, 6)


@st.composite
def honest(draw: st.DrawFn) -> list[Cosigned]:
    """Cosignatures of witnesses whose clocks never go back: each signs rising sizes at rising times."""
    rows = []
    for name in NAMES:
        sizes = sorted(draw(st.lists(st.integers(0, 6), max_size=5)))
        times = sorted(draw(st.lists(st.integers(1, 12), min_size=len(sizes), max_size=len(sizes))))
        rows += [(name, size, time) for size, time in zip(sizes, times, strict=True)]
    return rows


def timelines(cosigned: Iterable[Cosigned], receipts: Iterable[Receipt] = ()) -> Timelines:
    lines = Timelines()
    for row in cosigned:
        lines.add(*row)
    for receipt in receipts:
        lines.add_receipt(*receipt)
    return lines


def defined(policy: Policy, cosigned: Sequence[Cosigned], index: int, receipts: Sequence[Receipt] = ()) -> Interval:
    """The definition: for each witness the latest time at which it signed a size without the record, none being minus
    infinity, and the earliest at which it signed one with it; then the earliest moments at which the witnesses so dated
    satisfy the policy."""
    if policy.quorum is None:
        return Interval(None, None)
    without: dict[str, float] = {}
    having: dict[str, float] = {}
    for name in {entry.key.name for entry in policy.witnesses.values()}:
        past = [time for who, size, time in cosigned if who == name and size <= index and time]
        later = [time for who, size, time in cosigned if who == name and size > index and time]
        later += [time for record, who, time in receipts if who == name and record == index and time]
        latest, earliest = max(past, default=float("-inf")), min(later, default=float("inf"))
        if latest > earliest:
            latest, earliest = float("-inf"), float("inf")
        without[name], having[name] = latest, earliest
    return Interval(_moment(policy, without), _moment(policy, having))


def _moment(policy: Policy, dated: dict[str, float]) -> int | None:
    """The earliest moment at which the witnesses dated by then satisfy the policy; None where it is not finite."""
    for moment in sorted({time for time in dated.values() if time != float("inf")}):
        names = [name for name, entry in policy.witnesses.items() if dated[entry.key.name] <= moment]
        if policy.satisfied(names):
            return None if moment == float("-inf") else int(moment)
    return None


@pytest.mark.parametrize("name", CASES)
def test_the_vectors_are_what_the_definition_says(name: str) -> None:
    one: Dated = CASES[name]
    policy = policies.parse(one.policy.encode())
    assert defined(policy, one.cosigned, one.index, one.receipts) == one.interval
    assert timelines(one.cosigned, one.receipts).interval(one.index, policy) == one.interval


@given(POLICY, COSIGNED, INDEX, RECEIPTS)
def test_it_is_the_definition(policy: Policy, cosigned: list[Cosigned], index: int, receipts: list[Receipt]) -> None:
    assert timelines(cosigned, receipts).interval(index, policy) == defined(policy, cosigned, index, receipts)


@given(POLICY, COSIGNED, INDEX, RECEIPTS)
def test_it_never_inverts(policy: Policy, cosigned: list[Cosigned], index: int, receipts: list[Receipt]) -> None:
    after, before = timelines(cosigned, receipts).interval(index, policy)
    assert after is None or before is None or after <= before


@given(COSIGNED.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), RECEIPTS)
def test_the_order_in_which_signatures_come_is_no_matter(
    both: tuple[list[Cosigned], list[Cosigned]], receipts: list[Receipt]
) -> None:
    first, second = (timelines(rows, receipts) for rows in both)
    for policy, index in product(READ.values(), range(7)):
        assert first.interval(index, policy) == second.interval(index, policy)
    assert first.sizes_after(2) == second.sizes_after(2)


@given(POLICY, honest(), INDEX, st.data())
def test_more_cosignatures_of_honest_witnesses_never_widen(
    policy: Policy, cosigned: list[Cosigned], index: int, data: st.DataObject
) -> None:
    fewer = data.draw(st.lists(st.sampled_from(cosigned), unique=True)) if cosigned else []
    narrow, wide = timelines(cosigned).interval(index, policy), timelines(fewer).interval(index, policy)
    assert wide.after is None or (narrow.after is not None and narrow.after >= wide.after)
    assert wide.before is None or (narrow.before is not None and narrow.before <= wide.before)


@given(POLICY, honest(), INDEX)
def test_later_records_are_not_dated_earlier(policy: Policy, cosigned: list[Cosigned], index: int) -> None:
    lines = timelines(cosigned)
    this, following = lines.interval(index, policy), lines.interval(index + 1, policy)
    assert this.after is None or (following.after is not None and following.after >= this.after)
    assert following.before is None or (this.before is not None and this.before <= following.before)


@given(POLICY, COSIGNED, RECEIPTS, INDEX)
def test_a_receipt_dates_its_record_alone(
    policy: Policy, cosigned: list[Cosigned], receipts: list[Receipt], index: int
) -> None:
    others = [receipt for receipt in receipts if receipt[0] != index]
    assert timelines(cosigned, others).interval(index, policy) == timelines(cosigned).interval(index, policy)


@given(COSIGNED, RECEIPTS, COSIGNED)
def test_what_is_kept_goes_on_the_same(cosigned: list[Cosigned], receipts: list[Receipt], more: list[Cosigned]) -> None:
    kept = Timelines.load(orjson.loads(orjson.dumps(timelines(cosigned, receipts).dump())))
    for row in more:
        kept.add(*row)
    whole = timelines([*cosigned, *more], receipts)
    for policy, index in product(READ.values(), range(7)):
        assert kept.interval(index, policy) == whole.interval(index, policy)


@given(COSIGNED)
def test_what_contradicts_is_named_as_soon_as_it_is_seen(cosigned: list[Cosigned]) -> None:
    """A larger size signed at an earlier time: some signature must be answered with one that contradicts it."""
    lines, answered = Timelines(), False
    for name, size, time in cosigned:
        other = lines.add(name, size, time)
        if other is not None:
            answered = True
            assert (name, *other) in cosigned
            assert (other[0] < size and other[1] > time) or (other[0] > size and other[1] < time)
    pairs = product([row for row in cosigned if row[2]], repeat=2)
    assert answered == any(a[0] == b[0] and a[1] < b[1] and a[2] > b[2] for a, b in pairs)


def test_the_newest_signature_of_a_witness() -> None:
    lines = timelines([("a.example", 5, 100), ("a.example", 5, 150), ("a.example", 3, 50), ("b.example", 9, 0)])
    assert lines.newest("a.example") == (5, 150)
    assert lines.newest("b.example") is None
    assert lines.sizes_after(3) == {5}
