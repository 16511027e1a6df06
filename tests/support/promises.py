"""Rules that the made logs of several tests hold: promises that states make each other, as a charter or a pledge has them."""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]

DRILL_NOTICE: Rule = {
    "id": "drill-notice",
    "kind": "deadline",
    "on": {"type": "drill-announcement"},
    "by": "author",
    "expect": {"self": True},
    "anchor": "start",
    "before": "P14D",
}
EXERCISE_NOTICE: Rule = {
    **DRILL_NOTICE,
    "on": {"type": "drill-announcement", "where": {"kind": ["exercise", "test"]}},
}
AFTER_REPORT: Rule = {
    "id": "after-report",
    "kind": "deadline",
    "on": {"type": "drill-announcement"},
    "by": "author",
    "expect": {"type": "drill-report", "rel": "reports"},
    "anchor": "end",
    "within": "P30D",
}
ANSWER_QUERY: Rule = {
    "id": "answer-query",
    "kind": "deadline",
    "on": {"type": "clarification-request"},
    "by": "addressees",
    "expect": {"type": "clarification-response", "rel": "answers"},
    "anchor": "witnessed",
    "within": "PT24H",
}
CONVENE: Rule = {
    "id": "no-answer-convene",
    "kind": "deadline",
    "on": {"overdue": "answer-query"},
    "by": "debtor",
    "expect": {"type": "convening", "rel": "concerns"},
    "anchor": "due",
    "within": "PT48H",
}
LINE_TEST: Rule = {
    "id": "line-test",
    "kind": "recurrence",
    "by": "each-pair",
    "expect": {"type": "line-test"},
    "every": "P90D",
}
HEALTH_CARE: Rule = {
    "id": "health-care",
    "kind": "abstention",
    "by": "each-party",
    "norm": "un-norms/f",
    "sectors": ["health"],
}
