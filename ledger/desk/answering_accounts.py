"""What a party says of an obligation, beside its status: a plea, a reply, an objection, a waiver.

Only the debtor pleads, only a creditor waives; either replies and objects. The obligation is named in the body, so that the
report of conformance shows the words beside the status. Source: docs/CONFORMANCE.md, "An obligation".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.desk.answering import Plan, Target, replied, rule_id
from ledger.desk.duties import Row
from verifier import vocabulary
from verifier.errors import Fault

PLEA, REPLY, WAIVER, OBJECTION = "plea", "reply", "waiver", "objection"
ACCOUNTS = (PLEA, REPLY, WAIVER, OBJECTION)


def account(value: Row, target: Target, type_name: str) -> Plan:
    """The draft of such a statement on an obligation, or on a statement that waits for a reply.

    Raises Fault `answer.exercise`, `answer.debtor`, `answer.creditor`, `answer.nothing-said`, `answer.unknown`.
    """
    if target.exercise is not None:
        raise Fault("answer.exercise", f"a {type_name} is never part of a rehearsal", where=target.id)
    if "obligation" not in target.row:
        if type_name in (PLEA, WAIVER):
            raise Fault(
                "answer.unknown", f"a {type_name} names an obligation, and {target.id} is a statement", where="ID"
            )
        return replied(value, target, type_name)
    _require_side(value["party"], target, type_name)
    objects = {PLEA: _root, WAIVER: _root, REPLY: _said, OBJECTION: _objected}[type_name](value, target)
    rel = vocabulary.load().types[type_name].relations[0].rel
    return Plan(
        type=type_name,
        relates=[{"rel": rel, "statement": one} for one in objects],
        addressees=_told(value["party"], target.row),
        fixed={"obligations": [target.id]},
        about=[one for one in objects if one in value["statements"]],
    )


def _require_side(party: str, target: Target, type_name: str) -> None:
    row = target.row
    if type_name == PLEA and party != row["debtor"]:
        told = f"only {row['debtor']} can plead: it is the debtor under rule {rule_id(row)}"
        raise Fault("answer.debtor", told, where=target.id, evidence={"debtor": row["debtor"]})
    if type_name == WAIVER and party not in row["creditors"]:
        owed_to = ", ".join(row["creditors"]) or "nobody in particular"
        told = f"{party} cannot waive what is owed to {owed_to} under rule {rule_id(row)}"
        raise Fault("answer.creditor", told, where=target.id, evidence={"creditors": list(row["creditors"])})


def _told(party: str, row: Row) -> list[str]:
    """To whom: the debtor, if a creditor speaks; those to whom it is owed, if the debtor does."""
    return [row["debtor"]] if party != row["debtor"] else list(row["creditors"])


def _root(value: Row, target: Target) -> list[str]:
    return [one for one in (target.row.get("root"),) if one]


def _said(value: Row, target: Target) -> list[str]:
    """What others said of it. Without any, there is nothing to reply to."""
    found = _others(value["party"], target.row["answers"])
    if not found:
        told = f"nobody but {value['party']} has said anything of the obligation under rule {rule_id(target.row)}"
        raise Fault("answer.nothing-said", told, where=target.id)
    return found


def _objected(value: Row, target: Target) -> list[str]:
    """What is objected to: what others said of it, else what is held to discharge it, else what started it, else the text."""
    row = target.row
    by = row.get("discharged")
    discharging = [by["statement"]] if by is not None and row["debtor"] != value["party"] else []
    source: Any = row["source"] if "source" in row else row["rule"]["source"]
    return _others(value["party"], row["answers"]) or discharging or _root(value, target) or [source]


def _others(party: str, answers: Iterable[Row]) -> list[str]:
    """Those of another party, the newest sixteen: a statement relates to no more."""
    return sorted([row["statement"] for row in answers if row["party"] != party][-16:])
