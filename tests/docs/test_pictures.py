"""The pictures of the README: each exists, is small, says in words what it shows, and is one that can be taken again."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.browser import screenshots

ROOT = Path(__file__).parents[2]
PICTURE = re.compile(r"!\[([^\]]*)\]\((docs/screenshots/([a-z-]+)\.png)\)")
SHOWN = PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def test_every_picture_is_shown_once_and_no_other_lies_there() -> None:
    names = [name for _alt, _path, name in SHOWN]
    assert sorted(names) == sorted(screenshots.PICTURES)
    assert {path.stem for path in (ROOT / "docs/screenshots").iterdir()} == set(names)


@pytest.mark.parametrize(("alt", "path"), [(alt, path) for alt, path, _name in SHOWN], ids=lambda one: one[-30:])
def test_a_picture_is_small_and_told_in_words(alt: str, path: str) -> None:
    raw = (ROOT / path).read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", raw[16:24])
    scale = screenshots.SCALE
    assert (width, height) == (round(screenshots.WIDTH * scale), round(screenshots.HEIGHT * scale))
    assert len(raw) < screenshots.MOST_BYTES
    assert len(alt) > 40, "the words stand for the picture where it is not seen"
