"""Hashes, ids and numbers, and files that are known by their digest alone: what of them the record knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verifier.formats.note import VerifierKey
from verifier.keys import PublicKey
from web.explorer.checking import answers, documents
from web.explorer.checking.answers import Answer
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.rows import Row
from web.explorer.promises.words import status as told_status
from web.explorer.records import ladder
from web.explorer.records.ladder import Step
from web.explorer.wording import kinds
from web.explorer.wording.words import _, number, octets


def answer(case: Case, item: Item) -> Answer:
    """The answer for a digest or id: of a statement, of a record, of a file that a statement names, or of a key."""
    return _known(case, item, item.value) or _absent(case, item, item.value)


def numbered(case: Case, item: Item) -> Answer:
    """The answer for a record's number."""
    row = case.view.record(item.value)
    if row is None:
        text = _("This copy holds the records 0 to %(last)s. That does not mean that there is no record %(index)s.")
        told = text % {"last": number(case.view.size - 1), "index": number(item.value)}
        return Answer(item.kind, "not-found", told, item.digest, _steps(answers.not_found(told)))
    note = _("A number was given; the steps judge the stored record of that number.")
    return documents.concluded(case, item, ladder.climb(case.view, row), [note])


def file(case: Case, item: Item) -> Answer:
    """The answer for a file of no kind that is known: whether a statement names it, by its digest."""
    found = named(case, item, item.digest)
    if found is not None:
        return found
    note = _(
        "A file that was saved again, scanned or printed to PDF has another digest. Ask the sender for the original file."
    )
    return _absent(case, item, item.digest, (octets(len(item.raw)), note))


def key(case: Case, item: Item) -> Answer:
    """The answer for a public key in PEM."""
    given: PublicKey = item.value
    found = _key(case, item, given.keyid)
    return found or _absent(case, item, given.keyid)


def verifier_key(case: Case, item: Item) -> Answer:
    """The answer for the verifier key of a log or a witness."""
    given: VerifierKey = item.value
    roles = {
        _("a log key"): case.policy.log_keys,
        _("a witness’s key"): case.policy.witness_keys,
    }
    role = next((name for name, keys in roles.items() if any(one.vkey == given.vkey for one in keys)), None)
    if role is None:
        told = _("This site’s policy does not name this key. That does not mean that nobody uses it.")
        return Answer(item.kind, "not-found", told, item.digest, _steps(answers.not_found(told)))
    told = _("This site’s policy names it as %(role)s.", role=role)
    return Answer(item.kind, "key", told, item.digest, _steps(answers.not_asked(told)))


def policy(case: Case, item: Item) -> Answer:
    """The answer for a trust policy: whether it is the one by which this copy was audited."""
    same = item.raw == case.policy.text
    told = (
        _("It is the one by which this copy was audited, to the byte.")
        if same
        else _(
            "It is not the one by which this copy was audited. No document is judged by a policy that came inside it."
        )
        if item.origin
        else _("It is not the one by which this copy was audited. A check in your browser can judge by it.")
    )
    return Answer(item.kind, "policy", told, item.digest, _steps(answers.not_asked(told)))


def _known(case: Case, item: Item, digest: str) -> Answer | None:
    row = case.view.statement(digest) or case.view.by_digest(digest)
    if row is not None:
        note = _("A digest was given; the steps judge the stored statement that has it.")
        return documents.concluded(case, item, ladder.climb(case.view, row), [note])
    return (
        named(case, item, digest)
        or _key(case, item, digest)
        or _obligation(case, item, digest)
        or _judgement(case, item, digest)
        or _mentioned(case, item, digest)
    )


def _obligation(case: Case, item: Item, digest: str) -> Answer | None:
    """The obligation of this id, as the copy's judgement has it."""
    one = Judged(case.view).one(digest)
    if one is None:
        return None
    told = _(
        "It is owed by %(party)s; its status here is: %(status)s.",
        party=one.row["debtor"],
        status=told_status(one.status),
    )
    facts = {"obligation": dict(one.row), "address": f"/obligations/{one.id}", "judged_for": one.exercise}
    return Answer(item.kind, "obligation", told, digest, _steps(answers.not_asked(told)), facts=facts)


def _judgement(case: Case, item: Item, digest: str) -> Answer | None:
    """This copy's own report, by its digest."""
    judged = Judged(case.view).real
    if judged is None or judged.sha256 != digest:
        return None
    told = _(
        "The report on all obligations up to record %(last)s has this digest. Equal inputs give equal digests: repeat it.",
        last=number(judged.size - 1),
    )
    facts = {"inputs": dict(judged.inputs), "address": "/obligations"}
    return Answer(item.kind, "judgement", told, digest, _steps(answers.not_asked(told)), facts=facts)


def _mentioned(case: Case, item: Item, digest: str) -> Answer | None:
    """The first statement that has a digest in its text: of a report, of a text agreed elsewhere."""
    row = naming(case, digest)
    if row is None:
        return None
    about = documents.concluded(case, item, ladder.climb(case.view, row), [])
    told = _("Record %(index)s has this digest in its text. The steps judge that record: %(outcome)s.")
    words = told % {"index": number(row.idx), "outcome": about.word}
    return replace(about, outcome="mentioned", told=words, digest=digest, notes=(about.told,))


def naming(case: Case, digest: str) -> Row | None:
    """The first statement that stands and has a digest in its body."""
    query = "SELECT rowid FROM words WHERE words MATCH :match ORDER BY rowid LIMIT 50"
    for (index,) in case.view.select(query, {"match": f'{{body}} : "{digest}"'}):
        row = case.view.record(index)
        if row is not None and row.stands:
            return row
    return None


def named(case: Case, item: Item, digest: str) -> Answer | None:
    """The statement that names a file by its digest: the first that stands."""
    rows = case.view.naming(digest)
    if not rows:
        return None
    row = next((one for one in rows if one.stands), rows[0])
    climbed = ladder.climb(case.view, row)
    about = documents.concluded(case, item, climbed, [])
    entry: dict[str, Any] = (
        next((one for one in climbed.said.attachments if one["digest"] == digest), {}) if climbed.said else {}
    )
    told = _("Record %(index)s names exactly this file. The steps judge that record: %(outcome)s.")
    words = told % {"index": number(row.idx), "outcome": about.word}
    facts = {"attachment": entry, "records": [one.idx for one in rows]}
    return replace(about, outcome="named", told=words, digest=digest, notes=(about.told,), facts=facts)


def _key(case: Case, item: Item, digest: str) -> Answer | None:
    """A key by its keyid, or a signer by its id."""
    ring = case.trust.ring
    signer = ring.signers.get(digest) or ring.signers.get(ring.holder.get(digest, ""))
    if signer is None:
        return None
    offices = [name for name, office in ring.offices.get(signer.party, {}).items() if signer.id in office.signers]
    registered = case.trust.registry.get(signer.party)
    name = kinds.name_of(registered.names) if registered else signer.party
    revoked = ring.revoked.get(signer.id)
    told = _("A key of %(party)s. Offices in whose name it may sign now: %(offices)s.")
    words = told % {"party": name, "offices": _(", ").join(offices) or _("none")}
    if revoked is not None:
        words = _("A key of %(party)s. It was revoked in record %(index)s.", party=name, index=number(revoked.record))
    facts = {"party": signer.party, "signer": signer.id, "keys": list(signer.keys), "offices": offices}
    return Answer(item.kind, "key", words, digest, _steps(answers.not_asked(words)), facts=facts)


def _absent(case: Case, item: Item, digest: str, notes: tuple[str, ...] = ()) -> Answer:
    searched = answers.not_found(_("No statement id, record digest, attachment digest or key id matches."))
    return Answer(item.kind, "not-found", documents.absent(case), digest, _steps(searched), notes=notes)


def _steps(found: Step) -> tuple[Step, ...]:
    """The steps for what is compared by its digest alone."""
    by_digest = Step("", "unknown", _("by digest"), _("Compared by its digest alone."), reached=False)
    none = answers.not_asked(_("It holds no signature that this site can read."))
    return answers.named((by_digest, none, answers.unreached(2), found, answers.unreached(4), answers.unreached(4)))
