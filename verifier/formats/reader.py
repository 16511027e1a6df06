"""The strict reader that stands under every parser: decimals, base64, hex and lines, each in one spelling only.

Python's own conversions are lenient: `int` takes signs, spaces, underscores and Arabic digits, `b64decode` takes stray
trailing bits, `splitlines` breaks at characters that these formats treat as text. Nothing read from outside goes
through them. Whatever is accepted here has exactly one spelling, so that writing it again gives the same characters.
"""

from __future__ import annotations

import binascii
import re

from verifier.errors import Fault

MALFORMED = "text.malformed"
_MOST_DIGITS = 100
_SHOWN = 60
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


def shown(text: str | bytes) -> str:
    """The start of an input, in printable ASCII, for a message."""
    return ascii(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!a} and {len(text) - _SHOWN} more"


def decimal(text: str, *, most: int = 2**63 - 1, where: str = "", code: str = MALFORMED) -> int:
    """A whole number from 0 to `most` in ASCII digits, without sign and without leading zero.

    Raises Fault `code`. Source: C2SP tlog-checkpoint, "Note text" (tree size); C2SP writes all its numbers so.
    """
    if not (text.isascii() and text.isdigit()):
        raise Fault(code, f"{shown(text)} is not a decimal number in ASCII digits", where=where)
    if text[0] == "0" and len(text) > 1:
        raise Fault(code, f"the number {shown(text)} has a leading zero", where=where)
    if len(text) > _MOST_DIGITS or (number := int(text)) > most:
        raise Fault(code, f"the number {shown(text)} is larger than {most}", where=where)
    return number


def base64_bytes(text: str, *, length: int | None = None, where: str = "", code: str = MALFORMED) -> bytes:
    """The bytes of standard base64 with padding, in the only spelling that encodes to them; `length` in bytes if given.

    Raises Fault `code`. Source: RFC 4648, sections 3.5 and 4.
    """
    try:
        value = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise Fault(code, f"{shown(text)} is not base64: {error}", where=where) from error
    # Strict mode refuses every other spelling; only the last group can still hide bits that encode nothing.
    if not text.endswith(binascii.b2a_base64(value[-(len(value) % 3 or 3) :], newline=False).decode("ascii")):
        raise Fault(code, f"{shown(text)} is not the canonical base64 of any bytes", where=where)
    if length is not None and len(value) != length:
        raise Fault(code, f"{shown(text)} holds {len(value)} bytes, not {length}", where=where)
    return value


def hex_bytes(text: str, *, length: int = 32, where: str = "", code: str = MALFORMED) -> bytes:
    """The `length` bytes of a lower-case hex string. Raises Fault `code`."""
    if len(text) != 2 * length:
        raise Fault(code, f"{shown(text)} is not {2 * length} hex digits", where=where)
    try:
        value = binascii.unhexlify(text)
    except ValueError as error:
        raise Fault(code, f"{shown(text)} is not hex: {error}", where=where) from error
    if value.hex() != text:
        raise Fault(code, f"{shown(text)} is not lower-case hex", where=where)
    return value


def plain_text(raw: bytes, *, where: str = "", code: str = MALFORMED) -> str:
    """The text of UTF-8 bytes that hold no ASCII control character but newline.

    NEL, U+2028 and other characters that some programs take for line ends are text. Raises Fault `code`.
    Source: C2SP signed-note, "Format".
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault(code, f"byte {error.start} is not UTF-8: {error.reason}", where=where) from error
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise Fault(code, f"line {line} holds the control character U+{ord(control.group()):04X}", where=where)
    return text


def lines(raw: bytes, *, where: str = "", code: str = MALFORMED) -> list[str]:
    """The lines of a text, without their newlines; every line, the last too, ends in a newline (U+000A).

    Only a newline ends a line. No bytes are no lines. Raises Fault `code` as `plain_text` does.
    """
    text = plain_text(raw, where=where, code=code)
    if not text:
        return []
    if text[-1] != "\n":
        raise Fault(code, "the last line does not end in a newline", where=where)
    return text[:-1].split("\n")
