"""A ledger's log with its participants and witnesses in one process: envelopes, clocks and failures as a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any

from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witness_client import Answer
from ledger.witnesses import WitnessPool
from tests.support.simulated_log import ORIGIN, START, SimulatedLog
from verifier import audit
from verifier.errors import Fault
from verifier.formats import policy as policies
from verifier.formats import proof as proofs
from verifier.formats.envelope import parse as parse_envelope
from verifier.receipt import Logged as Verified
from verifier.receipt import verify
from verifier.source import open_source
from verifier.witness import Known, Witness


class Clock:
    """A clock that stands until it is moved, in seconds since the epoch."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Memory:
    """A witness's state in memory, with every note that it ever stored."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.notes: list[bytes] = []
        self._lock = Lock()

    def load(self, origin: str) -> Known | None:
        return self.known.get(origin)

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        with self._lock:
            if self.known.get(origin) != old:
                raise Fault("witness.conflict", "another request was faster")
            self.known[origin] = new
            self.notes.append(note)


class FakeWitness:
    """A true witness behind a transport that a test can break. `mood`: None, "dead", "slow" (until `gate`), or an answer."""

    def __init__(self, name: str, witness: Witness, memory: Memory) -> None:
        self.name, self.witness, self.memory = name, witness, memory
        self.mood: str | Callable[[bytes], Answer] | None = None
        self.gate = Event()
        self.asked: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://{self.name}"

    def answer(self, body: bytes) -> Answer:
        """What the witness answers over HTTP."""
        self.asked.append(body)
        if self.mood == "dead":
            raise Fault("cosigning.unreachable", "connection refused", where=self.name)
        if self.mood == "slow":
            assert self.gate.wait(20)
        if callable(self.mood):
            return self.mood(body)
        return self.honest(body)

    def honest(self, body: bytes) -> Answer:
        try:
            return Answer(200, "text/plain; charset=utf-8", self.witness.add_checkpoint(body))
        except Fault as fault:
            if fault.kind.status == 409:
                return Answer(409, "text/x.tlog.size", b"%d\n" % fault.evidence["size"])
            return Answer(fault.kind.status, "text/plain", str(fault).encode())


class World:
    """Participants who draft and sign (`people`), their log, three witnesses of which two make the quorum."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Clock()
        self.people = SimulatedLog(clock=START)
        self.signer = LogSigner(ORIGIN, self.people.log_pen.private)
        self.policy = policies.parse(self.people.policy_text.encode())
        self.witnesses: list[FakeWitness] = []
        for pen in self.people.witness_pens:
            memory = Memory()
            witness = Witness([pen], {ORIGIN: [self.people.log_pen.key]}, memory, self.clock)
            self.witnesses.append(FakeWitness(pen.name, witness, memory))

    def open(self, **options: Any) -> Log:
        """The log over the same store and directory: the first time, or after a crash."""
        by_url = {f"{one.url}/add-checkpoint": one for one in self.witnesses}
        options.setdefault("pool", {"limit": 5.0, "grace": 0.5})
        pool = WitnessPool(
            {one.name: one.url for one in self.witnesses},
            transport=lambda: lambda url, body, limit: by_url[url].answer(body),
            **options.pop("pool"),
        )
        options.setdefault("store", SqliteStore(self.home / "log.sqlite"))
        options.setdefault("publisher", Publisher(self.home / "public"))
        return Log(options.pop("store"), origin=ORIGIN, signer=self.signer, witnesses=pool, clock=self.clock, **options)

    @property
    def directory(self) -> Path:
        return self.home / "public"

    def said(self, statement: str) -> bytes:
        """The envelope of a statement that somebody drafted."""
        return self.people.envelopes[statement][1].raw

    def founding(self) -> list[bytes]:
        """The charter and three accessions."""
        self.people.found()
        return [self.said(one) for one in self.people.envelopes]

    def drills(self, count: int, party: str = "XB") -> list[bytes]:
        """Drill announcements by one office, one after the other."""
        start = (
            self.people.chains[party, "foreign-ministry"][0] if (party, "foreign-ministry") in self.people.chains else 0
        )
        return [self.said(self.people.announce(party, start + n)) for n in range(count)]

    def check(self, envelope: bytes, receipt: bytes | None) -> Verified:
        """What an outsider makes of a receipt."""
        assert receipt is not None
        return verify(proofs.parse(receipt), parse_envelope(envelope), self.policy, now=self.clock.now)

    def audit(self) -> audit.Report:
        """What an outsider makes of the published directory."""
        return audit.audit(open_source(str(self.directory)), self.policy, now=self.clock.now)
