"""`python -m tests.bench [NAME …]`: measure, print a table, and leave `.bench/results.json`.

Every figure that has a goal is a ratio to something measured in the same run, or a latency of this machine, told as such.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure

ROOMS = ("audit", "conformance", "tree", "receipts", "commands", "append", "serving", "live", "explorer")


def main() -> None:
    """Run the rooms asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], help="what to measure (default: all)")
    parser.add_argument("--large", action="store_true", help="also a log of 1,000,000 records (some minutes)")
    parser.add_argument("--records", type=int, help="of the explorer's log (default: 100,000; 10,000 for a quick run)")
    parser.add_argument("--dir", type=Path, default=Path(".bench"), help="where logs and results go")
    asked = parser.parse_args()
    asked.dir.mkdir(parents=True, exist_ok=True)
    print(
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, {time.strftime('%Y-%m-%d %H:%M')}"
    )
    rows = []
    for room in asked.rooms or ROOMS:
        measure: Callable[..., Iterator[Figure]] = import_module(f"tests.bench.{room}").measure
        more = {"records": asked.records} if room == "explorer" and asked.records else {}
        for figure in measure(asked.dir, asked.large, **more):
            print(figure.line(), flush=True)
            rows.append(figure.to_json())
    (asked.dir / "results.json").write_text(json.dumps(rows, indent=1))


main()
