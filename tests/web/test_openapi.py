"""The description of the API against the API: the same paths and methods, and answers that fit its schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.web.fakelog import FakeLog, envelope, publish
from tests.web.wire import Answer, ask
from verifier.errors import Fault
from web import openapi
from web.log_api import Limits, create_log_app
from web.serving import Server

DESCRIPTION = json.loads(openapi.document("log"))
DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}


@pytest.fixture
def log(tmp_path: Path) -> FakeLog:
    publish(tmp_path)
    return FakeLog(tmp_path)


def test_paths_and_methods_are_the_routes(log: FakeLog) -> None:
    routes = {}
    for rule in create_log_app(log).url_map.iter_rules():
        path = re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule)
        routes[path] = {method.lower() for method in rule.methods or ()} - {"head", "options"}
    assert {path: set(item) for path, item in DESCRIPTION["paths"].items()} == routes


def test_every_operation_names_its_endpoint(log: FakeLog) -> None:
    endpoints = {rule.endpoint for rule in create_log_app(log).url_map.iter_rules()}
    named = [operation["operationId"] for item in DESCRIPTION["paths"].values() for operation in item.values()]
    assert sorted(named) == sorted(endpoints)


def test_references_lead_somewhere() -> None:
    found = re.findall(r'"#/components/(\w+)/(\w+)"', openapi.document("log").decode())
    assert found
    for room, name in found:
        assert name in DESCRIPTION["components"][room]


def test_parameters_are_those_of_the_path() -> None:
    for path, item in DESCRIPTION["paths"].items():
        for operation in item.values():
            named = [one["name"] for one in operation.get("parameters", [])]
            assert named == re.findall(r"{(\w+)}", path)


def conforms(found: Answer, path: str, method: str) -> Any:
    """The answer's JSON, after a comparison with what the description says of this path, status and media type."""
    described = DESCRIPTION["paths"][path][method]["responses"][str(found.status)]
    if "$ref" in described:
        described = DESCRIPTION["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    schema = described["content"][found.headers["content-type"]].get("schema", {})
    value = json.loads(found.body) if "json" in found.headers["content-type"] else found.body.decode()
    jsonschema_rs.validator_for({**schema, "components": DESCRIPTION["components"]}).validate(value)
    return value


def test_answers_fit_their_schemas(log: FakeLog, serve: Callable[..., Server]) -> None:
    port = serve(create_log_app(log, limits=Limits(rate=None))).port
    log.refuse[envelope(2)] = Fault("statement.conflict", "said", where="/sequence", evidence={"sequence": 1})
    logged = conforms(ask(port, "POST", "/statements", envelope(1), DSSE), "/statements", "post")
    conforms(ask(port, "POST", "/statements", envelope(2), DSSE), "/statements", "post")
    lines = b"\n".join([envelope(1), envelope(2)])
    kind = {"Content-Type": "application/x-ndjson"}
    conforms(ask(port, "POST", "/statements/batch", lines, kind), "/statements/batch", "post")
    conforms(ask(port, "POST", "/statements/batch", b"", kind), "/statements/batch", "post")
    log.pending = True
    pending = conforms(ask(port, "POST", "/statements", envelope(3), DSSE), "/statements", "post")
    one = f"/statements/{logged['id']}"
    conforms(ask(port, "GET", one), "/statements/{statement}", "get")
    conforms(ask(port, "GET", f"{one}/receipt"), "/statements/{statement}/receipt", "get")
    conforms(ask(port, "GET", f"/statements/{pending['id']}/receipt"), "/statements/{statement}/receipt", "get")
    for path in ("/parties/XA", "/parties/XZ"):
        conforms(ask(port, "GET", path), "/parties/{code}", "get")
    for path in ("/checkpoint", "/history/size", "/healthz", "/openapi.json"):
        conforms(ask(port, "GET", path), path, "get")
    conforms(ask(port, "GET", "/problems/http.busy"), "/problems/{code}", "get")


def test_openapi_is_served_as_it_is(log: FakeLog, serve: Callable[..., Server]) -> None:
    found = ask(serve(create_log_app(log)).port, "GET", "/openapi.json")
    assert (found.body, found.headers["content-type"]) == (openapi.document("log"), "application/json")
    assert DESCRIPTION["openapi"].startswith("3.1.")
