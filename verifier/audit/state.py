"""What an audit knows of a log, and keeps for the next: with it, a second audit costs only what is new.

The file is one line of JSON; its last member is the SHA-256 of the rest, so that a cut or edited file is refused.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from verifier.errors import Fault
from verifier.formats import checkpoint
from verifier.formats.checkpoint import Checkpoint
from verifier.history import EMPTY_HEAD
from verifier.merkle import CompactRange
from verifier.trust import TrustState
from verifier.witnessed import Interval, Timelines

VERSION = 2
UNDATED = -1
"""Stands for the `received` of a record that could not be read."""


class AuditState:
    """The audited log up to `size` records: trust, tree, both chains, the history's timelines, the accepted checkpoint."""

    def __init__(self, origin: str, charter: str | None = None) -> None:
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
        self.moment: int | None = None
        """The newest moment at which a quorum had cosigned, in seconds since the epoch."""
        self.undated = 0
        """The first record whose `received` has not been judged against its witnessed time yet."""
        self.pending = array("q")
        """`received` of the records from `undated` on."""

    @property
    def size(self) -> int:
        """How many records were audited."""
        return self.range.size

    def interval(self, index: int) -> Interval:
        """The witnessed time of record `index`, by the charter's policy in force at it."""
        policy = next((p for first, p, _ in reversed(self.trust.policies) if first <= index), None)
        return self.times.interval(index, policy) if policy else Interval(None, None)

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
            "history": [self.history_count, self.history_head, self.history_body, self.moment],
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
        count, head, newest, moment = value["history"]
        state.history_count, state.history_head, state.moment = count, head, moment
        state.history_body = tuple(newest) if newest else None
        state.undated, received = value["undated"]
        state.pending = array("q", received)
        return state


def load_state(path: Path) -> AuditState | None:
    """The state in a file; None if there is no such file yet. Raises Fault `state.malformed`."""
    return AuditState.from_bytes(path.read_bytes()) if path.exists() else None


def save_state(state: AuditState, path: Path) -> None:
    """Write the state atomically and durably: a reader finds the old file or the new one, whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(state.to_bytes())
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
