"""The explorer against its own description, by Schemathesis: no fault, and no answer or argument that is not described."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict

from tests.web.described import MODES, configuration, wrong_answers
from tests.web.explorer import accord
from tests.web.explorer.routes import ids_of
from web.explorer import create_explorer_app
from web.explorer.allowance import UNLIMITED

MADE_ANEW = "Has a page other members now? `python -m tests.web.explorer.answer_schemas` describes them anew."


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    """The description that an explorer of the accord gives of itself, and the explorer behind it."""
    found = accord.site(tmp_path_factory.mktemp("described"))
    app = create_explorer_app(found.copy, clock=lambda: found.world.clock + 60, limits=UNLIMITED)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=configuration())
    with found.copy.view() as view:
        ids = ids_of(view)

    @schema.hook
    def map_path_parameters(_context: schemathesis.HookContext, values: dict[str, object] | None) -> object:
        """Two of three made-up ids are put in place of by one that is there: else most answers would be refusals."""
        for name, made in (values or {}).items():
            known, draw = ids.get({"party": "code", "other": "code"}.get(name, name)), crc32(str(made).encode())
            if known and draw % 3:
                assert values is not None
                values[name] = known[draw % len(known)]
        return values

    return schema


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("tag", ["data", "files", "pages"])
def test_every_answer_is_described(
    described: schemathesis.BaseSchema, tag: str, mode: schemathesis.GenerationMode
) -> None:
    asked, wrong = wrong_answers(described, mode, tag)
    assert not wrong, "\n\n".join([*wrong, MADE_ANEW])
    assert asked > 5


def test_the_arguments_described_are_those_that_are_read(described: schemathesis.BaseSchema) -> None:
    app = described.app
    read: dict[str, set[str]] = defaultdict(set)

    class Arguments(ImmutableMultiDict[str, str]):
        """Notes under which names an address looks for arguments."""

        def get(self, key: str, *rest: Any, **how: Any) -> Any:
            read[str(request.url_rule)].add(key)
            return super().get(key, *rest, **how)

        def __contains__(self, key: object) -> bool:
            read[str(request.url_rule)].add(str(key))
            return super().__contains__(key)

    class Noting(Request):
        parameter_storage_class = Arguments

    client, before, app.request_class = app.test_client(), app.request_class, Noting
    wrong = []
    try:
        for path, item in described.raw_schema["paths"].items():
            if "get" not in item or "{" in path:
                continue
            client.get(path)
            told = {one["name"] for one in item["get"]["parameters"] if one["in"] == "query"}
            if told != read[path]:
                wrong.append(f"{path} reads {sorted(read[path])}, and is said to take {sorted(told)}")
    finally:
        app.request_class = before
    assert not wrong, "\n".join(wrong)
    assert len({path for path, names in read.items() if names}) > 12


def test_every_page_has_a_schema_of_its_own_and_no_other_has(described: schemathesis.BaseSchema) -> None:
    known = {name for name in described.raw_schema["components"]["schemas"] if name.startswith("page_")}
    used = set()
    for path, item in described.raw_schema["paths"].items():
        for operation in item.values():
            if operation["tags"] == ["data"]:
                schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
                assert schema["$ref"] != "#/components/schemas/page", f"{path} has none. {MADE_ANEW}"
                used.add(schema["$ref"].rpartition("/")[2])
    assert used == known, MADE_ANEW


def test_numbers_at_their_bounds_and_beyond_are_answered(described: schemathesis.BaseSchema) -> None:
    client, asked, wrong = described.app.test_client(), 0, []
    for path, item in described.raw_schema["paths"].items():
        for one in item.get("get", {}).get("parameters", ()):
            if one["schema"].get("type") != "integer":
                continue
            least, most = one["schema"]["minimum"], one["schema"]["maximum"]
            for value in (least, most - 1, most, least - 1, most + 1, 10**30):
                place = (
                    path.replace(f"{{{one['name']}}}", str(value))
                    if one["in"] == "path"
                    else f"{path}?{one['name']}={value}"
                )
                status = client.get(place).status_code
                asked += 1
                if str(status) not in item["get"]["responses"] or status >= 500:
                    wrong.append(f"{place} is answered with {status}")
    assert not wrong, "\n".join(wrong)
    assert asked > 100
