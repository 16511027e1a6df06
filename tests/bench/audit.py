"""The audit against its floor: a loop that parses, hashes leaf and chain, verifies one signature a record, nothing else."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path

import orjson
from nacl.bindings import crypto_sign_open

from tests.bench.figures import Figure, alone, seconds
from tests.bench.logs import FastLog
from verifier import vocabulary
from verifier.audit import AuditState, audit
from verifier.examine import introduced
from verifier.exits import Exit
from verifier.formats import policy, tiles
from verifier.formats.envelope import pae
from verifier.source import open_source


def made(room: Path, count: int, per_checkpoint: int = 256) -> Path:
    """A log of `count` records, made once and kept, for as long as the vocabulary that its charter names is this one."""
    directory = room / f"log-{count}-{per_checkpoint}-{vocabulary.load().digest[:8]}"
    if not (directory / "checkpoint").exists():
        log = FastLog(hybrid=frozenset())
        log.make(directory, count, per_checkpoint)
        (directory / "policy").write_text(log.policy_text)
    return directory


def floor(directory: Path, count: int) -> None:
    """The least that an audit must do, record by record."""
    source, keys = open_source(str(directory)), {}
    for number in range(-(-count // tiles.WIDTH)):
        width = min(tiles.WIDTH, count - number * tiles.WIDTH)
        for raw in tiles.parse_bundle(source.read(tiles.entries_path(number, width))):
            envelope = orjson.loads(raw)["envelope"]
            sha256(raw).digest()
            sha256(b"\0" + raw).digest()
            payload = b64decode(envelope["payload"])
            body = orjson.loads(payload)["body"]
            if "keys" in body:
                keys.update(introduced(body))
            row = envelope["signatures"][0]
            crypto_sign_open(b64decode(row["sig"]) + pae(payload), keys[row["keyid"]].raw)


def full(directory: Path, processes: int, state: AuditState | None = None) -> AuditState:
    """A full audit, or one that goes on from `state`."""
    trust = policy.parse((directory / "policy").read_bytes())
    source = open_source(str(directory))
    if processes == 1:
        report = audit(source, trust, state=state)
    else:
        with ProcessPoolExecutor(processes) as executor:
            report = audit(source, trust, state=state, executor=executor)
    if report.exit != Exit.GOOD:
        raise RuntimeError(report.to_json())
    return report.state


def _full(directory: str, processes: int) -> int:
    return full(Path(directory), processes).size


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """Full audit on one and two processes, memory, one record a checkpoint, resuming."""
    count = 10_000
    log = made(room, count)
    size = sum(path.stat().st_size for path in (log / "tile/entries").rglob("*") if path.is_file()) / count
    yield Figure("audit: record size", size, "bytes")
    base = seconds(lambda: floor(log, count))
    one = seconds(lambda: full(log, 1))
    yield Figure("audit: floor", count / base, "records/s")
    yield Figure("audit: one process", count / one, "records/s")
    yield Figure("audit: one process, share of the floor", 100 * base / one, "%", 70)
    longer = made(room, 5 * count)  # so that starting two processes, once, does not decide
    by_one, by_two = seconds(lambda: full(longer, 1)), seconds(lambda: full(longer, 2))
    yield Figure("audit: two processes, times one process", by_one / by_two, "x", 1.8)
    single = made(room, 2_000, 1)
    yield Figure("audit: one record a checkpoint", 2_000 / seconds(lambda: full(single, 1)), "records/s")
    yield from _memory(room, large)
    state = full(log, 1).to_bytes()
    again = seconds(lambda: full(log, 1, AuditState.from_bytes(state)))
    yield Figure("audit: resumed with nothing new, share of a full audit", 100 * again / one, "%")


def _memory(room: Path, large: bool) -> Iterator[Figure]:
    for count in (10_000, 100_000, *([1_000_000] if large else [])):
        _, peak = alone(_full, str(made(room, count)), 1)
        yield Figure(f"audit: peak memory at {count:,} records", peak, "MB", 150, more=False)
