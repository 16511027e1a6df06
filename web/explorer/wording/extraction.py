"""Every text of the explorer, as the catalogues must hold it; run as a module, it brings the catalogues up to date.

`python -m web.explorer.wording.extraction` adds the texts that are new, untranslated, to each catalogue, takes out those that are
gone, and says how many still want words. Texts stand in the code and the templates, and as next steps in web/faults.toml.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from web.explorer.wording import catalogues, languages

_ROOM = Path(__file__).parent.parent
_FAULTS = _ROOM.parent / "faults.toml"
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
_ANSWERED = (
    "explorer.",
    "http.body-cut",
    "http.content-coding",
    "http.malformed",
    "http.method-not-allowed",
    "http.too-",
)
"""Faults, by the beginning of their code, that a page answers with."""

_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
"""What translators' tools need to know, and nothing that changes by itself (a date)."""


def texts() -> Catalog:
    """All texts, as a catalogue without translations. `locations` name the file alone: lines move too often."""
    found = Catalog(fuzzy=False)
    for file, text in _found():
        found.add(text, locations=[(file, None)])  # type: ignore[list-item]
    return found


def _found() -> Iterator[tuple[str, str | tuple[str, str]]]:
    """(file, text) of each text; (one, many) where it has a plural."""
    for path in sorted([*_ROOM.rglob("*.py"), *_ROOM.rglob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        with path.open("rb") as source:
            for _line, text, _comments, _context in extract(method, source, _KEYWORDS):
                yield str(path.relative_to(_ROOM)), text if isinstance(text, str) else (text[0], text[1])
    for code, row in tomllib.loads(_FAULTS.read_text(encoding="utf-8")).items():
        if code.startswith(_ANSWERED):
            yield _FAULTS.name, row["next"]


def read(language: str) -> Catalog:
    """The catalogue of a language as it is kept; empty if there is none."""
    path = catalogues.path(language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def brought_up(language: str) -> Catalog:
    """The catalogue of a language as it should be: every text there is, with the words that it has, and no other."""
    kept, current = read(language), Catalog(locale=language, fuzzy=False)
    for message in texts():
        if message.id:
            known = kept.get(message.id)
            said = known.string if known is not None and not known.fuzzy else ""
            current.add(message.id, said, locations=message.locations)
    return current


def written(language: str, catalogue: Catalog) -> bytes:
    """A catalogue as it is kept: in an order that does not depend on where texts stand."""
    target = BytesIO(_HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
    target.seek(0, SEEK_END)
    write_po(target, catalogue, width=110, sort_output=True, omit_header=True, ignore_obsolete=True)
    return target.getvalue()


def update(language: str) -> int:
    """Bring the catalogue of a language up to date; how many of its texts have no translation."""
    current, path = brought_up(language), catalogues.path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(language, current))
    return sum(not all(forms(message)) for message in current if message.id)


def forms(message: Message) -> tuple[str, ...]:
    """The forms of a translation: one, or as many as the plurals of the language."""
    said: Any = message.string
    return (said,) if isinstance(said, str) else tuple(said or ("",))


def main() -> None:
    """Bring all catalogues up to date, and say what is missing."""
    for language in languages.LANGUAGES:
        if language != languages.ENGLISH:
            sys.stdout.write(f"{language}: {update(language)} to translate\n")


if __name__ == "__main__":
    main()
