"""The follower: a thread that audits the source again and again, and lets the copy catch up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from verifier.errors import Fault
from verifier.source import Source
from web.explorer.copy.audited import Copy, Trust

_log = logging.getLogger(__name__)


class Follower:
    """Catches up every `poll` seconds, from start to start.

    `clock`: wall clock, seconds since the epoch, given to the audit; `monotonic`: seconds, for the interval alone.
    """

    def __init__(
        self,
        copy: Copy,
        source: Source,
        trust: Trust,
        *,
        poll: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        executor: Executor | None = None,
    ) -> None:
        self._copy, self._source, self._trust = copy, source, trust
        self._poll, self._clock, self._monotonic, self._executor = poll, clock, monotonic, executor
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="explorer-follower", daemon=True)

    def start(self) -> None:
        """Begin to follow, with a first run at once."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End after the run under way. `timeout`: seconds to wait for it."""
        self._stopping.set()
        self._thread.join(timeout)

    def once(self) -> bool:
        """One run. A fault is logged and kept in the copy, where every page tells of it; False then."""
        try:
            report = self._copy.catch_up(self._source, self._trust, now=int(self._clock()), executor=self._executor)
        except Fault as fault:
            _log.warning("audit of %s: %s (%s)", self._source.location, fault, fault.code)
            return False
        except Exception:  # a fault of this program must not end the following: it is logged, and the copy grows stale
            _log.exception("audit of %s failed", self._source.location)
            return False
        _log.info("audited %s: %d records, %d findings", self._source.location, report.records, len(report.findings))
        return True

    def _follow(self) -> None:
        while not self._stopping.is_set():
            begun = self._monotonic()
            self.once()
            self._stopping.wait(max(0.0, self._poll - (self._monotonic() - begun)))
