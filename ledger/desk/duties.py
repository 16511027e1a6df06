"""What one party owes and is owed as of a moment: the judgement's obligations, read for whoever must act on them.

A pure function of a case and a moment. What is expected, to whom and in which relation comes from the rule and the
vocabulary; no statement type is named here. The rows are JSON members, so that they can be carried to another machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.desk.duties_said import Reading
from verifier.conformance.case import Case
from verifier.conformance.judge import weigh
from verifier.conformance.report import OPEN, OVERDUE, UNDETERMINABLE, Obligation
from verifier.conformance.texts import Dated
from verifier.formats.times import format_utc
from verifier.vocabulary.rendering import sentences
from verifier.vocabulary.rules import OPENS, WITNESSED

Row = dict[str, Any]
NOTHING, LIMIT, TOO_LATE = "nothing", "limit", "too-late"
"""Why no statement answers an obligation: the log cannot see it, it asks to refrain, or it could only have come before."""
LISTS = ("owed", "owing", "acknowledge", "said")
_KEPT = ("rule", "kind", "source", "debtor", "creditors", "trigger", "period", "due", "status", "answers")


def duties(case: Case, asked: int, party: str, exercise: str | None = None, *, language: str = "en") -> Row:
    """What `party` has to do as of `asked` (seconds, UTC), in the real world or in the rehearsal of the drill `exercise`.

    Members: `as_of` (effective, None without a moment), `owed` and `owing` (what it owes, and is owed: soonest first),
    `acknowledge` (what waits for its acknowledgement), `said` (what was said of its conduct and has no reply yet),
    `settled` (its other obligations, in short), `statements` (what the rows name, by id). `language`: of the rules' sentences.
    """
    judgement = weigh(case, asked, exercise)
    if judgement is None:
        return {"as_of": None, **{name: [] for name in LISTS}, "settled": [], "statements": {}}
    reading = Reading(case, judgement, party)
    rows = _Rows(reading, asked, language)
    mine = [one for one in judgement.obligations if party in (one.debtor, *one.creditors)]
    owed = [rows.row(one) for one in mine if one.debtor == party and _is_owed(one)]
    owing = [rows.row(one) for one in mine if one.debtor != party and _is_owed(one)]
    found: Row = {
        "as_of": format_utc(judgement.texts.moment),
        "owed": sorted(owed, key=_soonest),
        "owing": sorted(owing, key=_soonest),
        "acknowledge": reading.unacknowledged({one["root"] for one in owed if one["kind"] == "deadline"}),
        "said": reading.unanswered(mine),
        "settled": [_settled(one, reading) for one in mine if not _is_owed(one)],
    }
    return {
        **found,
        "statements": {one: reading.statement(one) for one in sorted(_named(found)) if one in reading.by_id},
    }


def _named(found: Row) -> set[str]:
    """The statements that the rows are about."""
    rows = [*found["owed"], *found["owing"]]
    named = {one for row in rows for one in (row["root"], row["trigger"], row["pending"]) if one}
    return named | {row["statement"] for row in (*found["acknowledge"], *found["said"])}


def _is_owed(one: Obligation) -> bool:
    """Whether it still asks for something: it is open or overdue, or nobody can tell and nothing was done."""
    if one.status == UNDETERMINABLE:
        return one.due is not None and one.discharged_by is None and one.kind != "limit"
    return one.status in (OPEN, OVERDUE)


def _soonest(row: Row) -> tuple[str, str]:
    return row["due"] or "~", row["obligation"]


def _settled(one: Obligation, reading: Reading) -> Row:
    """An obligation that asks for nothing more, in short."""
    value, by, root = one.as_json(), reading.by_id.get(one.discharged_by or ""), reading.root(one)
    return {
        "obligation": one.id,
        "exercise": reading.texts.exercise,
        "root": root.id if root else None,
        "discharged": None
        if by is None
        else {"statement": by.id, "record": by.record, "before": format_utc(by.before)},
        **{name: value[name] for name in _KEPT},
    }


class _Rows:
    """Writes the rows of obligations that still ask for something."""

    def __init__(self, reading: Reading, asked: int, language: str) -> None:
        self._reading = reading
        self._asked = asked
        self._language = language
        self._sources = {source.id: source for source in reading.judgement.bindings.sources}
        self._words: dict[tuple[str, str], list[str]] = {}

    def row(self, one: Obligation) -> Row:
        """One obligation: what it asks for, by which rule, until when, and what of it is known already."""
        source = self._sources[one.source]
        rule = next(rule for rule in source.rules if rule["id"] == one.rule)
        root = self._reading.root(one)
        expected, why = self._expected(one, rule, root)
        return {
            "obligation": one.id,
            "kind": one.kind,
            "rule": {
                "id": one.rule,
                "source": one.source,
                "source_type": source.said.type,
                "source_party": source.said.party,
                "words": self._told(one, source.rules, rule),
            },
            "debtor": one.debtor,
            "creditors": list(one.creditors),
            "status": one.status,
            "due": None if one.due is None else format_utc(one.due),
            "seconds_left": None if one.due is None else one.due - self._asked,
            "trigger": one.trigger,
            "root": root.id if root else None,
            "period": None if one.period is None else dict(one.period),
            "expected": expected,
            "without_answer": why,
            "pending": self._reading.pending(one, expected, root) if expected else None,
            "answers": [dict(row) for row in one.answers],
            "exercise": self._reading.texts.exercise,
        }

    def _told(self, one: Obligation, rules: Any, rule: Mapping[str, Any]) -> list[str]:
        key = one.source, one.rule
        if key not in self._words:
            above = {other["id"]: other for other in rules}
            self._words[key] = sentences(rule, language=self._language, above=above)
        return self._words[key]

    def _expected(self, one: Obligation, rule: Mapping[str, Any], root: Dated | None) -> tuple[Row | None, str | None]:
        """The statement that would discharge it; or None, and why there is none."""
        expect = rule.get("expect")
        if expect is None:
            return (
                {"refrain": dict(rule["of"])} if one.kind == LIMIT else None
            ), LIMIT if one.kind == LIMIT else NOTHING
        if "self" in expect or ("before" in rule and rule.get("anchor") == WITNESSED):
            return None, TOO_LATE
        relates = [{"rel": expect["rel"], "statement": root.id}] if "rel" in expect and root is not None else []
        found: Row = {
            "type": expect["type"],
            "where": {name: list(values) for name, values in expect.get("where", {}).items()},
            "relates": relates,
            "to": list(self._addressees(one, rule, root)),
        }
        if rule.get("anchor") == OPENS and root is not None and one.due is not None:
            found |= self._opening(one, root)
        return found, None

    def _addressees(self, one: Obligation, rule: Mapping[str, Any], root: Dated | None) -> Iterator[str]:
        """Whom the answer is addressed to: the other of a pair, who asked, or those to whom it all began; else everybody."""
        if one.period is not None and "toward" in one.period:
            yield one.period["toward"]
        elif root is not None and root.party != one.debtor:
            yield root.party
        elif root is not None:
            yield from (code for code in root.addressees if code != one.debtor)

    def _opening(self, one: Obligation, root: Dated) -> Row:
        """The places that are to be opened: those promised for that moment which are not open yet."""
        opens = (one.period or {}).get("opens")
        done = {pointer for event in self._reading.openings(root) for pointer, *_ in event.fields.get("opened", ())}
        wanted = {pointer for pointer, moment in root.sealed if moment is not None and format_utc(moment) == opens}
        return {"opens": opens, "pointers": sorted(wanted - done)}
