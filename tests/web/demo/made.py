"""A demonstration as it lies in a directory, read by those who were not there when it was made."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from verifier import record
from verifier.audit import Report, audit
from verifier.cli.options import read_policy, read_receipts
from verifier.formats import tiles
from verifier.formats.times import format_utc
from verifier.source import open_source, read_entries
from web.demo import running

START = format_utc(running.settings_for(None, None, int(time.time())).start)[:10]
COMMAND = [sys.executable, "-c", "import web.cli; web.cli.main()", "demo", "--seed", "a seed", "--start", START]


@dataclass
class Made:
    at: Path

    @property
    def story(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.at / "story.json").read_bytes())
        return found

    @cached_property
    def records(self) -> list[record.Record]:
        source = open_source(str(self.at / "export"))
        full, rest = tiles.widths(audit(source, read_policy(self.at / "policy")).records)
        widths = [tiles.WIDTH] * full + [rest] * (rest > 0)
        return [
            record.parse(raw) for n, width in enumerate(widths) for raw in read_entries(source, "entries", n, width)
        ]

    def report(self, now: int | None = None) -> Report:
        return audit(
            open_source(str(self.at / "export")),
            read_policy(self.at / "policy"),
            charter=(self.at / "charter.sha256").read_text().removesuffix("\n"),
            receipts=read_receipts(self.at / "receipts"),
            now=now or int(time.time()),
        )
