"""A verifier's finding computed again: confirmed, refuted, or undecided, in a log that has gone on since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.accord_of_findings import (
    ANSWERS,
    EXITS,
    NONE,
    World,
    run,
    strangers,
)
from verifier.conformance.outcome import CONFIRMED, REFUTED, UNDECIDED
from verifier.exits import Exit
from verifier.formats import checkpoint, policy
from verifier.formats.times import format_utc
from verifier.history import next_head
from verifier.receipt import Given
from verifier.source import open_source

# Computed again.


@pytest.mark.parametrize("name", ANSWERS)
def test_a_finding_is_what_its_inputs_give_or_refuted(name: str, world: World) -> None:
    result, statuses = ANSWERS[name]
    code, answer = world.command(name, "--receipts", world.desk.room / "held")
    assert (code, answer["exit"], answer["result"]) == (EXITS[result], EXITS[result], result)
    assert sorted([row["computed"] for row in answer["obligations"]], key=str) == statuses
    assert [row["id"] for row in answer["obligations"] if row["said"] != row["computed"]] == answer["refuted"]
    assert all(check["ok"] for check in answer["checks"][:-1])
    assert answer["checks"][-1]["ok"] == (result == CONFIRMED)
    assert answer["reason"] is None


@pytest.mark.parametrize(
    ("name", "report"), [("true", "plain"), ("false", "plain"), ("proven", "held"), ("early", "early")]
)
def test_the_report_computed_is_that_of_then_to_the_byte(name: str, report: str, world: World) -> None:
    _, answer = world.command(name, "--receipts", world.desk.room / "held")
    assert answer["sha256"] == world.reports[report]["sha256"]


def test_a_kept_copy_of_then_serves_as_well_as_the_log_of_today(world: World) -> None:
    late = world.owed("drill-notice", "XA", "late")
    outcomes = [world.again("kept", late, inputs=world.inputs("plain"), at=at) for at in ("then", "now")]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].result == REFUTED


def test_worker_processes_say_the_same(world: World) -> None:
    place = (world.desk.room / "now", "--policy", world.desk.policy, "--charter", world.log.charter_id)
    assert run("finding", world.told["false"], *place, "--processes", 2) == world.command("false")


def test_words_for_a_person(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    from verifier import cli

    place = [str(world.desk.room / "now"), "--policy", str(world.desk.policy), "--processes", "0"]
    assert cli.run(["finding", world.told["false"], *place]) == Exit.REFUTED
    told = capsys.readouterr().out
    assert "said kept, computed late" in told
    assert told.endswith("verdict: refuted (exit 14)\n")


def test_receipts_of_an_earlier_audit_decide_nothing_unnamed(world: World, tmp_path: Path) -> None:
    """Or an honest verifier who keeps a state would report, and find, what the inputs that he names do not give."""
    as_of = ("--as-of", world.inputs("plain")["as_of"], "--state", tmp_path / "state")
    place = (world.desk.room / "then", "--policy", world.desk.policy, "--processes", 0, *as_of)
    with_receipts = run("conformance", *place, "--receipts", world.desk.room / "held")[1]
    assert with_receipts["sha256"] == world.reports["held"]["sha256"]
    assert run("conformance", *place)[1]["sha256"] == world.reports["plain"]["sha256"]


# Undecided: an input is not at hand, and nobody is convicted.


def test_without_its_receipts_a_finding_is_not_decided(world: World) -> None:
    for name in ("proven", "overproven"):
        code, answer = world.command(name)
        assert (code, answer["result"], answer["obligations"], answer["sha256"]) == (12, UNDECIDED, [], None)
        assert answer["reason"].startswith("receipts: not at hand")
        assert answer["checks"][-1]["name"] == "receipts"
    assert world.command("true")[0] == Exit.GOOD


def test_a_receipt_with_another_envelope_beside_it_convicts_nobody(world: World) -> None:
    """The digest names the proof: who hands over the evidence could put any envelope there."""
    query, other = world.owed("answer-query", "XA", "query"), world.log.receipt(world.told["query"]).envelope
    swapped = [Given(world.held[0].proof, other, "a receipt")]
    for status in ("kept", "undeterminable"):
        outcome = world.again(status, query, inputs=world.inputs("held"), receipts=swapped)
        assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "receipts")


MISSING: dict[str, Any] = {
    "checkpoint": NONE,
    "history": NONE,
    "charter": NONE,
    "vocabulary": NONE,
    "receipts": [NONE],
}


@pytest.mark.parametrize("name", MISSING)
def test_an_input_that_nobody_has_leaves_it_open(name: str, world: World) -> None:
    late, inputs = world.owed("drill-notice", "XA", "late"), world.inputs("plain", **{name: MISSING[name]})
    for charter in (world.log.charter_id, None):
        outcome = world.again("kept", late, inputs=inputs, charter=charter)
        assert (outcome.result, outcome.steps[-1].name, outcome.steps[-1].ok) == (UNDECIDED, name, None)
        assert (outcome.obligations, outcome.report) == ((), None)


def test_another_charter_than_the_readers_leaves_it_open(world: World) -> None:
    outcome = world.again("kept", NONE, inputs=world.inputs("plain"), charter=NONE)
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "charter")


def test_inputs_of_two_moments_do_not_belong_together(world: World) -> None:
    """A head that goes beyond the checkpoint's size is of no audit of that checkpoint."""
    late, head = world.owed("drill-notice", "XA", "late"), next_heads(world.log.history)[-1]
    outcome = world.again("kept", late, inputs=world.inputs("plain", history=head))
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "history")


def test_a_history_without_a_moment_gives_no_obligation(world: World) -> None:
    """Who names the head of an empty history was shown none: then nothing can be judged, and he judged."""
    late = world.owed("drill-notice", "XA", "late")
    outcome = world.again("late", late, inputs=world.inputs("plain", history="00" * 32))
    assert (outcome.result, outcome.obligations[0].computed) == (REFUTED, None)


def next_heads(history: list[bytes]) -> list[str]:
    heads = ["00" * 32]
    for raw in history:
        heads.append(next_head(heads[-1], raw))
    return heads


def test_a_record_dump_has_no_history(world: World, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"".join(raw + b"\n" for raw in world.log.records))
    source = open_source(str(tmp_path / "dump"))
    outcome = world.again("kept", NONE, inputs=world.inputs("plain"), source=source)
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "history")


# Policies.


def test_another_policy_decides_belief_alone(world: World) -> None:
    late, query = world.owed("drill-notice", "XA", "late"), world.owed("answer-query", "XA", "query")
    mine = policy.parse(b"# mine\n" + world.log.policy_text.encode())
    for status, result in (("late", CONFIRMED), ("kept", REFUTED)):
        outcome = world.again(status, late, inputs=world.inputs("plain"), policy=mine)
        assert outcome.result == result
        assert "another than yours" in next(step.detail for step in outcome.steps if step.name == "policy")
    # Its receipts are judged by the policy that it names: the charter's.
    held = world.again("kept", query, inputs=world.inputs("held"), policy=mine, receipts=world.held)
    assert held.result == CONFIRMED


def test_receipts_judged_by_a_policy_not_at_hand_leave_it_open(world: World) -> None:
    query = world.owed("answer-query", "XA", "query")
    plain, held = world.inputs("plain", policy=NONE), world.inputs("held", policy=NONE)
    assert world.again("undeterminable", query, inputs=plain).result == CONFIRMED
    outcome = world.again("undeterminable", query, inputs=held, receipts=world.held)
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "policy")


def test_a_checkpoint_that_the_reader_does_not_believe_decides_nothing(world: World) -> None:
    late = world.owed("drill-notice", "XA", "late")
    mine = policy.parse(strangers(world).encode())
    outcome = world.again("kept", late, inputs=world.inputs("plain"), policy=mine)
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "checkpoint")
    place = world.desk.room / "strangers"
    place.write_text(strangers(world))
    assert world.command("false", by=place)[0] == Exit.QUORUM_UNMET


def test_cosignatures_that_came_late_count_for_belief(world: World, tmp_path: Path) -> None:
    """No entry alone has the quorum; all of one body together have."""
    log, late = world.log.copy(), world.owed("drill-notice", "XA", "late")
    log.records, log.history, log.head = [*world.log.records], [], "00" * 32
    log.checkpoint(cosigned=(0,))
    head = log.head
    log.checkpoint(cosigned=(2,))
    log.write(tmp_path / "log")
    digest = world.inputs("plain", checkpoint=body_of(log.history[-1]), history=head)
    outcome = world.again("late", late, inputs=digest, source=open_source(str(tmp_path / "log")))
    assert next(step for step in outcome.steps if step.name == "checkpoint").ok
    assert outcome.obligations[0].computed is None  # dated by one witness alone, by the history that it names


def body_of(raw: bytes) -> str:
    from hashlib import sha256

    return sha256(checkpoint.parse(raw).note.text).hexdigest()


# The command's refusals.


@pytest.mark.parametrize(
    ("asked", "code"),
    [(NONE, "finding.unknown"), ("query", "finding.unknown"), ("abc", "text.malformed")],
)
def test_what_is_no_finding_of_this_log(asked: str, code: str, world: World) -> None:
    name = world.told.get(asked, asked)
    place = (world.desk.room / "now", "--policy", world.desk.policy, "--processes", 0)
    ended, answer = run("finding", name, *place)
    expected = Exit.NOT_LOGGED if code == "finding.unknown" else Exit.MALFORMED
    assert (ended, answer["fault"]["code"]) == (expected, code)
    assert answer["fault"]["next"]


def test_times_of_the_story_are_those_that_the_names_say(world: World) -> None:
    by_id = {row["id"]: row for row in world.reports["plain"]["report"]["obligations"]}
    assert by_id[world.owed("drill-notice", "XA", "late")]["status"] == "late"
    assert by_id[world.owed("answer-query", "XA", "query")]["due"] <= format_utc(world.log.clock)
