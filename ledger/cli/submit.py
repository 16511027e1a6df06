"""`detente submit`, `detente receipt` and `detente state`: the three commands that speak to a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.cli import options
from ledger.cli.ending import tell_fault
from ledger.cli.ports import ports
from ledger.desk import files, lint_sealing, receipts
from ledger.desk.receipts import Received
from ledger.desk.remote import Answer, Ledger
from verifier import statement
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import envelope as dsse
from verifier.formats import times
from verifier.formats.envelope import Envelope
from verifier.formats.policy import Policy

_url = click.option(
    "--ledger", "url", metavar="URL", required=True, help="The ledger's address, such as https://ledger.example."
)
_policy = click.option(
    "--policy", "policy_file", type=options.FILE, help="Your policy (C2SP tlog-policy): whom you believe."
)
_receipts = click.option(
    "--receipts", type=options.DIRECTORY, help="Where to keep <id>.envelope.json and <id>.tlog-proof."
)


@click.command()
@click.argument("envelopes", metavar="ENVELOPE...", type=options.FILE, nargs=-1, required=True)
@_url
@_policy
@_receipts
@options.kept_files
@options.json_flag
@click.pass_context
def submit(
    ctx: click.Context,
    envelopes: tuple[Path, ...],
    url: str,
    policy_file: Path | None,
    receipts: Path | None,
    kept: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Hand in signed statements, in the order given, and check the receipts against your own policy.

    Handing in again is safe: a statement is logged once. Stops at the first refusal; exit 11 if a receipt is not there yet.
    With --keep, nothing is handed in if a kept file does not open what its statement seals: once logged, it is too late.
    """
    policy = _policy_of(policy_file, receipts)
    ledger = Ledger(url)
    sent = [(path, _envelope(path)) for path in envelopes]
    _require_kept(sent, kept)
    pending = False
    for path, envelope in sent:
        answer = ledger.submit(envelope)
        found = _checked(answer, envelope, policy, url)
        pending |= answer.receipt is None
        _keep_and_tell(path.name, answer, found, receipts, as_json)
    if pending:
        tell_fault(Fault("ledger.pending", "a receipt is not there yet", where=url), ports(), as_json=as_json)
        ctx.exit(int(Exit.QUORUM_UNMET))


@click.command()
@click.argument("statement_id", metavar="ID")
@_url
@_policy
@_receipts
@options.json_flag
def receipt(statement_id: str, url: str, policy_file: Path | None, receipts: Path | None, as_json: bool) -> None:
    """Fetch the receipt of a logged statement by its ID and check it against your own policy."""
    if policy_file is None:
        raise click.UsageError("give --policy: a receipt is worth something only under a policy of your own")
    policy = options.read_policy(policy_file)
    found = _fetch(Ledger(url), statement_id, policy)
    _keep_and_tell(statement_id, None, found, receipts, as_json)


@click.command()
@click.argument("code", metavar="CODE")
@_url
@click.option(
    "--out", type=options.NEW_FILE, help="The state file; CODE.state.json if absent. An older one is replaced."
)
def state(code: str, url: str, out: Path | None) -> None:
    """Fetch what a desk without network needs to draft and check: CODE's offices, signers and chains, and the charter."""
    found = Ledger(url).state(code)
    target = out or Path(f"{code}.state.json")
    files.replace(target, found.raw)
    ports().say(f"{target}: {found.code} on {found.ledger}, charter {found.charter_id}")
    for name, office in sorted(found.offices.items()):
        ports().say(f"  {name:<20} next statement {office.sequence}, signers needed {office.threshold}")


def _require_kept(sent: list[tuple[Path, Envelope]], kept: tuple[Path, ...]) -> None:
    """Before anything is handed in: what is sealed can be opened. Where no kept file was named, that is said."""
    said = [statement.parse(envelope.payload) for _, envelope in sent]
    lint_sealing.require_kept(said, options.read_kept(kept))
    for (path, _), one in zip(sent, said, strict=True):
        for finding in [] if kept else lint_sealing.check(one, ports().clock()):
            ports().tell(f"{path.name}: {finding.severity}: {finding.sentence} [{finding.code}]")


def _policy_of(path: Path | None, receipts_kept: Path | None) -> Policy | None:
    if path is None and receipts_kept is not None:
        raise click.UsageError("--receipts needs --policy: nothing is kept as a receipt that was not checked")
    return options.read_policy(path) if path else None


def _envelope(path: Path) -> Envelope:
    """The envelope in a file. Raises Fault `envelope.malformed`, `json.…`, where = the file."""
    try:
        return dsse.parse(files.read(path).removesuffix(b"\n"))
    except Fault as fault:
        raise Fault(
            fault.code, fault.message, where=f"{path} {fault.where}".strip(), evidence=fault.evidence
        ) from fault


def _fetch(ledger: Ledger, statement_id: str, policy: Policy) -> Received:
    return receipts.fetch(ledger, statement_id, policy, now=ports().clock())


def _checked(answer: Answer, sent: Envelope, policy: Policy | None, url: str) -> Received | None:
    """The answer's receipt, believed only if it holds for the statement that was sent."""
    if answer.id != receipts.id_of(sent):
        raise Fault(
            "ledger.other-statement", f"the ledger answers for {answer.id}, sent was {receipts.id_of(sent)}", where=url
        )
    logged = receipts.same_statement(answer.envelope or sent, sent, where=url)
    if policy is None or answer.receipt is None:
        return None
    found = receipts.believe(answer.receipt, logged, policy, now=ports().clock())
    if found.index != answer.index:
        told = f"the ledger says record {answer.index}, its receipt proves record {found.index}"
        raise Fault("ledger.other-statement", told, where=url)
    return found


def _keep_and_tell(name: str, answer: Answer | None, found: Received | None, kept: Path | None, as_json: bool) -> None:
    written = receipts.keep(found, kept) if found and kept else []
    if as_json:
        ports().show_json(_row(answer, found, written))
    elif found is None:
        assert answer is not None
        why = "no receipt yet" if answer.receipt is None else "receipt not checked: no --policy given"
        ports().say(f"{name}: the ledger says record {answer.index} ({why}); statement {answer.id}")
    else:
        who = ", ".join(
            f"{witness} {times.format_utc(at)}" if at else witness for witness, at in sorted(found.cosigned.items())
        )
        ports().say(
            f"{name}: logged as record {found.index}, received {times.format_utc(found.received)}, cosigned by {who or 'nobody'}"
        )
        for path in written:
            ports().say(f"  {path}")


def _row(answer: Answer | None, found: Received | None, written: list[Path]) -> dict[str, Any]:
    if found is None:
        assert answer is not None
        return {
            "id": answer.id,
            "index": answer.index,
            "verified": False,
            "received": None,
            "cosigned": {},
            "files": [],
        }
    return {
        "id": found.id,
        "index": found.index,
        "verified": True,
        "received": times.format_utc(found.received),
        "cosigned": {name: times.format_utc(at) if at else None for name, at in found.cosigned.items()},
        "files": [str(path) for path in written],
    }
