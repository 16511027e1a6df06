"""Canonical JSON: the one encoding of a value, and the reader that accepts nothing else.

RFC 8785 (JCS), narrowed so that a fast encoder gives the same bytes: ASCII member names, integers within
+-(2^53-1), no floats, at most 32 containers deep (the outermost is 1), no lone surrogates.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from verifier.errors import Fault

MOST_DEPTH = 32
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


class _Float(Exception):
    """Raised by the decoder at a number with a fraction or an exponent."""


def _refuse_float(text: str) -> Any:
    raise _Float(text)


NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises where the bytes are no JSON, or not of its type."""

# Two libraries, each for what the other cannot: msgspec names every float as it reads, orjson writes the canonical bytes
# and refuses integers beyond 53 bits.
_decoder = msgspec.json.Decoder(float_hook=_refuse_float)


def encode(value: Any) -> bytes:
    """The canonical bytes of `value` (dicts, lists, strings, integers, booleans, None).

    Raises Fault `json.uncanonical` if the value has no canonical form here: a float, an integer beyond 53 bits, a member
    name that is not ASCII, a lone surrogate, more than 32 containers in one another.
    """
    try:
        raw = orjson.dumps(value, option=_OPTIONS)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise Fault("json.uncanonical", f"the value has no canonical form: {error}") from error
    _walk(value, 1, "")
    return raw


def parse(raw: bytes, *, where: str = "") -> Any:
    """Read canonical JSON: parse, encode again, compare.

    Raises Fault `json.malformed` if the bytes are not JSON, `json.uncanonical` if they are not their own canonical form
    (white space, member order, duplicate names, escapes, floats, depth). `where` names the input in the message.
    """
    try:
        value = _decoder.decode(raw)
    except _Float as found:
        raise Fault(
            "json.uncanonical", f"the number {found} is not an integer in its plain spelling", where=where
        ) from found
    except NOT_JSON as error:
        raise Fault("json.malformed", f"not JSON: {error}", where=where) from error
    try:
        again = orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:
        raise Fault("json.uncanonical", f"no canonical form: {error}", where=where) from error
    if again != raw:
        raise Fault("json.uncanonical", _difference(raw, again), where=where)
    _narrow(value, raw, where)
    return value


def _narrow(value: Any, raw: bytes, where: str) -> None:
    """Refuse what RFC 8785 allows and we do not. Two quick tests spare nearly every text that was read the walk."""
    if raw.isascii() and len(raw) - len(raw.translate(None, b"{[")) <= MOST_DEPTH:
        return
    _walk(value, 1, where)


def _walk(value: Any, depth: int, where: str) -> None:
    """Refuse floats, depth, names that are not ASCII, and what the encoder would write and JSON has not (dates, enumerations)."""
    if value is None or isinstance(value, str | int):
        return
    if not isinstance(value, dict | list | tuple):
        raise Fault("json.uncanonical", f"{value!r} is no integer, text, list or object", where=where)
    if depth > MOST_DEPTH:
        raise Fault("json.uncanonical", f"more than {MOST_DEPTH} containers in one another", where=where)
    if isinstance(value, dict):
        for name, member in value.items():
            if not name.isascii():
                raise Fault("json.uncanonical", f"the member name {name!r} is not ASCII", where=where)
            _walk(member, depth + 1, where)
        return
    for item in value:
        _walk(item, depth + 1, where)


def _difference(raw: bytes, again: bytes) -> str:
    same = next((i for i, (a, b) in enumerate(zip(raw, again, strict=False)) if a != b), min(len(raw), len(again)))
    return f"not in canonical form: byte {same} should begin {again[same : same + 20]!r}, is {raw[same : same + 20]!r}"
