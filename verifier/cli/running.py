"""What long commands share: worker processes, and progress for whoever is looking."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import IO


@contextmanager
def workers(processes: int | None) -> Iterator[Executor | None]:
    """An executor of processes, started when first used; none where one process is asked for or there is one core."""
    count = len(os.sched_getaffinity(0)) if processes is None else processes
    with ProcessPoolExecutor(count) if count > 1 else nullcontext() as executor:
        yield executor


@contextmanager
def progress(stream: IO[str], what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Progress on a terminal, as (done, in all) of `what`; None where nobody is looking."""
    if not stream.isatty():
        yield None
        return

    def show(done: int, total: int) -> None:
        stream.write(f"\r{done:,} of {total:,} {what}")
        stream.flush()

    yield show
    stream.write("\n")
