"""Lint against an audited log: from a source that is audited now, or from the state that an audit has kept.

An audit's state and a desk's state are told apart by how they begin; both are files that `--state` may name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.desk import lint_rules
from ledger.desk import state as states
from ledger.desk.duties_gather import Shelf, describe
from ledger.desk.findings import WARNING, Finding
from ledger.desk.state import DeskState
from verifier import statement
from verifier.audit.state import AuditState, load_state
from verifier.cli.audited import Request
from verifier.conformance.docket import case_of
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.source import Source, open_source

_BEGINS = b'{"version":'


@dataclass(frozen=True)
class Audited:
    """A log as an audit found it. `source`: where its statements can be read, or None; `exit`: of the audit."""

    state: AuditState
    source: Source | None
    exit: Exit

    def desk(self, party: str | None) -> DeskState | None:
        """The state of a party's offices; None for a party that the registry does not know."""
        trust = self.state.trust
        if party is None or party not in trust.registry or trust.charter_id is None:
            return None
        shelf = Shelf(self.source, self.state.size) if self.source else None
        charter = shelf.envelope(0, trust.charter_id) if shelf else None
        value = {"party": describe(trust, party), "charter": charter.as_json() if charter else None}
        return states.read(value, where="the audited log")


def is_audit(path: Path | None) -> bool:
    """Whether a file is an audit's state rather than a desk's."""
    if path is None:
        return False
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS


def audited(location: str | None, policy: Path | None, state_file: Path | None, now: int) -> Audited | None:
    """The log to judge by: audited now if a source is named (from the state on, if that is an audit's), else as the state
    has it; None if neither is named. Raises the faults of an audit, and Fault `state.malformed`."""
    kept = state_file if is_audit(state_file) else None
    if location is not None and policy is not None:
        report = Request(location, policy, None, None, kept, None, None, False).run(events=True, now=now).report
        return Audited(report.state, open_source(location), report.exit)
    found = load_state(kept) if kept else None
    return Audited(found, None, Exit.GOOD) if found else None


def rules(payload: bytes, log: Audited | None) -> list[Finding]:
    """The findings on a draft's rules: what is wrong with them, or what they say and what the log would make of them."""
    try:
        said = statement.parse(payload)
    except Fault:
        return []  # its form is told of by lint's first room
    found = lint_rules.check(said)
    if log is None or not any(one.code == lint_rules.WORDS for one in found):
        return found
    if log.exit != Exit.GOOD:
        told = f"The log failed its audit (exit {int(log.exit)}): what the rules would have made of it is not to be relied on."
        found.append(Finding("lint.log-unsound", WARNING, "", told))
    return [*found, *lint_rules.judged(said, case_of(log.state))]
