"""Large logs for measurements, made quickly: 1.5 kB records, 256 records a checkpoint unless asked otherwise."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from tests.support.people import Pen, secret
from tests.support.simulated_log import SimulatedLog
from verifier import merkle, record, vocabulary
from verifier.formats import canonical
from verifier.formats.envelope import Envelope, pae
from verifier.merkle import CompactRange

STATES = ("XA", "XB", "XC", "XD", "XE")
"""A party has at most 64 offices: five of them seat 256 submitters."""


def announcement(number: int) -> dict[str, Any]:
    """The body of a short drill announcement: its record has some 1.5 kB."""
    body = {**vocabulary.load().example("drill-announcement")["body"], "observers": [], "networks": []}
    body["participants"], body["is_not"], body["visible_effects"] = body["participants"][:1], [], "None."
    return {**body, "place": "Callan", "purpose": "Practice.", "name": f"Drill {number}"}


class Fast:
    """A pen that signs with libsodium, some times faster than the others."""

    def __init__(self, pen: Pen) -> None:
        self._keyid = pen.public[0].keyid
        _, self._private = crypto_sign_seed_keypair(secret(pen.name))

    def envelope(self, payload: bytes) -> Envelope:
        """The signed envelope."""
        return Envelope(payload, ((self._keyid, crypto_sign(pae(payload), self._private)[:64]),))


class Statements:
    """Envelopes ready to submit: those that found a log, and `count` drill announcements, office after office in turn.

    Submitters with an office each never wait for one another's numbers.
    """

    def __init__(self, count: int, offices: int = 1) -> None:
        self.people = SimulatedLog(hybrid=frozenset(), states=STATES, desks=-(-offices // len(STATES)))
        self.people.found()
        self.founding = [record.parse(raw).envelope.raw for raw in self.people.records]
        seats = [(STATES[n % len(STATES)], f"desk-{n // len(STATES)}") for n in range(offices)]
        pens = [Fast(self.people.pen(*seat)) for seat in seats]
        self.envelopes = []
        for number in range(count):
            party, desk = seats[number % offices]
            body = announcement(number)
            value = self.people.draft(party, "drill-announcement", body, office=desk, title=f"Drill {number}")
            payload = canonical.encode(value)
            self.people.chains[party, desk] = (value["sequence"] + 1, sha256(payload).hexdigest())
            self.envelopes.append(pens[number % offices].envelope(payload).raw)


class FastLog(SimulatedLog):
    """A simulated log that signs with libsodium and keeps a compact range instead of hashing all leaves again."""

    def make(self, directory: Path, count: int, per_checkpoint: int = 256) -> Path:
        """Found the log, fill it up to `count` records, write it. Statements are drill announcements of party XB."""
        self.found()
        fast, tree = Fast(self.pen("XB")), CompactRange()
        for raw in self.records:
            tree.append(merkle.leaf_hash(raw))
        for number in range(len(self.records), count):
            value = self.draft("XB", "drill-announcement", announcement(number), title=f"Drill {number}")
            self.log(fast.envelope(canonical.encode(value)), value)
            tree.append(merkle.leaf_hash(self.records[-1]))
            if len(self.records) % per_checkpoint == 0:
                self._point(tree)
        self._point(tree)
        return self.write(directory)

    def _point(self, tree: CompactRange) -> None:
        self._root = tree.root()
        self.checkpoint(pause=1)

    def root(self, size: int | None = None) -> bytes:
        return getattr(self, "_root", None) or super().root(size)


def small_entries(directory: Path, count: int) -> tuple[Path, str]:
    """A C2SP log of `count` entries of 200 bytes that are nothing to Detente; its directory and its verifier key."""
    from tests.support.people import NotePen
    from tests.support.simulated_log import put, write_files
    from verifier.formats import checkpoint, note

    log, origin = NotePen("other.example/log", note.ED25519), "other.example/log"
    entries = [n.to_bytes(8, "big") * 25 for n in range(count)]
    write_files(directory, entries, [b"\n"])
    tree = CompactRange()
    for entry in entries:
        tree.append(merkle.leaf_hash(entry))
    text = checkpoint.body(origin, count, tree.root())
    put(directory / "checkpoint", note.Note(text, (log.signature(text, origin, count, tree.root(), 0),)).raw)
    return directory, log.key.vkey
