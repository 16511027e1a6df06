"""Receipts as they come in: checked against the reader's own policy before anything is written or believed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.desk import files
from ledger.desk.remote import Ledger
from verifier import receipt as receipts
from verifier.errors import Fault
from verifier.formats import proof
from verifier.formats.envelope import Envelope
from verifier.formats.policy import Policy

ENVELOPE_ENDING, RECEIPT_ENDING = ".envelope.json", ".tlog-proof"


@dataclass(frozen=True)
class Received:
    """A receipt that holds: the record's `index`, when the log says that it `received` it, and who cosigned when (seconds)."""

    id: str
    index: int
    received: int
    cosigned: dict[str, int]
    envelope: Envelope
    raw: bytes


def believe(raw: bytes, envelope: Envelope, policy: Policy, *, now: int) -> Received:
    """Check a receipt for an envelope as of `now` (seconds, UTC). Raises the faults of `verifier.receipt.verify`."""
    logged = receipts.verify(proof.parse(raw), envelope, policy, now=now)
    return Received(id_of(envelope), logged.index, logged.received, dict(logged.cosigned), envelope, raw)


def id_of(envelope: Envelope) -> str:
    """The id of the statement in an envelope: the hex SHA-256 of its payload."""
    return sha256(envelope.payload).hexdigest()


def same_statement(logged: Envelope, sent: Envelope, *, where: str) -> Envelope:
    """The envelope as logged, which must hold the statement that was sent. Raises Fault `ledger.other-statement`.

    Its signatures may differ: ML-DSA signs the same text differently each time, and the first one logged stays.
    """
    if logged.payload != sent.payload:
        told = f"the ledger answers with statement {id_of(logged)}, sent was {id_of(sent)}"
        raise Fault("ledger.other-statement", told, where=where)
    return logged


def fetch(ledger: Ledger, statement_id: str, policy: Policy, *, now: int) -> Received:
    """Fetch a statement and its receipt, and check both. Raises Fault `ledger.…` and those of `believe`."""
    envelope = ledger.statement(statement_id)
    if id_of(envelope) != statement_id:
        told = f"the ledger answers with statement {id_of(envelope)}, asked for was {statement_id}"
        raise Fault("ledger.other-statement", told, where=ledger.url)
    return believe(ledger.receipt(statement_id), envelope, policy, now=now)


def keep(found: Received, directory: Path) -> list[Path]:
    """Write <id>.envelope.json and <id>.tlog-proof into `directory`, which is made if it is not there.

    A receipt that is there already is replaced by this one, which holds as well. Raises Fault `desk.unwritable`.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(
            "desk.unwritable", f"the directory cannot be made: {error.strerror}", where=str(directory)
        ) from error
    rows = [(f"{found.id}{ENVELOPE_ENDING}", found.envelope.raw), (f"{found.id}{RECEIPT_ENDING}", found.raw)]
    for name, raw in rows:
        files.replace(directory / name, raw)
    return [directory / name for name, _ in rows]
