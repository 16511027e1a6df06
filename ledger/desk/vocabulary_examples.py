"""The worked example of a type as a reader sees it on the vocabulary's page: YAML, with long values cut short.

What is cut is marked; the whole example is the file beside the type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from verifier.vocabulary import Vocabulary

_MOST_TEXT, _MOST_ROWS, _MOST_ITEMS = 160, 3, 8
_DIGEST = re.compile(r"[0-9a-f]{64}|[A-Za-z0-9+/_=-]{65,}")
_SHOWN = 12
_WIDTH = 118


def lines(words: Vocabulary, name: str) -> Iterator[str]:
    """The example of a type, in a fenced block."""
    example = words.example(name)
    told = {member: value for member, value in example.items() if member not in ("type", "language")}
    text = yaml.safe_dump(_short(told), sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None)
    yield f"\n```yaml\n{text}```"


def _short(value: Any) -> Any:
    """The value with long texts, digests and lists cut, each cut marked."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        most = _MOST_ROWS if value and isinstance(value[0], Mapping) else _MOST_ITEMS
        more = [f"… {len(value) - most} more"] if len(value) > most else []
        return [_short(item) for item in value[:most]] + more
    return value


def _text(text: str) -> str:
    if _DIGEST.fullmatch(text):
        return f"{text[:_SHOWN]}…"
    if len(text) <= _MOST_TEXT:
        return text
    return f"{text[:_MOST_TEXT].rpartition(' ')[0] or text[:_MOST_TEXT]} …"
