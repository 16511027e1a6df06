"""`detente lint`: what an official wants to know before signing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import lint_audited
from ledger.desk.findings import Finding, exit_of, in_order
from ledger.desk.lint import Surroundings
from ledger.desk.lint import lint as findings_of


@click.command()
@click.argument("file", type=options.FILE)
@options.charter_file
@click.option(
    "--state",
    "state_file",
    type=options.FILE,
    help="A state file: of `detente state`, or of an audit (`detente-verify audit --state`).",
)
@click.option(
    "--source", "location", metavar="SOURCE", help="Audit this log, and judge by it what rules the draft holds."
)
@click.option("--policy", "policy_file", type=options.FILE, help="With --source: your trust policy (C2SP tlog-policy).")
@options.ledger_url
@options.kept_files
@options.kept_copies
@options.json_flag
@click.pass_context
def lint(
    ctx: click.Context,
    file: Path,
    charter_file: Path | None,
    state_file: Path | None,
    location: str | None,
    policy_file: Path | None,
    url: str | None,
    kept: tuple[Path, ...],
    copies: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Say what an official wants to know before signing FILE (a draft, a partial file or an envelope).

    Errors are what no ledger would admit; warnings are what you may not mean. With --charter, --state or --ledger, dates
    are held against the charter's rules, and the signers' keys against the party's offices; with --keep, what is sealed
    against the file that opens it. With --source, or with --state of an audit, the rules of a pledge, a joint text, a
    charter or an amendment are judged by the log so far. Exit 0 unless there is an error.
    """
    payload = options.read_statement(file)
    if (location is None) is not (policy_file is None):
        raise click.UsageError("--source and --policy go together")
    audited = lint_audited.audited(location, policy_file, state_file, ports().clock())
    party = _party(payload)
    desk_file = None if lint_audited.is_audit(state_file) else state_file
    state = options.state_of(party, url, desk_file) or (audited.desk(party) if audited else None)
    charter = options.read_charter(charter_file) or (state.charter if state else None)
    held = options.read_kept(kept), options.read_kept(copies)
    found = findings_of(payload, Surroundings(ports().clock(), state, charter, *held))
    found = in_order([*found, *lint_audited.rules(payload, audited)])
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
