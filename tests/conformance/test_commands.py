"""The commands that judge: conformance, report, compare-reports, status, thread. On a log made with real signatures."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import secret
from tests.support.promises import ANSWER_QUERY, DRILL_NOTICE, HEALTH_CARE
from tests.support.simulated_log import SimulatedLog
from verifier import cli, vocabulary
from verifier.audit import audit
from verifier.audit.state import AuditState, load_state
from verifier.conformance import reporting
from verifier.conformance.docket import case_of
from verifier.conformance.judge import judge
from verifier.conformance.report import obligation_id
from verifier.conformance.signing import PAYLOAD_TYPE, Secret, sign
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import canonical, envelope, policy
from verifier.formats.times import format_utc
from verifier.keys import ED25519, PublicKey
from verifier.source import open_source

DAY = 86_400
RULES: list[dict[str, Any]] = [
    DRILL_NOTICE,
    ANSWER_QUERY,
    HEALTH_CARE,
]


class Accord(SimulatedLog):
    """A small accord with rules of its own."""

    def charter_body(self) -> dict[str, Any]:
        return {**super().charter_body(), "rules": RULES}

    def tell(self, party: str, kind: str, **members: Any) -> str:
        """Say the vocabulary's example of a type, changed, with a checkpoint of its own."""
        body = {**vocabulary.load().example(kind)["body"], **members.pop("body", {})}
        said = self.say(party, kind, body, **members)
        self.checkpoint(pause=3_600)
        return said


@pytest.fixture(scope="module")
def accord(tmp_path_factory: pytest.TempPathFactory) -> tuple[Accord, Path, dict[str, str]]:
    """XA announces in time and late, XB asks XA, XA answers; an incident of XC with a notification to XB."""
    log, told = Accord(), {}
    log.found()
    for name, ahead in (("in-time", 20), ("late", 10)):
        dates = {"start": format_utc(log.clock + ahead * DAY), "end": format_utc(log.clock + (ahead + 2) * DAY)}
        told[name] = log.tell("XA", "drill-announcement", body={**dates, "observers": []})
    told["query"] = log.tell("XB", "clarification-request", addressees=["XA"], body={"reply_by": None})
    told["answer"] = log.tell(
        "XA",
        "clarification-response",
        body={"on_request": True},
        relates=[{"rel": "answers", "statement": told["query"]}],
    )
    told["incident"] = log.tell("XC", "incident", body={"aware": format_utc(log.clock)})
    told["notified"] = log.tell(
        "XC", "incident-notification", addressees=["XB"], relates=[{"rel": "concerns", "statement": told["incident"]}]
    )
    room = tmp_path_factory.mktemp("accord")
    log.write(room / "log")
    (room / "policy").write_text(log.policy_text)
    return log, room, told


def run(room: Path, capsys: pytest.CaptureFixture[str], command: str, *args: str) -> tuple[int, dict[str, Any]]:
    code = cli.run([command, str(room / "log"), "--policy", str(room / "policy"), "--json", "--processes", "0", *args])
    answer = json.loads(capsys.readouterr().out)
    return code, answer


def notice_of(log: Accord, told: dict[str, str], name: str) -> str:
    return obligation_id(debtor="XA", period=None, rule="drill-notice", source=log.charter_id, trigger=told[name])


def test_the_report_is_what_the_pure_function_says(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, told = accord
    code, answer = run(room, capsys, "conformance", "--charter", log.charter_id)
    assert (code, answer["exit"], answer["findings"]) == (0, 0, [])
    report = answer["report"]
    assert answer["sha256"] == sha256(canonical.encode(report)).hexdigest()
    by_id = {row["id"]: row for row in report["obligations"]}
    assert by_id[notice_of(log, told, "in-time")]["status"] == "kept"
    assert by_id[notice_of(log, told, "late")]["status"] == "late"
    query = obligation_id(debtor="XA", period=None, rule="answer-query", source=log.charter_id, trigger=told["query"])
    assert (by_id[query]["status"], by_id[query]["discharged_by"]) == ("kept", told["answer"])
    assert {row["debtor"] for row in report["obligations"] if row["rule"] == "health-care"} == {"XA", "XB", "XC"}
    assert report["inputs"]["charter"] == log.charter_id
    assert report["inputs"]["policy"] == sha256(log.policy_text.encode()).hexdigest()


def test_a_party_sees_what_it_owes_and_is_owed_and_the_digest_stays_that_of_the_whole(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, room, _ = accord
    as_of = ("--as-of", "2030-01-01T00:00:00Z")
    _, whole = run(room, capsys, "conformance", *as_of)
    _, part = run(room, capsys, "conformance", "--party", "XC", *as_of)
    rows = part["report"]["obligations"]
    assert rows
    assert all("XC" in (row["debtor"], *row["creditors"]) for row in rows)
    assert len(rows) < len(whole["report"]["obligations"])
    assert part["sha256"] == whole["sha256"]


def test_explain_names_rule_trigger_records_and_checkpoints(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, told = accord
    code, answer = run(room, capsys, "conformance", "--explain", notice_of(log, told, "late"))
    trace = answer["explanation"]
    assert code == 0
    assert trace["rule"]["data"]["id"] == "drill-notice"
    assert trace["weighed"][0]["statement"] == told["late"]
    assert trace["weighed"][0]["verdict"] == "late"
    record = trace["weighed"][0]["record"]
    rows = next(row for row in trace["checkpoints"] if row["record"] == record)["witnesses"]
    assert [row["having"]["size"] for row in rows] == [record + 1] * 3
    assert any("at least 14 days" in sentence for sentence in trace["words"])
    assert trace["words"][-1] == "Status: late."


@pytest.mark.parametrize("language", ["fr", "es", "ru", "ar", "zh"])
def test_explain_speaks_the_readers_language_about_the_rule(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str], language: str
) -> None:
    log, room, told = accord
    asked = ("--explain", notice_of(log, told, "late"))
    _, english = run(room, capsys, "conformance", *asked)
    _, other = run(room, capsys, "conformance", *asked, "--language", language)
    ours, theirs = (answer["explanation"]["rule"]["words"] for answer in (english, other))
    assert len(theirs) == len(ours)
    assert not set(theirs) & set(ours)


@pytest.mark.parametrize("asked", ["0" * 64, "abc"])
def test_an_obligation_that_is_not_there(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    _, room, _ = accord
    code, answer = run(room, capsys, "conformance", "--explain", asked)
    expected = (Exit.NOT_LOGGED, "obligation.unknown") if len(asked) == 64 else (Exit.MALFORMED, "text.malformed")
    assert (code, answer["fault"]["code"]) == expected
    assert answer["fault"]["next"]


@pytest.mark.parametrize(
    ("asked", "code", "exit_code"),
    [
        (("--party", "ZZ"), "party.unknown", Exit.USAGE),
        (("--exercise", "0" * 64), "exercise.unknown", Exit.NOT_LOGGED),
        (("--exercise", "no id"), "text.malformed", Exit.MALFORMED),
        (("--as-of", "tomorrow"), "time.malformed", Exit.MALFORMED),
    ],
)
def test_what_cannot_be_asked(
    accord: tuple[Accord, Path, dict[str, str]],
    capsys: pytest.CaptureFixture[str],
    asked: tuple[str, ...],
    code: str,
    exit_code: Exit,
) -> None:
    _, room, _ = accord
    ended, answer = run(room, capsys, "conformance", *asked)
    assert (ended, answer["fault"]["code"]) == (exit_code, code)
    assert answer["fault"]["next"]


def test_before_the_first_moment_there_is_nothing_to_judge(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, room, _ = accord
    code, answer = run(room, capsys, "conformance", "--as-of", "1999-01-01T00:00:00Z")
    assert (code, answer["as_of"], answer["report"]["obligations"]) == (0, None, [])


def test_conduct_never_changes_the_exit_code_and_a_bad_log_does(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, _ = accord
    other = log.copy()
    other.announce("XA", addressees=["ZZ"])
    other.checkpoint()
    other.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy_text)
    good, _ = run(room, capsys, "conformance")
    bad, answer = run(tmp_path, capsys, "conformance")
    assert (good, bad) == (0, Exit.BREACH)
    assert [row["code"] for row in answer["findings"]] == ["statement.addressee"]


def test_what_a_finding_names_is_judged_as_if_it_were_absent(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path
) -> None:
    log, _, told = accord
    other = log.copy()
    head = other.chains["XA", "foreign-ministry"]
    other.announce("XA", addressees=["ZZ"])
    other.chains["XA", "foreign-ministry"] = head
    other.checkpoint()
    other.write(tmp_path / "log")
    report = audit(open_source(str(tmp_path / "log")), policy.parse(log.policy_text.encode()), events=True)
    case = case_of(report.state)
    assert [finding.code for finding in report.findings] == ["statement.addressee"]
    assert len(case.events) == len(other.records) - 1
    assert {one.trigger for one in judge(case, case.moments[-1]) if one.rule == "drill-notice"} == {
        told["in-time"],
        told["late"],
    }


def test_resumed_and_saved_audits_judge_to_the_byte(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, _ = accord
    part, trust = log.copy(), policy.parse(log.policy_text.encode())
    part.records, part.history = log.records[: len(log.records) - 3], log.history[:-3]
    part.write(tmp_path / "part")
    first = audit(open_source(str(tmp_path / "part")), trust, events=True).state
    kept = AuditState.from_bytes(first.to_bytes())
    grown = audit(open_source(str(room / "log")), trust, state=kept).state
    whole = audit(open_source(str(room / "log")), trust, events=True).state
    asked = max(whole.moments)
    results = [canonical.encode([one.as_json() for one in judge(case_of(state), asked)]) for state in (grown, whole)]
    assert results[0] == results[1]
    state = ("--state", str(tmp_path / "state"), "--as-of", "2030-01-01T00:00:00Z")
    answers = [run(room, capsys, "conformance", *state)[1]["sha256"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert (tmp_path / "state.judged").is_file()
    (tmp_path / "state.judged").write_bytes(b"edited\n" + (tmp_path / "state.judged").read_bytes())
    assert run(room, capsys, "conformance", *state)[1]["sha256"] == answers[0]


def test_an_audit_that_kept_no_events_says_so(accord: tuple[Accord, Path, dict[str, str]]) -> None:
    log, room, _ = accord
    state = audit(open_source(str(room / "log")), policy.parse(log.policy_text.encode())).state
    with pytest.raises(Fault) as caught:
        case_of(state)
    assert caught.value.code == "state.no-events"


def test_status_says_who_is_party_to_what(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, _ = accord
    code, answer = run(room, capsys, "status")
    charter = answer["standing"]["texts"][0]
    assert (code, charter["statement"], charter["bound_now"]) == (0, log.charter_id, ["XA", "XB", "XC"])
    assert charter["rules"] == [rule["id"] for rule in RULES]
    assert [row["party"] for row in answer["standing"]["parties"] if row["member"]] == ["XA", "XB", "XC"]


def test_a_thread_is_the_same_from_any_of_its_statements(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, room, told = accord
    answers = []
    for name in ("incident", "notified"):
        code = cli.run(["thread", told[name], str(room / "log"), "--policy", str(room / "policy"), "--json"])
        answers.append(json.loads(capsys.readouterr().out)["thread"])
        assert code == 0
    assert answers[0] == answers[1]
    assert [step["statement"] for step in answers[0]["steps"]] == [told["incident"], told["notified"]]
    assert answers[0]["thread"] == told["incident"]


def test_a_log_whose_charter_does_not_stand_is_not_judged(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _, _ = accord
    other = log.copy()
    other.records = other.records[1:]
    other.write(tmp_path / "log")
    (tmp_path / "policy").write_text(log.policy_text)
    code, answer = run(tmp_path, capsys, "conformance")
    assert (code, answer["fault"]["code"]) == (Exit.BREACH, "audit.unjudged")
    assert answer["fault"]["evidence"]["findings"]


def test_a_statement_of_no_incident_has_no_thread(
    accord: tuple[Accord, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, room, told = accord
    code = cli.run(["thread", told["late"], str(room / "log"), "--policy", str(room / "policy"), "--json"])
    assert (code, json.loads(capsys.readouterr().out)["fault"]["code"]) == (Exit.NOT_LOGGED, "thread.unknown")


# Reports of several verifiers.


def secret_of(name: str) -> Secret:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(secret(name))
    return Secret(private, PublicKey(ED25519, private.public_key().public_bytes_raw()))


def written(room: Path, capsys: pytest.CaptureFixture[str], out: Path, *args: str) -> Path:
    code, answer = run(room, capsys, "report", "--out", str(out), *args)
    assert code == 0
    assert answer["out"] == str(out)
    return out


def compared(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict[str, Any]]:
    code = cli.run(["compare-reports", *map(str, args), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_verifiers_that_judge_the_same_agree_to_the_byte(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, _ = accord
    moment = ("--as-of", "2030-01-01T00:00:00Z")
    bare = written(room, capsys, tmp_path / "a", *moment)
    cli.run(["audit", str(room / "log"), "--policy", str(room / "policy"), "--state", str(tmp_path / "state")])
    capsys.readouterr()
    signed = tmp_path / "b"
    # XA's desk stands for an accredited verifier: what counts is that its key is the ledger's.
    signed.write_bytes(sign(bare.read_bytes(), (secret_of(log.pen("XB").name),)).raw)
    assert compared(capsys, bare, signed)[0] == Exit.GOOD
    state = load_state(tmp_path / "state")
    assert state is not None
    code, answer = compared(capsys, signed, signed, "--state", tmp_path / "state")
    assert (code, answer["checks"][0]["ok"]) == (Exit.GOOD, True)


def test_other_inputs_are_named_and_other_results_convict(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, room, _ = accord
    first = written(room, capsys, tmp_path / "a", "--as-of", "2030-01-01T00:00:00Z")
    later = written(room, capsys, tmp_path / "b", "--as-of", "2030-01-02T00:00:00Z")
    code, answer = compared(capsys, first, later)
    assert (code, list(answer["inputs"])) == (Exit.UNDECIDABLE, ["as_of"])
    value = json.loads(first.read_bytes())
    value["obligations"][0]["status"] = "kept" if value["obligations"][0]["status"] != "kept" else "late"
    (tmp_path / "c").write_bytes(reporting.encode(value))
    code, answer = compared(capsys, first, tmp_path / "c")
    assert code == Exit.REFUTED
    assert [row["id"] for row in answer["obligations"]] == [value["obligations"][0]["id"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{}", "report.malformed"),
        (b"[1", "json.malformed"),
        (b'{"b":1,"a":2}', "json.uncanonical"),
    ],
)
def test_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: str) -> None:
    (tmp_path / "x").write_bytes(content)
    ended, answer = compared(capsys, tmp_path / "x", tmp_path / "x")
    assert (ended, answer["fault"]["code"]) == (Exit.MALFORMED, code)


def test_a_false_or_foreign_signature_is_refused(
    accord: tuple[Accord, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, room, _ = accord
    bare = written(room, capsys, tmp_path / "a").read_bytes()
    cli.run(["audit", str(room / "log"), "--policy", str(room / "policy"), "--state", str(tmp_path / "state")])
    capsys.readouterr()
    true = sign(bare, (secret_of(log.pen("XB").name),))
    keyid, signature = true.signatures[0]
    false = envelope.Envelope(bare, ((keyid, bytes([signature[0] ^ 1]) + signature[1:]),), PAYLOAD_TYPE)
    foreign = sign(bare, (secret_of("nobody"),))
    for found, code in ((false, "signature.false"), (foreign, "envelope.unknown-key")):
        (tmp_path / "x").write_bytes(found.raw)
        ended, answer = compared(capsys, tmp_path / "x", tmp_path / "x", "--state", tmp_path / "state")
        assert (ended, answer["fault"]["code"]) == (Exit.BAD_SIGNATURE, code)
    (tmp_path / "x").write_bytes(bare)
    ended, answer = compared(capsys, tmp_path / "x", tmp_path / "x", "--state", tmp_path / "state")
    assert (ended, answer["fault"]["code"]) == (Exit.BAD_SIGNATURE, "report.unsigned")
