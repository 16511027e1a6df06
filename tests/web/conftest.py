"""Servers on loopback ports that the system picks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.house import House
from tests.web.stage import Stage
from web.serving import Server, Settings
from web.witness_api import create_witness_app


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A witness with an empty state."""
    found = House(tmp_path / "witness.sqlite")
    yield found
    found.state.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    running: list[Server] = []

    def start(app: object, settings: Settings | None = None) -> Server:
        server = Server(app, "127.0.0.1:0", settings or Settings(threads=8, grace=2.0)).start()  # type: ignore[arg-type]
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def witness_server(house: House, serve: Callable[..., Server]) -> Server:
    """The witness of `house`, on a port of its own."""
    return serve(create_witness_app(house.witness, house.state))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One for all stories: what is refused leaves it as it is."""
    found = Stage(tmp_path_factory.mktemp("stage"))
    yield found
    found.close()
