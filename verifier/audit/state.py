"""What an audit knows of a log, and keeps for the next: with it, a second audit costs only what is new.

The file is one line of JSON; its last member is the SHA-256 of the rest, so that a cut or edited file is refused.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from verifier.conformance.table import EventTable
from verifier.errors import Fault
from verifier.formats import checkpoint
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.times import format_utc
from verifier.history import EMPTY_HEAD
from verifier.merkle import CompactRange
from verifier.places import replace_file
from verifier.trust import TrustState
from verifier.witnessed import Interval, Timelines

VERSION = 3
UNDATED = -1
"""Stands for the `received` of a record that could not be read."""


class AuditState:
    """The audited log up to `size` records: trust, tree, both chains, the history's timelines, the accepted checkpoint."""

    def __init__(self, origin: str, charter: str | None = None, *, events: bool = True) -> None:
        self.events = EventTable() if events else None
        """What rules may read of each record that stands; None where nobody will judge them."""
        self.trust = TrustState(origin, charter)
        self.range = CompactRange()
        self.full_roots: list[bytes] = []
        """The root of each full bundle, in order: the hashes of the level-1 tiles."""
        self.last_digest: str | None = None
        self.last_received = 0
        self.last_count = 0
        self.checkpoint: Checkpoint | None = None
        self.times = Timelines()
        self.history_count = 0
        self.history_head = EMPTY_HEAD
        self.history_body: tuple[int, str] | None = None
        """(size, hex root) of the newest history entry."""
        self.moments = array("q")
        """The moments at which bodies of the history had their quorum: seconds since the epoch, rising."""
        self.turned: dict[int, int] = {}
        """Record of a change of policy -> the first size that covers it with the quorums of the old policy and of the new."""
        self.undated = 0
        """The first record whose `received` has not been judged against its witnessed time yet."""
        self.pending = array("q")
        """`received` of the records from `undated` on."""

    @property
    def size(self) -> int:
        """How many records were audited."""
        return self.range.size

    @property
    def moment(self) -> int | None:
        """The newest moment at which a quorum had cosigned, in seconds since the epoch."""
        return self.moments[-1] if self.moments else None

    def interval(self, index: int, *, receipts: bool = True) -> Interval:
        """The witnessed time of record `index`, by the charter's policy in force at it; narrowed by its receipt or not."""
        policy = next((p for first, p, _ in reversed(self.trust.policies) if first <= index), None)
        return self.times.interval(index, policy, receipts=receipts) if policy else Interval(None, None)

    def witnesses(self, index: int) -> list[dict[str, Any]]:
        """By which checkpoints each witness of the policy in force dates record `index`.

        {witness, without: the last size signed without it, having: the first with it}, each {size, time} or None.
        """
        policy = next((p for first, p, _ in reversed(self.trust.policies) if first <= index), None)
        names = sorted({entry.key.name for entry in policy.witnesses.values()}) if policy else []
        return [{"witness": name, **_signed(*self.times.around(name, index))} for name in names]

    def to_bytes(self) -> bytes:
        """The state as it is kept in a file."""
        value = {
            "version": VERSION,
            "trust": self.trust.dump(),
            "range": [self.range.size, [h.hex() for h in self.range.hashes]],
            "full_roots": b64encode(b"".join(self.full_roots)).decode(),
            "last": [self.last_digest, self.last_received, self.last_count],
            "checkpoint": b64encode(self.checkpoint.raw).decode() if self.checkpoint else None,
            "times": self.times.dump(),
            "history": [self.history_count, self.history_head, self.history_body, self.moments.tolist()],
            "turned": sorted(self.turned.items()),
            "events": self.events.dump() if self.events is not None else None,
            "undated": [self.undated, self.pending.tolist()],
        }
        body = orjson.dumps(value)
        return body[:-1] + b',"sha256":"' + sha256(body).hexdigest().encode() + b'"}\n'

    @classmethod
    def from_bytes(cls, raw: bytes) -> AuditState:
        """The state in a file's bytes. Raises Fault `state.malformed` (cut, edited, or of another version)."""
        try:
            value = orjson.loads(raw)
            claimed = value.pop("sha256")
            if sha256(orjson.dumps(value)).hexdigest() != claimed or value["version"] != VERSION:
                raise Fault("state.malformed", "the digest or the version does not fit", where="state file")
            return cls._from(value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Fault("state.malformed", f"not a state file: {error}", where="state file") from error

    @classmethod
    def _from(cls, value: Mapping[str, Any]) -> AuditState:
        state = cls(value["trust"]["origin"], value["trust"]["charter"])
        state.trust = TrustState.load(value["trust"])
        size, hashes = value["range"]
        state.range = CompactRange(size, [bytes.fromhex(h) for h in hashes])
        roots = b64decode(value["full_roots"])
        state.full_roots = [roots[at : at + 32] for at in range(0, len(roots), 32)]
        state.last_digest, state.last_received, state.last_count = value["last"]
        raw = value["checkpoint"]
        state.checkpoint = checkpoint.parse(b64decode(raw)) if raw else None
        state.times = Timelines.load(value["times"])
        count, head, newest, moments = value["history"]
        state.history_count, state.history_head, state.moments = count, head, array("q", moments)
        state.turned = dict(value["turned"])
        state.events = None if value["events"] is None else EventTable.load(value["events"])
        state.history_body = tuple(newest) if newest else None
        state.undated, received = value["undated"]
        state.pending = array("q", received)
        return state


def _signed(without: tuple[int, int] | None, having: tuple[int, int] | None) -> dict[str, Any]:
    rows = {"without": without, "having": having}
    return {name: row and {"size": row[0], "time": format_utc(row[1])} for name, row in rows.items()}


def load_state(path: Path) -> AuditState | None:
    """The state in a file; None if there is no such file yet. Raises Fault `state.malformed`."""
    return AuditState.from_bytes(path.read_bytes()) if path.exists() else None


def save_state(state: AuditState, path: Path) -> None:
    """Write the state atomically and durably: a reader finds the old file or the new one, whole."""
    replace_file(path, state.to_bytes())
