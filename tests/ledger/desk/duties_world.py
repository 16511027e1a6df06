"""What the tests of the duty officer's desk share: a small log whose charter holds rules, and the commands on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ledger.desk import descriptions
from tests.ledger.desk.desk_world import Result, call
from tests.support.people import Pen, ring
from tests.support.simulated_log import OFFICE, TERMS, SimulatedLog
from verifier import vocabulary
from verifier.formats import canonical, times

HOUR, DAY = 3_600, 86_400
STORY = Path(__file__).parents[3] / "web" / "demo" / "story"
OTHERS = {"QM": "mediator", "QN": "verifier", "QS": "verifier"}


def rules_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every rule in a description, wherever it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "rules" and isinstance(inner, list):
                yield from inner
            else:
                yield from rules_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from rules_in(inner)


@cache
def demo_rules() -> tuple[dict[str, Any], ...]:
    """The rules of the demo's charter, pledges and joint texts, each id once: the later ones get a number."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(STORY.glob("*.yaml")):
        for rule in rules_in(descriptions.read(path)):
            name = rule["id"] if rule["id"] not in found else f"{rule['id']}-{len(found)}"
            found[name] = {**rule, "id": name}
    return tuple(found.values())


def rule(name: str) -> dict[str, Any]:
    return next(one for one in demo_rules() if one["id"] == name)


@dataclass
class DutyLog(SimulatedLog):
    """A log of three states, a mediator and two verifiers, under a charter with these rules."""

    rules: Sequence[Mapping[str, Any]] = ()
    hybrid: frozenset[str] = frozenset()
    directory: Path = field(default_factory=Path)

    def charter_body(self) -> dict[str, Any]:
        body = super().charter_body()
        others = [
            {
                "code": code,
                "kind": kind,
                "names": {"en": f"Neutral {code}"},
                "root": {"signers": [self.pen(code, "root").id], "threshold": 1},
            }
            for code, kind in OTHERS.items()
        ]
        parties = sorted([*body["parties"], *others], key=lambda row: str(row["code"]))
        return {**body, "parties": parties, "rules": list(self.rules), "terms": {**TERMS, "longest_silence": "P365D"}}

    def accession_body(self, party: str) -> dict[str, Any]:
        kind = OTHERS.get(party, "state")
        types = sorted(
            name
            for name, one in vocabulary.load().types.items()
            if kind in one.roles and name not in ("accession", "charter", "key-change", "depositary-notice")
        )
        pens: list[Pen] = [self.pen(party, "root"), self.pen(party)]
        return {"charter": self.charter_id, "declaration": None, **ring(pens, {OFFICE: (types, [self.pen(party)])})}

    def begin(self, directory: Path) -> DutyLog:
        self.directory = directory / "log"
        self.found(*self.states, *OTHERS)
        (directory / "policy").write_text(self.policy_text)
        return self

    def tell(
        self, party: str, kind: str, *, pause: int = 60, body: Mapping[str, Any] | None = None, **members: Any
    ) -> str:
        """A statement with the body of the vocabulary's example, members of it changed; then a checkpoint."""
        whole = {**deepcopy(dict(vocabulary.load().example(kind)["body"])), **(body or {})}
        found = self.say(party, kind, whole, **members)
        self.beat(pause)
        return found

    def beat(self, pause: int = 60) -> None:
        """A checkpoint, and so much time."""
        self.checkpoint(pause=pause)

    def shown(self) -> list[object]:
        """The log written out, as the arguments that name it."""
        self.write(self.directory)
        return [self.directory, "--policy", self.directory.parent / "policy", "--processes", 0]

    def duties(self, party: str, *more: object, now: int | None = None) -> Result:
        return call("duties", "--party", party, *self.shown(), *more, now=self.clock if now is None else now)

    def value(self, party: str, *more: object, now: int | None = None) -> Any:
        result = self.duties(party, "--json", *more, now=now)
        assert result.code == 0, result.out + result.err
        return json.loads(result.out)

    def answer(
        self, party: str, identity: str, *more: object, out: Path, words: Mapping[str, Any] | None = None
    ) -> Result:
        """Draft the answer from a file with the duties; `words`: the description that --from names."""
        duties = self.directory.parent / "duties.json"
        duties.write_text(self.duties(party, "--json").out)
        given: list[object] = []
        if words is not None:
            source = out.with_suffix(".yaml")
            source.write_text(json.dumps({"title": "An answer", **words}))
            given = ["--from", source]
        return call("answer", identity, "--duties", duties, "--out", out, *given, *more, now=self.clock)

    def hand_in(self, draft: Path) -> str:
        """Sign a draft with its office's pen, log it, and have it witnessed."""
        value = canonical.parse(draft.read_bytes())
        found = self.log(self.envelope(value), value)
        self.beat()
        return found


def by_rule(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    """The only row of a rule."""
    found = [row for row in rows if (row["rule"] if isinstance(row["rule"], str) else row["rule"]["id"]) == name]
    assert len(found) == 1, [row["rule"] for row in rows]
    return found[0]


def at(text: str) -> int:
    return times.parse_utc(text)
