"""`detente charter`: draft a ledger's charter, show it in words, check it."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.lint import tell
from ledger.cli.ports import ports
from ledger.desk import charters, descriptions, drafting, files, reading
from ledger.desk.drafting import Draft
from ledger.desk.findings import ERROR, exit_of, in_order
from ledger.desk.lint import Surroundings
from ledger.desk.lint import lint as findings_of
from verifier import statement


@click.group()
def charter() -> None:
    """Draft, show and check a charter: record 0 of a ledger, and what everybody who joins agrees to."""


@charter.command()
@click.argument("description", type=options.FILE)
@click.option("--out", type=options.NEW_FILE, help="The draft's new file; charter.statement.json if absent.")
@click.option("--policy-out", type=options.NEW_FILE, help="Write the charter's policy to a new file as well.")
@options.json_flag
def new(description: Path, out: Path | None, policy_out: Path | None, as_json: bool) -> None:
    """Draft the charter statement from a YAML or JSON DESCRIPTION, which may name key files in the place of keys."""
    written = drafting.from_description(descriptions.read(description), where=str(description))
    made = Draft(charters.members(written, description.parent))
    made.add({"issued": drafting.issued(ports().clock()), "language": "en", "title": "Charter"})
    said = drafting.finish(made, base=description.parent)
    target = out or Path("charter.statement.json")
    rows = [(target, said.payload, files.PUBLIC)]
    if policy_out is not None:
        rows.append((policy_out, said.body["policy"].encode(), files.PUBLIC))
    files.write_new(*rows)
    if as_json:
        ports().show_json({"file": str(target), "id": said.id, "ledger": said.ledger})
    else:
        ports().say(f"{target}: charter of {said.ledger}; id {said.id}")
        ports().tell("Check it with `detente charter check`, then have the depositary's root signers sign it.")


@charter.command()
def example() -> None:
    """Print a whole description in YAML, with remarks, to be edited and given to `detente charter new`."""
    ports().say(charters.example().removesuffix("\n"))


@charter.command()
@click.argument("file", type=options.FILE)
def show(file: Path) -> None:
    """Show a charter (its statement or envelope) in words."""
    found = options.read_charter(file)
    assert found is not None
    for line in reading.words(found):
        ports().say(line)


@charter.command()
@click.argument("file", type=options.FILE)
@options.json_flag
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Check a charter for contradictions, and say what to think of again. Exit 0 unless there is an error."""
    payload = options.read_statement(file)
    found = findings_of(payload, Surroundings(ports().clock()))
    if not any(one.severity == ERROR for one in found):
        found = in_order([*found, *charters.remarks(statement.parse(payload))])
    if as_json:
        ports().show_json([one.to_json() for one in found])
    else:
        tell(found)
    ctx.exit(int(exit_of(found)))
