"""A log that answers as it is told, with a published directory, so that the API is tested and nothing else."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from ledger.health import Health
from ledger.outcome import Logged, Outcome, Refused
from verifier.charter import Party, Root
from verifier.errors import Fault
from verifier.formats import tiles
from verifier.formats.envelope import Envelope
from verifier.keys import Signer
from verifier.parties import Office, Revocation, Validity
from verifier.trust import TrustState

ORIGIN = "ledger.example/log"
NOTE = b"ledger.example/log\n300\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\xe2\x80\x94 ledger.example/log AAAAAAA=\n"


def envelope(number: int, *, length: int = 40) -> bytes:
    """The canonical bytes of an envelope that no key signed."""
    payload = b'{"number":%d}' % number
    return Envelope(payload.ljust(length), ((hashlib.sha256(b"key").hexdigest(), bytes(64)),)).raw


class FakeLog:
    """Logs whatever it is given, in order, once. `pending`: without a quorum. `refuse`: envelope -> the fault for it."""

    def __init__(self, directory: Path) -> None:
        self.publisher = SimpleNamespace(directory=directory)
        self.trust = _trust()
        self.logged: dict[str, Logged] = {}
        self.refuse: dict[bytes, Fault] = {}
        self.pending = False
        self.state = Health({"sequencing": True, "checkpoints": True}, True, 300, 300, 0.0, {"norhaven": None})
        self.calls: list[int] = []
        self.waits: list[float] = []
        self.gate: threading.Event | None = None
        self.entered = threading.Semaphore(0)
        self._lock = threading.Lock()

    def submit(self, envelopes: Sequence[bytes], *, wait: float) -> list[Outcome]:
        self.entered.release()
        if self.gate:
            self.gate.wait(20)
        with self._lock:
            self.calls.append(len(envelopes))
            self.waits.append(wait)
            return [self._outcome(one) for one in envelopes]

    def receipt(self, statement_id: str) -> Logged:
        found = self.logged.get(statement_id)
        if found is None:
            raise Fault("statement.not-logged", f"no record holds statement {statement_id}")
        return found

    def health(self) -> Health:
        return self.state

    def _outcome(self, raw: bytes) -> Outcome:
        found = hashlib.sha256(raw).hexdigest()
        if raw in self.refuse:
            return Refused(self.refuse[raw], found)
        receipt = None if self.pending else b"c2sp.org/tlog-proof@v1\nindex %d\n" % len(self.logged)
        return self.logged.setdefault(found, Logged(found, len(self.logged), raw, receipt))


def publish(directory: Path) -> dict[str, bytes]:
    """A small published directory, as a log writes it; path -> bytes."""
    entries = [b'{"record":%d}' % n * 20 for n in range(256)]
    found = {
        "checkpoint": NOTE,
        "tile/0/000": bytes(8192),
        "tile/0/001.p/44": bytes(44 * 32),
        "tile/1/000.p/1": bytes(32),
        "tile/0/x001/234": b"\1" * 8192,
        "tile/entries/000": tiles.format_bundle(entries),
        "tile/entries/001.p/44": tiles.format_bundle(entries[:44]),
        "history/000.p/40": tiles.format_bundle([NOTE] * 40),
        "history/size": b"40\n",
        f"attachments/{hashlib.sha256(b'<html>').hexdigest()}": b"<html>",
    }
    for path, content in found.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    (directory / "secret").write_bytes(b"not published")
    return found


def _trust() -> TrustState:
    trust = TrustState(ORIGIN, "c" * 64)
    root = Root(("a" * 64,), 1)
    charter: Any = SimpleNamespace(
        parties=MappingProxyType(
            {
                "XA": Party("XA", "state", {"en": "Arvenia"}, root),
                "XB": Party("XB", "state", {"en": "Belmark"}, root),
            }
        )
    )
    trust.charter = charter
    duty = Office(
        frozenset({"line-test", "incident"}),
        1,
        {"b" * 64: Validity(1_700_000_000, None), "a" * 64: Validity(None, 1_800_000_000)},
    )
    trust.ring.offices["XA"] = {"root": Office(frozenset({"key-change"}), 1, {"a" * 64: Validity()}), "duty": duty}
    for name in "ab":
        trust.ring.signers[name * 64] = Signer(name * 64, "XA", (name * 64,))
    trust.ring.revoked["b" * 64] = Revocation(7, "compromised", None)
    trust._chains["XA", "duty"] = (4, "d" * 64)
    return trust
