"""A rule in words: one sentence for each of its members, made from the rule alone, in any language that has phrases.

All that a rule says is told, and nothing that it does not say: whether it was kept is conformance. The phrases are the
section `rules` of the labels. Source: docs/VOCABULARY.md, "Rules", and docs/CONFORMANCE.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from verifier.formats import times
from verifier.vocabulary import Vocabulary, load
from verifier.vocabulary.naming import Naming
from verifier.vocabulary.rules import DUE, WITNESSED
from verifier.vocabulary.wording import fill

Rule = Mapping[str, Any]


def sentences(
    rule: Rule,
    *,
    language: str = "en",
    names: Mapping[str, str] | None = None,
    above: Mapping[str, Rule] | None = None,
    vocabulary: Vocabulary | None = None,
) -> list[str]:
    """A rule that `check_rules` lets pass, in words: a sentence an item, in the order in which one would tell it.

    `language`: a BCP 47 tag; English where it has no file. `names`: participant code -> name, for values that are codes.
    `above`: rule id -> rule, of the same text: an overdue rule then also says what the rule asks for that it names.
    Values are the author's text: what cannot be seen is written as its code point, all else is for the caller to escape.
    """
    naming = Naming(language, vocabulary or load(), names)
    return list(_Telling(rule, naming, above or {}).all())


class _Telling:
    """One rule being told in one language."""

    def __init__(self, rule: Rule, naming: Naming, above: Mapping[str, Rule]) -> None:
        self.rule = rule
        self.naming = naming
        self.above = above

    def all(self) -> Iterator[str]:
        """The rule's sentences, its id and kind first."""
        kind = self.rule["kind"]
        yield self.say("kind", kind, rule=self.naming.quoted(self.rule["id"]))
        yield from _KINDS[kind](self)

    def say(self, *path: str, **values: str) -> str:
        """The phrase at this place of the section `rules`, with the values put in."""
        phrase: Any = self.naming.words["rules"]
        for name in path:
            phrase = phrase[name]
        return fill(phrase, values)

    def select(self, part: str, selector: Mapping[str, Any]) -> Iterator[str]:
        """Which statements are meant: their type, and each field that narrows them down."""
        kind = selector["type"]
        yield self.say(part, "type", type=self.naming.type(kind))
        for field, values in selector.get("where", {}).items():
            verb = "includes" if self.naming.is_list(kind, field) else "is"
            shown = self.naming.values(kind, field, values)
            yield self.say(part, verb, field=self.naming.field(field), values=shown)

    def deadline(self) -> Iterator[str]:
        """When the clock starts, who owes what, and until when."""
        rule = self.rule
        yield from self.select("on", rule["on"]) if "type" in rule["on"] else self.overdue(rule["on"]["overdue"])
        yield self.say("owed", rule["by"])
        yield from self.expected()
        yield self.in_time()

    def overdue(self, named: str) -> Iterator[str]:
        """Which rule's silence starts the clock, what that rule asks for, and where it starts itself."""
        quoted = self.naming.quoted(named)
        yield self.say("on", "overdue", rule=quoted)
        asked = _asked(self.above.get(named, {}))
        if asked is not None:
            yield self.say("on", "asked", rule=quoted, type=self.naming.type(asked))
        if self.rule["by"] in ("author", "addressees") or "rel" in self.rule["expect"]:
            yield self.say("on", "root", rule=quoted)

    def expected(self) -> Iterator[str]:
        """What discharges, and how it is related to what started the clock."""
        expect = self.rule["expect"]
        if "self" in expect:
            yield self.say("expect", "self")
            return
        yield from self.select("expect", expect)
        if "rel" in expect:
            came_first = "before" in self.rule and self.rule.get("anchor") == WITNESSED  # as check_rules reads it
            yield self.say("expect", "rel_before" if came_first else "rel", rel=self.naming.relation(expect["rel"]))

    def in_time(self) -> str:
        """Until when: so long before, or after, the moment that the rule counts from."""
        rule, anchor = self.rule, self.rule["anchor"]
        member = "within" if "within" in rule else "before"
        duration = rule[member]
        if member == "before" and times.parse_duration(duration) == 0:
            member = "by"
        named = anchor in self.naming.words["rules"][member] and (anchor != DUE or "overdue" in rule["on"])
        moment = anchor if named else "field"
        return self.say(member, moment, field=self.naming.field(anchor), duration=self.naming.duration(duration))

    def recurrence(self) -> Iterator[str]:
        """Who owes what, and how often."""
        yield self.say("owed", self.rule["by"])
        yield from self.expected()
        if "every" in self.rule:
            yield self.say("every", duration=self.naming.duration(self.rule["every"]))
        else:
            yield self.say("yearly", date=self.naming.day(self.rule["yearly"]))

    def limit(self) -> Iterator[str]:
        """For whom, what is counted at which moment, and how many there may be."""
        rule = self.rule
        if "on" in rule:
            yield from self.select("on", rule["on"])
        yield self.say("holds", rule["by"])
        yield from self.select("of", rule["of"])
        if rule.get("anchor") == WITNESSED:
            yield self.say("of", "witnessed")
        elif "anchor" in rule:
            yield self.say("of", "field", field=self.naming.field(rule["anchor"]))
        yield self.at_most()

    def at_most(self) -> str:
        """How many: ever, in any period, in a season, or for a while after something."""
        rule = self.rule
        values = {"most": str(rule["most"])}
        scope = next((name for name in ("in", "season", "within") if name in rule), "ever")
        if scope == "season":
            values |= {end: self.naming.day(rule["season"][end]) for end in ("first", "last")}
        elif scope != "ever":
            values["duration"] = self.naming.duration(rule[scope])
        return self.say("none" if rule["most"] == 0 else "most", scope, **values)

    def abstention(self) -> Iterator[str]:
        """From what whom the rule binds refrains: the norm, and the sectors that it covers."""
        yield self.say("holds", self.rule["by"])
        yield self.say("norm", **self.naming.norm(self.rule["norm"]))
        if self.rule.get("sectors"):
            yield self.say("sectors", sectors=self.naming.sectors(self.rule["sectors"]))
        elif "sectors" in self.rule:
            yield self.say("sectors_none")


_KINDS: Mapping[str, Callable[[_Telling], Iterator[str]]] = {
    "deadline": _Telling.deadline,
    "recurrence": _Telling.recurrence,
    "limit": _Telling.limit,
    "abstention": _Telling.abstention,
}


def _asked(named: Rule) -> str | None:
    """The type of statement that a rule asks for; None where the rule is not at hand."""
    expect = named.get("expect", {})
    found = named["on"].get("type") if "self" in expect else expect.get("type")
    return str(found) if found else None
