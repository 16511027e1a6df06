"""The texts of the explorer in the reader's language: gettext catalogues, read as the `.po` files that translators write.

A catalogue is compiled when its language is first asked for, and then kept: there is no build step, and no compiled file
that could be older than its source. A text that a catalogue lacks is shown in English.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import Babel, Domain  # type: ignore[import-untyped]

from web.explorer.wording import languages

ROOM = Path(__file__).parent.parent / "translations"


def path(language: str) -> Path:
    """Where the catalogue of a language (not English: its texts stand in the code) is kept."""
    return ROOM / language / "LC_MESSAGES" / "messages.po"


@cache
def load(language: str) -> NullTranslations:
    """The catalogue of a language, ready to ask."""
    if language == languages.ENGLISH:
        return NullTranslations()
    with path(language).open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class _Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's door to the catalogues: it looks for compiled files, these are compiled when they are read."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of the page's language."""
        return load(languages.current().code)


def install(app: Flask) -> None:
    """Give an app its texts in every language; times stay UTC whoever reads them."""
    babel = Babel(
        app,
        default_timezone="UTC",
        locale_selector=lambda: languages.current().locale,
        configure_jinja=False,  # templates call the explorer's own words
    )
    babel.domain_instance = _Catalogues()
