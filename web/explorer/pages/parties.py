"""The pages about participants: who may speak, that none of what they said is missing, and by which keys."""

from __future__ import annotations

from typing import Any

from verifier.parties import Office
from web.explorer.answers import Asked, Page
from web.explorer.copy.rows import RECORDS
from web.explorer.copy.view import View
from web.explorer.pages import obligations as conformance_pages
from web.explorer.records.briefs import brief
from web.explorer.records.files import participant
from web.explorer.wording import kinds
from web.explorer.wording.words import _, utc

NEWEST = 10


def parties(asked: Asked) -> Page:
    """All participants in order of code."""
    registry = {} if asked.view.empty else asked.view.trust.registry
    rows = [
        {
            "code": code,
            "kind": registry[code].kind,
            "names": dict(registry[code].names),
            "acceded": bool(asked.view.trust.offices(code)),
        }
        for code in sorted(registry)
    ]
    return Page("parties.html", _("Parties"), {"parties": rows})


def party(asked: Asked, code: str) -> Page:
    """One participant: its chains with the proof that none is missing, its offices and keys, its newest statements."""
    view = asked.view
    entry = participant(view, code, f"/parties/{code}")
    rows = view.rows(RECORDS + " WHERE party = ? ORDER BY idx DESC LIMIT ?", (code, NEWEST))
    facts = {
        "code": code,
        "kind": entry.kind,
        "names": dict(entry.names),
        "total": view.number("SELECT count(*) FROM records WHERE party = ?", (code,)),
        "since": _since(view, code),
        "chains": [chain(view, code, office) for office in view.offices(code)],
        "offices": [_office(view, name, office) for name, office in sorted(view.trust.offices(code).items())],
        "revoked": _revoked(view, code),
        "commands": _commands(view, code),
        "root": {"signers": list(entry.root.signers), "threshold": entry.root.threshold},
        "statements": [brief(row) for row in rows],
        "conformance": conformance_pages.of_party(asked, code),
    }
    return Page("party.html", kinds.name_of(entry.names), facts)


def _commands(view: View, code: str) -> dict[str, str]:
    """What repeats the proof that no statement of a participant is missing, by the reader's own means."""
    payload = ".envelope.payload|@base64d"
    chains = (
        f'jq -r \'{payload}|select(fromjson.party=="{code}")|'
        '[(fromjson|.office,.sequence,(.previous//"-")),(.|@base64)]|@tsv\' records.jsonl \\\n'
        "  | while read office n previous text; do\n"
        '      echo "$office $n $previous $(echo "$text" | base64 -d | sha256sum | cut -c1-64)"\n'
        "    done | sort -k1,1 -k2,2n"
    )
    audit = f"detente-verify audit SOURCE \\\n  --policy YOUR.policy \\\n  --charter {view.charter}"
    return {"audit": audit, "chains": chains}


def _since(view: View, code: str) -> str | None:
    """When the participant's first statement that stands was received."""
    query = RECORDS + " WHERE party = ? AND stands = 1 ORDER BY idx LIMIT 1"
    rows = view.rows(query, (code,))
    return utc(rows[0].received) if rows else None


def chain(view: View, code: str, office: str) -> dict[str, Any]:
    """An office's own chain, gone through link by link: 0, 1, 2 … each naming the one before, up to what the audit has."""
    previous: str | None = None if code == _depositary_of(view) and office == "root" else view.charter
    count, broken = 0, None
    for link in view.links(code, office):
        if broken is None and (link.sequence, link.previous) != (count, previous):
            broken = link.sequence
        count, previous = count + 1, link.id
    whole = broken is None and view.trust.chain(code, office) == (count, previous)
    return {
        "office": office,
        "count": count,
        "head": previous if count else None,
        "unbroken": whole,
        "broken_at": broken,
    }


def _depositary_of(view: View) -> str | None:
    first = view.record(0)
    return first.party if first else None


def _office(view: View, name: str, office: Office) -> dict[str, Any]:
    signers = []
    for signer, validity in sorted(office.signers.items()):
        known = view.trust.signer(signer)
        revocation = view.trust.ring.revoked.get(signer)
        signers.append(
            {
                "id": signer,
                "keys": [{"algorithm": view.trust.book[k].algorithm, "keyid": k} for k in known.keys],
                "not_before": utc(validity.not_before),
                "not_after": utc(validity.not_after),
                "revoked_by_record": revocation.record if revocation else None,
                "reason": revocation.reason if revocation else None,
            }
        )
    types = [{"type": kind, "label": kinds.label("types", kind)} for kind in sorted(office.types)]
    return {"office": name, "threshold": office.threshold, "types": types, "signers": signers}


def _revoked(view: View, code: str) -> list[dict[str, Any]]:
    ring = view.trust.ring
    return [
        {
            "id": signer,
            "record": found.record,
            "reason": found.reason,
            "from_record": found.from_record,
            "keys": [{"algorithm": view.trust.book[k].algorithm, "keyid": k} for k in ring.signers[signer].keys],
        }
        for signer, found in sorted(ring.revoked.items(), key=lambda row: row[1].record)
        if ring.signers[signer].party == code
    ]
