"""The log's server is killed with SIGKILL in the middle of load, 200 times in all: nothing acknowledged is lost, no two
checkpoints conflict, and no reader ever finds a file in part.

Half of the kills come at any moment, half at a point where the most is at stake. Run with -rP to see the count.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.bench.logs import Statements
from tests.web.crowd import LINES, Crowd
from tests.web.mortal import POINTS
from tests.web.wire import ask
from verifier.audit import Report, audit
from verifier.exits import Exit
from verifier.formats import checkpoint
from verifier.served_tree import ServedTree
from verifier.source import open_source

ROUNDS, KILLS = 4, 50
AUDITS = 5
PATIENCE = 5.0
"""Seconds after which a ledger that has not come to its point is killed where it is."""
OFTEN = {"file aside": 80, "snapshot within": 1}
"""How often a ledger comes to a point within its first second, at most: four times, where nothing else is said."""


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_acknowledged_is_lost(seed: int, tmp_path: Path) -> None:
    crowd = Crowd(tmp_path, Statements(12_000, offices=4), seed)
    try:
        crowd.start()
        founded = ask(crowd.port, "POST", "/statements/batch", b"\n".join(crowd.said.founding), LINES)
        assert all(item["status"] == 200 for item in json.loads(founded.body)["items"])
        crowd.begin()
        point = None
        for turn in range(KILLS):
            _die(crowd, point)
            if turn % (KILLS // AUDITS) == 0:
                _require_good(audit(open_source(str(tmp_path / "public")), crowd.policy), crowd)
            point = POINTS[(turn // 2 + seed) % len(POINTS)] if turn % 2 == 0 else None
            point = crowd.start(point, crowd.moments.randint(1, OFTEN.get(point or "", 4)))
            if point is None:
                crowd.ask_again(4)
        time.sleep(0.3)
        crowd.finish()
        _require_whole(crowd)
        print(f"round {seed}: {_told(crowd)}")
    finally:
        crowd.end()


def _die(crowd: Crowd, point: str | None) -> None:
    """The ledger dies under load, at the point or at any moment; what it leaves is whole."""
    crowd.await_death(point, PATIENCE if point else crowd.moments.uniform(0.03, 0.3))
    crowd.require_nobody_failed()
    crowd.look_at_what_is_left()
    crowd.require_kept()


def _require_good(report: Report, crowd: Crowd) -> None:
    assert report.exit == Exit.GOOD, report.to_json()
    assert report.records >= max((one.record + 1 for one in list(crowd.acknowledged.values())), default=0)


def _require_whole(crowd: Crowd) -> None:
    """What was acknowledged is there; what was ever signed is of one tree; the whole audits good, over HTTP too."""
    for _ in range(100):
        state = json.loads(ask(crowd.port, "GET", "/healthz").body)
        if state["size"] == state["covered"] == state["records"]:
            break
        time.sleep(0.05)
    assert (state["size"], all(state["threads"].values())) == (state["records"], True), state
    crowd.ask_again()
    _require_good(audit(open_source(f"http://127.0.0.1:{crowd.port}"), crowd.policy), crowd)
    crowd.await_death(None, 0)
    crowd.require_kept()
    source = open_source(str(crowd.room / "public"))
    _require_good(audit(source, crowd.policy), crowd)
    newest = checkpoint.parse(source.read("checkpoint"))
    assert newest.size == state["records"] >= len(crowd.acknowledged) + len(crowd.said.founding)
    tree = ServedTree(source, newest.size)
    assert {size: tree.root(size) for size in crowd.seen} == crowd.seen
    assert crowd.kills.total() > KILLS
    assert len(crowd.acknowledged) > 2 * KILLS, "there was load between the crashes"
    assert min(crowd.live.looks, crowd.beside.looks, crowd.dead.looks) >= KILLS // 2, "somebody was looking on"
    missed = [point for point in POINTS if not any(name.startswith(point) for name in crowd.kills)]
    assert not missed, f"nobody died at {missed}"


def _told(crowd: Crowd) -> str:
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(crowd.kills.items()))
    looks = crowd.live.looks + crowd.beside.looks + crowd.dead.looks
    return (
        f"{crowd.kills.total()} kills ({kinds}); {len(crowd.acknowledged)} statements acknowledged, "
        f"{len(crowd.seen)} checkpoints seen, {looks} looks at the directory"
    )
