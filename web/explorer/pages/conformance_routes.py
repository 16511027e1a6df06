"""The addresses of the conformance pages: pages with their JSON twins, lists as CSV, calendars as iCalendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request

from ledger.exports.calendar import MEDIA_TYPE as CALENDAR
from ledger.exports.obligations import MEDIA_TYPE as TABLE
from web.explorer.answers import Answers, Asked, Maker, download
from web.explorer.copy.audited import Copy
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.view import View
from web.explorer.pages import calendar as calendar_pages
from web.explorer.pages import channels as channel_pages
from web.explorer.pages import incidents as incident_pages
from web.explorer.pages import obligations as conformance_pages
from web.explorer.pages import pledges as pledge_pages
from web.explorer.promises import tables as conformance_tables
from web.explorer.promises import words as conformance_words
from web.explorer.wording.words import minute

MOST = 20_000
"""How many obligations one file of CSV holds; filters give the rest."""
ROUTES = (
    ("/obligations", conformance_pages.obligations),
    ("/obligations/<hex:obligation_id>", conformance_pages.obligation),
    ("/pledges", pledge_pages.pledges),
    ("/pledges/<hex:statement_id>", pledge_pages.pledge),
    ("/compare", pledge_pages.compare),
    ("/incidents", incident_pages.incidents),
    ("/incidents/<hex:statement_id>", incident_pages.incident),
    ("/channels", channel_pages.channels),
    ("/calendar", calendar_pages.calendar),
)
TABLES: Mapping[str, tuple[Maker, Callable[[Mapping[str, Any]], bytes]]] = {
    "pledges": (pledge_pages.pledges, conformance_tables.pledges),
    "incidents": (incident_pages.incidents, conformance_tables.incidents),
    "channels": (channel_pages.channels, conformance_tables.channels),
    "calendar": (calendar_pages.calendar, conformance_tables.calendar),
}
"""Lists that are files of CSV too: name -> (page, what writes its facts as a table)."""


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app these pages and files."""
    app.jinja_env.globals["label_status"] = conformance_words.status
    app.jinja_env.filters |= {"moment": minute, "short_day": conformance_words.short_day}
    for rule, maker in ROUTES:
        answers.add(rule, maker)

    def table() -> Response:
        with copy.view() as view:
            return download(obligations_csv(view, request.args), TABLE, "obligations.csv", view.audited)

    def calendar(party: str | None = None, other: str | None = None) -> Response:
        with copy.view() as view:
            body = calendar_pages.calendar_file(view, party, other)
            name = "-".join(["detente", *filter(None, (party, other))])
            return download(body, CALENDAR, f"{name}.ics", view.audited)

    for name, (maker, written) in TABLES.items():
        app.add_url_rule(f"/{name}.csv", f"{name}_csv", _listed(answers, copy, name, maker, written))
    app.add_url_rule("/obligations.csv", "obligations_csv", table)
    app.add_url_rule("/calendar.ics", "calendar_ics", calendar)
    app.add_url_rule("/calendar/<code:party>.ics", "calendar_party_ics", calendar)
    app.add_url_rule("/calendar/<code:party>-<code:other>.ics", "calendar_pair_ics", calendar)


def _listed(
    answers: Answers, copy: Copy, name: str, maker: Maker, written: Callable[[Mapping[str, Any]], bytes]
) -> Callable[[], Response]:
    """What answers with the list of a page as CSV."""

    def answer() -> Response:
        with copy.view() as view:
            page = maker(Asked(view, answers.health(view), request.args))
            return download(written(page.facts), TABLE, f"{name}.csv", view.audited)

    return answer


def obligations_csv(view: View, arguments: Mapping[str, str]) -> bytes:
    """The obligations that are asked for, as CSV, by due."""
    _given, wanted = conformance_pages.read_filter(arguments)
    return conformance_tables.obligations(Judged(view).some(wanted, most=MOST))
