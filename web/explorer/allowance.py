"""How much one address may ask of an explorer in a minute, counted by Flask-Limiter: much of what is read, little of what costs.

Counted are windows of a minute, in memory: a window is over after a minute and its counts are thrown away, so the table is
never longer than the addresses of that minute (a third of a kilobyte each). IPv6 addresses count by their /64. A request of
this machine itself is not counted as reading: where a proxy on the machine does not say for whom it asks, all readers would
share one count, and the first few would shut the door on everybody. What costs is counted whoever asks for it.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded

from verifier.errors import Fault
from web.explorer.wording.words import _, duration
from web.limiting import holder

_CHECKS = "checks"
_PIECE = 256 * 1024
_MOST_PIECES = 5
CHECKS = frozenset({"check_sent", "check_json_sent"})
CERTIFICATES = frozenset({"certificate"})
FILES = frozenset({"data_file"})
"""Endpoints: what costs more than to read a page."""
FREE = frozenset({"live", "check_script"})
"""Endpoints: what costs next to nothing. Every open page asks for news, and there may be many of them behind one address."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of one address, in a minute; None: as much as it likes.

    `reading`: requests of any kind; `checks`: of documents, each and every 256 KiB of it count for one; `certificates`:
    PDFs to be set; `files`: downloads of the whole copy.
    """

    reading: int | None = 1_800
    checks: int | None = 30
    certificates: int | None = 20
    files: int | None = 20


UNLIMITED = Allowance(None, None, None, None)


def install(app: Flask, allowance: Allowance, refuse: Callable[[Fault], Response]) -> Limiter:
    """Count the requests of an app. `refuse` answers with a fault: here `http.too-many`, `retry_after` in seconds.

    Call it after what sends readers on to another address, which costs nothing and is not counted.
    """
    limiter = Limiter(
        lambda: holder(request.remote_addr or ""),
        application_limits=[
            *_limit("reading", allowance.reading, exempt=_free),
            *_limit(_CHECKS, allowance.checks, exempt=_other_than(CHECKS), cost=_pieces),
            *_limit("certificates", allowance.certificates, exempt=_other_than(CERTIFICATES)),
            *_limit("files", allowance.files, exempt=_other_than(FILES), methods=("GET",)),
        ],
        storage_uri="memory://",
        strategy="fixed-window",
        # An address at which there is nothing has no endpoint; whoever asks for such is counted too.
        request_identifier=lambda: request.endpoint or "nothing",
    )
    limiter.init_app(app)

    def exceeded(error: RateLimitExceeded) -> Response:
        met = limiter.current_limit
        left = 0.0 if met is None else met.window.reset_time - time.time()
        wait = max(1, math.ceil(left))
        told = _told(error.limit.scope == _CHECKS, wait)
        return refuse(Fault("http.too-many", told, where=request.path, evidence={"retry_after": wait}))

    app.register_error_handler(RateLimitExceeded, exceeded)
    return limiter


def _limit(
    name: str,
    most: int | None,
    *,
    exempt: Callable[[], bool],
    cost: Callable[[], int] | int = 1,
    methods: tuple[str, ...] | None = None,
) -> list[ApplicationLimit | str | Callable[[], str]]:
    """The limit of that name, or none."""
    if most is None:
        return []
    return [
        ApplicationLimit(
            limit_provider=f"{most}/minute",
            scope=name,
            exempt_when=exempt,
            cost=cost,
            methods=methods,
        )
    ]


def _other_than(endpoints: frozenset[str]) -> Callable[[], bool]:
    return lambda: request.endpoint not in endpoints


def _free() -> bool:
    """Whether a request costs next to nothing, or comes from this machine."""
    if request.endpoint in FREE:
        return True
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _pieces() -> int:
    """What a check costs, by the length of what was sent; the most where no length was told."""
    length = request.content_length
    return _MOST_PIECES if length is None else min(_MOST_PIECES, 1 + length // _PIECE)


def _told(checks: bool, wait: int) -> str:
    """What was too much, and after how many seconds to ask again."""
    if checks:
        text = _(
            "Too many checks were asked for from your address. Wait %(wait)s, or take the offline page.",
            wait=duration(wait),
        )
    else:
        text = _(
            "Your address has asked for more than one address may in a minute. Wait %(wait)s.", wait=duration(wait)
        )
    return text
