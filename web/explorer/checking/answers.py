"""What a check answers: one of the worded outcomes, the two verdicts, the six steps, and the command that repeats them.

No outcome says more than the steps show, none blames anybody, and what is not found is not said not to exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier.errors import Fault
from verifier.statement import Statement
from web.explorer.copy.rows import Row
from web.explorer.records.ladder import NAMES, Step
from web.explorer.wording.words import N_, _, number

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "in-record": ("kept", N_("In the record and valid")),
    "changed": ("amended", N_("Genuine, but superseded")),
    "amended": ("amended", N_("Genuine, but amended")),
    "corrected": ("amended", N_("Genuine, but corrected")),
    "cancelled": ("amended", N_("Genuine, but cancelled")),
    "withdrawn": ("amended", N_("Genuine, but withdrawn")),
    "retracted": ("amended", N_("Genuine, but retracted")),
    "contested": ("unknown", N_("In the record, and contested")),
    "in-record-open": ("open", N_("In the record, not all of it shown yet")),
    "absent": ("overdue", N_("In the record, and judged as absent")),
    "signed": ("open", N_("Signed, but not in the record yet")),
    "newer": ("open", N_("Logged, in a record that this copy does not hold yet")),
    "not-found": ("unknown", N_("Not found here")),
    "other-ledger": ("unknown", N_("Of another ledger")),
    "not-checked": ("unknown", N_("Cannot be determined")),
    "does-not-hold": ("overdue", N_("Does not hold")),
    "contradiction": ("overdue", N_("Receipt and record contradict each other")),
    "named": ("done", N_("A file that a statement names")),
    "mentioned": ("done", N_("A digest that a statement names")),
    "obligation": ("done", N_("An obligation that this site has judged")),
    "judgement": ("done", N_("This site’s own judgement")),
    "published": ("done", N_("A report that a record names")),
    "unpublished": ("open", N_("A signed report that no record here names")),
    "key": ("done", N_("A key that the record knows")),
    "policy": ("done", N_("A trust policy")),
    "checkpoint": ("done", N_("A witnessed checkpoint")),
    "evidence": ("overdue", N_("Evidence that holds")),
    "no-evidence": ("unknown", N_("It proves nothing by this site’s policy")),
    "opened": ("done", N_("It opens what was sealed")),
}
"""Outcome -> its status class, and its words. Teal is kept for what every step has passed."""
CHANGED_BY = {
    "changes": "changed",
    "amends": "amended",
    "corrects": "corrected",
    "cancels": "cancelled",
    "withdraws": "withdrawn",
    "retracts": "retracted",
}
"""Relation of a later statement -> the outcome for the earlier one."""


@dataclass(frozen=True)
class Verdict:
    """One of the two: "logged" and "said by". `state`: status class; `verifier`: whether `detail` is the verifier's own."""

    name: str
    state: str
    word: str
    detail: str
    verifier: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer for one thing that was given. `outcome`: a key of OUTCOMES; `told`: a sentence; `digest`: of its bytes.

    `row`: the record that it is about, if any; `said`: its statement; `link`: where to read on.
    """

    kind: str
    outcome: str
    told: str
    digest: str
    steps: tuple[Step, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    row: Row | None = None
    said: Statement | None = None
    command: str | None = None
    notes: tuple[str, ...] = ()
    openings: Sequence[Mapping[str, Any]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The status class of the outcome."""
        return OUTCOMES[self.outcome][0]

    @property
    def word(self) -> str:
        """The outcome in the reader's language."""
        return _(OUTCOMES[self.outcome][1])

    @property
    def exercise(self) -> str | None:
        """The drill under whose marking the statement was made, by its id."""
        return self.said.exercise if self.said else (self.row.exercise if self.row else None)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON."""
        return {
            "kind": self.kind,
            "outcome": self.outcome,
            "words": self.word,
            "told": self.told,
            "digest": self.digest,
            "statement": self.said.id if self.said else (self.row.id if self.row else None),
            "record": self.row.idx if self.row else None,
            "exercise": self.exercise,
            "verdicts": [{"verdict": one.name, "result": one.word, "detail": one.detail} for one in self.verdicts],
            "steps": [step.to_json() for step in self.steps],
            "failed_step": next((n for n, step in enumerate(self.steps, 1) if step.state == "overdue"), None),
            "notes": list(self.notes),
            "opened": list(self.openings),
            "command": self.command,
            **self.facts,
        }


def named(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Six steps with their names, in their order."""
    return tuple(
        Step(_(name), step.state, step.word, step.detail, step.verifier, step.reached)
        for name, step in zip(NAMES, steps, strict=True)
    )


def passed(detail: str) -> Step:
    """A step that was passed."""
    return Step("", "done", _("passed"), detail)


def failed(fault: Fault) -> Step:
    """A step that failed by the verifier's word."""
    return Step("", "overdue", _("failed"), str(fault), verifier=True)


def pending(detail: str) -> Step:
    """A step whose answer is still to come."""
    return Step("", "open", _("not yet"), detail)


def undecided(detail: str) -> Step:
    """A step that nothing decides."""
    return Step("", "unknown", _("cannot be determined"), detail)


def not_found(detail: str) -> Step:
    """A step that looked and found nothing."""
    return Step("", "unknown", _("not found"), detail)


def unreached(step: int) -> Step:
    """A step that rests on an earlier one."""
    return not_asked(_("Depends on step %(step)s.", step=number(step)))


def not_asked(detail: str) -> Step:
    """A step that this kind of thing has no use for, or too little for."""
    return Step("", "unknown", _("not reached"), detail, reached=False)


def fallen(steps: Sequence[Step]) -> str:
    """The sentence for an outcome "does not hold": the first step that failed."""
    at, step = next((n, one) for n, one in enumerate(steps, 1) if one.state == "overdue")
    return _(
        "Step %(step)s, %(name)s, failed. This document cannot be relied on as it is; that says nothing about who changed what.",
        step=number(at),
        name=step.name,
    )
