"""Stories of trust: what may stand, what must be refused and where, and that refusing changes nothing."""

from __future__ import annotations

import pytest

from tests.support.accord import Accord, fingerprint
from tests.support.stories import Story, stories
from verifier.errors import Fault


@pytest.mark.parametrize("told", stories(), ids=lambda told: told.name)
def test_story(told: Story) -> None:
    accord = Accord()
    told.tell(accord)
    assert accord.steps
