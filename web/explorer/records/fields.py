"""A statement's body as fields to read: each with its label, its pointer and its value, told apart by what it is.

The schema says what a value is; where it does not (a record with a finding may hold anything), the value's own form does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from verifier.errors import Fault
from verifier.formats import times
from verifier.statement import Statement
from web.explorer.wording import kinds, languages
from web.explorer.wording.words import duration

_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_HEX = re.compile(r"[0-9a-f]{64}")
_FORM_OF = {
    "utc": "time",
    "period": "duration",
    "duration": "duration",
    "code": "party",
    "hex": "hash",
    "type_name": "type",
    "rel": "relation",
    "policy": "lines",
    "vkey": "machine",
    "base64": "machine",
    "base64url": "machine",
    "norm": "entry",
    "incident_class": "entry",
    "sector": "entry",
    "severity": "entry",
    "tlp": "machine",
    "office": "machine",
    "rule_id": "machine",
    "field": "machine",
    "language": "tongue",
    "text": "words",
    "line": "words",
}
"""Definition of the vocabulary -> how such a value is shown. Others are shown by their own form."""


@dataclass(frozen=True)
class Field:
    """One field. `form`: words, time, duration, party, hash, type, relation, entry (of a catalogue), choice, number, answer
    (yes or no), lines, tongue (a language), machine, none (null), sealed, list (of fields without label), group (of
    fields), texts (one text in several languages, a part each, the one for the reader first) or rule (a group, told in
    `sentences`). `language`: of words, if its own."""

    label: str
    pointer: str
    form: str
    value: Any = None
    parts: list[Field] = field(default_factory=list)
    language: str | None = None
    shown: str | None = None
    sealed: Mapping[str, Any] | None = None
    sentences: list[str] = field(default_factory=list)


def read(said: Statement, names: Mapping[str, str] | None = None) -> list[Field]:
    """The fields of a statement's body, in the order of its schema, then those that the schema does not know.

    `names`: participant code -> name, to tell rules with; None where the statement may hold rules that are none.
    """
    sealed = {row["pointer"]: row for row in said.sealed if isinstance(row.get("pointer"), str)}
    reader = _Reader(sealed, kinds.definitions(), said.language, names)
    return reader.members(said.body, kinds.schema(said.type), "/body")


def texts(fields: Iterable[Field]) -> Iterator[str]:
    """Every text that the fields show as words of the state."""
    for one in fields:
        if isinstance(one.value, str):
            yield one.value
        yield from texts(one.parts)


class _Reader:
    """Walks a body beside its schema."""

    def __init__(
        self,
        sealed: Mapping[str, Mapping[str, Any]],
        definitions: Mapping[str, Any],
        language: str,
        names: Mapping[str, str] | None,
    ) -> None:
        self._sealed = sealed
        self._definitions = definitions
        self._language = language
        self._names = names
        self._above: dict[str, Mapping[str, Any]] = {}

    def members(self, value: Mapping[str, Any], schema: Mapping[str, Any], pointer: str) -> list[Field]:
        """The members of an object as fields."""
        known = schema.get("properties", {})
        order = [name for name in known if name in value] + [name for name in value if name not in known]
        found = []
        for name in order:
            inner = known.get(name, schema.get("additionalProperties"))
            where = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            language = name if self._by_language(schema) else None
            title = name if language else kinds.label("fields", name)
            part = self._field(title, where, value[name], inner if isinstance(inner, Mapping) else {}, language)
            found.append(replace(part, language=language))
        return found

    def _field(
        self, label: str, pointer: str, value: Any, schema: Mapping[str, Any], language: str | None = None
    ) -> Field:
        name, resolved = self._resolve(schema)
        if pointer in self._sealed:
            return Field(label, pointer, "sealed", sealed=self._sealed[pointer])
        if isinstance(value, Mapping):
            if name == "rule":  # what a rule holds depends on its kind
                resolved = self._definitions.get(str(value.get("kind")), resolved)
            return self._group(label, pointer, value, name, resolved)
        if isinstance(value, list):
            items = resolved.get("items")
            inner = items if isinstance(items, Mapping) else {}
            parts = [self._field("", f"{pointer}/{n}", item, inner, language) for n, item in enumerate(value)]
            return Field(label, pointer, "list", parts=parts)
        form = _form(value, name, resolved)
        shown = _shown(form, value, name)
        if form in ("time", "duration") and shown is None:
            form = "words"
        return Field(label, pointer, form, value, language=language, shown=shown)

    def _group(self, label: str, pointer: str, value: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> Field:
        parts = self.members(value, schema, pointer)
        if self._by_language(schema) and parts:
            wanted = (languages.current().code, self._language)
            first = [one for tag in wanted for one in parts if one.language == tag]
            return Field(label, pointer, "texts", parts=list({one.pointer: one for one in [*first, *parts]}.values()))
        whole = not any(one.startswith(f"{pointer}/") for one in self._sealed)
        if name == "rule" and whole and self._names is not None:
            sentences = kinds.rule_told(value, self._above, self._names)
            self._above[str(value["id"])] = value
            return Field(label, pointer, "rule", parts=parts, sentences=sentences)
        return Field(label, pointer, "group", parts=parts)

    def _resolve(self, schema: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """(name of the definition or "", the schema itself) behind references and "or null"."""
        name = ""
        for _ in range(8):
            if "$ref" in schema:
                name = str(schema["$ref"]).rpartition("/")[2]
                schema = self._definitions.get(name, {})
            elif "anyOf" in schema:
                branches = [branch for branch in schema["anyOf"] if branch.get("type") != "null"]
                schema = branches[0] if branches else {}
            else:
                break
        return name, schema

    def _by_language(self, schema: Mapping[str, Any]) -> bool:
        """Whether the members of an object are the same text in several languages."""
        names = schema.get("propertyNames", {})
        return isinstance(names, Mapping) and str(names.get("$ref", "")).endswith("/language")


def _form(value: Any, name: str, schema: Mapping[str, Any]) -> str:
    if value is not None and name in kinds.CATALOGUES and name in _FORM_OF:
        return _FORM_OF[name]
    if not isinstance(value, str):
        return "none" if value is None else "answer" if isinstance(value, bool) else "number"
    if name in _FORM_OF:
        return _FORM_OF[name]
    if "enum" in schema or "const" in schema:
        return "choice"
    if _HEX.fullmatch(value):
        return "hash"
    return "time" if _UTC.fullmatch(value) else "words"


def _shown(form: str, value: Any, name: str) -> str | None:
    """What stands beside or instead of the code: a label, a length in words. None: the value itself, or it is malformed."""
    try:
        if form == "time":
            times.parse_utc(value)
            return str(value)
        if form == "duration":
            return duration(times.parse_duration(value))
    except Fault:
        return None
    if form == "entry":
        return kinds.norm(value) if name == "norm" else kinds.entry(kinds.CATALOGUES[name], str(value))
    rooms = {"choice": "choices", "type": "types"}
    if form == "relation":
        return kinds.relation(value)
    return kinds.label(rooms[form], value) if form in rooms else None


def to_json(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """The fields for the JSON page: label, pointer, form, value as signed."""
    return [
        {
            "label": one.label,
            "pointer": one.pointer,
            "form": one.form,
            **(
                {"parts": to_json(one.parts)}
                if one.form in ("list", "group", "texts", "rule")
                else {"value": one.value}
            ),
        }
        for one in fields
    ]


def pretty(value: Any) -> str:
    """JSON in lines, for evidence. Non-ASCII stays escaped: nothing in it can pass for anything else."""
    return json.dumps(value, indent=2, sort_keys=True)
