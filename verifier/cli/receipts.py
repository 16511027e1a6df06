"""`detente-verify receipt` and `detente-verify statement`: is it logged, and who said it. Two verdicts, never one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from verifier import receipt as receipts
from verifier import statement as statements
from verifier.audit.state import load_state
from verifier.cli import options
from verifier.cli.answer import answer, check
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import envelope as envelopes
from verifier.formats.envelope import Envelope
from verifier.formats.times import format_utc

STATE = click.option(
    "--state",
    "state_file",
    type=options.EXISTING,
    help="An audited copy's state (audit --state): it knows the parties' keys.",
)


@click.command()
@click.argument("proof_file", metavar="RECEIPT", type=options.EXISTING)
@options.policy
@click.option(
    "--envelope", "envelope_file", type=options.EXISTING, help="The signed statement (default: beside the receipt)."
)
@STATE
@options.offline
@options.as_json
def receipt(
    proof_file: Path, policy: Path, envelope_file: Path | None, state_file: Path | None, offline: bool, as_json: bool
) -> int:
    """Check a receipt offline: the statement is in the log, by your policy. With --state, also who said it."""
    del offline  # a receipt is checked without the network in any case
    given = options.read_receipt(proof_file, envelope_file)
    logged = receipts.verify(given.proof, given.envelope, options.read_policy(policy), now=int(time.time()))
    said = statements.parse(given.envelope.payload)
    checks = [
        check("logged", True, f"record {logged.index}, in the tree of {logged.checkpoint.size} records"),
        check("witnessed", True, f"cosigned by {', '.join(logged.cosigned) or 'nobody, and the policy asks for none'}"),
    ]
    code, row = said_check(given.envelope, state_file, logged.received)
    return answer(
        "receipt",
        code,
        checks=[*checks, row],
        as_json=as_json,
        statement=said.id,
        ledger=logged.checkpoint.origin,
        index=logged.index,
        received=format_utc(logged.received),
        size=logged.checkpoint.size,
        cosigned={name: format_utc(moment) for name, moment in logged.cosigned.items()},
    )


@click.command()
@click.argument("envelope_file", metavar="ENVELOPE", type=options.EXISTING)
@click.option(
    "--state", "state_file", type=options.EXISTING, required=True, help="An audited copy's state (audit --state)."
)
@options.offline
@options.as_json
def statement(envelope_file: Path, state_file: Path, offline: bool, as_json: bool) -> int:
    """Check a signed statement by the keys of an audited copy: its form, its signatures, its office, and where it is logged."""
    del offline  # the audited copy is a file
    found = envelopes.parse(envelope_file.read_bytes().removesuffix(b"\n"))
    said = statements.parse(found.payload)
    state = load_state(state_file)
    assert state is not None  # the option requires an existing file
    entry = state.trust.statements.find(said.id)
    code, row = said_check(found, state_file, int(time.time()))
    where = f"record {entry.record}" if entry else f"not among the {state.size} records of the audited copy"
    if entry is None and code == Exit.GOOD:
        code = Exit.NOT_LOGGED
    checks = [check("form", True, f"{said.type} {said.sequence} of {said.party}, {said.office}"), row]
    checks.append(check("logged", True if entry else None, where))
    index = entry.record if entry else None
    return answer("statement", code, checks=checks, as_json=as_json, statement=said.id, index=index)


def said_check(envelope: Envelope, state_file: Path | None, received: int) -> tuple[Exit, dict[str, Any]]:
    """The verdict "said by", with the exit code that it asks for: undecided without an audited copy."""
    state = load_state(state_file) if state_file else None
    if state is None:
        return Exit.GOOD, check("said", None, "who said it needs the party's keys: give --state FILE of an audit")
    try:
        said = receipts.said_by(envelope, state.trust, received)
    except Fault as fault:
        return fault.kind.exit, check("said", False, str(fault))
    words = f"said by {said.party}, {said.office}, by its keys at record {said.as_of}"
    if said.contested:
        return Exit.UNDECIDABLE, check("said", None, f"{words}; the party says that the key was not its own by then")
    return Exit.GOOD, check("said", True, words)
