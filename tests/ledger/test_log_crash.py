"""The log killed at every step in turn: nothing acknowledged is lost, nothing signed is contradicted or left out."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.log import Limits, Log, Logged, Refused
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import World
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import tiles


class Killed(BaseException):
    """Stands for the end of the process: no handler of the log may catch it."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def killing(target: Any, method: str, *, after: bool, at: int = 1) -> None:
    """Let call number `at` of the method kill the process, before or after it did its work."""
    real: Callable[..., Any] = getattr(target, method)
    left = [at]

    def wrapped(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise Killed
        found = real(*args, **options)
        if left[0] == 0:
            raise Killed
        return found

    setattr(target, method, wrapped)


def require_intact(world: World, log: Log, acknowledged: list[Logged]) -> None:
    """Whatever happened: what was acknowledged stands, and all that was signed fits together and is in the history."""
    for one in acknowledged:
        assert log.receipt(one.id) == one
        world.check(one.envelope, one.receipt)
    report = world.audit()
    assert report.exit == Exit.GOOD, report.to_json()
    store = SqliteStore(world.home / "log.sqlite")
    entered = [checkpoints.parse(raw) for raw in store.entries(0, store.history().count)]
    roots = {point.size: point.root for point in entered}
    for witness in world.witnesses:
        for raw in witness.memory.notes:
            cosigned = checkpoints.parse(raw)
            assert roots[cosigned.size] == cosigned.root
    assert [point.size for point in entered] == sorted(point.size for point in entered)
    assert report.records == log.size == store.size()


POINTS = [
    ("store", "append"),
    ("store", "enter"),
    ("publisher", "records"),
    ("publisher", "tiles"),
    ("publisher", "history"),
    ("publisher", "checkpoint"),
    ("pool", "ask"),
    ("signer", "checkpoint"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("room", "method"), POINTS, ids=str)
def test_killed_between_the_steps(world: World, room: str, method: str, after: bool) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    envelopes = world.drills(300)
    acknowledged += [one for one in log.submit(envelopes[:1], wait=10) if isinstance(one, Logged)]
    rooms = {"store": log._store, "publisher": log.publisher, "signer": world.signer, "pool": log._cosigning._witnesses}
    real = getattr(rooms[room], method)
    killing(rooms[room], method, after=after)
    world.clock.now += 5
    with pytest.raises(Killed):
        log.submit(envelopes[1:260], wait=10)
    setattr(rooms[room], method, real)
    world.clock.now += 5

    again = world.open()
    again.tick()
    require_intact(world, again, acknowledged)
    outcomes = again.submit(envelopes, wait=10)
    assert [one.index for one in outcomes if isinstance(one, Logged)] == list(range(4, 304))
    require_intact(world, again, acknowledged)


@pytest.mark.parametrize("number", range(1, 13))
def test_killed_at_every_file_that_appears(world: World, number: int) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    log.submit(world.drills(251), wait=10)
    envelopes = world.drills(2)  # one fills a bundle, one begins the next
    killing(log.publisher, "_write", after=number % 2 == 0, at=(number + 1) // 2)
    with pytest.raises(Killed):
        log.submit(envelopes, wait=10)
    again = world.open()
    again.tick()
    require_intact(world, again, acknowledged)


def test_killed_for_real_while_it_works(world: World, tmp_path: Path) -> None:
    script = """if 1:
        import sys
        from pathlib import Path
        from tests.ledger.log_world import World
        world = World(Path(sys.argv[1]))
        log = world.open()
        log.start()
        for envelope in world.founding():
            assert log.submit([envelope], wait=10)[0].receipt
        while True:
            for one in log.submit(world.drills(7), wait=10):
                if one.receipt:
                    print(one.id, one.index, flush=True)
    """
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(400)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    log = world.open()
    log.tick()
    for line in [line for line in lines if line.endswith("\n")]:
        statement, index = line.split()
        found = log.receipt(statement)
        assert found.index == int(index)
        world.check(found.envelope, found.receipt)
    assert world.audit().exit == Exit.GOOD


def test_a_body_that_only_witnesses_saw_is_entered_after_the_crash(world: World) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    envelopes = world.drills(9)
    killing(log._store, "enter", after=False)
    with pytest.raises(Killed):
        log.submit(envelopes[:3], wait=10)
    for batch in (envelopes[3:5], envelopes[5:9]):  # the other thread goes on for a moment
        log._waiting.put([log._admission.read(raw, log.trust) for raw in batch])
        assert log._sequence() == len(batch)
    again = world.open()
    again.tick()
    require_intact(world, again, acknowledged)
    sizes = [checkpoints.parse(raw).size for raw in again._store.entries(0, again._store.history().count)]
    assert sizes == [4, 7, 9, 13]


def test_a_store_that_fails_refuses_and_recovers(world: World) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    one, two, three = world.drills(3)
    real = log._store.append

    def full(*_: Any) -> None:
        raise Fault("store.failed", "disk is full")

    log._store.append = full  # type: ignore[method-assign]
    for outcome in log.submit([one, two], wait=10):
        assert isinstance(outcome, Refused)
        assert outcome.fault.kind.status == 503
    assert log.size == 4

    def unsure(*args: Any) -> None:
        real(*args)
        raise Fault("store.failed", "it is not known whether this was stored")

    log._store.append = unsure  # type: ignore[method-assign]
    assert isinstance(log.submit([one], wait=10)[0], Refused)
    log._store.append = real  # type: ignore[method-assign]
    outcomes = log.submit([one, two, three], wait=10)
    assert [o.index for o in outcomes if isinstance(o, Logged)] == [4, 5, 6]
    require_intact(world, log, acknowledged)


def test_a_directory_that_cannot_be_written_delays_and_loses_nothing(world: World) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    real = log.publisher._write

    def full(path: str, content: bytes, **_: Any) -> None:
        if path.startswith("history") or path == "checkpoint":
            raise OSError(28, "No space left on device")
        real(path, content)

    log.publisher._write = full  # type: ignore[method-assign]
    acknowledged += [one for one in log.submit(world.drills(2), wait=10) if isinstance(one, Logged)]
    assert acknowledged[-1].receipt is not None
    assert world.audit().records == 4
    log.publisher._write = real  # type: ignore[method-assign]
    log.tick()
    require_intact(world, log, acknowledged)
    assert world.audit().records == 6


def test_a_lost_directory_is_written_again_from_the_store(world: World, tmp_path: Path) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    for envelope in world.drills(260):
        log.submit([envelope], wait=10)
    before = {path.relative_to(world.directory): path.read_bytes() for path in files(world.directory)}
    world.open(publisher=Publisher(tmp_path / "anew"))
    anew = {path.relative_to(tmp_path / "anew"): path.read_bytes() for path in files(tmp_path / "anew")}
    gone = before.keys() - anew.keys()
    assert all(".p/" in str(path) for path in gone)  # partial tiles of full ones, which nobody needs any more
    assert anew == {path: raw for path, raw in before.items() if path not in gone}


def test_files_cut_by_a_power_failure_are_written_again(world: World) -> None:
    log = world.open()
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    partial = [path for path in files(world.directory) if ".p/" in str(path)]
    assert len(partial) == 3
    for path in partial:
        path.write_bytes(b"")
    (world.directory / ".incoming").mkdir(exist_ok=True)
    (world.directory / ".incoming" / "1-1").write_bytes(b"half")
    (world.directory / "checkpoint").write_bytes(b"")
    again = world.open()
    require_intact(world, again, acknowledged)
    assert not (world.directory / ".incoming").exists() or not list((world.directory / ".incoming").iterdir())


def test_the_trust_state_is_kept_and_a_broken_snapshot_is_replayed(world: World) -> None:
    log = world.open(limits=Limits(snapshot=3))
    acknowledged = [one for one in log.submit(world.founding(), wait=10) if isinstance(one, Logged)]
    log.submit(world.drills(2), wait=10)
    store = SqliteStore(world.home / "log.sqlite")
    kept = store.snapshot()
    assert kept is not None
    assert kept[0] == 4
    again = world.open()
    assert again.trust.dump() == log.trust.dump()
    again.stop()
    assert (store.snapshot() or (0, b""))[0] == 6
    store.keep_snapshot(6, b'{"origin": "another"}')
    third = world.open()
    assert third.trust.dump() == log.trust.dump()
    require_intact(world, third, acknowledged)


def test_a_store_of_another_ledger_is_refused(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    other = LogSigner("other.example/log", world.people.log_pen.private)
    with pytest.raises(Fault) as caught:
        Log(
            log._store, origin=other.origin, signer=other, witnesses=WitnessPool({}), publisher=log.publisher, clock=int
        )
    assert caught.value.code == "log.other-ledger"
    with pytest.raises(Fault) as caught:
        Log(
            log._store,
            origin=other.origin,
            signer=world.signer,
            witnesses=WitnessPool({}),
            publisher=log.publisher,
            clock=int,
        )
    assert caught.value.code == "log.other-ledger"


def test_a_damaged_store_is_named(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    connection = sqlite3.connect(world.home / "log.sqlite")
    connection.execute("drop trigger records_update")
    connection.execute("update records set raw = cast('{}' as blob) where idx = 0")
    connection.commit()
    connection.close()
    with pytest.raises(Fault) as caught:
        world.open()
    assert caught.value.code == "record.malformed"


def files(directory: Path) -> list[Path]:
    """Every published file."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_no_partial_tile_goes_while_the_checkpoint_needs_it(world: World) -> None:
    log = world.open(pool={"limit": 0.05, "grace": 0.01})
    log.submit(world.founding(), wait=10)
    for one in world.witnesses:
        one.mood = "dead"
    log.submit(world.drills(600), wait=0.1)
    shown = checkpoints.parse((world.directory / "checkpoint").read_bytes())
    assert shown.size == 4
    for path in (tiles.tile_path(0, 0, 4), tiles.entries_path(0, 4)):
        assert (world.directory / path).exists()
    assert (world.directory / tiles.tile_path(0, 1)).exists()
    for one in world.witnesses:
        one.mood = None
    log.tick()
    assert world.audit().records == 604
    assert not (world.directory / tiles.entries_path(0, 4)).exists()
