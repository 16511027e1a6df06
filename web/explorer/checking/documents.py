"""Statements, envelopes and records: found in the copy by the statement's id, or judged as what may still be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from verifier import examine, statement
from verifier.errors import Fault
from verifier.formats.envelope import Envelope
from verifier.statement import Statement
from web.explorer.checking import answers
from web.explorer.checking.answers import Answer, Verdict
from web.explorer.checking.case import Case, moment
from web.explorer.checking.recognise import Item
from web.explorer.copy.rows import Row
from web.explorer.records import keys_then, ladder
from web.explorer.records.files import stem
from web.explorer.records.ladder import Ladder, Step
from web.explorer.wording.words import _, ngettext, number, octets


def answer(case: Case, item: Item) -> Answer | None:
    """The answer for a statement, an envelope or a record; None if another answer speaks for it already."""
    envelope: Envelope | None = None
    if item.kind == "statement":
        payload = item.raw
        if any(one.payload == payload for one in case.envelopes):
            return None
    else:
        envelope = item.value if item.kind == "envelope" else item.value.envelope
        if envelope in case.used:
            return None
        payload = envelope.payload
    row = case.view.statement(sha256(payload).hexdigest())
    return in_record(case, item, row, envelope) if row else unrecorded(case, item, payload, envelope)


def in_record(case: Case, item: Item, row: Row, envelope: Envelope | None, notes: Sequence[str] = ()) -> Answer:
    """The answer for a statement that the copy holds: the ladder of its record, with the signatures that were given."""
    climbed = ladder.climb(case.view, row)
    told = list(notes)
    if envelope is not None and climbed.entry is not None and envelope != climbed.entry.envelope:
        told.append(_("Other signature bytes were given than those that are logged; step 2 judges those given."))
        climbed.steps = answers.named((climbed.steps[0], _signatures(case, envelope), *climbed.steps[2:]))
    elif envelope is None:
        told.append(_("No signatures were given with it; the steps judge those of the logged envelope."))
    return concluded(case, item, climbed, told)


def concluded(case: Case, item: Item, climbed: Ladder, notes: Sequence[str]) -> Answer:
    """The answer for a record whose ladder was climbed."""
    outcome, told = _outcome(case, climbed)
    name = stem(climbed.row)
    return Answer(
        item.kind,
        outcome,
        told,
        item.digest,
        climbed.steps,
        _verdicts(case, climbed),
        climbed.row,
        climbed.said,
        f"detente-verify receipt {name}.tlog-proof --envelope {name}.envelope.json --policy YOUR.policy --state YOUR.state",
        tuple(notes),
    )


def _outcome(case: Case, climbed: Ladder) -> tuple[str, str]:
    """The outcome of a climbed ladder, and its sentence."""
    steps, row, said = climbed.steps, climbed.row, climbed.said
    if not row.stands:
        text = _(
            "Record %(index)s holds it, but the audit has a finding on it and judges the record as if it were absent."
        )
        return "absent", text % {"index": number(row.idx)}
    if said is None or any(step.state == "overdue" for step in steps):
        return "does-not-hold", answers.fallen(steps)
    party, when = case.party(said), moment(row)
    if climbed.changes and steps[5].state == "amended":
        rel, later = climbed.changes[-1]
        text = _("Signed by %(party)s, witnessed by %(time)s UTC. Record %(index)s came later: read both.")
        return answers.CHANGED_BY[rel], text % {"party": party, "time": when or "–", "index": number(later.idx)}
    if steps[5].state == "unknown":
        return "contested", _(
            "Signed by a key of %(party)s, which says that by then the key was not its own.", party=party
        )
    if when is None or any(step.state != "done" for step in steps):
        return "in-record-open", _("Signed by %(party)s. Not every step is decided yet.", party=party)
    text = _("Signed by %(party)s, witnessed by %(time)s UTC. Nothing newer replaces it.")
    return "in-record", text % {"party": party, "time": when}


def _verdicts(case: Case, climbed: Ladder) -> tuple[Verdict, ...]:
    """Logged, and said by: never one."""
    steps, row = climbed.steps, climbed.row
    logged = _worst((steps[0], *steps[3:5]), _("Record %(index)s.", index=number(row.idx)))
    name = case.party(climbed.said) if climbed.said else (row.party or "–")
    said = _worst(steps[:3], _("By the keys in force at record %(index)s.", index=number(row.idx)))
    return (replace(logged, name=_("Logged")), replace(said, name=_("Said by %(party)s", party=name)))


def _worst(steps: Sequence[Step], told: str) -> Verdict:
    """A verdict that holds if all its steps do, else is that of the first that does not."""
    open_one = next((step for step in steps if step.state != "done"), None)
    if open_one is None:
        return Verdict("", "done", _("yes"), told)
    word = _("not shown") if open_one.state == "overdue" else open_one.word
    return Verdict("", open_one.state, word, open_one.detail, open_one.verifier)


def said_by(case: Case, said: Statement | None, steps: Sequence[Step], told: str) -> Verdict:
    """The verdict "said by", from the first three steps; `told`: by which keys, where they hold."""
    name = _("Said by %(party)s", party=case.party(said)) if said else _("Said by a party")
    return replace(_worst(steps[:3], told), name=name)


def unrecorded(case: Case, item: Item, payload: bytes, envelope: Envelope | None) -> Answer:
    """The answer for a statement that no record of the copy holds."""
    try:
        said = statement.parse(payload)
    except Fault as fault:
        return broken(item, fault)
    if said.ledger != case.view.ledger:
        return _of_another_ledger(case, item, said)
    formed = answers.passed(_("A statement in canonical form, %(size)s; its id is shown.", size=octets(len(payload))))
    signed, keys = asked(case, envelope)
    included = answers.not_found(_("No record up to %(last)s holds it.", last=number(case.view.size - 1)))
    if keys.state == "done":
        included = replace(included, state="open", word=_("not yet"))
    steps = answers.named((formed, signed, keys, included, answers.unreached(4), answers.unreached(4)))
    outcome, told = _unrecorded_outcome(case, said, steps, keys)
    verdicts = (
        Verdict(_("Logged"), included.state, included.word, included.detail),
        said_by(case, said, steps, _("By the keys in force at the end of this copy.")),
    )
    command = "detente-verify statement FILE.envelope.json --state YOUR.state" if envelope else None
    return Answer(item.kind, outcome, told, item.digest, steps, verdicts, None, said, command, _notes(case, said, keys))


def _unrecorded_outcome(case: Case, said: Statement, steps: Sequence[Step], keys: Step) -> tuple[str, str]:
    if any(step.state == "overdue" for step in steps):
        return "does-not-hold", answers.fallen(steps)
    last = number(case.view.size - 1)
    if keys.state == "done":
        text = _(
            "The signatures of %(party)s are valid. No record up to %(last)s holds it, so it has no witnessed time and no "
            "deadline is met by it."
        )
        return "signed", text % {"party": case.party(said), "last": last}
    return "not-found", absent(case)


def absent(case: Case) -> str:
    """That the copy holds nothing of this digest, and what that does not mean."""
    return _(
        "Nothing in records 0 to %(last)s has this digest. That does not mean that the document does not exist, or that no "
        "state issued it.",
        last=number(case.view.size - 1),
    )


def _notes(case: Case, said: Statement, keys: Step) -> tuple[str, ...]:
    other = case.taken(said)
    notes = []
    if other is not None:
        text = _(
            "Record %(index)s holds another statement of this office under the same number, so this one cannot be recorded."
        )
        notes.append(text % {"index": number(other.idx)})
    if keys.state == "done":
        notes.append(
            _("If you hold a receipt for it, check the receipt too: a receipt whose record is missing is evidence.")
        )
    return tuple(notes)


def asked(case: Case, envelope: Envelope | None) -> tuple[Step, Step]:
    """The steps "signatures" and "keys" of an envelope: judged at its record if one holds it, else at the copy's end."""
    if envelope is None:
        return answers.not_asked(_("No signatures were given with it.")), answers.unreached(2)
    signed = _signatures(case, envelope)
    if signed.state != "done":
        return signed, answers.unreached(2)
    row = case.view.statement(sha256(envelope.payload).hexdigest())
    try:
        if row is not None and row.received is not None and row.stands:
            keys_then.require_said(case.trust, envelope, row.idx, row.received)
            return signed, answers.passed(_("In force at record %(index)s.", index=number(row.idx)))
        case.trust.require_said(examine.examine(envelope, case.trust.book, case.trust.version), case.now)
    except Fault as fault:
        return signed, answers.failed(fault)
    return signed, answers.passed(_("In force now; judged again when it is recorded."))


def _signatures(case: Case, envelope: Envelope) -> Step:
    """Whether all signatures are true, and exactly those of the statement's signers."""
    try:
        said = statement.parse(envelope.payload)
        unknown = examine.verify_signatures(envelope, case.trust.book)
    except Fault as fault:
        return answers.failed(fault)
    keyids = [keyid for keyid, _signature in envelope.signatures]
    if unknown:
        told = _("This copy does not know these keys: %(keys)s.", keys=", ".join(unknown))
        return answers.undecided(told)
    ring = case.trust.ring.signers
    if keyids != sorted(keyid for one in said.signers if one in ring for keyid in ring[one].keys):
        return Step("", "overdue", _("failed"), _("The envelope does not hold exactly the signatures of its signers."))
    return answers.passed(
        _(
            "%(signatures)s by %(signers)s, and no others.",
            signatures=ngettext("%(num)s valid signature", "%(num)s valid signatures", len(keyids)),
            signers=ngettext("%(num)s signer", "%(num)s signers", len(said.signers)),
        )
    )


def _of_another_ledger(case: Case, item: Item, said: Statement) -> Answer:
    told = _("It is made for another ledger than the one that this site holds, which can say nothing about it.")
    steps = (
        answers.passed(_("A statement in canonical form, %(size)s; its id is shown.", size=octets(len(said.payload)))),
        *(answers.not_asked(_("Another ledger’s keys and records are not here.")) for _n in range(5)),
    )
    facts = {"ledger": said.ledger}
    return Answer(item.kind, "other-ledger", told, item.digest, answers.named(steps), said=said, facts=facts)


def broken(item: Item, fault: Fault) -> Answer:
    """The answer for what looks like a kind and has not its form."""
    steps = answers.named((answers.failed(fault), *(answers.unreached(1) for _n in range(5))))
    return Answer(item.kind, "does-not-hold", answers.fallen(steps), item.digest, steps)
