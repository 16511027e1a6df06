"""Work spread over an executor, and taken in the order in which it was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_order(
    executor: Executor | None, work: Callable[..., Result], calls: Iterable[tuple[Any, ...]], ahead: int
) -> Iterator[Result]:
    """The result of `work` for each of `calls` (its arguments), in their order; raises what a call raises, in its turn.

    `executor`: threads, processes, a cluster; None: this thread, one call after the other. `calls` is asked for the next
    arguments only when the call is made, and at most `ahead` calls are under way beside the one that is waited for: so
    memory stays flat, and arguments may depend on the results taken so far.
    """
    if executor is None:
        for call in calls:
            yield work(*call)
        return
    running: deque[Future[Result]] = deque()
    for call in calls:
        running.append(executor.submit(work, *call))
        if len(running) > ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
