"""A statement in readable words: what an official sees before signing. Labels come from the vocabulary, never from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from ledger.desk import tongue
from ledger.desk.schemas import Schema, resolved, unless_null
from verifier import vocabulary
from verifier.formats import reader
from verifier.statement import Statement
from verifier.vocabulary import wording

_WIDTH = 24


def words(said: Statement, language: str | None = None) -> list[str]:
    """The statement as lines of text: who says it, to whom, under which number, and every member of its body."""
    names = Names(language)
    kind = vocabulary.load().types.get(said.type)
    to = ", ".join(said.addressees) or "all parties"
    rows = [
        *([f"*** EXERCISE: part of the drill {said.exercise} ***"] if said.exercise else []),
        said.title,
        f"{names.type(said.type)} ({said.type})",
        _row("Ledger", said.ledger),
        _row("From", f"{said.party}, office {said.office}, statement {said.sequence} of that office"),
        _row("To", to),
        _row("Issued", said.issued),
        _row("Language", said.language),
        *(_row(names.relation(row.rel).capitalize(), row.statement) for row in said.relates),
        *names.body(said.body, kind.schema if kind else {}),
        *(
            _row("Sealed", f"{row['pointer']} ({row['tlp']}, opens {row['opens'] or 'on no fixed date'})")
            for row in said.sealed
        ),
        *(
            _row("Attached", f"{row['name']} ({row['size']} bytes, SHA-256 {row['digest']})")
            for row in said.attachments
        ),
        *(_row("Signers", signer) for signer in said.signers),
        _row("Statement id", said.id),
    ]
    return rows


def _row(label: str, text: str, depth: int = 0) -> str:
    return f"{'  ' * depth}{label + ':':<{_WIDTH - 2 * depth}} {text}"


class Names:
    """The vocabulary's labels in a language, the reader's unless another is asked for; what has none is called by its name
    in the data."""

    def __init__(self, language: str | None = None) -> None:
        self._labels: Mapping[str, Any] = wording.words(language or tongue.chosen())

    def told(self, name: str, description: str) -> str:
        """What is said of a member beside its name: in English the schema's own words, in another language the labels'."""
        help_text = self.help("fields", name)
        return help_text if self._labels["language"] != "en" else description or help_text

    def type(self, name: str) -> str:
        """What a statement type is called."""
        return self._text("types", name)

    def field(self, name: str) -> str:
        """What a member of a body is called."""
        return self._text("fields", name)

    def relation(self, name: str) -> str:
        """What a relation is called."""
        entry = self._labels.get("relations", {}).get(name)
        return (
            str(entry["forward"]) if isinstance(entry, dict) and "forward" in entry else self._text("relations", name)
        )

    def family(self, name: str) -> str:
        """What a family of types is called."""
        return self._text("families", name)

    def choice(self, name: str) -> str:
        """What a value of a closed list is called."""
        return self._text("choices", name)

    def help(self, room: str, name: str) -> str:
        """What is said of a type (room "types") or a member ("fields") beside its name; empty if nothing."""
        entry = self._labels.get(room, {}).get(name)
        return str(entry.get("help") or "") if isinstance(entry, dict) else ""

    def body(self, value: Mapping[str, Any], schema: Schema, depth: int = 0) -> Iterator[str]:
        """The members of an object in the order of its schema, each with its label; what is inside them is indented."""
        members = resolved(schema, vocabulary.load().definitions).get("properties", {})
        for name in [*(name for name in members if name in value), *(name for name in value if name not in members)]:
            label = self.field(name) if name in members else name
            yield from self._member(label, value[name], members.get(name, {}), depth)

    def _member(self, label: str, item: Any, schema: Schema, depth: int) -> Iterator[str]:
        schema = resolved(schema, vocabulary.load().definitions)
        schema = unless_null(schema, vocabulary.load().definitions) or schema
        if isinstance(item, dict) and item.keys() == {"algorithm", "public"}:
            yield _row(label, f"{item['algorithm']}, keyid {_keyid(item['public'])}", depth)
        elif isinstance(item, dict) and item:
            yield _row(label, "", depth).rstrip()
            yield from self.body(item, schema, depth + 1)
        elif isinstance(item, list) and any(isinstance(one, dict | list) or " " in str(one) for one in item):
            for n, one in enumerate(item):
                yield from self._member(f"{label} {n + 1}", one, schema.get("items", {}), depth)
        else:
            yield from _lines(label, _shown(item), depth)

    def _text(self, room: str, name: str) -> str:
        entry = self._labels.get(room, {}).get(name)
        if isinstance(entry, dict):
            entry = entry.get("label")
        return entry if isinstance(entry, str) else name.replace("_", " ").replace("-", " ").capitalize()


def _lines(label: str, text: str, depth: int) -> Iterator[str]:
    first, *others = text.split("\n")
    yield _row(label, first, depth)
    yield from (" " * (_WIDTH + 1) + line for line in others)


def _keyid(public: str) -> str:
    """The id of a key that a founding statement carries: what officials compare, rather than the key."""
    return sha256(reader.base64_bytes(public, where="/body/keys")).hexdigest()


def _shown(item: Any) -> str:
    if item is None or item in ([], {}):
        return "-"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, list):
        return ", ".join(_shown(one) for one in item)
    return str(item)
