"""Conformance: who promised what, and what the log shows of it. Source: docs/CONFORMANCE.md.

facts: what a rule may read of one statement; table: of all, kept with an audit's state; docket: from there to a case.
case: what is judged: events, their times, the terms. texts: an event as changed, opened, cancelled, retracted, contested.
bindings: who is bound by which rules, and when.
triggers, deadlines, recurrences, limits, counting: the kinds of rule. status: the words for what was found.
judge: the walk that calls them. explain: what decided. report, reporting, signing, cache: what verifiers compare.
standing, thread: two views: who is party to what, and what was said in an incident.
"""
