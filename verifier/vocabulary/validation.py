"""Judging bodies by their schema: the compiled validator, its own keywords and formats, and which errors count.

Two things a schema alone cannot say are added here, for every type alike: `x-sorted` (a set stands in rising order) and
the formats `utc` and `duration` (a moment of the real calendar, a length of time). Source: JSON Schema 2020-12.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import jsonschema_rs

from verifier.errors import Fault
from verifier.formats import times
from verifier.vocabulary.sentences import order_said, said, worded
from verifier.vocabulary.wording import ENGLISH

MOST_ERRORS = 5


class _Sorted:
    """Keyword `x-sorted`: true, or the member that orders a list of objects. Nulls (sealed items) have no order."""

    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]) -> None:
        self._member = None if value is True else value

    def validate(self, instance: Any) -> None:
        """Raises ValueError unless the items rise strictly; its text is what is to be said of it, as JSON."""
        if not isinstance(instance, list):
            return
        last = None
        for item in instance:
            key = item.get(self._member) if self._member and isinstance(item, dict) else item
            if key is None:
                continue
            if last is not None and not _rises(last, key):
                raise ValueError(json.dumps(order_said(key, last, self._member)))
            last = key


def _rises(last: Any, key: Any) -> bool:
    """Whether one JSON value comes after another of its kind; objects have no order."""
    try:
        return type(key) is type(last) and bool(last < key)
    except TypeError:
        return False


def _is_utc(text: str) -> bool:
    try:
        times.parse_utc(text)
    except Fault:
        return False
    return True


def _is_duration(text: str) -> bool:
    try:
        times.parse_duration(text)
    except Fault:
        return False
    return True


def _of_two(schema: Any) -> Any:
    """The schema with `x-sorted` asked of lists of two and more alone: most have fewer, and calling back is what costs."""
    if isinstance(schema, list):
        return [_of_two(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {name: _of_two(member) for name, member in schema.items()}
    if "x-sorted" in found:
        found |= {"if": {"minItems": 2}, "then": {"x-sorted": found.pop("x-sorted")}}
    return found


def compiled(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator of `schema`, whose references into `definitions` are resolved from memory, never from a network."""
    return jsonschema_rs.Draft202012Validator(
        _of_two(schema),
        registry=jsonschema_rs.Registry([(definitions["$id"], _of_two(definitions))]),
        formats={"utc": _is_utc, "duration": _is_duration},
        validate_formats=True,
        keywords={"x-sorted": _Sorted},
        offline=True,
    )


def check_sealed(body: Any, sealed: Collection[str], clear: Collection[str]) -> None:
    """Refuse a sealed pointer that hides what must be readable (`clear`), or at which the body holds no null."""
    for pointer in sorted(sealed):
        for open_one in clear:
            if f"{pointer}/".startswith(f"{open_one}/") or f"{open_one}/".startswith(f"{pointer}/"):
                message = f"{open_one} must be readable, so {pointer} cannot be sealed"
                raise Fault("statement.sealed", message, where=pointer)
        if not _holds_null(body, pointer):
            raise Fault("statement.sealed", "the body must hold null where a value is sealed", where=pointer)


def _holds_null(body: Any, pointer: str) -> bool:
    """Whether `pointer` ("/body/…") leads to a null. Positions in lists are written as in RFC 6901: no sign."""
    here: Any = {"body": body}
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list):
            positions = {str(n): item for n, item in enumerate(here)}
            if name not in positions:
                return False
            here = positions[name]
        else:
            return False
    return here is None


def errors(
    validator: jsonschema_rs.Draft202012Validator,
    body: Any,
    sealed: Collection[str],
    schema: Mapping[str, Any],
    definitions: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The first few errors of `body` that sealing does not explain: {pointer, message, say}, pointers from "/body" on.

    `message` is English; `say` is what sentences.worded needs to word it in another language.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for error in validator.iter_errors(body):
        if _forgiven(error, sealed):
            continue
        for leaf in _leaves(error):
            pointer, say = _pointer(leaf), said(leaf, schema, definitions)
            message = worded({"say": say}, ENGLISH)
            found.setdefault((pointer, message), {"pointer": pointer, "message": message, "say": say})
        if len(found) >= MOST_ERRORS:
            break
    return list(found.values())[:MOST_ERRORS]


def _pointer_of(path: list[str | int]) -> str:
    return "/body" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _pointer(error: Any) -> str:
    """Where the error is; of a missing or unknown member, where that member would be or is."""
    kind, path = error.kind, list(error.instance_path)
    if kind.name == "required":
        path.append(kind.property)
    elif kind.name == "additionalProperties":
        path.append(sorted(kind.unexpected)[0])
    return _pointer_of(path)


def _forgiven(error: Any, sealed: Collection[str]) -> bool:
    """Whether the error only says that a sealed value is null."""
    if not sealed:
        return False
    where = _pointer_of(error.instance_path)
    if error.instance is None and where in sealed:
        return True
    if error.kind.name in ("anyOf", "oneOf") and hasattr(error.kind, "context"):
        return any(branch and all(_forgiven(inner, sealed) for inner in branch) for branch in error.kind.context)
    if error.kind.name == "uniqueItems":
        shown = [json.dumps(item) for n, item in enumerate(error.instance) if f"{where}/{n}" not in sealed]
        return len(shown) == len(set(shown))
    return False


def _leaves(error: Any) -> list[Any]:
    """An error, or for a choice of schemas the errors of the branch that came closest (null is never close)."""
    if error.kind.name != "anyOf":
        return [error]
    branches = [b for b in error.kind.context if not any(_only_type(e, error) for e in b)]
    return [leaf for inner in branches[0] for leaf in _leaves(inner)] if len(branches) == 1 else [error]


def _only_type(inner: Any, outer: Any) -> bool:
    return inner.kind.name == "type" and list(inner.instance_path) == list(outer.instance_path)
