"""Appending through the library, without HTTP, against the bare loop of a group commit on the same disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from ledger.log import Limits, Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.library import open_database
from ledger.store.sqlite import SqliteStore
from ledger.witness_client import Answer
from ledger.witnesses import WitnessPool
from tests.bench.figures import Figure, seconds
from tests.bench.logs import Statements
from tests.support.simulated_log import ORIGIN, START
from verifier import merkle
from verifier.formats import tiles
from verifier.witness import Known, Witness

COUNT, BATCH = 8_192, 256


class _Memory:
    """A witness's state in memory: here the witnesses are to cost as little as they can."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}

    def load(self, origin: str) -> Known | None:
        return self.known.get(origin)

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        self.known[origin] = new


def opened(room: Path, said: Statements) -> Log:
    """A log of its own store and directory, with three witnesses in this process."""
    people = said.people
    by_name = {
        pen.name: Witness([pen], {ORIGIN: [people.log_pen.key]}, _Memory(), lambda: START)
        for pen in people.witness_pens
    }

    def ask(url: str, body: bytes, limit: float) -> Answer:
        name = url.removeprefix("http://").partition("/")[0]
        return Answer(200, "text/plain; charset=utf-8", by_name[name].add_checkpoint(body))

    pool = WitnessPool({name: f"http://{name}" for name in by_name}, transport=lambda: ask)
    return Log(
        SqliteStore(room / "log.sqlite"),
        origin=ORIGIN,
        signer=LogSigner(ORIGIN, people.log_pen.private),
        witnesses=pool,
        publisher=Publisher(room / "public"),
        clock=lambda: START,
        limits=Limits(queue=2 * COUNT, batch=BATCH, turn=60.0),
    )


def bare(room: Path, envelopes: Sequence[bytes], said: Statements) -> None:
    """The least that appending must do: group commit, leaf hashes and tile files, one signed head a batch."""
    fresh(room)
    db = open_database(room / "bare.sqlite")
    db.execute("CREATE TABLE records (number INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
    leaves: list[bytes] = []
    for at in range(0, len(envelopes), BATCH):
        rows = envelopes[at : at + BATCH]
        db.execute("BEGIN IMMEDIATE")
        db.conn.executemany("INSERT INTO records VALUES (?, ?)", enumerate(rows, at))
        db.execute("COMMIT")
        fresh_leaves = [sha256(b"\0" + raw).digest() for raw in rows]
        leaves += fresh_leaves
        put(room / tiles.entries_path(at // tiles.WIDTH), tiles.format_bundle(rows))
        put(room / tiles.tile_path(0, at // tiles.WIDTH), b"".join(fresh_leaves))
        head = said.people.log_pen.sign(merkle.subtree_root(fresh_leaves))
        put(room / "checkpoint", head)
    db.close()


def put(path: Path, raw: bytes) -> None:
    """A file, replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(raw)
    os.replace(beside, path)


def fresh(room: Path) -> None:
    """An empty directory."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """Records a second, durable and cosigned, through `Log.submit`, beside the bare loop."""
    del large
    said = Statements(COUNT)
    base = seconds(lambda: bare(room / "bare", said.envelopes, said))
    yield Figure("append: bare group commit, tile files, signed head", COUNT / base, "records/s")

    def through() -> None:
        fresh(room / "append")
        log = opened(room / "append", said)
        log.submit(said.founding, wait=30)
        log.start()
        outcomes = log.submit(said.envelopes, wait=120)
        if not all(getattr(one, "receipt", None) for one in outcomes):
            raise RuntimeError("not every statement has its receipt")
        log.stop()

    took = seconds(through)
    yield Figure("append: through the library, with receipts", COUNT / took, "records/s")
    yield Figure("append: share of the bare loop", 100 * base / took, "%", 50)
