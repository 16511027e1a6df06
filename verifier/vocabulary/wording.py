"""The words of the vocabulary in one language: its file in `labels`, laid over the English, so that nothing lacks words.

Phrases hold placeholders, `{name}`; what is put in is never inflected and never read as a phrase again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
_ROOM = Path(__file__).parent / "labels"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a file, sorted: en is always among them."""
    return tuple(sorted(path.stem for path in _ROOM.glob("*.json")))


def nearest(language: str) -> str:
    """The language that has words for a BCP 47 tag: its first part ("zh-Hans" is zh), or en where nothing is held."""
    first = language.partition("-")[0].lower()
    return first if first in languages() else ENGLISH


def words(language: str = ENGLISH) -> Mapping[str, Any]:
    """All sections of a language's file, {section: …}; where it or an entry is missing, the English one."""
    return _words(nearest(language))


@cache
def _words(language: str) -> Mapping[str, Any]:
    english: Mapping[str, Any] = json.loads((_ROOM / f"{ENGLISH}.json").read_bytes())
    return english if language == ENGLISH else _over(english, json.loads((_ROOM / f"{language}.json").read_bytes()))


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, object by object."""
    found = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], dict) and isinstance(above[name], dict):
            found[name] = _over(below[name], above[name])
    return found


def fill(phrase: str, values: Mapping[str, str]) -> str:
    """The phrase with each placeholder replaced by its value. Raises KeyError for a placeholder without one."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], phrase)


def placeholders(phrase: str) -> frozenset[str]:
    """The names of a phrase's placeholders."""
    return frozenset(_PLACEHOLDER.findall(phrase))
