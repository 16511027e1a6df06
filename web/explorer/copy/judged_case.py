"""The case behind the pages: what explains one obligation, and what a calendar is made from. Kept while the audit's state is.

Both need the whole judgement. The world's is kept in memory by whoever made it for the copy; what is not kept is made
again, one at a time, and remembered.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from ledger.exports.material import Material, material_of
from ledger.exports.reading import Said, said_in
from verifier.audit import AuditState
from verifier.conformance import explain
from verifier.conformance.case import Case
from verifier.conformance.docket import case_of
from verifier.conformance.judge import EVERY, Judgement, rehearse, weigh
from verifier.errors import Fault
from verifier.exits import Exit
from web.explorer.copy import judged_kept
from web.explorer.copy.judged_types import Judgement as Made
from web.explorer.copy.judged_view import Judged

_one_at_a_time = Lock()


@lru_cache(maxsize=2)
def _case(state: AuditState) -> Case:
    return case_of(state)


@lru_cache(maxsize=512)
def _rehearsed(state: AuditState, moment: int, obligation: str, exercise: str) -> dict[str, Any]:
    """The trace of an obligation in a rehearsal that was judged at another moment than the world."""
    return explain.explain(_case(state), moment, obligation, exercise)


def explained(judged: Judged, made: Made, obligation: str) -> dict[str, Any]:
    """The trace of one obligation (see verifier.conformance.explain), and by which checkpoints each record in it is dated.

    `made`: the judgement that holds it. Raises Fault `obligation.unknown`.
    """
    state, world = judged.view.state, judged.real
    if made.exercise is None or world is None:
        trace = explain.explained(_judgement(state, made), obligation)
    elif made.moment == world.moment:
        found = rehearse(_judgement(state, world), made.exercise, (obligation,))
        trace = explain.explained(found, obligation)
    else:
        with _one_at_a_time:
            trace = _rehearsed(state, made.moment, obligation, made.exercise)
    checkpoints = [{"record": record, "witnesses": state.witnesses(record)} for record in explain.deciding(trace)]
    return {**trace, "checkpoints": checkpoints}


def _judgement(state: AuditState, made: Made) -> Judgement:
    """A judgement of the world, kept or made again."""
    found = judged_kept.kept(made.sha256)
    if found is not None:
        return found
    with _one_at_a_time:
        found = judged_kept.kept(made.sha256) or weigh(_case(state), made.moment, watch=EVERY)
        if found is None:
            raise Fault("obligation.unknown", "nothing was judged as of then", where="--explain")
        judged_kept.keep(made.sha256, found)
    return found


def material(judged: Judged, made: Made) -> Material:
    """What exports are made from, as of the world's judgement `made`. Words are read from the view, which must stay open."""
    view = judged.view
    held: dict[int, Said] = {}

    def said(index: int) -> Said:
        if index not in held:
            held[index] = said_in(view.raw(index))
        return held[index]

    name = str(view.report.get("exit", Exit.GOOD.name))
    verdict = Exit.__members__.get(name, Exit.GOOD)
    return material_of(view.state, made.moment, said, verdict, _judgement(view.state, made))
