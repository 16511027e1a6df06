"""Receipts, with their envelope or without: bound to the record at their index, by the policy of this copy."""

from __future__ import annotations

from dataclasses import replace

from verifier import merkle, receipt, record, statement
from verifier.errors import Fault
from verifier.formats.envelope import Envelope
from verifier.formats.proof import Proof
from verifier.receipt import Logged
from verifier.statement import Statement
from web.explorer.checking import answers, documents
from web.explorer.checking.answers import Answer, Verdict
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.records.ladder import Step
from web.explorer.wording.words import _, ngettext, number, octets, second, utc


def answer(case: Case, item: Item) -> Answer:
    """The answer for a receipt. Of the envelopes given, that one belongs to it whose record it proves."""
    proof: Proof = item.value
    if proof.checkpoint.origin != case.view.ledger:
        return _of_another(case, item, proof)
    envelope = next((one for one in case.envelopes if _fits(proof, one)), next(iter(case.envelopes), None))
    if envelope is None:
        return _alone(case, item, proof)
    case.used.append(envelope)
    logged, fault = _verified(case, proof, envelope)
    return _held(case, item, envelope, logged) if logged else _refused(case, item, proof, envelope, fault)


def _fits(proof: Proof, envelope: Envelope) -> bool:
    """Whether the receipt's hashes lead from this envelope's record to its root: cheap, and without any signature."""
    try:
        raw, _received = record.rebuild(proof.extra or b"", envelope)
        point = proof.checkpoint
        merkle.verify_inclusion(proof.index, point.size, merkle.leaf_hash(raw), proof.hashes, point.root)
    except Fault:
        return False
    return True


def _verified(case: Case, proof: Proof, envelope: Envelope) -> tuple[Logged | None, Fault | None]:
    try:
        return receipt.verify(proof, envelope, case.policy, now=case.now), None
    except Fault as fault:
        return None, fault


def _held(case: Case, item: Item, envelope: Envelope, logged: Logged) -> Answer:
    """A receipt that holds: of a record that the copy has, of one that it has not yet, or of one that it has otherwise."""
    if logged.index >= case.view.size:
        return _newer(case, item, envelope, logged)
    if merkle.leaf_hash(case.view.raw(logged.index)) != logged.leaf:
        return _contradicted(case, item, logged)
    row = case.view.record(logged.index)
    assert row is not None  # every index below the copy's size has its record
    told = _("The receipt that was given holds: a checkpoint of size %(size)s covers record %(index)s.")
    note = told % {"size": number(logged.checkpoint.size), "index": number(logged.index)}
    return documents.in_record(case, item, row, envelope, [note])


def _alone(case: Case, item: Item, proof: Proof) -> Answer:
    """A receipt without its envelope: the copy's record at its index has one, if the copy is as long."""
    if proof.index < case.view.size:
        entry = record.parse(case.view.raw(proof.index))
        logged, fault = _verified(case, proof, entry.envelope)
        if logged:
            row = case.view.record(proof.index)
            assert row is not None  # as above
            note = _(
                "No envelope was given with the receipt; the record at its index has one, and the receipt proves it."
            )
            return documents.in_record(case, item, row, entry.envelope, [note])
        return _refused(case, item, proof, None, fault)
    text = _("No envelope was given, and the receipt is for record %(index)s, which this copy does not hold yet.")
    told = text % {"index": number(proof.index)}
    steps = (
        answers.passed(_("A receipt in canonical form.")),
        answers.not_asked(_("No envelope was given.")),
        answers.unreached(2),
        answers.not_asked(_("Give the envelope too: without it a receipt is bound to no text.")),
        _witnessed(case, proof),
        answers.unreached(4),
    )
    return Answer(item.kind, "not-checked", told, item.digest, answers.named(steps))


def _newer(case: Case, item: Item, envelope: Envelope, logged: Logged) -> Answer:
    said, signed, keys = _said(case, envelope, logged)
    text = _(
        "The receipt holds: record %(index)s has it. This copy ends at record %(last)s and cannot say what came with it."
    )
    told = text % {"index": number(logged.index), "last": number(case.view.size - 1)}
    included = _included(logged)
    latest = answers.undecided(_("The copy does not reach that far."))
    formed = answers.passed(
        _("A statement in canonical form, %(size)s; its id is shown.", size=octets(len(said.payload)))
    )
    steps = answers.named((formed, signed, keys, included, _quorum(case, logged), latest))
    verdicts = (
        Verdict(_("Logged"), "done", _("yes"), included.detail),
        Verdict(_("Said by %(party)s", party=case.party(said)), keys.state, keys.word, keys.detail, keys.verifier),
    )
    outcome = "does-not-hold" if any(step.state == "overdue" for step in steps) else "newer"
    return Answer(
        item.kind,
        outcome,
        answers.fallen(steps) if outcome == "does-not-hold" else told,
        item.digest,
        steps,
        verdicts,
        said=said,
        command=_COMMAND,
    )


def _said(case: Case, envelope: Envelope, logged: Logged) -> tuple[Statement, Step, Step]:
    said = statement.parse(envelope.payload)
    signed, _unused = documents.asked(case, envelope)
    if signed.state != "done":
        return said, signed, answers.unreached(2)
    try:
        receipt.said_by(envelope, case.trust, logged.received)
    except Fault as fault:
        return said, signed, answers.failed(fault)
    return said, signed, answers.passed(_("In force at the end of this copy, which is before that record."))


_COMMAND = (
    "detente-verify receipt FILE.tlog-proof --envelope FILE.envelope.json --policy YOUR.policy --state YOUR.state"
)


def _contradicted(case: Case, item: Item, logged: Logged) -> Answer:
    """A receipt that holds, for a record that the copy has with other bytes: the log has shown two trees."""
    told = _(
        "The receipt holds by this site’s policy, and record %(index)s of this copy has other bytes. Both cannot be true of one "
        "ledger. Keep the receipt and its envelope: with a later checkpoint they are evidence against the log.",
        index=number(logged.index),
    )
    steps = answers.named(
        (
            answers.passed(_("Receipt and envelope are in canonical form.")),
            answers.not_asked(_("The record of this copy is another one.")),
            answers.unreached(2),
            Step("", "overdue", _("failed"), _("This copy’s record at that index has another leaf hash.")),
            _quorum(case, logged),
            answers.unreached(4),
        )
    )
    return Answer(item.kind, "contradiction", told, item.digest, steps, command=_COMMAND)


def _refused(case: Case, item: Item, proof: Proof, envelope: Envelope | None, fault: Fault | None) -> Answer:
    """A receipt that does not hold: the step at which it fails, and what can be said of the others."""
    assert fault is not None  # it was refused for something
    witnessed = _witnessed(case, proof)
    by_quorum = witnessed.state == "overdue"
    signed, keys = documents.asked(case, envelope)
    included = answers.unreached(5) if by_quorum else answers.failed(fault)
    told = _("Receipt and envelope are in canonical form.") if envelope else _("A receipt in canonical form.")
    formed = answers.passed(told)
    steps = answers.named((formed, signed, keys, included, witnessed, answers.unreached(4)))
    at = steps[4] if by_quorum else steps[3]
    logged = Verdict(_("Logged"), "overdue", _("not shown"), at.detail, at.verifier)
    said = None
    row = None
    if envelope is not None:
        try:
            said = statement.parse(envelope.payload)
            row = case.view.statement(said.id)
        except Fault as unreadable:
            steps = (replace(answers.failed(unreadable), name=steps[0].name), *steps[1:])
    notes = (
        (_("The envelope’s statement is in record %(index)s; this receipt is not its.", index=number(row.idx)),)
        if row
        else ()
    )
    verdicts = (logged, documents.said_by(case, said, steps, keys.detail))
    return Answer(
        item.kind, "does-not-hold", answers.fallen(steps), item.digest, steps, verdicts, row, said, _COMMAND, notes
    )


def _included(logged: Logged) -> Step:
    text = _("Record %(index)s, received %(time)s UTC, in the tree of size %(size)s.")
    values = {
        "index": number(logged.index),
        "time": second(utc(logged.received) or ""),
        "size": number(logged.checkpoint.size),
    }
    return answers.passed(text % values)


def _witnessed(case: Case, proof: Proof) -> Step:
    try:
        accepted = case.policy.accept(proof.checkpoint, now=case.now)
    except Fault as fault:
        return answers.failed(fault)
    return _cosigned(case, accepted.cosigned)


def _quorum(case: Case, logged: Logged) -> Step:
    return _cosigned(case, logged.cosigned)


def _cosigned(case: Case, cosigned: dict[str, int]) -> Step:
    if case.policy.quorum is None:
        return answers.undecided(_("This copy’s policy names no quorum of witnesses."))
    names = {case.policy.witnesses[name].key.name for name in cosigned}
    told = ngettext(
        "%(num)s witness cosigned it, as this site’s policy asks.",
        "%(num)s witnesses cosigned it, as this site’s policy asks.",
        len(names),
    )
    return answers.passed(told)


def _of_another(case: Case, item: Item, proof: Proof) -> Answer:
    told = _("It is a receipt of another ledger than the one that this site holds, which can say nothing about it.")
    steps = (
        answers.passed(_("A receipt in canonical form.")),
        *(answers.not_asked(_("Another ledger’s keys and records are not here.")) for _n in range(5)),
    )
    facts = {"ledger": proof.checkpoint.origin}
    return Answer(item.kind, "other-ledger", told, item.digest, answers.named(steps), command=_COMMAND, facts=facts)
