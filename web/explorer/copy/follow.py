"""The follower: a thread that glances at the source every second or two, audits what is new, and lets the copy catch up.

A turn without news costs the source one conditional request for its checkpoint. An audit is made when the checkpoint is
another one, and without news every so often: that finds what a checkpoint does not tell, such as evidence in the
history, and says that the copy is not stale. A source that does not answer is left alone for longer and longer, by chance
within bounds, so that many followers do not come back in one moment. An audit of a long log is followed by a rest as long as
it took: an explorer never spends more than half of its time on auditing. Obligations are judged on a thread beside, so that a
record is shown while the judgement of the one before is still being made.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from queue import SimpleQueue

from verifier.audit import Report
from verifier.errors import Fault
from verifier.source import Source
from web.explorer.copy.audited import Copy, Trust
from web.explorer.copy.glance import Glance

POLL = 1.5
"""Seconds between two glances, where nothing else is said."""
WHOLE = 60.0
"""Seconds without news after which an audit is made all the same."""
_REST = 20
"""An audit without news that took a second is not made again for so many seconds,"""
_LEAST_OFTEN = 5
"""but after so many times WHOLE at the latest."""
_LONGEST_REST = 10.0
"""Seconds after an audit in which no other is made, at most: after the first, long one readers wait for news already."""
_LONGEST_BACKOFF = 30.0
"""Seconds that a source which does not answer is left alone, at most and on average, unless it asks for more."""
_log = logging.getLogger(__name__)


class Follower:
    """Glances every `poll` seconds and audits what is new, or without news after `whole` seconds.

    `clock`: wall clock, seconds since the epoch, given to the audit; `monotonic`: seconds, for the intervals alone;
    `chance`: a number from 0 to 1, for the backoff. `told` hears from which to which record (the last excluded) an audit
    took some in; it must not wait for anything.
    """

    def __init__(
        self,
        copy: Copy,
        source: Source,
        trust: Trust,
        *,
        poll: float = POLL,
        whole: float = WHOLE,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        executor: Executor | None = None,
        told: Callable[[int, int], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._copy, self._source, self._trust = copy, source, trust
        self._poll, self._whole = poll, whole
        self._clock, self._monotonic, self._executor, self._chance = clock, monotonic, executor, chance
        self._told = told
        self._glance = Glance(source)
        self._seen: bytes | None = None
        self._whole_at = self._quiet_until = monotonic()
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="explorer-follower", daemon=True)
        self._judge = threading.Thread(target=self._judge_newest, name="explorer-judge", daemon=True)
        self._unjudged: SimpleQueue[tuple[Report, int] | None] = SimpleQueue()

    def start(self) -> None:
        """Begin to follow, with a first audit at once unless `once` has made one."""
        self._judge.start()
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End after the run under way. `timeout`: seconds to wait for it."""
        self._stopping.set()
        self._unjudged.put(None)
        for thread in (self._thread, self._judge):
            if thread.ident is not None:
                thread.join(timeout)
        self._glance.close()

    def once(self) -> bool:
        """One audit. A fault is logged and kept in the copy, where every page tells of it; False then.

        Obligations are judged beside where this follows, and else before it returns.
        """
        begun = self._monotonic()
        fault = self._audited()
        now = self._monotonic()
        if fault is None:
            self._failures = 0
            self._whole_at = begun + min(max(self._whole, _REST * (now - begun)), _LEAST_OFTEN * self._whole)
            self._quiet_until = now + min(now - begun, _LONGEST_REST)
            with self._copy.view() as view:
                self._seen = view.fact("checkpoint")
            return True
        self._back_off(fault)
        return False

    def turn(self) -> float:
        """Glance, and audit where there is something new or it is time. Returns seconds until the next turn."""
        begun = self._monotonic()
        if begun >= self._quiet_until:
            self._look(begun)
        now = self._monotonic()
        return max(self._poll - (now - begun), self._quiet_until - now, 0.0)

    def _look(self, now: float) -> None:
        try:
            raw = self._glance.newest()
        except Fault as fault:
            # The audit says in full what is wrong and keeps it for the pages; or it gets through, and all is well.
            if self.once():
                self._back_off(fault)
            return
        if raw != self._seen or now >= self._whole_at:
            self._seen = raw  # what an audit refused is not looked at again before something is new, or it is time
            self.once()

    def _back_off(self, fault: Fault) -> None:
        """After a fault: later and later; and a source that does not answer is not even glanced at until then."""
        self._failures += 1
        mean = min(self._poll * 2 ** min(self._failures, 20), max(_LONGEST_BACKOFF, self._poll))
        now = self._monotonic()
        self._whole_at = now + mean * (0.75 + 0.5 * self._chance())
        self._quiet_until = now
        if fault.code.startswith("source."):
            asked = fault.evidence.get("retry_after", 0)
            self._whole_at = self._quiet_until = max(self._whole_at, now + asked)

    def _audited(self) -> Fault | None:
        """Audit, take in, tell. What went wrong, if anything did."""
        where, before, now = self._source.location, self._size(), int(self._clock())
        try:
            report = self._copy.catch_up(self._source, self._trust, now=now, executor=self._executor, judge=False)
        except Fault as fault:
            _log.warning("audit of %s: %s (%s)", where, fault, fault.code)
            return fault
        except Exception:  # a fault of this program must not end the following: it is logged, and the copy grows stale
            _log.exception("audit of %s failed", where)
            return Fault("http.internal", "the audit failed", where=where)
        _log.info("audited %s: %d records, %d findings", where, report.records, len(report.findings))
        after = self._size()
        if self._told is not None and after > before:
            self._told(before, after)
        if self._judge.is_alive():
            self._unjudged.put((report, now))
        else:
            self._judged(report, now)
        return None

    def _judged(self, report: Report, now: int) -> None:
        """Judge what was taken in; that this failed is logged, and the copy keeps it for every page to say."""
        try:
            self._copy.judge(report, self._trust, now=now)
        except Exception:
            _log.exception("%s was audited and taken in; its obligations could not be judged", self._source.location)

    def _judge_newest(self) -> None:
        """Judge the newest of what was taken in, one after the other."""
        while (found := self._unjudged.get()) is not None:
            while not self._unjudged.empty():
                later = self._unjudged.get()
                if later is None:
                    return
                found = later
            self._judged(*found)

    def _size(self) -> int:
        with self._copy.view() as view:
            return view.size

    def _follow(self) -> None:
        wait = 0.0 if self._seen is None else self._poll
        while not self._stopping.wait(wait):
            try:
                wait = self.turn()
            except Exception:  # as above: the thread goes on
                _log.exception("following %s failed", self._source.location)
                wait = self._poll
