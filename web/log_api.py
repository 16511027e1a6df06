"""The log over HTTP: read by anybody, written to by parties. Each path calls one room and shapes its answer.

published   checkpoint, tile/…, history/…, attachments/…      the C2SP directory
submission  POST /statements, POST /statements/batch           the log
here        statements as logged, receipts, parties, health, the description of all this
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import orjson
from flask import Flask, Response, request

from ledger.health import Health
from ledger.outcome import Logged
from verifier.errors import Fault
from verifier.formats import canonical, reader
from verifier.formats import checkpoint as checkpoints
from verifier.trust import TrustState
from web import headers, openapi, parties, problems
from web.published import TEXT, Published
from web.submission import ENVELOPE, JSON, Limits, Submission, Submits

__all__ = ["Limits", "create_log_app"]


class Directory(Protocol):
    """Where the log is published."""

    @property
    def directory(self) -> Path:
        """The C2SP directory."""


class Log(Submits, Protocol):
    """What the API needs of `ledger.log.Log`."""

    @property
    def trust(self) -> TrustState:
        """The trust state after the last record."""

    @property
    def publisher(self) -> Directory:
        """Who publishes the log."""

    def receipt(self, statement_id: str) -> Logged:
        """A logged statement by id. Raises Fault `statement.not-logged`."""

    def health(self) -> Health:
        """How the log is."""


def create_log_app(log: Log, *, limits: Limits | None = None) -> Flask:
    """The log's API as a WSGI application; `web/openapi/log.json` describes every path.

    `limits`: what it takes on, the defaults of `Limits` if absent.
    """
    app = Flask("web.log", static_folder=None)
    problems.install(app)
    Published(log.publisher.directory).install(app)
    Submission(log, limits or Limits()).install(app)
    _Looking(log).install(app)
    return app


class _Looking:
    """What is asked of the log one by one: a statement, a receipt, a party, its health."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def install(self, app: Flask) -> None:
        app.add_url_rule("/statements/<statement>", "statement", self.statement)
        app.add_url_rule("/statements/<statement>/receipt", "receipt", self.receipt)
        app.add_url_rule("/parties/<code>", "party", self.party)
        app.add_url_rule("/healthz", "health", self.health)
        app.add_url_rule("/openapi.json", "openapi", self.openapi)

    def statement(self, statement: str) -> Response:
        """The envelope as it was logged; a second signature of the same text is never answered for the first."""
        found = Response(self._logged(statement).envelope, content_type=ENVELOPE)
        return _lasting(found, statement)

    def receipt(self, statement: str) -> Response:
        """The receipt of the first quorum checkpoint that covered the statement, as a C2SP tlog-proof."""
        logged = self._logged(statement)
        if logged.receipt is None:
            told = f"the statement is record {logged.index}; no checkpoint with a quorum covers it yet"
            raise Fault("http.pending", told, evidence={"index": logged.index, "retry_after": 5})
        found = _lasting(Response(logged.receipt, content_type=TEXT), f"{statement}-receipt")
        found.headers["Content-Disposition"] = f'inline; filename="{statement}.tlog-proof"'
        return found

    def party(self, code: str) -> Response:
        """A party's offices, signers and chains, as the next record would find them, in canonical JSON."""
        body = canonical.encode(parties.describe(self._log.trust, code))
        return Response(body, content_type=JSON, headers={"Cache-Control": headers.NEVER, **headers.OPEN})

    def health(self) -> Response:
        """Whether the log works, and what is out of order: 503 `log.not-working` if a thread of it has ended.

        `size`: of the published checkpoint, null before the first. A witness in trouble is told by its fault's code: the
        rest may name addresses.
        """
        state = self._log.health()
        state.require_working()
        body = {
            "status": "ok" if state.well else "degraded",
            "ledger": self._log.trust.origin,
            "size": self._published_size(),
            "records": state.size,
            "covered": state.covered,
            "unwitnessed": int(state.unwitnessed),
            "threads": state.threads,
            "stored": state.stored,
            "witnesses": {name: fault and fault.code for name, fault in state.troubles.items()},
        }
        return Response(orjson.dumps(body), content_type=JSON, headers={"Cache-Control": headers.NEVER})

    def _published_size(self) -> int | None:
        try:
            return checkpoints.parse((self._log.publisher.directory / "checkpoint").read_bytes()).size
        except FileNotFoundError:
            return None

    def openapi(self) -> Response:
        """The OpenAPI 3.1 description of these paths."""
        found = Response(openapi.document("log"), content_type=JSON)
        found.headers.extend({"Cache-Control": headers.REVALIDATE, **headers.OPEN})
        return found

    def _logged(self, statement: str) -> Logged:
        reader.hex_bytes(statement, where="path")
        return self._log.receipt(statement)


def _lasting(found: Response, tag: str) -> Response:
    """What is logged once stays so: cached for ever, under the statement's own name."""
    found.headers.extend({"Cache-Control": headers.FOREVER, **headers.OPEN})
    found.set_etag(tag)
    found.make_conditional(request)
    return found
