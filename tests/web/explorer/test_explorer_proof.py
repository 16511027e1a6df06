"""The ladder and the receipt: they hold by the verifier's own word, and break where the copy is broken."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import source
from verifier import receipt
from verifier.cli import run
from verifier.formats import envelope, proof


def steps(site: Site, statement: str) -> dict[str, str]:
    answer = site.client.get(f"/s/{statement}/proof.json").json
    assert answer is not None
    return {row["step"]: row["passed"] for row in answer["steps"]}


def test_every_receipt_convinces_the_verifier(shown: Site) -> None:
    for statement, (index, _) in shown.world.envelopes.items():
        if shown.client.get(f"/s/{statement}.json").json["stands"] is False:  # type: ignore[index]
            continue
        raw = shown.client.get(f"/s/{statement}.tlog-proof").data
        sealed = envelope.parse(shown.client.get(f"/s/{statement}.envelope.json").data)
        logged = receipt.verify(proof.parse(raw), sealed, shown.world.trust.policy)
        assert logged.index == index


def test_the_receipt_stands_under_the_first_quorum_checkpoint(shown: Site) -> None:
    answer = shown.client.get("/s/{drill}/proof.json".format(**shown.ids)).json
    assert answer is not None
    assert answer["receipt"]["checkpoint"]["size"] == 5


def test_the_command_on_the_page_repeats_the_proof(
    shown: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = shown.ids["drill"]
    for kind in ("tlog-proof", "envelope.json"):
        answer = shown.client.get(f"/s/{statement}.{kind}")
        name = answer.headers["Content-Disposition"].partition('filename="')[2].rstrip('"')
        (tmp_path / name).write_bytes(answer.data)
    (tmp_path / "YOUR.policy").write_text(shown.world.policy_text)
    commands = (shown.client.get(f"/s/{statement}/proof.json").json or {})["commands"]
    words = {
        "SOURCE": str(shown.log),
        "YOUR.policy": str(tmp_path / "YOUR.policy"),
        "YOUR.state": str(tmp_path / "state"),
    }
    for command in ("logged", "keys", "said"):
        given = [words.get(word, word) for word in commands[command].replace("\\\n", " ").split()]
        given = [str(tmp_path / word) if word.startswith("record-") else word for word in given]
        assert given.pop(0) == "detente-verify"
        code = run(given)
        assert code == (13 if command == "keys" else 0) or command == "said", capsys.readouterr()


def test_all_six_steps_pass_for_a_statement_that_stands(shown: Site) -> None:
    for name in ("charter", "pledge", "arabic", "hostile", "change"):
        assert set(steps(shown, shown.ids[name]).values()) == {"done"}, name
    accession = next(iter((shown.client.get("/statements.json?type=accession").json or {})["statements"]))["id"]
    assert set(steps(shown, accession).values()) == {"done"}


def test_a_changed_statement_says_read_both(shown: Site) -> None:
    found = steps(shown, shown.ids["drill"])
    assert found.pop("Latest word") == "amended"
    assert set(found.values()) == {"done"}
    text = shown.text("/s/{drill}".format(**shown.ids))
    assert "Read with what came later" in text
    assert "Quiet Harbour ends a day later" in text


def test_other_bytes_in_the_copy_break_the_ladder(own: Site) -> None:
    index, _ = own.world.envelopes[own.ids["pledge"]]
    with sqlite3.connect(own.copy.path) as database:
        raw = own.world.records[index].replace(b'"count":', b'"count":1', 1)
        database.execute("UPDATE leaves SET raw = ? WHERE idx = ?", (raw, index))
    found = steps(own, own.ids["pledge"])
    assert found["Included"] == "overdue"
    assert found["Witnessed"] == "unknown"
    assert found["Bytes"] == found["Signatures"] == "done"


def test_another_statement_under_an_id_breaks_the_first_step(own: Site) -> None:
    with sqlite3.connect(own.copy.path) as database:
        index = own.world.envelopes[own.ids["pledge"]][0]
        database.execute("UPDATE leaves SET raw = ? WHERE idx = ?", (own.world.records[0], index))
    assert steps(own, own.ids["pledge"])["Bytes"] == "overdue"


def test_a_false_root_in_the_tiles_is_noticed(own: Site) -> None:
    with sqlite3.connect(own.copy.path) as database:
        database.execute("UPDATE tiles SET hashes = zeroblob(length(hashes))")
    assert steps(own, own.ids["pledge"])["Included"] == "overdue"
    assert own.client.get("/s/{pledge}.tlog-proof".format(**own.ids)).status_code == 422


def test_the_verifier_judges_the_keys_of_then(own: Site) -> None:
    """A key revoked later does not unsay a statement; one revoked before says nothing, in the verifier's own words."""
    world = own.world
    world.revoke("XB", world.pen("XB"))
    world.checkpoint(pause=3600)
    late = world.announce("XB", 7)
    world.checkpoint(pause=3600)
    world.write(own.log)
    own.copy.catch_up(source(own.log), world.trust, now=world.clock)
    assert steps(own, own.ids["pledge"])["Keys"] == "done"
    assert steps(own, late)["Keys"] == "overdue"
    answer = own.client.get(f"/s/{late}/proof.json").json or {}
    keys = next(row for row in answer["steps"] if row["step"] == "Keys")
    assert "was revoked in record" in keys["detail"]
    assert '<bdi lang="en" dir="ltr">' in own.text(f"/ru/s/{late}/proof")
