"""Envelopes that wait for their turn, and submitters that wait for what becomes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock
from time import monotonic

from ledger.admission import Limits, Pending
from verifier.errors import Fault

_RETRY_AFTER = 5


class Waiting:
    """A bounded queue in order of arrival. Times are moments of the monotonic clock, in seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: deque[Pending] = deque()
        self._arrived = Condition()
        self._closing = False
        self._looking = Lock()
        self._submitters: list[_Submitter] = []

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
        for one in batch:
            one.done = True
        self.progress()

    def progress(self) -> None:
        """Wake those whose wait in `until` is over, and nobody else: of hundreds that wait, most wait for more."""
        with self._looking:
            self._submitters = [one for one in self._submitters if not one.woken()]

    def until(self, reached: Callable[[], bool], moment: float | None) -> bool:
        """Wait until `reached`, at most until `moment` (None: however long it takes); whether it was."""
        one = _Submitter(reached)
        with self._looking:
            if reached():
                return True
            self._submitters.append(one)
        if one.wait(moment):
            return True
        with self._looking:
            self._submitters = [other for other in self._submitters if other is not one]
        return reached()

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
        self.until(lambda: all(one.done for one in pending), None)  # the rest is being sequenced at this moment


class _Submitter:
    """One thread that waits until `reached`. The check is made by the thread that brings progress, which wakes it once."""

    def __init__(self, reached: Callable[[], bool]) -> None:
        self._reached = reached
        self._held = Lock()
        self._held.acquire()

    def woken(self) -> bool:
        """Whether its wait is over; then it has been woken."""
        if not self._reached():
            return False
        self._held.release()
        return True

    def wait(self, moment: float | None) -> bool:
        """Wait to be woken, at most until `moment`; whether it was."""
        return self._held.acquire(timeout=-1 if moment is None else max(0.0, moment - monotonic()))


def _refuse(pending: Pending, why: str) -> None:
    pending.fault = Fault("log.busy", why, evidence={"retry_after": _RETRY_AFTER})
    pending.done = True
