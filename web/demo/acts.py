"""The story as it is written: acts, each one statement, read from YAML and put in the order of their moments.

An act says `name`, `when`, `party`, `office`, `type`, `title` and `body`, and where it needs to `language`, `addressees`,
`relates` (relations to acts by name), `attachments`, `seal`, `keys` (who signs, other than usual), `uses` (who signs for
which office from then on), `expect` (the refusal it meets), `unplanned` (a drill that no calendar told), `exercise` (the drill
that it rehearses for), `sequence` and `previous`. `when` is "start + P12DT9H30M" or "end - P3D"; or "start + P30D, 6 times,
each P90D": acts called NAME-1 to NAME-6, `without` the numbers listed there; or "every 11-05T20:10": once in each year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.desk import descriptions
from verifier.errors import Fault
from verifier.formats import times

DAY = 86_400
LENGTH = 548 * DAY
"""Seconds of story: eighteen months."""
STORY = Path(__file__).with_name("story")
_SETTLED = 20 * DAY
"""Seconds after the start within which nothing yearly happens yet: everybody is still acceding."""
_MOMENT = re.compile(r"(start|end|now)(?: ([+-]) (P\S+))?")
_EACH = re.compile(r"(.+), ([1-9][0-9]?) times, each (P\S+)")
_EVERY = re.compile(r"every ([0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})")
_NEEDED = ("name", "when", "party", "office", "type", "title", "body")
_MORE = (
    *("language", "addressees", "relates", "attachments", "seal", "keys", "uses", "expect", "unplanned"),
    *("sequence", "previous", "exercise", "without"),
)
LAST = "last"
"""In the relations of a yearly act: the same act a year before; no relation the first time."""
SAME = "-#"
"""At the end of a name in the relations of an act that comes several times: the act there with the same number."""


@dataclass(frozen=True)
class Act:
    """One act. `when`: seconds since the epoch. `refused`: the code of the refusal that it meets, None if it is logged.

    `members`: the act as written, its `$` expressions still in it. `last`: of a yearly act, the one before. `number`: of an
    act that comes several times, which time it is.
    """

    name: str
    when: int
    party: str
    office: str
    type: str
    members: Mapping[str, Any] = field(repr=False)
    last: str | None = None
    number: int | None = None

    @property
    def refused(self) -> str | None:
        expected = self.members.get("expect")
        return str(expected["refused"]) if expected else None

    @property
    def relations(self) -> list[tuple[str, str]]:
        """(relation, name of an earlier act), as they apply to this occurrence."""
        rows = [(row["rel"], row["to"]) for row in self.members.get("relates", [])]
        named = [(rel, self.last if to == LAST else self._same(to)) for rel, to in rows]
        return [(rel, to) for rel, to in named if to is not None]

    @property
    def exercise(self) -> str | None:
        """The name of the announcement of the drill that it rehearses for, None for what is meant in earnest."""
        drill = self.members.get("exercise")
        return None if drill is None else str(drill)

    def _same(self, to: str) -> str:
        return f"{to.removesuffix(SAME)}-{self.number}" if to.endswith(SAME) else to


@dataclass(frozen=True)
class Story:
    """The acts in order, between `start` and `end` (seconds since the epoch)."""

    start: int
    end: int
    acts: tuple[Act, ...]

    def moment(self, text: str, *, now: int | None = None) -> int:
        """The moment that "start + P12D", "end" or "now - PT1H" names. Raises Fault `demo.story`."""
        match = _MOMENT.fullmatch(text)
        if match is None or (match[1] == "now" and now is None):
            raise Fault("demo.story", f"{text!r} is not a moment such as start + P12DT9H", where="story")
        base = {"start": self.start, "end": self.end, "now": now or 0}[match[1]]
        if match[3] is None:
            return base
        return base + (times.parse_duration(match[3]) if match[2] == "+" else -times.parse_duration(match[3]))


def read(start: int, files: Sequence[Path] | None = None) -> Story:
    """The story that begins at `start`. Raises Fault `demo.story`, `desk.description`, where = the file."""
    found = Story(start, start + LENGTH, ())
    acts: list[Act] = []
    for path in sorted(STORY.glob("*.yaml")) if files is None else files:
        rows = descriptions.read(path).get("acts")
        if not isinstance(rows, list):
            raise Fault("demo.story", "a story file holds a list of acts", where=path.name)
        for row in rows:
            acts += _occurrences(found, row, path.name)
    acts.sort(key=lambda act: (act.when, act.name))
    _require_told_before(acts)
    return Story(found.start, found.end, tuple(acts))


def _occurrences(story: Story, row: Any, where: str) -> Iterator[Act]:
    """The act itself; or one for each time that it comes, or for each year of the story."""
    if not isinstance(row, dict) or not set(_NEEDED) <= row.keys() <= {*_NEEDED, *_MORE}:
        odd = sorted(set(_NEEDED) ^ row.keys() - set(_MORE)) if isinstance(row, dict) else row
        raise Fault("demo.story", f"an act lacks or does not know: {odd}", where=where)
    every, each = _EVERY.fullmatch(row["when"]), _EACH.fullmatch(row["when"])
    here = f"{where} {row['name']}"
    if each is not None:
        first, apart = story.moment(each[1]), times.parse_duration(each[3])
        for number in range(1, int(each[2]) + 1):
            if number not in row.get("without", ()):
                when = _within(story, first + (number - 1) * apart, here)
                yield _act(row, f"{row['name']}-{number}", when, None, number)
        return
    if every is None:
        yield _act(row, row["name"], _within(story, story.moment(row["when"]), here), None)
        return
    last, begins = None, times.format_utc(story.start)[:4]
    for number in range(3):
        when = times.parse_utc(f"{int(begins) + number:04}-{every[1]}T{every[2]}:00Z")
        if story.start + _SETTLED <= when < story.end:
            name = f"{row['name']}-{times.format_utc(when)[:4]}"
            yield _act(row, name, when, last)
            last = name


def _act(row: Mapping[str, Any], name: str, when: int, last: str | None, number: int | None = None) -> Act:
    return Act(name, when, row["party"], row["office"], row["type"], row, last, number)


def _within(story: Story, when: int, where: str) -> int:
    if not story.start <= when < story.end:
        raise Fault("demo.story", "an act lies outside the story", where=where)
    return when


def _require_told_before(acts: Sequence[Act]) -> None:
    """Check that names are unique, and that an act relates to logged acts before it alone."""
    logged: set[str] = set()
    names: set[str] = set()
    for act in acts:
        if act.name in names:
            raise Fault("demo.story", "two acts have this name", where=act.name)
        names.add(act.name)
        named = [to for _, to in act.relations] + ([act.exercise] if act.exercise else [])
        missing = [to for to in named if to not in logged]
        if missing:
            raise Fault("demo.story", f"it relates to {missing}, which nobody has said by then", where=act.name)
        if act.refused is None:
            logged.add(act.name)
