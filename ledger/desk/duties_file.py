"""The duties in a file, as `detente duties --json` wrote them on a machine with a network. Read strictly, believed for a draft.

What is wrong in it can lead to no more than a draft that is refused: the ledger judges what is handed in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ledger.desk import files
from ledger.desk.duties import LISTS, Row
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.vocabulary import validation

MOST = 64 << 20
"""Bytes of the longest file that is read."""
_HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT = {"type": "string"}
_MAYBE_HEX = {"anyOf": [_HEX, {"type": "null"}]}
_CODES = {"type": "array", "items": _TEXT}


def _object(**members: Any) -> dict[str, Any]:
    """An object that has at least these members."""
    return {"type": "object", "required": sorted(members), "properties": members}


def _nullable(schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_ANSWERS = _list(_object(type=_TEXT, party=_TEXT, statement=_HEX))
_RELATES = _list(_object(rel=_TEXT, statement=_HEX))
_TYPE = {"enum": sorted(vocabulary.load().types)}
_EXPECTED = {
    "type": "object",
    "properties": {
        "type": _TYPE,
        "where": {"type": "object", "additionalProperties": {"type": "array"}},
        "relates": _RELATES,
        "to": _CODES,
        "pointers": _CODES,
    },
}
_ANSWERED = {**_EXPECTED, "required": ["type", "where", "relates", "to"]}
_DUTY = {
    **_object(
        obligation=_HEX,
        rule=_object(id=_TEXT, source=_HEX),
        debtor=_TEXT,
        creditors=_CODES,
        status=_TEXT,
        due=_nullable(_TEXT),
        seconds_left=_nullable({"type": "integer"}),
        root=_MAYBE_HEX,
        expected=_nullable(_EXPECTED),
        without_answer=_nullable(_TEXT),
        pending=_MAYBE_HEX,
        answers=_ANSWERS,
    ),
    "if": {"properties": {"without_answer": {"type": "null"}}},
    "then": {"properties": {"expected": _ANSWERED}},
}
_SETTLED = _object(
    obligation=_HEX,
    rule=_TEXT,
    source=_HEX,
    debtor=_TEXT,
    creditors=_CODES,
    status=_TEXT,
    root=_MAYBE_HEX,
    discharged=_nullable(_object(statement=_HEX, record={"type": "integer"}, before=_TEXT)),
    answers=_ANSWERS,
)
_WAITING = _object(statement=_HEX, type=_TYPE)
_SAID = _object(statement=_HEX, obligations=_list(_HEX))
_WORLD = {
    "owed": _list(_DUTY),
    "owing": _list(_DUTY),
    "acknowledge": _list(_WAITING),
    "said": _list(_SAID),
    "settled": _list(_SETTLED),
}
_STATEMENT = _object(
    record={"type": "integer"},
    type=_TYPE,
    party=_TEXT,
    addressees=_CODES,
    before=_TEXT,
    title=_nullable(_TEXT),
    fields={"type": "object"},
    body=_nullable({"type": "object"}),
)
_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        ledger=_TEXT,
        charter=_HEX,
        party=_TEXT,
        asked=_TEXT,
        as_of=_nullable(_TEXT),
        audit=_object(
            exit={"type": "integer"}, verdict=_TEXT, findings=_list(_object(code=_TEXT, message=_TEXT, next=_TEXT))
        ),
        exercises=_list(_object(drill=_HEX, **_WORLD)),
        statements={"type": "object", "additionalProperties": _STATEMENT},
        desk=_object(party={"type": "object"}, charter={}),
        **_WORLD,
    ),
}


@cache
def _validator() -> Any:
    return validation.compiled(_SCHEMA, vocabulary.load().definitions)


def read(path: Path) -> Row:
    """The duties in a file. Raises Fault `desk.duties-malformed` (cut, edited by hand, another file), `desk.unreadable`."""
    raw = files.read(path, most=MOST)
    try:
        value = canonical.parse(raw.removesuffix(b"\n"), where=str(path))
    except Fault as fault:
        raise Fault("desk.duties-malformed", fault.message, where=str(path)) from fault
    wrong = next(_validator().iter_errors(value), None)
    if wrong is not None:
        place = "".join(f"/{part}" for part in wrong.instance_path)
        raise Fault("desk.duties-malformed", str(wrong.message)[:200], where=f"{path} {place}".strip())
    found: Row = value
    named = _named(found)
    if not named <= found["statements"].keys():
        missing = min(named - found["statements"].keys())
        raise Fault("desk.duties-malformed", f"it names the statement {missing} and does not hold it", where=str(path))
    return found


def _named(value: Row) -> set[str]:
    """The statements that an answer is drafted from."""
    found: set[str] = set()
    for world in (value, *value["exercises"]):
        for name in LISTS:
            found |= {one for row in world[name] for one in (row.get("root"), row.get("statement")) if one}
    return found
