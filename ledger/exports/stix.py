"""Incidents and threat notices as STIX 2.1: what states said of them, never who did it.

One statement is one object that never changes: `created` and `modified` are when its record was received, and its id comes
from the statement's. A retraction, a correction, a later assessment is an object of its own beside the first. The creator
of every object is this exporter, for no state made it; whose words they are is said in `authors` and in the extension.
There is no threat actor, no relationship, no numeric confidence: the log holds none of these.
Source: STIX 2.1, sections 3 to 5 and 7.3; docs/EXPORTS.md, section "STIX".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import stix2  # type: ignore[import-untyped]

from ledger.exports import stix_frame as frame
from ledger.exports.material import Material
from ledger.exports.words import EXERCISE, banner, label, sealed, told_body, visible
from verifier import vocabulary
from verifier.conformance.texts import Dated
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats.times import format_utc
from verifier.statement import Statement

MEDIA_TYPE = "application/stix+json;version=2.1"
_KINDS = {"incident": "incident", "incident-disclosure": "report"}
"""Statement type -> STIX type; every other statement is a note."""
_CATALOGUES = {"class": "rsit", "severity": "severity"}
_COMPOSITE = frozenset({"rules", "opened", "revoked"})
Object = dict[str, Any]


def bundle(material: Material, thread: str | None = None) -> bytes:
    """The incidents, their threads and the threat notices of a log as one STIX 2.1 bundle, in canonical JSON.

    `thread`: the id of any statement of one thread: that thread alone, and what it refers to. Where there is nothing, one
    note says so. Raises Fault `thread.unknown`.
    """
    source = _Source(material)
    if thread is None:
        chosen, roots = list(source.exported.values()), source.roots
    else:
        root = source.root_of(thread)
        chosen, roots = source.with_referred(source.members(root)), [root]
    found = [*frame.OBJECTS, *(source.object(event) for event in chosen), *(source.grouping(root) for root in roots)]
    if not chosen:
        found.append(source.nothing())
    raw = canonical.encode({"type": "bundle", "id": source.bundle_id(thread), "objects": found}) + b"\n"
    require_valid(raw)
    return raw


def require_valid(raw: bytes) -> None:
    """Check a bundle by a reader that is not ours. Raises stix2's own errors: for what is made here, a fault of the program."""
    stix2.parse(raw.decode(), allow_custom=False, version="2.1")


def count(raw: bytes) -> int:
    """How many statements a bundle made here holds."""
    rows = canonical.parse(raw.removesuffix(b"\n"))["objects"]
    return sum("statement" in row.get("extensions", {}).get(frame.EXTENSION, {}) for row in rows)


class _Source:
    """The statements that a bundle can hold, and the objects that they make."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._texts = material.texts
        self._space = uuid5(frame.SPACE, material.ledger)
        self.exported: Mapping[int, Dated] = {
            event.record: event
            for event in material.events
            if event.type == "threat-notice" or self._texts.thread(event) is not None
        }
        self.roots: Sequence[int] = sorted({r for r in map(self._texts.thread, material.events) if r is not None})

    def root_of(self, statement: str) -> int:
        """The record that opened a statement's thread. Raises Fault `thread.unknown`."""
        event = self._material.by_id.get(statement)
        root = self._texts.thread(event) if event else None
        if root is None:
            told = f"statement {statement} belongs to no incident or near miss as of {self._material.as_of}"
            raise Fault("thread.unknown", told, where=statement)
        return root

    def members(self, root: int) -> list[Dated]:
        """The statements of a thread, in the order of the log."""
        return [event for event in self.exported.values() if self._texts.thread(event) == root]

    def with_referred(self, events: Iterable[Dated]) -> list[Dated]:
        """The statements, and all that they refer to, so that a bundle stands by itself."""
        found = {event.record: event for event in events}
        waiting = list(found.values())
        while waiting:
            for target in self._targets(waiting.pop()):
                if target.record not in found:
                    found[target.record] = target
                    waiting.append(target)
        return [found[record] for record in sorted(found)]

    def object(self, event: Dated) -> Object:
        """The one object that a statement makes."""
        material = self._material
        received, said = material.said(event.record)
        author = material.name(event.party, event.record)
        kind = _KINDS.get(event.type, "note")
        title = f"{banner(event.exercise)}{label('types', event.type)}, {author}: {visible(said.title)}"
        text = "\n".join(self._lines(event, said, author))
        refs = [self._id(target) for target in self._targets(event)] or [frame.EXPORTER["id"]]
        found = {
            **self._common(kind, self._id(event), received),
            "labels": self._labels(event),
            "external_references": self._references(event),
            "extensions": {frame.EXTENSION: self._extension(event, said)},
        }
        if kind == "incident":
            return {**found, "name": title, "description": text}
        if kind == "report":
            return {**found, "name": title, "description": text, "published": _time(received), "object_refs": refs}
        return {**found, "abstract": title, "content": text, "authors": [author], "object_refs": refs}

    def grouping(self, root: int) -> Object:
        """The thread as of the material's moment: its id takes in all that it depends on, so it needs no version."""
        events = self.members(root)
        first = events[0]
        author = self._material.name(first.party, first.record)
        title = visible(self._material.said(first.record).statement.title)
        newest = max(self._material.said(event.record).received for event in events)
        name = f"{banner(first.exercise)}Thread opened by {author}: {title}"
        return {
            **self._common("grouping", f"grouping--{self._uuid('grouping', first.id)}", newest),
            "name": name,
            "description": self._material.provenance,
            "context": "unspecified",
            "labels": ["thread", *(["exercise"] if first.exercise else [])],
            "object_refs": [self._id(event) for event in events],
        }

    def nothing(self) -> Object:
        """What a bundle says that has nothing to say."""
        material = self._material
        return {
            **self._common("note", f"note--{self._uuid('nothing')}", material.moment or 0),
            "abstract": "Nothing to export: no incident, no near miss, no threat notice",
            "content": material.provenance,
            "object_refs": [frame.EXPORTER["id"]],
        }

    def bundle_id(self, thread: str | None) -> str:
        """The bundle's id, from everything that decides what it holds."""
        return f"bundle--{self._uuid('bundle', thread or '')}"

    def _uuid(self, *parts: str) -> UUID:
        material = self._material
        named = [*parts, str(material.size), material.root, material.as_of, material.verdict.name]
        return uuid5(self._space, "|".join(named))

    def _id(self, event: Dated) -> str:
        kind = _KINDS.get(event.type, "note")
        return f"{kind}--{uuid5(self._space, f'{kind}|{event.id}')}"

    def _common(self, kind: str, identity: str, moment: int) -> Object:
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": identity,
            "created_by_ref": frame.EXPORTER["id"],
            "created": _time(moment),
            "modified": _time(moment),
            "object_marking_refs": [frame.CLEAR["id"]],
        }

    def _targets(self, event: Dated) -> list[Dated]:
        """What a statement refers to: those that it relates to. It depends on the log alone, never on what is asked for."""
        records = dict.fromkeys(target for _, target in event.relates if target in self.exported)
        return [self.exported[record] for record in records]

    def _lines(self, event: Dated, said: Statement, author: str) -> list[str]:
        material = self._material
        to = material.names(event.addressees, event.record, "all parties")
        mark = [f"{EXERCISE}: part of the rehearsal of drill {event.exercise}. Nothing of this is real."]
        return [
            *(mark if event.exercise else []),
            f"{material.mention(event)}, to {to}. After each label and colon stand the words of {author}.",
            f"Title: {visible(said.title)}",
            *told_body(said),
            *sealed(said),
        ]

    def _labels(self, event: Dated) -> list[str]:
        found = [event.type]
        for member, name in _CATALOGUES.items():
            code = event.fields.get(member)
            if code is not None:
                found.append(f"{name}:{code}" if name == "rsit" else f"{name}:{code}-{_named(name, code)}")
        if "confidence" in event.fields:
            found.append(f"confidence:{event.fields['confidence']}")
        return [*found, *(["exercise"] if event.exercise else [])]

    def _references(self, event: Dated) -> list[Object]:
        ledger = visible(self._material.ledger)
        return [
            {"source_name": "detente-statement", "description": f"On the ledger {ledger}", "external_id": event.id},
            {"source_name": "detente-record", "description": f"Of {ledger}", "external_id": str(event.record)},
        ]

    def _extension(self, event: Dated, said: Statement) -> Object:
        """What the statement says in codes, in the vocabulary's own words; what is sealed or null is left out."""
        related = [{"rel": row.rel, "statement": row.statement} for row in said.relates]
        hidden = [{name: row[name] for name in ("pointer", "tlp", "opens") if row[name]} for row in said.sealed]
        codes = {name: _items(said.body.get(name)) for name in event.fields if name not in _COMPOSITE}
        names = {name: _named(_CATALOGUES[name], code) for name, code in codes.items() if name in _CATALOGUES}
        found = {
            "extension_type": "property-extension",
            "ledger": visible(self._material.ledger),
            "record": event.record,
            "statement": event.id,
            "statement_type": event.type,
            "party": event.party,
            "office": said.office,
            "issued": said.issued,
            "language": said.language,
            "exercise": event.exercise,
            "addressees": list(event.addressees),
            "relates": related,
            "sealed": hidden,
            "codes": _filled(codes),
            "names": names,
        }
        return _filled(found)


def _filled(row: Object) -> Object:
    """The members that say something: STIX has neither null nor empty lists."""
    return {name: value for name, value in row.items() if value not in (None, [], {})}


def _items(value: Any) -> Any:
    """A value in codes; of a list, the items that are readable."""
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _named(catalogue: str, code: Any) -> str:
    entry = vocabulary.load().catalogue(catalogue)["entries"].get(str(code))
    return str(entry["name"]["en"]) if entry else str(code)


def _time(seconds: int) -> str:
    """A STIX timestamp with the milliseconds that `created` and `modified` need."""
    return f"{format_utc(seconds).removesuffix('Z')}.000Z"
