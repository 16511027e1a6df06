"""`detente lint`: what an official wants to know before signing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk.findings import Finding, exit_of
from ledger.desk.lint import Surroundings
from ledger.desk.lint import lint as findings_of


@click.command()
@click.argument("file", type=options.FILE)
@options.charter_file
@options.state_file
@options.ledger_url
@options.json_flag
@click.pass_context
def lint(
    ctx: click.Context, file: Path, charter_file: Path | None, state_file: Path | None, url: str | None, as_json: bool
) -> None:
    """Say what an official wants to know before signing FILE (a draft, a partial file or an envelope).

    Errors are what no ledger would admit; warnings are what you may not mean. With --charter, --state or --ledger, dates
    are held against the charter's rules, and the signers' keys against the party's offices. Exit 0 unless there is an error.
    """
    payload = options.read_statement(file)
    state = options.state_of(_party(payload), url, state_file)
    charter = options.read_charter(charter_file) or (state.charter if state else None)
    found = findings_of(payload, Surroundings(ports().clock(), state, charter))
    if as_json:
        ports().show_json([one.to_json() for one in found])
    else:
        tell(found)
    ctx.exit(int(exit_of(found)))


def tell(found: Sequence[Finding]) -> None:
    """Print findings, one a line."""
    for one in found:
        ports().say(f"{one.severity:<7} {one.pointer or '/'}: {one.sentence} [{one.code}]")
    if not found:
        ports().say("Nothing found.")
    if any(one.code == "statement.schema" for one in found):
        ports().tell("`detente types TYPE` says what each member is, `detente types TYPE --example` shows a sound one.")


def _party(payload: bytes) -> str | None:
    from verifier import statement
    from verifier.errors import Fault

    try:
        return statement.parse(payload).party
    except Fault:
        return None
