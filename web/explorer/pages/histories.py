"""The page about what became of a statement: its history, each change as a comparison to read."""

from __future__ import annotations

from typing import Any

from web.explorer.answers import Asked, Page
from web.explorer.records import fields, history
from web.explorer.records.briefs import brief
from web.explorer.records.differences import Change
from web.explorer.records.files import parsed, row_of
from web.explorer.records.history import Event, History
from web.explorer.wording.words import _

MOST_CHANGES = 120
"""How many changed fields the page shows over all; the JSON holds every one."""


def statement_history(asked: Asked, statement_id: str) -> Page:
    """What became of a statement: later ones that change, correct, amend, replace, cancel, withdraw or retract it."""
    view, row = asked.view, row_of(asked.view, statement_id)
    said = parsed(view, row)[1]
    found = history.told(view, row)
    facts = {
        **brief(row),
        "events": [_event(one) for one in found.events],
        "reads_otherwise_now": [one.to_json() for one in found.now],
        "more": found.more,
    }
    shown = {
        "said": said,
        "row": row,
        "events": _shown(found),
        "now": found.now if len(found.events) > 2 else [],
        "drill": view.statement(said.exercise) if said.exercise else None,
        "here": row.idx,
    }
    return Page("statement_history.html", _("History of “%(title)s”", title=said.title), facts, shown)


def _event(one: Event) -> dict[str, Any]:
    return {
        **brief(one.row),
        "rel": one.rel,
        "target_record": one.target,
        "in_force_from_record": one.in_force,
        "contested": one.contested,
        "words": fields.to_json(one.words),
        "changes": [change.to_json() for change in one.changes],
        "not_as_corrected": one.missed,
    }


def _shown(found: History) -> list[dict[str, Any]]:
    """The events for the template: as many of their changes as a page holds."""
    left, listed = MOST_CHANGES, []
    for one in found.events:
        changes: list[Change] = one.changes[:left]
        left -= len(changes)
        listed.append({"it": one, **brief(one.row), "changes": changes, "left_out": len(one.changes) - len(changes)})
    return listed
