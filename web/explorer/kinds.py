"""What the vocabulary calls things, for the pages: types, families, fields, relations and choices, by their code.

A code that the vocabulary does not know (in a record with a finding) is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from verifier import vocabulary
from web.explorer import signed_text

LANGUAGE = "en"
LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
VERSION = "1"


@cache
def labels(language: str = LANGUAGE) -> Mapping[str, Any]:
    """The vocabulary's labels in a language; none where it has none."""
    try:
        return vocabulary.load(VERSION).labels(language)
    except KeyError:
        return {}


def family(type_name: str) -> str | None:
    """The family of a statement type, or None if the vocabulary does not know the type."""
    kind = vocabulary.load(VERSION).types.get(type_name)
    return kind.family if kind else None


def schema(type_name: str) -> Mapping[str, Any]:
    """The schema of a type's body; empty if the vocabulary does not know the type."""
    kind = vocabulary.load(VERSION).types.get(type_name)
    return kind.schema if kind else {}


def definitions() -> Mapping[str, Any]:
    """The definitions that schemas refer to, by name."""
    found: Mapping[str, Any] = vocabulary.load(VERSION).definitions["$defs"]
    return found


def types() -> Mapping[str, list[str]]:
    """Family -> its types, in the vocabulary's numbering."""
    found: dict[str, list[str]] = {}
    for kind in sorted(vocabulary.load(VERSION).types.values(), key=lambda kind: kind.number):
        found.setdefault(kind.family, []).append(kind.name)
    return found


def label(room: str, code: str | None) -> str:
    """What a code is called: `room` is types, families, relations, fields or choices."""
    if code is None:
        return ""
    return _text(labels().get(room, {}).get(code)) or _spelled(code)


def help_text(room: str, code: str) -> str:
    """The sentence of help beside a label; empty if there is none."""
    entry = labels().get(room, {}).get(code)
    found = entry.get("help") if isinstance(entry, Mapping) else None
    return found or ""


def relation(rel: str, *, backward: bool = False) -> str:
    """A relation in words, seen from the later statement ("changes") or, `backward`, from the earlier ("changed by")."""
    entry = labels().get("relations", {}).get(rel)
    found = entry.get("backward" if backward else "forward") if isinstance(entry, Mapping) else None
    return found or (f"← {rel}" if backward else rel)


def norm(code: str) -> str:
    """What a norm ("un-norms/f") is called in its catalogue, or the code where no catalogue has it."""
    name, _slash, entry = code.partition("/")
    found = vocabulary.load(VERSION)
    if name not in found.catalogues:
        return code
    text = found.catalogue(name)["entries"].get(entry, {}).get("name", code)
    return str(text.get(LANGUAGE, code)) if isinstance(text, Mapping) else str(text)


def searchable_labels(type_name: str) -> str:
    """A type's labels in every language, to find its statements by, and its name."""
    found = [_text(labels(language).get("types", {}).get(type_name)) for language in LANGUAGES]
    return signed_text.searchable(" ".join([type_name, *(text for text in found if text)]))


def _text(entry: Any) -> str:
    """A label is a text, or an object with the text as `label` and help beside it."""
    if isinstance(entry, Mapping):
        entry = entry.get("label", "")
    return entry if isinstance(entry, str) else ""


def _spelled(code: str) -> str:
    return code.replace("-", " ").replace("_", " ").capitalize() if code.islower() else code


def digest(version: str) -> str:
    """The digest of a vocabulary version, hex: what a charter fixes."""
    return vocabulary.load(version).digest
