"""Lint of who speaks to whom: the office, its signers and their keys' dates, its chain, and the addressees."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.desk.findings import ERROR, WARNING, Finding
from ledger.desk.lint_time import spoken
from ledger.desk.state import DeskState, OfficeSigner, OfficeState
from verifier import vocabulary
from verifier.formats import times
from verifier.statement import Statement

EXPIRING = 30 * 86_400
"""Seconds before its end in which a key is called about to expire."""


def check(said: Statement, now: int, state: DeskState | None, charter: Statement | None) -> list[Finding]:
    """Findings on speaker, signers, chain and addressees, as far as the state and the charter are known."""
    found: list[Finding] = []
    charter = charter or (state.charter if state else None)
    if charter is not None and said.type != "charter":
        found += [*_registry(said, charter), *_matrix(said, charter)]
    if state is not None:
        found += _state(said, now, state)
    return found


def _registry(said: Statement, charter: Statement) -> Iterator[Finding]:
    kinds = {row["code"]: row["kind"] for row in charter.body["parties"]}
    for n, code in enumerate(said.addressees):
        if code not in kinds:
            told = f"{code} is not in the charter's registry: {', '.join(sorted(kinds))} are."
            yield Finding("statement.addressee", ERROR, f"/addressees/{n}", told)
    if said.party in said.addressees:
        yield Finding("lint.to-itself", WARNING, "/addressees", f"{said.party} addresses the statement to itself.")
    kind = kinds.get(said.party)
    if kind is None:
        yield Finding("statement.party", ERROR, "/party", f"{said.party} is not in the charter's registry.")
        return
    roles = vocabulary.load().types[said.type].roles if said.type in vocabulary.load().types else (kind,)
    if kind not in roles:
        told = f"{said.party} is a {kind}; a {said.type} is issued by: {', '.join(roles)}."
        yield Finding("statement.role", ERROR, "/type", told)


def _matrix(said: Statement, charter: Statement) -> Iterator[Finding]:
    if said.ledger and charter.ledger != said.ledger:
        told = f"The statement is for ledger {said.ledger}, the charter is that of {charter.ledger}."
        yield Finding("statement.ledger", ERROR, "/ledger", told)
    allowed = {row["office"]: row["types"] for row in charter.body["matrix"]}
    if said.type not in allowed.get(said.office, []):
        told = f"The charter's matrix does not let an office {said.office} issue a {said.type}."
        yield Finding("statement.scope", ERROR, "/office", told)


def _state(said: Statement, now: int, state: DeskState) -> Iterator[Finding]:
    if said.party != state.code:
        told = f"The statement is {said.party}'s, the state at hand is that of {state.code}."
        yield Finding("statement.party", ERROR, "/party", told)
        return
    sequence, previous = state.chain(said.office)
    if (said.sequence, said.previous) != (sequence, previous) and said.type != "charter":
        told = f"The next statement of this office is number {sequence}, after {previous}; the draft is number {said.sequence}."
        yield Finding("statement.conflict", ERROR, "/sequence", told)
    office = state.offices.get(said.office)
    if office is None:
        if said.type not in ("accession", "charter"):
            told = f"{said.party} has no office {said.office}; it has: {', '.join(sorted(state.offices)) or 'none'}."
            yield Finding("statement.office", ERROR, "/office", told)
        return
    if said.type not in office.types:
        told = f"The office {said.office} may not issue a {said.type}."
        yield Finding("statement.scope", ERROR, "/type", told)
    if said.type != "key-change":
        yield from _signers(said, now, office)


def _signers(said: Statement, now: int, office: OfficeState) -> Iterator[Finding]:
    rows = {row.signer: row for row in office.signers}
    for n, signer in enumerate(said.signers):
        row = rows.get(signer)
        if row is None:
            yield Finding(
                "signer.unknown", ERROR, f"/signers/{n}", f"{signer} is no signer of the office {said.office}."
            )
        else:
            yield from _key(row, now, f"/signers/{n}")
    if len(set(said.signers) & rows.keys()) < office.threshold:
        told = f"The office {said.office} speaks with {office.threshold} signers; the draft names {len(said.signers)}."
        yield Finding("signer.threshold", ERROR, "/signers", told)


def _key(row: OfficeSigner, now: int, pointer: str) -> Iterator[Finding]:
    if row.revoked:
        yield Finding("signer.revoked", ERROR, pointer, f"The signer {row.signer} is revoked.")
    elif row.not_before is not None and now < row.not_before:
        told = f"The signer {row.signer} is in force only from {times.format_utc(row.not_before)} on."
        yield Finding("signer.expired", ERROR, pointer, told)
    elif row.not_after is not None and now > row.not_after:
        told = f"The signer {row.signer} was in force until {times.format_utc(row.not_after)}."
        yield Finding("signer.expired", ERROR, pointer, told)
    elif row.not_after is not None and row.not_after - now < EXPIRING:
        told = (
            f"The signer {row.signer} expires in {spoken(row.not_after - now)}: have root authorise a new one in time."
        )
        yield Finding("lint.key-expiring", WARNING, pointer, told)
