"""Proofs about the ledger as a whole: that one checkpoint extends another, and what evidence against anybody was ever found.

Both are made here from the copy and judged by the verifier before they are shown; nothing in a file of evidence is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger import proofs
from verifier import evidence, merkle
from verifier.errors import Fault
from web.explorer.copy.rows import Entry
from web.explorer.copy.view import View
from web.explorer.records import receipts

MOST_JUDGED = 25
"""How many files of evidence are judged and shown, those against the ledger first."""


def of_size(view: View, size: int) -> Entry | None:
    """The first entry of the checkpoint history with a tree of this size."""
    first = next(view.covering(size - 1), None)
    return first if first is not None and first.size == size else None


def extension(view: View, old: Entry, new: Entry) -> list[bytes]:
    """The proof (32-byte hashes) that the tree of `old` begins that of `new`, made from the copy's tiles and verified.

    Raises the verifier's Fault where it does not.
    """
    assert old.size is not None
    assert new.size is not None
    assert old.root is not None
    assert new.root is not None
    hashes = proofs.consistency(receipts.nodes(view), old.size, new.size)
    merkle.verify_consistency(old.size, new.size, old.root, new.root, hashes)
    return hashes


@dataclass(frozen=True)
class Exhibit:
    """A file of evidence: its bytes, their digest (hex), and what it proves by this copy's policy; None: it does not."""

    raw: bytes
    digest: str
    kind: str
    proves: str | None
    role: str | None
    keys: tuple[str, ...]


def exhibits(view: View) -> list[Exhibit]:
    """The evidence that this copy ever found or was shown, each judged now by the verifier under the copy's own policy."""
    found: dict[str, Exhibit] = {}
    for value in _candidates(view):
        raw = evidence.encode(value)
        digest = sha256(raw).hexdigest()
        if digest not in found:
            found[digest] = _judged(view, raw, digest, str(value["kind"]))
        if len(found) == MOST_JUDGED:
            break
    return list(found.values())


def _judged(view: View, raw: bytes, digest: str, kind: str) -> Exhibit:
    try:
        verdict = evidence.check(raw, view.policy, view.charter)
    except Fault:  # by this policy it proves nothing; by another it may, and the file is there to be judged
        return Exhibit(raw, digest, kind, None, None, ())
    return Exhibit(raw, digest, kind, verdict.proves, verdict.role, tuple(verdict.keys))


def _candidates(view: View) -> Iterator[Mapping[str, Any]]:
    """What may be evidence: of the contradiction that was kept, then of the audit's findings."""
    for told in (view.contradiction, view.trouble):
        held = told.get("evidence") if told else None
        if isinstance(held, Mapping):
            inner = held.get("findings")
            rows = inner if isinstance(inner, list) else []
            yield from filter(_is_evidence, [held, *(row.get("evidence") for row in rows if isinstance(row, Mapping))])
    for row in view.findings() if not view.empty else ():
        if _is_evidence(row["evidence"]):
            yield row["evidence"]


def _is_evidence(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("kind") in evidence.KINDS
