"""The check itself: everything that was given is told apart, then answered for by the module of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from verifier.errors import Fault
from web.explorer.checking import digests, disclosures, documents, evidence, given, receipts, recognise, reports
from web.explorer.checking.answers import Answer
from web.explorer.checking.case import Case
from web.explorer.checking.recognise import Item
from web.explorer.copy.view import View
from web.explorer.wording.words import N_, _

_PAGES = N_("What the pages of the PDF show was not checked, only the files inside it: read the statement itself.")
_SAME_POLICY = N_("The policy inside the PDF is the one by which this copy was audited, to the byte.")
_BY_KIND: Mapping[str, Callable[[Case, Item], Answer | None]] = {
    "receipt": receipts.answer,
    "handed": disclosures.answer,
    "opening": disclosures.single,
    "envelope": documents.answer,
    "record": documents.answer,
    "statement": documents.answer,
    "evidence": evidence.answer,
    "report": reports.answer,
    "checkpoint": evidence.checkpoint,
    "digest": digests.answer,
    "index": digests.numbered,
    "public-key": digests.key,
    "vkey": digests.verifier_key,
    "policy": digests.policy,
    "file": digests.file,
    "pdf": digests.file,
}
"""Kind -> what answers for it, in the order in which answers are given: a receipt speaks for its envelope too."""


def check(view: View, pieces: list[bytes], *, now: int) -> list[Answer]:
    """The answers for what was given. `now`: seconds, UTC. The copy must not be empty. Raises Fault `http.too-large`."""
    items = [item for raw in pieces for item in recognise.items(raw)]
    given.require_few(len(items))
    case = Case(view, now, items)
    order = list(_BY_KIND)
    found: list[Answer] = []
    asked = [item for item in items if not _carries_policy(case, item)] or items
    beside = [_(_PAGES), *([_(_SAME_POLICY)] if len(asked) < len(items) else [])]
    for item in sorted(asked, key=lambda one: order.index(one.kind)):
        answer = _answered(case, item)
        if answer is not None and item.origin:
            answer = replace(answer, notes=(*answer.notes, *beside))
        if answer is not None:
            found.append(answer)
    return found


def _carries_policy(case: Case, item: Item) -> bool:
    """Whether it is this copy's own policy that came inside a PDF: what the PDF is about is the document beside it."""
    return item.kind == "policy" and bool(item.origin) and item.raw == case.policy.text


def _answered(case: Case, item: Item) -> Answer | None:
    """A kind's answer; a fault that the verifier raises on the way is what is wrong with the thing that was given."""
    if item.fault is not None:
        # A statement may name a file that only looks like something else.
        return digests.named(case, item, item.digest) or documents.broken(item, item.fault)
    try:
        return _BY_KIND[item.kind](case, item)
    except Fault as fault:
        return documents.broken(item, fault)
