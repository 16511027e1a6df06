"""The log as a submitter meets it: outcomes, receipts, refusals, resubmission."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

from ledger.admission import Pending
from ledger.log import Limits, Logged, Outcome, Refused
from tests.ledger.log_world import World
from tests.support.people import sealed_by
from verifier.errors import Fault
from verifier.examine import Examined
from verifier.exits import Exit
from verifier.formats import canonical
from verifier.formats import proof as proofs
from verifier.formats.envelope import parse as parse_envelope
from verifier.trust import TrustState


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def logged(outcome: Outcome) -> Logged:
    assert isinstance(outcome, Logged), outcome
    return outcome


def refused(outcome: Outcome, code: str) -> Refused:
    assert isinstance(outcome, Refused), outcome
    assert outcome.fault.code == code, outcome.fault
    assert outcome.fault.kind.next
    return outcome


def test_statements_are_logged_with_receipts_that_outsiders_believe(world: World) -> None:
    log = world.open()
    envelopes = [*world.founding(), *world.drills(5)]
    outcomes = log.submit(envelopes, wait=10)
    for index, (envelope, outcome) in enumerate(zip(envelopes, outcomes, strict=True)):
        one = logged(outcome)
        assert (one.index, one.envelope) == (index, envelope)
        verified = world.check(envelope, one.receipt)
        assert verified.index == index
        assert len(verified.cosigned) == 3
        assert log.receipt(one.id) == one
    report = world.audit()
    assert report.exit == Exit.GOOD, report.to_json()
    assert report.records == len(envelopes)


def test_one_record_at_a_time_over_many_bundles_passes_the_audit(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    for number, envelope in enumerate(world.drills(300)):
        world.clock.now += 7
        assert logged(log.submit([envelope], wait=10)[0]).index == number + 4
    report = world.audit()
    assert report.exit == Exit.GOOD, report.to_json()
    assert report.records == 304
    assert len(report.cosigned) == 3


def test_many_in_one_call_are_cut_into_batches(world: World) -> None:
    log = world.open(limits=Limits(batch=16))
    envelopes = [*world.founding(), *world.drills(40)]
    assert [logged(one).index for one in log.submit(envelopes, wait=10)] == list(range(44))
    assert world.audit().exit == Exit.GOOD


def test_an_empty_log_accepts_only_the_charter(world: World) -> None:
    log = world.open()
    charter, accession, *_ = world.founding()
    refused(log.submit([accession], wait=1)[0], "charter.missing")
    with pytest.raises(Fault, match="no record holds"):
        log.receipt("ab" * 32)
    assert logged(log.submit([charter], wait=10)[0]).index == 0


def test_a_charter_that_does_not_name_the_log_key_is_refused(world: World) -> None:
    world.people.log_pen.secret_name = "another"
    world.people.log_pen.__post_init__()
    refused(world.open().submit(world.founding()[:1], wait=1)[0], "log.key-not-listed")


def test_another_charter_than_the_expected_is_refused(world: World) -> None:
    refused(world.open(charter="ab" * 32).submit(world.founding()[:1], wait=1)[0], "charter.other")


def test_refusals_leave_the_rest_of_the_batch_alone(world: World) -> None:
    log = world.open(limits=Limits(envelope=20_000))
    log.submit(world.founding(), wait=10)
    first, second = world.drills(2)
    forged = parse_envelope(second)
    keyid, signature = forged.signatures[0]
    false = type(forged)(forged.payload, ((keyid, signature[::-1]),)).raw
    outcomes = log.submit([b"{}", b"x" * 20_001, second, first, false, second], wait=10)
    refused(outcomes[0], "envelope.malformed")
    assert outcomes[0] == Refused(outcomes[0].fault, None)  # type: ignore[union-attr]
    refused(outcomes[1], "log.envelope-too-long")
    assert refused(outcomes[2], "statement.gap").id
    assert logged(outcomes[3]).index == 4
    refused(outcomes[4], "signature.false")
    assert logged(outcomes[5]).index == 5
    assert world.audit().records == 6


def test_resubmission_returns_what_was_logged_first(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    (envelope,) = world.drills(1, "XA")  # XA's ministry signs with Ed25519 and ML-DSA-65
    first = logged(log.submit([envelope], wait=10)[0])
    payload = parse_envelope(envelope).payload
    again = sealed_by(payload, world.people.pen("XA")).raw
    assert again != envelope
    world.clock.now += 1000
    log.submit(world.drills(3), wait=10)
    assert log.submit([again, envelope], wait=10) == [first, first]
    assert log.size == 8


def test_the_same_number_with_another_text_is_a_conflict(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    value = canonical.parse(parse_envelope(world.drills(1)[0]).payload)
    one, other = (world.people.envelope({**value, "title": title}) for title in ("one", "other"))
    outcomes = log.submit([one.raw, other.raw, one.raw], wait=10)
    assert logged(outcomes[0]) == logged(outcomes[2])
    assert refused(outcomes[1], "statement.conflict").fault.kind.status == 409


def test_two_submitters_of_one_statement_get_one_record(world: World) -> None:
    log = world.open()
    log.start()
    log.submit(world.founding(), wait=10)
    payload = parse_envelope(world.drills(1, "XA")[0]).payload
    signed = [sealed_by(payload, world.people.pen("XA")).raw for _ in range(8)]
    outcomes: list[Outcome] = []
    ready = Barrier(len(signed))

    def submit(envelope: bytes) -> None:
        ready.wait()
        outcomes.extend(log.submit([envelope], wait=10))

    threads = [Thread(target=submit, args=(envelope,)) for envelope in signed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop()
    assert len({logged(one) for one in outcomes}) == 1
    assert logged(outcomes[0]).envelope in signed
    world.check(logged(outcomes[0]).envelope, logged(outcomes[0]).receipt)
    assert log.size == 5


def test_without_a_quorum_there_is_an_index_and_the_receipt_comes_later(world: World) -> None:
    log = world.open(pool={"limit": 0.2, "grace": 0.05})
    log.submit(world.founding(), wait=10)
    for one in world.witnesses[:2]:
        one.mood = "dead"
    (envelope,) = world.drills(1)
    pending = logged(log.submit([envelope], wait=0.1)[0])
    assert (pending.index, pending.receipt) == (4, None)
    published = (world.directory / "checkpoint").read_bytes()
    log.tick()
    assert (world.directory / "checkpoint").read_bytes() == published
    for one in world.witnesses:
        one.mood = None
    log.tick()
    found = log.receipt(pending.id)
    assert world.check(envelope, found.receipt).index == 4
    assert logged(log.submit([envelope], wait=0)[0]) == found
    assert world.audit().exit == Exit.GOOD


def test_in_the_background_a_quorum_that_comes_late_is_found(world: World) -> None:
    log = world.open(pool={"limit": 0.1, "grace": 0.01}, limits=Limits(retry=0.05))
    log.submit(world.founding(), wait=10)
    for one in world.witnesses:
        one.mood = "dead"
    log.start()
    (envelope,) = world.drills(1)
    assert logged(log.submit([envelope], wait=0.05)[0]).receipt is None
    for one in world.witnesses:
        one.mood = None
    assert logged(log.submit([envelope], wait=10)[0]).receipt is not None
    log.stop()
    assert world.audit().exit == Exit.GOOD


def test_a_full_queue_and_a_turn_that_does_not_come_are_busy(world: World) -> None:
    log = world.open(limits=Limits(queue=2, turn=0.01))
    log.submit(world.founding(), wait=10)
    first, second, third = world.drills(3)
    log._threads = [Thread()]  # as if started, with a sequencer that never gets round to it
    outcomes = log.submit([first, second, third], wait=0.01)
    log._threads = []
    assert [refused(one, "log.busy").fault.kind.status for one in outcomes] == [503] * 3
    assert "wait already" in refused(outcomes[2], "log.busy").fault.message
    assert log.step() == 0
    assert all(isinstance(one, Logged) for one in log.submit([first, second], wait=10))


def test_who_waits_for_no_receipt_still_gets_the_index(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    log.start()
    assert [logged(one).index for one in log.submit(world.drills(3), wait=0)] == [4, 5, 6]
    log.stop()


def test_an_envelope_that_breaks_the_judge_stops_itself_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    one, two = world.drills(2)
    real = log._admission.judge

    def judge(pending: Pending, trust: TrustState, received: int) -> Examined:
        if pending.envelope and pending.envelope.raw == two:
            raise KeyError("a defect")
        return real(pending, trust, received)

    monkeypatch.setattr(log._admission, "judge", judge)
    outcomes = log.submit([one, two], wait=10)
    logged(outcomes[0])
    assert refused(outcomes[1], "log.failed").fault.kind.status == 500


def test_many_submitters_at_once(world: World) -> None:
    log = world.open(limits=Limits(batch=8), heartbeat=1, pool={"limit": 5.0, "grace": 0.001})
    log.submit(world.founding(), wait=10)
    lines = [world.drills(60, party) for party in ("XA", "XB", "XC")]
    log.start()
    found: list[Logged] = []

    def submit(line: list[bytes]) -> None:
        for at in range(0, len(line), 3):
            found.extend(logged(one) for one in log.submit(line[at : at + 3], wait=20))

    threads = [Thread(target=submit, args=(line,)) for line in lines for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop()
    assert len(found) == 2 * 180
    assert {one.index for one in found} == set(range(4, 184))
    for one in found:
        assert world.check(one.envelope, one.receipt).index == one.index
    assert world.audit().exit == Exit.GOOD


def test_a_quota_is_spent_by_logged_statements_alone(world: World) -> None:
    log = world.open(limits=Limits(quota=2, window=3600))
    log.submit(world.founding(), wait=10)
    one, two, three = world.drills(3)
    refused(log.submit([three], wait=10)[0], "statement.gap")
    refused(log.submit([b"{}"], wait=10)[0], "envelope.malformed")
    logged(log.submit([one], wait=10)[0])  # the accession was the first of the two
    assert refused(log.submit([two], wait=10)[0], "log.quota").fault.kind.status == 429
    logged(log.submit([one], wait=10)[0])
    world.clock.now += 3600
    logged(log.submit([two], wait=10)[0])


def test_received_never_falls_when_the_clock_does(world: World) -> None:
    log = world.open()
    log.submit(world.founding(), wait=10)
    one, two = world.drills(2)
    world.clock.now += 100
    log.submit([one], wait=10)
    world.clock.now -= 100
    found = logged(log.submit([two], wait=10)[0])
    world.clock.now += 100
    assert world.check(two, found.receipt).received == world.clock.now


def test_a_heartbeat_is_a_later_entry_of_the_same_body(world: World) -> None:
    log = world.open(heartbeat=3600)
    log.submit(world.founding(), wait=10)
    history = world.directory / "history/size"
    assert history.read_bytes() == b"1\n"
    log.tick()
    world.clock.now += 3599
    log.tick()
    assert history.read_bytes() == b"1\n"
    world.clock.now += 1
    before = (world.directory / "checkpoint").read_bytes()
    log.tick()
    assert history.read_bytes() == b"2\n"
    after = (world.directory / "checkpoint").read_bytes()
    assert after != before
    assert after.split(b"\n\n")[0] == before.split(b"\n\n")[0]
    assert world.audit().exit == Exit.GOOD


def test_receipts_are_those_of_the_first_quorum_checkpoint(world: World) -> None:
    log = world.open(heartbeat=60)
    outcomes = log.submit(world.founding(), wait=10)
    first = [logged(one).receipt for one in outcomes]
    world.clock.now += 60
    log.tick()
    log.submit(world.drills(3), wait=10)
    again = world.open()
    assert [again.receipt(logged(one).id).receipt for one in outcomes] == first
    assert proofs.parse(first[0] or b"").checkpoint.size == 4


def test_a_receipt_is_asked_for_by_a_digest(world: World) -> None:
    with pytest.raises(Fault) as caught:
        world.open().receipt("not a digest")
    assert caught.value.code == "text.malformed"
    with pytest.raises(Fault) as caught:
        world.open().receipt("ab" * 32)
    assert caught.value.kind.exit == Exit.NOT_LOGGED
    assert caught.value.kind.status == 404
