"""A log as it stood: a source that has grown since, cut back to a checkpoint and to a head of its history.

Nothing is believed here: the audit of what is cut holds every record against the checkpoint's root, every entry of the
history against the head.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from verifier.audit.notes import history_size, parts, read_notes
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import note, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.history import EMPTY_HEAD, next_head
from verifier.source import Source


@dataclass
class Earlier:
    """A source that shows the first `count` entries of its history. Records are cut by the checkpoint audited against."""

    source: Source
    location: str
    complete: bool
    count: int

    def read(self, path: str) -> bytes:
        """See Source. A partial tile or bundle of then is read from the wider one that has taken its place."""
        if path == "history/size":
            return b"%d\n" % self.count
        try:
            return self.source.read(path)
        except Fault as fault:
            wider = _wider(self.source, path) if fault.code == "source.missing" else None
            if wider is None:
                raise
            return self.source.read(wider)


def _wider(source: Source, path: str) -> str | None:
    """The path under which the source now shows what stood at a partial tile's or bundle's; None if there is none."""
    if ".p/" not in path:
        return None
    place = tiles.parse_path(path)
    total = history_size(source) if place.kind == "history" else checkpoints.parse(source.read("checkpoint")).size
    full, partial = tiles.widths(total, place.level)
    width = tiles.WIDTH if place.index < full else partial if place.index == full else 0
    if width <= place.width:
        return None
    if place.kind == "tile":
        return tiles.tile_path(place.level, place.index, width)
    return (tiles.entries_path if place.kind == "entries" else tiles.history_path)(place.index, width)


@dataclass(frozen=True)
class Place:
    """Where a log stood: `points` are the notes at hand whose body has the digest asked for (none: it is not at hand);
    `count`: how many entries the history had when its head was the one asked for (None: it never was)."""

    points: tuple[Checkpoint, ...]
    count: int | None


def find(source: Source, body: str, head: str, more: Iterable[Checkpoint] = ()) -> Place:
    """Where a log stood when its checkpoint's body had this SHA-256 (hex) and its history this head (hex).

    The whole history is looked through: a body may have come to its quorum in a later entry. `more`: checkpoints from
    elsewhere. Raises Fault `source.…`, `tile.malformed`, `text.malformed`.
    """
    present, count = EMPTY_HEAD, 0 if head == EMPTY_HEAD else None
    rows = [point.raw for point in more]
    total = history_size(source)
    for part in parts(0, total):
        for number, raw in read_notes(source, part):
            present = next_head(present, raw)
            count = number + 1 if present == head and count is None else count
            rows += [raw] if _has_body(raw, body) else []
    rows.append(source.read("checkpoint"))
    found = [point for raw in dict.fromkeys(rows) if _has_body(raw, body) and (point := _parsed(raw))]
    return Place(tuple(found), count)


def _has_body(raw: bytes, body: str) -> bool:
    return sha256(raw[: raw.rfind(b"\n\n") + 1]).hexdigest() == body


def _parsed(raw: bytes) -> Checkpoint | None:
    try:
        return checkpoints.parse(raw)
    except Fault:
        return None


def believed(points: Iterable[Checkpoint], policy: Policy, now: int | None) -> Checkpoint:
    """The first of these notes of one body that the policy accepts, or all their signatures together if it accepts those.

    Cosignatures that came late make a further entry of the same body. Raises Fault `signature.…`, `quorum.unmet`.
    """
    notes = list(points)
    for point in notes:
        try:
            policy.accept(point, now=now)
        except Fault:
            continue
        return point
    known = {(key.name, key.key_id) for key in (*policy.log_keys, *policy.witness_keys)}
    rows = dict.fromkeys(row for point in notes for row in point.note.signatures if (row.name, row.key_id) in known)
    every = note.Note(notes[0].note.text, tuple(rows)[: note.MOST_SIGNATURES] or notes[0].note.signatures)
    point = checkpoints.parse(every.raw)
    policy.accept(point, now=now)
    return point
