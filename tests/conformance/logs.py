"""Random logs that hit the rules hard: few parties, few dates, everything on everything.

Times lie on a small grid, so that boundaries meet; durations are small numbers of the same unit. What a log could never
hold (a relation to a later record, a rule that no text may carry, two values for one digest) is not made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.conformance import naive
from tests.conformance.rules_drawn import MEMBERS, Dice, Loaded, rules
from tests.conformance.scenes import DAY, HOUR, TERMS, Scene
from verifier.conformance.case import Case, Event
from verifier.formats.times import parse_utc

T = TypeVar("T")
STATES = ("XA", "XB", "XC")
EPOCHS = ("2024-02-27T00:00:00Z", "2027-02-26T00:00:00Z", "2027-12-30T00:00:00Z", "2028-02-28T12:00:00Z")
SPEAKERS = (*STATES, "QN", "QS", "QM")
KEYS = {party: (party.encode().hex().ljust(64, "0"), party.encode().hex().ljust(64, "f")) for party in SPEAKERS}
"""Two signers each."""


@dataclass
class Draft:
    """A log while it is drawn. `shut`: record and pointer -> what is sealed there; `naming`: who may name obligations.
    `crooked`: another policy may date a later record before an earlier one."""

    dice: Dice
    unit: int
    epoch: int
    scene: Scene
    now: int = 0
    shut: dict[tuple[int, str], Any] = field(default_factory=dict)
    naming: list[tuple[Event, list[int]]] = field(default_factory=list)
    mark: Event | None = None
    honest: bool = False
    crooked: bool = False
    themes: tuple[str, ...] = ()

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
        self.now += self.pick((0, 0, 0, 0, 0, 1, 1, 2, 3)) * self.unit
        if ahead := self.ahead() if self.dice.chance(15) else []:
            self.now = self.pick(ahead)
        last = max((time.before or 0 for time in self.scene.times.values()), default=self.now)
        before = max(last, self.now + self.pick((0, 0, 0, 0, -1, 1)))
        if self.crooked and self.scene.events and self.dice.chance(20):
            before = max(self.epoch, before - self.pick((1, self.unit, 2 * self.unit)))
        signers = (self.pick(KEYS[party]),) if party in KEYS else ()
        event = self.scene.add(
            type_name, party, before, *relates, after=before - 1, exercise=self.mark, signers=signers, **more
        )
        after = self.pick((before - 1, before - 1, last, last - 1, before - self.unit, before - 2 * self.unit, None))
        if self.honest:
            after = self.pick((before - 1, self.seen_without(before)))
        if after is not None:
            after = min(after, before - 1)
        self.scene.times[event.record] = self.scene.times[event.record]._replace(after=after)
        if self.dice.chance(10):
            low = before - 2 * self.unit if after is None else after + 1
            self.scene.receipts[event.record] = self.pick((low, before - 1, max(low, before - self.unit)))
        if self.dice.chance(15):
            self.scene.beats.add(max(self.now, before) + self.pick((1, self.unit)))
        return event

    def ahead(self) -> list[int]:
        """Dates soon to come that something newly said holds."""
        dates = [v for e in self.scene.events[-8:] for v in e.fields.values() if type(v) is int and v > self.epoch]
        return [date for date in dates if self.now < date <= self.now + 6 * self.unit]

    def seen_without(self, before: int) -> int | None:
        """The newest moment before that: witnesses that signed then signed without the record."""
        moments = [*self.scene.beats, *(time.before for time in self.scene.times.values() if time.before is not None)]
        return max((moment for moment in moments if moment < before), default=None)

    def said(
        self, type_name: str, prefix: str = "/body"
    ) -> tuple[dict[str, Any], list[tuple[str, int | None]], dict[str, Any]]:
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

    def speak(
        self, type_name: str, party: str, *relates: tuple[str, Event], to: Sequence[str] = (), **dates: Any
    ) -> Event:
        fields, sealed, hidden = self.said(type_name)
        event = self.add(type_name, party, *relates, to=to, sealed=sealed, **fields, **dates)
        self.shut.update({(event.record, pointer): value for pointer, value in hidden.items()})
        return event

    def who(self) -> str:
        """A state that has acceded."""
        return self.pick([e.party for e in self.scene.events if e.type == "accession"])

    def asked(self, event: Event) -> str:
        """One to whom it is addressed, as far as it spoke before."""
        states = [e.party for e in self.scene.events if e.type == "accession"]
        return self.pick([party for party in states if party in event.addressees] or states)

    def last(self, *types: str) -> list[Event]:
        """One of the newest of these types, or none."""
        found = self.some(*types)[-3:]
        return [self.pick(found)] if found else []

    def rules(self, most: int) -> list[dict[str, Any]]:
        """Rules on what this log is about."""
        return rules(self.dice, self.unit, self.epoch, most, self.themes)

    def others(self, party: str) -> Sequence[str]:
        rest = [state for state in STATES if state != party]
        return self.pick(((), rest, rest[:1], rest[1:], [*rest, "QM"]))

    def named(self, type_name: str, party: str, *relates: tuple[str, Event], **more: Any) -> Event:
        """A statement that names obligations, which are not known yet."""
        event = self.add(type_name, party, *relates, obligations=[], **more)
        self.naming.append((event, [self.dice.number(0, 200) for _ in range(self.pick((1, 1, 2)))]))
        return event


# What is said: each an action that may find nothing to do. Who speaks is whoever may: the author of what is changed, one of
# those who were asked, or anybody.


def announce(d: Draft) -> None:
    party, start = d.who(), d.near()
    d.speak("drill-announcement", party, to=d.others(party), start=start, end=start + d.pick((0, 1, 2, 4)) * d.unit)


def change(d: Draft) -> None:
    for held in d.last("drill-announcement"):
        dates = {name: d.near() for name in ("start", "end") if d.dice.chance(45)}
        fields, sealed, hidden = d.said("drill-change", "/body/changes")
        keep = {name for name in MEMBERS["drill-change"] if d.dice.chance(40)}
        fields = {name: value for name, value in fields.items() if name in keep}
        sealed = [row for row in sealed if row[0].split("/")[3] in keep]
        event = d.add("drill-change", held.party, ("changes", held), sealed=sealed, **fields, **dates)
        d.shut.update({(event.record, pointer): hidden[pointer] for pointer, _ in sealed})


def cancel(d: Draft) -> None:
    for held in d.last("drill-announcement"):
        d.add("drill-cancellation", held.party, ("cancels", held))


def report(d: Draft) -> None:
    held = d.last("drill-announcement") if d.dice.chance(70) else []
    party = held[0].party if held else d.who()
    start = d.near()
    relates = [("reports", e) for e in held]
    d.add("drill-report", party, *relates, announced=bool(held), start=start, end=start + d.unit)


def watch(d: Draft) -> None:
    for held in d.last("drill-announcement"):
        if d.dice.chance(60):
            d.add("observer-report", d.asked(held), ("observes", held), start=d.near(), end=d.near())
        else:
            dates = {"reply_by": d.near(), "start": d.near(), "end": d.near()}
            d.add("observer-invitation", held.party, ("invites", held), to=d.others(held.party), **dates)


def incident(d: Draft) -> None:
    party, name = d.who(), d.pick(("incident", "incident", "near-miss"))
    relates = d.maybe("concerns", "incident", "near-miss") if d.dice.chance(30) else []
    d.speak(name, party, *relates, to=d.others(party), aware=d.near())


def notify(d: Draft) -> None:
    for thread in d.last("incident"):
        party = d.pick((thread.party, d.who()))
        d.speak("incident-notification", party, ("concerns", thread), to=d.others(party))


def ask(d: Draft) -> None:
    party = d.who()
    dates = {"reply_by": d.near()} if d.dice.chance(60) else {}
    d.add("clarification-request", party, *d.maybe("concerns"), to=d.others(party), **dates)


def answer(d: Draft) -> None:
    for asked in d.last("clarification-request"):
        d.speak("clarification-response", d.asked(asked), ("answers", asked))


def test_line(d: Draft) -> None:
    party = d.who()
    d.speak("line-test", party, to=d.others(party), sent=d.near())


def hear(d: Draft) -> None:
    for test in d.last("line-test") if d.dice.chance(60) else []:
        d.add("line-test-acknowledgement", d.asked(test), ("acknowledges", test))


def receive(d: Draft) -> None:
    for heard in d.last():
        d.add("acknowledgement", d.asked(heard), ("acknowledges", heard), received=d.near())


def convene(d: Draft) -> None:
    d.add("convening", d.who(), *d.maybe("concerns"), scheduled=d.near())


def mediate(d: Draft) -> None:
    party = d.who()
    d.add("mediation-request", party, *d.maybe("concerns"), to=d.others(party), reply_by=d.near())


def disclose_incident(d: Draft) -> None:
    for thread in d.last("incident"):
        d.add("incident-disclosure", d.who(), ("concerns", thread), *d.maybe("follows", "mediation-request"))


def conclude(d: Draft) -> None:
    if relates := d.maybe("concludes", "mediation-request"):
        first = d.who()
        between = sorted({first, d.pick([state for state in STATES if state != first])})
        until = {"open_until": d.near() + 2 * d.unit} if d.dice.chance(30) else {}
        d.named("mediation-outcome", "QM", *relates, between=between, **until)


def assess(d: Draft) -> None:
    if relates := d.maybe("assesses", "clarification-response"):
        d.named("response-assessment", d.who(), *relates)


def calendar(d: Draft) -> None:
    d.add("drill-calendar", d.who())


def inventory(d: Draft) -> None:
    first, second = d.near(), d.near()
    seals = [
        ("/body/items/0", first),
        ("/body/items/1", d.pick((first, second))),
        ("/body/items/2", d.pick((second, None))),
    ]
    event = d.add("inventory", d.who(), sealed=seals[: d.pick((1, 2, 3))], as_of=d.near())
    d.shut.update({(event.record, pointer): d.pick(((True, None), (False, None))) for pointer, _ in event.sealed})


def open_seals(d: Draft) -> None:
    shut = [e for e in d.some() if e.sealed]
    if shut:
        event = d.pick(shut[-4:])
        rows = [[pointer, *d.shut[event.record, pointer]] for pointer, _ in event.sealed if d.dice.chance(65)]
        if rows:
            d.add("disclosure", event.party, ("discloses", event), opened=rows)


def retract(d: Draft) -> None:
    own = [e for e in d.some() if e.type not in ("accession", "charter")]
    if own:
        event = d.pick(own[-8:])
        d.add("retraction", event.party, ("retracts", event))


def pledge(d: Draft) -> None:
    party = d.who()
    d.add("pledge", party, to=d.pick(((), (), d.others(party))), rules=d.rules(3))


def joint_text(d: Draft) -> None:
    party = d.who()
    until = {name: d.near() + 6 * d.unit for name in ("open_until", "expires") if d.dice.chance(25)}
    d.add(
        "joint-text",
        party,
        to=d.pick(((), (), (), d.others(party))),
        rules=d.rules(3),
        adherents=d.pick((1, 1, 2)),
        required=d.pick(([], [], ["XB"])),
        open_to=d.pick(([], [], ["XA", "XB"])),
        **until,
    )


def amend(d: Draft) -> None:
    text = {"rules": d.rules(3)} if d.dice.chance(85) else {}
    d.add("amendment", d.who(), ("amends", d.scene.events[0]), **text)


def adhere(d: Draft) -> None:
    for text in d.last("joint-text", "amendment", "mediation-outcome"):
        for _ in range(d.pick((1, 1, 2, 3))):
            party = (
                d.pick(text.fields["between"]) if text.type == "mediation-outcome" and d.dice.chance(80) else d.who()
            )
            d.add("adherence", party, ("adheres", text), subject_to_approval=d.dice.chance(10))


def withdraw(d: Draft) -> None:
    joined = d.some("accession", "adherence", "pledge")
    if joined:
        target = d.pick(joined[-5:])
        name = "pledge-withdrawal" if target.type == "pledge" else "withdrawal"
        given = [e for e in d.some(name) if ("withdraws", target.record) in e.relates]
        given = [e for e in given if e.fields["action"] == "give-notice"]
        if given and d.dice.chance(60):
            relates = (("withdraws", target), ("cancels", d.pick(given)))
            d.add(name, target.party, *relates, action="cancel-notice")
        else:
            later = {"effective": d.near() + d.unit} if d.dice.chance(30) else {}
            d.add(name, target.party, ("withdraws", target), action="give-notice", **later)


def change_keys(d: Draft) -> None:
    party = d.who()
    own = d.some(by=party)
    since = d.pick([None, *[e.record for e in own[-5:]]])
    confirmed = [e.id for e in own[-6:] if d.dice.chance(30)]
    revoked = [[d.pick(KEYS[party]), since]] if d.dice.chance(70) else []
    d.add("key-change", party, action="revoke", revoked=revoked, confirmed=sorted(confirmed))


def say_of_it(d: Draft) -> None:
    name = d.pick(("waiver", "waiver", "waiver", "objection", "plea", "reply", "observation", "observation"))
    if name == "observation":
        kind = d.pick(("refused-statement", "refused-statement", "refused-statement", "measure"))
        d.named(name, d.pick(("QN", "QS", "QN", "QS", d.who())), kind=kind, moment=d.near() - d.unit)
    else:
        d.named(name, d.who())


Action = Callable[[Draft], None]
THEMES: Mapping[str, Sequence[Action]] = {
    "drills": (announce, announce, change, change, change, change, cancel, cancel, report, watch, receive),
    "queries": (ask, ask, answer, answer, receive, convene),
    "incidents": (incident, notify, notify, announce, convene),
    "mediation": (incident, mediate, disclose_incident, conclude, adhere, ask),
    "lines": (test_line, hear, hear, receive),
    "seals": (inventory, announce, open_seals, open_seals),
    "texts": (pledge, joint_text, amend, adhere, adhere, withdraw, withdraw),
}
ALWAYS: Sequence[Action] = (retract, change_keys, say_of_it, say_of_it, say_of_it, assess, calendar)
REHEARSED: Sequence[Action] = (
    *(
        incident,
        notify,
        notify,
        ask,
        ask,
        ask,
        answer,
        answer,
        answer,
        test_line,
        hear,
        hear,
        receive,
        convene,
        convene,
    ),
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
def logs(draw: st.DrawFn, most: int = 32, honest: bool = False) -> Log:
    """Logs that shrink to small ones. See `build`."""
    return build(Dice(draw), most, honest)


def long_logs(most: int = 40, honest: bool = False) -> st.SearchStrategy[Log]:
    """Longer logs, of more even chance: what fails does not shrink. See `build`."""
    return st.integers(0, 2**32 - 1).map(lambda seed: build(Loaded(seed), most, honest))


def build(dice: Dice, most: int, honest: bool = False) -> Log:
    """A log of at most about `most` records, with three moments to judge it at, rising.

    `honest`: its intervals are such as witnesses make that sign every checkpoint, and its charter's terms never change.
    Otherwise intervals are any.
    """
    unit, epoch = dice.pick((HOUR, HOUR, 6 * HOUR, DAY, 30 * DAY)), parse_utc(dice.pick(EPOCHS))
    d = Draft(dice, unit, epoch, Scene(_terms(dice, unit)), now=epoch, honest=honest)
    d.crooked = not honest and dice.chance(12)
    d.themes = tuple(sorted({dice.pick([*sorted(THEMES), "drills", "drills"]) for _ in range(dice.pick((1, 2, 2, 3)))}))
    d.add("charter", "DD", rules=d.rules(6))
    for party in STATES if dice.chance(75) else STATES[:2]:
        d.add("accession", party)
    for _ in range(dice.number(most // 4, most)):
        _speak(d)
    if len(d.some("accession")) == 2:
        d.add("accession", "XC")
        d.add("clarification-request", "XA")
    if dice.chance(15) and not honest:
        d.scene.amended[dice.number(1, len(d.scene.events))] = _terms(dice, unit)
    for _ in range(dice.pick((0, 0, 0, 1))):
        d.scene.times[len(d.scene.events) - 1] = d.scene.times[len(d.scene.events) - 1]._replace(
            after=None, before=None
        )
    newest = max(d.now, *(time.before for time in d.scene.times.values() if time.before is not None))
    d.scene.beats.add(newest + dice.pick((0, 1, 3, 30)) * unit + dice.pick((0, 1)))
    name_obligations(d)
    moments = d.scene.case().moments
    asked = sorted(dice.pick(moments) + dice.pick((0, 0, 1)) for _ in range(2))
    drills = {e.exercise for e in d.scene.events if e.exercise}
    return Log(d.scene, (*asked, moments[-1]), tuple(sorted(drills)))


def _speak(d: Draft) -> None:
    """One thing said, perhaps within a drill."""
    rehearsals = d.some("drill-announcement")
    d.mark = d.pick(rehearsals[:2]) if rehearsals and d.dice.chance(20) else None
    topical = THEMES[d.pick(d.themes)]
    among = REHEARSED if d.mark else d.pick((topical, topical, topical, topical, ALWAYS, REHEARSED, THEMES["texts"]))
    d.pick(among)(d)
    d.mark = None


def name_obligations(d: Draft) -> None:
    """Let those who speak of obligations speak of such as there are: a waiver, of one that is owed to its author."""
    case = d.scene.case()
    owed = [
        row
        for world in {None, *(e.exercise for e in case.events)}
        for row in naive.judge(case, case.moments[-1], world)
    ]
    owed.sort(key=lambda row: row.id)
    for event, seeds in d.naming:
        fits = [row.id for row in owed if event.type != "waiver" or event.party in row.creditors] or ["ab" * 32]
        event.fields["obligations"].extend(sorted({fits[seed % len(fits)] for seed in seeds}))
