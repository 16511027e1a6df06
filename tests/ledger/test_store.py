"""The SQLite store: sound, durable, append-only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import apsw
import pytest

from ledger.store import FullTile, NewEntry, NewRecord, Quorum, library
from ledger.store.sqlite import SqliteStore
from verifier.errors import Fault
from verifier.history import EMPTY_HEAD


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "log.sqlite")


def row(n: int) -> NewRecord:
    return NewRecord(f"{n:064x}", b"record %d" % n)


def test_the_library_in_use_is_sound(store: SqliteStore) -> None:
    (said,) = store._writer.execute("select sqlite_version()").fetchone()
    assert said == library.version() == apsw.sqlite_lib_version()
    assert library.is_sound(said)


@pytest.mark.parametrize("version", ["3.51.3", "3.51.10", "3.52.0", "3.53.1", "4.0.0", "3.50.7", "3.44.6"])
def test_sound_versions(version: str) -> None:
    assert library.is_sound(version)


@pytest.mark.parametrize("version", ["3.40.1", "3.44.5", "3.44.7", "3.50.6", "3.50.8", "3.51.2", "3.51.0", "3.7.17"])
def test_versions_that_may_lose_commits(version: str) -> None:
    assert not library.is_sound(version)


def test_an_unsound_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "version", lambda: "3.51.2")
    with pytest.raises(Fault) as caught:
        SqliteStore(tmp_path / "log.sqlite")
    assert caught.value.code == "store.unsound-sqlite"
    assert "apsw" in caught.value.kind.next


def test_every_commit_is_durable(store: SqliteStore) -> None:
    assert store._writer.execute("pragma journal_mode").fetchone() == ("wal",)
    assert store._writer.execute("pragma synchronous").fetchone() == (2,)


def test_records_tiles_and_sizes(store: SqliteStore) -> None:
    assert (store.size(), store.history().count, store.settled(), store.snapshot()) == (0, 0, 0, None)
    store.append(0, [row(0), row(1)], [FullTile(0, 0, b"t" * 8192)])
    store.append(2, [row(2)], [])
    assert store.size() == 3
    assert list(store.records(0, 3)) == [b"record 0", b"record 1", b"record 2"]
    assert list(store.records(1, 2)) == [b"record 1"]
    assert store.index_of(row(1).id) == 1
    assert store.index_of("ff" * 32) is None
    assert store.sizes_after(0) == [2, 3]
    assert store.sizes_after(2) == [3]
    assert store.tile(0, 0) == b"t" * 8192
    with pytest.raises(Fault) as caught:
        store.tile(1, 0)
    assert caught.value.code == "store.damaged"


def test_history_and_quorums(store: SqliteStore) -> None:
    def entry(size: int) -> NewEntry:
        return NewEntry(size, f"{size:064x}", b"note %d" % size)

    assert store.history().head == EMPTY_HEAD
    store.enter(0, [entry(4)], [])
    store.enter(1, [entry(4), entry(9), entry(9)], [Quorum(1, 1, 4, True), Quorum(2, 2, 9, True)])
    store.enter(4, [entry(9)], [Quorum(4, 1, 9, False)])
    history = store.history()
    assert (history.count, history.head, history.size) == (5, f"{9:064x}", 9)
    assert list(store.entries(1, 3)) == [b"note 4", b"note 9"]
    assert store.settled() == 9
    assert [store.settling(index) for index in (0, 3, 4, 8)] == [
        Quorum(1, 1, 4, True),
        Quorum(1, 1, 4, True),
        Quorum(2, 2, 9, True),
        Quorum(2, 2, 9, True),
    ]
    assert store.settling(9) is None
    assert store.last_quorum() == Quorum(4, 1, 9, False)


def test_a_failed_transaction_stores_nothing(store: SqliteStore) -> None:
    store.append(0, [row(0)], [])
    with pytest.raises(Fault) as caught:
        store.append(1, [row(1), row(0)], [FullTile(0, 0, b"t")])
    assert caught.value.code == "store.failed"
    with pytest.raises(Fault, match="without gaps"):
        store.append(2, [row(2)], [])
    with pytest.raises(Fault, match="without gaps"):
        store.enter(1, [NewEntry(1, "00" * 32, b"")], [])
    assert (store.size(), store.sizes_after(0)) == (1, [1])
    store.append(1, [row(1)], [])


@pytest.mark.parametrize(
    "change",
    [
        "update records set raw = x'00'",
        "delete from records",
        "insert or replace into records (idx, id, raw) values (0, x'00', x'00')",
        "update tiles set hashes = x'00'",
        "delete from tiles",
        "insert or replace into tiles (level, number, hashes) values (0, 0, x'00')",
        "update batches set size = 2",
        "delete from batches",
        "insert or replace into batches (size) values (1)",
        "update history set note = x'00'",
        "delete from history",
        "insert or replace into history (number, size, head, note) values (0, 9, x'00', x'00')",
        "update quorums set size = 9",
        "delete from quorums",
        "insert or replace into quorums (first, parts, size, settles) values (0, 1, 9, 9)",
    ],
)
@pytest.mark.parametrize("recursive", [True, False], ids=["recursive-triggers", "plain-connection"])
def test_what_is_written_never_changes(store: SqliteStore, change: str, recursive: bool) -> None:
    store.append(0, [row(0)], [FullTile(0, 0, b"t")])
    store.enter(0, [NewEntry(1, "00" * 32, b"note")], [Quorum(0, 1, 1, True)])
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute(f"pragma recursive_triggers={int(recursive)}")
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|without gaps|written once"):
        connection.execute(change)
    connection.close()


def test_the_snapshot_may_change(store: SqliteStore) -> None:
    store.keep_snapshot(3, b"one")
    store.keep_snapshot(5, b"two")
    assert store.snapshot() == (5, b"two")


def test_reading_goes_on_beside_a_transaction(store: SqliteStore) -> None:
    store.append(0, [row(0)], [])
    with store._transaction("records") as connection:
        connection.execute("insert into batches (size) values (77)")
        assert store.sizes_after(0) == [1]
    assert store.sizes_after(0) == [1, 77]


def test_a_store_is_taken_up_where_it_was_left(store: SqliteStore) -> None:
    store.append(0, [row(0)], [])
    store.close()
    again = SqliteStore(store.path)
    assert again.size() == 1
    again.append(1, [row(1)], [])


def test_a_path_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        SqliteStore(tmp_path / "nowhere" / "log.sqlite")
    assert caught.value.code == "store.failed"


def test_sqlite_utils_works_over_the_sound_library(tmp_path: Path) -> None:
    db = library.open_database(tmp_path / "any.sqlite")
    db.table("t").insert_all([{"a": n, "b": str(n)} for n in range(3)], pk="a")
    db.table("t").upsert({"a": 1, "b": "one"}, pk="a")
    assert list(db.query("select b from t order by a")) == [{"b": "0"}, {"b": "one"}, {"b": "2"}]
    assert list(db.query("select b from t where a > 7")) == []
    with pytest.raises(sqlite3.IntegrityError):
        db.table("t").insert({"a": 1, "b": "again"})
    with pytest.raises(sqlite3.OperationalError):
        db.execute("select nothing from nowhere")
    with pytest.raises(sqlite3.IntegrityError), db.atomic():
        db.table("t").insert_all([{"a": 9, "b": "nine"}, {"a": 1, "b": "again"}])
    assert db.table("t").count == 3
