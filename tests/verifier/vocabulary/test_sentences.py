"""What is wrong with a draft, worded in every language from what a Fault's evidence carries."""

import copy
import re

import pytest

from verifier.errors import Fault
from verifier.formats import canonical
from verifier.vocabulary import check_rules, load
from verifier.vocabulary.sentences import worded
from verifier.vocabulary.validation import compiled, errors
from verifier.vocabulary.wording import languages, placeholders, words

V = load()
BASE = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
SIMPLE = "https://detente.invalid/vocabulary/1/definitions.json#/$defs"
CASES = [
    ("missing", {"required": ["name"]}, {}, "The member `name` is missing."),
    ("unknown", {"properties": {"c": {}}, "additionalProperties": False}, {"b": 1, "a": 1}, 'The member "a" is not known here.'),
    ("type", {"type": "string"}, 7, "Expected a text, not 7."),
    ("type", {"type": ["null", "array"]}, 7, "Expected null or a list, not 7."),
    ("type", {"type": ["boolean", "integer", "object"]}, "x", 'Expected true or false or a whole number or an object, not "x".'),
    ("type", {"anyOf": [{"type": "string"}, {"type": "null"}]}, 7, "Expected a text or null, not 7."),
    ("const", {"const": True}, False, "Expected true, not false."),
    ("enum", {"enum": ["a", "b"]}, "c", '"c" is none of: a, b.'),
    ("enum", {"enum": list("abcdefghijklmn")}, "z", '"z" is none of: a, b, c, d, e, f, g, h, i, j, k, l, ….'),
    ("form", {"$ref": f"{SIMPLE}/hex"}, "x", '"x" is not 64 lower-case hexadecimal digits.'),
    ("form", {"type": "string", "pattern": "^a$"}, "x", '"x" is not in the form asked for.'),
    ("form", {"type": "string", "pattern": "^a$", "x-form": "an a"}, "x", '"x" is not an a.'),
    ("form", {"type": "string", "format": "utc"}, "x", '"x" is not in the form asked for.'),
    ("name", {"propertyNames": {"maxLength": 1}}, {"long": 1}, "A member's name is wrong: Expected at most 1 characters."),
    ("characters_least", {"minLength": 2}, "x", "Expected 2 characters or more."),
    ("characters_most", {"maxLength": 2}, "xyz", "Expected at most 2 characters."),
    ("items_least", {"minItems": 1}, [], "Expected 1 items or more."),
    ("items_most", {"maxItems": 1}, [1, 2], "Expected at most 1 items."),
    ("members_least", {"minProperties": 1}, {}, "Expected 1 members or more."),
    ("members_most", {"maxProperties": 1}, {"a": 1, "b": 2}, "Expected at most 1 members."),
    ("less", {"minimum": 1}, 0, "0 is less than 1."),
    ("more", {"maximum": 1}, 2, "2 is more than 1."),
    ("twice", {"uniqueItems": True}, [1, 1], "The list holds something twice."),
    ("order", {"x-sorted": True}, ["b", "a"], 'A list in rising order, nothing twice, has no "a" after "b".'),
    ("order_by", {"x-sorted": "id"}, [{"id": 2}, {"id": 2}],
     "A list in rising order by `id`, nothing twice, has no 2 after 2."),
    ("order", {"x-sorted": True}, [{}, {}], "A list in rising order, nothing twice, has no {} after {}."),
    ("no_form", {"anyOf": [{"type": "null"}, {"enum": ["a"]}, {"enum": ["b"]}]}, "c",
     '"c" is none of the forms that may stand here.'),
    ("one_missing", {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, "One of these members is missing: a, b."),
    ("one_only", {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1, "b": 1},
     "Only one of the members that exclude each other may be given."),
    ("clash", {"not": {"required": ["b", "a"]}}, {"b": 1, "a": 1}, "These do not go together: a, b."),
    ("library", {"multipleOf": 2}, 3, "3 is not a multiple of 2"),
]  # fmt: skip


def found(schema, value):
    whole = {**BASE, **schema}
    return errors(compiled(whole, V.definitions), value, (), whole, V.definitions)


@pytest.mark.parametrize(("key", "schema", "value", "message"), CASES)
def test_each_keyword_has_its_sentence(key, schema, value, message):
    first, *more = found(schema, value)
    assert not more
    assert (first["say"]["key"], first["message"]) == (key, message)
    assert worded(first, "en") == message
    assert canonical.parse(canonical.encode(first)) == first


def test_the_cases_are_all_sentences_that_there_are():
    assert {key for key, *_ in CASES} - {"library"} == words()["sentences"].keys() - {"or", "kinds", "forms"}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("key", "schema", "value", "message"), CASES)
def test_it_can_be_said_in_every_language(language, key, schema, value, message):
    first = found(schema, value)[0]
    told = worded(first, language)
    assert told
    assert (told == message) is (language == "en" or key == "library")
    assert not re.search(r"\{[a-z]", told)
    for name, inner in first["say"]["values"].items():
        if name not in ("kinds", "form", "sentence"):
            assert inner in told, name


def test_each_template_has_the_placeholders_that_are_filled():
    for key, schema, value, _ in CASES:
        values = found(schema, value)[0]["say"]["values"]
        if key != "library":
            assert placeholders(words()["sentences"][key]) == values.keys(), key


def test_every_form_that_a_schema_asks_for_has_words_to_translate():
    def asked(schema):
        if isinstance(schema, dict):
            yield from [schema["x-form"]] if isinstance(schema.get("x-form"), str) else []
            for inner in schema.values():
                yield from asked(inner)
        elif isinstance(schema, list):
            for inner in schema:
                yield from asked(inner)

    forms = words()["sentences"]["forms"]
    schemas = [V.definitions, *(kind.schema for kind in V.types.values())]
    assert {text for schema in schemas for text in asked(schema)} == {
        text for key, text in forms.items() if key != "other"
    }
    assert len(set(forms.values())) == len(forms)


def test_what_a_fault_carries_can_be_worded_again():
    body = copy.deepcopy(dict(V.example("drill-announcement")["body"]))
    body |= {"scale": "huge", "name": 5, "more": 1}
    with pytest.raises(Fault) as caught:
        V.types["drill-announcement"].validate(body)
    rows = caught.value.evidence["errors"]
    assert len(rows) == 3
    for row in rows:
        assert worded(row, "en") == worded(row, "tlh") == row["message"]
    assert caught.value.message.partition(": ")[2] == worded(rows[0], "en")


def test_the_errors_of_a_rule_too():
    rule = {"id": "line", "kind": "recurrence", "by": "each-pair", "expect": {"type": "line-test"}, "every": "P1M"}
    with pytest.raises(Fault) as caught:
        check_rules([rule], V)
    (row,) = caught.value.evidence["errors"]
    assert row["pointer"] == "/body/rules/0/every"
    assert worded(row, "en") == row["message"] == caught.value.message
    assert row["say"] == {"key": "form", "values": {"value": '"P1M"', "form": "duration"}}


def test_an_error_without_its_values_keeps_its_message():
    assert worded({"pointer": "/body", "message": "So it is."}, "fr") == "So it is."
