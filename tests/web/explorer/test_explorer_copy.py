"""The copy: only what was verified, only what is new, all of a run or none of it, and what it says when a run fails."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated_log import put, write_files
from tests.web.explorer.conftest import Site
from tests.web.explorer.world import World, filled, source, told
from verifier import merkle
from verifier.audit import audit
from verifier.errors import Fault
from verifier.formats import policy, tiles
from web.explorer import Copy, create_explorer_app
from web.explorer.copy.audited import Trust


def catch_up(site: Site) -> None:
    site.world.write(site.log)
    site.copy.catch_up(source(site.log), site.world.trust, now=site.world.clock)
    site.now[0] = site.world.clock + 60


def test_what_is_kept_is_what_was_logged(shown: Site) -> None:
    with shown.copy.view() as view:
        assert view.size == len(shown.world.records)
        assert [view.raw(n) for n in range(view.size)] == shown.world.records
        assert [view.entry(n).raw for n in range(view.history)] == shown.world.history  # type: ignore[union-attr]
        assert view.tile(0, 0, view.size) == [merkle.leaf_hash(raw) for raw in shown.world.records]


def test_a_second_run_adds_only_what_is_new(own: Site) -> None:
    seen: list[int] = []

    def counting(*given: Any, observer: Any, **options: Any) -> Any:
        inner = observer.record

        def noting(index: int, raw: bytes, findings: Any) -> None:
            seen.append(index)
            inner(index, raw, findings)

        observer.record = noting
        return audit(*given, observer=observer, **options)

    copy = Copy(own.copy.path.parent, run=counting)
    before = len(own.world.records)
    own.world.announce("XA", 1)
    own.world.checkpoint()
    own.world.write(own.log)
    copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    assert seen == [before]
    copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    assert seen == [before]
    with copy.view() as view:
        assert view.size == before + 1


def test_many_small_runs_end_as_one_long_run_does(tmp_path: Path) -> None:
    """Tiles, dates and cosignatures: 600 records in uneven steps over more than two tiles."""
    world = World()
    world.found()
    grown = Copy(tmp_path / "grown")
    for step in (1, 251, 1, 3, 256, 88):
        for n in range(step):
            world.announce("XB", n)
        world.checkpoint(cosigned=(0, 1) if step == 3 else (0, 1, 2))
        world.write(tmp_path / "log")
        grown.catch_up(source(tmp_path / "log"), world.trust, now=world.clock)
    whole = filled(world, tmp_path / "log", tmp_path / "whole")
    for table in ("records", "leaves", "relations", "checkpoints", "cosignatures", "tiles"):
        rows = [
            sorted(map(repr, sqlite3.connect(copy.path).execute(f"SELECT * FROM {table}").fetchall()))
            for copy in (grown, whole)
        ]
        assert rows[0] == rows[1], table


def test_a_late_cosignature_dates_what_was_there_before(tmp_path: Path) -> None:
    world = World()
    world.found()
    world.announce("XA", 1)
    world.checkpoint(cosigned=(0, 1), pause=600)
    world.write(tmp_path / "log")
    copy = filled(world, tmp_path / "log", tmp_path / "copy")
    world.announce("XA", 2)
    world.checkpoint(cosigned=(1, 2), pause=600)
    world.checkpoint(cosigned=(0, 2), pause=600)
    world.write(tmp_path / "log")
    copy.catch_up(source(tmp_path / "log"), world.trust, now=world.clock)
    with copy.view() as view:
        for index in range(view.size):
            row, times = view.record(index), view.state.interval(index)
            assert row is not None
            assert (row.witnessed_after, row.witnessed_before) == (times.after, times.before)


def test_an_interrupted_run_leaves_nothing(own: Site) -> None:
    def breaking(*given: Any, observer: Any, **options: Any) -> Any:
        audit(*given, observer=observer, **options)
        raise Fault("source.unreachable", "the line went dead", where="here")

    before = own.client.get("/statements.json").json
    for n in range(3):
        own.world.announce("XA", n)
    own.world.checkpoint()
    own.world.write(own.log)
    with pytest.raises(Fault, match="the line went dead"):
        Copy(own.copy.path.parent, run=breaking).catch_up(source(own.log), own.world.trust, now=own.world.clock)
    after = own.client.get("/statements.json").json
    assert before is not None
    assert after is not None
    assert after["statements"] == before["statements"]
    assert "The ledger could not be read." in own.text("/")
    catch_up(own)
    assert "could not be read" not in own.text("/")


def test_a_reader_sees_one_state_while_a_run_ends(own: Site) -> None:
    with own.copy.view() as view:
        size = view.size
        own.world.announce("XA", 9)
        own.world.checkpoint()
        catch_up(own)
        assert view.record(size) is None
        assert view.number("SELECT count(*) FROM records", ()) == size
    with own.copy.view() as view:
        assert view.record(size) is not None


def test_a_record_with_a_finding_is_kept_and_marked(shown: Site) -> None:
    row = next(
        row for row in (shown.client.get("/statements.json?party=XC").json or {})["statements"] if not row["stands"]
    )
    assert row["findings"] == 1
    assert row["address"] == f"/records/{row['record']}"
    assert "not in force: see the finding" in shown.text("/statements?party=XC")
    page = shown.text(row["address"])
    assert "judges this record as if it were absent" in page
    assert "statement.gap" in page
    assert "statement.gap" in shown.text("/ledger")
    assert "The audit has 1 finding." in shown.text("/")


def test_an_unreadable_record_is_shown_as_bytes(own: Site) -> None:
    own.world.records.append(b'{"not":"a record"} \xe2\x80\xae')
    own.world.checkpoint()
    catch_up(own)
    last = len(own.world.records) - 1
    page = own.text(f"/records/{last}")
    assert "do not form a statement" in page
    assert "U+202E" in page
    assert own.client.get(f"/records/{last}.json").status_code == 200
    assert own.client.get(f"/records/{last}.stored.json").data == own.world.records[last]
    assert f'href="/records/{last}"' in own.text("/statements")


def test_a_quorum_that_is_not_met_adds_nothing_and_is_said(own: Site) -> None:
    before = len(own.world.records)
    own.world.announce("XA", 1)
    own.world.checkpoint(cosigned=(0,))
    with pytest.raises(Fault) as refused:
        catch_up(own)
    assert refused.value.code == "quorum.unmet"
    for page in ("/", "/statements", "/help", "/s/{drill}".format(**own.ids)):
        assert "Quorum unmet" in own.text(page)
    with own.copy.view() as view:
        assert view.size == before
    assert (own.client.get("/index.json").json or {})["health"]["warnings"][0]["code"] == "quorum.unmet"
    assert "quorum.unmet" in own.text("/ledger")


def test_records_that_do_not_make_the_root_are_never_shown(own: Site) -> None:
    records = list(own.world.records)
    own.world.announce("XA", 1)
    own.world.checkpoint()
    write_files(own.log, [*records, records[0]], own.world.history)
    put(
        own.log / tiles.tile_path(0, 0, len(records) + 1),
        b"".join(merkle.leaf_hash(raw) for raw in [*records, records[0]]),
    )
    with pytest.raises(Fault) as refused:
        own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    assert refused.value.code == "explorer.not-shown"
    with own.copy.view() as view:
        assert view.size == len(records)
    assert "The last audit did not end well." in own.text("/")


def test_a_fork_is_said_on_every_page(own: Site) -> None:
    world = own.world
    forked = [*world.records[:-1], world.records[0]]
    root = merkle.subtree_root([merkle.leaf_hash(raw) for raw in forked])
    write_files(own.log, forked, [*world.history, world.sign(len(forked), root)])
    with pytest.raises(Fault):
        own.copy.catch_up(source(own.log), world.trust, now=world.clock + 10)
    assert "The ledger contradicts itself" in own.text("/witnesses")
    assert "Has it ever contradicted itself?" in own.text("/")
    assert (own.client.get("/index.json").json or {})["contradiction"] is True
    world.announce("XA", 1)
    world.checkpoint()
    catch_up(own)  # the honest view again: the records come in, and the contradiction stays said
    assert "The ledger contradicts itself" in own.text("/help")
    assert "log.fork" in own.text("/ledger")


@pytest.mark.parametrize("change", ["policy", "charter"])
def test_a_copy_belongs_to_one_trust(own: Site, change: str) -> None:
    other = own.world.policy_text.replace("group neutral 2", "group neutral 3")
    trust = own.world.trust if change == "charter" else Trust(policy.parse(other.encode()), own.world.charter_id)
    trust = Trust(trust.policy, "0" * 64) if change == "charter" else trust
    with pytest.raises(Fault) as refused:
        own.copy.catch_up(source(own.log), trust, now=own.world.clock)
    assert refused.value.code == "explorer.other-copy"


def test_a_copy_of_an_older_form_is_made_anew(own: Site) -> None:
    with sqlite3.connect(own.copy.path) as database:
        database.execute("PRAGMA user_version = 0")
    copy = Copy(own.copy.path.parent)
    with copy.view() as view:
        assert view.empty
    copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    with copy.view() as view:
        assert view.size == len(own.world.records)


def test_an_empty_copy_has_every_page(tmp_path: Path) -> None:
    client = create_explorer_app(Copy(tmp_path), clock=lambda: 0).test_client()
    for page in ("/", "/statements", "/parties", "/checkpoints", "/witnesses", "/ledger", "/help"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert "Nothing is audited yet" in answer.text
        assert client.get("/index.json" if page == "/" else f"{page}.json").status_code == 200
    for page in ("/s/" + "0" * 64, "/parties/XA", "/records/0", "/find?q=" + "0" * 64):
        assert client.get(page).status_code == 404


def test_the_told_ledger_audits_clean(tmp_path: Path) -> None:
    world, _ids = told(tmp_path / "log")
    report = Copy(tmp_path / "copy").catch_up(source(tmp_path / "log"), world.trust, now=world.clock)
    assert (report.findings, int(report.exit)) == ([], 0)
