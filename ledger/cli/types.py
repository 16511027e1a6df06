"""`detente types`: the statement types of the vocabulary, and what one of them holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import vocabulary_page
from ledger.desk.drafting import type_named
from ledger.desk.reading import Names
from ledger.desk.schemas import resolved, unless_null
from verifier import vocabulary
from verifier.vocabulary import Relation, Type


@click.command()
@click.argument("type_name", metavar="[TYPE]", required=False)
@click.option(
    "--example", is_flag=True, help="Print a worked example of TYPE, to be edited and given to `detente draft --from`."
)
@click.option("--markdown", is_flag=True, help="Print the whole vocabulary as a page, as docs/VOCABULARY.md.")
@options.json_flag
def types(type_name: str | None, example: bool, markdown: bool, as_json: bool) -> None:
    """List the statement types; or say who may issue TYPE, what it relates to and which members its body has."""
    if markdown:
        ports().say(vocabulary_page.page().removesuffix("\n"))
        return
    names = Names()
    if type_name is None:
        _list(names, as_json)
        return
    kind = type_named(type_name)
    if example:
        ports().say(json.dumps(vocabulary.load().example(type_name), indent=2, ensure_ascii=False))
    elif as_json:
        ports().show_json(dict(kind.schema))
    else:
        for line in _lines(type_name, kind, names):
            ports().say(line)


def _list(names: Names, as_json: bool) -> None:
    found = vocabulary.load().types
    if as_json:
        ports().show_json(
            [{"type": name, "family": kind.family, "label": names.type(name)} for name, kind in found.items()]
        )
        return
    width = max(map(len, found))
    for name, kind in sorted(found.items(), key=lambda row: row[1].number):
        ports().say(f"{name:<{width}}  {names.family(kind.family):<14}  {names.type(name)}")


def _lines(name: str, kind: Type, names: Names) -> Iterator[str]:
    yield f"{names.type(name)} ({name})"
    yield from filter(None, [names.help("types", name)])
    yield f"Issued by: {', '.join(kind.roles)}"
    yield f"Rehearsed: {'yes, marked with the drill' if kind.exercise else 'never'}"
    for row in kind.relations:
        whose = " of its own" if row.own else ""
        yield f"Relates:   {row.rel} ({names.relation(row.rel)}) {_span(row)} {', '.join(row.types)}{whose}"
    yield "Members:"
    for member, schema in kind.schema["properties"].items():
        told = names.told(member, str(schema.get("description") or ""))
        yield f"  {member:<20} {names.field(member)}: {_form(schema)}{'. ' + told if told else ''}"


def _span(row: Relation) -> str:
    count = "exactly" if row.least == row.most else f"{row.least} to"
    when = f", if {', '.join(f'{field} is {_any(values)}' for field, values in row.when.items())}" if row.when else ""
    return f"to {count} {row.most}{when}:"


def _any(values: Any) -> str:
    return " or ".join(map(str, values))


def _form(schema: Mapping[str, Any]) -> str:
    """What a member is, in a few words."""
    definitions = vocabulary.load().definitions
    found = resolved(schema, definitions)
    inner = unless_null(found, definitions)
    if inner is not None:
        return f"{_form(inner)}, or null"
    if "enum" in found:
        return "one of " + ", ".join(map(str, found["enum"]))
    if found.get("type") == "array":
        return f"list: {_form(found['items'])}"
    if found.get("type") == "object":
        return "texts by language" if "propertyNames" in found else "object"
    return str(
        found.get("x-form")
        or {"boolean": "true or false", "integer": "a whole number"}.get(found.get("type", ""), "text")
    )
