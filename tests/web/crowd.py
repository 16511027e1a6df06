"""A ledger in a process of its own that is killed and started again, witnesses that survive it, and submitters who are
honest: after a crash they hand in again what they have no receipt for.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from ledger.store.library import open_database
from tests.bench.logs import Statements
from tests.support.simulated_log import ORIGIN
from tests.web import mortal
from tests.web.onlooker import Live, Onlooker
from tests.web.wire import ask
from verifier import record
from verifier.formats import canonical, policy, proof
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.envelope import parse as parse_envelope
from verifier.receipt import verify
from verifier.source import open_source
from verifier.witness import Known, Witness
from web.serving import Server, Settings
from web.witness_api import create_witness_app
from web.witness_state import SqliteState

DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
GONE = (OSError, http.client.HTTPException)
_PAUSE = 0.01


class Acknowledged(NamedTuple):
    """What a submitter got for a statement: it will hold the ledger to it."""

    record: int
    envelope: bytes
    receipt: str


class Crowd:
    """Everybody around one ledger in `room`. `kills`: how often it died of what."""

    def __init__(self, room: Path, said: Statements, seed: int) -> None:
        self.room, self.said = room, said
        self.moments = random.Random(seed)
        self.policy = policy.parse(said.people.policy_text.encode())
        self.acknowledged: dict[str, Acknowledged] = {}
        self.seen: dict[int, bytes] = {}
        self.conflicts: list[Checkpoint | Known] = []
        self.kills: Counter[str] = Counter()
        self.live, self.beside, self.dead = (Onlooker(self.policy, self.note) for _ in range(3))
        self.port = 0
        self.done = threading.Event()
        self._records: list[bytes] = []
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["tests.web.mortal"])
        self._witnesses = [self._witness(number) for number in range(len(said.people.witness_pens))]
        self._process: BaseProcess | None = None
        self._threads = ThreadPoolExecutor(16)
        self._busy: list[Future[None]] = []

    # The ledger and its witnesses.

    def _witness(self, number: int) -> Server:
        pen, log = self.said.people.witness_pens[number], self.said.people.log_pen.key
        kept = Heard(self.room / f"witness-{number}.sqlite", self)
        one = Witness([pen], {ORIGIN: [log]}, kept, lambda: int(time.time()))
        return Server(create_witness_app(one, kept), settings=Settings(threads=4)).start()

    def start(self, point: str | None = None, times: int = 1) -> str | None:
        """Start the ledger over its directory; the point at which it will die, None for no particular one.

        One that dies at its point while it starts is counted, and another is started in its place.
        """
        names = [pen.name for pen in self.said.people.witness_pens]
        urls = {name: server.url for name, server in zip(names, self._witnesses, strict=True)}
        here, there = self._context.Pipe()
        args = (str(self.room), urls, there, point, times)
        self._process = self._context.Process(target=mortal.run, args=args, daemon=True)
        self._process.start()
        there.close()
        with here:
            try:
                assert here.poll(60), "it neither starts nor dies"
                self.port = here.recv()
                return point
            except EOFError:
                self._process.join()
        assert point, "it could not start"
        self.kills[f"{point} (starting)"] += 1
        self.look_at_what_is_left()
        return self.start()

    def await_death(self, point: str | None, seconds: float) -> None:
        """Let the ledger live for so many seconds, unless it dies at `point` before; SIGKILL: no handler, no goodbye."""
        assert self._process is not None
        self._process.join(seconds)
        by_itself = self._process.exitcode is not None
        self.port = 0  # before anybody else can be given this port
        self._process.kill()
        self._process.join()
        assert self._process.exitcode == -9, f"it ended by itself: {self._process.exitcode}"
        self.kills[point if by_itself and point else "any moment"] += 1

    def look_at_what_is_left(self) -> None:
        """The directory as a crash left it is whole."""
        if (self.room / "public/checkpoint").exists():
            self.dead.look(open_source(str(self.room / "public")))

    # Submitters and readers.

    def begin(self) -> None:
        """Let everybody begin: an office each for two who hand in one by one and two who hand in batches; two readers."""
        offices = [iter(self.said.envelopes[n::4]) for n in range(4)]
        work = [(self.submit, offices[0]), (self.submit, offices[1]), (self.submit_batches, offices[2])]
        work.append((self.submit_batches, offices[3]))
        self._busy = [self._threads.submit(run, office) for run, office in work]
        self._busy += [self._threads.submit(self._read_beside), self._threads.submit(self._read_live)]

    def finish(self) -> None:
        """Let everybody end. Raises what anybody met."""
        self.done.set()
        wait(self._busy)
        self.require_nobody_failed()

    def require_nobody_failed(self) -> None:
        """Raise what a submitter or reader met so far; and nobody has seen two roots of one size."""
        assert not self.conflicts, self.conflicts
        for one in self._busy:
            if one.done():
                one.result()

    def submit(self, envelopes: Iterator[bytes]) -> None:
        """Hand in one statement after the other; the same again for as long as there is no receipt for it."""
        for envelope in envelopes:
            while (found := self._post("/statements", envelope, DSSE)) is not None:
                if found["status"] == 200:
                    self.acknowledge(envelope, found)
                    break
                assert found["status"] in (202, 503), found
            if found is None:
                return
            time.sleep(_PAUSE)

    def submit_batches(self, envelopes: Iterator[bytes]) -> None:
        """Hand in batches of some; each batch again, whole, until there is a receipt for everything in it."""
        sizes = random.Random(0)
        while batch := list(islice(envelopes, sizes.randint(2, 30))):
            while (found := self._post("/statements/batch", b"\n".join(batch), LINES)) is not None:
                items = found.get("items", [])
                assert items or found["status"] == 503, found
                for envelope, item in zip(batch, items, strict=bool(items)):
                    assert item["status"] in (200, 202, 503), item
                    if item["status"] == 200:
                        self.acknowledge(envelope, item)
                if items and all(item["status"] == 200 for item in items):
                    break
            if found is None:
                return
            time.sleep(20 * _PAUSE)

    def _post(self, path: str, body: bytes, kind: dict[str, str]) -> dict[str, Any] | None:
        """The answer, with its `status`, however many crashes lie between; None when it is time to end."""
        while not self.done.is_set():
            if port := self.port:
                try:
                    answer = ask(port, "POST", path, body, kind)
                except GONE:
                    time.sleep(_PAUSE)
                    continue
                return {**json.loads(answer.body), "status": answer.status}
            time.sleep(_PAUSE)
        return None

    def acknowledge(self, envelope: bytes, told: dict[str, Any]) -> None:
        """Check the receipt as an outsider would; keep it."""
        assert canonical.encode(told["envelope"]) == envelope
        given = proof.parse(told["receipt"].encode())
        assert verify(given, parse_envelope(envelope), self.policy).index == told["index"]
        self.note(given.checkpoint)
        kept = Acknowledged(told["index"], envelope, told["receipt"])
        assert self.acknowledged.setdefault(told["id"], kept) == kept, "a second receipt is another one"

    def note(self, point: Checkpoint | Known) -> None:
        """Every checkpoint that anybody ever saw: one root for one size. What conflicts is kept for the test to find."""
        if self.seen.setdefault(point.size, point.root) != point.root:
            self.conflicts.append(point)

    def _read_beside(self) -> None:
        """Read the directory, as a static server would, whether the ledger lives or not."""
        source = open_source(str(self.room / "public"))
        while not self.done.is_set():
            self.beside.look(source)
            time.sleep(_PAUSE)

    def _read_live(self) -> None:
        """Read over HTTP; a look that a crash interrupts says nothing."""
        while not self.done.is_set():
            if port := self.port:
                with suppress(*GONE):
                    self.live.look(Live(port))
            time.sleep(_PAUSE)

    # What must hold after a crash.

    def require_kept(self) -> None:
        """Every record is where it was; every acknowledged statement at its index, with the envelope as it was signed."""
        acknowledged = dict(self.acknowledged)
        db = open_database(self.room / "log.sqlite", readonly=True)
        rows = list(db.conn.execute("select idx, id, raw from records order by idx"))
        db.close()
        raws = [bytes(raw) for _, _, raw in rows]
        assert raws[: len(self._records)] == self._records, "a durable record is gone, or another"
        assert [index for index, _, _ in rows] == list(range(len(rows)))
        found = {bytes(statement).hex(): index for index, statement, _ in rows}
        for statement, told in acknowledged.items():
            assert found[statement] == told.record
            if told.record >= len(self._records):
                assert record.parse(raws[told.record]).envelope.raw == told.envelope
        self._records = raws

    def ask_again(self, count: int | None = None) -> None:
        """Ask the ledger for acknowledged statements, all or the newest and some others: the same envelope and receipt."""
        known = list(self.acknowledged.items())
        if count is not None and len(known) > 2 * count:
            known = known[-count:] + self.moments.sample(known[:-count], count)
        for statement, told in known:
            assert ask(self.port, "GET", f"/statements/{statement}").body == told.envelope
            assert ask(self.port, "GET", f"/statements/{statement}/receipt").body.decode() == told.receipt

    def end(self) -> None:
        """Stop everybody, whatever happened."""
        self.done.set()
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._threads.shutdown()
        for server in self._witnesses:
            server.stop()


class Heard(SqliteState):
    """A witness's durable state that tells the crowd of every checkpoint cosigned."""

    def __init__(self, path: Path, crowd: Crowd) -> None:
        super().__init__(path)
        self._crowd = crowd

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        """See verifier.witness.State."""
        super().advance(origin, old, new, note)
        self._crowd.note(new)
