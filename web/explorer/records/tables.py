"""Lists as CSV (RFC 4180): from a page's facts, a row for each thing that it lists.

Every cell is quoted and passes the ledger's own guard (ledger.exports): one line, nothing unseen, nothing that a spreadsheet
takes for a formula. Columns are named as members of the JSON are. Source: RFC 4180, section 2.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.exports.obligations import cell
from ledger.exports.words import EXERCISE
from web.explorer.wording.languages import LANGUAGES

Facts = Mapping[str, Any]
_STATEMENT = (
    "record",
    "id",
    "party",
    "office",
    "type",
    "title",
    "language",
    "received",
    "witnessed_after",
    "witnessed_before",
)


def written(columns: Sequence[str], rows: Iterable[Facts]) -> bytes:
    """A table's bytes: the header, then each row's values in the order of the columns; what is None is empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell("" if row[name] is None else str(row[name])) for name in columns])
    return out.getvalue().encode()


def mark(exercise: str | None) -> str | None:
    """The marking of an exercise, in words, then the drill's id."""
    return f"{EXERCISE} {exercise}" if exercise else None


def parties(facts: Facts) -> bytes:
    """Participants, with their names in the languages of this site."""
    names = {f"name_{code}": code for code in LANGUAGES}
    columns = ("code", "kind", "acceded", *names)
    rows = [{**one, **{column: one["names"].get(code) for column, code in names.items()}} for one in facts["parties"]]
    return written(columns, rows)


def checkpoints(facts: Facts) -> bytes:
    """Entries of the checkpoint history, newest first."""
    columns = ("number", "size", "new_records", "root", "witnessed", "cosigned_by")
    rows = ({**one, "cosigned_by": " ".join(row["witness"] for row in one["cosigned"])} for one in facts["checkpoints"])
    return written(columns, rows)


def witnesses(facts: Facts) -> bytes:
    """Witnesses, in order of name."""
    columns = ("name", "last_checkpoint", "last_size", "last_at", "recent", "in_policy", "in_charter", "keys")
    return written(columns, map(_witness, facts["witnesses"]))


def _witness(one: Facts) -> Facts:
    last = one["last"] or {"checkpoint": None, "size": None, "at": None}
    return {
        **one,
        "last_checkpoint": last["checkpoint"],
        "last_size": last["size"],
        "last_at": last["at"],
        "keys": " ".join(key["vkey"] for key in one["keys"]),
    }


def audits(facts: Facts) -> bytes:
    """Verifiers' reports and findings, newest first."""
    columns = (
        *_STATEMENT,
        "as_of",
        "checkpoint",
        "digest",
        "records",
        "result",
        "agreement",
        "obligations",
        "exercise",
    )
    reports = [
        {**one, "agreement": group["agreement"], "obligations": None}
        for group in facts["audits"]
        for one in group["reports"]
    ]
    none = {"digest": None, "records": None, "agreement": None}
    found = [
        {**one, **none, "result": one["conclusion"], "obligations": " ".join(one["obligations"])}
        for one in facts["verifier_findings"]
    ]
    rows = sorted([*reports, *found], key=_record, reverse=True)
    return written(
        columns,
        ({**one, "checkpoint": one["inputs"].get("checkpoint"), "exercise": mark(one["exercise"])} for one in rows),
    )


def _record(one: Facts) -> int:
    return int(one["record"])


def forms(facts: Facts) -> bytes:
    """Forms, by family and number."""
    columns = ("number", "type", "label", "family", "issued_by", "address")
    rows = ({**one, "issued_by": " ".join(one["issued_by"])} for family in facts["families"] for one in family["forms"])
    return written(columns, rows)


def ledger(facts: Facts) -> bytes:
    """What was ever found: evidence that convicts somebody, then the audit's findings."""
    columns = ("what", "code", "record", "says", "next", "digest", "address")
    none = dict.fromkeys(columns)
    proofs = [
        {
            **none,
            "what": "evidence",
            "code": one["kind"],
            "says": one["proves"],
            "digest": one["digest"],
            "address": one["address"],
        }
        for one in facts.get("evidence", ())
    ]
    found = [
        {
            **none,
            "what": "finding",
            "code": one["code"],
            "record": one["index"],
            "says": one["message"],
            "next": one["next"],
        }
        for one in facts["findings"]
    ]
    return written(columns, (*proofs, *found))
