"""The addresses of the conformance pages: pages with their JSON twins, lists as files, calendars as iCalendar."""

from __future__ import annotations

from flask import Flask, Response

from ledger.exports.calendar import MEDIA_TYPE as CALENDAR
from web.explorer.answers import Answers, download
from web.explorer.copy.audited import Copy
from web.explorer.pages import calendar as calendar_pages
from web.explorer.pages import channels as channel_pages
from web.explorer.pages import incidents as incident_pages
from web.explorer.pages import lists
from web.explorer.pages import obligations as conformance_pages
from web.explorer.pages import pledges as pledge_pages
from web.explorer.promises import words as conformance_words
from web.explorer.wording.words import minute

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


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app these pages and files."""
    app.jinja_env.globals["label_status"] = conformance_words.status
    app.jinja_env.filters |= {"moment": minute, "short_day": conformance_words.short_day}
    for rule, maker in ROUTES:
        answers.add(rule, maker)

    def calendar(party: str | None = None, other: str | None = None) -> Response:
        with copy.view() as view:
            body = calendar_pages.calendar_file(view, party, other)
            name = "-".join(["detente", *filter(None, (party, other))])
            return download(body, CALENDAR, f"{name}.ics", view.audited)

    lists.install(app, answers, copy)
    app.add_url_rule("/calendar.ics", "calendar_ics", calendar)
    app.add_url_rule("/calendar/<code:party>.ics", "calendar_party_ics", calendar)
    app.add_url_rule("/calendar/<code:party>-<code:other>.ics", "calendar_pair_ics", calendar)
