"""Verifiers' reports side by side, and the witnesses day by day."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from tests.web.explorer.world import HOSTILE, NAMES, World, filled
from verifier import vocabulary
from web.explorer import create_explorer_app
from web.explorer.records.audits import DAYS, agreement

VERIFIERS = {"VN": {"en": "Norhaven Observatory", "ar": "مرصد نورهافن"}, "VQ": {"en": "Quillon Institute"}}
DIGEST = "b" * 64


class Watched(World):
    """The fictional accord with two accredited verifiers."""

    def charter_body(self) -> dict[str, Any]:
        known = dict(NAMES)
        NAMES.update(VERIFIERS)
        try:
            body = super().charter_body()
        finally:
            NAMES.clear()
            NAMES.update(known)
        for row in body["parties"]:
            row["kind"] = "verifier" if row["code"] in VERIFIERS else row["kind"]
        return body

    def report(self, party: str, title: str, *, digest: str = DIGEST, **inputs: str) -> str:
        body = vocabulary.load().example("audit-report")["body"]
        members = {**body, "digest": digest, "inputs": {**body["inputs"], **inputs}}
        return self.say(party, "audit-report", members, title=title)


def watched(directory: Path, story: Any) -> Site:
    world = Watched(states=("XA", "XB", "XC", *VERIFIERS))
    world.found()
    story(world)
    world.checkpoint(pause=3600)
    world.write(directory / "log")
    copy = filled(world, directory / "log", directory / "copy")
    now = [world.clock + 60]
    client = create_explorer_app(copy, clock=lambda: now[0]).test_client()
    return Site(world, {}, directory / "log", copy, client, now)


def story(world: Watched) -> None:
    world.report("VN", "Audit of the ledger")
    world.report("VQ", HOSTILE)
    world.checkpoint(pause=86_400)
    world.report("VN", "A later audit", checkpoint="c" * 64)
    world.report("VQ", "A later audit, otherwise", checkpoint="c" * 64, digest="d" * 64)
    world.report("VN", "Alone", checkpoint="e" * 64)
    world.checkpoint(pause=86_400)
    body = vocabulary.load().example("finding")["body"]
    world.say("VN", "finding", body, title="Late by a day")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return watched(tmp_path_factory.mktemp("watched"), story)


def test_reports_of_one_checkpoint_stand_together(seen: Site) -> None:
    facts = seen.client.get("/audits.json").json
    assert facts is not None
    groups = {one["checkpoint"]: one for one in facts["audits"]}
    example = vocabulary.load().example("audit-report")["body"]["inputs"]["checkpoint"]
    assert {key: one["agreement"] for key, one in groups.items()} == {
        example: "agree",
        "c" * 64: "differ",
        "e" * 64: "one",
    }
    assert [one["party"] for one in groups[example]["reports"]] == ["VQ", "VN"]
    assert [(one["party"], one["newest"]["title"]) for one in facts["verifiers"]] == [
        ("VN", "Alone"),
        ("VQ", "A later audit, otherwise"),
    ]
    assert [one["title"] for one in facts["verifier_findings"]] == ["Late by a day"]


@pytest.mark.parametrize("language", ["", "/ar"])
def test_the_page_says_whether_they_agree(seen: Site, language: str) -> None:
    text = seen.text(f"{language}/audits")
    found = read(text)
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids))
    assert "<script>" not in text
    assert "\u202e" not in text
    assert text.count('class="ctl"') >= 3
    for word in ("they agree", "they differ", "one verifier so far") if not language else ("متفقة", "مختلفة"):
        assert word in text
    for one in found.every("a"):
        href = one["href"] or ""
        if href.startswith("/") and "/find?q=" not in href:
            assert seen.client.get(href).status_code == 200, href


def row(party: str, digest: str, **inputs: str) -> dict[str, Any]:
    return {"party": party, "digest": digest, "inputs": inputs}


def test_agreement_is_of_equal_inputs_alone() -> None:
    assert agreement([row("VN", "1", policy="a")]) == "one"
    assert agreement([row("VN", "1", policy="a"), row("VN", "1", policy="a")]) == "one", "nobody agrees with himself"
    assert agreement([row("VN", "1", policy="a"), row("VQ", "1", policy="a")]) == "agree"
    assert agreement([row("VN", "1", policy="a"), row("VQ", "2", policy="a")]) == "differ"
    assert agreement([row("VN", "1", policy="a"), row("VQ", "1", policy="b")]) == "apart"
    three = [row("VN", "1", policy="a"), row("VQ", "1", policy="a"), row("VX", "3", policy="a")]
    assert agreement(three) == "differ"


def test_days_count_what_each_witness_cosigned(seen: Site) -> None:
    facts = seen.client.get("/audits.json").json
    assert facts is not None
    days = facts["days"]
    assert len(days["days"]) == len(days["checkpoints"]) == DAYS
    assert days["days"] == sorted(days["days"])
    assert sum(days["checkpoints"]) == len(seen.world.history)
    assert [one["name"] for one in days["witnesses"]] == sorted(pen.name for pen in seen.world.witness_pens)
    for one in days["witnesses"]:
        assert one["cosigned"] == days["checkpoints"]
    rows = list(csv.DictReader(io.StringIO(seen.client.get("/audits/days.csv").text, newline="")))
    assert len(rows) == DAYS * 3
    assert sum(int(one["cosigned"]) for one in rows) == 3 * len(seen.world.history)


def test_a_witness_that_missed_some_is_shown_so(tmp_path: Path) -> None:
    def missed(world: Watched) -> None:
        everybody = world.witness_pens
        world.announce("XA", 1)
        world.witness_pens = everybody[:2]
        world.checkpoint(pause=86_400)
        world.witness_pens = everybody
        world.announce("XA", 2)

    site = watched(tmp_path, missed)
    facts = site.client.get("/audits.json").json
    assert facts is not None
    counts = {one["name"]: sum(one["cosigned"]) for one in facts["days"]["witnesses"]}
    assert sorted(counts.values()) == [len(site.world.history) - 1, len(site.world.history), len(site.world.history)]
    text = site.text("/audits")
    assert "is-overdue" in text or "is-late part" in text
    assert " of " in text


def test_without_a_verifier_the_page_says_what_that_means(shown: Site) -> None:
    text = shown.text("/audits")
    assert "No verifier is registered in this ledger" in text
    assert "Anybody can audit it all the same" in text
