"""The calendar: what is announced and what falls due, as an agenda and month by month, and as files for other calendars."""

from __future__ import annotations

import re
from collections import OrderedDict
from itertools import combinations, groupby
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from flask import current_app

from ledger.exports.calendar import calendar as ics
from verifier.audit import AuditState
from verifier.errors import Fault
from web.explorer.answers import Asked, Page
from web.explorer.copy.judged_case import material
from web.explorer.copy.judged_types import Drill, Owed, Wanted
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View
from web.explorer.pages.obligations import states
from web.explorer.promises import drills as drill_facts
from web.explorer.promises import words as told
from web.explorer.promises.facts import Teller, head
from web.explorer.promises.matrix import first_second, next_month
from web.explorer.promises.timeline import drawn_month
from web.explorer.records.briefs import brief
from web.explorer.wording import languages
from web.explorer.wording.words import _, utc

MONTHS = 3
MOST = 22
"""How many of a kind the agenda holds, the earliest."""
MOST_IN_FILE = 250
"""How many entries a calendar to subscribe to holds, those next to now; it says so where there are more."""
_MOST_PAIRED = 6
"""Up to how many states every pair has its link; beyond, one address stands for all."""
KINDS = ("drills", "line-tests", "due")


def calendar(asked: Asked) -> Page:
    """The agenda of three months from this one or another, then the months drawn."""
    judged = Judged(asked.view)
    moment = judged.moment
    party, kind, first = (asked.arguments.get(name, "").strip() for name in ("party", "kind", "from"))
    first = first or (utc(moment) or "")[:7]
    if not re.fullmatch("(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])", first):
        raise Fault("explorer.filter", _("A month is written YYYY-MM."), where="from")
    if party and party not in states(asked):
        raise Fault("explorer.filter", _("No state of this ledger has the code %(code)s.", code=party), where="party")
    months = [first]
    for _n in range(MONTHS - 1):
        months.append(next_month(months[-1]))
    since, until = first_second(first), first_second(next_month(months[-1]))
    teller = Teller(judged)
    wanted = kind if kind in KINDS else ""
    drills = judged.drills(since, until, party, MOST) if wanted in ("", "drills") else []
    tests = _tests(asked.view, party, since, until) if wanted in ("", "line-tests") else []
    dues = _dues(judged, party, since, until) if wanted in ("", "due") else []
    running = [one for one in judged.drills(moment, moment + 1) if one.start <= moment and one.cancelled is None]
    items = _items(teller, drills, tests, dues, moment)
    facts = {
        "judgement": head(judged, judged.real),
        "from": first,
        "filter": {name: value for name, value in (("party", party), ("kind", wanted)) if value},
        "under_way": drill_facts.facts(teller, running, moment),
        "agenda": [
            {"month": month, "items": list(found)} for month, found in groupby(items, key=lambda one: one["when"][:7])
        ],
        "left_out": MOST in (len(drills), len(tests), len(dues)),
        "csv": _address(first, party, wanted, "/calendar.csv"),
        "earlier": _address(_shift(first, -MONTHS), party, wanted),
        "later": _address(_shift(first, MONTHS), party, wanted),
    }
    known = states(asked)
    shown = {
        "pairs": list(combinations(known, 2)) if len(known) <= _MOST_PAIRED else [],
        "months": [drawn_month(month, drills, tests, dues, moment) for month in months],
        "month_names": {month: told.month(month) for month in {one["when"][:7] for one in items}},
        "states": known,
    }
    return Page("calendar.html", _("Calendar"), facts, shown)


def _shift(month: str, by: int) -> str:
    year, at = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + by, 12)
    return min(max(f"{year:04d}-{at + 1:02d}", "1970-01"), "2199-10")


def _address(first: str, party: str, kind: str, path: str = "/calendar") -> str:
    values = {name: value for name, value in (("from", first), ("party", party), ("kind", kind)) if value}
    return f"{path}?{urlencode(values)}"


def _tests(view: View, party: str, since: int, until: int) -> list[Row]:
    """Line tests that were made, by witnessed time; marked ones among them."""
    query = (
        RECORDS
        + """ WHERE type = 'line-test' AND stands = 1 AND witnessed_before >= ? AND witnessed_before < ?
        ORDER BY idx LIMIT ?"""
    )
    return [row for row in view.rows(query, (since, until, MOST)) if party in ("", row.party)]


def _dues(judged: Judged, party: str, since: int, until: int) -> list[Owed]:
    """What falls due and is not done: open or overdue."""
    found = []
    for status in ("open", "overdue"):
        found += judged.some(Wanted(status=status, party=party, since=since, until=until), most=MOST)
    return sorted(found, key=lambda one: (one.due or 0, one.id))[:MOST]


def _items(
    teller: Teller, drills: list[Drill], tests: list[Row], dues: list[Owed], moment: int
) -> list[dict[str, Any]]:
    """The agenda, by time; each with its kind."""
    items = [{"kind": "drill", "when": one["start"], **one} for one in drill_facts.facts(teller, drills, moment)]
    items += [{"kind": "line-test", "when": utc(row.witnessed_before), **brief(row)} for row in tests]
    items += [{"kind": "due", "when": utc(one.due), **teller.facts(one)} for one in dues]
    return sorted(items, key=lambda one: (one["when"], one["kind"], one["address"]))


# Files.


def calendar_file(view: View, party: str | None = None, other: str | None = None) -> bytes:
    """The calendar (RFC 5545) of the ledger, of one party, or of what concerns both of two.

    Raises Fault `explorer.not-here` where there is no such state or nothing was judged yet.
    """
    judged = Judged(view)
    known = {code for code, one in view.registry.items() if one.kind == "state"}
    for code in (party, other):
        if code is not None and code not in known:
            text = _("No state of this ledger has the code %(code)s.", code=code)
            raise Fault("explorer.not-here", text, where=code)
    if judged.real is None:
        raise Fault(
            "explorer.not-here", _("Nothing has been judged yet: there is no calendar to give."), where="calendar"
        )
    address = _published(party, other)
    key = (view.state, judged.moment, address, party, other)
    with _one_at_a_time:
        if key not in _files:
            found = material(judged, judged.real)
            _files[key] = ics(found, [one for one in (party, other) if one], address, MOST_IN_FILE)
            while len(_files) > _KEPT:
                _files.popitem(last=False)
        return _files[key]


_KEPT = 64
_files: OrderedDict[tuple[AuditState, int, str | None, str | None, str | None], bytes] = OrderedDict()
"""The newest files: the same while the audit's state and the judgement's moment are."""
_one_at_a_time = Lock()


def _published(party: str | None, other: str | None) -> str | None:
    """Where the file is, for readers who have it from elsewhere; None where this explorer knows no address of its own."""
    place = "/calendar.ics" if party is None else f"/calendar/{party}{f'-{other}' if other else ''}.ics"
    site = current_app.config.get("PUBLIC_ADDRESS")
    return None if site is None else f"{site}{languages.to(place)}"
