"""Fixtures of the desk's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.desk.desk_world import PASSPHRASE, World, build


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    return path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A charter with its keys: made once, never written to."""
    return build(tmp_path_factory.mktemp("world"))
