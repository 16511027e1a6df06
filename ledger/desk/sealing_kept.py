"""The kept file: what opens a statement's sealed values. Whoever has it can read them; without it nobody ever can.

It is written durably before the sealed draft, so that a crash at any moment leaves no sealed draft without it; it is
readable to its owner alone, and never overwritten. It names the one place in an office's chain that it was made for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.desk import files
from verifier import disclosed, sealing
from verifier.disclosed import Opening
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.statement import Statement

KIND = "kept"
_MEMBERS = {"disclosures", "kind", "ledger", "office", "party", "sequence", "type"}


@dataclass(frozen=True)
class Kept:
    """What opens a statement's sealed values, and which statement: of which ledger, party, office, number and type."""

    ledger: str
    party: str
    office: str
    sequence: int
    type: str
    openings: tuple[Opening, ...]

    @classmethod
    def of(cls, said: Statement, openings: Iterable[Opening]) -> Kept:
        """What opens this statement."""
        rows = tuple(sorted(openings, key=lambda row: row.pointer))
        return cls(said.ledger, said.party, said.office, said.sequence, said.type, rows)

    @property
    def place(self) -> tuple[str, str, str, int]:
        """The one place in the world that it opens: ledger, party, office, number."""
        return self.ledger, self.party, self.office, self.sequence

    def require_of(self, said: Statement, *, where: str) -> None:
        """Check that this is of the place of that statement. Raises Fault `kept.misfit`."""
        if self.place != place_of(said):
            here = f"statement {said.sequence} of {said.party}, office {said.office}, on {said.ledger}"
            raise Fault("kept.misfit", f"it opens {self.named}; this is {here}", where=where)

    @property
    def named(self) -> str:
        """The place in words."""
        return f"statement {self.sequence} of {self.party}, office {self.office}, on {self.ledger}"

    @property
    def raw(self) -> bytes:
        """The file's canonical bytes."""
        return canonical.encode(
            {
                "disclosures": [row.as_json() for row in self.openings],
                "kind": KIND,
                "ledger": self.ledger,
                "office": self.office,
                "party": self.party,
                "sequence": self.sequence,
                "type": self.type,
            }
        )


@dataclass(frozen=True)
class KeptFile:
    """A kept file as it lies on a disk. `mode`: its permission bits; `disk`, `number`: which file of which file system."""

    path: Path
    kept: Kept
    mode: int
    disk: int
    number: int

    @property
    def itself(self) -> tuple[int, int]:
        """What tells a copy from a second name of the same file."""
        return self.disk, self.number


def place_of(said: Statement) -> tuple[str, str, str, int]:
    """Where a statement stands: ledger, party, office, number."""
    return said.ledger, said.party, said.office, said.sequence


def parse(raw: bytes, *, where: str = "") -> Kept:
    """Read a kept file. Raises Fault `kept.malformed`, also if two of its disclosures have one salt."""
    try:
        value = canonical.parse(raw)
        if not isinstance(value, dict) or value.keys() != _MEMBERS or value["kind"] != KIND:
            raise Fault("kept.malformed", "it is no file in which `detente seal` kept what opens a statement")
        kept = Kept(
            ledger=_text(value, "ledger"),
            party=_text(value, "party"),
            office=_text(value, "office"),
            sequence=_number(value["sequence"]),
            type=_text(value, "type"),
            openings=disclosed.openings(value["disclosures"]),
        )
        salts = [sealing.read(row.disclosure, where=row.pointer).salt for row in kept.openings]
    except Fault as fault:
        place = f"{where} {fault.where}".strip()
        raise Fault("kept.malformed", fault.message, where=place) from fault
    if len(set(salts)) != len(salts):
        raise Fault("kept.malformed", "two of its disclosures have the same salt", where=where)
    return kept


def read(path: Path) -> KeptFile:
    """A kept file on a disk. Raises Fault `kept.malformed`, `desk.unreadable`, `desk.too-long`."""
    raw = files.read(path, most=disclosed.MOST_BYTES)
    found = path.stat()
    return KeptFile(path, parse(raw, where=str(path)), found.st_mode & 0o777, found.st_dev, found.st_ino)


def write(kept: Kept, places: Sequence[Path], draft: Statement, target: Path) -> None:
    """Write the kept file to each of `places`, and then, once they are on the disk, the sealed draft to `target`.

    Whatever stops this, there is no sealed draft without its kept file. Raises Fault `desk.exists`, `desk.unwritable`.
    """
    files.require_free(*places, target)
    files.write_new(*((path, kept.raw, files.PRIVATE) for path in places))
    try:
        files.write_new((target, draft.payload, files.PUBLIC))
    except Fault:
        if not target.exists():
            for path in places:
                path.unlink(missing_ok=True)
        raise


def _text(value: dict[str, Any], name: str) -> str:
    if not isinstance(value[name], str):
        raise Fault("kept.malformed", f"`{name}` is a text", where=f"/{name}")
    return str(value[name])


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise Fault("kept.malformed", "`sequence` is a whole number", where="/sequence")
    return value
