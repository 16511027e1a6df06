"""The forms: every statement type on paper, to be filled in by hand, dictated over a telephone and keyed in later."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from werkzeug.routing import BaseConverter

from verifier import vocabulary
from verifier.errors import Fault
from verifier.vocabulary import Relation, Type
from web.explorer.answers import Answers, Asked, Page, download
from web.explorer.copy.view import View
from web.explorer.pages import paper, sheet
from web.explorer.wording import kinds
from web.explorer.wording.words import _, number


class _Kind(BaseConverter):
    """The name of a statement type in an address."""

    regex = "[a-z][a-z0-9-]{0,62}"


def install(app: Flask, answers: Answers) -> None:
    """Give an app its forms."""
    app.url_map.converters["kind"] = _Kind
    answers.add("/forms", forms)
    answers.add("/forms/<kind:type_name>", form)
    app.add_url_rule("/forms/<kind:type_name>.yaml", "form_sheet", keyed)


def forms(asked: Asked) -> Page:
    """Every form, by family and number."""
    known = vocabulary.load(kinds.VERSION).types
    facts = {
        "families": [
            {
                "family": family,
                "label": kinds.label("families", family),
                "forms": [_head(known[name]) for name in names],
            }
            for family, names in kinds.types().items()
        ]
    }
    return Page("forms.html", _("Forms"), facts)


def _kind(type_name: str) -> Type:
    kind = vocabulary.load(kinds.VERSION).types.get(type_name)
    if kind is None:
        text = _("The vocabulary has no statement type “%(name)s”.", name=type_name)
        raise Fault("explorer.not-here", text, where=f"/forms/{type_name}")
    return kind


def keyed(type_name: str) -> Response:
    """The file that a form on paper is keyed into, which `detente draft` takes; comments in the reader's language."""
    kind = _kind(type_name)
    relations = [_relation(one, n) for n, one in enumerate(kind.relations)]
    body = sheet.text(kind, relations, paper.body(kind), kinds.digest(kinds.VERSION)).encode()
    return download(body, sheet.MEDIA_TYPE, sheet.name_of(kind), 0)


def form(asked: Asked, type_name: str) -> Page:
    """One statement type as a form to print: its fields by number, its choices by mark."""
    kind = _kind(type_name)
    parts = paper.body(kind)
    facts = {
        **_head(kind),
        "vocabulary": {"version": kinds.VERSION, "digest": kinds.digest(kinds.VERSION)},
        "offices": _offices(asked.view, kind),
        "may_rehearse": kind.exercise,
        "relations": [_relation(one, n) for n, one in enumerate(kind.relations)],
        "fields": [one.to_json() for one in parts],
        "command": f"detente draft {kind.name} --from {sheet.name_of(kind)}",
        "sheet": f"/forms/{kind.name}.yaml",
    }
    title = _("Form %(number)s: %(type)s", number=number(kind.number), type=kinds.label("types", kind.name))
    return Page("form.html", title, facts, {"fields": parts, "dense": paper.dense(kind, parts)})


def _head(kind: Type) -> dict[str, Any]:
    """A form in short."""
    return {
        "number": kind.number,
        "type": kind.name,
        "label": kinds.label("types", kind.name),
        "help": kinds.help_text("types", kind.name),
        "family": kind.family,
        "family_label": kinds.label("families", kind.family),
        "issued_by": list(kind.roles),
        "issued_by_labels": [kinds.label("choices", role) for role in kind.roles],
        "address": f"/forms/{kind.name}",
    }


def _relation(one: Relation, n: int) -> dict[str, Any]:
    """A relation to write down: its number on the form, what it may point at, how many there must and may be."""
    types = [] if "*" in one.types else sorted(one.types, key=_by_number)
    return {
        "number": f"9.{n + 1}",
        "rel": one.rel,
        "types": types,
        "type_labels": [kinds.label("types", name) for name in types],
        "own": one.own,
        "least": one.least,
        "most": one.most,
        "when": one.when,
        "when_labels": [
            {
                "field": kinds.label("fields", field),
                "values": [kinds.label("choices", str(value)) for value in values],
            }
            for field, values in (one.when or {}).items()
        ],
    }


def _by_number(name: str) -> int:
    return vocabulary.load(kinds.VERSION).types[name].number


def _offices(view: View, kind: Type) -> list[str]:
    """The offices that this ledger's charter lets issue the type; none while it is not known."""
    charter = None if view.empty else view.trust.charter
    return [] if charter is None else sorted(name for name, types in charter.matrix.items() if kind.name in types)
