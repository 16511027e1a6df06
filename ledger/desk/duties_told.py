"""The duty officer's screen: what to do now, in some twenty lines; all of it where it was asked for.

Real duties come first, rehearsals after them under a banner of their own, never mixed. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ledger.desk import duties_phrases as say
from ledger.desk.duties import LIMIT, LISTS, NOTHING, TOO_LATE, Row
from ledger.desk.reading import Names
from verifier.conformance.report import OVERDUE, UNDETERMINABLE
from verifier.formats.times import parse_utc

LINES = 20
SOON = 86_400
"""Seconds: what is due within them is to be done now."""
STALE = 2 * 3_600
"""Seconds after which a copy of the log is called old."""
SHORT = 12
"""Hexadecimal digits that name an obligation or a statement on the screen."""
_WIDTH = 26


def phase(row: Row) -> str:
    """Where a duty stands: "now", "overdue" or "later"."""
    left = row["seconds_left"]
    if row["status"] == OVERDUE or (row["status"] == UNDETERMINABLE and (left or 0) < 0):
        return "overdue"
    return "later" if left is None or left > SOON or row["without_answer"] == LIMIT else "now"


def lines(value: Row, *, everything: bool, language: str, options: str) -> list[str]:
    """The screen for the object that `gather` made, with `audit` in it. `options`: of the commands that it names."""
    screen = _Screen(value, Names(language), everything)
    return [*loud(value["audit"]), *screen.head(), *screen.body(), *screen.foot(options)]


def loud(audit: Row) -> Iterator[str]:
    """What is wrong with the log, before anything else; nothing where it is sound."""
    if not audit["exit"]:
        return
    yield say.BAD.format(verdict=audit["verdict"], exit=audit["exit"])
    if audit["findings"]:
        yield say.BAD_FINDING.format(**audit["findings"][0])
        yield say.BAD_NEXT.format(**audit["findings"][0])
    if len(audit["findings"]) > 1:
        yield say.BAD_MORE.format(count=len(audit["findings"]) - 1)


class _Screen:
    def __init__(self, value: Row, names: Names, everything: bool) -> None:
        self.value = value
        self.names = names
        self.everything = everything
        self.statements: dict[str, Row] = value["statements"]
        self.asked = parse_utc(value["asked"])

    # Above.

    def head(self) -> Iterator[str]:
        """Whose duties, as of when, how many."""
        value = self.value
        name = value["desk"]["party"]["names"].get(self.names_language(), "")
        told = {"party": value["party"], "name": name, "asked": say.minute(value["asked"])}
        if value["as_of"] is None:
            yield say.UNWITNESSED.format(**told)
            return
        age = self.asked - parse_utc(value["as_of"])
        verdict = value["audit"]["verdict"]
        told |= {"as_of": say.minute(value["as_of"]), "age": say.spoken(age), "records": value["records"]}
        yield say.HEAD.format(**told, verdict=verdict)
        if age > STALE:
            yield say.OLD_COPY.format(age=say.spoken(age).upper())
        counts = {name: sum(phase(row) == name for row in value["owed"]) for name in ("now", "overdue", "later")}
        if any((*counts.values(), value["acknowledge"], value["said"])):
            waiting = {name: len(value[name]) for name in ("acknowledge", "said")}
            yield say.COUNTS.format(**counts, **waiting)
        else:
            yield say.NOTHING

    def names_language(self) -> str:
        """A language that the party has a name in: English where it has one, else its first."""
        names = self.value["desk"]["party"]["names"]
        return "en" if "en" in names else next(iter(sorted(names)), "en")

    # The duties.

    def body(self) -> Iterator[str]:
        """What to do now, what is overdue, what comes later; then what waits, and rehearsals."""
        exercises = [row for row in self.value["exercises"] if any(row[name] for name in LISTS)]
        room = LINES - 4 - sum(1 for name in ("acknowledge", "said", "owing") if self.value[name])
        if exercises:
            room -= 8
        yield from self.sections(self.value, room)
        for row in exercises if self.everything else exercises[:1]:
            told = {"title": say.titled(row["title"]), "party": row["party"], "record": row["record"]}
            yield say.EXERCISE.format(**told)
            yield from self.sections(row, 3)
            yield say.EXERCISE_END
        if len(exercises) > 1 and not self.everything:
            yield say.EXERCISE_MORE.format(count=len(exercises) - 1)

    def sections(self, value: Row, room: int) -> Iterator[str]:
        """One world's duties in at most `room` lines, and a line for each thing that waits."""
        groups = {name: [row for row in value["owed"] if phase(row) == name] for name in ("now", "overdue", "later")}
        groups["overdue"].reverse()  # what fell overdue last can most likely still be mended
        for name, heading in (("now", say.NOW), ("overdue", say.OVERDUE), ("later", say.LATER)):
            rows = groups[name]
            most = len(rows) if self.everything else max((room - 1) // 2, 1 if name == "now" else 0)
            if rows and most:
                shown = rows[:most]
                room -= 1 + 2 * len(shown)
                more = f" ({say.NOW_MORE.format(count=len(rows) - len(shown))})" if len(rows) > len(shown) else ""
                yield heading + more
                for row in shown:
                    yield from self.duty(row)
        yield from self.waiting(say.ACKNOWLEDGE, value["acknowledge"])
        yield from self.waiting(say.SAID, value["said"])
        if "drill" not in value or self.everything:
            yield from self.owing(value["owing"])

    def duty(self, row: Row, debtor: str = "") -> Iterator[str]:
        """Two lines: how long, what and for what; until when, by which rule, with which command."""
        what = self.what(row)
        yield f"  {self.time(row):<{_WIDTH}}{say.FOR_OTHERS.format(debtor=debtor, what=what) if debtor else what}"
        parts = [] if row["due"] is None else [self.due(row)]
        parts.append(say.RULE.format(rule=row["rule"]["id"], source=self.source(row)))
        if not debtor:
            parts.append(self.how(row))
        yield f"  {'':<{_WIDTH}}{'; '.join(parts)}"
        if self.everything:
            for sentence in (*self.interval(row), *row["rule"]["words"]):
                yield f"  {'':<{_WIDTH}}  {sentence}"

    def time(self, row: Row) -> str:
        """The time left or the time overdue."""
        left = row["seconds_left"]
        if left is None:
            return say.NO_DATE
        if left >= 0:
            return say.LEFT.format(time=say.spoken(left))
        return (say.SINCE if row["status"] == OVERDUE else say.PASSED).format(time=say.spoken(left))

    def due(self, row: Row) -> str:
        late = row["seconds_left"] < 0
        return (say.WAS_DUE if late else say.UNTIL).format(due=say.minute(row["due"]))

    def what(self, row: Row) -> str:
        """What is expected, to whom, and on what."""
        expected, root = row["expected"], self.statements.get(row["root"] or "")
        about = say.ABOUT.format(title=self.named(root)) if root else ""
        if row["without_answer"] == LIMIT and expected is not None:
            refrain = expected["refrain"]
            told = say.REFRAIN.format(type=self.names.type(refrain["type"]), with_=self.where(refrain.get("where", {})))
        elif expected is None:
            told = {TOO_LATE: say.TOO_LATE, NOTHING: say.UNSEEN}.get(row["without_answer"], say.UNSEEN)
        else:
            to = ", ".join(expected["to"]) or say.EVERYBODY
            told = say.SEND.format(type=self.names.type(expected["type"]), with_=self.where(expected["where"]), to=to)
        return told + about + (f" ({say.UNSURE})" if row["status"] == UNDETERMINABLE else "")

    def where(self, where: Row) -> str:
        """What narrows the expected statement down."""
        parts = [f"{self.names.field(n).lower()}: {' or '.join(map(self.choice, v))}" for n, v in where.items()]
        return f" ({'; '.join(parts)})" if parts else ""

    def choice(self, value: Any) -> str:
        """A value that a field may have, in words."""
        return self.names.choice(value if isinstance(value, str) else {True: "yes", False: "no"}.get(value, str(value)))

    def named(self, statement: Row) -> str:
        """A statement by its title, or by its type where that could not be read."""
        return say.titled(statement["title"]) or f"{self.names.type(statement['type'])} of {statement['party']}"

    def source(self, row: Row) -> str:
        """Where the rule stands."""
        rule = row["rule"]
        if rule["source"] == self.value["charter"]:
            return say.OWN_CHARTER
        return say.OWN_TEXT.format(type=self.names.type(rule["source_type"]).lower(), party=rule["source_party"])

    def how(self, row: Row) -> str:
        """The command that drafts the answer, or why there is none to draft."""
        if row["pending"]:
            return say.PENDING.format(statement=row["pending"][:SHORT])
        short = row["obligation"][:SHORT]
        if row["without_answer"]:
            return say.PLEAD.format(id=short) if (row["seconds_left"] or 0) < 0 else short
        return (say.DISCLOSE if "pointers" in row["expected"] else say.ANSWER).format(id=short)

    def interval(self, row: Row) -> Iterator[str]:
        """When what started it became public."""
        found = self.statements.get(row["root"] or "")
        if found is not None:
            told = {"record": found["record"], "before": say.minute(found["before"])}
            if found["after"] is None:
                yield say.INTERVAL_OPEN.format(**told)
            else:
                yield say.INTERVAL.format(**told, after=say.minute(found["after"]))

    # What waits.

    def waiting(self, heading: str, rows: Sequence[Row]) -> Iterator[str]:
        """Statements that wait for a word: the first on the heading's line, or each on one of its own."""
        told = [self.held(row) for row in rows]
        yield from self.short(heading, told)

    def held(self, row: Row) -> str:
        """A statement that waits, and the command that answers it."""
        found = self.statements[row["statement"]]
        title = say.titled(found["title"])
        told = {"type": self.names.type(found["type"]), "party": found["party"], "before": say.minute(found["before"])}
        line = say.HELD.format(**told, title=f" {title}" if title else "")
        return f"{line}; {say.ANSWER.format(id=row['statement'][:SHORT])}"

    def owing(self, rows: Sequence[Row]) -> Iterator[str]:
        """What others owe: the overdue first."""
        ordered = sorted(rows, key=lambda row: (row["status"] != OVERDUE, row["due"] or "~"))
        if self.everything:
            yield from [say.OWING] if rows else []
            for row in ordered:
                yield from self.duty(row, row["debtor"])
            return
        told = [f"{row['debtor']}, {self.time(row)}: {self.what(row)}" for row in ordered]
        yield from self.short(say.OWING, told)

    def short(self, heading: str, told: Sequence[str]) -> Iterator[str]:
        """A list: all of it under its heading, or the first item and how many more there are."""
        if not told:
            return
        if self.everything:
            yield heading
            yield from (f"  {line}" for line in told)
            return
        more = f" ({say.NOW_MORE.format(count=len(told) - 1)})" if len(told) > 1 else ""
        yield f"{heading}: {told[0]}{more}"

    def foot(self, options: str) -> Iterator[str]:
        """How to go on."""
        yield say.FOOT.format(options=options)
