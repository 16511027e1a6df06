"""Lint: each finding once, made by the one thing that it is about, and absent from a sound draft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ledger.desk.desk_world import NOW, World, call, write_draft
from verifier.formats import canonical

DAY = 86_400


def lint(
    world: World, tmp_path: Path, *args: object, now: int = NOW, **changes: Any
) -> dict[str, tuple[str, str, str]]:
    """The findings on a drill announcement with `changes`: code -> (severity, pointer, sentence)."""
    draft = write_draft(tmp_path / "d.json", world, **changes)
    result = call("lint", draft, *args, "--json", now=now)
    found = {row["code"]: (row["severity"], row["pointer"], row["sentence"]) for row in result.json}
    assert result.code == (3 if any(row["severity"] == "error" for row in result.json) else 0)
    return found


@pytest.fixture
def charter(world: World) -> list[object]:
    return ["--charter", world.home / "charter.envelope.json"]


def state_args(world: World, tmp_path: Path, **changes: Any) -> list[object]:
    path = tmp_path / "xa.state.json"
    path.write_bytes(canonical.encode(world.state(**changes)))
    return ["--state", path]


def test_a_sound_draft_has_no_finding(world: World, tmp_path: Path, charter: list[object]) -> None:
    assert lint(world, tmp_path) == {}
    assert lint(world, tmp_path, *charter) == {}
    assert lint(world, tmp_path, *state_args(world, tmp_path)) == {}
    assert "Nothing found." in call("lint", tmp_path / "d.json").out


@pytest.mark.parametrize(
    ("changes", "code", "severity", "pointer"),
    [
        ({"body": {"start": "2026-05-01T00:00:00Z"}}, "lint.past", "warning", "/body/start"),
        ({"body": {"end": "2026-08-31T00:00:00Z"}}, "lint.end-before-start", "error", "/body/end"),
        ({"body": {"end": "2026-09-01T07:00:00Z"}}, "lint.end-before-start", "error", "/body/end"),
        ({"issued": "2026-05-28T20:40:00Z"}, "lint.issued-future", "error", "/issued"),
        ({"issued": "2026-05-20T20:00:00Z"}, "lint.issued-old", "warning", "/issued"),
        ({"title": "Exercise \u202eruobraH"}, "lint.hidden-character", "error", "/title"),
        ({"body": {"purpose": "To\u200bpractise"}}, "lint.hidden-character", "warning", "/body/purpose"),
        ({"body": {"is_not": ["a", "b\u2066c"]}}, "lint.hidden-character", "error", "/body/is_not/1"),
        ({"body": {"purpose": "TLP:AMBER for the staff only"}}, "lint.tlp", "error", "/body/purpose"),
        ({"title": "tlp:red drill"}, "lint.tlp", "error", "/title"),
        ({"body": {"scale": "galactic"}}, "statement.schema", "error", "/body/scale"),
        ({"relates": [{"rel": "answers", "statement": "ab" * 32}]}, "statement.relation", "error", "/relates/0"),
        ({"type": "drill-song"}, "statement.type", "error", "/type"),
        ({"party": "x"}, "statement.malformed", "error", "/party"),
        (
            {"body": {"purpose": "x" * 19_000, "visible_effects": "y" * 19_999, "is_not": ["z" * 9_000]}},
            "lint.too-long",
            "error",
            "",
        ),
    ],
)
def test_each_finding_has_its_cause(
    world: World, tmp_path: Path, changes: dict[str, Any], code: str, severity: str, pointer: str
) -> None:
    found = lint(world, tmp_path, **changes)
    assert set(found) == {code}
    assert found[code][:2] == (severity, pointer)
    assert found[code][2].endswith(".")


def test_a_language_that_is_written_with_joiners_and_marks_is_no_finding(world: World, tmp_path: Path) -> None:
    body = {"purpose": "می\u200cخواهیم تمرین کنیم", "place": "क्\u200dष"}
    assert lint(world, tmp_path, body=body) == {}


def test_sealed_parts_carry_labels_and_clear_on_them_is_a_contradiction(world: World, tmp_path: Path) -> None:
    row = {"pointer": "/body/purpose", "digest": "ab" * 32, "tlp": "TLP:AMBER", "opens": None}
    good = lint(world, tmp_path, sealed=[{**row, "opens": "2027-01-01T00:00:00Z"}], body={"purpose": None})
    assert set(good) == {"lint.kept-unchecked"}
    found = lint(world, tmp_path, sealed=[{**row, "tlp": "TLP:CLEAR"}], body={"purpose": None})
    assert found["lint.tlp-clear"][:2] == ("error", "/sealed/0/tlp")
    hidden = {**row, "pointer": "/body/start"}
    assert lint(world, tmp_path, sealed=[hidden], body={"start": None})["statement.sealed"][0] == "error"


def test_notice_shorter_than_the_charters_rule(world: World, tmp_path: Path, charter: list[object]) -> None:
    found = lint(world, tmp_path, *charter, body={"start": "2026-06-05T20:26:40Z"})
    severity, pointer, sentence = found["lint.notice"]
    assert (severity, pointer) == ("warning", "/body/start")
    assert "drill-notice asks for 14 days of notice" in sentence
    assert "8 days remain" in sentence
    assert lint(world, tmp_path, *charter, body={"start": "2026-06-11T20:26:40Z"}) == {}
    assert lint(world, tmp_path, *charter, body={"start": "2026-06-05T20:26:40Z", "kind": "simulation"}) == {}


def test_an_addressee_that_the_charter_does_not_know(world: World, tmp_path: Path, charter: list[object]) -> None:
    assert lint(world, tmp_path, *charter, addressees=["XB"]) == {}
    found = lint(world, tmp_path, *charter, addressees=["XB", "XQ"])
    assert found["statement.addressee"][:2] == ("error", "/addressees/1")
    assert lint(world, tmp_path, *charter, addressees=["XA"])["lint.to-itself"][0] == "warning"


def test_speaker_ledger_and_office_against_the_charter(world: World, tmp_path: Path, charter: list[object]) -> None:
    assert lint(world, tmp_path, *charter, party="XQ")["statement.party"][0] == "error"
    assert lint(world, tmp_path, *charter, party="DEP")["statement.role"][:2] == ("error", "/type")
    assert lint(world, tmp_path, *charter, ledger="other.example")["statement.ledger"][0] == "error"
    assert lint(world, tmp_path, *charter, office="notices")["statement.scope"][:2] == ("error", "/office")


@pytest.mark.parametrize(
    ("state", "changes", "code", "severity"),
    [
        ({"signer": {"not_after": "2026-06-10T00:00:00Z"}}, {}, "lint.key-expiring", "warning"),
        ({"signer": {"not_after": "2026-05-10T00:00:00Z"}}, {}, "signer.expired", "error"),
        ({"signer": {"not_before": "2026-06-10T00:00:00Z"}}, {}, "signer.expired", "error"),
        ({"signer": {"revoked": True}}, {}, "signer.revoked", "error"),
        ({"threshold": 2}, {}, "signer.threshold", "error"),
        ({"types": ["drill-report"]}, {}, "statement.scope", "error"),
        ({"sequence": 5}, {}, "statement.conflict", "error"),
        ({"previous": "cd" * 32}, {}, "statement.conflict", "error"),
        ({"office": "duty-desk"}, {}, "statement.office", "error"),
        ({}, {"party": "XB"}, "statement.party", "error"),
    ],
)
def test_the_state_at_hand_tells_of_keys_chain_and_office(
    world: World, tmp_path: Path, state: dict[str, Any], changes: dict[str, Any], code: str, severity: str
) -> None:
    if "office" in state:
        changes = {"sequence": 0, "previous": world.state()["party"]["charter"]}
    found = lint(world, tmp_path, *state_args(world, tmp_path, **state), **changes)
    assert found[code][0] == severity


def test_a_signer_of_another_office_is_told(world: World, tmp_path: Path) -> None:
    found = lint(world, tmp_path, *state_args(world, tmp_path), signers=[world.ids["second"]])
    assert found["signer.unknown"][:2] == ("error", "/signers/0")


def test_a_state_file_with_another_charter_is_not_believed(world: World, tmp_path: Path) -> None:
    value = world.state()
    value["party"]["charter"] = "ab" * 32
    path = tmp_path / "xa.state.json"
    for content in (canonical.encode(value), b"{}", b"[", canonical.encode({"party": {"offices": 1}, "charter": None})):
        path.write_bytes(content)
        result = call("lint", write_draft(tmp_path / "d.json", world), "--state", path)
        assert (result.code, "desk.state-malformed" in result.err) == (3, True)


def test_texts_that_are_not_in_all_the_languages(world: World, tmp_path: Path) -> None:
    def pledge(text: dict[str, str], language: str = "en") -> dict[str, tuple[str, str, str]]:
        body = {"text": text, "norms": ["un-norms/f"], "conditions": None, "annexes": {}, "rules": []}
        draft = write_draft(tmp_path / "p.json", world, type="pledge", office="foreign-ministry", language=language)
        value = canonical.parse(draft.read_bytes())
        draft.write_bytes(canonical.encode({**value, "body": body}))
        return {
            row["code"]: (row["severity"], row["pointer"], row["sentence"])
            for row in call("lint", draft, "--json").json
        }

    assert pledge({"en": "a", "fr": "b"}) == {}
    assert pledge({"en": "a"})["lint.language-one"][:2] == ("note", "/body/text")
    assert pledge({"fr": "a", "es": "b"})["lint.language-own"][:2] == ("warning", "/body/text")


def test_one_of_several_texts_lacks_a_language(world: World) -> None:
    description = world.description
    description["body"]["parties"][0]["names"] = {"en": "Belmark"}
    path, out = world.home / "short.yaml", world.home / "short.json"
    path.write_bytes(canonical.encode(description))
    assert call("charter", "new", path, "--out", out).code == 0
    found = call("lint", out, "--json").json
    path.unlink()
    out.unlink()
    assert [(row["code"], row["severity"]) for row in found if row["code"] != "lint.rule-words"] == [
        ("lint.language", "warning")
    ]
    assert "in fr; this one is not" in found[0]["sentence"]


def test_rules_that_cannot_be_judged(world: World, tmp_path: Path) -> None:
    rule = {"id": "x", "kind": "deadline", "on": {"overdue": "y"}, "by": "debtor", "anchor": "due", "within": "PT48H"}
    rules = [{**rule, "expect": {"type": "drill-report", "rel": "reports"}}]
    body = {"text": {"en": "a", "fr": "b"}, "norms": ["un-norms/f"], "conditions": None, "annexes": {}, "rules": rules}
    draft = write_draft(tmp_path / "p.json", world, type="pledge", office="foreign-ministry")
    value = canonical.parse(draft.read_bytes())
    draft.write_bytes(canonical.encode({**value, "body": body}))
    result = call("lint", draft, "--json")
    assert result.code == 3
    assert [row["code"].partition(".")[0] for row in result.json] == ["rule"]
    assert result.json[0]["pointer"].startswith("/body/rules/0")


def test_a_rehearsal_is_named_as_one(world: World, tmp_path: Path) -> None:
    found = lint(world, tmp_path, exercise="ab" * 32)
    assert found["lint.exercise"][:2] == ("note", "/exercise")
    assert found["statement.exercise"][:2] == ("error", "/exercise"), "a drill is not rehearsed within a drill"


def test_several_errors_of_one_body_are_all_told(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.json", world, body={"scale": "galactic", "kind": "war", "unheard": 1})
    rows = call("lint", draft, "--json").json
    assert {row["pointer"] for row in rows} == {"/body/scale", "/body/kind", "/body/unheard"}


def test_partial_files_and_envelopes_can_be_linted(world: World, tmp_path: Path) -> None:
    assert call("lint", world.home / "charter.envelope.json").code == 0
    draft = write_draft(tmp_path / "d.json", world, signers=sorted([world.ids["duty"], world.ids["second"]]))
    call("sign", draft, "--key", world.keys["duty"], "--yes")
    assert call("lint", tmp_path / "d.partial.json").out == "Nothing found.\n"


def test_hidden_characters_never_reach_the_terminal(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.json", world, title="A\x1b[2J\u202eB")
    result = call("sign", draft, "--key", world.keys["duty"], "--yes")
    assert "\x1b" not in result.out + result.err
    assert "\u202e" not in result.out + result.err
    assert "A\\u{1b}[2J\\u{202e}B" in result.err
