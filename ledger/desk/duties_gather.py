"""Everything a desk needs to act, in one object: the duties, the texts they are about, the offices that may answer.

The judgement reads codes and dates alone. Titles and bodies are read from the source again, and believed only where their
digest is the statement's id, which the audit has seen. The object can be carried to a machine without a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ledger.desk import duties as judged
from ledger.desk.duties import LISTS, Row
from verifier import record, statement
from verifier.audit.state import AuditState
from verifier.conformance.case import Case
from verifier.conformance.docket import case_of
from verifier.errors import Fault
from verifier.formats import tiles
from verifier.formats.envelope import Envelope
from verifier.formats.reader import shown
from verifier.formats.times import format_utc
from verifier.parties import Office
from verifier.source import Source, read_entries
from verifier.trust import TrustState

LONG_OVER = 7 * 86_400
"""Seconds after its end in which a drill's rehearsal is still told of."""


class Shelf:
    """Statements of an audited log, read again from where it is shown. `size`: records that were audited."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._bundles: dict[int, list[bytes]] = {}

    def envelope(self, index: int, identity: str) -> Envelope | None:
        """The envelope of the statement `identity` in record `index`; None where the source does not show it (any more)."""
        number, place = divmod(index, tiles.WIDTH)
        try:
            if number not in self._bundles:
                width = min(tiles.WIDTH, self._size - number * tiles.WIDTH)
                self._bundles[number] = read_entries(self._source, "entries", number, width)
            found = record.parse(self._bundles[number][place]).envelope
        except Fault:
            return None  # the duty stands without its title; the audit has said what is wrong with the source
        return found if sha256(found.payload).hexdigest() == identity else None


def gather(
    state: AuditState, source: Source, asked: int, party: str, *, language: str = "en", everything: bool = False
) -> Row:
    """What `party` has to do as of `asked` (seconds, UTC), by an audited log: the object of docs/CONFORMANCE.md's reader.

    Members: those of `duties` for the real world; `exercises`: the same for each rehearsal that is on or was lately
    (`everything`: for all), with its `drill` and its dates; `statements`: with title, language and body; `desk`: the state
    of the party's offices, as `detente state` writes it. Raises Fault `duties.party`, `charter.missing`, `state.no-events`.
    """
    if party not in state.trust.registry:
        known = ", ".join(sorted(state.trust.registry)) or "nobody"
        raise Fault(
            "duties.party", f"{shown(party)} is not in the ledger's registry, which knows {known}", where="--party"
        )
    case = case_of(state)
    shelf = Shelf(source, state.size)
    found = judged.duties(case, asked, party, language=language)
    statements = found.pop("statements")
    exercises = []
    for drill in _drills(case, asked, everything):
        row = judged.duties(case, asked, party, drill.id, language=language)
        statements |= row.pop("statements")
        if any(row[name] for name in (*LISTS, "settled")):
            dates = {name: format_utc(drill.fields[name]) for name in ("start", "end") if name in drill.fields}
            exercises.append({"drill": drill.id, "record": drill.record, "party": drill.party, **dates, **row})
    return {
        "ledger": state.trust.origin,
        "charter": case.charter,
        "party": party,
        "asked": format_utc(asked),
        "records": state.size,
        **found,
        "exercises": [{**row, "title": _title(shelf, row)} for row in exercises],
        "statements": {one: _with_text(row, shelf.envelope(row["record"], one)) for one, row in statements.items()},
        "desk": _desk(state.trust, party, shelf, case),
    }


def _drills(case: Case, asked: int, everything: bool) -> Iterator[Any]:
    """The announcements of drills within which something was said."""
    marked = {event.exercise for event in case.events if event.exercise is not None}
    for event in case.events if marked else ():
        if event.id in marked:
            lasts = event.fields.get("end", asked) + case.terms(event.record).end_extension + LONG_OVER
            if everything or lasts >= asked:
                yield event


def _title(shelf: Shelf, row: Row) -> str | None:
    found = shelf.envelope(row["record"], row["drill"])
    return statement.parse(found.payload).title if found else None


def _with_text(row: Row, found: Envelope | None) -> Row:
    """The row with what the statement says: None in each place where the source does not show it."""
    said = statement.parse(found.payload) if found else None
    return {
        **row,
        "office": said.office if said else None,
        "title": said.title if said else None,
        "language": said.language if said else None,
        "issued": said.issued if said else None,
        "body": said.body if said else None,
    }


def _desk(trust: TrustState, party: str, shelf: Shelf, case: Case) -> Row:
    """The state of the party's offices, in the form of `ledger.desk.state`."""
    charter = shelf.envelope(0, case.charter)
    return {"party": describe(trust, party), "charter": charter.as_json() if charter else None}


def describe(trust: TrustState, party: str) -> Row:
    """A party's entry: its offices with signers and the ends of their chains, as the next record would find them."""
    entry = trust.registry[party]
    return {
        "ledger": trust.origin,
        "charter": trust.charter_id,
        "code": party,
        "kind": entry.kind,
        "names": dict(entry.names),
        "offices": [_office(trust, party, name, office) for name, office in sorted(trust.offices(party).items())],
    }


def _office(trust: TrustState, party: str, name: str, office: Office) -> Row:
    sequence, previous = trust.chain(party, name)
    return {
        "office": name,
        "types": sorted(office.types),
        "threshold": office.threshold,
        "signers": [
            {
                "signer": signer,
                "keys": list(trust.signer(signer).keys),
                "not_before": None if dates.not_before is None else format_utc(dates.not_before),
                "not_after": None if dates.not_after is None else format_utc(dates.not_after),
                "revoked": signer in trust.ring.revoked,
            }
            for signer, dates in sorted(office.signers.items())
        ],
        "sequence": sequence,
        "previous": previous,
    }
