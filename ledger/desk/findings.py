"""What lint finds: a code, how grave it is, where in the statement, and a sentence for an official."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ledger.desk import tongue
from verifier.errors import Fault
from verifier.exits import Exit

ERROR, WARNING, NOTE = "error", "warning", "note"
_ORDER = (ERROR, WARNING, NOTE)


class Finding(NamedTuple):
    """`severity`: "error" (do not sign this), "warning" (be sure that it is meant), "note". `pointer`: JSON pointer."""

    code: str
    severity: str
    pointer: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return self._asdict()


def from_fault(fault: Fault) -> list[Finding]:
    """A fault as findings, in the reader's language: one for each error that its evidence lists, else one."""
    rows = fault.evidence.get("errors")
    if isinstance(rows, list) and rows:
        return [Finding(fault.code, ERROR, row["pointer"], tongue.told(row)) for row in rows]
    told = fault.message[:1].upper() + fault.message[1:]
    return [Finding(fault.code, ERROR, fault.where, told if told.endswith(".") else f"{told}.")]


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Findings with the gravest first, then by place; each once."""
    return sorted(
        dict.fromkeys(found), key=lambda one: (_ORDER.index(one.severity), one.pointer, one.code, one.sentence)
    )


def exit_of(found: Iterable[Finding]) -> Exit:
    """The exit code of a lint: good unless there is an error."""
    return Exit.MALFORMED if any(one.severity == ERROR for one in found) else Exit.GOOD
