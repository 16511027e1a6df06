"""Every query of every page finds its rows by an index: what SQLite says of its own plan, for all addresses of the explorer."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.web.explorer.accord import Accorded, site
from web.explorer.allowance import Allowance
from web.explorer.application import create_explorer_app

ASKED = {
    "/statements": (
        "?q=harbour",
        "?q=harbour&party=XA&family=drills",
        "?party=XA",
        "?family=drills&type=drill-announcement",
        "?since=2025-01-01&until=2027-01-01&below=9",
        "?type=line-test&below=5",
    ),
    "/obligations": (
        "?party=XC&status=late",
        "?to=XA&month=2026-01",
        "?exercise={harbour}",
        "?source={charter}",
        "?page=1",
    ),
    "/calendar": ("?from=2026-01", "?from=2026-01&party=XA&kind=due", "?from=2026-01&kind=line-tests&party=XB"),
    "/compare": ("?parties=XA,XB",),
    "/incidents": ("?below=90",),
    "/checkpoints": ("?below=9",),
    "/find": ("?q=3", "?q={harbour}", "?q=harbour"),
}
"""Address without its ending -> what is asked of it beside nothing."""
PLACES: dict[str, tuple[str, ...]] = {
    "obligation_id": ("{late}", "{limit}", "{abstention}", "{recurring}", "{rehearsed}", "{contested}"),
    "statement_id": ("{harbour}", "{answer}", "{plea}", "{charter}", "{incident}", "{pledge}", "{pretended}"),
    "code": ("XA", "DEP", "explorer.filter"),
    "party": ("XA",),
    "other": ("XB",),
}
"""Argument of an address -> values; any other argument is a number or a name, and takes these:"""
OTHERS = ("3", "explorer.css", "incident", "detente.sqlite")
_PARTS = re.compile(r"<(?:([^:>]+):)?([a-z_]+)>")
_LASTING = {"/events"}
"""Addresses whose answer does not end: they read what `/live` reads."""


_COPYING = "explorer-snapshot"
"""The thread that makes a snapshot beside the pages: it is to read all there is."""
_ABSENT = {"/ledger/evidence/<hex:digest>"}
"""Addresses where this ledger has nothing to show: what they ask, they ask all the same."""


class Plans:
    """The plans of the queries that connections run. What only writes, or sets a connection up, has none."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def scans(self, path: Path) -> list[str]:
        """Each query that goes through a whole table, with that step of its plan."""
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as db:
            return [
                f"{step}: {query}"
                for query in sorted(self.asked)
                if query.lstrip().upper().startswith(("SELECT", "WITH"))
                for *_, step in db.execute(f"EXPLAIN QUERY PLAN {query}")
                if is_scan(step)
            ]


def is_scan(step: str) -> bool:
    """Whether a step of a plan reads all of a table or of an index of it.

    Not: rows of constants or of a list of values; what a subquery found by an index; the full-text index asked for a word
    (M) or a row (=), and its own table of settings, which has one row.
    """
    if not step.startswith("SCAN") or step in ("SCAN CONSTANT ROW", "SCAN main.words_config"):
        return False
    allowed = r"\(subquery-\d+\)|words VIRTUAL TABLE INDEX \d+:[M=].*|json_each VIRTUAL TABLE .*"
    return re.fullmatch(f"SCAN ({allowed})", step) is None


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    return site(tmp_path_factory.mktemp("queries"))


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Plans:
    found, connect = Plans(), sqlite3.connect

    def traced(*given: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **options)
        if threading.current_thread().name != _COPYING:
            connection.set_trace_callback(found.asked.add)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return found


def addresses(rule: Rule, ids: dict[str, str]) -> Iterator[str]:
    """Addresses that a rule answers at."""
    names = _PARTS.findall(rule.rule)
    base = re.sub(r"\.[a-z]+$", "", rule.rule)
    pools = [("fr",) if kind == "language" else PLACES.get(name, OTHERS) for kind, name in names]
    for n in range(max((len(pool) for pool in pools), default=1)):
        place = rule.rule
        for pool in pools:
            place = _PARTS.sub(pool[n % len(pool)].format(**ids), place, count=1)
        yield place
        for asked in ASKED.get(base, ()) if not names else ():
            yield place + asked.format(**ids)


def test_every_query_of_every_address_uses_an_index(told: Accorded, plans: Plans) -> None:
    app = create_explorer_app(
        told.copy, clock=lambda: told.world.clock + 60, limits=Allowance(certificates=None, files=None)
    )
    client, unanswered = app.test_client(), []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule not in _LASTING:
            codes = {client.get(place).status_code for place in addresses(rule, told.ids)}
            assert max(codes) < 500, rule.rule
            if rule.rule not in _ABSENT and not codes & {200, 302, 303, 308, 503}:
                unanswered.append(f"{rule.rule}: {codes}")
    assert unanswered == [], "no address of these was answered, so their queries were not seen"
    assert len(plans.asked) > 100
    assert plans.scans(told.copy.path) == []


@pytest.mark.parametrize(
    ("query", "scans"),
    [
        ("SELECT * FROM records WHERE title = 'x'", True),
        ("SELECT count(*) FROM records", True),
        ("SELECT id FROM records ORDER BY id", True),
        ("SELECT rowid FROM words", True),
        ("SELECT * FROM records WHERE id = 'x'", False),
        ("SELECT rowid FROM words WHERE words MATCH 'x'", False),
        ("SELECT count(*) FROM words CROSS JOIN records ON records.idx = words.rowid WHERE words MATCH 'x'", False),
    ],
)
def test_a_query_without_an_index_is_seen(told: Accorded, query: str, scans: bool) -> None:
    plans = Plans()
    plans.asked.add(query)
    assert bool(plans.scans(told.copy.path)) == scans
