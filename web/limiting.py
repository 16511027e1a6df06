"""How often one address may submit: a token bucket for each, in memory, spent before any cryptography.

It keeps the monotonic clock, which no one sets back. Addresses are forgotten when their bucket would be full again, so
that the table stays as small as the traffic. IPv6 addresses count by their /64, the least that one customer holds.

The explorer counts with Flask-Limiter (web/explorer/allowance.py). Its storage in memory cannot keep what is promised here
to those who hand statements in: its fixed windows count refused requests too, and let two bursts through at the seam of two
windows; its moving windows keep an entry for each statement, 16 KiB for one address; its counters follow the system's clock;
and a wait is told until the window ends, not until so many statements are granted.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable

from verifier.errors import Fault

_FORGET_AT = 10_000


class AddressLimit:
    """Each address gains `rate` tokens a second, up to `burst`; a request spends as many as it holds statements."""

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst = rate, burst
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        """address -> (tokens left, when so)"""
        self._forget_at = _FORGET_AT

    def spend(self, address: str, cost: int = 1) -> None:
        """Take `cost` tokens of `address`, at most a whole burst: what comes in one piece is granted some day.

        Raises Fault `http.too-many` with `retry_after` in whole seconds.
        """
        key, now, due = holder(address), self._monotonic(), min(cost, self.burst)
        with self._lock:
            left, since = self._buckets.get(key, (float(self.burst), now))
            left = min(float(self.burst), left + (now - since) * self.rate)
            granted = due <= left
            self._buckets[key] = (left - due if granted else left, now)
            if len(self._buckets) > self._forget_at:
                self._forget(now)
        if not granted:
            wait = max(1, math.ceil((due - left) / self.rate))
            raise Fault("http.too-many", f"{address} sends too much: {cost} statements", evidence={"retry_after": wait})

    def _forget(self, now: float) -> None:
        full = self.burst
        self._buckets = {k: (n, t) for k, (n, t) in self._buckets.items() if n + (now - t) * self.rate < full}
        self._forget_at = max(_FORGET_AT, 2 * len(self._buckets))


def holder(address: str) -> str:
    """Who counts as one: an IPv4 address, also one in the clothes of IPv6, and all of an IPv6 /64. What is none: itself."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or (int(found) >> 64))
