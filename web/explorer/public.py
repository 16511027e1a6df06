"""The address at which readers find an explorer, where that is not the one it listens at: behind a proxy that speaks TLS.

What leaves the site with an address in it (certificates and their QR codes, feeds, calendars, the description of the API)
then says this one, whatever host a request names: nobody can have a feed made, and kept by a cache, that leads elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from verifier.errors import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])", re.IGNORECASE)
_LONGEST = 200
"""Characters: what fits a QR code that a telephone reads from paper, with a statement's path behind it."""


def public_address(text: str, where: str = "--public-address") -> str:
    """The address as given, in lower case and without a last slash: scheme, host and, if need be, a port.

    Raises Fault `serve.public-address`.
    """
    if len(text) > _LONGEST:
        raise _refused(f"an address of {len(text)} characters; at most {_LONGEST} fit a certificate", where)
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError as error:
        raise _refused(f"{text!r} is no address: {error}", where) from error
    if found.scheme not in ("http", "https"):
        raise _refused(f"{text!r} does not begin with https:// or http://", where)
    if found.username is not None or found.password is not None:
        raise _refused("the address names a user", where)
    if found.path not in ("", "/") or found.query or found.fragment or text.endswith(("?", "#")):
        told = f"{text!r} goes on behind the host; an explorer is at the root of its host, where its links lead"
        raise _refused(told, where)
    host = found.netloc.rpartition(":")[0] if port is not None else found.netloc
    if not _HOST.fullmatch(host):
        raise _refused(f"{host!r} is no host name", where)
    return f"{found.scheme}://{host.lower()}" + (f":{port}" if port is not None else "")


def _refused(message: str, where: str) -> Fault:
    return Fault("serve.public-address", message, where=where)


class PublicAddress:
    """An application whose every request is taken as asked at `address` (from `public_address`)."""

    def __init__(self, app: WSGIApplication, address: str) -> None:
        self._app = app
        self._scheme, _, self._host = address.partition("://")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        return self._app(environ, start_response)
