"""Times and durations: UTC in whole seconds, and ISO 8601 durations in units that have one length only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from verifier.errors import Fault
from verifier.formats.reader import decimal, shown

_UTC = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_DURATION = re.compile(r"P(?:([0-9]+)W|(?:([0-9]+)D)?(T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?)?)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = 253_402_300_799
"""The last second that can be written: the end of the year 9999."""
_LONGEST = 2**53 - 1  # what canonical JSON can carry, in seconds
_WEEK, _DAY, _HOUR, _MINUTE = 604_800, 86_400, 3_600, 60


@lru_cache(maxsize=4096)  # a log repeats its times: every record of a batch has one `received`
def parse_utc(text: str) -> int:
    """Seconds since the epoch (POSIX) of a time `YYYY-MM-DDTHH:MM:SSZ` from 1970 to 9999.

    The date must be in the calendar; there is no fraction, no offset, no hour 24 and no leap second.
    Raises Fault `time.malformed`.
    """
    match = _UTC.fullmatch(text)
    if match is None:
        raise Fault("time.malformed", f"{shown(text)} is not a time of the form YYYY-MM-DDTHH:MM:SSZ")
    # The pattern let only ASCII digits through, so `int` has nothing to be lenient about.
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Fault("time.malformed", f"{text} does not exist: {error}") from error
    if year < 1970:
        raise Fault("time.malformed", f"{text} is before 1970")
    passed = moment - _EPOCH
    return passed.days * _DAY + passed.seconds


@lru_cache(maxsize=4096)
def format_utc(seconds: int) -> str:
    """The time `YYYY-MM-DDTHH:MM:SSZ` of seconds since the epoch (POSIX), from 1970 to 9999.

    Raises Fault `time.malformed` outside these years.
    """
    if not 0 <= seconds <= LAST_MOMENT:
        raise Fault("time.malformed", f"{seconds} seconds since the epoch are not within the years 1970 to 9999")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> int:
    """The length in seconds of an ISO 8601 duration in weeks, or in days, hours and minutes (P2W, P14D, PT30M).

    A day is 86,400 seconds. Years and months are refused because their length varies; seconds and fractions are not
    used. The zero duration is written PT0M and in no other way. Raises Fault `duration.malformed`.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text == "P":
        raise Fault(
            "duration.malformed",
            f"{shown(text)} is not a duration in weeks, or in days, hours and minutes (P2W, PT30M)",
        )
    weeks, days, _, hours, minutes = match.groups()
    counts = zip((weeks, days, hours, minutes), (_WEEK, _DAY, _HOUR, _MINUTE), strict=True)
    total = sum(decimal(count, code="duration.malformed") * unit for count, unit in counts if count is not None)
    if total > _LONGEST:
        raise Fault("duration.malformed", f"{shown(text)} is longer than {_LONGEST} seconds")
    if total == 0 and text != "PT0M":
        raise Fault("duration.malformed", f"{shown(text)} is no time at all; the zero duration is written PT0M")
    return total
