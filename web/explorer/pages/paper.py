"""A statement type as a form on paper: read from its schema and the vocabulary's labels, so that no type is named here.

Every field has a number and every choice a mark, the same in all languages: "field 14, C" can be dictated over a telephone
in one language and keyed in from a form in another. Numbers and marks follow the schema, which the charter fixes by digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from verifier import vocabulary
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _

Schema = Mapping[str, Any]
FIRST = 10
"""The number of a body's first field; smaller ones are those that every statement has."""
MARKS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Marks of choices: no I and no O, which are heard and read as digits. Longer lists are numbered."""
_COLUMNS = 5
"""Up to this many members, an entry of a list is a row of a table."""
_HINTS = {
    "period": N_("a length of time in weeks, days, hours or minutes"),
    "duration": N_("a length of time in weeks, days, hours or minutes; it may be none"),
    "month_day": N_("a day of every year, MM-DD"),
    "month": N_("a month, YYYY-MM"),
    "year": N_("a year, YYYY"),
    "hex": N_("64 characters, 0 to 9 and a to f"),
    "code": N_("a participant’s code"),
    "office": N_("an office’s name in this ledger"),
    "type_name": N_("a type of statement, by the number of its form"),
    "language": N_("a language’s code, such as en"),
    "count": N_("a whole number"),
    "index": N_("a whole number"),
    "base64": N_("too long to dictate: hand it over as a file"),
    "base64url": N_("too long to dictate: hand it over as a file"),
    "vkey": N_("too long to dictate: hand it over as a file"),
    "policy": N_("too long to dictate: hand it over as a file"),
}
"""Definition of the vocabulary -> what is to be written, where that is not plain text."""
_SHORT = {
    "period": N_("duration"),
    "duration": N_("duration"),
    "month_day": "MM-DD",
    "month": "YYYY-MM",
    "year": "YYYY",
    "hex": N_("64 characters"),
    "code": N_("code"),
    "type_name": N_("form number"),
    "language": N_("code"),
    "count": N_("number"),
    "index": N_("number"),
    "base64": N_("as a file"),
    "base64url": N_("as a file"),
    "vkey": N_("as a file"),
    "policy": N_("as a file"),
}
"""The same in a word, for a printed form that has no room for more."""
_DENSE = 72
"""A form of more than this weight (two a field, one a choice) prints without its explanations, to stay on one page."""
_LINES = {"text": 3, "policy": 2, "base64": 2, "base64url": 2, "vkey": 2}


@dataclass(frozen=True)
class Choice:
    """One thing to tick: its `mark`, its `value` in the statement, its `label`; `rehearsal`: for exercises alone."""

    mark: str
    value: str
    label: str
    rehearsal: bool = False


@dataclass(frozen=True)
class Part:
    """A field. `form`: choice (tick one), choices (tick any), line, lines, time, digest, tongues (a text in languages),
    group (fields inside), rows (a table, a row an entry) or entries (a group, copied for each further entry).
    `key`: its name in the file that is keyed in; `hint`: what to write, `short`: the same in a word; `lines`: how many lines
    or rows to write on; `several`: whether it is a list."""

    number: str
    key: str
    label: str
    help: str
    form: str
    hint: str = ""
    short: str = ""
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    parts: tuple[Part, ...] = ()
    lines: int = 1
    several: bool = False

    def to_json(self) -> dict[str, Any]:
        """The field for the JSON page."""
        return {
            "number": self.number,
            "key": self.key,
            "label": self.label,
            "form": self.form,
            "optional": self.optional,
            "several": self.several,
            "choices": [vars(one) for one in self.choices],
            "parts": [one.to_json() for one in self.parts],
        }


def body(kind: vocabulary.Type) -> list[Part]:
    """The fields of a type's body, numbered from `FIRST`, in the reader's language."""
    return _Reader(kind).members(kind.schema, "")


def dense(kind: vocabulary.Type, parts: Sequence[Part]) -> bool:
    """Whether a form has so much to fill in that on paper it does without its explanations."""
    fields = list(every(parts))
    return 2 * (len(fields) + len(kind.relations)) + sum(len(one.choices) for one in fields) > _DENSE


def every(parts: Sequence[Part]) -> Iterator[Part]:
    """The fields and all that lie in them."""
    for one in parts:
        yield one
        yield from every(one.parts)


class _Reader:
    """Reads a schema as fields."""

    def __init__(self, kind: vocabulary.Type) -> None:
        self._definitions: Schema = kinds.definitions()
        self._rehearsals = kind.exercise_only

    def members(self, schema: Schema, before: str) -> list[Part]:
        """The members of an object; `before`: the number of the field that it is, empty for the body itself."""
        found = []
        for n, (name, inner) in enumerate(schema["properties"].items()):
            number = f"{before}.{n + 1}" if before else str(FIRST + n)
            # `true`: what stands here depends on another member, as the branches say.
            part = self._part(self._of_branches(schema, name) if inner is True else inner, number, name)
            if name not in schema.get("required", ()):
                part = replace(part, optional=True)
            found.append(part)
        return found

    def _part(self, schema: Schema, number: str, key: str) -> Part:
        name, inner, optional = self._opened(schema)
        part = Part(number, key, kinds.label("fields", key), kinds.help_text("fields", key), "line", optional=optional)
        if inner.get("type") == "array":
            return self._list(part, inner)
        if "propertyNames" in inner:
            return self._by_name(part, inner)
        if "properties" in inner:
            return replace(part, form="group", parts=tuple(self.members(inner, number)))
        return self._plain(part, name, inner)

    def _plain(self, part: Part, name: str, schema: Schema) -> Part:
        """A field with one value."""
        values = self._values(schema)
        if values:
            return replace(part, form="choice", choices=self._choices(name, values, part.key))
        hint = _(_HINTS[name]) if name in _HINTS else _(_HINTS["count"]) if schema.get("type") == "integer" else ""
        known = name if name in _SHORT else "count" if schema.get("type") == "integer" else ""
        form = {"utc": "time", "hex": "digest"}.get(name) or ("lines" if name in _LINES else "line")
        return replace(part, form=form, hint=hint, short=_(_SHORT[known]) if known else "", lines=_LINES.get(name, 1))

    def _list(self, part: Part, schema: Schema) -> Part:
        name, item, _optional = self._opened(schema["items"])
        optional = part.optional or not schema.get("minItems")
        values = self._values(item)
        if values:
            choices = self._choices(name, values, part.key)
            return replace(part, form="choices", choices=choices, optional=optional)
        if "properties" in item:
            inner = tuple(self.members(item, part.number))
            short = len(inner) <= _COLUMNS and all(one.form in ("line", "choice", "time") for one in inner)
            return replace(part, form="rows" if short else "entries", parts=inner, optional=optional, lines=3)
        one = replace(self._plain(part, name, item), several=True)
        if name in ("text", "line"):
            return replace(one, form="lines", hint=_("each on a line of its own"), optional=optional, lines=3)
        hint = _("several with commas: %(each)s", each=one.hint) if one.hint else _("several with commas")
        most = schema.get("maxItems", 0)
        form, hint = ("digest", one.hint) if one.form == "digest" and most <= 2 else ("lines", hint)
        return replace(one, form=form, hint=hint, optional=optional, lines=2)

    def _by_name(self, part: Part, schema: Schema) -> Part:
        """An object whose members' names are free: one text in several languages, or values by field."""
        name, inner, _optional = self._opened(schema["additionalProperties"])
        languages = self._opened(schema["propertyNames"])[0] == "language" or str(
            schema["propertyNames"].get("$ref", "")
        ).endswith("/language")
        optional = part.optional or not schema.get("minProperties")
        if not languages:
            hint = _("a field’s name and the values that it may have")
            return replace(part, form="lines", hint=hint, optional=optional, lines=2)
        one = self._plain(part, name, inner)
        return replace(part, form="tongues", hint=one.hint, optional=optional, lines=max(1, one.lines))

    def _opened(self, schema: Any) -> tuple[str, Schema, bool]:
        """(name of the definition or "", the schema, whether it may be empty), behind references and "or null"."""
        name, optional = "", False
        while isinstance(schema, Mapping):
            branches = schema.get("anyOf", ())
            others = [one for one in branches if one.get("type") != "null"]
            if "$ref" in schema:
                name = str(schema["$ref"]).rpartition("/")[2]
                schema = self._definitions[name]
            elif others:
                optional = optional or len(others) < len(branches)
                schema = others[0]
            else:
                return name, schema, optional
        return name, {}, optional

    def _of_branches(self, schema: Schema, member: str) -> Any:
        """What a member may hold in any of the branches of an object that depends on another member (if, then)."""
        found = [
            branch["properties"][member]
            for row in schema.get("allOf", ())
            for _name, branch, _optional in [self._opened(row["then"])]
            if member in branch.get("properties", {})
        ]
        values = [value for one in found for value in self._values(self._opened(one)[1])]
        if values and len(found) > 1:
            return {"enum": list(dict.fromkeys(values))}
        return found[0] if found else {}

    def _values(self, schema: Schema) -> list[Any]:
        if schema.get("type") == "boolean":
            return [True, False]
        return list(schema.get("enum") or ([schema["const"]] if "const" in schema else []))

    def _choices(self, name: str, values: Sequence[Any], key: str) -> tuple[Choice, ...]:
        return tuple(
            Choice(_mark(n, len(values)), _spelt(value), _label(name, value), value in self._rehearsals.get(key, ()))
            for n, value in enumerate(values)
        )


def _mark(n: int, of: int) -> str:
    """The mark of choice `n` (from 0): a letter, or two digits where the list is longer than the letters."""
    return MARKS[n] if of <= len(MARKS) else f"{n + 1:02d}"


def _spelt(value: Any) -> str:
    """A value as it is keyed in."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _label(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "norm":
        return kinds.norm(str(value))
    if name in kinds.CATALOGUES:
        return kinds.entry(kinds.CATALOGUES[name], str(value))
    return kinds.label("choices", str(value))
