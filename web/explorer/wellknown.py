"""What programs ask of every site: which addresses to leave alone, its icon under the old name, and whom to tell of a flaw."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask, Response, redirect

from verifier.errors import Fault
from verifier.formats import times
from verifier.formats.reader import shown
from web import headers
from web.explorer.answers import revalidated

ROBOTS = b"""User-agent: *
Disallow: /find
Disallow: /*/find
Disallow: /data/
Disallow: /*/certificate.pdf
"""
"""Everything may be read and indexed; what is made anew for each that asks is for readers, not for robots (RFC 9309)."""
_CONTACT = re.compile(r"(?:https://|mailto:|tel:)[\x21-\x7e]{3,300}")
_DAY = 86_400
_GOOD_FOR = 180
"""Days for which whoever reads the contact may rely on it; RFC 9116 advises less than a year."""


def contact_of(text: str, where: str = "--contact") -> str:
    """An address to tell of a flaw: https, mailto or tel (RFC 9116, section 2.5.3). Raises Fault `serve.contact`."""
    if not _CONTACT.fullmatch(text):
        raise Fault("serve.contact", f"{shown(text)} is no https:, mailto: or tel: address", where=where)
    return text


def install(app: Flask, clock: Callable[[], float], contact: str | None) -> None:
    """Give an explorer these addresses. `clock`: seconds since the epoch; `contact`: from `contact_of`, None if not told."""
    app.add_url_rule("/robots.txt", "robots", _robots)
    app.add_url_rule("/favicon.ico", "favicon", _icon)
    if contact is not None:
        app.add_url_rule("/.well-known/security.txt", "security_txt", lambda: _security(int(clock()), contact))


def _robots() -> Response:
    return revalidated(Response(ROBOTS, content_type="text/plain; charset=utf-8"), 0)


def _icon() -> Response:
    answer = redirect("/static/icon.svg", 308)
    answer.headers["Cache-Control"] = headers.FOREVER
    return answer  # type: ignore[return-value]


def _security(now: int, contact: str) -> Response:
    """Whom to tell of a flaw of this site, and until when that may be relied upon (RFC 9116)."""
    day = now - now % _DAY
    text = f"Contact: {contact}\nExpires: {times.format_utc(day + _GOOD_FOR * _DAY)}\nPreferred-Languages: en\n"
    return revalidated(Response(text.encode(), content_type="text/plain; charset=utf-8"), day)
