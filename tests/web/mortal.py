"""A ledger that can be told where to die: by SIGKILL, from its own hand, at a named point of its work.

No handler runs and nothing is flushed, as if somebody else had killed it at exactly that moment.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ledger.log import Limits as LogLimits
from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.support.simulated_log import ORIGIN, SimulatedLog
from verifier import vocabulary
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings

POINTS = (
    "records within",  # the batch is in the transaction, which is not committed
    "records after",  # the batch is durable, and nobody has been told
    "history before",  # the witnesses have cosigned, and nothing of it is stored
    "history within",  # the entry is in the transaction, which is not committed
    "history after",  # the entry is durable, and not published
    "checkpoint before",  # the history is published, and the checkpoint is the old one
    "checkpoint after",  # the checkpoint is published, and no submitter has been told
    "file aside",  # a file is written, and not in its place yet
    "snapshot within",  # the trust state is in the transaction, which is not committed
)
SNAPSHOT = 48
"""Records after which the trust state is kept: here often, so that starts go on from it."""

vocabulary.load().type("drill-announcement")  # loaded once, in the server that every ledger is forked from


def run(room: str, urls: dict[str, str], ready: Connection, point: str | None, times: int) -> None:
    """The log and its API over `room`, until it is killed, or until it has come to `point` for the `times`-th time."""
    if point:
        _arm(point, times)
    log = Log(
        SqliteStore(Path(room) / "log.sqlite"),
        origin=ORIGIN,
        signer=LogSigner(ORIGIN, SimulatedLog(hybrid=frozenset()).log_pen.private),
        witnesses=WitnessPool(urls),
        publisher=Publisher(Path(room) / "public"),
        clock=lambda: int(time.time()),
        limits=LogLimits(snapshot=SNAPSHOT),
    )
    log.start()
    server = Server(create_log_app(log, limits=Limits(rate=None)), settings=Settings(threads=16, most_body=2**20))
    ready.send(server.port)
    server.run()


def _arm(point: str, times: int) -> None:
    """Let the process die when it comes to `point` for the `times`-th time."""
    left = [times]

    def here(name: str) -> None:
        if name == point:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    transaction, rename = SqliteStore._transaction, Path.rename

    @contextmanager
    def watched(store: SqliteStore, what: str) -> Iterator[Any]:
        here(f"{what} before")
        with transaction(store, what) as connection:
            yield connection
            here(f"{what} within")
        here(f"{what} after")

    def aside(path: Path, target: Path) -> Path:
        here("file aside")
        return rename(path, target)

    SqliteStore._transaction = watched  # type: ignore[assignment,method-assign]
    Path.rename = aside  # type: ignore[assignment,method-assign]
    Publisher.checkpoint = _around(Publisher.checkpoint, "checkpoint", here)  # type: ignore[method-assign]


def _around(method: Callable[..., None], name: str, here: Callable[[str], None]) -> Callable[..., None]:
    def around(*args: Any) -> None:
        here(f"{name} before")
        method(*args)
        here(f"{name} after")

    return around
