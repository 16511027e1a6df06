"""Two judges that were written apart say the same of any log."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conformance import naive
from tests.conformance.logs import Log, logs, long_logs
from verifier import vocabulary

fast = pytest.importorskip("verifier.conformance.judge")

harsh = settings(
    max_examples=int(os.environ.get("DETENTE_EXAMPLES", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _agree(log: Log) -> None:
    for asked in log.asked:
        for world in log.worlds:
            assert list(fast.judge(log.case, asked, world)) == naive.judge(log.case, asked, world)


@harsh
@given(logs())
def test_both_judges_agree(log: Log) -> None:
    _agree(log)


@harsh
@given(long_logs())
def test_both_judges_agree_on_long_logs(log: Log) -> None:
    _agree(log)


@settings(harsh, max_examples=100)
@given(long_logs(most=10))
def test_the_rules_drawn_are_rules(log: Log) -> None:
    for event in log.scene.events:
        vocabulary.check_rules(event.fields.get("rules", []), vocabulary.load("1"))
