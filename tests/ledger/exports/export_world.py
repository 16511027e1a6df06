"""A log told statement by statement, each public a few seconds later, and the material that its audit makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icalendar import Calendar

from ledger.exports.material import Material, material_of
from ledger.exports.reading import Reader
from tests.support.promises import AFTER_REPORT, DRILL_NOTICE
from tests.support.simulated_log import SimulatedLog
from verifier import sealing, vocabulary
from verifier.audit import audit
from verifier.formats import policy
from verifier.formats.times import parse_utc
from verifier.sealing import Disclosure
from verifier.source import open_source

RULES: list[dict[str, Any]] = [
    DRILL_NOTICE,
    AFTER_REPORT,
    {
        "id": "line-test-answer",
        "kind": "deadline",
        "on": {"type": "line-test"},
        "by": "author",
        "expect": {"type": "line-test-acknowledgement", "rel": "acknowledges"},
        "anchor": "witnessed",
        "within": "PT4H",
    },
    {"id": "hospitals", "kind": "abstention", "by": "each-party", "norm": "un-norms/f"},
]
LATE = parse_utc("2030-01-01T00:00:00Z")
WAYWARD = 'x\r\nBEGIN:VEVENT\nSTATUS:CANCELLED\u2028"\u202e\x07,;=cmd|\\n'
"""A text that tries to be structure in every one of the forms."""
SHOWN = 'x[U+000D]⏎BEGIN:VEVENT⏎STATUS:CANCELLED[U+2028]"[U+202E][U+0007],;=cmd|\\n'


@dataclass
class Tale:
    """A log in `home`. `at`: move its clock. `say`: a statement in the words of its type's example, with `body` over it."""

    home: Path
    log: SimulatedLog = field(default_factory=lambda: SimulatedLog(hybrid=frozenset()))

    def __post_init__(self) -> None:
        self.log.found()

    def at(self, utc: str) -> Tale:
        """Go on to a moment, a minute before which the log beats: what comes then was surely not public before."""
        self.log.clock = parse_utc(utc) - 60
        self.log.checkpoint()
        return self

    def say(
        self, party: str, kind: str, *relates: tuple[str, str], body: dict[str, Any] | None = None, **how: Any
    ) -> str:
        example = vocabulary.load().example(kind)["body"]
        rows = [{"rel": rel, "statement": target} for rel, target in sorted(relates)]
        said = self.log.say(party, kind, {**example, **(body or {})}, relates=rows, **how)
        self.log.checkpoint()
        return said

    def pledge(self, party: str = "XA", rules: list[dict[str, Any]] | None = None) -> str:
        return self.say(party, "pledge", body={"rules": RULES if rules is None else rules})

    def announce(self, name: str = "Quiet Harbour", start: str = "2026-06-01T08:00:00Z", **how: Any) -> str:
        end, title = how.pop("end", "2026-06-03T16:00:00Z"), how.pop("title", "A drill is held")
        body = {"name": name, "start": start, "end": end, "observers": [], **how.pop("body", {})}
        return self.say("XA", "drill-announcement", body=body, title=title, **how)

    def change(self, drill: str, sealed: Sequence[dict[str, Any]] = (), **changes: Any) -> str:
        members = dict.fromkeys(vocabulary.load().example("drill-change")["body"]["changes"])
        body = {"changes": {**members, **changes}}
        return self.say("XA", "drill-change", ("changes", drill), body=body, sealed=list(sealed))

    def cancel(self, drill: str) -> str:
        return self.say("XA", "drill-cancellation", ("cancels", drill))

    def retract(self, party: str, statement: str) -> str:
        return self.say(party, "retraction", ("retracts", statement))

    def held(self, party: str, pointer: str, value: Any) -> Disclosure:
        """What opens a value that the party's next statement seals."""
        sequence, _ = self.log.chains.get((party, "foreign-ministry"), (0, ""))
        name = sealing.field_name(party, "foreign-ministry", sequence, pointer)
        return sealing.seal(name, value, b"0123456789abcdef")

    def row(self, pointer: str, held: Disclosure, tlp: str = "TLP:AMBER") -> dict[str, Any]:
        """One row of the member `sealed`."""
        return {"digest": held.digest, "opens": "2031-01-01T00:00:00Z", "pointer": pointer, "tlp": tlp}

    def sealed(self, party: str, pointer: str, value: Any, tlp: str = "TLP:AMBER") -> dict[str, Any]:
        """The row of the member `sealed` for the party's next statement."""
        return self.row(pointer, self.held(party, pointer, value), tlp)

    def write(self) -> tuple[Path, Path]:
        """The log's directory and a policy that believes it."""
        there = self.log.write(self.home / "log")
        trusted = self.home / "policy"
        trusted.write_text(self.log.policy_text)
        return there, trusted

    def material(self, asked: int = LATE) -> Material:
        there, trusted = self.write()
        source = open_source(str(there))
        report = audit(source, policy.parse(trusted.read_bytes()), events=True)
        found = [finding for finding in report.findings if finding.code != "history.silence"]
        assert not found, found
        return material_of(report.state, asked, Reader(source, report.state), report.exit)


def parsed(raw: bytes) -> Any:
    """The one calendar in bytes, by the library."""
    return Calendar.from_ical(raw)


def event(raw: bytes, identity: str) -> Any:
    """The event of a statement or an obligation."""
    rows = [one for one in parsed(raw).walk("VEVENT") if str(one["uid"]).startswith(identity)]
    assert len(rows) == 1, identity
    return rows[0]
