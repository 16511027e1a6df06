"""What a submitter sees: receipts over HTTP, durable and cosigned by three witnesses, on this machine's loopback.

The load comes from one process on the same two cores, so the ledger has less than the whole machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.append import fresh
from tests.bench.figures import Figure
from tests.bench.logs import Statements
from tests.bench.servers import running

LINES = "application/x-ndjson"
ONE = "application/vnd.dsse.envelope+json"


async def post(port: int, path: str, bodies: Sequence[bytes], kind: str) -> list[float]:
    """Post one body after the other on one connection; the seconds that each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for body in bodies:
        start = time.perf_counter()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(row.split(b":")[1]) for row in answer.split(b"\r\n") if row.lower().startswith(b"content-length")
        )
        content = await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(content.decode())
        took.append(time.perf_counter() - start)
    writer.close()
    return took


def _figures(name: str, took: list[float], goals: bool) -> Iterator[Figure]:
    ordered = sorted(took)
    for share, goal in ((50, 60), (99, 120)):
        value = 1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
        yield Figure(f"serving: receipt, {name}, p{share}", value, "ms", goal if goals else None, more=False)


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """Latency at 1, 64 and 256 submitters; statements a second, single and in batches."""
    del large
    for submitters, count in ((1, 200), (64, 3_000), (256, 6_000)):
        said = Statements(count, offices=submitters)
        fresh(room / "serving")
        with running(room / "serving") as port:
            asyncio.run(post(port, "/statements/batch", [b"\n".join(said.founding)], LINES))
            took, whole = asyncio.run(crowd(port, said, submitters))
        yield from _figures(f"{submitters} submitters", took, goals=submitters <= 64)
        yield Figure(
            f"serving: single statements, {submitters} submitters",
            count / whole,
            "/s",
            1500 if submitters == 256 else None,
        )
    yield from _batches(room)


async def crowd(port: int, said: Statements, submitters: int) -> tuple[list[float], float]:
    """Each submitter is an office of its own, so that none waits for another's number."""
    start = time.perf_counter()
    parts = [said.envelopes[n::submitters] for n in range(submitters)]
    took = await asyncio.gather(*(post(port, "/statements", part, ONE) for part in parts))
    return [one for part in took for one in part], time.perf_counter() - start


def _batches(room: Path) -> Iterator[Figure]:
    count, size = 16_384, 256
    said = Statements(count)
    bodies = [b"\n".join(said.envelopes[at : at + size]) for at in range(0, count, size)]
    fresh(room / "serving")
    with running(room / "serving") as port:
        asyncio.run(post(port, "/statements/batch", [b"\n".join(said.founding)], LINES))
        start = time.perf_counter()
        asyncio.run(post(port, "/statements/batch", bodies, LINES))
        whole = time.perf_counter() - start
    yield Figure("serving: statements in batches of 256", count / whole, "/s", 5000)
