"""Random rules that a text may carry: of all four kinds, on what the random logs say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
DAY = 86_400
Rule = dict[str, Any]

MEMBERS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "drill-announcement": {
        "kind": ["exercise", "test"],
        "scale": ["national", "local"],
        "sectors": ["energy", "health"],
    },
    "drill-change": {"kind": ["exercise", "test"], "scale": ["national", "local"], "sectors": ["energy", "health"]},
    "drill-report": {"announced": [True, False]},
    "incident": {"status": ["confirmed", "suspected"]},
    "incident-notification": {"stage": ["early-warning", "final-report"]},
    "clarification-response": {"extent": ["full", "partial"]},
    "line-test": {"means": ["email", "telephone"], "told_before": [True, False]},
}
"""Members that rules read and logs say, with the values that they take here."""

OWED: Sequence[tuple[str, Sequence[str], str | None, str, Sequence[str], Sequence[str]]] = (
    ("drill-announcement", ["author"], None, "", ["start", "end"], ["before", "before", "within"]),
    ("drill-announcement", ["author"], None, "", ["start"], ["before"]),
    ("drill-announcement", ["author"], None, "", ["start", "end"], ["before"]),
    ("drill-announcement", ["author"], "drill-report", "reports", ["end", "end", "start"], ["within", "before"]),
    ("drill-announcement", ["author"], "drill-report", "reports", ["witnessed"], ["within"]),
    ("drill-announcement", ["author"], "observer-invitation", "invites", ["start"], ["before"]),
    ("drill-announcement", ["addressees", "each-party"], "observer-report", "observes", ["start", "end"], ["within"]),
    ("drill-announcement", ["addressees"], "observer-report", "observes", ["witnessed", "receipt"], ["within"]),
    ("drill-announcement", ["author"], "disclosure", "discloses", ["opens"], ["within", "before"]),
    ("inventory", ["author"], "disclosure", "discloses", ["opens"], ["within", "before"]),
    ("drill-change", ["addressees", "each-party"], "acknowledgement", "acknowledges", ["witnessed"], ["within"]),
    (
        "clarification-request",
        ["addressees"],
        "clarification-response",
        "answers",
        ["witnessed", "receipt"],
        ["within"],
    ),
    ("clarification-request", ["addressees"], "clarification-response", "answers", ["reply_by"], ["within", "before"]),
    ("clarification-request", ["each-party"], "clarification-response", "answers", ["reply_by"], ["within"]),
    ("incident", ["author", "each-party"], "incident-notification", "concerns", ["aware", "witnessed"], ["within"]),
    ("incident", ["author"], None, "", ["aware"], ["within", "before"]),
    (
        "line-test",
        ["addressees"],
        "line-test-acknowledgement",
        "acknowledges",
        ["witnessed", "receipt", "sent"],
        ["within"],
    ),
    ("incident-disclosure", ["author", "each-party"], "mediation-request", "follows", ["witnessed"], ["before"]),
    ("mediation-request", ["author", "addressees"], "convening", "concerns", ["reply_by", "witnessed"], ["within"]),
)
"""Trigger, who owes, what is expected (None: itself) and how it relates, anchors, before or within."""
COUNTED: Mapping[str, Sequence[str]] = {
    "drill-announcement": ["start", "start", "end", "witnessed"],
    "clarification-request": ["witnessed", "reply_by"],
    "drill-report": ["witnessed", "end"],
    "line-test": ["witnessed", "sent"],
}
"""What limits count, by which dates."""
TRIGGERS: Mapping[str, Sequence[str]] = {
    "drills": ["drill-announcement", "drill-change", "drill-report"],
    "queries": ["clarification-request"],
    "incidents": ["incident", "incident-notification", "drill-announcement"],
    "mediation": ["incident-disclosure", "mediation-request", "incident"],
    "lines": ["line-test"],
    "seals": ["inventory", "drill-announcement"],
    "texts": [],
}
"""What rules on a theme are triggered by."""
REPEATED = ("line-test", "drill-calendar", "incident-notification", "drill-report")
OPENING_WINDOWS = ("incident-notification", "incident", "clarification-request", "drill-announcement")


class Dice:
    """Draws, one small choice at a time."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred; False is the simpler case."""
        return self.number(0, 99) >= 100 - percent


class Loaded(Dice):
    """Dice that fall as a number says."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


def duration(seconds: int) -> str:
    if seconds == 0:
        return "PT0M"
    return f"P{seconds // DAY}D" if seconds % DAY == 0 else f"PT{seconds // 3_600}H"


def days_around(epoch: int) -> list[str]:
    """Days of the year close to a moment, MM-DD, without 29 February."""
    first = datetime.fromtimestamp(epoch, UTC)
    found = [(first + timedelta(days=n)).strftime("%m-%d") for n in (-1, 0, 1, 2, 3, 40)]
    return [text for text in found if text != "02-29"]


def rules(dice: Dice, unit: int, epoch: int, most: int, themes: Sequence[str] = ()) -> list[Rule]:
    """At most so many rules of one text; durations are small multiples of `unit` (seconds), most of them on `themes`."""
    found: list[Rule] = []
    about = [name for theme in themes for name in TRIGGERS[theme]] if dice.chance(85) else []
    for n in range(dice.number(1, most)):
        made = [*[_deadline] * 4, _overdue, _recurrence, *[_limit] * 3, _window, *([_abstention] if n == 0 else [])]
        found.append({"id": f"r{n}", **dice.pick(made)(dice, unit, epoch, found, about)})
    return found


def _where(dice: Dice, name: str) -> dict[str, Any]:
    """A selector of a type, more often than not narrowed."""
    where = {
        member: sorted({dice.pick(values) for _ in range(dice.pick((1, 1, 2)))})
        for member, values in MEMBERS.get(name, {}).items()
        if dice.chance(45)
    }
    return {"type": name, **({"where": where} if where and name != "drill-change" else {})}


def _deadline(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    on, by, expected, rel, anchors, sides = dice.pick([row for row in OWED if row[0] in about] or OWED)
    expect = {"self": True} if expected is None else {**_where(dice, expected), "rel": rel}
    who, anchor = dice.pick(by), dice.pick(anchors)
    side = dice.pick(sides)
    length = duration(dice.pick((0, 1, 1, 2, 3, 5)) * unit)
    return {"kind": "deadline", "on": _where(dice, on), "by": who, "expect": expect, "anchor": anchor, side: length}


def _overdue(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    named = [rule for rule in above if rule["kind"] in ("deadline", "recurrence")]
    if not named:
        return _deadline(dice, unit, epoch, above, about)
    missed = dice.pick(named)
    root = missed
    while "overdue" in root.get("on", {}):
        root = next(rule for rule in above if rule["id"] == root["on"]["overdue"])
    repeated = root["kind"] == "recurrence"
    by = dice.pick(("debtor", "debtor", "each-party", *(() if repeated else ("author", "addressees"))))
    expect = {"type": "convening"} if repeated else {"type": "convening", "rel": "concerns"}
    length = duration(dice.pick((0, 1, 2, 4)) * unit)
    return {
        "kind": "deadline",
        "on": {"overdue": missed["id"]},
        "by": by,
        "expect": expect,
        "anchor": "due",
        "within": length,
    }


def _recurrence(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    rule: Rule = {
        "kind": "recurrence",
        "by": dice.pick(("each-pair", "each-party")),
        "expect": _where(dice, dice.pick(REPEATED)),
    }
    if dice.chance(35):
        return {**rule, "yearly": dice.pick(days_around(epoch))}
    return {**rule, "every": duration(dice.pick((3, 4, 8)) * unit)}


def _limit(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    name = dice.pick([name for name in sorted(COUNTED) if name in about] or sorted(COUNTED))
    rule: Rule = {"kind": "limit", "by": dice.pick(("each-pair", "each-party")), "of": _where(dice, name)}
    anchor = dice.pick(COUNTED[name])
    rule |= {"anchor": anchor} if anchor != "witnessed" or dice.chance(50) else {}
    rule |= {"most": dice.pick((0, 1, 1, 2))}
    span = dice.pick(("in", "in", "in", "season", ""))
    if span == "in":
        rule |= {"in": duration(dice.pick((1, 2, 3, 5)) * unit)}
    if span == "season":
        rule |= {"season": {"first": dice.pick(days_around(epoch)), "last": dice.pick(days_around(epoch))}}
    return rule


def _window(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    rule = {key: value for key, value in _limit(dice, unit, epoch, above, about).items() if key not in ("in", "season")}
    on = _where(dice, dice.pick([name for name in OPENING_WINDOWS if name in about] or OPENING_WINDOWS))
    within = duration(dice.pick((1, 2, 4)) * unit)
    return {**rule, "by": dice.pick(("author", "addressees", "each-party")), "on": on, "within": within}


def _abstention(dice: Dice, unit: int, epoch: int, above: list[Rule], about: Sequence[str]) -> Rule:
    return {"kind": "abstention", "by": "each-party", "norm": "un-norms/f", "sectors": ["health"]}
