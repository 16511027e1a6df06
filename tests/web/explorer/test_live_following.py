"""The follower's turns: a glance costs little, an audit is made when there is something new, and nobody is hammered."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.test_explorer_following import until
from tests.web.explorer.world import source
from verifier.conformance.judge import weigh
from verifier.errors import Fault
from verifier.source import open_source
from web.explorer.copy import judged
from web.explorer.copy.follow import Follower
from web.explorer.copy.glance import Glance
from web.serving import Server, Settings

Headers = list[tuple[str, str]]


@dataclass
class Ledger:
    """A server whose answers a test sets. `asked`: the conditions of each request."""

    status: str = "200 OK"
    body: bytes = b"one"
    headers: Headers = field(default_factory=lambda: [("ETag", '"1"')])
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ.get("HTTP_IF_NONE_MATCH"))
        assert environ["PATH_INFO"] == "/checkpoint"
        tag = dict(self.headers).get("ETag")
        if self.status.startswith("200") and tag is not None and tag == environ.get("HTTP_IF_NONE_MATCH"):
            start_response("304 Not Modified", self.headers)
            return []
        start_response(self.status, [*self.headers, ("Content-Length", str(len(self.body)))])
        return [self.body]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    found = Ledger()
    with Server(found, settings=Settings(threads=2, grace=0.2)) as server:
        found.url = server.url
        yield found


def test_what_has_not_changed_is_not_sent_again(ledger: Ledger) -> None:
    glance = Glance(open_source(ledger.url))
    assert [glance.newest() for _ in range(3)] == [b"one"] * 3
    assert ledger.asked == [None, '"1"', '"1"']
    ledger.body, ledger.headers = b"two", [("ETag", '"2"')]
    assert [glance.newest(), glance.newest()] == [b"two", b"two"]
    assert ledger.asked[3:] == ['"1"', '"2"']


def test_without_a_tag_the_whole_is_asked_for_each_time(ledger: Ledger) -> None:
    ledger.headers = [("Last-Modified", "Tue, 24 Nov 2026 09:10:00 GMT")]
    glance = Glance(open_source(ledger.url))
    assert glance.newest() == b"one"
    ledger.body = b"two"  # within the same second, which a date could not tell
    assert glance.newest() == b"two"
    assert ledger.asked == [None, None]


@pytest.mark.parametrize(
    ("status", "headers", "code", "wait"),
    [
        ("404 Not Found", [], "source.missing", None),
        ("410 Gone", [], "source.missing", None),
        ("500 Internal Server Error", [], "source.unreachable", None),
        ("503 Service Unavailable", [("Retry-After", "7")], "source.unreachable", 7),
        ("429 Too Many Requests", [("Retry-After", "99999999")], "source.unreachable", 3600),
        ("503 Service Unavailable", [("Retry-After", "Tue, 24 Nov 2026 09:10:00 GMT")], "source.unreachable", None),
        ("503 Service Unavailable", [("Retry-After", "-1")], "source.unreachable", None),
        ("304 Not Modified", [], "source.unreachable", None),
    ],
)
def test_what_is_no_answer_is_a_fault_and_forgotten(
    ledger: Ledger, status: str, headers: Headers, code: str, wait: int | None
) -> None:
    glance = Glance(open_source(ledger.url))
    if not status.startswith("304"):  # one to a question without conditions is no answer
        glance.newest()
    ledger.status, ledger.headers = status, headers
    with pytest.raises(Fault) as caught:
        glance.newest()
    assert (caught.value.code, caught.value.evidence.get("retry_after")) == (code, wait)
    ledger.status, ledger.headers = "200 OK", [("ETag", '"1"')]
    assert glance.newest() == b"one"
    assert ledger.asked[-1] is None


def test_an_endless_checkpoint_is_not_read_to_its_end(ledger: Ledger) -> None:
    ledger.body = b"x" * (2**20 + 1)
    with pytest.raises(Fault, match="1048577 bytes"):
        Glance(open_source(ledger.url)).newest()


def test_nobody_there_is_a_fault(ledger: Ledger) -> None:
    with pytest.raises(Fault) as caught:
        Glance(open_source("http://127.0.0.1:9")).newest()
    assert caught.value.code == "source.unreachable"


# Turns.


@dataclass
class Watched:
    """A follower whose clock stands, and how often it audited."""

    site: Site
    at: float = 1000.0
    spans: list[tuple[int, int]] = field(default_factory=list)
    audits: int = 0

    def __post_init__(self) -> None:
        world, real = self.site.world, self.site.copy.catch_up

        def counted(*given: Any, **options: Any) -> Any:
            self.audits += 1
            return real(*given, **options)

        self.site.copy.catch_up = counted  # type: ignore[method-assign]
        self.follower = Follower(
            self.site.copy,
            source(self.site.log),
            world.trust,
            poll=2.0,
            whole=60.0,
            clock=lambda: world.clock,
            monotonic=lambda: self.at,
            told=lambda first, end: self.spans.append((first, end)),
            chance=lambda: 0.5,
        )

    def turns(self, seconds: float) -> int:
        """Let so many seconds pass, turn by turn; how many audits they brought."""
        end, before = self.at + seconds, self.audits
        while self.at < end:
            self.at += self.follower.turn()
        return self.audits - before

    def grow(self, count: int = 1) -> None:
        for n in range(count):
            self.site.world.announce("XA", n)
        self.site.world.checkpoint()
        self.site.world.write(self.site.log)


@pytest.fixture
def watched(own: Site) -> Watched:
    found = Watched(own)
    assert found.turns(2) == 1
    return found


def test_without_news_an_audit_is_made_once_a_minute(watched: Watched) -> None:
    assert watched.turns(56) == 0
    assert watched.turns(4) == 1
    assert watched.turns(240) == 4
    assert watched.spans == []


def test_news_are_audited_at_the_next_turn_and_told(watched: Watched) -> None:
    size = len(watched.site.world.records)
    watched.turns(10)
    watched.grow(2)
    assert watched.turns(2) == 1
    assert watched.spans == [(size, size + 2)]
    assert watched.turns(50) == 0
    with watched.site.copy.view() as view:
        assert view.size == size + 2


def test_a_ledger_that_is_away_is_asked_less_and_less_and_the_strip_says_so(watched: Watched) -> None:
    point = watched.site.log / "checkpoint"
    raw = point.read_bytes()
    point.unlink()
    waits = []
    for _ in range(8):
        waits.append(watched.follower.turn())
        watched.at += waits[-1]
    assert waits == [4, 8, 16, 30, 30, 30, 30, 30]
    assert "The ledger could not be read." in watched.site.text("/")
    point.write_bytes(raw)
    assert watched.turns(2) == 1
    assert "could not be read" not in watched.site.text("/")
    assert watched.follower.turn() == 2.0


def test_many_followers_do_not_come_back_in_one_moment(own: Site) -> None:
    (own.log / "checkpoint").unlink()
    waits = set()
    for chance in (0.0, 0.5, 1.0):
        found = Watched(own)
        found.follower._chance = partial(float, chance)
        waits.add(found.follower.turn())
    assert waits == {3.0, 4.0, 5.0}


def test_a_ledger_that_says_how_long_is_left_alone_so_long(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_self: Glance) -> bytes:
        raise Fault("source.unreachable", "HTTP status 503", where="ledger", evidence={"retry_after": 120})

    monkeypatch.setattr(Glance, "newest", busy)
    assert watched.follower.turn() == 120


def test_what_an_audit_refuses_is_looked_at_again_when_it_is_another(watched: Watched) -> None:
    """A quorum that is unmet comes with a signature more: at once when it is there, and rarely until then."""
    world, log = watched.site.world, watched.site.log
    whole = (log / "checkpoint").read_bytes()
    world.announce("XA", 7)
    pens, world.witness_pens = world.witness_pens, world.witness_pens[:1]
    world.checkpoint()
    world.write(log)
    assert watched.turns(2) == 1
    assert "Quorum unmet" in watched.site.text("/")
    assert 0 < watched.turns(120) <= 8
    assert (log / "checkpoint").read_bytes() != whole
    world.witness_pens = pens
    world.checkpoint()
    world.write(log)
    assert watched.turns(2) == 1
    assert "Quorum unmet" not in watched.site.text("/")


def test_a_long_audit_is_followed_by_a_rest(watched: Watched) -> None:
    real = watched.site.copy.catch_up

    def long(*given: Any, **options: Any) -> Any:
        watched.at += 6
        return real(*given, **options)

    watched.site.copy.catch_up = long  # type: ignore[method-assign]
    watched.grow()
    assert watched.follower.turn() == 6
    watched.at += 6
    assert watched.turns(100) == 0, "one without news would cost a tenth of the time"


def test_a_judgement_that_fails_is_told_as_such(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_given: Any, **_options: Any) -> Any:
        raise ZeroDivisionError("in a rule")

    size = len(watched.site.world.records)
    monkeypatch.setattr(judged, "weigh", broken)
    watched.grow()
    with caplog.at_level(logging.WARNING):
        watched.turns(2)
    assert "obligations could not be judged" in caplog.text
    assert "ZeroDivisionError: in a rule" in caplog.text
    assert "audit of" not in caplog.text
    text = watched.site.text("/help")
    assert "its obligations could not be judged since" in text
    assert "The last audit did not end well" not in text
    assert f"Audited up to record {size}" in text
    assert "ZeroDivisionError" in watched.site.text("/ledger")
    health = (watched.site.client.get("/index.json").json or {})["health"]
    assert [one["code"] for one in health["warnings"]] == ["copy.not-judged"]
    monkeypatch.undo()
    watched.turns(120)
    assert "could not be judged" not in watched.site.text("/help")


def test_a_record_is_taken_in_while_the_one_before_is_still_judged(own: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun, real = threading.Event(), threading.Event(), weigh

    def slow(*given: Any, **options: Any) -> Any:
        begun.set()
        assert gate.wait(20)
        return real(*given, **options)

    world = own.world

    def grow() -> None:
        world.announce("XA", 1)
        world.checkpoint()
        world.write(own.log)

    def held() -> tuple[int, int]:
        with own.copy.view() as view:
            return view.size, view.number("SELECT size FROM judgements WHERE exercise = ?", ("",))

    monkeypatch.setattr(judged, "weigh", slow)
    following = Follower(own.copy, source(own.log), world.trust, poll=0.05, clock=lambda: world.clock)
    following.start()
    try:
        size = len(world.records)
        grow()
        until(begun.is_set)
        grow()
        until(lambda: held() == (size + 2, size))
        gate.set()
        until(lambda: held() == (size + 2, size + 2))
    finally:
        gate.set()
        following.stop()
    assert not any(thread.name == "explorer-judge" for thread in threading.enumerate())
