"""The lists of the conformance pages as CSV: from a page's facts, a row for each thing that it lists (see records.tables)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.exports.obligations import COLUMNS
from verifier.formats import canonical
from web.explorer.copy.judged_types import Owed
from web.explorer.records.tables import mark, written

Facts = Mapping[str, Any]


def obligations(some: Iterable[Owed]) -> bytes:
    """Obligations, in the columns of the ledger's own export."""
    return written(COLUMNS, map(_obligation, some))


def _obligation(one: Owed) -> dict[str, Any]:
    row = one.row
    said = [f"{answer['type']}:{answer['party']}:{answer['statement']}" for answer in row["answers"]]
    return {
        **row,
        "creditors": " ".join(row["creditors"]),
        "period": None if row["period"] is None else canonical.encode(row["period"]).decode(),
        "disputed_by": " ".join(row["disputed_by"]),
        "answers": " ".join(said),
        "contested": " ".join(row["contested"]),
        "exercise": mark(one.exercise),
    }


def pledges(facts: Facts) -> bytes:
    """Texts that hold rules."""
    columns = ("id", "record", "type", "party", "title", "norms", "rules", "binds_now")
    return written(columns, map(_text, facts["texts"]))


def _text(one: Facts) -> dict[str, Any]:
    said = one["statement"] or {"record": None, "title": None}
    return {
        **one,
        "record": said["record"],
        "title": said["title"],
        "norms": " ".join(norm["norm"] for norm in one["norms"]),
        "rules": " ".join(rule["rule"] for rule in one["rules"]),
        "binds_now": " ".join(one["binds_now"]),
    }


def incidents(facts: Facts) -> bytes:
    """Threads, newest first."""
    columns = ("id", "record", "type", "party", "title", "witnessed_after", "witnessed_before", "last", "statements")
    rows = ({**one, "lanes": " ".join(one["lanes"]), "exercise": mark(one["exercise"])} for one in facts["incidents"])
    return written((*columns, "lanes", "exercise"), rows)


def channels(facts: Facts) -> bytes:
    """Line tests from each state to each other."""
    columns = (
        "sender",
        "receiver",
        "tests",
        "answered",
        "newest_record",
        "newest_id",
        "newest_witnessed",
        "took_seconds",
    )
    rows = [
        {**cell_, **_newest(cell_["newest"]), "sender": row["sender"]}
        for row in facts["lines"]
        for cell_ in row["cells"]
        if cell_["receiver"] != row["sender"]
    ]
    return written(columns, rows)


def _newest(found: Facts | None) -> dict[str, Any]:
    row = found or {"record": None, "id": None, "witnessed": None, "took_seconds": None}
    return {
        "newest_record": row["record"],
        "newest_id": row["id"],
        "newest_witnessed": row["witnessed"],
        "took_seconds": row["took_seconds"],
    }


def calendar(facts: Facts) -> bytes:
    """The agenda, by time."""
    columns = ("when", "end", "kind", "party", "title", "id", "status", "exercise")
    return written(columns, (_item(one) for month in facts["agenda"] for one in month["items"]))


def _item(one: Facts) -> dict[str, Any]:
    common = {"when": one["when"], "kind": one["kind"], "exercise": mark(one["exercise"])}
    if one["kind"] == "due":
        owed = one["obligation"]
        return {
            **common,
            "end": None,
            "party": owed["debtor"],
            "title": owed["rule"],
            "id": owed["id"],
            "status": owed["status"],
        }
    over = one.get("cancelled") and "cancelled"
    return {
        **common,
        "end": one.get("end"),
        "party": one["party"],
        "title": one["title"],
        "id": one["id"],
        "status": over,
    }
