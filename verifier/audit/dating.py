"""Dates: who cosigned what when, by the history; whether the log fell silent; whether `received` fits the witnessed time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from verifier.audit.findings import Finding
from verifier.audit.notes import Signed
from verifier.audit.state import AuditState
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy
from verifier.formats.times import format_utc


class Dating:
    """Takes the history's bodies in order, with their checked signatures; feeds the timelines of the state."""

    def __init__(self, state: AuditState, now: int | None) -> None:
        self._state = state
        self._now = now

    def take(self, size: int, entries: Sequence[Signed]) -> list[Finding]:
        """Take in all entries of one body. Returns what is wrong with them."""
        found = [
            Finding("history.signature", None, f"history entry {entry.number}: {entry.fault}", {"entry": entry.number})
            for entry in entries
            if entry.fault
        ]
        times = self._times(entries)
        origin = self._state.trust.origin
        for policy, log_keys in self._due(size):
            if not any(key in times and key.name == origin for key in log_keys) and not found:
                number = entries[0].number
                found.append(
                    Finding(
                        "history.signature", None, f"history entry {number} (size {size}) has no signature of the log"
                    )
                )
            found += self._date(size, times, policy)
        previous = self._state.history_body
        self._state.history_body = (max(size, previous[0] if previous else 0), entries[0].root.hex())
        return found

    def _times(self, entries: Sequence[Signed]) -> dict[VerifierKey, int]:
        """Key -> the earliest time it gives on this body, of those that the reader's clock has reached."""
        times: dict[VerifierKey, int] = {}
        for entry in entries:
            for key, time in entry.times.items():
                if self._now is None or time <= self._now:
                    times[key] = min(time, times.get(key, time)) if time else times.get(key, 0)
        for entry in entries:  # a heartbeat signs the same size again, later: its time counts too
            for key, time in entry.times.items():
                if time and (self._now is None or time <= self._now):
                    self._state.times.add(key.name, entry.size, time)
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

    def _date(self, size: int, times: dict[VerifierKey, int], policy: Policy) -> list[Finding]:
        """The moment at which this body had its quorum, and whether the log was silent too long before it."""
        witnesses = {entry.key for entry in policy.witnesses.values()}
        by_name: dict[str, int] = {}
        for key, time in times.items():
            if key in witnesses and time:
                by_name[key.name] = min(time, by_name.get(key.name, time))
        moment, state = policy.earliest(by_name), self._state
        if moment is None or state.trust.charter is None:
            return []
        last, state.moment = state.moment, max(moment, state.moment or moment)
        limit = state.trust.charter.terms.longest_silence
        if last is None or moment - last <= limit:
            return []
        gap = f"between {format_utc(last)} and {format_utc(moment)} no checkpoint had its quorum"
        return [Finding("history.silence", None, f"{gap}: {moment - last} s, at most {limit} s", {"size": size})]


def judge_received(state: AuditState) -> list[Finding]:
    """Whether each record's `received` lies within its witnessed time, give or take the charter's skew.

    Between two sizes that witnesses signed, all records have one interval, and `received` never falls: so each stretch
    is judged by bisection. What no quorum dates yet is left for the next audit.
    """
    if state.trust.charter is None:
        return []
    skew, found = state.trust.charter.terms.skew, []
    cuts = sorted(
        {*state.times.sizes_after(state.undated), *(first for first, _, _ in state.trust.policies), state.size}
    )
    start = state.undated
    for end in cuts:
        if not start < end <= state.size:
            continue
        interval = state.interval(start)
        if interval.before is None:
            break
        received = state.pending[start - state.undated : end - state.undated]
        early = bisect_left(received, interval.after - skew) if interval.after is not None else 0
        late = bisect_right(received, interval.before + skew)
        for index in [*range(start, start + early), *range(start + late, end)]:
            found.append(_backdated(index, received[index - start], interval.after, interval.before))
        start = end
    del state.pending[: start - state.undated]
    state.undated = start
    return found


def _backdated(index: int, received: int, after: int | None, before: int) -> Finding:
    span = f"{format_utc(after) if after is not None else 'any time'} to {format_utc(before)}"
    return Finding(
        "record.backdated",
        index,
        f"the depositary dates record {index} {format_utc(received)}; by the witnesses it became public from {span}",
        {"received": received, "after": after, "before": before},
    )
