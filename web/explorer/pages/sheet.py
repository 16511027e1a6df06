"""The file that a form on paper is keyed into: YAML that `detente draft --from` takes, each line with its number on the form.

Every line begins with "#": who keys in takes that away where the paper has something, and writes it there. A line with two
stays a comment. So an untouched line says nothing, and the same file serves every office.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier.vocabulary import Type
from web.explorer.pages.paper import Part
from web.explorer.wording import kinds
from web.explorer.wording.words import _, number

MEDIA_TYPE = "application/yaml; charset=utf-8"
_WIDTH = 118
_COLUMN = 34
"""Where the comment of a line begins."""


def name_of(kind: Type) -> str:
    """What the file is called."""
    return f"form-{kind.number}.yaml"


def text(kind: Type, relations: Sequence[Mapping[str, Any]], parts: Sequence[Part], digest: str) -> str:
    """The file, in the reader's language. `relations`: as the form has them; `digest`: of the vocabulary."""
    lines = [*_head(kind, digest), *_common(kind), *_relations(relations), "", "body:", *_members(parts, 1)]
    return "\n".join(lines) + "\n"


def _head(kind: Type, digest: str) -> Iterator[str]:
    told = (
        _("Form %(number)s: %(type)s", number=number(kind.number), type=kinds.label("types", kind.name)),
        _(
            "Numbers and marks are those of the printed form, of the vocabulary with the digest %(digest)s.",
            digest=digest,
        ),
        _("Take the first # away from each line that is filled in on paper, and write the value behind the colon."),
        _(
            "A mark stands for the word behind it: for “11, B” write the word behind B. A star marks what must be filled in."
        ),
        _("Then run: %(command)s", command=f"detente draft {kind.name} --from {name_of(kind)}"),
    )
    for line in told:
        yield from _comment(line, 0)
    yield ""


def _common(kind: Type) -> Iterator[str]:
    yield _line(0, "party:", f"2 {_('Party')} *")
    yield _line(0, "office:", f"3 {_('Office')} *")
    yield _line(0, "issued:", f"4 {_('Issued')} *, 2026-01-31T09:30:00Z")
    yield _line(0, "language:", f"5 {_('Language of the statement')} *")
    yield _line(0, "addressees: []", f"6 {_('Addressees')} *, [XA, XB]; A = []")
    yield _line(0, "title:", f"7 {_('Title')} *")
    if kind.exercise:
        yield _line(0, "exercise:", f"8 B {_('yes, of the drill in record')}")


def _relations(relations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if relations:
        yield _line(0, "relates:", "")
    for one in relations:
        star = " *" if one["least"] else ""
        yield _line(0, f"- {{rel: {one['rel']}, statement: }}", f"{one['number']} {kinds.relation(one['rel'])}{star}")


def _members(parts: Sequence[Part], depth: int) -> Iterator[str]:
    for one in parts:
        yield from _part(one, depth)


def _part(one: Part, depth: int) -> Iterator[str]:
    said = f"{one.number} {one.label}{'' if one.optional else ' *'}"
    if one.form in ("choice", "choices"):
        marks = ", ".join(_mark(choice.mark, choice.value, choice.label) for choice in one.choices)
        yield from _comment(f"{said}: {marks}", depth)
        yield _line(depth, f"{one.key}:{' []' if one.form == 'choices' else ''}", one.number)
    elif one.form == "tongues":
        yield _line(depth, f"{one.key}:", said)
        yield _line(depth + 1, "en:", "")
    elif one.form in ("group", "rows", "entries"):
        yield _line(depth, f"{one.key}:", said)
        inner = list(_members(one.parts, depth + 1))
        yield from inner if one.form == "group" else _entry(inner, depth)
    else:
        beside = f"{said}, {one.hint}" if one.hint else said
        yield _line(depth, f"{one.key}:{' []' if one.several else ''}", beside)


def _mark(mark: str, value: str, label: str) -> str:
    return f"{mark} = {value}" if value == label else f"{mark} = {value} ({label})"


def _entry(inner: Sequence[str], depth: int) -> Iterator[str]:
    """The members of a list's entry: the first has the dash; copied for each further entry."""
    indent = "  " * depth
    dashed = False
    for line in inner:
        if not dashed and not line.startswith("##"):
            dashed = True
            yield f"#{indent}- {line[1:].lstrip()}"
        else:
            yield line


def _line(depth: int, member: str, beside: str) -> str:
    """A line to fill in, and behind it what it is: on one line, whatever a label holds."""
    told = " ".join(beside.split())
    start = f"#{'  ' * depth}{member}"
    return f"{start:<{_COLUMN}} # {told}" if told else start


def _comment(told: str, depth: int) -> Iterator[str]:
    """A comment, broken at its spaces."""
    begin = f"##{'  ' * depth} "
    line = begin.rstrip()
    for word in told.split():
        if len(line) + 1 + len(word) > _WIDTH and line.strip("# "):
            yield line
            line = begin + " "
        line = f"{line} {word}"
    yield line
