"""Stories of trust: what may stand, what must be refused and where, and that refusing changes nothing."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import orjson
import pytest

from tests.support.accord import OTHER, Accord, fingerprint
from tests.support.stories import Story, stories
from verifier import trust
from verifier.amending import Amendments
from verifier.errors import Fault
from verifier.examine import examine
from verifier.trust import TrustState

DECIDING = ("trust", "speaking", "relating", "drills", "amending", "parties", "charter", "sealing", "vocabulary/places")


@cache
def told_by(told: Story) -> Accord:
    accord = Accord()
    told.tell(accord)
    return accord


@pytest.mark.parametrize("told", stories(), ids=lambda told: told.name)
def test_a_story_is_told_to_its_end(told: Story) -> None:
    assert told_by(told).steps


@pytest.mark.parametrize("told", stories(), ids=lambda told: told.name)
def test_a_story_goes_the_same_when_the_state_is_kept_and_loaded_between_any_two_records(told: Story) -> None:
    accord = told_by(told)
    state, without = TrustState(accord.trust.origin, accord.pinned), TrustState(accord.trust.origin, accord.pinned)
    for index, step in enumerate(accord.steps):
        verdicts: list[tuple[str, str] | None] = []
        for one in (state, without):
            seen = examine(step.envelope, one.book, one.version)
            try:
                one.authorise(seen, step.received)
                one.advance(seen, index, step.received)
                verdicts.append(None)
            except Fault as fault:
                verdicts.append((fault.code, fault.where))
        assert verdicts == [step.verdict, step.verdict]
        kept = orjson.dumps(state.dump())
        state = TrustState.load(orjson.loads(kept))
        assert orjson.dumps(state.dump()) == kept
        assert state.ring == without.ring
        assert (state.charter, state.charter_id) == (without.charter, without.charter_id)
        assert (state.policies, state.amendments) == (without.policies, without.amendments)
    assert fingerprint(without) == fingerprint(accord.trust)


def test_every_fault_that_decides_has_a_story() -> None:
    room = Path(trust.__file__).parent
    source = "".join((room / f"{name}.py").read_text() for name in DECIDING)
    raised = set(re.findall(r'Fault\(\s*"([a-z.-]+)"', source)) | {"charter.inconsistent"}
    told = {step.verdict[0] for one in stories() for step in told_by(one).steps if step.verdict}
    assert raised - told == {"envelope.unknown-key"}
    assert "_inconsistent(" in source


def test_what_was_examined_before_its_key_was_known_is_not_believed() -> None:
    accord = Accord().found()
    envelope = accord.draft("XA")
    early = examine(envelope, {})
    assert early.fault is None
    assert early.unverified == early.keyids
    with pytest.raises(Fault) as caught:
        accord.trust.authorise(early, accord.clock)
    assert (caught.value.code, caught.value.where) == ("envelope.unknown-key", "/signatures")
    accord.log(envelope)


def test_before_the_charter_there_is_neither_policy_nor_registry() -> None:
    empty = TrustState("accord.example/ledger")
    assert (dict(empty.registry), dict(empty.book), empty.chain("XA", "root")) == ({}, {}, (0, None))
    for name in ("policy", "log_keys"):
        with pytest.raises(Fault) as caught:
            getattr(empty, name)
        assert caught.value.code == "charter.missing"


def test_what_may_be_asked() -> None:
    accord = Accord().found()
    state = accord.trust
    assert set(state.registry) == {"DEP", "VN", "XA", "XB"}
    assert set(state.offices("XA")) == {"root", "foreign-ministry"}
    assert state.offices("VN") == {}
    assert state.chain("XA", "foreign-ministry") == (0, accord.charter_id)
    said = accord.say("XA")
    assert state.chain("XA", "foreign-ministry") == (1, said)
    (pen,) = accord.signers("XA")
    assert (state.signer(pen.id).party, state.signer(pen.id).keys) == ("XA", tuple(k.keyid for k in pen.public))
    assert state.statements.find(said) is not None
    assert state.statements.end == accord.records


def test_an_adherence_to_a_joint_text_is_not_kept() -> None:
    """The kept state holds what changes trust, not what a log is full of."""
    accord = Accord().found()
    text = accord.amend()
    for party in ("XA", "XB"):
        accord.adhere(party, text)
    kept = len(accord.trust.dump()["founding"])
    accord.adhere("XA", text)  # in force already: nothing waits for it
    assert len(accord.trust.dump()["founding"]) == kept


def test_only_states_make_an_amendment() -> None:
    """The vocabulary lets states alone adhere; the count does not rest on it."""
    accord = Accord().found()
    charter, ring, open_ones = accord.trust._charter(), accord.trust.ring, Amendments()
    open_ones.propose(OTHER, accord.amendment()["changes"])
    assert [open_ones.adhere(OTHER, party, charter, ring) for party in ("VN", "DEP", "XA", "XA")] == [None] * 4
    assert open_ones.adhere(OTHER, "XB", charter, ring) == charter


def test_a_reserved_key_is_reserved_whole_or_not_at_all() -> None:
    accord = Accord().found()
    before = fingerprint(accord.trust)
    taken = accord.signers("XA")[0].public[0].keyid
    with pytest.raises(Fault) as caught:
        accord.trust.ring.reserve([OTHER, taken], "the log")
    assert caught.value.code == "key.taken"
    assert fingerprint(accord.trust) == before
