"""Webhooks: an address is called when records came, and one that hangs, fails or lies keeps nobody waiting."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.test_explorer_following import until
from tests.web.explorer.world import source, told
from verifier.errors import Fault
from web.cli import run
from web.explorer.copy.follow import Follower
from web.explorer.webhooks import Webhook, described, webhook
from web.serving import Server, Settings

SITE = "https://record.example"


@dataclass
class Receiver:
    """A server that is called. `mood`: the status it answers with, or None: it hangs until `gate` opens."""

    mood: str | None = "204 No Content"
    headers: list[tuple[str, str]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    calls: list[dict[str, Any]] = field(default_factory=list)
    spoken: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.calls.append(json.loads(environ["wsgi.input"].read()))
        self.spoken.append(
            {name: value for name, value in environ.items() if name.isupper() and isinstance(value, str)}
        )
        if self.mood is None:
            self.gate.wait(30)
        start_response(self.mood or "200 OK", self.headers)
        return [b"x" * 100_000] if (self.mood or "").startswith("200") else []

    def called(self, times: int) -> bool:
        return len(self.calls) == times

    @property
    def spans(self) -> list[tuple[int, int]]:
        return [(one["from"], one["to"]) for one in self.calls]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with Server(found, settings=Settings(threads=4, grace=0.2)) as server:
        found.url = f"{server.url}/hook?key=unsaid"
        yield found
        found.gate.set()


@pytest.fixture
def rung(own: Site, receiver: Receiver) -> Iterator[Webhook]:
    bell = Webhook(receiver.url, described(own.copy, SITE), pauses=(0.05, 0.05), seconds=0.5)
    bell.start()
    yield bell
    receiver.gate.set()
    bell.stop()


def test_a_call_says_what_came_and_where_to_read(own: Site, receiver: Receiver, rung: Webhook) -> None:
    rung.tell(8, 10)
    until(lambda: len(receiver.calls) == 1)
    with own.copy.view() as view:
        root = view.checkpoint.root.hex()
    assert receiver.calls == [
        {
            "ledger": "accord.example/ledger",
            "from": 8,
            "to": 9,
            "checkpoint": {"size": 10, "root": root},
            "address": "https://record.example/statements",
        }
    ]
    spoken = receiver.spoken[0]
    assert (spoken["REQUEST_METHOD"], spoken["CONTENT_TYPE"]) == ("POST", "application/json")
    assert spoken["HTTP_USER_AGENT"] == "detente-explorer"
    assert {name for name in spoken if "COOKIE" in name or "AUTH" in name} == set()


def test_the_follower_rings_after_each_intake(own: Site, receiver: Receiver, rung: Webhook) -> None:
    world = own.world
    follower = Follower(own.copy, source(own.log), world.trust, poll=0.05, clock=lambda: world.clock, told=rung.tell)
    follower.start()
    try:
        for n in range(2):
            world.announce("XA", n)
            world.checkpoint()
            world.write(own.log)
            until(partial(receiver.called, n + 1))
    finally:
        follower.stop()
    assert receiver.spans == [(10, 10), (11, 11)]
    assert receiver.calls[1]["checkpoint"]["size"] == 12


def test_who_hangs_keeps_nobody_waiting_and_hears_all_of_it_later(
    own: Site, receiver: Receiver, rung: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.mood = None
    rung.tell(0, 1)
    until(lambda: len(receiver.calls) == 1)
    begun = time.monotonic()
    for n in range(1, 9):
        rung.tell(n, n + 1)
    assert time.monotonic() - begun < 0.1
    with caplog.at_level(logging.WARNING):
        until(lambda: "no answer" in caplog.text)
    receiver.mood = "200 OK"
    receiver.gate.set()
    until(lambda: (receiver.spans or [(0, 0)])[-1][1] == 8)
    assert receiver.spans[-1][0] in (0, 1), "what was given up, or came meanwhile, is one call"
    assert "unsaid" not in caplog.text


@pytest.mark.parametrize("mood", ["500 Internal Server Error", "404 Not Found", "302 Found"])
def test_who_refuses_is_called_again_a_few_times_and_then_with_the_next_news(
    receiver: Receiver, rung: Webhook, caplog: pytest.LogCaptureFixture, mood: str
) -> None:
    receiver.mood, receiver.headers = mood, [("Location", "/elsewhere")]
    with caplog.at_level(logging.WARNING):
        rung.tell(3, 5)
        until(lambda: len(receiver.calls) == 3)
        time.sleep(0.3)
    assert receiver.spans == [(3, 4)] * 3
    assert {one["PATH_INFO"] for one in receiver.spoken} == {"/hook"}, "nobody sends the caller elsewhere"
    assert caplog.text.count(f"status {mood[:3]}") == 3
    receiver.mood = "204 No Content"
    rung.tell(5, 6)
    until(lambda: len(receiver.calls) == 4)
    assert receiver.spans[3] == (3, 5)


def test_nobody_there_is_no_fault_of_the_explorer(own: Site, caplog: pytest.LogCaptureFixture) -> None:
    bell = Webhook("http://127.0.0.1:9/hook", described(own.copy, SITE), pauses=(), seconds=0.5)
    bell.start()
    with caplog.at_level(logging.WARNING):
        bell.tell(0, 1)
        until(lambda: "no answer" in caplog.text)
    bell.stop()
    assert not any(thread.name == "explorer-webhook" and thread.is_alive() for thread in threading.enumerate())


def test_a_stop_does_not_wait_for_who_is_called(own: Site, receiver: Receiver) -> None:
    receiver.mood = "500 Internal Server Error"
    bell = Webhook(receiver.url, described(own.copy, SITE), pauses=(60.0,), seconds=0.5)
    bell.start()
    bell.tell(0, 1)
    until(lambda: len(receiver.calls) == 1)
    begun = time.monotonic()
    bell.stop()
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "given",
    ["", "record.example/hook", "file:///etc/passwd", "http://", "https://x y/", "http://[::1", "https://ex.example/ü"],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(Fault) as caught:
        webhook(given)
    assert caught.value.code == "serve.webhook"


@pytest.mark.parametrize(
    "given", ["https://user:word@hook.example/", "https://user:word", "https://user:word@hook.example:x/"]
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(Fault) as caught:
        webhook(given)
    assert "word" not in str(caught.value)


def test_the_command_calls(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ids = told(tmp_path / "log")
    (tmp_path / "policy").write_text(world.policy_text)

    def visit(servers: list[Any]) -> None:
        with servers[0]:
            until(lambda: len(receiver.calls) == 1)

    monkeypatch.setattr("web.explorer.cli.serve_until_signalled", visit)
    given = ["--policy", str(tmp_path / "policy"), "--copy", str(tmp_path / "copy"), "--listen", "127.0.0.1:0"]
    options = ["--webhook", receiver.url, "--public-address", "https://Record.example/"]
    assert run(["explore", str(tmp_path / "log"), *given, *options], clock=lambda: world.clock) == 0
    assert receiver.spans == [(0, len(world.records) - 1)]
    assert receiver.calls[0]["address"] == "https://record.example/statements"
    assert run(["explore", str(tmp_path / "log"), *given, "--webhook", "hook"]) == 2


def test_the_page_says_what_a_call_says(own: Site) -> None:
    text = own.text("/follow")
    assert "--webhook" in text
    assert "&#34;checkpoint&#34;" in text
    assert "A call proves nothing and carries no secret" in text
