"""Scenes for the tampering suite: an honest log of several bundles, the directory that shows it, and stories told on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.simulated_log import OFFICE, SimulatedLog, put
from verifier import record, vocabulary
from verifier.audit import Report, audit
from verifier.exits import Exit
from verifier.formats import policy, tiles
from verifier.formats.envelope import Envelope
from verifier.receipt import Given
from verifier.source import open_source

DAY = 86400
Where = set[tuple[str, int | None]]


@dataclass
class Scene:
    """A log, the directory that shows it, and what the auditor holds."""

    log: SimulatedLog
    directory: Path
    receipts: list[Given]
    pinned: str = ""

    def write(self) -> None:
        self.log.write(self.directory)

    def bundle(self, number: int, kind: str = "entries") -> tuple[Path, list[bytes]]:
        name = tiles.entries_path if kind == "entries" else tiles.history_path
        whole = self.log.records if kind == "entries" else self.log.history
        rows = whole[number * 256 : (number + 1) * 256]
        return self.directory / name(number, len(rows)), rows

    def flip(self, name: str, at: int, bit: int = 1) -> None:
        raw = bytearray((self.directory / name).read_bytes())
        raw[at] ^= bit
        put(self.directory / name, bytes(raw))

    def report(self, **options: Any) -> Report:
        source = open_source(str(self.directory), offline=True)
        trust = policy.parse(self.log.policy_text.encode())
        chosen: dict[str, Any] = {"charter": self.pinned or self.log.charter_id, "receipts": self.receipts}
        return audit(source, trust, **{**chosen, **options})


def grow(log: SimulatedLog, count: int, party: str = "XB", every: int = 64) -> None:
    """Honest business: announcements, with a checkpoint now and then and at the end."""
    for n in range(count):
        log.announce(party, n)
        if n % every == every - 1:
            log.checkpoint()
    log.checkpoint()


def honest_log(*, flawed: bool) -> SimulatedLog:
    """656 records. The flawed one holds two faults of its own, in its first bundle and in its last."""
    log = SimulatedLog()
    log.found()
    grow(log, 96)
    if flawed:
        log.announce("XA", addressees=["ZZ"])
        log.chains["XA", OFFICE] = (0, log.charter_id)
    else:
        log.announce("XB")
    grow(log, 555)
    return log


FLAWS: Where = {("statement.addressee", 100)}
"""What is wrong in the flawed log."""


@dataclass(frozen=True)
class Story:
    """`tell` changes the scene; `found`: findings that must be there; `follows`: codes that may follow from them."""

    tell: Callable[[Scene], None]
    exit: Exit
    found: Where
    follows: frozenset[str]

    @property
    def name(self) -> str:
        return self.tell.__name__


def story(
    stories: list[Story], code: Exit, *found: tuple[str, int | None], follows: str = ""
) -> Callable[[Callable[[Scene], None]], Any]:
    def keep(tell: Callable[[Scene], None]) -> Callable[[Scene], None]:
        stories.append(Story(tell, code, set(found), frozenset(follows.split())))
        return tell

    return keep


def scene_of(log: SimulatedLog, directory: Path) -> Scene:
    """A scene of its own: a copy of the log, and the receipt of record 50."""
    kept = next(statement for statement, (index, _) in log.envelopes.items() if index == 50)
    return Scene(log.copy(), directory / "log", [log.receipt(kept)], log.charter_id)


def found(report: Report) -> Where:
    """Codes with the records they are at; `undated` where a check says that not everything could be dated."""
    rows: Where = {(finding.code, finding.index) for finding in report.findings}
    undated = any(check.name == "times" and check.ok is None for check in report.checks)
    return rows | ({("undated", None)} if undated else set())


def other_letter(raw: bytes, at: int) -> bytes:
    """The bytes with another base64 letter at one place."""
    return raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :]


def links(one: record.Record) -> dict[str, Any]:
    return {"count": one.count, "head": one.head, "previous": one.previous, "received": one.received}


def drill() -> dict[str, Any]:
    return {**vocabulary.load().example("drill-announcement")["body"], "observers": []}


def value_of(one: record.Record) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(one.envelope.payload)
    return value


_PARTS = frozenset({"count", "head", "received"})


def log_other(log: SimulatedLog, **members: Any) -> None:
    """A statement of XC is logged with members or record parts of another choice; its chain stays where it was."""
    parts = {name: value for name, value in members.items() if name in _PARTS}
    words = {name: value for name, value in members.items() if name not in _PARTS}
    value = {**log.draft("XC", "drill-announcement", drill()), **words}
    keep = words.keys() - {"title"}
    log.log(log.envelope(value), {**value, "party": "none"} if keep else value, **parts)


def in_place(log: SimulatedLog, index: int, envelope: Envelope) -> bytes:
    """The bytes of another record in place of `index`."""
    return record.build(envelope, **links(record.parse(log.records[index])))
