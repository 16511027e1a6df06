"""Exports: what an audited log holds, in forms that other software reads: iCalendar, STIX 2.1, CSV.

    reading    the statements' own words, from the source that was audited, held against what was audited
    material   what an export is made from: a case, a moment, those words
    words      the words of a state, made unable to pass for anything else
    drills     a drill as it is in force, and what was asked of it too late; plans: what a year's calendar names
    dues       what somebody has to do by a moment
    calendar, stix, obligations   from material to bytes: pure functions, so that equal inputs give equal bytes

Source: docs/EXPORTS.md.
"""
