"""DSSE envelopes: a payload and the signatures over it.

Source: DSSE v1.0.0 (secure-systems-lab/dsse, protocol.md and envelope.md), in canonical JSON, signatures sorted by keyid.
"""

from __future__ import annotations

import re
from base64 import b64encode
from itertools import pairwise
from typing import Any

import msgspec

from verifier.errors import Fault
from verifier.formats import canonical, reader

PAYLOAD_TYPE = "application/vnd.detente.statement+json"
MOST_SIGNATURES = 16
_KEYID = re.compile("[0-9a-f]{64}")
_MEMBERS = {"payload", "payloadType", "signatures"}


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature as JSON has it; msgspec writes and reads bytes as base64."""

    keyid: str
    sig: bytes


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An envelope as JSON has it, members in order, so that what msgspec writes of a sound one is canonical."""

    payload: bytes
    payloadType: str
    signatures: tuple[Signature, ...]


class Envelope(msgspec.Struct, frozen=True):
    """`payload`: the signed bytes. `signatures`: (keyid, signature) pairs, sorted by keyid, each keyid once."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    payload_type: str = PAYLOAD_TYPE

    def as_json(self) -> dict[str, Any]:
        """The envelope as the object that a record embeds."""
        return {
            "payload": b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": k, "sig": b64encode(s).decode()} for k, s in self.signatures],
        }

    @property
    def raw(self) -> bytes:
        """The envelope's canonical bytes."""
        # Canonical by construction: members in order, and every value is base64, hex or the media type.
        rows = tuple([Signature(keyid, signature) for keyid, signature in self.signatures])
        return msgspec.json.encode(Form(self.payload, self.payload_type, rows))


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: the pre-authentication encoding of DSSE, protocol.md, section "Signature Definition"."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sound(form: Form) -> Envelope | None:
    """The envelope of a form that breaks no rule of `read`; else None, and `read` says which."""
    signatures = tuple([(row.keyid, row.sig) for row in form.signatures])
    keyids = [keyid for keyid, _ in signatures]
    if (
        form.payloadType != PAYLOAD_TYPE
        or not 1 <= len(keyids) <= MOST_SIGNATURES
        or not all(map(_KEYID.fullmatch, keyids))
        or keyids != sorted(set(keyids))
    ):
        return None
    return Envelope(form.payload, signatures)


def parse(raw: bytes, *, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Read an envelope's canonical bytes. Raises Fault `json.…` or `envelope.malformed`."""
    return read(canonical.parse(raw, where="envelope"), payload_type=payload_type)


def read(value: Any, *, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Read an envelope from its parsed object, as it stands inside a record. Raises Fault `envelope.malformed`."""
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise Fault("envelope.malformed", "an envelope has exactly the members payload, payloadType and signatures")
    if value["payloadType"] != payload_type:
        raise Fault(
            "envelope.malformed",
            f"payloadType is {value['payloadType']!r}, expected {payload_type!r}",
            where="/payloadType",
        )
    rows = value["signatures"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_SIGNATURES:
        raise Fault("envelope.malformed", f"an envelope has 1 to {MOST_SIGNATURES} signatures", where="/signatures")
    signatures = tuple([_signature(row, f"/signatures/{n}") for n, row in enumerate(rows)])
    if any(a >= b for (a, _), (b, _) in pairwise(signatures)):
        raise Fault("envelope.malformed", "signatures are sorted by keyid, each keyid once", where="/signatures")
    payload = reader.base64_bytes(_text(value["payload"], "/payload"), where="/payload", code="envelope.malformed")
    return Envelope(payload, signatures, payload_type)


def _signature(row: Any, where: str) -> tuple[str, bytes]:
    if not isinstance(row, dict) or row.keys() != {"keyid", "sig"}:
        raise Fault("envelope.malformed", "a signature has exactly the members keyid and sig", where=where)
    keyid = _text(row["keyid"], where)
    if not _KEYID.fullmatch(keyid):
        raise Fault("envelope.malformed", "a keyid is 64 lower-case hex digits", where=f"{where}/keyid")
    return keyid, reader.base64_bytes(_text(row["sig"], where), where=f"{where}/sig", code="envelope.malformed")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Fault("envelope.malformed", "expected a string", where=where)
    return value
