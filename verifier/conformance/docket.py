"""From an audit to a case: the events that it kept, the times that its witnesses gave, the terms in force.

Records between two sizes that witnesses signed have one interval, so the times are a list of steps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from verifier.audit.state import AuditState
from verifier.charter import Terms
from verifier.conformance.case import Case
from verifier.conformance.collecting import uncollected
from verifier.errors import Fault
from verifier.witnessed import Interval


def case_of(state: AuditState) -> Case:
    """The case that an audited log makes. Raises Fault `charter.missing` before the charter, `state.no-events` if the audit
    kept no events."""
    trust = state.trust
    if trust.charter is None or trust.charter_id is None:
        raise Fault("charter.missing", "the log holds no charter yet: there is nothing to judge by")
    if state.events is None:
        raise Fault("state.no-events", "this audit kept nothing to judge", where="state file")
    receipted = state.times.receipted()
    with uncollected():
        events = list(state.events.events())
    return Case(
        ledger=trust.origin,
        charter=trust.charter_id,
        events=events,
        kinds={code: party.kind for code, party in trust.registry.items()},
        moments=list(state.moments),
        interval=_intervals(state),
        narrowed=lambda record: state.interval(record).before if record in receipted else None,
        terms=_terms(state),
    )


def _intervals(state: AuditState) -> Callable[[int], Interval]:
    """Record -> its witnessed time by the published history."""
    cuts = sorted({0, *state.times.sizes_after(0), *(first for first, _, _ in state.trust.policies)})
    steps: list[Interval | None] = [None] * len(cuts)

    def interval(record: int) -> Interval:
        step = bisect_right(cuts, record) - 1
        found = steps[step]
        if found is None:
            found = steps[step] = state.interval(cuts[step], receipts=False)
        return found

    return interval


def _terms(state: AuditState) -> Callable[[int], Terms]:
    firsts = [first for first, _ in state.trust.charters]
    return lambda record: state.trust.charters[max(bisect_right(firsts, record) - 1, 0)][1].terms
