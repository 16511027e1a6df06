"""The demonstration, made once for all test processes, and an explorer over it."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from verifier.cli.options import read_policy
from verifier.source import open_source
from web.explorer import Copy, create_explorer_app
from web.explorer.allowance import UNLIMITED
from web.explorer.checking.page import BODIES
from web.explorer.copy.audited import Trust
from web.serving import Server, Settings

COMMAND = [sys.executable, "-c", "import web.cli; web.cli.main()", "demo", "--no-serve"]
MOST_SECONDS = 240


@dataclass(frozen=True)
class Demo:
    """The demonstration and its explorer. `now`: what the explorer's clock says, seconds UTC."""

    url: str
    dir: Path
    policy: Path
    charter: str
    now: int
    app: Flask


@contextmanager
def made(root: Path) -> Iterator[Path]:
    """The demonstration's directory below `root`, with the explorer's copy filled.

    Whichever process comes first makes it; the last that leaves takes it away.
    """
    root.mkdir(exist_ok=True)
    at = root / "demo"
    with (root / "lock").open("w") as lock:
        _settle(root, at, lock.fileno())
        try:
            yield at
        finally:
            _leave(root, at, lock.fileno())


def _settle(root: Path, at: Path, lock: int) -> None:
    """Hold the lock as a reader of a demonstration that is there; make it first if nobody has."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process makes it or reads it: wait until it may be read
            fcntl.flock(lock, fcntl.LOCK_SH)
        else:
            if not (root / "now").exists():
                _make(root, at)
            fcntl.flock(lock, fcntl.LOCK_SH)
        if (root / "now").exists():
            return
        fcntl.flock(lock, fcntl.LOCK_UN)  # its maker failed or left; the next turn makes it


def _make(root: Path, at: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--dir", str(at)], capture_output=True, text=True, timeout=MOST_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    now = int(time.time())
    trust = Trust(read_policy(at / "policy"), (at / "charter.sha256").read_text(encoding="ascii").strip())
    Copy(at / "explorer").catch_up(open_source(str(at / "export")), trust, now=now)
    (root / "now").write_text(str(now), encoding="ascii")


def _leave(root: Path, at: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another process still reads it
    (root / "now").unlink()
    shutil.rmtree(at)


@contextmanager
def shown(root: Path) -> Iterator[Demo]:
    """An explorer over the demonstration, its clock standing at the moment of its audit."""
    with made(root) as at:
        now = int((root / "now").read_text(encoding="ascii"))
        app = create_explorer_app(Copy(at / "explorer"), clock=lambda: now, limits=UNLIMITED)
        charter = (at / "charter.sha256").read_text(encoding="ascii").strip()
        with served(app) as server:
            yield Demo(server.url, at, at / "policy", charter, now, app)


def served(app: Flask) -> Server:
    """A server of an explorer, as `detente-web explore` sets one up; a context manager."""
    return Server(app, "127.0.0.1:0", Settings(threads=8, most_body=1024, bodies=BODIES, grace=1.0))
