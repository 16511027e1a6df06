"""The bottom of a tree: runs of entry bundles, hashed and compared with the tiles at level 0.

This is the part of a tree's audit that costs time and needs no order: other threads, processes or machines may do it.
What comes back is one hash a bundle.
"""

from __future__ import annotations

from typing import NamedTuple

from verifier import merkle
from verifier.audit.findings import Finding
from verifier.errors import Fault
from verifier.formats.tiles import WIDTH
from verifier.source import Source, read_entries, split, tile_bytes


class Run(NamedTuple):
    """Bundles `first`, `first` + 1, … as examined. `roots`: of each full tile, or None where neither tile nor entries are
    served; `edge`: the hashes of the partial tile, if the run ends in one (None: not served). `tiles`, `entries`: whether
    the source serves each tile and each bundle. `findings`: what does not fit."""

    first: int
    roots: list[bytes | None]
    edge: list[bytes] | None
    tiles: list[bool]
    entries: list[bool]
    findings: list[Finding]


def examine_run(source: Source, first: int, stop: int, size: int, entries: bool) -> Run:
    """Examine bundles `first` to `stop` (exclusive) of a tree of `size` entries; `entries` False: their tiles alone.

    Raises Fault `source.unreachable`: a source that does not answer is not a log that is wrong.
    """
    run = Run(first, [], None, [], [], [])
    edge = None
    for number in range(first, stop):
        width = min(WIDTH, size - number * WIDTH)
        hashes = _examine(source, number, width, entries, run)
        if width == WIDTH:
            run.roots.append(None if hashes is None else merkle.subtree_root(hashes))
        else:
            edge = hashes
    return run._replace(edge=edge)


def _examine(source: Source, number: int, width: int, entries: bool, run: Run) -> list[bytes] | None:
    """The hashes of one tile at level 0: as it is shown, else as the entries give them; None if there is neither."""
    shown = _shown(source, number, width, run)
    held = _held(source, number, width, run) if entries else None
    if held is None:
        return None if shown is None else split(shown)
    if shown is None or shown == b"".join(held):
        return held
    tile = split(shown)
    run.findings.append(_differing(number * WIDTH, held, tile))
    return tile


def _shown(source: Source, number: int, width: int, run: Run) -> bytes | None:
    """The tile at level 0 as it is shown; None if it is not served or is no tile."""
    try:
        shown = tile_bytes(source, 0, number, width)
    except Fault as fault:
        run.tiles.append(served(fault))
        if run.tiles[-1]:
            run.findings.append(unreadable("tile", 0, number, fault))
        return None
    run.tiles.append(True)
    return shown


def _held(source: Source, number: int, width: int, run: Run) -> list[bytes] | None:
    """The hashes of the entries in a bundle; None if it is not served or is no bundle."""
    try:
        hashes = merkle.leaf_hashes(read_entries(source, "entries", number, width))
    except Fault as fault:
        run.entries.append(served(fault))
        if run.entries[-1]:
            run.findings.append(unreadable("entries", 0, number, fault))
        return None
    run.entries.append(True)
    return hashes


def _differing(start: int, held: list[bytes], tile: list[bytes]) -> Finding:
    """The finding that entries from index `start` on do not hash to what their tile holds; it names the first."""
    wrong = [position for position, (one, other) in enumerate(zip(held, tile, strict=True)) if one != other]
    index, more = start + wrong[0], f", nor do {len(wrong) - 1} more of its tile" if len(wrong) > 1 else ""
    evidence = {"entry": held[wrong[0]].hex(), "tile": tile[wrong[0]].hex(), "differing": len(wrong)}
    return Finding("tile.leaf", index, f"entry {index} does not hash to what the tile holds{more}", evidence)


def served(fault: Fault) -> bool:
    """Whether anything is at the path that `fault` was raised for. Raises it again if the source did not answer at all."""
    if fault.code == "source.unreachable":
        raise fault
    return fault.code != "source.missing"


def unreadable(kind: str, level: int, number: int, why: object) -> Finding:
    """The finding that a bundle (`entries`) or a tile cannot be read; its index is that of the first entry under it."""
    index = number * int(WIDTH ** (level + 1))
    if kind == "entries":
        return Finding("entries.unreadable", index, f"the bundle of entries from {index} on cannot be read: {why}")
    return Finding("tile.unreadable", index, f"tile {level}/{number} cannot be read: {why}")
