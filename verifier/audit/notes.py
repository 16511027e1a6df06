"""The checkpoint history, read twice: its bodies and chain before the records are read, its signatures after, when all
log keys and policies are known. Only what is new since the last audit is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from verifier.audit.findings import Finding
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, reader, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.history import next_head
from verifier.source import Source, read_entries


@dataclass
class Bodies:
    """The bodies of the history entries from `first` on: sizes, roots, and the chain's heads (hex; one more than entries)."""

    first: int
    heads: list[str]
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    roots: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True

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


def bundles(first: int, count: int) -> Iterator[tuple[int, int, int]]:
    """The bundles that hold entries `first` to `count`: (number, width, position of the first new entry in it)."""
    for number in range(first // tiles.WIDTH, -(-count // tiles.WIDTH)):
        yield number, min(tiles.WIDTH, count - number * tiles.WIDTH), max(0, first - number * tiles.WIDTH)


def read_bodies(source: Source, first: int, head: str, origin: str, count: int) -> Bodies:
    """Read entries `first` to `count`: each a checkpoint of this origin, chained to the one before, sizes never falling."""
    found = Bodies(first, [head])
    for number, width, skip in bundles(first, count):
        try:
            entries = read_entries(source, "history", number, width)
        except Fault as fault:
            found.findings.append(Finding("history.unreadable", None, f"history bundle {number}: {fault}"))
            found.complete = False
            return found
        for position, raw in enumerate(entries[skip:], number * tiles.WIDTH + skip):
            _take(found, position, raw, origin)
    return found


def _take(found: Bodies, number: int, raw: bytes, origin: str) -> None:
    found.heads.append(next_head(found.heads[-1], raw))
    size, root = found.sizes[-1] if found.sizes else 0, b""
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


def check_signatures(source: Source, number: int, width: int, skip: int, keys: Sequence[VerifierKey]) -> list[Signed]:
    """Check every signature by a known key on the entries of one history bundle. May run in another process."""
    found = []
    for position, raw in enumerate(read_entries(source, "history", number, width)[skip:], number * tiles.WIDTH + skip):
        try:
            point = checkpoints.parse(raw)
        except Fault:
            continue  # named by read_bodies
        try:
            found.append(Signed(position, point.size, point.root, cosignature.verified(point, keys), None))
        except Fault as fault:
            found.append(Signed(position, point.size, point.root, {}, fault))
    return found


def signatures(
    source: Source, first: int, count: int, keys: Sequence[VerifierKey], executor: Executor | None
) -> Iterator[Signed]:
    """The checked entries `first` to `count` in order, bundle by bundle, over the executor where there is one."""
    tasks = list(bundles(first, count))
    if executor is None:
        for number, width, skip in tasks:
            yield from check_signatures(source, number, width, skip, keys)
        return
    ahead = 8
    running = [executor.submit(check_signatures, source, *task, keys) for task in tasks[:ahead]]
    for task_number in range(len(tasks)):
        yield from running.pop(0).result()
        if task_number + ahead < len(tasks):
            running.append(executor.submit(check_signatures, source, *tasks[task_number + ahead], keys))


def by_body(entries: Iterable[Signed]) -> Iterator[tuple[int, bytes, list[Signed]]]:
    """Entries of one body belong together: cosignatures that came late make a further entry of the same body."""
    for (size, root), group in groupby(entries, key=lambda entry: (entry.size, entry.root)):
        yield size, root, list(group)


def note_evidence(source: Source, number: int, count: int) -> str:
    """The text of history entry `number`, as evidence."""
    bundle, width = number // tiles.WIDTH, min(tiles.WIDTH, count - number // tiles.WIDTH * tiles.WIDTH)
    return read_entries(source, "history", bundle, width)[number % tiles.WIDTH].decode("utf-8", "replace")


def as_checkpoint(raw: str) -> Checkpoint:
    """The checkpoint in the text that `note_evidence` gave."""
    return checkpoints.parse(raw.encode())
