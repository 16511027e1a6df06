"""`detente-verify compare-reports`: whether verifiers agree to the byte and, where not, on which input they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from verifier.audit.state import load_state
from verifier.cli import options
from verifier.cli.answer import answer, check
from verifier.conformance.signing import Read, read_report, require_signed
from verifier.exits import Exit
from verifier.keys import PublicKey


@click.command("compare-reports")
@click.argument("files", metavar="REPORT REPORT…", type=options.EXISTING, nargs=-1, required=True)
@click.option(
    "--state",
    "state_file",
    type=options.EXISTING,
    help="An audited copy's state (audit --state): check the signatures by its keys.",
)
@options.offline
@options.as_json
def compare_reports(files: tuple[Path, ...], state_file: Path | None, offline: bool, as_json: bool) -> int:
    """Compare reports of conformance. Equal inputs give equal bytes: where only the results differ, somebody erred."""
    del offline  # the reports are files
    if len(files) < 2:
        raise click.UsageError("Name two reports or more.")
    reports = [read_report(path.read_bytes(), where=str(path)) for path in files]
    state = load_state(state_file) if state_file else None
    signed = [
        _signed(path, found, state.trust.book if state else None) for path, found in zip(files, reports, strict=True)
    ]
    digests = [sha256(found.raw).hexdigest() for found in reports]
    differing = _differing(reports)
    agree = len(set(digests)) == 1
    same_inputs = not differing
    if agree:
        detail = f"all {len(files)} are the same to the byte"
    elif same_inputs:
        detail = "the inputs are the same and the results differ: one of them is wrong. Judge it yourself"
    else:
        detail = f"they judged different inputs: {', '.join(differing)}"
    code = Exit.GOOD if agree else Exit.REFUTED if same_inputs else Exit.UNDECIDABLE
    return answer(
        "compare-reports",
        code,
        checks=[*signed, check("agreement", True if agree else False if same_inputs else None, detail)],
        as_json=as_json,
        reports=[{"file": str(path), "sha256": digest} for path, digest in zip(files, digests, strict=True)],
        inputs=differing,
        obligations=[] if agree else _unlike(reports),
    )


def _signed(path: Path, found: Read, book: Mapping[str, PublicKey] | None) -> dict[str, Any]:
    """Who signed: checked by the audited copy's keys, where there is one. Raises Fault `signature.false`, …"""
    if book is None:
        keyids = ", ".join(keyid for keyid, _ in found.signatures) or "nobody"
        return check("signature", None, f"{path.name}: signed by {keyids}; not checked, give --state")
    keyids = ", ".join(require_signed(found, book, where=str(path)))
    return check("signature", True, f"{path.name}: signed by {keyids}")


def _differing(reports: Sequence[Read]) -> dict[str, list[Any]]:
    """Input -> its value in each report, where they are not all the same."""
    rows = [
        {**found.members["inputs"], "ledger": found.members["ledger"], "exercise": found.members["exercise"]}
        for found in reports
    ]
    names = sorted({name for row in rows for name in row})
    values = {name: [row.get(name) for row in rows] for name in names}
    return {name: found for name, found in values.items() if any(one != found[0] for one in found)}


def _unlike(reports: Sequence[Read]) -> list[dict[str, Any]]:
    """The obligations that are not the same in all reports: id, and the status in each (None: it is not there)."""
    tables = [{row["id"]: row for row in found.members["obligations"]} for found in reports]
    every = sorted({one for table in tables for one in table})
    return [
        {"id": one, "status": [table[one]["status"] if one in table else None for table in tables]}
        for one in every
        if any(table.get(one) != tables[0].get(one) for table in tables)
    ]
