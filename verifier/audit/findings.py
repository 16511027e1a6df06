"""What an audit reports: checks, findings, and the exit code that follows. Findings concern the log, never a state's conduct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier.errors import Fault, kinds
from verifier.exits import Exit
from verifier.formats.checkpoint import Checkpoint

if TYPE_CHECKING:
    from verifier.audit.state import AuditState

# Where several things are wrong, the gravest decides the exit code: a contradiction convicts the log whoever reads it;
# a checkpoint that the reader's policy does not believe comes next, for then nothing below it is the log's word.
_GRAVEST_FIRST = (
    Exit.CONTRADICTION,
    Exit.BAD_SIGNATURE,
    Exit.QUORUM_UNMET,
    Exit.BREACH,
    Exit.MALFORMED,
    Exit.NETWORK,
    Exit.UNDECIDABLE,
)

_OWN = (Exit.CONTRADICTION, Exit.QUORUM_UNMET, Exit.UNDECIDABLE, Exit.NETWORK, Exit.GOOD)
"""Exit codes that a finding keeps. GOOD is that of a finding on somebody else than the log: a witness, a party."""


@dataclass(frozen=True)
class Finding:
    """Something wrong in the log: a stable `code`, the `index` of the record (None: not of one record), words, evidence."""

    code: str
    index: int | None
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def next(self) -> str:
        """What a reader should do next."""
        return kinds()[self.code].next

    @property
    def exit(self) -> Exit:
        """The exit code that this finding alone would give: what breaks the log's rules is a breach."""
        own = kinds()[self.code].exit
        if self.code == "receipt.invalid":
            return own  # what was handed to the audit is wrong, not the log
        return own if own in _OWN else Exit.BREACH

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {
            "code": self.code,
            "index": self.index,
            "message": self.message,
            "next": self.next,
            "evidence": dict(self.evidence),
        }


def unreadable(code: str, what: str, fault: Fault) -> Finding:
    """The finding that a file of the log cannot be read: `code`, unless its place does not answer. That convicts nobody."""
    return Finding("audit.stopped" if fault.code == "source.unreachable" else code, None, f"{what}: {fault}")


@dataclass(frozen=True)
class Check:
    """One thing that was checked: `ok` True, False, or None where it could not be decided, and a sentence on it.

    `needed`: False for what the source cannot show by its nature, as a record dump shows no history; the answer does not
    wait for that.
    """

    name: str
    ok: bool | None
    detail: str
    needed: bool = True

    def to_json(self) -> dict[str, Any]:
        """The check as a JSON object."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


@dataclass
class Report:
    """The answer of an audit. `refusal`: why the reader's policy does not believe the newest checkpoint, or None."""

    ledger: str
    charter: str | None
    checkpoint: Checkpoint | None
    cosigned: dict[str, int]
    records: int
    checks: list[Check]
    findings: list[Finding]
    state: AuditState
    refusal: Fault | None = None

    @property
    def exit(self) -> Exit:
        """The exit code: the gravest of all that was found, UNDECIDABLE if something could not be decided, or GOOD."""
        found = {finding.exit for finding in self.findings}
        if self.refusal:
            found.add(self.refusal.kind.exit)
        if any(check.ok is None and check.needed for check in self.checks):
            found.add(Exit.UNDECIDABLE)
        return next((code for code in _GRAVEST_FIRST if code in found), Exit.GOOD)

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        point = self.checkpoint
        return {
            "ledger": self.ledger,
            "charter": self.charter,
            "checkpoint": None
            if point is None
            else {"size": point.size, "root": point.root.hex(), "cosigned": self.cosigned},
            "records": self.records,
            "checks": [check.to_json() for check in self.checks],
            "findings": [finding.to_json() for finding in self.findings],
            "refusal": self.refusal.to_json() if self.refusal else None,
            "exit": int(self.exit),
        }
