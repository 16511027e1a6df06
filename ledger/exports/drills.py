"""A drill as it is in force: the dates that count by the rules, what was asked of it too late, and what became of it.

The rules are those of docs/CONFORMANCE.md, "As changed" and "Cancelled"; the dates come from the one reading of texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.exports.material import Material
from ledger.exports.words import label, opened, sealed, told, told_body
from verifier import vocabulary
from verifier.conformance.texts import END, START, Dated, Version, date
from verifier.formats.times import format_utc


@dataclass(frozen=True)
class Drill:
    """One announced drill. `start`, `end`: in force, in seconds (UTC). `name`: in the words of its state, as changed or
    opened; None where it is sealed. `changes`: sentences on what was asked of it since; `cancelled`: in time.
    `touched`: the later statements that say something of it, in order."""

    announcement: Dated
    start: int | None
    end: int | None
    name: str | None
    changes: tuple[str, ...]
    cancelled: bool
    retracted: bool
    touched: tuple[Dated, ...]


def drill(material: Material, one: Dated) -> Drill:
    """The drill that a drill-announcement announced, as of the material's moment."""
    texts = material.texts
    fields = texts.fields(one)
    telling = _Telling(material, one)
    lines = list(telling.lines())
    return Drill(
        announcement=one,
        start=date(fields, START),
        end=date(fields, END),
        name=telling.name,
        changes=tuple(lines),
        cancelled=texts.cancellation(one) is not None,
        retracted=texts.retraction(one.record) is not None,
        touched=touching(material, one),
    )


def touching(material: Material, one: Dated) -> tuple[Dated, ...]:
    """The later statements that change, cancel, retract or open an announcement or one of these, or that say whether the
    key was its owner's which cancelled it. Their number never falls."""
    found: dict[int, Dated] = {}
    reached = [one]
    for target in reached:
        for event in material.related.get(target.record, ()):
            rels = {rel for rel, at in event.relates if at == target.record}
            if event.record not in found and rels & {"changes", "cancels", "retracts", "discloses"}:
                found[event.record] = event
                reached.append(event)
    for event in material.key_changes:
        if event.party == one.party and any(_about(event, e) for e in reached):
            found[event.record] = event
    return tuple(found[record] for record in sorted(found))


def _about(change: Dated, event: Dated) -> bool:
    """Whether a change of keys may have made a statement contested, or confirms it."""
    since = {signer: record for signer, record in change.fields.get("revoked", ()) if record is not None}
    stolen = any(since.get(signer, event.record + 1) <= event.record for signer in event.signers)
    return stolen or event.id in change.fields.get("confirmed", ())


class _Telling:
    """What later statements asked of a drill, in the order of the log, and what of it counts."""

    def __init__(self, material: Material, one: Dated) -> None:
        self._material = material
        self._one = one
        self._texts = material.texts
        self._versions: Mapping[int, Version] = {row.by.record: row for row in self._texts.versions(one)}
        self._fields = self._versions[one.record].fields
        self._kind = vocabulary.load().types[one.type]
        self._over = False
        self.name: str | None = material.said(one.record).statement.body["name"]

    def lines(self) -> Iterator[str]:
        """A line for each change, cancellation, retraction, opening; and below it one for each thing that it asked for."""
        later = {e.record: e for rel in _RELS for e in self._texts.effects(rel, self._one.record)}
        for record in sorted(later):
            event = later[record]
            yield f"{self._material.mention(event)}, witnessed {format_utc(event.before)}:"
            rels = {rel for rel, at in event.relates if at == self._one.record}
            if "cancels" in rels:
                yield from self._cancellation(event)
            elif "changes" in rels:
                yield from self._change(event)
            elif "retracts" in rels:
                yield "  The announcement is taken back by its author; it stays readable, and what it started stays owed."
            else:
                yield from self._disclosure(event, counts=True)

    def _disclosure(self, event: Dated, counts: bool) -> Iterator[str]:
        said = self._material.said(event.record).statement
        yield from (f"  {line}" for line in told_body(said))
        for pointer, value in opened(said):
            if counts and pointer in ("/body/name", "/body/changes/name") and isinstance(value, str):
                self.name = self.name or value

    def _cancellation(self, event: Dated) -> Iterator[str]:
        yield from (f"  {line}" for line in told_body(self._material.said(event.record).statement))
        if self._over:
            yield "  Changes nothing: the drill was cancelled before."
        elif self._texts.contested(event):
            yield "  Counts for nothing so far: the key was not its owner's, and the party has not confirmed it."
        elif self._cancels(event):
            self._over = True
            yield "  Cancelled in time: the drill does not take place."
        elif event.record in self._versions:
            self._fields = self._versions[event.record].fields
            yield f"  Came after the start: the drill ended early, {format_utc(event.before)}. The report stays owed."
        else:
            yield "  Came after the end: it changes nothing."

    def _cancels(self, event: Dated) -> bool:
        found = self._texts.cancellation(self._one)
        return found is not None and found.record == event.record

    def _change(self, event: Dated) -> Iterator[str]:
        said = self._material.said(event.record).statement
        reason = {"reason": said.body["reason"]}
        yield from (f"  {line}" for line in [*told(reason), *sealed(said)])
        start = date(self._fields, START)
        before, version = self._fields, self._versions.get(event.record)
        after = version.fields if version else before
        late = self._over or (start is not None and event.before > start)
        for member in self._kind.schema["properties"]:
            value = said.body["changes"].get(member)
            if value is None:
                continue
            if member in self._kind.anchors:
                yield f"  {self._moved(member, event, before, after)}"
                continue
            for line in told(value, (label("fields", member),)):
                yield f"  {self._why(late)}{line}"
            if member == "name" and not late:
                self.name = value
        if not late and "/body/changes/name" in said.sealed_pointers:
            self.name = None
        for opening in self._texts.effects("discloses", event.record):
            yield f"  {self._material.mention(opening)}, witnessed {format_utc(opening.before)}:"
            yield from (f"  {line}" for line in self._disclosure(opening, counts=not late))
        self._fields = after

    def _why(self, late: bool) -> str:
        if self._over:
            return "Counts for nothing, the drill was cancelled before. "
        return "Came after the start and does not count. " if late else "From now on, "

    def _moved(self, member: str, event: Dated, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        what, asked = label("fields", member), date(event.fields, member)
        old, new = date(before, member), date(after, member)
        wanted = "nothing" if asked is None else format_utc(asked)
        stands = "nothing" if old is None else format_utc(old)
        if asked == old:
            return f"{what}: {wanted}, as before."
        if new == asked:
            return f"{what}: {wanted} instead of {stands}."
        if self._over:
            return f"{what}: {wanted} was asked for after the cancellation, and does not count."
        in_time = old is not None and asked is not None and event.before <= min(old, asked)
        if in_time and new is not None:
            return (
                f"{what}: {wanted} was asked for; {format_utc(new)} is the latest that an end may move to, and stands."
            )
        return f"{what}: {wanted} was asked for too late, or lies in the past; {stands} stands."


_RELS = ("changes", "cancels", "retracts", "discloses")
