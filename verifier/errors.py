"""Faults: everything that can be wrong with an input, each with a stable code.

A code is registered in a `faults.toml` with the exit code a command ends with, the HTTP status a server answers with and
the sentence that tells a person what to do next. The registry is data; a code that is not in it cannot be raised.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from verifier.exits import Exit

_registries: list[Path] = [Path(__file__).with_name("faults.toml")]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the registry says of a code: `exit` of a command, HTTP `status` of a refusal, `next` step for a person."""

    exit: Exit
    status: int
    next: str


def register(path: Path) -> None:
    """Add the faults of a floor above: a TOML file of the same form as `verifier/faults.toml`."""
    if path not in _registries:
        _registries.append(path)
        kinds.cache_clear()


@cache
def kinds() -> Mapping[str, Kind]:
    """Every registered code with its kind. A code may be registered once only (ValueError)."""
    found: dict[str, Kind] = {}
    for path in _registries:
        for code, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in found:
                raise ValueError(f"fault code {code} is registered twice, the second time in {path}")
            found[code] = Kind(Exit[row["exit"]], row.get("status", 400), row["next"])
    return found


class Fault(Exception):
    """An input is wrong. Carries what (`message`), where, a stable `code` and, where it can, the `evidence`.

    `where` names the place: a file, a line, a JSON pointer, a record's index. `evidence` is JSON-serialisable.
    """

    def __init__(self, code: str, message: str, *, where: str = "", evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.evidence = dict(evidence or {})

    @property
    def kind(self) -> Kind:
        """What the registry says of this fault's code (KeyError if it is not registered: a fault of this program)."""
        return kinds()[self.code]

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.code, self.message, self.where, self.evidence))

    def to_json(self) -> dict[str, Any]:
        """The fault as a JSON object: `code`, `message`, `where`, `next`, `evidence`."""
        return {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "next": self.kind.next,
            "evidence": self.evidence,
        }


def _rebuild(kind: type[Fault], code: str, message: str, where: str, evidence: dict[str, Any]) -> Fault:
    """Pickling support: faults cross from worker processes to the audit that collects them."""
    return kind(code, message, where=where, evidence=evidence)
