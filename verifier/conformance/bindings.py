"""Who is bound by which rules, and when: the charter and its amendments, pledges, joint texts; accession, withdrawal.

Source: docs/CONFORMANCE.md, section "Who is bound, and when".
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from verifier.conformance.case import Case
from verifier.conformance.texts import Dated, Texts, date
from verifier.formats.times import format_utc

_FOREVER = 2**62


class Span(NamedTuple):
    """A time in which a source binds a party: [start, end) in seconds; `began`: the record with which it began.

    `until`: of one that another supersedes, the record with which that one began; -1 otherwise.
    """

    start: int
    began: int
    end: int
    until: int = -1

    def as_json(self) -> dict[str, str | None]:
        """The span as {from, to}; `to` None: no end is known."""
        return {"from": format_utc(self.start), "to": None if self.end == _FOREVER else format_utc(self.end)}

    def holds(self, event: Dated) -> bool:
        """Whether an event lies in it."""
        if event.record <= self.began or event.before < self.start:
            return False
        return event.before < self.end or (event.before == self.end and event.record <= self.until)


class Source(NamedTuple):
    """A text that holds rules. `said`: its statement. `bound`: party -> its spans. `all_parties`: whether it concerns every
    state bound by the charter rather than those bound by itself."""

    said: Dated
    rules: Sequence[Mapping[str, Any]]
    bound: Mapping[str, Sequence[Span]]
    all_parties: bool

    @property
    def id(self) -> str:
        """Its statement id."""
        return self.said.id

    def binds(self, party: str, event: Dated) -> bool:
        """Whether it binds a party at an event."""
        return any([span.holds(event) for span in self.bound.get(party, ())])

    def binds_at(self, party: str, moment: int) -> bool:
        """Whether it binds a party at a moment."""
        return any(span.start <= moment < span.end for span in self.bound.get(party, ()))


class Steps(NamedTuple):
    """Sets of codes over time: `codes[0]` before the first of `cuts`, then one set after each."""

    cuts: Sequence[int]
    codes: Sequence[tuple[str, ...]]

    def at(self, moment: int) -> tuple[str, ...]:
        """The set at a moment."""
        return self.codes[bisect_right(self.cuts, moment)]


class Bindings:
    """All sources of rules, and who is party to what."""

    def __init__(self, case: Case, texts: Texts) -> None:
        self._case = case
        self._texts = texts
        self._by_type: dict[str, list[Dated]] = defaultdict(list)
        for event in texts.real:
            self._by_type[event.type].append(event)
        self.members = {code: spans for code, spans in self._accessions() if spans}
        """State -> when it was bound by the charter, in any version."""
        self.sources: tuple[Source, ...] = (*self._charters(), *self._pledges(), *self._joint_texts())
        self._circles = {source.id: _steps(self.circle_spans(source)) for source in self.sources}
        self._states = _steps(self.members)
        self._others: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}

    def circle(self, source: Source, moment: int) -> tuple[str, ...]:
        """Those whom a source concerns at a moment: its addressees, or all bound by the charter, or all that it binds."""
        return self._circles[source.id].at(moment)

    def states(self, moment: int) -> tuple[str, ...]:
        """The states bound by the charter, in any version, at a moment."""
        return self._states.at(moment)

    def others(self, source: Source, moment: int, debtor: str) -> tuple[str, ...]:
        """The circle without the debtor."""
        circle = self.circle(source, moment)
        key = (circle, debtor)
        found = self._others.get(key)
        if found is None:
            found = self._others[key] = tuple(code for code in circle if code != debtor)
        return found

    def circle_spans(self, source: Source) -> Mapping[str, Sequence[Span]]:
        """The circle over time: code -> spans."""
        if source.said.addressees:
            return {code: (Span(-1, source.said.record, _FOREVER),) for code in source.said.addressees}
        return self.members if source.all_parties else source.bound

    # The charter.

    def _accessions(self) -> Iterator[tuple[str, list[Span]]]:
        for joined in self._by_type["accession"]:
            if self._case.kinds.get(joined.party) == "state":
                yield joined.party, _spans(Span(joined.before, joined.record, self._left(joined)))

    def _charters(self) -> Iterator[Source]:
        """The charter, and each amendment with rules as a source of its own, with the states that each binds."""
        charters = self._by_type["charter"][:1]
        if not charters:
            return
        versions = [(charters[0], charters[0]), *self._amendments()]
        bound: list[dict[str, list[Span]]] = [defaultdict(list) for _ in versions]
        for state, spans in self.members.items():
            for span in spans:
                for n, part in self._accepted(state, span, versions):
                    bound[n][state] += _spans(part)
        for (said, _), parties in zip(versions, bound, strict=True):
            yield Source(said, said.fields.get("rules", ()), parties, all_parties=True)

    def _amendments(self) -> list[tuple[Dated, Dated]]:
        """Those with rules that are in force: (amendment, the adherence that decided), in the order of the latter."""
        found = []
        for amendment in self._by_type["amendment"]:
            adhered: set[str] = set()
            for adherence in self._adherences(amendment):
                if self._case.kinds.get(adherence.party) == "state":
                    adhered.add(adherence.party)
                if len(adhered) >= self._case.terms(adherence.record).amendment_adherents:
                    found.append((amendment, adherence))
                    break
        found.sort(key=lambda pair: pair[1].record)
        return [pair for pair in found if "rules" in pair[0].fields]

    def _accepted(self, state: str, span: Span, versions: Sequence[tuple[Dated, Dated]]) -> Iterator[tuple[int, Span]]:
        """The parts of a state's membership, each with the number of the version that it had accepted."""
        current, start, began = 0, span.start, span.began
        for n, (_, decided) in enumerate(versions[1:], 1):
            if decided.record < span.began:
                current = n
        turns = []
        for n, (amendment, decided) in enumerate(versions[1:], 1):
            own = next((a for a in self._adherences(amendment) if a.party == state and a.record > span.began), None)
            if own is not None and n > current:
                turns.append(((max(decided.before, own.before), max(decided.record, own.record)), n))
        for (moment, record), n in sorted(turns):
            if n <= current:
                continue
            if moment < span.end:
                yield current, Span(start, began, moment, until=record)
                current, start, began = n, moment, record
        yield current, Span(start, began, span.end)

    # Pledges and joint texts.

    def _pledges(self) -> Iterator[Source]:
        for pledge in self._by_type["pledge"]:
            spans = _spans(Span(pledge.before, pledge.record, self._left(pledge)))
            bound = {pledge.party: spans} if spans else {}
            yield Source(pledge, pledge.fields.get("rules", ()), bound, all_parties=True)

    def _joint_texts(self) -> Iterator[Source]:
        for text in self._by_type["joint-text"]:
            yield Source(text, text.fields.get("rules", ()), self._adhered(text), all_parties=False)

    def _adhered(self, text: Dated) -> Mapping[str, Sequence[Span]]:
        """Party -> its spans under a joint text; empty while it is not in force."""
        open_to, until = text.fields.get("open_to", ()), date(text.fields, "open_until")
        counted = [
            adherence
            for adherence in self._adherences(text)
            if (not open_to or adherence.party in open_to)
            and (until is None or adherence.before <= until)
            and self._case.kinds.get(adherence.party) == "state"
        ]
        force = _entry_into_force(counted, text.fields.get("adherents", 1), frozenset(text.fields.get("required", ())))
        if force is None:
            return {}
        expires = date(text.fields, "expires")
        found: dict[str, list[Span]] = defaultdict(list)
        for adherence in counted:
            start, began = max(force.before, adherence.before), max(force.record, adherence.record)
            end = min(self._left(adherence), _FOREVER if expires is None else expires)
            if found[adherence.party]:
                start = max(start, found[adherence.party][-1].end)
            if start < end:
                found[adherence.party].append(Span(start, began, end))
        return found

    def _adherences(self, text: Dated) -> list[Dated]:
        """The adherences to a text that bind: those not subject to approval."""
        return [a for a in self._texts.effects("adheres", text.record) if not a.fields.get("subject_to_approval")]

    # Leaving.

    def _left(self, entered: Dated) -> int:
        """When the binding that began with an accession, an adherence or a pledge ends, in seconds."""
        end: int | None = None
        floor, final, notice = 0, False, -1
        for said in self._notices(entered):
            if said.fields.get("action") == "cancel-notice":
                cancels = any(rel == "cancels" and target == notice for rel, target in said.relates)
                if end is not None and not final and cancels and said.before < end:
                    floor = end
                    end = None
            elif end is None and not self._texts.contested(said):
                final, notice = said.type == "retraction", said.record
                waits = said.before + self._case.terms(said.record).withdrawal_notice
                end = max(waits, date(said.fields, "effective") or 0, floor)
        return _FOREVER if end is None else end

    def _notices(self, entered: Dated) -> Iterable[Dated]:
        """Notices of leaving and their cancellations, in order; the retraction of a pledge is a notice."""
        withdrawals = list(self._texts.effects("withdraws", entered.record))
        retractions = self._texts.effects("retracts", entered.record) if entered.type == "pledge" else ()
        return sorted([*withdrawals, *retractions], key=lambda event: event.record)


def _steps(among: Mapping[str, Sequence[Span]]) -> Steps:
    """Those whose spans hold a moment, over time."""
    cuts = sorted({moment for spans in among.values() for span in spans for moment in (span.start, span.end)})
    sets = [
        tuple(sorted(code for code, spans in among.items() if any(s.start <= at < s.end for s in spans)))
        for at in (-2, *cuts)
    ]
    return Steps(cuts, sets)


def _spans(span: Span) -> list[Span]:
    """The span, unless nothing lies in it."""
    return [span] if span.start < span.end or span.until > span.began else []


def _entry_into_force(adherences: Sequence[Dated], least: int, required: frozenset[str]) -> Dated | None:
    """The adherence that brings a text into force; None while there is none."""
    adhered: set[str] = set()
    for adherence in adherences:
        adhered.add(adherence.party)
        if len(adhered) >= least and required <= adhered:
            return adherence
    return None
