"""The events of a log in columns: about 60 bytes a record beside its dates, so that a million of them can be judged at any time.

An audit fills it record by record and keeps it with its state. What repeats (addressees, fields other than moments, names of
relations) is held once and named by number. Source: docs/CONFORMANCE.md, section "What is judged".
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from verifier.conformance.case import Event
from verifier.conformance.facts import Facts
from verifier.examine import Examined
from verifier.statement_index import StatementIndex

_COLUMNS = {
    "records": "Q",
    "types": "I",
    "parties": "I",
    "addressees": "I",
    "signers": "I",
    "fields": "I",
    "dates": "I",
    "relations": "I",
    "drills": "Q",
    "first_moment": "Q",
    "first_target": "Q",
}
_NONE = 2**64 - 1


class EventTable:
    """Append-only: the events of a log in its order."""

    def __init__(self) -> None:
        self._columns = {name: array(kind) for name, kind in _COLUMNS.items()}
        self._moments = array("q")
        self._targets = array("Q")
        self._ids = bytearray()
        self._texts: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._names: dict[str | tuple[str, ...], int] = {}

    def __len__(self) -> int:
        return len(self._columns["records"])

    def add(self, record: int, seen: Examined, said: Facts, statements: StatementIndex) -> None:
        """Take in the statement of `record`, which stands. `statements`: where the earlier ones are found by id."""
        dates = {name: value for name, value in said.fields.items() if _is_moment(name, value)}
        fields = {name: value for name, value in said.fields.items() if name not in dates}
        row = {
            "records": record,
            "types": self._name(seen.type),
            "parties": self._name(seen.party),
            "addressees": self._name(seen.addressees),
            "signers": self._name(seen.signers),
            "fields": self._number([fields, said.sealed]),
            "dates": self._name(tuple(dates)),
            "relations": self._name(tuple([rel for rel, _ in seen.relates])),
            "drills": _NONE if seen.exercise is None else _record(statements, seen.exercise),
            "first_moment": len(self._moments),
            "first_target": len(self._targets),
        }
        for name, value in row.items():
            self._columns[name].append(value)
        self._moments.extend(dates.values())
        self._targets.extend([_record(statements, target) for _, target in seen.relates])
        self._ids += bytes.fromhex(seen.id)

    def events(self) -> Iterator[Event]:
        """The events in the order of the log."""
        known: list[Any] = [_tuples(orjson.loads(text)) for text in self._texts]
        drills: dict[int, str] = {}
        moments, targets, ids = self._moments, self._targets, self._ids
        rows = zip(*(self._columns[name] for name in _COLUMNS), strict=True)
        for n, (record, kind, party, to, signers, said, dates, rels, drill, moment, target) in enumerate(rows):
            fields, sealed = known[said]
            if named := known[dates]:
                fields = {**fields, **dict(zip(named, moments[moment : moment + len(named)], strict=True))}
            relates = known[rels]
            yield Event(
                record,
                ids[32 * n : 32 * n + 32].hex(),
                known[kind],
                known[party],
                known[to],
                tuple(zip(relates, targets[target : target + len(relates)], strict=True)) if relates else (),
                None if drill == _NONE else self._drill(drill, drills),
                known[signers],
                fields,
                sealed,
            )

    def _id(self, n: int) -> str:
        return self._ids[32 * n : 32 * n + 32].hex()

    def _drill(self, record: int, drills: dict[int, str]) -> str:
        """The statement id of the announcement in `record`."""
        if record not in drills:
            drills[record] = self._id(self._columns["records"].index(record))
        return drills[record]

    def _name(self, value: str | tuple[str, ...]) -> int:
        """The number of a name or of several, which repeat from record to record."""
        number = self._names.get(value)
        if number is None:
            number = self._names[value] = self._number(value)
        return number

    def _number(self, value: Any) -> int:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def dump(self) -> dict[str, Any]:
        """The table as JSON-serialisable members, for a saved state."""
        arrays = {**self._columns, "moments": self._moments, "targets": self._targets, "ids": self._ids}
        packed = {name: b64encode(bytes(column)).decode() for name, column in arrays.items()}
        return {**packed, "texts": [text.decode() for text in self._texts]}

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> EventTable:
        """The table that `dump` wrote."""
        table = cls()
        arrays = {**table._columns, "moments": table._moments, "targets": table._targets}
        for name, column in arrays.items():
            column.frombytes(b64decode(value[name]))
        table._ids = bytearray(b64decode(value["ids"]))
        table._texts = [text.encode() for text in value["texts"]]
        table._numbers = {text: n for n, text in enumerate(table._texts)}
        return table


def _record(statements: StatementIndex, statement: str) -> int:
    entry = statements.find(statement)
    if entry is None:
        raise KeyError(f"no earlier record holds {statement}, to which a standing statement relates")
    return entry.record


def _is_moment(name: str, value: Any) -> bool:
    """A whole number large enough that it is no severity, year or count that repeats: kept beside the fields."""
    return type(value) is int and value > 1_000_000


def _tuples(value: Any) -> Any:
    """A list of codes as a tuple; a pair of fields and sealed rows with the rows as tuples."""
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], dict):
            return value[0], tuple((pointer, opens) for pointer, opens in value[1])
        return tuple(value)
    return value
