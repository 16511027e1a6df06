"""Evidence on dates: a record whose `received` lies outside its witnessed time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verifier import charter as charters
from verifier import statement
from verifier.evidence.reading import LOG_KEY, Evidence, Verdict, insufficient, proven
from verifier.evidence.trees import receipt_file
from verifier.formats import cosignature
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.times import LAST_MOMENT, format_utc
from verifier.receipt import Given
from verifier.witnessed import Timelines


def backdating_file(charter: Given, given: Given, points: Iterable[Checkpoint]) -> dict[str, Any]:
    """The file: the charter's receipt, the record's, and other checkpoints that date it from either side."""
    return {
        "kind": "backdating",
        "ledger": given.proof.checkpoint.origin,
        "charter": receipt_file(charter),
        "receipt": receipt_file(given),
        "checkpoints": [point.raw.decode() for point in points],
    }


def backdating(evidence: Evidence) -> Verdict:
    """A record that the depositary dates before or after the time at which witnesses saw it become public.

    1. The charter, record 0, gives the skew.  2. The record has a receipt.  3. Its interval is made, as in an audit, of
    the cosignatures by the policy's witnesses on the receipt's checkpoint and on the others, each signed by the log.
    4. `received` lies outside, give or take the skew.  A witness that is not heard dates nothing: what is left out
    only widens the interval.
    """
    evidence.require("charter", "receipt", "checkpoints")
    charter, given, others = (
        evidence.receipt("charter"),
        evidence.receipt("receipt"),
        evidence.checkpoints("checkpoints"),
    )
    skew, logged = _skew(evidence, charter), evidence.logged(given)
    lines = Timelines()
    for point in (logged.checkpoint, *others):
        evidence.signed_by_log(point)
        with proven(f"checkpoint of size {point.size}"):
            times = cosignature.verified(point, evidence.policy.witness_keys)
        for key, time in times.items():
            if time <= LAST_MOMENT:
                lines.add(key.name, point.size, time)
    after, before = lines.interval(logged.index, evidence.policy)
    early = after is not None and logged.received < after - skew
    late = before is not None and logged.received > before + skew
    if not early and not late:
        raise insufficient(f"record {logged.index} is dated within its witnessed time, give or take {skew} s")
    moment = f"not before {format_utc(after or 0)}" if early else f"by {format_utc(before or 0)}"
    told = f"record {logged.index} is dated {format_utc(logged.received)}; witnesses saw it become public {moment}"
    keys = tuple(key.vkey for key in evidence.signed_by_log(logged.checkpoint))
    return Verdict("backdating", f"{told} (skew allowed by the charter as founded: {skew} s)", LOG_KEY, keys)


def _skew(evidence: Evidence, given: Given) -> int:
    """The charter's skew, in seconds, from its receipt."""
    pinned, logged = evidence.pinned(), evidence.logged(given)
    with proven("the charter"):
        said = statement.parse(given.envelope.payload)
        if said.id != pinned or logged.index != 0:
            raise insufficient(f"record {logged.index} holds statement {said.id}, not the charter {pinned}")
        return charters.read(said.body).terms.skew
