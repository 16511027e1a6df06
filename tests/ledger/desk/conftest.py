"""What the desk's tests share: a run through the command's entry point, passphrases, a fixed clock."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.cli import run

NOW = 1_780_000_000  # 2026-05-28T20:26:40Z
PASSPHRASE = b"correct horse battery staple"


@dataclass(frozen=True)
class Result:
    """What a run left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def detente() -> Callable[..., Result]:
    """Call a command in-process: detente("key", "new", …) -> Result."""

    def call(*args: object, now: int = NOW, passphrase: bytes = PASSPHRASE) -> Result:
        out, err = io.StringIO(), io.StringIO()
        code = run([str(a) for a in args], clock=lambda: now, passphrase=lambda name, new: passphrase, stdout=out, stderr=err)
        return Result(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    return path
