"""Sealed fields: salted digests that commit to values now, and the disclosures that open them later.

A disclosure is base64url without padding of the canonical array [salt, name, value]; its digest stands in the statement
beside the JSON pointer that it fills. The name says whose statement and which place it belongs to, so that nobody can
open another's commitment as his own. A decoy, [salt], fills a place in a list that stands for nothing.
Source: docs/FORMAT.md, section "Sealed fields"; compare RFC 9901, sections 4.2 and 4.2.5.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from verifier.errors import Fault
from verifier.formats import canonical, reader

LEAST_SALT = 16
"""Bytes of salt: fewer, and a value that can be guessed can be found by trying."""
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
_PLACE_IN_LIST = re.compile(r".*/(0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A disclosure as read or made. `name` is None for a decoy, whose `value` is None and means nothing."""

    text: str
    salt: bytes
    name: str | None
    value: Any

    @property
    def digest(self) -> str:
        """What a statement commits with: hex SHA-256 of the disclosure's ASCII bytes."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class Commitments:
    """What a logged statement sealed: its `party`, `office` and `sequence`, and pointer -> digest (hex)."""

    party: str
    office: str
    sequence: int
    digests: Mapping[str, str]


def digest_of(text: str) -> str:
    """The digest of a disclosure: hex SHA-256 of its ASCII bytes."""
    return sha256(text.encode("utf-8")).hexdigest()


def field_name(party: str, office: str, sequence: int, pointer: str) -> str:
    """The name of a sealed place: party/office/sequence and the pointer, which begins with a slash."""
    return f"{party}/{office}/{sequence}{pointer}"


def seal(name: str, value: Any, salt: bytes) -> Disclosure:
    """The disclosure of `value` at the place `name`. `salt`: 16 random bytes or more, never used twice.

    Raises Fault `disclosure.malformed` for a short salt, `json.uncanonical` for a value that has no canonical form.
    """
    return _made([_unpadded(salt), name, value], salt, name, value)


def seal_decoy(salt: bytes) -> Disclosure:
    """The disclosure of a list item that is not there. Raises Fault `disclosure.malformed` for a short salt."""
    return _made([_unpadded(salt)], salt, None, None)


def read(text: str, *, where: str = "") -> Disclosure:
    """Read a disclosure. Raises Fault `disclosure.malformed`: not base64url, not canonical, not [salt, name, value] or
    [salt], a salt of fewer than 16 bytes."""
    try:
        parts = canonical.parse(_bytes(text, where), where=where)
        if not isinstance(parts, list) or len(parts) not in (1, 3) or not all(isinstance(p, str) for p in parts[:2]):
            raise Fault("disclosure.malformed", "a disclosure holds [salt, name, value], or [salt] of a decoy")
        salt = _bytes(parts[0], where)
    except Fault as fault:
        raise Fault("disclosure.malformed", fault.message, where=where) from fault
    _require_salt(salt, where)
    name, value = (parts[1], parts[2]) if len(parts) == 3 else (None, None)
    return Disclosure(text, salt, name, value)


def require_opens(text: str, sealed: Commitments, pointer: str, *, where: str = "") -> Disclosure:
    """Check that a disclosure opens what a statement sealed at `pointer`; return it.

    1. The statement sealed that place, with this digest.  2. The disclosure is well formed.  3. It names this place;
    only a place in a list can hold a decoy. Raises Fault `disclosure.mismatch`, `disclosure.malformed`.
    """
    committed = sealed.digests.get(pointer)
    if committed is None:
        raise Fault("disclosure.mismatch", f"the statement sealed nothing at {pointer}", where=f"{where}/pointer")
    here = f"{where}/disclosure"
    if digest_of(text) != committed:
        evidence = {"committed": committed, "found": digest_of(text)}
        raise Fault("disclosure.mismatch", "its digest is not the one committed to", where=here, evidence=evidence)
    opened = read(text, where=here)
    name = field_name(sealed.party, sealed.office, sealed.sequence, pointer)
    if opened.name is None and not _PLACE_IN_LIST.fullmatch(pointer):
        raise Fault("disclosure.mismatch", "only a place in a list can hold a decoy", where=here)
    if opened.name not in (None, name):
        raise Fault("disclosure.mismatch", f"it names {opened.name}, this place is {name}", where=here)
    return opened


def _made(parts: Sequence[Any], salt: bytes, name: str | None, value: Any) -> Disclosure:
    _require_salt(salt, "salt")
    return Disclosure(_unpadded(canonical.encode(list(parts))), salt, name, value)


def _require_salt(salt: bytes, where: str) -> None:
    if len(salt) < LEAST_SALT:
        raise Fault(
            "disclosure.malformed", f"a salt of {len(salt)} bytes; at least {LEAST_SALT} are needed", where=where
        )


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _bytes(text: str, where: str) -> bytes:
    """The bytes of base64url without padding, in its only spelling."""
    if not _ALPHABET.fullmatch(text):
        raise Fault("disclosure.malformed", f"{reader.shown(text)} is not base64url without padding", where=where)
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    return reader.base64_bytes(padded, where=where, code="disclosure.malformed")
