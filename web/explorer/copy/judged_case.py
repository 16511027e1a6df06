"""The case behind the pages: what explains one obligation, and what a calendar is made from. Kept while the audit's state is.

Both need the whole judgement again, so both are asked for one at a time and remembered.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from ledger.exports.material import Material, material_of
from ledger.exports.reading import Said, said_in
from verifier.audit import AuditState
from verifier.conformance.case import Case
from verifier.conformance.docket import case_of
from verifier.conformance.explain import deciding, explain
from verifier.exits import Exit
from web.explorer.copy.view import View

_one_at_a_time = Lock()


@lru_cache(maxsize=2)
def _case(state: AuditState) -> Case:
    return case_of(state)


@lru_cache(maxsize=512)
def _explained(state: AuditState, moment: int, obligation: str, exercise: str | None) -> dict[str, Any]:
    trace = explain(_case(state), moment, obligation, exercise)
    checkpoints = [{"record": record, "witnesses": state.witnesses(record)} for record in deciding(trace)]
    return {**trace, "checkpoints": checkpoints}


def explained(view: View, moment: int, obligation: str, exercise: str | None) -> dict[str, Any]:
    """The trace of one obligation (see verifier.conformance.explain), and by which checkpoints each record in it is dated.

    `moment`: as of when (seconds, UTC). Raises Fault `obligation.unknown`.
    """
    with _one_at_a_time:
        return _explained(view.state, moment, obligation, exercise)


def material(view: View, moment: int) -> Material:
    """What exports are made from, as of a moment (seconds, UTC). Words are read from the view, which must stay open."""
    held: dict[int, Said] = {}

    def said(index: int) -> Said:
        if index not in held:
            held[index] = said_in(view.raw(index))
        return held[index]

    name = str(view.report.get("exit", Exit.GOOD.name))
    verdict = Exit.__members__.get(name, Exit.GOOD)
    return material_of(view.state, moment, said, verdict)
