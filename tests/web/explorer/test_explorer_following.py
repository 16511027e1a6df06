"""The follower and the command: a copy that catches up by itself, and a server over it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from tests.web.explorer.conftest import Site
from tests.web.explorer.world import source, told
from web.cli import run
from web.explorer.copy.follow import Follower


def until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def follower(site: Site, poll: float = 0.05) -> Follower:
    clock = lambda: site.world.clock  # noqa: E731
    return Follower(site.copy, source(site.log), site.world.trust, poll=poll, clock=clock, monotonic=time.monotonic)


def size(site: Site) -> int:
    with site.copy.view() as view:
        return view.size


def test_the_copy_catches_up_while_pages_are_read(own: Site) -> None:
    following = follower(own)
    following.start()
    try:
        for n in range(3):
            own.world.announce("XA", n)
            own.world.checkpoint()
            own.world.write(own.log)
            until(lambda: size(own) == len(own.world.records))
            assert own.client.get("/").status_code == 200
    finally:
        following.stop()
    assert not any(thread.name == "explorer-follower" for thread in threading.enumerate())


def test_a_failing_run_is_told_and_the_next_one_tries_again(own: Site, caplog: pytest.LogCaptureFixture) -> None:
    point = (own.log / "checkpoint").read_bytes()
    (own.log / "checkpoint").unlink()
    with caplog.at_level(logging.WARNING):
        assert follower(own).once() is False
    assert "source.missing" in caplog.text
    assert "The ledger could not be read." in own.text("/")
    (own.log / "checkpoint").write_bytes(point)
    assert follower(own).once() is True
    assert "could not be read" not in own.text("/")


def test_a_fault_of_the_program_does_not_end_the_following(own: Site, caplog: pytest.LogCaptureFixture) -> None:
    following = follower(own)
    own.copy.catch_up = lambda *_given, **_options: 1 / 0  # type: ignore[assignment,method-assign]
    assert following.once() is False
    assert "ZeroDivisionError" in caplog.text


def test_the_command_serves_a_copy_until_it_is_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, ids = told(tmp_path / "log")
    (tmp_path / "policy").write_text(world.policy_text)
    found: list[str] = []

    def visit(servers: list[object]) -> None:
        (server,) = servers
        with server as running:  # type: ignore[attr-defined]
            pool = urllib3.PoolManager()
            address = f"{running.url}/index.json"
            until(lambda: json.loads(pool.request("GET", address).data)["health"]["records"] == len(world.records))
            found.append(pool.request("GET", f"{running.url}/s/{ids['drill']}/proof").data.decode())

    monkeypatch.setattr("web.explorer.cli.serve_until_signalled", visit)
    given = [str(tmp_path / "log"), "--policy", str(tmp_path / "policy"), "--charter", world.charter_id]
    code = run(
        ["explore", *given, "--copy", str(tmp_path / "copy"), "--listen", "127.0.0.1:0"], clock=lambda: world.clock
    )
    assert code == 0
    assert "Six steps, computed now" in found[0]


@pytest.mark.parametrize(
    ("argument", "value", "code"), [("--charter", "abc", 3), ("--policy", "/nowhere", 2), ("--listen", "nowhere", 2)]
)
def test_a_wrong_argument_is_refused_before_anything_runs(tmp_path: Path, argument: str, value: str, code: int) -> None:
    world, _ids = told(tmp_path / "log")
    (tmp_path / "policy").write_text(world.policy_text)
    given = {
        "--policy": str(tmp_path / "policy"),
        "--copy": str(tmp_path / "copy"),
        "--listen": "127.0.0.1:0",
        argument: value,
    }
    words = [word for pair in given.items() for word in pair]
    assert run(["explore", str(tmp_path / "log"), *words]) == code
