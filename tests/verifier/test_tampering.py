"""The tampering suite: each story changes one thing in an honest log of several bundles; the audit finds it, names it by
its own code at the right record, ends with the right exit code, and goes on to name a second fault elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.scenes import FLAWS, Scene, Story, Where, found, honest_log, scene_of
from tests.support.simulated_log import SimulatedLog
from tests.verifier import stories_of_mirrors, stories_of_operators
from verifier.audit import Report
from verifier.exits import Exit

STORIES = stories_of_mirrors.STORIES + stories_of_operators.STORIES


@pytest.fixture(scope="session")
def honest() -> SimulatedLog:
    return honest_log(flawed=False)


@pytest.fixture(scope="session")
def flawed() -> SimulatedLog:
    return honest_log(flawed=True)


@pytest.fixture
def scene(honest: SimulatedLog, tmp_path: Path) -> Scene:
    return scene_of(honest, tmp_path)


def judge(told: Story, report: Report, also: Where) -> None:
    rows = found(report)
    assert told.found | also <= rows
    excess = {row for row in rows - told.found - also if row[0] not in told.follows}
    assert excess <= {("undated", None)} and report.exit == told.exit


def test_the_honest_log_has_no_finding(honest: SimulatedLog, scene: Scene) -> None:
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit, report.records) == ([], Exit.GOOD, 656)
    assert all(check.ok for check in report.checks)


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_story_is_found_and_named(told: Story, scene: Scene) -> None:
    told.tell(scene)
    judge(told, scene.report(), set())


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_second_fault_elsewhere_is_named_too(told: Story, flawed: SimulatedLog, tmp_path: Path) -> None:
    scene = scene_of(flawed, tmp_path)
    told.tell(scene)
    exit_with_flaw = Exit.BREACH if told.exit in (Exit.GOOD, Exit.NETWORK) else told.exit
    judge(replace(told, exit=exit_with_flaw), scene.report(), FLAWS)
