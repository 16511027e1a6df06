"""The catalogues: every text of the explorer has words in every language, with the same values in them, in all its forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from web.explorer.wording import catalogues, extraction, languages, words

OTHERS = [code for code in languages.LANGUAGES if code != languages.ENGLISH]
VALUE = re.compile(r"%\([a-z]+\)s|%%|%(?!\()")
SAME = {
    *("%(list)s, %(ledger)s", "code", "Sector", "%(num)s types", "Cosignature", "Cosignatures", "Pages"),
    *("Participant", "Participants", "Parties", "Quorum", "Obligation", "Obligations", "Obligation %(id)s"),
    *("Signature", "Signatures", "Type", "%(num)s byte", "%(num)s bytes", "%(num)s hash", "%(num)s hashes", "Bytes"),
    *("No", "no", "%(status)s: %(what)s", "Agenda", "Incidents", "Incident", "%(n)s %%", "%(num)s obligation"),
    *("%(num)s obligations", "%(num)s parties", "%(time)s UTC", "%(size)s kB", ", ", ": "),
}
"""Texts that are the same in some language as in English."""
IN_WORDS = {"ar": {0, 1, 2}, "fr": {0, 1}, "es": {1}, "ru": set(), "zh": set()}
"""Numbers that a form may say without figures: those that it is for and no other."""


@pytest.fixture(scope="module")
def due() -> Catalog:
    return extraction.texts()


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def worded(language: str) -> Iterator[Message]:
    """The messages that have words; that none lacks them is a test of its own."""
    return (message for message in messages(extraction.read(language)) if all(extraction.forms(message)))


def as_tuple(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


def test_the_command_adds_what_is_new_and_takes_out_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogues, "ROOM", tmp_path)
    one = catalogues.path("ru")
    one.parent.mkdir(parents=True)
    one.write_text(
        'msgid "Witnesses"\nmsgstr "Свидетели"\n\n#, fuzzy\nmsgid "Help"\nmsgstr "?"\n\nmsgid "x y"\nmsgstr "z"\n'
    )
    extraction.main()
    found = extraction.read("ru")
    assert extraction.forms(found.get("Witnesses")) == ("Свидетели",)
    assert extraction.forms(found.get("Help")) == ("",)
    assert found.get("x y") is None
    assert len(found) > 500
    assert f"ru: {len(found) - 1} to translate" in capsys.readouterr().out
    assert "nplurals=3" in one.read_text()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_words_and_none_is_left_over(due: Catalog, language: str) -> None:
    kept = extraction.read(language)
    assert {message.id for message in messages(kept)} == {message.id for message in messages(due)}, (
        "run python -m web.explorer.wording.extraction"
    )
    assert [message.id for message in messages(kept) if not all(extraction.forms(message))] == []
    assert [message.id for message in messages(kept) if message.fuzzy] == []
    assert kept.obsolete == {}


@pytest.mark.parametrize("language", OTHERS)
def test_the_values_are_the_same(language: str) -> None:
    for message in worded(language):
        wanted = sorted(VALUE.findall(as_tuple(message.id)[-1]))
        for form in extraction.forms(message):
            found = sorted(VALUE.findall(form))
            if isinstance(message.id, tuple):
                assert sorted({*found, "%(num)s"}) == sorted({*wanted, "%(num)s"}), form
            assert found == wanted or isinstance(message.id, tuple), (message.id, form)
            assert len(found) <= len(wanted), (message.id, form)


@pytest.mark.parametrize("language", OTHERS)
def test_a_plural_says_its_number(language: str) -> None:
    catalogue = catalogues.load(language)
    for message in worded(language):
        if not isinstance(message.id, tuple) or "%(num)s" not in message.id[1]:
            continue
        assert len(extraction.forms(message)) == extraction.read(language).num_plurals
        for number in range(125):
            said = catalogue.ngettext(*message.id, number)
            assert "%(num)s" in said or number in IN_WORDS[language], (number, said)


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_and_nothing_invisible_is_left(language: str) -> None:
    for message in worded(language):
        for form in extraction.forms(message):
            assert form not in as_tuple(message.id) or form in SAME, form
            assert not any(unicodedata.category(char) in ("Cc", "Cf") for char in form), form
            assert form == unicodedata.normalize("NFC", form), form
            assert "<" not in form, form
            ends = [text[-1] for text in as_tuple(message.id) if text[-1] in ".?"]
            assert not ends or form[-1] in ".?؟。？", form


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_kept_as_the_command_writes_it(language: str) -> None:
    kept = catalogues.path(language).read_text(encoding="utf-8")
    written = extraction.written(language, extraction.read(language)).decode()
    assert [line for line in kept.splitlines() if line] == [line for line in written.splitlines() if line]


@pytest.mark.parametrize(("language", "letters"), [("ar", "ARABIC"), ("ru", "CYRILLIC"), ("zh", "CJK")])
def test_a_language_is_written_in_its_script(language: str, letters: str) -> None:
    for message in worded(language):
        for form in extraction.forms(message):
            plain = re.sub(VALUE, "", form)
            if re.search("[^\\W\\d_]", plain) and plain.strip() not in ("UTC", "kB"):
                assert any(unicodedata.name(char, "").startswith(letters) for char in plain), form


def test_outside_a_page_the_words_are_english() -> None:
    assert words._("Witnesses") == "Witnesses"
    assert words.ngettext("%(num)s byte", "%(num)s bytes", 1284) == "1,284 bytes"
