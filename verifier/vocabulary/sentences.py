"""Schema errors as sentences that a person understands: what stands there, and what was expected instead.

An error is one of jsonschema_rs; its `kind` names the keyword that refused. A keyword that has no sentence here keeps
the library's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

MOST_SHOWN = 60
MOST_OPTIONS = 12
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "object": "an object",
    "string": "a text",
}


def show(value: Any) -> str:
    """A value as it stands in a sentence: ASCII JSON, cut after 60 characters."""
    text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def sentence(error: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """One error as a sentence. `schema` and `definitions` are those it was found by: `x-form` there words a pattern."""
    if error.kind.name in ("pattern", "format"):
        return f"{show(error.instance)} is not {_form(error, schema, definitions)}."
    if error.kind.name == "propertyNames":
        return f"A member's name is wrong: {sentence(error.kind.error, schema, definitions)}"
    say = _SAY.get(error.kind.name)
    return say(error.kind, error.instance) if say else str(error.message)[:200]


def _form(error: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What a pattern asks, in words: `x-form` of the schema that holds it."""
    path = list(error.schema_path)
    here: Any = definitions if path[:1] == ["$defs"] else schema
    for part in path[:-1]:
        here = here[part] if isinstance(here, list) or part in here else {}
    return str(here.get("x-form", "in the form asked for"))


def _missing(kind: Any, value: Any) -> str:
    return f"The member `{kind.property}` is missing."


def _unknown(kind: Any, value: Any) -> str:
    return f"The member {show(min(kind.unexpected))} is not known here."


def _type(kind: Any, value: Any) -> str:
    return f"Expected {' or '.join(_KINDS.get(name, name) for name in kind.types)}, not {show(value)}."


def _const(kind: Any, value: Any) -> str:
    return f"Expected {show(kind.expected_value)}, not {show(value)}."


def _enum(kind: Any, value: Any) -> str:
    more = ", …" if len(kind.options) > MOST_OPTIONS else ""
    return f"{show(value)} is none of: {', '.join(map(str, kind.options[:MOST_OPTIONS]))}{more}."


def _least(unit: str) -> Callable[[Any, Any], str]:
    return lambda kind, value: f"Expected {kind.limit} {unit} or more."


def _most(unit: str) -> Callable[[Any, Any], str]:
    return lambda kind, value: f"Expected at most {kind.limit} {unit}."


def _minimum(kind: Any, value: Any) -> str:
    return f"{show(value)} is less than {kind.limit}."


def _maximum(kind: Any, value: Any) -> str:
    return f"{show(value)} is more than {kind.limit}."


def _twice(kind: Any, value: Any) -> str:
    return "The list holds something twice."


def _custom(kind: Any, value: Any) -> str:
    return str(kind.message)


def _no_form(kind: Any, value: Any) -> str:
    """Of a choice of forms: where each refuses the very kind of value, the kinds that may stand here."""
    inner = [error.kind for branch in kind.context for error in branch]
    if all(found.name == "type" for found in inner):
        names = [_KINDS.get(name, name) for found in inner for name in found.types]
        return f"Expected {' or '.join(names)}, not {show(value)}."
    return f"{show(value)} is none of the forms that may stand here."


def _choice(kind: Any, value: Any) -> str:
    """Of alternatives told apart by a member each: which are missing, or that more than one is given."""
    names = [inner.kind.property for branch in kind.context for inner in branch if inner.kind.name == "required"]
    if len(names) == len(kind.context):
        return f"One of these members is missing: {', '.join(names)}."
    return "Only one of the members that exclude each other may be given."


def _clash(kind: Any, value: Any) -> str:
    members = ", ".join(sorted(value)) if isinstance(value, dict) else show(value)
    return f"These do not go together: {members}."


_SAY: Mapping[str, Callable[[Any, Any], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _type,
    "const": _const,
    "enum": _enum,
    "minLength": _least("characters"),
    "maxLength": _most("characters"),
    "minItems": _least("items"),
    "maxItems": _most("items"),
    "minProperties": _least("members"),
    "maxProperties": _most("members"),
    "minimum": _minimum,
    "maximum": _maximum,
    "uniqueItems": _twice,
    "x-sorted": _custom,
    "anyOf": _no_form,
    "oneOf": _choice,
    "not": _clash,
}
