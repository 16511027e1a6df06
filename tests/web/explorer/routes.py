"""Every address of an explorer with something at it: each route, filled in from a world that has one of everything."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Rule

from tests.web.explorer.accord import Accorded
from verifier import vocabulary
from web.explorer.copy.view import View
from web.explorer.description import path_of

_IDS = {"/obligations/": "late", "/pledges/": "pledge", "/incidents/": "incident"}
"""Beginning of a route -> what in the world is shown there; elsewhere a drill that was announced."""
_OTHERS = {
    "index": "2",
    "entry_number": "1",
    "code": "XA",
    "party": "XA",
    "other": "XB",
    "type_name": "pledge",
    "name": "checkpoint.txt",
    "digest": "0" * 64,
}
_AT = {
    "/problems/<code>": "/problems/http.not-found",
    "/<language:code>": "/ar",
    "/static/<name>": "/static/explorer.css",
}
_ONE_OF_EACH = """SELECT id FROM records WHERE id IS NOT NULL
    ORDER BY row_number() OVER (PARTITION BY type, stands, findings ORDER BY idx), idx"""
_ONE_OF_EACH_OWED = """SELECT id FROM obligations
    ORDER BY row_number() OVER (PARTITION BY exercise, kind, status, rule ORDER BY id), id"""
NOTHING_THERE = frozenset({"/ledger/evidence/<hex:digest>"})
"""Routes at which this world has nothing to show, because nobody did wrong."""


def address(rule: Rule, found: Accorded) -> str:
    """An address at which a route answers with something."""
    if rule.rule in _AT:
        return _AT[rule.rule]
    thing = next((name for begin, name in _IDS.items() if rule.rule.startswith(begin)), "harbour")
    values = {name: found.ids[thing] if name.endswith("_id") else _OTHERS[name] for name in rule.arguments}
    return path_of(rule).format(**values)


def everything(app: Flask, found: Accorded) -> dict[str, str]:
    """Route -> address, for each route that is read."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return {rule.rule: address(rule, found) for rule in sorted(rules, key=lambda one: one.rule)}


def ids_of(view: View) -> dict[str, list[str]]:
    """Variable of a path -> values that it may have in a copy."""
    if view.empty:
        return {"code": [], "type_name": sorted(vocabulary.load().types)}
    statements = [row[0] for row in view.select(_ONE_OF_EACH, ())]
    return {
        "statement_id": statements,
        "obligation_id": [row[0] for row in view.select(_ONE_OF_EACH_OWED, ())],
        "index": [str(n) for n in range(view.size)],
        "entry_number": [str(n) for n in range(view.size)],
        "code": sorted(view.registry),
        "type_name": sorted(vocabulary.load().types),
    }
