"""What became of a statement: each change as a comparison, from the chain of later statements, in words and signs."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.web.explorer.conftest import Site, site
from tests.web.explorer.markup import read
from tests.web.explorer.world import World
from verifier import vocabulary
from web.explorer.records import differences
from web.explorer.records.fields import Field

SPOOFED = "thirty \u202edays\u202c<script>"


def related(world: World, party: str, kind: str, body: dict[str, Any], rel: str, target: str, title: str) -> str:
    """Log one statement that names another, with a checkpoint of its own."""
    found = world.say(party, kind, body, relates=[{"rel": rel, "statement": target}], title=title)
    world.checkpoint(pause=3600)
    return found


def correction(world: World, target: str, *rows: tuple[str, str, str]) -> str:
    corrections = [{"pointer": p, "was": was, "reads": reads} for p, was, reads in rows]
    body = {"reason": "A slip of the pen.", "objections_until": None, "corrections": corrections}
    return related(world, "XB", "correction", body, "corrects", target, "A word is put right")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, str]]:
    """A pledge that is corrected and followed by a newer one; a drill that moves twice and is cancelled."""
    ids: dict[str, str] = {}

    def story(world: World) -> None:
        pledge = vocabulary.load().example("pledge")
        ids["pledge"] = world.pledge("XB")
        ids["corrected"] = correction(
            world,
            ids["pledge"],
            ("/body/text/en", "twenty-one days", SPOOFED),
            ("/body/text/fr", "No such passage", "Other words"),
        )
        body = deepcopy(pledge["body"])
        body["rules"][1]["before"] = "P30D"
        body["norms"] = ["un-norms/f"]
        ids["newer"] = related(world, "XB", "pledge", body, "follows", ids["pledge"], pledge["title"])
        ids["retracted"] = related(
            world,
            "XB",
            "retraction",
            {"reason": "It was a draft."},
            "retracts",
            ids["newer"],
            "The newer text is taken back",
        )
        ids["drill"] = world.drill("XC", "Paper Lantern")
        change = vocabulary.load().example("drill-change")["body"]
        ids["longer"] = related(world, "XC", "drill-change", change, "changes", ids["drill"], "A day longer")
        again = {**change, "changes": {**change["changes"], "end": "2026-11-28T16:00:00Z", "sectors": ["energy"]}}
        ids["again"] = related(world, "XC", "drill-change", again, "changes", ids["drill"], "Two days longer")
        over = {"reason": "No crew.", "resumption": "never"}
        ids["cancelled"] = related(world, "XC", "drill-cancellation", over, "cancels", ids["drill"], "It is not held")

    return site(tmp_path_factory.mktemp("history"), story), ids


def events(shown: Site, statement: str) -> list[dict[str, Any]]:
    answer = shown.client.get(f"/s/{statement}/history.json")
    assert answer.status_code == 200
    return (answer.json or {})["events"]


def test_a_chain_of_changes_is_compared_step_by_step(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    found = events(shown, ids["drill"])
    assert [one["id"] for one in found] == [ids[name] for name in ("drill", "longer", "again", "cancelled")]
    assert [one["rel"] for one in found] == [None, "changes", "changes", "cancels"]
    [end] = found[1]["changes"]
    assert (end["pointer"], end["sign"]) == ("/body/end", "changed")
    assert (end["was"]["value"], end["reads"]["value"]) == ("2026-11-26T16:00:00Z", "2026-11-27T16:00:00Z")
    later = {one["pointer"].rpartition("/")[0] or one["pointer"]: one for one in found[2]["changes"]}
    assert {one["was"]["value"] for one in found[2]["changes"] if one["pointer"] == "/body/end"} == {
        "2026-11-27T16:00:00Z"
    }
    assert "/body/sectors" in later, "sectors that one change adds or drops"
    assert found[3]["changes"] == []
    assert [one["value"] for one in found[3]["words"]] == ["No crew.", "never"]


def test_the_whole_history_stands_at_each_statement_of_it(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    for names in (("drill", "longer", "again", "cancelled"), ("pledge", "corrected", "newer", "retracted")):
        assert len({str([one["id"] for one in events(shown, ids[name])]) for name in names}) == 1, names
        assert [one["id"] for one in events(shown, ids[names[2]])] == [ids[name] for name in names]


def test_how_it_reads_now_is_told_against_the_first(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    now = (shown.client.get(f"/s/{ids['drill']}/history.json").json or {})["reads_otherwise_now"]
    ends = [one for one in now if one["pointer"] == "/body/end"]
    assert [(one["was"]["value"], one["reads"]["value"]) for one in ends] == [
        ("2026-11-26T16:00:00Z", "2026-11-28T16:00:00Z")
    ]


def test_a_passage_is_put_right_where_it_stands_once(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    put_right, stated = events(shown, ids["pledge"])[1]["changes"]
    original = vocabulary.load().example("pledge")["body"]["text"]["en"]
    assert put_right["was"]["value"] == original
    assert put_right["reads"]["value"] == original.replace("twenty-one days", SPOOFED)
    assert (stated["pointer"], stated["reads"]["value"]) == ("/body/text/fr", "Other words")
    assert events(shown, ids["pledge"])[1]["not_as_corrected"] == ["/body/text/fr"]


def test_a_newer_text_is_compared_rule_by_rule(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    found = {one["pointer"]: one for one in events(shown, ids["newer"])[2]["changes"]}
    rule = next(one for pointer, one in found.items() if pointer.endswith("/before"))
    assert (rule["was"]["value"], rule["reads"]["value"]) == ("P21D", "P30D")
    assert "drill-notice" in rule["label"]
    gone = [one for one in found.values() if one["sign"] == "removed"]
    assert [one["was"]["value"] for one in gone] == ["osce-cbms/3"]
    assert not any("hospitals" in one["label"] for one in found.values()), "a rule that stayed the same"


def test_signs_and_words_say_what_changed_and_not_colour_alone(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    for name in ("drill", "pledge", "newer"):
        text = shown.text(f"/s/{ids[name]}/history")
        found = read(text)
        assert found.problems == []
        assert len(found.ids) == len(set(found.ids))
        assert found.every("ins")
        assert found.every("del")
        assert "changed</b>" in text
        assert len(text) < 100_000
    assert "taken out</b>" in shown.text(f"/s/{ids['newer']}/history")


def test_words_of_a_state_are_escaped_and_made_visible_in_a_comparison(told: tuple[Site, dict[str, str]]) -> None:
    shown, ids = told
    text = shown.text(f"/s/{ids['pledge']}/history")
    assert "<script>" not in text
    assert "\u202e" not in text
    assert "U+202E" in text


def test_a_statement_that_nothing_changes_says_so(told: tuple[Site, dict[str, str]]) -> None:
    shown, _ids = told
    text = shown.text(f"/s/{shown.ids['chinese']}/history")
    assert "Nothing changes it, up to record" in text
    assert "One may still come." in text
    shown.text(f"/s/{'0' * 64}/history", 404)


def test_an_amendment_says_from_which_record_it_is_in_force(tmp_path: Path) -> None:
    shown = site(
        tmp_path,
        lambda world: (world.amend(terms={**world.charter_body()["terms"], "skew": "PT9M"}), world.checkpoint()),
    )
    found = events(shown, shown.ids["charter"])
    [amendment] = [one for one in found if one["rel"] == "amends"]
    [change] = amendment["changes"]
    assert (change["was"]["value"], change["reads"]["value"]) == (shown.world.charter_body()["terms"]["skew"], "PT9M")
    with shown.copy.view() as view:
        assert amendment["in_force_from_record"] == view.trust.charters[1][0]
    assert "in force from record" in shown.text(f"/s/{shown.ids['charter']}/history")


# The comparison itself.


def words(pointer: str, text: str) -> Field:
    return Field(pointer.rpartition("/")[2], pointer, "words", text)


texts = some.text(some.characters(codec="utf-8"), max_size=40)


@given(some.lists(texts, max_size=6))
def test_nothing_differs_from_itself_in_whichever_order(items: list[str]) -> None:
    one = Field("Items", "/body/items", "list", parts=[words(f"/body/items/{n}", text) for n, text in enumerate(items)])
    turned = Field(
        "Items",
        "/body/items",
        "list",
        parts=[words(f"/body/items/{n}", text) for n, text in enumerate(reversed(items))],
    )
    assert differences.between([one], [turned]) == []


@given(texts, texts)
def test_the_pieces_of_two_texts_are_the_texts(was: str, reads: str) -> None:
    found = differences.between([words("/body/text", was)], [words("/body/text", reads)])
    assert bool(found) == (was != reads)
    for change in found:
        if change.was_pieces or change.reads_pieces:
            assert "".join(piece.text for piece in change.was_pieces) == was
            assert "".join(piece.text for piece in change.reads_pieces) == reads
            same = [
                "".join(p.text for p in pieces if not p.apart) for pieces in (change.was_pieces, change.reads_pieces)
            ]
            assert same[0] == same[1]
