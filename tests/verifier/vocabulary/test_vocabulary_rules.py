"""Rules: the eleven of the domain page hold, and what cannot be judged is refused at the place where it is wrong."""

import copy
import json
import shutil
from pathlib import Path

import pytest

from verifier import vocabulary
from verifier.errors import Fault, kinds
from verifier.vocabulary import Vocabulary, check_rules, load

ROOM = Path(vocabulary.__file__).parent
V = load()

DOMAIN = """
{"id":"drill-notice","kind":"deadline","on":{"type":"drill-announcement","where":{"kind":["exercise","test"]}},"by":"author","expect":{"self":true},"anchor":"start","before":"P14D"}
{"id":"answer-query","kind":"deadline","on":{"type":"clarification-request"},"by":"addressees","expect":{"type":"clarification-response","rel":"answers"},"anchor":"witnessed","within":"PT24H"}
{"id":"no-answer-convene","kind":"deadline","on":{"overdue":"answer-query"},"by":"debtor","expect":{"type":"convening","rel":"concerns"},"anchor":"due","within":"PT48H"}
{"id":"after-report","kind":"deadline","on":{"type":"drill-announcement"},"by":"author","expect":{"type":"drill-report","rel":"reports"},"anchor":"end","within":"P30D"}
{"id":"line-test","kind":"recurrence","by":"each-pair","expect":{"type":"line-test"},"every":"P90D"}
{"id":"line-test-answer","kind":"deadline","on":{"type":"line-test"},"by":"addressees","expect":{"type":"line-test-acknowledgement","rel":"acknowledges"},"anchor":"witnessed","within":"PT4H"}
{"id":"yearly-calendar","kind":"recurrence","by":"each-party","expect":{"type":"drill-calendar"},"yearly":"11-15"}
{"id":"large-drills","kind":"limit","by":"each-party","of":{"type":"drill-announcement","where":{"scale":["national"]}},"anchor":"start","most":4,"in":"P365D"}
{"id":"cooling-off","kind":"limit","by":"addressees","on":{"type":"incident-notification"},"of":{"type":"drill-announcement"},"anchor":"start","most":0,"within":"PT72H"}
{"id":"no-unannounced","kind":"limit","by":"each-party","of":{"type":"drill-report","where":{"announced":[false]}},"most":0}
{"id":"health-care","kind":"abstention","by":"each-party","norm":"un-norms/f","sectors":["health"]}
"""
RULES = {rule["id"]: rule for rule in map(json.loads, DOMAIN.strip().splitlines())}
# A state's response to another's conduct has no type here; this stands in, to ask for mediation before it.
STAND_INS = {"response": {"follows": ["mediation-request"]}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The vocabulary with a type more."""
    room = tmp_path_factory.mktemp("room")
    for part in ("types", "catalogues"):
        shutil.copytree(ROOM / part, room / part)
    shutil.copy(ROOM / "definitions.json", room)
    for n, (name, relations) in enumerate(STAND_INS.items()):
        path = room / "types" / f"{name}.json"
        schema = json.loads((ROOM / "types/drill-cancellation.json").read_text())
        row = {"own": False, "least": 0, "most": 1, "when": None}
        rows = [{"rel": rel, "types": types, **row} for rel, types in relations.items()]
        path.write_text(json.dumps({**schema, "x-number": 900 + n, "x-relations": rows}))
    return Vocabulary("1", room)


def refused(rules, room=V):
    with pytest.raises(Fault) as caught:
        check_rules(rules, room)
    assert caught.value.code in kinds()
    assert caught.value.kind.next
    return caught.value.code, caught.value.where


def test_the_rules_of_the_domain_hold_together():
    assert len(RULES) == 11
    check_rules(list(RULES.values()), V)
    check_rules([], V)


@pytest.mark.parametrize("name", sorted(RULES))
def test_no_member_of_a_rule_can_be_left_out_or_added(name):
    optional = {"sectors"} if name == "health-care" else {"anchor", "in"} if name == "large-drills" else set()
    optional |= {"anchor"} if name == "cooling-off" else set()
    for member in RULES[name].keys() - optional:
        broken = {key: value for key, value in RULES[name].items() if key != member}
        code, where = refused([broken])
        assert code == "rule.schema", member
        assert where.startswith("/body/rules/0"), member
    code, where = refused([{**RULES[name], "unless": "asked"}])
    assert (code, where) == ("rule.schema", "/body/rules/0/unless")


def changed(name, **changes):
    rule = copy.deepcopy(RULES[name])
    for path, value in changes.items():
        here = rule
        *parents, last = path.split("__")
        for part in parents:
            here = here[part]
        if value is None:
            del here[last]
        else:
            here[last] = value
    return rule


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        (changed("drill-notice", before="-P14D"), "before"),
        (changed("drill-notice", before="P1M"), "before"),
        (changed("drill-notice", before="P1Y"), "before"),
        (changed("drill-notice", before=14), "before"),
        (changed("drill-notice", kind="promise"), "kind"),
        (changed("drill-notice", anchor=None), "anchor"),
        (changed("drill-notice", anchor="Start"), "anchor"),
        (changed("drill-notice", within="P1D"), ""),
        (changed("drill-notice", before=None), ""),
        (changed("drill-notice", id="Drill notice"), "id"),
        (changed("drill-notice", by="each-pair"), "by"),
        (changed("drill-notice", expect={}), "expect"),
        (changed("drill-notice", expect={"self": False}), "expect/self"),
        (changed("drill-notice", expect={"self": True, "type": "drill-report", "rel": "reports"}), "expect"),
        (changed("drill-notice", expect={"self": True, "rel": "reports"}), "expect/type"),
        (changed("drill-notice", on={}), "on"),
        (changed("drill-notice", on={"type": "drill-report", "overdue": "x"}), "on"),
        (changed("drill-notice", on={"overdue": "x", "where": {"kind": ["test"]}}), "on/type"),
        (changed("drill-notice", on__where={}), "on/where"),
        (changed("drill-notice", on__where__kind=[]), "on/where/kind"),
        (changed("drill-notice", on__where__kind=["test", "exercise"]), "on/where/kind"),
        (changed("drill-notice", on__where__kind=[None]), "on/where/kind/0"),
        (changed("drill-notice", on__where={"a/b": ["x"]}), "on/where"),
        (changed("line-test", by="author"), "by"),
        (changed("line-test", every="PT0M"), "every"),
        (changed("line-test", yearly="11-15"), ""),
        (changed("line-test", every=None), ""),
        (changed("yearly-calendar", yearly="02-29"), "yearly"),
        (changed("yearly-calendar", yearly="11-31"), "yearly"),
        (changed("yearly-calendar", yearly="13-01"), "yearly"),
        (changed("large-drills", most=-1), "most"),
        (changed("large-drills", most=1.5), "most"),
        (changed("large-drills", within="P1D"), "on"),
        (changed("large-drills", season={"first": "12-20", "last": "01-05"}), ""),
        (changed("cooling-off", **{"in": "P1D"}), ""),
        (changed("cooling-off", within=None), "within"),
        (changed("health-care", norm="un-norms/z"), "norm"),
        (changed("health-care", sectors=["hospitals"]), "sectors/0"),
        ("drill-notice", ""),
        (None, ""),
    ],
)
def test_the_form_of_a_rule(rule, where):
    assert refused([rule]) == ("rule.schema", f"/body/rules/0/{where}".rstrip("/"))


SELF = {"self": True}


@pytest.mark.parametrize(
    ("names", "rule", "code", "where"),
    [
        (["answer-query"], changed("answer-query"), "rule.id", "id"),
        ([], changed("no-answer-convene"), "rule.order", "on/overdue"),
        ([], changed("no-answer-convene", on__overdue="no-answer-convene"), "rule.order", "on/overdue"),
        (["large-drills"], changed("no-answer-convene", on__overdue="large-drills"), "rule.trigger", "on/overdue"),
        (["health-care"], changed("no-answer-convene", on__overdue="health-care"), "rule.trigger", "on/overdue"),
        (["answer-query"], changed("no-answer-convene", anchor="witnessed"), "rule.anchor", "anchor"),
        (["answer-query"], changed("no-answer-convene", expect=SELF), "rule.trigger", "expect/self"),
        (["answer-query"], changed("no-answer-convene", expect__rel=None), "rule.relation", "expect/rel"),
        (["line-test"], changed("no-answer-convene", on__overdue="line-test"), "rule.relation", "expect/rel"),
        (["line-test"], changed("no-answer-convene", on__overdue="line-test", by="author"), "rule.debtor", "by"),
        ([], changed("answer-query", by="debtor"), "rule.debtor", "by"),
        ([], changed("answer-query", on__type="question"), "rule.type", "on/type"),
        ([], changed("answer-query", expect__type="reply-of-sorts"), "rule.type", "expect/type"),
        ([], changed("answer-query", expect__rel="reports"), "rule.relation", "expect/rel"),
        ([], changed("answer-query", expect__rel=None), "rule.relation", "expect/rel"),
        ([], changed("answer-query", expect__type="drill-report"), "rule.relation", "expect/rel"),
        ([], changed("answer-query", anchor="start"), "rule.anchor", "anchor"),
        ([], changed("answer-query", anchor="due"), "rule.anchor", "anchor"),
        ([], changed("drill-notice", by="addressees"), "rule.debtor", "by"),
        ([], changed("drill-notice", anchor="witnessed"), "rule.anchor", "anchor"),
        ([], changed("drill-notice", anchor="purpose"), "rule.anchor", "anchor"),
        ([], changed("drill-notice", on__where={"colour": ["red"]}), "rule.field", "on/where/colour"),
        ([], changed("drill-notice", on__where__kind=["exercise", "war"]), "rule.field", "on/where/kind/1"),
        ([], changed("drill-notice", on__where={"sectors": ["moon"]}), "rule.field", "on/where/sectors/0"),
        ([], changed("drill-notice", on__where={"deconfliction": ["x"]}), "rule.field", "on/where/deconfliction"),
        ([], changed("no-unannounced", of__where__announced=["no"]), "rule.field", "of/where/announced/0"),
        ([], changed("no-unannounced", of__where__announced=[0]), "rule.field", "of/where/announced/0"),
        ([], changed("after-report", by="addressees"), "rule.debtor", "by"),
        ([], changed("after-report", expect={"type": "drill-report", "rel": "changes"}), "rule.relation", "expect/rel"),
        ([], changed("line-test", every="PT59M"), "rule.period", "every"),
        ([], changed("large-drills", **{"in": "PT1M"}), "rule.period", "in"),
        ([], changed("large-drills", anchor="opens"), "rule.anchor", "anchor"),
        ([], changed("large-drills", by="author"), "rule.debtor", "by"),
        ([], changed("cooling-off", on__type="quarrel"), "rule.type", "on/type"),
        ([], changed("cooling-off", of__type="quarrel"), "rule.type", "of/type"),
        ([], changed("yearly-calendar", expect__type="quarrel"), "rule.type", "expect/type"),
    ],
)
def test_what_the_schema_cannot_say(whole, names, rule, code, where):
    above = [RULES[name] for name in names]
    assert refused([*above, rule], whole) == (code, f"/body/rules/{len(above)}/{where}")


@pytest.mark.parametrize(
    "rule",
    [
        changed("drill-notice", on__where={"sectors": ["energy", "health"], "scale": ["national"]}),
        changed("no-unannounced", season={"first": "12-20", "last": "01-05"}),
        changed("no-unannounced", by="each-pair"),
        changed("large-drills", anchor="witnessed"),
        changed("line-test", by="each-party", every="PT1H"),
        changed("after-report", expect={"type": "disclosure", "rel": "discloses"}, anchor="opens", within="P1D"),
        changed("drill-notice", before="PT0M"),
        # Mediation before response: what came first is named by the trigger, not the other way round.
        {
            "id": "mediation-first",
            "kind": "deadline",
            "on": {"type": "response"},
            "by": "author",
            "expect": {"type": "mediation-request", "rel": "follows"},
            "anchor": "witnessed",
            "before": "PT0M",
        },
    ],
)
def test_what_else_a_rule_can_say(whole, rule):
    check_rules([rule], whole)


def test_silence_about_a_recurrence_can_be_answered_by_a_statement_that_relates_to_nothing(whole):
    rule = changed("no-answer-convene", on__overdue="line-test", expect__rel=None)
    check_rules([RULES["line-test"], rule], whole)


def test_the_ladder_may_climb_on(whole):
    second = changed("no-answer-convene", id="no-convening", on__overdue="no-answer-convene")
    check_rules([RULES["answer-query"], RULES["no-answer-convene"], second], whole)


@pytest.mark.parametrize("name", sorted(n for n, kind in V.types.items() if "rules" in kind.schema["properties"]))
def test_a_body_with_rules_that_cannot_be_judged_is_refused(name):
    body = copy.deepcopy(dict(V.example(name)["body"]))
    body["rules"] = [RULES["drill-notice"], RULES["drill-notice"]]
    with pytest.raises(Fault) as caught:
        V.types[name].validate(body)
    assert (caught.value.code, caught.value.where) == ("rule.id", "/body/rules/1/id")
    body["rules"] = [changed("drill-notice", before="P1M")]
    with pytest.raises(Fault) as caught:
        V.types[name].validate(body)
    assert (caught.value.code, caught.value.where) == ("statement.schema", "/body/rules/0/before")
    assert "never months or years" in caught.value.message
