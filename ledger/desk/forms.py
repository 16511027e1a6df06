"""Asking for a body, field by field, as its JSON Schema and the vocabulary's labels say. Who answers is a port.

Each answer is judged at once by the part of the schema that it fills, and asked for again with the reason. A list of
short values is one answer with commas; a list of longer ones is asked for one by one; what is too rich for questions (the
rules of a pledge) is given as one line of JSON or as the name of a YAML or JSON file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ledger.desk import descriptions, files
from ledger.desk.reading import Names
from ledger.desk.schemas import Schema, absolute, completed, resolved, unless_null
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import reader
from verifier.vocabulary import validation

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2})(?::([0-9]{2}))?)?Z?", re.ASCII)
_RICH = ("oneOf", "allOf", "if")
MOST_ITEMS = 64


class Question(NamedTuple):
    """One question: its `label`, `help` in a sentence, a `hint` at the form of the answer, whether it may stay empty."""

    label: str
    help: str
    hint: str
    optional: bool


class Asker(Protocol):
    """Whoever answers."""

    def ask(self, question: Question) -> str:
        """The answer, as it was typed; empty for none."""

    def tell(self, text: str) -> None:
        """Say something between two questions: why an answer does not do."""


class Form:
    """The questions of one statement type."""

    def __init__(self, kind: vocabulary.Type, asker: Asker, names: Names) -> None:
        self._definitions = vocabulary.load().definitions
        self._schema = kind.schema
        self._asker = asker
        self._names = names

    def body(self, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The body: what is `known` already, and an answer for every other member."""
        return self._members(self._schema, known or {}, "")

    def _members(self, schema: Schema, known: Mapping[str, Any], before: str) -> dict[str, Any]:
        found = dict(known)
        for name, inner in schema["properties"].items():
            if name not in found:
                told = self._names.told(name, str(inner.get("description") or ""))
                found[name] = self._value({**inner, "description": told}, f"{before}{self._names.field(name)}")
        return found

    def _value(self, schema: Schema, label: str, optional: bool = False) -> Any:
        schema = resolved(schema, self._definitions)
        inner = unless_null(schema, self._definitions)
        if inner is not None:
            return self._value(inner, label, optional=True)
        if "const" in schema:
            return schema["const"]
        if any(word in schema for word in _RICH):
            return self._rich(schema, label, optional)
        if schema.get("type") == "array":
            return self._list(schema, label, optional)
        if schema.get("type") == "object":
            return self._object(schema, label, optional)
        return self._scalar(schema, label, optional)

    def _object(self, schema: Schema, label: str, optional: bool) -> Any:
        if optional and not self._yes(label, schema):
            return None
        if "properties" in schema:
            return self._members(schema, {}, f"{label}: ")
        if "additionalProperties" not in schema or "propertyNames" not in schema:
            return self._rich(schema, label, optional)
        needed = schema.get("minProperties", 0)
        question = Question(
            f"{label}: languages", str(schema.get("description", "")), "tags with commas, such as en, fr", not needed
        )
        tags = self._checked(question, {"type": "array", "items": schema["propertyNames"], "minItems": needed}, _words)
        return {tag: self._value(schema["additionalProperties"], f"{label} ({tag})") for tag in tags or []}

    def _yes(self, label: str, schema: Schema) -> bool:
        question = Question(label, str(schema.get("description", "")), "yes, or empty for none", True)
        return bool(self._checked(question, {"type": "boolean"}, _truth))

    def _list(self, schema: Schema, label: str, optional: bool) -> Any:
        item = resolved(schema["items"], self._definitions)
        least = schema.get("minItems", 0)
        told = str(schema.get("description", ""))
        if any(word in item for word in _RICH):
            return self._rich(schema, label, optional or not least) or (None if optional else [])
        if "enum" in item or _is_word(item):
            question = Question(label, told, f"{self._hint(item)}; several with commas", optional or not least)
            answer = self._checked(question, schema, _words)
            return answer if answer is not None or optional else []
        question = Question(f"{label}: how many", told, f"a number from {least}", optional or not least)
        most = min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS)
        count = self._checked(question, {"type": "integer", "minimum": least, "maximum": most}, _number)
        if count is None:
            return None if optional else []
        return [self._value(item, f"{label} {n + 1}") for n in range(count)]

    def _scalar(self, schema: Schema, label: str, optional: bool) -> Any:
        question = Question(label, str(schema.get("description", "")), self._hint(schema), optional)
        if schema.get("type") == "boolean":
            return self._checked(question, schema, _truth)
        if schema.get("type") == "integer":
            return self._checked(question, schema, _number)
        if schema.get("format") == "utc":
            return self._checked(question, schema, _moment)
        return self._checked(question, schema, str.strip)

    def _rich(self, schema: Schema, label: str, optional: bool) -> Any:
        hint = "one line of JSON, or @ and the name of a YAML or JSON file"
        return self._checked(Question(label, str(schema.get("description", "")), hint, optional), schema, _from_file)

    def _checked(self, question: Question, schema: Schema, read: Any) -> Any:
        """Ask until the answer fits the schema. An empty answer to an optional question is None."""
        validator = validation.compiled(absolute(schema, self._definitions), self._definitions)
        while True:
            answer = self._asker.ask(question)
            if not answer.strip() and question.optional:
                return None
            try:
                value = completed(read(answer), schema, self._definitions)
            except Fault as fault:
                self._asker.tell(fault.message)
                continue
            found = validation.errors(validator, value, (), schema, self._definitions)
            if not found:
                return value
            self._asker.tell(found[0]["message"])

    def _hint(self, schema: Schema) -> str:
        if "enum" in schema:
            return "one of " + ", ".join(map(str, schema["enum"]))
        if schema.get("type") == "boolean":
            return "yes or no"
        if schema.get("type") == "integer":
            return f"a whole number from {schema.get('minimum', 0)} to {schema.get('maximum', 'any')}"
        if schema.get("format") == "utc":
            return "a time in UTC, such as 2026-03-01 07:00"
        return str(schema.get("x-form", "text"))


def _is_word(item: Schema) -> bool:
    """Whether such a text is short and holds neither a blank nor a comma, so that several fit one answer."""
    pattern = item.get("pattern")
    return isinstance(pattern, str) and not any(re.search(pattern, text) for text in ("a b", "A,B"))


def _words(answer: str) -> list[str]:
    return [word.strip() for word in answer.split(",") if word.strip()]


def _number(answer: str) -> int:
    return reader.decimal(answer.strip())


def _truth(answer: str) -> bool:
    known = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
    word = answer.strip().lower()
    if word not in known:
        raise Fault("text.malformed", "answer yes or no")
    return known[word]


def _moment(answer: str) -> str:
    """A time as people write it, without a zone or with Z: always UTC."""
    found = _DAY.fullmatch(answer.strip())
    if not found:
        return answer.strip()
    return f"{found[1]}T{found[2] or '00:00'}:{found[3] or '00'}Z"


def _from_file(answer: str) -> Any:
    text = answer.strip()
    if text.startswith("@"):
        path = Path(text[1:].strip())
        return descriptions.parse(files.read(path), where=str(path))
    return descriptions.parse(text.encode())
