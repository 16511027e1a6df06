"""The pages about obligations: the list, one with its explanation, and what other pages show of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from verifier.errors import Fault
from verifier.formats import times
from web.explorer.answers import Asked, Page
from web.explorer.copy.judged_case import explained
from web.explorer.copy.judged_schema import NEVER, REAL
from web.explorer.copy.judged_types import Owed, Wanted
from web.explorer.copy.judged_view import PAGE, Judged
from web.explorer.promises import words as told
from web.explorer.promises.drills import AHEAD
from web.explorer.promises.drills import ahead as drills_ahead
from web.explorer.promises.facts import Teller, head
from web.explorer.promises.matrix import months_from, next_month
from web.explorer.promises.timeline import drawn_weeks
from web.explorer.records.listing import part_of, turned
from web.explorer.wording import kinds
from web.explorer.wording.words import _, utc

FILTERS = ("party", "to", "status", "source", "rule", "month", "exercise")
_SHOWN = 6
"""How many of a kind the home page lists."""
_WAITING, _FINDINGS = 12, 6
"""How many of each status a party's page lists as overdue or open, and sets beside what was said of them."""
_WEIGHED = 30
"""How many statements that were weighed, and records that decide, an obligation's page lays out; its JSON holds all."""
SOON = 30 * 86_400
"""Seconds: what is due within this is shown as due soon."""
_ID = re.compile("[0-9a-f]{64}")
_MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")


def read_filter(arguments: Mapping[str, str]) -> tuple[dict[str, str], Wanted]:
    """(the filters in use, what they ask for). Raises Fault `explorer.filter`, where = the argument."""
    given = {name: value for name in FILTERS if (value := arguments.get(name, "").strip())}
    if given.get("status", "open") not in told.STATES:
        raise Fault("explorer.filter", _("There is no such status."), where="status")
    for name in ("source", "exercise"):
        if name in given and not _ID.fullmatch(given[name]):
            raise Fault("explorer.filter", _("An id has 64 hexadecimal characters."), where=name)
    since = until = None
    if "month" in given:
        if not _MONTH.fullmatch(given["month"]):
            raise Fault("explorer.filter", _("A month is written YYYY-MM."), where="month")
        since = times.parse_utc(f"{given['month']}-01T00:00:00Z")
        until = times.parse_utc(f"{next_month(given['month'])}-01T00:00:00Z")
    plain = {name: given[name] for name in ("party", "to", "status", "source", "rule") if name in given}
    return given, Wanted(exercise=given.get("exercise", REAL), since=since, until=until, **plain)


def obligations(asked: Asked) -> Page:
    """The list of obligations, filtered, by due."""
    judged = Judged(asked.view)
    given, wanted = read_filter(asked.arguments)
    made = judged.judgement(wanted.exercise)
    if made is None and wanted.exercise:
        text = _("No rehearsal of this drill is in the record, as far as it was judged.")
        raise Fault("explorer.not-here", text, where=wanted.exercise)
    below = part_of(asked.arguments)
    total = judged.count(wanted)
    teller = Teller(judged)
    found = judged.some(wanted, below * PAGE)
    facts = {
        "judgement": head(judged, made),
        "filter": given,
        "total": total,
        "from_position": below * PAGE + 1 if found else 0,
        "to_position": below * PAGE + len(found),
        **turned("/obligations", below, (below + 1) * PAGE < total, given),
        "csv": f"/obligations.csv?{urlencode(given)}" if given else "/obligations.csv",
        "obligations": teller.several(found),
    }
    shown = {
        "statuses": [(code, told.status(code), told.meaning(code)) for code in told.STATES],
        "states": states(asked),
        "drill": teller.statement(given.get("exercise")),
    }
    return Page("obligations.html", _("Obligations"), facts, shown)


def states(asked: Asked) -> list[str]:
    """The codes of the states, in order."""
    return sorted(code for code, party in asked.view.registry.items() if party.kind == "state")


def obligation(asked: Asked, obligation_id: str) -> Page:
    """One obligation: what is owed, what the record shows, and why that is its status."""
    judged = Judged(asked.view)
    one = judged.one(obligation_id)
    if one is None:
        text = _("No obligation of this id was found when the record was last judged.")
        raise Fault("explorer.not-here", text, where=obligation_id)
    teller = Teller(judged)
    made = judged.judgement(one.exercise)
    assert made is not None
    trace = explained(judged, made, one.id)
    source = teller.text(one.row["source"])
    assert source is not None
    rule = source.rule(one.row["rule"])
    facts = {
        "judgement": head(judged, made, one.id),
        **teller.facts(one),
        "answers": teller.answers(one),
        "explanation": trace,
        "started": teller.several(judged.triggered(one.id)),
        "missed": _missed(judged, teller, one),
    }
    shown = {
        "sentences": kinds.rule_told(rule, source.above, kinds.names(asked.view.registry)),
        "meaning": told.meaning(one.status),
        "drill": asked.view.statement(one.exercise) if one.exercise else None,
        "teller": teller,
        "weighed": [{**row, "statement": teller.statement(row["statement"])} for row in trace["weighed"][:_WEIGHED]],
        "shown": _WEIGHED,
        "released": [teller.statement(row["statement"]) for row in trace["released_by"]],
        "root": teller.statement(trace["root"]["statement"]) if trace["root"] else None,
        "can_reply": one.status in ("late", "overdue", "exceeded", "undeterminable"),
    }
    return Page("obligation.html", facts["what"], facts, shown)


def _missed(judged: Judged, teller: Teller, one: Owed) -> dict[str, Any] | None:
    """The overdue obligation that started this one, if one did."""
    found = judged.one(one.row["trigger"]) if one.row["trigger"] else None
    return teller.facts(found) if found else None


# What other pages show.


def now_and_next(asked: Asked) -> dict[str, Any] | None:
    """For the home page: what is overdue, what is due soon, which drills are under way or announced."""
    judged = Judged(asked.view)
    if asked.view.empty or judged.real is None:
        return None
    teller, moment = Teller(judged), judged.moment
    overdue = Wanted(status="overdue")
    soon = Wanted(status="open", since=moment, until=moment + SOON)
    drills = judged.drills(moment, moment + AHEAD)
    under_way, announced = drills_ahead(judged, drills)
    return {
        "judgement": head(judged, judged.real),
        "overdue": teller.several(judged.some(overdue, most=_SHOWN, newest=True)),
        "overdue_total": judged.count(overdue),
        "soon": teller.several(judged.some(soon, most=_SHOWN)),
        "soon_total": judged.count(soon),
        "under_way": under_way,
        "announced": announced,
    }


def weeks(asked: Asked) -> dict[str, Any] | None:
    """For the first page: the drills of the weeks around now, drawn."""
    judged = Judged(asked.view)
    if asked.view.empty or judged.real is None:
        return None
    return drawn_weeks(judged.drills(judged.moment, judged.moment + AHEAD), judged.moment)


def of_party(asked: Asked, code: str) -> dict[str, Any] | None:
    """For a participant's page: the matrix of its pledges by month, what is overdue and open, findings with its replies."""
    judged = Judged(asked.view)
    if judged.real is None or asked.view.registry[code].kind != "state":
        return None
    teller = Teller(judged)
    counts = {status: judged.count(Wanted(party=code, status=status)) for status in told.STATES}
    waiting = [
        one for status in ("overdue", "open") for one in judged.some(Wanted(party=code, status=status), most=_WAITING)
    ]
    found = [
        one
        for status in ("overdue", "exceeded", "late", "undeterminable")
        for one in judged.some(Wanted(party=code, status=status, until=NEVER), most=_FINDINGS, newest=True)
    ]
    return {
        "judgement": head(judged, judged.real),
        "matrix": months_from(judged, teller, code),
        "waiting": teller.several(waiting),
        "waiting_total": counts["overdue"] + counts["open"],
        "findings": [{**teller.facts(one), "answers": teller.answers(one)} for one in found],
        "more": [
            {"label": told.status(status), "address": f"/obligations?party={code}&status={status}"}
            for status in ("overdue", "exceeded", "late", "undeterminable")
            if judged.count(Wanted(party=code, status=status, until=NEVER)) > _FINDINGS
        ],
        "total": sum(counts.values()),
    }


def of_statement(asked: Asked, statement: str, record: int) -> dict[str, Any] | None:
    """For a statement's page: what it started, what it discharges, what it answers, and the incident that it belongs to."""
    judged = Judged(asked.view)
    if judged.real is None:
        return None
    teller = Teller(judged)
    thread, text = judged.thread_of(record), judged.text(statement)
    found = {
        "triggered": teller.several(judged.triggered(statement)),
        "discharged": teller.several(one for one in judged.discharged(statement) if one.row["trigger"] != statement),
        "answered": teller.several(judged.spoken_of(statement)),
        "incident": f"/incidents/{thread}" if thread else None,
        "rules": f"/pledges/{statement}" if text else None,
    }
    return {"as_of": utc(judged.moment), **found} if any(found.values()) else None
