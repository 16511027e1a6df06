"""Demonstrations that were made once for all tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.web.demo.made import COMMAND, Made


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Made, Made]]:
    """Two demonstrations from one seed and day, made at once by two processes."""
    at = tmp_path_factory.mktemp("demo")
    children = [
        subprocess.Popen([*COMMAND, "--dir", str(at / name), "--no-serve"], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for child in children:
        _, told = child.communicate(timeout=180)
        assert child.returncode == 0, told
    yield Made(at / "one"), Made(at / "two")
    shutil.rmtree(at)
