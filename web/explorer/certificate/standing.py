"""What a reader must know before anything else: whether the statement stands, and what came after it."""

from __future__ import annotations

from typing import Any

from web.explorer.certificate.runs import english, machine, ours, said
from web.explorer.copy.view import View
from web.explorer.records.ladder import Ladder
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, first_upper, number

_GENUINE = {
    "amends": N_("Genuine, but amended"),
    "cancels": N_("Genuine, but cancelled"),
    "changes": N_("Genuine, but amended"),
    "corrects": N_("Genuine, but corrected"),
    "retracts": N_("Genuine, but retracted"),
    "withdraws": N_("Genuine, but withdrawn"),
}


def standing(view: View, climbed: Ladder) -> dict[str, Any]:
    """The standing of a statement: `state` (a status), `word`, `lines` in order of weight, and `later` statements."""
    lines: list[dict[str, Any]] = []
    state, word = "done", _("In the record")
    if climbed.row.witnessed_before is None:
        state, word = "open", _("not witnessed yet")
    if climbed.changes:
        state, word = "amended", _(_GENUINE[climbed.changes[-1][0]])
        lines.append(ours(_("Read with what came later")))
    latest = climbed.steps[-1]
    if latest.state == "unknown" and latest.reached:
        state, word = "unknown", _("Contested")
    if any(step.state == "overdue" for step in climbed.steps[:5]):
        state, word = "overdue", _("Does not hold")
    findings = view.findings(climbed.row.idx)
    if findings:
        state, word = "overdue", _("The audit has a finding on this record")
    if not climbed.row.stands:
        state, word = "overdue", _("Not in force: the audit judges this record as if it were absent")
    lines += [english(f"{one['message']} ({one['code']})") for one in findings]
    if findings:
        lines.append(ours(_("A finding is never a judgement of the conduct of a state.")))
    if state != "amended":
        lines.append(ours(latest.detail))
    return {"state": state, "word": ours(first_upper(word)), "lines": lines, "later": _later(climbed)}


def _later(climbed: Ladder) -> list[dict[str, Any]]:
    return [
        {
            "how": ours(
                f"{first_upper(kinds.relation(rel, backward=True))}{_(': ')}{_('Record %(n)s', n=number(row.idx))}"
            ),
            "title": said(row.title or "", row.language),
            "id": machine(row.id or ""),
        }
        for rel, row in climbed.changes or ()
    ]
