"""Quorum arithmetic: whether, when, and how surely the witnesses of a policy satisfy its groups.

A policy's groups are given in the order of their definition, so that every member comes before the group that counts
it: one pass in that order evaluates them, however deep they nest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from verifier.errors import Fault

_MOST_STEPS = 4096


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a policy: it witnesses what at least `threshold` of its `members` (witnesses or groups) witness."""

    name: str
    threshold: int
    members: tuple[str, ...]


def met(groups: Iterable[Group], quorum: str, cosigned: Iterable[str]) -> bool:
    """Whether the witnesses `cosigned` (policy names) make `quorum`, the name of a witness or of a group."""
    reached = set(cosigned)
    for group in groups:
        if sum([member in reached for member in group.members]) >= group.threshold:
            reached.add(group.name)
    return quorum in reached


def earliest(groups: Iterable[Group], quorum: str, times: Mapping[str, int]) -> int | None:
    """The earliest moment at which witnesses dated by `times` (policy name -> seconds) make `quorum`; None if never."""
    reached = dict(times)
    for group in groups:
        dated = sorted([reached[member] for member in group.members if member in reached])
        if len(dated) >= group.threshold:
            reached[group.name] = dated[group.threshold - 1]
    return reached.get(quorum)


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a node can witness when every witness is given to one of two sides: side a, side b, both at once."""

    a: bool
    b: bool
    both: bool


_SIDE_A, _SIDE_B = _Reach(True, False, False), _Reach(False, True, False)
_EITHER = _Reach(True, True, False)
_UNDECIDED = _Reach(True, True, True)
"""A witness with keys in several places, not yet given to a side: taken as if it could serve both, which errs towards
finding two quorums and is corrected once it is given to one."""


def _count(threshold: int, members: list[_Reach]) -> _Reach:
    """What a group can witness, its members being independent of each other."""
    both = sum([member.both for member in members])
    either = sum([member.a and member.b and not member.both for member in members])
    a = sum([member.a for member in members]) - both - either
    b = sum([member.b for member in members]) - both - either
    lacks_a, lacks_b = max(0, threshold - both - a), max(0, threshold - both - b)
    return _Reach(lacks_a <= either, lacks_b <= either, lacks_a + lacks_b <= either)


def disjoint(
    groups: Collection[Group], quorum: str, witnesses: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Two quorums that share no witness, each as sorted key names, or None if any two share one.

    `witnesses` gives the key name of each policy name: keys under one name are one witness, on one side or the other.
    The answer is exact. Raises Fault `policy.malformed` for a policy whose witnesses have keys in so many different
    groups that the question cannot be decided in reasonable time.
    """
    needed, alias = _reduced(groups, quorum, witnesses)
    if quorum in alias:
        return None
    places = Counter(alias[member] for group in needed for member in group.members if member in alias)
    order = sorted(places, key=lambda name: (places[name] == 1, name))
    undecided = {name: _EITHER if count == 1 else _UNDECIDED for name, count in places.items()}
    pending = ["a"]  # prefixes of a division of `order`; the first witness is on side a, since the sides are alike
    for _ in range(_MOST_STEPS + 2 * len(order)):
        if not pending:
            return None
        sides = pending.pop()
        decided = {name: _SIDE_A if side == "a" else _SIDE_B for name, side in zip(order, sides, strict=False)}
        if not _reach(needed, alias, undecided | decided)[quorum].both:
            continue
        if len(sides) == len(order):
            halves = [[name for name, side in zip(order, sides, strict=True) if side == one] for one in "ab"]
            first, second = (_least(groups, quorum, witnesses, half) for half in halves)
            return first, second
        pending += [sides + "b", sides + "a"]
    raise Fault(
        "policy.malformed",
        "witnesses have keys in so many groups that it cannot be told whether two quorums share a witness",
        where="policy",
    )


def _reduced(
    groups: Collection[Group], quorum: str, witnesses: Mapping[str, str]
) -> tuple[list[Group], dict[str, str]]:
    """The groups that the quorum rests on, in order, and the names that stand for one witness alone, as key names.

    A group whose members all stand for one witness stands for it too: whichever side has the witness has the group.
    """
    wanted = {quorum}
    for group in reversed(tuple(groups)):
        if group.name in wanted:
            wanted.update(group.members)
    alias = {name: key_name for name, key_name in witnesses.items() if name in wanted}
    needed: list[Group] = []
    for group in groups:
        if group.name not in wanted:
            continue
        single = {alias.get(member) for member in group.members}
        if len(single) == 1 and (only := single.pop()) is not None:
            alias[group.name] = only
        else:
            needed.append(group)
    return needed, alias


def _reach(groups: Iterable[Group], alias: Mapping[str, str], leaves: Mapping[str, _Reach]) -> dict[str, _Reach]:
    """What every group can witness, given what each witness (by key name) can."""
    reach: dict[str, _Reach] = {}
    for group in groups:
        members = [leaves[alias[name]] if name in alias else reach[name] for name in group.members]
        reach[group.name] = _count(group.threshold, members)
    return reach


def _least(
    groups: Collection[Group], quorum: str, witnesses: Mapping[str, str], names: Iterable[str]
) -> tuple[str, ...]:
    """A quorum within these witnesses (key names) that none of them can be left out of."""
    kept = set(names)
    for name in sorted(kept):
        rest = kept - {name}
        if met(groups, quorum, [entry for entry, key_name in witnesses.items() if key_name in rest]):
            kept = rest
    return tuple(sorted(kept))
