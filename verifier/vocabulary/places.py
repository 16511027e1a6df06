"""What may stand at one place of a body: a value that is opened later is judged by the schema of its place.

The rest of the body is not at hand then, so conditions between members (`if`, `dependentRequired`) are not asked again.
Source: JSON Schema 2020-12, sections 10.2.1 and 10.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from verifier.errors import Fault
from verifier.vocabulary import Type, Vocabulary
from verifier.vocabulary.validation import compiled

_CHOICES = ("anyOf", "oneOf")
_HERE = "#/$defs/type"


def check_value(vocabulary: Vocabulary, kind: Type, pointer: str, value: Any, *, where: str = "") -> None:
    """Check that `value` may stand at `pointer` ("/body/…") in a body of type `kind`. Raises Fault `disclosure.value`."""
    if not any(_validator(vocabulary, kind, ref).is_valid(value) for ref in _places(vocabulary, kind, pointer)):
        raise Fault(
            "disclosure.value", f"the value opened at {pointer} is none that a {kind.name} has there", where=where
        )


def _places(vocabulary: Vocabulary, kind: Type, pointer: str) -> list[str]:
    """The addresses of the schemas that the place can have."""
    schemas: list[tuple[str, Mapping[str, Any]]] = [(_HERE, kind.schema)]
    for part in pointer.split("/")[2:]:
        name = part.replace("~1", "/").replace("~0", "~")
        schemas = [inner for ref, schema in schemas for inner in _steps(vocabulary, ref, schema, name)]
    return [ref for ref, _ in schemas]


@cache
def _validator(vocabulary: Vocabulary, kind: Type, ref: str) -> Any:
    whole = {key: value for key, value in kind.schema.items() if key not in ("$id", "$schema")}
    head = {"$schema": kind.schema["$schema"], "$id": kind.schema["$id"], "$defs": {"type": whole}}
    return compiled({**head, "$ref": ref}, vocabulary.definitions)


def _steps(
    vocabulary: Vocabulary, ref: str, schema: Mapping[str, Any], name: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas of the member or item `name` of what `schema` describes, each with its address."""
    for here, plain in _plain(vocabulary, ref, schema):
        if name in plain.get("properties", {}):
            yield f"{here}/properties/{name}", plain["properties"][name]
        elif isinstance(plain.get("additionalProperties"), dict):
            yield f"{here}/additionalProperties", plain["additionalProperties"]
        elif isinstance(plain.get("items"), dict) and name.isdecimal():
            yield f"{here}/items", plain["items"]


def _plain(
    vocabulary: Vocabulary, ref: str, schema: Mapping[str, Any] | bool
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas behind references and choices. One that is `true` or `false` says nothing of places inside."""
    if isinstance(schema, bool):
        return
    yield ref, schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = f"{vocabulary.definitions['$id']}#/$defs/{name}"
        yield from _plain(vocabulary, target, vocabulary.definitions["$defs"][name])
    for choice in _CHOICES:
        for n, branch in enumerate(schema.get(choice, ())):
            yield from _plain(vocabulary, f"{ref}/{choice}/{n}", branch)
