"""A small accord with a verifier who finds: in truth, in error, on inputs of many kinds. The log goes on after his findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from tests.support.people import NotePen
from tests.support.promises import ANSWER_QUERY, DRILL_NOTICE, HEALTH_CARE
from tests.support.simulated_log import SimulatedLog
from verifier import cli, evidence, vocabulary
from verifier.conformance.outcome import CONFIRMED, REFUTED, UNDECIDED, Claim, Outcome
from verifier.conformance.refuting import Refuting
from verifier.conformance.report import obligation_id
from verifier.evidence.findings import finding_file
from verifier.exits import Exit
from verifier.formats import note, policy
from verifier.formats.times import format_utc
from verifier.receipt import Given
from verifier.source import open_source

File = dict[str, Any]
DAY, HOUR = 86_400, 3_600
NONE = "ab" * 32
RULES: list[dict[str, Any]] = [
    DRILL_NOTICE,
    ANSWER_QUERY,
    HEALTH_CARE,
]


class Accord(SimulatedLog):
    """Three states and the verifier VN."""

    def charter_body(self) -> dict[str, Any]:
        body = super().charter_body()
        row = {"code": "VN", "kind": "verifier", "names": {"en": "Verifier VN"}}
        row["root"] = {"signers": [self.pen("VN", "root").id], "threshold": 1}
        body["parties"] = sorted([*body["parties"], row], key=lambda one: str(one["code"]))
        return {**body, "rules": RULES}

    def copy(self) -> Accord:
        other = super().copy()
        assert isinstance(other, Accord)
        return other

    def found(self, *states: str) -> None:
        super().found(*(states or (*self.states, "VN")))

    def tell(self, party: str, kind: str, *, pause: int = HOUR, **members: Any) -> str:
        """Say the vocabulary's example of a type, changed, with a checkpoint of its own."""
        body = {**example(kind), **members.pop("body", {})}
        said = self.say(party, kind, body, **members)
        self.checkpoint(pause=pause)
        return said

    def announce_ahead(self, party: str, days: int) -> str:
        dates = {"start": format_utc(self.clock + days * DAY), "end": format_utc(self.clock + (days + 2) * DAY)}
        return self.tell(party, "drill-announcement", body={**dates, "observers": []})

    def owed(self, rule: str, debtor: str, trigger: str | None) -> str:
        """The id of an obligation under the charter."""
        return obligation_id(debtor=debtor, period=None, rule=rule, source=self.charter_id, trigger=trigger)

    def find(self, status: str, *obligations: str, inputs: dict[str, Any], **members: Any) -> str:
        """A finding of VN, in a record of its own."""
        body = {"obligations": sorted(obligations), "status": status, "inputs": inputs, "text": None}
        return self.say("VN", "finding", {**body, "conclusion": "does-not-conform"}, **members)


def example(kind: str) -> dict[str, Any]:
    """The body of the vocabulary's example of a type."""
    body: dict[str, Any] = vocabulary.load().example(kind)["body"]
    return body


def run(*args: object) -> tuple[int, dict[str, Any]]:
    """A command's exit code and JSON answer."""
    out = StringIO()
    with redirect_stdout(out):
        code = cli.run([*map(str, args), "--json"])
    return code, json.loads(out.getvalue())


class Desk:
    """VN's desk in a directory: copies of the log as it stood, reports by them."""

    def __init__(self, room: Path, log: Accord) -> None:
        self.room, self.log, self.policy = room, log, room / "policy"
        self.policy.write_text(log.policy_text)

    def copy(self, name: str) -> Path:
        return self.log.write(self.room / name)

    def report(self, name: str, as_of: int, *more: object) -> dict[str, Any]:
        """The answer of `conformance` on a copy: its `report`, with the `inputs`, and the `sha256`."""
        place = ("--policy", self.policy, "--charter", self.log.charter_id, "--as-of", format_utc(as_of))
        code, told = run("conformance", self.room / name, *place, "--processes", 0, *more)
        assert code in (0, 13), told
        return told

    def keep(self, name: str, receipts: Sequence[Given]) -> Path:
        """Receipts in a directory, each with its envelope."""
        at = self.room / name
        at.mkdir()
        for given in receipts:
            stem = sha256(given.proof.raw).hexdigest()[:12]
            (at / f"{stem}.tlog-proof").write_bytes(given.proof.raw)
            (at / f"{stem}.envelope.json").write_bytes(given.envelope.raw)
        return at


@dataclass
class World:
    """VN's findings, by name, in a log that went on for 260 further entries of its history."""

    log: Accord
    desk: Desk
    told: dict[str, str] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: list[Given] = field(default_factory=list)

    def inputs(self, name: str, **changed: Any) -> dict[str, Any]:
        return {**self.reports[name]["report"]["inputs"], **changed}

    def owed(self, rule: str, debtor: str, trigger: str | None) -> str:
        return self.log.owed(rule, debtor, self.told[trigger] if trigger else None)

    @property
    def policy(self) -> policy.Policy:
        return policy.parse(self.log.policy_text.encode())

    def command(self, name: str, *more: object, at: str = "now", by: Path | None = None) -> tuple[int, dict[str, Any]]:
        place = (self.desk.room / at, "--policy", by or self.desk.policy, "--charter", self.log.charter_id)
        return run("finding", self.told[name], *place, "--processes", 0, *more)

    def refuting(self, at: str = "now", **changed: Any) -> Refuting:
        source = open_source(str(self.desk.room / at))
        return Refuting(**{"source": source, "policy": self.policy, "charter": self.log.charter_id, **changed})

    def again(self, status: str, *obligations: str, inputs: File, at: str = "now", **changed: Any) -> Outcome:
        """A claim that nobody signed, computed again."""
        claim = Claim(tuple(obligations), status, inputs, changed.pop("received", self.log.clock))
        return self.refuting(at, **changed)(claim)

    def file(self, name: str, log: Accord | None = None, *more: str) -> File:
        log = log or self.log
        return finding_file(log.origin, chain(log, "VN", *more), log.receipt(self.told.get(name, name)))

    def judge(self, file: File | bytes, text: str | None = None, charter: str | None = None, **changed: Any) -> Any:
        raw = file if isinstance(file, bytes) else evidence.encode(file)
        refuter = self.refuting(receipts=self.held, **changed)
        return evidence.check(
            raw, policy.parse((text or self.log.policy_text).encode()), charter or self.log.charter_id, refuter=refuter
        )


def chain(log: Accord, party: str, *more: str) -> list[Given]:
    place = 1 + ("XA", "XB", "XC", "VN").index(party)
    accession = next(name for name, (index, _) in log.envelopes.items() if index == place)
    return [log.receipt(log.charter_id), log.receipt(accession), *(log.receipt(one) for one in more)]


def act(world: World) -> None:
    """What the states do: a drill announced in time, one late, a query answered, with a receipt that says when."""
    log, told = world.log, world.told
    log.found()
    told["in-time"], told["late"] = log.announce_ahead("XA", 20), log.announce_ahead("XA", 10)
    told["query"] = log.tell("XB", "clarification-request", pause=23 * HOUR, addressees=["XA"], body={"reply_by": None})
    relates = [{"rel": "answers", "statement": told["query"]}]
    told["answer"] = log.say(
        "XA", "clarification-response", {**example("clarification-response"), "on_request": True}, relates=relates
    )
    shown = log.sign(len(log.records), log.root())
    world.held.append(log.receipt(told["answer"], shown))
    log.checkpoint(cosigned=(), pause=2 * HOUR)
    log.checkpoint()


def look(world: World) -> None:
    """VN's reports: now, with the receipt, and as of before anything was announced."""
    desk, log = world.desk, world.log
    desk.copy("then")
    desk.keep("held", world.held)
    world.reports["plain"] = desk.report("then", log.clock)
    world.reports["held"] = desk.report("then", log.clock, "--receipts", desk.room / "held")
    world.reports["early"] = desk.report("then", log.clock - 2 * DAY)


def say(world: World) -> None:
    """VN's findings, after cosignatures that came late."""
    log, told, plain = world.log, world.told, world.inputs("plain")
    late, query = world.owed("drill-notice", "XA", "late"), world.owed("answer-query", "XA", "query")
    log.checkpoint(cosigned=(1,), pause=HOUR)
    told["true"] = log.find("late", late, inputs=plain)
    told["false"] = log.find("kept", late, inputs=plain)
    told["half"] = log.find("late", late, world.owed("drill-notice", "XA", "in-time"), inputs=plain)
    told["abstained"] = log.find("undeterminable", world.owed("health-care", "XB", None), inputs=plain)
    told["condemned"] = log.find("overdue", world.owed("health-care", "XB", None), inputs=plain)
    told["invented"] = log.find("late", log.owed("drill-notice", "XA", NONE), inputs=plain)
    told["early"] = log.find("late", late, inputs=world.inputs("early"))
    told["unproven"] = log.find("undeterminable", query, inputs=plain)
    told["proven"] = log.find("kept", query, inputs=world.inputs("held"))
    told["overproven"] = log.find("undeterminable", query, inputs=world.inputs("held"))
    log.checkpoint()


def made(room: Path) -> World:
    """The whole story, its copies and reports in a room."""
    log = Accord()
    world = World(log, Desk(room, log))
    act(world)
    look(world)
    say(world)
    for _ in range(4):
        log.announce_ahead("XB", 30)
    for _ in range(260):
        log.checkpoint()
    world.desk.copy("now")
    return world


def strangers(world: World) -> str:
    pens = [NotePen(f"stranger{n}.example", note.COSIGNATURE_ED25519) for n in range(3)]
    rows = [f"log {world.log.log_pen.key.vkey}", *(f"witness s{n} {pen.key.vkey}" for n, pen in enumerate(pens))]
    return "\n".join([*rows, "group all 2 s0 s1 s2", "quorum all", ""])


ANSWERS = {
    "true": (CONFIRMED, ["late"]),
    "false": (REFUTED, ["late"]),
    "half": (REFUTED, ["kept", "late"]),
    "abstained": (CONFIRMED, ["undeterminable"]),
    "condemned": (REFUTED, ["undeterminable"]),
    "invented": (REFUTED, [None]),
    "early": (REFUTED, [None]),
    "unproven": (CONFIRMED, ["undeterminable"]),
    "proven": (CONFIRMED, ["kept"]),
    "overproven": (REFUTED, ["kept"]),
}
EXITS = {CONFIRMED: Exit.GOOD, REFUTED: Exit.REFUTED, UNDECIDED: Exit.UNDECIDABLE}
