"""How the explorer puts things in words: numbers, dates, durations and the interval of witnessed time.

Every text of the explorer passes through `_`, here or in the templates, so that a translation has one place to come in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from verifier.formats import times

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds"))


def _(text: str, **values: Any) -> str:
    """The text in the reader's language (English so far), with %(name)s filled in."""
    return text % values if values else text


def number(value: int) -> str:
    """A whole number with its thousands set apart: 1,284."""
    return f"{value:,}"


def plural(value: int, one: str, many: str) -> str:
    """The number with `one` or `many` behind it: "1 record", "1,284 records"."""
    return f"{number(value)} {one if value == 1 else many}"


def utc(seconds: int | None) -> str | None:
    """Seconds since the epoch as the UTC text that pages and JSON carry; None stays None."""
    return None if seconds is None else times.format_utc(seconds)


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(times.parse_utc(text), UTC)


def day(text: str) -> str:
    """The date of a UTC text: 24 November 2026."""
    moment = _moment(text)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def minute(text: str) -> str:
    """Date and minute of a UTC text: 24 November 2026, 09:10."""
    return f"{day(text)}, {text[11:16]}"


def second(text: str) -> str:
    """Date and second of a UTC text: 24 November 2026, 09:10:02."""
    return f"{day(text)}, {text[11:19]}"


def time_tag(text: str | None, form: str = "minute", zone: bool = True) -> Markup:
    """A UTC text as a `time` element. `form`: day, minute or second; `zone`: whether UTC stands behind it."""
    if text is None:
        return Markup('<span class="muted">{}</span>').format(_("not known"))
    shown = {"day": day, "minute": minute, "second": second}[form](text)
    tail = " UTC" if zone and form != "day" else ""
    return Markup('<time datetime="{}">{}</time>{}').format(text[:10] if form == "day" else text, shown, tail)


def duration(seconds: int, most: int = 2) -> str:
    """A length of time in at most `most` units, rounded down: "1 day 2 hours", "4 minutes", "0 seconds"."""
    parts, left = [], abs(seconds)
    for size, one, many in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(plural(count, one, many))
        elif parts:
            break
        if len(parts) == most:
            break
    return " ".join(parts) or plural(0, "second", "seconds")


def interval(after: str | None, before: str | None) -> str:
    """The interval of witnessed time as one sentence. Both ends are UTC texts; None is an open end."""
    if before is None:
        return _("Not witnessed yet: too few witnesses have signed a size that holds this record.")
    if after is None:
        return _(
            "In the record by %(before)s UTC. No quorum is known to have signed an earlier size, so the start is open.",
            before=second(before),
        )
    width = times.parse_utc(before) - times.parse_utc(after)
    return _(
        "Not in the record at %(after)s UTC, in the record by %(before)s UTC: an interval of %(width)s.",
        after=second(after),
        before=second(before),
        width=duration(width),
    )


def kilobytes(size: int) -> str:
    """A size in words: 912 bytes, 7 kB."""
    return plural(size, "byte", "bytes") if size < 1000 else f"{number(round(size / 1000))} kB"
