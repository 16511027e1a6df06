"""Gathering evidence: the files that an audit leaves behind, made of what the source serves.

Nothing is handed over before `verifier.evidence` accepts it by the reader's own policy and charter's digest. So an audit
says that the log contradicts itself only where that convinces a third party, and a tampering mirror convicts nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from verifier import evidence, merkle, record
from verifier.audit.notes import Bodies, read_points
from verifier.errors import Fault
from verifier.evidence.dates import backdating_file
from verifier.evidence.speakers import equivocation_file, key_file
from verifier.evidence.trees import Leaf, omission_file, views_file
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.formats.proof import Proof
from verifier.formats.tiles import WIDTH
from verifier.parties import ROOT
from verifier.receipt import Given
from verifier.served_tree import ServedTree
from verifier.source import Source, read_entries
from verifier.statement import Statement
from verifier.statement import parse as parse_statement
from verifier.trust import TrustState

File = dict[str, Any]
_NEIGHBOURS = 4
"""Bodies on either side of a record that are tried as evidence of its time."""
_BUNDLES = 8
"""Bundles that are kept while an office's statements are walked back through."""
_MOST_STEPS = 1024
"""Statements of one office that are walked back through."""


class Gatherer:
    """Makes evidence from what `source` shows of the tree that `point` signs. Every method returns None, or nothing,
    where the file would not convince: what is served does not lead to the signed root, or the policy is another."""

    def __init__(self, source: Source, point: Checkpoint, policy: Policy, trust: TrustState, bodies: Bodies) -> None:
        self._source = source
        self._point = point
        self._policy = policy
        self._trust = trust
        self._bodies = bodies
        self._served = ServedTree(source, point.size)
        self._bundle = lru_cache(_BUNDLES)(self._read_bundle)

    def convincing(self, value: Mapping[str, Any]) -> File | None:
        """The file, if the reader's policy and the charter's digest make it evidence."""
        try:
            evidence.check(evidence.encode(value), self._policy, self._trust.charter_id)
        except Fault:
            return None
        return dict(value)

    def fork(self, other: Checkpoint) -> File | None:
        """That `other` and the newest checkpoint cannot both be true, by the prefix that the served tiles prove."""
        old, new = sorted((other, self._point), key=lambda point: point.size)
        if old.size == new.size:
            return self.convincing(views_file(old, new))
        with suppress(Fault):
            if new is self._point and old.size:
                prefix, proof = self._served.root(old.size), self._served.consistency(old.size)
                return self.convincing(views_file(old, new, prefix=prefix, proof=proof))
        return None

    def other_leaf(self, given: Given) -> File | None:
        """That a receipt's tree and the newest one hold two records at one index: an omission where the newest is the
        later tree, a fork where the receipt's is."""
        index, theirs = given.proof.index, given.proof.checkpoint
        with suppress(Fault):
            shown = Leaf(self._served.leaf(index), self._served.inclusion(index))
            if theirs.size <= self._point.size:
                return self.convincing(omission_file(given, self._point, shown))
            raw, _ = record.rebuild(given.proof.extra or b"", given.envelope)
            mine = Leaf(merkle.leaf_hash(raw), given.proof.hashes)
            return self.convincing(views_file(self._point, theirs, index=index, leaves=[shown, mine]))
        return None

    def same_prefix(self, other: Checkpoint) -> bool | None:
        """Whether an older checkpoint is of the newest one's tree, as the served tiles prove; None if they prove nothing."""
        try:
            prefix, proof = self._served.root(other.size), self._served.consistency(other.size)
            merkle.verify_consistency(other.size, self._point.size, prefix, self._point.root, proof)
        except Fault:
            return None
        return prefix == other.root

    def two_views(self, fork: Mapping[str, Any]) -> Iterator[tuple[str, File]]:
        """The witnesses that cosigned both views of a fork, by key name, each with its file."""
        for name in dict.fromkeys(key.name for key in self._policy.witness_keys):
            found = self.convincing({**fork, "kind": "witness", "witness": name})
            if found:
                yield name, found

    def crooked(self, name: str, sizes: tuple[int, int]) -> File | None:
        """That a witness dated the larger of two sizes earlier, by two entries of the history."""
        smaller, larger = (self._entries_at(size) for size in sorted(sizes))
        for first in smaller:
            for second in larger:
                found = self.convincing({**views_file(first, second), "kind": "witness", "witness": name})
                if found:
                    return found
        return None

    def backdated(self, index: int) -> File | None:
        """That a record's `received` lies outside its witnessed time: its receipt under a history entry, and entries
        on either side of it."""
        with suppress(Fault):
            before, after = self._around(index)
            charter = self.receipt(0, self._point)
            for point in after:
                given = self.receipt(index, point)
                found = self.convincing(
                    backdating_file(charter, given, [*before, *(p for p in after if p is not point)])
                )
                if found:
                    return found
        return None

    def admitted_revoked(self, index: int) -> File | None:
        """That a record was admitted after the record that revoked its signer."""
        with suppress(Fault):
            given = self.receipt(index, self._point)
            said = parse_statement(given.envelope.payload)
            return self.convincing(key_file(self._point.origin, self._chain(said.party, index), given))
        return None

    def two_texts(self, said: Statement, given: Given | None, index: int) -> File | None:
        """That a party said two things under one number: `said`, with its receipt (None: it is record `index` of this
        log), and the statement that this log holds under the number."""
        with suppress(Fault):
            other = next((n for n, one in self._back(said.party, said.office) if one.sequence == said.sequence), None)
            if other is None:
                return None
            pair = [self.receipt(other, self._point), given or self.receipt(index, self._point)]
            end = min(other, index) if said.office == ROOT else max(other, index)
            chain = self._chain(said.party, end)
            return self.convincing(equivocation_file(self._point.origin, chain, pair))
        return None

    def two_texts_at(self, index: int) -> File | None:
        """That record `index` of this log says another thing under a number that an earlier record has."""
        with suppress(Fault):
            return self.two_texts(parse_statement(record.parse(self._record(index)).envelope.payload), None, index)
        return None

    def spoken(self, index: int) -> tuple[list[Given], Given]:
        """The receipts of the charter and of all root statements of the party that said record `index`, and the record's.

        Raises Fault `source.…`, `tile.malformed`.
        """
        given = self.receipt(index, self._point)
        said = parse_statement(given.envelope.payload)
        return self._chain(said.party, self._point.size), given

    def receipt(self, index: int, point: Checkpoint) -> Given:
        """The receipt of a record under a checkpoint of this tree. Raises Fault `source.…`, `tile.malformed`."""
        one = record.parse(self._record(index))
        hashes = self._served.inclusion(index, point.size)
        extra = record.extra(one)  # noqa: S610 (no SQL here)
        return Given(Proof(extra, index, tuple(hashes), point), one.envelope, f"record {index}")

    def _record(self, index: int) -> bytes:
        return self._bundle(index // WIDTH)[index % WIDTH]

    def _read_bundle(self, number: int) -> list[bytes]:
        return read_entries(self._source, "entries", number, min(WIDTH, self._point.size - number * WIDTH))

    def _back(self, party: str, office: str) -> Iterator[tuple[int, Statement]]:
        """The statements of an office from its last one back, each with its record."""
        name = self._trust.chain(party, office)[1]
        for _ in range(_MOST_STEPS):
            entry = self._trust.statements.find(name) if name else None
            if entry is None:
                return
            said = parse_statement(record.parse(self._record(entry.record)).envelope.payload)
            if (said.party, said.office) != (party, office):
                return
            yield entry.record, said
            name = said.previous

    def _chain(self, party: str, end: int) -> list[Given]:
        """The receipts of the charter and of the party's root statements before record `end`."""
        records = sorted({0, *(index for index, _ in self._back(party, ROOT) if index < end)})
        return [self.receipt(index, self._point) for index in records]

    def _around(self, index: int) -> tuple[list[Checkpoint], list[Checkpoint]]:
        """Some history entries next to a record: of sizes without it, and with it."""
        bodies = self._bodies
        place = next((n for n, size in enumerate(bodies.sizes) if size > index), len(bodies.sizes)) + bodies.first
        first, end = max(0, place - _NEIGHBOURS), min(bodies.count, place + _NEIGHBOURS)
        points = [point for _, point in read_points(self._source, first, end, bodies.shown)]
        return [p for p in points if p.size <= index], [p for p in points if p.size > index]

    def _entries_at(self, size: int) -> list[Checkpoint]:
        """The history's entries of one size, from its beginning on: the contradicting one may be of an earlier audit."""
        with suppress(Fault):
            rows = read_points(self._source, 0, self._bodies.count, self._bodies.shown)
            return [point for _, point in rows if point.size == size]
        return []
