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

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

from verifier import merkle
from verifier.audit.findings import Check, Finding
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.formats.tiles import WIDTH
from verifier.source import Source, split, tile_bytes
from verifier.spread import in_order
from verifier.tile_run import Run, examine_run, served, unreadable

RUN = 64
"""Bundles of one task: 16,384 entries, so that handing them over costs nothing beside hashing them."""
AHEAD = 8
"""Runs under way at once: enough for some processes, few enough to keep memory flat."""
MOST_FINDINGS = 1000
"""Findings that are kept; those beyond are counted."""
_HEIGHT = 8
_GRAVEST_FIRST = (Exit.BREACH, Exit.NETWORK, Exit.UNDECIDABLE)


@dataclass
class Report:
    """The answer. `times`: the keys that signed, each with its time in seconds (0: none said); `minimum`: index of the
    first entry that is served, 0 if all are (tlog-tiles, "Pruning"); `counts`: findings by code, those not kept too."""

    checkpoint: Checkpoint
    times: dict[VerifierKey, int]
    minimum: int = 0
    checks: list[Check] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def exit(self) -> Exit:
        """The exit code: the gravest finding, UNDECIDABLE if something was not there to be checked, or GOOD."""
        found = {finding.exit for finding in self.findings}
        if any(check.ok is None for check in self.checks):
            found.add(Exit.UNDECIDABLE)
        return next((code for code in _GRAVEST_FIRST if code in found), Exit.GOOD)

    def add(self, *findings: Finding) -> None:
        """Count findings, and keep them while there is room."""
        self.counts.update(finding.code for finding in findings)
        self.findings.extend(findings[: MOST_FINDINGS - len(self.findings)])


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
    signed = ", ".join(f"{key.name}+{key.key_id:08x}" for key in times)
    report.checks.append(Check("checkpoint", True, f"size {point.size}, signed by {signed}"))
    walk = _Walk(source, report, entries)
    try:
        for run in _runs(source, point.size, entries, executor):
            walk.take(run)
            if progress:
                progress(walk.done, point.size)
        walk.close()
    except Fault as fault:
        report.add(Finding(fault.code, walk.done, f"the audit stopped after entry {walk.done}: {fault}"))
        report.checks.append(Check("tree", None, f"audited as far as entry {walk.done}"))
    return report


def _checkpoint(
    source: Source, keys: list[VerifierKey], origin: str | None
) -> tuple[Checkpoint, dict[VerifierKey, int]]:
    """Step 1. A key may be one half of a pair: who gives both says that he wants both signatures."""
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
    calls = ((source, first, min(first + RUN, bundles), size, entries) for first in range(0, bundles, RUN))
    return in_order(executor if bundles > RUN else None, examine_run, calls, AHEAD)


class _Prefix:
    """What is not served, from the left: a pruned log lacks its beginning; any other gap is a hole."""

    def __init__(self) -> None:
        self.length = self.seen = 0

    def is_hole(self, there: bool) -> bool:
        """Count the next piece; True if it is not there, though one before it was."""
        self.seen += 1
        if not there and self.length == self.seen - 1:
            self.length += 1
            return False
        return not there


class _Walk:
    """Steps 3 and 4: takes runs in order, closes the tiles above them as they fill up, and at last the root."""

    def __init__(self, source: Source, report: Report, entries: bool) -> None:
        self.done = 0
        self._source = source
        self._report = report
        self._size = report.checkpoint.size
        self._with_entries = entries
        self._entries, self._tiles = _Prefix(), _Prefix()
        self._pending: list[list[bytes | None]] = []  # for each level from 1 on, the roots below the tile that fills up
        self._edge: list[bytes] | None = []

    def take(self, run: Run) -> None:
        """Take the next run."""
        self._note_gaps(run)
        self._report.add(*run.findings)
        for number, root in enumerate(run.roots, run.first):
            self._append(1, number, root)
        if len(run.tiles) > len(run.roots):
            self._edge = run.edge
        self.done = min(self._size, self.done + len(run.tiles) * WIDTH)

    def _note_gaps(self, run: Run) -> None:
        """What is not served: nothing wrong where it is the pruned beginning of the log, a finding elsewhere."""
        for number, there in enumerate(run.tiles, run.first):
            bundle = self._with_entries and run.entries[number - run.first]
            if self._with_entries and self._entries.is_hole(bundle):
                self._report.add(unreadable("entries", 0, number, "it is not served"))
            if self._tiles.is_hole(there) or (bundle and not there):
                self._report.add(unreadable("tile", 0, number, "it is not served"))

    def _append(self, level: int, number: int, root: bytes | None) -> None:
        """The root of full tile `number` of the level below; the tile that it completes is closed."""
        while len(self._pending) < level:
            self._pending.append([])
        below = self._pending[level - 1]
        below.append(root)
        if len(below) == WIDTH:
            held = _known(self._tile(level, number // WIDTH, below))
            self._pending[level - 1] = []
            self._append(level + 1, number // WIDTH, merkle.subtree_root(held) if held else None)

    def _tile(self, level: int, number: int, below: list[bytes | None]) -> list[bytes | None]:
        """Compare a tile above level 0 with the roots `below` it; its hashes as shown, or those roots if it is not."""
        span = WIDTH**level
        try:
            shown = split(tile_bytes(self._source, level, number, len(below)))
        except Fault as fault:
            pruned = (number + 1) * span <= self._tiles.length
            if served(fault) or not pruned:
                self._report.add(unreadable("tile", level, number, fault))
            return below
        wrong = [place for place, root in enumerate(below) if root is not None and root != shown[place]]
        if wrong:
            child, more = number * WIDTH + wrong[0], f", nor those of {len(wrong) - 1} more" if len(wrong) > 1 else ""
            told = f"tile {level}/{number} does not hold the root of tile {level - 1}/{child}{more}"
            evidence = {"below": (below[wrong[0]] or b"").hex(), "tile": shown[wrong[0]].hex(), "differing": len(wrong)}
            self._report.add(Finding("tile.node", child * span, told, evidence))
        return list(shown)

    def close(self) -> None:
        """Step 4, and the sentences on what was and was not there to be checked."""
        rows = [self._edge]
        for level, below in enumerate(self._pending, 1):
            rows.append(_known(self._tile(level, self._size // WIDTH ** (level + 1), below)) if below else [])
        known = [row for row in rows if row is not None]
        self._close_tree(_root(known) if len(known) == len(rows) else None)
        if self._with_entries:
            self._close_entries()

    def _close_tree(self, root: bytes | None) -> None:
        """The tiles lead to the signed root, and each holds what is below it."""
        report, signed = self._report, self._report.checkpoint.root
        if root is None:
            report.checks.append(Check("tree", None, "its right edge is not served: no root can be computed"))
            return
        if root != signed:
            told = f"the tiles have the root {root.hex()}, the checkpoint of size {self._size} says {signed.hex()}"
            report.add(Finding("tree.root", None, told, {"computed": root.hex(), "signed": signed.hex()}))
        pruned = report.minimum = self._tiles.length * WIDTH
        there = f"tiles before entry {pruned} are not served (pruned)" if pruned else "and every tile"
        alone = "" if self._with_entries else "; the entries themselves were not asked for"
        wrong = any(report.counts[code] for code in ("tile.node", "tile.unreadable", "tree.root"))
        report.checks.append(Check("tree", not wrong, f"root {root.hex()} over {self._size} entries, {there}{alone}"))

    def _close_entries(self) -> None:
        """What is said of the entries: compared, pruned or not served at all."""
        report, lost = self._report, self._entries.length
        report.minimum = min(self._size, lost * WIDTH)
        if lost and report.minimum == self._size:
            report.checks.append(Check("entries", None, "none is served; --no-entries audits the tiles alone"))
            return
        wrong = report.counts["tile.leaf"] + report.counts["entries.unreadable"]
        detail = f"{self._size - report.minimum} hashed and compared with the tiles"
        if lost:
            detail += f"; those before {report.minimum} are not served (pruned)"
        report.checks.append(Check("entries", False if wrong else (None if lost else True), detail))


def _known(hashes: list[bytes | None]) -> list[bytes] | None:
    """The hashes if all are known."""
    known = [one for one in hashes if one is not None]
    return known if len(known) == len(hashes) else None


def _root(rows: list[list[bytes]]) -> bytes:
    """The root over the right edge: `rows` holds the hashes of the partial tile at each level, lowest first."""
    cover = merkle.CompactRange()
    for level in reversed(range(len(rows))):
        for one in rows[level]:
            cover.append_subtree(_HEIGHT * level, one)
    return cover.root()
