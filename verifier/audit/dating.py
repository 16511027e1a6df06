"""Dates: who cosigned what when, by the history; whether the log fell silent; whether `received` fits the witnessed time."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from verifier.audit.findings import Finding
from verifier.audit.notes import Signed
from verifier.audit.state import UNDATED, AuditState
from verifier.errors import Fault
from verifier.formats import cosignature
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy
from verifier.formats.times import format_utc
from verifier.witnessed import Interval


class Judged(NamedTuple):
    """What was found on one body. `signed`: the number of an entry that the log truly signed, or None."""

    findings: list[Finding]
    signed: int | None


class Dating:
    """Takes the history's bodies in order, with their checked signatures; feeds the timelines of the state.

    `crooked`: witness -> two sizes of which it dated the larger one earlier.
    """

    def __init__(self, state: AuditState, now: int | None) -> None:
        self._state = state
        self._now = now
        self.crooked: dict[str, tuple[int, int]] = {}

    def take(self, size: int, entries: Sequence[Signed]) -> Judged:
        """Take in all entries of one body."""
        false = [
            Finding("history.signature", None, f"history entry {entry.number}: {entry.fault}", {"entry": entry.number})
            for entry in entries
            if entry.fault
        ]
        found, origin, number = list(false), self._state.trust.origin, entries[0].number
        times = self._times(entries)
        self._turn(size, times)
        due = self._due(size)
        for policy, log_keys in due:
            if not false and not any(key in times and key.name == origin for key in log_keys):
                told = f"history entry {number} (size {size}) has no signature of the log"
                found.append(Finding("history.signature", None, told, {"entry": number}))
            found += self._date(size, entries, policy)
        keys = {key for _, log_keys in due for key in log_keys if key.name == origin}
        signed = next((entry.number for entry in entries if keys & entry.times.keys()), None)
        previous = self._state.history_body
        if signed is not None:
            self._state.history_body = (max(size, previous[0] if previous else 0), entries[0].root.hex())
        return Judged(found, signed)

    def _turn(self, size: int, times: Mapping[VerifierKey, int]) -> None:
        """Note the changes of policy that a body covers with the quorums of the old policy and of the new."""
        policies = self._state.trust.policies
        for (_, old, _), (record, new, _) in pairwise(policies):
            if size > record and _satisfied(old, times) and _satisfied(new, times):
                self._state.turned.setdefault(record, size)

    def _times(self, entries: Sequence[Signed]) -> dict[VerifierKey, int]:
        """Key -> the earliest time it gives on this body, of those that the reader's clock has reached."""
        times: dict[VerifierKey, int] = {}
        for entry in entries:
            for key, time in entry.times.items():
                if self._now is not None and time > self._now:
                    continue
                times[key] = min(time, times.get(key) or time) if time else times.get(key, 0)
                # A heartbeat signs the same size again, later: each of its times counts.
                other = self._state.times.add(key.name, entry.size, time)
                if other:
                    self.crooked.setdefault(key.name, (entry.size, other[0]))
        return times

    def _due(self, size: int) -> list[tuple[Policy, tuple[VerifierKey, ...]]]:
        """The policies that a checkpoint of this size must satisfy: that in force, and for the first one that covers a
        change of policy or log keys also the one before."""
        policies = self._state.trust.policies
        at = max(bisect_left([first for first, _, _ in policies], max(size, 1)) - 1, 0)
        change = policies[at][0]
        covered = self._state.history_body is not None and self._state.history_body[0] > change
        both = policies[at - 1 : at + 1] if at and not covered else policies[at : at + 1]
        return [(policy, keys) for _, policy, keys in both]

    def _date(self, size: int, entries: Sequence[Signed], policy: Policy) -> Iterator[Finding]:
        """Whether the log was silent too long before this body had its quorum, or between that and a heartbeat."""
        state = self._state
        if state.trust.charter is None:
            return
        limit = state.trust.charter.terms.longest_silence
        for moment in self._moments(entries, policy):
            last = state.moment
            place = bisect_left(state.moments, moment)
            if state.moments[place : place + 1] != array("q", [moment]):
                state.moments.insert(place, moment)
            if last is not None and moment - last > limit:
                gap = f"between {format_utc(last)} and {format_utc(moment)} no checkpoint had its quorum"
                yield Finding("history.silence", None, f"{gap}: {moment - last} s, at most {limit} s", {"size": size})

    def _moments(self, entries: Sequence[Signed], policy: Policy) -> list[int]:
        """When the body had its quorum: by all its entries together, and each time that an entry has one by itself."""
        witnesses, together = set(policy.witness_keys), dict[str, int]()
        found: list[int | None] = []
        for entry in entries:
            own: dict[str, int] = {}
            for key, time in entry.times.items():
                if key in witnesses and time and (self._now is None or time <= self._now):
                    own[key.name] = min(time, own.get(key.name, time))
                    together[key.name] = min(time, together.get(key.name, time))
            found.append(policy.earliest(own))
        return sorted({moment for moment in (*found, policy.earliest(together)) if moment is not None})


def judge_policy(state: AuditState, point: Checkpoint) -> Iterator[Finding]:
    """Whether a checkpoint that the log published, now or to who holds a receipt, honours the last change of policy before it.

    1. It has not the quorum of the old policy alone.  2. Before it has that of the new alone, some body that covers the
    change has had both. The history's bodies are not judged so: one whose quorum never came together stands in it, was
    never published, and is nobody's fault.
    """
    policies = state.trust.policies
    at = max(bisect_left([start for start, _, _ in policies], point.size) - 1, 0)
    if not at:
        return
    keys = {key for _, policy, _ in policies[at - 1 : at + 1] for key in policy.witness_keys}
    try:
        signed = cosignature.verified(point, keys)
    except Fault:
        return  # a false cosignature: the reader's policy has judged the checkpoint
    record = policies[at][0]
    old, new = (_satisfied(policy, signed) for _, policy, _ in policies[at - 1 : at + 1])
    told = ""
    if old and not new:
        told = f"size {point.size} has the quorum of the policy alone that was replaced with record {record}"
    elif new and not old and state.turned.get(record, point.size + 1) > point.size:
        told = f"size {point.size} has the quorum of the policy of record {record} alone, before any size had both"
    if told:
        yield Finding("history.policy", None, told, {"size": point.size, "record": record})


def _satisfied(policy: Policy, signed: Collection[VerifierKey]) -> bool:
    """Whether these keys make a policy's quorum."""
    return policy.satisfied([name for name, entry in policy.witnesses.items() if entry.key in signed])


def judge_received(state: AuditState) -> list[Finding]:
    """Whether each record's `received` lies within its witnessed time, give or take the charter's skew.

    Between two sizes that witnesses signed, all records have one interval: each stretch is judged by its extremes, and a
    record of which there is a receipt, which narrows it alone, by itself. What no quorum dates yet is left for the next audit.
    """
    if state.trust.charter is None:
        return []
    skew = state.trust.charter.terms.skew
    found: list[Finding] = []
    alone = {cut for record in state.times.receipted() for cut in (record, record + 1)}
    changes = {first for first, _, _ in state.trust.policies}
    cuts = sorted({*state.times.sizes_after(state.undated), *changes, *alone, state.size})
    start = state.undated
    for end in cuts:
        if not start < end <= state.size:
            continue
        interval = state.interval(start)
        if interval.before is None:
            break
        received = state.pending[start - state.undated : end - state.undated]
        low = interval.after - skew if interval.after is not None else 0
        if min(received) < low or max(received) > interval.before + skew:
            found += _outside(received, start, low, interval.before + skew, interval)
        start = end
    del state.pending[: start - state.undated]
    state.undated = start
    return found


def _outside(received: Iterable[int], start: int, low: int, high: int, interval: Interval) -> Iterator[Finding]:
    """The records from `start` on that are dated outside `low` to `high`; one that could not be read has no date."""
    after, before = interval
    for index, moment in enumerate(received, start):
        if low <= moment <= high or moment == UNDATED:
            continue
        span = f"{format_utc(after) if after is not None else 'any time'} to {format_utc(before or 0)}"
        told = (
            f"the depositary dates record {index} {format_utc(moment)}; by the witnesses it became public from {span}"
        )
        yield Finding("record.backdated", index, told, {"received": moment, "after": after, "before": before})
