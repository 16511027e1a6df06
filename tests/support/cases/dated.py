"""Witnessed times: cosignatures, a record, and the interval that the definition gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.cases import Case, case
from tests.support.people import NotePen
from verifier.formats import note

RULE = "FORMAT.md, Witnessed time"
Cosigned = tuple[str, int, int]
"""Witness (key name), size, time."""


@cache
def _vkey(name: str, secret: str = "") -> str:
    return NotePen(name, note.COSIGNATURE_ED25519, secret).key.vkey


def policy(*lines: str, witnesses: str = "abc") -> str:
    """A policy of witnesses a.example, b.example, …, and these lines."""
    log = NotePen("accord.example/ledger", note.ED25519).key.vkey
    return "\n".join([f"log {log}", *(f"witness {n} {_vkey(n + '.example')}" for n in witnesses), *lines, ""])


TWO_OF_THREE = policy("group two 2 a b c", "quorum two")
ALL, ANY = policy("group all all a b c", "quorum all"), policy("group any any a b c", "quorum any")
NONE = policy("quorum none")
ONE = policy("quorum b")
NESTED = policy("group pair all a b", "group any any pair c", "quorum any")
TWO_KEYS = policy(
    f"witness a2 {_vkey('a.example', 'second')}", "group a-any any a a2", "group two 2 a-any b c", "quorum two"
)
POLICIES = {"two": TWO_OF_THREE, "all": ALL, "any": ANY, "none": NONE, "one": ONE, "nested": NESTED, "keys": TWO_KEYS}


@dataclass(frozen=True)
class Dated:
    """A case: the interval of record `index` as (after, before)."""

    policy: str
    cosigned: list[Cosigned]
    index: int
    interval: tuple[int | None, int | None]
    receipts: tuple[tuple[int, str, int], ...] = ()


def at(time: int, size: int, names: str = "abc") -> list[Cosigned]:
    """These witnesses sign a size, one second after another."""
    return [(f"{name}.example", size, time + n) for n, name in enumerate(names)]


CASES: dict[str, Dated] = {
    "nothing-signed": Dated(TWO_OF_THREE, [], 0, (None, None)),
    "before-and-after": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 5, (101, 201)),
    "the-last-record-of-a-size": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 8, (101, 201)),
    "the-first-record-after-a-size": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 4, (None, 101)),
    "beyond-every-size": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 9, (201, None)),
    "all-must-have-signed": Dated(ALL, [*at(100, 5), *at(200, 9)], 5, (102, 202)),
    "any-may-have-signed": Dated(ANY, [*at(100, 5), *at(200, 9)], 5, (100, 200)),
    "one-witness": Dated(ONE, [*at(100, 5), *at(200, 9)], 5, (101, 201)),
    "nested-groups": Dated(NESTED, [*at(100, 5), *at(200, 9)], 5, (101, 201)),
    "nested-groups-by-c": Dated(NESTED, [*at(100, 5, "c"), *at(200, 9, "c")], 5, (None, 200)),
    "no-quorum-gives-no-time": Dated(NONE, [*at(100, 5), *at(200, 9)], 5, (None, None)),
    "a-witness-that-never-signed-before": Dated(TWO_OF_THREE, [*at(100, 5, "a"), *at(200, 9)], 5, (None, 201)),
    "a-witness-that-has-not-signed-yet": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9, "ab")], 5, (101, 201)),
    "too-few-have-signed-yet": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9, "a")], 5, (101, None)),
    "a-heartbeat-moves-after": Dated(TWO_OF_THREE, [*at(100, 5), *at(150, 5), *at(200, 9)], 5, (151, 201)),
    "a-heartbeat-does-not-move-before": Dated(TWO_OF_THREE, [*at(100, 5), *at(200, 9), *at(300, 9)], 5, (101, 201)),
    "the-interval-is-one-moment": Dated(ONE, [("b.example", 5, 100), ("b.example", 6, 100)], 5, (100, 100)),
    "time-zero-says-nothing": Dated(
        ONE, [("b.example", 5, 0), ("b.example", 9, 0), ("b.example", 12, 300)], 5, (None, 300)
    ),
    "a-clock-that-went-backwards": Dated(ONE, [("b.example", 5, 200), ("b.example", 9, 100)], 5, (None, None)),
    "a-clock-that-went-backwards-elsewhere": Dated(
        ONE, [("b.example", 5, 100), ("b.example", 9, 300), ("b.example", 12, 200)], 5, (100, 200)
    ),
    "one-clock-of-three-went-backwards": Dated(
        TWO_OF_THREE, [("a.example", 5, 900), *at(100, 5, "bc"), *at(200, 9)], 5, (100, 202)
    ),
    "a-stranger-dates-nothing": Dated(ONE, [("z.example", 5, 100), ("z.example", 9, 200)], 5, (None, None)),
    "two-keys-are-one-witness": Dated(TWO_KEYS, [("a.example", 5, 100), ("a.example", 9, 200)], 5, (None, None)),
    "two-keys-are-one-witness-and-another": Dated(
        TWO_KEYS, [("a.example", 5, 100), *at(110, 5, "b"), ("a.example", 9, 200), *at(210, 9, "b")], 5, (100, 210)
    ),
    "a-receipt-narrows-its-record": Dated(
        TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 5, (101, 151), tuple((5, name, t) for name, _, t in at(150, 0))
    ),
    "a-receipt-of-another-record": Dated(
        TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 6, (101, 201), tuple((5, name, t) for name, _, t in at(150, 0))
    ),
    "a-receipt-later-than-the-history": Dated(
        TWO_OF_THREE, [*at(100, 5), *at(200, 9)], 5, (101, 201), tuple((5, name, t) for name, _, t in at(900, 0))
    ),
    "a-receipt-alone": Dated(TWO_OF_THREE, [], 5, (None, 151), tuple((5, name, t) for name, _, t in at(150, 0))),
    "a-receipt-without-time": Dated(ONE, [], 5, (None, None), ((5, "b.example", 0),)),
}


def cases() -> Iterator[tuple[str, Case]]:
    for name, one in CASES.items():
        members = {"policy": one.policy, "cosigned": one.cosigned, "receipts": one.receipts, "index": one.index}
        yield case("times", "interval", f"interval-{name}", RULE, None, **members, gives=list(one.interval))
