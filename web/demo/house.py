"""The house: the log's server and the witnesses' servers of the demonstration, in this process, over loopback HTTP.

They are the servers that `detente-web serve` and `detente-web witness` run, under the demonstration's clock. While the
story is told the log works when it is asked to; afterwards it works by itself, under the system's clock.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

from ledger.desk import ledger_directory
from ledger.log import Log
from ledger.publish import Publisher
from ledger.witnesses import WitnessPool
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature
from verifier.witness import MOST_BODY, Witness
from web.cli.serve import settings
from web.demo.cast import Cast
from web.demo.clock import Clock
from web.demo.home import Home
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings
from web.witness_api import create_witness_app
from web.witness_state import SqliteState

HEARTBEAT = 86_400
"""Seconds: a day without an act has a checkpoint all the same."""
_LIMITS = Limits(waiting=16, rate=None)
_WITNESS = Settings(threads=4, most_body=2 * MOST_BODY)
_LIMIT, _GRACE = 20.0, 10.0
"""Seconds that the log waits for the witnesses: they are all at hand, so none is left behind."""
_LINGER = 1.0
"""Months pass in seconds and nobody else is reading: outgrown bundles need not stay for long."""


class House:
    """The servers of a demonstration; a context manager. `clock` is everybody's; `url` the ledger's address."""

    def __init__(self, home: Home, cast: Cast, clock: Clock, listen: str = "127.0.0.1:0") -> None:
        """Open the stores and the ports. Raises Fault `serve.bind`, `store.…`, `desk.ledger-directory`."""
        self.clock = clock
        self._closing = ExitStack()
        self._heard_at = 0
        try:
            urls = {name: self._witness(home, cast, name) for name in dict(_names(cast))}
            self.log = self._log(home, cast, urls)
            server = Server(create_log_app(self.log, limits=_LIMITS), listen, settings(_LIMITS))
            self._closing.enter_context(server)
        except BaseException:
            self._closing.close()
            raise
        self.url = server.url

    def __enter__(self) -> House:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()

    def live(self, until: int) -> None:
        """Let time pass until the moment `until` (seconds, UTC), with a cosigned heartbeat for each day without news."""
        while self.log.size and self._heard_at + HEARTBEAT <= until:
            self.clock.move(self._heard_at + HEARTBEAT)
            self.log.tick()
            self.heard()
        self.clock.move(until)

    def heard(self) -> None:
        """The log has just had a checkpoint cosigned."""
        self._heard_at = self.clock()

    def resume(self) -> None:
        """Take the clock from the newest checkpoint: since then nothing was heard."""
        raw = (self.log.publisher.directory / "checkpoint").read_bytes()
        dates = cosignature.verified(checkpoints.parse(raw), self.log.trust.policy.witness_keys).values()
        self.clock.move(max(dates, default=0))
        self.heard()

    def go_on(self) -> None:
        """From now on the log works by itself, by the system's clock."""
        self.clock.release()
        self.log.tick()
        self.log.start()
        self._closing.callback(self.log.stop)

    def attach(self, content: bytes) -> str:
        """Publish an attachment; its digest (hex)."""
        return self.log.publisher.attachment(content)

    def _witness(self, home: Home, cast: Cast, name: str) -> str:
        """Start one witness; its URL."""
        state = SqliteState(home.witnesses / f"{dict(_names(cast))[name]}.sqlite")
        self._closing.callback(state.close)
        witness = Witness(cast.cosigners(name), {cast.ledger: cast.log_signer.keys}, state, self.clock)
        return self._closing.enter_context(Server(create_witness_app(witness, state), settings=_WITNESS)).url

    def _log(self, home: Home, cast: Cast, urls: dict[str, str]) -> Log:
        found = ledger_directory.take_up(home.ledger)
        store = found.open_store()
        self._closing.callback(store.close)
        pool = WitnessPool(urls, limit=_LIMIT, grace=_GRACE)
        self._closing.callback(pool.close)
        return Log(
            store,
            origin=found.origin,
            signer=cast.log_signer,
            witnesses=pool,
            publisher=Publisher(found.public, linger=_LINGER),
            clock=self.clock,
            heartbeat=HEARTBEAT,
        )


def _names(cast: Cast) -> list[tuple[str, str]]:
    """Each witness's name, and the name of its state's file."""
    return [(row["name"], f"witness-{number}") for number, row in enumerate(cast.source["witnesses"], 1)]
