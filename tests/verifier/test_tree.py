"""The audit of a tree alone: logs of all shapes, every kind of damage, and what is told apart from damage."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.people import NotePen
from tests.support.simulated_log import write_files
from verifier import merkle, tree
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint, note, tiles
from verifier.source import open_source
from verifier.tree import Report, audit_tree

PEN = NotePen("elsewhere.example/log", note.ED25519)
PQ = NotePen("elsewhere.example/log", note.COSIGNATURE_MLDSA44)
BIG = 70_000
"""A size with full tiles at levels 0 and 1 and partial ones at levels 0, 1 and 2: the example of the specification."""


@cache
def entries(size: int) -> tuple[bytes, ...]:
    """Entries that mean nothing, some empty."""
    return tuple(b"%d" % n * (n % 40) for n in range(size))


def signed(size: int, root: bytes, *pens: NotePen) -> bytes:
    """A checkpoint of that size and root."""
    text = checkpoint.body(PEN.name, size, root)
    return note.Note(
        text, tuple(pen.signature(text, PEN.name, size, root, 1_700_000_000) for pen in pens or (PEN,))
    ).raw


def root_of(size: int) -> bytes:
    return merkle.subtree_root(merkle.leaf_hashes(entries(size)))


def write(directory: Path, size: int) -> Path:
    write_files(directory, list(entries(size)), [signed(size, root_of(size))])
    return directory


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of BIG entries that no test changes."""
    return write(tmp_path_factory.mktemp("big"), BIG)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 1,000 entries: three full tiles, a partial one of 232, a partial one of 3 above."""
    return write(tmp_path / "log", 1000)


def audited(directory: Path, **options: object) -> Report:
    return audit_tree(open_source(str(directory)), [PEN.key], **options)  # type: ignore[arg-type]


def found(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.index) for finding in report.findings]


def verdicts(report: Report) -> dict[str, bool | None]:
    return {check.name: check.ok for check in report.checks}


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


class Files:
    """A source of the files of a directory as they were, with some of them replaced. `broken` does not answer."""

    complete = True
    location = "memory"

    def __init__(self, directory: Path, broken: str = "") -> None:
        self.files = {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}
        self._broken = broken

    def read(self, path: str) -> bytes:
        if path == self._broken:
            raise Fault("source.unreachable", "no answer", where=path)
        if path not in self.files:
            raise Fault("source.missing", "no such file", where=path)
        return self.files[path]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 512, 700, 65_536, 65_537])
def test_honest_logs_of_every_shape(size: int, tmp_path: Path) -> None:
    report = audited(write(tmp_path, size))
    assert report.exit == Exit.GOOD
    assert verdicts(report) == {"checkpoint": True, "tree": True, "entries": True}
    assert not report.findings


def test_executors_change_nothing(big: Path) -> None:
    def run(executor: Executor | None) -> tuple[list[tuple[int, int]], Report]:
        steps: list[tuple[int, int]] = []
        return steps, audited(big, executor=executor, progress=lambda *step: steps.append(step))

    alone_steps, alone = run(None)
    assert alone.exit == Exit.GOOD
    assert alone_steps[-1] == (BIG, BIG)
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        with kind(2) as executor:
            steps, report = run(executor)
        assert (steps, report.checks, report.exit) == (alone_steps, alone.checks, Exit.GOOD)


def test_memory_does_not_grow_with_the_log(big: Path, log: Path) -> None:
    def peak(directory: Path) -> int:
        audited(directory)  # what is imported and cached at first use does not count
        tracemalloc.start()
        audited(directory)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(log), peak(big)
    assert large < small + 200_000  # 70 times the entries; their hashes alone would take six million bytes


# Damage: each finding stands where something is wrong, and nowhere else.


def test_changed_entry(log: Path) -> None:
    bundle = log / "tile/entries/001"
    rows = tiles.parse_bundle(bundle.read_bytes())
    rows[7] = b"another entry"
    bundle.write_bytes(tiles.format_bundle(rows))
    report = audited(log)
    assert found(report) == [("tile.leaf", 256 + 7)]
    assert report.exit == Exit.BREACH
    assert verdicts(report) == {"checkpoint": True, "tree": True, "entries": False}
    assert report.findings[0].evidence["entry"] == merkle.leaf_hash(b"another entry").hex()


def test_swapped_entries_are_one_finding_that_counts_them(log: Path) -> None:
    bundle = log / "tile/entries/003.p/232"
    rows = tiles.parse_bundle(bundle.read_bytes())
    bundle.write_bytes(tiles.format_bundle([rows[1], rows[0], *rows[2:]]))
    report = audited(log)
    assert found(report) == [("tile.leaf", 768)]
    assert report.findings[0].evidence["differing"] == 2


@pytest.mark.parametrize(
    ("path", "at", "expected"),
    [
        ("tile/0/002", 32 * 5, [("tile.leaf", 517), ("tile.node", 512)]),
        ("tile/0/003.p/232", 31, [("tile.leaf", 768), ("tree.root", None)]),
        ("tile/1/000.p/3", 32, [("tile.node", 256), ("tree.root", None)]),
    ],
)
def test_changed_tile(log: Path, path: str, at: int, expected: list[tuple[str, int | None]]) -> None:
    flip(log / path, at)
    report = audited(log)
    assert found(report) == expected
    assert report.exit == Exit.BREACH


@pytest.mark.parametrize(
    ("path", "at", "expected"),
    [
        ("tile/1/000", 32 * 255, [("tile.node", 255 * 256), ("tile.node", 0)]),
        ("tile/2/000.p/1", 0, [("tile.node", 0), ("tree.root", None)]),
    ],
)
def test_changed_upper_tile(big: Path, path: str, at: int, expected: list[tuple[str, int | None]]) -> None:
    source = Files(big)
    raw = bytearray(source.files[path])
    raw[at] ^= 1
    source.files[path] = bytes(raw)
    assert found(audit_tree(source, [PEN.key])) == expected


def test_signed_root_of_another_tree(log: Path) -> None:
    (log / "checkpoint").write_bytes(signed(1000, root_of(999)))
    report = audited(log)
    assert found(report) == [("tree.root", None)]
    assert report.findings[0].evidence == {"computed": root_of(1000).hex(), "signed": root_of(999).hex()}


def test_empty_tree_with_a_root(tmp_path: Path) -> None:
    write_files(tmp_path, [], [signed(0, root_of(1))])
    assert found(audited(tmp_path)) == [("tree.root", None)]


@pytest.fixture(scope="module")
def seven_hundred(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A log of 700 entries in memory."""
    return Files(write(tmp_path_factory.mktemp("seven hundred"), 700))


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_no_changed_bit_goes_unseen(data: st.DataObject, seven_hundred: Files) -> None:
    source = seven_hundred
    path = data.draw(st.sampled_from(sorted(name for name in source.files if name.startswith("tile/"))))
    bit = data.draw(st.integers(0, 8 * len(source.files[path]) - 1))
    kept = source.files[path]
    raw = bytearray(kept)
    raw[bit // 8] ^= 1 << bit % 8
    source.files[path] = bytes(raw)
    try:
        assert audit_tree(source, [PEN.key]).exit == Exit.BREACH
    finally:
        source.files[path] = kept


@pytest.mark.parametrize("cut", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"", lambda raw: raw[:45]])
def test_malformed_bundle_and_tile(log: Path, cut: Callable[[bytes], bytes]) -> None:
    for path in ("tile/entries/001", "tile/0/002", "tile/1/000.p/3"):
        (log / path).write_bytes(cut((log / path).read_bytes()))
    assert found(audited(log)) == [("entries.unreadable", 256), ("tile.unreadable", 512), ("tile.unreadable", 0)]


def test_bundle_with_an_entry_more(log: Path) -> None:
    path = log / "tile/entries/001"
    path.write_bytes(path.read_bytes() + b"\0\0")
    assert found(audited(log)) == [("entries.unreadable", 256)]


def test_findings_beyond_the_bound_are_counted(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_FINDINGS", 2)
    for path in (log / "tile/0").rglob("*"):
        if path.is_file():
            flip(path, 0)
    report = audited(log)
    assert found(report) == [("tile.leaf", 0), ("tile.leaf", 256)]
    assert report.counts == {"tile.leaf": 4, "tile.node": 1, "tree.root": 1}
    assert verdicts(report)["tree"] is False


# What is not there: pruned, not served, growing, lost.


def test_hole_is_a_finding(log: Path) -> None:
    (log / "tile/entries/001").unlink()
    (log / "tile/0/002").unlink()
    report = audited(log)
    assert sorted(found(report)) == [("entries.unreadable", 256), ("tile.unreadable", 512)]
    assert report.exit == Exit.BREACH


def test_missing_upper_tile_is_a_finding(log: Path) -> None:
    (log / "tile/1/000.p/3").unlink()
    report = audited(log)
    assert found(report) == [("tile.unreadable", 0)]
    assert verdicts(report) == {"checkpoint": True, "tree": False, "entries": True}


def test_missing_tile_whose_entries_are_served_is_a_finding(log: Path) -> None:
    (log / "tile/0/000").unlink()
    assert found(audited(log)) == [("tile.unreadable", 0)]


def test_pruned_entries_are_said_so(log: Path) -> None:
    (log / "tile/entries/000").unlink()
    (log / "tile/entries/001").unlink()
    report = audited(log)
    assert report.exit == Exit.UNDECIDABLE
    assert report.minimum == 512
    assert not report.findings
    assert verdicts(report) == {"checkpoint": True, "tree": True, "entries": None}
    assert "pruned" in report.checks[-1].detail


def prune(source: Files, tiles_gone: int) -> None:
    """Take away all that tlog-tiles lets a log with that minimum index (in tiles of 256) refuse."""
    for path in list(source.files):
        if path.startswith("tile/"):
            place = tiles.parse_path(path)
            if place.width == tiles.WIDTH and (place.index + 1) * tiles.WIDTH**place.level <= tiles_gone:
                del source.files[path]


@pytest.mark.parametrize("with_entries", [True, False])
def test_pruned_tiles_are_taken_from_the_tile_above(big: Path, with_entries: bool) -> None:
    source = Files(big)
    prune(source, 270)
    assert "tile/1/000" not in source.files
    report = audit_tree(source, [PEN.key], entries=with_entries)
    assert not report.findings
    assert verdicts(report)["tree"] is True
    assert report.minimum == 270 * 256
    assert report.exit == (Exit.UNDECIDABLE if with_entries else Exit.GOOD)


def test_pruning_hides_no_false_tile(big: Path) -> None:
    source = Files(big)
    prune(source, 270)
    raw = bytearray(source.files["tile/1/001.p/17"])
    raw[0] ^= 1
    source.files["tile/1/001.p/17"] = bytes(raw)
    assert found(audit_tree(source, [PEN.key])) == [("tree.root", None)]


def test_pruning_does_not_excuse_a_tile_that_reaches_beyond(big: Path) -> None:
    source = Files(big)
    prune(source, 200)
    del source.files["tile/1/000"]
    report = audit_tree(source, [PEN.key])
    assert found(report) == [("tile.unreadable", 0)]
    assert report.exit == Exit.BREACH


def test_log_without_entries(log: Path) -> None:
    shutil.rmtree(log / "tile/entries")
    report = audited(log)
    assert (report.exit, report.minimum, report.findings) == (Exit.UNDECIDABLE, 1000, [])
    assert "--no-entries" in report.checks[-1].detail
    alone = audited(log, entries=False)
    assert alone.exit == Exit.GOOD
    assert "not asked for" in alone.checks[-1].detail
    assert verdicts(alone) == {"checkpoint": True, "tree": True}


def test_tiles_alone_still_have_to_fit(log: Path) -> None:
    shutil.rmtree(log / "tile/entries")
    flip(log / "tile/0/001", 0)
    assert found(audited(log, entries=False)) == [("tile.node", 256)]


def test_nothing_but_a_checkpoint(log: Path) -> None:
    shutil.rmtree(log / "tile")
    report = audited(log)
    assert report.exit == Exit.BREACH
    assert verdicts(report)["tree"] is None
    assert found(report) == [("tile.unreadable", 0)]


def test_log_that_has_grown_since_its_checkpoint(tmp_path: Path) -> None:
    """The partial tiles of the checkpoint are gone: the full ones that took their place are read."""
    write(tmp_path, 1024)
    (tmp_path / "checkpoint").write_bytes(signed(700, root_of(700)))
    shutil.copytree(write(tmp_path / "old", 700) / "tile/1", tmp_path / "tile/1", dirs_exist_ok=True)
    assert audited(tmp_path).exit == Exit.GOOD


@pytest.mark.parametrize(
    ("broken", "done"), [("tile/entries/065", 16_384), ("tile/0/270", 65_536), ("tile/1/001.p/17", BIG)]
)
def test_source_that_stops_answering(big: Path, broken: str, done: int) -> None:
    source = Files(big, broken)
    flipped = bytearray(source.files["tile/0/001"])
    flipped[0] ^= 1
    source.files["tile/0/001"] = bytes(flipped)
    report = audit_tree(source, [PEN.key])
    assert report.findings[0].code == "tile.leaf"
    assert ("source.unreachable", done) in found(report)
    assert verdicts(report)["tree"] is None
    del report.findings[:-1]
    assert report.exit == Exit.NETWORK


# Whose log it is.


def test_both_keys_of_a_pair_are_wanted(log: Path) -> None:
    (log / "checkpoint").write_bytes(signed(1000, root_of(1000), PEN, PQ))
    source = open_source(str(log))
    report = audit_tree(source, [PEN.key, PQ.key])
    assert report.times == {PEN.key: 0, PQ.key: 1_700_000_000}
    (log / "checkpoint").write_bytes(signed(1000, root_of(1000), PEN))
    with pytest.raises(Fault) as refused:
        audit_tree(source, [PEN.key, PQ.key])
    assert refused.value.code == "tree.unsigned"
    assert refused.value.kind.exit == Exit.BAD_SIGNATURE
    assert refused.value.evidence["missing"] == [PQ.key.vkey]


def test_false_signature(log: Path) -> None:
    true = checkpoint.parse((log / "checkpoint").read_bytes())
    (log / "checkpoint").write_bytes(note.Note(checkpoint.body(PEN.name, 999, root_of(999)), true.note.signatures).raw)
    with pytest.raises(Fault) as refused:
        audited(log)
    assert refused.value.code == "signature.false"
    assert refused.value.kind.exit == Exit.BAD_SIGNATURE


def test_another_origin(log: Path) -> None:
    with pytest.raises(Fault) as refused:
        audited(log, origin="other.example/log")
    assert refused.value.code == "tree.origin"
    witness = NotePen("witness.example/w", note.COSIGNATURE_ED25519)
    (log / "checkpoint").write_bytes(signed(1000, root_of(1000), PEN, witness))
    source = open_source(str(log))
    assert audit_tree(source, [witness.key], origin=PEN.name).exit == Exit.GOOD
    with pytest.raises(Fault, match="witness"):
        audit_tree(source, [witness.key])


def test_record_dump_has_no_tree(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(b"{}\n")
    with pytest.raises(Fault) as refused:
        audited(dump)
    assert refused.value.code == "audit.no-checkpoint"
