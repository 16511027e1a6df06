"""The explorer over a long log: its pages over HTTP and as server time, their sizes, its intake; Datasette on the same file.

Datasette shows a row and a page of a table of the same SQLite file, over HTTP on loopback as the explorer's pages are, in
a process of its own as they are. It reads rows that nobody verifies; the explorer's statement page climbs the ladder of
checks anew at each request. The ratio says what that, the six languages and the words cost.
"""

from __future__ import annotations

import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import urllib3
from flask import Flask

from tests.bench import business
from tests.bench.figures import Figure
from verifier.formats import policy
from verifier.source import open_source
from web.explorer import create_explorer_app
from web.explorer.allowance import Allowance
from web.explorer.copy.audited import Copy, Trust
from web.serving import Server

RECORDS = 100_000
ASKED = 60
"""How many requests of a page, each of another value where it has values, are timed."""
_TABLES = 20
"""How many pages of Datasette's table are timed: each takes long on a table of this length."""
_NEW = 100
_MOST_TIME, _WORST_TIME, _MOST_BYTES = 50, 150, 100_000
_NOW = 1_800_000_000
_Addresses = dict[str, list[str]]


def measure(room: Path, large: bool, records: int = RECORDS) -> Iterator[Figure]:
    """See the module. `records`: of the log; its copy is kept in `room` for the next time."""
    log, place = business.made(room, records), room / f"explorer-copy-{records}"
    yield from _intake(log, place)
    yield from _caught_up(business.made(room, records + _NEW), place, room / "explorer-caught-up")
    addresses = _addresses(place)
    app = create_explorer_app(Copy(place), clock=lambda: _NOW, limits=_FREE)
    # Server time is the processor time of the thread that answers: other work on this machine is not in it.
    first, _ = _timed(_client(app), addresses["obligation"][:1], time.thread_time)
    yield Figure("explorer: first obligation after a start, judgement made again", first[0], "ms of server time")
    for name, found in addresses.items():
        times, sizes = _timed(_client(app), found, time.thread_time)
        yield Figure(f"explorer: {name}, p50", median(times), "ms of server time", _MOST_TIME, more=False)
        yield Figure(f"explorer: {name}, p99", _p99(times), "ms of server time", _WORST_TIME, more=False)
        yield Figure(f"explorer: {name}, largest", max(sizes), "bytes", _MOST_BYTES, more=False)
    yield from _beside(place, addresses)


_FREE = Allowance(reading=None, certificates=None, files=None)


def _trust(log: Path) -> Trust:
    return Trust(policy.parse((log / "policy").read_bytes()), (log / "charter.sha256").read_text())


def _intake(log: Path, place: Path) -> Iterator[Figure]:
    """The first fill, if there is no copy yet; then a run without news."""
    copy = Copy(place)
    with copy.view() as view:
        empty = view.empty
    if empty:
        taken, judged = _catch_up(copy, log, _NOW)
        yield Figure("explorer: first fill of the copy, until its records show", taken, "s")
        yield Figure("explorer: first fill of the copy, judgement", judged, "s")
    taken, judged = _catch_up(copy, log, _NOW)
    yield Figure("explorer: a run without news (in a new process the judgement is made again)", taken + judged, "s")


def _caught_up(log: Path, place: Path, other: Path) -> Iterator[Figure]:
    """A hundred new records: until readers see them, and until they are judged. On a copy of the copy."""
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    with closing(sqlite3.connect(place / "copy.sqlite")) as db:
        db.execute("VACUUM INTO ?", (str(other / "copy.sqlite"),))
    taken, judged = _catch_up(Copy(other), log, _NOW + 100_000)
    shutil.rmtree(other)
    yield Figure(f"explorer: {_NEW} new records, until they show", taken, "s", 2, more=False)
    yield Figure(f"explorer: {_NEW} new records, judgement after that", judged, "s")


def _catch_up(copy: Copy, log: Path, now: int) -> tuple[float, float]:
    """Catch up; (seconds until readers see the records, seconds that the judgement took after that)."""
    with copy.view() as view:
        before = view.size
    begun, seen, over = time.perf_counter(), list[float](), threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            with copy.view() as view:
                if view.size > before:
                    seen.append(time.perf_counter())
                    return

    watching = threading.Thread(target=watch)
    watching.start()
    copy.catch_up(open_source(str(log)), _trust(log), now=now)
    ended = time.perf_counter()
    over.set()
    watching.join()
    shown = seen[0] if seen else ended
    return shown - begun, ended - shown


def _addresses(place: Path) -> _Addresses:
    """What a reader opens, with values by chance of one seed."""
    chance = random.Random(3)
    with Copy(place).view() as view:
        statements = [view.record(chance.randrange(view.size)) for _ in range(ASKED)]
        ids = [row.id for row in statements if row is not None]
        owed = "SELECT id FROM obligations WHERE exercise = '' AND sort >= ? ORDER BY sort LIMIT 1"
        span = view.select("SELECT min(sort), max(due) FROM obligations WHERE exercise = ''", ())[0]
        obligations = [view.select(owed, (chance.randrange(*span),))[0][0] for _ in range(ASKED)]
        threads = [row[0] for row in view.select("SELECT id FROM incidents ORDER BY steps DESC LIMIT 1000", ())]
        pledges = [row[0] for row in view.select("SELECT id FROM texts ORDER BY record", ())]
        states = [code for code, one in view.registry.items() if one.kind == "state"]
        size, history = view.size, view.history
    words = ("harbour", "hospital river", "演习", "сеть", "مناورة", "lanterne hiver", "S07 exercise", "seven geese")
    days = [f"2026-0{month}" for month in range(1, 8)]
    found = {
        "first page": ["/"],
        "statement": [f"/s/{one}" for one in ids],
        "proof": [f"/s/{one}/proof" for one in ids],
        "statements": [f"/statements?below={chance.randrange(size)}" for _ in range(ASKED)],
        "search": [f"/statements?q={word}" for word in words],
        "search with filters": [
            f"/statements?q={word}&party={chance.choice(states)}&family=drills" for word in words for _ in range(4)
        ],
        "statements of a time": [f"/statements?since={day}-01&party={chance.choice(states)}" for day in days],
        "party": [f"/parties/{code}" for code in states],
        "obligations": [f"/obligations?party={code}&status=kept" for code in states],
        "obligations owed to one": [f"/obligations?to={code}&month={days[n % 7]}" for n, code in enumerate(states)],
        "obligation": [f"/obligations/{one}" for one in obligations],
        "pledges": ["/pledges", "/pledges?page=1"],
        "pledge": [f"/pledges/{one}" for one in chance.sample(pledges, min(ASKED, len(pledges)))],
        "parties side by side": [f"/compare?parties={','.join(chance.sample(states, 4))}" for _ in range(ASKED)],
        "incidents": ["/incidents", f"/incidents?below={size // 2}"],
        "incident": [f"/incidents/{one}" for one in (*threads[:5], *chance.sample(threads, min(ASKED, len(threads))))],
        "calendar": [f"/calendar?from={day}" for day in days] + [f"/calendar?party={code}" for code in states],
        "channels": ["/channels", "/channels?page=1"],
        "audits": ["/audits"],
        "checkpoints": [f"/checkpoints?below={chance.randrange(history)}" for _ in range(ASKED)],
        "ledger": ["/ledger"],
    }
    tongues = ("", "", "", "/ar", "/ru")
    return {name: [_tongue(tongues[n % 5], one) for n, one in enumerate(some)] for name, some in found.items()}


def _tongue(tongue: str, address: str) -> str:
    return f"{tongue}{address}" if tongue else address


_Asking = Callable[[str], tuple[int, int]]
"""Address -> (status, bytes)."""


def _client(app: Flask) -> _Asking:
    client = app.test_client()

    def asked(address: str) -> tuple[int, int]:
        answer = client.get(address)
        return answer.status_code, len(answer.data)

    return asked


def _timed(
    asked: _Asking, addresses: Sequence[str], clock: Callable[[], float] = time.perf_counter, least: int = ASKED
) -> tuple[list[float], list[int]]:
    """(milliseconds, bytes) of `least` requests or one of each address, whatever is more."""
    times, sizes = [], []
    for address in [*addresses, *(addresses[n % len(addresses)] for n in range(len(addresses), least))]:
        begun = clock()
        status, size = asked(address)
        times.append(1000 * (clock() - begun))
        sizes.append(size)
        if status != 200:
            raise RuntimeError(f"{address}: {status}")
    return times, sizes


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[98]


def _beside(place: Path, addresses: _Addresses) -> Iterator[Figure]:
    """The explorer and Datasette over HTTP in the same run: a statement to a row, a page of the list to a page of the table."""
    chance = random.Random(4)
    with Copy(place).view() as view:
        size = view.size
    file = place / "copy.sqlite"
    rows = [f"/copy/records/{chance.randrange(size)}" for _ in range(ASKED)]
    tables = [f"/copy/records?idx__lt={chance.randrange(size)}&_sort_desc=idx&_size=50" for _ in range(_TABLES)]
    with _explorer(place) as port, _datasette(file) as other:
        here, there = _over_http(port), _over_http(other)
        for ours, name, theirs, what in (
            (addresses["statement"], "statement", rows, "row"),
            (addresses["statements"], "statements", tables, "table"),
        ):
            _timed(here, ours[:5], least=5)
            _timed(there, theirs[:5], least=5)
            (found, _), (row, sizes) = _timed(here, ours), _timed(there, theirs, least=len(theirs))
            yield Figure(f"explorer over HTTP: {name}, p50", median(found), "ms")
            yield Figure(f"explorer over HTTP: {name}, p99", _p99(found), "ms")
            yield Figure(f"Datasette over HTTP: {what}, p50", median(row), "ms")
            yield Figure(f"Datasette over HTTP: {what}, p99", _p99(row), "ms")
            yield Figure(f"Datasette over HTTP: {what}, largest", max(sizes), "bytes")
            yield Figure(f"explorer's {name}, times Datasette's {what}, p50", median(found) / median(row), "x")


def _over_http(port: int) -> _Asking:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1, timeout=30)

    def asked(address: str) -> tuple[int, int]:
        answer = pool.request("GET", address, redirect=False)
        return answer.status, len(answer.data)

    return asked


def _serve(place: str, ready: Connection) -> None:
    """The explorer over a copy, until its process is ended."""
    server = Server(create_explorer_app(Copy(Path(place)), clock=lambda: _NOW, limits=_FREE))
    ready.send(server.port)
    server.run()


@contextmanager
def _explorer(place: Path) -> Iterator[int]:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(str(place), there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


@contextmanager
def _datasette(file: Path) -> Iterator[int]:
    """Datasette on a SQLite file, which it takes for one that does not change; its port."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", str(file), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("Datasette does not answer: is it installed?")
