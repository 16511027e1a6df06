"""Verifiers' reports on obligations: who signed one, who published its digest, and whether this site judges the same."""

from __future__ import annotations

from hashlib import sha256

from verifier.conformance import signing
from verifier.conformance.signing import Read
from verifier.errors import Fault
from web.explorer.checking import answers, digests, documents
from web.explorer.checking.answers import Answer, Verdict
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.copy.judged_view import Judged
from web.explorer.records.ladder import Step
from web.explorer.wording import kinds
from web.explorer.wording.words import _, number, octets


def answer(case: Case, item: Item) -> Answer:
    """The answer for a report, signed or bare. Its digest is that of the report alone, without signatures."""
    found: Read = item.value
    digest = sha256(found.raw).hexdigest()
    if found.members["ledger"] != case.view.ledger:
        return _elsewhere(item, digest)
    signed, by = _signed(case, found)
    published = digests.naming(case, digest)
    formed = answers.passed(
        _("A report in canonical form, %(size)s; its digest is shown.", size=octets(len(found.raw)))
    )
    included = (
        answers.passed(_("Record %(index)s publishes this digest.", index=number(published.idx)))
        if published
        else answers.not_found(_("No record up to %(last)s names this digest.", last=number(case.view.size - 1)))
    )
    none = answers.not_asked(_("A report is not witnessed; the record that names it is."))
    steps = answers.named((formed, signed, signed if signed.state != "done" else _office(by), included, none, none))
    if signed.state == "overdue":
        return Answer(item.kind, "does-not-hold", answers.fallen(steps), digest, steps)
    outcome, told = _outcome(case, digest, by, published is not None)
    same = _same(case, digest)
    verdicts = (
        Verdict(_("Logged"), included.state, included.word, included.detail),
        Verdict(_("Signed by a verifier"), signed.state, signed.word, signed.detail, signed.verifier),
    )
    return Answer(
        item.kind, outcome, told, digest, steps, verdicts, published, notes=(same,) if same else (), command=_COMMAND
    )


_COMMAND = "detente-verify compare-reports FILE OTHER.report.json"


def _signed(case: Case, found: Read) -> tuple[Step, list[str]]:
    """(the step "signatures", the parties whose keys signed)."""
    if not found.signatures:
        return answers.not_asked(_("Nobody has signed this report.")), []
    try:
        keyids = signing.require_signed(found, case.trust.book)
    except Fault as fault:
        if fault.code == "envelope.unknown-key":
            return answers.undecided(_("This copy does not know the key that signed it.")), []
        return answers.failed(fault), []
    ring = case.trust.ring
    parties = {ring.signers[holder].party for one in keyids if (holder := ring.holder.get(one)) in ring.signers}
    known = case.trust.registry
    names = [kinds.name_of(known[code].names) if code in known else code for code in sorted(parties)]
    return answers.passed(_("Valid signatures of: %(parties)s.", parties=_(", ").join(names))), sorted(parties)


def _office(parties: list[str]) -> Step:
    return answers.passed(_("Keys of %(parties)s, which the record knows.", parties=", ".join(parties)))


def _outcome(case: Case, digest: str, by: list[str], published: bool) -> tuple[str, str]:
    if published:
        return "published", _("A record names exactly this report. What the report says is its verifier’s own finding.")
    if by:
        told = _("It is signed by a party of this ledger, and no record that this copy holds names it.")
        return "unpublished", told
    return "not-found", documents.absent(case)


def _same(case: Case, digest: str) -> str:
    """Whether this site's own judgement has the same digest: equal inputs give equal digests."""
    judged = Judged(case.view).real
    return _("This site’s own judgement has the same digest.") if judged and judged.sha256 == digest else ""


def _elsewhere(item: Item, digest: str) -> Answer:
    told = _("It is made for another ledger than the one that this site holds, which can say nothing about it.")
    return Answer(item.kind, "other-ledger", told, digest, answers.named([answers.not_asked(told)] * 6))
