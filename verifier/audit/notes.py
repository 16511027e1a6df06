"""The checkpoint history, read twice: its bodies and chain before the records are read, its signatures after, when all
log keys and policies are known. Only what is new since the last audit is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import NamedTuple

from verifier.audit.findings import Finding, unreadable
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, reader, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.history import next_head
from verifier.source import Source, read_entries
from verifier.spread import in_order

_AHEAD = 8
"""Bundles whose signatures are checked ahead of the one that is taken."""


@dataclass
class Bodies:
    """The bodies of the history entries from `first` on: sizes, roots, and the chain's heads (hex; one more than entries)."""

    first: int
    heads: list[str]
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    roots: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True
    shown: int = 0
    """How many entries the source shows: partial bundles are addressed by it."""

    @property
    def count(self) -> int:
        """How many entries the history has, as far as this audit goes."""
        return self.first + len(self.sizes)

    def head(self, count: int) -> str | None:
        """The head after `count` entries of the whole history; None if that lies outside what was read."""
        at = count - self.first
        return self.heads[at] if 0 <= at < len(self.heads) else None

    def leave(self, size: int) -> None:
        """Leave the last entries to the next audit, where they are of trees beyond `size`: the log has gone on meanwhile.

        An entry in the midst of others is left to nobody: sizes never fall, so that one after it is named.
        """
        while self.sizes and self.sizes[-1] > size and self.roots[-1]:
            self.sizes.pop()
            self.roots.pop()
            self.heads.pop()


class Signed(NamedTuple):
    """An entry whose signatures were checked. `times`: key -> seconds (0 for none); `fault`: a false signature, or None."""

    number: int
    size: int
    root: bytes
    times: dict[VerifierKey, int]
    fault: Fault | None


def history_size(source: Source) -> int:
    """How many entries the history has, by `history/size`. Raises Fault `source.…`, `text.malformed`."""
    rows = reader.lines(source.read("history/size"), where="history/size")
    if len(rows) != 1:
        raise Fault("text.malformed", "expected one line", where="history/size")
    return reader.decimal(rows[0], where="history/size")


class Part(NamedTuple):
    """What is wanted of one bundle: entries `skip` to `stop` of the `width` that it shows."""

    number: int
    width: int
    skip: int
    stop: int


def parts(first: int, count: int, shown: int | None = None) -> Iterator[Part]:
    """The bundles that hold entries `first` to `count`, where the source shows `shown` of them (None: `count`)."""
    whole = count if shown is None else shown
    for number in range(first // tiles.WIDTH, -(-count // tiles.WIDTH)):
        start = number * tiles.WIDTH
        width, stop = min(tiles.WIDTH, whole - start), min(tiles.WIDTH, count - start)
        yield Part(number, width, max(0, first - start), stop)


def read_notes(source: Source, part: Part) -> Iterator[tuple[int, bytes]]:
    """The history's entries in one part of a bundle, with their numbers. Raises Fault `source.…`, `tile.malformed`."""
    entries = read_entries(source, "history", part.number, part.width)
    return enumerate(entries[part.skip : part.stop], part.number * tiles.WIDTH + part.skip)


def read_bodies(source: Source, first: int, head: str, origin: str, count: int, size: int = 0) -> Bodies:
    """Read entries `first` to `count`: each a checkpoint of this origin, chained to the one before, sizes never falling.

    `size`: that of the entry before the first.
    """
    found = Bodies(first, [head], shown=count)
    for part in parts(first, count):
        try:
            entries = list(read_notes(source, part))
        except Fault as fault:
            found.findings.append(unreadable("history.unreadable", f"history bundle {part.number}", fault))
            found.complete = False
            return found
        for number, raw in entries:
            _take(found, number, raw, origin, size)
    return found


def _take(found: Bodies, number: int, raw: bytes, origin: str, first_size: int) -> None:
    found.heads.append(next_head(found.heads[-1], raw))
    size, root = found.sizes[-1] if found.sizes else first_size, b""
    try:
        point = checkpoints.parse(raw)
        if point.origin != origin:
            raise Fault("checkpoint.malformed", f"the origin is {point.origin}, expected {origin}")
        before, size, root = size, point.size, point.root
        if size < before:
            raise Fault("checkpoint.malformed", f"size {size} after size {before}")
    except Fault as fault:
        found.findings.append(Finding("history.entry", None, f"history entry {number}: {fault}", {"entry": number}))
    found.sizes.append(size)
    found.roots.append(root)


def check_signatures(source: Source, part: Part, origin: str, keys: Sequence[VerifierKey]) -> list[Signed]:
    """Check every signature by a known key on the entries of one history bundle. May run in another process."""
    found = []
    for number, raw in read_notes(source, part):
        point = _parsed(raw)
        if point is None or point.origin != origin:
            continue  # named by read_bodies
        try:
            found.append(Signed(number, point.size, point.root, cosignature.verified(point, keys), None))
        except Fault as fault:
            found.append(Signed(number, point.size, point.root, {}, fault))
    return found


def signatures(
    source: Source, bodies: Bodies, origin: str, keys: Sequence[VerifierKey], executor: Executor | None
) -> Iterator[Signed]:
    """The checked entries in order, bundle by bundle, over the executor where there is one."""
    wanted = parts(bodies.first, bodies.count, bodies.shown)
    calls = ((source, part, origin, keys) for part in wanted)
    return chain.from_iterable(in_order(executor, check_signatures, calls, _AHEAD))


def by_body(entries: Iterable[Signed]) -> Iterator[tuple[int, bytes, list[Signed]]]:
    """Entries of one body belong together: cosignatures that came late make a further entry of the same body."""
    for (size, root), group in groupby(entries, key=lambda entry: (entry.size, entry.root)):
        yield size, root, list(group)


def read_points(source: Source, first: int, count: int, shown: int) -> Iterator[tuple[int, Checkpoint]]:
    """History entries `first` to `count` that are checkpoints, with their numbers, as evidence."""
    for part in parts(first, count, shown):
        for number, raw in read_notes(source, part):
            point = _parsed(raw)
            if point is not None:
                yield number, point


def read_point(source: Source, bodies: Bodies, number: int) -> Checkpoint:
    """History entry `number`. Raises Fault `source.…`, `note.malformed`, `checkpoint.malformed`."""
    part = next(parts(number, number + 1, bodies.shown))
    return checkpoints.parse(next(raw for _, raw in read_notes(source, part)))


def _parsed(raw: bytes) -> Checkpoint | None:
    try:
        return checkpoints.parse(raw)
    except Fault:
        return None
