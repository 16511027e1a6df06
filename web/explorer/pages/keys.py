"""The page about a participant's keys over time: drawn, as a table, as CSV, with the statements that made each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response

from verifier.parties import ROOT
from web.explorer.answers import Answers, Asked, Page, download
from web.explorer.copy.audited import Copy
from web.explorer.copy.view import View
from web.explorer.records import key_history, signers
from web.explorer.records.briefs import brief
from web.explorer.records.feed import TABLE
from web.explorer.records.files import participant
from web.explorer.records.key_history import KeyHistory, Span
from web.explorer.records.tables import written
from web.explorer.wording import kinds
from web.explorer.wording.languages import across
from web.explorer.wording.words import N_, _, utc

_ENDED = {
    key_history.REVOKED: N_("revoked"),
    key_history.REPLACED: N_("replaced"),
    key_history.CHANGED: N_("given other dates"),
}
_TOP, _ROW = 26, 34
_LONG = 60
"""Percent: a bar that is longer carries its name above it, at its start."""


def keys(asked: Asked, code: str) -> Page:
    """A participant's keys over time: each signer of each office, by which record it came and went, and why."""
    view = asked.view
    entry = participant(view, code, f"/keys/{code}")
    told = key_history.told(view.trust, code)
    rows = [_span(view, one) for one in told.spans]
    offices = _offices(view, code, told)
    facts = {
        "code": code,
        "kind": entry.kind,
        "names": dict(entry.names),
        "as_of_record": view.size - 1,
        "root": {"signers": list(entry.root.signers), "threshold": entry.root.threshold} if not told.spans else None,
        "signers": rows,
        "thresholds": [
            {"record": one.record, "office": one.office, "threshold": one.threshold, "signers": one.signers}
            for one in told.thresholds
        ],
        "offices": offices,
        "changes": [_change(view, told, *row) for row in told.changes],
    }
    first = {one.signer: one.number for one in reversed(told.spans)}
    shown = {
        "anchored": set(first.values()),
        "chart": drawn(told, _end(asked)),
        "offices": offices,
        "compromised": [one for one in rows if one["reason"] == "compromised"],
    }
    return Page("keys.html", _("Keys of %(party)s", party=kinds.name_of(entry.names) or code), facts, shown)


def _end(asked: Asked) -> int:
    return max(asked.health.witnessed or 0, asked.view.audited)


def _span(view: View, one: Span) -> dict[str, Any]:
    return {
        "number": one.number,
        "office": one.office,
        "signer": one.signer,
        "keys": [{"algorithm": algorithm, "keyid": keyid} for algorithm, keyid in one.keys],
        "not_before": utc(one.dates[0]),
        "not_after": utc(one.dates[1]),
        "since_record": one.since,
        "since": utc(one.since_at),
        "until_record": one.until,
        "until": utc(one.until_at),
        "ended": one.ended,
        "ended_label": _(_ENDED[one.ended]) if one.ended else _("in force"),
        "reason": one.reason,
        "reason_label": kinds.label("choices", one.reason) if one.reason else None,
        "not_its_owners_from_record": one.from_record,
        "statements_signed": signers.signed(view, one.signer),
        "contested": _contested(view, one),
    }


def _contested(view: View, one: Span) -> int:
    """How many statements that stand were signed by a key that was not its owner's by then."""
    if one.from_record is None:
        return 0
    query = """SELECT count(*) FROM signed JOIN records ON records.idx = signed.idx
        WHERE signed.signer = ? AND signed.idx >= ? AND records.stands = 1"""
    return view.number(query, (one.signer, one.from_record))


def _change(
    view: View, told: KeyHistory, record: int, received: int, statement: str, action: str | None
) -> dict[str, Any]:
    """A statement that changed keys: what it is, and which signers began and ended by it."""
    row = view.record(record)
    return {
        "record": record,
        "received": utc(received),
        "id": statement,
        "action": action,
        "action_label": kinds.label("choices", action) if action else None,
        "statement": brief(row) if row else None,
        "began": [one.number for one in told.spans if one.since == record],
        "ended": [one.number for one in told.spans if one.until == record],
        "thresholds": [
            {"office": one.office, "threshold": one.threshold, "signers": one.signers}
            for one in told.thresholds
            if one.record == record
        ],
    }


def _offices(view: View, code: str, told: KeyHistory) -> list[dict[str, Any]]:
    """The offices, root first, each with how many signers must sign now, of how many, and what they may issue."""
    last = {one.office: one for one in told.thresholds}
    order = sorted(last, key=lambda name: (name != ROOT, name))
    in_force = view.trust.offices(code)
    return [
        {
            "office": name,
            "threshold": last[name].threshold,
            "signers": last[name].signers,
            "types": [{"type": kind, "label": kinds.label("types", kind)} for kind in sorted(in_force[name].types)],
        }
        for name in order
    ]


def drawn(told: KeyHistory, end: int) -> dict[str, Any] | None:
    """The spans as bars on an axis of time. `end`: seconds, the moment at which what is in force still is. x in percent,
    mirrored for right to left. None where there is nothing to draw."""
    if not told.spans:
        return None
    start = min(one.since_at for one in told.spans)
    end = max(end, start + 1)
    width = end - start
    rows = []
    for n, one in enumerate(told.spans):
        left = 100 * (one.since_at - start) / width
        right = 100 * ((one.until_at or end) - start) / width
        wide = max(right - left, 0.8)
        bar = {"x": across(left, wide), "width": round(wide, 2), "y": _TOP + n * _ROW + 16, "ended": one.ended}
        word = _(_ENDED[one.ended]) if one.ended else _("in force")
        late = left > _LONG
        x = min(right, 100) if late else left
        rows.append(
            {**bar, "number": one.number, "office": one.office, "word": word, "x_text": across(x), "late": late}
        )
    times = [start + width * part // 4 for part in range(4)]
    return {
        "height": _TOP + len(rows) * _ROW + 4,
        "rows": rows,
        "marks": [(utc(at), across(100 * (at - start) / width)) for at in times],
        "from": utc(start),
        "to": utc(end),
    }


COLUMNS = (
    *("number", "office", "signer", "algorithms", "keyids", "not_before", "not_after", "since_record", "since"),
    *("until_record", "until", "ended", "reason", "not_its_owners_from_record", "statements_signed", "contested"),
)


def as_table(facts: Mapping[str, Any]) -> bytes:
    """The signers as CSV, a row for each time that one was in an office."""
    rows = [
        {
            **one,
            "algorithms": " ".join(key["algorithm"] for key in one["keys"]),
            "keyids": " ".join(key["keyid"] for key in one["keys"]),
        }
        for one in facts["signers"]
    ]
    return written(COLUMNS, rows)


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app the page and its table as CSV."""
    answers.add("/keys/<code:code>", keys)

    def table(code: str) -> Response:
        with copy.view() as view:
            facts = keys(Asked(view, answers.health(view), {}), code).facts
            return download(as_table(facts), TABLE, f"keys-{code}.csv", view.audited)

    table.__doc__ = "A participant's keys over time as CSV, a row for each time that a signer was in an office."
    app.add_url_rule("/keys/<code:code>.csv", "keys_csv", table)
