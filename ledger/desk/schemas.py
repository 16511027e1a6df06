"""Reading a type's JSON Schema from the side of the one who writes: what may stand where, and what can be filled in for him.

Nothing here judges: the vocabulary does. `completed` only adds what has one possible meaning (an absent list is empty, an
absent member that may be null is null) and puts sets in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def resolved(schema: Schema | bool, definitions: Schema) -> Schema:
    """The schema with its reference followed; what stands beside the reference wins. `true` asks nothing: {}."""
    if isinstance(schema, bool):
        return {}
    while "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**definitions["$defs"][name], **beside}
    return schema


def absolute(schema: Any, definitions: Schema) -> Any:
    """The schema with every reference written out in full, so that it can be compiled apart from its file."""
    if isinstance(schema, Mapping):
        return {
            key: f"{definitions['$id']}#/$defs/{value.rpartition('/')[2]}"
            if key == "$ref"
            else absolute(value, definitions)
            for key, value in schema.items()
        }
    return [absolute(item, definitions) for item in schema] if isinstance(schema, list) else schema


def unless_null(schema: Schema, definitions: Schema) -> Schema | None:
    """If null may stand here: the schema of the other thing that may. Else None."""
    choices = [resolved(choice, definitions) for choice in schema.get("anyOf", ())]
    others = [choice for choice in choices if choice.get("type") != "null"]
    if len(others) == 1 < len(choices):
        return {**others[0], "description": schema.get("description") or others[0].get("description", "")}
    return None


def conditional(value: Any, schema: Schema, definitions: Schema) -> Schema | None:
    """Of a schema that depends on one member (`if` it is this `then` that): the branch that `value` chose. Else None."""
    for branch in schema.get("allOf", ()):
        asked = branch.get("if", {}).get("properties", {})
        if (
            isinstance(value, dict)
            and asked
            and all(value.get(name) == row.get("const") for name, row in asked.items())
        ):
            return resolved(branch["then"], definitions)
    return None


def completed(value: Any, schema: Schema, definitions: Schema) -> Any:
    """`value` with absent members that have one possible meaning, and with sets in rising order. Faults stay as they are."""
    schema = resolved(schema, definitions)
    inner = unless_null(schema, definitions)
    if inner is not None:
        return None if value is None else completed(value, inner, definitions)
    chosen = conditional(value, schema, definitions)
    if chosen is not None:
        return completed(value, chosen, definitions)
    if isinstance(value, dict):
        return _object(value, schema, definitions)
    if isinstance(value, list) and "items" in schema:
        return _in_order([completed(item, schema["items"], definitions) for item in value], schema.get("x-sorted"))
    return value


def _object(value: Mapping[str, Any], schema: Schema, definitions: Schema) -> dict[str, Any]:
    members: Mapping[str, Schema] = schema.get("properties", {})
    others = schema.get("additionalProperties")
    found = {}
    for name, item in value.items():
        inner = members.get(name, others if isinstance(others, dict) else None)
        found[name] = completed(item, inner, definitions) if isinstance(inner, dict) else item
    for name in schema.get("required", ()):
        if name not in found and name in members:
            found.update(_absent(name, resolved(members[name], definitions), definitions))
    return found


def _absent(name: str, schema: Schema, definitions: Schema) -> dict[str, Any]:
    if unless_null(schema, definitions) is not None:
        return {name: None}
    if schema.get("type") == "array" and not schema.get("minItems"):
        return {name: []}
    if schema.get("type") == "object" and not schema.get("minProperties"):
        if "properties" not in schema:
            return {name: {}}
        filled = _object({}, schema, definitions)
        return {name: filled} if set(schema.get("required", ())) <= filled.keys() else {}
    return {}


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _in_order(items: list[Any], by: bool | str | None) -> list[Any]:
    keys = [item.get(by) if isinstance(by, str) and isinstance(item, dict) else item for item in items]
    kinds = {type(key) for key in keys}
    if not by or len(kinds) != 1 or not kinds <= {str, int}:
        return items
    return [item for _, item in sorted(zip(keys, items, strict=True), key=_first)]
