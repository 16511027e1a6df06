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


class _History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: int
    head: str


class _Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record without its envelope, as JSON has it, members in order."""

    history: _History
    previous: str | None
    received: str


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record as JSON has it, members in order."""

    envelope: envelope.Form
    history: _History
    previous: str | None
    received: str


_decoder = msgspec.json.Decoder(_Form)


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
    return _sound(raw) or _read(raw)


def _sound(raw: bytes) -> Record | None:
    """The record, if its bytes break no rule of `_read`; else None, and `_read` says which. Nearly all are sound."""
    try:
        form = _decoder.decode(raw)
        content = envelope.sound(form.envelope)
        chains = _checked(form.history.count, form.history.head, form.previous, form.received)
    except (Fault, *canonical.NOT_JSON):
        return None
    # What is written again is canonical by construction: members in order, and texts are base64, hex, a time, a media type.
    return Record(raw, content, *chains) if content and msgspec.json.encode(form) == raw else None


def _read(raw: bytes) -> Record:
    """The record, by every rule in turn."""
    value = canonical.parse(raw, where="record")
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise Fault("record.malformed", "a record has exactly the members envelope, history, previous and received")
    return Record(raw, envelope.read(value["envelope"]), *_read_chains(value))


def build(envelope: Envelope, *, count: int, head: str, previous: str | None, received: int) -> bytes:
    """A record's bytes, from its parts (see Record). Raises Fault `record.too-long`, `record.malformed`."""
    return _joined(envelope, _link(count, head, previous, received))


def _joined(envelope: Envelope, link: bytes) -> bytes:
    """The record of an envelope and of the canonical object of its other members, all of which sort after the envelope."""
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
    return msgspec.json.encode(_Link(_History(count, head), previous, time))


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
    *_, received = _read_chains(value)
    return _joined(envelope, extra), received


def _read_chains(value: dict[str, Any]) -> tuple[int, str, str | None, int]:
    """(history count, history head, previous, received) of a record's object."""
    history, previous, received = value["history"], value["previous"], value["received"]
    if not isinstance(history, dict) or history.keys() != {"count", "head"}:
        raise Fault("record.malformed", "history has exactly the members count and head", where="/history")
    return _checked(history["count"], history["head"], previous, received)


def _checked(count: Any, head: Any, previous: Any, received: Any) -> tuple[int, str, str | None, int]:
    if type(count) is not int or not 0 <= count <= MOST_SIZE:
        raise Fault("record.malformed", "count is a whole number", where="/history/count")
    _require_digest(head, "/history/head")
    if previous is not None:
        _require_digest(previous, "/previous")
    if not isinstance(received, str):
        raise Fault("record.malformed", "expected a time", where="/received")
    return count, head, previous, times.parse_utc(received)


def _require_digest(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise Fault("record.malformed", "expected a SHA-256 in hex", where=where)
    reader.hex_bytes(value, where=where, code="record.malformed")
