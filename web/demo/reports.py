"""Reports that verifiers of the story make while it goes on: `detente-verify report`, called in this process.

Two verifiers who look at one moment name one. Each audits and judges by himself, by that moment's checkpoint, and signs what
he finds: they agree to the byte, or the story lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import orjson

from ledger.desk import files, ledger_directory
from verifier import cli
from verifier.conformance.signing import read_report
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import times
from web.demo.home import Home


class Reports:
    """Reports on the ledger of the demonstration in `home`, each by its verifier and the name of the moment looked at."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._moments: dict[str, tuple[bytes, int]] = {}
        self._found: dict[tuple[str, str], Mapping[str, Any]] = {}

    def report(self, name: str, key: Path, now: int) -> Mapping[str, Any]:
        """What a report gives: its `inputs` (as statements name them), its `digest` (hex), the number of `records` audited.

        `key`: the verifier's secret key; his desk is named as the directory that it lies in. `now`: the moment (seconds,
        UTC) that `name` stands for from now on, unless it stands for an earlier one already. Raises Fault
        `demo.unexpected` if anything is wrong with the ledger.
        """
        desk = self._home.desks / key.parent.name
        if (desk.name, name) not in self._found:
            if name not in self._moments:
                self._moments[name] = files.read(self._public / "checkpoint"), now
            point, asked = self._moments[name]
            self._found[desk.name, name] = self._made(desk / name, key, point, asked)
        return self._found[desk.name, name]

    @property
    def _public(self) -> Path:
        return ledger_directory.take_up(self._home.ledger).public

    def _made(self, stem: Path, key: Path, point: bytes, asked: int) -> Mapping[str, Any]:
        checkpoint, report = stem.with_name(f"{stem.name}.checkpoint"), stem.with_name(f"{stem.name}.report.json")
        files.write_new((checkpoint, point, files.PUBLIC))
        told = _verify(
            *("report", self._public, "--policy", self._home.policy),
            *("--charter", files.read(self._home.charter).decode("ascii").strip()),
            *("--checkpoint", checkpoint, "--as-of", times.format_utc(asked)),
            *("--key", key, "--passphrase-file", self._home.passphrase, "--out", report, "--processes", "0"),
        )
        inputs = read_report(files.read(report), where=str(report)).members["inputs"]
        return {"inputs": inputs, "digest": told["sha256"], "records": told["records"]}


def _verify(*args: str | Path) -> Any:
    """Run a command of the verifier with `--json`; its answer."""
    out = StringIO()
    with redirect_stdout(out):
        code = cli.run([*map(str, args), "--json"])
    if code != Exit.GOOD:
        raise Fault("demo.unexpected", f"detente-verify ended with {code}: {out.getvalue()}", where=str(args[0]))
    return orjson.loads(out.getvalue())
