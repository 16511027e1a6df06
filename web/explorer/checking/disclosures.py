"""Disclosures: a file that opens sealed values to one reader, or a single disclosure, held against the statement alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from verifier import disclosed, record, statement
from verifier.disclosed import Handed, Opened, Opening
from verifier.errors import Fault
from verifier.formats import reader
from verifier.formats.envelope import Envelope
from verifier.sealing import Disclosure
from web.explorer.checking import answers, documents, receipts
from web.explorer.checking.answers import Answer
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.wording.words import _, number

_NAME = re.compile(r"([A-Z0-9]{2,8})/([a-z][a-z0-9-]{0,62})/(0|[1-9][0-9]{0,14})(/body/.{1,500})", re.DOTALL)


def answer(case: Case, item: Item) -> Answer:
    """The answer for a file that opens sealed values: of the statement, and for each place whether it opens it."""
    handed: Handed = item.value
    envelope = _envelope(case, handed)
    if envelope is None:
        told = _(
            "The file opens a statement that is neither in it nor in this copy. Give the statement’s envelope too."
        )
        steps = (answers.passed(_("A disclosure file in canonical form.")), *(answers.unreached(1) for _n in range(5)))
        return Answer(
            item.kind, "not-checked", told, item.digest, answers.named(steps), facts={"opens": handed.statement}
        )
    try:
        said, envelope = disclosed.statement_of(handed, envelope)
        rows = disclosed.hold(handed.openings, said)
    except Fault as fault:
        return documents.broken(item, fault)
    command = "detente-verify disclosure FILE --policy YOUR.policy --state YOUR.state"
    note = _("It proves what the party committed to, and never who handed it on, to whom, or when.")
    return replace(_opened(_about(case, item, handed, envelope), rows), command=command, notes=(note,))


def single(case: Case, item: Item) -> Answer:
    """The answer for one disclosure without its file: its name says which statement's place it opens."""
    given: Disclosure = item.value
    place = _NAME.fullmatch(given.name or "")
    row = case.numbered(place[1], place[2], reader.decimal(place[3])) if place else None
    if place is None or row is None or row.id is None:
        told = _("A disclosure, of no place that this copy knows. That does not mean that it opens nothing.")
        steps = (answers.passed(_("A disclosure in canonical form.")), *(answers.unreached(1) for _n in range(5)))
        return Answer(item.kind, "not-found", told, item.digest, answers.named(steps))
    envelope = record.parse(case.view.raw(row.idx)).envelope
    said = statement.parse(envelope.payload)
    sealed: Mapping[str, Any] = next(
        (one for one in said.sealed if one["pointer"] == place[4]), {"tlp": "TLP:RED", "opens": None}
    )
    rows = disclosed.hold([Opening(place[4], given.text, sealed["tlp"], sealed["opens"])], said)
    return _opened(documents.in_record(case, item, row, envelope), rows)


def _envelope(case: Case, handed: Handed) -> Envelope | None:
    """The statement's envelope: of those given, the file's own, or the copy's."""
    given = [one for one in case.envelopes if sha256(one.payload).hexdigest() == handed.statement]
    case.used += given
    if given or handed.envelope:
        return given[0] if given else handed.envelope
    row = case.view.statement(handed.statement)
    return record.parse(case.view.raw(row.idx)).envelope if row else None


def _about(case: Case, item: Item, handed: Handed, envelope: Envelope) -> Answer:
    """What is to be said of the statement itself: by the file's receipt if it has one, else by the copy."""
    row = case.view.statement(handed.statement)
    if handed.receipt is not None:
        inner = Item("receipt", handed.receipt.raw, handed.receipt)
        alone = replace(case, items=[Item("envelope", envelope.raw, envelope)], used=[])
        return replace(receipts.answer(alone, inner), kind=item.kind, digest=item.digest)
    if row is not None:
        return documents.in_record(case, item, row, envelope)
    return documents.unrecorded(case, item, envelope.payload, envelope)


def _opened(about: Answer, rows: Sequence[Opened]) -> Answer:
    """The answer with what the places hold. What does not open is said before all else."""
    wrong = [fault for row in rows for fault in (row.digest, row.place, row.value, row.label) if fault]
    openings = [_place(row) for row in rows]
    if wrong:
        told = _("A disclosure does not open what the statement committed to.")
        return replace(about, outcome="does-not-hold", told=told, openings=openings)
    if about.state == "overdue":
        return replace(about, openings=openings)
    text = _("Places opened, each as the statement committed to it: %(count)s. Of the statement itself: %(outcome)s.")
    told = text % {"count": number(len(rows)), "outcome": about.word}
    return replace(about, outcome="opened", told=told, openings=openings)


def _place(row: Opened) -> Mapping[str, Any]:
    """One place as a page and its JSON show it. `value` means something only where `wrong` is None and it is no decoy."""
    faults = [fault for fault in (row.digest, row.place, row.value, row.label) if fault]
    decoy = row.disclosure is not None and row.disclosure.name is None
    return {
        "pointer": row.opening.pointer,
        "tlp": row.opening.tlp,
        "opens": row.opening.opens,
        "decoy": decoy,
        "value": row.disclosure.value if row.disclosure and not faults else None,
        "wrong": str(faults[0]) if faults else None,
    }
