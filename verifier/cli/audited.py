"""Options and steps of every command that audits a log before it answers: what to audit, by what, and where it is kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from verifier.audit import Report
from verifier.audit import audit as run_audit
from verifier.audit.state import AuditState, load_state, save_state
from verifier.cli import options
from verifier.cli.answer import check
from verifier.cli.running import progress, workers
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats.policy import Policy
from verifier.receipt import Given
from verifier.source import open_source


@dataclass(frozen=True)
class Audited:
    """An audit that was run, and what it was run by. `pinned`: the charter's digest asked for, or None."""

    report: Report
    policy: Policy
    receipts: tuple[Given, ...]
    pinned: str | None

    def checks(self) -> list[dict[str, Any]]:
        """The audit's checks, the charter's first."""
        found = self.report.charter
        pin = (
            "as you asked for"
            if self.pinned
            else "not pinned: give --charter to be sure that this is the ledger you mean"
        )
        good = found is not None and self.pinned in (None, found)
        return [check("charter", good, f"{found or 'none'}, {pin}"), *(c.to_json() for c in self.report.checks)]


@dataclass(frozen=True)
class Request:
    """What the options of a command ask to be audited."""

    location: str
    policy: Path
    charter: str | None
    receipts: Path | None
    state_file: Path | None
    point_file: Path | None
    processes: int | None
    offline: bool

    def run(self, *, events: bool, now: int | None = None, state: AuditState | None = None) -> Audited:
        """Audit, and keep the state where one was named and all was good. `events`: whether conformance will be judged.

        `now`: the reader's clock, in seconds (None: the system's). `state`: of an earlier audit, in place of that in the file.
        Raises Fault `audit.unjudged` if it will and the log's charter does not stand.
        """
        policy, pinned = options.read_policy(self.policy), options.digest(self.charter)
        given = tuple(options.read_receipts(self.receipts))
        source = open_source(self.location, offline=self.offline)
        if state is None and self.state_file is not None:
            state = load_state(self.state_file)
        newest = checkpoints.parse(self.point_file.read_bytes()) if self.point_file else None
        with workers(self.processes) as executor, progress(sys.stderr, "records") as show:
            report = run_audit(
                source,
                policy,
                charter=pinned,
                receipts=given,
                executor=executor,
                state=state,
                progress=show,
                now=int(time.time()) if now is None else now,
                newest=newest,
                events=events or self.state_file is not None,
            )
        if self.state_file and report.exit == Exit.GOOD:
            save_state(report.state, self.state_file)
        if events and report.charter is None and report.findings:
            told = f"the charter does not stand, so nothing can be judged: {report.findings[0].message}"
            raise Fault("audit.unjudged", told, evidence={"findings": [one.to_json() for one in report.findings[:25]]})
        return Audited(report, policy, given, pinned)


_OPTIONS = (
    click.argument("location", metavar="SOURCE"),
    options.policy,
    click.option("--charter", metavar="SHA256", help="The charter's digest, as you were given it outside this log."),
    click.option(
        "--receipts",
        type=options.DIRECTORY,
        help="Hold these receipts (*.tlog-proof, *.envelope.json) against the log.",
    ),
    click.option(
        "--state",
        "state_file",
        type=options.FILE,
        help="Keep what was audited here; the next audit costs only what is new.",
    ),
    click.option(
        "--checkpoint",
        "point_file",
        type=options.EXISTING,
        help="Audit against this checkpoint (a record dump has none).",
    ),
    click.option("--processes", type=click.IntRange(0), help="Worker processes (default: one a core; 0: none)."),
    options.offline,
)
_NAMES = ("location", "policy", "charter", "receipts", "state_file", "point_file", "processes", "offline")


def audited_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of an audit; it is called with `request` in their place."""

    @wraps(command)
    def called(**values: Any) -> int:
        request = Request(**{name: values.pop(name) for name in _NAMES})
        return command(request=request, **values)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called
