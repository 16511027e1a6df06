"""The list of statements: what a reader filters by, the query that answers it, an exact count, and stable addresses.

A page is named by the record that it stays below, so an address shows the same statements for ever: new records come
before the first page, never into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from verifier.errors import Fault
from verifier.formats import times
from verifier.formats.reader import decimal
from web.explorer.copy.rows import COLUMNS, Row
from web.explorer.copy.view import View
from web.explorer.wording import signed_text
from web.explorer.wording.words import N_, _, number

PAGE = 50
_PART_OF_ID = re.compile("[0-9a-f]{8,64}")
"""What is asked for as the beginning of a statement's id too: eight characters are dictated, sixty-four are copied."""
LONGEST_QUERY = 300
_MOST_PARTS = 10**6
_DAY = 86_400
_BY_ID = """SELECT idx FROM records WHERE id >= :first AND id < :last
    UNION SELECT rowid FROM words WHERE words MATCH :match"""
"""The records whose statement's id begins with what was typed, and those in which it stands as a word."""
FILTERS = ("q", "party", "family", "type", "sector", "status", "since", "until", "below")


STATUSES: Mapping[str, tuple[str, str]] = {
    "recorded": (N_("in the record, in force"), "records.stands = 1 AND records.witnessed_before > 0"),
    "waiting": (N_("not witnessed yet"), "records.witnessed_before IS NULL"),
    "changed": (
        N_("changed, corrected, cancelled or taken back later"),
        "records.id IN (SELECT target FROM relations WHERE rel IN "
        "('amends', 'cancels', 'changes', 'corrects', 'retracts', 'withdraws'))",
    ),
    "absent": (N_("not in force: see the finding"), "records.stands = 0"),
    "found": (N_("with a finding"), "records.findings > 0"),
    "exercise": (N_("under exercise marking"), "records.exercise > ''"),
    "sealed": (N_("with sealed fields"), "records.sealed > 0"),
}
"""Status of a statement that a reader can filter by -> (its words, its condition, a fixed text)."""


@dataclass(frozen=True)
class Filter:
    """What a reader asks for. `sector`, `status`: codes; `since`, `until`: days (YYYY-MM-DD, UTC) of the witnessed time;
    `below`: a record index."""

    q: str = ""
    party: str = ""
    family: str = ""
    type: str = ""
    sector: str = ""
    status: str = ""
    since: str = ""
    until: str = ""
    below: int | None = None

    @property
    def given(self) -> dict[str, str]:
        """The filters in use, as they stand in an address; the page is not one of them."""
        return {name: getattr(self, name) for name in FILTERS[:-1] if getattr(self, name)}

    def address(self, below: int | None = None, path: str = "/statements") -> str:
        """The address of this list, or of its page below a record."""
        values = {**self.given, **({} if below is None else {"below": str(below)})}
        return f"{path}?{urlencode(values)}" if values else path


@dataclass(frozen=True)
class Listing:
    """One page: its `rows`, newest first; `total` matching records; the `position` (from 1) of the first; other pages."""

    filter: Filter
    rows: list[Row]
    total: int
    position: int
    undated: int
    older: str | None
    newer: str | None


def read(arguments: Mapping[str, str]) -> Filter:
    """The filter in a request's arguments. Raises Fault `explorer.filter`, where = the argument."""
    given = {name: arguments.get(name, "").strip() for name in FILTERS}
    if len(given["q"]) > LONGEST_QUERY:
        most = number(LONGEST_QUERY)
        raise Fault(
            "explorer.filter", _("The words to search for have more than %(most)s characters.", most=most), where="q"
        )
    for name in ("since", "until"):
        if given[name]:
            _midnight(given[name], name)
    if given["status"] and given["status"] not in STATUSES:
        raise Fault("explorer.filter", _("There is no such status."), where="status")
    below = given.pop("below")
    return Filter(**given, below=page_of(below) if below else None)


def page_of(text: str) -> int:
    """The record or entry that a page of a list stays below, from an address. Raises Fault `explorer.filter`."""
    try:
        return decimal(text, most=2**53, where="below")
    except Fault as fault:
        raise Fault("explorer.filter", _("The page is named by a number; this is none."), where="below") from fault


def part_of(arguments: Mapping[str, str]) -> int:
    """Which part of a list is asked for, by its number from 0: the argument `page`. Raises Fault `explorer.filter`."""
    text = arguments.get("page", "").strip()
    try:
        return decimal(text, most=_MOST_PARTS, where="page") if text else 0
    except Fault as fault:
        raise Fault("explorer.filter", _("The page is named by a number; this is none."), where="page") from fault


def turned(place: str, part: int, more: bool, given: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """The addresses of the parts before and after one, of a list that stands at `place`. `more`: whether one comes after;
    `given`: the arguments that chose the list."""

    def address(at: int) -> str:
        query = urlencode({**(given or {}), **({"page": str(at)} if at else {})})
        return f"{place}?{query}" if query else place

    return {"newer": address(part - 1) if part else None, "older": address(part + 1) if more else None}


def page(view: View, wanted: Filter) -> Listing:
    """One page of the list that the filter asks for."""
    table, clauses, values = _selection(view, wanted)
    where = " AND ".join(clauses)
    upper = view.size if wanted.below is None else min(wanted.below, view.size)
    values |= {"end": view.size, "upper": upper, "page": PAGE + 1}
    order = "words.rowid" if "words" in table else "records.idx"
    total = _count(view, table, clauses, values)
    rows = view.rows(_query(COLUMNS, table, where, f"AND {order} < :upper ORDER BY {order} DESC LIMIT :page"), values)
    before = 0
    if upper < view.size:
        before = view.number(_query("count(*)", table, where, f"AND {order} >= :upper"), values)
    older = wanted.address(rows[PAGE - 1].idx) if len(rows) > PAGE else None
    newer = _newer(view, wanted, table, where, order, values) if before else None
    return Listing(wanted, rows[:PAGE], total, before + 1, _undated(view, wanted), older, newer)


def matching(view: View, wanted: Filter, most: int, *clauses: str) -> list[Row]:
    """The first `most` records that a filter asks for, newest first, for files. `clauses`: fixed conditions beside it."""
    table, found, values = _selection(view, wanted)
    order = "words.rowid" if "words" in table else "records.idx"
    upper = view.size if wanted.below is None else min(wanted.below, view.size)
    values |= {"end": view.size, "upper": upper, "most": most}
    rest = f"AND {order} < :upper ORDER BY {order} DESC LIMIT :most"
    return view.rows(_query(COLUMNS, table, " AND ".join([*found, *clauses]), rest), values)


def standing(view: View, wanted: Filter, most: int) -> list[Row]:
    """As `matching`, without the records that are judged as absent."""
    return matching(view, wanted, most, "records.stands = 1")


def _newer(view: View, wanted: Filter, table: str, where: str, order: str, values: dict[str, Any]) -> str:
    """The address of the page before this one: the first page where that one would not be full."""
    rows = view.rows(_query(COLUMNS, table, where, f"AND {order} >= :upper ORDER BY {order} LIMIT :page"), values)
    return wanted.address(rows[PAGE].idx if len(rows) > PAGE else None)


def _selection(view: View, wanted: Filter) -> tuple[str, list[str], dict[str, Any]]:
    """The tables, the conditions and their values. Conditions are fixed texts; what a reader typed is only ever a value."""
    table, clauses = "records", ["records.idx < :end"]
    values: dict[str, Any] = {}
    if wanted.q:
        table, clauses = "words CROSS JOIN records ON records.idx = words.rowid", ["words MATCH :match"]
        # Nothing can match where no word is left: the empty phrase selects nothing.
        values["match"] = signed_text.query(wanted.q, _names(view)) or '""'
        if _PART_OF_ID.fullmatch(wanted.q.lower()):
            table, clauses = "records", ["records.idx < :end", "records.idx IN (" + _BY_ID + ")"]
            values |= {"first": wanted.q.lower(), "last": wanted.q.lower() + "g"}
    for name in ("party", "family", "type"):
        if getattr(wanted, name):
            clauses.append(f"records.{name} = :{name}")
            values[name] = getattr(wanted, name)
    if wanted.sector:
        clauses.append("records.idx IN (SELECT idx FROM sectors WHERE sector = :sector)")
        values["sector"] = wanted.sector
    if wanted.status:
        clauses.append(STATUSES[wanted.status][1])
    if wanted.since:
        clauses.append("records.witnessed_before >= :since")
        values["since"] = _midnight(wanted.since, "since")
    if wanted.until:
        clauses.append("records.witnessed_before < :until")
        values["until"] = _midnight(wanted.until, "until") + _DAY
    return table, clauses, values


def _count(view: View, table: str, clauses: list[str], values: dict[str, Any]) -> int:
    """How many records match. Without a filter the copy knows; the first clause then bounds nothing."""
    if table == "records" and len(clauses) == 1:
        return view.size
    return view.number(_query("count(*)", table, " AND ".join(clauses), ""), values)


def _query(columns: str, table: str, where: str, rest: str) -> str:
    """A query from fixed texts; what a reader typed is only ever a value in it."""
    return " ".join(("SELECT", columns, "FROM", table, "WHERE", where, rest))


def _undated(view: View, wanted: Filter) -> int:
    """How many records a filter by date leaves out because they have no witnessed time."""
    if not (wanted.since or wanted.until):
        return 0
    return view.number("SELECT count(*) FROM records WHERE witnessed_before IS NULL", ())


def _names(view: View) -> dict[str, str]:
    return {name: code for code, party in view.trust.registry.items() for name in party.names.values()}


def _midnight(text: str, where: str) -> int:
    """The first second of a day YYYY-MM-DD (UTC). Raises Fault `explorer.filter`."""
    try:
        return times.parse_utc(f"{text}T00:00:00Z")
    except Fault as fault:
        told = _("“%(text)s” is not a day of the form YYYY-MM-DD.", text=text)
        raise Fault("explorer.filter", told, where=where) from fault
