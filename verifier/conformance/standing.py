"""Who is party to what, as of a moment: the charter and its amendments, pledges, joint texts. Source: docs/CONFORMANCE.md."""

from __future__ import annotations

from typing import Any

from verifier.conformance.bindings import Bindings, Source
from verifier.conformance.case import Case
from verifier.conformance.texts import Dated, Texts, date
from verifier.formats.times import format_utc


def standing(case: Case, asked: int) -> dict[str, Any]:
    """The standing of every text that can bind, as of `asked` (seconds, UTC): JSON members, `as_of` None without a moment.

    `texts`: {statement, record, type, party, in_force (from when, or None), bound: [{party, from, to}], bound_now, rules (ids);
    corrections: [{statement, objections_until, objections, standing: open, objected, made or retracted}]; of a joint text also
    {needed, required, open_until, adherences: [{party, statement, witnessed, binding}]}.
    """
    moment = case.moment(asked)
    if moment is None:
        return {"ledger": case.ledger, "as_of": None, "parties": [], "texts": []}
    texts = Texts(case, moment)
    bindings = Bindings(case, texts)
    return {
        "ledger": case.ledger,
        "as_of": format_utc(moment),
        "parties": [_party(code, kind, bindings, moment) for code, kind in sorted(case.kinds.items())],
        "texts": [_text(source, texts, moment) for source in bindings.sources],
    }


def _party(code: str, kind: str, bindings: Bindings, moment: int) -> dict[str, Any]:
    spans = bindings.members.get(code, ())
    bound = [source.id for source in bindings.sources if source.binds_at(code, moment)]
    return {"party": code, "kind": kind, "member": [span.as_json() for span in spans], "bound_by": bound}


def _text(source: Source, texts: Texts, moment: int) -> dict[str, Any]:
    spans = [span for found in source.bound.values() for span in found]
    said = source.said
    row: dict[str, Any] = {
        "statement": said.id,
        "record": said.record,
        "type": said.type,
        "party": said.party,
        "in_force": format_utc(min(span.start for span in spans)) if spans else None,
        "bound": [{"party": code, **span.as_json()} for code, found in sorted(source.bound.items()) for span in found],
        "bound_now": sorted(code for code in source.bound if source.binds_at(code, moment)),
        "rules": [rule["id"] for rule in source.rules],
        "corrections": [_correction(one, texts, moment) for one in texts.effects("corrects", said.record)],
    }
    if "adherents" in said.fields:
        row["needed"] = said.fields["adherents"]
        row["required"] = list(said.fields.get("required", ()))
        until = date(said.fields, "open_until")
        row["open_until"] = None if until is None else format_utc(until)
        row["adherences"] = [_adherence(one) for one in texts.effects("adheres", said.record)]
    return row


def _adherence(one: Dated) -> dict[str, Any]:
    return {
        "party": one.party,
        "statement": one.id,
        "witnessed": format_utc(one.before),
        "binding": not one.fields.get("subject_to_approval"),
    }


def _correction(one: Dated, texts: Texts, moment: int) -> dict[str, Any]:
    """A correction of errors: made once its window has passed without an objection in time. It changes no field of a rule."""
    until = date(one.fields, "objections_until")
    objected = [said for said in texts.effects("objects", one.record) if until is None or said.before <= until]
    standing = "objected" if objected else "open" if until is not None and moment <= until else "made"
    return {
        "statement": one.id,
        "objections_until": None if until is None else format_utc(until),
        "objections": [{"party": said.party, "statement": said.id} for said in objected],
        "standing": "retracted" if texts.retraction(one.record) else standing,
    }
