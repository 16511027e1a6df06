"""The judgements of the world that explain obligations, kept in memory: the newest of each copy that this process serves.

A judgement is named by the SHA-256 of its report, which says of what and as of when it is. It costs some hundred bytes an
obligation to keep, and seconds of a long log to make again: whoever makes one for the copy keeps it here.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from threading import Lock

from verifier.conformance.judge import Judgement

_KEPT = 3
"""The last judgement, the one before it for readers who still see that, and one of another copy."""
_lock = Lock()
_judgements: OrderedDict[str, Judgement] = OrderedDict()


def keep(digest: str, judgement: Judgement) -> None:
    """Keep a judgement that watched every obligation, under its report's SHA-256 in hex."""
    with _lock:
        _judgements[digest] = judgement
        _judgements.move_to_end(digest)
        while len(_judgements) > _KEPT:
            _judgements.popitem(last=False)
    # A judgement has no cycles, and the collector that looks for them among its millions of objects would hold up pages.
    gc.collect()
    gc.freeze()


def kept(digest: str) -> Judgement | None:
    """The judgement with this report, if it is kept."""
    with _lock:
        return _judgements.get(digest)
