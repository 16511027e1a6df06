"""The audit of a tree alone: any C2SP tiled log, whatever its entries mean.

    1. The checkpoint: its form, its origin, a true signature of every key that was given.
    2. Level 0, in runs of many bundles that may be examined elsewhere: every entry is hashed and compared with the tile.
    3. Every tile above, as soon as the tiles below it are known: it holds their roots.
    4. The root over the right edge: what the checkpoint signed.

Each tile is compared with its neighbours as it is shown, so that a finding stands where something is wrong and nowhere
else. Where all comparisons hold, the entries are those of the signed root. Memory does not grow with the log.

Source: C2SP tlog-tiles, tlog-checkpoint; RFC 6962, section 2.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import NamedTuple

from verifier import merkle
from verifier.audit.findings import Check, Finding
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.formats.tiles import WIDTH
from verifier.source import Source, read_entries, split, tile_bytes

RUN = 64
"""Bundles of one task: 16,384 entries, so that handing them over costs nothing beside hashing them."""
AHEAD = 8
"""Runs under way at once: enough for some processes, few enough to keep memory flat."""
MOST_FINDINGS = 1000
"""Findings that are kept; those beyond are counted."""
_HEIGHT = 8
_GRAVEST_FIRST = (Exit.BREACH, Exit.NETWORK, Exit.UNDECIDABLE)


class Run(NamedTuple):
    """Bundles `first`, `first` + 1, … as examined. `roots`: of each full tile, or None where neither tile nor entries are
    served; `edge`: the hashes of the partial tile, if the run ends in one (None: not served). `entries`, `tiles`: whether
    the source serves each bundle and each tile. `findings`: what does not fit."""

    first: int
    roots: list[bytes | None]
    edge: list[bytes] | None
    entries: list[bool]
    tiles: list[bool]
    findings: list[Finding]


@dataclass
class Report:
    """The answer. `minimum`: index of the first entry that is served, 0 if all are (tlog-tiles, "Pruning"); `omitted`:
    findings beyond the first MOST_FINDINGS."""

    checkpoint: Checkpoint
    times: dict[VerifierKey, int]
    minimum: int = 0
    checks: list[Check] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    omitted: int = 0

    @property
    def exit(self) -> Exit:
        """The exit code: the gravest finding, UNDECIDABLE if something was not there to be checked, or GOOD."""
        found = {finding.exit for finding in self.findings}
        if any(check.ok is None for check in self.checks):
            found.add(Exit.UNDECIDABLE)
        return next((code for code in _GRAVEST_FIRST if code in found), Exit.GOOD)

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep findings while there is room."""
        for finding in findings:
            if len(self.findings) < MOST_FINDINGS:
                self.findings.append(finding)
            else:
                self.omitted += 1


def audit_tree(
    source: Source,
    keys: Iterable[VerifierKey],
    *,
    origin: str | None = None,
    entries: bool = True,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Audit the tree of a log. Every one of `keys` must have signed its checkpoint, whose origin must be `origin`
    (None: the name of the first key). `entries` False: the tiles alone.

    `executor`: threads, processes, a cluster; None: this thread. `progress` is told (entries done, entries in all).
    Raises Fault where nothing can be said: `source.…` and `checkpoint.malformed` for the checkpoint, `tree.origin`,
    `tree.unsigned`, `signature.false`. All else is in the Report.
    """
    point, times = _checkpoint(source, list(keys), origin)
    report = Report(point, times)
    names = ", ".join(dict.fromkeys(key.name for key in times))
    report.checks.append(Check("checkpoint", True, f"size {point.size}, signed by {len(times)} key(s) of {names}"))
    walk = _Walk(source, point, entries, report)
    try:
        for run in _runs(source, point.size, entries, executor):
            walk.take(run)
            if progress:
                progress(min(point.size, walk.bundles * WIDTH), point.size)
    except Fault as fault:
        at = walk.bundles * WIDTH
        report.add([Finding(fault.code, at, f"the audit stopped in the run of entries from {at} on: {fault}")])
        report.checks.append(Check("tree", None, f"not read beyond entry {at}"))
        return report
    walk.close()
    return report


def _checkpoint(source: Source, keys: list[VerifierKey], origin: str | None) -> tuple[Checkpoint, dict[VerifierKey, int]]:
    """Step 1. A key may have been rotated, or be one half of a pair: who gives it says that he wants its signature."""
    if not source.complete:
        raise Fault("audit.no-checkpoint", "a record dump has neither tiles nor checkpoint", where=source.location)
    point = checkpoints.parse(source.read("checkpoint"))
    due = keys[0].name if origin is None else origin
    if point.origin != due:
        raise Fault("tree.origin", f"the checkpoint is of {point.origin}, asked for was {due}", where=source.location)
    times = cosignature.verified(point, keys)
    missing = [key.vkey for key in keys if key not in times]
    if missing:
        told = f"the checkpoint of size {point.size} is not signed by {', '.join(missing)}"
        raise Fault("tree.unsigned", told, where=source.location, evidence={"size": point.size, "missing": missing})
    return point, times


def _runs(source: Source, size: int, entries: bool, executor: Executor | None) -> Iterator[Run]:
    """Step 2, in order, with some runs under way ahead of the one that is taken."""
    bundles = -(-size // WIDTH)
    parts = ((first, min(first + RUN, bundles)) for first in range(0, bundles, RUN))
    if executor is None or bundles <= RUN:
        for first, stop in parts:
            yield examine_run(source, first, stop, size, entries)
        return
    running: deque[Future[Run]] = deque()
    for first, stop in parts:
        running.append(executor.submit(examine_run, source, first, stop, size, entries))
        if len(running) > AHEAD:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def examine_run(source: Source, first: int, stop: int, size: int, entries: bool) -> Run:
    """Examine bundles `first` to `stop` (exclusive) of a tree of `size` entries: the part that other processes may do.

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
    wrong = [position for position in range(width) if held[position] != tile[position]]
    index = number * WIDTH + wrong[0]
    more = f", nor do {len(wrong) - 1} more of its tile" if len(wrong) > 1 else ""
    evidence = {"entry": held[wrong[0]].hex(), "tile": tile[wrong[0]].hex(), "differing": len(wrong)}
    run.findings.append(
        Finding("tile.leaf", index, f"entry {index} does not hash to what the tile holds{more}", evidence)
    )
    return tile


def _shown(source: Source, number: int, width: int, run: Run) -> bytes | None:
    """The tile at level 0 as it is shown; None if it is not served or is no tile."""
    try:
        shown = tile_bytes(source, 0, number, width)
    except Fault as fault:
        run.tiles.append(_served(fault))
        if fault.code != "source.missing":
            run.findings.append(_unreadable("tile", 0, number, fault))
        return None
    run.tiles.append(True)
    return shown


def _held(source: Source, number: int, width: int, run: Run) -> list[bytes] | None:
    """The hashes of the entries in a bundle; None if it is not served or is no bundle."""
    try:
        hashes = merkle.leaf_hashes(read_entries(source, "entries", number, width))
    except Fault as fault:
        run.entries.append(_served(fault))
        if fault.code != "source.missing":
            run.findings.append(_unreadable("entries", 0, number, fault))
        return None
    run.entries.append(True)
    return hashes


def _served(fault: Fault) -> bool:
    """False if there is nothing at the path, True if there is something malformed; no answer at all ends the audit."""
    if fault.code == "source.unreachable":
        raise fault
    return fault.code != "source.missing"


def _unreadable(kind: str, level: int, number: int, why: object) -> Finding:
    """The finding that a bundle or a tile cannot be read; its index is that of the first entry under it."""
    index = number * WIDTH ** (level + 1)
    if kind == "entries":
        return Finding("entries.unreadable", index, f"the bundle of entries from {index} on cannot be read: {why}")
    return Finding("tile.unreadable", index, f"tile {level}/{number} cannot be read: {why}")


class _Prefix:
    """How many pieces from the left are not served: a pruned log lacks a prefix, any other gap is a hole."""

    def __init__(self) -> None:
        self.length = self.seen = self.holes = 0

    def take(self, served: bool) -> bool:
        """Count the next piece; True if it is a hole."""
        self.seen += 1
        if served:
            return False
        if self.length == self.seen - 1:
            self.length += 1
            return False
        self.holes += 1
        return True


class _Walk:
    """Steps 3 and 4: takes runs in order, closes tiles above them as they fill up, and at last the root."""

    def __init__(self, source: Source, point: Checkpoint, entries: bool, report: Report) -> None:
        self.bundles = 0
        self._source = source
        self._point = point
        self._with_entries = entries
        self._report = report
        self._entries, self._tiles = _Prefix(), _Prefix()
        self._levels: list[list[bytes | None]] = []
        self._edge: list[bytes] | None = []
        self._bad_entries = 0

    def take(self, run: Run) -> None:
        """Take the next run."""
        self._gaps(run)
        self._bad_entries += sum(finding.code in ("tile.leaf", "entries.unreadable") for finding in run.findings)
        self._report.add(run.findings)
        for offset, root in enumerate(run.roots):
            self._append(1, run.first + offset, root)
        if len(run.tiles) > len(run.roots):
            self._edge = run.edge
        self.bundles += len(run.tiles)

    def _gaps(self, run: Run) -> None:
        """What is not served: nothing wrong where it is the pruned beginning of the log, a finding elsewhere."""
        for offset, served in enumerate(run.tiles):
            number = run.first + offset
            if self._with_entries and self._entries.take(run.entries[offset]):
                self._report.add([_unreadable("entries", 0, number, "it is not served")])
            bare = self._with_entries and run.entries[offset] and not served
            if self._tiles.take(served) or bare:
                self._report.add([_unreadable("tile", 0, number, "it is not served")])

    def _append(self, level: int, index: int, root: bytes | None) -> None:
        """The root of full tile `index` of the level below; the tile that it completes is closed."""
        while len(self._levels) < level:
            self._levels.append([])
        below = self._levels[level - 1]
        below.append(root)
        if len(below) == WIDTH:
            number = index // WIDTH
            held = self._tile(level, number, below)
            whole = [one for one in held if one is not None]
            self._levels[level - 1] = []
            self._append(level + 1, number, merkle.subtree_root(whole) if len(whole) == WIDTH else None)

    def _tile(self, level: int, number: int, below: list[bytes | None]) -> list[bytes | None]:
        """Compare a tile above level 0 with the roots `below` it; its hashes as shown, or those roots if it is not."""
        try:
            shown = split(tile_bytes(self._source, level, number, len(below)))
        except Fault as fault:
            pruned = fault.code == "source.missing" and (number + 1) * WIDTH**level <= self._pruned
            if not pruned:
                self._report.add([_unreadable("tile", level, number, fault)])
            return below
        wrong = [n for n, root in enumerate(below) if root is not None and root != shown[n]]
        if wrong:
            child, more = number * WIDTH + wrong[0], f", nor of {len(wrong) - 1} more" if len(wrong) > 1 else ""
            told = f"tile {level}/{number} does not hold the root of tile {level - 1}/{child} below it{more}"
            due = below[wrong[0]] or b""
            evidence = {"computed": due.hex(), "tile": shown[wrong[0]].hex(), "differing": len(wrong)}
            self._report.add([Finding("tile.node", child * WIDTH**level, told, evidence)])
        return list(shown)

    @property
    def _pruned(self) -> int:
        """How many full tiles of level 0 the log's pruned beginning has."""
        return max(self._entries.length, self._tiles.length)

    def close(self) -> None:
        """Step 4, and the sentences on what was and was not there to be checked."""
        size, report = self._point.size, self._report
        edge = merkle.CompactRange()
        held = [self._tile(n, size // WIDTH ** (n + 1), below) if below else [] for n, below in enumerate(self._levels, 1)]
        known: list[list[bytes | None]] = [list(self._edge or []), *held]
        if self._edge is None or any(one is None for row in known for one in row):
            report.checks.append(Check("tree", None, "the right edge of the tree is not served: no root can be computed"))
        else:
            for level in reversed(range(len(known))):
                for one in known[level]:
                    edge.append_subtree(_HEIGHT * level, one or b"")
            self._close_root(edge.root())
        self._say_entries()

    def _close_root(self, computed: bytes) -> None:
        """The tiles lead to the signed root, and each holds what is below it."""
        point, report = self._point, self._report
        if computed != point.root:
            told = f"the tiles have the root {computed.hex()}, the checkpoint of size {point.size} says {point.root.hex()}"
            evidence = {"computed": computed.hex(), "signed": point.root.hex()}
            report.add([Finding("tree.root", None, told, evidence)])
        bad = sum(one.code in ("tile.node", "tile.unreadable", "tree.root") for one in report.findings)
        detail = f"root {point.root.hex()} over {point.size} entries"
        pruned = self._tiles.length * WIDTH
        detail += f", tiles before entry {pruned} are not served (pruned)" if pruned else ", and every tile"
        report.checks.append(Check("tree", not bad and not report.omitted, detail))

    def _say_entries(self) -> None:
        """What is said of the entries: compared, pruned, not served, not asked for."""
        size, report = self._point.size, self._report
        lost = self._entries.length
        if not self._with_entries:
            said = Check("entries", True, "not asked for: the tiles were audited without what they stand for")
            report.minimum = self._tiles.length * WIDTH
        elif lost and lost == self.bundles:
            said = Check("entries", None, "none is served; --no-entries audits the tiles alone")
            report.minimum = size
        else:
            report.minimum = lost * WIDTH
            bad = self._bad_entries + self._entries.holes
            detail = f"{size - report.minimum} hashed and compared with the tiles"
            good: bool | None = None if lost else True
            detail += f"; those before {report.minimum} are not served (pruned)" if lost else ""
            said = Check("entries", False if bad else good, detail)
        report.checks.append(said)
