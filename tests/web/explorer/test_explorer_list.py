"""The list: search, filters, counts, pages that stay, and no query without an index."""

from __future__ import annotations

import itertools
import re
import sqlite3
from typing import Any

import pytest

from tests.web.explorer.conftest import Site, site
from tests.web.explorer.test_explorer_pages import PAGES, at
from tests.web.explorer.world import ARABIC, World, source
from web.explorer.records.ladder import CHANGING
from web.explorer.records.listing import PAGE, STATUSES
from web.explorer.wording import kinds, signed_text


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
        "/find?q=0badc0de77",
        "/statements?q=abcdef0123&below=20",
        *(f"/statements?status={code}" for code in STATUSES),
        "/statements?sector=health&q=drill",
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
    assert signed_text.searchable(ARABIC.split()[0]) in (signed_text.query(ARABIC, {}) or "")


SIX = {
    "ar": (
        "إعلانُ مُنَاوَرَةٍ بحريـــة للتدريب على الطوارئ",
        ["اعلان", "مناورة", "بحرية", "تدريب", "الطوارئ", "طوارئ", "مُناورة"],
    ),
    "zh": ("国家关键基础设施网络演习公告", ["基础设施", "演习", "络演", "关键"]),
    "en": (
        "The Harbour’s re-opening: ﬁnal ＤＲＩＬＬ, co-operation",
        ["final", "drill", "harbour", "opening", "HARBOUR"],
    ),
    "fr": (
        "L’exercice côtier : évaluation des systèmes d’alerte",
        ["exercice", "cotier", "ÉVALUATION", "systemes", "alerte"],
    ),
    "ru": ("Учёт объектов: Ёмкость и связь на Чёрном море", ["учет", "учёт", "емкость", "черном", "ЧЁРНОМ", "связь"]),
    "es": ("Simulación de emergencia: año de cooperación", ["simulacion", "Simulación", "ano", "año", "coopera"]),
}
"""Language -> a title, and what a reader may type to find it."""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, str]]:
    found: dict[str, str] = {}

    def story(world: World) -> None:
        for tongue, (title, _asked) in SIX.items():
            found[tongue] = world.drill("XA", title, language=tongue, name="A drill", purpose="-")

    return site(tmp_path_factory.mktemp("six"), story), found


@pytest.mark.parametrize(("tongue", "words"), [(tongue, one) for tongue, (_t, asked) in SIX.items() for one in asked])
def test_each_language_is_found_as_it_is_typed(six: tuple[Site, dict[str, str]], tongue: str, words: str) -> None:
    here, ids = six
    found = [row["id"] for row in listed(here, q=words)["statements"]]
    assert ids[tongue] in found
    others = set(found) & {one for other, one in ids.items() if other != tongue}
    assert not others or signed_text.searchable(words).strip() in kinds.searchable_labels("drill-announcement").lower()


@pytest.mark.parametrize("words", ["й", "演公", "مناوره كبرى", "соткет"])
def test_what_no_text_has_is_not_found(six: tuple[Site, dict[str, str]], words: str) -> None:
    here, ids = six
    assert not {row["id"] for row in listed(here, q=words)["statements"]} & set(ids.values())


@pytest.mark.parametrize("length", [8, 20, 63, 64])
def test_an_id_is_found_by_its_beginning(shown: Site, length: int) -> None:
    whole = shown.ids["drill"]
    rows = listed(shown, q=whole[:length].upper())["statements"]
    assert whole in {row["id"] for row in rows}
    answer = shown.client.get("/find", query_string={"q": whole[:length]})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/s/{whole}")


def test_an_id_that_is_not_here_leads_to_the_search(shown: Site) -> None:
    answer = shown.client.get("/find", query_string={"q": "0badc0de77"})
    assert answer.headers["Location"] == "/statements?q=0badc0de77"
    assert listed(shown, q="0badc0de77")["total"] == 0


def test_a_status_selects_what_the_list_shows_of_it(shown: Site) -> None:
    rows = []
    page = listed(shown)
    while True:
        rows += page["statements"]
        if not page["older"]:
            break
        page = shown.client.get(page["older"].replace("/statements?", "/statements.json?")).json or {}
    expected = {
        "recorded": {row["record"] for row in rows if row["stands"] and row["witnessed_before"]},
        "waiting": {row["record"] for row in rows if not row["witnessed_before"]},
        "changed": {row["record"] for row in rows if row["id"] == shown.ids["drill"]},
        "absent": {row["record"] for row in rows if not row["stands"]},
        "found": {row["record"] for row in rows if row["findings"]},
        "exercise": {row["record"] for row in rows if row["exercise"]},
        "sealed": {row["record"] for row in rows if row["sealed"]},
    }
    assert set(expected) == set(STATUSES)
    assert expected["absent"]
    for status, records in expected.items():
        found = listed(shown, status=status, party="XA") if len(records) > PAGE else listed(shown, status=status)
        wanted = {
            row["record"] for row in rows if row["record"] in records and (len(records) <= PAGE or row["party"] == "XA")
        }
        assert found["total"] == len(wanted), status
        assert {row["record"] for row in found["statements"]} == wanted, status


def test_changed_means_what_the_ladder_takes_it_to_mean() -> None:
    assert re.findall("'([a-z]+)'", STATUSES["changed"][1]) == sorted(CHANGING)


def test_a_sector_selects_what_names_it_anywhere(own: Site) -> None:
    ids = {own.world.drill("XA", f"A drill for {name}", sectors=[name]) for name in ("health", "banking")}
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    for name in ("health", "banking"):
        rows = listed(own, sector=name)["statements"]
        titles = [row["title"] for row in rows if row["id"] in ids]
        assert titles == [f"A drill for {name}"]
        assert listed(own, sector=name)["total"] == len(rows)
    assert listed(own, sector="nope")["total"] == 0
    assert own.client.get("/statements?status=nope").status_code == 400
