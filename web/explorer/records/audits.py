"""The audits that verifiers publish in the log, and which witness cosigned on which day: read from the copy, judged by nobody.

Reports are laid side by side by the checkpoint that they name. Equal inputs give equal digests: where two verifiers used
equal inputs and give different digests, one of the two is wrong, and the page says so. It does not say which.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from verifier.errors import Fault
from verifier.formats import canonical
from verifier.statement import Statement
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View
from web.explorer.records.briefs import brief
from web.explorer.records.files import parsed
from web.explorer.wording.words import utc

MOST = 30
"""How many of the newest reports, and of the newest findings, are laid out."""
DAYS = 28
"""Over how many days the witnesses' cosignatures are counted."""
_DAY = 86_400


def said(view: View, type_name: str) -> list[tuple[Row, Statement]]:
    """The newest statements of a type that stand, newest first, each with what it says."""
    query = RECORDS + " WHERE type = ? AND stands = 1 ORDER BY idx DESC LIMIT ?"
    found = []
    for row in view.rows(query, (type_name, MOST)):
        try:
            found.append((row, parsed(view, row)[1]))
        except Fault:
            continue  # a record that cannot be read has a finding of its own
    return found


def count(view: View, type_name: str) -> int:
    """How many statements of a type stand."""
    return view.number("SELECT count(*) FROM records WHERE type = ? AND stands = 1", (type_name,))


def report(row: Row, found: Statement) -> dict[str, Any]:
    """An audit report, as facts."""
    body = found.body
    inputs: Mapping[str, Any] = body.get("inputs") or {}
    return {
        **brief(row),
        "digest": body.get("digest"),
        "inputs": inputs,
        "as_of": inputs.get("as_of"),
        "records": body.get("records"),
        "result": body.get("result"),
        "public_findings": body.get("findings") or [],
    }


def finding(row: Row, found: Statement) -> dict[str, Any]:
    """A verifier's finding on obligations, as facts."""
    body = found.body
    inputs: Mapping[str, Any] = body.get("inputs") or {}
    return {
        **brief(row),
        "status": body.get("status"),
        "conclusion": body.get("conclusion"),
        "obligations": body.get("obligations") or [],
        "as_of": inputs.get("as_of"),
        "inputs": inputs,
    }


def by_checkpoint(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reports by the checkpoint that they audited, newest first, each group with what the comparison of them shows."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in reports:
        groups[str(one["inputs"].get("checkpoint"))].append(one)
    return [{"checkpoint": point, "agreement": agreement(rows), "reports": rows} for point, rows in groups.items()]


def agreement(reports: list[dict[str, Any]]) -> str:
    """`one` report (or verifier) alone; `agree`: equal inputs, equal digests; `differ`: equal inputs, other digests;
    `apart`: no two used equal inputs, so nothing can be compared."""
    by_inputs: dict[bytes, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in reports:
        by_inputs[canonical.encode(dict(one["inputs"]))][str(one["digest"])].add(str(one["party"]))
    if any(len(digests) > 1 for digests in by_inputs.values()):
        return "differ"
    if any(len(parties) > 1 for digests in by_inputs.values() for parties in digests.values()):
        return "agree"
    return "apart" if len(by_inputs) > 1 and len({one["party"] for one in reports}) > 1 else "one"


def days(view: View) -> dict[str, Any]:
    """Who cosigned how much on each of the newest `DAYS` days: the days, how many checkpoints each had, a row a witness.

    A checkpoint counts for the day (UTC) of the earliest cosignature on it. Witnesses are those of the policy, and those
    that cosigned.
    """
    last = _time(view, view.history - 1)
    if last is None:
        return {"days": [], "checkpoints": [], "witnesses": []}
    first = last // _DAY - DAYS + 1
    start = _first_entry(view, first * _DAY)
    days_of: dict[int, int] = {}
    signed: dict[str, Counter[int]] = {key.name: Counter() for key in view.policy.witness_keys}
    rows = view.select("SELECT number, name, at FROM cosignatures WHERE number >= ? ORDER BY number, at", (start,))
    seen: set[tuple[int, str]] = set()
    for number, name, at in rows:
        if at:
            days_of.setdefault(number, at // _DAY)
        if number in days_of and (number, name) not in seen:
            seen.add((number, name))
            signed.setdefault(name, Counter())[days_of[number]] += 1
    made = Counter(days_of.values())
    span = range(first, first + DAYS)
    return {
        "days": [(utc(day * _DAY) or "")[:10] for day in span],
        "checkpoints": [made[day] for day in span],
        "witnesses": [
            {"name": name, "cosigned": [count[day] for day in span]} for name, count in sorted(signed.items())
        ],
    }


def _first_entry(view: View, since: int) -> int:
    """The number of the first history entry from a moment on: entries come in the order of their times."""
    low, high = 0, view.history
    while low < high:
        middle = (low + high) // 2
        at = _time(view, middle)
        if at is not None and at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _time(view: View, number: int) -> int | None:
    """When the newest history entry up to `number` that has a cosignature with a time was cosigned first."""
    while number >= 0:
        at = view.select("SELECT min(at) FROM cosignatures WHERE number = ? AND at > 0", (number,))[0][0]
        if at is not None:
            return int(at)
        number -= 1
    return None
