"""The log's server is killed with SIGKILL in the middle of load, 200 times in all: nothing acknowledged is lost, and no two
checkpoints conflict. The submitters are honest: after a crash they hand in again what they have no receipt for.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from tests.bench.logs import Statements
from tests.bench.servers import ledger
from tests.support.simulated_log import ORIGIN
from tests.web.wire import ask
from verifier.audit import audit
from verifier.exits import Exit
from verifier.formats import checkpoint, policy, proof
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.envelope import parse as parse_envelope
from verifier.formats.policy import Policy
from verifier.receipt import verify
from verifier.served_tree import ServedTree
from verifier.source import open_source
from verifier.witness import Witness
from web.serving import Server
from web.witness_api import create_witness_app
from web.witness_state import SqliteState

ROUNDS, KILLS, SUBMITTERS = 4, 50, 4
DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
GONE = (OSError, http.client.HTTPException)


class Crowd:
    """A ledger in a process of its own, three witnesses that survive it, and submitters that outlive its crashes."""

    def __init__(self, room: Path, said: Statements) -> None:
        self.room, self.said = room, said
        self.policy: Policy = policy.parse(said.people.policy_text.encode())
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.seen: dict[int, bytes] = {}
        self.port = 0
        self.done = threading.Event()
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["tests.bench.servers", "apsw", "flask", "waitress"])
        self._witnesses = [self._witness(number) for number in range(3)]
        self._process: BaseProcess | None = None

    def _witness(self, number: int) -> Server:
        people = self.said.people
        kept = SqliteState(self.room / f"witness-{number}.sqlite")
        one = Witness([people.witness_pens[number]], {ORIGIN: [people.log_pen.key]}, kept, lambda: int(time.time()))
        return Server(create_witness_app(one, kept)).start()

    def start(self) -> None:
        """Start the ledger over its directory and learn its port."""
        names = [pen.name for pen in self.said.people.witness_pens]
        urls = {name: server.url for name, server in zip(names, self._witnesses, strict=True)}
        here, there = self._context.Pipe()
        self._process = self._context.Process(target=ledger, args=(str(self.room), urls, there), daemon=True)
        self._process.start()
        self.port = here.recv()

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def submit(self, envelopes: Iterator[bytes]) -> None:
        """Hand in one statement after the other; the same again for as long as there is no receipt for it."""
        for envelope in envelopes:
            while not self.done.is_set():
                try:
                    answer = ask(self.port, "POST", "/statements", envelope, DSSE)
                except GONE:
                    time.sleep(0.01)
                    continue
                told = json.loads(answer.body)
                if answer.status == 200:
                    self.acknowledge(told)
                    break
                assert answer.status in (202, 503), told
            if self.done.is_set():
                return

    def acknowledge(self, told: dict[str, Any]) -> None:
        """Keep what the ledger acknowledged, and the checkpoint that it acknowledged it with."""
        self.acknowledged[told["id"]] = told
        self.note(proof.parse(told["receipt"].encode()).checkpoint)

    def note(self, point: Checkpoint) -> None:
        """Every checkpoint ever seen: one root for one size."""
        assert self.seen.setdefault(point.size, point.root) == point.root, f"two roots at size {point.size}"

    def end(self) -> None:
        """Stop everybody."""
        self.done.set()
        if self._process is not None and self._process.is_alive():
            self.kill()
        for server in self._witnesses:
            server.stop()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_acknowledged_is_lost(seed: int, tmp_path: Path) -> None:
    moments = random.Random(seed)
    crowd = Crowd(tmp_path, Statements(4_000, offices=SUBMITTERS))
    try:
        crowd.start()
        founded = ask(crowd.port, "POST", "/statements/batch", b"\n".join(crowd.said.founding), LINES)
        assert all(item["status"] == 200 for item in json.loads(founded.body)["items"])
        parts = [iter(crowd.said.envelopes[n::SUBMITTERS]) for n in range(SUBMITTERS)]
        threads = [threading.Thread(target=crowd.submit, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.03, 0.3))
            crowd.kill()
            crowd.note(checkpoint.parse((tmp_path / "public/checkpoint").read_bytes()))
            crowd.start()
        time.sleep(0.5)
        crowd.done.set()
        for thread in threads:
            thread.join()
        _check(crowd)
    finally:
        crowd.end()


def _check(crowd: Crowd) -> None:
    """What was acknowledged is there; what was ever signed is of one tree; the whole audits good."""
    assert len(crowd.acknowledged) > KILLS, "there was load between the crashes"
    for statement, told in crowd.acknowledged.items():
        logged = ask(crowd.port, "GET", f"/statements/{statement}")
        assert logged.status == 200
        envelope = json.loads(logged.body)["envelope"] if b'"index"' in logged.body else json.loads(logged.body)
        assert envelope == told["envelope"]
        parsed = parse_envelope(_canonical(told["envelope"]))
        assert verify(proof.parse(told["receipt"].encode()), parsed, crowd.policy).index == told["index"]
    crowd.kill()
    source = open_source(str(crowd.room / "public"))
    report = audit(source, crowd.policy, now=int(time.time()) + 1)
    assert report.exit == Exit.GOOD, report.to_json()
    newest = checkpoint.parse(source.read("checkpoint"))
    tree = ServedTree(source, newest.size)
    assert {size: tree.root(size) for size in crowd.seen} == crowd.seen
    assert newest.size >= len(crowd.acknowledged)


def _canonical(value: Any) -> bytes:
    from verifier.formats import canonical

    return canonical.encode(value)
