"""Drawings of time: a month with its drills, tests and due dates; the weeks ahead with their drills. Positions only.

The templates draw them as SVG without a viewBox: x in percent, y in pixels, so that words keep their size. For languages
that run right to left x is mirrored here. A list beside each drawing has the same content.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from typing import Any

from web.explorer.copy.judged_types import Drill, Owed
from web.explorer.copy.rows import Row
from web.explorer.promises import words as told
from web.explorer.promises.drills import DAY
from web.explorer.promises.matrix import first_second, next_month
from web.explorer.wording import languages
from web.explorer.wording.languages import across
from web.explorer.wording.words import utc

_BAR, _TOP = 31, 32
_WEEKS = 6
"""How many weeks the drawing on the first page spans, from the Monday of the one before."""


def drawn_weeks(drills: Sequence[Drill], moment: int) -> dict[str, Any]:
    """The drills of the weeks around a moment (seconds, UTC): a bar each, a line for each Monday, one for now."""
    start = (moment // DAY - _weekday(moment // DAY * DAY, 1) - 7) * DAY
    end = start + _WEEKS * 7 * DAY
    within = [one for one in drills if one.start < end and (one.end or one.start + DAY) > start]
    mondays = [start + 7 * DAY * n for n in range(_WEEKS)]
    return {
        "from": utc(start),
        "to": utc(end - 1),
        "height": _TOP + len(within) * _BAR + (4 if within else 24),
        "bars": _bars(within, start, end),
        "mondays": [(utc(at), across(_at(at, start, end))) for at in mondays],
        "now": across(_at(moment, start, end)),
    }


def drawn_month(month: str, drills: list[Drill], tests: list[Row], dues: list[Owed], moment: int) -> dict[str, Any]:
    """A month drawn: weekends, days, a bar a drill, a dot a line test, a ring a due. x in percent, mirrored for right to left."""
    start, end = first_second(month), first_second(next_month(month))
    days = monthrange(int(month[:4]), int(month[5:]))[1]
    within = [one for one in drills if one.start < end and (one.end or one.start) >= start]
    height = _TOP + len(within) * _BAR + (24 if tests or dues else 0) + (24 if not (within or tests or dues) else 4)
    return {
        "month": month,
        "name": told.month(month),
        "height": height,
        "bars": _bars(within, start, end),
        "line": height - 12,
        "tests": [
            across(_at(row.witnessed_before or 0, start, end))
            for row in tests
            if start <= (row.witnessed_before or 0) < end
        ],
        "dues": [(across(_at(one.due or 0, start, end)), one.status) for one in dues if start <= (one.due or 0) < end],
        "weekends": [
            _bar(100 * (day - 1) / days, 100 / days) for day in range(1, days + 1) if _weekday(start, day) > 4
        ],
        "mondays": [(day, across(100 * (day - 1) / days)) for day in range(1, days + 1) if _weekday(start, day) == 0],
        "now": across(_at(moment, start, end)) if start <= moment < end else None,
    }


def _weekday(start: int, day: int) -> int:
    """0 Monday to 6 Sunday of a day of the month that begins at `start`; 1 January 1970 was a Thursday."""
    return (start // DAY + day - 1 + 3) % 7


def _at(moment: int, start: int, end: int) -> float:
    return round(100 * (moment - start) / (end - start), 2)


def _bar(left: float, width: float) -> dict[str, float]:
    return {"x": across(left, width), "width": round(width, 2)}


def _bars(drills: Sequence[Drill], start: int, end: int) -> list[dict[str, Any]]:
    """A bar a drill, one below the other, within [start, end); its label on the side that has more room."""
    bars = []
    for n, one in enumerate(drills):
        left, right = _at(max(one.start, start), start, end), _at(min(one.end or one.start + DAY, end), start, end)
        before = left > 50
        bars.append(
            {
                **_bar(left, max(right - left, 0.6)),
                "y": _TOP + n * _BAR,
                "cancelled": one.cancelled is not None,
                "title": one.row.title,
                "language": one.row.language,
                "party": one.row.party,
                "outside": "end" if before else "start",
                "label_x": across(left if before else max(right, left + 0.6)),
                "dx": -6 if before != (languages.current().direction == "rtl") else 6,
            }
        )
    return bars
