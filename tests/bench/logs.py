"""Large logs for measurements, made quickly: 1.5 kB records, 256 records a checkpoint unless asked otherwise."""

from __future__ import annotations

from pathlib import Path

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from tests.support.people import Pen, secret
from tests.support.simulated_log import OFFICE, SimulatedLog
from verifier import merkle, vocabulary
from verifier.formats import canonical, tiles
from verifier.formats.envelope import Envelope, pae
from verifier.merkle import CompactRange


class FastLog(SimulatedLog):
    """A simulated log that signs with libsodium and keeps a compact range instead of hashing all leaves again."""

    def make(self, directory: Path, count: int, per_checkpoint: int = 256) -> Path:
        """Found the log, fill it up to `count` records, write it. Statements are drill announcements of party XB."""
        self.found()
        body = {**vocabulary.load().example("drill-announcement")["body"], "observers": [], "networks": []}
        body["participants"], body["is_not"], body["visible_effects"] = body["participants"][:1], [], "None."
        pen, tree = self.pen("XB"), CompactRange()
        keyid = pen.public[0].keyid
        _, private = crypto_sign_seed_keypair(secret(pen.name))
        for raw in self.records:
            tree.append(merkle.leaf_hash(raw))
        for number in range(len(self.records), count):
            value = self.draft("XB", "drill-announcement", {**body, "name": f"Drill {number}"}, title=f"Drill {number}")
            payload = canonical.encode(value)
            signature = crypto_sign(pae(payload), private)[:64]
            self.log(Envelope(payload, ((keyid, signature),)), value)
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


__all__ = ["OFFICE", "FastLog", "Pen", "small_entries", "tiles"]
