"""What lint, sign and submit notice of sealed values: a kept file that is missing, another draft's, badly kept, not copied."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import lint_sealing, sealing_kept
from tests.ledger.desk.desk_world import NOW, World, call, write_draft
from tests.ledger.desk.test_desk_submit import Simulated, hosted
from verifier import statement
from verifier.formats import canonical

__all__ = ["hosted"]

OPENS = "2027-01-01T00:00:00Z"
UNCHECKED = "lint.kept-unchecked"


@pytest.fixture
def sealed(world: World, tmp_path: Path) -> Path:
    """A sealed draft, with its kept file kept.json and a copy of it."""
    draft = write_draft(tmp_path / "d.statement.json", world)
    more = ["--opens", OPENS, "--keep", tmp_path / "kept.json", "--copy", tmp_path / "copy.json"]
    assert call("seal", draft, "--field", "/body/purpose", "--items", "/body/is_not", *more).code == 0
    return tmp_path / "d.sealed.statement.json"


def codes(path: Path, *args: object, now: int = NOW) -> dict[str, str]:
    """Lint's findings on what is sealed: code -> severity."""
    result = call("lint", path, *args, "--json", now=now)
    found = {row["code"]: row["severity"] for row in result.json}
    assert result.code == (3 if "error" in found.values() else 0)
    return {code: severity for code, severity in found.items() if _ours(code)}


def _ours(code: str) -> bool:
    return code.startswith(("lint.kept-", "lint.sealed-", "lint.opens-"))


def changed(path: Path, to: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    value = json.loads(path.read_bytes())
    change(value)
    to.write_bytes(canonical.encode(value))
    to.chmod(0o600)
    return to


def test_a_sealed_draft_asks_for_its_kept_file(sealed: Path) -> None:
    assert codes(sealed) == {UNCHECKED: "warning"}


def test_a_kept_file_that_fits_and_has_a_copy_is_good(sealed: Path) -> None:
    home = sealed.parent
    held = ["--keep", home / "kept.json", "--copy", home / "copy.json"]
    assert codes(sealed, *held) == {"lint.kept-one-disk": "note"}


def test_a_copy_on_another_disk_is_what_is_wanted(sealed: Path) -> None:
    said = statement.parse(sealed.read_bytes())
    one = sealing_kept.read(sealed.parent / "kept.json")
    copy = sealing_kept.KeptFile(Path("/stick/kept.json"), one.kept, 0o600, one.disk + 1, one.number)
    assert lint_sealing.check(said, NOW, [one], [copy]) == []


@pytest.mark.parametrize("how", ["none", "itself", "a hard link", "a symbolic link", "another's"])
def test_what_is_no_copy_confirms_nothing(world: World, sealed: Path, how: str) -> None:
    home = sealed.parent
    kept, other = home / "kept.json", home / "other.json"
    copies: list[object] = ["--copy", other]
    if how == "none":
        copies = []
    elif how == "itself":
        copies = ["--copy", kept]
    elif how == "a hard link":
        os.link(kept, other)
    elif how == "a symbolic link":
        other.symlink_to(kept)
    else:
        draft = write_draft(home / "again.json", world)
        call("seal", draft, "--field", "/body/purpose", "--keep", other)
    assert codes(sealed, "--keep", kept, *copies) == {"lint.kept-copy": "warning"}


def test_a_kept_file_that_others_can_read_is_named(sealed: Path) -> None:
    home = sealed.parent
    (home / "copy.json").chmod(0o640)
    held = ["--keep", home / "kept.json", "--copy", home / "copy.json"]
    assert codes(sealed, *held) == {"lint.kept-one-disk": "note", "lint.kept-readable": "warning"}


@pytest.mark.parametrize(
    ("name", "value"), [("sequence", 5), ("office", "duty-desk"), ("party", "XB"), ("ledger", "o")]
)
def test_a_draft_that_moved_is_opened_by_nothing(sealed: Path, name: str, value: object) -> None:
    home = sealed.parent
    moved = changed(sealed, home / "moved.json", lambda v: v.update({name: value}))
    found = codes(moved, "--keep", home / "kept.json", "--copy", home / "copy.json")
    assert found["lint.kept-misfit"] == "error"


def test_a_kept_file_that_was_relabelled_by_hand_does_not_open_another_number(sealed: Path) -> None:
    """The names inside the disclosures decide, not what the kept file says that it opens."""
    home = sealed.parent
    moved = changed(sealed, home / "moved.json", lambda v: v.update(sequence=5))
    forged = changed(home / "kept.json", home / "forged.json", lambda v: v.update(sequence=5))
    rows = call("lint", moved, "--keep", forged, "--json").json
    wrong = [row for row in rows if row["code"] == "lint.kept-misfit"]
    assert len(wrong) == 3
    assert {row["pointer"] for row in wrong} == {"/sealed/0", "/sealed/1", "/sealed/2"}


def test_a_value_without_its_disclosure_is_named(sealed: Path) -> None:
    home = sealed.parent
    less = changed(home / "kept.json", home / "less.json", lambda v: v["disclosures"].pop())
    result = call("lint", sealed, "--keep", less, "--json")
    missing = [row for row in result.json if row["code"] == "lint.kept-missing"]
    assert [row["pointer"] for row in missing] == ["/sealed/2"]
    assert "/body/purpose" in missing[0]["sentence"]


def test_a_kept_file_of_the_same_draft_sealed_another_time_is_none(world: World, sealed: Path) -> None:
    home = sealed.parent
    more = ["--keep", home / "second.json", "--out", home / "second.statement.json", "--opens", OPENS]
    call("seal", home / "d.statement.json", "--field", "/body/purpose", "--items", "/body/is_not", *more)
    assert codes(sealed, "--keep", home / "second.json")["lint.kept-missing"] == "error"


@pytest.mark.parametrize("member", ["tlp", "opens"])
def test_a_label_that_differs_is_told(sealed: Path, member: str) -> None:
    home = sealed.parent
    other = {"tlp": "TLP:RED", "opens": None}[member]
    kept = changed(home / "kept.json", home / "k.json", lambda v: v["disclosures"][0].update({member: other}))
    assert codes(sealed, "--keep", kept)["lint.kept-label"] == "warning"


def test_a_kept_file_for_what_seals_nothing_is_a_mistake(sealed: Path) -> None:
    home = sealed.parent
    assert codes(home / "d.statement.json", "--keep", home / "kept.json")["lint.kept-misfit"] == "error"


def test_an_opening_date_that_has_passed_or_was_never_set(sealed: Path) -> None:
    home = sealed.parent
    later = changed(sealed, home / "later.json", lambda v: v["sealed"][0].update(opens=None))
    found = codes(later, now=NOW + 366 * 86_400)
    assert found == {UNCHECKED: "warning", "lint.opens-past": "warning", "lint.opens-never": "note"}


def test_one_digest_at_two_places_is_an_error(sealed: Path) -> None:
    def twice(value: dict[str, Any]) -> None:
        value["sealed"][1]["digest"] = value["sealed"][0]["digest"]

    twin = changed(sealed, sealed.parent / "twin.json", twice)
    assert codes(twin) == {UNCHECKED: "warning", "lint.sealed-twice": "error"}


def test_a_title_that_tells_what_is_sealed(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.statement.json", world, title="Exercise QUIET harbour 2026, in May")
    call("seal", draft, "--field", "/body/name", "--keep", tmp_path / "kept.json", "--opens", OPENS)
    assert (
        codes(tmp_path / "d.sealed.statement.json", "--keep", tmp_path / "kept.json")["lint.sealed-told"] == "warning"
    )


# Sign and submit.


def sign(world: World, draft: Path, *args: object) -> Any:
    return call("sign", draft, "--key", world.keys["duty"], "--out", draft.parent / "e.json", "--yes", *args)


def test_sign_warns_and_with_the_kept_file_does_not(world: World, sealed: Path) -> None:
    assert f"[{UNCHECKED}]" in sign(world, sealed).err
    (sealed.parent / "e.json").unlink()
    result = sign(world, sealed, "--keep", sealed.parent / "kept.json", "--copy", sealed.parent / "copy.json")
    assert result.code == 0
    assert f"[{UNCHECKED}]" not in result.err


def test_sign_refuses_what_the_kept_file_does_not_open(world: World, sealed: Path) -> None:
    moved = changed(sealed, sealed.parent / "moved.json", lambda v: v.update(sequence=5))
    result = sign(world, moved, "--keep", sealed.parent / "kept.json", "--json")
    assert json.loads(result.err)["code"] == "kept.misfit"
    assert not (sealed.parent / "e.json").exists()


def test_submit_hands_nothing_in_that_cannot_be_opened(world: World, sealed: Path, hosted: Simulated) -> None:
    home = sealed.parent
    plain = write_draft(home / "plain.statement.json", world, sequence=5)
    moved = changed(sealed, home / "moved.statement.json", lambda v: v.update(sequence=6))
    for draft in (sealed, plain, moved):
        assert call("sign", draft, "--key", world.keys["duty"], "--yes").code == 0
    good, other, lost = (home / f"{name}.envelope.json" for name in ("d.sealed", "plain", "moved"))
    for sent in ([lost], [other], [other, lost]):
        result = call("submit", *sent, "--ledger", hosted.url, "--keep", home / "kept.json", "--json")
        assert json.loads(result.err)["code"] == "kept.misfit", sent
    forged = changed(home / "kept.json", home / "forged.json", lambda v: v.update(sequence=6))
    result = call("submit", lost, "--ledger", hosted.url, "--keep", forged, "--json")
    assert json.loads(result.err)["code"] == "kept.misfit"
    assert hosted.calls == [], "nothing was handed in"
    result = call("submit", good, other, "--ledger", hosted.url, "--keep", home / "kept.json")
    assert result.code == 0, result.err
    assert len(hosted.envelopes) == 2


def test_submit_warns_where_no_kept_file_was_named(world: World, sealed: Path, hosted: Simulated) -> None:
    assert sign(world, sealed).code == 0
    result = call("submit", sealed.parent / "e.json", "--ledger", hosted.url)
    assert result.code == 0
    assert f"[{UNCHECKED}]" in result.err


def test_a_broken_kept_file_is_told_by_its_name(sealed: Path) -> None:
    cut = sealed.parent / "cut.json"
    shutil.copy(sealed.parent / "kept.json", cut)
    cut.write_bytes(cut.read_bytes()[:-2])
    result = call("lint", sealed, "--keep", cut)
    assert result.code == 3
    assert "kept.malformed" in result.err
    assert str(cut) in result.err
