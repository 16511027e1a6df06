"""Which record names a file: attachment digest -> record, for the records that the copy holds.

The copy has no table of attachments, so this reads each new record once and keeps what few there are. Most are passed over
unread: the canonical bytes of a statement to all parties and without attachments begin with two empty lists, and so does the
record's base64.
"""

from __future__ import annotations

import re
from base64 import b64encode
from threading import Lock

from verifier import record, statement
from verifier.errors import Fault
from web.explorer.copy.view import View

_WITHOUT = b'{"envelope":{"payload":"' + b64encode(b'{"addressees":[],"attachments":[]')
"""How the record of a statement to all, without attachments, begins: the encoded bytes are a multiple of three."""
_NONE = re.compile(rb'\{"addressees":\[[^\]]*\],"attachments":\[\]')
"""How a statement without attachments begins, whomever it is addressed to: codes hold no bracket."""
_NEXT = """SELECT coalesce((SELECT idx FROM leaves WHERE idx >= ? AND idx < ? AND substr(raw, 1, ?) != ?
    ORDER BY idx LIMIT 1), -1)"""


class Attachments:
    """The attachments that the records of one copy name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._named: dict[str, list[int]] = {}
        self._end = 0

    def naming(self, view: View, digest: str) -> list[int]:
        """The records that name a file by its digest (hex), in the order of the log; those judged as absent too."""
        with self._lock:
            self._read_on(view)
            return [index for index in self._named.get(digest, ()) if index < view.size]

    def _read_on(self, view: View) -> None:
        while self._end < view.size:
            index = view.number(_NEXT, (self._end, view.size, len(_WITHOUT), _WITHOUT))
            if index < 0:
                self._end = view.size
                return
            self._take(index, view.raw(index))
            self._end = index + 1

    def _take(self, index: int, raw: bytes) -> None:
        try:
            payload = record.parse(raw).envelope.payload
            if _NONE.match(payload):
                return
            said = statement.parse(payload)
        except Fault:
            return  # the audit has a finding on it; what cannot be read names nothing
        for row in said.attachments:
            self._named.setdefault(row["digest"], []).append(index)
