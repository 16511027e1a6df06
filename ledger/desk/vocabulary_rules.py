"""The vocabulary's page on rules: the four kinds, each with a rule of that kind in data and in words, and what rules may read.

Markdown, written from the definitions and from the rules that the examples of types hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from verifier.vocabulary import Type, Vocabulary
from verifier.vocabulary.readable import moments, readable
from verifier.vocabulary.rendering import sentences

KINDS = ("deadline", "recurrence", "limit", "abstention")
PARTS = ("rules", "rule", "rule_id", "trigger", "selector", "where", "expectation", "season")
"""The definitions that rules alone use, in the order in which the page tells of them; KINDS come first."""
_INTRODUCTION = """
## Rules

A promise of which a program can say, from the log alone, whether it was kept. {holders} hold `rules`.
There are four kinds, no more: [deadline](#form-deadline), [recurrence](#form-recurrence), [limit](#form-limit),
[abstention](#form-abstention). What stands in no rule is a promise all the same. A rule that asks for what cannot be done (a
field that no type has, a relation that cannot hold, a debtor who can never owe it) is refused with the text that holds it.

How rules are judged is in [CONFORMANCE.md](CONFORMANCE.md). [EXAMPLES.md](EXAMPLES.md) shows every form of them with its
verdict."""
_READ = """
### What a rule may read

`where` reads enumerations, whole numbers, true and false, codes and digests, and lists of these; never free text. A sealed
value is unknown until it is opened. An anchor that is a date, and the moment at which a limit counts, is one of the dates.

| type | dates to count from | fields for `where` |
|---|---|---|"""
Rule = Mapping[str, Any]


def lines(words: Vocabulary, form: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """The section. `form`: name of a definition -> the lines that tell of it."""
    holders = [kind.name for kind in words.types.values() if "rules" in _members(kind)]
    yield _INTRODUCTION.format(holders=", ".join(f"[{name}](#{name})" for name in holders))
    for kind in KINDS:
        rule, above = _example(words, kind)
        yield f"\n### {kind}"
        yield from form(kind)
        yield f"\n```json\n{json.dumps(rule, ensure_ascii=False)}\n```"
        yield f"\n> {' '.join(sentences(rule, above=above))}"
    yield "\n### Parts of rules"
    for name in PARTS:
        yield from form(name)
    yield _READ
    for kind_ in words.types.values():
        dates, fields = kind_.anchors, _fields(kind_, words)
        if dates or fields:
            yield f"| [{kind_.name}](#{kind_.name}) | {_codes(dates)} | {_codes(fields)} |"


def _members(kind: Type) -> Mapping[str, Any]:
    members: Mapping[str, Any] = kind.schema["properties"]
    return {**members, **members["changes"]["properties"]} if "changes" in members else members


def _example(words: Vocabulary, kind: str) -> tuple[Rule, Mapping[str, Rule]]:
    """The first rule of that kind that a type's example holds, and the rules of the same text by their ids."""
    for name in words.types:
        rules = words.example(name)["body"].get("rules", ())
        for rule in rules:
            if rule["kind"] == kind:
                return rule, {one["id"]: one for one in rules}
    raise KeyError(f"no example of a type holds a rule of kind {kind}")


def _fields(kind: Type, words: Vocabulary) -> list[str]:
    """What a selector may name: members of the body itself that rules read, without the moments."""
    definitions = words.definitions
    found = readable(kind, definitions) - moments(kind, definitions)
    return [name for name in kind.schema["properties"] if name in found]


def _codes(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"
