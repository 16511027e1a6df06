"""`detente-verify finding`: a verifier's finding computed again from the inputs that it names, and evidence if they refute it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from verifier import evidence as convictions
from verifier import receipt as receipts
from verifier import statement as statements
from verifier.audit.gathering import Gatherer
from verifier.audit.notes import Bodies
from verifier.cli import options
from verifier.cli.answer import answer, check
from verifier.cli.audited import Audited, Request, audited_options
from verifier.cli.running import workers
from verifier.conformance.outcome import CONFIRMED, REFUTED, UNDECIDED, Outcome, claim_of
from verifier.conformance.refuting import Refuting
from verifier.errors import Fault
from verifier.evidence.findings import TYPE, finding_file
from verifier.exits import Exit
from verifier.history import EMPTY_HEAD
from verifier.receipt import Given
from verifier.source import open_source
from verifier.statement import Statement

_EXITS = {CONFIRMED: Exit.GOOD, REFUTED: Exit.REFUTED, UNDECIDED: Exit.UNDECIDABLE}


@click.command()
@click.argument("statement", metavar="ID")
@audited_options
@click.option("--evidence", "evidence_file", type=options.FILE, help="If it is refuted, write evidence to this file.")
@options.as_json
def finding(request: Request, statement: str, evidence_file: Path | None, as_json: bool) -> int:
    """Compute a verifier's finding again: is it what the inputs that it names give?

    ID is the statement's id. The log is audited first, for who said it; then it is judged as it stood at the checkpoint that
    the finding names. Receipts that the finding names are looked for in --receipts alone.
    """
    options.digest(statement, where="ID")
    # The receipts are an input of the finding, not of the audit that says who signed it.
    audited = replace(request, receipts=None).run(events=False)
    gatherer, index = _said(audited, request, statement)
    chain, given = gatherer.spoken(index)
    said = _finding(given, index)
    logged = receipts.verify(given.proof, given.envelope, audited.policy)
    with workers(request.processes) as executor:
        refuting = Refuting(
            open_source(request.location, offline=request.offline),
            audited.policy,
            audited.report.charter,
            options.read_receipts(request.receipts),
            executor=executor,
            now=int(time.time()),
        )
        outcome = refuting(claim_of(said, logged.received))
    stolen = audited.report.state.trust.contested(said.signers, index)
    if outcome.result != REFUTED or stolen:
        evidence_file = None  # a stolen key convicts nobody
    if evidence_file is not None:
        _write(evidence_file, finding_file(said.ledger, chain, given), audited, outcome)
    written = None if evidence_file is None else str(evidence_file)
    return _told(audited, said, index, outcome, stolen, written, as_json)


def _said(audited: Audited, request: Request, statement: str) -> tuple[Gatherer, int]:
    """What gathers receipts from the audited log, and the record that holds the statement.

    Raises Fault `finding.unknown`, and that for which the reader's policy does not believe the log's checkpoint.
    """
    report = audited.report
    if report.refusal is not None:
        raise report.refusal
    entry = report.state.trust.statements.find(statement)
    if entry is None or report.checkpoint is None:
        raise Fault("finding.unknown", f"no statement {statement} stands in this log", where="ID")
    source, bodies = open_source(request.location, offline=request.offline), Bodies(0, [EMPTY_HEAD])
    return Gatherer(source, report.checkpoint, audited.policy, report.state.trust, bodies), entry.record


def _finding(given: Given, index: int) -> Statement:
    said = statements.parse(given.envelope.payload)
    if said.type != TYPE:
        raise Fault("finding.unknown", f"record {index} holds a {said.type}, not a finding", where="ID")
    return said


def _write(path: Path, file: dict[str, Any], audited: Audited, outcome: Outcome) -> None:
    """Write the evidence, once it convinces by the reader's own policy and charter. Raises Fault `evidence.insufficient`."""
    raw = convictions.encode(file)
    convictions.check(raw, audited.policy, audited.report.charter, refuter=lambda claim: outcome)
    path.write_bytes(raw)


def _told(
    audited: Audited, said: Statement, index: int, outcome: Outcome, stolen: bool, written: str | None, as_json: bool
) -> int:
    report = audited.report
    who = f"{said.party}, {said.office}, by its keys at record {index}"
    told = f"{who}; the party says that the key was not its own by then" if stolen else who
    found = len(report.findings)
    log = f"{found} findings; see `detente-verify audit`" if found else "the audit found nothing wrong with it"
    checks = [
        audited.checks()[0],
        check("log", not found, log),
        check("said", None if stolen else True, told),
        *(check(*step) for step in outcome.steps),
    ]
    if not as_json:
        for row in outcome.obligations:
            click.echo(f"  obligation {row.id}: said {row.said}, computed {row.computed or 'no such obligation'}")
    return answer(
        "finding",
        _EXITS[outcome.result],
        checks=checks,
        as_json=as_json,
        ledger=report.ledger,
        statement=said.id,
        party=said.party,
        index=index,
        result=outcome.result,
        reason=outcome.reason,
        status=said.body["status"],
        obligations=[row.as_json() for row in outcome.obligations],
        refuted=[row.id for row in outcome.refuted],
        sha256=outcome.report,
        evidence=written,
    )
