"""What a submitter hears of an envelope: it is in the log, or why it is not."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.errors import Fault


@dataclass(frozen=True, slots=True)
class Logged:
    """A statement in the log: hex `id`, `index` of its record, the envelope as logged, and the receipt (None: not yet)."""

    id: str
    index: int
    envelope: bytes
    receipt: bytes | None


@dataclass(frozen=True, slots=True)
class Refused:
    """An envelope that was not logged: why, and the statement's hex `id` where it could be read."""

    fault: Fault
    id: str | None


Outcome = Logged | Refused
