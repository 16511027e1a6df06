"""What a certificate says: everything that is shown on it, as JSON for the template, and the files that it carries.

It depends on the copy, on what the strip of every page warns of, and on the address under which it is published. Its time is
that of the checkpoint up to which the copy was audited, as the witnesses gave it, and no clock's of this site: equal inputs
make an equal certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifier.statement import Statement
from web.explorer.certificate import parts, qr
from web.explorer.certificate.parts import File
from web.explorer.certificate.runs import hidden, isolated, machine, ours, said
from web.explorer.certificate.standing import standing
from web.explorer.copy.health import Health
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records import files, ladder, receipts
from web.explorer.records.files import commands
from web.explorer.records.receipts import Receipt
from web.explorer.wording import kinds, languages
from web.explorer.wording.words import N_, _, number

POLICY_NAME = "explorer.policy"
NOT_PROVED = (
    N_("That what a state says is true. The record holds what was said."),
    N_("That a key was in the right hands. A state can say later from which record on it was not."),
    N_(
        "That no quorum of witnesses lies together, or that the depositary did not keep a state waiting. Such things can be "
        "evidenced, not ruled out."
    ),
    N_("That nothing newer replaces it: after the checkpoint above, the record goes on. Open the address again."),
)
_HEADINGS = {
    "certificate": N_("Certificate"),
    "about": N_("What is certified"),
    "steps": N_("Six steps, and what each found"),
    "checkpoint": N_("The checkpoint of the receipt"),
    "witness": N_("Witness"),
    "at": N_("Cosigned at (UTC)"),
    "not_proved": N_("What it does not prove"),
    "verify": N_("Verify it yourself"),
    "files": N_("Attached to this PDF"),
    "file": N_("File"),
    "what": N_("What it is"),
    "size": N_("Size"),
    "digests": N_("The hashes"),
    "address": N_("Address"),
    "lead": N_(
        "This page is the word of the site that made it. The files attached to it prove the same without that site, offline."
    ),
}
_VERIFY = (
    N_(
        "Take the attached files out of this PDF and run the first command. It trusts only the witness policy that you already "
        "hold, needs no network, and says whether the statement is in the ledger. The other two say who signed it: they need "
        "the state’s keys, which an audit of your own establishes from the charter’s digest."
    ),
    N_(
        "The policy attached is the one of this site, to compare with yours. Do not take the policy from here: it would be this "
        "site’s word again."
    ),
)


@dataclass(frozen=True)
class Contents:
    """`data`: what the template shows; `files`: what it carries; `stem`: its name as a file; `received`: seconds, UTC."""

    data: dict[str, Any]
    files: tuple[File, ...]
    stem: str
    received: int


def contents(view: View, health: Health, statement_id: str, site: str) -> Contents:
    """The certificate of a statement, in the reader's language. `site`: where this explorer is, without a last slash.

    Raises Fault `explorer.not-here`, `explorer.unreadable`, and `explorer.no-receipt`: without a receipt nothing is certified.
    """
    row = files.row_of(view, statement_id)
    entry, statement = files.parsed(view, row)
    climbed = ladder.climb(view, row)
    receipt = climbed.receipt or receipts.build(view, row.idx, entry)  # a refusal says why there is none
    carried = _carried(view, row, receipt, entry.envelope.raw)
    address = f"{site}{languages.to(f'/s/{statement_id}')}"
    title = said(statement.title, statement.language)
    shown = {
        **_frame(row, statement),
        "ledger": machine(view.ledger),
        "kind": ours(kinds.label("types", statement.type)),
        "by": ours(parts.by(view, statement)),
        "title": title,
        "words": ours(parts.spoken(view, statement)),
        "hidden": parts.hidden_told(hidden(title)),
        "exercise": parts.exercise(view, statement),
        "standing": standing(view, climbed),
        "warnings": parts.warnings(view, health),
        "about": parts.about(view, row, statement),
        "steps": [parts.step(step) for step in climbed.steps],
        "checkpoint": parts.checkpoint(receipt),
        "witnesses": parts.witnesses(view, receipt),
        "as_of": ours(parts.as_of(view, health)),
        "address": machine(address),
        "code": qr.svg(address),
        "code_told": _("QR code of the address %(address)s", address=address),
        "commands": [machine(text) for text in commands(view, row).values()],
        "files": [parts.file(one) for one in carried],
        "digests": parts.digests(view, row, statement, carried, receipt),
        "id": statement_id,
    }
    return Contents(shown, carried, f"certificate-{files.stem(row)}", entry.received)


def _frame(row: Row, statement: Statement) -> dict[str, Any]:
    """What does not depend on what was found: languages, headings, sentences that every certificate has."""
    here = languages.current()
    return {
        "language": here.code,
        "direction": here.direction,
        "document": _("Certificate of record %(n)s: %(title)s", n=number(row.idx), title=isolated(statement.title)),
        "headings": {name: ours(_(text)) for name, text in _HEADINGS.items()},
        "running": ours(_("Certificate of record %(n)s", n=number(row.idx))),
        "page": ours(_("Page {n} of {all}")),
        "not_proved": [ours(_(text)) for text in NOT_PROVED],
        "verify": [ours(_(text)) for text in _VERIFY],
        "marks": {"colon": _(": ")},
    }


def _carried(view: View, row: Row, receipt: Receipt, envelope: bytes) -> tuple[File, ...]:
    name = files.stem(row)
    return (
        File(f"{name}.tlog-proof", "text/plain", _("Receipt"), receipt.proof.raw),
        File(f"{name}.envelope.json", "application/json", _("Envelope"), envelope),
        File(POLICY_NAME, "text/plain", _("The policy of this site"), view.fact("policy") or b""),
    )
