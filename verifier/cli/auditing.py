"""`detente-verify audit`."""

from __future__ import annotations

from pathlib import Path

import click

from verifier.audit import Report
from verifier.cli import options
from verifier.cli.answer import answer
from verifier.cli.audited import Request, audited_options
from verifier.evidence import encode


@click.command()
@audited_options
@click.option("--evidence", "evidence_file", type=options.FILE, help="Write evidence of a contradiction to this file.")
@options.as_json
def audit(request: Request, evidence_file: Path | None, as_json: bool) -> int:
    """Audit a whole log from the outside: a directory, an http(s) URL, or a dump of records, one a line."""
    audited = request.run(events=False)
    if evidence_file:
        _save_evidence(audited.report, evidence_file)
    value = audited.report.to_json()
    for name in ("exit", "checks"):
        value.pop(name)
    findings = value.pop("findings")
    return answer("audit", audited.report.exit, checks=audited.checks(), findings=findings, as_json=as_json, **value)


def _save_evidence(report: Report, path: Path) -> None:
    """The evidence of the gravest finding that has some: a contradiction before a breach, the log before others."""
    found = [finding for finding in report.findings if "kind" in finding.evidence]
    if found:
        path.write_bytes(encode(max(found, key=lambda finding: finding.exit).evidence))
