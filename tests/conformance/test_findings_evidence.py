"""Evidence of a refuted finding convicts its author by its key, and is unforgeable against the innocent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.accord_of_findings import (
    ANSWERS,
    File,
    World,
    chain,
    example,
    run,
    strangers,
)
from tests.support.people import NotePen, Pen, ring, sealed_by
from tests.support.simulated_log import OFFICE, TYPES
from verifier import evidence
from verifier.conformance.outcome import CONFIRMED, REFUTED, Claim, Outcome
from verifier.errors import Fault
from verifier.evidence.findings import finding_file
from verifier.exits import Exit
from verifier.formats import canonical, note
from verifier.receipt import Given

# Evidence.


def test_evidence_of_a_false_finding_convicts_its_author_by_its_key(world: World, tmp_path: Path) -> None:
    code, answer = world.command("false", "--evidence", tmp_path / "file")
    assert (code, answer["evidence"]) == (Exit.REFUTED, str(tmp_path / "file"))
    by = ("--policy", world.desk.policy, "--charter", world.log.charter_id)
    for copy in ("now", "then"):
        code, told = run("evidence", tmp_path / "file", *by, "--source", world.desk.room / copy)
        assert (code, told["kind"], told["role"]) == (Exit.GOOD, "finding", "party's key")
        assert told["keys"] == [key.keyid for key in world.log.pen("VN").public]
    assert "is kept, and by the inputs that it names it is late" in told["checks"][0]["detail"]
    code, told = run("evidence", tmp_path / "file", *by)
    assert (code, told["fault"]["code"], told["fault"]["where"]) == (12, "finding.undecided", "--source")
    assert canonical.parse((tmp_path / "file").read_bytes()).keys() == {"kind", "ledger", "chain", "receipt"}


def test_no_file_is_written_of_what_is_true_or_open(world: World, tmp_path: Path) -> None:
    for name in ("true", "overproven"):
        assert world.command(name, "--evidence", tmp_path / "file")[1]["evidence"] is None
        assert not (tmp_path / "file").exists()


def test_evidence_on_receipts_needs_them(world: World, tmp_path: Path) -> None:
    held = ("--receipts", world.desk.room / "held")
    assert world.command("overproven", "--evidence", tmp_path / "file", *held)[0] == Exit.REFUTED
    by = ("--policy", world.desk.policy, "--charter", world.log.charter_id, "--source", world.desk.room / "now")
    assert run("evidence", tmp_path / "file", *by)[0] == Exit.UNDECIDABLE
    assert run("evidence", tmp_path / "file", *by, *held)[0] == Exit.GOOD


@pytest.mark.parametrize("name", [name for name, (result, _) in ANSWERS.items() if result == REFUTED])
def test_every_refuted_finding_is_evidence(name: str, world: World) -> None:
    verdict = world.judge(world.file(name))
    assert (verdict.kind, verdict.role) == ("finding", "party's key")
    assert world.told[name] in verdict.proves


def refused(world: World, file: File | bytes, code: str = "evidence.insufficient", **changed: Any) -> None:
    with pytest.raises(Fault) as caught:
        world.judge(file, **changed)
    assert caught.value.code == code


@pytest.mark.parametrize("name", [name for name, (result, _) in ANSWERS.items() if result == CONFIRMED])
def test_a_true_finding_convicts_nobody(name: str, world: World) -> None:
    refused(world, world.file(name))


def test_the_files_form(world: World) -> None:
    good = world.file("false")
    for name in ("chain", "receipt", "ledger"):
        refused(world, {key: value for key, value in good.items() if key != name}, "evidence.malformed")
        refused(world, {**good, name: 7}, "evidence.malformed")
    refused(world, {**good, "comment": "x"}, "evidence.malformed")
    refused(world, {**good, "ledger": "another.example/ledger"}, "evidence.malformed")


def test_one_letter_changed_anywhere_never_convicts_more(world: World) -> None:
    raw = evidence.encode(world.file("false"))
    outcome = world.refuting()(claim_of_file(world))
    good = evidence.check(raw, world.policy, world.log.charter_id, refuter=lambda claim: outcome)
    for at in range(5, len(raw) - 2, 97):
        changed = raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :]
        assert judged(changed, world, outcome) in ("evidence.insufficient", "evidence.malformed", good)


def judged(raw: bytes, world: World, outcome: Outcome) -> object:
    """The verdict, or the code of the refusal."""
    try:
        return evidence.check(raw, world.policy, world.log.charter_id, refuter=lambda claim: outcome)
    except Fault as fault:
        return fault.code


def claim_of_file(world: World) -> Claim:
    late = world.owed("drill-notice", "XA", "late")
    return Claim((late,), "kept", world.inputs("plain"), world.log.clock)


def test_the_reader_s_policy_and_charter_decide(world: World) -> None:
    file = world.file("false")
    refused(world, file, text=strangers(world))
    refused(world, file, charter="cd" * 32)
    namesake = NotePen(world.log.origin, note.ED25519, "namesake")
    refused(world, file, text=world.log.policy_text.replace(world.log.log_pen.key.vkey, namesake.key.vkey))


def test_an_innocent_verifier_is_not_convicted_by_its_name(world: World) -> None:
    """What a thief, a stranger or the operator could write, and what the verifier never signed."""
    log, kept = world.log.copy(), world.inputs("plain")
    late = world.owed("drill-notice", "XA", "late")
    claim = {"obligations": [late], "status": "kept", "conclusion": "conforms", "inputs": kept, "text": None}
    value = log.draft("VN", "finding", claim)
    thief = log.log(log.envelope(value, Pen("a thief")), value)
    abroad = log.draft("VN", "finding", claim, ledger="another.example/ledger")
    foreign = log.log(sealed_by(canonical.encode(abroad), log.pen("VN")), abroad)
    state = log.say("XB", "finding", claim)
    root = log.say("VN", "finding", claim, office="root")
    seen = [{"rel": "observes", "statement": world.told["query"]}]
    other = log.say("VN", "observation", example("observation"), relates=seen)
    log.checkpoint()
    for name in (thief, foreign, root, other):
        refused(world, finding_file(log.origin, chain(log, "VN"), log.receipt(name)))
    refused(world, finding_file(log.origin, chain(log, "XB"), log.receipt(state)))  # a state makes no findings
    true, false = world.log.receipt(world.told["true"]), world.log.receipt(world.told["false"])
    steps = chain(world.log, "VN")
    for links, given in (
        (steps, Given(true.proof, false.envelope)),  # never logged there
        (steps, world.log.receipt(world.told["query"])),
        (steps, world.log.receipt(world.told["false"], world.log.sign(len(log.records), log.root(), cosigned=(0,)))),
        (chain(world.log, "XA"), false),
        (steps[:1], false),
        (steps[1:], false),
        ([], false),
    ):
        refused(world, finding_file(log.origin, links, given))


def test_a_key_that_the_chain_calls_stolen_convicts_nobody(world: World, tmp_path: Path) -> None:
    log = world.log.copy()
    index = log.envelopes[world.told["false"]][0]
    change = log.revoke("VN", log.pen("VN"), from_record=index)
    log.checkpoint()
    refused(world, finding_file(log.origin, chain(log, "VN", change), log.receipt(world.told["false"])))
    log.write(tmp_path / "log")
    place = (tmp_path / "log", "--policy", world.desk.policy, "--processes", 0, "--evidence", tmp_path / "file")
    code, answer = run("finding", world.told["false"], *place)
    assert (code, answer["evidence"], (tmp_path / "file").exists()) == (Exit.REFUTED, None, False)
    assert [row["ok"] for row in answer["checks"] if row["name"] == "said"] == [None]


def test_a_finding_before_the_key_was_lost_stands(world: World, tmp_path: Path) -> None:
    log = world.log.copy()
    index = log.envelopes[world.told["false"]][0]
    change = log.revoke("VN", log.pen("VN"), from_record=index + 1)
    log.checkpoint()
    file = finding_file(log.origin, chain(log, "VN", change), log.receipt(world.told["false"]))
    assert world.judge(file).role == "party's key"


def test_one_signer_of_two_finds_nothing(world: World) -> None:
    log, second = world.log.copy(), Pen("VN second")
    scope = sorted(set(TYPES) - {"key-change", "depositary-notice"})
    rows = ring([second], {OFFICE: (scope, [second, log.pen("VN")])})
    rows["offices"][0]["threshold"] = 2
    change = log.key_change("VN", rings=rows)
    late = world.owed("drill-notice", "XA", "late")
    lone = log.find("kept", late, inputs=world.inputs("plain"))
    claim = {"obligations": [late], "status": "kept", "conclusion": "conforms", "inputs": world.inputs("plain")}
    both = log.draft("VN", "finding", {**claim, "text": None}, signers=sorted([second.id, log.pen("VN").id]))
    full = log.log(log.envelope(both, second, log.pen("VN")), both)
    log.checkpoint()
    links = chain(log, "VN", change)
    refused(world, finding_file(log.origin, links, log.receipt(lone)))
    assert len(world.judge(finding_file(log.origin, links, log.receipt(full))).keys) == 2
