"""Every page: its structure, its JSON twin, its headers, and its words when something is not here."""

from __future__ import annotations

import re

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read

PAGES = (
    "/",
    "/statements",
    "/statements?q=drill&party=XB&family=drills&type=drill-announcement&since=2026-01-01&until=2026-12-31",
    "/statements?below=12",
    "/statements?q=nothing-has-this-word",
    *(f"/s/{{{name}}}" for name in ("charter", "drill", "pledge", "arabic", "chinese", "change", "hostile")),
    *(f"/s/{{{name}}}/proof" for name in ("charter", "drill", "hostile")),
    *(f"/s/{{{name}}}/raw" for name in ("charter", "hostile")),
    *(f"/s/{{{name}}}/history" for name in ("charter", "drill", "change", "hostile")),
    *(f"/keys/{code}" for code in ("DEP", "XA", "XB", "XC")),
    "/consistency",
    "/consistency?from=5&to=9",
    "/records/0",
    "/records/60",
    "/parties",
    *(f"/parties/{code}" for code in ("DEP", "XA", "XB", "XC")),
    "/checkpoints",
    "/checkpoints?below=3",
    "/checkpoints/0",
    "/checkpoints/9",
    "/witnesses",
    "/ledger",
    "/help",
)
DOWNLOADS = (
    "/s/{drill}.envelope.json",
    "/s/{drill}.statement.json",
    "/s/{drill}.tlog-proof",
    "/records/4.stored.json",
    "/checkpoints/2.txt",
)


def at(shown: Site, page: str) -> str:
    return page.format(**shown.ids)


def twin(address: str) -> str:
    path, mark, query = address.partition("?")
    return ("/index.json" if path == "/" else f"{path}.json") + mark + query


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_well_formed(shown: Site, page: str) -> None:
    text = shown.text(at(shown, page))
    found = read(text)
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids)), "an id stands twice"
    assert [len(found.every(tag)) for tag in ("h1", "main", "title")] == [1, 1, len(found.every("title"))]
    assert found.every("html")[0] == {"lang": "en", "dir": "ltr"}
    assert found.foreign == []
    assert not any(
        "style" in attributes or any(name.startswith("on") for name in attributes) for _, attributes in found.tags
    )
    for attributes in found.every("use"):
        assert (attributes["href"] or "")[1:] in found.ids, attributes
    labelled = {attributes["for"] for attributes in found.every("label")}
    assert {one["id"] for tag in ("input", "select") for one in found.every(tag)} <= labelled


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_site_lead_somewhere(shown: Site, page: str) -> None:
    for attributes in read(shown.text(at(shown, page))).every("a"):
        href = attributes["href"] or ""
        assert href.startswith(("/", "#")), href
        if href.startswith("/") and not href.startswith("/find?q="):
            assert shown.client.get(href).status_code == 200, f"{href} on {page}"


@pytest.mark.parametrize("page", PAGES)
def test_the_twin_says_the_same_as_data(shown: Site, page: str) -> None:
    answer = shown.client.get(twin(at(shown, page)))
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json is not None
    assert answer.json["health"]["records"] == shown.world.records.__len__()
    assert f'href="{twin(at(shown, page)).replace("&", "&amp;")}"' in shown.text(at(shown, page))


@pytest.mark.parametrize("address", ["/", "/statements.json", "/s/{drill}.tlog-proof"])
def test_what_the_reader_has_is_not_sent_again(shown: Site, address: str) -> None:
    first = shown.client.get(at(shown, address))
    again = shown.client.get(at(shown, address), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/s/" + "0" * 64, "is in none of the records 0 to"),
        ("/s/" + "0" * 64, "Not found here is not the same as does not exist"),
        ("/records/99999", "Record 99,999 is in none of the records"),
        ("/parties/ZZ", "No participant of this ledger has the code ZZ"),
        ("/checkpoints/99999", "has no entry 99,999"),
        ("/s/abc", "There is no page at this address"),
        ("/find?q=" + "ab" * 32, "Nothing in this copy has this digest"),
    ],
)
def test_what_is_not_here_is_said_in_words(shown: Site, address: str, words: str) -> None:
    text = shown.text(address, 404)
    assert words in text
    assert read(text).problems == []


def test_data_that_is_not_here_is_a_problem_document(shown: Site) -> None:
    answer = shown.client.get("/s/" + "0" * 64 + ".json")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert answer.json["code"] == "explorer.not-here"


def test_pages_take_no_other_method(shown: Site) -> None:
    answer = shown.client.post("/statements")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert shown.client.head("/statements").status_code == 200


def test_a_valid_signature_alone_is_never_teal(shown: Site) -> None:
    for page in ("/s/{drill}", "/s/{drill}/proof", "/parties/XA", "/checkpoints/3"):
        main = shown.text(at(shown, page)).partition("<main")[2]
        assert "is-done" in main
        assert "is-kept" not in main


def test_a_party_page_proves_that_none_is_missing(shown: Site) -> None:
    answer = shown.client.get("/parties/XB.json").json
    assert answer is not None
    chains = {row["office"]: row for row in answer["chains"]}
    assert all(row["unbroken"] for row in chains.values())
    assert chains["foreign-ministry"]["count"] == shown.world.chains["XB", "foreign-ministry"][0]
    assert chains["foreign-ministry"]["head"] == shown.world.chains["XB", "foreign-ministry"][1]
    assert "unbroken" in shown.text("/parties/XB")


def test_a_chain_with_a_missing_link_is_seen(own: Site) -> None:
    import sqlite3

    with sqlite3.connect(own.copy.path) as database:
        database.execute("DELETE FROM records WHERE party = 'XC' AND office = 'foreign-ministry' AND sequence = 0")
    answer = own.client.get("/parties/XC.json").json
    assert answer is not None
    broken = next(row for row in answer["chains"] if row["office"] == "foreign-ministry")
    assert (broken["unbroken"], broken["broken_at"]) == (False, 1)
    assert "broken at number 1" in own.text("/parties/XC")


def test_the_stylesheet_may_be_kept_for_ever_under_its_own_name(shown: Site) -> None:
    href = read(shown.text("/")).every("link")[0]["href"] or ""
    assert re.fullmatch(r"/static/explorer\.css\?v=[0-9a-f]{12}", href)
    assert "immutable" in shown.client.get(href).headers["Cache-Control"]
    assert shown.client.get("/static/../pages.py").status_code == 404


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("4", "/s/{drill}"),
        ("1,000", "/statements?q=1%2C000"),
        ("{drill}", "/s/{drill}"),
        ("harbour", "/statements?q=harbour"),
        ("<x>", "/statements?q=%3Cx%3E"),
    ],
)
def test_find_leads_to_the_place(shown: Site, typed: str, place: str) -> None:
    answer = shown.client.get("/find", query_string={"q": at(shown, typed)})
    assert (answer.status_code, answer.headers["Location"]) == (303, at(shown, place))
