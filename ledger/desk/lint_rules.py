"""Lint of rules before they bind: what each says in words, and what the log so far would have made of them.

A text that holds rules is judged as if it had bound from the beginning those whom it may bind. Nobody is judged by it: it
shows the author what the rules would have asked of announcements already made. Source: docs/CONFORMANCE.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ledger.desk.findings import NOTE, WARNING, Finding, from_fault
from ledger.desk.lint_time import spoken
from ledger.desk.reading import Names
from ledger.desk.schemas import resolved
from verifier import vocabulary
from verifier.conformance.case import Case, Event
from verifier.conformance.facts import facts
from verifier.conformance.judge import judge
from verifier.conformance.report import EXCEEDED, LATE, OVERDUE, Obligation
from verifier.errors import Fault
from verifier.formats.times import format_utc, parse_duration
from verifier.statement import Statement
from verifier.vocabulary.rendering import sentences
from verifier.vocabulary.wording import nearest
from verifier.witnessed import Interval

Rule = Mapping[str, Any]
MOST_EXAMPLES = 6
WORDS = "lint.rule-words"
_WORST = (EXCEEDED, OVERDUE, LATE)
_UNDATED = -(10**6)
"""Records below it stand for statements that are only supposed."""


class Rules(NamedTuple):
    """The rules that a draft holds, and the pointer to their list."""

    rows: Sequence[Rule]
    pointer: str


def rules_of(said: Statement) -> Rules | None:
    """The rules of a draft: its own, or those that it puts in the place of a charter's; None if it holds none."""
    changes = said.body.get("changes")
    pointer = "/body/rules"
    rows = said.body.get("rules")
    if rows is None and isinstance(changes, dict):
        rows, pointer = changes.get("rules"), "/body/changes/rules"
    return Rules(rows, pointer) if isinstance(rows, list) and rows else None


def check(said: Statement) -> list[Finding]:
    """Each rule in words, in every language of the draft; nothing where the draft's form is refused already. An amendment's
    rules, which its form does not judge, are refused here with the code of admission and audit (`rule.…`)."""
    held = rules_of(said)
    kind = vocabulary.load().types.get(said.type)
    if held is None or kind is None:
        return []
    try:
        kind.validate(said.body, said.sealed_pointers)
    except Fault:
        return []  # lint's room of forms tells of it
    try:
        vocabulary.check_rules(held.rows, vocabulary.load(), where=held.pointer)
    except Fault as fault:
        return from_fault(fault)
    return list(_words(said, held))


def _words(said: Statement, held: Rules) -> Iterator[Finding]:
    for language in languages(said):
        above: dict[str, Rule] = {}
        for n, rule in enumerate(held.rows):
            told = " ".join(sentences(rule, language=language, above=above))
            yield Finding(WORDS, NOTE, f"{held.pointer}/{n}", f"({language}) {told}")
            above[rule["id"]] = rule


def languages(said: Statement) -> list[str]:
    """The languages of a draft for which rules have words: its own, and those of its texts."""
    held = vocabulary.load()
    kind = held.types.get(said.type)
    found = {said.language}
    for name, schema in kind.schema["properties"].items() if kind else ():
        value = said.body.get(name)
        if isinstance(value, dict) and "propertyNames" in resolved(schema, held.definitions):
            found |= value.keys()
    return sorted({nearest(tag) for tag in found if nearest(tag) != "en" or tag.partition("-")[0] == "en"}) or ["en"]


# What the log so far would have made of them.


def judged(said: Statement, case: Case) -> list[Finding]:
    """The counts by status, and the worst examples, of what a sound draft's rules would have made of a log (as of the newest
    moment that a quorum has dated)."""
    held = rules_of(said)
    if held is None or not case.moments or not case.events:
        return []
    supposed, assumption = _supposed(said, held, case)
    found = [one for one in judge(supposed, case.moments[-1]) if one.source == said.id]
    counts = Counter(one.status for one in found)
    told = ", ".join(f"{counts[status]} {status}" for status in sorted(counts)) or "none"
    total = f"{len(found)} obligations: {told}" if found else "no obligation"
    as_of = format_utc(case.moments[-1])
    sentence = f"Judged by the log as witnessed up to {as_of}, {assumption}: {total}."
    places = {rule["id"]: f"{held.pointer}/{n}" for n, rule in enumerate(held.rows)}
    telling = _Telling(said, held, {event.id: event for event in case.events}, {one.id: one for one in found}, case)
    worst = sorted(
        (one for one in found if one.status in _WORST), key=lambda one: (_WORST.index(one.status), -(one.due or 0))
    )
    examples = [Finding("lint.rule-broken", WARNING, places[one.rule], telling.sentence(one)) for one in worst]
    return [Finding("lint.rules-judged", NOTE, held.pointer, sentence), *examples[:MOST_EXAMPLES]]


def _supposed(said: Statement, held: Rules, case: Case) -> tuple[Case, str]:
    """The case in which the draft has bound from the beginning, and what was supposed, in words."""
    if said.type in ("charter", "amendment"):
        return _chartered(said, held, case), "as if every state had been bound by these rules since its accession"
    joined = {e.party: e for e in case.events if e.type == "accession" and case.kinds.get(e.party) == "state"}
    text = _event(said)
    if "adherents" in said.body:
        bound = [joined[code] for code in said.body.get("open_to") or sorted(joined) if code in joined]
        bound.sort(key=lambda event: event.record)
        adhered = [_adherence(text, one, _UNDATED + 1 + n) for n, one in enumerate(bound)]
        dated = dict(zip((event.record for event in adhered), bound, strict=True))
        who = ", ".join(sorted(event.party for event in bound)) or "nobody"
        told = f"as if {who} had adhered to it on acceding to the charter"
        return _with(case, [text, *adhered], {text.record: case.events[0], **dated}), told
    since = joined.get(said.party, case.events[0])
    told = f"as if it had bound {said.party} since its accession in record {since.record}"
    return _with(case, [text], {text.record: since}), told


def _event(said: Statement) -> Event:
    """The draft as an event; what it relates to counts for nothing here."""
    held = vocabulary.load()
    read = facts(said, held.types[said.type], held.definitions)
    return Event(_UNDATED, said.id, said.type, said.party, said.addressees, (), None, (), read.fields, read.sealed)


def _adherence(text: Event, joined: Event, record: int) -> Event:
    fields = {"digest": text.id, "subject_to_approval": False}
    identity = f"{record - _UNDATED:064x}"
    return Event(record, identity, "adherence", joined.party, (), (("adheres", text.record),), None, (), fields, ())


def _with(case: Case, events: Sequence[Event], dated: Mapping[int, Event]) -> Case:
    """The case with events before all others. `dated`: record -> the event whose witnessed time it has."""

    def interval(record: int) -> Interval:
        return Interval(None, case.interval(dated[record].record).before) if record in dated else case.interval(record)

    def narrowed(record: int) -> int | None:
        return None if record in dated else case.narrowed(record)

    return replace(case, events=[*events, *case.events], interval=interval, narrowed=narrowed)


def _chartered(said: Statement, held: Rules, case: Case) -> Case:
    """The case in which the charter has had these rules always, and no amendment other ones."""
    return replace(case, events=[_ruled(event, said, held) for event in case.events])


def _ruled(event: Event, said: Statement, held: Rules) -> Event:
    if event.type == "charter":
        return event._replace(id=said.id, fields={**event.fields, "rules": list(held.rows)})
    if event.type == "amendment":
        return event._replace(fields={name: value for name, value in event.fields.items() if name != "rules"})
    return event


class _Telling(NamedTuple):
    """Sentences on obligations that a draft's rules would have made. `events`: by id; `known`: the obligations, by id."""

    said: Statement
    held: Rules
    events: Mapping[str, Event]
    known: Mapping[str, Obligation]
    case: Case

    def sentence(self, one: Obligation) -> str:
        """What would have been amiss, where, and by how much."""
        rule = next(rule for rule in self.held.rows if rule["id"] == one.rule)
        who, whose = ("you", "your") if one.debtor == self.said.party else (one.debtor, f"{one.debtor}'s")
        trigger = self.events.get(one.trigger or "")
        due = format_utc(one.due) if one.due is not None else "no date"
        if trigger is not None and one.status == EXCEEDED:
            most = f"at most {rule['most']}{_span(rule)}"
            told = f"{whose} {self._called(trigger)} would be too many: {most}"
        elif trigger is not None and "self" in rule.get("expect", {}):
            told = f"{whose} {self._called(trigger)} would be late: {self._notice(rule, one, trigger)}"
        elif one.status == LATE:
            by = self.events.get(one.discharged_by or "")
            came = f"; it came in record {by.record}" if by is not None else ""
            told = f"{whose} {self._wanted(rule, one, trigger)} would be late: due {due}{came}"
        elif one.status == EXCEEDED:
            told = f"{who} would have said too much: at most {rule['most']}{_span(rule)}"
        else:
            told = f"{who} would owe {self._wanted(rule, one, trigger)}: overdue since {due}"
        return f"Under rule {one.rule}, {told}."

    def _wanted(self, rule: Rule, one: Obligation, trigger: Event | None) -> str:
        """What the rule asks for, and after what."""
        wanted = Names().type(rule["expect"]["type"]).lower()
        about = f" after {self._whose(trigger)} {self._called(trigger)}" if trigger is not None else self._missed(one)
        return f'"{wanted}"{about}'

    def _called(self, event: Event) -> str:
        return f'"{Names().type(event.type).lower()}" in record {event.record}'

    def _whose(self, event: Event) -> str:
        return "your" if event.party == self.said.party else f"{event.party}'s"

    def _missed(self, one: Obligation) -> str:
        """What started it, where that is no statement: a period, or the silence under another rule."""
        before = self.known.get(one.trigger or "")
        if before is not None:
            return f" after the silence under rule {before.rule}"
        period = one.period or {}
        toward = f" to {period['toward']}" if "toward" in period else ""
        return f"{toward} from {period['from']} to {period['to']}" if "from" in period else toward

    def _notice(self, rule: Rule, one: Obligation, trigger: Event) -> str:
        """How long before its date the statement came, and how long before was asked for."""
        needed = parse_duration(rule["before"]) if "before" in rule else -parse_duration(rule["within"])
        public = self.case.interval(trigger.record).before
        assert public is not None  # it was judged
        assert one.due is not None
        given = one.due + needed - public
        told = f"{spoken(given)} of notice" if given > 0 else "no notice at all"
        return f"{told}, {spoken(needed)} required"


def _span(rule: Rule) -> str:
    for name, told in (("in", "in any {}"), ("within", "within {}")):
        if name in rule:
            return " " + told.format(spoken(parse_duration(rule[name])))
    return ""
