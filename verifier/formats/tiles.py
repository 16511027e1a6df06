"""Tiles and bundles: where each piece of a log lies, how wide it is, and how entries are packed.

Source: C2SP tlog-tiles. The checkpoint history lies under `history/` in the same numbering and the same bundles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from verifier.errors import Fault
from verifier.formats.reader import decimal, shown

WIDTH = 256
"""Hashes or entries in a full tile or bundle."""
MOST_ENTRY = 65_535
"""Bytes of the longest entry: its length is written in two bytes."""

_MALFORMED = "tile.malformed"
_MOST_LEVEL = 63
_MOST_INDEX = 2**63 - 1

Kind = Literal["tile", "entries", "history"]
_PREFIXES: dict[Kind, str] = {"entries": "tile/entries/", "history": "history/", "tile": "tile/"}


@dataclass(frozen=True, slots=True)
class TilePath:
    """What a path names: `kind`, `level` (0 for bundles), `index` within the level, `width` (256 if full)."""

    kind: Kind
    level: int
    index: int
    width: int


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """The path of a Merkle tile: `tile/0/x001/067`, or `tile/0/x001/067.p/12` for a partial one of 12 hashes.

    Raises Fault `tile.malformed` for a level, an index or a width that no tile has.
    Source: C2SP tlog-tiles, "Merkle Tree".
    """
    if not 0 <= level <= _MOST_LEVEL:
        raise Fault(_MALFORMED, f"level {level} is not within 0 to {_MOST_LEVEL}")
    return f"tile/{level}/{_numbered(index, width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """The path of a bundle of log entries, `tile/entries/…`. Raises Fault `tile.malformed`."""
    return f"tile/entries/{_numbered(index, width)}"


def history_path(index: int, width: int = WIDTH) -> str:
    """The path of a bundle of the checkpoint history, `history/…`. Raises Fault `tile.malformed`."""
    return f"history/{_numbered(index, width)}"


def _numbered(index: int, width: int) -> str:
    """`index` in groups of three digits, all but the last behind an x, and the width if it is a partial one."""
    if not 0 <= index <= _MOST_INDEX or not 1 <= width <= WIDTH:
        raise Fault(_MALFORMED, f"index {index} with width {width} names no tile")
    rest, last = divmod(index, 1000)
    path = f"{last:03d}"
    while rest:
        rest, group = divmod(rest, 1000)
        path = f"x{group:03d}/{path}"
    return path if width == WIDTH else f"{path}.p/{width}"


def parse_path(path: str) -> TilePath:
    """Read the path of a tile or bundle; only the spelling that the writers above give is accepted.

    Raises Fault `tile.malformed`.
    """
    kind = next((kind for kind, prefix in _PREFIXES.items() if path.startswith(prefix)), None)
    if kind is None:
        raise Fault(_MALFORMED, f"{shown(path)} is not the path of a tile or bundle")
    rest, level = path[len(_PREFIXES[kind]) :], 0
    if kind == "tile":
        text, _, rest = rest.partition("/")
        level = decimal(text, most=_MOST_LEVEL, where=shown(path), code=_MALFORMED)
    number, partial, text = rest.partition(".p/")
    width = decimal(text, most=WIDTH - 1, where=shown(path), code=_MALFORMED) if partial else WIDTH
    # Padding zeros belong to the spelling of an index; whether they stand where they must, the comparison below tells.
    digits = number.replace("/", "").replace("x", "").lstrip("0") or "0"
    found = TilePath(kind, level, decimal(digits, where=shown(path), code=_MALFORMED), width)
    if _PREFIXES[kind] + (f"{level}/" if kind == "tile" else "") + _numbered(found.index, width) != path:
        raise Fault(_MALFORMED, f"{shown(path)} is not the canonical path of any tile or bundle")
    return found


def parse_bundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle, in order: each stands behind its length in bytes, two bytes big-endian.

    How many there should be is in the bundle's width, which the caller compares.
    Raises Fault `tile.malformed` if the last entry is cut. Source: C2SP tlog-tiles, "Log entries".
    """
    entries: list[bytes] = []
    add = entries.append
    at, end = 0, len(raw)
    try:
        while at < end:
            start = at + 2
            at = start + (raw[at] << 8 | raw[at + 1])
            add(raw[start:at])
    except IndexError:
        at = end + 1
    if at != end:
        raise Fault(_MALFORMED, f"the bundle of {end} bytes ends within an entry or its length", where="bundle")
    return entries


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """The bundle of these entries, each at most 65,535 bytes. Raises Fault `tile.malformed` for a longer one."""
    parts: list[bytes] = []
    for number, entry in enumerate(entries):
        if len(entry) > MOST_ENTRY:
            raise Fault(_MALFORMED, f"{len(entry)} bytes: an entry has at most {MOST_ENTRY}", where=f"entry {number}")
        parts.append(len(entry).to_bytes(2, "big"))
        parts.append(entry)
    return b"".join(parts)


def widths(size: int, level: int = 0) -> tuple[int, int]:
    """How many full tiles a tree of `size` leaves has at `level`, and the width of the partial one (0: there is none).

    For bundles, use level 0. Raises Fault `tile.malformed`. Source: C2SP tlog-tiles, "Partial Tiles".
    """
    if not 0 <= size <= _MOST_INDEX or not 0 <= level <= _MOST_LEVEL:
        raise Fault(_MALFORMED, f"no tree of size {size} has a level {level}")
    return divmod(size >> (8 * level), WIDTH)


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Every Merkle tile of a tree of `size` leaves as (level, index, width), lowest level first, left to right."""
    level = 0
    while size >> (8 * level):
        full, partial = widths(size, level)
        for index in range(full):
            yield level, index, WIDTH
        if partial:
            yield level, full, partial
        level += 1
