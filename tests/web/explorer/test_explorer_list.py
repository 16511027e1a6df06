"""The list: search, filters, counts, pages that stay, and no query without an index."""

from __future__ import annotations

import itertools
import sqlite3
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.test_explorer_pages import PAGES, at
from tests.web.explorer.world import ARABIC
from web.explorer.records.listing import PAGE
from web.explorer.wording import signed_text


def listed(shown: Site, **arguments: Any) -> dict[str, Any]:
    answer = shown.client.get("/statements.json", query_string=arguments)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    return found


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("harbour live ports", "drill"),
        ("HARBOUR", "drill"),
        ("hospitals", "pledge"),
        ("hôpitaux", "pledge"),
        ("hopitaux", "pledge"),
        ("الفانوس", "arabic"),
        ("网络", "chinese"),
        ("演习", "chinese"),
        ("corvane lantern ports", None),
    ],
)
def test_search_finds(shown: Site, words: str, name: str | None) -> None:
    ids = [row["id"] for row in listed(shown, q=words)["statements"]]
    assert (shown.ids[name] in ids) if name else ids == []


def test_a_partys_name_finds_what_it_said(shown: Site) -> None:
    rows = listed(shown, q="corvane announcement")["statements"]
    assert {row["id"] for row in rows} >= {shown.ids["arabic"], shown.ids["chinese"]}
    assert shown.ids["drill"] not in {row["id"] for row in rows}


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "a OR b",
        "NEAR(a b)",
        "title:x",
        "-drill",
        "*",
        "drill*",
        "(",
        "x" * 300,
        "'; DROP TABLE records; --",
        "\u202e\x00",
    ],
)
def test_operators_are_only_words(shown: Site, words: str) -> None:
    assert listed(shown, q=words)["total"] >= 0


def test_filters_count_exactly(shown: Site) -> None:
    records = len(shown.world.records)
    assert listed(shown)["total"] == records
    parties = [listed(shown, party=code)["total"] for code in ("DEP", "XA", "XB", "XC")]
    assert sum(parties) == records
    assert listed(shown, type="pledge")["total"] == 1
    assert listed(shown, family="founding")["total"] == 4
    assert listed(shown, party="XA", type="drill-change")["total"] == 1
    assert listed(shown, since="2026-01-01", until="2026-01-01")["total"] == listed(shown, until="2026-12-31")["total"]
    assert listed(shown, since="2027-01-01")["total"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("since", "yesterday"), ("until", "2026-13-01"), ("below", "-1"), ("below", "١٢"), ("q", "x" * 301)],
)
def test_a_malformed_filter_is_refused_in_words(shown: Site, name: str, value: str) -> None:
    answer = shown.client.get("/statements", query_string={name: value})
    assert answer.status_code == 400
    assert "explorer.filter" in answer.text


@pytest.mark.parametrize(
    "filter_", [{}, {"party": "XB"}, {"q": "drill"}, {"q": "drill", "party": "XB", "family": "drills"}]
)
def test_pages_partition_the_list_both_ways(shown: Site, filter_: dict[str, str]) -> None:
    first = listed(shown, **filter_)
    seen, page, pages = [row["record"] for row in first["statements"]], first, [first]
    while page["older"]:
        page = shown.client.get(page["older"].replace("/statements?", "/statements.json?")).json or {}
        assert page["from_position"] == len(seen) + 1
        seen += [row["record"] for row in page["statements"]]
        pages.append(page)
    assert len(seen) == first["total"] == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    assert len(pages) == -(-first["total"] // PAGE)
    for earlier, later in itertools.pairwise(pages):
        back = shown.client.get(later["newer"].replace("/statements", "/statements.json", 1)).json or {}
        assert back["statements"] == earlier["statements"]


def test_an_older_page_stays_when_records_come_in(own: Site) -> None:
    before = listed(own, below=8)["statements"]
    for n in range(3):
        own.world.announce("XA", n)
    own.world.checkpoint()
    own.world.write(own.log)
    from tests.web.explorer.world import source

    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    assert listed(own, below=8)["statements"] == before
    assert listed(own)["total"] == len(own.world.records)


def test_empty_results_say_what_they_do_not_mean(shown: Site) -> None:
    assert "Nothing found is not the same as nothing said" in shown.text("/statements?q=zzzz")


def test_every_query_of_every_page_uses_an_index(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        found: sqlite3.Connection = connect(*arguments, **options)
        found.set_trace_callback(asked.add)
        return found

    monkeypatch.setattr(sqlite3, "connect", traced)
    more = (
        "/statements?party=XB",
        "/statements?type=pledge",
        "/statements?family=drills&below=20",
        "/statements?since=2026-01-01",
        "/statements?q=drill&below=20",
        "/find?q=" + "a" * 64,
    )
    for page in (*PAGES, *more):
        shown.client.get(at(shown, page))
    monkeypatch.undo()
    queries = [one for one in asked if one.lstrip().startswith("SELECT") and "'words_" not in one]
    assert len(queries) > 50
    with connect(shown.copy.path) as database:
        for query in queries:
            for row in database.execute(f"EXPLAIN QUERY PLAN {query}"):
                scan = (
                    row[3].startswith("SCAN") and "VIRTUAL TABLE INDEX" not in row[3] and row[3] != "SCAN CONSTANT ROW"
                )
                assert not scan, (row[3], query)


def test_the_query_quotes_what_was_typed() -> None:
    assert signed_text.query('a"b', {}) == '({title body type code} : "a b" *)'
    assert (
        signed_text.query("arv", {"Republic of Arvenia": "XA"}) == '({title body type code} : "arv" * OR code : "XA")'
    )
    assert signed_text.query("--- ***", {}) is None
    assert ARABIC.split()[0] in (signed_text.query(ARABIC, {}) or "")
