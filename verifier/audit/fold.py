"""The fold of an audit: examined records in the order of the log, against everything before them.

Cheap by design: the map has done what costs. It advances the trust state, both chains and the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verifier import merkle, record
from verifier.audit.bundle import Examination, Row, differing
from verifier.audit.findings import Finding
from verifier.audit.notes import Bodies
from verifier.audit.state import UNDATED, AuditState
from verifier.errors import Fault
from verifier.examine import Examined, verify_signatures
from verifier.formats import tiles
from verifier.keys import PublicKey

Observe = Callable[[int, bytes, Sequence[Finding]], None]


class Fold:
    """Takes examinations in order; collects findings; knows the tree's root at each size that it was asked to mark."""

    def __init__(
        self, state: AuditState, bodies: Bodies, marks: Sequence[int], wanted: frozenset[int], observe: Observe | None
    ) -> None:
        self.state = state
        self.bodies = bodies
        self.findings: list[Finding] = []
        self.roots: dict[int, bytes] = {}
        """Size -> root, for the marked sizes (given in rising order)."""
        self.leaves: dict[int, bytes] = {}
        """Record -> leaf hash, for the records in `wanted`."""
        self.tile_roots: dict[int, bytes] = {}
        """Full bundle -> root of the tile shown for it, where that is not the root of the records shown."""
        self._astray = False
        self._wanted: dict[int, list[int]] = {}
        for index in wanted:
            self._wanted.setdefault(index // tiles.WIDTH, []).append(index)
        self._marks = iter(marks)
        self._mark = next(self._marks, None)
        self._observe = observe
        self._mark_size()

    def take(self, seen: Examination) -> None:
        """Take in one bundle. Raises Fault `source.…` if neither its entries nor its tile could be read: then the audit ends."""
        first = seen.number * tiles.WIDTH
        for fault in (seen.fault, seen.tile_fault):
            if fault and fault.code == "source.unreachable":
                raise fault  # that a source does not answer convicts nobody
        if seen.fault and seen.tile is None:
            raise seen.fault
        self._check_tile(seen, first)
        if seen.fault:
            self._find("entries.unreadable", self.state.size, f"entry bundle {seen.number}: {seen.fault}")
            self.state.last_digest = None
        known = self.state.size - first
        leaves = seen.leaves or seen.tile or ()
        if seen.fault:
            self.state.pending.extend([UNDATED] * (len(leaves) - known))
        wanted = self._wanted.get(seen.number, ())
        self.leaves.update({i: leaves[i - first] for i in wanted if i < first + len(leaves)})
        self._grow_tree(leaves, known)
        for position, row in enumerate(seen.rows, first + known):
            self._take_row(position, row)

    def _take_row(self, index: int, row: Row) -> None:
        state, before = self.state, len(self.findings)
        self._check_chain(index, row)
        state.last_digest = row.digest
        if row.received >= 0:
            self._check_received(index, row)
            self._check_history(index, row)
        state.pending.append(row.received if row.received >= 0 else UNDATED)
        try:
            self._judge(index, row)
        except Fault as fault:
            self._find(fault.code, index, str(fault), fault.evidence)
        if self._observe and row.raw is not None:
            self._observe(index, row.raw, self.findings[before:])

    def _judge(self, index: int, row: Row) -> None:
        if index and self.state.trust.charter is None:
            return  # record 0 is no charter that can be read: its finding says so, and nobody can judge what follows
        seen = _verified(row, self.state.trust.book)
        self.state.trust.authorise(seen, row.received)
        if self.state.events is not None and seen.facts is not None:
            self.state.events.add(index, seen, seen.facts, self.state.trust.statements)
        self.state.trust.advance(seen, index, row.received)

    def _check_chain(self, index: int, row: Row) -> None:
        """The log's own hash chain: each record names the digest of the one before, the first names none."""
        if row.received < 0:
            return  # unreadable: named by its own fault
        before = self.state.last_digest
        chained = row.chained if row.chained is not None else row.previous == before
        if not chained and not (before is None and index):
            self._find(
                "record.previous",
                index,
                f"record {index} names {row.previous} as the record before it; that one's digest is {before}",
            )

    def _check_received(self, index: int, row: Row) -> None:
        """Received is held against the record before alone: one date from the future does not condemn all that follow."""
        if row.received < self.state.last_received:
            self._find("record.received", index, f"record {index} was received before the record before it")
        self.state.last_received = row.received

    def _check_history(self, index: int, row: Row) -> None:
        """The record's mark on the checkpoint history: the count never falls, and the head is that of the history shown.

        Where the history shown is another one, every later record says so: the first is named.
        """
        head, count, told = self.bodies.head(row.entries), self.state.last_count, ""
        if row.entries < count:
            told = f"says {row.entries} history entries after {count}"
        elif head is not None and head != row.head:
            told = f"commits to history head {row.head} after {row.entries} entries; the history shown has {head}"
        elif head is None and self.bodies.complete and row.entries > self.bodies.first:
            told = f"commits to {row.entries} history entries; fewer are shown"
        else:
            self.state.last_count = row.entries
        if told and not self._astray:
            self._find("record.history", index, f"record {index} {told}", {"count": row.entries, "head": row.head})
        self._astray = bool(told)

    def _check_tile(self, seen: Examination, first: int) -> None:
        if seen.tile_fault:
            self._find("tile.unreadable", None, f"tile 0/{seen.number}: {seen.tile_fault}")
        if seen.tile is None or not seen.leaves:
            return
        places = differing(seen.leaves, seen.tile)
        for index in [first + at for at in places]:
            self._find("tile.leaf", index, f"the tile's hash of record {index} is not that of the record shown")
        if places and len(seen.tile) == tiles.WIDTH:
            self.tile_roots[seen.number] = merkle.subtree_root(seen.tile)

    def _grow_tree(self, leaves: Sequence[bytes], known: int) -> None:
        """Append the bundle's leaves: whole where no marked size lies within, else one by one up to each mark."""
        tree = self.state.range
        if len(leaves) == tiles.WIDTH:
            self.state.full_roots.append(merkle.subtree_root(leaves))
            if known == 0 and (self._mark is None or self._mark >= tree.size + tiles.WIDTH):
                tree.append_subtree(8, self.state.full_roots[-1])
                self._mark_size()
                return
        for leaf in leaves[known:]:
            tree.append(leaf)
            self._mark_size()

    def _mark_size(self) -> None:
        size = self.state.range.size
        while self._mark is not None and self._mark <= size:
            if self._mark == size:
                self.roots[size] = self.state.range.root()
            self._mark = next(self._marks, None)

    def _find(self, code: str, index: int | None, message: str, evidence: Mapping[str, object] | None = None) -> None:
        self.findings.append(Finding(code, index, message, evidence or {}))


def _verified(row: Row, book: Mapping[str, PublicKey]) -> Examined:
    """The examined statement, with the signatures that the map could not check because their keys came in meanwhile."""
    if not row.seen.unverified or row.raw is None:
        return row.seen
    return row.seen._replace(unverified=verify_signatures(record.parse(row.raw).envelope, book))
