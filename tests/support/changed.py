"""Files as somebody changed them on the way: what a check must refuse."""

from __future__ import annotations

import json


def swapped(raw: bytes, old: bytes, new: bytes) -> bytes:
    """A file in which the first of some bytes are others."""
    assert old in raw
    return raw.replace(old, new, 1)


def bent(envelope: bytes) -> bytes:
    """An envelope whose first signature begins with another letter."""
    value = json.loads(envelope)
    signature = value["signatures"][0]["sig"]
    value["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
