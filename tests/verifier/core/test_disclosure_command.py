"""`detente-verify disclosure`: its checks, its exit codes, its answers in words and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.simulated_log import OFFICE, SimulatedLog
from verifier import sealing, vocabulary
from verifier.cli import run
from verifier.disclosed import Handed, Opening
from verifier.exits import Exit

STEPS = ("form", "statement", "digest", "place", "value", "label", "logged", "said")


class Scene:
    """A log with a sealed announcement by XA, written into a directory, and the files around it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = SimulatedLog(hybrid=frozenset())
        self.log.found()
        self.held = sealing.seal(sealing.field_name("XA", OFFICE, 0, "/body/purpose"), "To keep ports open.", b"s" * 16)
        body = {**vocabulary.load().example("drill-announcement")["body"], "observers": [], "purpose": None}
        row = {"digest": self.held.digest, "opens": None, "pointer": "/body/purpose", "tlp": "TLP:AMBER"}
        self.id = self.log.say("XA", "drill-announcement", body, sealed=[row])
        self.log.checkpoint()
        self.policy = self._put("policy", self.log.policy_text.encode())
        self.envelope = self._put("one.envelope.json", self.log.envelopes[self.id][1].raw)
        self.receipt = self._put("one.tlog-proof", self.log.receipt(self.id).proof.raw)
        self.opening = Opening("/body/purpose", self.held.text, "TLP:AMBER", None)

    def _put(self, name: str, raw: bytes) -> Path:
        path = self.home / name
        path.write_bytes(raw)
        return path

    def file(self, *, bare: bool = False, proof: bool = False, **members: Any) -> Path:
        given = self.log.receipt(self.id)
        base: dict[str, Any] = {
            "ledger": self.log.origin,
            "statement": self.id,
            "to": "XB",
            "terms": "Not beyond the desk.",
            "openings": (self.opening,),
            "envelope": None if bare else given.envelope,
            "receipt": given.proof if proof else None,
        }
        return self._put("handed.json", Handed(**{**base, **members}).raw)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("disclosure"))


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = run(["disclosure", *map(str, arguments), "--json"])
    value = orjson.loads(capsys.readouterr().out)
    assert value["exit"] == code
    assert value["command"] == "disclosure"
    return code, value


def verdicts(value: dict[str, Any]) -> dict[str, bool | None]:
    assert [row["name"] for row in value["checks"]] == list(STEPS)
    return {row["name"]: row["ok"] for row in value["checks"]}


def test_a_file_alone_shows_what_the_statement_sealed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, value = asked(capsys, scene.file())
    assert code == Exit.GOOD
    assert verdicts(value) == {**dict.fromkeys(STEPS, True), "logged": None, "said": None}
    row = value["opened"][0]
    assert (row["pointer"], row["value"], row["good"], row["decoy"]) == (
        "/body/purpose",
        "To keep ports open.",
        True,
        False,
    )
    assert (value["to"], value["tlp"], value["terms"], value["index"]) == (
        "XB",
        "TLP:AMBER",
        "Not beyond the desk.",
        None,
    )
    assert "nothing about who handed it on" in value["note"]


def test_with_receipt_and_audited_copy_it_was_logged_and_said(
    scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    directory = scene.log.write(tmp_path / "log")
    state = tmp_path / "audited"
    assert run(["audit", str(directory), "--policy", str(scene.policy), "--state", str(state), "--processes", "0"]) == 0
    capsys.readouterr()
    code, value = asked(capsys, scene.file(proof=True), "--policy", scene.policy, "--state", state)
    assert code == Exit.GOOD
    assert verdicts(value) == dict.fromkeys(STEPS, True)
    assert value["index"] == scene.log.envelopes[scene.id][0]
    assert set(value["cosigned"]) == {"norhaven", "quillon", "tessaly"}


def test_envelope_and_receipt_can_be_brought(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--envelope", scene.envelope, "--receipt", scene.receipt, "--policy", scene.policy)
    code, value = asked(capsys, scene.file(bare=True), *given)
    assert code == Exit.GOOD
    assert verdicts(value)["logged"] is True


def test_a_receipt_within_waits_for_a_policy(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, value = asked(capsys, scene.file(proof=True))
    assert (code, verdicts(value)["logged"]) == (Exit.GOOD, None)
    assert "--policy" in value["checks"][6]["detail"]


def test_without_the_statement_nothing_is_decided(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, value = asked(capsys, scene.file(bare=True))
    assert (code, value["fault"]["code"]) == (Exit.UNDECIDABLE, "disclosure.no-statement")


def test_another_statement_is_refused(scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(next(iter(scene.log.envelopes.values()))[1].raw)
    code, value = asked(capsys, scene.file(bare=True), "--envelope", other)
    assert (code, value["fault"]["code"]) == (Exit.BAD_SIGNATURE, "disclosure.other-statement")


@pytest.mark.parametrize(
    ("text", "tlp", "step", "code"),
    [
        ("To close ports.", "TLP:AMBER", "digest", "disclosure.mismatch"),
        (None, "TLP:GREEN", "label", "disclosure.label"),
    ],
)
def test_what_does_not_match_is_exit_10(
    scene: Scene, capsys: pytest.CaptureFixture[str], text: str | None, tlp: str, step: str, code: str
) -> None:
    held = sealing.seal(scene.held.name or "", text, scene.held.salt) if text else scene.held
    ended, value = asked(capsys, scene.file(openings=(Opening("/body/purpose", held.text, tlp, None),)))
    assert ended == Exit.BAD_SIGNATURE
    assert verdicts(value)[step] is False
    assert [row["code"] for row in value["findings"]] == [code]
    assert value["findings"][0]["next"]
    if text:
        assert (value["opened"][0]["good"], value["opened"][0]["value"]) == (False, None), "a false value is not shown"
        assert verdicts(value)["place"] is None
        assert verdicts(value)["value"] is None


def test_a_receipt_of_another_record_is_false(scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    proof = tmp_path / "other.tlog-proof"
    proof.write_bytes(scene.log.receipt(next(iter(scene.log.envelopes))).proof.raw)
    code, value = asked(capsys, scene.file(), "--receipt", proof, "--policy", scene.policy)
    assert code == Exit.BAD_SIGNATURE
    assert verdicts(value)["logged"] is False
    assert value["opened"][0]["good"] is True, "two verdicts"


def test_a_receipt_that_the_policy_does_not_believe(
    scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = scene.log.copy()
    one.checkpoint(cosigned=())
    proof = tmp_path / "bare.tlog-proof"
    proof.write_bytes(one.receipt(scene.id).proof.raw)
    code, value = asked(capsys, scene.file(), "--receipt", proof, "--policy", scene.policy)
    assert (code, value["findings"][0]["code"]) == (Exit.QUORUM_UNMET, "quorum.unmet")


def test_a_broken_file_is_malformed(scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_bytes(scene.file().read_bytes()[:-5])
    code, value = asked(capsys, path)
    assert (code, value["fault"]["code"]) == (Exit.MALFORMED, "disclosure.file")


def test_a_receipt_needs_a_policy(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, value = asked(capsys, scene.file(), "--receipt", scene.receipt)
    assert (code, value["fault"]["code"]) == (Exit.USAGE, "usage")


def test_in_words_it_names_the_reader_and_moves_no_cursor(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["disclosure", str(scene.file(terms="Keep\x1b[2J it\u202e."))]) == Exit.GOOD
    told = capsys.readouterr().out
    assert "to: XB" in told
    assert "nothing about who handed it on" in told
    assert '/body/purpose (TLP:AMBER): "To keep ports open."' in told
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "verdict: good (exit 0)" in told
