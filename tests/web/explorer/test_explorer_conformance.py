"""The judgement that the explorer keeps: the same as the verifier's, grown by difference, made only when there is cause."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.web.explorer.accord import DAY, HOUR, Accord, copied, story
from tests.web.explorer.world import source
from verifier.cli.judging import conformance
from verifier.errors import Fault
from verifier.formats.times import format_utc
from web.explorer.copy.audited import Copy, judged
from web.explorer.copy.judged_types import Owed
from web.explorer.copy.judged_view import Judged


@pytest.fixture
def place(tmp_path: Path) -> tuple[Accord, Path, Copy]:
    world = story()
    return world, tmp_path / "log", copied(world, tmp_path / "log", tmp_path / "copy")


def verified(world: Accord, log: Path, as_of: str, *options: str) -> dict[str, Any]:
    """What the verifier's own command says of a log."""
    policy = log.parent / "policy"
    policy.write_text(world.policy_text)
    given = [str(log), "--policy", str(policy), "--charter", world.charter_id, "--as-of", as_of, "--json", *options]
    answer = CliRunner().invoke(conformance, given, standalone_mode=False, catch_exceptions=False)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def owed(copy: Copy, exercise: str = "") -> list[Owed]:
    with copy.view() as view:
        return Judged(view).owed("WHERE exercise = ? ORDER BY sort, id", (exercise,))


def again(world: Accord, log: Path, copy: Copy, now: int | None = None) -> None:
    world.write(log)
    copy.catch_up(source(log), world.trust, now=world.clock if now is None else now)


@pytest.mark.parametrize("rehearsed", [False, True])
def test_the_report_is_the_verifiers(place: tuple[Accord, Path, Copy], rehearsed: bool) -> None:
    world, log, copy = place
    exercise = world.ids["harbour"] if rehearsed else None
    with copy.view() as view:
        made = Judged(view).judgement(exercise)
    assert made is not None
    options = ("--exercise", exercise) if exercise else ()
    told = verified(world, log, format_utc(made.moment), *options)
    assert (made.sha256, dict(made.inputs)) == (told["sha256"], told["report"]["inputs"])
    assert [one.row for one in owed(copy, exercise or "")] == told["report"]["obligations"]
    assert made.obligations == len(told["report"]["obligations"]) > 1


def test_every_status_of_the_story_is_there(place: tuple[Accord, Path, Copy]) -> None:
    world, _log, copy = place
    found = {(one.row["rule"], one.row["debtor"]): one.status for one in owed(copy) if one.row["trigger"]}
    assert found["drill-notice", "XA"] == "kept"
    assert found["drill-notice", "XC"] == "late"
    assert found["answer-query", "XB"] == "overdue"
    assert found["line-test-answer", "XC"] == "waived"
    with copy.view() as view:
        contested = Judged(view).one(world.owed("XB", "answer-query", world.ids["unanswered"]))
    assert contested is not None
    assert contested.row["disputed_by"] == [world.ids["objection"]]


def test_threads_take_in_what_is_owed_in_them(place: tuple[Accord, Path, Copy]) -> None:
    world, _log, copy = place
    with copy.view() as view:
        found = Judged(view).of_thread(world.ids["incident"])
        rehearsed = Judged(view).of_thread(world.ids["pretended"])
    assert {(one.row["rule"], one.row["debtor"]) for one in found} == {
        ("answer-query", "XB"),
        ("answer-query", "XC"),
        ("no-answer-convene", "XB"),
        ("no-answer-convene", "XC"),
    }
    assert {one.exercise for one in rehearsed} == {world.ids["harbour"]}


def test_a_judgement_grows_by_difference(place: tuple[Accord, Path, Copy]) -> None:
    world, log, copy = place

    def rows() -> dict[str, tuple[int, str]]:
        with closing(sqlite3.connect(copy.path)) as database:
            query = "SELECT id, rowid, row FROM obligations"
            return {name: (number, row) for name, number, row in database.execute(query)}

    before = rows()
    world.one(
        "report",
        "XA",
        "drill-report",
        {"announced": True},
        relates=[{"rel": "reports", "statement": world.ids["harbour"]}],
    )
    again(world, log, copy)
    after = rows()
    changed = {name for name in after if before.get(name) != after[name]}
    assert world.owed("XA", "after-report", world.ids["harbour"]) in changed
    assert len(changed) < len(after) / 2, "rows that stayed as they were have been written anew"


def test_what_is_owed_no_more_is_taken_out(place: tuple[Accord, Path, Copy]) -> None:
    world, log, copy = place
    with closing(sqlite3.connect(copy.path)) as database:
        database.execute("INSERT INTO obligations (id, exercise, sort, row) VALUES ('gone', '', 1, '{}')")
        database.execute("INSERT INTO answers VALUES ('gone', 0, 'plea', 'XA', 'nowhere')")
        database.commit()
    world.let_pass(HOUR)
    again(world, log, copy)
    with copy.view() as view:
        assert Judged(view).one("gone") is None
        assert view.number("SELECT count(*) FROM answers WHERE obligation = 'gone'", ()) == 0


def test_without_a_new_moment_nothing_is_judged(
    place: tuple[Accord, Path, Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, log, copy = place
    monkeypatch.setattr(judged, "weigh", None)
    again(world, log, copy, world.clock + 5)


def test_a_dear_judgement_rests(place: tuple[Accord, Path, Copy], monkeypatch: pytest.MonkeyPatch) -> None:
    world, log, copy = place
    with closing(sqlite3.connect(copy.path)) as database:
        database.execute("UPDATE judgements SET cost = 2000, at = ? WHERE exercise = ''", (world.clock,))
        database.commit()
    moment = owed_as_of(copy)
    world.let_pass(10)
    again(world, log, copy, world.clock)
    assert owed_as_of(copy) == moment, "two seconds of judging ask for forty of rest"
    world.let_pass(2 * judged.REST + 1)
    again(world, log, copy, world.clock)
    assert owed_as_of(copy) > moment


def owed_as_of(copy: Copy) -> int:
    with copy.view() as view:
        return Judged(view).moment


def test_what_is_open_falls_overdue_by_a_sign_of_life_alone(place: tuple[Accord, Path, Copy]) -> None:
    world, log, copy = place
    report = world.owed("XA", "after-report", world.ids["harbour"])

    def status() -> str:
        with copy.view() as view:
            found = Judged(view).one(report)
        assert found is not None
        return found.status

    assert status() == "open"
    world.let_pass(40 * DAY)
    again(world, log, copy)
    assert status() == "overdue"


def test_a_rehearsal_that_is_over_keeps_its_judgement(place: tuple[Accord, Path, Copy]) -> None:
    world, log, copy = place
    drill = world.ids["harbour"]
    with copy.view() as view:
        before = Judged(view).judgement(drill)
    world.let_pass(3 * DAY)
    again(world, log, copy)
    with copy.view() as view:
        judgement = Judged(view)
        assert judgement.judgement(drill) == before
        assert judgement.real is not None
        assert before is not None
        assert judgement.real.moment > before.moment


def test_a_fault_while_judging_leaves_the_last_judgement(
    place: tuple[Accord, Path, Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, log, copy = place
    before = owed(copy)
    world.let_pass(DAY)

    def broken(*_given: Any) -> None:
        raise RuntimeError("the judge fell ill")

    monkeypatch.setattr(judged, "case_of", broken)
    with pytest.raises(Fault) as found:
        again(world, log, copy)
    assert found.value.code == "explorer.not-judged"
    assert "the judge fell ill" in found.value.message
    assert owed(copy) == before
    monkeypatch.undo()
    again(world, log, copy)
    assert owed_as_of(copy) > world.clock - 2 * DAY


def test_tables_of_another_version_are_filled_again(place: tuple[Accord, Path, Copy]) -> None:
    world, log, copy = place
    before = owed(copy)
    with closing(sqlite3.connect(copy.path)) as database:
        database.execute("UPDATE facts SET value = X'30' WHERE name = 'judged.version'")
        database.commit()
    reopened = Copy(copy.path.parent)
    assert owed(reopened) == []
    again(world, log, reopened)
    assert owed(reopened) == before
