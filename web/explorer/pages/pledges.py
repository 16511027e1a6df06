"""The pages about texts that hold rules: the list, one text with its rules in words, and parties side by side under a norm."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from verifier import vocabulary
from verifier.errors import Fault
from web.explorer.answers import Asked, Page
from web.explorer.copy.judged_types import Text, Wanted
from web.explorer.copy.judged_view import Judged
from web.explorer.pages.obligations import states
from web.explorer.promises import words as told
from web.explorer.promises.facts import Teller, head
from web.explorer.records import listing
from web.explorer.wording import kinds
from web.explorer.wording.words import _, first_upper, utc

_NEWEST = 5
"""How many obligations of a rule a page shows; a link leads to all."""
PAGE = 40
"""How many texts a page lists."""
_NAMED = 6
"""How many texts a norm lists in the list of pledges, the first ones."""
_BESIDE = 6
"""How many parties stand beside a text under its norm, those first in order of code."""
_NORMS = ("un-norms", "osce-cbms", "un-cbms", "house")
MOST_COMPARED = 6


def pledges(asked: Asked) -> Page:
    """The texts that hold rules, in the order of the log, and the norms that they name."""
    judged = Judged(asked.view)
    teller = Teller(judged)
    at = listing.part_of(asked.arguments)
    texts = [] if judged.real is None else judged.some_texts(PAGE + 1, at * PAGE)
    named = {} if judged.real is None else dict(judged.named())
    facts = {
        "judgement": head(judged, judged.real),
        "texts": [_summary(teller, text) for text in texts[:PAGE]],
        "norms": [
            {
                "norm": norm,
                "name": first_upper(kinds.norm(norm)),
                "total": named[norm],
                "texts": [_named(teller, one) for one in judged.under(norm, _NAMED)],
            }
            for norm in sorted(named, key=_place)
        ],
        **listing.turned("/pledges", at, len(texts) > PAGE),
    }
    return Page("pledges.html", _("Pledges and other texts with rules"), facts)


def _named(teller: Teller, text: Text) -> dict[str, Any]:
    """A text, as a norm lists those that name it."""
    return {
        "id": text.id,
        "address": f"/pledges/{text.id}",
        "party": text.party,
        "statement": teller.statement(text.id),
    }


def _place(norm: str) -> tuple[int, str, int, str]:
    """Where a norm stands: by catalogue, numbers by their size."""
    catalogue, _slash, code = norm.partition("/")
    place = _NORMS.index(catalogue) if catalogue in _NORMS else len(_NORMS)
    return place, catalogue, int(code) if re.fullmatch("[0-9]{1,6}", code) else 0, code


def _summary(teller: Teller, text: Text) -> dict[str, Any]:
    moment = teller.judged.moment
    return {
        "id": text.id,
        "address": f"/pledges/{text.id}",
        "statement": teller.statement(text.id),
        "party": text.party,
        "type": text.type,
        "norms": [{"norm": norm, "name": first_upper(kinds.norm(norm))} for norm in text.norms],
        "rules": [{"rule": rule["id"], "what": told.what(rule), "terms": told.terms(rule)} for rule in text.rules],
        "bound": [{"party": party, "from": utc(since), "to": utc(until)} for party, since, until in text.bound],
        "binds_now": text.binds(moment),
    }


def pledge(asked: Asked, statement_id: str) -> Page:
    """One text with rules: each rule in words with the obligations that it made, and beside it others under the same norm."""
    judged = Judged(asked.view)
    text = judged.text(statement_id)
    if text is None:
        worded = _("No text with rules has this id, as far as the record was judged.")
        raise Fault("explorer.not-here", worded, where=statement_id)
    teller = Teller(judged)
    names = kinds.names(asked.view.registry)
    rules = []
    for rule in text.rules:
        wanted = Wanted(source=text.id, rule=rule["id"])
        listed = judged.some(wanted, most=_NEWEST, newest=True)
        rules.append(
            {
                "rule": rule["id"],
                "data": dict(rule),
                "what": told.what(rule),
                "words": kinds.rule_told(rule, text.above, names),
                "total": judged.count(wanted),
                "address": f"/obligations?{urlencode({'source': text.id, 'rule': rule['id']})}",
                "obligations": teller.several(listed),
            }
        )
    facts = {
        "judgement": head(judged, judged.real),
        **_summary(teller, text),
        "rules": rules,
        "beside": [_beside(teller, norm, names) for norm in text.norms],
    }
    said = facts["statement"]
    return Page("pledge.html", said["title"] if said else _("Text with rules"), facts)


def _beside(teller: Teller, norm: str, names: dict[str, str]) -> dict[str, Any]:
    """The first parties that a text under a norm binds, and how many it binds in all."""
    bound = teller.judged.bound_under(norm, teller.judged.moment)
    return {**_under(teller, norm, names, bound[:_BESIDE]), "parties_total": len(bound)}


def _under(teller: Teller, norm: str, names: dict[str, str], parties: list[str] | None = None) -> dict[str, Any]:
    """The texts under one norm, by party in order of code: whom they bind now, and their rules in words."""
    catalogue, _slash, code = norm.partition("/")
    entry = vocabulary.load(kinds.VERSION).catalogue(catalogue)["entries"].get(code)
    found: dict[str, list[dict[str, Any]]] = {}
    for text in teller.judged.under(norm, parties=parties):
        own = norm if text.type == "pledge" else None  # what a pledge says of a norm, all its rules without another say
        ruled = [
            {"rule": rule["id"], "what": told.what(rule), "words": kinds.rule_told(rule, text.above, names)[1:]}
            for rule in text.rules
            if rule.get("norm", own) == norm
        ]
        for party in text.binds(teller.judged.moment):
            if parties is None or party in parties:
                row = {"id": text.id, "address": f"/pledges/{text.id}", "statement": teller.statement(text.id)}
                found.setdefault(party, []).append({**row, "rules": ruled})
    listed = parties if parties is not None else sorted(found)
    return {
        "norm": norm,
        "name": first_upper(kinds.norm(norm)),
        "text": entry["text"].get("en") if entry else None,
        "parties": [{"party": party, "texts": found.get(party, [])} for party in listed],
    }


def compare(asked: Asked) -> Page:
    """Parties side by side, norm by norm: what each has bound itself to. Nothing is added up, nobody is ranked."""
    judged = Judged(asked.view)
    known = states(asked)
    given = [code for code in re.split("[, ]+", asked.arguments.get("parties", "").strip()) if code]
    more = asked.arguments.get("with", "").strip()
    parties = sorted(set(given) | ({more} if more else set()))
    unknown = [code for code in parties if code not in known]
    if unknown:
        raise Fault(
            "explorer.filter", _("No state of this ledger has the code %(code)s.", code=unknown[0]), where="parties"
        )
    if len(parties) > MOST_COMPARED:
        raise Fault("explorer.filter", _("At most six parties stand side by side."), where="parties")
    teller, names = Teller(judged), kinds.names(asked.view.registry)
    texts = [] if judged.real is None else judged.texts()
    norms = sorted({norm for text in texts for norm in text.norms}, key=_place)
    rows = [_under(teller, norm, names, parties) for norm in norms] if parties else []
    facts = {
        "judgement": head(judged, judged.real),
        "parties": parties,
        "norms": [row for row in rows if any(cell["texts"] for cell in row["parties"])],
        "common": [_summary(teller, text) for text in texts if parties and _binds_all(text, parties, judged.moment)],
    }
    return Page("compare.html", _("Parties side by side"), facts, {"states": known})


def _binds_all(text: Text, parties: list[str], moment: int) -> bool:
    return set(parties) <= set(text.binds(moment))
