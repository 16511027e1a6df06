"""From a duty to the draft of its answer: type, relations, addressees, marking, and what of the body is certain.

Everything follows from the rule (what it expects, where), from the vocabulary (which relation a type has, and when) and
from the statement that is answered; no statement type has a rule of its own here. Words are left to those who answer.
Source: docs/CONFORMANCE.md, "Deadlines"; docs/VOCABULARY.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.desk.duties import LIMIT, TOO_LATE, Row
from ledger.desk.duties_said import ACKNOWLEDGES
from ledger.desk.schemas import resolved, unless_null
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats.reader import shown
from verifier.vocabulary import Relation, Type
from verifier.vocabulary.readable import readable

LEAST_DIGITS = 12
REPLY = "reply"
"""What a statement on a party's conduct is answered by, unless it names another way: the right of reply."""
_HEX = frozenset("0123456789abcdef")
_NAMES = frozenset({"line"})
"""Definitions of texts that name a thing rather than tell of it."""


class Target(NamedTuple):
    """What an id names. `room`: the list that it stands in; `exercise`: the drill in whose rehearsal, or None."""

    room: str
    row: Row
    exercise: str | None

    @property
    def id(self) -> str:
        """The obligation's id, or that of the statement that waits."""
        return str(self.row.get("obligation") or self.row["statement"])


@dataclass
class Plan:
    """A draft before anybody has said a word. `fixed`: body members that decide whether it counts; `taken`: those copied
    from the party's own statement that it goes on from; `narrowed`: member -> values of which it must have one.

    `opens`: where it opens what was sealed, the pointers; `about`: ids of statements to show to whoever writes.
    """

    type: str
    relates: list[dict[str, str]]
    addressees: list[str]
    exercise: str | None = None
    fixed: dict[str, Any] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)
    narrowed: dict[str, list[Any]] = field(default_factory=dict)
    opens: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    pending: str | None = None

    @property
    def kind(self) -> Type:
        """The type in the vocabulary."""
        return vocabulary.load().types[self.type]

    def body(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The members that are known: what is `given`, and what follows. Raises Fault `answer.differs` if they contradict."""
        for name, value in self.fixed.items():
            if name in given and given[name] != value:
                told = f"{name} must be {value!r} for the answer to count, the file says {given[name]!r}"
                raise Fault("answer.differs", told, where=f"/body/{name}")
        return {**self.taken, **given, **self.fixed}

    def require_fit(self, body: Mapping[str, Any]) -> None:
        """Check that the body has the values to which the rule narrows it. Raises Fault `answer.differs`."""
        for name, values in self.narrowed.items():
            held = body.get(name)
            if not any(one in values for one in (held if isinstance(held, list) else [held])):
                wanted = " or ".join(repr(value) for value in values)
                raise Fault("answer.differs", f"{name} must be {wanted} for the answer to count", where=f"/body/{name}")


def find(value: Row, text: str) -> Target:
    """What an id, or 12 digits of one or more, names among the duties. Raises Fault `answer.unknown`, `answer.ambiguous`."""
    if not LEAST_DIGITS <= len(text) <= 64 or not set(text) <= _HEX:
        told = f"{shown(text)} is no id: {LEAST_DIGITS} to 64 hexadecimal digits in lower case"
        raise Fault("answer.unknown", told, where="ID")
    found = {target.id: target for target in _targets(value) if target.id.startswith(text)}
    if not found:
        told = (
            f"{text} is neither an obligation of or towards {value['party']}, nor a statement that waits for its word"
        )
        raise Fault("answer.unknown", told, where="ID")
    if len(found) > 1:
        raise Fault("answer.ambiguous", f"{text} may be any of {', '.join(sorted(found))}", where="ID")
    return next(iter(found.values()))


def _targets(value: Row) -> Iterator[Target]:
    """Everything that can be named; where a statement waits for two things, the graver one comes last and stays."""
    for world in (value, *value["exercises"]):
        for room in ("settled", "owing", "owed", "acknowledge", "said"):
            for row in world[room]:
                yield Target(room, row, world.get("drill"))


def plan(value: Row, target: Target) -> Plan:
    """The draft that answers a duty or a statement. Raises Fault `answer.settled`, `answer.debtor`, `answer.none`."""
    if target.room == "acknowledge":
        return _acknowledged(value, target)
    if target.room == "said":
        return replied(value, target, REPLY)
    return _owed(value, target)


def _acknowledged(value: Row, target: Target) -> Plan:
    row = target.row
    author = value["statements"][row["statement"]]["party"]
    relates = [{"rel": ACKNOWLEDGES, "statement": row["statement"]}]
    return Plan(row["type"], relates, [author], target.exercise, about=[row["statement"]])


def replied(value: Row, target: Target, type_name: str) -> Plan:
    """The answer to what was said, by a type that may relate to anything. It goes to all who were told, or to everybody."""
    row = target.row
    said = value["statements"][row["statement"]]
    told = [*said["addressees"], said["party"]] if said["addressees"] else []
    relates = [{"rel": vocabulary.load().types[type_name].relations[0].rel, "statement": row["statement"]}]
    addressees = sorted({code for code in told if code != value["party"]})
    fixed = {"obligations": row.get("obligations", [])}
    return Plan(type_name, relates, addressees, fixed=fixed, about=[row["statement"]])


def _owed(value: Row, target: Target) -> Plan:
    row, expected = target.row, target.row.get("expected")
    if row["debtor"] != value["party"]:
        told = f"it is owed by {row['debtor']}, not by {value['party']}"
        raise Fault("answer.debtor", told, where=target.id, evidence={"debtor": row["debtor"], "rule": rule_id(row)})
    if target.room == "settled":
        raise _settled(target)
    if row["without_answer"] == LIMIT:
        raise Fault("answer.none", "it asks to hold back, and no statement meets that", where=target.id)
    if expected is None:
        why = (
            "what meets it could only have come before"
            if row["without_answer"] == TOO_LATE
            else "the log cannot see it"
        )
        raise Fault("answer.none", f"no statement meets it: {why}", where=target.id)
    found = Plan(
        type=expected["type"],
        relates=[dict(one) for one in expected["relates"]],
        addressees=list(expected["to"]),
        exercise=target.exercise,
        opens=list(expected.get("pointers", ())),
        about=[one for one in (row["root"],) if one],
        pending=row["pending"],
    )
    _narrow(found, expected["where"])
    for row_of in _relations(found):
        _narrow(found, row_of.when or {})
        if row_of.own and row["root"] is not None:
            found.taken |= _continued(found.kind, value["statements"][row["root"]])
    found.taken = {name: held for name, held in found.taken.items() if name not in found.fixed}
    return found


def rule_id(row: Row) -> str:
    """The id of the rule that an obligation is owed by."""
    return str(row["rule"] if isinstance(row["rule"], str) else row["rule"]["id"])


def _settled(target: Target) -> Fault:
    row = target.row
    by = row["discharged"]
    told = f"the obligation under rule {rule_id(row)} is {row['status']}"
    if by is not None:
        told += f": by the statement {by['statement']} in record {by['record']}, public at the latest at {by['before']}"
    return Fault("answer.settled", told, where=target.id, evidence={"status": row["status"]})


def _relations(found: Plan) -> list[Relation]:
    rels = {one["rel"] for one in found.relates}
    return [row for row in found.kind.relations if row.rel in rels]


def _narrow(found: Plan, where: Mapping[str, Sequence[Any]]) -> None:
    """One value that a field must have is filled in; of several, or in a list, one is left to choose."""
    held = vocabulary.load()
    for name, values in where.items():
        if name not in found.kind.schema["properties"]:
            raise Fault("desk.duties-malformed", f"a {found.type} has no member {shown(name)}", where="where")
        schema = resolved(found.kind.schema["properties"][name], held.definitions)
        schema = unless_null(schema, held.definitions) or schema
        if len(values) == 1 and schema.get("type") != "array":
            found.fixed[name] = values[0]
        else:
            found.narrowed[name] = list(values)


def _continued(kind: Type, said: Row) -> dict[str, Any]:
    """What a party's own statement already says in the same form: codes, numbers, dates as changed, and names of things."""
    held = vocabulary.load()
    earlier = held.types[said["type"]]
    found: dict[str, Any] = {}
    for name, schema in kind.schema["properties"].items():
        if _form(schema) != _form(earlier.schema["properties"].get(name, {})) or "anyOf" in schema:
            continue  # of another form, or a member that each statement may leave out
        if name in readable(kind, held.definitions):
            value = said["fields"].get(name)
        else:
            named = str(schema.get("$ref", "")).rpartition("/")[2] in _NAMES
            value = (said["body"] or {}).get(name) if named else None
        if value is not None:
            found[name] = value
    return found


def _form(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "description"}
