"""Lint of rules before they bind: refused with the code of admission, told in words, judged by the log so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import lint_rules
from tests.conformance.scenes import START, Scene, opened
from tests.ledger.desk.desk_world import Result, call
from tests.ledger.desk.duties_world import DAY, DutyLog, demo_rules, rule
from tests.support.accord import Accord, to
from tests.support.people import sealed_by
from verifier import statement, vocabulary
from verifier.examine import examine
from verifier.formats import canonical, times
from verifier.statement import Statement
from verifier.vocabulary.rendering import sentences

NOTICE: dict[str, Any] = {
    "id": "early",
    "kind": "deadline",
    "on": {"type": "drill-announcement"},
    "by": "author",
    "expect": {"self": True},
    "anchor": "start",
    "before": "P14D",
}
ANSWER = {
    **NOTICE,
    "expect": {"type": "drill-report", "rel": "reports"},
    "anchor": "end",
    "within": "P7D",
    "id": "soon",
}
del ANSWER["before"]


@pytest.fixture
def log(tmp_path: Path) -> DutyLog:
    return DutyLog().begin(tmp_path)


def text_of(kind: str, rules: Sequence[Mapping[str, Any]], **members: Any) -> dict[str, Any]:
    return {**deepcopy(dict(vocabulary.load().example(kind)["body"])), "rules": list(rules), **members}


def pledged(log: DutyLog, rules: Sequence[Mapping[str, Any]], **members: Any) -> Path:
    """A pledge of XA with these rules, as a draft on a disk."""
    return drafted(log, "pledge", text_of("pledge", rules, **members))


def drafted(log: DutyLog, kind: str, body: Mapping[str, Any], **members: Any) -> Path:
    path = log.directory.parent / f"{kind}.json"
    path.write_bytes(canonical.encode(log.draft("XA", kind, dict(body), **members)))
    return path


def linted(log: DutyLog, draft: Path, *more: object) -> Result:
    return call("lint", draft, "--source", *log.shown()[:3], *more, now=log.clock)


def found(result: Result) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = result.json
    return rows


# Nonsense.

NONSENSE: dict[str, tuple[str, dict[str, Any]]] = {
    "a negative duration": ("statement.schema", {"before": "-P14D"}),
    "months": ("statement.schema", {"before": "P1M"}),
    "a year": ("statement.schema", {"before": "P1Y"}),
    "a fraction": ("statement.schema", {"before": "PT0.5H"}),
    "seconds": ("statement.schema", {"before": "PT30S"}),
    "nothing": ("statement.schema", {"before": ""}),
    "a number": ("statement.schema", {"before": 14}),
    "two spans": ("statement.schema", {"within": "P1D"}),
    "another member": ("statement.schema", {"unless": "war"}),
    "another kind": ("statement.schema", {"kind": "hope"}),
    "an unknown type": ("rule.type", {"on": {"type": "drill-anouncement"}}),
    "an unknown expected type": ("rule.type", {"expect": {"type": "drill-raport", "rel": "reports"}}),
    "a relation that cannot hold": ("rule.relation", {"expect": {"type": "drill-report", "rel": "answers"}}),
    "a relation to another type": ("rule.relation", {"expect": {"type": "clarification-response", "rel": "answers"}}),
    "no relation": ("rule.relation", {"expect": {"type": "drill-report"}}),
    "an unknown field": ("rule.field", {"on": {"type": "drill-announcement", "where": {"colour": ["red"]}}}),
    "an impossible value": ("rule.field", {"on": {"type": "drill-announcement", "where": {"kind": ["war"]}}}),
    "free text": ("rule.field", {"on": {"type": "drill-announcement", "where": {"purpose": ["peace"]}}}),
    "an unknown date": ("rule.anchor", {"anchor": "reply_by"}),
    "another debtor": ("rule.debtor", {"by": "addressees"}),
    "a debtor of nothing": ("rule.debtor", {"by": "debtor"}),
    "a rule below": ("rule.order", {"on": {"overdue": "later"}, "anchor": "due"}),
}


@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("kind", ["pledge", "joint-text"])
def test_nonsense_is_refused_with_the_code_of_admission_and_audit(log: DutyLog, name: str, kind: str) -> None:
    code, change = NONSENSE[name]
    draft = drafted(log, kind, text_of(kind, [{**NOTICE, **change}]))
    result = linted(log, draft, "--json")
    assert result.code == 3
    errors = [row for row in found(result) if row["severity"] == "error"]
    assert {row["code"] for row in errors} == {code}
    assert all(row["pointer"].startswith("/body/rules/0") for row in errors), errors
    payload = draft.read_bytes()
    fault = examine(sealed_by(payload, log.pen("XA")), {}).fault
    assert fault is not None
    assert fault.code == code
    assert not any(row["code"] in ("lint.rule-words", "lint.rules-judged") for row in found(result))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"every": "PT30M"}, "rule.period"),
        ({"every": "P1M"}, "statement.schema"),
        ({"every": "-P1D"}, "statement.schema"),
        ({"yearly": "13-01"}, "statement.schema"),
    ],
)
def test_a_recurrence_that_cannot_be_judged_is_refused(log: DutyLog, change: dict[str, Any], code: str) -> None:
    row = {"id": "often", "kind": "recurrence", "by": "each-party", "expect": {"type": "line-test"}, **change}
    errors = {one["code"] for one in found(linted(log, pledged(log, [row]), "--json")) if one["severity"] == "error"}
    assert errors == {code}


def test_two_rules_of_one_name_are_refused(log: DutyLog) -> None:
    errors = {
        one["code"]
        for one in found(linted(log, pledged(log, [NOTICE, NOTICE]), "--json"))
        if one["severity"] == "error"
    }
    assert errors == {"rule.id"}


def test_rules_in_an_amendment_are_refused_by_lint_too(log: DutyLog) -> None:
    names = ("parties", "log_keys", "witnesses", "policy", "vocabulary", "matrix", "terms", "rules")
    changes = {**dict.fromkeys(names), "rules": [{**NOTICE, "on": {"type": "nonsense"}}]}
    related = [{"rel": "amends", "statement": log.charter_id}]
    draft = drafted(log, "amendment", {"summary": "Earlier.", "changes": changes}, relates=related)
    errors = [one for one in found(linted(log, draft, "--json")) if one["severity"] == "error"]
    assert [(one["code"], one["pointer"]) for one in errors] == [("rule.type", "/body/changes/rules/0/on/type")]
    accord = Accord().found()
    related = to("amends", accord.charter_id or "")
    body = accord.amendment(rules=changes["rules"])
    accord.refuse("rule.type", "/body/changes/rules/0/on/type", "XA", "amendment", body, relates=related)


# In words.


def test_every_rule_is_told_in_every_language_of_the_text(log: DutyLog) -> None:
    text = {"en": "We tell.", "fr": "Nous annonçons.", "zh-Hans": "我们通报。", "xx": "?"}
    rows = found(call("lint", pledged(log, [NOTICE, ANSWER], text=text), "--json", now=log.clock))
    words = [(row["pointer"], row["sentence"]) for row in rows if row["code"] == "lint.rule-words"]
    assert len(words) == 6
    for language in ("en", "fr", "zh"):
        for n, one in enumerate((NOTICE, ANSWER)):
            told = " ".join(sentences(one, language=language))
            assert (f"/body/rules/{n}", f"({language}) {told}") in words


def test_what_is_told_is_what_will_be_judged() -> None:
    """Each rule of the demo has words in each language, and they are those of the one rendering there is."""
    body = text_of("joint-text", demo_rules(), text=dict.fromkeys(("ar", "en", "es", "fr", "ru", "zh"), "Text"))
    rows = lint_rules.check(said("joint-text", body))
    assert len(rows) == 6 * len(demo_rules())
    assert {row.code for row in rows} == {"lint.rule-words"}


def test_a_text_without_rules_has_nothing_to_tell() -> None:
    assert lint_rules.check(said("pledge", text_of("pledge", []))) == []
    assert lint_rules.judged(said("pledge", text_of("pledge", [])), opened().case()) == []


# By the log so far.


def said(kind: str, body: Mapping[str, Any], party: str = "XA", **members: Any) -> Statement:
    value = {
        **DutyLog().draft(party, kind, dict(body), **members),
        "previous": None if kind == "charter" else "ab" * 32,
    }
    return statement.parse(canonical.encode(value))


def test_an_announcement_made_before_is_told_with_its_notice(log: DutyLog) -> None:
    start = times.format_utc(log.clock + 10 * DAY + 2)
    log.tell(
        "XA",
        "drill-announcement",
        body={"start": start, "end": times.format_utc(log.clock + 12 * DAY), "observers": []},
    )
    record = len(log.records) - 1
    rows = found(linted(log, pledged(log, [NOTICE]), "--json"))
    told = [row["sentence"] for row in rows if row["code"] == "lint.rule-broken"]
    assert told == [
        f'Under rule early, your "announcement of a drill" in record {record} would be late: 10 days of notice,'
        " 14 days required."
    ]
    (judged,) = [row["sentence"] for row in rows if row["code"] == "lint.rules-judged"]
    assert "as if it had bound XA since its accession in record 1: 1 obligations: 1 late" in judged


def test_the_state_of_an_audit_serves_as_well_and_is_told_from_a_desks(log: DutyLog, tmp_path: Path) -> None:
    log.tell("XA", "drill-announcement", body={"observers": []})
    state = tmp_path / "state"
    log.value("XA", "--state", state)
    draft = pledged(log, [NOTICE, ANSWER])
    by_state = call("lint", draft, "--state", state, "--json", now=log.clock)
    by_log = linted(log, draft, "--json")
    judged = [[row for row in found(result) if row["code"].startswith("lint.rule")] for result in (by_state, by_log)]
    assert judged[0] == judged[1]
    assert any(row["code"] == "lint.rules-judged" for row in judged[0])
    desk = tmp_path / "desk.json"
    desk.write_bytes(canonical.encode(log.value("XA")["desk"]))
    by_desk = call("lint", draft, "--state", desk, "--json", now=log.clock)
    assert not any(row["code"] == "lint.rules-judged" for row in found(by_desk))


def test_the_offices_of_the_audited_log_are_held_against_the_draft(log: DutyLog) -> None:
    draft = drafted(log, "pledge", text_of("pledge", [NOTICE]), sequence=7)
    assert "statement.conflict" in {row["code"] for row in found(linted(log, draft, "--json"))}


def test_a_log_that_failed_its_audit_is_not_relied_on(log: DutyLog) -> None:
    log.announce("XA", addressees=["ZZ"])
    log.beat()
    assert "lint.log-unsound" in {row["code"] for row in found(linted(log, pledged(log, [NOTICE]), "--json"))}


def test_source_and_policy_go_together(log: DutyLog) -> None:
    assert call("lint", pledged(log, [NOTICE]), "--source", log.directory, now=log.clock).code == 2


def announced(scene: Scene, party: str, day: int, notice: int, length: int = 1) -> Any:
    begin = START + day * DAY
    return scene.add(
        "drill-announcement",
        party,
        begin,
        kind="exercise",
        start=begin + notice * DAY,
        end=begin + (notice + length) * DAY,
    )


def test_a_joint_text_is_judged_as_if_all_it_is_open_to_had_adhered() -> None:
    scene = opened()
    announced(scene, "XA", 1, 20)
    announced(scene, "XB", 2, 3)
    announced(scene, "XC", 3, 0)
    text = text_of(
        "joint-text", [NOTICE], open_to=["XA", "XB"], adherents=2, required=[], open_until=None, expires=None
    )
    rows = lint_rules.judged(said("joint-text", text), scene.case())
    assert "as if XA, XB had adhered to it" in rows[0].sentence
    assert "2 obligations: 1 kept, 1 late" in rows[0].sentence
    assert [row.sentence for row in rows[1:]] == [
        'Under rule early, XB\'s "announcement of a drill" in record 5 would be late: 3 days of notice, 14 days required.'
    ]


def test_a_charter_is_judged_as_if_every_state_had_been_bound_since_it_acceded() -> None:
    scene = opened()
    for party in ("XA", "XB", "XC"):
        announced(scene, party, 1, 3)
    rows = lint_rules.judged(said("charter", text_of("charter", [NOTICE]), "DD", sequence=0), scene.case())
    assert "as if every state" in rows[0].sentence
    assert "3 obligations: 3 late" in rows[0].sentence
    amendment = {"summary": "s", "changes": {"rules": [NOTICE]}}
    assert "3 obligations: 3 late" in lint_rules.judged(said("amendment", amendment), scene.case())[0].sentence


def test_the_worst_come_first_and_no_more_than_a_few() -> None:
    scene = opened()
    for n in range(9):
        announced(scene, "XA", 1 + n, 3)
    scene.beats.add(START + 400 * DAY)
    few = {
        "id": "few",
        "kind": "limit",
        "by": "each-party",
        "of": {"type": "drill-announcement"},
        "most": 8,
        "in": "P365D",
    }
    rows = lint_rules.judged(said("pledge", text_of("pledge", [few, NOTICE, ANSWER])), scene.case())
    examples = [row for row in rows if row.code == "lint.rule-broken"]
    assert len(examples) == lint_rules.MOST_EXAMPLES
    assert "would be too many: at most 8 in any 365 days" in examples[0].sentence
    assert 'you would owe "report on a drill" after your "announcement of a drill"' in examples[1].sentence
    assert examples[0].pointer == "/body/rules/0"


def test_the_log_itself_and_its_judgement_stay_as_they_are() -> None:
    scene = opened(rule("drill-notice"))
    announced(scene, "XA", 1, 3)
    case = scene.case()
    before = [event for event in case.events]
    rows = lint_rules.judged(said("pledge", text_of("pledge", [NOTICE])), case)
    assert list(case.events) == before
    assert "1 obligations: 1 late" in rows[0].sentence  # the charter's own rule is not counted


def test_a_log_that_nobody_has_dated_makes_nothing_of_them() -> None:
    scene = Scene()
    scene.add("charter", "DD", None, rules=[])
    assert lint_rules.judged(said("pledge", text_of("pledge", [NOTICE])), scene.case()) == []


@pytest.mark.parametrize("name", [one["id"] for one in demo_rules()])
def test_every_rule_of_the_demo_can_be_judged_before_it_binds(name: str) -> None:
    one = rule(name)
    rules = [rule(one["on"]["overdue"]), one] if "overdue" in one.get("on", {}) else [one]
    scene = opened()
    scene.add("clarification-request", "XB", START + DAY, to=["XA"])
    announced(scene, "XA", 2, 3)
    scene.beats.add(START + 500 * DAY)
    rows = lint_rules.judged(said("pledge", text_of("pledge", rules)), scene.case())
    assert rows[0].code == "lint.rules-judged"
    assert all(row.sentence.endswith(".") for row in rows)
