"""How a log is: what whoever watches over it asks every few seconds. Nothing here waits for what the log does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verifier.errors import Fault

LATE = 10.0
"""Seconds without a quorum after which a log is no longer well: a round of the witnesses takes a fraction of one."""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a log.

    `threads`: what works in the background, and whether it lives (empty: nothing was started). `stored`: whether the
    store took the last batch. `size`: durable records; `covered`: those under a quorum; `unwitnessed`: seconds for
    which some have not been (0: all are). `troubles`: each witness's fault at its last answer, or None.
    """

    threads: Mapping[str, bool]
    stored: bool
    size: int
    covered: int
    unwitnessed: float
    troubles: Mapping[str, Fault | None]

    @property
    def well(self) -> bool:
        """Whether nothing is out of order. A log with a witness in trouble works, and is not well."""
        return self.stored and self.unwitnessed < LATE and not any(self.troubles.values())

    def require_working(self) -> None:
        """Raise Fault `log.not-working` if a thread of the log has ended: what it did, nobody does any more."""
        ended = sorted(name for name, alive in self.threads.items() if not alive)
        if ended:
            told = f"the log no longer works: {' and '.join(ended)} ended"
            raise Fault("log.not-working", told, evidence={"threads": dict(self.threads)})
