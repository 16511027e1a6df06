"""Receipts: what their check costs beyond the signatures under the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, seconds
from tests.support.simulated_log import SimulatedLog
from verifier import receipt
from verifier.formats import cosignature, envelope, policy, proof

ROUNDS = 500


def measure(room: Path, large: bool) -> Iterator[Figure]:
    """A receipt of three witnesses, parsed and verified, against the four signatures alone."""
    del room, large
    log = SimulatedLog()
    log.found()
    said = [log.announce("XB", number) for number in range(300)]
    log.checkpoint()
    given, trust = log.receipt(said[77]), policy.parse(log.policy_text.encode())
    raw, signed, point = given.proof.raw, given.envelope.raw, given.proof.checkpoint
    keys = [*trust.log_keys, *trust.witness_keys]

    def signatures() -> None:
        for _ in range(ROUNDS):
            cosignature.verified(point, keys)

    def whole() -> None:
        for _ in range(ROUNDS):
            receipt.verify(given.proof, given.envelope, trust)

    def read() -> None:
        for _ in range(ROUNDS):
            proof.parse(raw), envelope.parse(signed)

    alone, full, reading = (1e6 * seconds(work) / ROUNDS for work in (signatures, whole, read))
    yield Figure("receipt: four signatures alone", alone, "us")
    yield Figure("receipt: verification beyond its signatures", full - alone, "us", 10, more=False)
    yield Figure("receipt: reading proof and envelope", reading, "us")
