"""Drafts: from YAML and JSON, from a state file, from answers at a terminal; canonical, complete, or not written at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ledger.cli import group
from ledger.cli.ports import Ports
from ledger.desk import vocabulary_page
from tests.ledger.desk.desk_world import LEDGER, NOW, World, call
from verifier import statement, vocabulary
from verifier.formats import canonical
from verifier.statement import Statement

PREVIOUS = "cd" * 32
TYPES = sorted(vocabulary.load().types)
LEFT_OUT = ("type", "issued")


def _chain(world: World) -> list[str]:
    ids = ["--ledger-name", LEDGER, "--sequence", "3", "--previous", PREVIOUS, "--signer", world.ids["duty"]]
    return ids


def _body_of(name: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(vocabulary.load().example(name)["body"])))


def _read(path: Path) -> Statement:
    said = statement.parse(path.read_bytes())
    assert canonical.encode(json.loads(path.read_bytes())) == path.read_bytes()
    return said


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("name", TYPES)
def test_every_example_of_the_vocabulary_can_be_drafted(world: World, tmp_path: Path, name: str, form: str) -> None:
    example = {key: value for key, value in vocabulary.load().example(name).items() if key in statement.MEMBERS}
    source, out = tmp_path / f"example.{form}", tmp_path / "draft.json"
    source.write_text(json.dumps(example) if form == "json" else yaml.safe_dump(example, allow_unicode=True))
    chain = _chain(world) if name != "charter" else ["--ledger-name", LEDGER, "--signer", world.ids["dep"]]
    result = call("draft", name, "--from", source, *chain, "--out", out)
    assert result.code == 0, result.err
    said = _read(out)
    assert (said.type, said.title, said.issued_at) == (name, example["title"], NOW)
    assert said.body == example["body"]
    assert list(said.addressees) == sorted(example["addressees"])


def test_a_bare_body_and_options_make_a_statement(world: World, tmp_path: Path) -> None:
    source, out = tmp_path / "body.json", tmp_path / "draft.json"
    source.write_text(json.dumps(_body_of("drill-announcement")))
    who = ["--party", "XA", "--office", "defence-staff", "--language", "fr", "--title", "Exercice"]
    more = ["--addressee", "XC", "--addressee", "XB", "--relates", f"follows:{PREVIOUS}"]
    result = call("draft", "drill-announcement", "--from", source, *who, *more, *_chain(world), "--out", out, "--json")
    assert result.code == 0, result.err
    said = _read(out)
    assert result.json["id"] == said.id
    assert (said.party, said.office, said.sequence, said.previous, said.language) == (
        "XA",
        "defence-staff",
        3,
        PREVIOUS,
        "fr",
    )
    assert said.addressees == ("XB", "XC")
    assert [(row.rel, row.statement) for row in said.relates] == [("follows", PREVIOUS)]
    assert said.signers == (world.ids["duty"],)


def test_sets_are_sorted_and_what_can_only_be_empty_is_filled_in(world: World, tmp_path: Path) -> None:
    body = _body_of("drill-announcement")
    body["observers"] = ["XC", "XB"]
    body["sectors"] = ["transport", "energy"]
    for name in ("place", "co_hosts", "networks", "visible_effects"):
        del body[name]
    source, out = tmp_path / "d.yaml", tmp_path / "draft.json"
    source.write_text(yaml.safe_dump({"party": "XA", "office": "defence-staff", "title": "T", "body": body}))
    assert call("draft", "drill-announcement", "--from", source, *_chain(world), "--out", out).code == 0
    found = _read(out).body
    assert (found["observers"], found["sectors"]) == (["XB", "XC"], ["energy", "transport"])
    assert (found["place"], found["co_hosts"], found["networks"], found["visible_effects"]) == (None, [], [], None)


def test_number_previous_signers_and_ledger_come_from_a_state_file(world: World, tmp_path: Path) -> None:
    state, source, out = tmp_path / "xa.state.json", tmp_path / "d.json", tmp_path / "draft.json"
    state.write_bytes(canonical.encode(world.state()))
    source.write_text(json.dumps({"title": "T", "body": _body_of("drill-announcement")}))
    result = call(
        "draft", "drill-announcement", "--from", source, "--state", state, "--office", "defence-staff", "--out", out
    )
    assert result.code == 0, result.err
    said = _read(out)
    assert (said.ledger, said.party, said.sequence, said.previous) == (LEDGER, "XA", 4, "ab" * 32)
    assert said.signers == (world.ids["duty"],)


def test_an_office_without_statements_begins_its_chain_at_the_charter(world: World, tmp_path: Path) -> None:
    assert world.charter is not None
    state, source, out = tmp_path / "xa.state.json", tmp_path / "d.json", tmp_path / "draft.json"
    found = world.state()
    found["party"]["offices"] = []
    state.write_bytes(canonical.encode(found))
    source.write_text(json.dumps({"title": "Accession", "body": _body_of("accession")}))
    args = ["--state", state, "--office", "root", "--signer", world.home / "xa.pub.pem", "--out", out]
    result = call("draft", "accession", "--from", source, *args)
    assert result.code == 0, result.err
    said = _read(out)
    assert (said.sequence, said.previous, said.signers) == (0, world.charter.id, (world.ids["xa"],))


def test_an_accession_names_key_files_in_the_place_of_keys(world: World, tmp_path: Path) -> None:
    assert world.charter is not None
    years = "not_before: 2026-01-01T00:00:00Z, not_after: 2029-01-01T00:00:00Z"
    source, out = world.home / "accession.yaml", tmp_path / "draft.json"
    source.write_text(f"""
party: XA
office: root
title: Accession of Arvenia
body:
  charter: {world.charter.id}
  signers: [xa.pub.pem, duty.pub.pem]
  offices:
    - office: defence-staff
      types: [drill-report, drill-announcement]
      threshold: 1
      signers: [{{signer: duty.pub.pem, {years}}}]
""")
    chain = ["--ledger-name", LEDGER, "--sequence", "0", "--previous", world.charter.id, "--signer", world.ids["xa"]]
    result = call("draft", "accession", "--from", source, *chain, "--out", out)
    source.unlink()
    assert result.code == 0, result.err
    body = _read(out).body
    assert [row["id"] for row in body["signers"]] == sorted([world.ids["xa"], world.ids["duty"]])
    assert len(body["keys"]) == 3
    assert body["offices"][0]["signers"][0]["signer"] == world.ids["duty"]
    assert body["declaration"] is None
    from verifier.examine import introduced

    assert list(introduced(body)) == sorted(introduced(body))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scale": "galactic"}, "/body/scale"),
        ({"start": "2026-09-31T07:00:00Z"}, "/body/start"),
        ({"start": "2026-09-01"}, "/body/start"),
        ({"unheard": 1}, "/body/unheard"),
        ({"observers": ["XB", "XB"]}, "/body/observers"),
        ({"deconfliction": {}}, "/body/deconfliction"),
    ],
)
def test_a_wrong_body_is_told_with_its_place_and_nothing_is_written(
    world: World, tmp_path: Path, change: dict[str, Any], pointer: str
) -> None:
    source, out = tmp_path / "d.json", tmp_path / "draft.json"
    source.write_text(
        json.dumps({"party": "XA", "office": "desk", "title": "T", "body": _body_of("drill-announcement") | change})
    )
    result = call("draft", "drill-announcement", "--from", source, *_chain(world), "--out", out)
    assert result.code == 3
    assert pointer in result.err
    assert "next:" in result.err
    assert [one.name for one in tmp_path.iterdir()] == ["d.json"]


def test_an_unknown_type_names_the_ones_that_come_close(tmp_path: Path) -> None:
    result = call("draft", "drill-anouncement", "--out", tmp_path / "x")
    assert result.code == 2
    assert "did you mean drill-announcement" in result.err
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_gave_and_nobody_answers_is_named(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    source = tmp_path / "d.json"
    source.write_text(
        json.dumps({"party": "XA", "office": "desk", "title": "T", "body": _body_of("drill-announcement")})
    )
    result = call("draft", "drill-announcement", "--from", source, "--ledger-name", LEDGER, "--sequence", "0")
    assert result.code == 3
    assert "draft.incomplete" in result.err
    assert "previous" in result.err


@pytest.mark.parametrize("relation", ["follows", f"precedes:{PREVIOUS}", "follows:abc"])
def test_a_relation_that_cannot_be_is_refused(world: World, tmp_path: Path, relation: str) -> None:
    source = tmp_path / "d.json"
    source.write_text(
        json.dumps({"party": "XA", "office": "desk", "title": "T", "body": _body_of("drill-announcement")})
    )
    result = call(
        "draft", "drill-announcement", "--from", source, *_chain(world), "--relates", relation, "--out", tmp_path / "o"
    )
    assert result.code != 0
    assert not (tmp_path / "o").exists()


def test_a_description_with_a_foreign_member_is_refused(world: World, tmp_path: Path) -> None:
    source = tmp_path / "d.yaml"
    source.write_text("tittle: T\nbody: {}\n")
    result = call("draft", "drill-announcement", "--from", source, *_chain(world), "--out", tmp_path / "o")
    assert (result.code, "tittle" in result.err) == (3, True)


def test_the_terminal_asks_field_by_field_and_again_after_a_wrong_answer(world: World, tmp_path: Path) -> None:
    out = tmp_path / "draft.json"
    answers = [
        "XA",
        "defence-staff",
        LEDGER,
        "0",
        PREVIOUS,
        world.ids["duty"],
        "Quiet Harbour",
        "Quiet Harbour",  # name
        "war",  # kind: none of them
        "exercise",
        "national",
        "table-top",
        "tomorrow",  # start: not a time
        "2026-09-01 07:00",
        "2026-09-04",
        "To practise.",
        "",  # place: none
        "transport, energy",
        "1",  # networks: how many
        "asn",
        "AS64500",
        "",  # visible effects
        "0",  # participants
        "",  # co-hosts
        "XB, XC",
        "1",
        "It is not directed at any state.",
        "Duty desk",
        "+999 555 0141",
        "",
        "at all hours",
        "en",
    ]
    result = CliRunner().invoke(
        group,
        ["draft", "drill-announcement", "--out", str(out)],
        obj=Ports(clock=lambda: NOW),
        input="".join(f"{answer}\n" for answer in answers),
    )
    assert result.exit_code == 0, result.output + repr(result.exception)
    body = _read(out).body
    assert (body["start"], body["end"]) == ("2026-09-01T07:00:00Z", "2026-09-04T00:00:00Z")
    assert (body["sectors"], body["observers"], body["co_hosts"]) == (["energy", "transport"], ["XB", "XC"], [])
    assert body["networks"] == [{"kind": "asn", "value": "AS64500"}]
    assert body["deconfliction"]["email"] is None
    assert '"war" is none of' in result.output
    assert "a UTC time such as" in result.output


def test_texts_in_several_languages_and_rules_from_a_file_are_asked_for(world: World, tmp_path: Path) -> None:
    out, rules = tmp_path / "draft.json", tmp_path / "rules.yaml"
    rules.write_text("- {id: health-care, kind: abstention, by: each-party, norm: un-norms/f, sectors: [health]}\n")
    answers = ["XA", "foreign-ministry", LEDGER, "0", PREVIOUS, world.ids["duty"], "A pledge"]
    answers += [
        "fr, en",
        "Nous n'attaquons pas les hôpitaux.",
        "We do not attack hospitals.",
        "un-norms/f",
        "",
        "",
        f"@{rules}",
    ]
    result = CliRunner().invoke(
        group,
        ["draft", "pledge", "--out", str(out)],
        obj=Ports(clock=lambda: NOW),
        input="".join(f"{answer}\n" for answer in answers),
    )
    assert result.exit_code == 0, result.output + repr(result.exception)
    body = _read(out).body
    assert body["text"] == {"en": "We do not attack hospitals.", "fr": "Nous n'attaquons pas les hôpitaux."}
    assert body["rules"][0]["id"] == "health-care"
    assert body["conditions"] is None


def test_the_types_are_listed_and_explained() -> None:
    listed = call("types")
    assert {line.split()[0] for line in listed.out.splitlines()} == set(TYPES)
    shown = call("types", "drill-announcement")
    assert "Issued by: state" in shown.out
    assert "start" in shown.out
    assert json.loads(call("types", "pledge", "--example").out)["body"] == _body_of("pledge")
    assert call("types", "--markdown").out == vocabulary_page.page()
    assert "Rehearsed: yes" in call("types", "incident").out
    assert "Rehearsed: never" in shown.out
    assert call("types", "no-such").code == 2
