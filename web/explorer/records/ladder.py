"""The ladder of verification: six steps, each computed from the stored bytes at the moment it is shown.

1. Bytes: the statement is canonical, and hashes to its id.
2. Signatures: every signature of the envelope is true, and they are exactly those of its signers.
3. Keys: the signers were in force for this office, type and time at this record, as many as needed.
4. Included: a Merkle path leads from the record to the root of a checkpoint.
5. Witnessed: that checkpoint is signed by the log and cosigned as the reader's policy asks.
6. Latest word: whether a later statement changes, cancels, corrects, withdraws or retracts this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from verifier import examine, record, statement
from verifier.errors import Fault
from verifier.record import Record
from verifier.statement import Statement
from web.explorer.copy.health import needed
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records import keys_then, receipts
from web.explorer.records.keys_then import Standing
from web.explorer.records.receipts import Receipt
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, first_upper, ngettext, number, octets, second, utc

CHANGING = ("amends", "cancels", "changes", "corrects", "retracts", "withdraws")
"""Relations by which a later statement alters how an earlier one is to be read."""


@dataclass(frozen=True)
class Step:
    """One step: its `name`, the status class and word of its result, and a sentence. `state`: done, amended, overdue, unknown.

    `verifier`: whether the sentence is the verifier's own, which speaks English. `reached`: False where an earlier step failed.
    """

    name: str
    state: str
    word: str
    detail: str
    verifier: bool = False
    reached: bool = True

    def to_json(self) -> dict[str, str]:
        """The step as JSON."""
        return {"step": self.name, "result": self.word, "passed": self.state, "detail": self.detail}


@dataclass
class Ladder:
    """The steps, and what they found on the way."""

    row: Row
    raw: bytes
    entry: Record | None = None
    said: Statement | None = None
    standing: Standing | None = None
    receipt: Receipt | None = None
    changes: list[tuple[str, Row]] | None = None
    steps: tuple[Step, ...] = ()


NAMES = (N_("Bytes"), N_("Signatures"), N_("Keys"), N_("Included"), N_("Witnessed"), N_("Latest word"))


class _Failed(Exception):
    """A step that fails by the explorer's own words, in the reader's language."""


def climb(view: View, row: Row) -> Ladder:
    """Verify the statement of a record, step by step. A step that fails does not end the ladder where the next can be tried."""
    found = Ladder(row, view.raw(row.idx))
    tries: tuple[Callable[[View, Ladder], Step], ...] = (_bytes, _signatures, _keys, _included, _witnessed, _latest)
    steps = []
    for name, step in zip(NAMES, tries, strict=True):
        try:
            steps.append(replace(step(view, found), name=_(name)))
        except _Failed as failed:
            steps.append(Step(_(name), "overdue", _("failed"), str(failed)))
        except Fault as fault:
            steps.append(Step(_(name), "overdue", _("failed"), str(fault), verifier=True))
    found.steps = tuple(steps)
    return found


def _passed(detail: str) -> Step:
    return Step("", "done", _("passed"), detail)


def _not_reached(step: int) -> Step:
    return Step("", "unknown", _("not reached"), _("Depends on step %(step)s.", step=number(step)), reached=False)


def _bytes(view: View, found: Ladder) -> Step:
    found.entry = record.parse(found.raw)
    found.said = statement.parse(found.entry.envelope.payload)
    if found.said.id != found.row.id:
        raise _Failed(_("The bytes hash to %(id)s.", id=found.said.id))
    return _passed(
        _(
            "The statement is canonical JSON of %(size)s and hashes to its id.",
            size=octets(len(found.said.payload)),
        )
    )


def _signatures(view: View, found: Ladder) -> Step:
    if found.entry is None or found.said is None:
        return _not_reached(1)
    unknown = examine.verify_signatures(found.entry.envelope, view.trust.book)
    if unknown:
        raise _Failed(_("These keys are not known: %(keys)s.", keys=", ".join(unknown)))
    signers = found.said.signers
    due = sorted(keyid for one in signers if one in view.trust.ring.signers for keyid in view.trust.signer(one).keys)
    if [keyid for keyid, _signature in found.entry.envelope.signatures] != due:
        raise _Failed(_("The envelope does not hold exactly the signatures of its signers."))
    return _passed(
        _(
            "%(signatures)s by %(signers)s, and no others.",
            signatures=ngettext("%(num)s valid signature", "%(num)s valid signatures", len(due)),
            signers=ngettext("%(num)s signer", "%(num)s signers", len(signers)),
        )
    )


def _keys(view: View, found: Ladder) -> Step:
    if found.entry is None or found.said is None:
        return _not_reached(1)
    found.standing = keys_then.standing(view.trust, found.said, found.row.idx)
    keys_then.require_said(view.trust, found.entry.envelope, found.row.idx, found.entry.received)
    return _passed(
        _(
            "In force for %(type)s at record %(index)s; %(have)s of %(need)s needed.",
            type=kinds.label("types", found.said.type),
            index=number(found.row.idx),
            have=ngettext("%(num)s signer", "%(num)s signers", found.standing.counted),
            need=number(found.standing.threshold),
        )
    )


def _included(view: View, found: Ladder) -> Step:
    if found.entry is None:
        return _not_reached(1)
    found.receipt = receipts.build(view, found.row.idx, found.entry)
    proof = found.receipt.proof
    return _passed(
        _(
            "A Merkle path of %(hashes)s leads from the record to the root of the checkpoint of size %(size)s.",
            hashes=ngettext("%(num)s hash", "%(num)s hashes", len(proof.hashes)),
            size=number(proof.checkpoint.size),
        )
    )


def _witnessed(view: View, found: Ladder) -> Step:
    if found.receipt is None:
        return _not_reached(4)
    policy, cosigned = view.policy, found.receipt.accepted.cosigned
    if policy.quorum is None:
        return Step("", "unknown", _("cannot be determined"), _("This copy’s policy names no quorum of witnesses."))
    names = {policy.witnesses[name].key.name for name in cosigned}
    dated = {policy.witnesses[name].key.name: at for name, at in cosigned.items() if at}
    moment = policy.earliest(dated)
    when = _("%(time)s UTC", time=second(utc(moment) or "")) if moment is not None else _("an unknown time")
    return _passed(
        _(
            "%(have)s of %(all)s witnesses cosigned it, enough of them at %(when)s; %(needed)s.",
            have=number(len(names)),
            all=number(len({entry.key.name for entry in policy.witnesses.values()})),
            when=when,
            needed=needed(view),
        )
    )


def _latest(view: View, found: Ladder) -> Step:
    if found.row.id is None:
        return _not_reached(1)
    if not found.row.stands:
        text = _("The audit judges this record as if it were absent: it has a finding.")
        return Step("", "overdue", _("not in force"), text)
    found.changes = [(rel, row) for rel, row in view.relating(found.row.id) if rel in CHANGING]
    contested = _contested(view, found)
    if contested:
        return Step("", "unknown", _("contested"), contested)
    if not found.changes:
        last = number(view.size - 1)
        return _passed(
            _("No change, correction, cancellation, withdrawal or retraction up to record %(last)s.", last=last)
        )
    rel, row = found.changes[-1]
    return Step(
        "",
        "amended",
        _("read both"),
        _(
            "%(how)s record %(index)s: read both.",
            how=first_upper(kinds.relation(rel, backward=True)),
            index=number(row.idx),
        ),
    )


def _contested(view: View, found: Ladder) -> str | None:
    """Why the statement is contested: a later record says that a signer of it was not its owner's by then."""
    if found.said is None or not view.trust.contested(found.said.signers, found.row.idx):
        return None
    revoked = [view.trust.ring.revoked[one] for one in found.said.signers if one in view.trust.ring.revoked]
    first = min((one for one in revoked if one.from_record is not None), key=lambda one: one.record)
    return _(
        "Record %(record)s says that a signer of this statement was not its owner’s from record %(since)s on.",
        record=number(first.record),
        since=number(first.from_record or 0),
    )


def interval(row: Row) -> dict[str, Any]:
    """The times of a record: claimed, received, and the witnessed interval, as UTC texts."""
    return {
        "issued": utc(row.issued),
        "received": utc(row.received),
        "witnessed_after": utc(row.witnessed_after),
        "witnessed_before": utc(row.witnessed_before),
    }
