"""Signers whose ML-DSA signatures are kept in a file: ML-DSA is randomised, and vectors must not change when made again."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.support.people import Pen
from verifier.formats.envelope import pae
from verifier.keys import ED25519

FILE = Path(__file__).parents[1] / "vectors" / "hybrid_signatures.json"
_stored: dict[str, str] = json.loads(FILE.read_text()) if FILE.exists() else {}
_used: dict[str, str] = {}


@dataclass(frozen=True)
class StoredPen(Pen):
    """A hybrid signer. What it has signed once it never signs anew."""

    hybrid: bool = True

    def sign(self, payload: bytes) -> list[tuple[str, bytes]]:
        rows = []
        for public, private in zip(self.public, self.private, strict=True):
            if public.algorithm == ED25519:
                rows.append((public.keyid, private.sign(pae(payload))))
                continue
            name = sha256(public.raw + pae(payload)).hexdigest()
            if name not in _stored:
                _stored[name] = b64encode(private.sign(pae(payload))).decode()
            _used[name] = _stored[name]
            rows.append((public.keyid, b64decode(_stored[name])))
        return rows


def used() -> bytes:
    """The file's contents with the signatures that were asked for in this run."""
    return (json.dumps(_used, indent=0, sort_keys=True) + "\n").encode()
