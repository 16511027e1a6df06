"""The offline verifier: one HTML file with everything in it, which needs no server and is allowed no connection.

The released file knows no ledger: its one data block is empty, and its digest is printed by `detente-web verify-page`. An
explorer that serves it fills that block with its policy, the parties' keys as of a named checkpoint, and the texts in the
reader's language, and changes nothing else: `emptied` gives the released file back, so the digest still tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from web.explorer.checking import scripts

NAME = "verify.html"
_OPENING, _CLOSING = '<script type="application/json" id="served">', "</script>"
_BLOCK = re.compile(re.escape(_OPENING) + "([^<]*)" + re.escape(_CLOSING))


@cache
def released() -> str:
    """The page as it is released: with no ledger in it."""
    style = (scripts.PARTS / "verify.css").read_text(encoding="utf-8")
    page = (scripts.PARTS / NAME).read_text(encoding="utf-8")
    script = scripts.script("page.js")
    for place, text in (("@policy@", policy()), ("@style@", style), ("@script@", script)):
        page = page.replace(place, text)
    return page


@cache
def policy() -> str:
    """The page's Content-Security-Policy: its own script and style by digest, and no connection of any kind."""
    style = (scripts.PARTS / "verify.css").read_text(encoding="utf-8")
    script, styled = scripts.source_digest(scripts.script("page.js")), scripts.source_digest(style)
    return f"default-src 'none'; script-src {script}; style-src {styled}; base-uri 'none'; form-action 'none'"


def digest() -> str:
    """The hex SHA-256 of the released file."""
    return sha256(released().encode()).hexdigest()


def filled(served: Mapping[str, Any]) -> str:
    """The page with `served` in its data block: `pins`, `words`, `language`, `direction`, each where there is one."""
    data = json.dumps(served, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # In a script element only "<" can end the data before its end, and JSON can write it otherwise.
    return released().replace(f"{_OPENING}{{}}", _OPENING + data.replace("<", "\\u003c"), 1)


def emptied(page: str) -> str:
    """A served page with its data block emptied: the released file, if nothing else was changed."""
    return _BLOCK.sub(lambda _: f"{_OPENING}{{}}{_CLOSING}", page, count=1)
