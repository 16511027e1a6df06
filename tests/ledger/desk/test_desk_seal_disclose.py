"""Opening what was sealed: to one reader by a file, to everybody by a statement; early, due, in parts, and not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import disclosing, sealing_kept
from ledger.desk.sealing import Plan, seal
from tests.ledger.desk.desk_world import LEDGER, NOW, Result, World, call, write_draft
from tests.ledger.desk.test_desk_submit import Simulated, hosted
from tests.support.accord import MINISTRY, ORIGIN, Accord, to
from verifier import disclosed, sealing, statement, vocabulary
from verifier.cli import run
from verifier.exits import Exit
from verifier.formats import canonical

__all__ = ["hosted"]

SOON, LATER = "2026-09-10T00:00:00Z", "2027-01-01T00:00:00Z"


def sign(world: World, home: Path) -> None:
    """In `home`: a signed statement whose values are sealed under two dates, the two kept files, and XA's state after it."""
    draft = write_draft(home / "d.json", world)
    one = ["--field", "/body/purpose", "--items", "/body/is_not", "--decoys", 2, "--opens", SOON]
    assert call("seal", draft, *one, "--keep", home / "soon.json", "--out", home / "s.json").code == 0
    two = ["--field", "/body/place", "--tlp", "TLP:RED", "--opens", LATER]
    assert call("seal", home / "s.json", *two, "--keep", home / "later.json", "--out", home / "t.json").code == 0
    signed = call("sign", home / "t.json", "--key", world.keys["duty"], "--yes", "--out", home / "e.json")
    assert signed.code == 0, signed.err
    said = statement.parse((home / "t.json").read_bytes())
    (home / "xa.state.json").write_bytes(canonical.encode(world.state(sequence=5, previous=said.id)))


class Desk:
    """The directory that `sign` filled, as one test has it."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.home = world, home
        self.envelope, self.state, self.out = home / "e.json", home / "xa.state.json", home / "out.json"
        self.said = statement.parse((home / "t.json").read_bytes())

    def disclose(self, *args: object, both: bool = True, now: int = NOW, envelope: bool = True) -> Result:
        kept = [self.home / "soon.json", *([self.home / "later.json"] if both else [])]
        given = ["--envelope", self.envelope] if envelope else []
        return call("disclose", *kept, *given, "--out", self.out, *args, now=now)

    def draft(self) -> statement.Statement:
        return statement.parse(self.out.read_bytes())

    @property
    def items(self) -> dict[str, Any]:
        """Pointer -> value of the sealed list; None: a decoy."""
        rows = disclosing.listed(sealing_kept.read(self.home / "soon.json").kept)
        return {row["pointer"]: row["value"] for row in rows if row["pointer"].startswith("/body/is_not/")}


@pytest.fixture(scope="module")
def signed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sealed")
    sign(world, home)
    return home


@pytest.fixture
def desk(world: World, signed: Path, tmp_path: Path) -> Desk:
    return Desk(world, shutil.copytree(signed, tmp_path, dirs_exist_ok=True))


def refused(result: Result) -> str:
    return str(json.loads(result.err.split("\n")[-2])["code"])


# To one reader.


def test_one_item_is_shown_to_one_reader_and_he_verifies_it_alone(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer, value = next((pointer, value) for pointer, value in desk.items.items() if value is not None)
    result = desk.disclose("--item", pointer, "--to", "XB", "--terms", "Not beyond the desk.", "--json")
    assert result.code == 0, result.err
    assert result.json["opened"] == [pointer]
    assert "will not show who did" in result.err
    assert desk.out.stat().st_mode & 0o777 == 0o600
    assert run(["disclosure", str(desk.out), "--json"]) == Exit.GOOD
    found = json.loads(capsys.readouterr().out)
    assert [(row["pointer"], row["value"]) for row in found["opened"]] == [(pointer, value)]
    assert (found["to"], found["terms"], found["statement"]) == ("XB", "Not beyond the desk.", desk.said.id)
    kept = sealing_kept.read(desk.home / "soon.json").kept
    others = [row.disclosure for row in kept.openings if row.pointer != pointer]
    assert others
    assert not any(text in desk.out.read_text() for text in others), "nothing else is handed on"


def test_envelope_and_receipt_go_along(desk: Desk, hosted: Simulated, capsys: pytest.CaptureFixture[str]) -> None:
    policy, kept = desk.home / "policy", desk.home / "receipts"
    policy.write_bytes(hosted.policy)
    assert call("submit", desk.envelope, "--ledger", hosted.url, "--policy", policy, "--receipts", kept).code == 0
    receipt = kept / f"{desk.said.id}.tlog-proof"
    result = desk.disclose("--item", "/body/purpose", "--to", "VN", "--receipt", receipt)
    assert result.code == 0, result.err
    assert run(["disclosure", str(desk.out), "--policy", str(policy), "--json"]) == Exit.GOOD
    found = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["ok"] for row in found["checks"]}["logged"] is True
    assert (found["index"], list(found["cosigned"])) == (0, ["alpha"])


def test_a_receipt_of_another_statement_is_not_sent(desk: Desk, hosted: Simulated) -> None:
    other = write_draft(desk.home / "other.json", desk.world, title="Another drill")
    call("sign", other, "--key", desk.world.keys["duty"], "--yes", "--out", desk.home / "other.envelope.json")
    proof = desk.home / "other.tlog-proof"
    proof.write_bytes(hosted.receipt((desk.home / "other.envelope.json").read_bytes()))
    result = desk.disclose("--item", "/body/purpose", "--to", "XB", "--receipt", proof, "--json")
    assert refused(result) == "proof.inclusion"
    assert not desk.out.exists()


def test_a_reference_alone_will_do_where_the_reader_has_the_statement(desk: Desk) -> None:
    result = desk.disclose("--item", "/body/purpose", "--to", "XB", "--statement", desk.said.id, envelope=False)
    assert result.code == 0
    assert "Not checked" in result.err
    found = disclosed.parse(desk.out.read_bytes())
    assert (found.envelope, found.receipt, found.statement) == (None, None, desk.said.id)
    assert run(["disclosure", str(desk.out), "--envelope", str(desk.envelope)]) == Exit.GOOD


def test_an_item_is_named_by_its_place_or_by_what_holds_it(desk: Desk) -> None:
    assert desk.disclose("--item", "/body/is_not", "--item", "/body/purpose", "--to", "XB").code == 0
    found = disclosed.parse(desk.out.read_bytes())
    assert [row.pointer for row in found.openings] == [*sorted(desk.items), "/body/purpose"]
    assert found.label == "TLP:AMBER"


def test_showing_a_decoy_is_told(desk: Desk) -> None:
    decoy = next(pointer for pointer, value in desk.items.items() if value is None)
    assert "1 of the places are decoys" in desk.disclose("--item", decoy, "--to", "XB").err


def test_the_strictest_label_goes_on_the_file(desk: Desk) -> None:
    result = desk.disclose("--item", "/body", "--to", "XB", "--json")
    assert (result.json["tlp"], len(result.json["opened"])) == ("TLP:RED", 6)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--item", "/body/name", "--to", "XB"], "disclose.item"),
        (["--item", "/body/is_not/99", "--to", "XB"], "disclose.item"),
        (["--item", "/body/purp", "--to", "XB"], "disclose.item"),
        (["--all-due", "--to", "XB"], "disclose.nothing-due"),
        (["--all-due", "--public"], "disclose.nothing-due"),
        (["--all-due", "--as-of", "2026", "--public"], "time.malformed"),
        (["--item", "/body/purpose", "--to", "XB", "--statement", "ab" * 32], "kept.misfit"),
    ],
)
def test_what_cannot_be_opened_is_refused(desk: Desk, args: list[str], code: str) -> None:
    assert refused(desk.disclose(*args, "--json")) == code
    assert not desk.out.exists()


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--item", "/body/purpose"],
        ["--item", "/body/purpose", "--to", "XB", "--public"],
        ["--to", "XB"],
        ["--item", "/body/purpose", "--all-due", "--to", "XB"],
        ["--item", "/body/purpose", "--as-of", SOON, "--to", "XB"],
        ["--item", "/body/purpose", "--to", "xb"],
        ["--item", "/body/purpose", "--to", "XB", "--remark", "x"],
        ["--item", "/body/purpose", "--public", "--terms", "x"],
        ["--item", "/body/purpose", "--public", "--part", "2"],
    ],
)
def test_the_command_line_says_to_whom_and_what(desk: Desk, args: list[str]) -> None:
    assert desk.disclose(*args, "--state", desk.state).code == 2
    assert not desk.out.exists()


def test_nothing_is_sent_without_a_statement_or_over_a_file(desk: Desk) -> None:
    args = ["--item", "/body/purpose", "--to", "XB"]
    assert desk.disclose(*args, envelope=False).code == 2
    desk.out.write_bytes(b"precious")
    assert refused(desk.disclose(*args, "--json")) == "desk.exists"
    assert desk.out.read_bytes() == b"precious"


def test_a_kept_file_of_another_statement_opens_nothing(desk: Desk) -> None:
    other = write_draft(desk.home / "other.json", desk.world, sequence=5)
    call("seal", other, "--field", "/body/purpose", "--keep", desk.home / "five.json")
    args = ["--item", "/body/purpose", "--to", "XB", "--out", desk.out, "--json"]
    assert refused(call("disclose", desk.home / "five.json", *args, "--envelope", desk.envelope)) == "kept.misfit"
    both = [desk.home / "soon.json", desk.home / "five.json"]
    assert refused(call("disclose", *both, *args, "--envelope", desk.envelope)) == "kept.misfit"


def test_a_kept_file_of_the_same_number_but_another_draft_opens_nothing(desk: Desk) -> None:
    again = desk.home / "again.json"
    call("seal", desk.home / "d.json", "--field", "/body/purpose", "--keep", again, "--opens", SOON)
    args = ["--item", "/body/purpose", "--to", "XB", "--out", desk.out, "--json"]
    assert refused(call("disclose", again, *args, "--envelope", desk.envelope)) == "disclosure.mismatch"
    both = [desk.home / "soon.json", again]
    assert refused(call("disclose", *both, *args, "--envelope", desk.envelope)) == "kept.misfit"
    assert not desk.out.exists()


# To everybody.


def test_what_is_due_is_opened_to_everybody(desk: Desk) -> None:
    args = ["--all-due", "--as-of", SOON, "--public", "--state", desk.state, "--remark", "As promised.", "--json"]
    result = desk.disclose(*args)
    assert result.code == 0, result.err
    said = desk.draft()
    assert (said.type, said.ledger, said.party, said.office) == ("disclosure", LEDGER, "XA", "defence-staff")
    assert (said.sequence, said.previous, said.signers) == (5, desk.said.id, (desk.world.ids["duty"],))
    assert [(row.rel, row.statement) for row in said.relates] == [("discloses", desk.said.id)]
    assert [row["pointer"] for row in said.body["disclosures"]] == [*sorted(desk.items), "/body/purpose"]
    assert said.body["remark"] == "As promised."
    commitments = disclosed.sealed_in(desk.said)
    for row in said.body["disclosures"]:
        sealing.require_opens(row["disclosure"], commitments, row["pointer"])
    assert not [row for row in result.json["findings"] if row["severity"] == "error"]
    assert call("sign", desk.out, "--key", desk.world.keys["duty"], "--yes", "--out", desk.home / "o.json").code == 0


def test_due_is_counted_to_the_second(desk: Desk) -> None:
    args = ["--all-due", "--public", "--state", desk.state]
    before = "2026-09-09T23:59:59Z"
    assert refused(desk.disclose(*args, "--as-of", before, "--json")) == "disclose.nothing-due"
    kept = disclosing.merged([sealing_kept.read(desk.home / name) for name in ("soon.json", "later.json")])
    from verifier.formats import times

    assert len(disclosing.due(kept, times.parse_utc(SOON))) == 5
    assert len(disclosing.due(kept, times.parse_utc(LATER))) == 6
    assert desk.disclose(*args, now=times.parse_utc(SOON)).code == 0, "the clock decides where --as-of is not given"


def test_opening_before_the_date_is_possible_and_told(desk: Desk) -> None:
    result = desk.disclose("--item", "/body/place", "--public", "--state", desk.state)
    assert result.code == 0
    assert "before the promised date" in result.err
    assert LATER in result.err
    assert [row["pointer"] for row in desk.draft().body["disclosures"]] == ["/body/place"]


def test_a_desk_without_state_names_the_chain_itself(desk: Desk) -> None:
    chain = ["--sequence", 7, "--previous", "cd" * 32, "--signer", desk.world.ids["duty"], "--office", "duty-desk"]
    result = desk.disclose("--item", "/body/place", "--public", *chain, "--title", "Where it was", "--language", "fr")
    assert result.code == 0, result.err
    said = desk.draft()
    assert (said.sequence, said.office, said.title, said.language) == (7, "duty-desk", "Where it was", "fr")


def test_more_than_one_statement_can_hold_is_drafted_in_parts(world: World, tmp_path: Path) -> None:
    body = json.loads(json.dumps(vocabulary.load().example("inventory")["body"]))
    body["items"] = [{"name": f"Object {n}", "sector": None, "place": None, "what": "x" * 40} for n in range(150)]
    changes: dict[str, Any] = {"type": "inventory", "title": "Inventory", "addressees": []}
    draft = write_draft(tmp_path / "d.json", world, **changes)
    value = json.loads(draft.read_bytes())
    draft.write_bytes(canonical.encode({**value, "body": body}))
    kept = tmp_path / "kept.json"
    sealed = call("seal", draft, "--items", "/body/items", "--places", 200, "--opens", SOON, "--keep", kept)
    assert sealed.code == 0, sealed.err
    chain = ["--sequence", 5, "--previous", "cd" * 32, "--signer", world.ids["duty"], "--statement", "ab" * 32]
    seen: list[str] = []
    for part in (1, 2):
        out = tmp_path / f"{part}.json"
        args = ["--all-due", "--as-of", SOON, "--public", "--part", part, "--out", out]
        result = call("disclose", kept, *args, *chain)
        assert result.code == 0, result.err
        assert f"part {part} of 2" in result.err
        seen += [row["pointer"] for row in statement.parse(out.read_bytes()).body["disclosures"]]
    assert len(seen) == len(set(seen)) == 200
    args = ["--all-due", "--as-of", SOON, "--public", "--part", 3, "--out", tmp_path / "3.json"]
    assert call("disclose", kept, *args, *chain).code == 2


def test_parts_are_full_and_fit_into_a_record() -> None:
    rows = [
        disclosed.Opening(
            f"/body/items/{n}", sealing.seal(f"XA/o/0/body/items/{n}", "x" * size, b"s" * 16).text, "TLP:RED", SOON
        )
        for n, size in enumerate([10] * 130 + [20_000, 20_000, 10, 26_000])
    ]
    found = disclosing.parts(rows)
    assert [row for part in found for row in part] == rows
    assert all(len(part) <= 128 for part in found)
    assert all(len(canonical.encode(disclosing.body(part, None))) < 40_000 for part in found)
    assert [len(part) for part in found] == [128, 3, 2, 1]


def test_the_list_shows_both_files_of_a_statement(desk: Desk) -> None:
    told = call("disclose", desk.home / "soon.json", desk.home / "later.json", "--list").out
    assert told.startswith("What opens statement 4 of XA, office defence-staff")
    assert "/body/place (TLP:RED, opens 2027-01-01T00:00:00Z)" in told


def test_the_log_admits_what_the_desk_seals_and_opens() -> None:
    a = Accord()
    a.found()
    body = {**vocabulary.load().example("drill-announcement")["body"], "observers": []}
    members = {**dict.fromkeys(statement.MEMBERS), "ledger": ORIGIN, "party": "XA", "office": MINISTRY, "sequence": 0}
    members |= {
        "previous": "ab" * 32,
        "signers": ["ab" * 32],
        "type": "drill-announcement",
        "issued": SOON,
        "title": "T",
    }
    members |= {"language": "en", "addressees": [], "relates": [], "body": body, "sealed": [], "attachments": []}
    draft = statement.parse(canonical.encode(members))
    assert a.trust.chain("XA", MINISTRY)[0] == draft.sequence
    plan = Plan(("/body/purpose", "/body/visible_effects"), ("/body/is_not", "/body/networks"), 3, opens=SOON)
    sealed, kept = seal(draft, plan)
    target = a.say("XA", "drill-announcement", sealed.body, sealed=sealed.sealed)
    opened = disclosing.body(disclosing.named(kept, ["/body"]), None)
    assert len(opened["disclosures"]) == len(sealed.sealed) > 10
    a.say("XA", "disclosure", opened, relates=to("discloses", target))
    elsewhere = a.say("XA", "drill-announcement", sealed.body, sealed=sealed.sealed)
    at = next(n for n, row in enumerate(opened["disclosures"]) if sealing.read(row["disclosure"]).name)
    one = {"disclosures": [opened["disclosures"][at]], "remark": None}
    where = "/body/disclosures/0/disclosure"
    a.refuse("disclosure.mismatch", where, "XA", "disclosure", one, relates=to("discloses", elsewhere))
