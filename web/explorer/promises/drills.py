"""Drills as pages show them: the dates in force, how far ahead they were announced, what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from verifier.formats import times
from web.explorer.copy.judged_types import Drill, Owed
from web.explorer.copy.judged_view import Judged
from web.explorer.promises import words as told
from web.explorer.promises.facts import Teller
from web.explorer.records.briefs import brief
from web.explorer.wording.words import _, number, utc

DAY = 86_400
AHEAD = 200 * DAY
"""Seconds: how far ahead a page looks for drills."""
_NOTICES = 4
"""How many notices a drill shows, those due first."""


def ahead(judged: Judged, found: Sequence[Drill]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(drills under way, drills announced ahead, cancelled ones among them) at the judgement's moment, of those found."""
    teller, moment = Teller(judged), judged.moment
    under_way = [one for one in found if one.start <= moment and one.cancelled is None]
    later = [one for one in found if one.start > moment]
    return facts(teller, under_way, moment), facts(teller, later, moment)


def facts(teller: Teller, drills: Iterable[Drill], moment: int) -> list[dict[str, Any]]:
    """Drills for a page; `moment`: now, for what is under way."""
    return [_facts(teller, one, moment) for one in drills]


def _facts(teller: Teller, one: Drill, moment: int) -> dict[str, Any]:
    notices = [owed for owed in teller.judged.triggered(one.row.id or "") if _is_notice(teller, owed)]
    end = one.end if one.end is not None and one.end > one.start else None
    day = None
    if one.start <= moment and end is not None and moment < end:
        day = _("Day %(n)s of %(all)s", n=number(_days(one.start, moment)), all=number(_days(one.start, end - 1)))
    return {
        **brief(one.row),
        "start": utc(one.start),
        "end": utc(end),
        "announced": utc(one.said),
        "cancelled": utc(one.cancelled),
        "retracted": one.retracted,
        "day": day,
        "notices": [
            {
                "address": f"/obligations/{owed.id}",
                "told": told.told(owed, teller.rule(owed), moment),
                "status": owed.status,
                "status_label": told.status(owed.status),
                "state": told.STATES[owed.status][0],
                "symbol": told.STATES[owed.status][1],
            }
            for owed in notices[:_NOTICES]
        ],
    }


def _is_notice(teller: Teller, one: Owed) -> bool:
    rule = teller.rule(one)
    return bool(rule["kind"] == "deadline" and rule["expect"].get("self") and "before" in rule and one.due is not None)


def _days(start: int, moment: int) -> int:
    """On which day, counted from one, of something that began at `start` a moment lies."""
    return moment // DAY - start // DAY + 1


def days_of(text: str) -> int:
    """The day of a UTC text, in whole days since the epoch."""
    return times.parse_utc(text) // DAY
