"""A record in short, as lists show it and as JSON carries it, and the address at which it is read."""

from __future__ import annotations

from typing import Any

from web.explorer.copy.rows import Row
from web.explorer.records import ladder
from web.explorer.wording import kinds


def brief(row: Row) -> dict[str, Any]:
    """A record in a list, for JSON and for the templates alike."""
    return {
        "record": row.idx,
        "id": row.id,
        "address": address(row),
        "party": row.party,
        "office": row.office,
        "sequence": row.sequence,
        "type": row.type,
        "type_label": kinds.label("types", row.type),
        "family": row.family,
        "title": row.title,
        "language": row.language,
        "exercise": row.exercise,
        "sealed": row.sealed,
        **ladder.interval(row),
        "findings": row.findings,
        "stands": bool(row.stands),
    }


def address(row: Row) -> str:
    """Where a record is read: at its statement's id if it stands there, else at its number."""
    return f"/s/{row.id}" if row.id and row.stands else f"/records/{row.idx}"
