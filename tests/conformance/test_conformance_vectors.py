"""The vectors of judgement, one case a file, read as a second implementation would read them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from tests.conformance import naive
from tests.vectors import generate_conformance
from verifier.charter import Terms
from verifier.conformance.case import Case, Event
from verifier.conformance.judge import judge
from verifier.witnessed import Interval

FILES = sorted(generate_conformance.present())
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def case_of(vector: dict[str, Any]) -> Case:
    """The case that a file describes."""
    events = tuple(_event(row) for row in vector["events"])
    times = {event.record: Interval(*row) for event, row in zip(events, vector["times"], strict=True)}
    receipts = dict(vector["receipts"])
    terms = [
        (row["from"], Terms(**{name: value for name, value in row.items() if name != "from"}))
        for row in vector["terms"]
    ]
    return Case(
        ledger=vector["ledger"],
        charter=vector["charter"],
        events=events,
        kinds=vector["parties"],
        moments=vector["moments"],
        interval=times.__getitem__,
        narrowed=lambda record: receipts.get(record, times[record].before),
        terms=lambda record: max((row for row in terms if row[0] <= record), key=lambda row: row[0])[1],
    )


def _event(row: dict[str, Any]) -> Event:
    lists = {name: tuple(row[name]) for name in ("addressees", "signers")}
    pairs = {name: tuple((first, second) for first, second in row[name]) for name in ("relates", "sealed")}
    return Event(**{**row, **lists, **pairs})


@each
def test_the_judge_gives_these_bytes(path: Path) -> None:
    vector = json.loads(path.read_bytes())
    case, gives = case_of(vector), vector["gives"]
    found = judge(case, vector["as_of"], vector["exercise"])
    encoded = rfc8785.dumps([one.as_json() for one in found])
    assert encoded == rfc8785.dumps(gives["obligations"])
    assert sha256(encoded).hexdigest() == gives["sha256"]
    assert case.moment(vector["as_of"]) == gives["as_of"]
    assert found == naive.judge(case, vector["as_of"], vector["exercise"])


@each
def test_small_and_named(path: Path) -> None:
    vector = json.loads(path.read_bytes())
    assert vector["name"] == path.stem
    assert vector["provenance"].startswith("docs/CONFORMANCE.md, ")
    assert path.stat().st_size < 16_384


def test_the_sections_named_are_sections() -> None:
    page = (generate_conformance.HERE.parents[2] / "docs/CONFORMANCE.md").read_text(encoding="utf-8")
    sections = {line[3:] for line in page.split("\n") if line.startswith("## ")}
    named = [json.loads(path.read_bytes())["provenance"].removeprefix("docs/CONFORMANCE.md, ") for path in FILES]
    assert all(any(told.startswith(f"{section}: ") for section in sections) for told in named)


def test_the_files_are_those_of_the_stories() -> None:
    made = generate_conformance.files()
    assert len(made) > 90
    assert {path: path.read_bytes() for path in FILES} == made, "run `python -m tests.vectors.generate_conformance`"
