"""The body of a request, raw and whole: read before any form parsing, bounded, never taken for more than what came."""

from __future__ import annotations

from flask import Request

from verifier.errors import Fault
from verifier.formats import reader

_PIECE = 64 * 1024


def read(request: Request, most: int, *, accepted: frozenset[str] = frozenset()) -> bytes:
    """The bytes of the body, at most `most`. `accepted`: media types, without parameters; empty: any, or none.

    Raises Fault `http.media-type` 415, `http.content-coding` 415 (RFC 9110, section 8.4), `http.too-large` 413,
    `http.malformed` 400 (a Content-Length that is no number), `http.body-cut` 400 (fewer bytes than the Content-Length
    says). Content-Length and chunked bodies are both bounded before they are kept, and nothing is ever unpacked.
    """
    if accepted and request.mimetype not in accepted:
        named, taken = request.mimetype or "of no named media type", ", ".join(sorted(accepted))
        raise Fault("http.media-type", f"the body is {named}, this path takes {taken}", where="Content-Type")
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity":
        told = f"the body is said to be encoded as {reader.shown(coding)}; this path takes it as it is"
        raise Fault("http.content-coding", told, where="Content-Encoding")
    announced = _announced(request)
    if announced is not None and announced > most:
        raise _too_large(announced, most)
    raw = _whole(request, announced, most)
    if announced is not None and len(raw) < announced:
        raise Fault("http.body-cut", f"{len(raw)} bytes came of {announced}", where="body")
    return raw


def _announced(request: Request) -> int | None:
    text = request.environ.get("CONTENT_LENGTH") or ""
    return reader.decimal(text, where="Content-Length", code="http.malformed") if text else None


def _whole(request: Request, announced: int | None, most: int) -> bytes:
    if announced is None and not request.environ.get("wsgi.input_terminated"):
        return b""  # nothing was announced, and the server does not say where the stream ends
    source = request.environ["wsgi.input"]
    left = most + 1 if announced is None else announced
    parts: list[bytes] = []
    while left > 0 and (part := source.read(min(left, _PIECE))):
        parts.append(part)
        left -= len(part)
    raw = b"".join(parts)
    if len(raw) > most:
        raise _too_large(len(raw), most)
    return raw


def _too_large(size: int, most: int) -> Fault:
    return Fault("http.too-large", f"the body has {size} bytes or more, this path takes {most}", where="body")
