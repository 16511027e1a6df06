"""The explorer's addresses in OpenAPI 3.1, made from the routes themselves, so that none is missing and none is invented.

What a route cannot say of itself (summaries of files, arguments of lists, which refusals there are) stands in
web/openapi/explorer.json; the schemas of the pages' JSON in web/openapi/explorer_answers.json, which is read off the answers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson
from flask import Flask
from werkzeug.routing import Rule

from web import openapi

_VARIABLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_HTML = "text/html; charset=utf-8"
_STRUCTURED = frozenset({"application/json", "application/yaml"})
_METHODS = frozenset({"GET", "POST"})


@lru_cache(maxsize=4)
def document(app: Flask) -> bytes:
    """The description of an app's addresses, as JSON. All of its routes must be there by now."""
    return orjson.dumps(_described(app))


def told(app: Flask) -> list[dict[str, Any]]:
    """The description by group, for a page: each operation with its address, what it asks for, its summary."""
    found = orjson.loads(document(app))
    rows = [
        {
            "tag": operation["tags"][0],
            "path": path,
            "method": method.upper(),
            "summary": operation["summary"],
            "parameters": operation["parameters"],
            "media": _media_of(operation),
        }
        for path, item in found["paths"].items()
        for method, operation in item.items()
    ]
    rows.sort(key=_by_tag)
    return [{"tag": tag, "operations": list(group)} for tag, group in groupby(rows, key=_by_tag)]


def path_of(rule: Rule) -> str:
    """The path of a route as OpenAPI writes it: its variables in braces."""
    return _VARIABLE.sub(r"{\2}", rule.rule)


def page_at(app: Flask, path: str) -> str | None:
    """The name of the page whose JSON is at a path; None where there is no such thing."""
    page = _page_of(app, path)
    return next((str(rule.endpoint) for rule in app.url_map.iter_rules() if path_of(rule) == page), None)


def _media_of(operation: dict[str, Any]) -> str:
    """What an operation answers with; a page, where it only sends on."""
    return str(next(iter(operation["responses"].get("200", {}).get("content", {_HTML: None}))))


def _by_tag(row: dict[str, Any]) -> str:
    return str(row["tag"])


def _described(app: Flask) -> dict[str, Any]:
    known = orjson.loads(openapi.document("explorer"))
    answers = orjson.loads(openapi.document("explorer_answers"))
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=_by_rule):
        path = path_of(rule)
        for method in sorted((rule.methods or set()) & _METHODS):
            paths.setdefault(path, {})[method.lower()] = _operation(app, known, answers, rule, method)
    frame = {name: known[name] for name in ("openapi", "info", "servers", "tags")}
    for server in frame["servers"]:  # as addresses of this host, where no other is known
        server["url"] = app.config.get("PUBLIC_ADDRESS", "") + server["url"]
    components = {**known["components"], "schemas": {**answers, **known["components"]["schemas"]}}
    return {**frame, "paths": paths, "components": components}


def _by_rule(rule: Rule) -> str:
    return rule.rule


def _operation(app: Flask, known: dict[str, Any], answers: dict[str, Any], rule: Rule, method: str) -> dict[str, Any]:
    path = path_of(rule)
    twin = _page_of(app, path)
    summary = known["summaries"].get(path) or known["summaries"].get(twin or "") or _said(app, rule)
    media = _media(known, path)
    for_people = media == [_HTML]
    found: dict[str, Any] = {
        "operationId": rule.endpoint,
        "summary": summary,
        "tags": ["data" if twin else "pages" if for_people else "files"],
        "parameters": [*_places(known, rule), *_arguments(known, twin or path)],
        "responses": {},
    }
    if path in known["sends_on"]:
        found["responses"][known["sends_on"][path]] = {"$ref": "#/components/responses/elsewhere"}
    if path not in known["sends_on"] or path == "/":
        page = page_at(app, path)
        content = {kind: {"schema": _schema(answers, page, kind)} for kind in media}
        found["responses"]["200"] = {"description": summary, "content": content}
    kind = "refused" if for_people or path.endswith(".pdf") else "problem"
    for status in _refusals(known, path, method, bool(found["parameters"])):
        found["responses"][status] = {"$ref": f"#/components/responses/{kind}"}
    if method == "GET" and path not in known["sends_on"]:
        found["responses"]["304"] = {"$ref": "#/components/responses/unchanged"}
    if path in known["parts"]:
        found["responses"]["206"] = {"$ref": "#/components/responses/part"}
        found["responses"]["416"] = {"$ref": f"#/components/responses/{kind}"}
    if method == "POST":
        found["requestBody"] = {"$ref": "#/components/requestBodies/given"}
    return found


def _media(known: dict[str, Any], path: str) -> list[str]:
    """The media types of what is at a path: of a page, where nothing else is said."""
    apart = known["apart"].get(path)
    if apart:
        return apart if isinstance(apart, list) else [apart]
    return [next((kind for end, kind in known["media"].items() if path.endswith(end)), _HTML)]


def _refusals(known: dict[str, Any], path: str, method: str, asks: bool) -> list[str]:
    """The statuses of the refusals that an operation may answer with. `asks`: it takes something that may not be here."""
    told = known["refusals"]
    missing = told["named"] if asks or path in known["sends_on"] else ()
    return [*told["all"], *missing, *(told["sent"] if method == "POST" else ())]


def _page_of(app: Flask, path: str) -> str | None:
    """The page whose twin is at a path; None where the path is no twin."""
    if path == "/index.json":
        return "/"
    page = path.removesuffix(".json")
    return page if page != path and page in {path_of(rule) for rule in app.url_map.iter_rules()} else None


def _said(app: Flask, rule: Rule) -> str:
    """What a page's maker says of itself, in its first line."""
    return (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")[0]


def _places(known: dict[str, Any], rule: Rule) -> list[dict[str, Any]]:
    schemas = known["parameters"]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": schemas.get(rule.rule) or schemas.get(kind or "default", schemas["default"]),
        }
        for kind, name in _VARIABLE.findall(rule.rule)
    ]


def _arguments(known: dict[str, Any], path: str) -> list[dict[str, Any]]:
    # A table and a feed take what the page of their list takes, where nothing else is said.
    kind = known["asks"].get(path) or known["asks"].get(path.removesuffix(".csv").removesuffix(".atom"), "")
    asked, forms = known["queries"].get(kind, {}), known["forms"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": text,
            "schema": forms.get(f"{kind}.{name}") or forms.get(name, {"type": "string"}),
        }
        for name, text in asked.items()
    ]


def _schema(answers: dict[str, Any], page: str | None, media: str) -> dict[str, Any]:
    """What an answer holds: a page's facts by its own schema; of a file, that it is text or JSON."""
    if page:
        return {"$ref": f"#/components/schemas/{f'page_{page}' if f'page_{page}' in answers else 'page'}"}
    return {} if media.partition(";")[0] in _STRUCTURED else {"type": "string"}
