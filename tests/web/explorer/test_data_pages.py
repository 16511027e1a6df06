"""What is taken away: one consistent snapshot with true digests, and a description of the API that fits the routes."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import time
from collections import namedtuple
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from verifier.source import DumpSource
from web.explorer.records.snapshot import AFTER, Snapshots


@pytest.fixture
def taken(own: Site) -> Snapshots:
    return Snapshots(own.copy, lambda: own.now[0])


def test_a_snapshot_is_the_copy(own: Site, taken: Snapshots) -> None:
    found = taken.make()
    assert list(found.files) == ["detente.sqlite", "statements.csv", "records.jsonl", "checkpoint.txt"]
    assert (found.records, found.history) == (len(own.world.records), len(own.world.history))
    with sqlite3.connect(found.files["detente.sqlite"].path) as db, sqlite3.connect(own.copy.path) as copy:
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        assert db.execute(tables).fetchall() == copy.execute(tables).fetchall()
        for (name,) in db.execute(tables).fetchall():
            if not name.startswith("words"):
                count = f"SELECT count(*) FROM [{name}]"
                assert db.execute(count).fetchone() == copy.execute(count).fetchone(), name
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'quiet'").fetchone()[0] > 0
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",), "one file, without a log beside it"


def test_the_files_are_of_one_moment_and_their_digests_true(own: Site, taken: Snapshots) -> None:
    found = taken.make()
    for one in found.files.values():
        raw = one.path.read_bytes()
        assert (one.size, one.sha256) == (len(raw), sha256(raw).hexdigest())
    rows = list(csv.DictReader(io.StringIO(found.files["statements.csv"].path.read_text("utf-8"), newline="")))
    assert [int(row["record"]) for row in rows] == list(range(found.records))
    assert rows[0]["id"] == own.world.charter_id
    dump = found.files["records.jsonl"].path
    assert dump.read_bytes().splitlines() == own.world.records
    assert DumpSource(str(dump)).size == found.records
    assert found.files["checkpoint.txt"].path.read_bytes() == own.world.history[-1]


def test_the_newest_snapshot_alone_is_kept(own: Site, taken: Snapshots) -> None:
    first = taken.make()
    open_file = first.files["detente.sqlite"].path.open("rb")
    second = taken.make()
    assert not first.files["detente.sqlite"].path.exists()
    assert sha256(open_file.read()).hexdigest() == first.files["detente.sqlite"].sha256, "a reader goes on"
    open_file.close()
    rooms = [one for one in own.copy.path.parent.iterdir() if one.is_dir()]
    assert rooms == [second.files["detente.sqlite"].path.parent]


def test_a_snapshot_serves_for_a_while(own: Site, taken: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def counted(self: Snapshots) -> None:
        begun.append(1)
        self._making.release()

    monkeypatch.setattr(Snapshots, "_begun", counted)
    first = taken.make()

    def asked(run: int) -> int:
        before = len(begun)
        taken.ask(run)
        for _ in range(200):
            if taken._making.acquire(timeout=1):
                taken._making.release()
                break
        return len(begun) - before

    assert asked(first.run) == 0
    assert asked(first.run + 1) == 0, "so soon after the last one, no other is made"
    own.now[0] += AFTER
    assert asked(first.run) == 0, "nothing has changed"
    assert asked(first.run + 1) == 1
    assert asked(0) == 0, "an empty copy is no reason for a snapshot"


def test_without_room_there_is_no_snapshot(taken: Snapshots, monkeypatch: pytest.MonkeyPatch, own: Site) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("web.explorer.records.snapshot.shutil.disk_usage", lambda _: usage(1, 1, 0))
    with pytest.raises(OSError, match="no room"):
        taken.make()
    assert taken.newest is None
    assert [one for one in own.copy.path.parent.iterdir() if one.is_dir()] == []


def test_a_record_with_a_line_break_makes_no_dump(own: Site, taken: Snapshots) -> None:
    with sqlite3.connect(own.copy.path) as db:
        db.execute("UPDATE leaves SET raw = ? WHERE idx = 3", (b"two\nlines",))
    found = taken.make()
    assert "records.jsonl" not in found.files
    assert not (found.files["detente.sqlite"].path.parent / "records.jsonl").exists()


@pytest.mark.parametrize("language", ["", "/ar"])
def test_the_page_shows_the_files_and_they_come_down(own: Site, language: str) -> None:
    facts: dict[str, Any] = {"snapshot": None}
    for _ in range(200):
        facts = own.client.get("/data.json").json or facts
        if facts["snapshot"]:
            break
        time.sleep(0.05)
    text = own.text(f"{language}/data")
    assert read(text).problems == []
    for one in facts["snapshot"]["files"]:
        assert one["sha256"] in text
        answer = own.client.get(one["address"])
        assert (answer.status_code, len(answer.data)) == (200, one["bytes"])
        assert sha256(answer.data).hexdigest() == one["sha256"]
        assert answer.headers["Content-Disposition"] == f"attachment; filename={one['name']}"
        again = own.client.get(one["address"], headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        part = own.client.get(one["address"], headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.data) == (206, answer.data[2:6])
    assert "datasette -i detente.sqlite" in text


@pytest.mark.parametrize("name", ["nope", "..%2fcopy.sqlite", "copy.sqlite", "detente.sqlite-wal", "%00"])
def test_no_other_file_comes_down(own: Site, name: str) -> None:
    assert own.client.get(f"/data/{name}").status_code == 404


# The API.


def test_the_description_has_every_route_and_no_other(shown: Site) -> None:
    described = shown.client.get("/openapi.json").json
    assert described is not None
    routes: dict[str, set[str]] = {}
    for rule in shown.client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        routes.setdefault(path, set()).update({one.lower() for one in rule.methods or ()} - {"head", "options"})
    routes.pop("/{code}")  # the door of a language: it sends on to the slash behind it
    assert {path: set(item) for path, item in described["paths"].items()} == routes
    assert described["openapi"].startswith("3.1.")
    operations = [one for item in described["paths"].values() for one in item.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    for one in operations:
        assert one["summary"].strip(), one["operationId"]


def test_parameters_are_those_of_the_path_and_references_lead_somewhere(shown: Site) -> None:
    raw = shown.client.get("/openapi.json").text
    described = json.loads(raw)
    for path, item in described["paths"].items():
        for operation in item.values():
            named = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)
    for room, name in re.findall(r'"#/components/(\w+)/(\w+)"', raw):
        assert name in described["components"][room]


def test_answers_are_of_the_described_media_types(shown: Site) -> None:
    described = shown.client.get("/openapi.json").json
    assert described is not None
    ids = {"code": "XB", "party": "XA", "other": "XB", "index": "4", "entry_number": "2", "type_name": "pledge"}
    asked = 0
    for path, item in described["paths"].items():
        place = path.format(**ids, statement_id=shown.ids["pledge"], obligation_id="0" * 64, name="-", path="-")
        if "get" not in item or "{obligation_id}" in path or "{name}" in path or "{path}" in path:
            continue
        answer = shown.client.get(place)
        if answer.status_code == 200:
            asked += 1
            media = next(iter(item["get"]["responses"]["200"]["content"]))
            assert answer.content_type.partition(";")[0] == media.partition(";")[0], path
    assert asked > 40


def test_the_page_of_the_api_shows_the_description(shown: Site) -> None:
    described = shown.client.get("/openapi.json").json
    assert described is not None
    for page in ("/api", "/ar/api"):
        text = shown.text(page)
        assert read(text).problems == []
        for path in described["paths"]:
            assert f"GET {path}<" in text or f"POST {path}<" in text, path


def test_the_snapshot_page_never_waits(own: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is answered though the making of a snapshot hangs."""
    held, left = Event(), Event()

    def hanging(_self: Snapshots, _place: Path) -> None:
        held.set()
        left.wait(10)
        raise OSError("ended")

    monkeypatch.setattr(Snapshots, "_taken", hanging)
    assert "The files are being made" in own.text("/data")
    assert held.wait(5)
    assert "The files are being made" in own.text("/data")
    left.set()
