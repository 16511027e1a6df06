"""Texts as the template sets them: pieces that are text and nothing else, and chips for what has no visible form.

The template never reads a text as markup. Each text says its language and direction; a chip is a code point.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from web.explorer.certificate import fonts
from web.explorer.wording import languages, signed_text

_LONGEST = 32
"""Characters of a word after which a line may break within it: nothing may run off the paper."""
_PRIMARY = re.compile(r"([a-z]{2,3})(-|\Z)")
_MOST_MARKS = 4
_CJK = 0x2E80
"""From here on a line may break at almost every character."""
_ISOLATES = "\u2068\u2069"
"""They have no form of their own, and stand in sentences of ours around names (see `isolated`)."""
_BREAK: dict[str, Any] = {"break": True}
_GAP: dict[str, Any] = {"gap": True}


def ours(text: str) -> dict[str, Any]:
    """Words of this site, in the reader's language. What is filled in may be anything."""
    here = languages.current()
    return _item(text, here.code, here.direction, kept=_ISOLATES)


def english(text: str) -> dict[str, Any]:
    """Words of the verifier, which speaks English."""
    return _item(text, languages.ENGLISH, "ltr")


def said(text: str, language: str | None) -> dict[str, Any]:
    """Words of a state: in their own language, their direction that of their first letter."""
    found = _PRIMARY.match(language or "")
    return _item(text, found[1] if found else "und", _direction(text))


def machine(text: str) -> dict[str, Any]:
    """A hash, a code, a command: left to right in every language."""
    return {**_item(text, languages.ENGLISH, "ltr"), "machine": True}


def isolated(text: str) -> str:
    """A name within a sentence of ours, kept apart from the direction of what stands around it."""
    return signed_text.plain(text)


def hidden(item: dict[str, Any]) -> int:
    """How many characters of a text stand there as code points."""
    return sum("chip" in run for run in item["runs"] if isinstance(run, dict))


def _direction(text: str) -> str:
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def _item(text: str, language: str, direction: str, kept: str = "") -> dict[str, Any]:
    return {"runs": _runs(text, kept), "lang": language, "dir": direction, "machine": False}


def _runs(text: str, kept: str) -> list[Any]:
    runs: list[Any] = []
    piece: list[str] = []
    marks = length = 0
    for char, able in zip(text, fonts.drawn(text), strict=True):
        marks = marks + 1 if unicodedata.combining(char) else 0
        special = None if char in kept else _special(char, able=able and marks <= _MOST_MARKS)
        length = 0 if special or char.isspace() or ord(char) >= _CJK else length + 1
        if special is None and (length <= _LONGEST or marks):
            piece.append(char)
            continue
        runs += ["".join(piece)] if piece else []
        piece = [] if special else [char]
        runs.append(special or _GAP)
        length = 0 if special else 1
    return runs + (["".join(piece)] if piece else [])


def _special(char: str, *, able: bool) -> dict[str, Any] | None:
    """What stands in a character's place, if it cannot stand there itself."""
    if char == "\n":
        return _BREAK
    return {"chip": f"U+{ord(char):04X}"} if signed_text.invisible(char) or not able else None
