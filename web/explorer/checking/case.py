"""What one check is made with: the audited copy, the reader's clock, and everything that was given together."""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.formats.envelope import Envelope
from verifier.formats.policy import Policy
from verifier.statement import Statement
from verifier.trust import TrustState
from web.explorer.checking.recognise import Item
from web.explorer.copy.rows import RECORDS, Row
from web.explorer.copy.view import View
from web.explorer.wording import kinds
from web.explorer.wording.words import second, utc


@dataclass
class Case:
    """`now`: seconds, UTC; `items`: what was given; `used`: envelopes that another answer has spoken for already."""

    view: View
    now: int
    items: list[Item]
    used: list[Envelope] = field(default_factory=list)

    @property
    def policy(self) -> Policy:
        """The policy under which the copy was audited."""
        return self.view.policy

    @property
    def trust(self) -> TrustState:
        """Who may say what, after the copy's last record."""
        return self.view.trust

    @property
    def envelopes(self) -> list[Envelope]:
        """Every envelope that was given, alone or within a record."""
        found = [item.value for item in self.items if item.kind == "envelope" and item.value]
        return found + [item.value.envelope for item in self.items if item.kind == "record" and item.value]

    def party(self, said: Statement) -> str:
        """What the statement's party is called in the registry, or its code."""
        known = self.trust.registry.get(said.party)
        return kinds.name_of(known.names) if known else said.party

    def numbered(self, party: str, office: str, sequence: int) -> Row | None:
        """The record of an office's statement by its number, among those that stand."""
        query = RECORDS + " WHERE party = ? AND office = ? AND stands = 1 AND sequence = ? LIMIT 1"
        found = self.view.rows(query, (party, office, sequence))
        return found[0] if found else None

    def taken(self, said: Statement) -> Row | None:
        """The record of another statement that has this one's number in its office."""
        found = self.numbered(said.party, said.office, said.sequence)
        return found if found and found.id != said.id else None


def moment(row: Row) -> str | None:
    """When a record was witnessed, to the second, in the reader's form; None where it is not yet."""
    return None if row.witnessed_before is None else second(utc(row.witnessed_before) or "")
