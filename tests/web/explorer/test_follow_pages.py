"""Feeds and tables of statements: the list's filters, names that stay, times of the log, words that stay words."""

from __future__ import annotations

import re
import sqlite3
from base64 import urlsafe_b64decode
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.lists import ATOM, entries, table, text
from tests.web.explorer.markup import read
from tests.web.explorer.test_explorer_languages import FOREIGN, KNOWN
from tests.web.explorer.world import ARABIC, source
from verifier import vocabulary
from web.explorer.pages.lists import LISTS, OTHERS
from web.explorer.records import feed
from web.explorer.wording import languages

LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.mark.parametrize("query", ["", "?party=XB", "?type=pledge", "?family=drills", "?q=quiet", "?since=2026-01-01"])
def test_a_feed_and_a_table_hold_what_the_list_holds(shown: Site, query: str) -> None:
    listed = shown.client.get(f"/statements.json{query}").json
    assert listed is not None
    rows = table(shown.client, f"/statements.csv{query}")
    assert [int(row["record"]) for row in rows][:50] == [one["record"] for one in listed["statements"]]
    assert len(rows) == listed["total"]
    standing = [one["id"] for one in listed["statements"] if one["stands"]]
    found = [text(one, "id") for one in entries(shown.client, f"/statements.atom{query}")]
    names = [urlsafe_b64decode(name.removeprefix("ni:///sha-256;") + "=").hex() for name in found]
    assert names[: len(standing)] == standing
    assert len(names) == len(set(names))


def test_what_does_not_stand_is_in_the_table_and_not_in_the_feed(shown: Site) -> None:
    absent = [row for row in table(shown.client, "/statements.csv") if row["stands"] == "0"]
    assert [row["title"] for row in absent] == ["A statement out of its order"]
    assert all("out of its order" not in text(one, "title") for one in entries(shown.client, "/statements.atom"))


def test_a_feed_is_valid_where_the_standard_asks_for_it(shown: Site) -> None:
    root = ElementTree.fromstring(shown.client.get("/statements.atom?party=XC").data)
    for name in ("id", "title", "updated", "author"):
        assert len(root.findall(f"{ATOM}{name}")) == 1
    links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
    assert links["self"] == "http://localhost/statements.atom?party=XC"
    assert links["alternate"] == "http://localhost/statements?party=XC"
    for entry in root.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "published"):
            assert text(entry, name)
        link = next(one.get("href") for one in entry.findall(f"{ATOM}link") if one.get("rel") == "alternate")
        assert shown.client.get((link or "").removeprefix("http://localhost")).status_code == 200
    assert max(text(one, "updated") for one in root.findall(f"{ATOM}entry")) == text(root, "updated")


def test_names_stay_in_every_language_and_times_are_the_logs(shown: Site) -> None:
    english = entries(shown.client, "/statements.atom")
    root = shown.client.get("/statements.atom").data
    for code in languages.LANGUAGES:
        if code == languages.ENGLISH:
            continue
        found = entries(shown.client, f"/{code}/statements.atom")
        assert [(text(one, "id"), text(one, "updated")) for one in found] == [
            (text(one, "id"), text(one, "updated")) for one in english
        ]
        other = ElementTree.fromstring(shown.client.get(f"/{code}/statements.atom").data)
        assert other.get(LANG) == code
        assert text(other, "id") == text(ElementTree.fromstring(root), "id")
    listed = shown.client.get("/statements.json").json
    assert listed is not None
    times = {one["id"]: one["witnessed_before"] for one in listed["statements"]}
    for one in english:
        name = urlsafe_b64decode(text(one, "id").removeprefix("ni:///sha-256;") + "=").hex()
        if name in times:
            assert text(one, "updated") == times[name].replace("Z", "+00:00")


def test_the_next_document_holds_the_rest(shown: Site) -> None:
    ids: list[str] = []
    address: str | None = "/statements.atom"
    while address:
        root = ElementTree.fromstring(shown.client.get(address).data)
        ids += [text(one, "id") for one in root.findall(f"{ATOM}entry")]
        links = [one.get("href") or "" for one in root.findall(f"{ATOM}link") if one.get("rel") == "next"]
        address = links[0].removeprefix("http://localhost") if links else None
    assert len(ids) == len(set(ids)) == len(shown.world.records) - 1


def test_a_large_table_names_the_next(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST", 7)
    answer = shown.client.get("/statements.csv?party=XB")
    place = answer.headers["Link"]
    assert place.startswith("</statements.csv?party=XB&below=")
    assert place.endswith('>; rel="next"')
    first = table(shown.client, "/statements.csv?party=XB")
    second = table(shown.client, place[1:].partition(">")[0])
    assert len(first) == len(second) == 7
    assert int(first[-1]["record"]) > int(second[0]["record"])


def test_hostile_words_stay_words(shown: Site) -> None:
    entry = next(one for one in entries(shown.client, "/statements.atom?party=XB&q=gnp"))
    title = text(entry, "title")
    assert title.startswith("<script>alert(1)</script> [U+202E]gnp.exe")
    assert not any(char in title for char in "\u202e\u200b\u202c\n")
    assert "<" not in text(entry, "summary").replace("&lt;", ""), "a reader of HTML sees text"
    row = next(one for one in table(shown.client, "/statements.csv?q=gnp"))
    assert row["title"].startswith("<script>alert(1)</script> [U+202E]gnp.exe")
    arabic = next(one for one in entries(shown.client, "/statements.atom?party=XC") if ARABIC in text(one, "title"))
    assert arabic.find(f"{ATOM}title").get(LANG) == "ar"  # type: ignore[union-attr]


def test_titles_that_a_spreadsheet_would_run(own: Site) -> None:
    for title in ('=HYPERLINK("http://evil.example")', "+1", "@SUM(A1)", "\x01\x02 control", "]]>&amp;<!--"):
        own.world.drill("XA", title, name="A drill")
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    titles = [row["title"] for row in table(own.client, "/statements.csv?party=XA")]
    assert not any(one.startswith(("=", "+", "@")) for one in titles)
    found = [text(one, "title") for one in entries(own.client, "/statements.atom?party=XA")]
    assert "[U+0001][U+0002] control" in found
    assert "]]>&amp;<!--" in found


def test_a_rehearsal_says_so_first(own: Site) -> None:
    example = vocabulary.load().example("incident")
    own.world.clock = max(own.world.clock, 1795417200 + 3600)  # within the drill, which the example dates
    marked = own.world.say("XA", "incident", example["body"], title="Ports are down", exercise=own.ids["drill"])
    own.world.checkpoint(pause=3600)
    own.world.write(own.log)
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    row = next(one for one in table(own.client, "/statements.csv?party=XA") if one["id"] == marked)
    assert row["exercise"] == f"EXERCISE EXERCISE EXERCISE {own.ids['drill']}"
    assert row["stands"] == "1"
    for language in ("", "/ar"):
        entry = entries(own.client, f"{language}/statements.atom?party=XA")[0]
        assert text(entry, "title") == "EXERCISE EXERCISE EXERCISE: Ports are down"
        assert "exercise" in [one.get("term") for one in entry.findall(f"{ATOM}category")]


@pytest.mark.parametrize("address", ["/statements.atom", "/ar/statements.atom", "/statements.csv", "/audits.csv"])
def test_what_the_reader_has_is_not_sent_again(shown: Site, address: str) -> None:
    first = shown.client.get(address)
    again = shown.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    dated = shown.client.get(address, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert dated.status_code == 304
    assert "no-cache" in first.headers["Cache-Control"]
    assert first.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("query", ["?since=yesterday", "?below=-1", "?below=x", f"?q={'a' * 301}"])
def test_a_filter_that_is_none_is_refused(shown: Site, query: str) -> None:
    for page in ("/statements.atom", "/statements.csv"):
        assert shown.client.get(page + query).status_code == 400


def test_files_have_one_address_and_feeds_one_a_language(shown: Site) -> None:
    answer = shown.client.get("/fr/statements.csv?party=XA")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/statements.csv?party=XA")
    assert shown.client.get("/fr/statements.atom").status_code == 200


@pytest.mark.parametrize("language", ["", "/ar"])
def test_every_link_to_follow_leads_somewhere(shown: Site, language: str) -> None:
    text = shown.text(f"{language}/follow")
    found = read(text)
    assert found.problems == []
    links = [one["href"] or "" for one in found.every("a")]
    asked = [one for one in links if ".atom" in one or ".ics" in one]
    assert len(asked) == 1 + 4 + 64 + len(LISTS) + len(OTHERS) + 1 + 3 + 3
    for one in asked:
        assert shown.client.get(one).status_code == 200, one


def test_every_query_of_these_pages_uses_an_index(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        found: sqlite3.Connection = connect(*arguments, **options)
        if "mode=ro" in str(arguments[0]) and "immutable" not in str(arguments[0]):
            found.set_trace_callback(asked.add)
        return found

    monkeypatch.setattr(sqlite3, "connect", traced)
    filters = ("", "?party=XB", "?type=pledge", "?family=drills&below=20", "?since=2026-01-01", "?q=drill&below=20")
    pages = [f"/statements{end}{query}" for end in (".atom", ".csv") for query in filters]
    for page in (*pages, "/audits", "/audits.csv", "/follow", "/forms", "/forms/incident", "/api"):
        assert shown.client.get(page).status_code == 200
    monkeypatch.undo()
    queries = [one for one in asked if one.lstrip().startswith("SELECT") and "'words_" not in one]
    assert len(queries) > 20
    with connect(shown.copy.path) as database:
        for query in queries:
            for row in database.execute(f"EXPLAIN QUERY PLAN {query}"):
                scan = row[3].startswith("SCAN") and "VIRTUAL TABLE INDEX" not in row[3]
                assert not scan or row[3] == "SCAN CONSTANT ROW", (row[3], query)


NEW = ("/forms", "/forms/incident", "/forms/pledge", "/forms/charter", "/data", "/follow", "/api", "/audits")
NAMES = {
    *("TLP", "en", "MM", "DD", "tlog", "policy", "C2SP"),
    *(
        "JavaScript",
        "POST",
        "ETag",
        "Link",
        "Last",
        "Modified",
        "Datasette",
        "SQLite",
        "EXERCISE",
        "OpenAPI",
        "API",
        "RFC",
        "iCalendar",
    ),
}


@pytest.mark.parametrize("language", ["ar", "zh", "ru"])
@pytest.mark.parametrize("page", NEW)
def test_nothing_on_these_pages_is_left_in_english(shown: Site, page: str, language: str) -> None:
    plain = unescape(FOREIGN.sub(" ", shown.text(f"/{language}{page}")))
    left = [word for word in re.findall(r"[A-Za-z][A-Za-z0-9]+", plain) if word not in KNOWN | NAMES]
    assert left == []


@pytest.mark.parametrize("page", NEW)
def test_these_pages_have_their_twin_and_lead_into_their_language(shown: Site, page: str) -> None:
    answer = shown.client.get(f"{page}.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found = read(shown.text(f"/ar{page}"))
    assert found.problems == []
    chooser = {languages.to(page, code) for code in languages.LANGUAGES}
    for attributes in found.every("a"):
        href = attributes["href"] or ""
        inside = href.startswith("/ar/") or languages.neutral(href.partition("?")[0])
        assert inside or href.startswith("#") or href in chooser, href
    policy = shown.client.get(page).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
