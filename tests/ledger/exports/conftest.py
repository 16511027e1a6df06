"""Fixtures of the exports' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.exports.export_world import Tale


@pytest.fixture
def tale(tmp_path: Path) -> Tale:
    """A founded log that has nothing to export yet."""
    return Tale(tmp_path)
