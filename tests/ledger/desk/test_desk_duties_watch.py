"""`detente duties --watch`: told again only when something has changed; a network that fails ends nothing, Ctrl-C all of it."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.cli.duties import looked_at
from ledger.desk import duties_watch
from ledger.desk.duties_watch import LEAST, Telling, Watched
from tests.ledger.desk.duties_world import HOUR, DutyLog, rule
from verifier.cli.audited import Request
from verifier.errors import Fault
from verifier.exits import Exit

Look = Callable[[], tuple[dict[str, Any], Exit]]


def value(
    *rows: tuple[str, str, int], exercises: tuple[str, ...] = (), code: int = 0, pending: str | None = None
) -> Any:
    """Duties with these (obligation, status, seconds left); `exercises`: obligations within one rehearsal."""
    owed = [{"obligation": o, "status": s, "seconds_left": left, "pending": pending} for o, s, left in rows]
    world = {"owed": owed, "owing": [], "acknowledge": [], "said": []}
    marked = [{"obligation": o, "status": "open", "seconds_left": 9, "pending": None} for o in exercises]
    drills = [{**world, "owed": marked}] if exercises else []
    return {"asked": "2026-01-01T00:00:00Z", "audit": {"exit": code}, "exercises": drills, **world}


@dataclass
class Night:
    """A night of looks: each item is what one look finds, or the fault it ends with. Then Ctrl-C."""

    items: list[Any]
    screens: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    bells: int = 0
    waits: list[float] = field(default_factory=list)
    time: float = 1000.0
    slow: float = 0.0

    def look(self) -> tuple[Any, Exit]:
        self.time += self.slow
        item = self.items.pop(0)
        if isinstance(item, Fault):
            raise item
        return item, Exit(item["audit"]["exit"])

    def ring(self) -> None:
        self.bells += 1

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        if not self.items:
            raise KeyboardInterrupt

    def pass_by(self, every: int = 60) -> Exit:
        telling = Telling(self.screens.append, self.told.append, self.ring, lambda: 1_780_000_000)
        return duties_watch.watch(self.look, telling, every, wait=self.wait, monotonic=lambda: self.time)


A, B = "a" * 64, "b" * 64
UNREACHABLE = Fault("source.unreachable", "no answer", where="http://x")


def test_the_same_is_told_once_however_often_it_is_looked_at() -> None:
    night = Night([value((A, "open", 9_000 - 60 * n)) for n in range(5)])
    assert night.pass_by() == Exit.GOOD
    assert (len(night.screens), night.bells) == (1, 0)
    assert night.told == ["Stopped."]


def test_a_new_duty_rings_and_is_told() -> None:
    night = Night([value((A, "open", 9_000)), value((A, "open", 8_900), (B, "open", 90_000))])
    night.pass_by()
    assert (len(night.screens), night.bells) == (2, 1)
    assert "1 new" in night.told[0]


def test_a_new_duty_in_a_rehearsal_rings_too() -> None:
    night = Night([value(), value(exercises=(B,))])
    night.pass_by()
    assert night.bells == 1


@pytest.mark.parametrize(("before", "after"), [(3_700, 3_500), (90_000, 86_000), (10, -10), (1_300, 1_100)])
def test_a_duty_that_comes_close_is_told_again_without_a_bell(before: int, after: int) -> None:
    night = Night([value((A, "open", before)), value((A, "open", after))])
    night.pass_by()
    assert (len(night.screens), night.bells) == (2, 0)


@pytest.mark.parametrize(
    "later",
    [value(), value((A, "overdue", 5_000)), value((A, "open", 5_000), pending=B), value((A, "open", 5_000), code=13)],
)
def test_what_goes_or_changes_its_state_is_told_without_a_bell(later: Any) -> None:
    night = Night([value((A, "open", 5_000)), later])
    code = night.pass_by()
    assert (len(night.screens), night.bells) == (2, 0)
    assert code == later["audit"]["exit"]


def test_what_went_and_came_back_rings_once_only() -> None:
    night = Night([value((A, "open", 9_000)), value(), value((A, "open", 8_000))])
    night.pass_by()
    assert night.bells == 0


def test_a_network_that_fails_is_told_and_tried_again() -> None:
    night = Night([UNREACHABLE, value((A, "open", 9_000)), UNREACHABLE, UNREACHABLE, value((A, "open", 8_900))])
    assert night.pass_by() == Exit.GOOD
    assert len(night.screens) == 1
    faults = [line for line in night.told if "source.unreachable" in line]
    assert len(faults) == 3
    assert all("Next attempt in 60 s" in line for line in faults)


def test_a_watch_that_ends_without_a_network_says_so_by_its_exit_code() -> None:
    assert Night([value(), UNREACHABLE]).pass_by() == Exit.NETWORK


def test_a_source_that_shows_less_than_before_is_told_and_not_fatal() -> None:
    night = Night([value(), Fault("source.stale", "the source shows 3 records, an earlier audit saw 4"), value()])
    assert night.pass_by() == Exit.GOOD
    assert "source.stale" in night.told[0]


def test_what_a_further_look_cannot_mend_ends_the_watch_at_once() -> None:
    night = Night([Fault("duties.party", "nobody knows it")])
    with pytest.raises(Fault, match="nobody"):
        night.pass_by()


def test_looks_keep_their_pace_and_a_slow_one_is_not_made_up_for() -> None:
    night = Night([value() for _ in range(4)], slow=10.0)
    night.pass_by(60)
    assert night.waits == [50.0] * 4
    night = Night([value() for _ in range(3)], slow=500.0)
    night.pass_by(60)
    assert night.waits == [LEAST] * 3


# A log that grows.


@pytest.fixture
def log(tmp_path: Path) -> DutyLog:
    return DutyLog(rules=[rule("answer-query")]).begin(tmp_path)


def watched(log: DutyLog, location: str, state: Path | None = None) -> Watched:
    request = Request(location, log.directory.parent / "policy", None, None, state, None, 0, False)
    return Watched(request, lambda report, asked: looked_at(report, request, asked, "XB"), lambda: log.clock)


def test_each_look_audits_only_what_is_new(log: DutyLog, tmp_path: Path) -> None:
    state = tmp_path / "state"
    log.shown()
    seen = watched(log, str(log.directory), state)
    first, code = seen.look()
    report = seen.report
    assert (first["owed"], code) == ([], Exit.GOOD)
    log.clock += HOUR
    seen.look()
    assert seen.report is report  # the same checkpoint: only the time went on
    log.tell("XA", "clarification-request", addressees=["XB"])
    log.shown()
    later, _ = seen.look()
    assert len(later["owed"]) == 1
    assert seen.report is not None
    assert any("1 of them new" in check.detail for check in seen.report.checks)
    assert state.exists()


def test_after_a_bad_look_the_last_good_state_is_gone_on_from(log: DutyLog) -> None:
    log.shown()
    seen = watched(log, str(log.directory))
    seen.look()
    records = len(log.records)
    log.announce("XA", addressees=["ZZ"])
    log.beat()
    log.shown()
    for _ in range(2):
        assert seen.look()[1] == Exit.BREACH
    assert seen.state is not None
    assert seen.state.size == records


@pytest.fixture
def served(log: DutyLog) -> Iterator[str]:
    log.shown()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0),
        lambda *args: Quiet(*args, directory=str(log.directory)),
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_command_watches_a_served_log_until_it_is_interrupted(
    log: DutyLog, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night: a look, a new query, the log's files gone for a while, the log back. Then Ctrl-C."""
    away = log.directory.with_name("away")
    steps: list[Callable[[], object]] = [
        lambda: (log.tell("XA", "clarification-request", addressees=["XB"]), log.shown()),
        lambda: log.directory.rename(away),
        lambda: shutil.copytree(away, log.directory),
    ]

    def wait(seconds: float) -> None:
        assert seconds >= LEAST
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr("ledger.cli.duties.time.sleep", wait)
    out, err = io.StringIO(), io.StringIO()
    args = ["duties", "--party", "XB", served, "--policy", str(log.directory.parent / "policy"), "--processes", "0"]
    code = run([*args, "--watch", "--every", "5"], clock=lambda: log.clock, stdout=out, stderr=err)
    assert code == 0, err.getvalue()
    assert out.getvalue().count("Party XB at") == 2
    assert err.getvalue().count("\a") == 1
    assert "source.missing" in err.getvalue()
    assert err.getvalue().endswith("Stopped.\n")
