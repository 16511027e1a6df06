"""The headers of every response: what a browser must not guess, frame, run or remember of a machine's answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SECURITY: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    }
)
"""For answers that are data. Pages with styles of their own set a policy of their own."""

OPEN: Mapping[str, str] = MappingProxyType(
    {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
)
"""For what is public for ever: a verifier in anybody's browser may read it from any page."""

FOREVER = "public, max-age=31536000, immutable"
"""What never changes: full and partial tiles, entries, logged envelopes (C2SP tlog-tiles: "long-lived")."""
REVALIDATE = "no-cache"
"""What moves on: a cache asks again each time (C2SP tlog-tiles: a checkpoint is not cached beyond a few seconds)."""
NEVER = "no-store"
"""Refusals and states of the moment: what is missing now may be there a second later."""
