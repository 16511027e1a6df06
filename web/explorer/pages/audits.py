"""The page of the audits: verifiers' reports and findings, whether they agree, and the witnesses day by day."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Flask, Response

from ledger.exports.obligations import cell
from web.explorer.answers import Answers, Asked, Page, download
from web.explorer.copy.audited import Copy
from web.explorer.copy.view import View
from web.explorer.records import audits as found_audits
from web.explorer.records import feed
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, day

_AGREEMENT = {
    "one": ("open", N_("one verifier so far"), N_("Nobody else has published an audit of this checkpoint yet.")),
    "agree": ("kept", N_("they agree"), N_("From equal inputs, several verifiers came to one digest.")),
    "differ": (
        "overdue",
        N_("they differ"),
        N_("From equal inputs, verifiers came to different digests: one of them is wrong. Audit it yourself."),
    ),
    "apart": ("unknown", N_("not comparable"), N_("No two verifiers used equal inputs, so digests say nothing here.")),
}
"""Outcome of a comparison -> (state, word, sentence)."""
_NONE = {"audits_total": 0, "verifier_findings_total": 0}
COLUMNS = ("day", "witness", "cosigned", "checkpoints")


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app this page and its table."""
    app.jinja_env.filters["day_of"] = _day_of
    answers.add("/audits", audits)

    def days() -> Response:
        """Who cosigned how much on which day, as CSV."""
        with copy.view() as view:
            return download(days_csv(view), feed.TABLE, "witnesses-by-day.csv", view.audited)

    app.add_url_rule("/audits/days.csv", "audits_days_csv", days)


def _day_of(text: str) -> str:
    """A day YYYY-MM-DD in words."""
    return day(f"{text}T00:00:00Z")


def audits(asked: Asked) -> Page:
    """Verifiers' audit reports and findings from the log, whether they agree, and who cosigned on which day."""
    view = asked.view
    if view.empty:
        none: dict[str, Any] = {"verifiers": [], "audits": [], "verifier_findings": [], "days": None, **_NONE}
        return Page("audits.html", _("Audits"), none)
    reports = [found_audits.report(*one) for one in found_audits.said(view, "audit-report")]
    facts = {
        "verifiers": _verifiers(view, reports),
        "audits": found_audits.by_checkpoint(reports),
        "verifier_findings": [found_audits.finding(*one) for one in found_audits.said(view, "finding")],
        "days": found_audits.days(view),
        "audits_total": found_audits.count(view, "audit-report"),
        "verifier_findings_total": found_audits.count(view, "finding"),
    }
    agreement = {code: (state, _(word), _(text)) for code, (state, word, text) in _AGREEMENT.items()}
    results = {one["result"]: kinds.label("choices", one["result"]) for one in reports if one["result"]}
    return Page(
        "audits.html", _("Audits"), facts, {"agreement": agreement, "results": results, "laid_out": len(reports)}
    )


def _verifiers(view: View, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every accredited verifier with its newest report, if it published any."""
    newest: dict[str, dict[str, Any]] = {}
    for one in reports:
        newest.setdefault(one["party"], one)
    codes = sorted({code for code, one in view.registry.items() if one.kind == "verifier"} | newest.keys())
    return [{"party": code, "newest": newest.get(code)} for code in codes]


def days_csv(view: View) -> bytes:
    """Who cosigned how much on which day, as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    found = {"days": [], "checkpoints": [], "witnesses": []} if view.empty else found_audits.days(view)
    for n, (when, made) in enumerate(zip(found["days"], found["checkpoints"], strict=True)):
        for one in found["witnesses"]:
            writer.writerow([when, cell(one["name"]), one["cosigned"][n], made])
    return out.getvalue().encode()
