"""Checkpoints: a log's signed statement of its size and of the root of its Merkle tree.

Source: C2SP tlog-checkpoint.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from verifier.errors import Fault
from verifier.formats import note as notes
from verifier.formats.note import Note
from verifier.formats.reader import base64_bytes, decimal, plain_text, shown

_MALFORMED = "checkpoint.malformed"
_MOST_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as read: `origin`, `size` in records, `root` (32 bytes), extension lines, and the note."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]
    note: Note

    @property
    def raw(self) -> bytes:
        """The checkpoint's bytes with its signatures."""
        return self.note.raw


def parse(raw: bytes) -> Checkpoint:
    """Read a checkpoint; its signatures are not verified.

    Extension lines are accepted, as the specification asks; what they say is nobody's statement. The root of the empty
    tree is not compared here: a witness must refuse a false one with a status of its own.
    Raises Fault `note.malformed` or `checkpoint.malformed`. Source: C2SP tlog-checkpoint, "Note text".
    """
    note = notes.parse(raw)
    lines = note.text[:-1].decode("utf-8").split("\n")
    if len(lines) < 3 or "" in lines:
        raise Fault(_MALFORMED, "the text is not three non-empty lines or more", where="checkpoint")
    size = decimal(lines[1], most=_MOST_SIZE, where="checkpoint size", code=_MALFORMED)
    root = base64_bytes(lines[2], length=32, where="checkpoint root", code=_MALFORMED)
    return Checkpoint(lines[0], size, root, tuple(lines[3:]), note)


def body(origin: str, size: int, root: bytes) -> bytes:
    """The note text of a checkpoint, without extension lines, which some readers refuse under ML-DSA-44.

    `size` in records, `root` the 32-byte Merkle tree hash. Raises Fault `checkpoint.malformed`.
    """
    if not 0 <= size <= _MOST_SIZE or len(root) != 32:
        raise Fault(_MALFORMED, f"size {size} with a root of {len(root)} bytes is no checkpoint", where="checkpoint")
    if not origin or "\n" in origin:
        raise Fault(_MALFORMED, f"{shown(origin)} is not an origin line", where="checkpoint")
    try:
        encoded = origin.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Fault(_MALFORMED, f"{shown(origin)} has no UTF-8 encoding", where="checkpoint") from error
    plain_text(encoded, where="checkpoint origin", code=_MALFORMED)
    return b"%b\n%d\n%b\n" % (encoded, size, binascii.b2a_base64(root, newline=False))
