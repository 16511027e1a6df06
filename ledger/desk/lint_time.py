"""Lint of dates: what lies in the past, ends before it starts, or is announced later than a rule of the charter asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.desk.findings import ERROR, WARNING, Finding
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import times
from verifier.statement import Statement

SKEW = 300
"""Seconds by which two sound clocks may differ."""
OLD = 86_400
"""Seconds. A draft older than this is signed late."""
_FORWARD = frozenset({"drill-announcement", "observer-invitation", "drill-change"})
"""Types whose start lies ahead; a report's start lies behind."""
_SPANS = (("start", "end"), ("open_until", "expires"))


def check(said: Statement, now: int, charter: Statement | None) -> list[Finding]:
    """Findings on the statement's dates at the moment `now` (seconds, UTC)."""
    found = [*_issued(said, now), *_spans(said), *_past(said, now)]
    if charter is not None:
        found += _notice(said, now, charter)
    return found


def _issued(said: Statement, now: int) -> Iterator[Finding]:
    if said.issued_at > now + SKEW:
        told = (
            f"The statement says that it was issued at {said.issued}; this desk's clock says {times.format_utc(now)}."
        )
        yield Finding("lint.issued-future", ERROR, "/issued", told)
    elif said.issued_at < now - OLD:
        told = f"The draft is from {said.issued}, {spoken(now - said.issued_at)} ago; what counts is when the log receives it."
        yield Finding("lint.issued-old", WARNING, "/issued", told)


def _dates(body: Any, pointer: str = "/body") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of the body, with its pointer."""
    if isinstance(body, dict):
        yield pointer, body
        for name, item in body.items():
            yield from _dates(item, f"{pointer}/{name}")
    elif isinstance(body, list):
        for n, item in enumerate(body):
            yield from _dates(item, f"{pointer}/{n}")


def _spans(said: Statement) -> Iterator[Finding]:
    for pointer, row in _dates(said.body):
        for first, last in _SPANS:
            begin, end = moment(row.get(first)), moment(row.get(last))
            if begin is not None and end is not None and end <= begin:
                told = f"`{last}` ({row[last]}) is not after `{first}` ({row[first]})."
                yield Finding("lint.end-before-start", ERROR, f"{pointer}/{last}", told)


def _past(said: Statement, now: int) -> Iterator[Finding]:
    ahead = {"open_until", "expires", "reply_by", "due", "objections_until", "effective"}
    ahead |= {"scheduled", "next_update", "done_by", "reached_by"}
    if said.type in _FORWARD:
        ahead |= {"start"}
    for pointer, row in _dates(said.body):
        for name in sorted(ahead & row.keys()):
            at = moment(row[name])
            if at is not None and at < now:
                told = f"`{name}` ({row[name]}) is past by {spoken(now - at)}."
                yield Finding("lint.past", WARNING, f"{pointer}/{name}", told)


def _notice(said: Statement, now: int, charter: Statement) -> Iterator[Finding]:
    """Rules of the charter that ask of this very statement that it comes so long before one of its dates."""
    for rule in charter.body.get("rules", []):
        if not _asks_notice(rule, said):
            continue
        anchor = moment(said.body.get(rule["anchor"]))
        needed = times.parse_duration(rule["before"])
        if anchor is not None and anchor - now < needed:
            left = f"{spoken(anchor - now)} remain" if anchor > now else "it is past"
            told = f"The charter's rule {rule['id']} asks for {spoken(needed)} of notice before `{rule['anchor']}`; {left}."
            yield Finding("lint.notice", WARNING, f"/body/{rule['anchor']}", told)


def _asks_notice(rule: Mapping[str, Any], said: Statement) -> bool:
    on = rule.get("on", {})
    if (
        rule["kind"] != "deadline"
        or "before" not in rule
        or not rule["expect"].get("self")
        or on.get("type") != said.type
    ):
        return False
    if rule["anchor"] not in vocabulary.load().types[said.type].anchors:
        return False
    return all(_matches(said.body.get(name), values) for name, values in on.get("where", {}).items())


def _matches(value: Any, values: list[Any]) -> bool:
    held = value if isinstance(value, list) else [value]
    return any(one in values for one in held)


def moment(value: Any) -> int | None:
    """A text as a moment in seconds (UTC), if it is one."""
    if not isinstance(value, str):
        return None
    try:
        return times.parse_utc(value)
    except Fault:
        return None


def spoken(seconds: int) -> str:
    """A length of time in words, to two units."""
    parts = []
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "less than a minute"
