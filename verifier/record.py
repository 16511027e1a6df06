"""Records: the leaves of the log. Each holds an envelope, the digest of the record before, the operator's clock when it
was sequenced, and how far the checkpoint history had come. Source: docs/FORMAT.md, section "Record".
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from verifier import merkle
from verifier.errors import Fault
from verifier.formats import canonical, envelope, reader, times
from verifier.formats.envelope import Envelope
from verifier.statement import MOST_SIZE

MOST_BYTES = 65_535
_MEMBERS = {"envelope", "history", "previous", "received"}
_EXTRA = {"history", "previous", "received"}


class Record(msgspec.Struct, frozen=True):
    """One record. `received`: seconds since the epoch; `count`, `head`: the history then; `previous`: hex or None."""

    raw: bytes
    envelope: Envelope
    count: int
    head: str
    previous: str | None
    received: int

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the record: what the next record names as `previous`."""
        return sha256(self.raw).hexdigest()

    @property
    def leaf_hash(self) -> bytes:
        """RFC 6962 leaf hash of the record (32 bytes)."""
        return merkle.leaf_hash(self.raw)


def parse(raw: bytes) -> Record:
    """Read a record's canonical bytes. Raises Fault `json.…`, `record.malformed`, `record.too-long`, `envelope.malformed`."""
    if len(raw) > MOST_BYTES:
        raise Fault("record.too-long", f"a record has at most {MOST_BYTES} bytes, this one has {len(raw)}")
    value = canonical.parse(raw, where="record")
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise Fault("record.malformed", "a record has exactly the members envelope, history, previous and received")
    return Record(raw, envelope.read(value["envelope"]), *_chains(value))


def build(envelope: Envelope, *, count: int, head: str, previous: str | None, received: int) -> bytes:
    """A record's bytes, from its parts (see Record). Raises Fault `record.too-long`, `record.malformed`."""
    link = _link(count, head, previous, received)
    # Canonical by construction: members in order, and every value is base64, hex, digits or a time.
    raw = b'{"envelope":%b,%b' % (envelope.raw, link[1:])
    if len(raw) > MOST_BYTES:
        raise Fault("record.too-long", f"the record would have {len(raw)} bytes; at most {MOST_BYTES} fit")
    return raw


def _link(count: int, head: str, previous: str | None, received: int) -> bytes:
    """The canonical object of the record's members beside the envelope."""
    time = times.format_utc(received)
    if not 0 <= count <= MOST_SIZE:
        raise Fault("record.malformed", f"{count} is not a count of history entries", where="/history/count")
    for name, digest in (("/history/head", head), ("/previous", head if previous is None else previous)):
        reader.hex_bytes(digest, where=name, code="record.malformed")
    before = b"null" if previous is None else b'"%b"' % previous.encode()
    mark = b'{"count":%d,"head":"%b"}' % (count, head.encode())
    return b'{"history":%b,"previous":%b,"received":"%b"}' % (mark, before, time.encode())


def extra(record: Record) -> bytes:
    """What a receipt carries beside the envelope, so that the leaf can be rebuilt: canonical {history, previous, received}."""
    return _link(record.count, record.head, record.previous, record.received)


def rebuild(extra: bytes, envelope: Envelope) -> tuple[bytes, int]:
    """The record of a receipt, from the receipt's `extra` and the envelope: its bytes, and `received` in seconds.

    Raises Fault `record.malformed`, `record.too-long`, `json.…`.
    """
    value = canonical.parse(extra, where="receipt, extra")
    if not isinstance(value, dict) or value.keys() != _EXTRA:
        raise Fault("record.malformed", "a receipt's extra has exactly the members history, previous and received")
    count, head, previous, received = _chains(value)
    return build(envelope, count=count, head=head, previous=previous, received=received), received


def _chains(value: dict[str, Any]) -> tuple[int, str, str | None, int]:
    """(history count, history head, previous, received) of a record's object."""
    history, previous, received = value["history"], value["previous"], value["received"]
    if not isinstance(history, dict) or history.keys() != {"count", "head"}:
        raise Fault("record.malformed", "history has exactly the members count and head", where="/history")
    count, head = history["count"], history["head"]
    if type(count) is not int or not 0 <= count <= MOST_SIZE:
        raise Fault("record.malformed", "count is a whole number", where="/history/count")
    for name, digest in (("/history/head", head), ("/previous", previous)):
        if digest is None and name == "/previous":
            continue
        if not isinstance(digest, str):
            raise Fault("record.malformed", "expected a SHA-256 in hex", where=name)
        reader.hex_bytes(digest, where=name, code="record.malformed")
    if not isinstance(received, str):
        raise Fault("record.malformed", "expected a time", where="/received")
    return count, head, previous, times.parse_utc(received)
