"""The form of a judgement: obligations and the report that holds them. Source: docs/CONFORMANCE.md, "An obligation"."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from verifier.formats.times import format_utc

KEPT, WAIVED, LATE, OPEN, OVERDUE, EXCEEDED, UNDETERMINABLE = (
    *("kept", "waived", "late", "open", "overdue", "exceeded", "undeterminable"),
)


class Duty(NamedTuple):
    """An obligation before it is judged: the first members of an Obligation."""

    id: str
    rule: str
    kind: str
    source: str
    debtor: str
    creditors: tuple[str, ...]
    trigger: str | None
    period: Mapping[str, str] | None
    due: int | None

    def judged(self, status: str, discharged_by: str | None = None) -> Obligation:
        """The obligation with its status."""
        return Obligation(*self, status, discharged_by)


class Obligation(NamedTuple):
    """One obligation as judged. `due`: seconds or None; `discharged_by`: a statement id or None; see docs/CONFORMANCE.md."""

    id: str
    rule: str
    kind: str
    source: str
    debtor: str
    creditors: tuple[str, ...]
    trigger: str | None
    period: Mapping[str, str] | None
    due: int | None
    status: str
    discharged_by: str | None = None
    disputed_by: tuple[str, ...] = ()
    answers: tuple[Mapping[str, str], ...] = ()
    contested: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The obligation as members of a report."""
        return {
            "id": self.id,
            "rule": self.rule,
            "kind": self.kind,
            "source": self.source,
            "debtor": self.debtor,
            "creditors": list(self.creditors),
            "trigger": self.trigger,
            "period": None if self.period is None else dict(self.period),
            "due": None if self.due is None else format_utc(self.due),
            "status": self.status,
            "discharged_by": self.discharged_by,
            "disputed_by": list(self.disputed_by),
            "answers": [dict(row) for row in self.answers],
            "contested": list(self.contested),
        }


def duty(
    rule: Mapping[str, Any],
    source: str,
    debtor: str,
    creditors: tuple[str, ...],
    *,
    due: int | None,
    trigger: str | None = None,
    period: Mapping[str, str] | None = None,
) -> Duty:
    """The duty that a rule of a source lays on a debtor, with its id."""
    identity = obligation_id(debtor=debtor, period=period, rule=rule["id"], source=source, trigger=trigger)
    return Duty(identity, rule["id"], rule["kind"], source, debtor, creditors, trigger, period, due)


def obligation_id(*, debtor: str, period: Mapping[str, str] | None, rule: str, source: str, trigger: str | None) -> str:
    """The id of an obligation: hex SHA-256 of the canonical object of these five, never of due or status."""
    # Canonical by construction: members in order, and codes, rule ids, digests and times hold nothing that JSON escapes.
    span, last = "null", "null" if trigger is None else f'"{trigger}"'
    if period is not None:
        span = "{" + ",".join([f'"{name}":"{period[name]}"' for name in sorted(period)]) + "}"
    text = f'{{"debtor":"{debtor}","period":{span},"rule":"{rule}","source":"{source}","trigger":{last}}}'
    return sha256(text.encode()).hexdigest()
