"""How a log says it is: whether its threads live, whether the store takes what comes, and which witness is in trouble."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import log as log_room
from ledger.health import LATE
from ledger.log import Log, Refused
from tests.ledger.log_world import World
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import canonical


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def until(reached: Callable[[], bool]) -> None:
    for _ in range(500):
        if reached():
            return
        time.sleep(0.01)
    pytest.fail("it did not come about within five seconds")


def founded(world: World, **options: Any) -> Log:
    log = world.open(**options)
    log.submit(world.founding(), wait=10)
    return log


def test_a_log_that_was_not_started_is_well(world: World) -> None:
    log = founded(world)
    state = log.health()
    state.require_working()
    assert (state.well, state.threads, state.size, state.covered, state.unwitnessed) == (True, {}, 4, 4, 0.0)
    assert state.troubles == {one.name: None for one in world.witnesses}


def test_an_empty_log_is_well(world: World) -> None:
    state = world.open().health()
    assert (state.well, state.size, state.covered) == (True, 0, 0)


def test_threads_that_live(world: World) -> None:
    log = founded(world)
    log.start()
    state = log.health()
    assert (state.threads, state.well) == ({"sequencing": True, "checkpoints": True}, True)
    log.stop()
    assert log.health().threads == {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_is_named(world: World) -> None:
    log = founded(world)

    def broken() -> bool:
        raise MemoryError

    log._waiting.come = broken  # type: ignore[method-assign]
    log.start()
    until(lambda: not any(log.health().threads.values()))  # the last checkpoint is made, then both have ended
    with pytest.raises(Fault, match="checkpoints and sequencing ended") as caught:
        log.health().require_working()
    assert (caught.value.code, caught.value.kind.status) == ("log.not-working", 503)
    assert caught.value.evidence == {"threads": {"sequencing": False, "checkpoints": False}}


def test_the_witness_in_trouble_is_named(world: World) -> None:
    log = founded(world)
    world.witnesses[1].mood = "dead"
    log.submit(world.drills(1), wait=10)
    until(lambda: not log.health().well)
    state = log.health()
    assert [name for name, fault in state.troubles.items() if fault] == [world.witnesses[1].name]
    assert state.troubles[world.witnesses[1].name].code == "cosigning.unreachable"  # type: ignore[union-attr]
    assert state.covered == state.size == 5
    world.witnesses[1].mood = None
    log.submit(world.drills(1), wait=10)
    until(lambda: log.health().well)


def test_how_long_records_wait_for_their_quorum(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    log = founded(world, pool={"limit": 0.05, "grace": 0.01})
    for one in world.witnesses:
        one.mood = "dead"
    log.submit(world.drills(1), wait=0)
    first = log.health()
    assert (first.size, first.covered) == (5, 4)
    assert 0 < first.unwitnessed < LATE
    real = time.monotonic
    monkeypatch.setattr(log_room, "monotonic", lambda: real() + LATE)
    assert log.health().unwitnessed > LATE
    assert not log.health().well
    for one in world.witnesses:
        one.mood = None
    log.tick()
    assert (log.health().unwitnessed, log.health().covered) == (0.0, 5)


def test_under_steady_load_nothing_waits_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always a record that no checkpoint covers yet; it is always a young one."""
    log = founded(world)
    real, moved = time.monotonic, [0.0]
    monkeypatch.setattr(log_room, "monotonic", lambda: real() + moved[0])
    one, *rest = world.drills(6)
    log._waiting.put([log._admission.read(one, log.trust)])
    log._sequence()
    for raw in rest:
        moved[0] += LATE / 2
        ask = log._cosigning._witnesses.ask

        def meanwhile(*args: Any, raw: bytes = raw, ask: Any = ask) -> Any:
            log._waiting.put([log._admission.read(raw, log.trust)])
            log._sequence()
            return ask(*args)

        monkeypatch.setattr(log._cosigning._witnesses, "ask", meanwhile)
        log.tick()
        monkeypatch.setattr(log._cosigning._witnesses, "ask", ask)
        state = log.health()
        assert state.covered == state.size - 1
        assert state.unwitnessed < LATE / 2


def test_a_store_that_failed_is_told_until_it_takes_something_again(world: World) -> None:
    log = founded(world)
    one, two = world.drills(2)
    real = log._store.append

    def full(*_: Any) -> None:
        raise Fault("store.failed", "disk is full")

    log._store.append = full  # type: ignore[assignment,method-assign]
    assert isinstance(log.submit([one], wait=10)[0], Refused)
    state = log.health()
    state.require_working()
    assert (state.stored, state.well, state.size) == (False, False, 4)
    log._store.append = real  # type: ignore[method-assign]
    log.submit([one, two], wait=10)
    until(lambda: log.health().well)
    assert log.health().size == 6


def test_what_a_failed_store_did_not_take_is_not_told_as_said(world: World) -> None:
    """A desk that asks for its next number meanwhile must not chain its statement to one that is not there."""
    log = founded(world)
    before = canonical.encode(log.trust.dump())
    (one,) = world.drills(1)
    real = log._store.append

    def full(*_: Any) -> None:
        raise Fault("store.failed", "disk is full")

    log._store.append = full  # type: ignore[assignment,method-assign]
    assert isinstance(log.submit([one], wait=10)[0], Refused)
    assert canonical.encode(log.trust.dump()) == before
    log._store.append = real  # type: ignore[method-assign]
    assert [outcome.index for outcome in log.submit([one], wait=10) if not isinstance(outcome, Refused)] == [4]


def test_records_are_published_once_when_loading_them_again_is_cut_short(world: World) -> None:
    log = founded(world)
    one, two, three = world.drills(3)
    append, records = log._store.append, log._store.records

    def unsure(*args: Any) -> None:
        append(*args)
        raise Fault("store.failed", "it is not known whether this was stored")

    def cut(start: int, stop: int) -> Any:
        if stop - start == 2:
            yield from records(start, start + 1)
            raise Fault("store.failed", "cannot be read")
        yield from records(start, stop)

    log._store.append, log._store.records = unsure, cut  # type: ignore[assignment,method-assign]
    assert all(isinstance(outcome, Refused) for outcome in log.submit([one, two], wait=10))
    log._store.append, log._store.records = append, records  # type: ignore[method-assign]
    outcomes = log.submit([one, two, three], wait=10)
    assert [outcome.index for outcome in outcomes if not isinstance(outcome, Refused)] == [4, 5, 6]
    report = world.audit()
    assert (report.exit, report.records) == (Exit.GOOD, 7)


def test_whatever_goes_wrong_in_loading_again_the_log_goes_on(world: World) -> None:
    """The store is not the only thing that can fail there, and no error of any kind may end the sequencing."""
    log = founded(world)
    log.start()
    append, records = log._store.append, log._store.records

    def broken(*_: Any) -> Any:
        raise OSError("input/output error")

    log._store.append, log._store.records = broken, broken  # type: ignore[assignment,method-assign]
    first = world.drills(1)[0]
    refused = log.submit([first], wait=5)[0]
    assert isinstance(refused, Refused)
    assert refused.fault.code == "log.failed"
    log._store.append, log._store.records = append, records  # type: ignore[method-assign]
    log.health().require_working()
    logged = log.submit([first], wait=5)[0]
    assert not isinstance(logged, Refused)
    assert (logged.index, log.health().stored) == (4, True)
    log.stop()
