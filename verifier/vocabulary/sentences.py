"""Schema errors as sentences that a person understands: what stands there, and what was expected instead.

An error is one of jsonschema_rs; its `kind` names the keyword that refused. It is read once into what is to be said, a
template's key and its values; the templates are the section `sentences` of the labels, so that the same error can be
worded in every language. A keyword that has no template keeps the library's message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from verifier.vocabulary.wording import ENGLISH, fill, words

MOST_SHOWN = 60
MOST_OPTIONS = 12
LIBRARY = "library"
"""The key of what no template words: its one value, `message`, is said as it is."""

Say = dict[str, Any]
"""{"key": …, "values": {name: text}}; but `kinds` is a list of JSON types, `sentence` a Say, `form` a key of `forms`."""


def show(value: Any) -> str:
    """A value as it stands in a sentence: ASCII JSON, cut after 60 characters."""
    text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def worded(error: Mapping[str, Any], language: str) -> str:
    """An error of a Fault's evidence, {pointer, message, say}, in a language; its message where it holds no `say`."""
    return _worded(error["say"], language) if "say" in error else str(error["message"])


def said(error: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Say:
    """What is to be said of one error, in no language yet.

    `schema` and `definitions` are those it was found by: `x-form` there words a pattern.
    """
    name = error.kind.name
    if name in ("pattern", "format"):
        return _say("form", value=show(error.instance), form=_form(error, schema, definitions))
    if name == "propertyNames":
        return _say("name", sentence=said(error.kind.error, schema, definitions))
    reader = _READERS.get(name)
    return reader(error.kind, error.instance) if reader else _say(LIBRARY, message=str(error.message)[:200])


def order_said(value: Any, last: Any, member: str | None) -> Say:
    """What is to be said of a list in which `value` stands after `last`; `member` orders it, or its items themselves."""
    values = {"value": show(value), "last": show(last)}
    return _say("order_by", **values, member=member) if member else _say("order", **values)


def _say(key: str, **values: Any) -> Say:
    return {"key": key, "values": values}


def _worded(say: Say, language: str) -> str:
    if say["key"] == LIBRARY:
        return str(say["values"]["message"])
    templates = words(language)["sentences"]
    values = dict(say["values"])
    if "kinds" in values:
        values["kinds"] = templates["or"].join(templates["kinds"].get(name, name) for name in values["kinds"])
    if "form" in values:
        values["form"] = templates["forms"].get(values["form"], values["form"])
    if "sentence" in values:
        values["sentence"] = _worded(values["sentence"], language)
    return fill(templates[say["key"]], values)


def _form(error: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What a pattern asks: the key of `forms` whose English words are `x-form` of the schema that holds it."""
    path = list(error.schema_path)
    here: Any = definitions if path[:1] == ["$defs"] else schema
    for part in path[:-1]:
        here = here[part] if isinstance(here, list) or part in here else {}
    asked = here.get("x-form")
    forms: Mapping[str, str] = words(ENGLISH)["sentences"]["forms"]
    return "other" if asked is None else next((key for key, text in forms.items() if text == asked), str(asked))


def _missing(kind: Any, value: Any) -> Say:
    return _say("missing", member=kind.property)


def _unknown(kind: Any, value: Any) -> Say:
    return _say("unknown", member=show(min(kind.unexpected)))


def _type(kind: Any, value: Any) -> Say:
    return _say("type", kinds=list(kind.types), value=show(value))


def _const(kind: Any, value: Any) -> Say:
    return _say("const", expected=show(kind.expected_value), value=show(value))


def _enum(kind: Any, value: Any) -> Say:
    more = ", …" if len(kind.options) > MOST_OPTIONS else ""
    return _say("enum", value=show(value), options=", ".join(map(str, kind.options[:MOST_OPTIONS])) + more)


def _length(key: str) -> Callable[[Any, Any], Say]:
    return lambda kind, value: _say(key, limit=str(kind.limit))


def _bound(key: str) -> Callable[[Any, Any], Say]:
    return lambda kind, value: _say(key, value=show(value), limit=str(kind.limit))


def _twice(kind: Any, value: Any) -> Say:
    return _say("twice")


def _order(kind: Any, value: Any) -> Say:
    """The keyword is this project's: its message is what is to be said, in JSON."""
    found: Say = json.loads(kind.message)
    return found


def _no_form(kind: Any, value: Any) -> Say:
    """Of a choice of forms: where each refuses the very kind of value, the kinds that may stand here."""
    inner = [error.kind for branch in kind.context for error in branch]
    if all(found.name == "type" for found in inner):
        return _say("type", kinds=[name for found in inner for name in found.types], value=show(value))
    return _say("no_form", value=show(value))


def _choice(kind: Any, value: Any) -> Say:
    """Of alternatives told apart by a member each: which are missing, or that more than one is given."""
    names = [inner.kind.property for branch in kind.context for inner in branch if inner.kind.name == "required"]
    return _say("one_missing", members=_joined(names)) if len(names) == len(kind.context) else _say("one_only")


def _clash(kind: Any, value: Any) -> Say:
    return _say("clash", members=_joined(sorted(value)) if isinstance(value, dict) else show(value))


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names)


_READERS: Mapping[str, Callable[[Any, Any], Say]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _type,
    "const": _const,
    "enum": _enum,
    "minLength": _length("characters_least"),
    "maxLength": _length("characters_most"),
    "minItems": _length("items_least"),
    "maxItems": _length("items_most"),
    "minProperties": _length("members_least"),
    "maxProperties": _length("members_most"),
    "minimum": _bound("less"),
    "maximum": _bound("more"),
    "uniqueItems": _twice,
    "x-sorted": _order,
    "anyOf": _no_form,
    "oneOf": _choice,
    "not": _clash,
}
