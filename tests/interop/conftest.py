"""Software from elsewhere, or why it is not here; and ledgers of this project for it to read.

Where the other software is not installed the tests are skipped. With DETENTE_INTEROP=required they fail instead.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.signer import LogSigner
from tests.interop.house import House, our_witness, publish
from tests.support.simulated_log import ORIGIN

Tool = Callable[..., Any]
_GO = Path(__file__).with_name("go")
_OUT_OF_REACH = (
    "requires go >=",
    "dial tcp",
    "no such host",
    "proxyconnect",
    "Forbidden",
    "i/o timeout",
    "module lookup disabled",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if _GO.parent in item.path.parents:
            item.add_marker("interop")


def absent(why: str) -> NoReturn:
    """Skip, or fail where the other software has to be here."""
    if os.environ.get("DETENTE_INTEROP") == "required":
        pytest.fail(why)
    pytest.skip(why)


class Refused(Exception):
    """The Go program says that what it read does not hold."""


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """The Go program of this folder: a call is a subcommand with its flags; it returns what the program printed.

    Raises Refused, with the program's words, where it fails.
    """
    if shutil.which("go") is None:
        absent("`go` is not on PATH: Go's transparency packages cannot be asked")
    program = tmp_path_factory.mktemp("go") / "interop"
    environment = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    built = subprocess.run(
        ["go", "build", "-o", program, "."], cwd=_GO, env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode and any(words in built.stderr for words in _OUT_OF_REACH):
        absent(f"the Go modules cannot be had: {built.stderr.strip().splitlines()[-1]}")
    assert not built.returncode, built.stderr

    def run(command: str, *flags: str | Path) -> Any:
        told = subprocess.run([program, command, *flags], capture_output=True, text=True, timeout=120, check=False)
        if told.returncode:
            raise Refused(told.stderr)
        return orjson.loads(told.stdout)

    return run


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        absent(f"{name} is not installed: see tests/interop/requirements.txt")


@pytest.fixture(scope="session")
def aics() -> Any:
    """The package aics_tlog: a verifier and builder of tiled logs."""
    return _imported("aics_tlog")


@pytest.fixture(scope="session")
def aics_witness() -> Any:
    """The package aics_witness: a witness, and a client that a log uses."""
    return _imported("aics_witness")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A ledger of 604 records, checkpoints at several sizes, with hybrid log keys and two hybrid witnesses."""
    home = tmp_path_factory.mktemp("house")
    signer = LogSigner(ORIGIN, Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
    with (
        our_witness(home, "norhaven", {ORIGIN: signer.keys}) as (first, _),
        our_witness(home, "quillon", {ORIGIN: signer.keys}) as (second, _),
    ):
        yield publish(home, signer, [first, second], [1, 250, 3, 346])
