"""Reading evidence: strict members, notes and receipts, and the two questions that every kind asks of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from verifier import receipt as receipts
from verifier.conformance.outcome import Refuter
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, envelope, proof, reader
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.envelope import Envelope
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy
from verifier.formats.proof import MOST_HASHES, Proof
from verifier.receipt import Given, Logged

LOG_KEY, LOG_AND_QUORUM, WITNESS_KEY, PARTY_KEY = "log key", "log key and quorum", "witness key", "party's key"
MOST_ITEMS = 4096


@dataclass(frozen=True)
class Verdict:
    """What evidence proves: its `kind`, a sentence, the `role` of the keys it speaks against, and these `keys`
    (verifier keys of the log or a witness; keyids of a party)."""

    kind: str
    proves: str
    role: str
    keys: tuple[str, ...]


def malformed(where: str, why: str) -> Fault:
    """The fault of a file that is not in the form of its kind."""
    return Fault("evidence.malformed", why, where=where)


def insufficient(why: str) -> Fault:
    """The fault of a file that proves nothing to this reader."""
    return Fault("evidence.insufficient", why)


@contextmanager
def formed(where: str) -> Iterator[None]:
    """What is read within must have its form."""
    try:
        yield
    except Fault as fault:
        raise malformed(where, str(fault)) from fault


@contextmanager
def proven(what: str) -> Iterator[None]:
    """What is checked within must hold, or the evidence proves nothing."""
    try:
        yield
    except Fault as fault:
        raise insufficient(f"{what}: {fault}") from fault


class Evidence:
    """An evidence file's members, and the reader's `policy` and `charter` by which they are judged; `refuter`: what computes
    a finding again, from the copy of the log that the reader named (None: he named none)."""

    def __init__(
        self, value: Mapping[str, Any], policy: Policy, charter: str | None, refuter: Refuter | None = None
    ) -> None:
        self._value = value
        self.policy = policy
        self.charter = charter
        self.refuter = refuter
        self.ledger = ""

    def require(self, *names: str) -> None:
        """The file has exactly these members beside `kind` and `ledger`; take the ledger in."""
        due = {"kind", "ledger", *names}
        if self._value.keys() != due:
            raise malformed("", f"expected exactly the members {', '.join(sorted(due))}")
        self.ledger = self.text("ledger")

    def text(self, name: str) -> str:
        """A string."""
        return _text(self._value[name], f"/{name}")

    def optional_hash(self, name: str) -> bytes | None:
        """A hash in hex, or None where the member is null."""
        return None if self._value[name] is None else _hash(self._value[name], f"/{name}")

    def hash(self, name: str) -> bytes:
        """A hash in hex."""
        return _hash(self._value[name], f"/{name}")

    def optional_index(self, name: str) -> int | None:
        """A whole number, or None where the member is null."""
        value = self._value[name]
        if value is not None and (type(value) is not int or value < 0):
            raise malformed(f"/{name}", "expected a whole number or null")
        return value

    def hashes(self, name: str) -> list[bytes]:
        """A proof: at most 63 hashes."""
        return _hashes(self._value[name], f"/{name}")

    def leaves(self, name: str) -> list[tuple[bytes, list[bytes]]]:
        """Leaf hashes, each with its inclusion proof: `{inclusion, leaf}`."""
        found = []
        for where, row in self._items(name):
            if not isinstance(row, dict) or row.keys() != {"leaf", "inclusion"}:
                raise malformed(where, "expected exactly the members inclusion and leaf")
            found.append((_hash(row["leaf"], f"{where}/leaf"), _hashes(row["inclusion"], f"{where}/inclusion")))
        return found

    def checkpoint(self, name: str) -> Checkpoint:
        """A checkpoint of the ledger, as a signed note's text."""
        return self._checkpoint(self._value[name], f"/{name}")

    def checkpoints(self, name: str) -> list[Checkpoint]:
        """Checkpoints of the ledger."""
        return [self._checkpoint(row, where) for where, row in self._items(name)]

    def receipt(self, name: str) -> Given:
        """A receipt of the ledger: `{envelope, proof}`."""
        return self._receipt(self._value[name], f"/{name}")

    def receipts(self, name: str) -> list[Given]:
        """Receipts of the ledger."""
        return [self._receipt(row, where) for where, row in self._items(name)]

    def signed_by_log(self, point: Checkpoint) -> tuple[VerifierKey, ...]:
        """The log keys of the policy that signed a checkpoint; none is no evidence against the log."""
        keys = [key for key in self.policy.log_keys if key.name == point.origin]
        with proven(f"checkpoint of size {point.size}"):
            signed = cosignature.verified(point, keys)
        if not signed:
            raise insufficient(f"the checkpoint of size {point.size} is not signed by a log key of your policy")
        return tuple(signed)

    def has_quorum(self, point: Checkpoint) -> bool:
        """Whether the policy accepts a checkpoint."""
        try:
            self.policy.accept(point)
        except Fault:
            return False
        return self.policy.quorum is not None

    def logged(self, given: Given) -> Logged:
        """The verified receipt, by the policy: log key and quorum."""
        with proven(given.where):
            return receipts.verify(given.proof, given.envelope, self.policy)

    def pinned(self) -> str:
        """The charter's digest, which the reader must bring."""
        if self.charter is None:
            raise insufficient("this kind rests on the charter: give its digest with --charter")
        return self.charter

    def _items(self, name: str) -> list[tuple[str, Any]]:
        rows = self._value[name]
        if not isinstance(rows, list) or len(rows) > MOST_ITEMS:
            raise malformed(f"/{name}", f"expected a list of at most {MOST_ITEMS}")
        return [(f"/{name}/{n}", row) for n, row in enumerate(rows)]

    def _checkpoint(self, value: Any, where: str) -> Checkpoint:
        with formed(where):
            point = checkpoints.parse(_text(value, where).encode())
        return self._of_ledger(point, where)

    def _receipt(self, value: Any, where: str) -> Given:
        if not isinstance(value, dict) or value.keys() != {"envelope", "proof"}:
            raise malformed(where, "a receipt has exactly the members envelope and proof")
        with formed(where):
            shown: Proof = proof.parse(_text(value["proof"], where).encode())
            said: Envelope = envelope.parse(_text(value["envelope"], where).encode())
        self._of_ledger(shown.checkpoint, where)
        return Given(shown, said, where)

    def _of_ledger(self, point: Checkpoint, where: str) -> Checkpoint:
        if point.origin != self.ledger:
            raise malformed(where, f"a checkpoint of {point.origin}, not of {self.ledger}")
        return point


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise malformed(where, "expected a string")
    return value


def _hash(value: Any, where: str) -> bytes:
    with formed(where):
        return reader.hex_bytes(_text(value, where), where=where)


def _hashes(value: Any, where: str) -> list[bytes]:
    if not isinstance(value, list) or len(value) > MOST_HASHES:
        raise malformed(where, f"expected a list of at most {MOST_HASHES} hashes")
    return [_hash(row, f"{where}/{n}") for n, row in enumerate(value)]
