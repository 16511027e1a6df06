"""The matrix of a state's pledges by month: what fell due in each month under each rule that binds it, by status."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from verifier.formats import times
from web.explorer.copy.judged_view import Judged
from web.explorer.promises import words as told
from web.explorer.promises.facts import Teller
from web.explorer.wording.words import utc

MONTHS = 12
MOST = 24
"""How many rules of each kind the matrix has, those of the oldest texts first."""
_ORDER = {code: n for n, code in enumerate(reversed(list(told.STATES)))}


def next_month(text: str) -> str:
    """The month after YYYY-MM."""
    return _shifted(text, 1)


def _shifted(text: str, by: int) -> str:
    year, month = divmod(int(text[:4]) * 12 + int(text[5:7]) - 1 + by, 12)
    return f"{year:04d}-{month + 1:02d}"


def first_second(month: str) -> int:
    """The first second (UTC) of a month YYYY-MM."""
    return times.parse_utc(f"{month}-01T00:00:00Z")


def months_from(judged: Judged, teller: Teller, party: str) -> dict[str, Any]:
    """The matrix of a party over the twelve months up to that of the judgement: months, rows with a cell each, and below
    them the rules whose obligations have no date."""
    newest = (utc(judged.moment) or "")[:7]
    months = [_shifted(newest, by) for by in range(1 - MONTHS, 1)]
    counted: dict[tuple[str, str], dict[str, list[tuple[str, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for source, rule, month, status, count, disputed in judged.months(
        party, first_second(months[0]), first_second(next_month(newest))
    ):
        counted[source, rule][month].append((status, count, disputed))
    rows = [_row(teller, party, months, key, cells) for key, cells in counted.items()]
    rows.sort(key=lambda row: (row["record"], row["place"]))
    undated = [
        {**_head(teller, party, one.row["source"], one.row["rule"]), "owed": teller.facts(one)}
        for one in judged.undated(party)
    ]
    undated.sort(key=lambda row: (row["record"], row["place"]))
    names = [
        told.month(month, "LLL yyyy" if n == 0 or month.endswith("-01") else "LLL") for n, month in enumerate(months)
    ]
    titled = [{"month": month, "name": name} for month, name in zip(months, names, strict=True)]
    left_out = len(rows) > MOST or len(undated) > MOST
    return {"months": titled, "rows": rows[:MOST], "undated": undated[:MOST], "left_out": left_out}


def _head(teller: Teller, party: str, source: str, name: str) -> dict[str, Any]:
    text = teller.text(source)
    assert text is not None
    rule = text.rule(name)
    values = {"party": party, "source": source, "rule": name}
    return {
        "source": source,
        "rule": name,
        "kind": rule["kind"],
        "what": told.what(rule),
        "terms": told.terms(rule),
        "type": text.type,
        "record": text.record,
        "place": [one["id"] for one in text.rules].index(name),
        "address": f"/obligations?{urlencode(values)}",
    }


def _row(
    teller: Teller,
    party: str,
    months: list[str],
    key: tuple[str, str],
    cells: dict[str, list[tuple[str, int, int]]],
) -> dict[str, Any]:
    found = _head(teller, party, *key)
    return {**found, "cells": [_cell(found["address"], month, cells.get(month, [])) for month in months]}


def _cell(address: str, month: str, counts: list[tuple[str, int, int]]) -> dict[str, Any]:
    """What fell due in a month: how many of each status, and of how many somebody contests the finding."""
    listed = [
        {
            "status": status,
            "count": count,
            "state": told.STATES[status][0],
            "symbol": told.STATES[status][1],
            "label": told.status(status),
        }
        for status, count, _ in sorted(counts, key=lambda row: _ORDER[row[0]])
    ]
    disputed = sum(row[2] for row in counts)
    return {"month": month, "counts": listed, "disputed": disputed, "address": f"{address}&month={month}"}
