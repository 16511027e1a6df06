"""Expressions of the story, sealing of descriptions, and the cast's keys."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import secret_keys as sk
from verifier import sealing
from verifier.errors import Fault
from verifier.formats import canonical, times
from web.demo import seals
from web.demo.acts import LENGTH, Act, Story
from web.demo.cast import PASSPHRASE, Cast
from web.demo.clock import Clock
from web.demo.home import Home
from web.demo.reports import Reports
from web.demo.values import Told, Values

START = times.parse_utc("2025-03-01T00:00:00Z")
ACT = Act("the-act", START, "XA", "foreign-ministry", "review", {})
TOLD = Told("ab" * 32, 7, "XC", "defence-staff", 3, "cd" * 32, START + 7200)


@pytest.fixture
def values(tmp_path: Path) -> Values:
    opened = {"sealed": {"/body/name": sealing.seal("XC/defence-staff/3/body/name", "Still Water", bytes(16))}}
    story = Story(START, START + LENGTH, ())
    home, told = Home(tmp_path), {"said": TOLD, "sealed": TOLD}
    return Values(story, Cast("seed", START), home, START + 60, told, opened, Reports(home))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"$time": "start + P1DT2H"}, "2025-03-02T02:00:00Z"),
        ({"$time": "now"}, "2025-03-01T00:01:00Z"),
        ({"$year": 1}, 2026),
        ({"$id": "said"}, "ab" * 32),
        ({"$record": "said"}, 7),
        ({"$sequence": "said"}, 3),
        ({"$previous": "said"}, "cd" * 32),
        ("from ${start + P6D} on", "from 7 March 2025 on"),
        ([1, None, True, {"a": [{"$year": 0}]}], [1, None, True, {"a": [2025]}]),
    ],
)
def test_an_expression_stands_for(values: Values, written: Any, meant: Any) -> None:
    assert values.resolve(written, ACT) == meant


@pytest.mark.parametrize(
    "written",
    [
        {"$time": "sometime"},
        {"$id": "nobody"},
        {"$nothing": 1},
        {"$id": "said", "more": 1},
        {"$contact": "ZZ"},
        {"$digest": "no-such.txt"},
        {"$key": "XA/root-9"},
        {"$disclosures": {"of": "sealed", "without": ["/body/scale"]}},
        {"$obligation": {"rule": "r", "source": "nobody", "debtor": "XA", "trigger": None}},
        "${someday}",
    ],
)
def test_an_expression_that_means_nothing_is_refused(values: Values, written: Any) -> None:
    with pytest.raises(Fault) as caught:
        values.resolve(written, ACT)
    assert caught.value.code == "demo.story"


def test_what_opens_a_sealed_act_and_what_does_not(values: Values) -> None:
    kept = values.opened["sealed"]["/body/name"]
    sealed = sealing.Commitments("XC", "defence-staff", 3, {"/body/name": kept.digest})
    (row,) = values.resolve({"$disclosures": "sealed"}, ACT)
    assert sealing.require_opens(row["disclosure"], sealed, row["pointer"]).value == "Still Water"
    other = values.resolve({"$otherwise": {"of": "sealed", "pointer": "/body/name", "value": "Calm"}}, ACT)
    assert sealing.read(other).value == "Calm"
    with pytest.raises(Fault) as caught:
        sealing.require_opens(other, sealed, "/body/name")
    assert caught.value.code == "disclosure.mismatch"


def test_some_of_what_opens_a_sealed_act(values: Values) -> None:
    kept = values.opened["sealed"]["/body/name"]
    assert values.resolve({"$disclosures": {"of": "sealed", "without": ["/body/name"]}}, ACT) == []
    assert values.resolve({"$digests": {"of": "sealed", "pointers": ["/body/name"]}}, ACT) == [kept.digest]
    assert values.resolve({"$digests": "sealed"}, ACT) == [kept.digest]


def test_an_obligation_is_named_by_what_it_follows_from(values: Values) -> None:
    row = {"rule": "line-test", "source": "said", "debtor": "XB", "trigger": None}
    counted = {"since": "said", "every": "P90D", "number": 2, "toward": "XA"}
    written = {"from": "2025-05-30T02:00:00Z", "to": "2025-08-28T01:59:59Z", "toward": "XA"}
    found = values.resolve({"$obligation": row | {"period": counted}}, ACT)
    whole = {**row, "source": TOLD.id, "period": written}
    assert found == sha256(canonical.encode(whole)).hexdigest()
    assert found == values.resolve({"$obligation": row | {"period": written}}, ACT)
    overdue = {"rule": "no-answer", "source": "said", "debtor": "XB", "trigger": {"$obligation": row}}
    inner = {**row, "source": TOLD.id, "period": None}
    outer = {**overdue, "source": TOLD.id, "period": None, "trigger": sha256(canonical.encode(inner)).hexdigest()}
    assert values.resolve({"$obligation": overdue}, ACT) == sha256(canonical.encode(outer)).hexdigest()


def test_a_null_in_a_list_becomes_a_decoy_and_a_null_member_stays() -> None:
    made = {"body": {"a": None, "rows": [None, 1]}}
    found = seals.close(made, ["/body/a", "/body/rows/0", "/body/rows/1"], lambda p, v: sealing.seal(p, v, bytes(16)))
    assert {pointer: one.value for pointer, one in found.items()} == {"/body/rows/0": None, "/body/rows/1": 1}


def test_closing_leaves_null_and_hands_back_what_opens() -> None:
    made = {"body": {"a": "x", "b": None, "rows": [{"c/d": 1}, {"c/d": 2}]}}
    found = seals.close(made, ["/body/a", "/body/b", "/body/rows/1/c~1d"], lambda p, v: sealing.seal(p, v, bytes(16)))
    assert made == {"body": {"a": None, "b": None, "rows": [{"c/d": 1}, {"c/d": None}]}}
    assert {pointer: one.value for pointer, one in found.items()} == {"/body/a": "x", "/body/rows/1/c~1d": 2}
    for nowhere in ("/body/z", "/body/rows/2", "/body/rows/01"):
        with pytest.raises(Fault):
            seals.close(made, [nowhere], lambda p, v: sealing.seal(p, v, bytes(16)))


def test_keys_follow_from_the_seed_and_are_encrypted(tmp_path: Path) -> None:
    cast = Cast("one seed", START)
    cast.source = {**cast.source, "parties": {"XA": cast.parties["XA"]}}
    other = Cast("another seed", START)
    home = Home(tmp_path / "home")
    home.keys.mkdir(parents=True)
    cast.write_keys(home)
    raw = (home.keys / "XA" / "foreign-ministry.pem").read_bytes()
    kinds = [key.algorithm for key in sk.open_sealed(raw, PASSPHRASE)]
    assert kinds == [sk.ED25519, sk.ML_DSA_65]
    with pytest.raises(Fault) as caught:
        sk.open_sealed(raw, b"another passphrase")
    assert caught.value.code == "key.passphrase"
    assert cast.log_signer.keys == Cast("one seed", START + 1).log_signer.keys != other.log_signer.keys
    names = [one.key.algorithm for one in cast.cosigners("witness.norhaven.example/w1")]
    assert len(names) == 2


def test_nobody_but_the_cast_speaks() -> None:
    cast = Cast("seed", START)
    assert cast.holders("XA", "root") == ("root-1", "root-2")
    for code, office in (("ZZ", "root"), ("QN", "foreign-ministry")):
        with pytest.raises(Fault) as caught:
            cast.holders(code, office)
        assert caught.value.code == "demo.story"
    assert "pledge-withdrawal" not in cast.types("XB", "duty-desk")


def test_the_clock_stands_moves_and_is_let_go() -> None:
    clock = Clock(1000)
    clock.move(1010)
    clock.move(900)
    assert clock() == 1010
    clock.release()
    clock.move(5)
    assert clock() > START
