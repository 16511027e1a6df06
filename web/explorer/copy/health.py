"""The strip on every page: how far the copy was audited, how old its newest checkpoint is, who cosigned it, what is wrong.

Everything here is computed from the copy and the clock at the moment of the answer, so that a page cannot outlive it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web.explorer.copy.version import version
from web.explorer.copy.view import View
from web.explorer.wording.words import N_, _, duration, ngettext, number, second, utc


@dataclass(frozen=True)
class Notice:
    """Something that the strip says plainly. `code` is stable; `state` is the status class (late, overdue, unknown)."""

    code: str
    state: str
    text: str
    link: str | None = None


@dataclass(frozen=True)
class Health:
    """The ledger's and the copy's health as of `now`. Times: seconds, UTC."""

    now: int
    empty: bool
    ledger: str
    size: int
    audited: int
    witnessed: int | None
    cosigned: int
    witnesses: int
    needed: str
    quorum: bool | None
    findings: int
    warnings: list[Notice]
    modified: int
    version: str
    """See web.explorer.copy.version."""

    @property
    def stale(self) -> bool:
        """Whether the copy was not audited for too long."""
        return any(one.code == "copy.stale" for one in self.warnings)

    def to_json(self) -> dict[str, Any]:
        """The health as every JSON page carries it under `health`."""
        return {
            "as_of": utc(self.now),
            "version": self.version,
            "ledger": self.ledger,
            "records": self.size,
            "audited_at": utc(self.audited) if self.audited else None,
            "newest_checkpoint": {
                "size": self.size,
                "witnessed": utc(self.witnessed),
                "age_seconds": None if self.witnessed is None else max(0, self.now - self.witnessed),
                "cosigned_by": self.cosigned,
                "witnesses": self.witnesses,
                "quorum_met": self.quorum,
            },
            "findings": self.findings,
            "warnings": [{"code": one.code, "text": one.text} for one in self.warnings],
        }


def judge(view: View, now: int, stale_after: int) -> Health:
    """The health at `now` (seconds, UTC). A copy that was not audited for `stale_after` seconds is stale."""
    if view.empty:
        warnings = [*_contradicted(view), *_troubles(view, now), _empty()]
        return Health(now, True, "", 0, 0, None, 0, 0, "", None, 0, warnings, now, _version(view, warnings, 0))
    policy, cosigned = view.policy, view.cosigned
    names = {entry.key.name for entry in policy.witnesses.values()}
    witnessed = policy.earliest({name: at for name, at in view.cosigners.items() if at})
    findings = view.finding_count()
    warnings = [
        *_contradicted(view),
        *_troubles(view, now),
        *_unjudged(view, now),
        *_stale(view, now, stale_after),
        *_silent(view, now, witnessed),
        *_unwitnessed(policy.quorum),
        *_found(view, findings),
    ]
    return Health(
        now=now,
        empty=False,
        ledger=view.ledger,
        size=view.size,
        audited=view.audited,
        witnessed=witnessed,
        cosigned=len(view.cosigners),
        witnesses=len(names),
        needed=needed(view),
        quorum=None if policy.quorum is None else policy.satisfied(cosigned),
        findings=findings,
        warnings=warnings,
        modified=_modified(view, now, stale_after),
        version=_version(view, warnings, findings),
    )


def _version(view: View, warnings: list[Notice], findings: int) -> str:
    return version(view, [(one.code, one.state) for one in warnings], findings)


def needed(view: View) -> str:
    """How many witnesses the reader's policy asks for, in words."""
    policy = view.policy
    group = policy.groups.get(policy.quorum or "")
    if policy.quorum is None:
        return _("none needed")
    if group is None:
        return _("1 needed")
    if all(member in policy.witnesses for member in group.members):
        return _("%(count)s needed", count=number(group.threshold))
    return _("%(count)s of %(all)s groups needed", count=number(group.threshold), all=number(len(group.members)))


def _empty() -> Notice:
    text = _(
        "Nothing is audited yet: this copy is being filled for the first time. That says nothing about the ledger."
    )
    return Notice("copy.empty", "unknown", text)


def _contradicted(view: View) -> list[Notice]:
    """That the ledger contradicted itself, once seen, is said for ever."""
    if view.contradiction is None:
        return []
    text = _(
        "The ledger contradicts itself: it signed two views that cannot both be true. Seen at %(time)s UTC.",
        time=second(utc(view.contradiction["at"]) or ""),
    )
    return [Notice("log.contradiction", "overdue", text, "/ledger#contradiction")]


def _troubles(view: View, now: int) -> list[Notice]:
    """Why the last audit took nothing in."""
    trouble = view.trouble
    if trouble is None:
        return []
    since = _(
        "Since %(time)s UTC (%(age)s).", time=second(utc(trouble["since"]) or ""), age=duration(now - trouble["since"])
    )
    kept = "" if view.empty else " " + _("Shown is what was audited before.")
    code = trouble["code"]
    if code == "quorum.unmet":
        text = _("Quorum unmet: too few witnesses cosigned the ledger’s newest checkpoint.")
    elif code.startswith("source."):
        text = _("The ledger could not be read.")
    else:
        text = _("The last audit did not end well.")
    state = "late" if code.startswith("source.") else "overdue"
    return [Notice(code, state, f"{text} {since}{kept}", "/ledger#last-audit")]


def _unjudged(view: View, now: int) -> list[Notice]:
    """That the audit ended well and the judgement of obligations did not."""
    failed = view.unjudged
    if failed is None:
        return []
    since, age = second(utc(failed["since"]) or ""), duration(now - failed["since"])
    text = _(
        "The record was audited, but its obligations could not be judged since %(time)s UTC (%(age)s). What is said of "
        "them is older, or missing.",
        time=since,
        age=age,
    )
    return [Notice("copy.not-judged", "late", text, "/ledger#last-audit")]


def _stale(view: View, now: int, stale_after: int) -> list[Notice]:
    age = now - view.audited
    if age <= stale_after:
        return []
    text = _(
        "This copy is stale: last audited %(time)s UTC, %(age)s ago. The ledger may hold more.",
        time=second(utc(view.audited) or ""),
        age=duration(age),
    )
    return [Notice("copy.stale", "late", text, "/ledger#last-audit")]


def _silent(view: View, now: int, witnessed: int | None) -> list[Notice]:
    """The ledger's own silence: longer than the charter allows between two checkpoints."""
    charter = view.trust.charter
    if charter is None or witnessed is None or now - witnessed <= charter.terms.longest_silence:
        return []
    text = _(
        "The newest checkpoint is %(age)s old; the charter allows a silence of %(most)s.",
        age=duration(now - witnessed),
        most=duration(charter.terms.longest_silence),
    )
    return [Notice("ledger.silent", "late", text, "/checkpoints")]


def _unwitnessed(quorum: str | None) -> list[Notice]:
    if quorum is not None:
        return []
    text = _("The policy of this copy asks for no witness: nothing here has a witnessed time.")
    return [Notice("policy.no-quorum", "unknown", text, "/witnesses")]


_ON_OTHERS = {
    "witness.split-view": N_("A witness cosigned two views that cannot both be true. It concerns that witness."),
    "witness.backwards": N_(
        "A witness’s clock went backwards: its times there date nothing. It concerns that witness."
    ),
    "party.two-texts": N_("A participant signed two texts under one number. It concerns that participant."),
}
"""Findings that convict somebody else than the ledger, and what the strip says of each."""


def _found(view: View, findings: int) -> list[Notice]:
    """What the audit found, however grave: the records are shown, and every page says at its top what is wrong."""
    if not findings:
        return []
    text = ngettext("The audit has %(num)s finding.", "The audit has %(num)s findings.", findings)
    named = [_(told) for code, told in _ON_OTHERS.items() if view.found(code)]
    return [Notice("audit.findings", "overdue", " ".join([text, *named]), "/ledger#findings")]


def _modified(view: View, now: int, stale_after: int) -> int:
    """When what the strip says last changed (seconds): an audit, the trouble that followed, or the copy going stale."""
    told = [row["at"] for row in (view.trouble, view.unjudged) if row]
    moments = [view.audited, *told, view.audited + stale_after + 1]
    return max(moment for moment in moments if moment <= now) if min(moments) <= now else now
