"""A ledger over HTTP, as a party's desk speaks to it. What it answers is read strictly, and believed only where it is proven.

Paths: POST /statements, GET /statements/<id>, GET /statements/<id>/receipt, GET /parties/<code>.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import orjson
import urllib3

from ledger.desk import state as states
from ledger.desk.state import DeskState
from verifier import __version__
from verifier.errors import Fault, kinds
from verifier.formats import canonical
from verifier.formats import envelope as dsse
from verifier.formats.envelope import Envelope

MOST_ANSWER = 4 << 20
"""Bytes of the longest answer that is read."""
WAIT = urllib3.Timeout(connect=10.0, read=90.0)
"""Seconds. A ledger may hold an answer back until the witnesses have cosigned."""
_PENDING = "http.pending"
_ENVELOPE = "application/vnd.dsse.envelope+json"


@dataclass(frozen=True)
class Answer:
    """What the ledger says of a statement: its `id`, the `index` of its record, the envelope as logged, and the receipt.

    `envelope`, `receipt`: None as long as the ledger has none to give. Nothing in it is proven yet.
    """

    id: str
    index: int
    envelope: Envelope | None
    receipt: bytes | None


class Ledger:
    """One ledger at `url` (http or https). Raises Fault `ledger.…` from every method, or the refusal's own code."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Fault("ledger.unreachable", "the address does not begin with http:// or https://", where=url)
        self.url = url.rstrip("/")
        self._pool = urllib3.PoolManager(
            timeout=WAIT,
            retries=urllib3.Retry(2, backoff_factor=0.5, redirect=0, status=0, allowed_methods=None),
            headers={"User-Agent": f"detente/{__version__}"},
        )

    def submit(self, envelope: Envelope) -> Answer:
        """Hand in one envelope. Handing it in again is harmless: the ledger answers with what it logged."""
        raw = self._call("POST", "/statements", envelope.raw)
        return _answer(_json(raw, self.url), self.url)

    def statement(self, statement_id: str) -> Envelope:
        """The envelope of a logged statement, as logged."""
        raw = self._call("GET", f"/statements/{quote(statement_id, safe='')}")
        try:
            return dsse.parse(raw)
        except Fault as fault:
            raise _unreadable(self.url, fault.message) from fault

    def receipt(self, statement_id: str) -> bytes:
        """The receipt of a logged statement (C2SP tlog-proof). Raises Fault `ledger.pending` while the quorum is unmet."""
        return self._call("GET", f"/statements/{quote(statement_id, safe='')}/receipt")

    def state(self, party: str) -> DeskState:
        """A party's offices, signers and chains, with the charter that its entry names."""
        raw = self._call("GET", f"/parties/{quote(party, safe='')}")
        try:
            entry = canonical.parse(raw, where=self.url)
            envelope = self.statement(str(entry["charter"])).as_json()
        except (KeyError, TypeError) as error:
            raise _unreadable(self.url, f"not a party's entry: {error!r}") from error
        return states.read({"party": entry, "charter": envelope}, where=self.url)

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": _ENVELOPE} if body is not None else {}
        try:
            answer = self._pool.request(
                method, self.url + path, body=body, headers={**self._pool.headers, **headers}, preload_content=False
            )
            raw: bytes = answer.read(MOST_ANSWER + 1)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Fault("ledger.unreachable", f"no answer: {_cause(error)}", where=self.url + path) from error
        if len(raw) > MOST_ANSWER:
            raise _unreadable(self.url, f"it has more than {MOST_ANSWER} bytes")
        if answer.status not in (200, 202):
            _refuse(answer.status, raw, self.url + path)
        return raw


def _refuse(status: int, raw: bytes, where: str) -> NoReturn:
    """A refusal as a fault of its own code where this program knows it, with the ledger's own words."""
    try:
        problem = orjson.loads(raw)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        code = "ledger.failed" if status >= 500 else "ledger.answer"
        raise Fault(code, f"the answer is HTTP status {status}, without a reason", where=where) from error
    evidence = problem.get("evidence") if isinstance(problem.get("evidence"), dict) else {}
    if code == _PENDING:
        raise Fault("ledger.pending", detail, where=where, evidence=evidence)
    if code == "statement.not-logged":
        raise Fault("ledger.not-logged", detail, where=where)
    told = str(problem.get("where") or where)
    if status < 500 and code in kinds():
        raise Fault(code, f"the ledger refuses it: {detail}", where=told, evidence=evidence)
    own = "ledger.failed" if status >= 500 else "ledger.refused"
    evidence = {"code": code, "next": str(problem.get("next", "")), **evidence}
    raise Fault(own, f"the ledger says: {detail}", where=told, evidence=evidence)


def _json(raw: bytes, where: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _unreadable(where, f"not JSON: {error}") from error


def _answer(value: Any, where: str) -> Answer:
    try:
        found, index, envelope, receipt = value["id"], value["index"], value.get("envelope"), value.get("receipt")
        if not isinstance(found, str) or type(index) is not int or not isinstance(receipt, str | None):
            raise TypeError("id, index or receipt is of another kind")
        return Answer(found, index, dsse.read(envelope) if envelope else None, receipt.encode() if receipt else None)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unreadable(where, repr(error)) from error
    except Fault as fault:
        raise _unreadable(where, fault.message) from fault


def _unreadable(where: str, why: str) -> Fault:
    return Fault("ledger.answer", f"the answer is not what a ledger says: {why}", where=where)


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2][:200]
