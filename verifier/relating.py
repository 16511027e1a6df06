"""What it points at: whether addressees exist, relations fit, what a disclosure opens was sealed there, a drill is on.

Source: docs/FORMAT.md, sections "Relations", "Exercise marking" and "Sealed fields".
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier import vocabulary
from verifier.charter import Party
from verifier.drills import ANNOUNCES, Drills
from verifier.errors import Fault
from verifier.examine import Examined
from verifier.sealed_rows import SealedRows
from verifier.sealing import require_opens
from verifier.statement_index import StatementIndex
from verifier.vocabulary import Type
from verifier.vocabulary.places import check_value


def require_related(seen: Examined, registry: Mapping[str, Party], statements: StatementIndex, version: str) -> None:
    """Check addressees and relations. Raises Fault `statement.addressee`, `.relation`, `.exercise`."""
    if not (seen.addressees or seen.relates):
        return
    unknown = [code for code in seen.addressees if code not in registry]
    if unknown:
        raise Fault("statement.addressee", f"not in the registry: {', '.join(unknown)}", where="/addressees")
    kind = vocabulary.load(version).types[seen.type]
    for n, (rel, target) in enumerate(seen.relates):
        _require_relation(seen, kind, rel, target, statements, f"/relates/{n}")


def require_rehearsed(seen: Examined, statements: StatementIndex, drills: Drills, received: int) -> None:
    """Check that the drill a statement is marked with was announced to the log, is on at `received` (seconds, UTC) and names
    the speaker. Raises Fault `statement.exercise`."""
    if seen.exercise is None:
        return
    entry = statements.find(seen.exercise)
    if entry is None or entry.type != ANNOUNCES:
        raise Fault("statement.exercise", "exercise names an earlier announcement of a drill", where="/exercise")
    drills.require_open(entry.record, seen.party, entry.party, received)


def require_opened(seen: Examined, statements: StatementIndex, sealed: SealedRows, version: str) -> None:
    """Check that each item of a disclosure opens what the statement that it relates to has sealed, and that the value may
    stand there. Raises Fault `disclosure.mismatch`, `disclosure.malformed`, `disclosure.value`."""
    entry = statements.find(seen.relates[0][1])
    if entry is None or seen.body is None:
        raise Fault("statement.relation", "a disclosure relates to one earlier statement", where="/relates")
    words = vocabulary.load(version)
    commitments = sealed.find(entry.record, entry.party)
    for n, item in enumerate(seen.body["disclosures"]):
        where = f"/body/disclosures/{n}"
        opened = require_opens(item["disclosure"], commitments, item["pointer"], where=where)
        if opened.name is not None:
            kind = words.types[entry.type]
            check_value(words, kind, item["pointer"], opened.value, where=f"{where}/disclosure")
            if kind.rehearsed(item["pointer"], opened.value):
                told = f"{opened.value!r} is for rehearsals alone; a {kind.name} that is opened is none"
                raise Fault("disclosure.value", told, where=f"{where}/disclosure")


def _require_relation(
    seen: Examined, kind: Type, rel: str, target: str, statements: StatementIndex, where: str
) -> None:
    entry = statements.find(target)
    if entry is None:
        raise Fault("statement.relation", f"no earlier record holds statement {target}", where=where)
    wanted = next(row for row in kind.relations if row.rel == rel)
    if not wanted.admits(entry.type):
        told = f"a {seen.type} cannot stand in relation {rel!r} to a {entry.type}"
        raise Fault("statement.relation", told, where=where)
    if wanted.own and entry.party != seen.party:
        told = f"{rel!r} needs a statement of {seen.party}'s own, that one is {entry.party}'s"
        raise Fault("statement.relation", told, where=where)
    if target != seen.exercise and entry.marked != (seen.exercise is not None):
        told = "exercise and reality never relate to one another, save to the drill itself"
        raise Fault("statement.exercise", told, where=where)
