"""The strip: stale, silent, unwitnessed, found; and when a page that said otherwise is out of date."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import World, source
from verifier.formats import policy
from web.explorer import Copy, create_explorer_app
from web.explorer.application import STALE_AFTER
from web.explorer.copy.audited import Trust

DAY = 86_400


def test_a_healthy_ledger_has_no_warning(own: Site) -> None:
    health = (own.client.get("/index.json").json or {})["health"]
    assert health["warnings"] == []
    assert health["newest_checkpoint"]["quorum_met"] is True
    text = own.text("/")
    assert f"Audited up to record {len(own.world.records) - 1}" in text
    assert "Cosigned by 3 of 3 witnesses, 2 needed" in text


def test_a_stale_copy_says_so_on_every_page(own: Site) -> None:
    before = own.client.get("/help")
    own.now[0] = own.world.clock + STALE_AFTER + 1
    for page in ("/", "/help", "/parties", "/s/{drill}".format(**own.ids)):
        assert "This copy is stale: last audited" in own.text(page)
    again = own.client.get("/help", headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200
    since = own.client.get("/help", headers={"If-Modified-Since": before.headers["Last-Modified"]})
    assert since.status_code == 200
    assert parsedate_to_datetime(since.headers["Last-Modified"]) > parsedate_to_datetime(
        before.headers["Last-Modified"]
    )


def test_the_ledgers_own_silence_is_another_matter(own: Site) -> None:
    own.world.clock += 3 * DAY
    own.copy.catch_up(source(own.log), own.world.trust, now=own.world.clock)
    own.now[0] = own.world.clock
    text = own.text("/")
    assert "the charter allows a silence of 2 days" in text
    assert "stale" not in text


def test_without_a_quorum_nothing_is_called_met(tmp_path: Path) -> None:
    world = World()
    world.found()
    world.write(tmp_path / "log")
    copy = Copy(tmp_path / "copy")
    trust = Trust(policy.parse(f"log {world.log_pen.key.vkey}\nquorum none\n".encode()), world.charter_id)
    copy.catch_up(source(tmp_path / "log"), trust, now=world.clock)
    client = create_explorer_app(copy, clock=lambda: world.clock).test_client()
    text = client.get("/").text
    assert "asks for no witness" in text
    assert "None asked for" in text
    proof = client.get(f"/s/{world.charter_id}/proof").text
    assert "cannot be determined" in proof


def test_a_quorum_of_groups_is_put_in_words(tmp_path: Path) -> None:
    world = World()
    world.found()
    world.write(tmp_path / "log")
    text = world.policy_text.replace(
        "group neutral 2 norhaven quillon tessaly", "group a any norhaven quillon\ngroup neutral all a tessaly"
    )
    copy = Copy(tmp_path / "copy")
    copy.catch_up(source(tmp_path / "log"), Trust(policy.parse(text.encode()), world.charter_id), now=world.clock)
    assert "2 of 2 groups needed" in create_explorer_app(copy, clock=lambda: world.clock).test_client().get("/").text
