"""The words of a state, made unable to pass for anything else: for a calendar, a table, a note in another program.

No library escapes what only looks like structure: line breaks, characters that turn a line around, characters that nobody
sees. Here each of them becomes visible, so a text of a state fills one line, and what stands before its colon is ours.
Source: Unicode 15, general categories; docs/EXPORTS.md, section "Words of a state".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from verifier import sealing, vocabulary
from verifier.formats import reader
from verifier.statement import Statement
from verifier.vocabulary.wording import words

EXERCISE = "EXERCISE EXERCISE EXERCISE"
"""What every export says first of a statement that is marked as part of a drill."""
NEW_LINE = "⏎"
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# Joiners change letters' shape in many scripts and belong to correct spelling there; they break and turn no line.
_JOINERS = frozenset("\u200c\u200d")
# A code: nothing that could be read as more than one word, so a list of them may share a line.
_WORD = re.compile(r"[A-Za-z0-9-]{1,40}")
_ITEM = re.compile(r"0|[1-9][0-9]{0,5}")


def visible(text: str) -> str:
    """`text` on one line: a line feed as ⏎, any other character that is not seen as its code point, [U+202E]."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(mark) for mark in text)


def _shown(mark: str) -> str:
    if mark == "\n":
        return NEW_LINE
    if unicodedata.category(mark) in _HIDDEN and mark not in _JOINERS:
        return f"[U+{ord(mark):04X}]"
    return mark


def banner(exercise: str | None) -> str:
    """What a title begins with where the statement is marked as part of a drill; empty where it is not."""
    return f"{EXERCISE}: " if exercise else ""


def label(section: str, code: str) -> str:
    """What the vocabulary calls a type or a field (English); the code itself where it has no words."""
    found = words()[section].get(code, code)
    return visible(str(found["label"] if isinstance(found, dict) else found))


def told(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """A value of a body as lines "Label: words", one for each text, number and truth in it; null says nothing.

    `path`: the labels of what it lies in.
    """
    if isinstance(value, dict):
        for name, member in value.items():
            yield from told(member, (*path, label("fields", name)))
    elif isinstance(value, list) and value and all(isinstance(item, str) and _WORD.fullmatch(item) for item in value):
        yield f"{', '.join(path)}: {', '.join(value)}"
    elif isinstance(value, list):
        for n, item in enumerate(value, 1):
            yield from told(item, (*path[:-1], f"{path[-1] if path else ''} {n}".strip()))
    elif value is not None:
        yield f"{', '.join(path)}: {_plain(value)}"


def told_body(said: Statement) -> list[str]:
    """A statement's body as such lines, in the order of its type's schema; of a disclosure, what it opens."""
    if said.type == "disclosure":
        rows = [line for pointer, value in opened(said) for line in told(value, ("Opened", *_steps(pointer)))]
        return [*rows, *told({"remark": said.body["remark"]})]
    kind = vocabulary.load().types.get(said.type)
    names = [*kind.schema["properties"]] if kind else []
    ordered = {name: said.body[name] for name in [*names, *sorted(said.body.keys() - set(names))] if name in said.body}
    return list(told(ordered))


def opened(said: Statement) -> list[tuple[str, Any]]:
    """(pointer, value) of what a disclosure opens; decoys, which have no value, are left out. The audit has checked them."""
    found = []
    for row in said.body["disclosures"]:
        held = sealing.read(row["disclosure"], where="/body/disclosures")
        if held.name is not None:
            found.append((row["pointer"], held.value))
    return found


def _steps(pointer: str) -> list[str]:
    """The steps of a pointer into a body, in words; the place in a list counted from one."""
    steps = pointer.removeprefix("/body/").split("/")
    return [str(reader.decimal(step) + 1) if _ITEM.fullmatch(step) else label("fields", step) for step in steps]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(str(value))


def sealed(said: Statement) -> list[str]:
    """One line for each part that the statement only commits to: what it is, its TLP 2.0 label, when it is to be opened."""
    found = []
    for row in said.sealed:
        opens = f"to be opened {row['opens']}" if row["opens"] else "no date of opening"
        found.append(f"Sealed: {', '.join(_steps(row['pointer']))} ({row['tlp']}, {opens})")
    return found
