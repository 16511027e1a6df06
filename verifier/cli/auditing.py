"""`detente-verify audit`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from verifier.audit import Report
from verifier.audit import audit as run_audit
from verifier.audit.state import load_state, save_state
from verifier.cli import options
from verifier.cli.answer import answer
from verifier.cli.running import progress, workers
from verifier.evidence import encode
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.source import open_source

SMALL = 2048
"""Records below which processes cost more than they bring."""


@click.command()
@click.argument("location", metavar="SOURCE")
@options.policy
@click.option("--charter", metavar="SHA256", help="The charter's digest, as you were given it outside this log.")
@click.option(
    "--receipts", type=options.DIRECTORY, help="Hold these receipts (*.tlog-proof, *.envelope.json) against the log."
)
@click.option(
    "--state",
    "state_file",
    type=options.FILE,
    help="Keep what was audited here; the next audit costs only what is new.",
)
@click.option(
    "--checkpoint", "point_file", type=options.EXISTING, help="Audit against this checkpoint (a record dump has none)."
)
@click.option("--evidence", "evidence_file", type=options.FILE, help="Write evidence of a contradiction to this file.")
@click.option("--processes", type=click.IntRange(0), help="Worker processes (default: one a core; 0: none).")
@options.offline
@options.as_json
def audit(
    location: str,
    policy: Path,
    charter: str | None,
    receipts: Path | None,
    state_file: Path | None,
    point_file: Path | None,
    evidence_file: Path | None,
    processes: int | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Audit a whole log from the outside: a directory, an http(s) URL, or a dump of records, one a line."""
    source = open_source(location, offline=offline)
    pinned = options.digest(charter)
    state = load_state(state_file) if state_file else None
    newest = checkpoints.parse(point_file.read_bytes()) if point_file else None
    with workers(processes) as executor, progress(sys.stderr, "records") as show:
        report = run_audit(
            source,
            options.read_policy(policy),
            charter=pinned,
            receipts=options.read_receipts(receipts),
            executor=executor,
            state=state,
            progress=show,
            now=int(time.time()),
            newest=newest,
        )
    if state_file and report.exit == Exit.GOOD:
        save_state(report.state, state_file)
    if evidence_file:
        _save_evidence(report, evidence_file)
    return _answer(report, pinned, as_json)


def _answer(report: Report, pinned: str | None, as_json: bool) -> int:
    value = report.to_json()
    value.pop("exit")
    pin = "as you asked for" if pinned else "not pinned: give --charter to be sure that this is the ledger you mean"
    good = report.charter is not None and (pinned in (None, report.charter))
    charter_check = {"name": "charter", "ok": good, "detail": f"{report.charter or 'none'}, {pin}"}
    checks = [charter_check, *value.pop("checks")]
    return answer("audit", report.exit, checks=checks, findings=value.pop("findings"), as_json=as_json, **value)


def _save_evidence(report: Report, path: Path) -> None:
    """The evidence of the gravest finding that has some: a contradiction before a breach, the log before others."""
    found = [finding for finding in report.findings if "kind" in finding.evidence]
    if found:
        path.write_bytes(encode(max(found, key=lambda finding: finding.exit).evidence))
