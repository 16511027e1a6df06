"""The loader and the judging of bodies: what every type accepts and refuses, without naming one where none need be named."""

import copy
import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import vocabulary
from verifier.errors import Fault, kinds
from verifier.vocabulary import Vocabulary, load, require
from verifier.vocabulary.places import check_value
from verifier.vocabulary.sentences import worded

ROOM = Path(vocabulary.__file__).parent
V = load()
TYPES = sorted(V.types)


def body_of(name):
    return copy.deepcopy(dict(V.example(name)["body"]))


def refused(name, body, sealed=()):
    with pytest.raises(Fault) as caught:
        V.types[name].validate(body, sealed)
    assert caught.value.code in kinds()
    return caught.value


def resolve(schema):
    while "$ref" in schema:
        schema = V.definitions["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def places(schema, value, path=()):
    """Every (path, schema, value) of an instance, beside the schema that judges it."""
    schema = resolve(schema)
    for choice in schema.get("anyOf", ()):
        if resolve(choice).get("type") != "null" and value is not None:
            yield from places(choice, value, path)
    yield path, schema, value
    if isinstance(value, dict):
        for name, inner in value.items():
            below = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield from places(below, inner, (*path, name))
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for n, inner in enumerate(value):
            yield from places(schema["items"], inner, (*path, n))


def put(body, path, value):
    here = body
    for part in path[:-1]:
        here = here[part]
    here[int(path[-1]) if isinstance(here, list) else path[-1]] = value


@pytest.mark.parametrize("name", TYPES)
def test_the_example_is_a_statement_of_its_type(name):
    example = V.example(name)
    assert example["type"] == name
    V.types[name].validate(example["body"])
    V.types[name].check_relations(example["body"], [row["rel"] for row in example["relates"]])


@pytest.mark.parametrize("name", TYPES)
def test_an_unknown_member_is_refused_at_every_level(name):
    body = body_of(name)
    objects = [
        (path, v) for path, s, v in places(V.types[name].schema, body) if isinstance(v, dict) and "properties" in s
    ]
    assert objects
    for path, found in objects:
        found["smuggled"] = 1
        fault = refused(name, body)
        del found["smuggled"]
        assert any(row["pointer"].endswith("/smuggled") for row in fault.evidence["errors"]), path
    V.types[name].validate(body)


@pytest.mark.parametrize(("name", "member"), [(n, m) for n in TYPES for m in V.types[n].schema["properties"]])
def test_every_member_must_be_there(name, member):
    body = body_of(name)
    del body[member]
    fault = refused(name, body)
    assert fault.code == "statement.schema"
    assert fault.where == f"/body/{member}"
    assert fault.message == f"{name}: The member `{member}` is missing."


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("body", [None, [], "", 0, True, {}])
def test_what_is_no_body_at_all(name, body):
    assert refused(name, body).code == "statement.schema"


@pytest.mark.parametrize("name", TYPES)
def test_sets_must_rise(name):
    body = body_of(name)
    for path, schema, value in list(places(V.types[name].schema, body)):
        if schema.get("x-sorted") and len(value) > 1:
            put(body, path, value[::-1])
            fault = refused(name, body)
            put(body, path, value)
            assert "rising order" in fault.message, path
            assert fault.where == "/body/" + "/".join(map(str, path))


def test_some_example_has_a_set_of_every_kind():
    kinds_seen = {
        schema["x-sorted"]
        for name in TYPES
        for _, schema, value in places(V.types[name].schema, V.example(name)["body"])
        if schema.get("x-sorted") and len(value) > 1
    }
    assert {True, "code", "id", "office"} <= kinds_seen


@pytest.mark.parametrize("name", TYPES)
def test_times_are_of_the_real_calendar(name):
    body = body_of(name)
    for path, schema, value in list(places(V.types[name].schema, body)):
        if schema.get("format") == "utc":
            for wrong in (
                "2026-02-30T00:00:00Z",
                "2026-01-01T00:00:60Z",
                "2026-01-01",
                value + "\n",
                value[:-1] + "+00:00",
            ):
                put(body, path, wrong)
                fault = refused(name, body)
                assert "is not a UTC time such as" in fault.message, path
            put(body, path, value)


@pytest.mark.parametrize(
    "wrong", ["P1M", "-P1D", "P1Y", "PT0S", "PT0M", "P0D", "P1.5D", "PT", "P", "P1D\n", "p1d", "P٣D", "P1W1D"]
)
def test_durations_have_one_length(wrong):
    body = body_of("charter")
    body["terms"]["longest_silence"] = wrong
    fault = refused("charter", body)
    assert fault.where == "/body/terms/longest_silence"
    assert "never months or years" in fault.message


@pytest.mark.parametrize("right", ["P2W", "P14D", "PT24H", "P1DT12H", "PT30M", "P1DT12H30M"])
def test_durations_that_mean_something(right):
    body = body_of("charter")
    body["terms"]["longest_silence"] = right
    assert V.types["charter"].validate(body) is None


def test_no_time_at_all_is_a_duration_where_it_can_mean_something():
    body = body_of("charter")
    body["terms"]["skew"] = "PT0M"
    assert V.types["charter"].validate(body) is None


# Sealed values.


@pytest.mark.parametrize("name", [n for n in TYPES if V.types[n].quiet])
def test_the_quiet_profile_seals_and_is_accepted(name):
    kind, body = V.types[name], body_of(name)
    quiet = kind.quiet_of(body)
    for pointer in quiet:
        put(body, pointer.split("/")[2:], None)
    kind.validate(body, quiet)
    kind.validate(body, frozenset(quiet))
    kept = set(body) - {pointer.split("/")[2] for pointer in kind.quiet}
    assert set(kind.anchors) <= kept | {"changes"}


def test_each_item_of_an_inventory_is_sealed_by_itself_and_may_be_opened_by_itself():
    kind, body = V.types["inventory"], body_of("inventory")
    assert kind.quiet_of(body) == ("/body/scope", "/body/items/0", "/body/items/1")
    item, body["items"][0] = body["items"][0], None
    assert refused("inventory", body).where == "/body/items/0"
    kind.validate(body, ["/body/items/0"])
    check_value(V, kind, "/body/items/0", item)
    for wrong in ({**item, "sector": "moon"}, "a text", None):
        with pytest.raises(Fault, match="is none that a inventory has there"):
            check_value(V, kind, "/body/items/0", wrong)
    body["items"] = []
    assert kind.quiet_of(body) == ("/body/scope",)
    assert kind.quiet_of({**body, "items": None}) == ("/body/scope",)


def test_the_details_of_a_channel_can_be_sealed_and_its_existence_cannot():
    kind, body = V.types["channel"], body_of("channel")
    body["details"] = None
    kind.validate(body, ["/body/details"])
    for member in ("kind", "status", "hours", "start"):
        assert refused("channel", {**body, member: None}, [f"/body/{member}"]).code == "statement.sealed"


# Exercise marking.


@pytest.mark.parametrize("name", TYPES)
def test_a_type_says_whether_it_can_be_rehearsed(name):
    kind, body = V.types[name], body_of(name)
    kind.check_exercise(body, False)
    if kind.exercise:
        kind.check_exercise(body, True)
    else:
        with pytest.raises(Fault) as caught:
            kind.check_exercise(body, True)
        assert (caught.value.code, caught.value.where) == ("statement.exercise", "/exercise")


def test_the_incident_class_test_is_for_rehearsals_alone():
    kind = V.types["incident-assessment"]
    body = {**body_of("incident-assessment"), "class": "test"}
    kind.validate(body)
    kind.check_exercise(body, True)
    with pytest.raises(Fault) as caught:
        kind.check_exercise(body, False)
    assert (caught.value.code, caught.value.where) == ("statement.exercise", "/body/class")
    kind.check_exercise({**body, "class": None}, False)
    assert kind.rehearsed("/body/class", "test")
    assert not kind.rehearsed("/body/class", "fraud")
    assert not kind.rehearsed("/body/text", "test")


@pytest.mark.parametrize("name", [n for n in TYPES if V.types[n].anchors])
def test_an_anchor_is_never_sealed(name):
    kind = V.types[name]
    for anchor in kind.anchors:
        body = body_of(name)
        body[anchor] = None
        fault = refused(name, body, [f"/body/{anchor}"])
        assert (fault.code, fault.where) == ("statement.sealed", f"/body/{anchor}")


def test_a_null_that_is_not_sealed_is_refused():
    body = body_of("drill-announcement")
    body["purpose"] = body["name"] = None
    assert refused("drill-announcement", body).where == "/body/name"
    assert refused("drill-announcement", body, ["/body/purpose"]).where == "/body/name"
    V.types["drill-announcement"].validate(body, ["/body/name", "/body/purpose"])


def test_a_sealed_value_must_be_null_in_the_body():
    body = body_of("drill-announcement")
    for pointer in (
        "/body/purpose",
        "/body/nothing",
        "/body/networks/00",
        "/body/networks/9",
        "/body/purpose/0",
        "/body",
    ):
        assert refused("drill-announcement", body, [pointer]).code == "statement.sealed"


def test_inner_values_and_items_of_sets_can_be_sealed():
    body = body_of("drill-announcement")
    body["deconfliction"]["office"] = None
    body["networks"][0] = None
    body["sectors"] = [None, "transport", None]
    sealed = ["/body/deconfliction/office", "/body/networks/0", "/body/sectors/0", "/body/sectors/2"]
    V.types["drill-announcement"].validate(body, sealed)
    assert refused("drill-announcement", body, sealed[1:]).where == "/body/deconfliction/office"
    body["sectors"] = ["transport", None, "energy"]
    assert refused("drill-announcement", body, [*sealed[:2], "/body/sectors/1"]).where == "/body/sectors"


def test_a_sealed_value_inside_a_nullable_object():
    body = body_of("drill-change")
    body["changes"]["deconfliction"] = {
        "office": None,
        "telephone": None,
        "email": None,
        "hours": None,
        "languages": [],
    }
    assert refused("drill-change", body).where == "/body/changes/deconfliction/office"
    V.types["drill-change"].validate(body, ["/body/changes/deconfliction/office"])


@pytest.mark.parametrize("name", [n for n in TYPES if V.types[n].clear == ("/body",)])
def test_founding_statements_seal_nothing(name):
    body = body_of(name)
    member = next(iter(body))
    body[member] = None
    assert refused(name, body, [f"/body/{member}"]).code == "statement.sealed"


def test_parents_and_children_of_a_clear_value_cannot_be_sealed_either():
    body = body_of("drill-change")
    body["changes"] = None
    assert refused("drill-change", body, ["/body/changes"]).code == "statement.sealed"
    body = body_of("joint-text")
    body["rules"][0]["yearly"] = None
    assert refused("joint-text", body, ["/body/rules/0/yearly"]).code == "statement.sealed"


# Errors that a person understands.


@pytest.mark.parametrize(
    ("member", "value", "where", "message"),
    [
        ("scale", "huge", "/body/scale", '"huge" is none of: local, multinational, national, sectoral.'),
        ("sectors", ["hospitals"], "/body/sectors/0", '"hospitals" is none of: energy, transport, '),
        ("name", "two\nlines", "/body/name", '"two\\nlines" is not one line of text.'),
        ("name", 5, "/body/name", "Expected a text, not 5."),
        ("name", "x" * 301, "/body/name", "Expected at most 300 characters."),
        ("purpose", "", "/body/purpose", "Expected 1 characters or more."),
        ("observers", ["xb"], "/body/observers/0", '"xb" is not a code of 2 to 8 capital letters or digits.'),
        ("place", 7, "/body/place", "Expected a text or null, not 7."),
        ("networks", [{"kind": "asn"}], "/body/networks/0/value", "The member `value` is missing."),
        ("a/b~c", 1, "/body/a~1b~0c", 'The member "a/b~c" is not known here.'),
    ],
)
def test_an_error_says_what_where_and_why(member, value, where, message):
    body = body_of("drill-announcement")
    body[member] = value
    fault = refused("drill-announcement", body)
    assert fault.where == where
    assert fault.message.startswith(f"drill-announcement: {message}")
    first = fault.evidence["errors"][0]
    assert first == {"pointer": where, "message": fault.message.partition(": ")[2], "say": first["say"]}
    assert worded(first, "en") == first["message"]
    assert fault.kind.next


def test_at_most_a_few_errors_are_listed():
    errors = refused("drill-announcement", {str(n): n for n in range(50)}).evidence["errors"]
    assert len(errors) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TYPES), st.data())
def test_anything_may_stand_in_a_body_and_only_faults_come_out(name, data):
    body = body_of(name)
    path = data.draw(st.sampled_from([path for path, _, _ in places(V.types[name].schema, body) if path]))
    put(body, path, data.draw(JSON))
    found = None
    try:
        V.types[name].validate(body)
    except Fault as fault:
        found = fault
    assert found is None or (found.code in kinds() and found.where.startswith("/body"))
    assert found is None or json.dumps(found.to_json())


# Relations.


def test_relations_are_counted_and_known():
    report = V.types["drill-report"]
    body = body_of("drill-report")
    report.check_relations(body, ["reports"])
    for rels in ([], ["reports", "reports"], ["reports", "answers"]):
        with pytest.raises(Fault) as caught:
            report.check_relations(body, rels)
        assert caught.value.code == "statement.relation"
    unannounced = {**body, "announced": False}
    report.check_relations(unannounced, [])
    with pytest.raises(Fault, match="has 0 relations 'reports'"):
        report.check_relations(unannounced, ["reports"])


def test_a_notice_that_is_cancelled_names_the_notice():
    kind, body = V.types["withdrawal"], body_of("withdrawal")
    kind.check_relations(body, ["withdraws"])
    cancel = {**body, "action": "cancel-notice"}
    kind.check_relations(cancel, ["cancels", "withdraws"])
    with pytest.raises(Fault, match="has 1 relations 'cancels', not 0"):
        kind.check_relations(cancel, ["withdraws"])


def test_relation_rows_say_what_they_admit():
    rows = {row.rel: row for row in V.types["retraction"].relations}
    assert rows["retracts"].admits("pledge")
    assert rows["retracts"].own
    amends = V.types["amendment"].relations[0]
    assert (amends.rel, amends.admits("charter"), amends.admits("pledge")) == ("amends", True, False)


# The loader.


def test_the_digest_is_what_the_format_says():
    files = [ROOM / "definitions.json", *(ROOM / "types").glob("*.json"), *(ROOM / "catalogues").glob("*.json")]
    prints = {path.relative_to(ROOM).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    assert V.digest == sha256(rfc8785.dumps(prints)).hexdigest()


@pytest.fixture
def copied(tmp_path):
    for part in ("types", "catalogues", "examples", "labels"):
        shutil.copytree(ROOM / part, tmp_path / part)
    shutil.copy(ROOM / "definitions.json", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["types/pledge.json", "definitions.json", "catalogues/tlp.json"])
def test_a_changed_file_is_another_vocabulary(copied, name):
    assert Vocabulary("1", copied).digest == V.digest
    path = copied / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert Vocabulary("1", copied).digest != V.digest


def test_a_new_file_is_a_new_type_and_nothing_else_is_needed(copied):
    schema = json.loads((copied / "types/retraction.json").read_text())
    schema.update({"$id": schema["$id"].replace("retraction", "toast"), "x-number": 99, "x-family": "cooperation"})
    (copied / "types/toast.json").write_text(json.dumps(schema))
    room = Vocabulary("1", copied)
    assert room.types["toast"].number == 99
    room.types["toast"].validate({"reason": "To peace."})
    with pytest.raises(Fault):
        room.types["toast"].validate({"reason": ""})


def test_require_holds_one_digest():
    assert require("1", V.digest) is load("1") is V
    for version, digest in (("1", "0" * 64), ("2", V.digest), ("", V.digest)):
        with pytest.raises(Fault) as caught:
            require(version, digest)
        assert caught.value.code == "vocabulary.unknown"


def test_unknown_type_catalogue_and_language():
    with pytest.raises(Fault) as caught:
        V.type("apology")
    assert caught.value.code == "statement.type"
    assert V.type("pledge") is V.types["pledge"]
    with pytest.raises(KeyError):
        V.catalogue("zodiac")
    for language in ("xx", "../en", "", "en.json"):
        with pytest.raises(KeyError):
            V.labels(language)


def test_loading_does_not_bring_in_the_schema_library():
    code = "import sys, verifier.vocabulary as v; v.load(); sys.exit('jsonschema_rs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
