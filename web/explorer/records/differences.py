"""What differs between two readings of a text: field by field, with a label, what stood there and what stands there.

Fields are compared by what they hold, never by where they stand in a list: lists are sets in the vocabulary, sorted, and an
item that only moved has not changed. Items that name themselves (a rule's id, a participant's code) are compared one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from web.explorer.records.fields import Field, to_json

CHANGED, ADDED, REMOVED = "changed", "added", "removed"
_NAMING = ("code", "id", "rule", "office", "party", "name")
"""Members that name an item of a list, those that name it best first."""
_PARTED = ("group", "texts", "rule")
_MOST_COMPARED = 4_000
"""Characters: two texts up to this long are compared word by word."""
_ALIKE = 0.4
"""Texts that have less than this share in common are shown whole, not word by word."""
_PIECE = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
_MOST_TRAIL = 6


@dataclass(frozen=True)
class Piece:
    """A piece of a text. `apart`: whether the other text has it not."""

    text: str
    apart: bool


@dataclass(frozen=True)
class Change:
    """One field that differs. `sign`: changed, added or removed; `trail`: its labels, the outermost first; `was`, `reads`:
    the field before and after; `was_pieces`, `reads_pieces`: of two texts that are much alike, the pieces of each."""

    sign: str
    pointer: str
    trail: tuple[str, ...]
    was: Field | None
    reads: Field | None
    was_pieces: list[Piece] = field(default_factory=list)
    reads_pieces: list[Piece] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The change for the JSON page."""
        return {
            "sign": self.sign,
            "pointer": self.pointer,
            "label": list(self.trail),
            "was": to_json([self.was])[0] if self.was else None,
            "reads": to_json([self.reads])[0] if self.reads else None,
        }


def between(was: Sequence[Field], reads: Sequence[Field]) -> list[Change]:
    """The fields that differ between two readings, in the order of the later one; those that are gone last."""
    return list(_members(was, reads, ()))


def _members(was: Sequence[Field], reads: Sequence[Field], trail: tuple[str, ...]) -> Iterator[Change]:
    before = {_name(one): one for one in was}
    after = {_name(one): one for one in reads}
    for name, one in after.items():
        yield from _field(before.get(name), one, trail)
    for name, one in before.items():
        if name not in after:
            yield from _field(one, None, trail)


def _field(was: Field | None, reads: Field | None, trail: tuple[str, ...]) -> Iterator[Change]:
    if was is not None and reads is not None and _held(was) == _held(reads):
        return
    either = reads or was
    if either is None or (_nothing(was) and _nothing(reads)):
        return
    inner = (*trail, either.label) if either.label else trail
    if was is not None and reads is not None and was.form == reads.form:
        if was.form in _PARTED and len(inner) < _MOST_TRAIL:
            yield from _members(was.parts, reads.parts, inner)
            return
        if was.form == "list":
            yield from _items(was, reads, inner)
            return
    sign = ADDED if _nothing(was) else REMOVED if _nothing(reads) else CHANGED
    yield _worded(Change(sign, either.pointer, inner, was, reads))


def _items(was: Field, reads: Field, trail: tuple[str, ...]) -> Iterator[Change]:
    """The items of two lists that differ: those that name themselves are compared, others are there or are not."""
    before, after = _apart(was.parts, reads.parts)
    known = {name: one for one in before if (name := _named(one)) is not None}
    for one in after:
        name = _named(one)
        old = known.pop(name, None) if name is not None else None
        if old is not None:
            before.remove(old)
            yield from _members(old.parts, one.parts, (*trail, str(name)))
        else:
            yield Change(ADDED, one.pointer, trail, None, one)
    for one in before:
        yield Change(REMOVED, one.pointer, trail, one, None)


def _apart(was: Sequence[Field], reads: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """The items of each list that the other has not."""
    held, holds = [_held(one) for one in was], [_held(one) for one in reads]
    gone = [one for one, what in zip(was, held, strict=True) if what not in holds]
    new = [one for one, what in zip(reads, holds, strict=True) if what not in held]
    return gone, new


def _named(one: Field) -> str | None:
    """What an item calls itself, or None."""
    members = {_name(part): part.value for part in one.parts} if one.form in _PARTED else {}
    return next((str(members[name]) for name in _NAMING if isinstance(members.get(name), str)), None)


def _name(one: Field) -> str:
    return one.pointer.rpartition("/")[2]


def _nothing(one: Field | None) -> bool:
    """Whether a field says nothing: it is not there, not stated, or an empty list."""
    return one is None or one.form == "none" or (one.form in ("list", "group") and not one.parts)


def _held(one: Field) -> Any:
    """What a field holds, wherever it stands."""
    sealed = tuple(sorted((name, str(value)) for name, value in one.sealed.items())) if one.sealed else None
    inner = tuple((_name(part) if one.form != "list" else "", _held(part)) for part in one.parts)
    form = "" if one.form in _PARTED or not one.parts else one.form
    return form, repr(one.value), sealed, inner


def _worded(change: Change) -> Change:
    """The change with the pieces of its two texts, where they are much alike."""
    was, reads = change.was, change.reads
    if was is None or reads is None or {was.form, reads.form} != {"words"}:
        return change
    if max(len(was.value), len(reads.value)) > _MOST_COMPARED:
        return change
    old, new = _PIECE.findall(was.value), _PIECE.findall(reads.value)
    match = SequenceMatcher(None, old, new, autojunk=False)
    if match.ratio() < _ALIKE:
        return change
    before, after = [], []
    for tag, a, b, c, d in match.get_opcodes():
        before += [Piece("".join(old[a:b]), tag != "equal")] if b > a else []
        after += [Piece("".join(new[c:d]), tag != "equal")] if d > c else []
    return Change(change.sign, change.pointer, change.trail, was, reads, before, after)


def flat(some: Sequence[Field], trail: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Pointer -> labels, the outermost first, of every field that stands in these."""
    found: dict[str, tuple[str, ...]] = {}
    for one in some:
        inner = (*trail, one.label) if one.label else trail
        found[one.pointer] = inner
        found |= flat(one.parts, inner)
    return found


def at(body: Mapping[str, Any], pointer: str) -> tuple[Any, str] | None:
    """(what holds the member that a JSON pointer such as /body/text/en names, the member's name); None: there is none."""
    held: Any = {"body": body}
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps:
        held = _step(held, step)
        if held is None:
            return None
    return (held, last) if _step(held, last) is not None else None


def _step(held: Any, name: str) -> Any:
    if isinstance(held, Mapping):
        return held.get(name)
    if isinstance(held, list) and re.fullmatch("0|[1-9][0-9]{0,4}", name) and int(name) < len(held):
        return held[int(name)]
    return None
