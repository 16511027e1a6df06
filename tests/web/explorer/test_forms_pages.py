"""Forms on paper: every type, every field with words, every choice present, the same numbers and marks in every language."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.cli.draft import draft
from ledger.cli.ports import Ports
from ledger.desk import descriptions
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


# The way back: what was dictated is keyed into the form's file, and the desk takes it.


def uncovered(sheet: str) -> str:
    """The file with every line taken."""
    return re.sub("(?m)^#", "", sheet)


def keys(value: Any) -> Any:
    """The names in a file, without what stands behind them."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    return [keys(inner) for inner in value] if isinstance(value, list) and value else None


def expected(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The names that the fields of a form ask for."""
    found: dict[str, Any] = {}
    for part in parts:
        inner = expected(part["parts"]) if part["parts"] else None
        listed = part["form"] in ("rows", "entries")
        found[part["key"]] = {"en": None} if part["form"] == "tongues" else [inner] if listed else inner
    return found


@pytest.mark.parametrize("language", ["", "/zh"])
@pytest.mark.parametrize("name", TYPES)
def test_the_file_to_key_into_has_every_field_of_the_form_and_no_other(shown: Site, name: str, language: str) -> None:
    facts = shown.client.get(f"/forms/{name}.json").json
    assert facts is not None
    assert facts["sheet"] == f"/forms/{name}.yaml"
    answer = shown.client.get(f"{language}{facts['sheet']}")
    assert (answer.status_code, answer.mimetype) == (200, "application/yaml")
    sheet = answer.text
    body = descriptions.parse(uncovered(sheet).encode())["body"]
    assert keys(body) == expected(facts["fields"])
    for part in flat(facts["fields"]):
        assert re.search(rf"(?m)# ?{re.escape(part['number'])}( |$)", sheet), part["number"]
    untouched = descriptions.parse(sheet.encode())
    assert untouched == {"body": None}, "who takes nothing says nothing"


def keyed(sheet: str, dictated: dict[str, str]) -> str:
    """The file as a person keys it: for each number that was dictated, its line taken and the value written."""
    lines = sheet.split("\n")
    for number, value in dictated.items():
        at = next(
            n for n, line in enumerate(lines) if re.search(rf"^#[^#].*: *(\[\])? +# {re.escape(number)}( |$)", line)
        )
        member = lines[at][1:].partition(":")[0]
        lines[at] = f"{member}: {value}"
    return "\n".join(lines)


def marked(fields: list[dict[str, Any]], number: str, marks: str) -> str:
    """The values behind marks that were dictated for a field."""
    part = next(one for one in flat(fields) if one["number"] == number)
    values = {one["mark"]: one["value"] for one in part["choices"]}
    found = [values[mark] for mark in marks]
    return f"[{', '.join(found)}]" if part["form"] == "choices" else found[0]


@pytest.mark.parametrize("language", ["", "/ar"])
def test_what_was_dictated_becomes_a_draft(shown: Site, tmp_path: Path, language: str) -> None:
    facts = shown.client.get("/forms/drill-announcement.json").json
    assert facts is not None
    fields = facts["fields"]
    head = {"2": "XA", "3": "foreign-ministry", "4": "2026-10-01T09:30:00Z", "5": "en", "7": "Exercise Grey Heron"}
    body = {
        "10": "Grey Heron",
        "11": marked(fields, "11", "D"),
        "12": marked(fields, "12", "C"),
        "13": marked(fields, "13", "A"),
        "14": "2026-11-20T06:00:00Z",
        "15": "2026-11-21T18:00:00Z",
        "16": "To see whether the line answers.",
        "18": marked(fields, "18", "EK"),
        "25": "",
        "25.1": "duty-desk",
    }
    sheet = shown.client.get(f"{language}/forms/drill-announcement.yaml").text
    file, out = tmp_path / "form-21.yaml", tmp_path / "draft.json"
    file.write_text(keyed(sheet, {**head, **body}), "utf-8")
    signers, ledger = (
        ["--signer", "a" * 64],
        ["--ledger-name", "accord.example", "--sequence", "3", "--previous", "b" * 64],
    )
    asked = ["drill-announcement", "--from", str(file), *signers, *ledger, "--out", str(out)]
    done = CliRunner().invoke(draft, asked, obj=Ports())
    assert done.exit_code == 0, (done.output, done.exception)
    said = descriptions.read(out)
    assert (said["party"], said["title"], said["addressees"]) == ("XA", "Exercise Grey Heron", [])
    assert (said["body"]["kind"], said["body"]["scale"]) == ("test", "national")
    assert said["body"]["sectors"] == sorted(["health", "public-administration"])
    assert said["body"]["networks"] == []
