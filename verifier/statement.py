"""Statements: what a state says, in canonical JSON. This room reads their form; the vocabulary judges the body.

The form is docs/FORMAT.md, section "Statement": every member always present, sets sorted and unique.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from verifier.errors import Fault
from verifier.formats import canonical, times

_CODE = re.compile(r"[A-Z0-9]{2,8}")
_OFFICE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_HEX = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}")
_POINTER = re.compile(r"/body(/([^/~]|~[01])*)+")
_TLP = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
MOST_LEDGER = 255
MOST_TITLE = 300
MOST_SIZE = 2**53 - 1

_NAMES = {"party": _CODE, "office": _OFFICE, "type": _OFFICE, "language": _LANGUAGE}
_names_of = itemgetter(*_NAMES)
_NAMES_BY_LINE = re.compile("\n".join(pattern.pattern for pattern in _NAMES.values()))

_Hex = Annotated[str, Meta(min_length=64, max_length=64)]


class Relation(msgspec.Struct, frozen=True):
    """`rel`: the typed relation. `statement`: the id of an earlier record's statement."""

    rel: str
    statement: str


class Statement(msgspec.Struct, frozen=True):
    """One statement, as parsed from `payload` (its canonical bytes). The members are those of docs/FORMAT.md.

    `id`: hex SHA-256 of the payload. A struct of msgspec, because an audit makes a million of them.
    """

    ledger: Annotated[str, Meta(min_length=1, max_length=MOST_LEDGER)]
    party: str
    office: str
    sequence: Annotated[int, Meta(ge=0, le=MOST_SIZE)]
    previous: _Hex | None
    signers: Annotated[tuple[_Hex, ...], Meta(min_length=1)]
    type: str
    issued: Annotated[str, Meta(min_length=1)]
    language: str
    title: Annotated[str, Meta(min_length=1, max_length=MOST_TITLE)]
    addressees: tuple[str, ...]
    relates: tuple[Relation, ...]
    exercise: _Hex | None
    body: dict[str, Any]
    sealed: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    payload: bytes
    id: str

    @property
    def issued_at(self) -> int:
        """The state's claimed time, in seconds since the epoch (UTC)."""
        return times.parse_utc(self.issued)

    @property
    def sealed_pointers(self) -> frozenset[str]:
        """The JSON pointers whose values are committed to and not shown."""
        return frozenset(row["pointer"] for row in self.sealed)


def parse(payload: bytes) -> Statement:
    """Read a statement's canonical bytes.

    Checks the form alone, not the vocabulary. Raises Fault `json.…` or `statement.malformed`, where = JSON pointer.
    """
    value = canonical.parse(payload, where="statement")
    return _sound(value, payload) or _read(value, payload)


def _sound(value: Any, payload: bytes) -> Statement | None:
    """The statement, if it breaks no rule of `_read`; else None, and `_read` says which. Nearly all are sound.

    It asks the same in fewer steps: the types of Statement at once, then the names together, then what is not empty.
    """
    if not isinstance(value, dict) or len(value) != len(_FORM):
        return None
    try:
        said = _made(value, payload)
        for name, pointer, check in _BEYOND_TYPES:
            if value[name]:  # null and the empty list are in order wherever the types admit them; no text here is empty
                check(value[name], pointer)
    except (msgspec.ValidationError, Fault):
        return None
    names = _NAMES_BY_LINE.fullmatch("\n".join(_names_of(value)))
    return said if names and (said.previous is None) == (said.type == "charter") else None


def _made(value: dict[str, Any], payload: bytes) -> Statement:
    return msgspec.convert({**value, "payload": payload, "id": sha256(payload).hexdigest()}, Statement)


def _read(value: Any, payload: bytes) -> Statement:
    """The statement, by every rule in turn."""
    if not isinstance(value, dict) or value.keys() != _FORM.keys():
        raise _malformed("", _wrong_members(value))
    for name, pointer, check in _CHECKS:
        check(value[name], pointer)
    if (value["previous"] is None) != (value["type"] == "charter"):
        raise _malformed("/previous", "only the charter has no previous statement")
    return _made(value, payload)


def _malformed(where: str, why: str) -> Fault:
    return Fault("statement.malformed", why, where=where)


def _wrong_members(value: Any) -> str:
    if not isinstance(value, dict):
        return "a statement is a JSON object"
    missing, extra = sorted(_FORM.keys() - value.keys()), sorted(value.keys() - _FORM.keys())
    return f"a statement has exactly {len(_FORM)} members; missing: {missing}, unknown: {extra}"


def _matches(pattern: re.Pattern[str], what: str) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _malformed(where, f"{value!r} is not {what}")

    return check


_code = _matches(_CODE, "a code of 2 to 8 capital letters and digits")
_hex = _matches(_HEX, "a SHA-256 in 64 lower-case hex digits")
_name = _matches(_OFFICE, "a name in lower-case letters, digits and hyphens")


def _text(most: int) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise _malformed(where, f"expected a text of 1 to {most} characters")

    return check


def _count(value: Any, where: str) -> None:
    if type(value) is not int or not 0 <= value <= MOST_SIZE:
        raise _malformed(where, f"{value!r} is not a whole number of 0 or more")


def _optional(check: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def checked(value: Any, where: str) -> None:
        if value is not None:
            check(value, where)

    return checked


def _utc(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise _malformed(where, f"{value!r} is not a time")
    try:
        times.parse_utc(value)
    except Fault as fault:
        raise _malformed(where, fault.message) from fault


def _list(check: Callable[[Any, str], None], key: Callable[[Any], Any], least: int = 0) -> Callable[[Any, str], None]:
    """A set: every item checked, in rising order of `key`, no two equal."""

    def checked(value: Any, where: str) -> None:
        """Raises Fault `statement.malformed` at the first item that is wrong or out of order."""
        if value == [] and not least:
            return
        if not isinstance(value, list) or len(value) < least:
            raise _malformed(where, f"expected a list of at least {least}")
        for n, item in enumerate(value):
            check(item, f"{where}/{n}")
        if len(value) > 1 and any(key(a) >= key(b) for a, b in pairwise(value)):
            raise _malformed(where, "the items are not sorted and unique")

    return checked


def _row(form: dict[str, Callable[[Any, str], None]]) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict) or value.keys() != form.keys():
            raise _malformed(where, f"expected an object with exactly the members {', '.join(form)}")
        for name, member in form.items():
            member(value[name], f"{where}/{name}")

    return check


def _label(value: Any, where: str) -> None:
    if value not in _TLP:
        raise _malformed(where, f"{value!r} is not a TLP 2.0 label")


def _object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise _malformed(where, "expected an object")


def _itself(item: Any) -> Any:
    return item


_RELATION = _row({"rel": _name, "statement": _hex})
_SEALED = _row(
    {
        "pointer": _matches(_POINTER, "a JSON pointer into the body"),
        "digest": _hex,
        "tlp": _label,
        "opens": _optional(_utc),
    }
)
_ATTACHMENT = _row(
    {"digest": _hex, "media_type": _matches(_MEDIA, "a media type"), "name": _text(MOST_TITLE), "size": _count}
)
_FORM: dict[str, Callable[[Any, str], None]] = {
    "ledger": _text(MOST_LEDGER),
    "party": _code,
    "office": _name,
    "sequence": _count,
    "previous": _optional(_hex),
    "signers": _list(_hex, _itself, least=1),
    "type": _name,
    "issued": _utc,
    "language": _matches(_LANGUAGE, "a language tag"),
    "title": _text(MOST_TITLE),
    "addressees": _list(_code, _itself),
    "relates": _list(_RELATION, lambda row: (row["rel"], row["statement"])),
    "exercise": _optional(_hex),
    "body": _object,
    "sealed": _list(_SEALED, lambda row: row["pointer"]),
    "attachments": _list(_ATTACHMENT, lambda row: row["digest"]),
}
MEMBERS = tuple(_FORM)
_CHECKS = tuple((name, f"/{name}", check) for name, check in _FORM.items())
_BEYOND_TYPES = tuple(row for row in _CHECKS if row[0] not in ("ledger", "title", "sequence", "body", *_NAMES))
