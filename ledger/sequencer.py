"""Sequencing: pending envelopes become records, each chained to the one before, and are durable before anybody hears.

One thread at a time. After a fault of the store nothing in memory is believed: the sequencer is loaded again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import orjson

from ledger.admission import Admission, Clock, Pending
from ledger.store import History, NewRecord, Store
from ledger.tree import Tree
from verifier import record as records
from verifier.errors import Fault
from verifier.examine import examine
from verifier.formats.envelope import Envelope
from verifier.formats.tiles import WIDTH
from verifier.record import Record
from verifier.trust import TrustState

_log = logging.getLogger(__name__)


class Sequencer:
    """The end of the log: `size`, the Merkle `tree`, the `trust` state after the last record.

    `kept`: how many records the kept trust state covers.
    """

    def __init__(self, store: Store, origin: str, charter: str | None, admission: Admission, clock: Clock) -> None:
        """Take up the log that `store` holds. Raises Fault `log.other-ledger`, `store.damaged`."""
        self._store = store
        self._admission = admission
        self._clock = clock
        self.size = store.size()
        self.trust, self.kept = rebuild(store, self.size, origin, charter)
        edge = store.records(self.size - self.size % WIDTH, self.size)
        self.tree = Tree.restore(self.size, [records.parse(raw).leaf_hash for raw in edge], store.tile)
        self._previous: str | None = None
        self._received = 0
        for raw in store.records(max(0, self.size - 1), self.size):
            last = records.parse(raw)
            self._previous, self._received = last.digest, last.received

    def take(self, batch: Sequence[Pending], history: History) -> list[Record]:
        """Judge each of `batch` after those before it; append what may stand in one durable transaction.

        Returns the new records; each Pending has its index or its fault. Raises Fault `store.failed` if nothing was
        stored: then this sequencer is of no use any more.
        """
        received = max(self._received, self._clock())
        new: list[Record] = []
        rows: list[NewRecord] = []
        for pending in batch:
            try:
                made = self._place(pending, self.size + len(new), received, history)
            except Fault as fault:
                self._refuse(pending, fault)
                continue
            new.append(made)
            rows.append(NewRecord(pending.id or "", made.raw))
        if new:
            tiles = self.tree.extend([one.leaf_hash for one in new])
            self._store.append(self.size, rows, tiles)
            self.size += len(new)
            self._received = received
        return new

    def keep(self) -> None:
        """Keep the trust state, so that the next start replays less."""
        self._store.keep_snapshot(self.size, orjson.dumps(self.trust.dump()))
        self.kept = self.size

    def _place(self, pending: Pending, index: int, received: int, history: History) -> Record:
        """Judge one envelope and chain it on as record `index`. Raises the Fault it is refused for."""
        envelope, previous, count, head = _envelope(pending), self._previous, history.count, history.head
        try:
            seen = self._admission.judge(pending, self.trust, received)
            raw = records.build(envelope, count=count, head=head, previous=previous, received=received)
        except Fault:
            raise
        except Exception as error:  # nothing has changed so far: it stops this envelope and not those beside it
            _log.exception("an envelope could not be judged")
            raise Fault("log.failed", f"{type(error).__name__}: {error}") from error
        made = Record(raw, envelope, count, head, previous, received)
        self.trust.advance(seen, index, received)
        self._admission.spend(seen.party, received)
        self._previous = made.digest
        pending.index, pending.record = index, made
        return made

    def _refuse(self, pending: Pending, fault: Fault) -> None:
        """Refuse, unless the very statement is in the log: then its record is the answer."""
        seen = pending.seen
        logged = self.trust.statements.find(seen.id) if seen and not seen.fault else None
        if logged is None:
            pending.fault = fault
        else:
            pending.index = logged.record


def rebuild(store: Store, size: int, origin: str, charter: str | None) -> tuple[TrustState, int]:
    """The trust state after the `size` records of the store: from the snapshot, if it can be read, and the rest replayed.

    A record that today's rules find fault with changes nothing, as in an audit. Also returns how many records the
    snapshot covered. Raises Fault `log.other-ledger`.
    """
    trust, kept = _snapshot(store, size, origin, charter)
    for index, raw in enumerate(store.records(kept, size), kept):
        one = records.parse(raw)
        seen = examine(one.envelope, trust.book, trust.version)
        try:
            trust.authorise(seen, one.received)
        except Fault as fault:
            _log.error("record %d is a finding, and changes nothing: %s", index, fault)
            continue
        trust.advance(seen, index, one.received)
    if size and trust.charter is None:
        raise Fault("log.other-ledger", f"the store holds no charter of {origin}", where="record 0")
    return trust, kept


def _snapshot(store: Store, size: int, origin: str, charter: str | None) -> tuple[TrustState, int]:
    """The trust state kept last and the records that it covers; a new one where it is missing or of another version."""
    kept = store.snapshot()
    if kept is not None and kept[0] <= size:
        try:
            trust = TrustState.load(orjson.loads(kept[1]))
        except (ValueError, LookupError, TypeError, Fault) as error:
            _log.warning("the snapshot cannot be read, the log is replayed from its beginning: %s", error)
        else:
            if trust.origin == origin and charter in (None, trust.charter_id):
                return trust, kept[0]
    return TrustState(origin, charter), 0


def _envelope(pending: Pending) -> Envelope:
    assert pending.envelope is not None
    return pending.envelope
