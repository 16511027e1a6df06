"""The walk of an audit, top to bottom: open the source, check the notes, read bundles, check records, close the tree.

    1. The newest checkpoint: its form, the log's signature, the reader's quorum.
    2. It extends what the last audit saw.
    3. The checkpoint history: bodies and chain.
    4. Records, bundle by bundle: each examined by itself (in parallel), then folded in order.
    5. The tree: root, every tile, every size in the history and in the receipts given.
    6. The history's signatures, under the policies and log keys in force at each size.
    7. Times: `received` against witnessed time, silences.
    8. Evidence: the files that convince others of what was found.

A finding does not end the audit: what it names is left out, and the rest is judged as if it were absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from copy import deepcopy
from typing import Protocol

from verifier import receipt
from verifier.audit import closing, dating, notes
from verifier.audit.bundle import Examination, examine_bundle
from verifier.audit.findings import Check, Finding, Report, unreadable
from verifier.audit.fold import Fold
from verifier.audit.gathering import Gatherer
from verifier.audit.state import AuditState
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.formats.times import LAST_MOMENT
from verifier.receipt import Given
from verifier.source import Source
from verifier.spread import in_order

_AHEAD = 6
"""Bundles examined ahead of the fold: enough to keep some processes busy, few enough to keep memory flat."""


class Observer(Protocol):
    """Sees what was audited, in order: every record with its findings, every history entry."""

    def record(self, index: int, raw: bytes, findings: Iterable[Finding]) -> None:
        """Record `index`, its bytes, and what is wrong with it."""

    def checkpoint(self, number: int, raw: bytes) -> None:
        """History entry `number`, a signed note's bytes."""


def audit(
    source: Source,
    policy: Policy,
    *,
    charter: str | None = None,
    receipts: Iterable[Given] = (),
    executor: Executor | None = None,
    state: AuditState | None = None,
    observer: Observer | None = None,
    progress: Callable[[int, int], None] | None = None,
    now: int | None = None,
    newest: Checkpoint | None = None,
    events: bool = False,
) -> Report:
    """Audit a log from outside. `policy` decides whether its newest checkpoint is believed; `charter` is its charter's id.

    `state`: of an earlier audit; it stays as it is, the Report holds the one to keep. `newest`: a checkpoint to audit
    against instead of the source's own. `now`: the reader's clock, seconds since the epoch (None: the end of the year
    9999): cosignatures beyond it count for nothing. `events`: whether a new state keeps the table from which conformance is
    judged; a given one goes on as it was begun. `progress` is told (records done, records in all).
    Raises Fault only where nothing can be said: `source.…`, `checkpoint.malformed`, `state.…`; all else is in the Report.
    """
    now = LAST_MOMENT if now is None else now
    point = newest or _newest(source)
    state = deepcopy(state) if state else AuditState(point.origin, charter, events=events)
    _require_continuing(state, point, charter)
    state.times.forget_receipts()
    report = Report(point.origin, None, point, {}, state.size, [], [], state)
    old, since = state.checkpoint, state.size
    _accept(report, policy, now)
    bodies = _bodies(source, state, point, report)
    given = _verified_receipts(report, policy, receipts, now)
    fold = _fold(report, source, bodies, given, executor, observer, progress)
    gatherer = Gatherer(source, point, policy, state.trust, bodies)
    closing.close_tree(report, source, fold, old, gatherer)
    closing.close_history(report, source, bodies, fold, gatherer, executor, now)
    closing.close_receipts(report, bodies, fold, gatherer, given, since)
    _judge_times(report, source.complete)
    closing.close_evidence(report, gatherer, given)
    if report.refusal is None and fold.roots.get(point.size) == point.root:
        state.checkpoint = point
    if observer:
        _show_history(source, bodies, observer)
    return report


def _newest(source: Source) -> Checkpoint:
    """The source's newest checkpoint. A dump has none: Fault `audit.no-checkpoint`, exit 12."""
    if not source.complete:
        raise Fault("audit.no-checkpoint", "a record dump has no checkpoint", where=source.location)
    return checkpoints.parse(source.read("checkpoint"))


def _require_continuing(state: AuditState, point: Checkpoint, charter: str | None) -> None:
    """The state is of this log and this charter, and not ahead of what the source shows."""
    if state.trust.origin != point.origin:
        raise Fault("state.other-log", f"the state is of {state.trust.origin}, the source shows {point.origin}")
    if charter and state.trust.charter_id not in (None, charter):
        raise Fault(
            "state.other-charter", f"the state is under charter {state.trust.charter_id}, {charter} was asked for"
        )
    if point.size < state.size:
        raise Fault(
            "source.stale",
            f"the source shows {point.size} records, an earlier audit saw {state.size}",
            where=point.origin,
        )


def _accept(report: Report, policy: Policy, now: int | None) -> None:
    """Step 1: whether the reader's policy believes the newest checkpoint. If not, the audit still says what it sees."""
    point = report.checkpoint
    assert point is not None
    try:
        accepted = policy.accept(point, now=now)
    except Fault as fault:
        report.refusal = fault
        report.checks.append(Check("checkpoint", False, str(fault)))
        return
    report.cosigned = accepted.cosigned
    names = ", ".join(accepted.cosigned) or "nobody"
    report.checks.append(Check("checkpoint", True, f"size {point.size}, signed by the log, cosigned by {names}"))


def _bodies(source: Source, state: AuditState, point: Checkpoint, report: Report) -> notes.Bodies:
    """Step 3, first part: the history's bodies and its chain, as far as they are new."""
    first, head = state.history_count, state.history_head
    if not source.complete:
        report.checks.append(Check("history", None, "a record dump holds no checkpoint history", needed=False))
        return notes.Bodies(first, [head], complete=False)
    try:
        count = notes.history_size(source)
        if count < first:
            raise Fault(
                "text.malformed", f"the history had {first} entries and now shows {count}", where="history/size"
            )
    except Fault as fault:
        report.findings.append(unreadable("history.unreadable", "the checkpoint history cannot be read", fault))
        return notes.Bodies(first, [head], complete=False)
    size = state.history_body[0] if state.history_body else 0
    bodies = notes.read_bodies(source, first, head, point.origin, count, size)
    bodies.leave(point.size)
    report.findings += bodies.findings
    report.checks.append(
        Check("history", not bodies.findings, f"{bodies.count} entries, each chained to the one before")
    )
    return bodies


def _verified_receipts(report: Report, policy: Policy, receipts: Iterable[Given], now: int | None) -> list[Given]:
    """The receipts that hold; their cosignatures narrow the time of their records. The others are named."""
    good = []
    for given in receipts:
        try:
            logged = receipt.verify(given.proof, given.envelope, policy, now=now)
        except Fault as fault:
            report.findings.append(Finding("receipt.invalid", given.proof.index, f"{given.where}: {fault}"))
            continue
        for name, time in logged.cosigned.items():
            report.state.times.add_receipt(logged.index, policy.witnesses[name].key.name, time)
        good.append(given)
    return good


def _fold(
    report: Report,
    source: Source,
    bodies: notes.Bodies,
    given: list[Given],
    executor: Executor | None,
    observer: Observer | None,
    progress: Callable[[int, int], None] | None,
) -> Fold:
    """Step 4: examine bundles ahead of the fold, fold them in order. A bundle that cannot be had at all ends it."""
    state, point = report.state, report.checkpoint
    size = point.size if point else 0
    marks = sorted({*bodies.sizes, size, state.size, *(g.proof.checkpoint.size for g in given)})
    wanted = frozenset(g.proof.index for g in given)
    fold = Fold(state, bodies, marks, wanted, observer.record if observer else None)
    try:
        for seen in _examined(source, fold, size, executor, observer is not None):
            fold.take(seen)
            if progress:
                progress(state.size, size)
    except Fault as fault:
        report.findings.append(
            Finding("audit.stopped", state.size, f"the audit stopped at record {state.size}: {fault}")
        )
    judged = f"{state.size} records, {state.size - report.records} of them new"
    unjudged = "" if state.trust.charter else "; no charter to judge by"
    report.checks.append(Check("records", not fold.findings, judged + unjudged))
    report.records = state.size
    report.charter = state.trust.charter_id if state.trust.charter else None
    report.findings += fold.findings
    return fold


def _judge_times(report: Report, complete: bool) -> None:
    """Step 7: `received` against witnessed time, and how much of the log is dated at all."""
    state = report.state
    found = dating.judge_received(state)
    report.findings += found
    if state.undated == state.size:
        report.checks.append(Check("times", not found, f"{state.size} records dated by the witnesses"))
    else:
        open_ones = state.size - state.undated
        detail = f"{open_ones} records are not dated by a quorum of witnesses"
        report.checks.append(Check("times", None, detail, needed=complete))


def _show_history(source: Source, bodies: notes.Bodies, observer: Observer) -> None:
    for part in notes.parts(bodies.first, bodies.count, bodies.shown):
        for number, raw in notes.read_notes(source, part):
            observer.checkpoint(number, raw)


def _examined(
    source: Source, fold: Fold, size: int, executor: Executor | None, want_raw: bool
) -> Iterator[Examination]:
    trust, events = fold.state.trust, fold.state.events is not None
    calls = (
        (source, part.number, part.width, part.skip, dict(trust.book), trust.version, want_raw, events)
        for part in notes.parts(fold.state.size, size)
    )
    return in_order(executor, examine_bundle, calls, _AHEAD)
