"""A certificate as the visit takes it home, and copies of it in which one thing was changed."""

from __future__ import annotations

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pypdf import PdfReader, PdfWriter

WORD, OTHER = b"broadcasting", b"everything"
"""A word of the drill's statement, and what stands in its place in the changed copy."""


@dataclass(frozen=True)
class Certificate:
    """A certificate's bytes, and the files inside it by their names."""

    raw: bytes
    files: Mapping[str, bytes]

    @property
    def receipt(self) -> str:
        """The name of the receipt inside."""
        return next(name for name in self.files if name.endswith(".tlog-proof"))

    @property
    def envelope(self) -> str:
        """The name of the envelope inside."""
        return next(name for name in self.files if name.endswith(".envelope.json"))

    @property
    def statement(self) -> str:
        """The statement's text, as signed."""
        return b64decode(json.loads(self.files[self.envelope])["payload"]).decode("utf-8")

    def with_one(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """A PDF with the same pages and files, one of the files changed."""
        writer = PdfWriter()
        for page in PdfReader(io.BytesIO(self.raw)).pages:
            writer.add_page(page)
        for one, content in self.files.items():
            writer.add_attachment(one, change(content) if one == name else content)
        made = io.BytesIO()
        writer.write(made)
        return made.getvalue()


def certificate(raw: bytes) -> Certificate:
    """Read a downloaded certificate."""
    return Certificate(raw, {name: files[0] for name, files in PdfReader(io.BytesIO(raw)).attachments.items()})


def letter_of_signature(envelope: bytes) -> bytes:
    """An envelope in whose first signature one letter is another."""
    value = json.loads(envelope)
    value["signatures"][0]["sig"] = _other_letter(value["signatures"][0]["sig"], 10)
    return _written(value, envelope)


def word_of_statement(envelope: bytes) -> bytes:
    """An envelope in whose statement one word is another."""
    value = json.loads(envelope)
    payload = b64decode(value["payload"])
    assert payload.count(WORD) == 1
    value["payload"] = b64encode(payload.replace(WORD, OTHER)).decode("ascii")
    return _written(value, envelope)


def hash_of_receipt(receipt: bytes) -> bytes:
    """A receipt in whose first hash of the Merkle path one letter is another."""
    lines = receipt.decode("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if len(line) == 44 and line.endswith("="))
    lines[at] = _other_letter(lines[at], 0)
    return "\n".join(lines).encode()


def _other_letter(text: str, at: int) -> str:
    return text[:at] + ("B" if text[at] != "B" else "C") + text[at + 1 :]


def _written(value: object, before: bytes) -> bytes:
    """The envelope in the form that it had: only what was changed is changed."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    return text + (b"\n" if before.endswith(b"\n") else b"")
