"""One ledger and one copy for all tests that only read; tests that change something make their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.explorer.world import World, filled, told
from web.explorer import Copy, create_explorer_app
from web.explorer.allowance import Allowance


@dataclass
class Site:
    """A ledger, its copy, and a client of the explorer over it. `now`: what the explorer's clock says."""

    world: World
    ids: dict[str, str]
    log: Path
    copy: Copy
    client: FlaskClient
    now: list[int]

    def text(self, address: str, status: int = 200) -> str:
        """A page's text, with the status that is expected."""
        answer = self.client.get(address)
        assert answer.status_code == status, (address, answer.status_code, answer.text[:300])
        return answer.text


def site(directory: Path, story: Callable[[World], None] | None = None) -> Site:
    """The told ledger, with more of a story if one is given, and a copy that has caught up with it."""
    log = directory / "log"
    world, ids = told(log)
    if story is not None:
        story(world)
        world.write(log)
    copy = filled(world, log, directory / "copy")
    now = [world.clock + 60]
    # All tests have one address, and between them ask for more certificates than one reader may.
    limits = Allowance(certificates=None, files=None)
    app = create_explorer_app(copy, clock=lambda: now[0], limits=limits)
    return Site(world, ids, log, copy, app.test_client(), now)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that no test changes, with one record that the audit judges as absent and enough statements for two pages."""

    def story(world: World) -> None:
        for n in range(50):
            world.announce("XB", n)
        world.checkpoint(pause=3600)
        world.skipped("XC")

    return site(tmp_path_factory.mktemp("shown"), story)


@pytest.fixture
def own(tmp_path: Path) -> Site:
    """A site of the test's own."""
    return site(tmp_path)
