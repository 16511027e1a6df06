"""All witnesses at once: asked in parallel, waited for no longer than the quorum needs.

Each witness has a thread of its own and at most one request under way. While it is busy only the newest checkpoint
waits for it, so that a slow witness skips sizes instead of falling behind. Time limits are on the monotonic clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from threading import Condition, Thread
from time import monotonic

from ledger.witness_client import Client, Cosignature, Http, Question, Transport
from verifier.errors import Fault
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy

_log = logging.getLogger(__name__)
Enough = Callable[[Collection[VerifierKey]], bool]
"""Whether cosignatures by these keys make the quorum."""


class Round:
    """One checkpoint on its way through the witnesses. It goes on after the log has stopped waiting."""

    def __init__(self, question: Question, wake: Callable[[], None]) -> None:
        """`wake` is called whenever a cosignature comes in."""
        self.question = question
        self.cosigned: dict[VerifierKey, Cosignature] = {}
        self._wake = wake
        self._awaited: set[str] = set()
        self._busy: set[str] = set()
        self._news = Condition()

    def expect(self, name: str, busy: bool) -> None:
        """Count a witness among those that may still answer; a `busy` one owes an answer to an earlier question."""
        with self._news:
            self._awaited.add(name)
            if busy:
                self._busy.add(name)

    def answered(self, name: str, cosignatures: Collection[Cosignature]) -> None:
        """Take a witness's answer; none if it failed or went on to a newer checkpoint."""
        with self._news:
            self.cosigned.update({one.key: one for one in cosignatures})
            self._awaited.discard(name)
            self._news.notify_all()
        if cosignatures:
            self._wake()

    def wait(self, enough: Enough, limit: float, grace: float) -> list[Cosignature]:
        """Wait until there is enough, or nothing more to come, or `limit` seconds have passed.

        With enough at hand, the witnesses that were idle at the beginning get `grace` seconds more.
        """
        deadline = monotonic() + limit
        with self._news:
            self._news.wait_for(lambda: not self._awaited or enough(self.cosigned.keys()), limit)
            if enough(self.cosigned.keys()):
                rest = min(grace, deadline - monotonic())
                self._news.wait_for(lambda: self._awaited <= self._busy, max(0.0, rest))
        return self.all()

    def all(self) -> list[Cosignature]:
        """The cosignatures so far, in an order that does not depend on who was faster."""
        with self._news:
            return sorted(self.cosigned.values(), key=lambda one: (one.key.name, one.key.key_id))


class WitnessPool:
    """The witnesses by the name that the configuration gives them -> URL of their submission prefix."""

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        limit: float = 2.0,
        grace: float = 0.02,
        patience: float = 10.0,
        transport: Callable[[], Transport] = Http,
    ) -> None:
        """`limit`: seconds to wait for the quorum; `grace`: for stragglers after it; `patience`: for one answer.

        Two names with one URL are one witness (a policy names each of its keys). `transport` makes a connection to one.
        """
        self.limit = limit
        self.grace = grace
        self._line = {url: _Line(name, Client(url, transport()), patience) for name, url in urls.items()}

    @classmethod
    def of_policy(cls, policy: Policy, **options: float) -> WitnessPool:
        """The witnesses that a policy file gives a URL for."""
        return cls({name: entry.url for name, entry in policy.witnesses.items() if entry.url}, **options)  # type: ignore[arg-type]

    def ask(self, question: Question, wake: Callable[[], None]) -> Round:
        """Ask every witness to cosign; return at once. Nobody waits here: `Round.wait` does."""
        asked = Round(question, wake)
        for line in self._line.values():
            asked.expect(line.name, line.busy)
        for line in self._line.values():
            line.put(asked)
        return asked

    def troubles(self) -> dict[str, Fault | None]:
        """Each witness's name with what was wrong with its last answer; None if nothing was, or none was asked for."""
        return {line.name: line.trouble for line in self._line.values()}

    def close(self) -> None:
        """End the threads; one that waits for an answer ends with it."""
        for line in self._line.values():
            line.close()


class _Line:
    """The thread that talks to one witness, with the newest question that waits for it."""

    def __init__(self, name: str, client: Client, patience: float) -> None:
        self.name = name
        self.trouble: Fault | None = None
        self.busy = False
        self._client = client
        self._patience = patience
        self._next: Round | None = None
        self._thread: Thread | None = None
        self._closed = False
        self._change = Condition()

    def put(self, asked: Round) -> None:
        """Ask this next; what waited before is skipped."""
        with self._change:
            skipped, self._next = self._next, asked
            if self._thread is None:
                self._thread = Thread(target=self._run, name=f"witness {self.name}", daemon=True)
                self._thread.start()
            self._change.notify()
        if skipped is not None:
            skipped.answered(self.name, ())

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify()

    def _run(self) -> None:
        while (asked := self._take()) is not None:
            found: list[Cosignature] = []
            trouble: Fault | None = None
            try:
                found = self._client.ask(asked.question, self._patience)
            except Fault as fault:
                trouble = fault
            except Exception as error:  # a thread that dies unseen would be a witness lost for good
                _log.exception("asking witness %s failed", self.name)
                trouble = Fault("cosigning.unreachable", f"{type(error).__name__}: {error}", where=self._client.url)
            if trouble is not None and (self.trouble is None or self.trouble.code != trouble.code):
                _log.warning("witness %s: %s", self.name, trouble)
            self.trouble = trouble
            self.busy = False  # before anybody hears of the answer and asks the next question
            asked.answered(self.name, found)

    def _take(self) -> Round | None:
        """The next question; None when the pool is closed."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._next is not None)
            taken, self._next = self._next, None
            self.busy = taken is not None
            return None if self._closed else taken
