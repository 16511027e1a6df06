"""The page about channels: line tests per pair, and how what was asked was answered, by measure and never by state."""

from __future__ import annotations

from typing import Any

from web.explorer.answers import Asked, Page
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.rows import RECORDS
from web.explorer.pages.obligations import states
from web.explorer.promises import words as told
from web.explorer.promises.facts import Teller, head
from web.explorer.records import listing
from web.explorer.records.briefs import brief
from web.explorer.wording.words import _, duration, utc

CHANNELS = 30
_CELLS = 150
"""How many pairs a page shows, whole rows of them: one row at least."""


def channels(asked: Asked) -> Page:
    """Channels that states made known, line tests from each to each, and answers by measure."""
    judged = Judged(asked.view)
    teller, codes = Teller(judged), states(asked)
    tested = {} if judged.real is None else {(row[0], row[1]): row for row in judged.lines()}
    at = listing.part_of(asked.arguments)
    most = max(1, _CELLS // max(1, len(codes)))
    senders = codes[at * most : (at + 1) * most]
    known = asked.view.rows(RECORDS + " WHERE type = 'channel' AND stands = 1 ORDER BY idx DESC LIMIT ?", (CHANNELS,))
    facts = {
        "judgement": head(judged, judged.real),
        "states": codes,
        "lines": [
            {"sender": sender, "cells": [_line(asked, tested.get((sender, receiver)), receiver) for receiver in codes]}
            for sender in senders
        ],
        **listing.turned("/channels", at, (at + 1) * most < len(codes)),
        "measures": [] if judged.real is None else [_measure(teller, row) for row in judged.measures()],
        "channels": [brief(row) for row in known],
    }
    return Page("channels.html", _("Channels"), facts)


def _line(asked: Asked, row: tuple[Any, ...] | None, receiver: str) -> dict[str, Any]:
    if row is None:
        return {"receiver": receiver, "tests": 0, "answered": 0, "newest": None}
    record = asked.view.record(row[4])
    newest = {"record": row[4], "id": record.id if record else None, "witnessed": utc(row[5]), "took_seconds": row[6]}
    return {"receiver": receiver, "tests": row[2], "answered": row[3], "newest": newest}


def _measure(teller: Teller, row: tuple[Any, ...]) -> dict[str, Any]:
    source, name, asked, answered, still, median = row
    text = teller.text(source)
    assert text is not None
    rule = text.rule(name)
    due = asked - still
    return {
        "source": source,
        "rule": name,
        "what": told.what(rule),
        "terms": told.terms(rule),
        "statement": teller.statement(source),
        "asked": asked,
        "answered": answered,
        "open": still,
        "share_percent": round(100 * answered / due) if due else None,
        "median_seconds": median,
        "median": None if median is None else duration(median),
    }
