"""Random logs that hit the rules hard: few parties, few dates, everything on everything.

Times lie on a small grid, so that boundaries meet; durations are small numbers of the same unit. What a log could never
hold (a relation to a later record, a rule that no text may carry, two values for one digest) is not made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.conformance import naive
from tests.conformance.rules_drawn import MEMBERS, Dice, rules
from tests.conformance.scenes import DAY, HOUR, TERMS, Scene
from verifier.conformance.case import Case, Event
from verifier.formats.times import parse_utc

T = TypeVar("T")
STATES = ("XA", "XB", "XC")
EPOCHS = ("2024-02-27T00:00:00Z", "2027-02-26T00:00:00Z", "2027-12-30T00:00:00Z", "2028-02-28T12:00:00Z")
KEYS = {party: (party.encode().hex().ljust(64, "0"), party.encode().hex().ljust(64, "f")) for party in (*STATES, "QN", "QS", "QM")}


@dataclass
class Draft:
    """A log while it is drawn. `shut`: record and pointer -> what is sealed there; `naming`: who may name obligations."""

    dice: Dice
    unit: int
    epoch: int
    scene: Scene
    now: int = 0
    shut: dict[tuple[int, str], Any] = field(default_factory=dict)
    naming: list[tuple[Event, list[int]]] = field(default_factory=list)
    mark: Event | None = None

    def pick(self, options: Sequence[T]) -> T:
        return self.dice.pick(options)

    def near(self) -> int:
        """A date not far from now, often exactly where another boundary lies."""
        return self.now + self.pick((-3, -1, 0, 1, 2, 3, 4, 6, 9)) * self.unit + self.pick((0, 0, 0, 0, 1, -1))

    def some(self, *types: str, by: str | None = None) -> list[Event]:
        """Earlier events of these types (any without) that what is said now may relate to."""
        marked = self.mark.id if self.mark else None
        return [
            e
            for e in self.scene.events
            if (not types or e.type in types) and (by is None or e.party == by) and e.exercise == marked
        ]

    def maybe(self, rel: str, *types: str, by: str | None = None) -> list[tuple[str, Event]]:
        found = self.some(*types, by=by)
        return [(rel, self.pick(found[-6:]))] if found and self.dice.chance(70) else []

    def add(self, type_name: str, party: str, *relates: tuple[str, Event], **more: Any) -> Event:
        """The next record, at a moment that does not fall."""
        self.now += self.pick((0, 0, 0, 1, 1, 2, 3)) * self.unit
        last = max((time.before or 0 for time in self.scene.times.values()), default=self.now)
        before = max(last, self.now + self.pick((0, 0, 0, 0, -1, 1)))
        self.now = max(self.now, before)
        signers = (self.pick(KEYS[party]),) if party in KEYS else ()
        event = self.scene.add(
            type_name, party, before, *relates, after=before - 1, exercise=self.mark, signers=signers, **more
        )
        after = self.pick((before - 1, before - 1, last, last - 1, before - self.unit, before - 2 * self.unit, None))
        if after is not None:
            after = min(after, before - 1)
        self.scene.times[event.record] = self.scene.times[event.record]._replace(after=after)
        if self.dice.chance(10):
            low = before - 2 * self.unit if after is None else after + 1
            self.scene.receipts[event.record] = self.pick((low, before - 1, max(low, before - self.unit)))
        if self.dice.chance(15):
            self.scene.beats.add(self.now + self.pick((1, self.unit)))
        return event

    def said(self, type_name: str, prefix: str = "/body") -> tuple[dict[str, Any], list[tuple[str, int | None]], dict[str, Any]]:
        """Members of a type that rules read, some of them sealed: fields, seals, and what the seals hide."""
        fields: dict[str, Any] = {}
        sealed: list[tuple[str, int | None]] = []
        hidden: dict[str, Any] = {}
        for name, values in MEMBERS.get(type_name, {}).items():
            many = name == "sectors"
            value = [self.pick(values) for _ in range(self.pick((0, 1, 2)))] if many else self.pick(values)
            way = self.pick(("clear",) * 6 + ("shut", "item"))
            if type(value) is bool or way == "clear" or (way == "item" and not (many and value)):
                fields[name] = value
                continue
            opens = self.pick((None, self.near(), self.near()))
            if way == "shut":
                pointer, hidden[f"{prefix}/{name}"] = f"{prefix}/{name}", (True, self.pick((value, value, value, None)))
            else:
                item = self.dice.number(0, len(value) - 1)
                pointer = f"{prefix}/{name}/{item}"
                hidden[pointer] = self.pick(((True, value[item]), (False, None)))
                fields[name] = [None if n == item else kept for n, kept in enumerate(value)]
            sealed.append((pointer, opens))
        return fields, sealed, hidden

    def speak(self, type_name: str, party: str, *relates: tuple[str, Event], to: Sequence[str] = (), **dates: Any) -> Event:
        fields, sealed, hidden = self.said(type_name)
        event = self.add(type_name, party, *relates, to=to, sealed=sealed, **fields, **dates)
        self.shut.update({(event.record, pointer): value for pointer, value in hidden.items()})
        return event

    def others(self, party: str) -> Sequence[str]:
        rest = [state for state in STATES if state != party]
        return self.pick(((), rest, rest[:1], rest[1:], [*rest, "QM"]))

    def named(self, type_name: str, party: str, *relates: tuple[str, Event], **more: Any) -> Event:
        """A statement that names obligations, which are not known yet."""
        event = self.add(type_name, party, *relates, obligations=[], **more)
        self.naming.append((event, [self.dice.number(0, 200) for _ in range(self.pick((1, 1, 2)))]))
        return event


# What is said: each an action that may find nothing to do.


def announce(d: Draft, party: str) -> None:
    start = d.near()
    d.speak("drill-announcement", party, to=d.others(party), start=start, end=start + d.pick((0, 1, 2, 4)) * d.unit)


def change(d: Draft, party: str) -> None:
    for held in d.some("drill-announcement", by=party)[-3:][:1]:
        dates = {name: d.near() for name in ("start", "end") if d.dice.chance(45)}
        fields, sealed, hidden = d.said("drill-change", "/body/changes")
        keep = {name for name in MEMBERS["drill-change"] if d.dice.chance(40)}
        fields = {name: value for name, value in fields.items() if name in keep}
        sealed = [row for row in sealed if row[0].split("/")[3] in keep]
        event = d.add("drill-change", party, ("changes", held), sealed=sealed, **fields, **dates)
        d.shut.update({(event.record, pointer): hidden[pointer] for pointer, _ in sealed})


def cancel(d: Draft, party: str) -> None:
    for held in d.some("drill-announcement", by=party)[-2:][:1]:
        d.add("drill-cancellation", party, ("cancels", held))


def report(d: Draft, party: str) -> None:
    relates = d.maybe("reports", "drill-announcement", by=party)
    start = d.near()
    d.add("drill-report", party, *relates, announced=bool(relates), start=start, end=start + d.unit)


def watch(d: Draft, party: str) -> None:
    if relates := d.maybe("observes", "drill-announcement"):
        d.add("observer-report", party, *relates, start=d.near(), end=d.near())
    elif relates := d.maybe("invites", "drill-announcement", by=party):
        d.add("observer-invitation", party, *relates, to=d.others(party), reply_by=d.near(), start=d.near(), end=d.near())


def incident(d: Draft, party: str) -> None:
    name = d.pick(("incident", "incident", "near-miss"))
    relates = d.maybe("concerns", "incident", "near-miss") if d.dice.chance(30) else []
    d.speak(name, party, *relates, to=d.others(party), aware=d.near())


def notify(d: Draft, party: str) -> None:
    if relates := d.maybe("concerns", "incident"):
        d.speak("incident-notification", party, *relates, to=d.others(party))


def ask(d: Draft, party: str) -> None:
    dates = {"reply_by": d.near()} if d.dice.chance(60) else {}
    d.add("clarification-request", party, *d.maybe("concerns"), to=d.others(party), **dates)


def answer(d: Draft, party: str) -> None:
    if relates := d.maybe("answers", "clarification-request"):
        d.speak("clarification-response", party, *relates)


def test_line(d: Draft, party: str) -> None:
    d.speak("line-test", party, to=d.others(party), sent=d.near())


def hear(d: Draft, party: str) -> None:
    if relates := d.maybe("acknowledges", "line-test"):
        d.add("line-test-acknowledgement", party, *relates)
    elif relates := d.maybe("acknowledges"):
        d.add("acknowledgement", party, *relates, received=d.near())


def convene(d: Draft, party: str) -> None:
    d.add("convening", party, *d.maybe("concerns"), scheduled=d.near())


def mediate(d: Draft, party: str) -> None:
    d.add("mediation-request", party, *d.maybe("concerns"), to=d.others(party), reply_by=d.near())


def disclose_incident(d: Draft, party: str) -> None:
    if relates := d.maybe("concerns", "incident"):
        d.add("incident-disclosure", party, *relates, *d.maybe("follows", "mediation-request"))


def conclude(d: Draft, party: str) -> None:
    if relates := d.maybe("concludes", "mediation-request"):
        between = sorted({party, d.pick([state for state in STATES if state != party])})
        until = {"open_until": d.near()} if d.dice.chance(30) else {}
        d.named("mediation-outcome", "QM", *relates, between=between, **until)


def assess(d: Draft, party: str) -> None:
    if relates := d.maybe("assesses", "clarification-response"):
        d.named("response-assessment", party, *relates)


def calendar(d: Draft, party: str) -> None:
    d.add("drill-calendar", party)


def inventory(d: Draft, party: str) -> None:
    first, second = d.near(), d.near()
    seals = [("/body/items/0", first), ("/body/items/1", d.pick((first, second))), ("/body/items/2", d.pick((second, None)))]
    event = d.add("inventory", party, sealed=seals[: d.pick((1, 2, 3))], as_of=d.near())
    d.shut.update({(event.record, pointer): d.pick(((True, None), (False, None))) for pointer, _ in event.sealed})


def open_seals(d: Draft, party: str) -> None:
    shut = [e for e in d.some(by=party) if e.sealed]
    if shut and d.mark is None:
        event = d.pick(shut[-4:])
        pointers = [pointer for pointer, _ in event.sealed if d.dice.chance(65)]
        rows = [[pointer, *d.shut[event.record, pointer]] for pointer in pointers]
        if rows:
            d.add("disclosure", party, ("discloses", event), opened=rows)


def retract(d: Draft, party: str) -> None:
    own = [e for e in d.some(by=party) if e.type not in ("accession", "charter")]
    if own and d.mark is None:
        d.add("retraction", party, ("retracts", d.pick(own[-8:])))


def pledge(d: Draft, party: str) -> None:
    d.add("pledge", party, to=d.pick(((), (), d.others(party))), rules=rules(d.dice, d.unit, d.epoch, 3))


def joint_text(d: Draft, party: str) -> None:
    until = {name: d.near() + 4 * d.unit for name in ("open_until", "expires") if d.dice.chance(25)}
    d.add(
        "joint-text",
        party,
        to=d.pick(((), (), (), d.others(party))),
        rules=rules(d.dice, d.unit, d.epoch, 3),
        adherents=d.pick((1, 1, 2)),
        required=d.pick(([], [], ["XB"])),
        open_to=d.pick(([], [], ["XA", "XB"])),
        **until,
    )


def amend(d: Draft, party: str) -> None:
    text = {"rules": rules(d.dice, d.unit, d.epoch, 3)} if d.dice.chance(85) else {}
    d.add("amendment", party, ("amends", d.scene.events[0]), **text)


def adhere(d: Draft, party: str) -> None:
    texts = d.some("joint-text", "amendment", "mediation-outcome")
    if texts:
        d.add("adherence", party, ("adheres", d.pick(texts[-4:])), subject_to_approval=d.dice.chance(10))


def withdraw(d: Draft, party: str) -> None:
    joined = d.some("accession", "adherence", "pledge", by=party)
    if joined:
        target = d.pick(joined[-4:])
        name = "pledge-withdrawal" if target.type == "pledge" else "withdrawal"
        given = [e for e in d.some(name, by=party) if ("withdraws", target.record) in e.relates]
        given = [e for e in given if e.fields["action"] == "give-notice"]
        if given and d.dice.chance(60):
            relates = (("withdraws", target), ("cancels", d.pick(given)))
            d.add(name, party, *relates, action="cancel-notice")
        else:
            later = {"effective": d.near() + d.unit} if d.dice.chance(30) else {}
            d.add(name, party, ("withdraws", target), action="give-notice", **later)


def change_keys(d: Draft, party: str) -> None:
    own = d.some(by=party)
    since = d.pick([None, *[e.record for e in own[-5:]]])
    confirmed = [e.id for e in own[-6:] if d.dice.chance(30)]
    revoked = [[d.pick(KEYS[party]), since]] if d.dice.chance(70) else []
    d.add("key-change", party, action="revoke", revoked=revoked, confirmed=sorted(confirmed))


def say_of_it(d: Draft, party: str) -> None:
    name = d.pick(("waiver", "waiver", "waiver", "objection", "plea", "reply", "observation", "observation"))
    if name == "observation":
        kind = d.pick(("refused-statement", "refused-statement", "refused-statement", "measure"))
        d.named(name, d.pick(("QN", "QS", "QN", "QS", party)), kind=kind, moment=d.near() - d.unit)
    else:
        d.named(name, party)


Action = Callable[[Draft, str], None]
SAID: Sequence[Action] = (
    *(announce, announce, change, change, change, cancel, report, watch, calendar, inventory, open_seals, open_seals),
    *(retract, pledge, joint_text, amend, adhere, adhere, withdraw, withdraw, change_keys, say_of_it, say_of_it, say_of_it),
)
REHEARSED: Sequence[Action] = (
    *(incident, notify, notify, ask, ask, ask, answer, answer, answer, test_line, hear, hear, convene, convene),
    *(mediate, disclose_incident, conclude, assess),
)
"""What may be said within a drill too."""


def _terms(d: Dice, unit: int) -> Any:
    return replace(
        TERMS,
        longest_silence=d.pick((2, 4, 5_000)) * unit,
        withdrawal_notice=d.pick((0, 1, 3, 6)) * unit,
        end_extension=d.pick((0, 1, 2, 40)) * unit,
        acknowledgement_grace=d.pick((0, 1, 3)) * unit,
        observations=d.pick((1, 1, 2)),
        amendment_adherents=d.pick((1, 2, 3)),
    )


@dataclass(frozen=True)
class Log:
    """A case, when to judge it, and the drills whose rehearsals it holds."""

    scene: Scene
    asked: tuple[int, ...]
    drills: tuple[str, ...]

    @property
    def case(self) -> Case:
        return self.scene.case()

    @property
    def worlds(self) -> tuple[str | None, ...]:
        """What a report may be of: the real world, and each rehearsal."""
        return (None, *self.drills)


@st.composite
def logs(draw: st.DrawFn, most: int = 32) -> Log:
    """Logs that shrink to small ones."""
    return build(Dice(draw), most)


def build(dice: Dice, most: int) -> Log:
    """A log of at most about `most` records, with three moments to judge it at, rising."""
    unit, epoch = dice.pick((HOUR, HOUR, 6 * HOUR, DAY, 30 * DAY)), parse_utc(dice.pick(EPOCHS))
    d = Draft(dice, unit, epoch, Scene(_terms(dice, unit)), now=epoch)
    d.add("charter", "DD", rules=rules(dice, unit, epoch, 6))
    for party in STATES if dice.chance(75) else STATES[:2]:
        d.add("accession", party)
    for _ in range(dice.number(most // 4, most)):
        _speak(d)
    if len(d.some("accession")) == 2:
        d.add("accession", "XC")
        d.add("clarification-request", "XA")
    if dice.chance(15):
        d.scene.amended[dice.number(1, len(d.scene.events))] = _terms(dice, unit)
    for _ in range(dice.pick((0, 0, 0, 1))):
        d.scene.times[len(d.scene.events) - 1] = d.scene.times[len(d.scene.events) - 1]._replace(after=None, before=None)
    d.scene.beats.add(d.now + dice.pick((0, 1, 3, 30)) * unit + dice.pick((0, 1)))
    name_obligations(d)
    moments = d.scene.case().moments
    asked = sorted(dice.pick(moments) + dice.pick((0, 0, 1)) for _ in range(2))
    drills = {e.exercise for e in d.scene.events if e.exercise}
    return Log(d.scene, (*asked, moments[-1]), tuple(sorted(drills)))


def _speak(d: Draft) -> None:
    """One thing said, perhaps within a drill."""
    bold = [e.party for e in d.some("accession")]
    rehearsals = d.some("drill-announcement")
    d.mark = d.pick(rehearsals[:2]) if rehearsals and d.dice.chance(20) else None
    d.pick(REHEARSED if d.mark else (*SAID, *REHEARSED, *REHEARSED))(d, d.pick(bold))
    d.mark = None


def name_obligations(d: Draft) -> None:
    """Let those who speak of obligations speak of such as there are: a waiver, of one that is owed to its author."""
    case = d.scene.case()
    owed = [row for world in {None, *(e.exercise for e in case.events)} for row in naive.judge(case, case.moments[-1], world)]
    owed.sort(key=lambda row: row.id)
    for event, seeds in d.naming:
        fits = [row.id for row in owed if event.type != "waiver" or event.party in row.creditors] or ["ab" * 32]
        event.fields["obligations"].extend(sorted({fits[seed % len(fits)] for seed in seeds}))
