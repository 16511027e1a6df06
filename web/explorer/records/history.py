"""What became of a statement: every later one that changes, corrects, amends, replaces, cancels, withdraws or retracts it.

Nothing is ever edited. The history begins with the statement that stands first in such a chain, goes on in the order of the
log, and says of each later statement what it changes: field by field, against how the text read until then. How the text
reads now is put together here, for reading; what a change does to a duty is decided by the rules, and shown with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import msgspec

from verifier.statement import Statement
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records import differences, fields
from web.explorer.records.differences import Change
from web.explorer.records.fields import Field
from web.explorer.records.files import parsed
from web.explorer.wording import kinds
from web.explorer.wording.words import _

CHANGING = ("amends", "cancels", "changes", "corrects", "retracts", "withdraws")
_BACK = ("changes", "corrects", "amends", "follows", "cancels", "withdraws", "retracts")
"""Relations that make a history, as a later statement names them."""
MOST = 100
"""How many statements a history holds, the earliest."""
_DEEPEST = 200
_WORDS = ("/body/reason", "/body/summary", "/body/text", "/body/effective", "/body/action", "/body/resumption")
"""Where a later statement gives its reasons, or says of the whole what it does."""


@dataclass
class Event:
    """One statement of a history. `rel`, `target`: what it does to which one (None for the first); `changes`: the fields
    that differ from then on; `words`: its reasons; `in_force`: of an amendment, the record from which it is in force;
    `contested`: whether a signer of it was not its owner's by then; `missed`: fields that it corrects and that read otherwise."""

    row: Row
    rel: str | None
    target: int | None
    changes: list[Change] = field(default_factory=list)
    words: list[Field] = field(default_factory=list)
    in_force: int | None = None
    contested: bool = False
    missed: list[str] = field(default_factory=list)


@dataclass
class History:
    """The events in the order of the log, and the fields that read otherwise now than they did at first."""

    events: list[Event]
    now: list[Change]
    more: bool


def told(view: View, row: Row) -> History:
    """The history that the statement in a record belongs to."""
    first = _first(view, row)
    rows, more = _after(view, first)
    names = kinds.names(view.registry)
    reading = _Reading(view, parsed(view, first)[1], names)
    events = [Event(first, None, None, contested=_contested(view, first))]
    for rel, target, later in rows:
        events.append(_event(view, reading, rel, target, later))
    return History(events, reading.since_first(), more)


def _first(view: View, row: Row) -> Row:
    """The statement with which the history begins."""
    for _turn in range(_DEEPEST):
        before = [
            found
            for rel, _target, found in view.related(row.idx)
            if rel in _BACK and found is not None and found.stands and _belongs(rel, row, found)
        ]
        if not before:
            break
        row = before[0]
    return row


def _belongs(rel: str, later: Row, earlier: Row) -> bool:
    """Whether a later statement is one of the earlier one's history: what follows it must be of its type."""
    return later.idx > earlier.idx and (rel != "follows" or later.type == earlier.type)


def _after(view: View, first: Row) -> tuple[list[tuple[str, Row, Row]], bool]:
    """(relation, what it names, statement) of the later ones, in the order of the log; whether there are more."""
    found: dict[int, tuple[str, Row, Row]] = {}
    waiting = [first]
    while waiting and len(found) <= MOST:
        earlier = waiting.pop(0)
        for rel, later in _naming(view, earlier):
            if later.idx not in found and _belongs(rel, later, earlier):
                found[later.idx] = (rel, earlier, later)
                waiting.append(later)
    listed = [found[index] for index in sorted(found)]
    return listed[:MOST], len(listed) > MOST


def _naming(view: View, earlier: Row) -> list[tuple[str, Row]]:
    marks = ", ".join("?" * len(_BACK))
    query = f"SELECT rel, source FROM relations WHERE target = ? AND rel IN ({marks}) ORDER BY source LIMIT ?"  # noqa: S608
    rows = view.select(query, (earlier.id, *_BACK, MOST + 1))
    named = [(rel, view.record(index)) for rel, index in rows]
    return [(rel, row) for rel, row in named if row is not None and row.stands]


def _event(view: View, reading: _Reading, rel: str, target: Row, later: Row) -> Event:
    said = parsed(view, later)[1]
    event = Event(later, rel, target.idx, contested=_contested(view, later))
    event.words = [one for one in fields.read(said, reading.names) if one.pointer in _WORDS and one.form != "none"]
    if rel == "corrects":
        event.changes, event.missed = reading.correct(said, target)
    elif rel == "follows":
        event.changes = reading.replace(said)
        event.words = []
    elif rel in ("changes", "amends"):
        event.changes = reading.change(said)
        event.in_force = _in_force(view, later) if rel == "amends" else None
    return event


def _in_force(view: View, amendment: Row) -> int | None:
    """The record from which an amendment is in force: the one after the adherence that completed the number needed."""
    for record, _charter in view.trust.charters[1:]:
        if any(rel == "adheres" and target == amendment.id for rel, target, _row in view.related(record - 1)):
            return record
    return None


def _contested(view: View, row: Row) -> bool:
    return view.trust.contested(parsed(view, row)[1].signers, row.idx)


class _Reading:
    """How a text reads, as each later statement leaves it. `names`: participant code -> name."""

    def __init__(self, view: View, first: Statement, names: Mapping[str, str]) -> None:
        self.names = names
        self._view, self._first, self._now = view, first, first

    def since_first(self) -> list[Change]:
        """The fields that read otherwise now than at first."""
        return [
            *self._titles(self._first, self._now),
            *differences.between(self._read(self._first), self._read(self._now)),
        ]

    def change(self, said: Statement) -> list[Change]:
        """Take in the members that a statement changes; those that it leaves as they are, it says null for."""
        given = said.body.get("changes")
        if not isinstance(given, Mapping):
            return []
        sealed = {
            f"/body{row['pointer'].removeprefix('/body/changes')}": row
            for row in said.sealed
            if str(row.get("pointer", "")).startswith("/body/changes/")
        }
        inner = {pointer.split("/")[2] for pointer in sealed}
        changed = {name: value for name, value in given.items() if value is not None or name in inner}
        if "parties" in changed and isinstance(self._now.body.get("parties"), list):
            changed["parties"] = _entries(self._now.body["parties"], changed["parties"])
        kept = [
            row for row in self._now.sealed if str(row.get("pointer", "")).split("/")[2:3] not in [[n] for n in changed]
        ]
        rows = [{**row, "pointer": pointer} for pointer, row in sealed.items()]
        return self._become(
            msgspec.structs.replace(self._now, body={**self._now.body, **changed}, sealed=[*kept, *rows])
        )

    def replace(self, said: Statement) -> list[Change]:
        """Take in a whole text that follows the one before."""
        return self._become(said)

    def correct(self, said: Statement, target: Row) -> tuple[list[Change], list[str]]:
        """Put an error right: the changes, and the pointers of what does not read as the correction says it did.

        A correction names a passage; it is put right where that passage stands once. Otherwise it is shown as it was said.
        """
        rows = [row for row in said.body.get("corrections", []) if isinstance(row, Mapping)]
        labels = differences.flat(self._read(self._now)) | {"/title": (_("Title"),)}
        body, title, missed = deepcopy(self._now.body), self._now.title, []
        for row in rows:
            held = ({"title": title}, "title") if row["pointer"] == "/title" else differences.at(body, row["pointer"])
            new = None if target.id != self._now.id or held is None else _put_right(held, row["was"], row["reads"])
            if new is None:
                missed.append(row)
            elif row["pointer"] == "/title":
                title = new
        changes = self._become(msgspec.structs.replace(self._now, body=body, title=title))
        stated = [_stated(row, said.language, labels.get(row["pointer"], (row["pointer"],))) for row in missed]
        return [*changes, *stated], [row["pointer"] for row in missed]

    def _become(self, new: Statement) -> list[Change]:
        old, self._now = self._now, new
        return [*self._titles(old, new), *differences.between(self._read(old), self._read(new))]

    def _read(self, said: Statement) -> list[Field]:
        return fields.read(said, self.names)

    def _titles(self, old: Statement, new: Statement) -> Iterable[Change]:
        was, reads = (Field(_("Title"), "/title", "words", one.title, language=one.language) for one in (old, new))
        return differences.between([was], [reads])


def _entries(now: list[Any], given: list[Any]) -> list[Any]:
    """Participants as an amendment leaves them: an entry replaces the one of the same code whole, or is new."""
    found = {row["code"]: row for row in [*now, *given]}
    return [found[code] for code in sorted(found)]


def _put_right(held: tuple[Any, str], was: str, reads: str) -> str | None:
    """Put a passage right in a member of what holds it: how the member reads then; None unless it stands there once."""
    holder, name = held
    key: Any = int(name) if isinstance(holder, list) else name
    text = holder[key]
    if not isinstance(text, str) or text.count(was) != 1:
        return None
    holder[key] = text.replace(was, reads)
    return str(holder[key])


def _stated(row: Mapping[str, Any], language: str, trail: tuple[str, ...]) -> Change:
    """A correction as it was said."""
    pointer = str(row["pointer"])
    was, reads = (Field("", pointer, "words", row[name], language=language) for name in ("was", "reads"))
    return Change(differences.CHANGED, pointer, trail, was, reads)
