"""A charter's draft: from a description with key files, complete, without contradiction; and what is remarked on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ledger.desk.desk_world import LEDGER, World, call
from verifier import charter as charters
from verifier import statement, vocabulary
from verifier.formats import canonical, policy

RULE = {"id": "a", "kind": "abstention", "by": "each-party", "norm": "un-norms/f"}


def drafted(world: World, description: dict[str, Any], *args: object) -> Any:
    """The result of drafting the description in the world's own directory, where the key files are."""
    path, out = world.home / "other.yaml", world.home / "other.statement.json"
    path.write_bytes(canonical.encode(description))
    try:
        result = call("charter", "new", path, "--out", out, *args)
        return result, out.read_bytes() if out.exists() else None
    finally:
        path.unlink()
        out.unlink(missing_ok=True)


def test_the_description_becomes_a_charter_that_stands(world: World) -> None:
    said = world.charter
    assert said is not None
    assert (said.party, said.office, said.sequence, said.previous, said.ledger) == ("DEP", "root", 0, None, LEDGER)
    assert said.signers == (world.ids["dep"],)
    found = charters.read(said.body)
    assert set(found.parties) == {"XA", "XB", "DEP"}
    assert found.parties["XA"].root.signers == (world.ids["xa"],)
    assert found.terms.amendment_adherents == 2
    assert said.body["vocabulary"]["digest"] == vocabulary.load().digest


def test_the_charter_is_admitted_by_the_rules_of_the_verifier(world: World) -> None:
    from verifier.examine import examine
    from verifier.formats import envelope
    from verifier.trust import TrustState

    trust = TrustState(LEDGER)
    seen = examine(envelope.parse((world.home / "charter.envelope.json").read_bytes()), trust.book)
    trust.authorise(seen, 1_780_000_000)
    trust.advance(seen, 0, 1_780_000_000)
    assert trust.charter_id == seen.id


def test_the_policy_asks_for_a_majority_and_counts_two_keys_as_one_witness(world: World) -> None:
    written = policy.parse((world.home / "policy.txt").read_bytes())
    assert written.satisfied(["alpha", "beta"])
    assert not written.satisfied(["gamma"])
    description = world.description
    for name in ("alpha", "beta"):
        from ledger.desk import secret_keys as sk

        second = sk.generate(sk.ML_DSA_44).verifier_key(name, sk.WITNESS).vkey
        next(row for row in description["body"]["witnesses"] if row["name"] == name)["keys"].append(second)
    result, raw = drafted(world, description)
    assert result.code == 0, result.err
    made = policy.parse(statement.parse(raw).body["policy"].encode())
    assert not made.satisfied(["alpha-1", "alpha-2"])
    assert made.satisfied(["alpha-2", "beta-1"])
    made.require_intersecting()


def test_the_matrix_keeps_grave_words_from_the_duty_desk(world: World) -> None:
    assert world.charter is not None
    found = {row["office"]: set(row["types"]) for row in world.charter.body["matrix"]}
    grave = {
        "accession",
        "adherence",
        "amendment",
        "charter",
        "key-change",
        "pledge",
        "pledge-withdrawal",
        "withdrawal",
        "joint-text",
        "red-line",
        "retraction",
        "waiver",
        "mediation-request",
    }
    assert not found["duty-desk"] & grave
    assert found["duty-desk"] >= {"incident", "clarification-response", "convening", "line-test", "channel-outage"}
    assert grave <= found["root"] | found["foreign-ministry"]
    assert found["root"] >= {"accession", "charter", "key-change", "withdrawal", "pledge-withdrawal"}
    assert not found["verification"] & found["mediation"] & grave - {"retraction"}
    assert found["notices"] == {"depositary-notice"}
    types = vocabulary.load().types
    assert {name for row in found.values() for name in row} == set(types)
    kinds = {"mediation": "mediator", "notices": "depositary", "verification": "verifier"}
    for office in found.keys() - {"root"}:
        assert {name for name in found[office] if kinds.get(office, "state") not in types[name].roles} == set(), office


def test_the_usual_rules_hold_together_and_one_climbs_on_another(world: World) -> None:
    assert world.charter is not None
    rules = world.charter.body["rules"]
    vocabulary.check_rules(rules, vocabulary.load())
    found = {row["id"]: row for row in rules}
    assert found["no-answer-convene"]["on"] == {"overdue": "answer-query"}
    assert {"early-warning", "line-test-answer", "queries", "yearly-calendar"} <= found.keys()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.pop("parties"), "desk.description"),
        (lambda body: body.pop("log_keys"), "desk.description"),
        (lambda body: body["parties"].pop(1), "desk.description"),
        (lambda body: body["signers"].append("missing.pub.pem"), "desk.unreadable"),
        (lambda body: body["log_keys"].append("charter.yaml"), "statement.schema"),
        (lambda body: body["witnesses"].append({"name": "Alpha Two", "keys": ["alpha.vkey"]}), "statement.schema"),
        (lambda body: body.update(rules=[RULE, RULE]), "rule.id"),
    ],
)
def test_what_cannot_be_a_charter_is_refused_and_not_written(world: World, change: Any, code: str) -> None:
    description = world.description
    change(description["body"])
    result, raw = drafted(world, description)
    assert result.code != 0
    assert code in result.err
    assert raw is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quorum": 1}, "policy.disjoint-quorums"),
        ({"policy": "quorum none\n"}, "charter.inconsistent"),
        ({"matrix": [{"office": "duty-desk", "types": ["pledge"]}]}, "charter.inconsistent"),
    ],
)
def test_check_finds_what_a_schema_cannot(world: World, tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    description = world.description
    description["body"].update(changes)
    result, raw = drafted(world, description)
    assert result.code == 0, result.err
    path = tmp_path / "c.json"
    path.write_bytes(raw)
    checked = call("charter", "check", path, "--json")
    assert checked.code == 3
    assert any(row["code"].startswith(code) and row["severity"] == "error" for row in checked.json)


def test_check_remarks_on_what_may_be_regretted(world: World) -> None:
    result = call("charter", "check", world.home / "charter.statement.json", "--json")
    assert result.code == 0
    found = {(row["code"], row["severity"]) for row in result.json}
    assert found == {("charter.root-lost", "warning"), ("charter.root-alone", "note")}


def test_show_says_it_in_words(world: World) -> None:
    shown = call("charter", "show", world.home / "charter.envelope.json")
    assert shown.code == 0
    for part in ("Charter of a small accord", "XA", f"keyid {world.ids['dep']}", "PT5M"):
        assert part in shown.out


def test_show_refuses_another_statement(world: World, tmp_path: Path) -> None:
    from tests.ledger.desk.desk_world import write_draft

    result = call("charter", "show", write_draft(tmp_path / "d.json", world))
    assert (result.code, "statement.type" in result.err) != (0, False)


def test_an_existing_file_stays(world: World) -> None:
    before = (world.home / "policy.txt").read_bytes()
    result, raw = drafted(world, world.description, "--policy-out", world.home / "policy.txt")
    assert (result.code, raw) == (2, None)
    assert (world.home / "policy.txt").read_bytes() == before


def test_the_example_is_a_charter_once_its_keys_are_there(tmp_path: Path) -> None:
    from ledger.desk import secret_keys as sk

    text = call("charter", "example").out
    for name in ("log", "alpha", "beta", "gamma"):
        role, called = (sk.LOG, "ledger.example/accord") if name == "log" else (sk.WITNESS, name)
        (tmp_path / f"{name}.vkey").write_text(sk.generate(sk.ED25519).verifier_key(called, role).vkey)
    for stem in [f"{party}-root-{n}" for party in ("dep", "xa", "xb") for n in (1, 2, 3)] + ["dep-notices"]:
        (tmp_path / f"{stem}.pub.pem").write_bytes(sk.public_file([sk.generate(sk.ED25519)]))
    (tmp_path / "charter.yaml").write_text(text)
    out = tmp_path / "charter.statement.json"
    result = call("charter", "new", tmp_path / "charter.yaml", "--out", out)
    assert result.code == 0, result.err
    said = statement.parse(out.read_bytes())
    assert len(said.signers) == 3
    assert said.body["terms"]["withdrawal_notice"] == "P180D"
    assert said.body["offices"][0]["signers"][0]["not_before"] == "2026-01-01T00:00:00Z"
    assert call("charter", "check", out, "--json").json == []
