"""The times of a statement drawn: issued, received, and the witnessed interval, on one axis. Positions only.

x in percent, y in pixels; for languages that run right to left x is mirrored here. Each time has a row of its own, so that
words never meet, however near the times are; a row has room for words above its dot, where a screen is narrow. The table
beside the drawing has the same content.
"""

from __future__ import annotations

from typing import Any

from web.explorer.copy.rows import Row
from web.explorer.wording import languages
from web.explorer.wording.words import utc

_LEFT, _WIDE = 4.0, 92.0
_TOP, _ROW = 22, 28
_DAY = 86_400
_NAMES = ("issued", "received", "witnessed_after", "witnessed_before")


def drawn(row: Row) -> dict[str, Any] | None:
    """The drawing; None where fewer than two times are known."""
    times = sorted((at, _NAMES.index(name), name) for name in _NAMES if (at := getattr(row, name)) is not None)
    if len(times) < 2:
        return None
    first, last = times[0][0], times[-1][0]
    marks: list[dict[str, Any]] = []
    known: dict[str, float] = {}
    for n, (at, _order, name) in enumerate(times):
        share = (at - first) / max(last - first, 1)
        known[name] = languages.across(_LEFT + _WIDE * share)
        dx = 10 if (share < 0.5) != (languages.current().direction == "rtl") else -10
        side = "start" if share < 0.5 else "end"
        marks.append({"name": name, "time": utc(at), "x": known[name], "y": _TOP + _ROW * n, "side": side, "dx": dx})
    ends = sorted(known[name] for name in ("witnessed_after", "witnessed_before") if name in known)
    band = {"x": ends[0], "width": round(max(ends[1] - ends[0], 0.4), 2)} if len(ends) == 2 else None
    return {"height": _TOP + _ROW * len(marks), "marks": marks, "band": band, "one_day": first // _DAY == last // _DAY}
