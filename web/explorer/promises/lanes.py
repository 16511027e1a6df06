"""The drawing of an incident's thread: a lane a participant, an arrow a statement, a diamond a due time. Positions only.

The template draws it as SVG without a viewBox: x in percent, y in pixels, so that words keep their size. For languages that
run right to left x is mirrored here. The table beside the drawing has the same content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.explorer.wording import languages
from web.explorer.wording.words import utc

MOST = 24
"""How many rows a drawing has, the earliest; the table has all."""
_TOP, _ROW = 64, 62
_DRAWN = ("late", "overdue", "open", "undeterminable")
"""Of these obligations the due time is drawn; of one that was kept, what discharged it says so."""

Facts = Mapping[str, Any]


def drawn(lanes: Sequence[str], steps: Sequence[Facts], due: Sequence[Facts], moment: int) -> dict[str, Any] | None:
    """The drawing of a thread; None where there is nothing to place.

    `steps`, `due`: as the page's facts have them; `moment`: as of when it was judged (seconds).
    """
    said = [
        (step["witnessed_before"], 0, step) for step in steps if step["witnessed_before"] and step["party"] in lanes
    ]
    if not said:
        return None
    owed = [(one["obligation"]["due"], 1, one) for one in due if _is_drawn(one, lanes)]
    marks = sorted([*said, *owed], key=lambda mark: mark[:2])
    shown = marks[:MOST]
    spoke = {step["party"] for _, kind, step in shown if not kind}.union(
        *(step["to"] for _, kind, step in shown if not kind)
    )
    spoke |= {one["obligation"]["debtor"] for _, kind, one in shown if kind}
    drawn_lanes = [code for code in lanes if code in spoke]
    at = {code: _x(n, len(drawn_lanes)) for n, code in enumerate(drawn_lanes)}
    rows = [_due(row, at) if kind else _step(row, at, due) for _, kind, row in shown]
    now = utc(moment) or ""
    if len(shown) == len(marks):
        rows.insert(sum(row["time"] <= now for row in rows), {"kind": "now", "time": now})
    return {
        "height": _TOP + _ROW * len(rows) - 20,
        "lanes": [{"code": code, "x": x} for code, x in at.items()],
        "rows": [{**row, "y": _TOP + _ROW * n} for n, row in enumerate(rows)],
        "left": len(marks) - len(shown),
    }


def _step(step: Facts, at: Mapping[str, float], due: Sequence[Facts]) -> dict[str, Any]:
    """A statement: from its author's lane to those of its addressees; with what it discharges."""
    x = at[step["party"]]
    others = [at[code] for code in step["to"] if code in at and code != step["party"]]
    done = [one for one in due if one["obligation"]["discharged_by"] == step["id"]]
    ends = [x, *others]
    middle = (min(ends) + max(ends)) / 2
    return {
        "kind": "step",
        "x": x,
        "to": [_short(x, other) for other in others],
        "middle": round(middle, 2) if others else x,
        **(_text(middle) if others else _text(x)),
        "time": step["witnessed_before"],
        "label": step["type_label"],
        "record": step["record"],
        "done": [{"state": one["state"], "label": one["status_label"]} for one in done[:1]],
    }


def _short(x: float, other: float) -> float:
    """Where an arrow's line ends: a little before the other lane, for its head."""
    return round(other - 1.5 if other > x else other + 1.5, 2)


def _is_drawn(one: Facts, lanes: Sequence[str]) -> bool:
    owed = one["obligation"]
    return owed["due"] is not None and owed["status"] in _DRAWN and owed["debtor"] in lanes


def _due(one: Facts, at: Mapping[str, float]) -> dict[str, Any]:
    owed = one["obligation"]
    x = at[owed["debtor"]]
    return {
        "kind": "due",
        "x": x,
        **_text(x),
        "time": owed["due"],
        "label": one["what"],
        "state": one["state"],
        "status_label": one["status_label"],
    }


def _text(x: float) -> dict[str, Any]:
    """Which end of a text stands at x, so that it stays within the drawing ("start" is where the language begins a line),
    and how far beside it, in pixels."""
    if 25 <= x <= 75:
        return {"anchor": "middle", "dx": 0}
    left = x < 25
    anchor = "start" if left != (languages.current().direction == "rtl") else "end"
    return {"anchor": anchor, "dx": 10 if left else -10}


def _x(n: int, count: int) -> float:
    """Where lane `n` of `count` stands, in percent; mirrored for languages that run right to left."""
    return languages.across(50.0 if count == 1 else 8 + 84 * n / (count - 1))
