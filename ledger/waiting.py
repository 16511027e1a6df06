"""Envelopes that wait for their turn, and submitters that wait for what becomes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition
from time import monotonic

from ledger.admission import Limits, Pending
from verifier.errors import Fault

_RETRY_AFTER = 5


class Waiting:
    """A bounded queue in order of arrival. Times are moments of the monotonic clock, in seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: deque[Pending] = deque()
        self._arrived, self._progress = Condition(), Condition()
        self._closing = False

    def __bool__(self) -> bool:
        """Whether anything waits for its turn."""
        return bool(self._queue)

    def put(self, arrived: Sequence[Pending]) -> None:
        """Queue what is not refused yet; refuse with Fault `log.busy` what finds no room."""
        with self._arrived:
            for one in arrived:
                if one.done:
                    continue
                if self._closing:
                    _refuse(one, "the log is closing")
                elif len(self._queue) >= self._limits.queue:
                    _refuse(one, f"{len(self._queue)} statements wait already")
                else:
                    self._queue.append(one)
            self._arrived.notify_all()

    def take(self) -> list[Pending]:
        """The next batch; empty if nothing waits."""
        with self._arrived:
            return [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch))]

    def come(self) -> bool:
        """Wait until something waits for its turn; False when the queue is closed and empty."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._queue or self._closing)
            return bool(self._queue)

    def close(self, closing: bool) -> None:
        """Take nothing in any more (True), or take in again (False)."""
        with self._arrived:
            self._closing = closing
            self._arrived.notify_all()

    def settle(self, batch: Sequence[Pending]) -> None:
        """Tell the submitters of a batch that each has its index or its fault."""
        with self._progress:
            for one in batch:
                one.done = True
            self._progress.notify_all()

    def progress(self) -> None:
        """Tell all who wait in `until` to look again."""
        with self._progress:
            self._progress.notify_all()

    def until(self, reached: Callable[[], bool], moment: float) -> bool:
        """Wait until `reached`, at most until `moment`; whether it was."""
        with self._progress:
            return self._progress.wait_for(reached, max(0.0, moment - monotonic()))

    def sequenced(self, pending: Sequence[Pending], moment: float) -> None:
        """Wait until all are done. At `moment` those that still wait for their turn are taken back and refused."""
        if self.until(lambda: all(one.done for one in pending), moment):
            return
        with self._arrived:
            ours = {id(one) for one in pending}
            back = [one for one in self._queue if id(one) in ours]
            self._queue = deque([one for one in self._queue if id(one) not in ours])
        for one in back:
            _refuse(one, "its turn did not come")
        with self._progress:  # the rest is being sequenced at this moment
            self._progress.wait_for(lambda: all(one.done for one in pending))


def _refuse(pending: Pending, why: str) -> None:
    pending.fault = Fault("log.busy", why, evidence={"retry_after": _RETRY_AFTER})
    pending.done = True
