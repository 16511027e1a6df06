"""What an obligation's page explains is what the verifier explains, word for word; long lists come page by page, none lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import business
from tests.bench.conformance import STATES
from tests.web.explorer.accord import Accorded, site
from verifier.audit import audit
from verifier.conformance.docket import case_of
from verifier.conformance.explain import explain
from verifier.conformance.judge import rehearse, weigh
from verifier.formats import policy
from verifier.source import open_source
from web.explorer import Copy, create_explorer_app
from web.explorer.copy import judged_case, judged_kept
from web.explorer.copy.audited import Trust
from web.explorer.copy.judged_view import Judged


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    return site(tmp_path_factory.mktemp("explained"))


@pytest.mark.parametrize("kept", [True, False])
def test_every_obligation_is_explained_as_the_verifier_explains_it(
    told: Accorded, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    if not kept:  # as after a start
        monkeypatch.setattr(judged_kept, "kept", lambda _digest: None)
    report = audit(open_source(str(told.log)), told.world.trust.policy, charter=told.world.charter_id, events=True)
    case, kinds = case_of(report.state), set()
    with told.copy.view() as view:
        judged = Judged(view)
        for name, exercise, kind in view.select("SELECT id, exercise, kind FROM obligations", ()):
            made = judged.judgement(exercise)
            assert made is not None
            found = judged_case.explained(judged, made, name)
            checkpoints = found.pop("checkpoints")
            assert found == explain(case, made.moment, name, exercise or None)
            assert {row["record"] for row in checkpoints} >= {found["source"]["record"]}
            kinds.add((kind, bool(exercise)))
    assert kinds >= {("deadline", False), ("deadline", True), ("limit", False), ("recurrence", False)}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with more of everything than a page holds."""
    made = business.BusinessLog(hybrid=frozenset(), states=STATES)
    made.pause = 3_600
    log = made.fill(tmp_path_factory.mktemp("busy"), 3_000)
    copy = Copy(tmp_path_factory.mktemp("copy"))
    trust = Trust(policy.parse(made.policy_text.encode()), made.charter_id)
    report = copy.catch_up(open_source(str(log)), trust, now=1_800_000_000)
    assert report.findings == []
    return copy


def test_a_rehearsal_on_the_worlds_texts_is_the_rehearsal(busy: Copy) -> None:
    with busy.view() as view:
        case, judged = case_of(view.state), Judged(view)
        world = weigh(case, judged.moment)
        assert world is not None
        assert len(judged.rehearsed) > 3
        for drill in judged.rehearsed:
            alone = weigh(case, judged.moment, drill)
            assert alone is not None
            assert rehearse(world, drill).obligations == alone.obligations


@pytest.mark.parametrize(
    ("page", "table", "members"),
    [
        ("/pledges", "texts", 1),
        ("/channels", "lines", 1),
        ("/incidents/{long}", "steps", 2),
        ("/incidents/{long}", "due", 2),
    ],
)
def test_pages_of_a_long_list_hold_all_of_it_and_nothing_twice(busy: Copy, page: str, table: str, members: int) -> None:
    client = create_explorer_app(busy, clock=lambda: 1_800_000_060).test_client()
    with busy.view() as view:
        thread = view.select("SELECT id FROM incidents ORDER BY steps DESC LIMIT 1", ())[0][0]
        expected = {
            "texts": view.number("SELECT count(*) FROM texts", ()),
            "lines": sum(one.kind == "state" for one in view.registry.values()),
            "steps": view.number("SELECT count(*) FROM threads WHERE thread = ?", (thread,)),
            "due": view.number("SELECT count(*) FROM obligations WHERE thread = ?", (thread,)),
        }[table]
    address: str | None = page.format(long=thread)
    seen: list[str] = []
    pages = 0
    while address:
        path, mark, query = address.partition("?")
        found: Any = client.get(f"{path}.json{mark}{query}").json
        assert client.get(address).status_code == 200
        assert (found["newer"] is None) == (pages == 0)
        seen += [repr(one) for one in found[table]]
        address, pages = found["older"], pages + 1
    assert pages >= members
    assert len(seen) == len(set(seen)) == expected


def test_the_table_of_obligations_comes_file_by_file(busy: Copy) -> None:
    client = create_explorer_app(busy, clock=lambda: 1_800_000_060).test_client()
    with busy.view() as view:
        expected = view.number("SELECT count(*) FROM obligations WHERE exercise = ''", ())
    address, rows, files = "/obligations.csv", list[str](), 0
    while address:
        answer = client.get(address)
        rows += answer.text.splitlines()[1:]
        address = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
        files += 1
    assert files > 1
    assert len(rows) == len(set(rows)) == expected


def test_a_calendar_to_subscribe_to_is_short_and_says_so(busy: Copy) -> None:
    client = create_explorer_app(busy, clock=lambda: 1_800_000_060).test_client()
    text = client.get("/calendar.ics").text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 250
    assert "This file holds the 250 entries next to now" in text
