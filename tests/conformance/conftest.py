"""What several tests of conformance look at, made once."""

from __future__ import annotations

import pytest

from tests.conformance.accord_of_findings import World, made


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Findings, true and false, in a log that has gone on since."""
    return made(tmp_path_factory.mktemp("findings"))
