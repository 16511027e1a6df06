"""What is judged: the events of a log as far as rules read them, when each became public, and the charter's terms.

A case holds what an audit found to stand and nothing else; the judgement is a pure function of it and of a moment.
Source: docs/CONFORMANCE.md, section "What is judged".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from verifier.charter import Terms
from verifier.witnessed import Interval


class Event(NamedTuple):
    """What rules may read of one standing record.

    `relates`: (rel, record of the target). `exercise`: the statement id of the drill that it rehearses for, or None.
    `fields`: readable members of the body that are not null (moments as seconds, the rest as in the body); of a body with
    `changes`, the members of that. Beside them, where the type has them: `rules`; `revoked`: [signer, from_record or None]
    each; `opened`: [pointer, whether there is a value (False: a decoy), the value if it is short, else None] each.
    `sealed`: (pointer, opening date in seconds or None).
    """

    record: int
    id: str
    type: str
    party: str
    addressees: tuple[str, ...]
    relates: tuple[tuple[str, int], ...]
    exercise: str | None
    signers: tuple[str, ...]
    fields: Mapping[str, Any]
    sealed: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Case:
    """A log before its judge.

    `charter`: its statement id. `events`: in the order of the log; `kinds`: participant -> state, verifier, mediator or
    depositary. `moments`: when bodies of the history had their quorum (seconds, rising). `interval`: record -> witnessed
    time from the published history; `narrowed`: record -> its `before` by a receipt, None
    without one; `terms`: record -> the terms in
    force there.
    """

    ledger: str
    charter: str
    events: Sequence[Event]
    kinds: Mapping[str, str]
    moments: Sequence[int]
    interval: Callable[[int], Interval]
    narrowed: Callable[[int], int | None]
    terms: Callable[[int], Terms]

    def moment(self, asked: int) -> int | None:
        """The effective as-of: the greatest moment not after `asked` (seconds); None if there is none."""
        at = bisect_right(self.moments, asked)
        return self.moments[at - 1] if at else None
