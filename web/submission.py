"""Handing statements in over HTTP: one envelope, or many, each with its own outcome.

Body and address are bounded before any cryptography; the envelope is then the log's to judge. A refused statement has
written nothing; one that was handed in twice is answered with what was logged the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Protocol

import orjson
from flask import Flask, Response, request

from ledger.outcome import Logged, Outcome, Refused
from verifier.errors import Fault
from verifier.formats import canonical
from web import bodies, headers, problems
from web.limiting import AddressLimit

ENVELOPE = "application/vnd.dsse.envelope+json"
LINES = "application/x-ndjson"
JSON = "application/json"
_ONE = frozenset({JSON, ENVELOPE})
_MANY = frozenset({JSON, LINES})


@dataclass(frozen=True, slots=True)
class Limits:
    """What the API takes on.

    `envelope`: bytes of one envelope (a record has at most 65,535, and holds it); `batch_items`, `batch_bytes`: of a
    batch; `wait`: seconds that a submitter waits for the quorum; `waiting`: requests that wait at a time; `rate`:
    statements a second from one address, None for as many as it likes, and `burst`: how many at once.
    """

    envelope: int = 65_535
    batch_items: int = 1_024
    batch_bytes: int = 16 * 1024 * 1024
    wait: float = 20.0
    waiting: int = 256
    rate: float | None = 100.0
    burst: int = 2_048


class Submits(Protocol):
    """The part of `ledger.log.Log` that takes statements in."""

    def submit(self, envelopes: Sequence[bytes], *, wait: float) -> list[Outcome]:
        """The outcome of each envelope, in order, after at most `wait` seconds for the quorum."""


class Submission:
    """The paths that take statements in, before `log`, within `limits`."""

    def __init__(self, log: Submits, limits: Limits) -> None:
        self._log, self._limits = log, limits
        self._free = BoundedSemaphore(limits.waiting)
        self._addresses = None if limits.rate is None else AddressLimit(limits.rate, limits.burst)

    def install(self, app: Flask) -> None:
        """Add POST /statements and POST /statements/batch to `app`."""
        app.add_url_rule("/statements", "submit", self.one, methods=["POST"])
        app.add_url_rule("/statements/batch", "submit_batch", self.many, methods=["POST"])

    def one(self) -> Response:
        """One DSSE envelope: 200 with the receipt, 202 without one yet, or the problem for which it was refused."""
        raw = bodies.read(request, self._limits.envelope, accepted=_ONE)
        self._spend(1)
        with self._place():
            outcome = self._log.submit([raw], wait=self._limits.wait)[0]
        if isinstance(outcome, Refused):
            return problems.answer(outcome.fault, id=outcome.id)
        status = 202 if outcome.receipt is None else 200
        found = _json(_logged(outcome), status)
        found.headers["Location"] = f"/statements/{outcome.id}"
        if status == 202:
            found.headers["Retry-After"] = "5"
        return found

    def many(self) -> Response:
        """Many envelopes: always 200, with {`items`: […]} in their order, each with a `status` of its own."""
        raw = bodies.read(request, self._limits.batch_bytes, accepted=_MANY)
        envelopes = split(raw, lines=request.mimetype == LINES)
        most = self._limits.batch_items
        if len(envelopes) > most:
            raise Fault("http.too-large", f"{len(envelopes)} envelopes in one batch, at most {most}", where="body")
        self._spend(len(envelopes))
        fitting = [one for one in envelopes if len(one) <= self._limits.envelope]
        with self._place():
            outcomes = iter(self._log.submit(fitting, wait=self._limits.wait) if fitting else [])
        return _json({"items": [self._item(one, outcomes) for one in envelopes]}, 200)

    def _item(self, envelope: bytes, outcomes: Iterator[Outcome]) -> dict[str, Any]:
        if len(envelope) > self._limits.envelope:
            told = f"the envelope has {len(envelope)} bytes, at most {self._limits.envelope}"
            return _refused(Fault("http.too-large", told), None)
        outcome = next(outcomes)
        if isinstance(outcome, Refused):
            return _refused(outcome.fault, outcome.id)
        return {"status": 202 if outcome.receipt is None else 200, **_logged(outcome)}

    def _spend(self, cost: int) -> None:
        if self._addresses:
            self._addresses.spend(request.remote_addr or "", cost)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among those that wait: readers keep threads of their own, whatever the witnesses do."""
        if not self._free.acquire(blocking=False):
            told = f"{self._limits.waiting} requests wait for the quorum already"
            raise Fault("http.busy", told, evidence={"retry_after": 2})
        try:
            yield
        finally:
            self._free.release()


def split(raw: bytes, *, lines: bool) -> list[bytes]:
    """The envelopes of a batch: one a line, or the items of a canonical JSON array. Raises Fault `http.batch`.

    The last line may go without its newline. An array is canonical JSON, as its envelopes are, so that each item's
    bytes are known.
    """
    if lines:
        found = raw.removesuffix(b"\n").split(b"\n")
        if not all(found):
            raise Fault("http.batch", "the batch holds an empty line, or nothing", where=f"line {found.index(b'') + 1}")
        return found
    try:
        value = canonical.parse(raw, where="body")
    except Fault as fault:
        raise Fault("http.batch", fault.message, where=fault.where, evidence={"cause": fault.code}) from fault
    if not isinstance(value, list) or not value:
        raise Fault("http.batch", "the batch is not a JSON array of envelopes", where="body")
    return [canonical.encode(item) for item in value]


def _logged(outcome: Logged) -> dict[str, Any]:
    receipt = None if outcome.receipt is None else outcome.receipt.decode("utf-8")
    envelope = orjson.Fragment(outcome.envelope)
    return {"id": outcome.id, "index": outcome.index, "envelope": envelope, "receipt": receipt}


def _refused(fault: Fault, statement: str | None) -> dict[str, Any]:
    problem = problems.told(fault)
    return {"status": problem["status"], "id": statement, "problem": problem}


def _json(value: dict[str, Any], status: int) -> Response:
    body = orjson.dumps(value, default=str)
    return Response(body, status=status, content_type=JSON, headers={"Cache-Control": headers.NEVER})
