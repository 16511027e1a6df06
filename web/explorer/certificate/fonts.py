"""The fonts of a certificate: those that typst brings and those of two packages, so that no machine need have any.

A PDF/UA file may hold no character that no font can draw. Therefore each text is held against what the fonts can draw
before it is set, and what they cannot is shown by its code point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

SERIF, MONO = "Libertinus Serif", "DejaVu Sans Mono"
"""Fonts that typst itself brings: for headings and words of a state, and for machine text."""
_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""Noto Sans for Latin, Greek, Cyrillic, Arabic and eighteen further scripts; Noto Sans CJK. Under the SIL Open Font License."""
_NOT_OURS = ("-Italic",)
_CHINESE = "Noto Sans CJK SC"


def places() -> list[str]:
    """The directories in which the fonts are."""
    return [str(_place(name)) for name in _PACKAGES]


def _place(package: str) -> Path:
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the fonts of certificates are missing: install {package.replace('_', '-')}")
    return Path(spec.origin).parent


@cache
def version() -> str:
    """Which typesetter and fonts make a certificate: other ones may make other bytes."""
    return " ".join(f"{name} {metadata.version(name.replace('_', '-'))}" for name in ("typst", *_PACKAGES))


@cache
def families() -> tuple[str, ...]:
    """The families in the order in which a character is looked for: Noto Sans first, Chinese forms of Han characters last."""
    return ("Noto Sans", *sorted({name for name, _drawn in _coverage()} - {"Noto Sans", _CHINESE}), _CHINESE)


@cache
def _coverage() -> tuple[tuple[str, frozenset[int]], ...]:
    """(family, the code points that it draws) of each font."""
    return tuple(_fonts())


def _fonts() -> Iterator[tuple[str, frozenset[int]]]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    for place in places():
        for path in sorted(Path(place).glob("*.tt[fc]")):
            if any(mark in path.name for mark in _NOT_OURS):
                continue
            with TTFont(path, fontNumber=0, lazy=True) as font:
                named = font["name"]
                family = named.getDebugName(16) or named.getDebugName(1)  # typographic before legacy, as typst has it
                name = _CHINESE if path.suffix == ".ttc" else family
                yield str(name), frozenset(font["cmap"].getBestCmap())


@cache
def _owners(char: str) -> frozenset[str]:
    return frozenset(name for name, drawn in _coverage() if ord(char) in drawn)


def drawn(text: str) -> list[bool]:
    """For each character, whether the fonts draw it where it stands: a mark must be in a font that has its letter too."""
    found: list[bool] = []
    owners: frozenset[str] = frozenset()
    for char in text:
        able = _owners(char)
        if unicodedata.category(char).startswith("M"):
            able = able & owners
        if able:
            owners = able
        found.append(bool(able))
    return found
