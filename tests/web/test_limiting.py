"""The token bucket of each address: spent, refilled by the monotonic clock, forgotten when full."""

from __future__ import annotations

import pytest

from verifier.errors import Fault
from web import limiting
from web.limiting import AddressLimit


class Stopwatch:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def refused(limit: AddressLimit, address: str, cost: int = 1) -> int:
    """The seconds after which the address is told to come again."""
    with pytest.raises(Fault) as caught:
        limit.spend(address, cost)
    assert (caught.value.code, caught.value.kind.status) == ("http.too-many", 429)
    return int(caught.value.evidence["retry_after"])


def test_burst_then_rate() -> None:
    watch = Stopwatch()
    limit = AddressLimit(2.0, 10, watch)
    limit.spend("192.0.2.1", 10)
    assert refused(limit, "192.0.2.1") == 1
    assert refused(limit, "192.0.2.1", 7) == 4
    watch.now += 3.5
    limit.spend("192.0.2.1", 7)
    assert refused(limit, "192.0.2.1") == 1
    limit.spend("192.0.2.2", 10)


def test_a_refusal_spends_nothing_and_a_full_bucket_holds_no_more_than_the_burst() -> None:
    watch = Stopwatch()
    limit = AddressLimit(1.0, 5, watch)
    limit.spend("a", 3)
    for _ in range(10):
        refused(limit, "a", 3)
    limit.spend("a", 2)
    watch.now += 1000
    limit.spend("a", 5)
    refused(limit, "a")


def test_more_than_the_burst_takes_the_whole_burst() -> None:
    watch = Stopwatch()
    limit = AddressLimit(1.0, 5, watch)
    limit.spend("a", 6)
    assert refused(limit, "a", 6) == 5
    watch.now += 5
    limit.spend("a", 6)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("not:an:address", "not:another", False),
    ],
)
def test_who_counts_as_one(one: str, other: str, same: bool) -> None:
    limit = AddressLimit(0.01, 1, Stopwatch())
    limit.spend(one)
    if same:
        refused(limit, other)
    else:
        limit.spend(other)


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "_FORGET_AT", 100)
    watch = Stopwatch()
    limit = AddressLimit(1.0, 2, watch)
    limit.spend("old", 2)
    for n in range(1000):
        watch.now += 0.5
        limit.spend(f"address {n}")
    assert len(limit._buckets) <= 101
    assert "old" not in limit._buckets
