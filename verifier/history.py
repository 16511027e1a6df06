"""The checkpoint history's chain: each record commits to how many entries the history had, and to their head."""

from __future__ import annotations

from hashlib import sha256

EMPTY_HEAD = "0" * 64
"""The head before the first entry: 32 zero bytes, hex."""


def next_head(head: str, entry: bytes) -> str:
    """The head after `entry` (a signed note's bytes): hex SHA-256 of the head's 32 bytes and the entry."""
    return sha256(bytes.fromhex(head) + entry).hexdigest()
