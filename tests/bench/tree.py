"""The audit of a tree alone, of small entries, against a plain loop that reads and hashes as much, and compares nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path

from tests.bench.figures import Figure, alone, seconds
from tests.support.people import NotePen
from tests.support.simulated_log import put
from verifier import merkle
from verifier.exits import Exit
from verifier.formats import checkpoint, note, tiles
from verifier.source import open_source
from verifier.tree import audit_tree

PEN = NotePen("elsewhere.example/log", note.ED25519)
_LENGTHS = (180, 220)


def made(room: Path, size: int) -> Path:
    """A log of `size` entries of about 200 bytes that mean nothing, made once and kept."""
    directory = room / f"tree-{size}"
    if (directory / "checkpoint").exists():
        return directory
    chance, roots = random.Random(size), []
    for number in range(-(-size // tiles.WIDTH)):
        width = min(tiles.WIDTH, size - number * tiles.WIDTH)
        rows = [chance.randbytes(chance.randint(*_LENGTHS)) for _ in range(width)]
        put(directory / tiles.entries_path(number, width), tiles.format_bundle(rows))
        leaves = merkle.leaf_hashes(rows)
        put(directory / tiles.tile_path(0, number, width), b"".join(leaves))
        roots.append(merkle.subtree_root(leaves))
    level, above = 1, roots[: size // tiles.WIDTH]
    while above:
        parts = [above[at : at + tiles.WIDTH] for at in range(0, len(above), tiles.WIDTH)]
        for number, part in enumerate(parts):
            put(directory / tiles.tile_path(level, number, len(part)), b"".join(part))
        level, above = level + 1, [merkle.subtree_root(part) for part in parts if len(part) == tiles.WIDTH]
    root = merkle.subtree_root(roots)
    text = checkpoint.body(PEN.name, size, root)
    put(directory / "checkpoint", note.Note(text, (PEN.signature(text, PEN.name, size, root, 0),)).raw)
    return directory


def plain(directory: Path, size: int) -> None:
    """The work of an audit without its checks: every file read, every leaf hashed, and as many nodes."""
    for number in range(size // tiles.WIDTH):
        (directory / tiles.tile_path(0, number)).read_bytes()
        for entry in tiles.parse_bundle((directory / tiles.entries_path(number)).read_bytes()):
            pair = sha256(b"\0" + entry).digest() * 2
            sha256(b"\1" + pair).digest()


def full(directory: Path, processes: int) -> None:
    """The audit, on so many processes."""
    source = open_source(str(directory))
    if processes == 1:
        report = audit_tree(source, [PEN.key])
    else:
        with ProcessPoolExecutor(processes) as executor:
            report = audit_tree(source, [PEN.key], executor=executor)
    if report.exit != Exit.GOOD:
        raise RuntimeError(report.findings)


def _full(directory: str) -> None:
    full(Path(directory), 1)


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """One process and two, and memory by size."""
    size = 400_000
    log = made(room, size)
    base, one, two = (seconds(work) for work in (lambda: plain(log, size), lambda: full(log, 1), lambda: full(log, 2)))
    yield Figure("tree: plain loop", size / base, "entries/s")
    yield Figure("tree: one process", size / one, "entries/s")
    yield Figure("tree: one process, share of the plain loop", 100 * base / one, "%", 80)
    yield Figure("tree: two processes", size / two, "entries/s", 500_000)
    yield Figure("tree: two processes, times one process", one / two, "x", 1.7)
    _, small = alone(_full, str(made(room, 20_000)))
    yield Figure("tree: peak memory, 20,000 entries", small, "MB")
    for count in (size, *([4_000_000] if large else [])):
        _, peak = alone(_full, str(made(room, count)))
        yield Figure(f"tree: peak memory, {count:,} entries, times that of 20,000", peak / small, "x", 1.1, more=False)
