"""Findings computed again from copies that lie, under clocks that are wrong, in rehearsals: nobody is convicted wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.accord_of_findings import (
    DAY,
    HOUR,
    NONE,
    Accord,
    Desk,
    World,
    example,
)
from verifier import evidence
from verifier.conformance.outcome import CONFIRMED, REFUTED, UNDECIDED, Claim
from verifier.conformance.refuting import Refuting
from verifier.errors import Fault
from verifier.formats import checkpoint, note, policy, tiles
from verifier.history import next_head
from verifier.source import open_source

# Copies that lie.


def bent(tmp_path: Path, world: World, path: str, change: Callable[[bytes], bytes | None]) -> Path:
    copy = world.log.write(tmp_path / "log")
    raw = change((copy / path).read_bytes())
    if raw is None:
        (copy / path).unlink()
    else:
        (copy / path).write_bytes(raw)
    return copy


def entries(world: World) -> str:
    return tiles.entries_path(0, len(world.log.records))


def swapped(raw: bytes) -> bytes:
    rows = tiles.parse_bundle(raw)
    return tiles.format_bundle([*rows[:5], rows[6], rows[5], *rows[7:]])


LIES: dict[str, tuple[Callable[[World], str], Callable[[bytes], bytes | None]]] = {
    "records swapped": (entries, swapped),
    "a record edited": (entries, lambda raw: raw.replace(b'"received":"2026-01-01T0', b'"received":"2026-01-01T1', 1)),
    "no records": (entries, lambda raw: None),
    "records cut": (entries, lambda raw: raw[:-3]),
    "a history of its own": (lambda world: tiles.history_path(0), swapped),
    "no history": (lambda world: tiles.history_path(0), lambda raw: None),
    "a short history": (lambda world: "history/size", lambda raw: b"3\n"),
    "a size that is none": (lambda world: "history/size", lambda raw: b"many\n"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_copy_that_lies_convicts_nobody(lie: str, world: World, tmp_path: Path) -> None:
    place, change = LIES[lie]
    source = open_source(str(bent(tmp_path, world, place(world), change)))
    late = world.owed("drill-notice", "XA", "late")
    for status in ("late", "kept"):
        outcome = world.again(status, late, inputs=world.inputs("plain"), source=source)
        assert (outcome.result, outcome.report) == (UNDECIDED, None)
    raw = evidence.encode(world.file("false"))
    with pytest.raises(Fault) as caught:
        evidence.check(raw, world.policy, world.log.charter_id, refuter=world.refuting(source=source))
    assert caught.value.code == "finding.undecided"


def test_a_copy_that_lacks_a_bundle_of_records_convicts_nobody(tmp_path: Path) -> None:
    """The tiles lead to the root without it; what it held would be judged as if it were absent."""
    log = Accord()
    log.found()
    for number in range(tiles.WIDTH):
        log.announce("XB", number)
    late = log.announce_ahead("XA", 10)
    log.checkpoint()
    log.write(tmp_path / "log")
    inputs = Desk(tmp_path, log).report("log", log.clock)["report"]["inputs"]
    claim = Claim((log.owed("drill-notice", "XA", late),), "late", inputs, log.clock)
    refuting = Refuting(open_source(str(tmp_path / "log")), policy.parse(log.policy_text.encode()), log.charter_id)
    assert refuting(claim).result == CONFIRMED
    (tmp_path / "log" / tiles.entries_path(1, len(log.records) - tiles.WIDTH)).unlink()
    outcome = refuting(claim)
    assert (outcome.result, outcome.steps[-1].name) == (UNDECIDED, "checkpoint")


def test_a_source_that_does_not_answer_is_no_answer(world: World) -> None:
    class Silent:
        location, complete = "silent", True

        def read(self, path: str) -> bytes:
            raise Fault("source.unreachable", "no answer", where=path)

    with pytest.raises(Fault) as caught:
        world.again("kept", NONE, inputs=world.inputs("plain"), source=Silent())
    assert caught.value.code == "source.unreachable"


# Clocks: what a witness dates into the future convicts nobody, today or then.


def test_a_witness_with_a_clock_ahead_leaves_open_what_hangs_on_it(world: World, tmp_path: Path) -> None:
    log = Accord()
    log.found()
    query = log.tell("XB", "clarification-request", pause=0, addressees=["XA"], body={"reply_by": None})
    asked_at = log.clock
    log.say("XC", "drill-announcement", {**example("drill-announcement"), "observers": []})
    log.clock = asked_at + 24 * HOUR + 600
    log.history.append(signed(log, {0: 0, 1: 5 * HOUR}))
    log.head = next_head(log.head, log.history[-1])
    log.clock += 600
    relates = [{"rel": "answers", "statement": query}]
    log.say("XA", "clarification-response", {**example("clarification-response"), "on_request": True}, relates=relates)
    log.checkpoint(cosigned=(0, 2), pause=HOUR)
    log.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy_text)
    desk, owed = Desk(tmp_path, log), log.owed("answer-query", "XA", query)
    inputs = desk.report("log", log.clock)["report"]["inputs"]
    refuting = Refuting(open_source(str(tmp_path / "log")), policy.parse(log.policy_text.encode()), log.charter_id)
    results = {
        status: refuting(Claim((owed,), status, inputs, log.clock + 60)).result
        for status in ("undeterminable", "late", "kept", "overdue", "open")
    }
    assert results == {
        **dict.fromkeys(("undeterminable", "late"), UNDECIDED),
        **dict.fromkeys(("kept", "overdue", "open"), REFUTED),
    }


def signed(log: Accord, times: dict[int, int]) -> bytes:
    """The present tree, cosigned by these witnesses at times relative to the log's clock."""
    size, root = len(log.records), log.root()
    text = checkpoint.body(log.origin, size, root)
    lines = [log.log_pen.signature(text, log.origin, size, root, 0)]
    lines += [log.witness_pens[n].signature(text, log.origin, size, root, log.clock + t) for n, t in times.items()]
    return note.Note(text, tuple(lines)).raw


# A rehearsal's obligation is judged in its rehearsal.


def test_a_finding_on_a_rehearsal_is_judged_in_its_rehearsal(tmp_path: Path) -> None:
    log = Accord()
    log.found()
    drill = log.announce_ahead("XA", 1)
    log.clock += DAY
    marked = log.tell(
        "XA", "clarification-request", addressees=["XB"], body={"reply_by": None}, exercise=drill, pause=30 * HOUR
    )
    log.checkpoint()
    log.write(tmp_path / "log")
    desk = Desk(tmp_path, log)
    report, owed = desk.report("log", log.clock), log.owed("answer-query", "XB", marked)
    assert report["findings"] == []
    assert owed not in [row["id"] for row in report["report"]["obligations"]]
    refuting = Refuting(open_source(str(tmp_path / "log")), policy.parse(log.policy_text.encode()), log.charter_id)
    inputs = report["report"]["inputs"]
    assert refuting(Claim((owed,), "overdue", inputs, log.clock)).result == CONFIRMED
    assert refuting(Claim((owed,), "kept", inputs, log.clock)).result == REFUTED
