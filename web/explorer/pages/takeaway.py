"""What is there to take away and to follow: the audited copy as files, feeds, calendars, the description of the API."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import orjson
from flask import Flask, Response, current_app, request, send_file
from werkzeug.http import http_date

from verifier.errors import Fault
from web import headers
from web.explorer import description, live, webhooks
from web.explorer.answers import Answers, Asked, Page, revalidated
from web.explorer.copy.audited import Copy
from web.explorer.pages import lists
from web.explorer.pages.examples import Examples
from web.explorer.records import feed
from web.explorer.records.snapshot import File, Snapshot, Snapshots
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, utc

_FOR = {
    "detente.sqlite": N_("The whole audited copy, with the judgement on obligations: to query, to open in Datasette."),
    "metadata.json": N_("What Datasette shows beside the tables: where they come from and what each holds."),
    "statements.csv": N_("Every statement as a row of a table: who, what, when. Titles alone, no bodies."),
    "records.jsonl": N_("Every record as stored, one a line: what an audit of your own starts from."),
    "checkpoint.txt": N_("The checkpoint that the records lead to: an audit of the dump is held against it."),
}
"""File of a snapshot -> what it is for."""
_KINDS = {
    "detente.sqlite": "application/vnd.sqlite3",
    "metadata.json": "application/json",
    "statements.csv": feed.TABLE,
    "records.jsonl": "application/x-ndjson",
    "checkpoint.txt": "text/plain; charset=utf-8",
}
_MOST_PAIRED = 6
"""Of how many states, in order of code, every pair has its link to a calendar; the pattern stands for all."""
POLL = 60
"""Seconds between two questions that this site asks its readers' programs to keep."""


def install(app: Flask, answers: Answers, copy: Copy, clock: Callable[[], float]) -> Snapshots:
    """Give an app these pages and files. Returns what makes the snapshots."""
    snapshots = Snapshots(copy, clock)

    def data(asked: Asked) -> Page:
        """The audited copy as files to download, each with its size and SHA-256."""
        return _data(asked, snapshots)

    answers.add("/data", data)
    answers.add("/follow", follow)
    answers.add("/api", api)
    app.add_url_rule("/data/<name>", "data_file", lambda name: _file(snapshots, name))
    app.add_url_rule("/openapi.json", "openapi", lambda: _openapi(app))
    return snapshots


def _data(asked: Asked, snapshots: Snapshots) -> Page:
    view = asked.view
    found = snapshots.ask(0 if view.empty else int(view.fact("run") or b"0"))
    facts: dict[str, Any] = {
        "snapshot": None if found is None else _taken(found),
        "commands": {
            "datasette": "datasette -i detente.sqlite \\\n  --metadata metadata.json",
            "digest": "sha256sum detente.sqlite metadata.json statements.csv records.jsonl checkpoint.txt",
            "audit": "detente-verify audit records.jsonl \\\n  --policy YOUR.policy \\\n  --checkpoint checkpoint.txt",
        },
    }
    facts["lists"] = _lists()
    return Page("data.html", _("Data"), facts)


def _lists() -> list[dict[str, str]]:
    """Every list of this site with its files."""
    return [
        {"list": f"/{name}", **{end: f"/{name}.{end}" for end in ("json", "csv", "atom")}}
        for name in sorted((*lists.LISTS, *lists.OTHERS))
    ]


def _taken(found: Snapshot) -> dict[str, Any]:
    return {
        "records": found.records,
        "checkpoints": found.history,
        "audited_at": utc(found.audited),
        "made_at": utc(found.made),
        "files": [
            {
                "name": one.name,
                "address": f"/data/{one.name}",
                "bytes": one.size,
                "sha256": one.sha256,
                "for": _(_FOR[one.name]),
            }
            for one in found.files.values()
        ],
    }


def _file(snapshots: Snapshots, name: str) -> Response:
    """A file of the newest snapshot; a part of it where a part is asked for."""
    found = snapshots.newest
    one: File | None = found.files.get(name) if found else None
    if name not in _KINDS or found is None or one is None:
        text = _("There is no such file here now. The page %(page)s says which there are.", page="/data")
        raise Fault("explorer.not-here", text, where=f"/data/{name}")
    answer = send_file(
        one.path.resolve(),
        mimetype=_KINDS[name],
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=one.sha256,
        last_modified=found.audited,
    )
    answer.headers.extend(headers.OPEN)
    answer.headers["Cache-Control"] = f"public, {headers.REVALIDATE}"
    answer.headers["Last-Modified"] = http_date(found.audited)
    return answer


def _openapi(app: Flask) -> Response:
    """The description of every address here, in OpenAPI 3.1."""
    answer = Response(description.document(app), content_type="application/json", headers=dict(headers.OPEN))
    return revalidated(answer, 0)


def follow(asked: Asked) -> Page:
    """How to be told of what is new: feeds, calendars, and how to ask again."""
    view = asked.view
    states = [code for code, one in sorted(view.registry.items()) if one.kind == "state"]
    facts = {
        "feeds": {
            "all": "/statements.atom",
            "parties": [{"party": code, "address": f"/statements.atom?party={code}"} for code in sorted(view.registry)],
            "types": [
                {
                    "type": name,
                    "label": kinds.label("types", name),
                    "family": kinds.label("families", family),
                    "address": f"/statements.atom?type={name}",
                }
                for family, names in kinds.types().items()
                for name in names
            ],
            "lists": [{"list": one["list"], "address": one["atom"]} for one in _lists()],
        },
        "calendars": {
            "all": "/calendar.ics",
            "parties": [{"party": code, "address": f"/calendar/{code}.ics"} for code in states],
            "pairs": [
                {"parties": [one, other], "address": f"/calendar/{one}-{other}.ics"}
                for one, other in combinations(states[:_MOST_PAIRED], 2)
            ],
        }
        if "calendar_ics" in current_app.view_functions
        else None,
        "webhooks": False,
        "poll_seconds": POLL,
        "live": {"address": live.PATH, "poll_seconds": live.SECONDS},
    }
    site = request.host_url.rstrip("/")
    hook = {} if view.empty else webhooks.told(view, site, max(0, view.size - 2), view.size - 1)
    shown = {
        "command": f'curl --etag-save seen --etag-compare seen "{site}/statements.atom"',
        "hook_command": "detente-web explore LEDGER --policy YOUR.policy --webhook https://YOUR.example/detente",
        "hook_example": orjson.dumps(hook, option=orjson.OPT_INDENT_2).decode(),
    }
    return Page("follow.html", _("Follow"), facts, shown)


def api(asked: Asked) -> Page:
    """Every address of this explorer as a program sees it, from the OpenAPI document, each with an example that works."""
    examples, host = Examples(asked.view), request.host_url.rstrip("/")
    groups = description.told(current_app)
    for group in groups:
        for one in group["operations"]:
            one["example"] = None if one["method"] == "POST" else examples.of(one["path"])
    first = examples.of("/s/{statement_id}.tlog-proof")
    facts = {"openapi": "/openapi.json", "groups": groups, "commands": _commands(host, first)}
    return Page("api.html", _("API"), facts)


def _commands(host: str, receipt: str | None) -> list[dict[str, str]]:
    """What to type to begin with: a list, one statement's receipt, a check, and to ask again for nothing."""
    found = [
        {"for": _("The statements of one party, newest first:"), "command": f'curl "{host}/statements.json?party=XA"'},
        {
            "for": _("A table of all obligations that are overdue:"),
            "command": f'curl "{host}/obligations.csv?status=overdue"',
        },
    ]
    if receipt:
        told = _("A receipt, to check without this site:")
        found.append({"for": told, "command": f'curl -o newest.tlog-proof "{host}{receipt}"'})
        told = _("What the receipt proves, by this site:")
        found.append({"for": told, "command": f'curl --data-binary @newest.tlog-proof "{host}/check.json"'})
    return found
