"""Conformance: who promised what, and what the log shows of it. Source: docs/CONFORMANCE.md.

case      what is judged: events, their times, the terms
bindings  who is bound by which rules, and when
text      an event as changed, opened, cancelled, retracted
triggers, deadlines, recurrences, limits, abstentions    one room a kind of rule
status    the words: kept, waived, undeterminable, late, open, overdue, exceeded
judge     the walk that calls them; its result is a Report
"""
