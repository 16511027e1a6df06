"""The pages about the ledger: its checkpoints, its witnesses, its charter, and help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as members
from typing import Any

from verifier.charter import Terms
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, tiles
from verifier.formats.note import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, VerifierKey
from web.explorer.answers import Asked, Page
from web.explorer.copy.health import needed
from web.explorer.copy.rows import Entry
from web.explorer.copy.view import View
from web.explorer.pages.consistency import evidence_of
from web.explorer.records import listing
from web.explorer.wording import glossary, kinds
from web.explorer.wording.words import N_, _, duration, number, utc

ENTRIES = 50
RECENT = 100
"""Over how many of the newest tree sizes a witness's part is counted."""
_CHECKS = {
    "checkpoint": N_("Checkpoint"),
    "history": N_("Checkpoint history"),
    "records": N_("Records"),
    "tree": N_("Merkle tree"),
    "cosignatures": N_("Cosignatures"),
    "receipts": N_("Receipts"),
    "times": N_("Times"),
}
"""The checks of an audit, by the verifier's name."""
_ALGORITHMS = {COSIGNATURE_ED25519: "Ed25519", COSIGNATURE_MLDSA44: "ML-DSA-44"}


def checkpoint_list(asked: Asked) -> Page:
    """The checkpoint history, newest first."""
    view, text = asked.view, asked.arguments.get("below", "").strip()
    below = listing.page_of(text) if text else view.history
    found = view.entries(min(below, view.history), ENTRIES)
    facts = {
        "total": view.history,
        "checkpoints": [_entry(view, entry) for entry in found],
        "older": f"/checkpoints?below={found[-1].number}" if found and found[-1].number else None,
        "newer": _newer(view, found),
    }
    return Page("checkpoints.html", _("Checkpoints"), facts)


def _newer(view: View, found: list[Entry]) -> str | None:
    if not found or found[0].number + 1 >= view.history:
        return None
    edge = found[0].number + 1 + ENTRIES
    return "/checkpoints" if edge >= view.history else f"/checkpoints?below={edge}"


def _entry(view: View, entry: Entry) -> dict[str, Any]:
    signed = view.cosignatures(entry.number)
    before = view.entry(entry.number - 1) if entry.number else None
    earlier = (before.size or 0) if before else 0
    return {
        "number": entry.number,
        "size": entry.size,
        "new_records": None if entry.size is None else entry.size - earlier,
        "root": None if entry.root is None else entry.root.hex(),
        "cosigned": [{"witness": name, "at": utc(at) if at else None} for name, at in signed],
        "witnessed": utc(view.policy.earliest({name: at for name, at in reversed(signed) if at})),
    }


def one_checkpoint(asked: Asked, entry_number: int) -> Page:
    """One entry of the history: its note, and every signature on it."""
    view, entry = asked.view, _entry_at(asked.view, entry_number)
    facts = _entry(view, entry) | {
        "note": entry.raw.decode("utf-8", "replace"),
        "signatures": _signatures(view, entry),
        "has_next": entry_number + 1 < view.history,
    }
    return Page("checkpoint.html", _("Checkpoint %(number)s", number=number(entry_number)), facts)


def note_file(view: View, entry_number: int) -> tuple[str, bytes]:
    """One history entry as stored: (file name, bytes)."""
    return f"checkpoint-{entry_number}.txt", _entry_at(view, entry_number).raw


def _entry_at(view: View, entry_number: int) -> Entry:
    entry = view.entry(entry_number)
    if entry is None:
        text = _("The checkpoint history in this copy has no entry %(number)s.", number=number(entry_number))
        raise Fault("explorer.not-here", text, where=f"/checkpoints/{entry_number}")
    return entry


def _signatures(view: View, entry: Entry) -> list[dict[str, Any]]:
    """Every signature line: whose, in which role, whether it holds, and when it says it was made."""
    if entry.size is None:
        return []
    point = checkpoints.parse(entry.raw)
    log = {(key.name, key.key_id): key for _at, _policy, keys in view.trust.policies for key in keys}
    witnesses = {(key.name, key.key_id): key for key in _witness_keys(view)}
    found = []
    for line in point.note.signatures:
        where = (line.name, line.key_id)
        key = log.get(where) or witnesses.get(where)
        role = "log" if where in log else "witness" if key else "unknown"
        at, holds = None, None
        if key is not None:
            try:
                at, holds = cosignature.verify(key, point, line), True
            except Fault:
                holds = False
        time = utc(at) if at else None
        found.append({"name": line.name, "key_id": f"{line.key_id:08x}", "role": role, "holds": holds, "at": time})
    return found


def _witness_keys(view: View) -> Iterable[VerifierKey]:
    yield from view.policy.witness_keys
    for keys in view.trust.charter.witnesses.values() if view.trust.charter else ():
        yield from keys


def witnesses(asked: Asked) -> Page:
    """Every witness: its keys, its last cosignature, its part in the newest checkpoints."""
    view = asked.view
    if view.empty:
        return Page("witnesses.html", _("Witnesses"), {"witnesses": [], "recent": 0, "needed": "", "policy": ""})
    keys: dict[str, dict[str, VerifierKey]] = {}
    for key in _witness_keys(view):
        keys.setdefault(key.name, {})[key.vkey] = key
    sizes = view.recent_sizes(RECENT)
    named = {key.name for key in view.policy.witness_keys}
    chartered = set(view.trust.charter.witnesses) if view.trust.charter else set()
    rows = [
        _witness(view, name, list(found.values()), sizes)
        | {"in_policy": name in named, "in_charter": name in chartered}
        for name, found in sorted(keys.items())
    ]
    text = view.policy.text.decode("utf-8", "replace")
    facts = {"witnesses": rows, "recent": len(sizes), "needed": needed(view), "policy": text}
    return Page("witnesses.html", _("Witnesses"), facts)


def _witness(view: View, name: str, keys: list[VerifierKey], sizes: list[int]) -> dict[str, Any]:
    last = view.last_cosignature(name)
    return {
        "name": name,
        "keys": [{"algorithm": _ALGORITHMS.get(key.algorithm, str(key.algorithm)), "vkey": key.vkey} for key in keys],
        "last": {"checkpoint": last[0], "size": last[1], "at": utc(last[2]) if last[2] else None} if last else None,
        "recent": view.signed_since(name, sizes[-1]) if sizes else 0,
    }


def ledger(asked: Asked) -> Page:
    """The charter in force, what the last audit checked, and its findings."""
    view = asked.view
    trouble = {name: _told(getattr(view, name)) for name in ("trouble", "unjudged", "contradiction")}
    if view.empty or view.trust.charter is None:
        return Page("ledger.html", _("The ledger"), {"charter": None, **trouble, "findings": []})
    charter = view.trust.charter
    facts = {
        "ledger": view.ledger,
        "charter": view.charter,
        "log_keys": [key.vkey for key in charter.log_keys],
        "policy": charter.policy.text.decode("utf-8", "replace"),
        "same_policy": charter.policy.text == view.policy.text,
        "vocabulary": {"version": charter.vocabulary, "digest": kinds.digest(charter.vocabulary)},
        "terms": _terms(charter.terms),
        "policies": [
            {
                "from_record": record,
                "policy": policy.text.decode("utf-8", "replace"),
                "log_keys": [key.vkey for key in keys],
            }
            for record, policy, keys in view.trust.policies
        ],
        "amended_from_records": [record for record, _charter in view.trust.charters[1:]],
        "checkpoints": view.history,
        "evidence": evidence_of(view),
        "tiles": _tiles(view),
        "matrix": [{"office": office, "types": sorted(types)} for office, types in sorted(charter.matrix.items())],
        "rules": [dict(rule) for rule in charter.rules],
        "checks": [{**row, "label": _check(row["name"])} for row in view.report.get("checks", [])],
        "finding_count": view.finding_count(),
        "findings": view.findings(),
        "audited_at": utc(view.audited),
        **trouble,
    }
    return Page("ledger.html", _("The ledger"), facts, {"told": _told_rules(charter.rules, view)})


def _tiles(view: View) -> list[dict[str, Any]]:
    """The tree's tiles by level, as C2SP tlog-tiles names them: how many full ones, and how wide the partial one is."""
    found, level, size = [], 0, view.size
    while size:
        full, width = divmod(size, tiles.WIDTH)
        last = tiles.tile_path(level, full if width else full - 1, width or tiles.WIDTH)
        found.append({"level": level, "full": full, "partial_width": width, "last": last})
        level, size = level + 1, full
    return found


def _told(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a run ended with, its moments as UTC texts."""
    return None if found is None else {**found, "at": utc(found["at"]), "since": utc(found["since"])}


def _check(name: str) -> str:
    """What a check of the audit is called; one that the explorer does not know keeps the verifier's name."""
    return _(_CHECKS[name]) if name in _CHECKS else name


def _told_rules(rules: Sequence[Mapping[str, Any]], view: View) -> list[list[str]]:
    """The charter's rules in words, a list of sentences each."""
    names = kinds.names(view.registry)
    above: dict[str, Mapping[str, Any]] = {}
    found = []
    for rule in rules:
        found.append(kinds.rule_told(rule, above, names))
        above[str(rule["id"])] = rule
    return found


def _terms(terms: Terms) -> list[dict[str, Any]]:
    """The terms by name: lengths of time in seconds and in words, counts as numbers."""
    counts = ("observations", "amendment_adherents")
    found = []
    for member in members(terms):
        value = getattr(terms, member.name)
        shown = number(value) if member.name in counts else duration(value)
        found.append({"term": member.name, "label": kinds.label("fields", member.name), "value": value, "shown": shown})
    return found


def help_page(asked: Asked) -> Page:
    """How the record works, what it proves, what it does not, and what the words mean."""
    words = [{"word": _(word), "meaning": _(meaning)} for word, meaning in glossary.WORDS]
    return Page("help.html", _("How the record works"), {"glossary": words})
