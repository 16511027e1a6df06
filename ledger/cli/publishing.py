"""`detente calendar`, `detente stix` and `detente obligations`: what a log holds, for the programs that others work with.

Each audits first. The exit code is the audit's, and where the audit did not end well, what is written says so. The file
goes to the standard output or to --out; everything else is told on the error stream.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import files
from ledger.exports.material import Material, material_of
from ledger.exports.reading import Reader
from verifier.cli import options as reader_options
from verifier.cli.audited import Audited, Request, audited_options
from verifier.exits import Exit
from verifier.formats.times import parse_utc
from verifier.source import open_source

_SHOWN = 25
"""Findings that are told; `detente-verify audit --json` tells all."""
_as_of = click.option("--as-of", metavar="T", help="As of this moment, such as 2027-03-01T00:00:00Z (default: now).")
_party = click.option("--party", metavar="CODE", help="Only what concerns this party.")
_out = click.option(
    "--out", type=options.NEW_FILE, help="Write here; an older file is replaced. Default: standard output."
)


@click.command()
@audited_options
@_as_of
@_party
@_out
@options.json_flag
def calendar(request: Request, as_of: str | None, party: str | None, out: Path | None, as_json: bool) -> int:
    """Export drills, line tests and due dates as a calendar (iCalendar, RFC 5545) that any calendar program reads.

    Dates of drills are those in force by the rules. Mark on what is part of a rehearsal: EXERCISE EXERCISE EXERCISE.
    """
    from ledger.exports import calendar as exports

    return _export(
        request, as_of, out, as_json, lambda found: exports.calendar(found, [party] if party else []), exports.count
    )


@click.command()
@audited_options
@click.argument("thread", metavar="[THREAD_ID]", required=False)
@_as_of
@_out
@options.json_flag
def stix(request: Request, thread: str | None, as_of: str | None, out: Path | None, as_json: bool) -> int:
    """Export incidents, their threads and threat notices as a STIX 2.1 bundle: what states said, never who did it.

    THREAD_ID: the id of an incident, a near miss or any statement of its thread: that thread alone.
    """
    from ledger.exports import stix as exports

    if thread is not None:
        reader_options.digest(thread, where="THREAD_ID")
    return _export(request, as_of, out, as_json, lambda found: exports.bundle(found, thread), exports.count)


@click.command()
@audited_options
@click.option("--csv", "as_csv", is_flag=True, default=True, help="As CSV (RFC 4180), the only form so far.")
@_as_of
@_party
@_out
@options.json_flag
def obligations(
    request: Request, as_csv: bool, as_of: str | None, party: str | None, out: Path | None, as_json: bool
) -> int:
    """Export what is owed, to whom and with which status, as a table: one row an obligation, rehearsals included."""
    from ledger.exports import obligations as exports

    def count(raw: bytes) -> int:
        return raw.count(b"\r\n") - 1

    return _export(request, as_of, out, as_json, lambda found: exports.table(found, party), count)


def _export(
    request: Request,
    as_of: str | None,
    out: Path | None,
    as_json: bool,
    make: Callable[[Material], bytes],
    count: Callable[[bytes], int],
) -> int:
    if as_json and out is None:
        raise click.UsageError("--json tells about a file: give --out as well")
    at = ports()
    asked = at.clock() if as_of is None else parse_utc(as_of)
    audited = request.run(events=True)
    state = audited.report.state
    reader = Reader(open_source(request.location, offline=request.offline), state)
    found = material_of(state, asked, reader, audited.report.exit)
    raw = make(found)
    if out is None:
        at.write_raw(raw)
    else:
        files.replace(out, raw)
    if as_json:
        at.show_json(
            {
                "as_of": found.as_of,
                "entries": count(raw),
                "exit": int(audited.report.exit),
                "findings": [finding.to_json() for finding in audited.report.findings],
                "ledger": found.ledger,
                "out": str(out),
                "sha256": sha256(raw).hexdigest(),
            }
        )
    else:
        _tell(audited, found, out, count(raw))
    return int(audited.report.exit)


def _tell(audited: Audited, found: Material, out: Path | None, entries: int) -> None:
    at, report = ports(), audited.report
    for row in audited.checks():
        if row["ok"] is not True or (row["name"] == "charter" and audited.pinned is None):
            at.tell(f"{row['name']}: {row['detail']}")
    for finding in report.findings[:_SHOWN]:
        place = "" if finding.index is None else f" record {finding.index}"
        at.tell(f"finding{place}: {finding.message}  [{finding.code}]")
    if len(report.findings) > _SHOWN:
        at.tell(f"… and {len(report.findings) - _SHOWN} findings more; `detente-verify audit --json` tells all")
    at.tell(f"{out or 'standard output'}: {entries or 'no'} entries of {found.ledger}, as of {found.as_of}")
    if report.exit != Exit.GOOD:
        at.tell(f"The audit did not end well: {report.exit.name.lower().replace('_', ' ')} (exit {int(report.exit)}).")
