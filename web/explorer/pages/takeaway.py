"""What is there to take away and to follow: the audited copy as files, feeds, calendars, the description of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, request, send_file
from werkzeug.http import http_date

from verifier.errors import Fault
from web import headers
from web.explorer import description
from web.explorer.answers import Answers, Asked, Page, revalidated
from web.explorer.copy.audited import Copy
from web.explorer.records import feed
from web.explorer.records.snapshot import File, Snapshot, Snapshots
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, utc

_FOR = {
    "detente.sqlite": N_("The whole audited copy, with the judgement on obligations: to query, to open in Datasette."),
    "statements.csv": N_("Every statement as a row of a table: who, what, when. Titles alone, no bodies."),
    "records.jsonl": N_("Every record as stored, one a line: what an audit of your own starts from."),
    "checkpoint.txt": N_("The checkpoint that the records lead to: an audit of the dump is held against it."),
}
"""File of a snapshot -> what it is for."""
_KINDS = {
    "detente.sqlite": "application/vnd.sqlite3",
    "statements.csv": feed.TABLE,
    "records.jsonl": "application/x-ndjson",
    "checkpoint.txt": "text/plain; charset=utf-8",
}
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
    app.add_url_rule("/statements.atom", "statements_atom", lambda: _atom(copy))
    app.add_url_rule("/statements.csv", "statements_csv", lambda: _table(copy))
    app.add_url_rule("/openapi.json", "openapi", lambda: _openapi(app))
    return snapshots


def _data(asked: Asked, snapshots: Snapshots) -> Page:
    view = asked.view
    found = snapshots.ask(0 if view.empty else int(view.fact("run") or b"0"))
    facts: dict[str, Any] = {
        "snapshot": None if found is None else _taken(found),
        "commands": {
            "datasette": "datasette -i detente.sqlite",
            "digest": "sha256sum detente.sqlite",
            "audit": "detente-verify audit records.jsonl \\\n  --policy YOUR.policy \\\n  --checkpoint checkpoint.txt",
        },
    }
    return Page("data.html", _("Data"), facts)


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


def _atom(copy: Copy) -> Response:
    """Statements that stand, newest first, as an Atom feed; the filters are those of the list."""
    with copy.view() as view:
        body = feed.atom(view, request.args)
        return revalidated(Response(body, content_type=feed.FEED, headers=dict(headers.OPEN)), view.audited)


def _table(copy: Copy) -> Response:
    """Statements as CSV, newest first; the filters are those of the list."""
    with copy.view() as view:
        body, older = feed.table(view, request.args)
        answer = Response(body, content_type=feed.TABLE, headers=dict(headers.OPEN))
        answer.headers["Content-Disposition"] = 'attachment; filename="statements.csv"'
        if older:
            answer.headers["Link"] = f'<{older}>; rel="next"'
        return revalidated(answer, view.audited)


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
        },
        "calendars": {
            "all": "/calendar.ics",
            "parties": [{"party": code, "address": f"/calendar/{code}.ics"} for code in states],
        }
        if "calendar_ics" in current_app.view_functions
        else None,
        "webhooks": False,
        "poll_seconds": POLL,
    }
    shown = {"command": f'curl --etag-save seen --etag-compare seen "{request.host_url}statements.atom"'}
    return Page("follow.html", _("Follow"), facts, shown)


def api(asked: Asked) -> Page:
    """Every address of this explorer as a program sees it, from the OpenAPI document."""
    facts = {"openapi": "/openapi.json", "groups": description.told(current_app)}
    return Page("api.html", _("API"), facts)
