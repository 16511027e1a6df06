"""The desks of the demonstration's participants: the commands of `detente`, called in this process as an official would.

Nothing here knows how a statement is made: `ledger.cli` does. Each step writes a file and the next one reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import orjson

from ledger import cli
from ledger.desk import files
from ledger.desk.findings import ERROR
from verifier.errors import Fault, kinds
from web.demo.cast import PASSPHRASE
from web.demo.home import Home


@dataclass(frozen=True)
class Desk:
    """Runs commands under `clock`; `url` is the ledger's address (empty before there is one)."""

    home: Home
    clock: Callable[[], int]
    url: str = ""

    def run(self, *args: str | Path) -> Any:
        """Run one command with `--json` and return its result. Raises the Fault that it ended with.

        The findings of lint are its result, whatever they say.
        """
        out, err = StringIO(), StringIO()
        code = cli.run(
            [*map(str, args), "--json"],
            clock=self.clock,
            passphrase=lambda name, new: PASSPHRASE,
            stdout=out,
            stderr=err,
            remember_keys=True,
        )
        if not out.getvalue() or (code and args[0] != "lint"):
            raise _fault(code, err.getvalue(), str(args[0]))
        return orjson.loads(out.getvalue())

    def draft(self, description: Mapping[str, Any], stem: Path) -> Path:
        """Draft a statement from a description, which is kept beside it. `stem`: the files' name without its ending."""
        source, target = _beside(stem, "description"), _beside(stem, "statement")
        files.write_new((source, orjson.dumps(description, option=orjson.OPT_INDENT_2), files.PUBLIC))
        if description["type"] == "charter":
            self.run("charter", "new", source, "--out", target, "--policy-out", self.home.policy)
            return target
        self.run("draft", description["type"], "--from", source, "--ledger", self.url, "--out", target)
        return target

    def lint(self, statement: Path) -> list[str]:
        """The codes of the errors that lint finds: what no ledger would admit."""
        where = [] if self._is_charter(statement) else ["--ledger", self.url]
        return [row["code"] for row in self.run("lint", statement, *where) if row["severity"] == ERROR]

    def sign(self, statement: Path, keys: Sequence[Path]) -> Path:
        """Sign with these secret keys; the envelope's file."""
        target = statement.with_name(statement.name.replace(".statement.", ".envelope."))
        named = [part for key in keys for part in ("--key", str(key))]
        self.run("sign", statement, *named, "--out", target, "--yes")
        return target

    def submit(self, envelope: Path) -> tuple[str, int]:
        """Hand in and keep the receipt, once it is checked: the statement's id and its record's index."""
        found = self.run(
            "submit", envelope, "--ledger", self.url, "--policy", self.home.policy, "--receipts", self.home.receipts
        )
        return found["id"], found["index"]

    def _is_charter(self, statement: Path) -> bool:
        return bool(orjson.loads(statement.read_bytes())["type"] == "charter")


def _beside(stem: Path, what: str) -> Path:
    return stem.with_name(f"{stem.name}.{what}.json")


def _fault(code: int, told: str, command: str) -> Fault:
    """The fault that a command told, as one line of JSON."""
    try:
        row = orjson.loads(told)
        known = row["code"] in kinds()
    except (orjson.JSONDecodeError, KeyError, TypeError):
        known = False
    if not known:
        return Fault("demo.unexpected", f"detente {command} ended with {code}: {told.strip()}", where=command)
    return Fault(row["code"], row["message"], where=row.get("where", ""), evidence=row.get("evidence", {}))
