"""A file that opens sealed values to one reader, outside the log: its form, and what it establishes.

It is self-contained where it carries the statement's envelope and its receipt; else these are brought to it. What it
says is checked against the statement alone, so it does not matter who handed it on, and it proves nothing about that.
Source: docs/FORMAT.md, section "Sealed fields".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from verifier import sealing, statement, vocabulary
from verifier.errors import Fault
from verifier.formats import canonical, proof, reader, times
from verifier.formats import envelope as dsse
from verifier.formats.envelope import Envelope
from verifier.formats.proof import Proof
from verifier.sealing import Commitments, Disclosure
from verifier.statement import Statement
from verifier.vocabulary.places import check_value

KIND = "disclosure"
MEDIA_TYPE = "application/vnd.detente.disclosure+json"
MOST_BYTES = 2**24
MOST_OPENINGS = 1024
MOST_TERMS = 4000
LABELS = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN")
"""The TLP 2.0 labels that a sealed value can have, the strictest first. TLP:CLEAR would say that everybody may read it."""
_MEMBERS = {"disclosures", "envelope", "kind", "ledger", "receipt", "statement", "terms", "to"}
_ROW = {"disclosure", "opens", "pointer", "tlp"}
_CODE = re.compile(r"[A-Z0-9]{2,8}")
_POINTER = re.compile(r"/body(/([^/~]|~[01])*)+")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one place: its `pointer`, the `disclosure` text, the TLP label, the opening date (UTC text) or None."""

    pointer: str
    disclosure: str
    tlp: str
    opens: str | None

    @property
    def digest(self) -> str:
        """What the statement commits with."""
        return sealing.digest_of(self.disclosure)

    def as_json(self) -> dict[str, Any]:
        """The opening as a JSON object."""
        return {"disclosure": self.disclosure, "opens": self.opens, "pointer": self.pointer, "tlp": self.tlp}


@dataclass(frozen=True)
class Handed:
    """A file for one reader. `to`: the reader's code; `terms`: how to handle it, in words; `statement`: the id (hex).

    `envelope` and `receipt` are None where the reader has to find them himself.
    """

    ledger: str
    statement: str
    to: str
    terms: str | None
    openings: tuple[Opening, ...]
    envelope: Envelope | None = None
    receipt: Proof | None = None

    @property
    def raw(self) -> bytes:
        """The file's canonical bytes."""
        return canonical.encode(
            {
                "disclosures": [row.as_json() for row in self.openings],
                "envelope": self.envelope.as_json() if self.envelope else None,
                "kind": KIND,
                "ledger": self.ledger,
                "receipt": self.receipt.raw.decode() if self.receipt else None,
                "statement": self.statement,
                "terms": self.terms,
                "to": self.to,
            }
        )

    @property
    def label(self) -> str:
        """The strictest TLP label of what it opens: the label of the file as a whole."""
        return min((row.tlp for row in self.openings), key=LABELS.index)


class Opened(NamedTuple):
    """One place as it was found: its opening, the disclosure if it opens the place, and what is wrong at each step."""

    opening: Opening
    disclosure: Disclosure | None
    digest: Fault | None
    place: Fault | None
    value: Fault | None
    label: Fault | None


def parse(raw: bytes) -> Handed:
    """Read a file for one reader. Raises Fault `disclosure.file`, where = JSON pointer."""
    if len(raw) > MOST_BYTES:
        raise _malformed("", f"{len(raw)} bytes: such a file has at most {MOST_BYTES}")
    with _formed(""):
        value = canonical.parse(raw)
    if not isinstance(value, dict) or value.get("kind") != KIND or value.keys() != _MEMBERS:
        raise _malformed("", f'expected {{"kind":"{KIND}"}} with exactly the members {", ".join(sorted(_MEMBERS))}')
    with _formed("/statement"):
        reader.hex_bytes(_text(value["statement"], 64))
    if not _CODE.fullmatch(_text(value["to"], 8, "/to")):
        raise _malformed("/to", "expected the code of one participant")
    with _formed("/envelope"):
        envelope = None if value["envelope"] is None else dsse.read(value["envelope"])
    with _formed("/receipt"):
        receipt = None if value["receipt"] is None else proof.parse(_text(value["receipt"], MOST_BYTES).encode())
    terms = None if value["terms"] is None else _text(value["terms"], MOST_TERMS, "/terms")
    ledger = _text(value["ledger"], 255, "/ledger")
    rows = openings(value["disclosures"])
    return Handed(ledger, value["statement"], value["to"], terms, rows, envelope, receipt)


def openings(rows: Any, *, where: str = "/disclosures") -> tuple[Opening, ...]:
    """Read a list of openings: sorted by pointer, each place once. Raises Fault `disclosure.file`."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_OPENINGS:
        raise _malformed(where, f"expected a list of 1 to {MOST_OPENINGS} openings")
    found = tuple(_opening(row, f"{where}/{n}") for n, row in enumerate(rows))
    if any(a.pointer >= b.pointer for a, b in pairwise(found)):
        raise _malformed(where, "the openings are not sorted by pointer, each place once")
    return found


def statement_of(handed: Handed, brought: Envelope | None) -> tuple[Statement, Envelope]:
    """The statement that the file opens: in the envelope `brought` to it, or in its own.

    Raises Fault `disclosure.no-statement` if there is neither, `disclosure.other-statement` if it is another one than the
    file names, and those of `statement.parse`.
    """
    envelope = brought or handed.envelope
    if envelope is None:
        told = f"neither the file nor you brought statement {handed.statement}, which it opens"
        raise Fault("disclosure.no-statement", told, where="/envelope")
    said = statement.parse(envelope.payload)
    if said.id != handed.statement:
        told = f"the file opens statement {handed.statement}, the envelope holds {said.id}"
        raise Fault("disclosure.other-statement", told, where="/statement")
    if said.ledger != handed.ledger:
        told = f"the file names the ledger {handed.ledger}, the statement stands on {said.ledger}"
        raise Fault("disclosure.other-statement", told, where="/ledger")
    return said, envelope


def sealed_in(said: Statement) -> Commitments:
    """What a statement has sealed."""
    digests = {row["pointer"]: row["digest"] for row in said.sealed}
    return Commitments(said.party, said.office, said.sequence, digests)


def hold(rows: Sequence[Opening], said: Statement) -> list[Opened]:
    """Hold openings against the statement, each step for each of them. Nothing is raised: what is wrong stands in its step.

    1. The digest stands in the statement at this pointer.  2. The disclosure names this statement's place.  3. The value
    may stand there, by the type's schema.  4. Label and opening date are those that the statement signed.
    """
    sealed = sealed_in(said)
    kind = vocabulary.load().type(said.type)
    signed = {row["pointer"]: row for row in said.sealed}
    found = []
    for n, row in enumerate(rows):
        where = f"/disclosures/{n}"
        opened, wrong = _opened(row, sealed, where)
        committed = sealed.digests.get(row.pointer) == row.digest
        fits = None if opened is None else _fault(_fitting, said, kind, opened, row.pointer, f"{where}/disclosure")
        label = _fault(_labelled, row, signed.get(row.pointer), where)
        found.append(Opened(row, opened, None if committed else wrong, wrong if committed else None, fits, label))
    return found


def _opened(row: Opening, sealed: Commitments, where: str) -> tuple[Disclosure | None, Fault | None]:
    try:
        return sealing.require_opens(row.disclosure, sealed, row.pointer, where=where), None
    except Fault as fault:
        return None, fault


def _fitting(said: Statement, kind: vocabulary.Type, opened: Disclosure, pointer: str, where: str) -> None:
    """A decoy has no value. What is for rehearsals alone opens in a marked statement alone."""
    if opened.name is None:
        return
    check_value(vocabulary.load(), kind, pointer, opened.value, where=where)
    if said.exercise is None and kind.rehearsed(pointer, opened.value):
        told = f"{opened.value!r} is for rehearsals alone; a {kind.name} that is opened is none"
        raise Fault("disclosure.value", told, where=where)


def _labelled(row: Opening, signed: Mapping[str, Any] | None, where: str) -> None:
    if signed is None:
        return
    for name, told in (("tlp", row.tlp), ("opens", row.opens)):
        if signed[name] != told:
            message = f"the file says {told or 'no date'} for {row.pointer}, the statement {signed[name] or 'no date'}"
            raise Fault("disclosure.label", message, where=f"{where}/{name}")


def _fault(call: Callable[..., None], *args: Any) -> Fault | None:
    try:
        call(*args)
    except Fault as fault:
        return fault
    return None


def _opening(row: Any, where: str) -> Opening:
    if not isinstance(row, dict) or row.keys() != _ROW:
        raise _malformed(where, f"an opening has exactly the members {', '.join(sorted(_ROW))}")
    if not _POINTER.fullmatch(_text(row["pointer"], 512, f"{where}/pointer")):
        raise _malformed(f"{where}/pointer", "expected a JSON pointer into the body")
    if row["tlp"] not in LABELS:
        raise _malformed(f"{where}/tlp", f"expected one of {', '.join(LABELS)}")
    if row["opens"] is not None:
        with _formed(f"{where}/opens"):
            times.parse_utc(_text(row["opens"], 20))
    return Opening(
        row["pointer"], _text(row["disclosure"], MOST_BYTES, f"{where}/disclosure"), row["tlp"], row["opens"]
    )


def _text(value: Any, most: int, where: str = "") -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise _malformed(where, f"expected a text of 1 to {most} characters")
    return value


@contextmanager
def _formed(where: str) -> Iterator[None]:
    """What is read within must have its form."""
    try:
        yield
    except Fault as fault:
        raise _malformed(where, fault.message) from fault


def _malformed(where: str, why: str) -> Fault:
    return Fault("disclosure.file", why, where=where)
