"""Drafting: the members of a statement from a description, the desk's state and options, as one canonical file to sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from ledger.desk import files
from ledger.desk import secret_keys as sk
from ledger.desk.ring import expanded
from ledger.desk.schemas import completed
from ledger.desk.state import DeskState
from verifier import statement, vocabulary
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.statement import Statement

_SETS = ("signers", "addressees")


@dataclass
class Draft:
    """The members known so far, by the names of docs/FORMAT.md. What is missing is named by `missing`."""

    members: dict[str, Any] = field(default_factory=dict)

    def add(self, found: Mapping[str, Any]) -> None:
        """Take members that are not known yet; those known stay."""
        for name, value in found.items():
            self.members.setdefault(name, value)

    @property
    def missing(self) -> list[str]:
        """The members that are still to be given."""
        return [name for name in statement.MEMBERS if name not in self.members]


def from_description(value: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The members in a description: an object with `body` and any other members of a statement, or the bare body.

    Raises Fault `desk.description` if a member is none of a statement's.
    """
    if not isinstance(value.get("body"), dict):
        return {"body": dict(value)}
    unknown = sorted(value.keys() - set(statement.MEMBERS))
    if unknown:
        raise Fault(
            "desk.description", f"a statement has no member {', '.join(unknown)}", where=f"{where} /{unknown[0]}"
        )
    return dict(value)


def from_state(state: DeskState, office: str) -> dict[str, Any]:
    """What the ledger knows of an office: ledger, party, sequence, previous and, where nobody need choose, the signers."""
    sequence, previous = state.chain(office)
    found: dict[str, Any] = {"ledger": state.ledger, "party": state.code, "sequence": sequence, "previous": previous}
    entry = state.offices.get(office)
    in_force = [row.signer for row in entry.signers if not row.revoked] if entry else []
    if entry and len(in_force) == entry.threshold:
        found["signers"] = in_force
    return found


def signer_of(text: str) -> str:
    """A signer's id, given as itself or as the name of its public key file. Raises Fault `key.malformed`, `desk.unreadable`."""
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text
    return sk.signer_id(sk.read_public(files.read(Path(text)), where=text))


def finish(draft: Draft, *, base: Path) -> Statement:
    """The statement: complete, in order, and as the vocabulary wants it.

    `base`: the directory that key files named in the body are looked for in. Raises Fault `draft.incomplete`,
    `statement.…` with every error of the body in the evidence.
    """
    members = draft.members
    members.setdefault("addressees", [])
    members.setdefault("relates", [])
    members.setdefault("exercise", None)
    members.setdefault("sealed", [])
    members.setdefault("attachments", [])
    if draft.missing:
        told = f"the statement lacks {', '.join(draft.missing)}"
        raise Fault("draft.incomplete", told, where=f"/{draft.missing[0]}")
    kind = type_named(members["type"])
    body = expanded(members["body"], base)
    members["body"] = completed(body, kind.schema, vocabulary.load().definitions)
    _order(members)
    said = statement.parse(canonical.encode({name: members[name] for name in statement.MEMBERS}))
    kind.validate(said.body, said.sealed_pointers)
    kind.check_relations(said.body, [row.rel for row in said.relates])
    kind.check_exercise(said.body, said.exercise is not None)
    return said


def type_named(name: str) -> vocabulary.Type:
    """The type of the vocabulary. Raises Fault `draft.type`, with the names that come close."""
    import difflib

    known = vocabulary.load().types
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3)
    told = f"the vocabulary has no statement type {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
    raise Fault("draft.type", told, where="/type")


def file_name(said: Statement) -> str:
    """The name under which a draft is kept: party, office and number in the office's chain."""
    return f"{said.party}-{said.office}-{said.sequence}.statement.json"


def issued(seconds: int) -> str:
    """A statement's `issued` for a moment in seconds since the epoch (UTC)."""
    return times.format_utc(seconds)


def _order(members: dict[str, Any]) -> None:
    """Put the statement's own sets in their order; what is not a list of the right things is left for the reader to refuse."""
    for name in _SETS:
        if isinstance(members[name], list) and all(isinstance(item, str) for item in members[name]):
            members[name] = sorted(set(members[name]))
    keys = {"relates": ("rel", "statement"), "sealed": ("pointer",), "attachments": ("digest",)}
    for name, by in keys.items():
        if isinstance(members[name], list) and all(_has_texts(row, by) for row in members[name]):
            members[name] = sorted(members[name], key=itemgetter(*by))


def _has_texts(row: Any, names: tuple[str, ...]) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(name), str) for name in names)
