"""The reader's language: in which labels, help and the errors of a draft are told at this desk. English unless chosen.

It is the reader's, not the statement's. One command has one reader, so it is set once and asked for where something is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from verifier.vocabulary.sentences import worded
from verifier.vocabulary.wording import languages, nearest

_READER: ContextVar[str] = ContextVar("reader's language", default="en")


def choose(language: str) -> None:
    """Tell what is told from now on in a language, by its tag; English where it has no words."""
    _READER.set(nearest(language))


def chosen() -> str:
    """The reader's language, such as fr."""
    return _READER.get()


def told(error: Mapping[str, Any]) -> str:
    """An error of a Fault's evidence, {pointer, message, say}, in the reader's language."""
    return worded(error, chosen())


__all__ = ["choose", "chosen", "languages", "told"]
