"""Every phrase of the duty officer's screen in one place: short, without jargon, for three o'clock in the morning."""

from __future__ import annotations

from ledger.desk.marks import plain

HEAD = "{party} {name} at {asked} UTC. The log as witnessed up to {as_of} UTC ({age} ago), {records} records, checked: {verdict}."
UNWITNESSED = "{party} {name} at {asked} UTC. No quorum of witnesses has dated this log yet: nothing can be judged."
OLD_COPY = "THIS COPY IS {age} OLD. Newer statements may be missing: fetch the log again."
BAD = "!!! THE LOG FAILED ITS AUDIT ({verdict}, exit {exit}). DO NOT RELY ON WHAT FOLLOWS."
BAD_FINDING = "!!! {message} [{code}]"
BAD_NEXT = "!!! Next: {next}"
BAD_MORE = "!!! and {count} findings more: detente-verify audit tells all of them."
COUNTS = (
    "Within 24 hours: {now}. Overdue: {overdue}. Later: {later}. To acknowledge: {acknowledge}. To reply to: {said}."
)
NOTHING = "Nothing is owed, and nothing waits for you."
NOW, OVERDUE, LATER = "DO NOW", "OVERDUE (late is better than never)", "LATER"
NOW_MORE = "and {count} more: --all"
ACKNOWLEDGE, SAID, OWING = "TO ACKNOWLEDGE", "SAID OF YOU, NOT ANSWERED", "OWED TO YOU"
EXERCISE = "*** EXERCISE *** {title} (drill of {party}, record {record}): rehearsal, nothing real below."
EXERCISE_MORE = "*** EXERCISE *** {count} rehearsals more: --all"
EXERCISE_END = "*** END OF EXERCISE ***"
LEFT, SINCE, PASSED = "{time} left", "overdue since {time}", "due passed {time} ago"
NO_DATE = "no date"
UNTIL, WAS_DUE = "by {due} UTC", "was due {due} UTC"
SEND = "{type}{with_}, to {to}"
FOR_OTHERS = "{debtor}: {what}"
EVERYBODY = "all parties"
ABOUT = ", on {title}"
TITLE = "“{title}”"
RULE = "rule {rule} of {source}"
OWN_CHARTER, OWN_TEXT = "the charter", "{type} of {party}"
REFRAIN = "hold back: no {type}{with_} may be dated before then"
TOO_LATE = "could only have come in time; no statement meets it now, a plea may explain"
PENDING = "SAID ALREADY, waits for the witnesses ({statement})"
UNSURE = "may be owed: what decides it is sealed or not dated"
UNSEEN = "what the log cannot see: no statement meets it"
HELD = "{type} of {party}, {before} UTC{title}"
INTERVAL = "public after {after} UTC, at the latest at {before} UTC (record {record})"
INTERVAL_OPEN = "public at the latest at {before} UTC (record {record})"
ANSWER = "detente answer {id}"
PLEAD = "detente answer {id} --as plea"
DISCLOSE = "detente answer {id} --kept FILE"
FOOT = (
    "To draft an answer: detente answer ID {options} --out DRAFT. Everything: --all. Other words on a duty: --as plea."
)
MARKED = "*** EXERCISE *** The answer is marked as part of the drill {drill}: it meets nothing real."
SIGNERS = "The office {office} needs {count} of these signers:"
RELATION = "It also {rel} an earlier statement ({types}): its id"
STOPPED = "Stopped."
FAULT = "{at} UTC: {message} [{code}]. Next attempt in {seconds} s."
NEW = "{at} UTC: {count} new."
_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60))
MOST_TITLE = 60


def spoken(seconds: int) -> str:
    """A length of time, to two units: "19 h 20 min", "2 days 4 h", "less than a minute"."""
    parts, rest = [], abs(seconds)
    for name, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append((count, f"{count} {name}{'s' if name == 'day' and count > 1 else ''}"))
        elif parts:
            break
    if parts and parts[0][1].startswith(f"{parts[0][0]} day") and parts[0][0] >= 10:
        parts = parts[:1]
    return " ".join(text for _, text in parts[:2]) or "less than a minute"


def titled(title: str | None) -> str:
    """A title as others wrote it, made safe for one line of a screen; empty where it could not be read."""
    if title is None:
        return ""
    seen = plain(title).replace("\n", "\\u{a}")
    return TITLE.format(title=seen if len(seen) <= MOST_TITLE else f"{seen[: MOST_TITLE - 1]}…")


def minute(moment: str) -> str:
    """A moment ("2027-03-01T07:00:30Z") to the minute: "2027-03-01 07:00"."""
    return f"{moment[:10]} {moment[11:16]}"
