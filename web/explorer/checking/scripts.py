"""The browser's side of a check: small modules in static/verify, put together into one script, in this process alone.

A script is a module and all that it imports, each once, before what needs it. Modules share one scope in it, so a top-level
name stands in one module only; the tests see to that. Nothing is renamed, left out or made small: what a reader audits in
the directory is what runs.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

PARTS = Path(__file__).parent.parent / "static" / "verify"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z0-9]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const |class )", re.MULTILINE)


@cache
def script(entry: str) -> str:
    """The script that module `entry` (its file's name in static/verify) and all that it imports make."""
    order: list[str] = []
    _take(entry, order, ())
    return "".join(_stripped(name) for name in order)


def _take(name: str, order: list[str], above: tuple[str, ...]) -> None:
    """Put a module behind those that it imports. ValueError where modules import each other in a circle."""
    if name in above:
        raise ValueError(f"{' imports '.join((*above, name))}: a circle")
    if name in order:
        return
    for needed in _IMPORT.findall(_text(name)):
        _take(needed, order, (*above, name))
    order.append(name)


def _text(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _stripped(name: str) -> str:
    """A module without its imports and its exports: in one scope, neither is needed."""
    return f"// {name}\n{_EXPORT.sub('', _IMPORT.sub('', _text(name)))}\n"


def source_digest(text: str) -> str:
    """The digest by which a Content-Security-Policy allows exactly this inline script or style (CSP3, hash-source)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
