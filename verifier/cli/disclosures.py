"""`detente-verify disclosure`: what somebody was shown of a sealed statement, held against the statement alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from verifier import disclosed
from verifier import receipt as receipts
from verifier.cli import options
from verifier.cli.answer import answer, check
from verifier.cli.receipts import STATE, said_check
from verifier.disclosed import Handed, Opened
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import canonical, proof
from verifier.formats import envelope as envelopes
from verifier.formats.envelope import Envelope
from verifier.formats.times import format_utc
from verifier.receipt import Logged
from verifier.statement import Statement

_STEPS = (
    ("digest", "stand in the statement where they say"),
    ("place", "name this statement's place"),
    ("value", "open to what may stand there, by the schema"),
    ("label", "carry the label and date that the statement signed"),
)
_ONWARD = "It proves nothing about who handed it on."


@click.command()
@click.argument("file", metavar="FILE", type=options.EXISTING)
@click.option("--envelope", "envelope_file", type=options.EXISTING, help="The signed statement, if FILE has none.")
@click.option("--receipt", "receipt_file", type=options.EXISTING, help="The statement's receipt, if FILE has none.")
@click.option("--policy", type=options.EXISTING, help="Your trust policy, a C2SP tlog-policy file: checks the receipt.")
@STATE
@options.offline
@options.as_json
def disclosure(
    file: Path,
    envelope_file: Path | None,
    receipt_file: Path | None,
    policy: Path | None,
    state_file: Path | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Check FILE, which opens sealed values to one reader: are they what the statement committed to, and was it logged."""
    del offline  # a disclosure is checked without the network in any case
    if receipt_file and not policy:
        raise click.UsageError("--receipt needs --policy: a receipt is worth something only under a policy of your own")
    # 1. The file is well formed.
    handed = disclosed.parse(file.read_bytes().removesuffix(b"\n"))
    # 2. The statement is the one that it names.
    said, envelope = disclosed.statement_of(handed, _envelope(envelope_file))
    checks = [
        check("form", True, f"{len(handed.openings)} openings, {handed.label}, for {handed.to}"),
        check("statement", True, f"{said.type} {said.sequence} of {said.party}, {said.office}"),
    ]
    # 3. to 6. Digest, place, value and label of every opening.
    rows = disclosed.hold(handed.openings, said)
    faults = _faults(rows)
    checks += [_step(rows, number, told) for number, (_, told) in enumerate(_STEPS, 2)]
    # 7. The receipt, by the reader's policy.
    logged, row, fault = _logged(handed, envelope, receipt_file, policy)
    checks.append(row)
    faults += [fault] if fault else []
    # 8. Whose keys signed it, by an audited copy.
    code, row = said_check(envelope, state_file, logged.received if logged else int(time.time()))
    exits = [code, *(one.kind.exit for one in faults)]
    return _answer(handed, said, rows, logged, [*checks, row], faults, _gravest(exits), as_json)


def _envelope(path: Path | None) -> Envelope | None:
    return envelopes.parse(path.read_bytes().removesuffix(b"\n")) if path else None


def _step(rows: Sequence[Opened], number: int, told: str) -> dict[str, Any]:
    """One step for all openings. The value of what does not open, and the name under a false digest, cannot be judged."""
    name = _STEPS[number - 2][0]
    wrong = sum(row[number] is not None for row in rows)
    if name == "place":
        judged = sum(row.digest is None for row in rows)
    else:
        judged = sum(row.disclosure is not None for row in rows) if name == "value" else len(rows)
    detail = f"{judged - wrong} of {len(rows)} {told}"
    return check(name, False if wrong else (True if judged == len(rows) else None), detail)


def _faults(rows: Sequence[Opened]) -> list[Fault]:
    return [fault for row in rows for fault in (row.digest, row.place, row.value, row.label) if fault]


def _logged(
    handed: Handed, envelope: Envelope, receipt_file: Path | None, policy: Path | None
) -> tuple[Logged | None, dict[str, Any], Fault | None]:
    """The verdict "logged": undecided without a receipt, or without a policy to believe it by."""
    found = proof.parse(receipt_file.read_bytes()) if receipt_file else handed.receipt
    if found is None:
        return None, check("logged", None, "no receipt was given: whether the statement is in the log is open"), None
    if policy is None:
        return None, check("logged", None, "the file brings a receipt; give --policy FILE to check it by"), None
    try:
        logged = receipts.verify(found, envelope, options.read_policy(policy), now=int(time.time()))
        if logged.checkpoint.origin != handed.ledger:
            told = f"the receipt is of {logged.checkpoint.origin}, the statement is for {handed.ledger}"
            raise Fault("disclosure.other-statement", told, where="/receipt")
    except Fault as fault:
        return None, check("logged", False, str(fault)), fault
    who = ", ".join(logged.cosigned) or "nobody, and the policy asks for none"
    told = f"record {logged.index}, received {format_utc(logged.received)}, cosigned by {who}"
    return logged, check("logged", True, told), None


def _gravest(exits: Sequence[Exit]) -> Exit:
    """What is false comes before what is not believed, malformed or undecided."""
    order = (Exit.BAD_SIGNATURE, Exit.QUORUM_UNMET, Exit.MALFORMED)
    return next((code for code in order if code in exits), max(exits))


def _answer(
    handed: Handed,
    said: Statement,
    rows: Sequence[Opened],
    logged: Logged | None,
    checks: Sequence[dict[str, Any]],
    faults: Sequence[Fault],
    code: Exit,
    as_json: bool,
) -> int:
    shown = str if as_json else _plain
    findings = [
        {"code": one.code, "index": None, "message": shown(str(one)), "next": one.kind.next, "evidence": one.evidence}
        for one in faults
    ]
    if not as_json:
        _tell(rows)
    return answer(
        "disclosure",
        code,
        checks=checks,
        findings=findings,
        as_json=as_json,
        ledger=shown(handed.ledger),
        statement=said.id,
        party=said.party,
        to=handed.to,
        terms=shown(handed.terms) if handed.terms else None,
        tlp=handed.label,
        opened=[_opened(row) for row in rows],
        index=logged.index if logged else None,
        received=format_utc(logged.received) if logged else None,
        cosigned={name: format_utc(moment) for name, moment in logged.cosigned.items()} if logged else {},
        note=f"For {handed.to}. {_ONWARD}",
    )


def _opened(row: Opened) -> dict[str, Any]:
    """What a place holds; `value` means something only where `good` is true and it is no `decoy`."""
    good = row.disclosure is not None and row.value is None
    decoy = row.disclosure is not None and row.disclosure.name is None
    return {
        "pointer": row.opening.pointer,
        "digest": row.opening.digest,
        "tlp": row.opening.tlp,
        "opens": row.opening.opens,
        "good": good,
        "decoy": decoy,
        "value": row.disclosure.value if row.disclosure and good else None,
    }


def _tell(rows: Sequence[Opened]) -> None:
    for row in map(_opened, rows):
        value = "stands for nothing (a decoy)" if row["decoy"] else canonical.encode(row["value"]).decode()
        click.echo(f"{row['pointer']} ({row['tlp']}): {_plain(value) if row['good'] else 'not opened'}")


def _plain(text: str) -> str:
    """A stranger's text for a terminal: what cannot be seen is written as an escape, so that it moves no cursor."""
    return "".join(mark if mark.isprintable() else f"\\u{ord(mark):04x}" for mark in text)
