"""What a schema cannot say of a text's rules: that they name only what exists, and that what they ask can be done.

A rule that passes here can be judged; whether it was kept is conformance.
Source: docs/VOCABULARY.md, "Rules", and docs/CONFORMANCE.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verifier.errors import Fault
from verifier.formats import times
from verifier.vocabulary.readable import moments, readable

if TYPE_CHECKING:
    from verifier.vocabulary import Type, Vocabulary

WITNESSED, RECEIPT, DUE, OPENS = "witnessed", "receipt", "due", "opens"
"""What a rule may count from beside a date: see docs/CONFORMANCE.md, "Deadlines"."""
SHORTEST_PERIOD = 3_600
"""Seconds. A recurrence or a limit counts by periods of an hour or more."""


def check_rules(rules: Sequence[Any], vocabulary: Vocabulary, *, where: str = "/body/rules") -> None:
    """Check the rules of one text together, in their order.

    1. Each has the form of its kind.  2. Ids are unique, and a rule names only rules above it.  3. Types, fields and
    values exist.  4. Anchors are dates of the statement they are read from.  5. The relation asked for can hold.
    6. `by` names somebody who can do it. Raises Fault `rule.…`, where = pointer below `where`.
    """
    above: dict[str, Mapping[str, Any]] = {}
    for n, rule in enumerate(rules):
        here = f"{where}/{n}"
        _check_form(rule, vocabulary, here)
        if rule["id"] in above:
            raise Fault("rule.id", f"two rules are called {rule['id']!r}", where=f"{here}/id")
        _KINDS[rule["kind"]](rule, above, vocabulary, here)
        above[rule["id"]] = rule


def _check_form(rule: Any, vocabulary: Vocabulary, where: str) -> None:
    found = vocabulary.rule_errors(rule)
    if found:
        errors = [{**row, "pointer": where + row["pointer"].removeprefix("/body")} for row in found]
        raise Fault("rule.schema", errors[0]["message"], where=errors[0]["pointer"], evidence={"errors": errors})


def _deadline(rule: Mapping[str, Any], above: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> None:
    trigger = _trigger_type(rule, above, vocabulary, where)
    if "where" in rule["on"]:
        _selected(rule["on"], vocabulary, f"{where}/on")
    overdue = "overdue" in rule["on"]
    if rule["by"] == "debtor" and not overdue:
        raise Fault("rule.debtor", "only an overdue obligation has a debtor; name others", where=f"{where}/by")
    if trigger is None and rule["by"] in ("author", "addressees"):
        raise Fault("rule.debtor", "a missed recurrence has no author and no addressees", where=f"{where}/by")
    if overdue and "before" in rule:
        told = "what is due before something was missed cannot be done: say `within`"
        raise Fault("rule.anchor", told, where=f"{where}/before")
    _check_deadline_anchor(rule["anchor"], rule["by"], trigger, overdue, f"{where}/anchor")
    if "self" in rule["expect"]:
        _check_self(rule, overdue, where)
    elif rule["anchor"] == OPENS:
        _check_opening(rule, vocabulary, where)
    else:
        _check_expected(rule, trigger, _selected(rule["expect"], vocabulary, f"{where}/expect"), f"{where}/expect")


def _trigger_type(rule: Mapping[str, Any], above: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> Type | None:
    """The type of the statement at the root of the trigger; None where it is a recurrence, which none starts."""
    on = rule["on"]
    while "overdue" in on:
        named = above.get(on["overdue"])
        if named is None:
            message = f"no rule above is called {on['overdue']!r}"
            raise Fault("rule.order", message, where=f"{where}/on/overdue", evidence={"above": sorted(above)})
        if named["kind"] == "recurrence":
            return None
        if named["kind"] != "deadline":
            raise Fault("rule.trigger", f"a rule of kind {named['kind']} is never overdue", where=f"{where}/on/overdue")
        on = named["on"]
    return _type(on["type"], vocabulary, f"{where}/on/type")


def _check_deadline_anchor(anchor: str, by: str, trigger: Type | None, overdue: bool, where: str) -> None:
    if overdue and anchor != DUE:
        raise Fault("rule.anchor", "a rule on something overdue counts from `due`", where=where)
    if overdue:
        return
    receipt = (RECEIPT,) if by == "addressees" else ()
    known = (WITNESSED, *receipt, OPENS, *(trigger.anchors if trigger else ()))
    if anchor not in known:
        raise _no_anchor(anchor, trigger, known, where)


def _check_self(rule: Mapping[str, Any], overdue: bool, where: str) -> None:
    if overdue:
        raise Fault("rule.trigger", "what is overdue cannot discharge itself", where=f"{where}/expect/self")
    if rule["by"] != "author":
        raise Fault("rule.debtor", "only its author owes the trigger itself", where=f"{where}/by")
    if rule["anchor"] in (WITNESSED, OPENS):
        raise Fault("rule.anchor", "the trigger itself is measured by a date in it", where=f"{where}/anchor")


def _check_opening(rule: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> None:
    """What a statement seals is opened by its own author, by a statement that holds disclosures."""
    if rule["by"] != "author":
        raise Fault("rule.debtor", "only its author can open what a statement seals", where=f"{where}/by")
    expected = _selected(rule["expect"], vocabulary, f"{where}/expect")
    opening = [row.rel for row in expected.relations if "disclosures" in expected.schema["properties"]]
    if rule["expect"].get("rel") not in opening:
        told = "an opening date is met by a disclosure that discloses the statement"
        raise Fault("rule.relation", told, where=f"{where}/expect", evidence={"possible": opening})


def _check_expected(rule: Mapping[str, Any], trigger: Type | None, expected: Type, where: str) -> None:
    """The relation must be possible: from what is expected to the trigger, which is the earlier one.

    But where something must have come before the trigger was witnessed, only the trigger can name it.
    """
    rel = rule["expect"].get("rel")
    if trigger is None:
        if rel is not None:
            raise Fault("rule.relation", "a missed recurrence is no statement to relate to", where=f"{where}/rel")
        return
    if rel is None:
        raise Fault("rule.relation", "`rel` must say how it belongs to the trigger", where=f"{where}/rel")
    came_first = "before" in rule and rule["anchor"] == WITNESSED
    source, target = (trigger, expected) if came_first else (expected, trigger)
    rows = [row for row in source.relations if row.rel == rel and row.admits(target.name)]
    if not rows:
        known = sorted({row.rel for row in source.relations if row.admits(target.name)})
        message = f"a {source.name} cannot stand in relation {rel!r} to a {target.name}"
        raise Fault("rule.relation", message, where=f"{where}/rel", evidence={"possible": known})
    if rule["by"] == "addressees" and all(row.own for row in rows):
        message = f"{rel!r} needs a statement of the same party, so addressees can never owe it"
        raise Fault("rule.debtor", message, where=f"{where.removesuffix('/expect')}/by")


def _recurrence(rule: Mapping[str, Any], above: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> None:
    _selected(rule["expect"], vocabulary, f"{where}/expect")
    _check_period(rule, "every", where)


def _limit(rule: Mapping[str, Any], above: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> None:
    counted = _selected(rule["of"], vocabulary, f"{where}/of")
    known = (WITNESSED, *counted.anchors)
    if rule.get("anchor", WITNESSED) not in known:
        raise _no_anchor(rule["anchor"], counted, known, f"{where}/anchor")
    if "on" in rule:
        _selected(rule["on"], vocabulary, f"{where}/on")
        if rule["by"] == "each-pair":
            raise Fault(
                "rule.debtor", "a trigger names who owes: author, addressees or each-party", where=f"{where}/by"
            )
    elif rule["by"] in ("author", "addressees"):
        raise Fault("rule.debtor", f"without a trigger there is no {rule['by']}", where=f"{where}/by")
    _check_period(rule, "in", where)
    _check_period(rule, "within", where)


def _abstention(rule: Mapping[str, Any], above: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> None:
    """Nothing to add: its form says all that the log can check."""


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Vocabulary, str], None]] = {
    "deadline": _deadline,
    "recurrence": _recurrence,
    "limit": _limit,
    "abstention": _abstention,
}


def _check_period(rule: Mapping[str, Any], member: str, where: str) -> None:
    if member in rule and times.parse_duration(rule[member]) < SHORTEST_PERIOD:
        raise Fault("rule.period", f"{rule[member]} is less than an hour", where=f"{where}/{member}")


def _no_anchor(anchor: str, kind: Type | None, known: Sequence[str], where: str) -> Fault:
    what = f"a {kind.name}" if kind else "what starts this rule"
    return Fault("rule.anchor", f"{what} has no date {anchor!r} to count from; it has: {', '.join(known)}", where=where)


def _type(name: str, vocabulary: Vocabulary, where: str) -> Type:
    found = vocabulary.types.get(name)
    if found is None:
        raise Fault("rule.type", f"the vocabulary has no statement type {name!r}", where=where)
    return found


def _selected(selector: Mapping[str, Any], vocabulary: Vocabulary, where: str) -> Type:
    """The type that a selector names, once its fields and their values are found possible."""
    kind = _type(selector["type"], vocabulary, f"{where}/type")
    for field, values in selector.get("where", {}).items():
        schema = kind.schema["properties"].get(field)
        if schema is None:
            raise Fault("rule.field", f"a {kind.name} has no field {field!r}", where=f"{where}/where/{field}")
        if field not in readable(kind, vocabulary.definitions) or field in moments(kind, vocabulary.definitions):
            told = f"{field!r} of a {kind.name} is free text, a moment or a composite: `where` reads none of these"
            raise Fault("rule.field", told, where=f"{where}/where/{field}")
        for n, value in enumerate(values):
            if not _possible(value, schema, vocabulary.definitions):
                message = f"the field {field!r} of a {kind.name} is never {value!r}"
                raise Fault("rule.field", message, where=f"{where}/where/{field}/{n}")
    return kind


def _possible(value: Any, schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether a field, or an item of it, may have this value, as far as enumerations and plain types tell."""
    if "$ref" in schema:
        return _possible(value, definitions["$defs"][schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return any(_possible(value, choice, definitions) for choice in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    if schema.get("type") == "array":
        return _possible(value, schema["items"], definitions)
    plain = {"boolean": bool, "integer": int, "string": str}.get(schema.get("type", ""))
    return plain is not None and type(value) is plain
