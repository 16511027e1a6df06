"""Every address of an explorer with something at it: each route, filled in from a world that has one of everything."""

from __future__ import annotations

from flask import Flask

from tests.web.explorer.accord import Accorded
from verifier import vocabulary
from web.explorer.copy.view import View
from web.explorer.description import path_of
from web.explorer.pages.examples import Examples

_ONE_OF_EACH = """SELECT id FROM records WHERE id IS NOT NULL
    ORDER BY row_number() OVER (PARTITION BY type, stands, findings ORDER BY idx), idx"""
_ONE_OF_EACH_OWED = """SELECT id FROM obligations
    ORDER BY row_number() OVER (PARTITION BY exercise, kind, status, rule ORDER BY id), id"""
NOTHING_THERE = frozenset({"/ledger/evidence/<hex:digest>"})
"""Routes at which this world has nothing to show, because nobody did wrong."""


def everything(app: Flask, found: Accorded) -> dict[str, str]:
    """Route -> address at which it answers with something, for each route that is read."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    with found.copy.view() as view:
        examples = Examples(view)
        told = {rule.rule: examples.of(path_of(rule)) for rule in sorted(rules, key=lambda one: one.rule)}
    assert {rule for rule, address in told.items() if address is None} == NOTHING_THERE
    return {rule: address or rule.replace("<hex:digest>", "0" * 64) for rule, address in told.items()}


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
