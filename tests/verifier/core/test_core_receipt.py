"""Receipts: "logged" needs a policy alone, "said by XA" needs XA's keys. The refusals are vectors in tests/vectors/receipt."""

from __future__ import annotations

import pytest

from tests.support.cases.logged import Log
from tests.support.people import Pen, sealed_by
from tests.support.simulated_log import OFFICE, START, SimulatedLog
from verifier import receipt, record, vocabulary
from verifier.errors import Fault
from verifier.examine import examine
from verifier.formats import policy, proof
from verifier.formats.envelope import Envelope
from verifier.trust import TrustState


@pytest.fixture(scope="module")
def log() -> SimulatedLog:
    made = SimulatedLog(hybrid=frozenset())
    made.found()
    made.announce("XA", 1)
    made.announce("XB", 2)
    made.checkpoint()
    return made


def audited(log: SimulatedLog, size: int | None = None) -> TrustState:
    """The trust state after the first `size` records."""
    state = TrustState(log.origin)
    for index, raw in enumerate(log.records[:size]):
        one = record.parse(raw)
        seen = examine(one.envelope, state.book, state.version)
        try:
            state.authorise(seen, one.received)
        except Fault:
            continue  # a record with a finding changes nothing
        state.advance(seen, index, one.received)
    return state


def code(call: object, *args: object) -> str:
    assert callable(call)
    with pytest.raises(Fault) as caught:
        call(*args)
    return caught.value.code


def test_every_record_of_a_log_has_a_receipt(log: SimulatedLog) -> None:
    told = policy.parse(log.policy_text.encode())
    for statement, (index, envelope) in log.envelopes.items():
        given = log.receipt(statement)
        read = proof.parse(given.proof.raw)
        logged = receipt.verify(read, envelope, told)
        one = record.parse(log.records[index])
        assert (logged.index, logged.received, logged.leaf) == (index, one.received, one.leaf_hash)
        assert set(logged.cosigned) == {"norhaven", "quillon", "tessaly"}
        assert logged.checkpoint.size == len(log.records)


def test_a_receipt_holds_for_its_own_record_alone(log: SimulatedLog) -> None:
    told = policy.parse(log.policy_text.encode())
    givens = [log.receipt(statement) for statement in log.envelopes]
    for one in givens:
        for other in givens:
            if one is not other:
                assert code(receipt.verify, one.proof, other.envelope, told) == "proof.inclusion"


def test_any_changed_byte_of_a_receipt_is_seen() -> None:
    made = Log()
    told = policy.parse(made.policy.encode())
    one, two, _ = made.witnesses
    raw = made.receipt(made.checkpoint(made.log, one, two)).encode()
    good = receipt.verify(proof.parse(raw), _third(made), told)
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            again = receipt.verify(proof.parse(changed), _third(made), told)
        except Fault as fault:
            assert fault.kind.next  # noqa: PT017
        else:  # the name or key id of a signer that nobody needs: never what was logged
            assert again == good or again.checkpoint.note.text == good.checkpoint.note.text


def _third(made: Log) -> Envelope:
    return record.parse(made.records[2]).envelope


def test_said_by_the_party_whose_keys_were_audited(log: SimulatedLog) -> None:
    state = audited(log)
    for index, envelope in log.envelopes.values():
        said = receipt.said_by(envelope, state, log.clock)
        seen = examine(envelope, state.book)
        assert (said.party, said.office, said.as_of, said.contested) == (seen.party, seen.office, index, False)


def test_said_after_the_copy_that_was_audited(log: SimulatedLog) -> None:
    size = len(log.records) - 2
    state = audited(log, size)
    (first, second) = list(log.envelopes.values())[-2:]
    assert receipt.said_by(first[1], state, log.clock).as_of == size
    assert receipt.said_by(second[1], state, log.clock).party == "XB"
    assert receipt.said_by(first[1], audited(log), log.clock).as_of == size


def test_a_record_that_was_refused_counts_as_a_record(log: SimulatedLog) -> None:
    made = log.copy()
    made.announce("XA", 3, sequence=7)
    made.chains["XA", OFFICE] = log.chains["XA", OFFICE]
    made.announce("XA", 4)
    state = audited(made)
    assert len(state.statements) == len(made.records) - 1
    later = made.envelope(made.draft("XB", "drill-announcement", _drill()))
    assert receipt.said_by(later, state, made.clock).as_of == len(made.records)


def _drill() -> dict[str, object]:
    return {**vocabulary.load().example("drill-announcement")["body"], "observers": []}


def test_said_by_nobody_known(log: SimulatedLog) -> None:
    state = audited(log)
    index, envelope = list(log.envelopes.values())[-1]
    stranger, own = Pen("nobody"), dict(envelope.signatures)
    (keyid,) = own
    added = tuple(sorted([*envelope.signatures, *stranger.sign(envelope.payload)]))
    assert code(receipt.said_by, Envelope(envelope.payload, added), state, START) == "envelope.signatures"
    assert code(receipt.said_by, sealed_by(envelope.payload, stranger), state, START) == "envelope.signatures"
    false = Envelope(envelope.payload, ((keyid, bytes(64)),))
    assert code(receipt.said_by, false, state, START) == "signature.false"
    assert code(receipt.said_by, Envelope(b"{}", envelope.signatures), state, START) == "statement.malformed"
    assert code(receipt.said_by, envelope, TrustState(log.origin), START) == "charter.missing"
    early = audited(log, 1)
    assert code(receipt.said_by, envelope, early, START) == "statement.accession"
    assert index == len(log.records) - 1


def test_said_with_a_key_that_was_stolen_by_then(log: SimulatedLog) -> None:
    made = log.copy()
    index, envelope = list(made.envelopes.values())[-2]
    pen = made.pen("XA")
    made.revoke("XA", pen, from_record=index)
    state = audited(made)
    assert receipt.said_by(envelope, state, made.clock).contested
    value = made.draft("XA", "drill-announcement", {})
    assert code(receipt.said_by, made.envelope(value), state, made.clock) == "statement.schema"
    other = audited(log)
    assert not receipt.said_by(envelope, other, made.clock).contested
