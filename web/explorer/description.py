"""The explorer's addresses in OpenAPI 3.1, made from the routes themselves, so that none is missing and none is invented.

What a route cannot say of itself (summaries of files, arguments of lists, schemas) stands in web/openapi/explorer.json.
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


@lru_cache(maxsize=4)
def document(app: Flask) -> bytes:
    """The description of an app's addresses, as JSON. All of its routes must be there by now."""
    return orjson.dumps(_described(app), option=orjson.OPT_INDENT_2)


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
            "media": next(iter(operation["responses"]["200"]["content"])),
        }
        for path, item in found["paths"].items()
        for method, operation in item.items()
    ]
    rows.sort(key=_by_tag)
    return [{"tag": tag, "operations": list(group)} for tag, group in groupby(rows, key=_by_tag)]


def _by_tag(row: dict[str, Any]) -> str:
    return str(row["tag"])


def _described(app: Flask) -> dict[str, Any]:
    known = orjson.loads(openapi.document("explorer"))
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=_by_rule):
        path = _VARIABLE.sub(r"{\2}", rule.rule)
        if path in known["hidden"]:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(app, known, rule, path, method)
    frame = {name: known[name] for name in ("openapi", "info", "tags")}
    return {**frame, "paths": paths, "components": known["components"]}


def _by_rule(rule: Rule) -> str:
    return rule.rule


def _operation(app: Flask, known: dict[str, Any], rule: Rule, path: str, method: str) -> dict[str, Any]:
    twin = _page_of(app, path)
    summary = known["summaries"].get(path) or known["summaries"].get(twin or "") or _said(app, rule)
    media = known["apart"].get(path) or next(
        (kind for end, kind in known["media"].items() if path.endswith(end)), _HTML
    )
    tag = "data" if twin else "pages" if media == _HTML else "files"
    found: dict[str, Any] = {
        "operationId": rule.endpoint,
        "summary": summary,
        "tags": [tag],
        "parameters": [*_places(known, rule), *_arguments(known, twin or path)],
        "responses": {
            "200": {"description": summary, "content": {media: {"schema": _schema(twin, media)}}},
            "default": {"$ref": "#/components/responses/problem"},
        },
    }
    if method == "POST":
        binary = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
        found["requestBody"] = {"content": {"multipart/form-data": binary}}
    return found


def _page_of(app: Flask, path: str) -> str | None:
    """The page whose twin is at a path; None where the path is no twin."""
    if path == "/index.json":
        return "/"
    page = path.removesuffix(".json")
    known = {_VARIABLE.sub(r"{\2}", rule.rule) for rule in app.url_map.iter_rules()}
    return page if page != path and page in known else None


def _said(app: Flask, rule: Rule) -> str:
    """What a page's maker says of itself, in its first line."""
    return (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")[0]


def _places(known: dict[str, Any], rule: Rule) -> list[dict[str, Any]]:
    schemas = known["parameters"]
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas.get(kind or "default", schemas["default"])}
        for kind, name in _VARIABLE.findall(rule.rule)
    ]


def _arguments(known: dict[str, Any], path: str) -> list[dict[str, Any]]:
    asked = known["queries"].get(known["asks"].get(path, ""), {})
    return [
        {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in asked.items()
    ]


def _schema(twin: str | None, media: str) -> dict[str, Any]:
    if twin:
        return {"$ref": "#/components/schemas/page"}
    return {} if media == "application/json" else {"type": "string"}
