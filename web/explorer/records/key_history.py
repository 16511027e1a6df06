"""Keys over time: every signer of a participant, by which record it came, when it may sign, and by which record it went.

Told from the founding statements themselves (the charter, the accession, changes of keys) in the order of the log, which is
what decides. Dates of validity are held against `received`. Source: docs/FORMAT.md, section "Keys over time".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verifier.charter import Root
from verifier.formats import times
from verifier.parties import ROOT
from verifier.trust import TrustState
from web.explorer.records import keys_then

REVOKED, REPLACED, CHANGED = "revoked", "replaced", "changed"
Dates = tuple[int | None, int | None]
"""When a signer may sign (seconds, UTC); None: without end."""


@dataclass
class Span:
    """A signer in an office. `since`, `until`: the records that began and ended it (until: None, it goes on); `ended`: revoked,
    replaced (the office's entry names it no more) or changed (other dates from then on); `reason`: of a revocation, as the
    vocabulary codes it; `from_record`: since which record the key was not its owner's, or None."""

    number: int
    office: str
    signer: str
    keys: tuple[tuple[str, str], ...]
    dates: Dates
    since: int
    since_at: int
    until: int | None = None
    until_at: int | None = None
    ended: str | None = None
    reason: str | None = None
    from_record: int | None = None


@dataclass(frozen=True)
class Threshold:
    """How many signers of an office must sign from a record on, and of how many."""

    record: int
    office: str
    threshold: int
    signers: int


@dataclass
class KeyHistory:
    """`spans`: by office, then in the order in which they began; `thresholds`: in the order of the log; `changes`: (record,
    when it was received, statement id, what it does or None) of each statement that made this."""

    spans: list[Span] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    changes: list[tuple[int, int, str, str | None]] = field(default_factory=list)


def told(trust: TrustState, party: str) -> KeyHistory:
    """The keys of a participant over time, up to the last record."""
    teller = _Teller(trust, party)
    for index, received, statement, body in _founding(trust, party):
        teller.take(index, received, statement, body)
    teller.found.spans.sort(key=lambda one: (one.office != ROOT, one.office, one.since, one.number))
    for number, one in enumerate(teller.found.spans, 1):
        one.number = number
    return teller.found


def _founding(trust: TrustState, party: str) -> Iterator[tuple[int, int, str, Mapping[str, Any]]]:
    """(record, when received, statement id, body) of what made the participant's keys, in the order of the log."""
    for index, received, seen in keys_then.introducing(trust):
        if seen.party == party and seen.body is not None:
            yield index, received, seen.id, seen.body


class _Teller:
    """Goes through the statements, and keeps which spans go on."""

    def __init__(self, trust: TrustState, party: str) -> None:
        self.found = KeyHistory()
        self._trust, self._party = trust, party
        self._on: dict[tuple[str, str], Span] = {}

    def take(self, index: int, received: int, statement: str, body: Mapping[str, Any]) -> None:
        """Take in one statement."""
        self.found.changes.append((index, received, statement, body.get("action")))
        revoked = {row["signer"]: row for row in body.get("revoked", [])}
        root = self._root(index, body)
        if root is not None:
            dates: dict[str, Dates] = dict.fromkeys(root.signers, (None, None))
            self._office(ROOT, dates, root.threshold, index, received, revoked)
        for row in body["offices"]:
            dates = {one["signer"]: (_seconds(one["not_before"]), _seconds(one["not_after"])) for one in row["signers"]}
            self._office(row["office"], dates, row["threshold"], index, received, revoked)
        for (office, signer), span in list(self._on.items()):
            if signer in revoked:
                self._end(office, signer, span, index, received, revoked)

    def _root(self, index: int, body: Mapping[str, Any]) -> Root | None:
        """The root signers that a statement sets: its own, or at first those that the registry named then."""
        if "action" in body:  # a change of keys
            return Root(tuple(body["root"]["signers"]), body["root"]["threshold"]) if body["root"] else None
        charter = [one for record, one in self._trust.charters if record <= index][-1]
        return charter.parties[self._party].root

    def _office(
        self,
        office: str,
        dates: Mapping[str, Dates],
        threshold: int,
        index: int,
        received: int,
        revoked: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """An office's entry, which replaces the one before it whole."""
        for (name, signer), span in list(self._on.items()):
            if name == office and dates.get(signer) != span.dates:
                self._end(name, signer, span, index, received, revoked, kept=signer in dates)
        for signer, valid in dates.items():
            if (office, signer) not in self._on:
                keys = tuple((self._trust.book[one].algorithm, one) for one in self._trust.signer(signer).keys)
                span = Span(len(self.found.spans), office, signer, keys, valid, index, received)
                self._on[office, signer] = span
                self.found.spans.append(span)
        self.found.thresholds.append(Threshold(index, office, threshold, len(dates)))

    def _end(
        self,
        office: str,
        signer: str,
        span: Span,
        index: int,
        received: int,
        revoked: Mapping[str, Mapping[str, Any]],
        kept: bool = False,
    ) -> None:
        del self._on[office, signer]
        span.until, span.until_at = index, received
        span.ended = REVOKED if signer in revoked else CHANGED if kept else REPLACED
        if signer in revoked:
            span.reason, span.from_record = revoked[signer]["reason"], revoked[signer]["from_record"]


def _seconds(text: str) -> int:
    return times.parse_utc(text)
