"""The log: a statement's walk through the ledger, from the envelope that arrives to the receipt that leaves.

    admit        read and examine the envelope; in its turn, authorise it            admission
    chain        give it its index, and both chains: records and history             sequencer
    sequence     with those that wait beside it: one batch                           sequencer
    make durable one transaction                                                     store
    tile         publish tiles and bundles                                           publish
    sign         the checkpoint, which covers only what is durable                   signer
    cosign       by the witnesses; into the history, durably; then published         cosigning, witnesses
    receipt      the inclusion proof under the first quorum checkpoint               receipts

Two threads carry it: one sequences, one brings checkpoints through the witnesses, so that slow witnesses delay receipts
and not the sequence. Without `start`, whoever calls `submit` or `step` does the work.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic

from ledger.admission import Admission, Clock, Limits, Pending, require_listed
from ledger.cosigning import Cosigning
from ledger.health import Health
from ledger.outcome import Logged, Outcome, Refused
from ledger.publish import Publisher
from ledger.receipts import receipt
from ledger.sequencer import Sequencer
from ledger.signer import LogSigner
from ledger.store import Store
from ledger.waiting import Waiting
from ledger.witnesses import WitnessPool
from verifier import record as records
from verifier.errors import Fault
from verifier.formats import reader
from verifier.record import Record
from verifier.trust import TrustState

__all__ = ["Limits", "Log", "Logged", "Outcome", "Refused"]

_log = logging.getLogger(__name__)
_CHUNKS_UNDER_WAY = 4
_TURN = 0.5
_LONGEST_PAUSE = 60.0


class Log:
    """One ledger's log. Any thread may call its methods."""

    def __init__(
        self,
        store: Store,
        *,
        origin: str,
        signer: LogSigner,
        witnesses: WitnessPool,
        publisher: Publisher,
        clock: Clock,
        heartbeat: int | None = None,
        limits: Limits | None = None,
        charter: str | None = None,
    ) -> None:
        """Take up the log that `store` holds, or begin an empty one, which accepts only a charter.

        `clock`: seconds since the epoch. `heartbeat`: seconds after which an unchanged log is signed and cosigned
        anew, None for never. `charter`: the hex id that record 0 must have, None for any. Raises Fault
        `log.other-ledger`, `log.key-not-listed`, `store.damaged`; OSError if the directory cannot be written.
        """
        if signer.origin != origin:
            raise Fault("log.other-ledger", f"the signer's keys are of {signer.origin}, the log is {origin}")
        self.limits = limits or Limits()
        self.publisher, self.witnesses = publisher, witnesses
        self._store, self._origin, self._charter = store, origin, charter
        self._clock, self._heartbeat = clock, heartbeat
        self._waiting = Waiting(self.limits)
        self._sequencing, self._checkpointing = Lock(), Lock()
        self._wake = Event()
        self._threads: list[Thread] = []
        self._stale = self._failed = False
        self._last_round, self._all_covered, self._pause = 0.0, monotonic(), self.limits.retry
        self._admission = Admission(self.limits, signer.keys)
        self._sequencer = self._loaded()
        if self.trust.charter:
            require_listed(signer.keys, self.trust.log_keys)
        self._size = self._sequencer.size
        publisher.restore(store, self._sequencer.tree, self._size)
        self._cosigning = Cosigning(store, signer, witnesses, publisher, clock, self._wake.set)
        self._cosigning.resume(self._sequencer.tree, self.trust.policies)

    @property
    def trust(self) -> TrustState:
        """The trust state after the last record."""
        return self._sequencer.trust

    @property
    def size(self) -> int:
        """How many records are durable."""
        return self._size

    @property
    def covered(self) -> int:
        """How many records a checkpoint with a quorum covers: those that have a receipt."""
        return self._cosigning.covered

    def health(self) -> Health:
        """How the log is at this moment; waits for nothing."""
        covered, size = self.covered, self._size
        alive = {one.name.removeprefix("log "): one.is_alive() for one in self._threads}
        waited = monotonic() - self._all_covered if covered < size else 0.0
        return Health(alive, not self._failed, size, covered, waited, self.witnesses.troubles())

    # The walk.

    def submit(self, envelopes: Sequence[bytes], *, wait: float) -> list[Outcome]:
        """Hand envelopes in, each judged after those before it; the outcome of each, in order.

        Returns when all are refused or have a receipt, or after `wait` seconds: then those that are in the log have
        their index and no receipt. Those whose turn did not come in time (`Limits.turn`) are refused with `log.busy`.
        """
        begun = monotonic()
        turn = begun + max(wait, self.limits.turn)
        chunks: list[list[Pending]] = []
        length = min(self.limits.batch, self.limits.queue)
        for at in range(0, len(envelopes), length):
            if len(chunks) >= _CHUNKS_UNDER_WAY:
                self._waiting.sequenced(chunks[-_CHUNKS_UNDER_WAY], turn)
            trust = self.trust
            chunks.append([self._admission.read(raw, trust) for raw in envelopes[at : at + length]])
            self._waiting.put(chunks[-1])
            while not self._threads and self._waiting:
                self.step()
        pending = [one for chunk in chunks for one in chunk]
        if not self._threads or not self._waiting.until(lambda: self._answered(pending), begun + wait):
            self._waiting.sequenced(pending, turn)
        return [self._outcome(one) for one in pending]

    def step(self) -> int:
        """Sequence one batch and bring a checkpoint over it through the witnesses; how many records were added."""
        added = self._sequence()
        self._checkpoint(retry=True)
        return added

    def tick(self) -> None:
        """Do what time asks for: a heartbeat when it is due, another try for a checkpoint without its quorum."""
        self._checkpoint(retry=True)

    def receipt(self, statement_id: str) -> Logged:
        """A logged statement by its hex id. Raises Fault `statement.not-logged`."""
        reader.hex_bytes(statement_id, where="statement id")
        index = self._store.index_of(statement_id)
        if index is None or index >= self._size:
            raise Fault("statement.not-logged", f"no record holds statement {statement_id}")
        return self._logged(statement_id, index, None)

    def start(self) -> None:
        """Begin to work in the background."""
        if self._threads:
            return
        work = {"log sequencing": self._keep_sequencing, "log checkpoints": self._keep_checkpointing}
        self._threads = [Thread(target=run, name=name, daemon=True) for name, run in work.items()]
        self._wake.set()  # what an earlier run left without its quorum does not wait for a turn
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is queued, ask for the last checkpoint, keep the trust state, and end the background's work."""
        self._waiting.close(True)
        for thread in self._threads:
            self._wake.set()
            thread.join()
        self._threads = []
        self._waiting.close(False)
        with self._sequencing:
            if self._size > self._sequencer.kept and not self._stale:
                self._keep()

    # Sequencing.

    def _sequence(self) -> int:
        """Sequence one batch of the queue; how many records it added."""
        with self._sequencing:
            batch = self._waiting.take()
            try:
                new = self._take(batch) if batch else []
            finally:
                self._waiting.settle(batch)
        if new:
            self._wake.set()
        return len(new)

    def _take(self, batch: Sequence[Pending]) -> list[Record]:
        """Let the sequencer take the batch. If the store fails, nothing of it counts, and all is loaded anew."""
        try:
            if self._stale:
                self._reload()
            new = self._sequencer.take(batch, self._cosigning.history)
        except Exception as error:
            self._stale = self._failed = True
            _log.exception("a batch of %d statements was not sequenced", len(batch))
            fault = error if isinstance(error, Fault) else Fault("log.failed", f"{type(error).__name__}: {error}")
            for one in batch:
                one.fault, one.index, one.record = one.fault or fault, None, None
            self._recover()
            return []
        self._failed = False
        self.publisher.records([one.raw for one in new])
        self._size = self._sequencer.size  # from here on a checkpoint may cover them
        if self._size - self._sequencer.kept >= self.limits.snapshot:
            self._keep()
        return new

    def _loaded(self) -> Sequencer:
        return Sequencer(self._store, self._origin, self._charter, self._admission, self._clock)

    def _reload(self) -> None:
        """Believe the store alone: also in whether a transaction that failed was carried out after all."""
        self._sequencer = self._loaded()
        self.publisher.records(list(self._store.records(self._size, self._sequencer.size)))  # all of them, or none
        self._size = self._sequencer.size
        self._stale = False

    def _recover(self) -> None:
        """Reload at once, so that `trust` tells of nothing that is not stored. What fails here, the next batch tries."""
        try:
            self._reload()
        except Exception:
            _log.exception("the log was not loaded again; the next batch tries it")

    def _keep(self) -> None:
        """Keep the trust state. It can be computed again: a failure costs time at the next start and nothing else."""
        try:
            self._sequencer.keep()
        except Exception as error:
            _log.warning("the trust state was not kept: %s", error)

    # Checkpoints.

    def _checkpoint(self, *, retry: bool) -> None:
        """Bring through the witnesses what is new; else what lacks its quorum, with `retry`; else a heartbeat if due."""
        with self._checkpointing:
            begun, size = monotonic(), self._size
            if size:
                self._bring(size, begun, retry)
            if self.covered >= size:
                self._all_covered = begun  # what is not covered now was added later
        self._waiting.progress()

    def _bring(self, size: int, begun: float, retry: bool) -> None:
        cosigning = self._cosigning
        new = size > cosigning.size or (retry and cosigning.covered < size)
        if not new and not self._heartbeat_due():
            cosigning.enter()
            cosigning.publish()
            return
        self._last_round = begun
        cosigning.round(self._sequencer.tree, size, self.trust.policies, renew=not new)
        # Each try lengthens the history by cosignatures of a later date: out of reach of a quorum, ask rarely.
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause) if self.covered < size else self.limits.retry

    def _heartbeat_due(self) -> bool:
        last = self._cosigning.signed_at
        return self._heartbeat is not None and (last is None or self._clock() - last >= self._heartbeat)

    # In the background.

    def _keep_sequencing(self) -> None:
        while self._waiting.come():
            self._sequence()

    def _keep_checkpointing(self) -> None:
        sequencing = self._threads[0]
        ended = False
        while not ended:
            self._wake.wait(_TURN)
            self._wake.clear()
            ended = not sequencing.is_alive()  # after the last batch comes the last checkpoint
            try:
                self._checkpoint(retry=monotonic() - self._last_round >= self._pause)
            except Exception:
                _log.exception("the checkpoint of %d records is delayed", self._size)
                self._wake.wait(_TURN)

    # What a submitter gets.

    def _answered(self, pending: Sequence[Pending]) -> bool:
        """Whether all are refused or have a receipt."""
        covered = self.covered
        return all([one.done and (one.index is None or one.index < covered) for one in pending])

    def _outcome(self, pending: Pending) -> Outcome:
        if pending.fault is not None or pending.index is None:
            fault = pending.fault or Fault("log.failed", "the statement has neither a record nor a fault")
            return Refused(fault, pending.id)
        return self._logged(pending.id or "", pending.index, pending.record)

    def _logged(self, statement: str, index: int, record: Record | None) -> Logged:
        """The statement of record `index`, as logged, with its receipt where there is one."""
        if record is None:
            (raw,) = self._store.records(index, index + 1)
            record = records.parse(raw)
        point = self._cosigning.covering(index)
        given = None if point is None else receipt(record, index, point, self._sequencer.tree.node)
        return Logged(statement, index, record.envelope.raw, given)
