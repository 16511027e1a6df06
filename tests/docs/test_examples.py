"""Every worked example of docs/EXAMPLES.md is judged, by both judges, and found as the page says it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from tests.conformance import naive
from tests.docs.examples import PAGE, Example, Record, examples, refusals
from tests.docs.examples_page import plain, written
from verifier import vocabulary
from verifier.conformance.explain import explain
from verifier.conformance.judge import judge
from verifier.conformance.report import Obligation
from verifier.errors import Fault
from verifier.formats.times import parse_utc
from verifier.vocabulary import validation
from verifier.vocabulary.readable import moments

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = examples(TEXT)
WORDS = vocabulary.load()
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)


@each
def test_judged_as_the_page_says(example: Example) -> None:
    """Both judges, which were written apart, find what is expected, and nothing else."""
    found = judge(example.case, example.as_of, example.exercise)
    assert found == _plainly(example)
    rows = [example.row(one) for one in found]
    for wanted in example.told["expected"]:
        due = parse_utc(wanted["due"]) if wanted["due"] else None
        row = next((row for row in rows if _agrees(row, {**wanted, "due": due})), None)
        assert row is not None, f"nobody found {wanted} among {rows}"
        assert row["beside"] == wanted.get("beside", []), "what was said of it stands beside it"
        rows.remove(row)
    assert rows == [], "found, but not on the page"


def _plainly(example: Example) -> list[Obligation]:
    """As the second judge finds it, which is told of every record by when it was public, with a receipt or without."""
    case = example.case
    given, published = case.narrowed, case.interval
    told = replace(case, narrowed=lambda record: published(record).before if given(record) is None else given(record))
    return naive.judge(told, example.as_of, example.exercise)


def _agrees(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    assert wanted.keys() >= {"rule", "debtor", "due", "status"}
    assert wanted.keys() <= row.keys()
    return all(row[name] == value for name, value in wanted.items())


def test_all_between_story_and_data_is_written_from_the_data() -> None:
    assert written(TEXT) == TEXT, "run `python -m tests.docs.examples_page`"


@each
def test_the_rules_are_told_as_they_are_rendered(example: Example) -> None:
    for name in example.rules:
        assert f'<a id="rule-{name}"></a>\n> {plain(example, name)}\n' in TEXT


@each
def test_the_rules_are_rules(example: Example) -> None:
    for record in example.records:
        vocabulary.check_rules(record.body.get("rules", []), WORDS)
    assert example.fresh <= example.rules.keys()


@each
def test_the_records_can_be_said(example: Example) -> None:
    """Each is a type that its author may issue, related as the type allows, with values that its schema allows."""
    by_record = {record.event.record: record for record in example.records}
    for record in example.records:
        event, kind = record.event, WORDS.types[record.event.type]
        assert example.setting.kinds[event.party] in kind.roles
        assert validation.compiled(_partial(kind.schema), WORDS.definitions).is_valid(record.body), record.body
        sealed = [pointer for pointer, _ in event.sealed]
        assert not {pointer.rpartition("/")[0] for pointer in sealed} & set(kind.clear)
        assert not set(sealed) & set(kind.clear)
        for rel, target in event.relates:
            _check_relation(record, rel, by_record[target])


def _partial(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what it requires: an example gives the members that rules read."""
    return {
        name: {key: _partial(inner) if key == "changes" else inner for key, inner in value.items()}
        if name == "properties"
        else value
        for name, value in schema.items()
        if name != "required"
    }


def _check_relation(record: Record, rel: str, target: Record) -> None:
    assert target.event.record < record.event.record
    kind = WORDS.types[record.event.type]
    row = next(row for row in kind.relations if row.rel == rel)
    assert row.admits(target.event.type)
    assert not row.own or target.event.party == record.event.party


@each
def test_the_times_can_be(example: Example) -> None:
    """Records become public in their order, and no witnessed moment lies inside the time of one."""
    times = [record.times for record in example.records]
    for earlier, later in pairwise(times):
        assert (earlier.after or 0) <= (later.after or 0)
        assert (earlier.before or 0) <= (later.before or 0)
    for after, before in times:
        assert after is not None
        assert before is not None
        assert not [moment for moment in example.moments if after < moment < before]


@pytest.mark.parametrize("row", refusals(TEXT), ids=lambda row: row["code"])
def test_refused_as_the_page_says(row: dict[str, str]) -> None:
    member = row["sealed"].removeprefix("/body/")
    body = {**WORDS.example(row["type"])["body"], member: None}
    with pytest.raises(Fault) as caught:
        WORDS.types[row["type"]].validate(body, [row["sealed"]])
    assert caught.value.code == row["code"]


def test_links_within_the_page_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", TEXT, re.M)
    }
    anchors = headings | set(re.findall(r'<a id="([^"]+)">', TEXT))
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


# That nothing is left out.


@cache
def _judged() -> list[tuple[Example, Obligation]]:
    return [(example, one) for example in EXAMPLES for one in judge(example.case, example.as_of, example.exercise)]


def _rules() -> list[dict[str, Any]]:
    return [rule for example in EXAMPLES for name, rule in example.rules.items() if name in example.fresh]


WANTED = {
    *("deadline: self", "deadline: date, before", "deadline: date, within", "deadline: witnessed, before"),
    *("deadline: witnessed, within", "deadline: receipt, within", "deadline: due, within", "deadline: opens, within"),
    *("deadline: author", "deadline: addressees", "deadline: debtor", "deadline: each-party"),
    *("recurrence: each-party, every", "recurrence: each-party, yearly", "recurrence: each-pair, every"),
    *(
        "limit: in",
        "limit: ever",
        "limit: season",
        "limit: on",
        "limit: each-pair",
        "limit: by date",
        "limit: witnessed",
    ),
    "abstention: norm",
}


def test_every_kind_and_every_form_of_rule_has_an_example() -> None:
    forms = {form for rule in _rules() for form in _forms(rule)}
    assert forms >= WANTED, WANTED - forms
    assert {rule["kind"] for rule in _rules()} == set(WORDS.definitions["$defs"]["rule"]["properties"]["kind"]["enum"])


def _forms(rule: dict[str, Any]) -> Iterable[str]:
    kind = rule["kind"]
    if kind == "deadline":
        named = rule["anchor"] in ("witnessed", "receipt", "due", "opens")
        yield f"deadline: {rule['anchor'] if named else 'date'}, {'within' if 'within' in rule else 'before'}"
        yield f"deadline: {rule['by']}"
        yield from ["deadline: self"] if "self" in rule["expect"] else []
    elif kind == "recurrence":
        yield f"recurrence: {rule['by']}, {'every' if 'every' in rule else 'yearly'}"
    elif kind == "limit":
        yield f"limit: {next((name for name in ('in', 'season', 'on') if name in rule), 'ever')}"
        yield f"limit: {'by date' if 'anchor' in rule else 'witnessed'}"
        yield f"limit: {rule['by']}"
    else:
        yield f"{kind}: norm"


def test_every_status_has_an_example() -> None:
    schema = WORDS.types["finding"].schema["properties"]["status"]
    statuses = {"exceeded", "kept", "late", "open", "overdue", "undeterminable", "waived"}
    assert statuses == set(schema["enum"])
    assert {one.status for _, one in _judged()} == statuses
    for status in statuses:
        assert f"| {status} | " in TEXT


def test_every_cause_of_what_cannot_be_determined_has_an_example() -> None:
    causes = set()
    for example, one in _judged():
        if one.status == "undeterminable":
            trace = explain(example.case, example.as_of, one.id, example.exercise)
            observed = any(answer["type"] == "observation" for answer in one.answers)
            spans = any("spans" in row["verdict"] for row in trace["weighed"])
            sealed = any(record.event.sealed for record in example.records)
            causes |= {name for name, holds in (
                ("abstention", one.kind == "abstention"),
                ("silence", trace["silence"] is not None),
                ("refused", observed),
                ("spans", spans),
                ("sealed", sealed),
            ) if holds}  # fmt: skip
    assert causes == {"abstention", "silence", "refused", "spans", "sealed"}


def test_every_state_field_that_counts_is_a_date_of_its_type() -> None:
    """A rule of the page counts from dates that its type lets rules count from."""
    for rule in _rules():
        named = rule.get("anchor", "witnessed")
        if named not in ("witnessed", "receipt", "due", "opens"):
            kind = WORDS.types[(rule.get("of") or rule["on"])["type"]]
            assert named in kind.anchors
            assert named in moments(kind, WORDS.definitions)
