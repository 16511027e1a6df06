"""The vocabulary as a page to read: every type with what it may say and an example of it, then rules, forms and catalogues.

Markdown, written from the data alone, so that it never says anything else than what is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from babel import Locale

from ledger.desk import vocabulary_examples, vocabulary_rules
from ledger.desk.reading import Names
from verifier import vocabulary
from verifier.vocabulary import Relation, Type, Vocabulary
from verifier.vocabulary.wording import languages

_DATA = "../verifier/vocabulary"
_PLAIN = {"boolean": "true or false", "integer": "whole number", "string": "text", "null": "null", "object": "object"}
_INTRODUCTION = """# Vocabulary {version}

What a statement can say. A type is one JSON Schema file in [`verifier/vocabulary/types`]({data}/types), with a worked,
fictional example beside it. This page is written from those files: `detente types --markdown`. What stands around a body, and
what the words relation, sealed and exercise mean, is in [FORMAT.md](FORMAT.md).

Every member of a body is always present; what is absent is `null` where that is allowed. *Set*: a list in rising order,
nothing twice. *Dates for rules*: fields that a rule may count from; they are never sealed. *Always readable*: other fields
that are never sealed. *Quiet profile*: what may be sealed when no more than type, addressees and dates should be seen; `*` is
each item of a list. Examples are cut short where a text, a digest or a list is long; *…* marks it.

Names, help and the words in which a rule is told exist in {count} languages: {languages}.
They are in no digest, so that a better word changes no log. This page is in English.
"""


def page() -> str:
    """The whole page, ending in a newline."""
    words, names = vocabulary.load(), Names("en")
    return "\n".join([*_lines(words, names), ""])


def _lines(words: Vocabulary, names: Names) -> Iterator[str]:
    yield _INTRODUCTION.format(version=words.version, data=_DATA, count=len(languages()), languages=_languages())
    families = _families(words)
    for family, kinds in families.items():
        links = ", ".join(f"[{kind.name}](#{kind.name})" for kind in kinds)
        yield f"- **{names.family(family)}**: {links}"
    yield "- [Rules](#rules) · [forms](#forms) · [catalogues](#catalogues)"
    for family, kinds in families.items():
        yield f"\n## {names.family(family)}"
        for kind in kinds:
            yield from _type(kind, names)
            yield from vocabulary_examples.lines(words, kind.name)
    yield from vocabulary_rules.lines(words, lambda name: _form_of(words, names, name))
    yield from _forms(words, names)
    yield from _catalogues(words)


def _families(words: Vocabulary) -> dict[str, list[Type]]:
    found: dict[str, list[Type]] = {}
    for kind in sorted(words.types.values(), key=lambda kind: kind.number):
        found.setdefault(kind.family, []).append(kind)
    return found


def _type(kind: Type, names: Names) -> Iterator[str]:
    yield f"\n### {kind.name}\n"
    yield f"**{names.type(kind.name)}** (number {kind.number}). {kind.schema['description']}\n"
    rehearsed = "yes" if kind.exercise else "no"
    yield f"- Issued by: {', '.join(kind.roles)}. May be rehearsed: {rehearsed}."
    for row in kind.relations:
        yield f"- Relates: {relation(row)}."
    for title, fields in (("Dates for rules", kind.anchors), ("Always readable", kind.schema["x-clear"])):
        if fields:
            yield f"- {title}: {_codes(_short(field) for field in fields)}."
    if kind.quiet:
        yield f"- Quiet profile: {_codes(map(_short, kind.quiet))}."
    for field, values in kind.exercise_only.items():
        yield f"- In rehearsals alone: `{field}` {_codes(values)}."
    yield f"- [Schema]({_DATA}/types/{kind.name}.json), [example]({_DATA}/examples/{kind.name}.json)."
    yield from _members(kind.schema, names)


def relation(row: Relation) -> str:
    """A relation in a sentence's words: its name, how many, to what."""
    count = str(row.most) if row.least == row.most else f"{row.least} to {row.most}"
    types = "any statement" if "*" in row.types else _codes(row.types, " or ")
    own = " of its own" if row.own else ""
    told = f"`{row.rel}`, {count}, to {types}{own}"
    for field, values in (row.when or {}).items():
        told += f"; at least one where `{field}` is {_codes(values, ' or ')}, none otherwise"
    return told


def _members(schema: Mapping[str, Any], names: Names) -> Iterator[str]:
    rows = list(_rows(schema, "", names))
    if rows:
        yield "\n| member | form | meaning |\n|---|---|---|"
        yield from (f"| `{name}` | {form} | {told} |" for name, form, told in rows)


def _rows(schema: Mapping[str, Any], before: str, names: Names) -> Iterator[tuple[str, str, str]]:
    """(name, form, description) of every member, those inside an object or a list of objects after it."""
    for name, member in schema.get("properties", {}).items():
        if member is True:  # of a rule: which form it has depends on the rule's kind
            yield f"{before}{name}", "as its kind says", f"{names.field(name)}."
            continue
        inner = _inside(member)
        told = member.get("description") or (inner.get("description") if inner is not member else "")
        told = told or names.help("fields", name) or f"{names.field(name)}."
        yield f"{before}{name}", _form(member), _cell(told)
        listed = "[]" if _unless_null(member).get("type") == "array" else ""
        yield from _rows(inner, f"{before}{name}{listed}.", names)


def _unless_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    others: list[Mapping[str, Any]] = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return others[0] if len(others) == 1 else schema


def _inside(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that a member is, or is a list of; the schema itself if it is neither."""
    plain = _unless_null(schema)
    found: Mapping[str, Any] = plain.get("items", plain)
    return found


def _form(schema: Mapping[str, Any]) -> str:
    """What may stand where this schema judges, in a few words; what several types share is a link."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_form(one) for one in schema["anyOf"]))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#form-{name})"
    if "enum" in schema or "const" in schema:
        return _codes(schema.get("enum") or [schema["const"]])
    return _plain(schema)


def _plain(schema: Mapping[str, Any]) -> str:
    kind = schema["type"]
    if kind == "array":
        return f"{'set' if schema.get('x-sorted') else 'list'} of {_form(schema['items'])}{_span(schema)}"
    if kind == "object" and "propertyNames" in schema:
        return f"{_form(schema['propertyNames'])} → {_form(schema['additionalProperties'])}"
    if isinstance(kind, list):
        return " or ".join(_PLAIN[one] for one in kind)
    return _cell(schema.get("x-form", "")) or _PLAIN[kind] + _span(schema)


def _span(schema: Mapping[str, Any]) -> str:
    units = (("Items", ""), ("Length", " characters"), ("imum", ""))
    for name, unit in units:
        least, most = schema.get(f"min{name}"), schema.get(f"max{name}")
        if most is not None:
            return f" ({least or 0} to {most}{unit})"
    return ""


def _languages() -> str:
    """The languages that have labels, by their English names."""
    found = sorted(str(Locale(code).get_display_name("en")) for code in languages())
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _forms(words: Vocabulary, names: Names) -> Iterator[str]:
    yield "\n## Forms\n\nWhat members of several types share."
    for name in words.definitions["$defs"]:
        if name not in (*vocabulary_rules.KINDS, *vocabulary_rules.PARTS):
            yield from _form_of(words, names, name)


def _form_of(words: Vocabulary, names: Names, name: str) -> Iterator[str]:
    """One definition: what it is, and its members."""
    schema = words.definitions["$defs"][name]
    told = schema.get("description", "")
    yield f'\n<a id="form-{name}"></a>**{name}**: {_form(schema)}.{f" {told}" if told else ""}'
    yield from _members(schema, names)


def _catalogues(words: Vocabulary) -> Iterator[str]:
    yield "\n## Catalogues\n\nThe sentences are this project's paraphrase; the official text alone is authentic."
    for name in words.catalogues:
        found = words.catalogue(name)
        yield f"\n**{name}**: {found['title']['en']}. Source: {found['source']}.\n\n| code | name | paraphrase |\n|---|---|---|"
        for code, entry in found["entries"].items():
            yield f"| `{code}` | {_cell(entry['name']['en'])} | {_cell(entry['text']['en'])} |"


def _short(pointer: str) -> str:
    return "all" if pointer == "/body" else pointer.removeprefix("/body/")


def _codes(values: Any, between: str = ", ") -> str:
    return between.join(f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
