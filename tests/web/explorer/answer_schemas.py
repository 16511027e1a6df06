"""The schemas of the explorer's JSON, read off its own answers: which members an object always has, and what they hold.

`python -m tests.web.explorer.answer_schemas` writes them to web/openapi/explorer_answers.json, from two made ledgers and from
the copies of others that are named (directories). A member that is new to a page, or gone from it, is written down so.
Nothing here is typed by hand but the names of the shapes that many pages share.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.web.explorer import accord, conftest
from tests.web.explorer.routes import ids_of
from web import openapi
from web.explorer import Copy, create_explorer_app
from web.explorer.description import page_at, path_of
from web.explorer.wording.languages import LANGUAGES

Schema = dict[str, Any]
PLACE = Path(openapi.__file__).with_name("explorer_answers.json")
_SHARED: Mapping[str, frozenset[str]] = {
    "health": frozenset({"as_of", "records", "newest_checkpoint", "warnings"}),
    "statement": frozenset({"record", "id", "address", "sequence", "stands", "witnessed_before"}),
    "obligation": frozenset({"obligation", "address", "state", "told", "terms"}),
    "judged": frozenset({"debtor", "creditors", "due", "rule", "status", "trigger"}),
    "judgement": frozenset({"as_of", "sha256", "inputs", "obligations", "command"}),
}
"""Name of a shape -> members by which it is known. What has more is the shape, and more."""
_FREE = frozenset({"data", "rules", "body", "statement_body", "rule_data", "inputs", "where", "expect", "evidence"})
"""Members that hold what parties signed or what a rule says: any JSON."""
_BY_KEY = re.compile(f"[A-Z0-9]{{2,8}}|{'|'.join(LANGUAGES)}|[0-9a-f]{{64}}|[0-9]{{4}}(-[0-9]{{2}}){{0,2}}|[0-9]+")
"""Keys that are data: codes, languages, ids, days."""
_FORMS = (
    ({"type": "string", "pattern": "^[0-9a-f]{64}$"}, re.compile("[0-9a-f]{64}")),
    (
        {"type": "string", "format": "date-time"},
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
    ),
)
_DEEPEST = 7
_FEW = 4
"""From so few samples nothing is concluded on what is always there, or of which form a text is."""
_MOST_IDS, _MOST_CHECKED = 80, 12


class Reader:
    """Reads schemas off samples, the shared ones apart."""

    def __init__(self, pages: Mapping[str, Sequence[Any]]) -> None:
        self._pages = pages
        self._core: dict[str, frozenset[str]] = {}
        self._parts: dict[str, list[Any]] = defaultdict(list)
        for value in _within([one for samples in pages.values() for one in samples]):
            for name in _shapes(value):
                self._core[name] = self._core.get(name, frozenset(value)) & frozenset(value)

    def all(self) -> dict[str, Schema]:
        """Name -> schema: "page_NAME" for each page, and the shapes that they share."""
        found = {
            f"page_{name}": self._read(samples, 0, always=True)
            for name, samples in sorted(self._pages.items())
            if samples
        }
        done: set[str] = set()
        while rest := sorted(set(self._parts) - done):
            for name in rest:
                done.add(name)
                found[name] = self._object(self._parts[name], 1)
        return found

    def _read(self, samples: Sequence[Any], depth: int, *, always: bool = False) -> Schema:
        kinds = sorted({_kind(one) for one in samples})
        if kinds == ["null"]:
            return {}  # of what it holds when it holds something, nothing is known
        if "object" in kinds and depth < _DEEPEST:
            objects = [one for one in samples if isinstance(one, dict)]
            schema = self._shared(objects, depth) or self._object(objects, depth, always=always)
            others = [one for one in kinds if one != "object"]
            return {"anyOf": [schema, {"type": _one(others)}]} if others else schema
        found: Schema = {"type": _one(kinds)} if kinds else {}
        if "array" in kinds and depth < _DEEPEST:
            inner = [item for one in samples if isinstance(one, list) for item in one]
            found["items"] = self._read(inner, depth + 1)
        texts = [one for one in samples if isinstance(one, str)]
        if kinds == ["string"] and len(texts) >= _FEW:
            found = next((dict(form) for form, like in _FORMS if all(map(like.fullmatch, texts))), found)
        return found

    def _shared(self, objects: Sequence[dict[str, Any]], depth: int) -> Schema | None:
        name = next((name for name, known in _SHARED.items() if all(known <= set(one) for one in objects)), None)
        if name is None:
            return None
        core = self._core[name]
        self._parts[name] += [{key: one[key] for key in core} for one in objects]
        reference = {"$ref": f"#/components/schemas/{name}"}
        more = [{key: value for key, value in one.items() if key not in core} for one in objects]
        return {"allOf": [reference, self._object(more, depth)]} if any(more) else reference

    def _object(self, objects: Sequence[dict[str, Any]], depth: int, *, always: bool = False) -> Schema:
        keys = sorted({key for one in objects for key in one})
        if keys and depth and all(map(_BY_KEY.fullmatch, keys)):
            return {
                "type": "object",
                "additionalProperties": self._read([value for one in objects for value in one.values()], depth + 1),
            }
        found: Schema = {"type": "object"}
        if keys:
            found["properties"] = {
                key: {}
                if key in _FREE and depth
                else self._read([one[key] for one in objects if key in one], depth + 1)
                for key in keys
            }
        if always or len(objects) >= _FEW:
            found["required"] = [key for key in keys if all(key in one for one in objects)]
        return {key: value for key, value in found.items() if value != []}


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return "null" if value is None else names[type(value)]


def _one(kinds: list[str]) -> Any:
    kinds = [one for one in kinds if not (one == "integer" and "number" in kinds)]
    return kinds[0] if len(kinds) == 1 else kinds


def _shapes(value: dict[str, Any]) -> Iterator[str]:
    """The first shape that a value has."""
    yield from [name for name, known in _SHARED.items() if known <= set(value)][:1]


def _within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _within(inner)


def samples(app: Flask, copy: Copy, client: FlaskClient) -> dict[str, list[Any]]:
    """Page -> what its JSON says, for many things that it may show."""
    found: dict[str, list[Any]] = defaultdict(list)
    with copy.view() as view:
        ids = ids_of(view)
    for rule in app.url_map.iter_rules():
        page = page_at(app, path_of(rule))
        if page is None or "GET" not in (rule.methods or ()):
            continue
        for address in _addresses(path_of(rule), ids):
            answer = client.get(address)
            if answer.status_code == 200:
                found[page].append(answer.json)
    found["check"] += _checks(client, ids)
    return found


def _checks(client: FlaskClient, ids: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """What is answered to ids, numbers, files and nonsense; each asked for from an address of its own."""
    said = [b"0", b"{", b"nothing of the kind", *(one.encode() for one in ids.get("statement_id", ())[:_MOST_CHECKED])]
    for one in ids.get("statement_id", ())[:_MOST_CHECKED]:
        said += [client.get(f"/s/{one}{end}").data for end in (".envelope.json", ".tlog-proof", ".statement.json")]
    for n, raw in enumerate(said):
        visitor = {"REMOTE_ADDR": f"2001:db8:{n:x}::1"}
        answer = client.post("/check.json", data=raw, content_type="application/octet-stream", environ_base=visitor)
        if answer.status_code == 200:
            yield answer.json


def _addresses(path: str, ids: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Addresses of a path whose one variable is filled in, or the path itself; where it takes a query, with some."""
    variable = re.search(r"{(\w+)}", path)
    if variable:
        yield from (path.replace(variable[0], one) for one in ids.get(variable[1], ())[:_MOST_IDS])
        return
    yield path
    codes = ids["code"]
    for query in (*(f"party={code}" for code in codes), "q=a", f"parties={','.join(sorted(codes)[-2:])}"):
        yield f"{path}?{query}"


def of(sites: Iterable[tuple[Flask, Copy, FlaskClient]]) -> dict[str, Schema]:
    """The schemas of what some explorers say."""
    pages: dict[str, list[Any]] = defaultdict(list)
    for app, copy, client in sites:
        for page, said in samples(app, copy, client).items():
            pages[page] += said
    return Reader(pages).all()


def main(copies: Sequence[str]) -> None:
    """Write the schemas; `copies`: directories of further copies to learn from."""
    with tempfile.TemporaryDirectory() as place:
        room = Path(place)
        told = conftest.site(room / "told")
        judged = accord.site(room / "accord")
        empty = Copy(room / "empty")
        sites = [(one.client.application, one.copy, one.client) for one in (told, judged)]
        for copy in (empty, *map(Copy, map(Path, copies))):
            app = create_explorer_app(copy)
            sites.append((app, copy, app.test_client()))
        PLACE.write_text(json.dumps(of(sites), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
