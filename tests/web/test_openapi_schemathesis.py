"""The log's API against its description, by Schemathesis: no fault, and no answer that is not described."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis

from ledger.outcome import Outcome, Refused
from tests.web.described import MODES, configuration, wrong_answers
from tests.web.fakelog import FakeLog, publish
from verifier.errors import Fault
from verifier.formats import envelope
from web import openapi
from web.log_api import Limits, create_log_app


class Reading(FakeLog):
    """Logs what is an envelope, and refuses the rest as a log does."""

    def _outcome(self, raw: bytes) -> Outcome:
        try:
            envelope.parse(raw)
        except Fault as fault:
            return Refused(fault, None)
        return super()._outcome(raw)


@pytest.fixture
def described(tmp_path: Path) -> schemathesis.BaseSchema:
    publish(tmp_path)
    found = schemathesis.openapi.from_dict(json.loads(openapi.document("log")), config=configuration())
    found.app = create_log_app(Reading(tmp_path), limits=Limits(rate=None))
    return found


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_every_answer_of_the_log_is_described(
    described: schemathesis.BaseSchema, mode: schemathesis.GenerationMode
) -> None:
    asked, wrong = wrong_answers(described, mode)
    assert not wrong, "\n\n".join(wrong)
    assert asked > 5
