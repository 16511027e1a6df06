"""Why an obligation has its status: rule, source, trigger, due, and every record that decides, in words and as JSON.

The trace is made by the judgement itself, which is asked to tell what it weighed; a limit's is the statements it counted.
Source: docs/CONFORMANCE.md; every name here is defined there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier.conformance.bindings import Source
from verifier.conformance.case import Case
from verifier.conformance.judge import Judgement, weigh
from verifier.conformance.report import Obligation
from verifier.conformance.texts import Dated, date
from verifier.errors import Fault
from verifier.formats.times import format_utc
from verifier.vocabulary.rendering import sentences
from verifier.vocabulary.rules import WITNESSED

Rule = Mapping[str, Any]
_PERIOD = (("toward", "toward"), ("from", "for the time from"), ("to", "to"), ("opens", "for what opens at"))


def explain(
    case: Case, asked: int, obligation: str, exercise: str | None = None, *, language: str = "en"
) -> dict[str, Any]:
    """The trace of one obligation: JSON members, and `words`, sentences that say the same.

    `asked`: seconds, UTC. Raises Fault `obligation.unknown` if the judgement as of then has no such obligation.
    """
    judgement = weigh(case, asked, exercise, watch=(obligation,))
    if judgement is None:
        raise _unknown(obligation, asked)
    return explained(judgement, obligation, language=language)


def explained(judgement: Judgement, obligation: str, *, language: str = "en") -> dict[str, Any]:
    """As `explain`, of an obligation that a judgement watched. Raises Fault `obligation.unknown`."""
    case, found = judgement.texts.case, judgement.by_id.get(obligation)
    if found is None:
        raise _unknown(obligation, judgement.texts.moment)
    source = next(one for one in judgement.bindings.sources if one.id == found.source)
    rule = next(one for one in source.rules if one["id"] == found.rule)
    above = {one["id"]: one for one in source.rules}
    back = judgement.clock.taken_back(found)
    trace = {
        "obligation": found.as_json(),
        "as_of": format_utc(judgement.texts.moment),
        "rule": {"data": dict(rule), "words": sentences(rule, language=language, above=above)},
        "source": _statement(case, source.said),
        "bound": [span.as_json() for span in source.bound.get(found.debtor, ())],
        "root": _root(case, judgement, found),
        "known": weighed.known if (weighed := judgement.clock.weighed.get(found.id)) else True,
        "weighed": list(_weighed(case, judgement, source, rule, found)),
        "silence": judgement.clock.silence(found.due),
        "refused": judgement.clock.refused(found),
        "taken_back": None if back is None else _statement(case, back),
        "released_by": [
            {**_statement(case, one), "releases": list(who)} for one, who in judgement.clock.releasing(found)
        ],
    }
    return {**trace, "words": list(_words(trace))}


def _unknown(obligation: str, asked: int) -> Fault:
    return Fault("obligation.unknown", f"no obligation {obligation} as of {format_utc(asked)}", where="--explain")


def deciding(trace: Mapping[str, Any]) -> list[int]:
    """The records that a trace names, rising: those whose checkpoints decide."""
    rows = [trace["source"], trace["root"], *trace["weighed"], trace["taken_back"], *trace["released_by"]]
    return sorted({row["record"] for row in rows if row is not None})


def _statement(case: Case, event: Dated) -> dict[str, Any]:
    """A statement as a trace names it: what it is, and when it became public."""
    return {
        "statement": event.id,
        "record": event.record,
        "type": event.type,
        "party": event.party,
        "after": format_utc(event.after) if event.after >= 0 else None,
        "before": format_utc(event.before),
        "receipt": _moment(case.narrowed(event.record)),
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else format_utc(seconds)


def _root(case: Case, judgement: Judgement, found: Obligation) -> dict[str, Any] | None:
    """The statement that started the clock, in the end; None where none did."""
    weighed = judgement.clock.weighed.get(found.id)
    root = weighed.root if weighed else judgement.texts.by_id.get(found.trigger or "")
    return None if root is None else _statement(case, root)


def _weighed(
    case: Case, judgement: Judgement, source: Source, rule: Rule, found: Obligation
) -> Iterator[dict[str, Any]]:
    """Each statement that may discharge, or that a limit counted, with what it was found to be."""
    weighed = judgement.clock.weighed.get(found.id)
    if weighed is not None and found.due is not None:
        for event, sure in weighed.candidates:
            verdict = judgement.clock.verdict(event, found.due)
            yield {**_statement(case, event), "counts": "surely" if sure else "may", "verdict": verdict}
    elif found.kind == "limit":
        for event in _counted(judgement, source, rule, found):
            when = date(judgement.texts.fields(event), rule.get("anchor", WITNESSED))
            yield {**_statement(case, event), "counts": "counted", "verdict": _moment(when) or format_utc(event.before)}


def _counted(judgement: Judgement, source: Source, rule: Rule, found: Obligation) -> Iterator[Dated]:
    """The triggers of the same limit, of the same party, toward the same other."""
    if "on" not in rule:
        same = {
            one.trigger
            for one in judgement.limited[found.source, found.rule]
            if (one.debtor, one.period) == (found.debtor, found.period)
        }
        counted = [event for one in same if (event := judgement.texts.by_id.get(one or "")) is not None]
        yield from sorted(counted, key=lambda event: event.record)
        return
    selector, root = rule["of"], judgement.texts.by_id[found.trigger or ""]
    for event in judgement.texts.acts:
        if event.type == selector["type"] and event.party == found.debtor and event.record > root.record:
            fields = judgement.texts.fields(event)
            when = date(fields, rule.get("anchor", WITNESSED)) or event.before
            if judgement.texts.matches(selector, fields) is not False and root.before < when <= (found.due or 0):
                yield event


def _words(trace: Mapping[str, Any]) -> Iterator[str]:
    one, root, rows = trace["obligation"], trace["root"], trace["weighed"]
    yield f"Judged as of {trace['as_of']}, the newest moment with a quorum that is not after the one asked for."
    owed_to = ", ".join(one["creditors"]) or "nobody in particular"
    yield f"{one['debtor']} owes it to {owed_to}, by rule {one['rule']} of {_named(trace['source'])}."
    yield from trace["rule"]["words"]
    yield f"{one['debtor']} is bound {_spans(trace['bound'])}."
    if root is not None:
        yield f"What started it: {_named(root)}, public at the latest at {root['before']}."
    if one["period"] is not None:
        yield f"It is owed {_span(one['period'])}."
    yield f"Due: {one['due'] or 'no date; the log alone cannot see it'}."
    for row in rows:
        yield (
            f"{_named(row)}: public after {row['after'] or 'no known time'}, at the latest at {row['before']}"
            + (f", by a receipt at {row['receipt']}" if row["receipt"] else "")
            + f"; {_counts(row)}."
        )
    if not rows and one["kind"] in ("deadline", "recurrence"):
        yield "Nothing in the log may discharge it."
    if trace["silence"]:
        yield f"The log was silent from {trace['silence'][0]} to {trace['silence'][1]}: what fell due then cannot be judged."
    if trace["refused"]:
        yield f"A statement was refused, as {' and '.join(trace['refused'])} saw by then."
    if trace["taken_back"]:
        yield f"Taken back by {_named(trace['taken_back'])}, public at the latest at {trace['taken_back']['before']}."
    for row in trace["released_by"]:
        releases = f"releases for {', '.join(row['releases'])}" if row["releases"] else "names it, and releases nobody"
        yield f"{_named(row)}, public at the latest at {row['before']}, {releases}."
    if not trace["known"]:
        yield "Whether the rule applies at all is not known: a value that decides it was sealed."
    yield f"Status: {one['status']}."


def _named(row: Mapping[str, Any]) -> str:
    return f"the {row['type']} of {row['party']} in record {row['record']} ({row['statement'][:12]}…)"


def _span(period: Mapping[str, str]) -> str:
    """The part of a rule that one obligation is for, in the order in which one would say it."""
    said = [f"{word} {period[name]}" for name, word in _PERIOD if name in period]
    return " ".join(said)


def _spans(spans: Sequence[Mapping[str, str | None]]) -> str:
    return " and ".join(f"from {span['from']}" + (f" until {span['to']}" if span["to"] else " on") for span in spans)


def _counts(row: Mapping[str, Any]) -> str:
    if row["counts"] == "counted":
        return f"counted at {row['verdict']}"
    return f"it {'counts' if row['counts'] == 'surely' else 'may count'}, and is {row['verdict']}"
