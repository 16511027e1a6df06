"""Sealing a draft: what is committed to and kept, what is refused, what the statement tells, and what a crash leaves."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import sealing, sealing_kept
from ledger.desk.sealing import Chance, Plan
from ledger.desk.sealing_kept import Kept
from tests.ledger.desk.desk_world import NOW, Result, World, call, write_draft
from verifier import disclosed, statement, vocabulary
from verifier import sealing as core
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.statement import Statement

OPENS = "2027-01-01T00:00:00Z"
NAME = "XA/defence-staff/4"


@pytest.fixture
def draft(world: World, tmp_path: Path) -> Path:
    return write_draft(tmp_path / "d.statement.json", world)


@pytest.fixture
def said(draft: Path) -> Statement:
    return statement.parse(draft.read_bytes())


def seal(draft: Path, *args: object) -> Result:
    return call("seal", draft, "--keep", draft.parent / "kept.json", *args)


def sealed_of(draft: Path) -> Statement:
    return statement.parse((draft.parent / "d.sealed.statement.json").read_bytes())


# What is committed to and kept.


def test_fields_and_items_are_sealed_and_kept(draft: Path, said: Statement) -> None:
    terms = ["--tlp", "TLP:RED", "--opens", OPENS]
    result = seal(draft, "--field", "/body/purpose", "--field", "/body/place", "--items", "/body/is_not", *terms)
    assert result.code == 0, result.err
    found, kept = sealed_of(draft), sealing_kept.read(draft.parent / "kept.json")
    pointers = ["/body/is_not/0", "/body/is_not/1", "/body/place", "/body/purpose"]
    assert [row["pointer"] for row in found.sealed] == pointers
    assert {(row["tlp"], row["opens"]) for row in found.sealed} == {("TLP:RED", OPENS)}
    assert (found.body["purpose"], found.body["place"], found.body["is_not"]) == (None, None, [None, None])
    assert kept.kept.place == (said.ledger, "XA", "defence-staff", 4)
    opened = [core.require_opens(row.disclosure, disclosed.sealed_in(found), row.pointer) for row in kept.kept.openings]
    assert [row.value for row in opened] == [*said.body["is_not"], said.body["place"], said.body["purpose"]]
    assert [row.name for row in opened] == [NAME + pointer for pointer in pointers]
    assert {len(row.salt) for row in opened} == {16}
    assert len({row.salt for row in opened}) == len(opened)
    others = {name: value for name, value in said.body.items() if name not in ("purpose", "place", "is_not")}
    assert {name: found.body[name] for name in others} == others
    assert (found.issued, found.signers, found.title) == (said.issued, said.signers, said.title)


def test_what_is_not_there_is_sealed_like_what_is(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.statement.json", world, body={"place": None})
    assert seal(draft, "--field", "/body/place").code == 0
    row = sealing_kept.read(tmp_path / "kept.json").kept.openings[0]
    opened = core.read(row.disclosure)
    assert (opened.name, opened.value) == (f"{NAME}/body/place", None)
    assert sealed_of(draft).sealed[0]["opens"] is None


def test_a_draft_is_sealed_again_under_another_label(draft: Path) -> None:
    assert seal(draft, "--field", "/body/purpose").code == 0
    again = draft.parent / "d.sealed.statement.json"
    more = ["--tlp", "TLP:RED", "--keep", draft.parent / "red.json", "--out", draft.parent / "both.json"]
    assert call("seal", again, "--field", "/body/networks", *more).code == 0
    found = statement.parse((draft.parent / "both.json").read_bytes())
    assert [(row["pointer"], row["tlp"]) for row in found.sealed] == [
        ("/body/networks", "TLP:RED"),
        ("/body/purpose", "TLP:AMBER"),
    ]
    held = ["--keep", draft.parent / "kept.json", "--keep", draft.parent / "red.json"]
    result = call("lint", draft.parent / "both.json", *held, "--json")
    assert {row["code"] for row in result.json if row["severity"] == "error"} == set()


def test_seal_warns_and_answers_as_json(draft: Path) -> None:
    result = seal(draft, "--field", "/body/purpose", "--json")
    assert "nobody can ever open" in result.err
    assert "second medium" in result.err
    purpose = json.loads(draft.read_bytes())["body"]["purpose"]
    assert purpose not in result.err + result.out, "what is sealed is not written to a screen or a journal"
    assert result.json["sealed"] == ["/body/purpose"]
    assert result.json["id"] == sealed_of(draft).id
    assert [row["code"] for row in result.json["findings"]] == ["lint.kept-copy", "lint.opens-never"]


def test_the_list_of_a_kept_file_says_what_stands_where(draft: Path) -> None:
    seal(draft, "--items", "/body/is_not", "--places", 5, "--opens", OPENS)
    rows = call("disclose", draft.parent / "kept.json", "--list", "--json").json["rows"]
    assert [row["pointer"] for row in rows] == [f"/body/is_not/{n}" for n in range(5)]
    assert sum(row["decoy"] for row in rows) == 3
    told = call("disclose", draft.parent / "kept.json", "--list").out
    assert told.count("a decoy") == 3
    assert "not directed at any state" in told


# What is refused, and then nothing is written.

REFUSED: dict[str, tuple[list[object], str]] = {
    "a date that anchors rules": (["--field", "/body/start"], "statement.sealed"),
    "what is never sealed": (["--items", "/body/observers"], "statement.sealed"),
    "an item of it": (["--field", "/body/observers/0"], "statement.sealed"),
    "addressees": (["--field", "/addressees"], "seal.pointer"),
    "the type": (["--field", "/type"], "seal.pointer"),
    "exercise": (["--field", "/exercise"], "seal.pointer"),
    "an opening date": (["--field", "/sealed/0/opens"], "seal.pointer"),
    "the whole body": (["--field", "/body"], "seal.pointer"),
    "no pointer": (["--field", "purpose"], "seal.pointer"),
    "nothing there": (["--field", "/body/porpoise"], "seal.pointer"),
    "no such item": (["--field", "/body/is_not/9"], "seal.pointer"),
    "an item that is no number": (["--field", "/body/is_not/00"], "seal.pointer"),
    "inside a text": (["--field", "/body/purpose/0"], "seal.pointer"),
    "items of a text": (["--items", "/body/purpose"], "seal.pointer"),
    "one place twice": (["--field", "/body/purpose", "--field", "/body/purpose"], "seal.pointer"),
    "one inside another": (["--field", "/body/is_not/0", "--items", "/body/is_not"], "seal.pointer"),
    "TLP:CLEAR": (["--field", "/body/purpose", "--tlp", "TLP:CLEAR"], "seal.label"),
    "a label that is none": (["--field", "/body/purpose", "--tlp", "SECRET"], "seal.label"),
    "a date that is none": (["--field", "/body/purpose", "--opens", "2027-01-01"], "time.malformed"),
    "nothing to seal": ([], "seal.nothing"),
    "an empty list": (["--items", "/body/co_hosts"], "seal.nothing"),
    "decoys among fields": (["--field", "/body/purpose", "--decoys", 3], "seal.places"),
    "too few places": (["--items", "/body/networks", "--places", 1], "seal.places"),
    "more items than the schema allows": (["--items", "/body/networks", "--decoys", 64], "statement.schema"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_sealed_is_refused(world: World, tmp_path: Path, case: str) -> None:
    args, code = REFUSED[case]
    draft = write_draft(tmp_path / "d.statement.json", world, body={"co_hosts": []})
    result = seal(draft, *args, "--json")
    assert result.code != 0
    assert json.loads(result.err)["code"] == code, result.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.statement.json"]


def test_what_is_sealed_already_is_not_sealed_again(draft: Path, said: Statement) -> None:
    found, _ = sealing.seal(said, Plan(("/body/deconfliction/office", "/body/networks/0", "/body/purpose")))
    for pointer in ("/body/purpose", "/body/deconfliction", "/body/networks", "/body/networks/0/kind"):
        with pytest.raises(Fault) as caught:
            sealing.seal(found, Plan((pointer,)))
        assert caught.value.code == "seal.pointer", pointer


def test_an_unsound_draft_is_not_sealed(world: World, tmp_path: Path) -> None:
    for body in ({"kind": "parade"}, {"purpose": 7}):
        draft = write_draft(tmp_path / "d.statement.json", world, body=body)
        result = seal(draft, "--field", "/body/purpose", "--json")
        assert json.loads(result.err)["code"] == "statement.schema", "sealing hides no fault of the body"
        draft.unlink()


def test_a_value_too_long_to_be_opened_is_refused(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.statement.json", world, body={"purpose": "\u00e9" * 15_000})
    result = seal(draft, "--field", "/body/purpose", "--json")
    assert json.loads(result.err)["code"] == "seal.too-long"


def test_more_places_than_a_record_can_hold_are_refused(said: Statement, draft: Path) -> None:
    body = {**said.body, "is_not": []}
    wide = statement.parse(
        canonical.encode({**canonical.parse(said.payload), "body": body, "type": "drill-announcement"})
    )
    with pytest.raises(Fault) as caught:
        sealing.seal(wide, Plan(lists=("/body/is_not",), places=1000))
    assert caught.value.code == "seal.too-long"


def test_a_salt_is_never_used_twice(said: Statement) -> None:
    fields = ("/body/purpose", "/body/place")
    with pytest.raises(Fault) as caught:
        sealing.seal(said, Plan(fields), Chance(salt=lambda: b"s" * 16))
    assert caught.value.code == "seal.salt"
    with pytest.raises(Fault) as caught:
        sealing.seal(said, Plan(fields), Chance(salt=lambda: os.urandom(15)))
    assert caught.value.code == "disclosure.malformed"
    assert len({sealing.salt() for _ in range(1000)}) == 1000


def test_the_command_line_asks_for_what_it_needs(draft: Path) -> None:
    assert call("seal", draft, "--field", "/body/purpose").code == 2
    assert seal(draft, "--items", "/body/is_not", "--decoys", 1, "--places", 4).code == 2
    assert [path.name for path in draft.parent.iterdir()] == [draft.name]


# Lists: how many items, and in which order.


def placed(said: Statement, seed: int, **plan: Any) -> tuple[Statement, list[Any]]:
    """The sealed statement, and what each place of the list /body/is_not holds: the value, or None for a decoy."""
    numbers = count(1)
    chance = Chance(salt=lambda: next(numbers).to_bytes(16, "big"), places=random.Random(seed))
    found, kept = sealing.seal(said, Plan(lists=("/body/is_not",), **plan), chance)
    rows = {row.pointer: core.read(row.disclosure) for row in kept.openings}
    return found, [rows[f"/body/is_not/{n}"].value for n in range(len(rows))]


@pytest.fixture
def long(world: World, tmp_path: Path) -> Statement:
    items = [f"It is not {word}." for word in ("one", "two", "three", "four", "five")]
    return statement.parse(write_draft(tmp_path / "long.json", world, body={"is_not": items}).read_bytes())


def test_decoys_stand_at_random_places_and_the_items_keep_their_order(long: Statement) -> None:
    seen = set()
    for seed in range(200):
        found, values = placed(long, seed, decoys=4)
        assert [value for value in values if value is not None] == long.body["is_not"]
        assert found.body["is_not"] == [None] * 9
        seen.add(tuple(value is None for value in values))
    assert len(seen) > 60, "of 126 arrangements"
    for place in range(9):
        assert {row[place] for row in seen} == {True, False}, "no place is surely an item or surely a decoy"


def test_a_list_can_be_given_a_length_that_says_nothing(world: World, tmp_path: Path) -> None:
    for number in range(6):
        items = [f"It is not {n}." for n in range(number)] or ["It is nothing."]
        draft = statement.parse(write_draft(tmp_path / f"{number}.json", world, body={"is_not": items}).read_bytes())
        found, values = placed(draft, number, places=12)
        assert len(found.sealed) == len(values) == 12
        told = [{**row, "digest": ""} for row in found.sealed]
        assert told == [
            {"digest": "", "opens": None, "pointer": pointer, "tlp": "TLP:AMBER"}
            for pointer in sorted(f"/body/is_not/{n}" for n in range(12))
        ], "beside the digests, five items and one look alike"


def test_the_statement_tells_no_decoy_from_an_item(long: Statement) -> None:
    one, _ = placed(long, 1, decoys=4)
    numbers = count(1)
    chance = Chance(salt=lambda: next(numbers).to_bytes(16, "big"), places=random.Random(2))
    other, _ = sealing.seal(long, Plan(lists=("/body/is_not",), decoys=4), chance)
    blank = [[{**row, "digest": ""} for row in found.sealed] for found in (one, other)]
    assert blank[0] == blank[1]
    assert all(len(row["digest"]) == 64 for row in one.sealed)
    assert len(json.dumps(one.sealed)) == len(json.dumps(other.sealed))


def test_shuffled_items_stand_in_any_order(long: Statement) -> None:
    orders = set()
    for seed in range(100):
        _, values = placed(long, seed, decoys=1, shuffle=True)
        items = tuple(value for value in values if value is not None)
        assert sorted(items) == sorted(long.body["is_not"])
        orders.add(items)
    assert len(orders) > 50


def test_an_empty_list_can_look_like_a_full_one(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.statement.json", world, body={"networks": []})
    assert seal(draft, "--items", "/body/networks", "--places", 8).code == 0
    assert sealed_of(draft).body["networks"] == [None] * 8
    rows = call("disclose", tmp_path / "kept.json", "--list", "--json").json["rows"]
    assert all(row["decoy"] for row in rows)


# The two files.


def test_the_kept_file_is_its_owner_s_alone(draft: Path) -> None:
    before = os.umask(0)
    try:
        assert seal(draft, "--field", "/body/purpose", "--copy", draft.parent / "copy.json").code == 0
    finally:
        os.umask(before)
    kept, copy = draft.parent / "kept.json", draft.parent / "copy.json"
    assert [path.stat().st_mode & 0o777 for path in (kept, copy)] == [0o600, 0o600]
    assert kept.read_bytes() == copy.read_bytes()
    assert not kept.samefile(copy)


@pytest.mark.parametrize("taken", ["kept.json", "copy.json", "d.sealed.statement.json"])
def test_no_file_is_ever_overwritten(draft: Path, taken: str) -> None:
    (draft.parent / taken).write_bytes(b"precious")
    result = seal(draft, "--field", "/body/purpose", "--copy", draft.parent / "copy.json", "--json")
    assert json.loads(result.err)["code"] == "desk.exists"
    assert (draft.parent / taken).read_bytes() == b"precious"
    assert sorted(path.name for path in draft.parent.iterdir()) == sorted(["d.statement.json", taken])


def test_the_kept_file_goes_to_another_directory_than_the_draft(draft: Path) -> None:
    safe = draft.parent / "safe"
    safe.mkdir(mode=0o700)
    args = ["--field", "/body/purpose", "--keep", safe / "kept.json"]
    assert call("seal", draft, *args).code == 0
    assert [path.name for path in safe.iterdir()] == ["kept.json"]


class Died(BaseException):
    """The machine lost its power here."""


def dying(monkeypatch: pytest.MonkeyPatch, at: int) -> Callable[[], bool]:
    """Let the `at`-th call that touches the disk be the last: this one and all after it never happen. Returns whether it
    was reached."""
    steps = count()
    reached = False

    def guarded(name: str) -> None:
        real = getattr(os, name)

        def call_or_die(*args: Any, **others: Any) -> Any:
            nonlocal reached
            if reached or next(steps) == at:
                reached = True
                raise Died
            return real(*args, **others)

        monkeypatch.setattr(os, name, call_or_die)

    for name in ("open", "fsync", "link", "fchmod"):
        guarded(name)
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
    return lambda: reached


@pytest.mark.parametrize("copies", [0, 1])
def test_whatever_moment_a_crash_comes_no_sealed_draft_lacks_its_kept_file(
    said: Statement, tmp_path: Path, copies: int
) -> None:
    sealed, kept = sealing.seal(said, Plan(("/body/purpose",)))
    left = set()
    for at in range(100):
        home = tmp_path / f"{at}"
        home.mkdir()
        places = [home / "kept.json", home / "copy.json"][: 1 + copies]
        target = home / "sealed.json"
        with pytest.MonkeyPatch.context() as patch:
            reached = dying(patch, at)
            if not _survived(kept, places, sealed, target):
                assert reached()
        there = tuple(path.exists() for path in (*places, target))
        left.add(there)
        if there[-1]:
            assert all(there), at
            assert all(sealing_kept.parse(path.read_bytes()) == kept for path in places)
        if not reached():
            break
    assert at > 8, "the crash came at every step"
    assert {(False,) * (2 + copies), (True,) * (1 + copies) + (False,), (True,) * (2 + copies)} <= left


def _survived(kept: Kept, places: list[Path], sealed: Statement, target: Path) -> bool:
    try:
        sealing_kept.write(kept, places, sealed, target)
    except Died:
        return False
    return True


def test_a_draft_that_cannot_be_written_leaves_nothing(said: Statement, tmp_path: Path) -> None:
    sealed, kept = sealing.seal(said, Plan(("/body/purpose",)))
    with pytest.raises(Fault) as caught:
        sealing_kept.write(kept, [tmp_path / "kept.json"], sealed, tmp_path / "nowhere" / "sealed.json")
    assert caught.value.code == "desk.unwritable"
    assert list(tmp_path.glob("*kept*")) == []


KEPT_BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "member missing": lambda v: v.pop("type"),
    "another kind": lambda v: v.update(kind="disclosure"),
    "sequence is a text": lambda v: v.update(sequence="4"),
    "sequence is true": lambda v: v.update(sequence=True),
    "party is a number": lambda v: v.update(party=1),
    "no openings": lambda v: v.update(disclosures=[]),
    "a disclosure cut": lambda v: v["disclosures"][0].update(disclosure=v["disclosures"][0]["disclosure"][:-3]),
    "one salt twice": lambda v: v["disclosures"][1].update(disclosure=v["disclosures"][0]["disclosure"]),
}


@pytest.mark.parametrize("case", KEPT_BROKEN)
def test_another_kept_file_is_refused(said: Statement, case: str) -> None:
    _, kept = sealing.seal(said, Plan(("/body/place", "/body/purpose")))
    assert sealing_kept.parse(kept.raw) == kept
    value = json.loads(kept.raw)
    KEPT_BROKEN[case](value)
    with pytest.raises(Fault) as caught:
        sealing_kept.parse(canonical.encode(value), where="kept.json")
    assert caught.value.code == "kept.malformed"
    assert caught.value.where.startswith("kept.json")


# Another number.


def test_a_draft_with_another_number_is_unsealed_drafted_anew_and_sealed_again(
    world: World, draft: Path, said: Statement, tmp_path: Path
) -> None:
    seal(draft, "--field", "/body/purpose", "--items", "/body/is_not", "--decoys", 6)
    description, kept = tmp_path / "d.sealed.description.json", tmp_path / "kept.json"
    result = call("seal", tmp_path / "d.sealed.statement.json", "--undo", "--keep", kept)
    assert result.code == 0, result.err
    assert description.stat().st_mode & 0o777 == 0o600
    found = json.loads(description.read_bytes())
    assert (found["body"], found["sealed"]) == (said.body, [])
    chain = ["--sequence", 5, "--previous", "cd" * 32, "--signer", world.ids["duty"]]
    anew = tmp_path / "anew.statement.json"
    result = call("draft", said.type, "--from", description, *chain, "--out", anew)
    assert result.code == 0, result.err
    assert (statement.parse(anew.read_bytes()).sequence, statement.parse(anew.read_bytes()).issued_at) == (5, NOW)
    assert call("seal", anew, "--field", "/body/purpose", "--keep", tmp_path / "kept-5.json").code == 0


def test_only_its_own_kept_file_unseals_a_draft(world: World, draft: Path, tmp_path: Path) -> None:
    seal(draft, "--field", "/body/purpose")
    other = write_draft(tmp_path / "other.json", world, sequence=5)
    call("seal", other, "--field", "/body/purpose", "--keep", tmp_path / "five.json")
    call("seal", draft, "--field", "/body/purpose", "--keep", tmp_path / "again.json", "--out", tmp_path / "again.s")
    for name in ("five.json", "again.json"):
        result = call("seal", tmp_path / "d.sealed.statement.json", "--undo", "--keep", tmp_path / name, "--json")
        assert json.loads(result.err)["code"] == "kept.misfit", name


def test_every_quiet_pointer_of_the_vocabulary_is_one_that_can_be_sealed() -> None:
    for kind in vocabulary.load().types.values():
        assert not [one for one in kind.quiet if any(f"{one}/".startswith(f"{clear}/") for clear in kind.clear)], kind
