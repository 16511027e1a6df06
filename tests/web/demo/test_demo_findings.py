"""The findings of the story's verifiers, computed again once the story is over: all of them are confirmed."""

from __future__ import annotations

import json

import pytest

from tests.web.demo.made import Made
from verifier import statement
from verifier.cli import run as verify
from verifier.exits import Exit


def test_the_findings_of_the_story_are_what_their_inputs_give(
    both: tuple[Made, Made], capsys: pytest.CaptureFixture[str]
) -> None:
    made = both[0]
    charter = (made.at / "charter.sha256").read_text().strip()
    said = [statement.parse(one.envelope.payload) for one in made.records]
    findings = [one for one in said if one.type == "finding"]
    assert len(findings) == 3
    for one in findings:
        place = (one.id, str(made.at / "export"), "--policy", str(made.at / "policy"), "--charter", charter)
        assert verify(["finding", *place, "--processes", "0", "--json"]) == Exit.GOOD
        told = json.loads(capsys.readouterr().out)
        assert (told["party"], told["result"]) == (one.party, "confirmed")
        assert [row["computed"] for row in told["obligations"]] == [one.body["status"]] * len(one.body["obligations"])
