"""The pages about statements: the newest on the home page, the list, and one statement to read, to prove, to take raw."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from verifier.errors import Fault
from verifier.statement import Statement
from web.explorer.answers import Asked, Page
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View
from web.explorer.pages import obligations as conformance_pages
from web.explorer.records import fields, ladder, listing, moments, signers
from web.explorer.records.briefs import brief
from web.explorer.records.files import absent, commands, parsed, row_of
from web.explorer.records.ladder import CHANGING, Ladder
from web.explorer.wording import kinds, signed_text
from web.explorer.wording.words import _, interval, number, utc

NEWEST = 8
LONG_RECORD = 25_000
"""Bytes: a longer record is not shown beside its envelope, which is most of it."""
LONG = 12_000
"""Bytes: of a longer statement the page tells each rule in words alone; as signed, they stand in the stored bytes."""


def home(asked: Asked) -> Page:
    """The ledger's health, the newest statements, and where to search."""
    view = asked.view
    title = _("The public record of what states promise each other")
    if view.empty:
        return Page("home.html", title, {"newest": [], "parties": []})
    rows = view.rows(RECORDS + " WHERE idx < ? ORDER BY idx DESC LIMIT ?", (view.size, NEWEST))
    first = view.record(0)
    facts = {
        "newest": [brief(row) for row in rows],
        "parties": [{"code": p.code, "kind": p.kind, "names": dict(p.names)} for p in _in_order(view)],
        "since": utc(first.received) if first else None,
        "history": view.history,
        "contradiction": view.contradiction is not None,
        "conformance": conformance_pages.now_and_next(asked),
    }
    return Page("home.html", title, facts, {"cosigned": witnesses_of(view), "weeks": conformance_pages.weeks(asked)})


def witnesses_of(view: View) -> list[dict[str, Any]]:
    """Who cosigned the newest checkpoint, and when."""
    return [{"witness": name, "cosigned": utc(at) if at else None} for name, at in sorted(view.cosigners.items())]


def _in_order(view: View) -> list[Any]:
    return [view.trust.registry[code] for code in sorted(view.trust.registry)]


def statements(asked: Asked) -> Page:
    """The list of statements, filtered and searched."""
    wanted = listing.read(asked.arguments)
    title = _("Statements")
    if asked.view.empty:
        return Page(
            "statements.html", title, {"filter": wanted.given, "total": 0, "statements": []}, _choices(asked.view)
        )
    found = listing.page(asked.view, wanted)
    facts = {
        "filter": wanted.given,
        "total": found.total,
        "from_position": found.position if found.rows else 0,
        "to_position": found.position + len(found.rows) - 1 if found.rows else 0,
        "without_witnessed_time": found.undated,
        "older": found.older,
        "newer": found.newer,
        "statements": [brief(row) for row in found.rows],
    }
    return Page("statements.html", title, facts, {"wanted": wanted, **_choices(asked.view)})


def _choices(view: View) -> dict[str, Any]:
    parties = [] if view.empty else _in_order(view)
    families = [
        (name, kinds.label("families", name), [(one, kinds.label("types", one)) for one in types])
        for name, types in kinds.types().items()
    ]
    statuses = [(code, _(text)) for code, (text, _clause) in listing.STATUSES.items()]
    return {"parties": parties, "families": families, "sectors": kinds.sectors(), "statuses": statuses}


def read_statement(asked: Asked, statement_id: str) -> Page:
    """One statement, to read."""
    view, row = asked.view, row_of(asked.view, statement_id)
    entry, said = parsed(view, row)
    parts = fields.read(said, kinds.names(view.registry) if row.stands else None)
    later = view.relating(statement_id)
    facts = {
        **_identity(row, said),
        "fields": fields.to_json(parts),
        "relates": [_relation(rel, target, found) for rel, target, found in view.related(row.idx)],
        "related_by": [{"rel": rel, **brief(found)} for rel, found in later],
        "attachments": said.attachments,
        "sealed_fields": said.sealed,
        "rehearsals": view.rehearsals(statement_id),
        "record_findings": view.findings(row.idx),
        "interval": interval(utc(row.witnessed_after), utc(row.witnessed_before)),
        "report_sha256": said.body.get("digest") if said.type == "audit-report" else None,
        "conformance": conformance_pages.of_statement(asked, statement_id, row.idx),
    }
    shown = {
        "said": said,
        "fields": parts,
        "row": row,
        "terse": len(said.payload) > LONG,
        "chart": moments.drawn(row),
        "changes": [(rel, found) for rel, found in later if rel in CHANGING],
        "steps": ladder.climb(view, row).steps,
        "hidden": signed_text.hidden([said.title, *fields.texts(parts)]),
        "drill": view.statement(said.exercise) if said.exercise else None,
        "record_digest": row.digest,
        "envelope_size": len(entry.envelope.raw),
    }
    return Page("statement.html", said.title, facts, shown)


def proof(asked: Asked, statement_id: str) -> Page:
    """One statement's ladder of verification, and how to climb it without this site."""
    view, row = asked.view, row_of(asked.view, statement_id)
    climbed = ladder.climb(view, row)
    _entry, said = parsed(view, row)
    facts = {
        **_identity(row, said),
        "steps": [step.to_json() for step in climbed.steps],
        "interval": interval(utc(row.witnessed_after), utc(row.witnessed_before)),
        "record_digest": row.digest,
        "previous_record": climbed.entry.previous if climbed.entry else None,
        "previous_statement": said.previous,
        "history": {"count": climbed.entry.count, "head": climbed.entry.head} if climbed.entry else None,
        "receipt": _receipt_facts(climbed),
        "commands": commands(view, row),
    }
    shown = {
        "said": said,
        "row": row,
        "ladder": climbed,
        "signers": _signers(view, climbed),
        "witnesses": _cosigners(view, climbed),
        "receipt_text": climbed.receipt.proof.raw.decode() if climbed.receipt else None,
    }
    return Page("proof.html", _("Proof of “%(title)s”", title=said.title), facts, shown)


def raw(asked: Asked, statement_id: str) -> Page:
    """The stored bytes, never written anew."""
    view, row = asked.view, row_of(asked.view, statement_id)
    entry, said = parsed(view, row)
    facts = {
        **_identity(row, said),
        "payload_base64": b64encode(said.payload).decode(),
        "payload_size": len(said.payload),
        "record_base64": b64encode(view.raw(row.idx)).decode(),
        "record_size": len(view.raw(row.idx)),
        "record_digest": row.digest,
    }
    shown = {
        "said": said,
        "row": row,
        "signed_by": signers.of(view, said),
        "payload": said.payload.decode(),
        "envelope": entry.envelope.raw.decode(),
        "record_text": view.raw(row.idx).decode() if len(view.raw(row.idx)) <= LONG_RECORD else None,
    }
    return Page("raw.html", _("Stored bytes of “%(title)s”", title=said.title), facts, shown)


def single_record(asked: Asked, index: int) -> Page:
    """A record by its number: the one way to look at a record that the audit judges as absent."""
    view, row = asked.view, asked.view.record(index)
    if row is None:
        raise Fault(
            "explorer.not-here", absent(view, _("Record %(index)s", index=number(index))), where=f"/records/{index}"
        )
    stored = view.raw(index)
    facts = {**brief(row), "record_findings": view.findings(index), "record_base64": b64encode(stored).decode()}
    shown = {"row": row, "stored": stored.decode("utf-8", "replace")}
    return Page(
        "record.html", _("Record %(index)s", index=number(index)), {**facts, "record_digest": row.digest}, shown
    )


def _identity(row: Row, said: Statement) -> dict[str, Any]:
    return {
        **brief(row),
        "addressees": list(said.addressees),
        "signers": list(said.signers),
        "previous": said.previous,
    }


def _relation(rel: str, target: str, found: Row | None) -> dict[str, Any]:
    return {"rel": rel, "statement": target, "record": brief(found) if found else None}


def _receipt_facts(climbed: Ladder) -> dict[str, Any] | None:
    if climbed.receipt is None:
        return None
    proof, point = climbed.receipt.proof, climbed.receipt.proof.checkpoint
    return {
        "index": proof.index,
        "hashes": [value.hex() for value in proof.hashes],
        "checkpoint": {"size": point.size, "root": point.root.hex(), "history_entry": climbed.receipt.number},
        "cosigned": {name: utc(at) if at else None for name, at in climbed.receipt.accepted.cosigned.items()},
    }


def _signers(view: View, climbed: Ladder) -> list[dict[str, Any]]:
    """Who signed: each signer with its keys and the time it was in force."""
    found = []
    for signer in climbed.said.signers if climbed.said else ():
        known = view.trust.ring.signers.get(signer)
        validity = climbed.standing.validities.get(signer) if climbed.standing else None
        keys = [(view.trust.book[keyid].algorithm, keyid) for keyid in known.keys] if known else []
        found.append(
            {
                "id": signer,
                "keys": keys,
                "not_before": utc(validity.not_before) if validity else None,
                "not_after": utc(validity.not_after) if validity else None,
                "in_force": validity is not None,
            }
        )
    return found


def _cosigners(view: View, climbed: Ladder) -> list[dict[str, Any]]:
    """Who cosigned the receipt's checkpoint, earliest first."""
    if climbed.receipt is None:
        return []
    cosigned = climbed.receipt.accepted.cosigned
    rows = [(at, view.policy.witnesses[name].key.name) for name, at in cosigned.items()]
    return [{"witness": name, "at": utc(at) if at else None} for at, name in sorted(rows)]
