"""How the explorer puts things in words, in the reader's language: texts, numbers, dates, durations, witnessed time.

Every text of the explorer passes through `_` or `ngettext`, here or in the templates; forms of numbers and dates are those
of Unicode CLDR. A text that is only named, and put in words later, is marked with `N_`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_translations  # type: ignore[import-untyped]
from markupsafe import Markup

from verifier.formats import times
from web.explorer.wording import languages

_Unit = Literal["day", "hour", "minute", "second"]
_UNITS: tuple[tuple[_Unit, int], ...] = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_LEVANT = "ar_SY"
"""Months have two sets of names in Arabic; the United Nations writes both, the Levant's first."""
_ALWAYS = 10**9
"""Seconds' multiple that no length of time reaches: Babel then never turns a unit into a larger one."""


def N_(text: str) -> str:
    """The text as it is: marked for the catalogues, put in words where it is shown."""
    return text


def _(text: str, /, **values: Any) -> str:
    """The text in the reader's language, with %(name)s filled in."""
    found: str = get_translations().gettext(text)
    return found % values if values else found


def ngettext(one: str, many: str, num: int, /, **values: Any) -> str:
    """The text for so many in the reader's language; %(num)s is the number as the language writes it."""
    found: str = get_translations().ngettext(one, many, num)
    return found % {"num": number(num), **values}


def shown(text: str, /, **values: Any) -> Markup:
    """`_` for templates: what is filled in is escaped, unless it is markup already."""
    found = Markup(get_translations().gettext(text))  # noqa: S704 (a text of ours or of its translators)
    return found % values if values else found


def shown_plural(one: str, many: str, num: int, /, **values: Any) -> Markup:
    """`ngettext` for templates: what is filled in is escaped, unless it is markup already."""
    found = Markup(get_translations().ngettext(one, many, num))  # noqa: S704 (as above)
    return found % {"num": number(num), **values}


def number(value: int) -> str:
    """A whole number with its thousands set apart as the language does: 1,284."""
    return _number(value, languages.current().locale)


@lru_cache(maxsize=8192)
def _number(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def utc(seconds: int | None) -> str | None:
    """Seconds since the epoch as the UTC text that pages and JSON carry; None stays None."""
    return None if seconds is None else times.format_utc(seconds)


def day(text: str) -> str:
    """The date of a UTC text: 24 November 2026."""
    times.parse_utc(text)
    return _day(text[:10], languages.current().locale)


@lru_cache(maxsize=8192)
def _day(text: str, locale: str) -> str:
    moment = datetime.fromtimestamp(times.parse_utc(f"{text}T00:00:00Z"), UTC)
    if locale != "ar":
        return str(format_date(moment, "long", locale=locale))
    months = [format_date(moment, "MMMM", locale=name) for name in (_LEVANT, locale)]
    return f"{moment.day} {'/'.join(months)} {moment.year}"


def minute(text: str) -> str:
    """Date and minute of a UTC text: 24 November 2026, 09:10."""
    return _joined(day(text), text[11:16])


def second(text: str) -> str:
    """Date and second of a UTC text: 24 November 2026, 09:10:02."""
    return _joined(day(text), text[11:19])


def _joined(date: str, clock: str) -> str:
    glue = _locale(languages.current().locale).datetime_formats["medium"]
    return str(glue).replace("{1}", date).replace("{0}", clock)


@lru_cache(maxsize=16)
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def time_tag(text: str | None, form: str = "minute", zone: bool = True) -> Markup:
    """A UTC text as a `time` element. `form`: day, minute or second; `zone`: whether UTC is said with it."""
    if text is None:
        return Markup('<span class="muted">{}</span>').format(_("not known"))
    put = {"day": day, "minute": minute, "second": second}[form](text)
    tag = Markup('<time datetime="{}">{}</time>').format(text[:10] if form == "day" else text, put)
    return shown("%(time)s UTC", time=tag) if zone and form != "day" else tag


def duration(seconds: int, most: int = 2) -> str:
    """A length of time in at most `most` units, rounded down: "1 day 2 hours", "4 minutes", "0 seconds"."""
    parts: list[tuple[_Unit, int]] = []
    left = abs(seconds)
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append((unit, count * size))
        elif parts:
            break
        if len(parts) == most:
            break
    locale = languages.current().locale
    told = [_length(unit, value, locale) for unit, value in parts or [("second", 0)]]
    return str(format_list(told, style="standard", locale=locale)) if locale == "ar" else " ".join(told)


@lru_cache(maxsize=4096)
def _length(unit: _Unit, seconds: int, locale: str) -> str:
    return str(format_timedelta(seconds, granularity=unit, threshold=_ALWAYS, locale=locale))


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


def octets(size: int) -> str:
    """A size in bytes, exactly: 912 bytes."""
    return ngettext("%(num)s byte", "%(num)s bytes", size)


def kilobytes(size: int) -> str:
    """A size in words: 912 bytes, 7 kB."""
    return octets(size) if size < 1000 else _("%(size)s kB", size=number(round(size / 1000)))


def language_name(tag: str | None) -> str:
    """What a language (a BCP 47 tag) is called in the reader's; the tag itself where CLDR has no name for it."""
    return _language_name(tag or "", languages.current().locale)


@lru_cache(maxsize=1024)
def _language_name(tag: str, locale: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale) or tag
    except (ValueError, UnknownLocaleError):  # a tag is a state's text, and may be any
        return tag


def first_upper(text: str) -> str:
    """The text with its first letter large, where the script has large ones; the rest stays as it is."""
    return text[:1].upper() + text[1:]
