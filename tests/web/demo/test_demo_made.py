"""The demonstration as a whole: made twice it says the same, and an outsider finds nothing wrong with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.web.demo.made import COMMAND, START, Made
from verifier import sealing, statement
from verifier.cli import run as verify
from verifier.exits import Exit
from web import cli
from web.demo import acts, running


def demo(*args: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = cli.run(["demo", *map(str, args)], stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Callable[[Made], Made]]:
    """Copies of demonstrations, which may go on. What is published is only ever replaced, so links do for it."""
    at = tmp_path / "copy"

    def copy(made: Made) -> Made:
        shutil.copytree(made.at, at, copy_function=lambda a, b: shutil.copy2(a, b) if ".sqlite" in a else os.link(a, b))
        return Made(at)

    yield copy
    shutil.rmtree(at)


def test_equal_seeds_and_days_tell_equal_stories(both: tuple[Made, Made]) -> None:
    one, two = both
    assert [(row["act"], row["index"], row["refused"]) for row in one.story] == [
        (row["act"], row["index"], row["refused"]) for row in two.story
    ]
    assert (one.at / "charter.sha256").read_bytes() == (two.at / "charter.sha256").read_bytes()
    rows = [list(_as_told(made)) for made in both]
    assert rows[0] == rows[1]
    assert len(rows[0]) >= 250


def _as_told(made: Made) -> Iterator[tuple[int, Any]]:
    """Every record's moment and statement, with acts in the place of ids.

    Witnesses sign with ML-DSA too, whose signatures are never the same twice: what verifiers name as their inputs is not
    either, nor are the ids of what refers to it.
    """
    names = {row["id"]: row["act"] for row in made.story}

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            varies = {"inputs", "obligations"} | ({"digest"} if "inputs" in value else set())
            return {name: told(item) for name, item in value.items() if name not in varies}
        if isinstance(value, list):
            return [told(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    for one in made.records:
        said = told(json.loads(one.envelope.payload))
        said["relates"] = sorted(said["relates"], key=lambda row: (row["rel"], row["statement"]))
        yield one.received, said


def test_an_outsider_finds_nothing_wrong(both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]) -> None:
    at = both[0].at
    charter = (at / "charter.sha256").read_text().strip()
    asked = ["audit", str(at / "export"), "--policy", str(at / "policy"), "--charter", charter]
    assert verify([*asked, "--receipts", str(at / "receipts"), "--processes", "0", "--json"]) == Exit.GOOD
    told = json.loads(capsys.readouterr().out)
    assert (told["findings"], told["records"]) == ([], len(both[0].records))
    assert all(check["ok"] for check in told["checks"])
    assert f"{told['records']} receipts" in [check["detail"] for check in told["checks"]]


def test_a_hostile_operator_is_found_out_and_convicted(
    both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]
) -> None:
    at = both[0].at
    policy = ("--policy", str(at / "policy"), "--json")
    assert verify(["audit", str(at / "hostile/export"), *policy]) == Exit.CONTRADICTION
    answer = json.loads(capsys.readouterr().out)
    assert {"log.fork", "record.backdated", "witness.split-view"} <= {row["code"] for row in answer["findings"]}
    assert verify(["evidence", str(at / "hostile/fork.json"), *policy]) == Exit.GOOD
    answer = json.loads(capsys.readouterr().out)
    assert (answer["kind"], answer["role"]) == ("fork", "log key and quorum")


def test_who_is_party_to_what_is_computed_and_corrections_are_made(
    both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]
) -> None:
    at = both[0].at
    assert verify(["status", str(at / "export"), "--policy", str(at / "policy"), "--json"]) == Exit.GOOD
    standing = json.loads(capsys.readouterr().out)["standing"]
    text = next(row for row in standing["texts"] if row["type"] == "joint-text")
    assert (text["needed"], text["bound_now"]) == (2, ["XA", "XB", "XC"])
    assert [(row["standing"], row["objections"]) for row in text["corrections"]] == [("made", [])]
    adherences = [(row["party"], row["binding"]) for row in text["adherences"]]
    assert adherences == [("XB", True), ("XA", True), ("XC", False), ("XC", True)]


def test_every_statement_has_its_receipt_beside_its_envelope(both: tuple[Made, Made]) -> None:
    ids = {statement.parse(one.envelope.payload).id for one in both[0].records}
    names = {path.name for path in (both[0].at / "receipts").iterdir()}
    assert names == {f"{one}{ending}" for one in ids for ending in (".tlog-proof", ".envelope.json")}


def test_refusals_are_those_that_the_story_tells(both: tuple[Made, Made]) -> None:
    start = running.settings_for(None, START, int(time.time())).start
    expected = {act.name: act.refused for act in acts.read(start).acts}
    assert {row["act"]: row["refused"] for row in both[0].story} == expected
    assert {code for code in expected.values() if code} == {
        *("disclosure.mismatch", "signer.revoked", "statement.accession", "statement.conflict", "statement.digest"),
        *("statement.exercise", "statement.scope"),
    }
    for row in both[0].story:
        assert (row["id"] is None) == (row["index"] is None) == (row["refused"] is not None)


def test_the_ledger_knows_what_the_story_did(both: tuple[Made, Made]) -> None:
    report = both[0].report()
    trust, told = report.state.trust, {row["act"]: row for row in both[0].story}
    assert trust.charter is not None
    assert trust.charter.terms.withdrawal_notice == 120 * 86_400
    thief = both[0].records[told["thief"]["index"]]
    signers = statement.parse(thief.envelope.payload).signers
    assert trust.contested(signers, told["thief"]["index"])
    assert not trust.contested(signers, told["xb-notice-given"]["index"])
    quiet = statement.parse(both[0].records[told["still-water"]["index"]].envelope.payload)
    assert quiet.body["name"] is None
    assert {row["tlp"] for row in quiet.sealed} == {"TLP:AMBER"}


def test_two_verifiers_agree_and_say_what_an_audit_finds(both: tuple[Made, Made]) -> None:
    made, told = both[0], {row["act"]: row["index"] for row in both[0].story}
    first, second = (statement.parse(made.records[told[name]].envelope.payload) for name in ("qn-audit", "qs-audit"))
    assert (first.party, second.party) == ("QN", "QS")
    assert {name: first.body[name] for name in ("digest", "inputs", "records", "result")} == {
        name: second.body[name] for name in ("digest", "inputs", "records", "result")
    }
    assert first.body["records"] == told["qn-audit"]
    assert first.body["inputs"]["charter"] == made.report().charter


def test_each_side_holds_one_record_of_the_call(both: tuple[Made, Made]) -> None:
    told = {row["act"]: row["index"] for row in both[0].story}
    names = ("west-grid-communique-xa", "west-grid-communique-xb")
    said = [statement.parse(both[0].records[told[name]].envelope.payload).body for name in names]
    assert said[0]["digest"] == said[1]["digest"]
    assert said[0]["moment"] == said[1]["moment"]


def test_what_was_shown_to_a_neighbour_is_what_is_opened_later(both: tuple[Made, Made]) -> None:
    told = {row["act"]: row["index"] for row in both[0].story}
    listed, shown, opened = (
        statement.parse(both[0].records[told[name]].envelope.payload)
        for name in ("xb-inventory", "xb-inventory-shown", "xb-inventory-opened")
    )
    digests = {row["pointer"]: row["digest"] for row in listed.sealed}
    assert shown.body["disclosures_received"] == [digests["/body/items/3"]]
    values = {row["pointer"]: sealing.read(row["disclosure"]) for row in opened.body["disclosures"]}
    assert {pointer: one.digest for pointer, one in values.items()} == digests
    assert values["/body/items/3"].value["place"] == "Lower Arn"
    assert [pointer for pointer, one in sorted(values.items()) if one.name is None] == [
        "/body/items/1",
        "/body/items/4",
    ]


def test_attachments_are_published_under_their_digests(both: tuple[Made, Made]) -> None:
    named = {row["digest"] for one in both[0].records for row in statement.parse(one.envelope.payload).attachments}
    assert len(named) == 7
    assert {path.name for path in (both[0].at / "export" / "attachments").iterdir()} == named


def test_every_day_of_the_story_has_a_checkpoint(both: tuple[Made, Made]) -> None:
    report = both[0].report()
    history = next(check.detail for check in report.checks if check.name == "history")
    assert int(history.split()[0]) >= acts.LENGTH // acts.DAY


def test_a_second_run_goes_on_and_lives_through_the_days_between(
    both: tuple[Made, Made], copied: Callable[[Made], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = copied(both[1])
    later = time.time() + 5 * acts.DAY
    before = int((made.at / "export/history/size").read_text())
    monkeypatch.setattr(time, "time", lambda: later)
    code, out, err = demo("--dir", made.at, "--no-serve")
    assert (code, out) == (Exit.GOOD, f"{made.at / 'export'}\n")
    assert "goes on where it stopped" in err
    assert int((made.at / "export/history/size").read_text()) == before + 5
    report = made.report(int(later))
    assert (report.exit, report.findings) == (Exit.GOOD, [])


def test_another_seed_or_day_does_not_fit_a_demonstration_that_is_there(both: tuple[Made, Made]) -> None:
    for args in (("--seed", "another"), ("--start", "2024-02-01")):
        code, _, err = demo("--dir", both[0].at, "--no-serve", *args)
        assert code == Exit.USAGE
        assert "demo.other" in err


def test_nothing_else_is_ever_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, err = demo("--dir", tmp_path, "--no-serve")
    assert (code, "demo.not-empty" in err) == (Exit.USAGE, True)
    (tmp_path / "demo.json").write_text('{"made":false,"seed":"s","start":0}')
    code, _, err = demo("--dir", tmp_path, "--no-serve")
    assert (code, "demo.unfinished" in err) == (Exit.USAGE, True)
    (tmp_path / "demo.json").write_text("[]")
    code, _, err = demo("--dir", tmp_path, "--no-serve")
    assert (code, "demo.not-empty" in err) == (Exit.USAGE, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.json", "thesis.txt"]


@pytest.mark.parametrize("start", ["2999-01-01", "01.02.2024", "2024-02-30"])
def test_a_story_cannot_begin_then(tmp_path: Path, start: str) -> None:
    code, _, err = demo("--dir", tmp_path / "demo", "--no-serve", "--start", start)
    assert (code, "demo.start" in err) == (Exit.USAGE, True)
    assert not (tmp_path / "demo").exists()


def test_a_taken_port_is_heard_of_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = demo("--dir", tmp_path / "demo", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (code, "serve.bind" in err) == (Exit.USAGE, True)
    assert not (tmp_path / "demo").exists()


def test_an_interrupted_making_leaves_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*COMMAND, "--dir", str(tmp_path / "demo"), "--no-serve"], stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    while "20 of" not in child.stderr.readline():
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)
    assert child.returncode == Exit.USAGE
    assert os.listdir(tmp_path / "demo") == []


def test_it_serves_until_it_is_told_to_stop(both: tuple[Made, Made], copied: Callable[[Made], Made]) -> None:
    made = copied(both[0])
    command = [*COMMAND[:4], "--dir", str(made.at), "--listen", "127.0.0.1:0"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/statements?q=Quiet+Harbour", timeout=20) as answer:
            page = answer.read().decode()
        assert "Report on Quiet Harbour" in page
    finally:
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=40)
    assert child.returncode == 0, told
    assert "ledger     http://127.0.0.1:" in told
    report = made.report()
    assert report.exit == Exit.GOOD
