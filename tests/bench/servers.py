"""A ledger and three witnesses as processes of their own, over loopback, for measurements."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from ledger.log import Limits as LogLimits
from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.support.simulated_log import ORIGIN, SimulatedLog
from verifier.witness import Witness
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings
from web.witness_api import create_witness_app
from web.witness_state import SqliteState


def _clock() -> int:
    return int(time.time())


def witness(number: int, state: str, ready: Connection) -> None:
    """One witness, until its process is ended."""
    people = SimulatedLog(hybrid=frozenset())
    kept = SqliteState(Path(state))
    one = Witness([people.witness_pens[number]], {ORIGIN: [people.log_pen.key]}, kept, _clock)
    server = Server(create_witness_app(one, kept), settings=Settings(threads=4))
    ready.send(server.port)
    server.run()


def ledger(room: str, urls: dict[str, str], ready: Connection) -> None:
    """The log and its API, until its process is ended."""
    people = SimulatedLog(hybrid=frozenset())
    log = Log(
        SqliteStore(Path(room) / "log.sqlite"),
        origin=ORIGIN,
        signer=LogSigner(ORIGIN, people.log_pen.private),
        witnesses=WitnessPool(urls),
        publisher=Publisher(Path(room) / "public"),
        clock=_clock,
        limits=LogLimits(queue=16_384),
    )
    log.start()
    server = Server(create_log_app(log, limits=Limits(rate=None)), settings=Settings(most_body=8 * 2**20))
    ready.send(server.port)
    server.run()


@contextmanager
def running(room: Path) -> Iterator[int]:
    """The port of a ledger of its own, cosigned by three witness processes; all end with the block."""
    context, started = get_context("spawn"), []

    def start(target: object, *args: object) -> int:
        here, there = context.Pipe()
        process = context.Process(target=target, args=(*args, there), daemon=True)  # type: ignore[arg-type]
        process.start()
        started.append(process)
        port: int = here.recv()
        return port

    try:
        names = [pen.name for pen in SimulatedLog(hybrid=frozenset()).witness_pens]
        ports = {name: start(witness, n, str(room / f"w{n}.sqlite")) for n, name in enumerate(names)}
        yield start(ledger, str(room), {name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    finally:
        for process in started:
            process.kill()
            process.join()
