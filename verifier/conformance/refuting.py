"""A verifier's finding, computed again from the inputs that it names and from nothing else.

Source: docs/FORMAT.md, "Findings computed again". Top to bottom:

    1. The receipts that it names, by their SHA-256.
    2. Where the log stood: the checkpoint's body and the history's head, found in a copy that may have grown since.
    3. Whether the reader's policy believes that checkpoint.
    4. The audit of the log as it stood there. Charter, vocabulary, history are those that the finding names.
    5. The judgement, by every clock that its author can have had: what is dated beyond his clock he left out.

A copy of the log is not believed: the checkpoint's root binds every record, the head binds every entry of the history.
What cannot be had to the digest leaves the question open, and convicts nobody.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from copy import copy
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

from verifier import receipt, vocabulary
from verifier.audit import AuditState, Report, audit, notes
from verifier.audit.dating import Dating
from verifier.audit.notes import Signed
from verifier.conformance import reporting
from verifier.conformance.docket import case_of
from verifier.conformance.earlier import Earlier, believed, find
from verifier.conformance.judge import judge
from verifier.conformance.outcome import CONFIRMED, REFUTED, UNDECIDED, Claim, Compared, Outcome, Step
from verifier.errors import Fault
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.formats.times import LAST_MOMENT, format_utc, parse_utc
from verifier.history import EMPTY_HEAD
from verifier.receipt import Given
from verifier.source import Source
from verifier.witnessed import Timelines

_CODE = "finding.undecided"
_BLIND = ("audit.stopped", "entries.unreadable", "history.unreadable")
"""Findings of an audit that could not read all that the checkpoint and the head bind."""


@dataclass(frozen=True)
class Refuting:
    """Computes findings again from a copy of the log. `policy` and `charter` (hex, or None) are the reader's; `receipts`:
    those at hand; `now`: the reader's clock, which the checkpoint's cosignatures must have reached."""

    source: Source
    policy: Policy
    charter: str | None = None
    receipts: Sequence[Given] = ()
    executor: Executor | None = None
    now: int | None = None

    def __call__(self, claim: Claim) -> Outcome:
        """Compute a claim again. Raises Fault `source.unreachable`."""
        steps: list[Step] = []
        try:
            if self.charter not in (None, claim.inputs["charter"]):
                raise _open("charter", f"the finding names {claim.inputs['charter']}, yours is {self.charter}")
            given = self._receipts(claim.inputs, steps)
            cut, point = self._place(claim.inputs, given, steps)
            report = audit(cut, self.policy, executor=self.executor, newest=point, events=True)
            policy = self._policy(claim.inputs, report, steps)
            _require_holding(given, policy)
            _require_named(claim.inputs, report, point, steps)
        except Fault as fault:
            if fault.code != _CODE:
                raise
            steps.append(Step(fault.where, None, fault.message))
            return Outcome(UNDECIDED, tuple(steps), reason=str(fault))
        return _compared(claim, list(_courts(claim, cut, report, given, policy, self.executor)), report, steps)

    def _receipts(self, inputs: Mapping[str, Any], steps: list[Step]) -> list[Given]:
        """1. The receipts that the finding names."""
        at_hand = {sha256(given.proof.raw).hexdigest(): given for given in self.receipts}
        missing = [digest for digest in inputs["receipts"] if digest not in at_hand]
        if missing:
            raise _open("receipts", f"not at hand, by SHA-256: {', '.join(missing)}")
        steps.append(Step("receipts", True, f"{len(inputs['receipts'])} named, all at hand"))
        return [at_hand[digest] for digest in inputs["receipts"]]

    def _place(
        self, inputs: Mapping[str, Any], given: Iterable[Given], steps: list[Step]
    ) -> tuple[Earlier, Checkpoint]:
        """2. and 3. The log cut back to where it stood, and the checkpoint of then, which the reader's policy believes."""
        try:
            place = find(self.source, inputs["checkpoint"], inputs["history"], [g.proof.checkpoint for g in given])
        except Fault as fault:
            if fault.code == "source.unreachable":
                raise
            raise _open("history", f"the checkpoint history cannot be read: {fault}") from fault
        if not place.points:
            raise _open("checkpoint", f"no checkpoint at hand has a body of SHA-256 {inputs['checkpoint']}")
        if place.count is None:
            raise _open("history", f"the history at hand never had the head {inputs['history']}")
        try:
            point = believed(place.points, self.policy, self.now)
        except Fault as fault:
            raise _open("checkpoint", f"your policy does not believe it: {fault}") from fault
        steps.append(Step("checkpoint", True, f"size {point.size}, believed by your policy"))
        steps.append(Step("history", True, f"the first {place.count} entries"))
        return Earlier(self.source, self.source.location, self.source.complete, place.count), point

    def _policy(self, inputs: Mapping[str, Any], report: Report, steps: list[Step]) -> Policy | None:
        """The policy that the finding names: the reader's or one of the charter's; None where it is neither and decides
        nothing, because no receipt was judged by it."""
        known = [self.policy, *(policy for _, policy, _ in report.state.trust.policies)]
        found = next((one for one in known if sha256(one.text).hexdigest() == inputs["policy"]), None)
        if found is None and inputs["receipts"]:
            raise _open("policy", f"the receipts were judged by a policy not at hand, SHA-256 {inputs['policy']}")
        if found is self.policy:
            told = "yours"
        else:
            told = "another than yours" + (
                ", by which its receipts were judged" if found else "; it decides nothing here"
            )
        steps.append(Step("policy", True, told))
        return found


def _open(where: str, why: str) -> Fault:
    return Fault(_CODE, why, where=where)


def _require_holding(given: Iterable[Given], policy: Policy | None) -> None:
    """1. again: each receipt holds. The digest is of the proof alone: with another envelope beside it, it would say nothing."""
    for one in given:
        try:
            receipt.verify(one.proof, one.envelope, _known(policy))
        except Fault as fault:
            raise _open("receipts", f"{one.where} does not hold: {fault}") from fault


def _known(policy: Policy | None) -> Policy:
    assert policy is not None  # Refuting._policy has seen to it, wherever there is a receipt
    return policy


def _require_named(inputs: Mapping[str, Any], report: Report, point: Checkpoint, steps: list[Step]) -> None:
    """4. The audit read all that checkpoint and head bind, and its inputs are those named, to the digest."""
    blind = next((finding for finding in report.findings if finding.code in _BLIND), None)
    state = report.state
    if blind is not None:
        raise _open("checkpoint", f"the copy does not show all of the log as it stood: {blind.message}")
    if (state.size, state.range.root()) != (point.size, point.root):
        raise _open("checkpoint", f"the records at hand do not lead to the root of size {point.size}")
    if report.charter is None:
        raise _open("charter", "the log holds no charter that can be read")
    found = {
        "charter": report.charter,
        "vocabulary": vocabulary.load(state.trust.version).digest,
        "history": state.history_head,
    }
    for name, digest in found.items():
        if inputs[name] != digest:
            raise _open(name, f"the finding names {inputs[name]}; the log as it stood at that checkpoint has {digest}")
    steps += [Step(name, True, found[name]) for name in ("charter", "vocabulary")]


class _Court(NamedTuple):
    """What is judged by one clock: the status of each obligation asked for, and the report's bytes."""

    statuses: Mapping[str, str]
    report: bytes


def _courts(
    claim: Claim,
    cut: Source,
    report: Report,
    given: Sequence[Given],
    policy: Policy | None,
    executor: Executor | None,
) -> Iterable[_Court]:
    """5. The judgement by each clock that the author can have had, where the clocks make a difference to what counts.

    A clock is no input, and what is dated beyond it is left out. An honest one was not behind the newest moment of the
    history that its owner names, unless he asks as of an earlier one; nor ahead of the record that holds the finding. A
    witness that dates into the future must not convict him, today or when that time has come. The middle one goes first.
    """
    state, asked = report.state, parse_utc(claim.inputs["as_of"])
    low = min(asked, claim.received, state.moment if state.moment is not None else asked)
    entries = _signed(cut, report, executor)
    dates = list(_dates(entries, given, policy))
    seen = set()
    for clock in (claim.received, low, LAST_MOMENT):
        counted = sum(date <= clock for date in dates)
        if counted not in seen:
            seen.add(counted)
            yield _court(claim, _dated(state, entries, given, policy, clock), asked)


def _signed(cut: Source, report: Report, executor: Executor | None) -> list[Signed]:
    """The history's entries, with every signature checked."""
    state = report.state
    keys = dict.fromkeys(k for _, policy, logs in state.trust.policies for k in (*logs, *policy.witness_keys))
    bodies = notes.read_bodies(cut, 0, EMPTY_HEAD, report.ledger, state.history_count)
    return list(notes.signatures(cut, bodies, report.ledger, list(keys), executor))


def _dates(entries: Iterable[Signed], given: Iterable[Given], policy: Policy | None) -> Iterable[int]:
    """Every date that may count: those of the history, and what the receipts' cosignatures say, true or false."""
    yield from chain.from_iterable(entry.times.values() for entry in entries)
    known = {(key.name, key.key_id) for key in policy.witness_keys} if policy else set()
    for row in chain.from_iterable(one.proof.checkpoint.note.signatures for one in given):
        if (row.name, row.key_id) in known:
            yield int.from_bytes(row.value[:8], "big")


def _dated(
    state: AuditState, entries: Iterable[Signed], given: Iterable[Given], policy: Policy | None, clock: int
) -> AuditState:
    """The audited log, dated anew by what a clock had reached (seconds since the epoch)."""
    fresh = copy(state)
    fresh.times, fresh.moments, fresh.turned, fresh.history_body = Timelines(), array("q"), {}, None
    dating = Dating(fresh, clock)
    for size, _, group in notes.by_body(entries):
        dating.take(size, group)
    for one in given:
        try:
            logged = receipt.verify(one.proof, one.envelope, _known(policy), now=clock)
        except Fault:
            continue  # one that this clock has not reached narrows nothing, as in an audit
        for name, time in logged.cosigned.items():
            fresh.times.add_receipt(logged.index, _known(policy).witnesses[name].key.name, time)
    return fresh


def _court(claim: Claim, state: AuditState, asked: int) -> _Court:
    """The judgement of the real world; what it does not hold is looked for in the rehearsals, for an obligation is of one
    world alone: that of its trigger."""
    case = case_of(state)
    judged = judge(case, asked)
    statuses = {one.id: one.status for one in judged}
    if not statuses.keys() >= set(claim.obligations):
        drills = sorted({event.exercise for event in case.events if event.exercise is not None})
        statuses.update({one.id: one.status for drill in drills for one in judge(case, asked, drill)})
    rows, moment = [one.as_json() for one in judged], case.moment(asked)
    raw = reporting.encode(reporting.report(case.ledger, rows, dict(claim.inputs), moment, None))
    return _Court({one: statuses[one] for one in claim.obligations if one in statuses}, raw)


def _compared(claim: Claim, courts: Sequence[_Court], report: Report, steps: list[Step]) -> Outcome:
    """The answer: an obligation is refuted where no clock gives it the status said; confirmed are all where each does."""
    first = courts[0]
    rows = [Compared(one, claim.status, first.statuses.get(one)) for one in claim.obligations]
    never = [row for row in rows if all(court.statuses.get(row.id) != claim.status for court in courts)]
    always = all(court.statuses.get(row.id) == claim.status for court in courts for row in rows)
    as_of, reason, ok = claim.inputs["as_of"], None, True if always else None
    if never:
        ok, told = False, f"as of {as_of} {len(never)} of {len(rows)} obligations are not {claim.status}"
    elif always:
        told = f"as of {as_of} all of {len(rows)} obligations are {claim.status}"
    else:
        newest = format_utc(report.state.moment or 0)
        reason = told = (
            f"it depends on its author's clock, no input, for some cosignatures are dated later than {newest}"
        )
    result = {True: CONFIRMED, False: REFUTED, None: UNDECIDED}[ok]
    digest = sha256(first.report).hexdigest()
    return Outcome(result, (*steps, Step("recomputation", ok, told)), tuple(rows), tuple(never), digest, reason)
