"""Checkpoints from the signature to the history: signed, cosigned, entered, published, in this order.

A body (size and root) is signed only when what it covers is durable and its tiles are published. Every body signed is
entered in the history, sizes never falling; cosignatures that come late make a further entry as long as no larger body
has been entered. `checkpoint` shows the newest body that met its quorum. One thread at a time.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from ledger import proofs
from ledger.admission import Clock
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store import History, NewEntry, Quorum, Store
from ledger.tree import Tree
from ledger.witness_client import Cosignature, Question
from ledger.witnesses import Round, WitnessPool
from verifier.formats import checkpoint as checkpoints
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import MOST_SIGNATURES, Note, Signature, VerifierKey
from verifier.formats.policy import Policy
from verifier.formats.tiles import MOST_ENTRY
from verifier.history import next_head

_log = logging.getLogger(__name__)
_REMEMBERED = 64
Terms = tuple[int, Policy, tuple[VerifierKey, ...]]
"""From which record a policy and log keys are in force, as `TrustState.policies` lists them."""


class Settled(NamedTuple):
    """The first quorum checkpoint over records `start` to `point.size - 1`."""

    start: int
    point: Checkpoint


@dataclass
class _Body:
    """A signed body; the newest cosignature by each key `held` so far, and the rounds that may still bring some.

    `entered`: the cosignatures in its last history entry (None: it has none).
    """

    point: Checkpoint
    terms: Sequence[Terms]
    held: dict[VerifierKey, Cosignature] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    entered: frozenset[bytes] | None = None

    def cosigned(self) -> list[Cosignature]:
        """The newest cosignature by each key, in an order that does not depend on who was faster."""
        for one in [one for asked in self.rounds for one in asked.all()]:
            if one.key not in self.held or one.timestamp > self.held[one.key].timestamp:
                self.held[one.key] = one
        return sorted(self.held.values(), key=lambda one: (one.key.name, one.key.key_id))

    def enough(self, keys: Collection[VerifierKey]) -> bool:
        """Whether the log's signatures and cosignatures by these keys satisfy every policy that the body must satisfy."""
        signed = {(one.name, one.key_id) for one in self.point.note.signatures}
        return all(
            any((key.name, key.key_id) in signed for key in log_keys)
            and policy.satisfied([name for name, entry in policy.witnesses.items() if entry.key in keys])
            for _, policy, log_keys in self.terms
        )


@dataclass
class _Entering:
    """The history entries of one transaction, as they come together: what they do to the chain, and to what is covered."""

    number: int
    head: str
    covered: int
    newest: Checkpoint | None
    entries: list[NewEntry] = field(default_factory=list)
    quorums: list[Quorum] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    entered: list[tuple[_Body, frozenset[bytes]]] = field(default_factory=list)

    def add(self, body: _Body) -> None:
        """Add the body's notes, unless they would say nothing new."""
        cosigned, size = body.cosigned(), body.point.size
        values = frozenset(one.signature.value for one in cosigned)
        if values == body.entered:
            return
        notes = list(_notes(body.point, cosigned))
        if body.enough({one.key for one in cosigned}):
            self.quorums.append(Quorum(self.number + len(self.entries), len(notes), size, size > self.covered))
            self.newest = _with(body.point, [one.signature for one in cosigned])
            if size > self.covered:
                self.settled.append(Settled(self.covered, self.newest))
                self.covered = size
        for raw in notes:
            self.head = next_head(self.head, raw)
            self.entries.append(NewEntry(size, self.head, raw))
        self.entered.append((body, values))


class Cosigning:
    """Where the log's checkpoints come from. `history` and `covered` (records under a quorum) are what is durable."""

    def __init__(
        self,
        store: Store,
        signer: LogSigner,
        witnesses: WitnessPool,
        publisher: Publisher,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`wake` is called when a cosignature comes in, from any thread."""
        self._store, self._signer, self._witnesses, self._publisher = store, signer, witnesses, publisher
        self._clock, self._wake = clock, wake
        self.history: History = store.history()
        self.covered = store.settled()
        self.size = self.history.size
        self.signed_at: int | None = None
        self._bodies: list[_Body] = []
        self._recent: deque[Settled] = deque(maxlen=_REMEMBERED)
        self._newest: Checkpoint | None = None
        self._behind = False

    def resume(self, tree: Tree, terms: Sequence[Terms]) -> None:
        """After a start: enter every size that may have been signed and is not in the history, publish the checkpoint.

        The last such size is left to the next round, which asks the witnesses for it.
        """
        for size in self._store.sizes_after(self.history.size)[:-1]:
            self._bodies.append(_Body(self._sign(tree, size), required(terms, self.covered, size)))
        quorum = self._store.last_quorum()
        if quorum is not None:
            self._newest = quorum_checkpoint(self._store, quorum)
            self._behind = True
            self.publish()

    def round(self, tree: Tree, size: int, terms: Sequence[Terms], *, renew: bool = False) -> None:
        """Bring the body of `size` records through signature, witnesses, history and publication.

        The same body again asks for what is missing; with `renew` it is signed and dated anew (a heartbeat). `terms`
        are the charter's policies so far. Raises Fault `store.failed`, OSError if the directory cannot be written.
        """
        self._publisher.tiles(tree, size)
        body = self._bodies[-1] if self._bodies else None
        due = required(terms, self.covered, size)
        if body is None or body.point.size != size:
            body = _Body(self._sign(tree, size), due)
            self._bodies.append(body)
        else:
            body.terms = due
            if renew:
                body.point = self._sign(tree, size)
        self.size = size
        keys = tuple(dict.fromkeys(key for _, policy, _ in due for key in policy.witness_keys))
        question = Question(body.point, keys, partial(proofs.consistency, tree.node), self._clock)
        asked = self._witnesses.ask(question, self._wake)
        body.cosigned()
        body.rounds = [*body.rounds[-3:], asked]
        asked.wait(body.enough, self._witnesses.limit, self._witnesses.grace)
        self.enter()

    def enter(self) -> None:
        """Enter what is new about the bodies under way, durably; then publish it. Raises Fault `store.failed`."""
        new = _Entering(self.history.count, self.history.head, self.covered, self._newest)
        for body in self._bodies:
            new.add(body)
        if not new.entries:
            return
        self._store.enter(self.history.count, new.entries, new.quorums)
        for body, values in new.entered:
            body.entered = values
        size = max(self.history.size, self._bodies[-1].point.size)
        self.history = History(self.history.count + len(new.entries), new.head, size)
        self._bodies = self._bodies[-1:]  # a larger body is entered: nothing more goes in for those before it
        self._recent.extend(new.settled)
        self._newest = new.newest
        self._behind = True
        self.publish([entry.note for entry in new.entries])
        self.covered = new.covered

    def publish(self, notes: Sequence[bytes] = ()) -> None:
        """Publish new history entries, and the newest checkpoint if it is not published yet.

        A directory that cannot be written delays readers, not the log: it is tried again each time.
        """
        if not self._behind:
            return
        try:
            self._publisher.history(notes)
            if self._newest is not None:
                self._publisher.checkpoint(self._newest.raw, self._newest.size)
            self._behind = False
        except OSError as error:
            _log.error("the checkpoint cannot be published: %s", error)

    def covering(self, index: int) -> Checkpoint | None:
        """The first quorum checkpoint that covered record `index`; None if none has yet."""
        if index >= self.covered:
            return None
        for start, point in reversed(list(self._recent)):
            if start <= index < point.size:
                return point
        quorum = self._store.settling(index)
        return None if quorum is None else quorum_checkpoint(self._store, quorum)

    def _sign(self, tree: Tree, size: int) -> Checkpoint:
        self.signed_at = self._clock()
        return self._signer.checkpoint(size, tree.root(size), self.signed_at)


def quorum_checkpoint(store: Store, quorum: Quorum) -> Checkpoint:
    """A quorum checkpoint with all its signatures, from the history entries that hold it."""
    first, *more = [checkpoints.parse(raw) for raw in store.entries(quorum.first, quorum.first + quorum.parts)]
    return _with(first, [one for part in more for one in part.note.signatures if one not in first.note.signatures])


def required(terms: Sequence[Terms], covered: int, size: int) -> list[Terms]:
    """The policies that a body of `size` must satisfy, when a quorum has covered `covered` records.

    That in force at its last record; and, if it is the first to cover a change, those before the change too.
    """
    found = []
    for n, one in enumerate(terms):
        until = terms[n + 1][0] if n + 1 < len(terms) else size
        if one[0] < size and until >= covered:
            found.append(one)
    return found


def _with(point: Checkpoint, further: Sequence[Signature]) -> Checkpoint:
    """The checkpoint with further signatures; as many as a note can hold."""
    signatures = (*point.note.signatures, *further)[:MOST_SIGNATURES]
    return Checkpoint(point.origin, point.size, point.root, point.extensions, Note(point.note.text, signatures))


def _notes(point: Checkpoint, cosigned: Sequence[Cosignature]) -> Iterator[bytes]:
    """The body's notes: one, or as many as its cosignatures need to keep each within a history entry's length."""
    base = length = len(point.raw)
    held: list[Signature] = []
    for one in cosigned:
        more = len(one.signature.line.encode())
        full = len(held) + len(point.note.signatures) >= MOST_SIGNATURES
        if held and (length + more > MOST_ENTRY or full):
            yield _with(point, held).raw
            held, length = [], base
        held.append(one.signature)
        length += more
    yield _with(point, held).raw
