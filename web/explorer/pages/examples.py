"""An example for every address of the API, filled in with what this copy holds, so that each can be tried as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from web.explorer.copy.view import View

_VARIABLE = re.compile(r"{(\w+)}")
_STATEMENT = "SELECT id FROM records WHERE idx >= 0 AND stands = 1 ORDER BY idx DESC LIMIT 1"
_FIRST: Mapping[str, str] = {
    "/pledges/": "SELECT id FROM texts WHERE record >= 0 ORDER BY record DESC LIMIT 1",
    "/incidents/": "SELECT id FROM incidents WHERE record >= 0 ORDER BY record DESC LIMIT 1",
    "/obligations/": "SELECT id FROM obligations WHERE exercise = '' ORDER BY sort LIMIT 1",
}
"""Beginning of an address -> the query for something that is shown there; elsewhere the newest statement."""
_FIXED: Mapping[str, str] = {
    "/data/": "checkpoint.txt",
    "/static/": "explorer.css",
    "/problems/": "explorer.not-here",
    "/{code}": "ar",
}
_ASKED: Mapping[str, str] = {
    "/statements": "party={code}&family=drills",
    "/find": "q=0",
    "/compare": "parties={code},{other}",
    "/obligations": "status=overdue",
}
"""Address without its ending -> arguments that show what it is for."""


class Examples:
    """Gives addresses their examples, by the same few rows of one view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, str | None] = {}
        self._states = sorted(code for code, party in view.registry.items() if party.kind == "state")

    def of(self, path: str) -> str | None:
        """An address at which a path of the description answers; None where this copy has nothing to show there."""
        values: dict[str, str] = {}
        for name in _VARIABLE.findall(path):
            found = self._value(path, name)
            if found is None:
                return None
            values[name] = found
        query = _ASKED.get(path.rpartition("/")[0] + "/" + path.rpartition("/")[2].partition(".")[0])
        if query is None:
            return path.format(**values)
        if len(self._states) < 2:
            return None
        return f"{path.format(**values)}?{query.format(code=self._states[0], other=self._states[1])}"

    def _value(self, path: str, name: str) -> str | None:
        makers: Mapping[str, Callable[[], str | None]] = {
            "code": lambda: self._fixed(path) or self._state(0),
            "party": lambda: self._state(0),
            "other": lambda: self._state(1),
            "type_name": lambda: "drill-announcement",
            "index": lambda: None if self._view.empty else "0",
            "entry_number": lambda: None if self._view.empty else "0",
            "name": lambda: self._fixed(path),
            "statement_id": lambda: self._first(path),
            "obligation_id": lambda: self._first(path),
        }
        return makers[name]() if name in makers else None

    def _state(self, n: int) -> str | None:
        return self._states[n] if len(self._states) > n else None

    def _fixed(self, path: str) -> str | None:
        return next((value for begin, value in _FIXED.items() if path.startswith(begin)), None)

    def _first(self, path: str) -> str | None:
        query = next((one for begin, one in _FIRST.items() if path.startswith(begin)), _STATEMENT)
        if query not in self._known:
            rows = [] if self._view.empty else self._view.select(query, ())
            self._known[query] = str(rows[0][0]) if rows else None
        return self._known[query]
