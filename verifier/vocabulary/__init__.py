"""The vocabulary: what each statement type may say. Types, definitions, catalogues, labels are data beside this file.

A type is one file, `types/<type>.json`: a JSON Schema (2020-12) of the body, and next to it
`x-number` (short, stable), `x-family`, `x-roles` (kinds of participant that issue it), `x-relations` (see Relation),
`x-anchors` (date fields a rule may count from), `x-clear` (pointers never sealed, nor are the anchors), `x-quiet`
(pointers that the quiet profile seals; `*` is each item of a list), `x-exercise` (whether it may be said within a drill),
`x-exercise-only` (field -> values that are for rehearsals alone; may be absent), `x-example` (a file). A new type is a new
file; no code of the vocabulary names a type.
The charter fixes the vocabulary by its digest. Source: JSON Schema 2020-12.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from verifier.errors import Fault
from verifier.vocabulary.rules import check_rules

__all__ = ["Relation", "Type", "Vocabulary", "check_rules", "load", "require"]

_ROOMS: Mapping[str, Path] = {"1": Path(__file__).parent}
_FIXED = ("definitions.json", "types/*.json", "catalogues/*.json")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that a statement may or must have to earlier ones; a type has at most one of each `rel`.

    `types`: what it may point at ("*" is any type). `own`: only at statements of the same party. `least`, `most`: how
    many. `when`: field -> values. Where each of these fields of the body is one of its values, at least one is needed;
    otherwise there may be none.
    """

    rel: str
    types: tuple[str, ...]
    own: bool
    least: int
    most: int
    when: Mapping[str, Sequence[Any]] | None

    def admits(self, type_name: str) -> bool:
        """Whether this relation may point at a statement of that type."""
        return "*" in self.types or type_name in self.types

    def span(self, body: Mapping[str, Any]) -> tuple[int, int]:
        """How many of this relation a statement with this body has: at least, at most."""
        if self.when is None:
            return self.least, self.most
        if all(body.get(field) in values for field, values in self.when.items()):
            return max(1, self.least), self.most
        return 0, 0


class Type:
    """One statement type: its members are the file's; `validate` judges a body."""

    def __init__(self, name: str, schema: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self.name = name
        self.schema = schema
        self._vocabulary = vocabulary
        self.number: int = schema["x-number"]
        self.family: str = schema["x-family"]
        self.roles: tuple[str, ...] = tuple(schema["x-roles"])
        self.relations: tuple[Relation, ...] = tuple(_relation(row) for row in schema["x-relations"])
        self.anchors: tuple[str, ...] = tuple(schema["x-anchors"])
        self.quiet: tuple[str, ...] = tuple(schema["x-quiet"])
        self.exercise: bool = schema["x-exercise"]
        self.exercise_only: Mapping[str, Sequence[Any]] = schema.get("x-exercise-only", {})
        self.clear: tuple[str, ...] = (*schema["x-clear"], *(f"/body/{field}" for field in self.anchors))

    def __repr__(self) -> str:
        return f"Type({self.name!r})"

    @cached_property
    def _validator(self) -> Any:
        from verifier.vocabulary import validation

        return validation.compiled(self.schema, self._vocabulary.definitions)

    def validate(self, body: Any, sealed: Collection[str] = ()) -> None:
        """Check a statement's body against this type's schema.

        `sealed`: JSON pointers ("/body/…") whose values the statement only commits to; a null there is accepted. Raises
        Fault `statement.schema`, where = pointer of the first error, evidence["errors"] = the first few
        {pointer, message, say}, which `sentences.worded` words in any language; `statement.sealed` if a pointer is sealed
        that must be readable or that holds no null; `rule.…` if the type has a member `rules` and a rule in it cannot be
        judged.
        """
        if sealed or not self._validator.is_valid(body):
            self._explain(body, sealed)
        if "rules" in self.schema["properties"]:
            check_rules(body["rules"], self._vocabulary)

    def _explain(self, body: Any, sealed: Collection[str]) -> None:
        """Raise for what is wrong with the body, unless sealing explains all of it."""
        from verifier.vocabulary import validation

        validation.check_sealed(body, sealed, self.clear)
        found = validation.errors(self._validator, body, sealed, self.schema, self._vocabulary.definitions)
        if found:
            where, message = found[0]["pointer"], found[0]["message"]
            raise Fault("statement.schema", f"{self.name}: {message}", where=where, evidence={"errors": found})

    def check_exercise(self, body: Mapping[str, Any], marked: bool) -> None:
        """Check that a statement with this body may be marked as part of a drill, or may be unmarked.

        Raises Fault `statement.exercise`.
        """
        if marked and not self.exercise:
            raise Fault("statement.exercise", f"a {self.name} is never part of a rehearsal", where="/exercise")
        for field in () if marked else self.exercise_only:
            if self.rehearsed(f"/body/{field}", body.get(field)):
                told = f"{body[field]!r} is for rehearsals alone, and this {self.name} is not marked as one"
                raise Fault("statement.exercise", told, where=f"/body/{field}")

    def rehearsed(self, pointer: str, value: Any) -> bool:
        """Whether this value at this pointer ("/body/…") is for statements marked as part of a drill alone."""
        return value in self.exercise_only.get(pointer.removeprefix("/body/"), ())

    def quiet_of(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The pointers that the quiet profile seals in this body: those of `quiet`, with `*` written out for each item."""
        found: list[str] = []
        for pointer in self.quiet:
            whole, star, _ = pointer.partition("/*")
            items = body.get(whole.removeprefix("/body/")) if star else None
            found += [f"{whole}/{n}" for n in range(len(items or ()))] if star else [pointer]
        return tuple(found)

    def check_relations(self, body: Mapping[str, Any], rels: Sequence[str]) -> None:
        """Check, from the statement alone, how it relates to earlier ones: known relations, their number, and `when`.

        `rels`: the `rel` of each entry of `relates`. Raises Fault `statement.relation`, where = pointer into `relates`.
        """
        known = {row.rel for row in self.relations}
        for n, rel in enumerate(rels):
            if rel not in known:
                can = ", ".join(sorted(known)) or "none"
                message = f"a {self.name} has no relation {rel!r}; it has: {can}"
                raise Fault("statement.relation", message, where=f"/relates/{n}")
        for row in self.relations:
            least, most = row.span(body)
            count = sum(rel == row.rel for rel in rels)
            if not least <= count <= most:
                asked = str(least) if least == most else f"{least} to {most}"
                message = f"a {self.name} with this body has {asked} relations {row.rel!r}, not {count}"
                evidence = {"rel": row.rel, "least": least, "most": most}
                raise Fault("statement.relation", message, where="/relates", evidence=evidence)


def _relation(row: Mapping[str, Any]) -> Relation:
    when = {field: list(values) for field, values in row["when"].items()} if row["when"] else None
    return Relation(row["rel"], tuple(row["types"]), row["own"], row["least"], row["most"], when)


class Vocabulary:
    """Types, definitions and catalogues of one version. A charter fixes their `digest`."""

    def __init__(self, version: str, room: Path) -> None:
        files = {path.relative_to(room).as_posix(): path.read_bytes() for glob in _FIXED for path in room.glob(glob)}
        prints = {name: sha256(raw).hexdigest() for name, raw in files.items()}
        canonical = json.dumps(prints, sort_keys=True, separators=(",", ":"))  # ASCII strings alone: RFC 8785 bytes
        self._room = room
        self._files = files
        self.version = version
        self.digest = sha256(canonical.encode()).hexdigest()
        self.definitions: Mapping[str, Any] = json.loads(files["definitions.json"])
        self.types: Mapping[str, Type] = MappingProxyType(
            {
                name: Type(name, json.loads(files[f"types/{name}.json"]), self)
                for name in sorted(path[6:-5] for path in files if path.startswith("types/"))
            }
        )

    def type(self, name: str) -> Type:
        """The type of that name. Raises Fault `statement.type` if this vocabulary has none."""
        found = self.types.get(name)
        if found is None:
            raise Fault("statement.type", f"the vocabulary has no statement type {name!r}", where="/type")
        return found

    @cached_property
    def _rule_validator(self) -> Any:
        from verifier.vocabulary import validation

        return validation.compiled({"$ref": f"{self.definitions['$id']}#/$defs/rule"}, self.definitions)

    def rule_errors(self, rule: Any) -> list[dict[str, Any]]:
        """What is wrong with the form of one rule: {pointer, message, say}, the rule itself being "/body"; else empty."""
        if self._rule_validator.is_valid(rule):
            return []
        from verifier.vocabulary import validation

        return validation.errors(self._rule_validator, rule, (), {}, self.definitions)

    @property
    def catalogues(self) -> tuple[str, ...]:
        """The ids of the catalogues, sorted."""
        return tuple(sorted(path[11:-5] for path in self._files if path.startswith("catalogues/")))

    @cache  # noqa: B019 - a vocabulary lives as long as the program
    def catalogue(self, name: str, language: str = "en") -> Mapping[str, Any]:
        """A catalogue: id, title, source, url, note, unchecked, entries {code: {name, text, …}}. KeyError: no such one.

        Title, note, names and texts are by language: English always, and `language` (one that has labels; each answer is
        kept) from the section `catalogues` of these, the English text where they have none. Translations are in no digest.
        `unchecked` lists the codes whose paraphrase nobody has compared with the official text yet.
        """
        found: dict[str, Any] = json.loads(self._files[f"catalogues/{name}.json"])
        if language == "en":
            return found
        try:
            told = self.labels(language).get("catalogues", {}).get(name, {})
        except KeyError:
            told = {}
        entries = told.get("entries", {})
        for row, words in ((found, told), *((row, entries.get(code, {})) for code, row in found["entries"].items())):
            for member in {"title", "note", "name", "text"} & row.keys():
                row[member][language] = words.get(member, row[member]["en"])
        return found

    @cache  # noqa: B019
    def labels(self, language: str = "en") -> Mapping[str, Any]:
        """What pages and forms call things: fields, types, families, relations, choices. KeyError: no such language."""
        path = self._room / "labels" / f"{language}.json"
        if not language.isalpha() or not path.is_file():
            raise KeyError(language)
        found: Mapping[str, Any] = json.loads(path.read_bytes())
        return found

    @cache  # noqa: B019
    def example(self, name: str) -> Mapping[str, Any]:
        """A worked, fictional example of a type: type, party, office, language, title, addressees, relates, body."""
        path = self._room / "types" / self.types[name].schema["x-example"]
        found: Mapping[str, Any] = json.loads(path.read_bytes())
        return found


def load(version: str = "1") -> Vocabulary:
    """The vocabulary of that version, read once. Raises Fault `vocabulary.unknown`."""
    return _loaded(version)


@cache
def _loaded(version: str) -> Vocabulary:
    if version not in _ROOMS:
        raise Fault(
            "vocabulary.unknown",
            f"this verifier holds no vocabulary of version {version!r}",
            evidence={"held": sorted(_ROOMS)},
        )
    return Vocabulary(version, _ROOMS[version])


def require(version: str, digest: str) -> Vocabulary:
    """The vocabulary that a charter fixes. Raises Fault `vocabulary.unknown` if this verifier does not hold it."""
    held = load(version)
    if held.digest != digest:
        raise Fault(
            "vocabulary.unknown",
            f"the charter fixes vocabulary {digest}, this verifier holds {held.digest}",
            evidence={"version": version, "asked": digest, "held": held.digest},
        )
    return held
