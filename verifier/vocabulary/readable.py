"""Which members of a body a rule may read: enumerations, whole numbers, true and false, codes, digests, moments, lists of these.

Free text and composite members are never read by a rule: what decides must be said in a form that has one meaning. A text
counts as a code if its form is fixed by a pattern and it has at most 64 characters. Source: docs/CONFORMANCE.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.vocabulary import Type

MOST_CODE = 64
"""Characters of the longest text that is a code."""
_known: dict[int, tuple[Type, frozenset[str], frozenset[str]]] = {}


def readable(kind: Type, definitions: Mapping[str, Any]) -> frozenset[str]:
    """The members of this type's bodies that rules read; of a type with `changes`, the members of that."""
    return _members(kind, definitions)[1]


def moments(kind: Type, definitions: Mapping[str, Any]) -> frozenset[str]:
    """Those of them that are moments in UTC."""
    return _members(kind, definitions)[2]


def _members(kind: Type, definitions: Mapping[str, Any]) -> tuple[Type, frozenset[str], frozenset[str]]:
    found = _known.get(id(kind))
    if found is None:
        schema = kind.schema["properties"]
        members = {**schema, **schema["changes"]["properties"]} if "changes" in schema else schema
        plain = {name: _plain(inner, definitions) for name, inner in members.items()}
        codes = frozenset(name for name, inner in plain.items() if _is_readable(inner, definitions))
        dates = frozenset(name for name in codes if plain[name].get("format") == "utc")
        found = _known[id(kind)] = (kind, codes, dates)  # the type is kept, so that its id stays its own
    return found


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references, and of "this or null" the first."""
    while "$ref" in schema or "anyOf" in schema:
        if "anyOf" in schema:
            schema = next((inner for inner in schema["anyOf"] if inner.get("type") != "null"), {})
        else:
            schema = definitions["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_readable(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if "enum" in schema or "const" in schema or schema.get("type") in ("boolean", "integer"):
        return True
    if schema.get("type") == "array":
        return _is_readable(_plain(schema["items"], definitions), definitions)
    return schema.get("type") == "string" and "pattern" in schema and schema.get("maxLength", MOST_CODE) <= MOST_CODE
