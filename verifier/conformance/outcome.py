"""What became of a verifier's finding when it was computed again: confirmed, refuted, or not to be decided, and why.

Source: docs/FORMAT.md, "Findings computed again".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from verifier.statement import Statement

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecidable"


class Step(NamedTuple):
    """One thing that was looked at: `name` (an input, or `recomputation`), whether it is good (None: undecided), a sentence."""

    name: str
    ok: bool | None
    detail: str


class Compared(NamedTuple):
    """One obligation of the finding: the status that it says, and the one computed (None: there is no such obligation)."""

    id: str
    said: str
    computed: str | None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return self._asdict()


@dataclass(frozen=True)
class Outcome:
    """The answer: `result`, the steps to it, the obligations (none where an input is not at hand) and those of them that
    are `refuted`, the hex SHA-256 of the report that the named inputs give (None where one is not at hand), and `reason`:
    why it is not decided, or None."""

    result: str
    steps: tuple[Step, ...]
    obligations: tuple[Compared, ...] = ()
    refuted: tuple[Compared, ...] = ()
    report: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Claim:
    """What a finding claims: that these `obligations` have this `status` by these `inputs`. `received`: of its record, in
    seconds since the epoch."""

    obligations: tuple[str, ...]
    status: str
    inputs: Mapping[str, Any]
    received: int


Refuter = Callable[[Claim], Outcome]
"""Computes a claim again, from a copy of the log."""


def claim_of(said: Statement, received: int) -> Claim:
    """The claim of a statement of type `finding` that the vocabulary has accepted, in a record received then (seconds)."""
    body = said.body
    return Claim(tuple(body["obligations"]), body["status"], body["inputs"], received)
