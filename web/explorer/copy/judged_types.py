"""What the judgement's tables hold, as values: a report, an obligation, a text with rules, a drill, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.explorer.copy.judged_schema import REAL
from web.explorer.copy.rows import Row
from web.explorer.wording.words import utc


@dataclass(frozen=True)
class Judgement:
    """A report that the copy keeps: of the real world (`exercise` None) or a rehearsal. `moment`: its as-of (seconds, UTC);
    `size`: how many records were judged; `inputs`: as the report names them."""

    exercise: str | None
    moment: int
    sha256: str
    inputs: Mapping[str, Any]
    size: int
    obligations: int

    def to_json(self) -> dict[str, Any]:
        """The judgement as pages carry it."""
        return {
            "exercise": self.exercise,
            "as_of": utc(self.moment),
            "sha256": self.sha256,
            "inputs": dict(self.inputs),
            "records": self.size,
            "obligations": self.obligations,
        }


@dataclass(frozen=True)
class Owed:
    """An obligation: `row`, its members in the report; `begun`, `done`: witnessed times of trigger and discharge (seconds);
    `thread`: the incident that it belongs to."""

    row: Mapping[str, Any]
    exercise: str | None
    begun: int | None
    done: int | None
    thread: str | None
    due: int | None

    @property
    def id(self) -> str:
        """Its id, hex."""
        return str(self.row["id"])

    @property
    def status(self) -> str:
        """Its status, a word of the vocabulary."""
        return str(self.row["status"])


@dataclass(frozen=True)
class Text:
    """A text that holds rules. `bound`: (party, since, until or None) in seconds, by party."""

    record: int
    id: str
    type: str
    party: str
    rules: Sequence[Mapping[str, Any]]
    bound: Sequence[tuple[str, int, int | None]]
    norms: Sequence[str]

    def rule(self, name: str) -> Mapping[str, Any]:
        """A rule by its id."""
        return next(rule for rule in self.rules if rule["id"] == name)

    @property
    def above(self) -> dict[str, Mapping[str, Any]]:
        """Rule id -> rule."""
        return {rule["id"]: rule for rule in self.rules}

    def binds(self, moment: int) -> list[str]:
        """Whom it binds at a moment."""
        return sorted({p for p, since, until in self.bound if since <= moment and (until is None or moment < until)})


@dataclass(frozen=True)
class Drill:
    """An announced drill, its dates (seconds, UTC) as in force. `row`: the record of its announcement."""

    row: Row
    start: int
    end: int | None
    said: int
    cancelled: int | None
    retracted: bool


@dataclass(frozen=True)
class Wanted:
    """Which obligations are asked for; what is empty does not narrow. `since`, `until`: of the due, in seconds."""

    exercise: str = REAL
    party: str = ""
    to: str = ""
    status: str = ""
    source: str = ""
    rule: str = ""
    since: int | None = None
    until: int | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """The conditions, fixed texts, and their values."""
        clauses, values = ["exercise = :exercise"], {"exercise": self.exercise}
        for name, column in (("party", "debtor"), ("status", "status"), ("source", "source"), ("rule", "rule")):
            if getattr(self, name):
                clauses.append(f"{column} = :{name}")
                values[name] = getattr(self, name)
        more: dict[str, Any] = dict(values)
        for name, sign in (("since", ">="), ("until", "<")):
            if getattr(self, name) is not None:
                clauses.append(f"sort {sign} :{name}")
                more[name] = getattr(self, name)
        if self.to:
            clauses.append("circle IN (SELECT circle FROM circles WHERE party = :to)")
            more["to"] = self.to
        return " AND ".join(clauses), more
