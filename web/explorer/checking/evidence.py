"""Files of evidence and checkpoints: judged by the policy of this copy, which is not the reader's own."""

from __future__ import annotations

from verifier import evidence
from verifier.errors import Fault
from verifier.formats.checkpoint import Checkpoint
from web.explorer.checking import answers, documents
from web.explorer.checking.answers import Answer
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.records.ladder import Step
from web.explorer.wording.words import N_, _, ngettext, number

_ROLES = {
    "log key": N_("the log’s key"),
    "log key and quorum": N_("the log’s key and a quorum of witnesses"),
    "witness key": N_("a witness’s key"),
    "party's key": N_("a party’s key"),
}


def answer(case: Case, item: Item) -> Answer:
    """The answer for a file of evidence: what it proves, and against which keys in which role."""
    command = f"detente-verify evidence FILE --policy YOUR.policy --charter {case.view.charter}"
    try:
        found = evidence.check(item.raw, case.policy, case.view.charter)
    except Fault as fault:
        if fault.code != "evidence.insufficient":
            return documents.broken(item, fault)
        steps = _judged(Step("", "unknown", _("not shown"), str(fault), verifier=True), answers.unreached(2))
        told = _(
            "The file is well formed. By this site’s policy it does not prove what it says; by another policy it may."
        )
        return Answer(item.kind, "no-evidence", told, item.digest, steps, command=command)
    keys = answers.passed(_("It speaks against %(role)s, and against nobody else.", role=_(_ROLES[found.role])))
    steps = _judged(answers.passed(_("Every signature that it rests on is true.")), keys)
    note = _("Evidence speaks of keys. Who held a key, and why it signed, it does not say.")
    told = _("It proves what the next line says, to everybody who holds this policy.")
    facts = {"proves": found.proves, "evidence_kind": found.kind, "role": found.role, "keys": list(found.keys)}
    return Answer(item.kind, "evidence", told, item.digest, steps, command=command, notes=(note,), facts=facts)


def _judged(signatures: Step, keys: Step) -> tuple[Step, ...]:
    within = _("Judged within the file, as its kind asks.")
    formed = answers.passed(_("A file of evidence in canonical form."))
    rest = answers.passed(within) if keys.state == "done" else answers.unreached(2)
    return answers.named((formed, signatures, keys, rest, rest, answers.not_asked(_("Evidence has no later word."))))


def checkpoint(case: Case, item: Item) -> Answer:
    """The answer for a checkpoint that stands alone: is it believed, and does it agree with what this copy holds."""
    point: Checkpoint = item.value
    try:
        accepted = case.policy.accept(point, now=case.now)
    except Fault as fault:
        steps = _pointed(answers.not_asked(_("A checkpoint covers records; it is in none.")), answers.failed(fault))
        return Answer(item.kind, "does-not-hold", answers.fallen(steps), item.digest, steps)
    held = _root(case, point)
    told_by = ngettext(
        "%(num)s witness cosigned it, as this site’s policy asks.",
        "%(num)s witnesses cosigned it, as this site’s policy asks.",
        len({case.policy.witnesses[name].key.name for name in accepted.cosigned}),
    )
    steps = _pointed(held, answers.passed(told_by))
    facts = {"size": point.size, "root": point.root.hex(), "ledger": point.origin}
    if held.state == "overdue":
        told = _(
            "Signed and witnessed, with another root than this copy has for that size. Keep it: with this copy’s checkpoint it "
            "is evidence."
        )
        return Answer(item.kind, "contradiction", told, item.digest, steps, facts=facts)
    told = _("It covers %(records)s.", records=ngettext("%(num)s record", "%(num)s records", point.size))
    return Answer(item.kind, "checkpoint", told, item.digest, steps, facts=facts)


def _pointed(included: Step, witnessed: Step) -> tuple[Step, ...]:
    formed = answers.passed(_("A checkpoint in canonical form."))
    none = answers.not_asked(_("A checkpoint holds no statement."))
    return answers.named((formed, none, none, included, witnessed, none))


def _root(case: Case, point: Checkpoint) -> Step:
    """Whether the copy has the same root for that size: the entries of its history say."""
    query = "SELECT count(*) FROM checkpoints WHERE size = ? AND root = ?"
    same = case.view.number(query, (point.size, point.root))
    other = case.view.number("SELECT count(*) FROM checkpoints WHERE size = ? AND root != ?", (point.size, point.root))
    if other and not same:
        return Step("", "overdue", _("failed"), _("This copy’s checkpoint of that size has another root."))
    if same:
        return answers.passed(_("This copy’s checkpoint of that size has the same root."))
    return answers.undecided(
        _("This copy has no checkpoint of size %(size)s to compare it with.", size=number(point.size))
    )
