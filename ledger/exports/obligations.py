"""Obligations as a table: CSV by RFC 4180, one row an obligation, in the order of a report of conformance.

Every cell is quoted, every row has all columns in one order, lines end in CRLF, the text is UTF-8 without a mark of order.
Source: RFC 4180, section 2; docs/EXPORTS.md, section "CSV".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ledger.exports.material import Judged, Material
from ledger.exports.words import EXERCISE, visible
from verifier.conformance.report import Obligation
from verifier.formats import canonical
from verifier.formats.times import format_utc

COLUMNS = (
    *("id", "rule", "kind", "source", "debtor", "creditors", "trigger", "period", "due", "status", "discharged_by"),
    *("disputed_by", "answers", "contested", "exercise"),
)
MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# What makes a spreadsheet run a cell: OWASP, "CSV Injection"; the full-width forms do so in East Asian locales.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def concerning(material: Material, party: str | None) -> list[Judged]:
    """What is owed, or only what `party` owes or is owed."""
    return [
        row for row in material.judged if party is None or party in (row.obligation.debtor, *row.obligation.creditors)
    ]


def table(material: Material, party: str | None = None) -> bytes:
    """The obligations of a log as CSV. `party`: only what this party owes or is owed. Without any: the header alone."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for judged in concerning(material, party):
        writer.writerow([cell(text) for text in _row(judged.obligation, judged.exercise)])
    return out.getvalue().encode()


def cell(text: str) -> str:
    """A text as it may stand in a cell: on one line, and never begun with what a spreadsheet takes for a formula.

    Such a text gets an apostrophe before it.
    """
    guarded = text.lstrip(" \u00a0\u3000").startswith(_FORMULA)
    return ("'" if guarded else "") + visible(text)


def _row(one: Obligation, exercise: str | None) -> Sequence[str]:
    answers = (f"{answer['type']}:{answer['party']}:{answer['statement']}" for answer in one.answers)
    return (
        one.id,
        one.rule,
        one.kind,
        one.source,
        one.debtor,
        " ".join(one.creditors),
        one.trigger or "",
        "" if one.period is None else canonical.encode(dict(one.period)).decode(),
        "" if one.due is None else format_utc(one.due),
        one.status,
        one.discharged_by or "",
        " ".join(one.disputed_by),
        " ".join(answers),
        " ".join(one.contested),
        f"{EXERCISE} {exercise}" if exercise else "",
    )
