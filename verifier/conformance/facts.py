"""What rules may read of one statement, taken from its body once it was found well made. Small and picklable.

Source: docs/CONFORMANCE.md, section "What is judged".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from verifier import sealing
from verifier.formats.times import parse_utc
from verifier.statement import Statement
from verifier.vocabulary import Type
from verifier.vocabulary.readable import MOST_CODE, moments, readable


class Facts(NamedTuple):
    """`fields` and `sealed` as in an Event."""

    fields: dict[str, Any]
    sealed: tuple[tuple[str, int | None], ...]


def facts(said: Statement, kind: Type, definitions: Mapping[str, Any]) -> Facts:
    """The facts of a statement of this type, which its schema has accepted. Raises Fault `disclosure.malformed`."""
    dates = moments(kind, definitions)
    changes = said.body.get("changes")
    body = {**said.body, **changes} if isinstance(changes, dict) else said.body
    fields: dict[str, Any] = {}
    for name in readable(kind, definitions):
        value = body.get(name)
        if type(value) is list:
            value = [item for item in value if item is not None]
        if value is not None:
            fields[name] = parse_utc(value) if name in dates else value
    for name, kept_as, read in _WHOLE:
        if body.get(name):
            fields[kept_as] = read(body[name])
    sealed = tuple((row["pointer"], None if row["opens"] is None else parse_utc(row["opens"])) for row in said.sealed)
    return Facts(fields, sealed)


def _revoked(rows: Any) -> list[list[Any]]:
    return [[row["signer"], row["from_record"]] for row in rows]


def _opened(rows: Any) -> list[list[Any]]:
    """[pointer, whether there is a value, the value if a rule could read it] of each disclosure."""
    return [[row["pointer"], *_shown(row["disclosure"])] for row in rows]


def _shown(text: str) -> Iterator[Any]:
    opened = sealing.read(text, where="/body/disclosures")
    yield opened.name is not None
    yield opened.value if _is_short(opened.value) else None


def _is_short(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_short(item) and not isinstance(item, list) for item in value)
    return isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= MOST_CODE)


_WHOLE: tuple[tuple[str, str, Callable[[Any], list[Any]]], ...] = (
    ("rules", "rules", list),
    ("revoked", "revoked", _revoked),
    ("disclosures", "opened", _opened),
)
"""(member, as which it is kept, how): composites that decide who is bound, what is contested and what is opened."""
