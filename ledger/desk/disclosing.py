"""Disclosing: sealed values are opened, to one reader by a file that travels outside the log, or to everybody on it.

Source: docs/FORMAT.md, section "Sealed fields".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.desk.sealing_kept import Kept, KeptFile
from verifier import disclosed, merkle, record, sealing
from verifier.disclosed import Opening
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.formats.envelope import Envelope
from verifier.formats.proof import Proof
from verifier.statement import Statement

MOST_ROWS = 128
"""Openings that one public statement may hold, by its type's schema."""
MOST_CHARACTERS = 36_000
"""Characters of disclosures in one public statement: with the rest of it, they fit into a record."""


def merged(held: Sequence[KeptFile]) -> Kept:
    """The openings of several kept files of one statement, as one. Raises Fault `kept.misfit`."""
    first = held[0]
    rows: dict[str, Opening] = {}
    for one in held:
        if one.kept.place != first.kept.place:
            told = f"it opens {one.kept.named}; {first.path} opens {first.kept.named}"
            raise Fault("kept.misfit", told, where=str(one.path))
        for row in one.kept.openings:
            if rows.setdefault(row.pointer, row) != row:
                told = f"it opens {row.pointer} otherwise than another of these files: they are of two drafts"
                raise Fault("kept.misfit", told, where=str(one.path))
    k = first.kept
    return Kept(k.ledger, k.party, k.office, k.sequence, k.type, tuple(rows[name] for name in sorted(rows)))


def named(kept: Kept, items: Sequence[str]) -> list[Opening]:
    """The openings at these places, and at all places under them. Raises Fault `disclose.item`."""
    found: dict[str, Opening] = {}
    for item in items:
        mine = [row for row in kept.openings if f"{row.pointer}/".startswith(f"{item}/")]
        if not mine:
            raise Fault("disclose.item", f"the kept file opens nothing at {item}", where=item)
        found |= {row.pointer: row for row in mine}
    return [found[pointer] for pointer in sorted(found)]


def due(kept: Kept, moment: int) -> list[Opening]:
    """The openings whose date has come by `moment` (seconds, UTC), the earliest first. Raises Fault `disclose.nothing-due`."""
    found = [row for row in kept.openings if row.opens is not None and times.parse_utc(row.opens) <= moment]
    if not found:
        dates = sorted({row.opens for row in kept.openings if row.opens})
        told = f"the next is due on {dates[0]}" if dates else "none of them has an opening date"
        raise Fault("disclose.nothing-due", f"nothing is due by {times.format_utc(moment)}; {told}")
    return sorted(found, key=lambda row: (row.opens or "", row.pointer))


def require_opening(said: Statement, held: Sequence[KeptFile], rows: Sequence[Opening]) -> None:
    """Check, before anything leaves the desk, that the kept files are this statement's and that the rows open it.

    Raises Fault `kept.misfit`, `disclosure.mismatch`, `disclosure.malformed`, `disclosure.value`, `disclosure.label`.
    """
    for one in held:
        one.kept.require_of(said, where=str(one.path))
    for found in disclosed.hold(rows, said):
        wrong = found.digest or found.place or found.value or found.label
        if wrong:
            raise Fault(wrong.code, f"{found.opening.pointer}: {wrong.message}", where=wrong.where)


def require_receipt(receipt: Proof, envelope: Envelope) -> None:
    """Check that a receipt is this envelope's, whoever signed its checkpoint: the reader's policy judges that.

    Raises Fault `record.malformed`, `proof.inclusion`.
    """
    raw, _ = record.rebuild(receipt.extra or b"", envelope)
    point = receipt.checkpoint
    merkle.verify_inclusion(receipt.index, point.size, merkle.leaf_hash(raw), receipt.hashes, point.root)


def parts(rows: Sequence[Opening]) -> list[list[Opening]]:
    """The rows in as many portions as public statements are needed for them, each as large as one may be."""
    found: list[list[Opening]] = [[]]
    room = MOST_CHARACTERS
    for row in rows:
        size = len(canonical.encode([row.pointer, row.disclosure]))
        if found[-1] and (len(found[-1]) == MOST_ROWS or size > room):
            found.append([])
            room = MOST_CHARACTERS
        found[-1].append(row)
        room -= size
    return found


def body(rows: Sequence[Opening], remark: str | None) -> dict[str, Any]:
    """The body of the public `disclosure` of these rows."""
    opened = [{"pointer": row.pointer, "disclosure": row.disclosure} for row in rows]
    return {"disclosures": sorted(opened, key=lambda row: row["pointer"]), "remark": remark}


def listed(kept: Kept) -> list[dict[str, Any]]:
    """What a kept file opens, for its owner's eyes: pointer, label, opening date, whether a decoy, and the value."""
    found = []
    for row in kept.openings:
        one = sealing.read(row.disclosure, where=row.pointer)
        told = {"decoy": one.name is None, "opens": row.opens, "pointer": row.pointer, "tlp": row.tlp}
        found.append({**told, "value": one.value})
    return found
