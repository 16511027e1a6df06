"""Witnessed time: when a record was surely not yet public, and when it surely was, by the witnesses' clocks.

Nobody is believed on time alone. For each witness: the latest time at which it signed a size without the record, and the
earliest at which it signed one with it. `after` and `before` are the earliest moments at which the witnesses so dated
make the policy's quorum. Source: docs/FORMAT.md, section "Witnessed time".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from verifier.formats.policy import Policy

NEVER_BEFORE = -(2**62)
"""Stands for minus infinity: the witness signed no size without the record."""


class Interval(NamedTuple):
    """`after` < the record's publication <= `before`, in seconds since the epoch; None where no quorum dates it."""

    after: int | None
    before: int | None


@dataclass
class _Line:
    """One witness: the sizes it signed, in rising order, with the earliest and the latest time at each."""

    sizes: list[int]
    first: list[int]
    last: list[int]
    crooked: bool = False
    """A larger size was signed at an earlier time."""


class Timelines:
    """What every witness signed when: witness key name -> sizes and times, from verified cosignatures alone."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._receipts: dict[int, dict[str, int]] = {}

    def add(self, witness: str, size: int, time: int) -> tuple[int, int] | None:
        """Take in that `witness` signed `size` at `time` (seconds; 0 says no time and is left out).

        Returns (size, time) of another signature that contradicts it, if there is one: a smaller size signed later, or a
        larger one signed earlier. An honest witness stores its last time and never dates below it.
        """
        if time == 0:
            return None
        line = self._lines.setdefault(witness, _Line([], [], []))
        at = bisect_right(line.sizes, size)
        if at and line.sizes[at - 1] == size:
            line.first[at - 1] = min(line.first[at - 1], time)
            line.last[at - 1] = max(line.last[at - 1], time)
            at -= 1
        else:
            line.sizes.insert(at, size)
            line.first.insert(at, time)
            line.last.insert(at, time)
        if at and line.last[at - 1] > time:
            line.crooked = True
            return line.sizes[at - 1], line.last[at - 1]
        if at + 1 < len(line.sizes) and line.first[at + 1] < time:
            line.crooked = True
            return line.sizes[at + 1], line.first[at + 1]
        return None

    def add_receipt(self, index: int, witness: str, time: int) -> None:
        """Take in a receipt's cosignature: it narrows the one record that it is for."""
        if time:
            times = self._receipts.setdefault(index, {})
            times[witness] = min(time, times.get(witness, time))

    def forget_receipts(self) -> None:
        """Leave out what receipts said: they are an input of one audit, which names them."""
        self._receipts = {}

    def interval(self, index: int, policy: Policy, *, receipts: bool = True) -> Interval:
        """The witnessed time of record `index` under `policy`, the charter's in force at it; by its receipts too, or not."""
        without, having = {}, {}
        receipt = self._receipts.get(index, {}) if receipts else {}
        for name in {entry.key.name for entry in policy.witnesses.values()}:
            latest, earliest = self._dates(name, index)
            if name in receipt:
                earliest = receipt[name] if earliest is None else min(earliest, receipt[name])
            if latest is not None and earliest is not None and latest > earliest:
                latest = earliest = None  # a clock that went backwards dates nothing between
            without[name] = NEVER_BEFORE if latest is None else latest
            if earliest is not None:
                having[name] = earliest
        after = policy.earliest(without)
        return Interval(None if after == NEVER_BEFORE else after, policy.earliest(having))

    def _dates(self, witness: str, index: int) -> tuple[int | None, int | None]:
        """The latest time at which the witness signed a size without record `index`, the earliest of one with it.

        Times rise with the sizes for an honest witness, so the neighbours decide; for another all its times are looked at.
        """
        line = self._lines.get(witness)
        if line is None:
            return None, None
        cut = bisect_right(line.sizes, index)
        if line.crooked:
            return max(line.last[:cut], default=None), min(line.first[cut:], default=None)
        return line.last[cut - 1] if cut else None, line.first[cut] if cut < len(line.sizes) else None

    def around(self, witness: str, index: int) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """(size, time) of the last size that the witness signed without record `index`, and of the first with it."""
        line = self._lines.get(witness)
        if line is None:
            return None, None
        cut = bisect_right(line.sizes, index)
        without = (line.sizes[cut - 1], line.last[cut - 1]) if cut else None
        return without, (line.sizes[cut], line.first[cut]) if cut < len(line.sizes) else None

    def receipted(self) -> frozenset[int]:
        """The records of which receipts were taken in."""
        return frozenset(self._receipts)

    def sizes_after(self, size: int) -> set[int]:
        """The sizes above `size` that any witness signed."""
        return {s for line in self._lines.values() for s in line.sizes[bisect_right(line.sizes, size) :]}

    def newest(self, witness: str) -> tuple[int, int] | None:
        """The largest size that a witness signed and the latest time at which it did; None if it signed nothing."""
        line = self._lines.get(witness)
        return (line.sizes[-1], line.last[-1]) if line else None

    def dump(self) -> dict[str, Any]:
        """The timelines as JSON-serialisable members."""
        return {
            "lines": {name: [line.sizes, line.first, line.last, line.crooked] for name, line in self._lines.items()},
            "receipts": [[index, times] for index, times in self._receipts.items()],
        }

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> Timelines:
        """The timelines that `dump` wrote."""
        found = cls()
        found._lines = {name: _Line(*rows) for name, rows in value["lines"].items()}
        found._receipts = {index: dict(times) for index, times in value["receipts"]}
        return found
