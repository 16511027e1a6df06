"""A whole ledger over HTTP for others to read: the real log with its directory, and witnesses with their servers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from flask import Flask

from ledger.log import Log, Logged
from ledger.publish import Publisher
from ledger.signer import LogSigner, cosigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.support.simulated_log import ORIGIN, SimulatedLog
from verifier import record
from verifier.formats import envelope as envelopes
from verifier.formats import policy as policies
from verifier.formats import proof, tiles
from verifier.formats.note import VerifierKey
from verifier.witness import Witness
from web import problems
from web.published import Published
from web.serving import Server
from web.witness_api import create_witness_app
from web.witness_state import SqliteState


def now() -> int:
    """The system's clock: software from elsewhere has no other."""
    return int(time.time())


@dataclass(frozen=True)
class Neighbour:
    """A witness as a log sees it: its short name, its keys (all under one key name), its URL."""

    name: str
    keys: tuple[VerifierKey, ...]
    url: str


@contextmanager
def our_witness(
    home: Path, name: str, logs: dict[str, Sequence[VerifierKey]]
) -> Iterator[tuple[Neighbour, SqliteState]]:
    """This project's witness with a key of each type, behind its own server on a port that the system picks."""
    state = SqliteState(home / f"{name}.sqlite")
    pens = [cosigner(f"{name}.example", key.generate()) for key in (Ed25519PrivateKey, MLDSA44PrivateKey)]
    with Server(create_witness_app(Witness(pens, logs, state, now), state)) as server:
        yield Neighbour(name, tuple(pen.key for pen in pens), server.url), state
    state.close()


@dataclass
class Founders(SimulatedLog):
    """The participants, under a charter with these log keys and witnesses. Each neighbour's keys count as one."""

    log_keys: tuple[VerifierKey, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def policy_text(self) -> str:
        rows = [f"log {key.vkey}" for key in self.log_keys]
        for one in self.neighbours:
            names = [f"{one.name}-{key.algorithm}" for key in one.keys]
            rows += [f"witness {name} {key.vkey} {one.url}" for name, key in zip(names, one.keys, strict=True)]
            rows.append(f"group {one.name} any {' '.join(names)}")
        names = [one.name for one in self.neighbours]
        return "\n".join([*rows, f"group neutral all {' '.join(names)}", "quorum neutral", ""])

    def charter_body(self) -> dict[str, Any]:
        witnesses = [{"name": one.keys[0].name, "keys": [key.vkey for key in one.keys]} for one in self.neighbours]
        body = super().charter_body()
        return {**body, "log_keys": [key.vkey for key in self.log_keys], "witnesses": witnesses}


@dataclass
class House:
    """A published ledger. `outcomes`: of every statement, in the order of the records."""

    directory: Path
    keys: tuple[VerifierKey, ...]
    neighbours: tuple[Neighbour, ...]
    policy_text: str
    outcomes: list[Logged] = field(default_factory=list)

    @property
    def classical_policy(self) -> str:
        """The policy with Ed25519 keys alone, for readers that know no others; each witness has a URL."""
        rows = [f"log {self.keys[0].vkey}"]
        rows += [f"witness {one.name} {one.keys[0].vkey} {one.url}" for one in self.neighbours]
        rows.append(f"group neutral all {' '.join(one.name for one in self.neighbours)}")
        return "\n".join([*rows, "quorum neutral", ""])

    @property
    def all_keys(self) -> list[VerifierKey]:
        """The log's keys, the Ed25519 one first, and the witnesses'."""
        return [*self.keys, *(key for one in self.neighbours for key in one.keys)]

    def leaf(self, outcome: Logged) -> bytes:
        """The log entry, rebuilt from a receipt and its envelope."""
        assert outcome.receipt is not None
        extra = proof.parse(outcome.receipt).extra
        assert extra is not None
        return record.rebuild(extra, envelopes.parse(outcome.envelope))[0]


def publish(home: Path, signer: LogSigner, neighbours: Sequence[Neighbour], rounds: Sequence[int]) -> House:
    """Found a ledger and let it grow by so many statements a checkpoint, cosigned by all neighbours each time."""
    people = Founders(clock=now(), log_keys=signer.keys, neighbours=tuple(neighbours))
    house = House(home / "public", signer.keys, people.neighbours, people.policy_text)
    pool = WitnessPool.of_policy(policies.parse(people.policy_text.encode()), limit=20.0, grace=10.0)
    with ExitStack() as stack:
        stack.callback(pool.close)
        store = SqliteStore(home / "log.sqlite")
        log = Log(store, origin=ORIGIN, signer=signer, witnesses=pool, publisher=Publisher(house.directory), clock=now)
        people.found()
        batches = [[one.raw for _, one in people.envelopes.values()]]
        batches += [[people.envelopes[people.announce("XB", n)][1].raw for n in range(count)] for count in rounds]
        for batch in batches:
            for outcome in log.submit(batch, wait=30.0):
                assert isinstance(outcome, Logged), outcome
                assert outcome.receipt is not None
                house.outcomes.append(outcome)
        log.stop()
    return house


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The URL of a published directory, served as the log's own API serves it, on a port that the system picks."""
    app = Flask("published", static_folder=None)
    problems.install(app)
    Published(directory).install(app)
    with Server(app) as server:
        yield server.url


def entries(directory: Path, size: int) -> list[bytes]:
    """All entries of a published log, by this project's reader."""
    full, partial = tiles.widths(size)
    rows: list[bytes] = []
    for number in range(full + bool(partial)):
        width = tiles.WIDTH if number < full else partial
        rows += tiles.parse_bundle((directory / tiles.entries_path(number, width)).read_bytes())
    return rows
