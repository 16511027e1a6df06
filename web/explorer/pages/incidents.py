"""The pages about incidents: the list of threads, and one thread in lanes, with every step and everything due in it."""

from __future__ import annotations

from typing import Any

from verifier.errors import Fault
from verifier.formats import times
from web.explorer.answers import Asked, Page
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.rows import Row
from web.explorer.promises.facts import Teller, head
from web.explorer.promises.lanes import drawn
from web.explorer.records import listing
from web.explorer.records.briefs import brief
from web.explorer.records.fields import Field, read
from web.explorer.records.files import parsed
from web.explorer.wording import kinds
from web.explorer.wording.words import _, utc

THREADS = 30
"""How many threads a page lists."""
WAITING = 3
"""How many open and overdue obligations stand beside a thread in the list, those due first."""
SHOWN, FINDINGS = 30, 8
"""How many statements and obligations of a thread a page holds, and how many findings it shows."""


def incidents(asked: Asked) -> Page:
    """The threads, newest first: what opened each, who spoke, and what is due in it."""
    judged = Judged(asked.view)
    teller = Teller(judged)
    text = asked.arguments.get("below", "").strip()
    below = listing.page_of(text) if text else 2**62
    found = [] if judged.real is None else judged.incidents(below, THREADS + 1)
    rows = []
    for row, exercise, steps, last, lanes in found[:THREADS]:
        rows.append(
            {
                **brief(row),
                "address": f"/incidents/{row.id}",
                "exercise": exercise,
                "statements": steps,
                "last": utc(last),
                "lanes": lanes,
                "waiting": teller.several(judged.waiting_in(row.id or "", WAITING)),
            }
        )
    older = f"/incidents?below={found[THREADS - 1][0].idx}" if len(found) > THREADS else None
    facts = {"judgement": head(judged, judged.real), "incidents": rows, "older": older}
    return Page("incidents.html", _("Incidents"), facts)


def incident(asked: Asked, statement_id: str) -> Page:
    """One thread: who said what and when, what was due, and what was said of it."""
    judged = Judged(asked.view)
    found = asked.view.statement(statement_id)
    thread = judged.thread_of(found.idx) if found else None
    opened = asked.view.statement(thread) if thread else None
    if found is None or thread is None or opened is None:
        text = _("No incident or near miss was found under this id when the record was last judged.")
        raise Fault("explorer.not-here", text, where=statement_id)
    teller = Teller(judged)
    page = listing.part_of(asked.arguments)
    rows = judged.steps(thread, SHOWN, page * SHOWN)
    steps = [_step(asked, row) for row in rows]
    due = judged.of_thread(thread, SHOWN, page * SHOWN)
    said, owed = judged.extent(thread)
    listed = [{**teller.facts(one), "answers": teller.answers(one)} for one in due]
    made = judged.judgement(opened.exercise)
    facts = {
        "judgement": head(judged, made),
        **brief(opened),
        "thread": thread,
        "lanes": judged.lanes(thread) or [],
        "steps": [{name: value for name, value in step.items() if name != "words"} for step in steps],
        "due": listed,
        "steps_total": said,
        "due_total": owed,
        **listing.turned(f"/incidents/{thread}", page, (page + 1) * SHOWN < max(said, owed)),
    }
    shown = {
        "said": steps,
        "step_of": _steps_of(judged, steps, listed),
        "due": listed,
        "drill": asked.view.statement(opened.exercise) if opened.exercise else None,
        "findings": [one for one in listed if one["obligation"]["status"] in _FOUND and one["obligation"]["due"]][
            :FINDINGS
        ],
        "rules": _rules(teller, listed),
        "chart": drawn(facts["lanes"], steps, listed, made.moment if made else 0),
        "records": (rows[0].idx, max(row.idx for row in rows)) if rows else (opened.idx, opened.idx),
    }
    return Page("incident.html", opened.title or "", facts, shown)


def _steps_of(judged: Judged, steps: list[dict[str, Any]], listed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Statement id -> statement, of the thread's steps here and of what met a duty here and stands on another page."""
    known = {step["id"]: step for step in steps}
    for one in listed:
        found = one["discharged_by"]
        if found is not None:
            known.setdefault(found["id"], found)
    return known


def _rules(teller: Teller, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules by which something was owed in a thread, each once, in the order in which it first was."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in listed:
        owed = one["obligation"]
        address = f"/pledges/{owed['source']}#{owed['rule']}"
        row = {"what": one["what"], "terms": one["terms"], "rule": owed["rule"], "address": address}
        found.setdefault((owed["source"], owed["rule"]), row)
    return list(found.values())


_FOUND = ("overdue", "exceeded", "late", "undeterminable")


def _step(asked: Asked, row: Row) -> dict[str, Any]:
    """A statement of a thread: its times, claimed and witnessed, to whom it went, and its words."""
    said = parsed(asked.view, row)[1]
    parts = read(said, kinds.names(asked.view.registry))
    return {
        **brief(row),
        "to": list(said.addressees),
        "relates": [{"rel": one.rel, "statement": one.statement} for one in said.relates],
        "claimed": [{"field": one.pointer, "label": one.label, "time": one.value} for one in parts if _is_time(one)],
        "words": [one for one in parts if one.form in ("words", "texts", "choice", "answer") and one.value != ""],
    }


def _is_time(one: Field) -> bool:
    if one.form != "time" or not isinstance(one.value, str):
        return False
    try:
        times.parse_utc(one.value)
    except Fault:
        return False
    return True
