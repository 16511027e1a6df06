"""Admission: whether an envelope may become the next record. The rules are the verifier's; the limits are the ledger's.

An envelope is read and its signatures are checked once, in the thread that brings it; whether it may stand next is
decided in its turn, after the envelopes before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verifier import charter as charters
from verifier.errors import Fault
from verifier.examine import Examined, examine
from verifier.formats import envelope as envelopes
from verifier.formats.envelope import Envelope
from verifier.formats.note import VerifierKey
from verifier.record import MOST_BYTES, Record
from verifier.trust import TrustState

Clock = Callable[[], int]
"""Gives seconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the ledger takes on.

    `envelope`: bytes of one; `queue`: envelopes that may wait; `turn`: seconds that one waits for its turn, even where
    its submitter would not wait so long for the receipt; `batch`: records in one transaction; `quota`: statements a
    party may log within `window` seconds, counted since the start (None: any number); `snapshot`: records after which
    the trust state is kept; `retry`: seconds after which witnesses that made no quorum are asked again.
    """

    envelope: int = MOST_BYTES
    queue: int = 4096
    turn: float = 5.0
    batch: int = 256
    quota: int | None = None
    window: int = 86_400
    snapshot: int = 16_384
    retry: float = 2.0


class Pending:
    """An envelope on its way: `seen` once examined; then `fault`, or `index` and, if it is new, `record`."""

    __slots__ = ("done", "envelope", "fault", "index", "record", "seen", "version")

    def __init__(self, envelope: Envelope | None, seen: Examined | None, version: str, fault: Fault | None) -> None:
        self.envelope = envelope
        self.seen = seen
        self.version = version
        self.fault = fault
        self.index: int | None = None
        self.record: Record | None = None
        self.done = fault is not None

    @property
    def id(self) -> str | None:
        """The statement's id, None if the envelope could not be read so far."""
        return (self.seen.id if self.seen else None) or None


class Admission:
    """Reads envelopes, decides on each in its turn, and counts what parties have logged."""

    def __init__(self, limits: Limits, keys: tuple[VerifierKey, ...]) -> None:
        """`keys`: the log's own, one of which a charter must name."""
        self.limits = limits
        self._keys = keys
        self._spent: dict[str, tuple[int, int]] = {}

    def read(self, raw: bytes, trust: TrustState) -> Pending:
        """Read and examine an envelope. Never raises for what it holds: the fault is in the result.

        May run beside the thread that advances `trust`: keys are only ever added to its book.
        """
        version = trust.version
        try:
            if len(raw) > self.limits.envelope:
                told = f"an envelope has at most {self.limits.envelope} bytes, this one has {len(raw)}"
                raise Fault("log.envelope-too-long", told)
            envelope = envelopes.parse(raw)
        except Fault as fault:
            return Pending(None, None, version, fault)
        seen = examine(envelope, trust.book, version)
        return Pending(envelope, seen, version, seen.fault)

    def judge(self, pending: Pending, trust: TrustState, received: int) -> Examined:
        """Decide whether it may be the next record, received at `received` (seconds). Raises the Fault it is refused for.

        What was examined before a key that it needs was known, or under another vocabulary, is examined again.
        """
        seen, envelope = pending.seen, pending.envelope
        assert seen is not None
        assert envelope is not None
        if seen.unverified or pending.version != trust.version:
            pending.seen = seen = examine(envelope, trust.book, trust.version)
        trust.authorise(seen, received)
        if trust.charter is None:
            self._require_own_key(seen)
        self._require_quota(seen.party, received)
        return seen

    def spend(self, party: str, received: int) -> None:
        """Count a statement that was logged."""
        window, count = self._spent.get(party, (0, 0))
        now = received // self.limits.window
        self._spent[party] = (now, count + 1 if window == now else 1)

    def _require_quota(self, party: str, received: int) -> None:
        quota = self.limits.quota
        window, count = self._spent.get(party, (0, 0))
        if quota is not None and window == received // self.limits.window and count >= quota:
            raise Fault("log.quota", f"{party} has logged {count} statements within {self.limits.window} seconds")

    def _require_own_key(self, seen: Examined) -> None:
        """A charter that does not name this log's key would end the log with its first record."""
        require_listed(self._keys, charters.read(seen.body or {}).log_keys)


def require_listed(keys: tuple[VerifierKey, ...], listed: tuple[VerifierKey, ...]) -> None:
    """Raise Fault `log.key-not-listed` unless one of the log's `keys` is `listed` in the charter."""
    if not set(keys) & set(listed):
        raise Fault(
            "log.key-not-listed",
            "the charter names none of this log's keys",
            where="/body/log_keys",
            evidence={"log": [key.vkey for key in keys], "charter": [key.vkey for key in listed]},
        )
