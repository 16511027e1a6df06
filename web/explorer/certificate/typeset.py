"""From a certificate's contents to the bytes of its PDF: typst, its own fonts and ours, no network and no other file."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import orjson

from web.explorer.certificate import fonts
from web.explorer.certificate.contents import Contents

if TYPE_CHECKING:
    import typst

STANDARD: Final = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tagged, with title and language, nothing that cannot be read aloud."""
_TEMPLATE = Path(__file__).with_name("certificate.typ")
_MOST_KEPT = 32
"""Certificates kept ready: a page that many open at once is set once."""


def inputs(contents: Contents) -> bytes:
    """All that the template is given, as JSON: what is shown, the fonts, and the files as texts."""
    carried = [
        {"name": one.name, "kind": one.kind, "told": one.told, "text": one.raw.decode()} for one in contents.files
    ]
    shown = {
        **contents.data,
        "carried": carried,
        "fonts": {"sans": fonts.families(), "serif": fonts.SERIF, "mono": fonts.MONO},
    }
    return orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)


def tag(given: bytes, received: int) -> str:
    """Names the bytes that these inputs make: hex, for an ETag."""
    whole = b"\0".join((given, str(received).encode(), _source(), fonts.version().encode()))
    return sha256(whole).hexdigest()[:32]


@cache
def _source() -> bytes:
    return _TEMPLATE.read_bytes()


class Press:
    """Sets certificates one at a time, and keeps the newest by their tag."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._compiler: typst.Compiler | None = None

    def pdf(self, name: str, given: bytes, received: int) -> bytes:
        """The PDF. `name`: its tag; `given`: what `inputs` gives; `received`: its creation date (seconds, UTC)."""
        with self._lock:
            made = self._kept.pop(name, None)
            if made is None:
                made = self._set(given, received)
            self._kept[name] = made
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return made

    def _set(self, given: bytes, received: int) -> bytes:
        made = self._ready().compile(
            _source(), format="pdf", pdf_standards=STANDARD, timestamp=received, sys_inputs={"data": given.decode()}
        )
        if not isinstance(made, bytes):
            raise TypeError(f"typst made {type(made).__name__}, not one file")
        return made

    def _ready(self) -> typst.Compiler:
        import typst

        if self._compiler is None:
            known = typst.Fonts(include_system_fonts=False, font_paths=fonts.places())
            self._compiler = typst.Compiler(font_paths=known, ignore_system_fonts=True)
        return self._compiler
