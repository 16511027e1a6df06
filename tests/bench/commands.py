"""How long a person waits for a command, from the shell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, seconds
from tests.support.simulated_log import SimulatedLog, put


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """`--help`, and one receipt."""
    del large
    command = str(Path(sys.executable).with_name("detente-verify"))
    log = SimulatedLog()
    log.found()
    given = log.receipt(log.charter_id)
    put(room / "one/r.tlog-proof", given.proof.raw)
    put(room / "one/r.envelope.json", given.envelope.raw)
    put(room / "one/policy", log.policy_text.encode())
    checked = [command, "receipt", str(room / "one/r.tlog-proof"), "--policy", str(room / "one/policy"), "--json"]
    subprocess.run(checked, check=True, capture_output=True)
    for name, call, goal in (("--help", [command, "--help"], 200), ("receipt", checked, 300)):
        took = 1000 * seconds(lambda call=call: subprocess.run(call, check=True, capture_output=True), 7)
        yield Figure(f"command: detente-verify {name}", took, "ms", goal, more=False)
