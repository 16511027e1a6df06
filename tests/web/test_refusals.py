"""Whatever is refused gets a 4xx with a stable code and a next step, over HTTP, and nothing is written.

Every story of the verifier's trust vectors is told to a running ledger: it admits exactly what the verifier accepts.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store.sqlite import SqliteStore
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import Clock, World
from tests.support.people import NotePen
from tests.support.simulated_log import ORIGIN
from tests.web.wire import Answer, ask, raw
from verifier.errors import kinds
from verifier.formats import canonical, note, times
from web.log_api import Limits, create_log_app
from web.serving import Server

DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
STORIES = sorted((Path(__file__).parents[1] / "vectors/trust").glob("*.json"))
# What the running log asks beyond the verifier: a charter must name a key of this log, and name it as this log does.
ZEROS = "A" * 86 + "=="
OWN_RULE = "log.key-not-listed"


def problem(answer: Answer, code: str) -> dict[str, Any]:
    """The problem document (RFC 9457) with this code and its registered status."""
    told: dict[str, Any] = json.loads(answer.body)
    assert (told["code"], answer.status) == (code, kinds()[code].status), told
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == answer.status
    assert told["detail"]
    assert told["next"] == kinds()[code].next
    return told


def written(log: Log, home: Path) -> Any:
    """Everything that a refusal must leave as it is."""
    files = {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file() and ".sqlite" not in path.name}
    return log.size, canonical.encode(log.trust.dump()), files


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
        before = log.size
        answer = ask(port, "POST", "/statements", canonical.encode(step["envelope"]), DSSE)
        if step["expected"] == "ok":
            assert (answer.status, log.size) == (202, before + 1), answer.body
        elif json.loads(answer.body).get("code") == OWN_RULE:
            assert log.size == before
            return  # the story is of a charter with other log keys: this log does not begin with it
        elif step["expected"]["code"] == "statement.logged":
            assert (answer.status, log.size) == (202, before), "resubmission is answered with what was logged"
        else:
            told = problem(answer, step["expected"]["code"])
            assert told["where"] == step["expected"]["where"]
            assert log.size == before


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def open_ledger(world: World, serve: Callable[..., Server]) -> tuple[Log, int, list[bytes]]:
    """A founded ledger over HTTP, and three drills of party XB that were not handed in yet."""
    log = world.open()
    log.submit(world.founding(), wait=10)
    port = serve(create_log_app(log, limits=Limits(rate=None, envelope=20_000, batch_items=8))).port
    return log, port, world.drills(3)


def changed(envelope: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(envelope)
    change(value)
    return canonical.encode(value)


FORMS: list[tuple[str, Callable[[bytes], bytes], dict[str, str], str]] = [
    ("nothing", lambda e: b"", DSSE, "json.malformed"),
    ("no JSON", lambda e: b"Dear depositary", DSSE, "json.malformed"),
    ("cut JSON", lambda e: e[:-20], DSSE, "json.malformed"),
    ("white space", lambda e: e + b"\n", DSSE, "json.uncanonical"),
    ("a member twice", lambda e: e[:-1] + b',"payload":""}', DSSE, "json.uncanonical"),
    ("another order", lambda e: json.dumps(dict(reversed(json.loads(e).items()))).encode(), DSSE, "json.uncanonical"),
    ("a number", lambda e: b"1", DSSE, "envelope.malformed"),
    ("a float", lambda e: b"1.5", DSSE, "json.uncanonical"),
    ("a further member", lambda e: changed(e, lambda v: v.update(note="x")), DSSE, "envelope.malformed"),
    (
        "another payload type",
        lambda e: changed(e, lambda v: v.update(payloadType="text/plain")),
        DSSE,
        "envelope.malformed",
    ),
    ("no signature", lambda e: changed(e, lambda v: v.update(signatures=[])), DSSE, "envelope.malformed"),
    (
        "a signature twice",
        lambda e: changed(e, lambda v: v.update(signatures=v["signatures"] * 2)),
        DSSE,
        "envelope.malformed",
    ),
    ("a payload that is no text", lambda e: changed(e, lambda v: v.update(payload=[])), DSSE, "envelope.malformed"),
    ("stray bits in base64", lambda e: changed(e, lambda v: v.update(payload="YWJ=")), DSSE, "envelope.malformed"),
    (
        "a payload that is no statement",
        lambda e: changed(e, lambda v: v.update(payload="e30=")),
        DSSE,
        "statement.malformed",
    ),
    (
        "a false signature",
        lambda e: changed(e, lambda v: v["signatures"][0].update(sig="A" * 86 + "==")),
        DSSE,
        "signature.false",
    ),
    (
        "an unknown key",
        lambda e: changed(e, lambda v: v["signatures"][0].update(keyid="ab" * 32)),
        DSSE,
        "envelope.signatures",
    ),
    ("too long", lambda e: b"{" + b" " * 21_000, DSSE, "http.too-large"),
    ("another content type", lambda e: e, {"Content-Type": "text/html"}, "http.media-type"),
    ("a form", lambda e: e, {"Content-Type": "application/x-www-form-urlencoded"}, "http.media-type"),
    ("compressed", gzip.compress, {**DSSE, "Content-Encoding": "gzip"}, "json.malformed"),
]


@pytest.mark.parametrize(("story", "make", "sent", "code"), FORMS, ids=[row[0] for row in FORMS])
def test_a_body_that_is_not_one_envelope(
    story: str, make: Any, sent: Any, code: str, world: World, open_ledger: tuple[Log, int, list[bytes]]
) -> None:
    log, port, drills = open_ledger
    before = written(log, world.home)
    answer = ask(port, "POST", "/statements", make(drills[0]), sent)
    told = json.loads(answer.body)["code"]
    assert code in kinds(), f"{story}: the API says {told}"
    problem(answer, code)
    assert written(log, world.home) == before
    assert ask(port, "POST", "/statements", drills[0], DSSE).status == 200, "the next good one is logged"


def test_a_cut_body_is_never_answered_with_success(world: World, open_ledger: tuple[Log, int, list[bytes]]) -> None:
    log, port, drills = open_ledger
    before = written(log, world.home)
    head = b"POST /statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    assert b" 200 " not in raw(port, head % len(drills[0]), drills[0][:-10])[:20]
    assert written(log, world.home) == before


def test_one_bad_statement_in_a_batch_is_named_and_the_others_stand(open_ledger: tuple[Log, int, list[bytes]]) -> None:
    log, port, drills = open_ledger
    rows = [drills[0], drills[2], b"{}", drills[1], drills[2]]
    answer = ask(port, "POST", "/statements/batch", b"\n".join(rows), LINES)
    items = json.loads(answer.body)["items"]
    assert [item["status"] for item in items] == [200, 409, 400, 200, 200]
    assert [items[n]["problem"]["code"] for n in (1, 2)] == ["statement.gap", "envelope.malformed"]
    assert log.size == 4 + 3


def test_a_batch_has_a_bound(world: World, open_ledger: tuple[Log, int, list[bytes]]) -> None:
    log, port, drills = open_ledger
    before = written(log, world.home)
    answer = ask(port, "POST", "/statements/batch", b"\n".join([drills[0]] * 9), LINES)
    assert 400 <= answer.status < 500
    assert json.loads(answer.body)["next"]
    assert written(log, world.home) == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/statements", 405),
        ("DELETE", "/statements/" + "a" * 64, 405),
        ("GET", "/statements/" + "a" * 64, 404),
        ("GET", "/statements/XYZ", 400),
        ("GET", "/parties/ZZ", 404),
        ("GET", "/tile/0/../../../log.sqlite", 404),
        ("GET", "/tile/entries/%2e%2e/%2e%2e/log.sqlite", 404),
        ("GET", "/tile/64/000", 404),
        ("GET", "/tile/0/1", 404),
        ("GET", "/history/999", 404),
        ("GET", "/attachments/" + "0" * 64, 404),
        ("POST", "/checkpoint", 405),
        ("GET", "/nothing", 404),
    ],
)
def test_what_is_not_there(method: str, path: str, status: int, open_ledger: tuple[Log, int, list[bytes]]) -> None:
    _, port, _ = open_ledger
    answer = ask(port, method, path)
    assert answer.status == status, answer.body
    assert json.loads(answer.body)["next"]


def test_no_change_of_a_good_envelope_is_taken_or_breaks_anything(
    world: World, open_ledger: tuple[Log, int, list[bytes]]
) -> None:
    log, port, drills = open_ledger
    good, before = drills[0], written(log, world.home)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.integers(0, len(good) - 1), st.integers(0, 255), st.booleans())
    def hostile(at: int, byte: int, cut: bool) -> None:
        body = good[:at] if cut else good[:at] + bytes([byte]) + good[at + 1 :]
        if body != good:
            answer = ask(port, "POST", "/statements", body, DSSE)
            assert 400 <= answer.status < 500, (answer.status, body)
            assert json.loads(answer.body)["code"] in kinds()

    hostile()
    assert written(log, world.home) == before
    assert ask(port, "POST", "/statements", good, DSSE).status == 200
