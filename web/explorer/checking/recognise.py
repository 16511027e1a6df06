"""What something is: told by what it begins with or which members it has, then read by the strict reader of that kind.

A table says it, and the first row that shows decides: nothing is guessed twice, and what looks like a kind and is not of its
form is refused by that kind's own reader. The browser has the same table (static/verify/recognise.js).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from verifier import disclosed, evidence, keys, record, sealing, statement
from verifier.conformance import signing
from verifier.errors import Fault
from verifier.formats import checkpoint, envelope, note, policy, proof
from verifier.formats.reader import decimal, shown
from web.explorer.checking import pdf

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
"""Reads the outermost object alone, whatever stands in it and however deep: enough to see which members it has."""


@dataclass(frozen=True)
class Item:
    """Something given. `kind`: of the tables, "pdf", or "file" for all else; `raw`: its bytes; `value`: as its reader read
    it; `fault`: why that reader refused it; `origin`: "attached" if it came out of a PDF, else ""."""

    kind: str
    raw: bytes
    value: Any = None
    fault: Fault | None = None
    origin: str = ""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the bytes."""
        return sha256(self.raw).hexdigest()


class _Kind(NamedTuple):
    name: str
    shows: Callable[[Any], bool]
    read: Callable[[bytes], Any]


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern)
    return lambda raw: compiled.fullmatch(raw) is not None


def _word(raw: bytes) -> str:
    return raw.decode("ascii").removesuffix("\n")


_DIGESTS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"(?:[Ss][Hh][Aa]-?256[:=] ?)?([0-9a-fA-F]{64})",
        rb"([0-9a-fA-F]{64}) [ *][^\n]{1,255}",  # a line of sha256sum
        rb"https?://[^\s?#]{1,300}/(?:s|obligations|pledges|incidents)/([0-9a-f]{64})(?:[/.?#][^\s]{0,300})?",
    )
)
_GROUPS = re.compile(rb"(?:[0-9a-fA-F]{2,32}[ \n]){1,31}[0-9a-fA-F]{2,32}")
"""A digest in groups, as it is printed and dictated."""
_NAME = re.compile(rb"ni:///sha-256;([A-Za-z0-9_-]{43})")
"""The name of what has a digest (RFC 6920), as feeds have it."""
_NUMBERS = re.compile(rb"(?:https?://[^\s?#]{1,300}/records/)?(0|[1-9][0-9]{0,14})(?:\.json)?\n?")


def _digest(raw: bytes) -> str | None:
    """The digest, hex, that a text is or names in one of the forms in which people pass it on; None if it is none."""
    bare = raw.removesuffix(b"\n")
    for form in _DIGESTS:
        found = form.fullmatch(bare)
        if found:
            return found[1].decode("ascii").lower()
    name = _NAME.fullmatch(bare)
    if name:
        return urlsafe_b64decode(name[1] + b"=").hex()
    joined = bare.translate(None, b" \n")
    return joined.decode("ascii").lower() if len(joined) == 64 and _GROUPS.fullmatch(bare) else None


def _named_digest(raw: bytes) -> str:
    found = _digest(raw)
    assert found is not None  # only what shows is read
    return found


def _number(raw: bytes) -> int:
    found = _NUMBERS.fullmatch(raw)
    assert found is not None
    return decimal(found[1].decode("ascii"))


def _is_report(members: dict[str, bytes]) -> bool:
    """Whether an object is a verifier's report on obligations, signed or bare."""
    signed = bytes(members.get("payloadType", b"")).strip() == f'"{signing.PAYLOAD_TYPE}"'.encode()
    return signed or all(name in members for name in ("inputs", "as_of", "obligations", "exercise"))


def _has(*names: str) -> Callable[[dict[str, bytes]], bool]:
    return lambda members: all(name in members for name in names)


def _of_kind(*kinds: str) -> Callable[[dict[str, bytes]], bool]:
    written = {f'"{kind}"'.encode() for kind in kinds}
    return lambda members: bytes(members.get("kind", b"")).strip() in written


def _vkey(raw: bytes) -> note.VerifierKey:
    try:
        text = raw.decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Fault("vkey.malformed", f"{shown(raw)} is not UTF-8") from error
    return note.parse_vkey(text)


_POLICY = rb"(?:[ \t]*(?:#[^\n]*|(?:log|witness|group|quorum)[ \t][^\n]*)?\n)+"
"""Lines of a tlog-policy, and no other: a text that only speaks of a quorum is none."""
_SIGNED = re.compile(rb"\n\n\xe2\x80\x94 [^ \n]+ [A-Za-z0-9+/]+=*\n")
"""A blank line and a signature line, as in a signed note: an em dash alone also opens a line of speech."""
TEXTS = (
    _Kind("receipt", lambda raw: raw.startswith(b"c2sp.org/tlog-proof@v1\n"), proof.parse),
    _Kind("digest", lambda raw: _digest(raw) is not None, _named_digest),
    _Kind("index", lambda raw: _NUMBERS.fullmatch(raw) is not None, _number),
    _Kind("policy", lambda raw: b"quorum" in raw and _matches(_POLICY)(raw), policy.parse),
    _Kind("checkpoint", lambda raw: _SIGNED.search(raw) is not None, checkpoint.parse),
    _Kind("opening", _matches(rb"WyJ[A-Za-z0-9_-]+\n?"), lambda raw: sealing.read(_word(raw))),
    _Kind("public-key", lambda raw: raw.startswith(b"-----BEGIN PUBLIC KEY-----\n"), keys.from_pem),
    _Kind("vkey", _matches(rb"[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n?"), _vkey),
)
JSONS = (
    _Kind("report", _is_report, signing.read_report),
    _Kind("envelope", _has("payloadType"), envelope.parse),
    _Kind("record", _has("envelope", "received"), record.parse),
    _Kind("handed", _of_kind(disclosed.KIND), disclosed.parse),
    _Kind("evidence", _of_kind(*evidence.KINDS), lambda raw: raw),
    _Kind("statement", _has("party", "signers", "body"), statement.parse),
)
KINDS = (*(row.name for row in (*TEXTS, *JSONS)), "pdf", "file")


def items(raw: bytes) -> list[Item]:
    """What the bytes are. A PDF that carries anything of a kind stands for what it carries, else for itself."""
    if not raw.startswith(pdf.MAGIC):
        return [_item(raw)]
    inside = [_item(file, origin="attached") for file in pdf.embedded(raw)]
    return [one for one in inside if one.kind != "file"] or [Item("pdf", raw)]


def _item(raw: bytes, origin: str = "") -> Item:
    members = _members(raw)
    table: tuple[_Kind, ...] = TEXTS if members is None else JSONS
    found = next((row for row in table if row.shows(raw if members is None else members)), None)
    if found is None:
        return Item("file", raw, origin=origin)
    whole, raw = raw, raw.removesuffix(b"\n") if members is not None else raw
    try:
        return Item(found.name, raw, found.read(raw), origin=origin)
    except Fault as fault:
        return Item(found.name, whole, fault=fault, origin=origin)


def _members(raw: bytes) -> dict[str, bytes] | None:
    """The members of the JSON object that the bytes are, unread; None if they are none."""
    if not raw.startswith(b"{"):
        return None
    try:
        return {name: bytes(value) for name, value in _decoder.decode(raw).items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
