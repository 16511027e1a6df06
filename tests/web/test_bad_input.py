"""Whatever is refused over HTTP gets a problem document with a stable code, a sentence and a next step; nothing is written;
and the next good statement of the same submitter is logged. Most of it is a table, one row for each story.

What charters, keys, relations and disclosures may be refused for in full, test_refusals.py tells from the vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.admission import Limits as LogLimits
from tests.support.people import NotePen, Pen
from tests.support.simulated_log import ORIGIN
from tests.web.bad_forms import FORMS
from tests.web.bad_statements import STATEMENTS, loose
from tests.web.stage import LINES, OTHER, Sent, Stage, problem
from tests.web.wire import ask
from verifier.errors import Fault, kinds
from verifier.formats import note
from web.log_api import Limits

ROWS = [*FORMS, *STATEMENTS]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """A stage of a test's own."""
    made: list[Stage] = []

    def new(**options: Any) -> Stage:
        made.append(Stage(tmp_path, **options))
        return made[-1]

    yield new
    for one in made:
        one.close()


def test_the_table_has_one_row_a_story() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) > 150
    assert len({row[3] for row in ROWS}) > 45


@pytest.mark.parametrize(("story", "make", "status", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_refused_writes_nothing(
    story: str, make: Callable[[Stage], Sent], status: int, code: str, stage: Stage
) -> None:
    stage.require_refused(make(stage), status, code)
    stage.require_open()


# Before the charter.


def test_a_ledger_begins_with_its_charter_alone(build: Callable[..., Stage]) -> None:
    stage = build(founded=False)
    people = stage.people
    good = people.charter_body()
    other = NotePen(ORIGIN, note.ED25519, "another secret").key.vkey
    renamed = json.loads(json.dumps(good).replace(people.log_pen.key.vkey, other))

    def charter(*pens: Pen, party: str = "DEP", **members: Any) -> bytes:
        return stage.signed(stage.draft(party, "charter", body={**good, **members}, office="root"), *pens)

    stories = [
        (stage.drill(previous=OTHER), 409, "charter.missing"),
        (stage.signed(stage.draft("XA", "accession", office="root", previous=OTHER)), 409, "charter.missing"),
        (charter(party="XA"), 422, "charter.inconsistent"),
        (charter(Pen("stranger")), 403, "signer.unknown"),
        (charter(policy=loose(stage)), 400, "policy.disjoint-quorums"),
        (charter(log_keys=[other]), 422, "charter.inconsistent"),
        (charter(**renamed), 422, "log.key-not-listed"),
        (charter(witnesses=good["witnesses"][1:]), 422, "charter.inconsistent"),
        (charter(vocabulary={"version": "1", "digest": OTHER}), 409, "vocabulary.unknown"),
    ]
    for envelope, status, code in stories:
        stage.require_refused(Sent(envelope), status, code)
    assert (stage.log.size, stage.log.trust.charter) == (0, None)
    people.found("XA", "XB")
    lines = b"\n".join(one.raw for _, one in people.envelopes.values())
    items = json.loads(stage.send(Sent(lines, LINES, "/statements/batch")).body)["items"]
    assert [item["status"] for item in items] == [200, 200, 200]


# Limits.


def test_a_quota_is_spent_by_what_is_logged_alone(build: Callable[..., Stage]) -> None:
    stage = build(limits=Limits(rate=None), options={"limits": LogLimits(quota=5)})
    size = stage.log.size
    for _ in range(10):  # whoever writes a party's name and keyid does not lock it out
        stage.require_refused(
            Sent(stage.envelope(lambda v: v["signatures"][0].update(sig="A" * 86 + "=="))), 400, "signature.false"
        )
    stage.require_open()
    stage.require_open()
    told = stage.require_refused(Sent(stage.drill()), 429, "log.quota")
    assert "86400 seconds" in told["detail"]
    assert stage.send(Sent(stage.world.drills(1, "XA")[0])).status == 200, "another party's quota is its own"
    stage.world.clock.now += 86_400
    stage.require_open()
    assert stage.log.size == size + 4


def test_an_address_that_sends_too_much(build: Callable[..., Stage]) -> None:
    stage = build(limits=Limits(rate=0.001, burst=4))
    stage.require_refused(Sent(b"x"), 400, "json.malformed")
    batch = b"\n".join([stage.drill(), b"{}"])
    assert [one["status"] for one in json.loads(stage.send(Sent(batch, LINES, "/statements/batch")).body)["items"]] == [
        200,
        400,
    ]
    before = stage.written()
    for sent in (Sent(batch, LINES, "/statements/batch"), Sent(b"\n".join([b"{}"] * 500), LINES, "/statements/batch")):
        answer = stage.send(sent)
        problem(answer, 429, "http.too-many")
        assert int(answer.headers["retry-after"]) > 0
    assert stage.written() == before
    assert ask(stage.port, "GET", "/checkpoint").status == 200, "who only reads is not kept waiting"


def test_a_log_that_is_closing_or_cannot_store(build: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build()
    stage.log._waiting.close(True)
    told = stage.require_refused(Sent(stage.drill()), 503, "log.busy")
    assert told["evidence"] == {"retry_after": 5}
    stage.log._waiting.close(False)

    def full(*_: Any) -> None:
        raise Fault("store.failed", "disk full", where="/srv/ledger.sqlite")

    with monkeypatch.context() as broken:
        broken.setattr(stage.log._store, "append", full)
        told = stage.require_refused(Sent(stage.drill()), 503, "store.failed")
        assert "/srv" not in json.dumps(told), "where the operator keeps it is nobody's business"
    stage.require_open()


# Batches.


@pytest.mark.parametrize("array", [False, True], ids=["lines", "array"])
def test_one_bad_among_good_ones_is_named_and_the_order_kept(stage: Stage, array: bool) -> None:
    first, second, third = stage.world.drills(3)
    false = stage.envelope(lambda value: value["signatures"][0].update(sig="A" * 86 + "=="), "XC")
    long = stage.drill("XA", attachments=[{"digest": OTHER, "media_type": "a/b", "name": "x" * 300, "size": 1}] * 150)
    rows = [first, third, b"{}", second, false, long, third, first]
    body = b"[" + b",".join(rows) + b"]" if array else b"\n".join(rows)
    kind = {"Content-Type": "application/json"} if array else LINES
    size = stage.log.size
    answer = stage.send(Sent(body, kind, "/statements/batch"))
    items = json.loads(answer.body)["items"]
    assert answer.status == 200
    assert [item["status"] for item in items] == [200, 409, 400, 200, 400, 413, 200, 200]
    named = [item["problem"]["code"] for item in items if "problem" in item]
    assert named == ["statement.gap", "envelope.malformed", "signature.false", "http.too-large"]
    assert all(item["problem"]["next"] == kinds()[item["problem"]["code"]].next for item in items if "problem" in item)
    assert [items[n]["index"] for n in (0, 3, 6, 7)] == [size, size + 1, size + 2, size]
    assert items[7] == items[0], "what was logged a moment ago is answered with what was logged"
    assert stage.log.size == size + 3


def test_a_batch_of_nothing_but_bad_ones_writes_nothing(stage: Stage) -> None:
    before = stage.written()
    rows = [b"{}", b"x", stage.drill(sequence=999), stage.drill("XD"), stage.drill(title="")]
    items = json.loads(stage.send(Sent(b"\n".join(rows), LINES, "/statements/batch")).body)["items"]
    assert [item["status"] for item in items] == [400, 400, 409, 403, 422]
    assert stage.written() == before
