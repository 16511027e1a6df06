"""A glance at a source: its newest checkpoint alone, so that a follower knows whether there is anything to audit.

Over HTTP the request is conditional (RFC 9110, section 13): a ledger that has nothing new answers 304, without a body. A
directory's file is read, which costs less than to ask for its date. What is seen here is believed by nobody: it decides when
an audit is made, and the audit reads for itself. A static server whose ETag is made of a date in whole seconds may hide a
second checkpoint within one second; the audits that are made without news find it.
"""

from __future__ import annotations

from typing import Any

import urllib3

from verifier.errors import Fault
from verifier.formats import reader
from verifier.source import HttpSource, Source

PATH = "checkpoint"
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_MOST = 2**20
"""Bytes of a checkpoint with its signatures: some kilobytes in truth."""
_LONGEST_WAIT = 3600
"""Seconds that a source may ask to be left alone; what asks for more is given this."""


class Glance:
    """What a source shows as its newest checkpoint. Not for several threads at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pool: urllib3.PoolManager | None = None
        self._tag, self._kept = "", b""

    def newest(self) -> bytes:
        """The bytes of the newest checkpoint, unread: the same bytes as before where nothing is new.

        Raises Fault `source.…`; its evidence has `retry_after` (seconds) where the source says how long to wait.
        """
        if isinstance(self._source, HttpSource):
            return self._asked(f"{self._source.location}/{PATH}")
        return self._source.read(PATH)

    def _asked(self, url: str) -> bytes:
        """Ask over HTTP, once: the follower decides when to try again."""
        if self._pool is None:
            retries = urllib3.Retry(None, connect=0, read=0, redirect=3, status=0, other=0)
            limits = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
            self._pool = urllib3.PoolManager(retries=retries, timeout=limits)
        sent = {"User-Agent": "detente-explorer", **({"If-None-Match": self._tag} if self._tag else {})}
        try:
            answer = self._pool.request("GET", url, headers=sent, preload_content=False)
            body = answer.read(_MOST + 1, decode_content=True)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise self._forgetting("source.unreachable", f"no answer: {error}", url) from error
        if answer.status == 304 and self._tag:
            return self._kept
        if answer.status in (404, 410):
            raise self._forgetting("source.missing", f"HTTP status {answer.status}", url)
        if answer.status != 200 or len(body) > _MOST:
            wait = _seconds(answer.headers.get("Retry-After"))
            told = f"HTTP status {answer.status}, {len(body)} bytes"
            raise self._forgetting("source.unreachable", told, url, **({} if wait is None else {"retry_after": wait}))
        self._tag, self._kept = answer.headers.get("ETag", ""), body
        return body

    def _forgetting(self, code: str, message: str, url: str, **evidence: Any) -> Fault:
        """The fault; the next question is asked without conditions, for whatever is there then."""
        self._tag, self._kept = "", b""
        return Fault(code, message, where=url, evidence=evidence)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()


def _seconds(value: str | None) -> int | None:
    """A Retry-After in seconds; None where there is none, or where it is a date."""
    if value is None:
        return None
    try:
        return min(reader.decimal(value, where="Retry-After"), _LONGEST_WAIT)
    except Fault:
        return None
