"""What the vocabulary calls things in the reader's language: types, families, fields, relations, choices, by their code.

The words are the vocabulary's own (verifier/vocabulary/labels), English where a language lacks one. A code that the
vocabulary does not know (in a record with a finding) is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier import vocabulary
from verifier.charter import Party
from verifier.vocabulary import rendering, wording
from web.explorer.wording import languages, signed_text

VERSION = "1"
CATALOGUES = {"incident_class": "rsit", "sector": "sectors", "severity": "severity", "tlp": "tlp"}
"""Definition of the vocabulary -> the catalogue whose codes it takes."""


def labels(language: str | None = None) -> Mapping[str, Any]:
    """The vocabulary's labels in a language, the reader's if none is named."""
    return wording.words(language or languages.current().code)


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
    name, _slash, entry_code = code.partition("/")
    return entry(name, entry_code, code)


def entry(catalogue: str, code: str, otherwise: str | None = None) -> str:
    """What an entry of a catalogue is called: severity 3 is "high". `otherwise` (the code) where there is no such entry."""
    found, language = vocabulary.load(VERSION), languages.current().code
    if catalogue not in found.catalogues:
        return otherwise or code
    row = found.catalogue(catalogue, language)["entries"].get(code)
    return str(row["name"][language]) if row else otherwise or code


def sectors() -> list[tuple[str, str]]:
    """(code, name) of every sector of the catalogue, in its order."""
    return [(code, entry("sectors", code)) for code in vocabulary.load(VERSION).catalogue("sectors")["entries"]]


def rule_told(rule: Mapping[str, Any], above: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """A rule in words, a sentence an item, as the vocabulary tells it. The rule must be one that the audit let pass.

    `above`: rule id -> rule, of the same text; `names`: participant code -> name.
    """
    language = languages.current().code
    return rendering.sentences(rule, language=language, names=names, above=above, vocabulary=vocabulary.load(VERSION))


class Name(str):
    """A participant's name, with the `language` that it is in: a page in another one says so."""

    language: str


def name_of(names: Mapping[str, str]) -> Name:
    """A participant's name from the registry: in the reader's language, else in English, else the first that there is."""
    chosen = next((one for one in (languages.current().code, languages.ENGLISH) if one in names), next(iter(names), ""))
    found = Name(names.get(chosen, ""))
    found.language = chosen or languages.current().code
    return found


def names(registry: Mapping[str, Party]) -> dict[str, str]:
    """Code -> name of every participant in the reader's language, from the registry alone."""
    return {code: name_of(one.names) or code for code, one in registry.items()}


def searchable_labels(type_name: str) -> str:
    """A type's labels in every language, to find its statements by, and its name."""
    found = [_text(labels(language).get("types", {}).get(type_name)) for language in sorted(languages.LANGUAGES)]
    return signed_text.indexed(" ".join([type_name, *(text for text in found if text)]))


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
