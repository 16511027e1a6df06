"""The quiet profile at the desk, and the whole way of a sealed value for random bodies: sealed, opened, verified."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.desk import disclosing, drafting, marks, sealing, sealing_kept
from ledger.desk.drafting import Draft
from ledger.desk.sealing import Plan
from tests.ledger.desk.desk_world import LEDGER, NOW, World, call
from verifier import disclosed, statement, vocabulary
from verifier.disclosed import Handed
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import canonical, times
from verifier.formats.envelope import Envelope
from verifier.statement import Statement
from verifier.vocabulary.places import check_value

OPENS = "2027-01-01T00:00:00Z"
WORDS = vocabulary.load()
QUIET = sorted(name for name, kind in WORDS.types.items() if kind.quiet)
LOUD = sorted(name for name, kind in WORDS.types.items() if not kind.quiet)


def said_of(name: str, body: dict[str, Any] | None = None) -> Statement:
    """The vocabulary's example of a type as a draft, with another body if one is given."""
    example = WORDS.example(name)
    members: dict[str, Any] = {
        "ledger": LEDGER,
        "sequence": 4,
        "previous": "ab" * 32,
        "signers": ["cd" * 32],
        "issued": times.format_utc(NOW),
        **{key: value for key, value in example.items() if key in statement.MEMBERS},
    }
    if body is not None:
        members["body"] = body
    return drafting.finish(Draft(json.loads(json.dumps(members))), base=Path())


def draft(world: World, home: Path, name: str, *args: object) -> Any:
    source = home / "source.json"
    example = {key: value for key, value in WORDS.example(name).items() if key in statement.MEMBERS}
    source.write_text(json.dumps(example))
    chain = ["--ledger-name", LEDGER, "--sequence", 3, "--previous", "cd" * 32, "--signer", world.ids["duty"]]
    return call("draft", name, "--from", source, *chain, "--out", home / "draft.json", *args)


@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_draft_of_every_type_shows_type_addressees_and_dates(world: World, tmp_path: Path, name: str) -> None:
    kept = tmp_path / "kept.json"
    result = draft(world, tmp_path, name, "--quiet", "--opens", OPENS, "--keep", kept)
    assert result.code == 0, result.err
    assert "nobody can ever open" in result.err
    said, kind, body = (
        statement.parse((tmp_path / "draft.json").read_bytes()),
        WORDS.types[name],
        WORDS.example(name)["body"],
    )
    held = sealing_kept.read(kept).kept
    there = {pointer for pointer in kind.quiet_of(body) if sealing.holder_of(body, pointer)}
    assert said.sealed_pointers == there == {row.pointer for row in held.openings}
    assert {(row["tlp"], row["opens"]) for row in said.sealed} == {("TLP:AMBER", OPENS)}
    for field in kind.anchors:
        assert said.body[field] == body[field]
    assert list(said.addressees) == sorted(WORDS.example(name)["addressees"])
    for found in disclosed.hold(held.openings, said):
        assert (found.digest, found.place, found.value, found.label) == (None,) * 4, found.opening.pointer
    assert sealing.undone(said, held, where="")["body"] == body


@pytest.mark.parametrize("name", LOUD)
def test_what_is_for_everybody_has_no_quiet_draft(world: World, tmp_path: Path, name: str) -> None:
    result = draft(world, tmp_path, name, "--quiet", "--opens", OPENS, "--keep", tmp_path / "kept.json", "--json")
    assert json.loads(result.err)["code"] == "seal.nothing"
    assert [path.name for path in tmp_path.iterdir()] == ["source.json"]


def test_an_inventory_is_quiet_item_by_item_and_hides_its_length(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    result = draft(world, tmp_path, "inventory", "--quiet", "--opens", OPENS, "--keep", kept, "--places", 40)
    assert result.code == 0, result.err
    said = statement.parse((tmp_path / "draft.json").read_bytes())
    assert said.body["items"] == [None] * 40
    assert len(said.sealed) == 41
    rows = disclosing.listed(sealing_kept.read(kept).kept)
    assert [row["value"] for row in rows if row["pointer"].startswith("/body/items/") and not row["decoy"]]


@pytest.mark.parametrize(
    "args",
    [
        ["--quiet"],
        ["--quiet", "--opens", OPENS],
        ["--quiet", "--keep", "kept.json"],
        ["--opens", OPENS],
        ["--keep", "kept.json"],
        ["--tlp", "TLP:RED"],
        ["--decoys", 2],
        ["--quiet", "--opens", OPENS, "--keep", "kept.json", "--decoys", 2, "--places", 3],
    ],
)
def test_the_options_of_a_quiet_draft_go_together(
    world: World, tmp_path: Path, args: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert draft(world, tmp_path, "inventory", *args).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["source.json"]


@pytest.mark.parametrize(("option", "code"), [("--tlp=TLP:CLEAR", "seal.label"), ("--opens=2027", "time.malformed")])
def test_a_wrong_label_or_date_is_told_before_anything_is_asked(
    world: World, tmp_path: Path, option: str, code: str
) -> None:
    args = ["--quiet", "--opens", OPENS, "--keep", tmp_path / "kept.json", option, "--json"]
    result = call("draft", "inventory", *args)
    assert json.loads(result.err)["code"] == code


# Random bodies.

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def leaves(value: Any, pointer: str) -> list[str]:
    return [where for where, _ in marks.texts(value, pointer)]


def everywhere(value: Any, pointer: str) -> list[str]:
    """Every place within a value: its members and items, at any depth."""
    rows: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        rows = [(marks.escape(name), item) for name, item in value.items()]
    elif isinstance(value, list):
        rows = [(str(n), item) for n, item in enumerate(value)]
    found = []
    for name, item in rows:
        found += [f"{pointer}/{name}", *everywhere(item, f"{pointer}/{name}")]
    return found


@st.composite
def bodies(draw: st.DrawFn) -> Statement:
    """A draft of a type with a quiet profile: the example's body, with other texts where any text may stand."""
    name = draw(st.sampled_from(QUIET))
    kind, body = WORDS.types[name], json.loads(json.dumps(WORDS.example(name)["body"]))
    for pointer in leaves(body, "/body"):
        text = draw(st.none() | TEXT)
        if text is not None and fits(kind, pointer, text):
            holder, at = sealing.holder_of(body, pointer) or ({}, "")
            before, holder[at] = holder[at], text
            try:
                said_of(name, body)
            except Fault:
                holder[at] = before
    return said_of(name, body)


def fits(kind: vocabulary.Type, pointer: str, value: Any) -> bool:
    try:
        check_value(WORDS, kind, pointer, value)
    except Fault:
        return False
    return True


@st.composite
def plans(draw: st.DrawFn, said: Statement) -> Plan:
    """Some places of a body, none inside another, none that must be readable; lists whole or item by item."""
    kind = WORDS.types[said.type]
    fields: list[str] = []
    lists: list[str] = []
    for pointer in draw(st.lists(st.sampled_from(everywhere(said.body, "/body")), min_size=1, max_size=8)):
        if any(sealing.overlap(pointer, other) for other in (*fields, *lists, *kind.clear)):
            continue
        many = isinstance(sealing.value_at(said.body, pointer), list) and draw(st.booleans())
        (lists if many else fields).append(pointer)
    decoys = draw(st.integers(0, 4)) if lists else 0
    shuffle = bool(lists) and draw(st.booleans())
    tlp = draw(st.sampled_from(disclosed.LABELS))
    return Plan(tuple(fields), tuple(lists), decoys, None, shuffle, tlp, draw(st.sampled_from([None, OPENS])))


def sealed_or_code(said: Statement, plan: Plan) -> tuple[Statement, sealing_kept.Kept] | str:
    """What sealing makes; or, where a place cannot be opened by itself or decoys are too many, the code of the refusal."""
    try:
        return sealing.seal(said, plan)
    except Fault as fault:
        return fault.code


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_sealed_is_opened_and_nothing_else_opens_it(data: st.DataObject) -> None:
    said = data.draw(bodies())
    plan = data.draw(plans(said))
    made = sealed_or_code(said, plan)
    if isinstance(made, str):
        assert made in ("seal.nothing", "seal.pointer", "statement.schema")
        return
    sealed, kept = made
    assert sealing_kept.parse(kept.raw) == kept
    for row in kept.openings:
        assert row.disclosure not in sealed.payload.decode()
    chosen = data.draw(st.lists(st.sampled_from(kept.openings), min_size=1, unique=True))
    rows = tuple(sorted(chosen, key=lambda row: row.pointer))
    handed = disclosed.parse(Handed(sealed.ledger, sealed.id, "XB", None, rows).raw)
    for found in disclosed.hold(handed.openings, sealed):
        assert (found.digest, found.place, found.value, found.label) == (None,) * 4, found
    if not plan.shuffle:
        assert sealing.undone(sealed, kept, where="")["body"] == said.body
    moved = statement.parse(canonical.encode({**canonical.parse(sealed.payload), "sequence": 5}))
    for found in disclosed.hold(handed.openings, moved):
        decoy = found.disclosure is not None and found.disclosure.name is None
        assert decoy or (found.place is not None and found.place.code == "disclosure.mismatch")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_quiet_profile_of_a_random_body_verifies_by_the_commands(data: st.DataObject) -> None:
    from verifier.cli import run

    said = data.draw(bodies())
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        sealed, kept = sealing.seal(said, sealing.quiet(said, opens=OPENS))
        sealing_kept.write(kept, [home / "kept.json"], sealed, home / "sealed.json")
        result = call(
            "disclose",
            home / "kept.json",
            "--item",
            "/body",
            "--to",
            "XB",
            "--statement",
            sealed.id,
            "--out",
            home / "h",
        )
        assert result.code == 0, result.err
        assert run(["disclosure", str(home / "h"), "--json"]) == Exit.UNDECIDABLE, (
            "the reader has to bring the statement"
        )
        (home / "e.json").write_bytes(Envelope(sealed.payload, (("ab" * 32, b"unchecked without keys"),)).raw)
        assert run(["disclosure", str(home / "h"), "--envelope", str(home / "e.json"), "--json"]) == Exit.GOOD
        assert {row.pointer for row in disclosed.parse((home / "h").read_bytes()).openings} == sealed.sealed_pointers
