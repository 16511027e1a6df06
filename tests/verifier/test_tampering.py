"""The tampering suite: each story changes one thing in an honest log of several bundles; the audit finds it, names it by
its own code at the right record, ends with the right exit code, and goes on to name a second fault elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import NotePen
from tests.support.scenes import FLAWS, Scene, Story, Where, drill, found, grow, honest_log, scene_of
from tests.support.simulated_log import ORIGIN, SimulatedLog, put
from tests.verifier import stories_of_mirrors, stories_of_operators
from verifier import cli, evidence, record
from verifier.audit import Finding, Report, audit
from verifier.exits import Exit
from verifier.formats import checkpoint, note, policy, tiles
from verifier.history import next_head
from verifier.source import open_source

STORIES = stories_of_mirrors.STORIES + stories_of_operators.STORIES


@pytest.fixture(scope="session")
def honest() -> SimulatedLog:
    return honest_log(flawed=False)


@pytest.fixture(scope="session")
def flawed() -> SimulatedLog:
    return honest_log(flawed=True)


@pytest.fixture
def scene(honest: SimulatedLog, tmp_path: Path) -> Scene:
    return scene_of(honest, tmp_path)


def judge(told: Story, report: Report, also: Where) -> None:
    rows = found(report)
    assert told.found | also <= rows
    excess = {row for row in rows - told.found - also if row[0] not in told.follows}
    assert excess <= {("undated", None)}
    assert report.exit == told.exit


def test_the_honest_log_has_no_finding(honest: SimulatedLog, scene: Scene) -> None:
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit, report.records) == ([], Exit.GOOD, 656)
    assert all(check.ok for check in report.checks)


@pytest.mark.parametrize(("both_first", "found_too"), [(False, ["history.policy"]), (True, [])])
def test_a_new_policy_takes_over_once_the_old_one_agreed(scene: Scene, both_first: bool, found_too: list[str]) -> None:
    """By the new policy one witness is enough. What he alone signed counts once both quorums have covered the change."""
    log = scene.log
    new = log.policy_text.replace("group neutral 2 norhaven quillon tessaly", "group neutral 1 norhaven")
    log.amend(policy=new)
    if both_first:
        log.announce("XC")
        log.checkpoint()
    said = log.announce("XC")
    log.checkpoint(cosigned=(0,))
    scene.receipts.append(log.receipt(said))
    log.announce("XC")
    log.checkpoint()
    scene.write()
    report = audit(open_source(str(scene.directory), offline=True), policy.parse(new.encode()), receipts=scene.receipts)
    assert [finding.code for finding in report.findings] == found_too


def test_a_receipt_narrows_the_time_of_its_record_and_of_no_other(scene: Scene) -> None:
    """The quorum's cosignatures of a body are in a receipt and not in the history: the next record may come an hour later."""
    log = scene.log
    said = log.announce("XA")
    point = log.sign(len(log.records), log.root())
    scene.receipts.append(log.receipt(said, point))
    log.checkpoint(cosigned=(), pause=3_600)
    log.announce("XB")
    log.checkpoint()
    scene.write()
    assert scene.report().findings == []


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_story_is_found_and_named(told: Story, scene: Scene) -> None:
    told.tell(scene)
    judge(told, scene.report(), set())


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_second_fault_elsewhere_is_named_too(told: Story, flawed: SimulatedLog, tmp_path: Path) -> None:
    scene = scene_of(flawed, tmp_path)
    told.tell(scene)
    exit_with_flaw = Exit.BREACH if told.exit in (Exit.GOOD, Exit.NETWORK) else told.exit
    judge(replace(told, exit=exit_with_flaw), scene.report(), FLAWS)


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_the_command_says_what_the_audit_found(
    told: Story, scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told.tell(scene)
    code, answer = run_audit(scene, tmp_path, capsys)
    rows = {(row["code"], row["index"]) for row in answer["findings"]}
    assert code == answer["exit"] == told.exit
    assert told.found - {("undated", None)} <= rows
    assert all(row["next"] and row["message"] for row in answer["findings"])
    file = tmp_path / "evidence.json"
    convicting = [row for row in answer["findings"] if "kind" in row["evidence"]]
    assert file.exists() == bool(convicting)
    if convicting:
        assert check_evidence(scene, tmp_path, capsys)["kind"] in {row["evidence"]["kind"] for row in convicting}


def test_a_checkpoint_that_is_no_note_ends_the_audit(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.write()
    put(scene.directory / "checkpoint", (scene.directory / "checkpoint").read_bytes().replace(b"\n\n", b"\n", 1))
    code, answer = run_audit(scene, tmp_path, capsys)
    assert (code, answer["fault"]["code"]) == (Exit.MALFORMED, "note.malformed")


def test_an_older_checkpoint_of_a_whole_log_is_a_view_like_any_other(scene: Scene) -> None:
    """A mirror that lags convicts nobody; what the history has beyond it is left for the next audit."""
    scene.write()
    count = len(scene.log.history)
    grow(scene.log, 70)
    scene.write()
    (scene.directory / tiles.history_path(0, count)).unlink()
    put(scene.directory / "checkpoint", scene.log.history[count - 1])
    report = scene.report()
    assert (report.exit, report.findings, report.records) == (Exit.GOOD, [], 656)
    assert report.state.history_count == count


def test_a_whole_log_of_another_ledger_is_not_believed(scene: Scene) -> None:
    other = SimulatedLog(origin="another.example/ledger")
    other.found()
    trust = policy.parse(scene.log.policy_text.encode())
    source = open_source(str(other.write(scene.directory)))
    report = audit(source, trust, charter=scene.pinned)
    assert (report.refusal and report.refusal.code, report.exit) == ("signature.log-missing", Exit.BAD_SIGNATURE)
    assert ("charter.other", 0) in found(report)


def test_a_log_founded_again_under_its_own_name_is_not_the_one_meant(scene: Scene) -> None:
    scene.log = SimulatedLog(clock=scene.log.clock)
    scene.log.found()
    scene.receipts = []
    scene.write()
    report = scene.report()
    assert ("charter.other", 0) in found(report)
    assert (report.exit, report.charter) == (Exit.BREACH, None)


def test_a_statement_that_is_founded_elsewhere_does_not_continue_here(scene: Scene) -> None:
    """The party's own chain starts with the charter's id: what it said under another founding fits nowhere here."""
    other = SimulatedLog(clock=scene.log.clock - 3600)
    other.found()
    assert other.charter_id != scene.log.charter_id
    value = other.draft("XC", "drill-announcement", drill())
    scene.log.log(other.envelope(value), {**value, "party": "none"})
    grow(scene.log, 3)
    scene.write()
    assert found(scene.report()) == {("statement.previous", 656)}


def test_a_split_view_is_seen_by_comparing(scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine, theirs = scene.log.copy(), scene.log.copy()
    mine.announce("XA", 1)
    theirs.announce("XC", 2)
    for log, name in ((mine, "mine"), (theirs, "theirs")):
        grow(log, 3)
        log.write(tmp_path / name)
    grow(theirs, 3)
    theirs.write(tmp_path / "theirs")
    trust = save_policy(scene, tmp_path)
    file = str(tmp_path / "evidence.json")
    args = [
        "compare",
        str(tmp_path / "mine"),
        str(tmp_path / "theirs"),
        "--policy",
        trust,
        "--json",
        "--evidence",
        file,
    ]
    code, answer = run(args, capsys)
    assert (code, answer["findings"][0]["code"]) == (Exit.CONTRADICTION, "log.fork")
    verdict = check_evidence(scene, tmp_path, capsys)
    assert (verdict["kind"], verdict["role"], verdict["exit"]) == ("fork", "log key and quorum", Exit.GOOD)
    assert verdict["keys"] == [scene.log.log_pen.key.vkey]


def test_a_receipt_ahead_of_a_stale_mirror_decides_nothing(scene: Scene) -> None:
    scene.write()
    scene.receipts = [scene.log.receipt(scene.log.announce("XC"), scene.log.checkpoint())]
    report = scene.report()
    assert (report.exit, report.findings) == (Exit.UNDECIDABLE, [])


@pytest.mark.parametrize("known", [True, False])
def test_a_forged_checkpoint_over_forged_records_convicts_nobody(scene: Scene, known: bool) -> None:
    """A mirror without the key makes up a whole tree. The receipts contradict it: that is the mirror's doing."""
    given = [scene.log.receipt(s) for s, (index, _) in scene.log.envelopes.items() if index in (50, 640)]
    forged = scene.log.copy()
    forged.log_pen = NotePen(ORIGIN, note.ED25519, "a mirror")
    forged.rewrite(40, forged.records[40].replace(b'd":"2026', b'd":"2025'))
    forged.history = [*forged.history[:2], forged.sign(656, forged.root())]
    if known:  # with the log's name and key id, so that the signature is seen to be false
        raw = forged.history[-1].split(b"\n")
        forged.history[-1] = b"\n".join([*raw[:4], scene.log.history[-1].split(b"\n")[4], *raw[5:]])
    forged.write(scene.directory)
    scene.receipts = given
    report = scene.report()
    assert report.exit == Exit.BAD_SIGNATURE
    assert not any(code.startswith(("log.", "witness.", "party.")) for code, _ in found(report))


def test_a_receipt_ahead_that_shows_another_record_here_convicts(scene: Scene) -> None:
    """The receipt's tree is larger than what is shown, but two records stand at one index, each under a signed root."""
    other = scene.log.copy()
    other.records[655] = other.chained(record.parse(other.records[655]), received=other.clock - 60)
    kept = next(statement for statement, (index, _) in other.envelopes.items() if index == 655)
    other.announce("XA")
    scene.receipts = [other.receipt(kept, other.checkpoint())]
    scene.write()
    report = scene.report()
    assert report.exit == Exit.CONTRADICTION
    assert report.findings[0].evidence["index"] == 655


def test_a_false_receipt_is_its_giver_s_fault(scene: Scene) -> None:
    scene.write()
    good = scene.receipts[0]
    bent = replace(good, proof=replace(good.proof, index=51))
    scene.receipts = [good, bent, good]
    report = scene.report()
    assert (found(report), report.exit) == ({("receipt.invalid", 51)}, Exit.BAD_SIGNATURE)


def test_a_heartbeat_and_a_late_cosignature_are_no_fault(scene: Scene) -> None:
    log = scene.log
    log.checkpoint(cosigned=(0,), pause=3600)
    log.checkpoint(cosigned=(1,), pause=3600)
    for _ in range(3):
        log.checkpoint(pause=40 * 3600)
    log.clock -= 3600
    grow(log, 3)
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit) == ([], Exit.GOOD)


def test_a_witness_that_goes_back_in_time_dates_nothing_and_convicts_not_the_log(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = scene.log
    log.announce("XC")
    text = checkpoint.body(log.origin, len(log.records), log.root())
    pens = [(log.log_pen, 0), (log.witness_pens[0], -7200), (log.witness_pens[1], 2), (log.witness_pens[2], 3)]
    size, root = len(log.records), log.root()
    lines = [pen.signature(text, log.origin, size, root, log.clock + late) for pen, late in pens]
    log.history.append(note.Note(text, tuple(lines)).raw)
    log.head = next_head(log.head, log.history[-1])
    log.clock += 60
    grow(log, 3)
    scene.write()
    code, answer = run_audit(scene, tmp_path, capsys)
    assert (code, [row["code"] for row in answer["findings"]]) == (Exit.GOOD, ["witness.backwards"])
    verdict = check_evidence(scene, tmp_path, capsys)
    assert (verdict["role"], verdict["keys"]) == ("witness key", [log.witness_pens[0].key.vkey])


def test_a_witness_that_misses_after_a_change_of_policy_is_no_fault_of_the_log(scene: Scene) -> None:
    """The body whose new quorum never came together stays in the history; what the log shows as its checkpoint has it."""
    log = scene.log
    log.amend(policy=log.policy_text.replace("group neutral 2", "group neutral 3"))
    log.checkpoint(cosigned=(0, 1))
    log.checkpoint(cosigned=(1, 2))
    log.announce("XC")
    log.checkpoint(cosigned=(0, 1))
    log.announce("XC")
    log.checkpoint()
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit) == ([], Exit.GOOD)
    log.announce("XC")
    log.checkpoint(cosigned=(2,))
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit) == ([], Exit.QUORUM_UNMET)


def test_a_party_that_says_another_thing_than_its_receipt_is_convicted_beside_the_log(scene: Scene) -> None:
    log, shown = scene.log, scene.log.copy()
    scene.receipts.append(log.receipt(log.announce("XC", 1), log.checkpoint()))
    shown.announce("XC", 2)
    grow(shown, 3)
    scene.log = shown
    scene.write()
    report = scene.report()
    rows = {finding.code: finding for finding in report.findings}
    assert report.exit == Exit.CONTRADICTION
    assert {"log.omission", "log.fork", "party.two-texts", "witness.split-view"} == rows.keys()
    trust = policy.parse(log.policy_text.encode())
    verdicts = [evidence.check(evidence.encode(row.evidence), trust, scene.pinned) for row in report.findings]
    assert {verdict.role for verdict in verdicts} == {"log key and quorum", "party's key", "witness key"}


def test_findings_on_others_than_the_log_leave_its_exit_code_alone(scene: Scene) -> None:
    scene.write()
    report = scene.report()
    for code in ("witness.backwards", "witness.split-view", "party.two-texts"):
        report.findings.append(Finding(code, None, "somebody else's fault"))
    assert report.exit == Exit.GOOD


def run(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """A command's exit code and its one JSON object."""
    capsys.readouterr()
    code = cli.run(args)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


def save_policy(scene: Scene, directory: Path) -> str:
    put(directory / "policy", scene.log.policy_text.encode())
    return str(directory / "policy")


def run_audit(scene: Scene, directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """`detente-verify audit` on a scene, all that the auditor holds given as files."""
    for n, given in enumerate(scene.receipts):
        put(directory / f"receipts/{n}.tlog-proof", given.proof.raw)
        put(directory / f"receipts/{n}.envelope.json", given.envelope.raw)
    args = ["audit", str(scene.directory), "--policy", save_policy(scene, directory), "--json", "--offline"]
    args += ["--charter", scene.pinned, "--processes", "0", "--evidence", str(directory / "evidence.json")]
    return run([*args, *(["--receipts", str(directory / "receipts")] if scene.receipts else [])], capsys)


def check_evidence(scene: Scene, directory: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `detente-verify evidence` says of the file that was written."""
    file, trust = str(directory / "evidence.json"), save_policy(scene, directory)
    code, answer = run(["evidence", file, "--policy", trust, "--charter", scene.pinned, "--json"], capsys)
    assert code == Exit.GOOD
    return answer


def test_a_time_that_no_calendar_holds_dates_nothing(scene: Scene) -> None:
    """A cosignature may say any time below 2^63; a reader without a clock of his own still reads no such date."""
    log = scene.log
    log.announce("XC")
    log.history.append(log.sign(len(log.records), log.root(), delay=2**62))
    log.head = next_head(log.head, log.history[-1])
    grow(log, 3)
    scene.write()
    statement = log.announce("XC")
    scene.receipts.append(log.receipt(statement, log.sign(len(log.records), log.root(), delay=2**62)))
    report = scene.report()
    assert found(report) == {("receipt.invalid", 660)}
