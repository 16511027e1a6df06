"""Lint: what an official wants to know before signing. Rooms of checks in one order; each only looks, none stops the others.

What no ledger would admit is an error. What the ledger admits but the official may not mean is a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.desk import lint_office, lint_sealing, lint_text, lint_time
from ledger.desk.findings import ERROR, NOTE, Finding, from_fault, in_order
from ledger.desk.sealing_kept import KeptFile
from ledger.desk.state import DeskState
from verifier import charter as charters
from verifier import statement, vocabulary
from verifier.errors import Fault
from verifier.statement import Statement

MOST_PAYLOAD = 40_000
"""Bytes. A record holds at most 65,535; base64 adds a third, and signatures and chain need room."""


@dataclass(frozen=True)
class Surroundings:
    """What the draft is held against. `now`: seconds (UTC). `state`: of the party, `charter`: the statement; None: unknown.

    `kept`: the files that open what the draft seals, and their `copies`, as far as they were named.
    """

    now: int
    state: DeskState | None = None
    charter: Statement | None = None
    kept: tuple[KeptFile, ...] = ()
    copies: tuple[KeptFile, ...] = ()


def lint(payload: bytes, around: Surroundings) -> list[Finding]:
    """Every finding on the statement in `payload` (its canonical bytes), the gravest first.

    1. Form.  2. Vocabulary.  3. Text.  4. Time.  5. What the charter and the party's offices say.  6. What is sealed.
    """
    try:
        said = statement.parse(payload)
    except Fault as fault:
        return from_fault(fault)
    found = form(said)
    known = said.type in vocabulary.load().types
    found += lint_text.check(said)
    if known:
        found += lint_time.check(said, around.now, around.charter)
    found += lint_office.check(said, around.now, around.state, around.charter)
    if known:
        found += lint_sealing.check(said, around.now, around.kept, around.copies)
    if said.exercise:
        told = (
            f"This statement is marked as part of the drill {said.exercise}: it discharges and triggers nothing real."
        )
        found.append(Finding("lint.exercise", NOTE, "/exercise", told))
    return in_order(found)


def form(said: Statement) -> list[Finding]:
    """What no ledger would admit, whatever the time and whoever speaks: vocabulary, relations, rules, length."""
    found: list[Finding] = []
    kind = vocabulary.load().types.get(said.type)
    if kind is None:
        told = f"The vocabulary has no statement type {said.type}."
        return [Finding("statement.type", ERROR, "/type", told)]
    checks: list[Callable[[], object]] = [
        lambda: kind.validate(said.body, said.sealed_pointers),
        lambda: kind.check_relations(said.body, [row.rel for row in said.relates]),
        lambda: kind.check_exercise(said.body, said.exercise is not None),
    ]
    for check in checks:
        found += _found_by(check)
    if not found and said.type == "charter":
        found += _found_by(lambda: charters.read(said.body))
    if len(said.payload) > MOST_PAYLOAD:
        told = (
            f"The statement has {len(said.payload)} bytes, more than {MOST_PAYLOAD}: move long texts into attachments."
        )
        found.append(Finding("lint.too-long", ERROR, "", told))
    return found


def _found_by(check: Callable[[], object]) -> list[Finding]:
    try:
        check()
    except Fault as fault:
        return from_fault(fault)
    return []
