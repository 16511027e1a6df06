"""Rules in words: each kind and each member by a sentence written by hand, and random rules in every language."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.errors import Fault
from verifier.vocabulary import check_rules, load
from verifier.vocabulary.rendering import sentences
from verifier.vocabulary.wording import languages, words

V = load()

DRILL = {"type": "drill-announcement"}
QUERY = {"type": "clarification-request"}
ANSWER = {"type": "clarification-response", "rel": "answers"}
CANCEL = {"type": "drill-cancellation", "rel": "cancels"}
OPENED = {"type": "disclosure", "rel": "discloses"}
NOTICE = {
    "id": "notice", "kind": "deadline", "on": DRILL, "by": "author", "expect": {"self": True}, "anchor": "start",
    "before": "P14D",
}  # fmt: skip
REPLY = {
    "id": "reply", "kind": "deadline", "on": QUERY, "by": "addressees", "expect": ANSWER, "anchor": "witnessed",
    "within": "PT24H",
}  # fmt: skip
CONVENE = {
    "id": "convene", "kind": "deadline", "on": {"overdue": "reply"}, "by": "debtor",
    "expect": {"type": "convening", "rel": "concerns"}, "anchor": "due", "within": "PT48H",
}  # fmt: skip
LINE = {"id": "line", "kind": "recurrence", "by": "each-pair", "expect": {"type": "line-test"}, "every": "P90D"}
CALENDAR = {
    "id": "calendar", "kind": "recurrence", "by": "each-party", "expect": {"type": "drill-calendar"}, "yearly": "11-15",
}  # fmt: skip
FEW = {"id": "few", "kind": "limit", "by": "each-party", "of": DRILL, "anchor": "start", "most": 4, "in": "P365D"}
QUIET = {
    "id": "quiet", "kind": "limit", "by": "addressees", "on": {"type": "incident-notification"}, "of": DRILL, "most": 0,
    "within": "PT72H",
}  # fmt: skip
REFRAIN = {"id": "refrain", "kind": "abstention", "by": "each-party", "norm": "un-norms/f", "sectors": ["health"]}
ABOVE = {rule["id"]: rule for rule in (NOTICE, REPLY, CONVENE, LINE)}

WHOLE = [
    (
        NOTICE,
        "Rule “notice” is a deadline.",
        "It starts with a statement of type “Announcement of a drill”: the starting statement.",
        "Owed by the author of the starting statement.",
        "What is expected is the starting statement itself, in time.",
        "It must be witnessed at least 14 days before the date “Begins” of the starting statement.",
    ),
    (
        REPLY,
        "Rule “reply” is a deadline.",
        "It starts with a statement of type “Request for clarification”: the starting statement.",
        "Owed by each addressee of the starting statement.",
        "What is expected is a statement of type “Clarification”.",
        "It must have this relation to the starting statement: “answers”.",
        "It must be witnessed within 24 hours after the starting statement is witnessed.",
    ),
    (
        CONVENE,
        "Rule “convene” is a deadline.",
        "It starts when an obligation under rule “reply” becomes overdue or late: the earlier obligation.",
        "Rule “reply” asks for a statement of type “Clarification”.",
        "The starting statement is the one with which rule “reply” starts.",
        "Owed by whoever owed the earlier obligation.",
        "What is expected is a statement of type “Convening”.",
        "It must have this relation to the starting statement: “concerns”.",
        "It must be witnessed within 48 hours after the moment at which the earlier obligation was due.",
    ),
    (
        LINE,
        "Rule “line” asks for the same thing again and again.",
        "Owed by each participant whom this rule binds, to each of the others separately.",
        "What is expected is a statement of type “Test of a line”.",
        "At least once in every period of 90 days.",
    ),
    (
        CALENDAR,
        "Rule “calendar” asks for the same thing again and again.",
        "Owed by each participant whom this rule binds.",
        "What is expected is a statement of type “Calendar of drills”.",
        "Every year by the end of 15 November, UTC.",
    ),
    (
        FEW,
        "Rule “few” is a limit.",
        "Holds for each participant whom this rule binds.",
        "Statements of type “Announcement of a drill” are counted.",
        "Each is counted at its date “Begins”.",
        "At most 4 of them are allowed in any period of 365 days.",
    ),
    (
        QUIET,
        "Rule “quiet” is a limit.",
        "It starts with a statement of type “Notification of an incident”: the starting statement.",
        "Holds for each addressee of the starting statement.",
        "Statements of type “Announcement of a drill” are counted.",
        "None of them is allowed within 72 hours after the starting statement is witnessed.",
    ),
    (
        REFRAIN,
        "Rule “refrain” is a promise to refrain. The log alone cannot determine whether it is kept.",
        "Holds for each participant whom this rule binds.",
        "The norm is “do not damage critical infrastructure”: “Norms of responsible state behaviour”, f.",
        "It covers these sectors: “Health”.",
    ),
]


def needed(rule):
    """The rules above that this one names, in their order."""
    if "overdue" not in rule.get("on", {}):
        return []
    return [one for one in (NOTICE, REPLY, CONVENE, LINE) if one["id"] != rule["id"]]


@pytest.mark.parametrize(("rule", "told"), [(rule, list(told)) for rule, *told in WHOLE])
def test_a_rule_is_told_whole_and_in_order(rule, told):
    check_rules([*needed(rule), rule], V)
    assert sentences(rule, above=ABOVE) == told


AT = {"within": None, "before": None}  # a deadline's two members for time: the one given replaces the one that was
CASES = [
    # Which statements: fields that are one of some values, fields that are lists, and what the values are called.
    (NOTICE, {"on": {**DRILL, "where": {"kind": ["exercise", "test"]}}},
     "The starting statement counts only where “Kind” is “exercise” or “test”."),
    (NOTICE, {"on": {**DRILL, "where": {"scale": ["local", "national", "sectoral"]}}},
     "The starting statement counts only where “Scale” is “one body”, “the whole state” or “one sector”."),
    (NOTICE, {"on": {**DRILL, "where": {"sectors": ["banking", "health"]}}},
     "The starting statement counts only where “Sectors” includes “Banking” or “Health”."),
    (NOTICE, {"on": {**DRILL, "where": {"co_hosts": ["XA", "XB"]}}},
     "The starting statement counts only where “Co-hosts” includes “XA” or “XB”."),
    (REPLY, {"expect": {**ANSWER, "where": {"on_request": [True]}}}, "It counts only where “On request” is “yes”."),
    (LINE, {"expect": {"type": "incident-assessment", "where": {"severity": [3, 4]}}},
     "It counts only where “Severity” is “high (3)” or “severe (4)”."),
    (LINE, {"expect": {"type": "incident-assessment", "where": {"class": ["fraud"]}}},
     "It counts only where “Class” is “fraud”."),
    (LINE, {"expect": {"type": "declaration", "where": {"norms": ["un-norms/f"]}}},
     "It counts only where “Norms” includes “do not damage critical infrastructure (un-norms/f)”."),
    (FEW, {"of": {"type": "drill-report", "where": {"announced": [False]}}, "anchor": "witnessed"},
     "Only those are counted where “Announced before” is “no”."),
    (FEW, {"of": {**DRILL, "where": {"sectors": ["health"]}}}, "Only those are counted where “Sectors” includes “Health”."),
    (QUIET, {"on": {"type": "incident-notification", "where": {"stage": ["early-warning"]}}},
     "The starting statement counts only where “Stage” is “early warning”."),
    # Who: of a deadline, a recurrence, a limit.
    (NOTICE, {"by": "each-party", "expect": CANCEL}, "Owed by each participant whom this rule binds."),
    (CONVENE, {"by": "author"}, "Owed by the author of the starting statement."),
    (CONVENE, {"by": "addressees"}, "Owed by each addressee of the starting statement."),
    (LINE, {"by": "each-party"}, "Owed by each participant whom this rule binds."),
    (QUIET, {"by": "author"}, "Holds for the author of the starting statement."),
    (FEW, {"by": "each-pair"},
     "Holds for each participant whom this rule binds, counted separately towards each of the others."),
    # The relation, and what an overdue rule says of the one that it names.
    (NOTICE, {"expect": CANCEL}, "It must have this relation to the starting statement: “cancels”."),
    (REPLY, {"on": {"type": "incident-disclosure"}, "by": "author", "before": "PT0M",
             "expect": {"type": "mediation-outcome", "rel": "follows"}},
     "The starting statement must have this relation to it: “follows”."),
    (CONVENE, {"on": {"overdue": "notice"}, "expect": CANCEL},
     "Rule “notice” asks for a statement of type “Announcement of a drill”."),
    (CONVENE, {"on": {"overdue": "line"}, "expect": {"type": "convening"}},
     "Rule “line” asks for a statement of type “Test of a line”."),
    (CONVENE, {"on": {"overdue": "convene"}, "id": "again"},
     "Rule “convene” asks for a statement of type “Convening”."),
    # Time: each anchor, so long before it, not after it, so long after it.
    (NOTICE, {"anchor": "opens", "before": "P1D", "expect": OPENED},
     "It must be witnessed at least 1 day before each date on which the starting statement opens something sealed."),
    (REPLY, {"before": "PT1H", "on": {"type": "incident-disclosure"}, "by": "author",
             "expect": {"type": "mediation-outcome", "rel": "follows"}},
     "It must be witnessed at least 1 hour before the starting statement is witnessed."),
    (REPLY, {"before": "PT1H", "anchor": "receipt"},
     "It must be witnessed at least 1 hour before the addressee acknowledges receipt of the starting statement. "
     "Receipt counts at the latest when the grace that the charter sets after the witnessed time has passed."),
    (NOTICE, {"before": "PT0M"},
     "It must be witnessed no later than the date “Begins” of the starting statement."),
    (REPLY, {"before": "PT0M", "on": {"type": "incident-disclosure"}, "by": "author",
             "expect": {"type": "mediation-outcome", "rel": "follows"}},
     "It must be witnessed no later than the starting statement."),
    (REPLY, {"before": "PT0M", "anchor": "receipt"},
     "It must be witnessed no later than the addressee acknowledges receipt of the starting statement. "
     "Receipt counts at the latest when the grace that the charter sets after the witnessed time has passed."),
    (NOTICE, {"anchor": "opens", "before": "PT0M", "expect": OPENED},
     "It must be witnessed no later than each date on which the starting statement opens something sealed."),
    (NOTICE, {"anchor": "end", "within": "P30D", "expect": {"type": "drill-report", "rel": "reports"}},
     "It must be witnessed within 30 days after the date “Ends” of the starting statement."),
    (NOTICE, {"anchor": "end", "within": "PT0M", "expect": {"type": "drill-report", "rel": "reports"}},
     "It must be witnessed within 0 minutes after the date “Ends” of the starting statement."),
    (NOTICE, {"anchor": "opens", "within": "P1D", "expect": OPENED},
     "It must be witnessed within 1 day after each date on which the starting statement opens something sealed."),
    (REPLY, {"anchor": "receipt"},
     "It must be witnessed within 24 hours after the addressee acknowledged receipt of the starting statement. "
     "Receipt counts at the latest when the grace that the charter sets after the witnessed time has passed."),
    # `due` is a date of some types, and then no obligation's.
    (NOTICE, {"on": {"type": "investigation"}, "anchor": "due", "before": "P1D"},
     "It must be witnessed at least 1 day before the date “Due by” of the starting statement."),
    # Lengths of time stay as they are given.
    (NOTICE, {"before": "P2W"}, "It must be witnessed at least 2 weeks before the date “Begins” of the starting statement."),
    (NOTICE, {"before": "P14D"}, "It must be witnessed at least 14 days before the date “Begins” of the starting statement."),
    (NOTICE, {"before": "PT336H"},
     "It must be witnessed at least 336 hours before the date “Begins” of the starting statement."),
    (NOTICE, {"before": "P1DT12H"},
     "It must be witnessed at least 1 day and 12 hours before the date “Begins” of the starting statement."),
    (NOTICE, {"before": "P99999DT24H90M"},
     "It must be witnessed at least 99999 days, 24 hours and 90 minutes before the date “Begins” of the starting "
     "statement."),
    # How often, and how many.
    (LINE, {"every": "P1W"}, "At least once in every period of 1 week."),
    (CALENDAR, {"yearly": "01-01"}, "Every year by the end of 1 January, UTC."),
    (FEW, {"in": None}, "At most 4 of them are allowed."),
    (FEW, {"in": None, "most": 0}, "None of them is allowed."),
    (FEW, {"most": 1}, "At most 1 of them are allowed in any period of 365 days."),
    (FEW, {"most": 0}, "None of them is allowed in any period of 365 days."),
    (FEW, {"in": None, "season": {"first": "12-20", "last": "01-05"}},
     "At most 4 of them are allowed from 20 December to 5 January of every year, both days included, UTC."),
    (FEW, {"in": None, "season": {"first": "12-20", "last": "01-05"}, "most": 0},
     "None of them is allowed from 20 December to 5 January of every year, both days included, UTC."),
    (QUIET, {"most": 2}, "At most 2 of them are allowed within 72 hours after the starting statement is witnessed."),
    (FEW, {"anchor": "witnessed"}, "Each is counted at the moment at which it is witnessed."),
    (QUIET, {"anchor": "end"}, "Each is counted at its date “Ends”."),
    # From what somebody refrains.
    (REFRAIN, {"norm": "osce-cbms/16"},
     "The norm is “vulnerability reporting”: “OSCE confidence-building measures”, 16."),
    (REFRAIN, {"sectors": ["drinking-water", "energy", "health"]},
     "It covers these sectors: “Drinking water”, “Energy: electricity, district heating and cooling, oil, gas, hydrogen” "
     "and “Health”."),
    (REFRAIN, {"sectors": []}, "It names no sector."),
]  # fmt: skip


def changed(rule, changes):
    base = {**rule, **(AT if rule["kind"] == "deadline" and changes.keys() & AT else {}), **changes}
    return {name: value for name, value in base.items() if value is not None}


@pytest.mark.parametrize(("rule", "changes", "told"), CASES)
def test_each_member_has_its_sentence(rule, changes, told):
    rule = changed(rule, changes)
    check_rules([*needed(rule), rule], V)
    assert told in sentences(rule, above=ABOVE)


def test_what_a_rule_does_not_say_is_not_told():
    assert not any("sector" in line for line in sentences(changed(REFRAIN, {"sectors": None})))
    assert not any(line.startswith("Each is counted") for line in sentences(QUIET))
    silent = changed(CONVENE, {"on": {"overdue": "line"}, "expect": {"type": "convening"}})
    assert not any("starting statement" in line for line in sentences(silent, above=ABOVE))


def test_without_the_rules_above_the_named_one_is_told_by_its_name_alone():
    assert sentences(CONVENE) == [line for line in sentences(CONVENE, above=ABOVE) if " asks for " not in line]


def test_participants_are_called_by_their_names_where_these_are_given():
    rule = changed(NOTICE, {"on": {**DRILL, "where": {"co_hosts": ["XA", "XB"]}}})
    told = "The starting statement counts only where “Co-hosts” includes “Arvenia (XA)” or “XB”."
    assert told in sentences(rule, names={"XA": "Arvenia"})


def test_a_value_that_cannot_be_seen_is_written_as_its_code_point():
    value = "a\u202eb\u0007{field}"
    rule = changed(NOTICE, {"on": {**DRILL, "where": {"co_hosts": [value]}}})
    check_rules([rule], V)
    assert "The starting statement counts only where “Co-hosts” includes “a\\u202eb\\u0007{field}”." in sentences(rule)


def test_an_unknown_language_is_told_in_english():
    for language in ("tlh", "en-GB", "", "../en"):
        assert sentences(NOTICE, language=language) == sentences(NOTICE)


def test_a_type_that_this_vocabulary_does_not_have_is_called_by_its_code():
    rule = changed(NOTICE, {"on": {"type": "drill-song", "where": {"pitch": ["high", 440]}}})
    told = sentences(rule)
    assert "It starts with a statement of type “drill-song”: the starting statement." in told
    assert "The starting statement counts only where “pitch” is “high” or “440”." in told


# Random rules, in every language that there is.

SPANS = st.sampled_from(["P2W", "P14D", "PT48H", "P1DT12H", "P3DT5H7M", "PT90M", "P11DT61M", "P99999D"])
DAYS = st.sampled_from(["01-01", "02-28", "06-30", "11-15", "12-20"])
DEFINED = V.definitions["$defs"]


def plain(schema):
    """The schemas behind references, choices and lists."""
    yield schema
    if "$ref" in schema:
        yield from plain(DEFINED[schema["$ref"].rpartition("/")[2]])
    for inner in [*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]:
        yield from plain(inner)


def possible(schema):
    """Values that a field may have and that a rule may name."""
    found = [value for one in plain(schema) for value in one.get("enum", ()) if value is not None]
    return found or ([False, True] if any(one.get("type") == "boolean" for one in plain(schema)) else [])


FIELDS = {
    name: {field: values for field, schema in kind.schema["properties"].items() if (values := possible(schema))}
    for name, kind in V.types.items()
}

TYPES = tuple(sorted(V.types))


@st.composite
def selectors(draw, types=TYPES):
    kind = draw(st.sampled_from(types))
    fields = draw(st.lists(st.sampled_from(sorted(FIELDS[kind])), max_size=2, unique=True)) if FIELDS[kind] else []
    where = {}
    for field in sorted(fields):
        chosen = draw(st.lists(st.sampled_from(FIELDS[kind][field]), min_size=1, max_size=4, unique=True))
        where[field] = sorted(chosen)
    return {"type": kind, **({"where": where} if where else {})}


RELATED = sorted(
    (kind.name, row.rel, target)
    for kind in V.types.values()
    for row in kind.relations
    for target in (V.types if "*" in row.types else row.types)
    if not row.own
)


@st.composite
def deadlines(draw):
    expected, rel, target = draw(st.sampled_from(RELATED))
    rule = {"id": "random", "kind": "deadline", "by": draw(st.sampled_from(["addressees", "author", "each-party"]))}
    rule["on"], rule["expect"] = draw(selectors((target,))), {**draw(selectors((expected,))), "rel": rel}
    special = ["receipt"] if rule["by"] == "addressees" else []
    rule["anchor"] = draw(st.sampled_from(["witnessed", *special, *V.types[target].anchors]))
    rule[draw(st.sampled_from(["before", "within"]))] = draw(SPANS | st.just("PT0M"))
    if "before" in rule and rule["anchor"] == "witnessed":
        rule["on"], rule["expect"] = draw(selectors((expected,))), {**draw(selectors((target,))), "rel": rel}
        rule["by"] = "author"
    return rule


@st.composite
def openings(draw):
    rule = {
        "id": "random",
        "kind": "deadline",
        "on": draw(selectors()),
        "by": "author",
        "anchor": "opens",
        "expect": OPENED,
    }
    return rule | {draw(st.sampled_from(["before", "within"])): draw(SPANS | st.just("PT0M"))}


@st.composite
def overdue(draw):
    rule = {"id": "random", "kind": "deadline", "on": {"overdue": "line"}, "anchor": "due"}
    rule |= {"by": draw(st.sampled_from(["debtor", "each-party"])), "expect": draw(selectors())}
    return rule | {"within": draw(SPANS | st.just("PT0M"))}


@st.composite
def limits(draw):
    rule = {"id": "random", "kind": "limit", "of": draw(selectors()), "most": draw(st.integers(0, 1_000_000))}
    scope = draw(st.sampled_from(["ever", "in", "season", "within"]))
    rule["by"] = draw(st.sampled_from(["each-pair", "each-party"]))
    if scope == "season":
        rule["season"] = {"first": draw(DAYS), "last": draw(DAYS)}
    elif scope != "ever":
        rule[scope] = draw(SPANS)
    if scope == "within":
        rule |= {"on": draw(selectors()), "by": draw(st.sampled_from(["addressees", "author", "each-party"]))}
    if draw(st.booleans()):
        rule["anchor"] = draw(st.sampled_from(["witnessed", *V.types[rule["of"]["type"]].anchors]))
    return rule


@st.composite
def recurrences(draw):
    rule = {"id": "random", "kind": "recurrence", "by": draw(st.sampled_from(["each-pair", "each-party"]))}
    rule["expect"] = draw(selectors())
    return rule | draw(st.one_of(st.builds(lambda p: {"every": p}, SPANS), st.builds(lambda d: {"yearly": d}, DAYS)))


@st.composite
def abstentions(draw):
    rule = {
        "id": "random",
        "kind": "abstention",
        "by": "each-party",
        "norm": draw(st.sampled_from(DEFINED["norm"]["enum"])),
    }
    sectors = draw(st.none() | st.lists(st.sampled_from(DEFINED["sector"]["enum"]), max_size=4, unique=True))
    return rule if sectors is None else {**rule, "sectors": sorted(sectors)}


def called(language, room, name):
    found = words(language)[room].get(name, name)
    return found["label"] if isinstance(found, dict) else found


def entry(language, catalogue, code):
    return V.catalogue(catalogue, language)["entries"][str(code)]["name"][language]


def value_called(language, kind, field, value):
    """What a value is called; which catalogue it is from is told by the values themselves."""
    if isinstance(value, bool):
        return called(language, "choices", "yes" if value else "no")
    members = FIELDS[kind][field]
    for name in ("sectors", "severity", "rsit"):
        if [str(one) for one in members] == list(V.catalogue(name)["entries"]):
            return entry(language, name, value)
    if isinstance(value, str) and "/" in value:
        return entry(language, *value.split("/"))
    return value if str(value).startswith("TLP:") else called(language, "choices", str(value))


def asked_of(rule, language):
    """All that a rule's text must hold: ids, labels of types, fields and values, relations, numbers."""
    yield rule["id"]
    for part in ("on", "expect", "of"):
        selector = rule.get(part, {})
        if "type" in selector:
            yield called(language, "types", selector["type"])
        for field, values in selector.get("where", {}).items():
            yield called(language, "fields", field)
            yield from (value_called(language, selector["type"], field, value) for value in values)
        if "rel" in selector:
            yield words(language)["relations"][selector["rel"]]["forward"]
        if "overdue" in selector:
            yield selector["overdue"]
    if rule.get("anchor") not in (None, "due", "opens", "receipt", "witnessed"):
        yield called(language, "fields", rule["anchor"])
    if rule.get("most"):
        yield str(rule["most"])
    for member in ("before", "within", "in", "every"):
        for count in re.findall("[0-9]+", rule.get(member, "")):
            if rule[member] != "PT0M" and (language != "ar" or count not in "12"):  # Arabic has a dual: no digit
                yield count
    for day in [rule.get("yearly", ""), *rule.get("season", {}).values()]:
        yield day[3:].lstrip("0")
    if "norm" in rule:
        yield entry(language, *rule["norm"].split("/"))
        yield rule["norm"].split("/")[1]
    yield from (entry(language, "sectors", code) for code in rule.get("sectors", ()))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "rules", [deadlines(), openings(), overdue(), limits(), recurrences(), abstentions()], ids=lambda s: "rules"
)
def test_random_rules_are_told_whole_in_every_language(language, rules):
    checked = []

    @settings(max_examples=60, deadline=None, database=None)
    @given(rules)
    def judge(rule):
        try:
            check_rules([LINE, rule], V)
        except Fault:
            return
        checked.append(rule)
        lines = sentences(rule, language=language, above={"line": LINE})
        text = "\n".join(lines)
        assert all(lines)
        assert not re.search("[{}]", text), json.dumps(rule)
        for shown in asked_of(rule, language):
            assert shown in text, (shown, rule)

    judge()
    assert len(checked) > 15, "the strategy makes too few rules that can be judged"
