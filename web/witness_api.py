"""The witness over HTTP, as C2SP tlog-witness says: add-checkpoint for logs, the latest checkpoint for monitors.

The judgement is `verifier.witness`; here are only the body, the status and the media types of the specification.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from flask import Flask, Response, request

from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import reader
from verifier.witness import MOST_BODY, Witness
from web import bodies, headers, problems
from web.limiting import AddressLimit

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
"""The media type of a conflict's answer; the specification gives it no charset."""
_journal = logging.getLogger("detente.web")


class Monitored(Protocol):
    """What the monitoring endpoint and the keeping of evidence need of a witness's state."""

    def checkpoint(self, hashed: bytes) -> bytes | None:
        """The latest cosigned checkpoint of the log whose origin has this SHA-256."""

    def keep_fork(self, origin: str, evidence: dict[str, Any]) -> None:
        """Keep what shows that a log signed two histories."""


def create_witness_app(witness: Witness, state: Monitored, *, limit: AddressLimit | None = None) -> Flask:
    """The witness as a WSGI application. `state`: the same object that `witness` keeps its memory in.

    `limit`: how often one address may submit; None: as often as it likes. Source: C2SP tlog-witness.
    """
    app = Flask("web.witness", static_folder=None)
    problems.install(app)

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        body = bodies.read(request, MOST_BODY)
        if limit:
            limit.spend(request.remote_addr or "")
        try:
            return _text(witness.add_checkpoint(body), headers.NEVER)
        except Fault as fault:
            return _refusal(fault, state)

    @app.get("/<hashed>/checkpoint")
    def latest(hashed: str) -> Response:
        """The newest checkpoint cosigned for a log, by the hex SHA-256 of its origin (C2SP tlog-witness, "Monitor Retrieval")."""
        note = state.checkpoint(_origin_hash(hashed))
        if note is None:
            raise Fault("http.not-witnessed", "this witness has cosigned no checkpoint of that log", where=hashed)
        found = _text(note, headers.REVALIDATE)
        found.headers.extend(headers.OPEN)
        found.add_etag()
        found.make_conditional(request)
        return found

    @app.get("/healthz")
    def healthz() -> Response:
        state.checkpoint(bytes(32))  # raises if the state cannot be read
        return Response(b'{"status":"ok"}', content_type="application/json", headers={"Cache-Control": headers.NEVER})

    return app


def _origin_hash(text: str) -> bytes:
    try:
        return reader.hex_bytes(text)
    except Fault as fault:
        raise Fault("http.not-found", f"no origin has this hash: {fault.message}", where="path") from fault


def _text(raw: bytes, cache: str) -> Response:
    return Response(raw, content_type=TEXT, headers={"Cache-Control": cache})


def _refusal(fault: Fault, state: Monitored) -> Response:
    """The specification's answer: the stored size alone on a conflict, elsewhere a problem document."""
    if fault.code == "witness.conflict":
        # content_type, not mimetype: Flask gives every text/* mimetype a charset.
        size = f"{fault.evidence['size']}\n".encode()
        return Response(size, status=409, content_type=SIZE, headers={"Cache-Control": headers.NEVER})
    if fault.code == "witness.inconsistent" and _is_fork(fault.evidence):
        _journal.warning("the log %s signed two roots of one size; both checkpoints are kept in the state", fault.where)
        state.keep_fork(fault.where, fault.evidence)
    return problems.answer(fault)


def _is_fork(evidence: dict[str, Any]) -> bool:
    """Whether the two checkpoints of a refusal are signed and of one size with two roots: proof against the log.

    A false consistency proof alone says nothing: whoever relays a checkpoint can spoil it.
    """
    before = evidence.get("known")
    if not isinstance(before, str) or "\n\n" not in before:
        return False
    old, new = checkpoints.parse(before.encode()), checkpoints.parse(str(evidence["submitted"]).encode())
    return old.size == new.size and old.root != new.root
