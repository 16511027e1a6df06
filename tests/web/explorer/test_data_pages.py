"""What is taken away: one consistent snapshot with true digests, and a description of the API that fits the routes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shlex
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from datasette.app import Datasette  # type: ignore[import-untyped]
from markupsafe import escape
from werkzeug.serving import make_server

from tests.web.explorer.accord import site as accord_site
from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from verifier.source import DumpSource
from web.explorer.records.snapshot import AFTER, Snapshots
from web.explorer.wording import languages


@pytest.fixture
def taken(own: Site) -> Snapshots:
    return Snapshots(own.copy, lambda: own.now[0])


def test_a_snapshot_is_the_copy(own: Site, taken: Snapshots) -> None:
    found = taken.make()
    assert list(found.files) == ["detente.sqlite", "metadata.json", "statements.csv", "records.jsonl", "checkpoint.txt"]
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
    assert "--metadata metadata.json" in text


@pytest.mark.parametrize("name", ["nope", "..%2fcopy.sqlite", "copy.sqlite", "detente.sqlite-wal", "%00"])
def test_no_other_file_comes_down(own: Site, name: str) -> None:
    assert own.client.get(f"/data/{name}").status_code == 404


def test_datasette_opens_the_copy(own: Site, taken: Snapshots) -> None:
    """The real Datasette, over the files as they are taken away: rows, facets, full-text search, the words beside them."""
    found = taken.make()
    files = {name: str(one.path) for name, one in found.files.items()}
    before = found.files["detente.sqlite"].sha256

    async def read() -> dict[str, Any]:
        shown = Datasette(
            [],
            immutables=[files["detente.sqlite"]],
            metadata=json.loads(Path(files["metadata.json"]).read_text("utf-8")),
        )
        pages = {
            "home": "/detente.json",
            "records": "/detente/records.json?_sort=idx&_shape=objects&_size=1000",
            "drills": "/detente/records.json?type=drill-announcement&_facet=party&_shape=objects",
            "search": "/detente.json?_shape=objects&sql=select+rowid+from+words+where+words+match+'harbour'",
            "html": "/detente/records",
        }
        answers = {name: await shown.client.get(path) for name, path in pages.items()}
        assert {name: one.status_code for name, one in answers.items()} == dict.fromkeys(pages, 200)
        return {name: one.text if name == "html" else one.json() for name, one in answers.items()}

    with ThreadPoolExecutor(1) as apart:  # a browser driven by an earlier test keeps a loop running in this thread
        told = apart.submit(lambda: asyncio.run(read())).result()
    assert [row["idx"] for row in told["records"]["rows"]] == list(range(found.records))
    assert told["records"]["rows"][0]["id"] == own.world.charter_id
    assert own.ids["drill"] in {row["id"] for row in told["drills"]["rows"]}
    assert told["search"]["rows"], "the full-text index is of use there too"
    assert "One row a record, with the times that witnesses establish" in told["html"]
    described = json.loads(found.files["metadata.json"].path.read_text("utf-8"))["databases"]["detente"]["tables"]
    assert set(described) <= {table["name"] for table in told["home"]["tables"]}
    assert (
        found.files["detente.sqlite"].sha256 == before == sha256(Path(files["detente.sqlite"]).read_bytes()).hexdigest()
    )


# The API.


def test_the_description_has_every_route_and_no_other(shown: Site) -> None:
    described = shown.client.get("/openapi.json").json
    assert described is not None
    routes: dict[str, set[str]] = {}
    for rule in shown.client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        routes.setdefault(path, set()).update({one.lower() for one in rule.methods or ()} - {"head", "options"})
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
        place = path.format(
            **ids, statement_id=shown.ids["pledge"], obligation_id="0" * 64, name="-", path="-", digest="0" * 64
        )
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


def test_every_example_of_the_api_answers(tmp_path: Path) -> None:
    """Each address as it stands on the page, over a copy that has one of everything."""
    found = accord_site(tmp_path)
    facts = found.client.get("/api.json").json
    assert facts is not None
    found.client.get("/data")
    operations = [one for group in facts["groups"] for one in group["operations"] if one["method"] == "GET"]
    without = {one["path"] for one in operations if one["example"] is None}
    assert {path for path in without if "{digest}" not in path} == set()
    page = found.client.get("/api").text
    for one in operations:
        if one["example"] is None or one["path"].startswith("/data/{"):
            continue
        answer = found.client.get(one["example"])
        assert answer.status_code in (200, 302, 303, 308), (one["example"], answer.text[:200])
        if answer.status_code == 200:
            assert answer.content_type.partition(";")[0] == one["media"].partition(";")[0], one["example"]
        assert f'href="{escape(languages.to(one["example"]))}"' in page


def test_the_commands_of_the_api_do_what_they_say(tmp_path: Path) -> None:
    """Run as they stand, by curl, against a server."""
    found = accord_site(tmp_path / "site")
    server = make_server("127.0.0.1", 0, found.client.application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host = f"http://127.0.0.1:{server.port}"
        with urllib.request.urlopen(f"{host}/api.json") as answer:
            commands = [one["command"] for one in json.load(answer)["commands"]]
        said = [
            subprocess.run(shlex.split(one), cwd=tmp_path, check=True, capture_output=True).stdout for one in commands
        ]
    finally:
        server.shutdown()
        server.server_close()
    assert {row["party"] for row in json.loads(said[0])["statements"]} == {"XA"}
    assert {row["status"] for row in csv.DictReader(io.StringIO(said[1].decode(), newline=""))} == {"overdue"}
    assert (tmp_path / "newest.tlog-proof").read_bytes().startswith(b"c2sp.org/tlog-proof@v1")
    assert json.loads(said[3])["answers"][0]["outcome"] == "in-record"
