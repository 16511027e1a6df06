"""Every list x page, JSON, CSV, Atom: the same things in all four, the same filters, linked to, marked if an exercise."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.web.explorer.accord import Accorded, site
from tests.web.explorer.conftest import site as plain_site
from tests.web.explorer.lists import ATOM, entries, table, text
from tests.web.explorer.markup import read
from tests.web.explorer.world import World
from web.explorer import Copy, create_explorer_app
from web.explorer.allowance import UNLIMITED
from web.explorer.pages.lists import LISTS, OTHERS
from web.explorer.records import feed

NAMES = sorted([*LISTS, *OTHERS])
MARK = "EXERCISE EXERCISE EXERCISE"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    here = site(tmp_path_factory.mktemp("lists"))
    # One address asks for more here than a reader may.
    app = create_explorer_app(here.copy, clock=lambda: here.world.clock + 60, limits=UNLIMITED)
    return replace(here, client=app.test_client())


def facts(found: Accorded, address: str) -> dict[str, Any]:
    answer = found.client.get(address)
    assert answer.status_code == 200, (address, answer.text[:200])
    told: dict[str, Any] = answer.json or {}
    return told


COUNTED: dict[str, Callable[[dict[str, Any]], int]] = {
    "statements": lambda one: int(one["total"]),
    "parties": lambda one: len(one["parties"]),
    "pledges": lambda one: len(one["texts"]),
    "obligations": lambda one: int(one["total"]),
    "incidents": lambda one: len(one["incidents"]),
    "channels": lambda one: len(one["states"]) * (len(one["states"]) - 1),
    "calendar": lambda one: sum(len(month["items"]) for month in one["agenda"]),
    "checkpoints": lambda one: len(one["checkpoints"]),
    "witnesses": lambda one: len(one["witnesses"]),
    "audits": lambda one: sum(len(group["reports"]) for group in one["audits"]) + len(one["verifier_findings"]),
    "ledger": lambda one: len(one["findings"]) + len(one.get("evidence", ())),
    "forms": lambda one: sum(len(family["forms"]) for family in one["families"]),
}


def test_every_list_is_counted_here() -> None:
    assert sorted(COUNTED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_a_row_for_each_thing_of_the_page(found: Accorded, name: str) -> None:
    rows = table(found.client, f"/{name}.csv")
    assert len(rows) == COUNTED[name](facts(found, f"/{name}.json"))
    assert rows or name in ("audits", "ledger")


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_is_one(found: Accorded, name: str) -> None:
    root = ElementTree.fromstring(found.client.get(f"/{name}.atom").data)
    for member in ("id", "title", "updated", "author", "subtitle"):
        assert len(root.findall(f"{ATOM}{member}")) == 1, member
    some = entries(found.client, f"/{name}.atom")
    assert some or name in ("audits", "calendar", "ledger")
    ids = [text(one, "id") for one in some]
    assert len(ids) == len(set(ids))
    times = [text(one, "updated") for one in some]
    assert times == sorted(times, reverse=True) or name == "statements"
    for one in some:
        assert text(one, "title").strip()
        assert text(one, "id").startswith(("ni:///sha-256;", "urn:uuid:"))
        link = next(row.get("href") or "" for row in one.findall(f"{ATOM}link") if row.get("rel") == "alternate")
        assert found.client.get(link.removeprefix("http://localhost")).status_code == 200, link


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_keeps_its_id_and_time_in_every_language(found: Accorded, name: str) -> None:
    english = [(text(one, "id"), text(one, "updated")) for one in entries(found.client, f"/{name}.atom")]
    for code in ("ar", "zh"):
        assert [
            (text(one, "id"), text(one, "updated")) for one in entries(found.client, f"/{code}/{name}.atom")
        ] == english


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.parametrize("name", NAMES)
def test_the_page_links_its_files(found: Accorded, name: str, language: str) -> None:
    answer = found.client.get(f"{language}/{name}")
    assert answer.status_code == 200, answer.text[:500]
    page = read(answer.text)
    heads = {one["type"]: one["href"] for one in page.every("link") if one.get("rel") == "alternate" and "type" in one}
    assert heads == {
        "application/json": f"/{name}.json",
        "text/csv": f"/{name}.csv",
        "application/atom+xml": f"{language}/{name}.atom",
    }
    links = {one["href"] for one in page.every("a")}
    assert set(heads.values()) <= links


def test_the_files_keep_the_filters_of_the_page(found: Accorded) -> None:
    page = read(found.client.get("/obligations?party=XA&status=kept&page=0").text)
    heads = {one["type"]: one["href"] for one in page.every("link") if one.get("rel") == "alternate" and "type" in one}
    assert heads["text/csv"] == "/obligations.csv?party=XA&status=kept"
    rows = table(found.client, str(heads["text/csv"]))
    assert rows
    assert {(row["debtor"], row["status"]) for row in rows} == {("XA", "kept")}
    some = entries(found.client, str(heads["application/atom+xml"]))
    assert len(some) == len(rows)
    assert all("owed by XA" in text(one, "title") for one in some)


def test_a_feed_of_obligations_holds_what_is_due_around_now(found: Accorded) -> None:
    rows = [row for row in table(found.client, "/obligations.csv") if row["due"]]
    now = facts(found, "/obligations.json")["judgement"]["as_of"]
    past = sorted((row["due"], row["id"]) for row in rows if row["due"] <= now)[-50:]
    ahead = sorted((row["due"], row["id"]) for row in rows if row["due"] > now)[:50]
    assert {feed.named(name) for _due, name in (*past, *ahead)} <= {
        text(one, "id") for one in entries(found.client, "/obligations.atom")
    }
    assert all(text(one, "updated") <= now.replace("Z", "+00:00") for one in entries(found.client, "/obligations.atom"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_marked_as_an_exercise_says_so_in_every_file(found: Accorded, name: str) -> None:
    """A thing that the JSON page marks begins with the banner in the feed, and has it in its column of the table."""
    marked = set(re.findall(r'"exercise": "([0-9a-f]{64})"', found.client.get(f"/{name}.json").text))
    rows = table(found.client, f"/{name}.csv")
    if rows and "exercise" in rows[0]:
        assert {row["exercise"] for row in rows if row["exercise"]} == {f"{MARK} {drill}" for drill in marked}
    for one in entries(found.client, f"/{name}.atom"):
        terms = {term.get("term") for term in one.findall(f"{ATOM}category")}
        assert text(one, "title").startswith(f"{MARK}: ") == ("exercise" in terms)
        assert text(one, "summary").startswith(f"{MARK}: ") == ("exercise" in terms)
    if name in ("statements", "incidents"):
        assert marked, "the world has a rehearsal; without one this test says nothing"
        assert any(text(one, "title").startswith(MARK) for one in entries(found.client, f"/{name}.atom"))


@pytest.mark.parametrize("name", NAMES)
def test_what_the_reader_has_is_not_sent_again(found: Accorded, name: str) -> None:
    for end in ("csv", "atom"):
        first = found.client.get(f"/{name}.{end}")
        again = found.client.get(f"/{name}.{end}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_the_rest_of_a_list_is_named(found: Accorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.explorer.pages.ledger.ENTRIES", 5)
    seen: list[str] = []
    address: str | None = "/checkpoints.csv"
    while address:
        answer = found.client.get(address)
        seen += [row["number"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
        link = answer.headers.get("Link", "")
        address = link[1:].partition(">")[0] if link else None
    assert seen == [str(n) for n in reversed(range(facts(found, "/checkpoints.json")["total"]))]
    root = ElementTree.fromstring(found.client.get("/checkpoints.atom").data)
    following = [one.get("href") for one in root.findall(f"{ATOM}link") if one.get("rel") == "next"]
    assert following == [f"http://localhost/checkpoints.atom?below={seen[4]}"]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_copy_has_empty_files(tmp_path: Path, name: str) -> None:
    client = create_explorer_app(Copy(tmp_path / "empty")).test_client()
    rows = list(csv.reader(io.StringIO(client.get(f"/{name}.csv").text, newline="")))
    assert len(rows) == (1 if name != "forms" else 65)
    answer = client.get(f"/{name}.atom")
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.data).findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("address", ["/calendar.csv?from=x", "/calendar.atom?from=x", "/obligations.atom?status=nope"])
def test_a_filter_that_is_none_is_refused(found: Accorded, address: str) -> None:
    answer = found.client.get(address)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_what_was_found_is_in_the_files_of_the_ledger(tmp_path: Path) -> None:
    """A record that the audit judges as absent: its finding is a row and an entry, dated as the record is."""

    def story(world: World) -> None:
        world.skipped("XC")

    here = plain_site(tmp_path, story)
    told = (here.client.get("/ledger.json").json or {})["findings"]
    rows = list(csv.DictReader(io.StringIO(here.client.get("/ledger.csv").text, newline="")))
    assert [(row["what"], row["code"], row["says"]) for row in rows if row["what"] == "finding"] == [
        ("finding", one["code"], one["message"]) for one in told
    ]
    assert told
    found = ElementTree.fromstring(here.client.get("/ledger.atom").data).findall(f"{ATOM}entry")
    record = (here.client.get(f"/records/{told[0]['index']}.json").json or {})["witnessed_before"]
    assert [text(one, "updated") for one in found if text(one, "summary") == told[0]["message"]] == [
        record.replace("Z", "+00:00")
    ]
