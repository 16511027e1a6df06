"""What a desk knows of the ledger: a party's offices, signers and chains, and the charter. Fetched, or carried in a file.

A desk without a network gets it as a state file, which `detente state` writes. Nothing in it is secret, and nothing is
believed for more than a draft: a wrong number or a wrong key is refused at admission. The charter is checked by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.desk import files
from verifier import statement
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.formats import envelope as dsse
from verifier.statement import Statement


@dataclass(frozen=True)
class OfficeSigner:
    """A signer of an office. `not_before`, `not_after`: seconds since the epoch (UTC), None: without end."""

    signer: str
    not_before: int | None
    not_after: int | None
    revoked: bool


@dataclass(frozen=True)
class OfficeState:
    """An office's entry in force, and the end of its chain: the `sequence` and `previous` of its next statement."""

    types: frozenset[str]
    threshold: int
    signers: tuple[OfficeSigner, ...]
    sequence: int
    previous: str


@dataclass(frozen=True)
class DeskState:
    """A party as the ledger knew it. `ledger`: the log's origin; `charter_id`: the charter's digest."""

    ledger: str
    charter_id: str
    code: str
    kind: str
    offices: Mapping[str, OfficeState]
    charter: Statement | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def chain(self, office: str) -> tuple[int, str]:
        """The sequence number and the `previous` of the office's next statement."""
        found = self.offices.get(office)
        return (found.sequence, found.previous) if found else (0, self.charter_id)

    @property
    def raw(self) -> bytes:
        """The state file's canonical bytes."""
        return canonical.encode(dict(self.source))


def read_file(path: Path) -> DeskState:
    """The state in a file that `detente state` wrote. Raises Fault `desk.state-malformed`, `desk.unreadable`."""
    raw = files.read(path)
    try:
        value = canonical.parse(raw.removesuffix(b"\n"), where=str(path))
    except Fault as fault:
        raise Fault("desk.state-malformed", fault.message, where=str(path)) from fault
    return read(value, where=str(path))


def read(value: Any, *, where: str) -> DeskState:
    """The state {`party`, `charter`}: what the log answers for a party, and the charter's envelope or null.

    Raises Fault `desk.state-malformed`, also if the charter is not the one that the party's entry names.
    """
    try:
        party, envelope = value["party"], value["charter"]
        charter = statement.parse(dsse.read(envelope).payload) if envelope is not None else None
        found = DeskState(
            ledger=_text(party["ledger"]),
            charter_id=_text(party["charter"]),
            code=_text(party["code"]),
            kind=_text(party["kind"]),
            offices={_text(row["office"]): _office(row) for row in party["offices"]},
            charter=charter,
            source=value,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Fault("desk.state-malformed", f"not a party's state: {error!r}", where=where) from error
    except Fault as fault:
        raise Fault("desk.state-malformed", fault.message, where=f"{where} {fault.where}".strip()) from fault
    if charter is not None and charter.id != found.charter_id:
        told = f"the charter in it is {charter.id}, the party's entry names {found.charter_id}"
        raise Fault("desk.state-malformed", told, where=where)
    return found


def _office(row: Mapping[str, Any]) -> OfficeState:
    return OfficeState(
        types=frozenset(_text(name) for name in row["types"]),
        threshold=_count(row["threshold"]),
        signers=tuple(
            OfficeSigner(
                _text(one["signer"]), _moment(one["not_before"]), _moment(one["not_after"]), one["revoked"] is True
            )
            for one in row["signers"]
        ),
        sequence=_count(row["sequence"]),
        previous=_text(row["previous"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is not a count")
    return value


def _moment(value: Any) -> int | None:
    return None if value is None else times.parse_utc(_text(value))
