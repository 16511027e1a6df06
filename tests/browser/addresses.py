"""Every address of the explorer that is a page, taken from its routes, with values from the demonstration in the places."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from flask import Flask

from web import openapi
from web.explorer import Copy, create_explorer_app, description

_SENDS_ON = set(orjson.loads(openapi.document("explorer"))["sends_on"]) - {"/"}
_TYPES = ("charter", "drill-announcement", "inventory", "joint-text", "incident-update")
"""Types of statements that are shown differently: the longest, changed and marked as exercise, sealed, in many languages."""


@dataclass(frozen=True)
class Facts:
    """What the explorer's own data say of what there is to see."""

    app: Flask

    def told(self, address: str) -> Any:
        """The data at an address."""
        answer = self.app.test_client().get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return json.loads(answer.data)

    @cached_property
    def statements(self) -> list[dict[str, Any]]:
        """All statements, newest first."""
        found, at = [], "/statements.json"
        while at:
            page = self.told(at)
            found += page["statements"]
            at = (page["older"] or "").replace("/statements?", "/statements.json?")
        return found

    @cached_property
    def chosen(self) -> list[str]:
        """Ids of statements that are shown differently, and of one that was made under exercise marking."""
        first: dict[str, str] = {}
        for row in self.statements:
            first.setdefault("exercise" if row["exercise"] else row["type"], row["id"])
        return [first[name] for name in (*_TYPES, "exercise")]

    @cached_property
    def owed(self) -> list[str]:
        """One obligation of each status."""
        statuses = self._options("/obligations", "status")
        pages = [self.told(f"/obligations.json?status={one}")["obligations"] for one in statuses]
        return [rows[0]["address"] for rows in pages if rows]

    def _options(self, address: str, name: str) -> list[str]:
        text = self.app.test_client().get(address).text
        found = re.search(rf'<select id="{name}".*?</select>', text, re.DOTALL)
        assert found, (address, name)
        return [value for value in re.findall(r'<option value="([^"]*)"', found[0]) if value]


PLACES: dict[str, Callable[[Facts], Iterable[str]]] = {
    "/s/{statement_id}": lambda facts: [f"/s/{one}" for one in facts.chosen],
    "/s/{statement_id}/proof": lambda facts: [f"/s/{one}/proof" for one in facts.chosen[:2]],
    "/s/{statement_id}/raw": lambda facts: [f"/s/{one}/raw" for one in facts.chosen[-1:]],
    "/records/{index}": lambda _: ["/records/0"],
    "/s/{statement_id}/history": lambda facts: [f"/s/{one}/history" for one in facts.chosen[1:2]],
    "/keys/{code}": lambda _: ["/keys/XB"],
    "/parties/{code}": lambda _: ["/parties/XA", "/parties/DEP"],
    "/checkpoints/{entry_number}": lambda _: ["/checkpoints/1"],
    "/obligations/{obligation_id}": lambda facts: facts.owed,
    "/pledges/{statement_id}": lambda facts: [row["address"] for row in facts.told("/pledges.json")["texts"]][:2],
    "/incidents/{statement_id}": lambda facts: [row["address"] for row in facts.told("/incidents.json")["incidents"]],
    "/forms/{type_name}": lambda _: ["/forms/line-test", "/forms/pledge"],
}
"""A page with places in its address -> addresses with values in them. A page that is missing here fails its test."""
STATES: dict[str, list[str]] = {
    "/statements": [
        "/statements?party=XA&family=drills",
        "/statements?q=nothing-has-this-word",
        "/statements?below=100",
    ],
    "/obligations": [
        "/obligations?status=overdue&party=XA",
        "/obligations?party=XA&to=XA",
        "/obligations?month=2026-01",
    ],
    "/calendar": ["/calendar?month=2026-01"],
    "/compare": ["/compare?parties=XA,XB"],
    "/checkpoints": ["/checkpoints?below=20"],
}
"""Further states of a page."""
ERRORS = [
    "/nothing-is-here",
    "/s/" + "0" * 64,
    "/parties/ZZ",
    "/statements?since=yesterday",
    "/obligations?status=wrong",
    "/find?q=" + "0" * 64,
]


def pages() -> list[str]:
    """Every page that a browser can open, as its path is written in the description of the addresses."""
    with TemporaryDirectory() as directory:
        return page_paths(create_explorer_app(Copy(Path(directory))))


def page_paths(app: Flask) -> list[str]:
    """The pages of an app, by their described paths: all that answer with HTML, but for those that send on to another."""
    rows = [row for group in description.told(app) for row in group["operations"]]
    found = {row["path"] for row in rows if row["method"] == "GET" and row["media"].startswith("text/html")}
    return sorted(found - _SENDS_ON)


def addresses(path: str, facts: Facts) -> list[str]:
    """The addresses at which a page is looked at."""
    if "{" not in path:
        return [path, *STATES.get(path, [])]
    assert path in PLACES, f"{path} is a new page: say in PLACES which values stand in its address"
    found = list(PLACES[path](facts))
    assert found, f"the demonstration has nothing to see at {path}"
    return found
