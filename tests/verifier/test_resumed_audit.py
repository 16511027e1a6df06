"""Audits that go on where the last one ended, audits over executors, and audits of record dumps."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.scenes import Scene, found, grow, honest_log, log_other, scene_of
from tests.support.simulated_log import SimulatedLog, put, write_files
from tests.verifier import stories_of_mirrors, stories_of_operators
from verifier import cli, evidence, record
from verifier.audit import AuditState, audit
from verifier.audit.state import load_state, save_state
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint, policy
from verifier.history import next_head
from verifier.source import Source, open_source


class Counting:
    """A source that counts what is read from it."""

    complete = True

    def __init__(self, source: Source) -> None:
        self.location = source.location
        self.reads: Counter[str] = Counter()
        self._source = source

    def read(self, path: str) -> bytes:
        self.reads[path] += 1
        return self._source.read(path)


class Silent(Counting):
    """A source that does not answer at one path."""

    def __init__(self, source: Source, path: str) -> None:
        super().__init__(source)
        self._path = path

    def read(self, path: str) -> bytes:
        if path == self._path:
            raise Fault("source.unreachable", "no answer", where=path)
        return super().read(path)


@pytest.fixture(scope="session")
def honest() -> SimulatedLog:
    return honest_log(flawed=False)


@pytest.fixture
def scene(honest: SimulatedLog, tmp_path: Path) -> Scene:
    made = scene_of(honest, tmp_path)
    made.receipts = []
    made.write()
    return made


def test_a_second_audit_reads_only_what_is_new(scene: Scene) -> None:
    first = scene.report()
    grow(scene.log, 20)
    scene.write()
    source = Counting(open_source(str(scene.directory)))
    trust = policy.parse(scene.log.policy_text.encode())
    second = audit(source, trust, charter=scene.pinned, state=first.state)
    assert (second.exit, second.records) == (Exit.GOOD, 676)
    assert set(source.reads) == {
        "checkpoint", "history/size", "history/000.p/14", "tile/entries/002.p/164", "tile/0/002.p/164", "tile/1/000.p/2",
    }  # fmt: skip
    assert source.reads["tile/entries/002.p/164"] == source.reads["tile/0/002.p/164"] == 1


def test_an_audit_in_many_parts_ends_as_one_in_a_single_part(tmp_path: Path) -> None:
    scene = Scene(SimulatedLog(), tmp_path / "log", [])
    scene.log.found()
    state: AuditState | None = None
    for count in (1, 250, 3, 255, 1, 40):
        grow(scene.log, count, every=50)
        if count == 255:
            scene.log.revoke("XC", scene.log.pen("XC"))
            scene.log.amend(terms=None, policy=scene.log.policy_text + "\n")
            scene.log.checkpoint()
        scene.write()
        part = scene.report(state=state and AuditState.from_bytes(state.to_bytes()))
        assert (part.exit, part.findings) == (Exit.GOOD, [])
        state = part.state
    whole = scene.report()
    assert state is not None
    assert json.loads(whole.state.to_bytes()) == json.loads(state.to_bytes())
    assert whole.state.interval(300) == state.interval(300)


@pytest.mark.parametrize(
    "path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "history/size", "history/000.p/13"]
)
def test_a_source_that_does_not_answer_convicts_nobody(path: str, scene: Scene) -> None:
    source = Silent(open_source(str(scene.directory)), path)
    report = audit(source, policy.parse(scene.log.policy_text.encode()), charter=scene.pinned)
    assert {finding.code for finding in report.findings} == {"audit.stopped"}
    assert report.exit == Exit.NETWORK


def test_nothing_new_costs_nothing_and_changes_nothing(scene: Scene) -> None:
    first = scene.report()
    again = scene.report(state=first.state)
    assert (again.exit, again.findings) == (Exit.GOOD, [])
    assert again.state.to_bytes() == first.state.to_bytes()


def test_a_stale_source_is_told_from_a_bad_one(scene: Scene) -> None:
    old = [list(scene.log.records), list(scene.log.history)]
    grow(scene.log, 20)
    scene.write()
    state = scene.report().state
    write_files(scene.directory, *old)
    with pytest.raises(Fault) as caught:
        scene.report(state=state)
    assert (caught.value.code, caught.value.kind.exit) == ("source.stale", Exit.UNDECIDABLE)


def test_a_state_of_another_log_or_charter_is_refused(scene: Scene) -> None:
    state = scene.report().state
    for options, code in (({"charter": "ab" * 32}, "state.other-charter"), ({}, "state.other-log")):
        if not options:
            state.trust.origin = "another.example/ledger"
        with pytest.raises(Fault) as caught:
            scene.report(state=state, **options)
        assert caught.value.code == code


@pytest.mark.parametrize("same_size", [True, False])
def test_a_tree_that_contradicts_the_last_one_convicts_the_log(scene: Scene, same_size: bool) -> None:
    state = scene.report().state
    kept = state.to_bytes()
    other = scene.log = scene.log.copy()
    other.records, other.history = other.records[:655], other.history[:-1]
    other.chains["XB", "foreign-ministry"] = (0, other.charter_id)
    other.head = "0" * 64
    for raw in other.history:
        other.head = next_head(other.head, raw)
    log_other(other, title="Another text")
    other.checkpoint()
    if not same_size:
        grow(other, 30, "XC")
    scene.write()
    report = scene.report(state=state)
    assert report.exit == Exit.CONTRADICTION
    fork = next(finding for finding in report.findings if finding.code == "log.fork")
    trust = policy.parse(other.policy_text.encode())
    verdict = evidence.check(evidence.encode(fork.evidence), trust)
    assert (verdict.kind, verdict.keys) == ("fork", (other.log_pen.key.vkey,))
    assert state.to_bytes() == kept
    assert report.state.checkpoint is not None
    assert state.checkpoint is not None
    assert report.state.checkpoint.raw == state.checkpoint.raw


def test_an_unsigned_tree_that_contradicts_the_last_one_convicts_nobody(scene: Scene) -> None:
    """Anybody on the way can write it: the checkpoint is refused, and nothing is said against the log."""
    state = scene.report().state
    point = checkpoint.parse(scene.log.history[-1])
    forged = checkpoint.body(point.origin, point.size, b"\x05" * 32)
    put(scene.directory / "checkpoint", scene.log.history[-1].replace(point.note.text, forged))
    report = scene.report(state=state)
    assert (report.exit, found(report)) == (Exit.BAD_SIGNATURE, {("tree.root", None)})


def test_a_record_that_the_last_audit_saw_may_not_change(scene: Scene) -> None:
    """The new record chains to a changed old one: the state remembers what it saw."""
    state = scene.report().state
    grow(scene.log, 3)
    log = scene.log
    log.rewrite(655, _redated(log.records[655]))
    scene.write()
    report = scene.report(state=state)
    assert ("record.previous", 656) in found(report)


def _redated(raw: bytes) -> bytes:
    one = record.parse(raw)
    parts = {"count": one.count, "head": one.head, "previous": one.previous}
    return record.build(one.envelope, **parts, received=one.received + 1)  # type: ignore[arg-type]


def test_a_bad_audit_leaves_the_state_file_as_it_was(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "state"
    assert _command(scene, tmp_path, file) == Exit.GOOD
    kept = file.read_bytes()
    log_other(scene.log, sequence=5)
    grow(scene.log, 3)
    scene.write()
    assert _command(scene, tmp_path, file) == Exit.BREACH
    assert file.read_bytes() == kept
    assert [path.name for path in tmp_path.glob("state*")] == ["state"]
    capsys.readouterr()


@pytest.mark.parametrize("bend", ["cut", "edited", "older version", "emptied", "not JSON"])
def test_a_state_file_that_was_touched_is_refused(
    bend: str, scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "state"
    save_state(scene.report().state, file)
    raw = file.read_bytes()
    bent = {
        "cut": raw[: len(raw) // 2],
        "edited": raw.replace(b'"undated":[656', b'"undated":[655'),
        "older version": raw.replace(b'"version":', b'"version":1'),
        "emptied": b"",
        "not JSON": b"[" + raw,
    }[bend]
    assert bent != raw
    file.write_bytes(bent)
    assert _command(scene, tmp_path, file) == Exit.MALFORMED
    assert json.loads(capsys.readouterr().out)["fault"]["code"] == "state.malformed"
    with pytest.raises(Fault):
        load_state(file)


@pytest.mark.parametrize("kind", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_executor_changes_no_byte_of_the_report(kind: type[Executor], honest: SimulatedLog, tmp_path: Path) -> None:
    stories = stories_of_mirrors.STORIES[::4] + stories_of_operators.STORIES[::6]
    with kind() as executor:
        for n, told in enumerate(stories):
            scene = scene_of(honest, tmp_path / str(n))
            told.tell(scene)
            inline, spread = scene.report(), scene.report(executor=executor)
            assert json.dumps(inline.to_json()) == json.dumps(spread.to_json())
            assert inline.state.to_bytes() == spread.state.to_bytes()


def test_a_dump_is_audited_against_a_checkpoint_given_with_it(scene: Scene, tmp_path: Path) -> None:
    dump = tmp_path / "dump.jsonl"
    put(dump, b"".join(raw + b"\n" for raw in scene.log.records))
    trust = policy.parse(scene.log.policy_text.encode())
    with pytest.raises(Fault) as caught:
        audit(open_source(str(dump)), trust)
    assert caught.value.kind.exit == Exit.UNDECIDABLE
    point = checkpoint.parse(scene.log.history[-1])
    report = audit(open_source(str(dump)), trust, charter=scene.pinned, newest=point)
    assert (report.findings, report.records, report.exit) == ([], 656, Exit.GOOD)
    checks = {check.name: check.ok for check in report.checks}
    assert (checks["tree"], checks["records"], checks["history"], checks["times"]) == (True, True, None, None)


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda rows: [*rows[:300], *rows[301:], rows[-1]], ("record.previous", 300)),
        (lambda rows: [*rows[:300], rows[301], rows[300], *rows[302:]], ("record.previous", 301)),
        (lambda rows: [*rows[:300], rows[300].replace(b'd":"2026', b'd":"2025'), *rows[301:]], ("record.received", 300)),
        (lambda rows: rows[:600], ("audit.stopped", 512)),
    ],
)  # fmt: skip
def test_a_tampered_dump_is_found_out(change: object, due: tuple[str, int], scene: Scene, tmp_path: Path) -> None:
    assert callable(change)
    dump = tmp_path / "dump.jsonl"
    put(dump, b"".join(raw + b"\n" for raw in change(scene.log.records)))
    trust = policy.parse(scene.log.policy_text.encode())
    report = audit(open_source(str(dump)), trust, newest=checkpoint.parse(scene.log.history[-1]))
    assert due in found(report)
    assert ("tree.root", None) in found(report) or due[0] == "audit.stopped"


def test_receipts_of_many_sizes_are_held_against_one_tree(scene: Scene) -> None:
    """Also those of sizes that an earlier audit closed: by the tiles that are served."""
    log = scene.log
    ids = {index: statement for statement, (index, _) in log.envelopes.items()}
    points = [raw for raw in log.history if checkpoint.parse(raw).size > 50]
    given = [log.receipt(ids[50], raw) for raw in points] + [log.receipt(ids[4], points[0])]
    assert scene.report(receipts=given).findings == []
    state = scene.report().state
    grow(log, 3)
    scene.write()
    again = scene.report(receipts=given, state=state)
    assert (again.exit, again.findings) == (Exit.GOOD, [])


def test_a_receipt_that_contradicts_an_earlier_audit_convicts(scene: Scene) -> None:
    state = scene.report().state
    other = scene.log.copy()
    kept = next(statement for statement, (index, _) in other.envelopes.items() if index == 654)
    other.rewrite(654, _redated(other.records[654]))
    given = other.receipt(kept, other.sign(656, other.root()))
    grow(scene.log, 3)
    scene.write()
    report = scene.report(receipts=[given], state=state)
    assert report.exit == Exit.CONTRADICTION
    assert {("log.omission", 654), ("log.fork", None)} <= found(report)


@pytest.mark.parametrize("signed", [True, False])
def test_a_smaller_view_that_comes_late_into_the_history_is_seen(signed: bool, scene: Scene) -> None:
    """Its size was closed by the audit before: the tiles prove that it is of another tree."""
    state = scene.report().state
    log = scene.log
    raw = log.sign(300, b"\x08" * 32)
    if not signed:
        raw = raw.replace(
            checkpoint.body(log.origin, 300, b"\x08" * 32), checkpoint.body(log.origin, 300, b"\x09" * 32)
        )
    log.history.append(raw)
    log.head = next_head(log.head, raw)
    grow(log, 3)
    scene.write()
    report = scene.report(state=state)
    assert ("history.entry", None) in found(report)
    assert (("log.fork", None) in found(report)) == signed
    assert report.exit == (Exit.CONTRADICTION if signed else Exit.BREACH)


def _command(scene: Scene, directory: Path, state: Path) -> int:
    put(directory / "policy", scene.log.policy_text.encode())
    args = ["audit", str(scene.directory), "--policy", str(directory / "policy"), "--charter", scene.pinned]
    return cli.run([*args, "--state", str(state), "--processes", "0", "--json"])
