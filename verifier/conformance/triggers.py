"""Where a deadline looks: which rules an event of a type may trigger, and which events may discharge.

Built once a judgement, so that each event meets only the rules that can concern it. Source: docs/CONFORMANCE.md, "Deadlines".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from verifier.conformance.bindings import Source
from verifier.conformance.texts import Dated, Texts

Rule = Mapping[str, Any]


class Candidates:
    """Events that may discharge, by what they are related to; and events of a type and party, in order."""

    def __init__(self, texts: Texts, sources: Iterable[Source]) -> None:
        wanted: set[tuple[str, str]] = set()
        alone: set[str] = set()
        for source in sources:
            for rule in source.rules:
                selector = rule.get("expect") or rule.get("of")
                if selector is None or "self" in selector:
                    continue
                if rule["kind"] == "deadline" and "rel" in selector:
                    wanted.add((selector["type"], selector["rel"]))
                else:
                    alone.add(selector["type"])
        self._related: dict[tuple[str, str, int], list[Dated]] = defaultdict(list)
        self._of_party: dict[tuple[str, str], list[Dated]] = defaultdict(list)
        types = {kind for kind, _ in wanted}
        for event in texts.acts:
            if event.type in types:
                for rel, target in event.relates:
                    for place in {target, texts.root(target)} if (event.type, rel) in wanted else ():
                        self._related[event.type, rel, place].append(event)
            if event.type in alone:
                self._of_party[event.type, event.party].append(event)
        for row in self._of_party.values():
            row.sort(key=lambda event: event.order)

    def related(self, kind: str, rel: str, root: int) -> Sequence[Dated]:
        """The events of a type in relation `rel` to the statement in `root` or a change of it, in the order of the log."""
        return self._related.get((kind, rel, root), ())

    def of_party(self, kind: str, party: str) -> Sequence[Dated]:
        """The events of a type by a party, by witnessed time and record."""
        return self._of_party.get((kind, party), ())

    def since(self, kind: str, party: str, moment: int) -> Iterator[Dated]:
        """Those of them that were not surely public before a moment, in order."""
        events = self.of_party(kind, party)
        for at in range(bisect_left(events, moment, key=lambda event: event.before), len(events)):
            yield events[at]


class Rulebook:
    """The rules of one kind by the type that triggers them, and by the parties that may owe."""

    def __init__(self, sources: Iterable[Source], kind: str) -> None:
        self._entries: dict[tuple[str, str], dict[str, list[tuple[Source, Rule]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._bys: dict[str, set[str]] = defaultdict(set)
        self._rules: dict[str, list[tuple[Source, Rule]]] = defaultdict(list)
        for source in sources:
            for rule in source.rules:
                trigger = rule.get("on", {}).get("type")
                if rule["kind"] == kind and trigger is not None:
                    self._bys[trigger].add(rule["by"])
                    self._rules[trigger].append((source, rule))
                    for party in source.bound:
                        self._entries[trigger, rule["by"]][party].append((source, rule))

    def __contains__(self, kind: str) -> bool:
        return kind in self._bys

    def rules(self, kind: str) -> Iterator[tuple[Source, Rule]]:
        """The rules that an event of that type may trigger, whomever they bind."""
        return iter(self._rules[kind])

    def owed(self, event: Dated, states: Sequence[str]) -> Iterator[tuple[Source, Rule, str]]:
        """(source, rule, debtor) of every rule that an event may trigger; `states`: whom it is to, if it names nobody."""
        for by in self._bys[event.type]:
            entries = self._entries[event.type, by]
            for party in _selected(by, event, states, entries):
                for source, rule in entries.get(party, ()):
                    yield source, rule, party


def _selected(by: str, event: Dated, states: Sequence[str], entries: Mapping[str, Any]) -> Iterable[str]:
    if by == "author":
        return (event.party,)
    if by == "addressees":
        return event.addressees or [state for state in states if state != event.party]
    return list(entries)
