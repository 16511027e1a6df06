"""Every story of the verifier's trust vectors is told to a running ledger over HTTP: it admits exactly what the verifier
accepts. What is refused gets a 4xx with the verifier's code and place, and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import Clock
from tests.support.people import NotePen
from tests.support.simulated_log import ORIGIN
from tests.web.stage import DSSE, problem, written
from tests.web.wire import ask
from verifier.errors import kinds
from verifier.formats import canonical, note, times
from web.log_api import Limits, create_log_app
from web.serving import Server

STORIES = sorted((Path(__file__).parents[1] / "vectors/trust").glob("*.json"))
# What the running log asks beyond the verifier: a charter must name a key of this log, and name it as this log does.
OWN_RULE = "log.key-not-listed"


def test_there_are_many_stories() -> None:
    assert len(STORIES) > 80


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_ledger_admits_exactly_what_the_verifier_accepts(
    path: Path, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    story, clock = json.loads(path.read_bytes()), Clock()
    log = Log(
        SqliteStore(tmp_path / "log.sqlite"),
        origin=story["ledger"],
        signer=LogSigner(story["ledger"], NotePen(ORIGIN, note.ED25519).private),
        witnesses=WitnessPool({}),
        publisher=Publisher(tmp_path / "public"),
        clock=clock,
        charter=story["charter"],
    )
    port = serve(create_log_app(log, limits=Limits(wait=0, rate=None))).port
    for step in story["records"]:
        clock.now = times.parse_utc(step["received"]) if isinstance(step["received"], str) else step["received"]
        before = written(log)
        answer = ask(port, "POST", "/statements", canonical.encode(step["envelope"]), DSSE)
        if step["expected"] == "ok":
            assert (answer.status, log.size) == (202, before[0] + 1), answer.body
        elif json.loads(answer.body).get("code") == OWN_RULE:
            assert written(log) == before
            return  # the story is of a charter with other log keys: this log does not begin with it
        elif step["expected"]["code"] == "statement.logged":
            assert (answer.status, written(log)) == (202, before), "resubmission is answered with what was logged"
        else:
            code = step["expected"]["code"]
            assert 400 <= answer.status < 500
            assert problem(answer, kinds()[code].status, code)["where"] == step["expected"]["where"]
            assert written(log) == before
