"""What a page was made from, in sixteen characters: whoever holds a page can ask whether another would be made now.

A version moves with the records, the newest checkpoint and its cosignatures, the judgement of obligations, and with what
every page warns of at its top, for that may change with time alone. It stays while nothing but an age or the moment of the
last audit is another one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from web.explorer.copy.judged_schema import REAL
from web.explorer.copy.view import View

_LENGTH = 16


def version(view: View, warned: Iterable[tuple[str, str]], findings: int) -> str:
    """The version of what a view shows. `warned`: (code, state) of each warning; `findings`: how many the audit has."""
    # Rehearsals are judged with the real world, in one transaction: its row moves with theirs.
    judged = view.select("SELECT moment, sha256, at FROM judgements WHERE exercise = ?", (REAL,))
    parts = [(view.fact("run") or b"").decode(), judged, sorted(warned), findings]
    return sha256(json.dumps(parts).encode()).hexdigest()[:_LENGTH]
