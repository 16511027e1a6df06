"""Forms on paper: every type, every field with words, every choice present, the same numbers and marks in every language."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from verifier import vocabulary

TYPES = sorted(vocabulary.load().types)
DEFINITIONS = vocabulary.load().definitions["$defs"]


def values(schema: Any, seen: tuple[str, ...] = ()) -> set[str]:
    """Every value of an enumeration that a schema reaches, by a reading of its own."""
    if isinstance(schema, list):
        return set().union(*(values(one, seen) for one in schema))
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return set() if name in seen else values(DEFINITIONS[name], (*seen, name))
    found = {str(one) for one in schema.get("enum", ())}
    if schema.get("type") == "boolean":
        found |= {"true", "false"}
    rooms = ("properties", "items", "anyOf", "additionalProperties", "allOf", "then")
    for room in rooms:
        inner = schema.get(room)
        found |= values(list(inner.values()) if room == "properties" and inner else inner, seen)
    return found


def choices(parts: list[dict[str, Any]]) -> set[str]:
    """Every value that a form's fields offer."""
    return {one["value"] for part in parts for one in part["choices"]}.union(*(choices(p["parts"]) for p in parts))


def flat(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for part in parts for one in (part, *flat(part["parts"]))]


@pytest.mark.parametrize("name", TYPES)
def test_a_form_has_all_fields_and_all_values(shown: Site, name: str) -> None:
    kind = vocabulary.load().types[name]
    facts = shown.client.get(f"/forms/{name}.json").json
    assert facts is not None
    assert [part["key"] for part in facts["fields"]] == list(kind.schema["properties"])
    assert values(dict(kind.schema)) <= choices(facts["fields"])
    assert {row["rel"] for row in facts["relations"]} == {row.rel for row in kind.relations}
    numbers = [part["number"] for part in flat(facts["fields"])]
    assert len(numbers) == len(set(numbers))
    for part in flat(facts["fields"]):
        assert part["label"].strip(), part
        marks = [one["mark"] for one in part["choices"]]
        assert len(marks) == len(set(marks)), part["key"]
        assert all(one["label"].strip() for one in part["choices"])


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.parametrize("name", TYPES)
def test_a_form_is_well_formed_and_shows_its_marks(shown: Site, name: str, language: str) -> None:
    text = shown.text(f"{language}/forms/{name}")
    found = read(text)
    assert found.problems == []
    assert len(found.ids) == len(set(found.ids))
    assert not {"script", "style", "form"} & {tag for tag, _ in found.tags}
    assert not any("style" in attributes for _, attributes in found.tags)
    facts = shown.client.get(f"/forms/{name}.json").json
    assert facts is not None
    body = re.sub(r"<[^>]*>", "\n", text)
    for part in flat(facts["fields"]):
        assert f">{part['number']}</b>" in text, part["number"]
        for one in part["choices"]:
            assert f"\n{one['mark']}\n" in body
            assert one["value"] in unescape(text)
    assert f"detente draft {name} --from form-{facts['number']}.yaml" in unescape(text)
    assert facts["vocabulary"]["digest"] == vocabulary.load().digest


def test_numbers_and_marks_are_the_same_in_every_language(shown: Site) -> None:
    marked = re.compile(r'<b class="code(?: no)?">([^<]*)</b>|<code class="member">([^<]*)</code>')
    for name in ("incident", "pledge", "drill-announcement"):
        english = [one for one in marked.findall(shown.text(f"/forms/{name}")) if one[0]]
        for language in ("ar", "zh", "fr", "ru", "es"):
            found = [one for one in marked.findall(shown.text(f"/{language}/forms/{name}")) if one[0]]
            assert found == english, language


def test_the_list_names_every_form_once(shown: Site) -> None:
    text = shown.text("/forms")
    links = [one["href"] or "" for one in read(text).every("a")]
    assert sorted(one for one in links if one.startswith("/forms/")) == [f"/forms/{name}" for name in TYPES]
    assert "الاستمار" in shown.text("/ar/forms")


def test_what_must_be_filled_in_is_starred_and_what_may_be_empty_is_not(shown: Site) -> None:
    facts = shown.client.get("/forms/drill-announcement.json").json
    assert facts is not None
    optional = {part["key"]: part["optional"] for part in facts["fields"]}
    assert (optional["name"], optional["start"], optional["place"], optional["sectors"]) == (False, False, True, True)


def test_a_value_for_rehearsals_says_so(shown: Site) -> None:
    text = shown.text("/forms/incident-assessment")
    assert text.count("(in exercises alone)") == 1


@pytest.mark.parametrize("page", ["/forms/nope", "/forms/nope.json", "/ar/forms/nope", "/forms/", "/forms/Pledge"])
def test_what_is_no_type_has_no_form(shown: Site, page: str) -> None:
    assert shown.client.get(page).status_code == 404


def test_a_form_is_there_while_the_copy_is_empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    from web.explorer import Copy, create_explorer_app

    client = create_explorer_app(Copy(tmp_path_factory.mktemp("empty"))).test_client()
    for page in ("/forms", "/forms/incident", "/ar/forms/pledge", "/data", "/follow", "/api", "/audits"):
        assert client.get(page).status_code == 200, page
    for page in ("/statements.atom", "/statements.csv", "/audits.csv", "/openapi.json"):
        assert client.get(page).status_code == 200, page
    assert client.get("/data/detente.sqlite").status_code == 404
