"""What a rule's values are called in a language: types, fields, choices, catalogue entries, lengths of time, days of a year.

Every name comes quoted as the language quotes. What the language lacks is called in English; what no file names is shown
as it stands. Lengths of time, days and lists are formed by Babel (Unicode CLDR), loaded only when something is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal
from unicodedata import category

from verifier.formats import reader
from verifier.vocabulary import Vocabulary
from verifier.vocabulary.wording import nearest, words

_LOCALES = {"en": "en_GB"}  # 15 November, not November 15
_Unit = Literal["week", "day", "hour", "minute"]
_UNITS: Mapping[str, tuple[_Unit, int]] = {
    "W": ("week", 604_800),
    "D": ("day", 86_400),
    "H": ("hour", 3_600),
    "M": ("minute", 60),
}
_CATALOGUES = {"incident_class": "rsit", "sector": "sectors", "severity": "severity"}
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
_ALWAYS = 10**9
"""Seconds' multiple that no length of time reaches: Babel then never turns a unit into a larger one."""


class Naming:
    """Names in one language (a BCP 47 tag). `parties`: what to call a participant, by its code."""

    def __init__(self, language: str, vocabulary: Vocabulary, parties: Mapping[str, str] | None = None) -> None:
        self.language = nearest(language)
        self.words = words(language)
        self._vocabulary = vocabulary
        self._parties = parties or {}
        self._locale = _LOCALES.get(self.language, self.language)

    def quoted(self, text: str) -> str:
        """A name between the language's quotation marks. What cannot be seen is written as its code point."""
        seen = "".join(f"\\u{ord(sign):04x}" if category(sign) in _UNSEEN else sign for sign in text)
        return str(self.words["rules"]["quoted"].replace("{text}", seen))

    def type(self, name: str) -> str:
        """A statement type."""
        return self.quoted(_label(self.words["types"], name))

    def field(self, name: str) -> str:
        """A member of a body."""
        return self.quoted(_label(self.words["fields"], name))

    def relation(self, rel: str) -> str:
        """A relation, seen from the later statement."""
        return self.quoted(self.words["relations"].get(rel, {}).get("forward", rel))

    def entry(self, catalogue: str, code: str) -> str:
        """The name of a catalogue's entry, unquoted; its code where there is no such entry."""
        if catalogue not in self._vocabulary.catalogues:
            return code
        found = self._vocabulary.catalogue(catalogue, self.language)["entries"].get(code)
        return str(found["name"][self.language]) if found else code

    def norm(self, norm: str) -> dict[str, str]:
        """A norm ("un-norms/f"): the name of the `norm`, the title of its `catalogue`, its `code` there."""
        name, _, code = norm.partition("/")
        title = name
        if name in self._vocabulary.catalogues:
            title = self._vocabulary.catalogue(name, self.language)["title"][self.language]
        return {"norm": self.quoted(self.entry(name, code)), "catalogue": self.quoted(title), "code": code}

    def sectors(self, codes: Iterable[str]) -> str:
        """Sectors, joined by "and"."""
        return self._list([self.quoted(self.entry("sectors", code)) for code in codes], "standard")

    def values(self, type_name: str, field: str, values: Iterable[Any]) -> str:
        """Values that a field of a type may have, joined by "or"."""
        schemas = list(self._schemas(type_name, field))
        return self._list([self.quoted(self._value(value, schemas)) for value in values], "or")

    def is_list(self, type_name: str, field: str) -> bool:
        """Whether the field holds a list."""
        return any(schema.get("type") == "array" for _, schema in self._schemas(type_name, field))

    def duration(self, text: str) -> str:
        """A length of time (ISO 8601, weeks to minutes), exactly as it is given: P14D is 14 days, PT48H is 48 hours."""
        from babel.dates import format_timedelta

        parts: list[str] = []
        for count, letter in re.findall(r"([0-9]+)([WDHM])", text):
            unit, seconds = _UNITS[letter]
            whole = reader.decimal(count) * seconds
            parts.append(format_timedelta(whole, granularity=unit, threshold=_ALWAYS, locale=self._locale))
        return self._list(parts, "standard")

    def day(self, text: str) -> str:
        """A day of every year, MM-DD."""
        from babel.dates import format_skeleton

        month, _, day = text.partition("-")
        in_any_year = date(2001, *(reader.decimal(part.removeprefix("0")) for part in (month, day)))
        return str(format_skeleton("MMMMd", in_any_year, locale=self._locale))

    def _list(self, items: list[str], style: str) -> str:
        from babel.lists import format_list

        return str(format_list(items, style="or" if style == "or" else "standard", locale=self._locale))

    def _value(self, value: Any, schemas: list[tuple[str, Mapping[str, Any]]]) -> str:
        if isinstance(value, bool):
            return _label(self.words["choices"], "yes" if value else "no")
        code, kinds = str(value), {name for name, _ in schemas}
        for kind in sorted(kinds & _CATALOGUES.keys()):
            name = self.entry(_CATALOGUES[kind], code)
            return f"{name} ({code})" if isinstance(value, int) else name
        if "norm" in kinds:
            return f"{self.entry(*code.split('/', 1))} ({code})" if "/" in code else code
        if "type_name" in kinds:
            return _label(self.words["types"], code)
        if "code" in kinds:
            return f"{self._parties[code]} ({code})" if code in self._parties else code
        enumerated = any(value in schema.get("enum", ()) for _, schema in schemas)
        return _label(self.words["choices"], code) if enumerated else code

    def _schemas(self, type_name: str, field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The schemas that judge a field or an item of it, each with the name of its definition (or "")."""
        kind = self._vocabulary.types.get(type_name)
        schema = kind.schema["properties"].get(field) if kind else None
        return self._reached("", schema) if schema else iter(())

    def _reached(self, name: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield name, schema
        if "$ref" in schema:
            target = schema["$ref"].rpartition("/")[2]
            yield from self._reached(target, self._vocabulary.definitions["$defs"][target])
        for choice in schema.get("anyOf", ()):
            yield from self._reached("", choice)
        if isinstance(schema.get("items"), dict):
            yield from self._reached("", schema["items"])


def _label(rows: Mapping[str, Any], name: str) -> str:
    """What a section calls something: a text, or an object with it as `label`; the name itself where it has none."""
    found = rows.get(name, name)
    return str(found["label"] if isinstance(found, Mapping) else found)
