"""`detente-verify consistency`, `compare` and `evidence`: does the log show one tree to everybody."""

from __future__ import annotations

import time
from pathlib import Path

import click

from verifier import evidence as convictions
from verifier import views
from verifier.cli import options
from verifier.cli.answer import answer, check
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.source import open_source


@click.command()
@click.argument("old_file", metavar="OLD", type=options.EXISTING)
@click.argument("new_file", metavar="NEW", type=options.EXISTING)
@options.policy
@click.option("--source", "location", help="Where the tiles are that the proof is made from: directory or URL.")
@options.offline
@options.as_json
def consistency(
    old_file: Path, new_file: Path, policy: Path, location: str | None, offline: bool, as_json: bool
) -> int:
    """Check that the checkpoint NEW extends the checkpoint OLD, both believed by your policy."""
    trust = options.read_policy(policy)
    old, new = checkpoints.parse(old_file.read_bytes()), checkpoints.parse(new_file.read_bytes())
    for point in (old, new):
        trust.accept(point)
    source = open_source(location, offline=offline) if location else None
    finding = views.contradiction(old, new, source)
    return _answer("consistency", [finding] if finding else [], f"size {new.size} extends size {old.size}", as_json)


@click.command()
@click.argument("first", metavar="SOURCE")
@click.argument("second", metavar="SOURCE")
@options.policy
@click.option("--evidence", "evidence_file", type=options.FILE, help="Write evidence of a split view to this file.")
@options.offline
@options.as_json
def compare(first: str, second: str, policy: Path, evidence_file: Path | None, offline: bool, as_json: bool) -> int:
    """Compare two sources of one log: do they show one tree, or is somebody shown another?"""
    trust = options.read_policy(policy)
    sources = [open_source(location, offline=offline) for location in (first, second)]
    points = [checkpoints.parse(source.read("checkpoint")) for source in sources]
    for point in points:
        trust.accept(point)
    (old, _), (new, larger) = sorted(zip(points, sources, strict=True), key=lambda pair: pair[0].size)
    finding = views.contradiction(old, new, larger)
    if finding and evidence_file:
        evidence_file.write_bytes(convictions.encode(finding.evidence))
    return _answer("compare", [finding] if finding else [], f"sizes {old.size} and {new.size} are of one tree", as_json)


@click.command()
@click.argument("evidence_file", metavar="FILE", type=options.EXISTING)
@options.policy
@click.option("--charter", metavar="SHA256", help="The charter's digest, for evidence that rests on a party's keys.")
@click.option("--source", "location", help="A copy of the log, for evidence on a finding: directory or URL.")
@click.option("--receipts", type=options.DIRECTORY, help="The receipts that such a finding names are here.")
@options.offline
@options.as_json
def evidence(
    evidence_file: Path,
    policy: Path,
    charter: str | None,
    location: str | None,
    receipts: Path | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Check a file of evidence by your own policy: what it proves, against which key, in which role."""
    trust, pinned = options.read_policy(policy), options.digest(charter)
    refuter = None
    if location:
        from verifier.conformance.refuting import Refuting

        given, source = options.read_receipts(receipts), open_source(location, offline=offline)
        refuter = Refuting(source, trust, pinned, given, now=int(time.time()))
    verdict = convictions.check(evidence_file.read_bytes(), trust, pinned, refuter=refuter)
    checks = [check(verdict.kind, True, verdict.proves)]
    return answer(
        "evidence",
        Exit.GOOD,
        checks=checks,
        as_json=as_json,
        kind=verdict.kind,
        role=verdict.role,
        keys=list(verdict.keys),
    )


def _answer(command: str, findings: list[views.Finding], good: str, as_json: bool) -> int:
    code = findings[0].exit if findings else Exit.GOOD
    checks = [check("one tree", not findings, good if not findings else findings[0].message)]
    return answer(command, code, checks=checks, findings=[f.to_json() for f in findings], as_json=as_json)
