"""`detente calendar`, `detente stix`, `detente obligations`: exit codes, files, what is told, and a kept audit."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.exports import calendar, obligations, stix
from ledger.exports.material import Material
from ledger.exports.reading import Reader
from tests.ledger.exports.export_world import LATE, Tale
from verifier.audit import audit
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import policy
from verifier.source import open_source

MAKERS: dict[str, Any] = {"calendar": calendar.calendar, "stix": stix.bundle, "obligations": obligations.table}


def detente(*args: str) -> tuple[int, str, str]:
    """Exit code, standard output, error stream."""
    out, err = io.StringIO(newline=""), io.StringIO()
    code = run([*args, "--processes", "0"], clock=lambda: LATE, stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def told(tale: Tale) -> Tale:
    tale.at("2026-01-02T00:00:00Z").pledge()
    tale.announce()
    tale.say("XB", "incident")
    return tale


def where(tale: Tale) -> list[str]:
    there, trusted = tale.write()
    return [str(there), "--policy", str(trusted), "--charter", tale.log.charter_id]


@pytest.mark.parametrize("command", MAKERS)
def test_the_standard_output_is_the_export_and_nothing_else(told: Tale, command: str) -> None:
    code, out, err = detente(command, *where(told))
    assert code == Exit.GOOD
    assert out.encode() == MAKERS[command](told.material())
    assert "entries of accord.example/ledger, as of 2026-01-02T00:02:02Z" in err


@pytest.mark.parametrize("command", MAKERS)
def test_a_file_is_replaced_and_told_of_as_json(told: Tale, command: str) -> None:
    there = told.home / "export"
    there.write_text("old")
    code, out, err = detente(command, *where(told), "--out", str(there), "--json")
    answer = json.loads(out)
    assert code == answer["exit"] == Exit.GOOD
    assert answer["sha256"] == sha256(there.read_bytes()).hexdigest()
    assert there.read_bytes() == MAKERS[command](told.material())
    assert answer["entries"] > 0
    assert answer["as_of"] == "2026-01-02T00:02:02Z"
    assert err == ""


@pytest.mark.parametrize("command", MAKERS)
def test_nothing_to_export_is_told(tale: Tale, command: str) -> None:
    code, out, err = detente(command, *where(tale))
    assert code == Exit.GOOD
    assert out
    assert "no entries of" in err


@pytest.mark.parametrize("command", MAKERS)
def test_a_kept_audit_gives_the_same_bytes(told: Tale, command: str) -> None:
    state = ["--state", str(told.home / "kept")]
    first = detente(command, *where(told), *state)
    again = detente(command, *where(told), *state)
    assert first[0] == again[0] == Exit.GOOD
    assert again[1] == first[1]
    assert "DRILL" in first[1] or "incident" in first[1] or "drill-notice" in first[1]


def test_the_exit_code_is_the_audits_and_the_file_says_so(told: Tale) -> None:
    told.log.records[-1] = told.log.records[-1].replace(b"received", b"recieved")
    code, out, err = detente("calendar", *where(told))
    assert code not in (Exit.GOOD, Exit.INTERNAL)
    text = out.replace("\r\n ", "")
    assert "The audit of this log did not end well" in text
    assert "Do not rely on this file." in text
    assert "finding" in err
    assert "The audit did not end well" in err


def test_a_record_that_does_not_stand_is_left_out(told: Tale) -> None:
    value = told.log.draft("XB", "incident", {"summary": "Half an incident."}, title="Half an incident")
    told.log.log(told.log.envelope(value), value)
    told.log.checkpoint()
    code, out, _ = detente("stix", *where(told))
    assert code != Exit.GOOD
    assert "Half an incident" not in out
    assert out.count('"type":"incident"') == 1


def test_one_thread_by_its_id(told: Tale) -> None:
    other = told.say("XA", "incident", title="Another one")
    there, *rest = where(told)
    code, out, _ = detente("stix", there, other, *rest)
    assert code == Exit.GOOD
    assert out.count('"type":"incident"') == 1
    assert "Another one" in out
    assert detente("stix", there, "00" * 32, *rest)[0] == Exit.NOT_LOGGED
    assert detente("stix", there, "nonsense", *rest)[0] == Exit.MALFORMED


def test_as_of_an_earlier_moment(told: Tale) -> None:
    _, out, err = detente("calendar", *where(told), "--as-of", "2026-01-02T00:00:30Z")
    assert "no entries of accord.example/ledger, as of 2026-01-02T00:00:02Z" in err
    assert "DRILL" not in out
    assert "1 entries" in detente("obligations", *where(told), "--as-of", "2026-01-02T00:00:30Z")[2], (
        "the pledge was public"
    )
    assert detente("calendar", *where(told), "--as-of", "yesterday")[0] == Exit.MALFORMED


def test_json_needs_a_file(told: Tale) -> None:
    code, out, err = detente("obligations", *where(told), "--csv", "--json")
    assert (code, out) == (Exit.USAGE, "")
    assert "--out" in err


def test_other_records_than_those_audited_are_refused(told: Tale) -> None:
    there, trusted = told.write()
    source = open_source(str(there))
    state = audit(source, policy.parse(trusted.read_bytes()), events=True).state
    assert Reader(source, state)(0).statement.type == "charter"
    for path in (there / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"2026-01-02", b"2026-01-03"))
    with pytest.raises(Fault) as caught:
        Reader(source, state)(0)
    assert caught.value.code == "export.other-records"
    assert caught.value.kind.exit == Exit.UNDECIDABLE


def test_full_bundles_are_held_against_their_own_root(tmp_path: Path) -> None:
    from tests.support.simulated_log import SimulatedLog

    log = SimulatedLog(hybrid=frozenset(), desks=0)
    tale = Tale(tmp_path, log)
    while len(log.records) < 260:
        log.announce("XA", len(log.records))
    log.checkpoint()
    found: Material = tale.material()
    assert found.said(200).statement.title == "Drill 200"
    assert found.said(259).statement.title == "Drill 259"
    assert calendar.count(calendar.calendar(found)) == 260 - 4


def test_the_group_starts_without_the_exports_libraries() -> None:
    import subprocess
    import sys

    told = "import sys, ledger.cli, ledger.cli.publishing; print(sorted({'icalendar', 'stix2'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("command", MAKERS)
def test_every_command_explains_itself(command: str) -> None:
    assert detente(command, "--help")[0] == Exit.GOOD
    assert detente(command, "--no-such-option")[0] == Exit.USAGE
