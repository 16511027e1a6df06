"""From a statement's quorum to the reader's eyes: a ledger, three witnesses and an explorer as processes, a page that is open.

The moment of the quorum is that of the receipt, which the ledger hands out under the first checkpoint that has it. Then the
explorer must hear of it, audit it and take it in, and the page must hear of that. With Chromium the last moment is when the
new statement stands on the first page; without, when `/live.json`, asked as a page asks, has counted it. What a turn of the
follower costs is measured beside it: without news, with an audit that finds nothing, and with one new record.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import urllib3

from tests.bench.append import fresh
from tests.bench.figures import Figure, seconds
from tests.bench.logs import Statements
from tests.bench.servers import running
from tests.browser.chromium import PROGRAM
from verifier.formats import policy as policies
from verifier.source import open_source
from web.explorer import Copy
from web.explorer.copy.audited import Trust
from web.explorer.copy.glance import Glance
from web.explorer.live import SECONDS

COUNT = 30
"""Submissions."""
GOAL = 5_000.0
"""Milliseconds within which an open page shows what has its quorum."""
_PATIENCE = 60.0
_ONE = {"Content-Type": "application/vnd.dsse.envelope+json"}
_MANY = {"Content-Type": "application/x-ndjson"}


class Logged(NamedTuple):
    """A statement that has its receipt. `quorum`: since when (seconds, UTC)."""

    quorum: float
    record: int
    id: str


class Submitter:
    """Hands statements in at a ledger."""

    def __init__(self, port: int, count: int) -> None:
        self.said = Statements(count)
        self.url = f"http://127.0.0.1:{port}"
        self._pool = urllib3.PoolManager()
        self._left = iter(self.said.envelopes)
        self._post("/statements/batch", b"\n".join(self.said.founding), _MANY)

    def next(self) -> Logged:
        """Submit one, and wait for its receipt."""
        found = json.loads(self._post("/statements", next(self._left), _ONE))
        return Logged(time.time(), found["index"], found["id"])

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        answer = self._pool.request("POST", self.url + path, body=body, headers=headers, timeout=_PATIENCE)
        if answer.status != 200:
            raise RuntimeError(answer.data.decode())
        return bytes(answer.data)


@contextmanager
def exploring(source: str, policy: str, room: Path) -> Iterator[str]:
    """The address of `detente-web explore` in a process of its own, with its defaults; it ends with the block."""
    (room / "policy").write_text(policy)
    args = ["explore", source, "--policy", room / "policy", "--copy", room / "copy", "--listen", "127.0.0.1:0"]
    command = [sys.executable, "-c", "import web.cli; web.cli.main()", *map(str, args)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.search(r"at (http://127\.0\.0\.1:\d+)", told)
        if found is None:
            raise RuntimeError(told)
        yield found.group(1)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def staged(room: Path, count: int) -> Iterator[tuple[Submitter, str]]:
    """A ledger with its witnesses and an explorer of it that has caught up; `count` statements wait to be submitted."""
    fresh(room)
    with running(room) as port:
        submitter = Submitter(port, count)
        policy = submitter.said.people.policy_text
        with exploring(submitter.url, policy, room) as explorer:
            asked = Asked(explorer)
            asked.until(Logged(0.0, len(submitter.said.founding) - 1, ""))
            yield submitter, explorer


class Asked:
    """An open page without a browser: asks `/live.json` as the script does."""

    def __init__(self, explorer: str) -> None:
        self._pool, self._url, self._tag = urllib3.PoolManager(), f"{explorer}/live.json", ""
        self._records = 0

    def until(self, logged: Logged) -> float:
        """Ask until the statement's record is counted; when that was (seconds, UTC)."""
        end = time.monotonic() + _PATIENCE
        time.sleep(SECONDS * random.random())  # a page is anywhere between two questions
        while self.records() <= logged.record:
            if time.monotonic() > end:
                raise TimeoutError(f"record {logged.record} was not counted in {_PATIENCE} s")
            time.sleep(SECONDS * random.uniform(0.9, 1.1))
        return time.time()

    def records(self) -> int:
        """How many records the explorer shows."""
        sent = {"If-None-Match": self._tag} if self._tag else {}
        answer = self._pool.request("GET", self._url, headers=sent)
        if answer.status == 200:
            self._tag, self._records = answer.headers["ETag"], int(json.loads(answer.data)["records"])
        return self._records


WATCH = """() => {
  window.shown = {};
  const look = () => {
    for (const link of document.querySelectorAll("[data-live='newest'] a"))
      window.shown[link.getAttribute("href").split("/").at(-1)] ??= Date.now();
  };
  new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
  look();
}"""
"""Notes when each statement came onto the first page."""


@contextmanager
def looked_at(explorer: str) -> Iterator[Callable[[Logged], float]]:
    """The first page, open in Chromium: statement -> when it stood there (seconds, UTC)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{explorer}/en/")
        page.evaluate(WATCH)

        def until(logged: Logged) -> float:
            found = page.wait_for_function("id => window.shown[id]", arg=logged.id, timeout=1000 * _PATIENCE)
            return float(found.json_value()) / 1000

        try:
            yield until
        finally:
            browser.close()


def _latencies(submitter: Submitter, until: Callable[[Logged], float], count: int) -> list[float]:
    """Milliseconds from quorum to page, in order of size; at moments that have nothing to do with the polling."""
    took = []
    for _ in range(count):
        time.sleep(random.uniform(0.0, 2.0))
        logged = submitter.next()
        took.append(1000 * (until(logged) - logged.quorum))
    return sorted(took)


def _figures(name: str, took: list[float]) -> Iterator[Figure]:
    for share in (50, 99):
        value = took[min(len(took) - 1, len(took) * share // 100)]
        goal = GOAL if share == 99 else None
        yield Figure(f"live: quorum to {name}, p{share} of {len(took)}", value, "ms", goal, more=False)


def _turns(room: Path, submitter: Submitter) -> Iterator[Figure]:
    """What a turn of the follower costs over HTTP, on the log as it is by now."""
    shutil.rmtree(room / "turns", ignore_errors=True)
    source = open_source(submitter.url)
    glance, copy = Glance(source), Copy(room / "turns")
    trust = Trust(policies.parse(submitter.said.people.policy_text.encode()))

    def audit() -> Any:
        return copy.catch_up(source, trust, now=int(time.time()))

    glance.newest()
    audit()
    yield Figure("live: a turn without news", 1000 * seconds(glance.newest, 50), "ms")
    yield Figure("live: an audit that finds nothing", 1000 * seconds(audit, 10), "ms")

    took = []
    for _ in range(10):
        submitter.next()
        took.append(seconds(audit, 1))
    yield Figure("live: an audit with one new record", 1000 * sorted(took)[len(took) // 2], "ms")


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """The latency as a page has it, and what following costs."""
    del large
    with staged(room / "live", 2 * COUNT + 20) as (submitter, explorer):
        if PROGRAM is not None:
            with looked_at(explorer) as until:
                yield from _figures("an open page", _latencies(submitter, until, COUNT))
        yield from _figures("/live.json", _latencies(submitter, Asked(explorer).until, COUNT))
        yield from _turns(room / "live", submitter)
