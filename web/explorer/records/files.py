"""The files of a statement, a record: what they are called and what is in them, and how they are found."""

from __future__ import annotations

import re

from verifier import record, statement
from verifier.charter import Party
from verifier.errors import Fault
from verifier.record import Record
from verifier.statement import Statement
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View
from web.explorer.records import briefs, receipts
from web.explorer.wording.words import _, number

_APART = re.compile("[,. \u00a0\u202f]")
_GROUPED = re.compile("[0-9]{1,3}([,. \u00a0\u202f])[0-9]{3}(\\1[0-9]{3})*")
"""A number as the pages write it, in whichever language: its thousands set apart."""
_CALLED = re.compile(r"(?:certificate[- ])?record[- ]([0-9]{1,15})(?:\.[a-z.-]{1,30})?")
"""What a statement's files and its certificate are called (see `stem`)."""


def stem(row: Row) -> str:
    """What a statement's files are called: receipt and envelope have one stem, so that one is found beside the other."""
    return f"record-{row.idx}"


def commands(view: View, row: Row) -> dict[str, str]:
    """The commands that repeat the proof, trusting only what the reader already holds: that it is logged, and who said it."""
    name = stem(row)
    check = f"detente-verify receipt {name}.tlog-proof \\\n  --envelope {name}.envelope.json \\\n  --policy YOUR.policy"
    return {
        "logged": check,
        "keys": "detente-verify audit SOURCE \\\n  --policy YOUR.policy \\\n  --state YOUR.state \\\n"
        f"  --charter {view.charter}",
        "said": f"{check} \\\n  --state YOUR.state",
    }


def row_of(view: View, statement_id: str) -> Row:
    """The record of a statement. Raises Fault `explorer.not-here`."""
    row = None if view.empty else view.statement(statement_id)
    if row is None:
        raise Fault("explorer.not-here", absent(view, _("This statement id")), where=statement_id)
    return row


def participant(view: View, code: str, where: str) -> Party:
    """What the registry says of a participant. `where`: the address asked for. Raises Fault `explorer.not-here`."""
    entry = view.registry.get(code)
    if entry is None:
        raise Fault(
            "explorer.not-here", _("No participant of this ledger has the code %(code)s.", code=code), where=where
        )
    return entry


def absent(view: View, what: str) -> str:
    """That something is not in this copy, which is not to say that it does not exist."""
    if view.empty:
        return _("%(what)s is not in this copy, which is empty so far.", what=what)
    return _(
        "%(what)s is in none of the records 0 to %(last)s that this copy holds.", what=what, last=number(view.size - 1)
    )


def parsed(view: View, row: Row) -> tuple[Record, Statement]:
    """The record and its statement. Raises Fault `explorer.unreadable` where the bytes form none."""
    try:
        entry = record.parse(view.raw(row.idx))
        return entry, statement.parse(entry.envelope.payload)
    except Fault as fault:
        text = _("The statement in record %(index)s cannot be read.", index=number(row.idx))
        raise Fault("explorer.unreadable", text, where=f"/records/{row.idx}") from fault


def envelope_file(view: View, statement_id: str) -> tuple[str, bytes]:
    """The envelope as logged: (file name, bytes)."""
    row = row_of(view, statement_id)
    return f"{stem(row)}.envelope.json", parsed(view, row)[0].envelope.raw


def payload_file(view: View, statement_id: str) -> tuple[str, bytes]:
    """The statement as signed: (file name, bytes)."""
    row = row_of(view, statement_id)
    return f"{stem(row)}.statement.json", parsed(view, row)[1].payload


def record_file(view: View, index: int) -> tuple[str, bytes]:
    """A record as stored: (file name, bytes)."""
    if view.record(index) is None:
        raise Fault(
            "explorer.not-here", absent(view, _("Record %(index)s", index=number(index))), where=f"/records/{index}"
        )
    return f"record-{index}.json", view.raw(index)


def found(view: View, typed: str) -> Row | None:
    """The record that a statement id, a record's digest or a record's number names; of an id, eight characters will do
    where no other begins so."""
    if view.empty:
        return None
    if re.fullmatch("[0-9a-f]{64}", typed.lower()):
        return view.statement(typed.lower()) or view.by_digest(typed.lower())
    if re.fullmatch("(?=.*[a-f])[0-9a-f]{8,63}", typed.lower()):
        query = RECORDS + " WHERE id >= ? AND id < ? ORDER BY id LIMIT 2"
        rows = view.rows(query, (typed.lower(), typed.lower() + "g"))
        return rows[0] if len({row.id for row in rows}) == 1 else None
    digits = _APART.sub("", typed) if _GROUPED.fullmatch(typed) else typed
    return view.record(int(digits)) if re.fullmatch("[0-9]{1,15}", digits) else None


def place(view: View, typed: str) -> str | None:
    """The address of the one thing that was typed into a search box, or None: then it is words.

    Known are a statement's id, a record's digest or number (also as files and certificates are called: record-36), an
    obligation's id, a key's or signer's id, a participant's code, and its name in any language of the registry.
    """
    row = found(view, typed)
    if row is not None:
        return briefs.address(row)
    if view.empty:
        return None
    named = _CALLED.fullmatch(typed.lower())
    if named is not None:
        row = view.record(int(named[1]))  # the pattern let only ASCII digits through
        return briefs.address(row) if row is not None else None
    if re.fullmatch("[0-9a-f]{64}", typed.lower()):
        return _by_digest(view, typed.lower())
    return _participant(view, typed)


def _by_digest(view: View, digest: str) -> str | None:
    judged, ring = Judged(view), view.trust.ring
    if judged.real is not None and judged.one(digest) is not None:
        return f"/obligations/{digest}"
    signer = digest if digest in ring.signers else ring.holder.get(digest)
    known = ring.signers.get(signer or "")
    return f"/keys/{known.party}#{digest}" if known is not None else None


def _participant(view: View, typed: str) -> str | None:
    wanted = typed.casefold()
    for code, party in view.registry.items():
        if wanted == code.casefold() or wanted in (name.casefold() for name in party.names.values()):
            return f"/parties/{code}"
    return None


def receipt_file(view: View, statement_id: str) -> tuple[str, bytes]:
    """The receipt as a C2SP tlog-proof: (file name, bytes)."""
    row = row_of(view, statement_id)
    return f"{stem(row)}.tlog-proof", receipts.build(view, row.idx, parsed(view, row)[0]).proof.raw
