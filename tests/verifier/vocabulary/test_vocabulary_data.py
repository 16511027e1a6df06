"""The data of the vocabulary: schemas closed and valid, labels for all that a page shows, catalogues complete."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from verifier import charter, vocabulary
from verifier.formats import reader
from verifier.keys import from_spki, signer_id
from verifier.vocabulary import load

ROOM = Path(vocabulary.__file__).parent
V = load()
TYPES = sorted(V.types)
FAMILIES = {"founding", "promises", "drills", "incidents", "channels", "mediation", "cooperation", "accountability"}
ROLES = {"state", "depositary", "verifier", "mediator"}
# What a state says to what was found of its conduct; each names the obligations it speaks of.
ANSWERS = {"finding", "objection", "observation", "plea", "reply", "response-assessment", "waiver"}
# Numbers are for ever: a type that goes leaves a gap, a new one takes the next free number.
NUMBERS = {
    1: "charter accession withdrawal amendment adherence key-change review depositary-notice",
    11: "pledge pledge-withdrawal red-line joint-text declaration",
    21: "drill-announcement drill-change drill-cancellation drill-report observer-invitation observer-reply observer-report "
    "drill-calendar",
    31: "incident incident-confirmation incident-assessment incident-notification clarification-request "
    "clarification-response response-assessment mitigation-request mitigation-response deconfliction convening "
    "incident-update investigation incident-disclosure incident-closure near-miss",
    51: "channel line-test line-test-acknowledgement channel-outage acknowledgement communique",
    61: "mediation-request mediation-response mediation-outcome",
    71: "joint-assessment inventory safeguard threat-notice resilience-declaration aid-request aid-response",
    81: "nil-return observation finding audit-report reply plea objection correction retraction disclosure waiver",
}
# A rule leaves out what it does not use; all other objects hold every member.
SPARSE = {"rule", "selector", "trigger", "expectation", "deadline", "recurrence", "limit", "abstention"}


def schemas(schema, path=""):
    """Every schema inside a schema, with its path; not the values of `const`, `enum` and x- members."""
    if isinstance(schema, dict):
        yield path, schema
        for name, inner in schema.items():
            if name in ("properties", "$defs"):
                for member, below in inner.items():
                    yield from schemas(below, f"{path}/{name}/{member}")
            elif name in ("items", "additionalProperties", "propertyNames", "then"):
                yield from schemas(inner, f"{path}/{name}")
            elif name in ("anyOf", "allOf"):
                for n, below in enumerate(inner):
                    yield from schemas(below, f"{path}/{name}/{n}")


FILES = [*(f"types/{name}.json" for name in TYPES), "definitions.json"]


def read(name):
    return json.loads((ROOM / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_schema_is_valid_2020_12_and_closed(name):
    whole = read(name)
    jsonschema_rs.meta.validate(whole)
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert whole["$id"].endswith(f"/vocabulary/1/{name}")
    objects = [(path, s) for path, s in schemas(whole) if s.get("type") == "object"]
    for path, schema in objects:
        if "properties" in schema:
            assert schema["additionalProperties"] is False, path
            if not SPARSE & set(path.split("/")):
                assert schema["required"] == list(schema["properties"]), path
        else:
            assert {"propertyNames", "additionalProperties", "maxProperties"} <= schema.keys(), path
    for path, schema in schemas(whole):
        if schema.get("type") == "array":
            assert "maxItems" in schema, path
        if schema.get("type") == "string":
            unbounded = re.search(r"[*+](?!/)|,}", re.sub(r"\[[^]]*\]", "", schema.get("pattern", "*")))
            assert "maxLength" in schema or not unbounded, path
        if "pattern" in schema:
            assert schema["x-form"], path
            assert schema["pattern"].startswith("^"), path
            assert schema["pattern"].endswith("$"), path
        if schema.get("x-sorted"):
            assert schema["uniqueItems"], path
        if "$ref" in schema:
            assert schema["$ref"].rpartition("/")[2] in V.definitions["$defs"], path


def test_every_definition_is_used():
    text = "".join((ROOM / name).read_text() for name in FILES)
    unused = [name for name in V.definitions["$defs"] if f'/$defs/{name}"' not in text]
    assert unused == []


@pytest.mark.parametrize("name", TYPES)
def test_the_members_beside_the_schema(name):
    kind, properties = V.types[name], V.types[name].schema["properties"]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert kind.schema["title"]
    assert kind.schema["description"]
    assert kind.family in FAMILIES
    assert set(kind.roles) <= ROLES
    assert list(kind.roles) == sorted(set(kind.roles)) != []
    assert len({row.rel for row in kind.relations}) == len(kind.relations)
    for row in kind.relations:
        assert 0 <= row.least <= row.most
        assert row.most >= 1
        assert set(row.types) <= {"*", *V.types}
        for field, values in (row.when or {}).items():
            assert f"/body/{field}" in kind.clear or "/body" in kind.clear, "what decides a relation is never sealed"
            assert values
            assert field in properties
    for anchor in kind.anchors:
        assert anchor not in ("witnessed", "opens"), "names that rules keep for themselves"
        choices = [properties[anchor], *properties[anchor].get("anyOf", ())]
        assert any(choice.get("$ref", "").endswith("/utc") for choice in choices), anchor
    for pointer in kind.quiet:
        assert pointer.split("/")[2] in properties
        assert not any(f"{pointer}/".startswith(f"{c}/") or f"{c}/".startswith(f"{pointer}/") for c in kind.clear), (
            pointer
        )
    assert kind.exercise is (kind.family in ("incidents", "channels", "mediation"))
    for field, values in kind.exercise_only.items():
        assert kind.exercise, "what is for rehearsals alone can be rehearsed"
        assert values
        assert set(values) < set(V.definitions["$defs"][properties[field]["$ref"].rpartition("/")[2]]["enum"])
    if name in ANSWERS:
        assert "/body/obligations" in kind.clear
        assert properties["obligations"].get("x-sorted") or properties["obligations"]["$ref"].endswith("/obligations")
    if "rules" in properties:
        assert {"/body/rules", "/body"} & set(kind.clear)
    assert (ROOM / "types" / kind.schema["x-example"]).resolve() == ROOM / "examples" / f"{name}.json"


def test_numbers_are_stable_and_unique():
    given = {name: first + n for first, names in NUMBERS.items() for n, name in enumerate(names.split())}
    assert len(set(given.values())) == len(given) == 64
    assert {name: kind.number for name, kind in V.types.items()} == given


def test_each_kind_of_participant_speaks_for_itself():
    by_role = {role: {name for name, kind in V.types.items() if role in kind.roles} for role in ROLES}
    assert by_role["depositary"] == {"charter", "key-change", "depositary-notice"}
    assert {name for name, kind in V.types.items() if kind.roles == ("verifier",)} == {"audit-report", "finding"}
    assert {name for name, kind in V.types.items() if kind.roles == ("mediator",)} == {"mediation-outcome"}
    assert V.types["observation"].roles == ("state", "verifier")
    for name in ("reply", "plea", "objection", "waiver", "incident", "clarification-request", "pledge"):
        assert V.types[name].roles == ("state",)


def test_a_change_can_change_every_member_of_an_announcement():
    changes = V.types["drill-change"].schema["properties"]["changes"]["properties"]
    assert list(changes) == list(V.types["drill-announcement"].schema["properties"])


def test_an_amendment_can_change_all_of_a_charter_but_keys_that_a_root_speaks_for():
    changes = V.types["amendment"].schema["properties"]["changes"]["properties"]
    assert set(V.types["charter"].schema["properties"]) - set(changes) == {"keys", "signers", "offices"}


def test_the_examples_are_all_there_and_no_others():
    assert sorted(path.stem for path in (ROOM / "examples").glob("*.json")) == TYPES


def test_the_examples_tell_one_story():
    """What two examples point at by one id can be one statement; answers, closures and the like come from who may make them."""
    possible: dict[str, set[str]] = {}
    for name in TYPES:
        rows = {row.rel: row for row in V.types[name].relations}
        for one in V.example(name)["relates"]:
            admitted = {other for other in TYPES if rows[one["rel"]].admits(other)}
            assert possible.setdefault(one["statement"], set(TYPES)) & admitted, name
            possible[one["statement"]] &= admitted
    parties = {row["code"]: row["kind"] for row in V.example("charter")["body"]["parties"]}
    offices = {row["office"]: row["types"] for row in V.example("charter")["body"]["matrix"]}
    for name in TYPES:
        example = V.example(name)
        assert parties[example["party"]] in V.types[name].roles, name
        assert set(example["addressees"]) <= set(parties) - {example["party"]}, name
        assert name in offices[example["office"]], name


@pytest.mark.parametrize("name", [n for n in TYPES if "signers" in V.types[n].schema["properties"]])
def test_the_key_rings_of_the_examples_certify_themselves(name):
    body = V.example(name)["body"]
    keyids = [from_spki(reader.base64_bytes(row["public"])).keyid for row in body["keys"]]
    assert keyids == sorted(keyids) != []
    assert {row["id"] for row in body["signers"]} == {signer_id(row["keys"]) for row in body["signers"]}
    assert {key for row in body["signers"] for key in row["keys"]} == set(keyids)
    seated = {row["signer"] for office in body["offices"] for row in office["signers"]}
    roots = {signer for row in V.example("charter")["body"]["parties"] for signer in row["root"]["signers"]}
    assert {row["id"] for row in body["signers"]} - roots == seated, "every signer has an office, or is a root"
    assert "root" not in [office["office"] for office in body["offices"]], "root signers are named in the registry"


def test_the_accession_of_the_examples_holds_the_root_that_the_charter_names():
    arvenia = next(row for row in V.example("charter")["body"]["parties"] if row["code"] == "XA")
    ids = [row["id"] for row in V.example("accession")["body"]["signers"]]
    assert set(arvenia["root"]["signers"]) <= set(ids)


def test_the_charter_of_the_examples_does_not_contradict_itself():
    body = {**V.example("charter")["body"], "vocabulary": {"version": "1", "digest": V.digest}}
    found = charter.read(body)
    assert sorted(found.parties) == ["DEP", "MED", "VN", "XA", "XB", "XC"]
    assert {name for types in found.matrix.values() for name in types} <= set(V.types)


# Labels.


def shown():
    fields, choices = set(), set()
    for name in FILES:
        for path, schema in schemas(read(name)):
            fields |= set(schema.get("properties", {}))
            if not path.endswith(("/norm", "/sector", "/tlp", "/severity", "/incident_class")):
                choices |= set(schema.get("enum", ()))
    return fields, choices


def test_everything_shown_has_a_label_and_no_label_is_left_over():
    labels = V.labels("en")
    fields, choices = shown()
    assert set(labels["fields"]) == fields
    assert set(labels["choices"]) == choices
    assert set(labels["types"]) == set(TYPES)
    assert set(labels["families"]) == FAMILIES
    assert set(labels["relations"]) == {row.rel for kind in V.types.values() for row in kind.relations}
    for part in ("fields", "types"):
        for name, row in labels[part].items():
            assert row.keys() == {"label", "help"}, name
            assert row["label"], name
    assert all(row["forward"] and row["backward"] for row in labels["relations"].values())


# Catalogues.

COUNTS = {"un-norms": 11, "osce-cbms": 16, "un-cbms": 8, "rsit": 11, "severity": 6, "tlp": 5, "sectors": 23, "house": 6}


def test_the_catalogues_are_complete():
    assert {name: len(V.catalogue(name)["entries"]) for name in V.catalogues} == COUNTS


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_a_catalogue_says_where_it_is_from(name):
    catalogue = V.catalogue(name)
    assert catalogue["id"] == name
    assert catalogue["source"]
    assert set(catalogue["unchecked"]) <= set(catalogue["entries"])
    for text in (catalogue["title"], catalogue["note"]):
        assert text["en"]
    for code, entry in catalogue["entries"].items():
        assert entry["name"]["en"], code
        assert entry["text"]["en"].endswith("."), code


def test_the_codes_of_the_catalogues():
    assert "".join(V.catalogue("un-norms")["entries"]) == "abcdefghijk"
    assert list(V.catalogue("osce-cbms")["entries"]) == [str(n) for n in range(1, 17)]
    assert list(V.catalogue("severity")["entries"]) == list("012345")
    assert V.catalogue("rsit")["entries"]["test"]["level_two"] == ["Test"]
    assert list(V.catalogue("tlp")["entries"])[1] == "TLP:AMBER+STRICT"
    annexes = [entry["annex"] for entry in V.catalogue("sectors")["entries"].values()]
    assert (annexes.count("I"), annexes.count("II"), annexes.count(None)) == (11, 7, 5)


def test_the_schemas_take_their_codes_from_the_catalogues():
    defs = V.definitions["$defs"]
    norms = [
        f"{name}/{code}"
        for name in ("un-norms", "osce-cbms", "un-cbms", "house")
        for code in V.catalogue(name)["entries"]
    ]
    assert defs["norm"]["enum"] == norms
    assert defs["sector"]["enum"] == list(V.catalogue("sectors")["entries"])
    assert defs["tlp"]["enum"] == list(V.catalogue("tlp")["entries"])
    assert defs["incident_class"]["enum"] == list(V.catalogue("rsit")["entries"])
    assert [str(code) for code in defs["severity"]["enum"]] == list(V.catalogue("severity")["entries"])
