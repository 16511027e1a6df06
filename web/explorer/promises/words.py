"""An obligation in words: what is owed, and what the record shows of it, each figure beside the rule that it is held against.

No sentence here blames, ranks or adds up. Statuses have the vocabulary's own words and a symbol; see STATES.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date, format_skeleton

from verifier.formats import times
from web.explorer.copy.judged_types import Owed
from web.explorer.wording import kinds, languages
from web.explorer.wording.words import _, duration, first_upper, minute, utc

Rule = Mapping[str, Any]
STATES: Mapping[str, tuple[str, str]] = {
    "overdue": ("overdue", "overdue"),
    "exceeded": ("overdue", "exceeded"),
    "late": ("late", "late"),
    "undeterminable": ("unknown", "unknown"),
    "open": ("open", "open"),
    "waived": ("waived", "waived"),
    "kept": ("kept", "kept"),
}
"""Status -> (class, symbol), what needs attention first."""
_ANCHORS_OF_TIME = ("witnessed", "receipt")


def status(code: str) -> str:
    """A status in the reader's language: "cannot be determined"."""
    return str(kinds.labels()["statuses"][code]["label"])


def meaning(code: str) -> str:
    """What a status means, as a sentence."""
    return str(kinds.labels()["statuses"][code]["text"])


def what(rule: Rule) -> str:
    """What a rule is about, in a few words: the type of statement that it asks for, limits or watches; or the norm."""
    kind = rule["kind"]
    if kind == "abstention":
        return first_upper(kinds.norm(rule["norm"])) if "norm" in rule else str(rule["id"])
    if kind == "limit":
        return kinds.label("types", rule["of"]["type"])
    if kind == "deadline" and rule["expect"].get("self"):
        return kinds.label("types", rule["on"]["type"])
    return kinds.label("types", rule["expect"]["type"])


def terms(rule: Rule) -> str:
    """The rule's figure in a few words: "14 days ahead", "within 4 hours", "every 90 days"; empty where it has none."""
    if "before" in rule:
        ahead = times.parse_duration(rule["before"])
        return _("%(time)s ahead", time=duration(ahead)) if ahead else _("by its date")
    if rule["kind"] == "limit":
        return _("a limit")
    if "within" in rule:
        return _("within %(time)s", time=_length(rule["within"]))
    if "every" in rule:
        return _("every %(time)s", time=_length(rule["every"]))
    return _("once a year") if "yearly" in rule else ""


def told(one: Owed, rule: Rule, moment: int) -> str:
    """What the record shows of an obligation, as one or two sentences. `moment`: as of when it was judged (seconds)."""
    if one.due is None:
        return _("The log alone cannot see it.")
    return _ahead(one, rule) or _waiting(one, one.due, moment) or _found(one, rule, one.due)


def _waiting(one: Owed, due_at: int, moment: int) -> str | None:
    """Of what is not done: how long until it is due, or how long ago it was."""
    if one.status == "open":
        return _("Due in %(time)s.", time=duration(due_at - moment))
    if one.status == "overdue":
        due, age = minute(utc(due_at) or ""), duration(moment - due_at)
        return _("Due %(due)s UTC, %(age)s ago. Nothing in the record discharges it.", due=due, age=age)
    return None


def _found(one: Owed, rule: Rule, due: int) -> str:
    if rule["kind"] == "limit" and one.status == "kept":
        return _("Within the limit.")
    return meaning(one.status) if one.done is None else _done(one, rule, due, one.done)


def _ahead(one: Owed, rule: Rule) -> str | None:
    """How long ahead something was announced, beside what the rule asks for; None where that is not what it asks for."""
    if not (rule["kind"] == "deadline" and rule["expect"].get("self") and "before" in rule):
        return None
    if one.begun is None or one.due is None:
        return None
    asked = times.parse_duration(rule["before"])
    ahead = one.due + asked - one.begun
    if ahead < 0:
        return _("Announced after it began; %(asked)s ahead required.", asked=duration(asked))
    return _("Announced %(ahead)s ahead; %(asked)s required.", ahead=duration(ahead), asked=duration(asked))


def _done(one: Owed, rule: Rule, due: int, done: int) -> str:
    if "within" in rule and rule.get("anchor") in _ANCHORS_OF_TIME and one.begun is not None and done >= one.begun:
        allowed = duration(times.parse_duration(rule["within"]))
        return _("Done after %(took)s; %(allowed)s allowed.", took=duration(done - one.begun), allowed=allowed)
    if done > due:
        return _("Done %(time)s after it was due.", time=duration(done - due))
    return _("Done %(time)s before it was due.", time=duration(due - done))


def spare(one: Owed, moment: int) -> str:
    """How an obligation stands to its due, in a few words: "1 hour to spare", "late by 5 hours", "2 days left"."""
    if one.due is None:
        return ""
    if one.status == "open":
        return _("%(time)s left", time=duration(one.due - moment))
    if one.status == "overdue":
        return _("by %(time)s", time=duration(moment - one.due))
    if one.done is None or one.status not in ("kept", "late"):
        return ""
    if one.done > one.due:
        return _("by %(time)s", time=duration(one.done - one.due))
    return _("%(time)s to spare", time=duration(one.due - one.done))


def short_day(text: str) -> str:
    """The day of a UTC text, short and without its year: 23 Nov."""
    moment = datetime.fromtimestamp(times.parse_utc(text), UTC)
    return str(format_skeleton("MMMd", moment, locale=languages.current().locale))


def month(text: str, form: str = "LLLL yyyy") -> str:
    """A month YYYY-MM: November 2026. `form`: as CLDR writes it; LLL is the short name alone."""
    first = datetime.fromtimestamp(times.parse_utc(f"{text}-01T00:00:00Z"), UTC)
    return str(format_date(first, form, locale=languages.current().locale))


def _length(text: str) -> str:
    return duration(times.parse_duration(text))
