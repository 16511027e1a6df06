"""Characters that a reader does not see, or that turn what he sees around: found in texts, and made visible on a screen.

A signed text must read the same for everybody. Source: Unicode 15, general categories Cc, Cf, Cs, Co, Zl and Zp; Unicode
Technical Report 36, section 2 (bidirectional overrides).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Joiners change letters' shape in many scripts and belong to correct spelling there.
_JOINERS = frozenset("\u200c\u200d")


def hidden(text: str) -> list[tuple[int, str]]:
    """The hidden characters of `text`, as (position, "U+202E RIGHT-TO-LEFT OVERRIDE"). A line feed is none."""
    return [
        (n, f"U+{ord(mark):04X} {unicodedata.name(mark, 'control character')}")
        for n, mark in enumerate(text)
        if unicodedata.category(mark) in _HIDDEN and mark not in _JOINERS and mark != "\n"
    ]


def plain(text: str) -> str:
    """`text` for a terminal: hidden characters as \\u escapes, so that nobody's text moves the cursor or turns the line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(mark):x}}}" if unicodedata.category(mark) in _HIDDEN and mark != "\n" else mark for mark in text
    )


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a JSON value, as (JSON pointer, text)."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from texts(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from texts(item, f"{pointer}/{n}")


def escape(name: str) -> str:
    """A member name as a JSON pointer's step (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
