"""Lint of texts: characters that nobody sees, languages that are missing, handling labels where they contradict the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ledger.desk import marks
from ledger.desk.findings import ERROR, NOTE, WARNING, Finding
from ledger.desk.schemas import Schema, resolved, unless_null
from verifier import vocabulary
from verifier.statement import Statement

_LABEL = re.compile(r"TLP:\s?(RED|AMBER(\+STRICT)?|GREEN)", re.IGNORECASE)
# What turns a line around: embeddings, overrides and isolates. Two readers of the same bytes would read different texts.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TEXT_MAPS = frozenset({"texts", "names"})


def check(said: Statement) -> list[Finding]:
    """Findings on the statement's texts."""
    found = [*_hidden(said), *_labels(said)]
    kind = vocabulary.load().types.get(said.type)
    if kind is not None:
        found += _languages(said, kind.schema)
    return found


def _readable(said: Statement) -> Iterator[tuple[str, str]]:
    yield "/title", said.title
    yield from marks.texts(said.body, "/body")
    for n, row in enumerate(said.attachments):
        yield f"/attachments/{n}/name", row["name"]


def _hidden(said: Statement) -> Iterator[Finding]:
    for pointer, text in _readable(said):
        for position, name in marks.hidden(text):
            turning = text[position] in _TURNING
            told = f"Character {position + 1} cannot be seen: {name}."
            told += " It makes readers see another text." if turning else ""
            yield Finding("lint.hidden-character", ERROR if turning else WARNING, pointer, told)


def _labels(said: Statement) -> Iterator[Finding]:
    """What is readable on a public log is TLP:CLEAR in fact; another label on it contradicts itself."""
    known = set(vocabulary.load().definitions["$defs"]["tlp"]["enum"])
    for pointer, text in _readable(said):
        label = None if text in known else _LABEL.search(text)
        if label:
            told = f"The text is labelled {label[0]}, and everybody will read it: seal it, or take the label away."
            yield Finding("lint.tlp", ERROR, pointer, told)
    for n, row in enumerate(said.sealed):
        if row["tlp"] == "TLP:CLEAR":
            told = f"{row['pointer']} is sealed and labelled TLP:CLEAR, which means that everybody may read it."
            yield Finding("lint.tlp-clear", ERROR, f"/sealed/{n}/tlp", told)


def _languages(said: Statement, schema: Schema) -> Iterator[Finding]:
    """A text in several languages is authentic in each: all of a statement's texts should be there in the same ones."""
    maps = list(_text_maps(said.body, schema, "/body"))
    everywhere = {tag for _, tags in maps for tag in tags}
    for pointer, tags in maps:
        missing = sorted(everywhere - tags)
        if missing:
            told = f"Other texts of this statement are also in {', '.join(missing)}; this one is not."
            yield Finding("lint.language", WARNING, pointer, told)
        if said.language not in tags:
            told = f"The statement's language is {said.language}, and this text is not in it."
            yield Finding("lint.language-own", WARNING, pointer, told)
    if maps and len(everywhere) == 1:
        told = f"The texts are in one language alone ({next(iter(everywhere))}): no other will be authentic."
        yield Finding("lint.language-one", NOTE, maps[0][0], told)


def _text_maps(value: Any, schema: Schema, pointer: str) -> Iterator[tuple[str, set[str]]]:
    """Where the body holds a text in several languages, with the languages."""
    definitions = vocabulary.load().definitions
    if str(schema.get("$ref", "")).rpartition("/")[2] in _TEXT_MAPS and isinstance(value, dict):
        yield pointer, set(value)
        return
    schema = resolved(schema, definitions)
    inner = unless_null(schema, definitions)
    if inner is not None and value is not None:
        named = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        yield from _text_maps(value, named[0], pointer)
    elif isinstance(value, dict):
        for name, member in schema.get("properties", {}).items():
            if name in value and isinstance(member, dict):
                yield from _text_maps(value[name], member, f"{pointer}/{marks.escape(name)}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for n, item in enumerate(value):
            yield from _text_maps(item, schema["items"], f"{pointer}/{n}")
