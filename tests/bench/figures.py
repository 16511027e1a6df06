"""One measured figure: what, how much, its unit, and the goal that it is held against."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`goal`: a lower bound if `more`, else an upper bound; None: reported only."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    more: bool = True

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else (self.value >= self.goal if self.more else self.value <= self.goal)

    def line(self) -> str:
        """The figure as a line of the table."""
        bound, verdict = ">=" if self.more else "<=", "met" if self.met else "MISSED"
        goal = "" if self.goal is None else f"   goal {bound} {self.goal:g}: {verdict}"
        return f"  {self.name:62} {self.value:12,.2f} {self.unit}{goal}"

    def to_json(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {**asdict(self), "met": self.met}


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The median wall time of `times` runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def alone(work: Callable[..., Any], *args: Any) -> tuple[Any, float]:
    """Run `work` in a fresh process: its result, and its peak memory in MB (Linux: VmHWM)."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        result, peak = executor.submit(_measured, work, args).result()
    return result, peak


def _measured(work: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, float]:
    result = work(*args)
    # Not ru_maxrss: across fork and exec that is the parent's too.
    status = Path("/proc/self/status").read_text()
    return result, int(status.split("VmHWM:")[1].split()[0]) / 1024
