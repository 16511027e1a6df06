"""Refusals over HTTP: every fault becomes a problem document (RFC 9457), never a traceback, never a page.

The registry of faults gives the status and what to do next; the message says what and where. A fault of this program is
told with a number alone, under which the operator finds the traceback in the server's own journal.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from verifier.errors import Fault, kinds
from verifier.exits import Exit
from web import headers

MEDIA_TYPE = "application/problem+json"
_journal = logging.getLogger("detente.web")
_BY_STATUS = {
    400: "http.malformed",
    404: "http.not-found",
    405: "http.method-not-allowed",
    413: "http.too-large",
    414: "http.malformed",
    415: "http.media-type",
    416: "http.range",
    429: "http.too-many",
    431: "http.headers-too-large",
    501: "http.unsupported",
}


def describe(fault: Fault, *, status: int | None = None, instance: str | None = None) -> dict[str, Any]:
    """The problem document of a fault, as an object (RFC 9457, section 3).

    `type` is a path that never changes its meaning and answers with the registry's entry; `title` is the code in words;
    `code`, `where`, `next` and, if there is any, `evidence` are extension members. `status`: the registry's if absent.
    """
    document: dict[str, Any] = {
        "type": f"/problems/{fault.code}",
        "title": title(fault.code),
        "status": status or fault.kind.status,
        "detail": fault.message,
        "code": fault.code,
        "where": fault.where,
        "next": fault.kind.next,
    }
    if fault.evidence:
        document["evidence"] = fault.evidence
    if instance:
        document["instance"] = instance
    return document


def title(code: str) -> str:
    """A code in words, the same at every occurrence: "statement.not-logged" is "Statement: not logged"."""
    room, _, what = code.partition(".")
    return f"{room.capitalize()}: {what.replace('-', ' ')}"


def encode(fault: Fault, *, status: int | None = None) -> bytes:
    """The bytes of the problem document. Evidence that JSON cannot hold is told as text, never a reason to fail."""
    return orjson.dumps(describe(fault, status=status), default=str)


def response_headers(fault: Fault) -> dict[str, str]:
    """The headers that go with a problem document; `retry_after` of the evidence is in seconds."""
    found = {"Cache-Control": headers.NEVER}
    if isinstance(wait := fault.evidence.get("retry_after"), int):
        found["Retry-After"] = str(wait)
    return found


def answer(fault: Fault, **members: Any) -> Response:
    """The refusal for a fault, with further `members`."""
    return _response({**told(fault), **members}, response_headers(fault))


def told(fault: Fault) -> dict[str, Any]:
    """What a client hears of a fault. Of the server's own, only which kind it is: the rest may name files and settings."""
    if fault.kind.exit is not Exit.INTERNAL:
        return describe(fault)
    return _anonymous(fault.code, fault)


def _anonymous(code: str, error: Exception) -> dict[str, Any]:
    """A fault of the server: the client gets its number, the journal gets the rest."""
    instance = f"urn:uuid:{uuid.uuid4()}"
    _journal.error("fault %s while answering a request", instance, exc_info=error)
    return describe(Fault(code, "the server could not answer; its journal says why"), instance=instance)


def install(app: Flask) -> None:
    """Give `app` its refusals, the page of each problem type, and the security headers of every response."""
    app.url_map.merge_slashes = False
    app.register_error_handler(Fault, answer)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _internal)
    app.add_url_rule("/problems/<code>", "problem_type", problem_type)
    app.after_request(_secure)


def problem_type(code: str) -> Response:
    """What a problem type means: its title, the status it comes with and what to do next."""
    kind = kinds().get(code)
    if kind is None:
        raise Fault("http.not-found", f"there is no problem type {code[:60]!r}", where="/problems")
    shown = {"code": code, "title": title(code), "status": kind.status, "next": kind.next}
    return Response(orjson.dumps(shown), content_type="application/json", headers={"Cache-Control": headers.REVALIDATE})


def _refused(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse by themselves: no such path, another method, a body that is too long."""
    status = 404 if isinstance(error, RequestRedirect) or error.code is None else error.code
    code = _BY_STATUS.get(status, "http.malformed" if status < 500 else "http.internal")
    document = describe(Fault(code, error.description or error.name), status=status)
    found = _response(document, {"Cache-Control": headers.NEVER})
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        found.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return found


def _internal(error: Exception) -> Response:
    return _response(_anonymous("http.internal", error), {"Cache-Control": headers.NEVER})


def _response(document: dict[str, Any], extra: Mapping[str, str]) -> Response:
    body = orjson.dumps(document, default=str)
    return Response(body, status=document["status"], content_type=MEDIA_TYPE, headers=extra)


def _secure(response: Response) -> Response:
    headers.give(response.headers, encrypted=request.is_secure)
    return response


def plain_headers(extra: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers of a refusal that is made below Flask, by the server itself."""
    return [("Content-Type", MEDIA_TYPE), *headers.SECURITY.items(), *extra.items()]
