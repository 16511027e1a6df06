"""A witness's memory: compare-and-set, one winner, and nothing lost when the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verifier.errors import Fault
from verifier.witness import Known
from web.witness_state import SqliteState, origin_hash

A = Known(5, b"\1" * 32, 1000)
B = Known(9, b"\2" * 32, 1001)


def test_load_gives_what_was_advanced(tmp_path: Path) -> None:
    state = SqliteState(tmp_path / "w.sqlite")
    assert state.load("one") is None
    state.advance("one", None, A, b"note A")
    state.advance("two", None, B, b"note B")
    state.advance("one", A, B, b"note C")
    assert state.load("one") == B
    assert state.load("one").note == b"note C"  # type: ignore[union-attr]
    assert state.checkpoint(bytes.fromhex(origin_hash("two"))) == b"note B"
    assert state.checkpoint(bytes(32)) is None
    state.close()
    again = SqliteState(tmp_path / "w.sqlite")
    assert again.load("one") == B
    again.close()


@pytest.mark.parametrize(
    "old",
    [
        None,
        B,
        Known(A.size, B.root, A.timestamp),
        Known(A.size, A.root, A.timestamp - 1),
        Known(A.size + 1, A.root, A.timestamp),
    ],
)
def test_advance_from_what_is_not_stored(tmp_path: Path, old: Known | None) -> None:
    state = SqliteState(tmp_path / "w.sqlite")
    state.advance("one", None, A, b"note A")
    with pytest.raises(Fault) as caught:
        state.advance("one", old, B, b"note B")
    assert (caught.value.code, caught.value.kind.status) == ("witness.conflict", 409)
    assert caught.value.evidence == {"size": A.size}
    assert state.load("one") == A
    state.close()


def test_advance_of_an_unknown_log_from_something(tmp_path: Path) -> None:
    state = SqliteState(tmp_path / "w.sqlite")
    with pytest.raises(Fault) as caught:
        state.advance("one", A, B, b"note B")
    assert caught.value.evidence == {"size": 0}
    state.close()


def test_one_of_many_writers_wins_on_two_connections(tmp_path: Path) -> None:
    states = [SqliteState(tmp_path / "w.sqlite") for _ in range(2)]
    states[0].advance("one", None, A, b"note A")
    start = threading.Barrier(8)

    def race(n: int) -> int | str:
        start.wait()
        try:
            states[n % 2].advance("one", A, Known(10 + n, b"\3" * 32, 2000), b"note %d" % n)
        except Fault as fault:
            return fault.code
        return 10 + n

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(race, range(8)))
    won = [one for one in found if one != "witness.conflict"]
    assert len(won) == 1
    assert states[0].load("one").size == states[1].load("one").size == won[0]  # type: ignore[union-attr]
    for state in states:
        state.close()


def test_forks_are_kept_once_and_bounded(tmp_path: Path) -> None:
    state = SqliteState(tmp_path / "w.sqlite")
    for n in range(40):
        state.keep_fork("one", {"submitted": f"note {n // 2}", "known": "k"})
    assert [row["submitted"] for row in state.forks("one")] == [f"note {n}" for n in range(16)]
    assert state.forks("two") == []
    state.close()


WRITER = """
import sys
from pathlib import Path
from verifier.witness import Known
from web.witness_state import SqliteState
state, old = SqliteState(Path(sys.argv[1])), None
for size in range(1, 1_000_000):
    new = Known(size, bytes(32), size)
    state.advance("one", old, new, b"note %d" % size)
    old = new
    print(size, flush=True)
"""


def test_nothing_told_is_lost_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = 0
    while told < 25:
        told = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    told = max([told, *map(int, writer.stdout.read().split())])
    writer.wait()
    state = SqliteState(path)
    known = state.load("one")
    assert known is not None
    assert told <= known.size <= told + 1  # the last may have been stored and not told
    assert state.checkpoint(bytes.fromhex(origin_hash("one"))) == b"note %d" % known.size
    assert state._db.conn.execute("pragma synchronous").fetchone()[0] == 2
    state.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite"
    path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(Fault) as caught:
        SqliteState(path)
    assert caught.value.code == "store.failed"
