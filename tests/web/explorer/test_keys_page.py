"""Keys over time: each signer from the record that brought it to the one that ended it, drawn, listed, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from tests.support.people import Pen, ring
from tests.support.simulated_log import OFFICE, TYPES
from tests.web.explorer.conftest import Site, site
from tests.web.explorer.markup import read
from tests.web.explorer.world import World
from verifier import record, statement, vocabulary

_NEW = Pen("XB foreign ministry, the second")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, int]]:
    """XB's key is stolen: it signs once more, is revoked from there on, and is followed by another."""
    at: dict[str, int] = {}

    def story(world: World) -> None:
        world.announce("XB", 1)
        at["stolen"] = len(world.records)
        world.announce("XB", 2)
        at["revoked"] = len(world.records)
        world.revoke("XB", world.pen("XB"), from_record=at["stolen"])
        at["recovered"] = len(world.records)
        types = sorted(set(TYPES) - {"key-change", "depositary-notice"})
        world.key_change("XB", action="recover", rings=ring([_NEW], {OFFICE: (types, [_NEW])}))
        value = world.draft("XB", "drill-announcement", _body(), signers=[_NEW.id])
        value["title"] = "By the new key"
        world.log(world.envelope(value, _NEW), value)
        world.checkpoint(pause=3600)

    return site(tmp_path_factory.mktemp("keys"), story), at


def _body() -> dict[str, Any]:
    return {**vocabulary.load().example("drill-announcement")["body"], "name": "Third", "observers": []}


def facts(shown: Site, code: str) -> dict[str, Any]:
    answer = shown.client.get(f"/keys/{code}.json")
    assert answer.status_code == 200
    return answer.json or {}


def by_signer(shown: Site, code: str) -> dict[str, dict[str, Any]]:
    return {one["signer"]: one for one in facts(shown, code)["signers"]}


def test_a_stolen_key_ends_where_the_log_revokes_it(told: tuple[Site, dict[str, int]]) -> None:
    shown, at = told
    found = by_signer(shown, "XB")
    old, new = found[shown.world.pen("XB").id], found[_NEW.id]
    assert (old["until_record"], old["ended"], old["reason"]) == (at["revoked"], "revoked", "compromised")
    assert (old["not_its_owners_from_record"], old["contested"]) == (at["stolen"], 1)
    assert (new["since_record"], new["until_record"], new["ended"]) == (at["recovered"], None, None)
    assert new["statements_signed"] == 1
    roots = [one for one in found.values() if one["office"] == "root"]
    assert roots
    assert all(one["until_record"] is None and one["not_before"] is None for one in roots)


@pytest.mark.parametrize("code", ["DEP", "XA", "XB", "XC"])
def test_each_signer_signed_as_many_as_the_records_hold(told: tuple[Site, dict[str, int]], code: str) -> None:
    shown, _at = told
    counted: dict[str, int] = {}
    with shown.copy.view() as view:
        for raw in shown.world.records:
            said = statement.parse(record.parse(raw).envelope.payload)
            row = view.statement(said.id)
            for signer in said.signers if row is not None and row.stands else ():
                counted[signer] = counted.get(signer, 0) + 1
    found = by_signer(shown, code)
    assert found
    assert {signer: one["statements_signed"] for signer, one in found.items()} == {
        signer: counted.get(signer, 0) for signer in found
    }


def test_signatures_on_records_that_are_judged_as_absent_do_not_count(shown: Site) -> None:
    signer = shown.world.pen("XC").id
    named = sum(signer in statement.parse(record.parse(raw).envelope.payload).signers for raw in shown.world.records)
    assert by_signer(shown, "XC")[signer]["statements_signed"] == named - 1


def test_every_change_names_its_statement_and_what_it_began_and_ended(told: tuple[Site, dict[str, int]]) -> None:
    shown, at = told
    changes = {one["record"]: one for one in facts(shown, "XB")["changes"]}
    assert list(changes) == sorted(changes)
    numbers = {one["signer"]: one["number"] for one in facts(shown, "XB")["signers"]}
    assert changes[at["revoked"]]["ended"] == [numbers[shown.world.pen("XB").id]]
    assert changes[at["recovered"]]["began"] == [numbers[_NEW.id]]
    assert [changes[at[name]]["action"] for name in ("revoked", "recovered")] == ["revoke", "recover"]


def test_the_page_says_what_a_stolen_key_means_and_draws_it(told: tuple[Site, dict[str, int]]) -> None:
    shown, at = told
    text = shown.text("/keys/XB")
    found = read(text)
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids))
    assert f"from record {at['stolen']} on the key was not its owner’s" in text
    assert "One statement signed since then stands as contested" in text
    assert "What it signed before stays said." in text
    bars = [one for one in found.every("rect") if one["class"] in ("bar", "ghost")]
    assert len(bars) == len(facts(shown, "XB")["signers"])
    assert sum(one["class"] == "ghost" for one in bars) == 1
    assert "was in other hands" not in shown.text("/keys/XA")


def test_bars_are_mirrored_where_the_language_runs_from_right_to_left(told: tuple[Site, dict[str, int]]) -> None:
    shown, _at = told

    def ends(page: str) -> list[tuple[float, float]]:
        rows = [one for one in read(shown.text(page)).every("rect") if one["class"] in ("bar", "ghost")]
        return [(float((one["x"] or "").rstrip("%")), float((one["width"] or "").rstrip("%"))) for one in rows]

    for (x, width), (mirrored, same) in zip(ends("/keys/XB"), ends("/ar/keys/XB"), strict=True):
        assert width == same
        assert abs(100 - x - width - mirrored) < 0.02


def test_the_table_is_taken_away_as_csv(told: tuple[Site, dict[str, int]]) -> None:
    shown, _at = told
    answer = shown.client.get("/keys/XB.csv")
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["signer"] for row in rows] == [one["signer"] for one in facts(shown, "XB")["signers"]]
    assert [row["reason"] for row in rows if row["ended"] == "revoked"] == ["compromised"]


def test_a_keyid_leads_from_a_statement_to_its_place(told: tuple[Site, dict[str, int]]) -> None:
    shown, _at = told
    for page in ("/s/{drill}/proof", "/s/{drill}/raw", "/parties/XA"):
        links = set(re.findall(r'href="/keys/XA#([0-9a-f]{64})"', shown.text(page.format(**shown.ids))))
        assert links, page
        assert links <= set(read(shown.text("/keys/XA")).ids), page


def test_whoever_is_no_participant_has_no_keys(told: tuple[Site, dict[str, int]]) -> None:
    shown, _at = told
    assert "No participant of this ledger has the code ZZ." in shown.text("/keys/ZZ", 404)
    assert shown.client.get("/keys/ZZ.json").status_code == 404
    assert shown.client.get("/keys/ZZ.csv").status_code == 404
    assert shown.client.get("/keys/xb").status_code == 404
