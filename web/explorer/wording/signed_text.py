"""Words of a state, made safe to show: direction isolated, everything invisible made visible, and made findable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from web.explorer.wording import languages
from web.explorer.wording.words import _

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks that draw nothing: the combining grapheme joiner, Hangul fillers, Khmer inherent vowels, Mongolian
# and other variation selectors. Their general category does not say so.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_MOST_MARKS = 4
"""Combining marks beyond this many on one letter are shown as chips: stacked higher, they cover the lines around."""

_HAN = re.compile(
    "([\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_WORD = re.compile(r"[^\W_]+")
_UNHEARD = re.compile("[\u00ad\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200c-\u200f\u2060\ufeff]")
"""What a word is the same without: soft hyphens, Arabic vowel marks, the stroke that only lengthens a word, joiners."""
_ALIKE = str.maketrans("أإآٱىةؤئёЁ", "اااايهويеЕ")
"""Letters that are written for each other: hamza on its seat and without, ё and е."""
_ARABIC = re.compile("[\u0621-\u064a]")
_ARTICLE = re.compile("(?:و|ف)?(?:ال|بال|كال|لل)([\u0621-\u064a]{3,})")
"""An Arabic word behind its article, with what is written together with it."""
MOST_TERMS = 12


def invisible(char: str) -> bool:
    """Whether a character has no visible form of its own (a line feed is a visible line break)."""
    return char != "\n" and (unicodedata.category(char) in _INVISIBLE or _BLANK.match(char) is not None)


def _chip(char: str) -> Markup:
    name = unicodedata.name(char, _("control character"))
    code = f"U+{ord(char):04X}"
    return Markup('<span class="ctl" title="{}">{}</span>').format(f"{code} {name.lower()}", code)


def chips(text: str) -> Markup:
    """The text, escaped, with each invisible character as a chip and each line feed as a line break."""
    out: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if char == "\n":
            out.append("<br>")
        elif invisible(char) or marks > _MOST_MARKS:
            out.append(_chip(char))
        else:
            out.append(str(escape(char)))
    return Markup("".join(out))  # noqa: S704 (every piece is escaped or built here)


def said(text: str, language: str | None) -> Markup:
    """Words of a state as they may stand in a page: language marked, direction isolated, nothing invisible."""
    return Markup('<bdi lang="{}" dir="auto">{}</bdi>').format(language or "und", chips(text))


def plain(text: str) -> str:
    """The text for places that take no markup (a page's title): invisible characters by code point, direction isolated."""
    safe = "".join(f"[U+{ord(c):04X}]" if invisible(c) or c == "\n" else c for c in text)
    return f"\u2068{safe}\u2069"


def told(text: str, language: str) -> Markup:
    """Words in a language that may not be the page's, such as the verifier's: marked, isolated, nothing invisible."""
    direction = languages.LANGUAGES[language].direction
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(language, direction, chips(text))


def english(text: str) -> Markup:
    """Words of the verifier, which speaks English: marked as such on a page in another language."""
    return chips(text) if languages.current().code == languages.ENGLISH else told(text, languages.ENGLISH)


def hidden(texts: Iterable[str]) -> int:
    """How many invisible characters the texts hold together."""
    return sum(invisible(char) for text in texts for char in text)


def searchable(text: str) -> str:
    """The text as it is asked for: Han and kana apart, because these scripts write no spaces; what is only another way to
    write the same letter made one (NFKC; Arabic vowel marks, tatweel, hamza; ё). Accents are the index's own matter."""
    if text.isascii():
        return text
    return _HAN.sub(r" \1 ", _UNHEARD.sub("", unicodedata.normalize("NFKC", text)).translate(_ALIKE))


def indexed(text: str) -> str:
    """The text as it is indexed: as it is asked for, and behind each Arabic word with an article the word without it."""
    found = searchable(text)
    return _WORD.sub(_without_article, found) if _ARABIC.search(found) else found


def _without_article(word: re.Match[str]) -> str:
    bare = _ARTICLE.fullmatch(word[0])
    return f"{word[0]} {bare[1]}" if bare else word[0]


def query(text: str, names: Mapping[str, str]) -> str | None:
    """The full-text query for what a person typed, or None if no word is left.

    All words must occur, each as the beginning of a word. `names`: name of a party -> code; a word of a party's name also
    finds the statements by and to that party. Operators of FTS5 are never passed through: each term is a quoted string.
    """
    terms = []
    for typed in text.split()[:MOST_TERMS]:
        words = _WORD.findall(searchable(typed))
        if not words:
            continue
        phrase = '"' + " ".join(words) + '" *'
        codes = sorted({code for name, code in names.items() if _begins(name, words[0])})
        either = [f"{{title body type code}} : {phrase}", *(f'code : "{code}"' for code in codes)]
        terms.append("(" + " OR ".join(either) + ")")
    return " AND ".join(terms) or None


def _begins(name: str, typed: str) -> bool:
    if len(typed) < 3:
        return False
    return any(word.casefold().startswith(typed.casefold()) for word in _WORD.findall(indexed(name)))
