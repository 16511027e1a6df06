"""From a page's facts to an answer: HTML or JSON of the same content, with the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestedRangeNotSatisfiable
from werkzeug.http import http_date

from verifier.errors import Fault
from verifier.exits import Exit
from web import headers, problems
from web.explorer.copy.audited import Copy
from web.explorer.copy.health import Health, judge
from web.explorer.copy.view import View
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _
from web.headers import Policy

_WORDED = ("explorer.", "http.")
"""Faults whose message the explorer has put in the reader's language; others speak the verifier's English."""
_FOR_PEOPLE = (".html", ".pdf")
"""Endings of addresses that people open; at others with an ending a program asks, and is refused as programs are."""
_ROOMS_OF_FILES = ("/data/", "/static/", "/problems/", "/ledger/evidence/")
_SHOWN = ("text/html", "application/json", problems.MEDIA_TYPE)
_REFUSED: Mapping[int, tuple[str, str]] = {
    404: ("explorer.no-page", N_("There is no page at this address.")),
    405: ("http.method-not-allowed", N_("Pages are read with GET or HEAD.")),
    413: ("http.too-large", N_("More was sent than this address takes.")),
    416: ("http.range", N_("This file has no such part.")),
}
"""Status -> the fault and its words, for what Flask and Werkzeug refuse by themselves."""


@dataclass(frozen=True)
class Asked:
    """What a page is made from: one view of the copy, its health, and the request's arguments."""

    view: View
    health: Health
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A page: `facts` are what the JSON twin says, word for word; `shown` is for the template alone.

    `policy`: its content security policy; `Policy.SCRIPTED` for a page with a script, in a file of its own.
    """

    template: str
    title: str
    facts: dict[str, Any]
    shown: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    policy: Policy = Policy.PAGE


Maker = Callable[..., Page]


class Answers:
    """Gives an app its pages. `clock`: seconds since the epoch; `stale_after`: seconds until a copy counts as stale."""

    def __init__(self, app: Flask, copy: Copy, clock: Callable[[], float], stale_after: int) -> None:
        self._app, self._copy, self._clock, self._stale_after = app, copy, clock, stale_after
        app.register_error_handler(Fault, self.refuse)
        app.register_error_handler(HTTPException, self._http)
        app.register_error_handler(Exception, _unforeseen)
        app.after_request(_secure)

    def add(self, rule: str, maker: Maker) -> None:
        """Add a page at `rule`, and its JSON twin at the same address with .json (the home page's is /index.json)."""
        name = maker.__name__

        def html(**values: Any) -> Response:
            return self._page(maker, values, twin=False)

        def json(**values: Any) -> Response:
            return self._page(maker, values, twin=True)

        html.__doc__ = json.__doc__ = maker.__doc__  # what the description of the addresses says of them
        self._app.add_url_rule(rule, name, html)
        self._app.add_url_rule("/index.json" if rule == "/" else f"{rule}.json", f"{name}_json", json)

    def health(self, view: View) -> Health:
        """The health of what a view shows, now."""
        return judge(view, int(self._clock()), self._stale_after)

    def _page(self, maker: Maker, values: Mapping[str, Any], *, twin: bool) -> Response:
        with self._copy.view() as view:
            health = self.health(view)
            page = maker(Asked(view, health, request.args), **values)
            return self._render(page, view, health, twin)

    def _render(self, page: Page, view: View, health: Health, twin: bool) -> Response:
        if twin:
            told = health.to_json()
            body = orjson.dumps({"health": told, **page.facts}, option=orjson.OPT_INDENT_2)
            answer = Response(body, status=page.status, content_type="application/json", headers=dict(headers.OPEN))
            answer.set_etag(_tag(orjson.dumps({"health": _unaged(told), **page.facts})), weak=True)
            return _page_revalidated(answer, health.modified)
        text = render_template(
            page.template,
            title=page.title,
            health=health,
            page=page.facts,
            names=kinds.names(view.registry),
            path=request.path,
            address=_address(),
            twin=_twin() if page.status == 200 else None,
            **page.shown,
        )
        answer = Response(text, status=page.status, content_type="text/html; charset=utf-8")
        answer.headers[headers.POLICY] = page.policy.value
        answer.set_etag(_tag(answer.get_data()))
        return _page_revalidated(answer, health.modified)

    def refuse(self, fault: Fault) -> Response:
        """The answer to what was asked wrongly, or is not here: in words for a page, a problem document for data."""
        if _wants_data() or fault.kind.exit is Exit.INTERNAL:
            return problems.answer(fault)
        with self._copy.view() as view:
            health = self.health(view)
            facts = {"code": fault.code, "message": fault.message, "where": fault.where, "next": _(fault.kind.next)}
            title = _("Not found here") if fault.kind.status == 404 else _("That cannot be answered")
            shown = {"worded": fault.code.startswith(_WORDED)}
            page = Page("error.html", title, facts, shown, status=fault.kind.status)
            answer = self._render(page, view, health, False)
        answer.headers.update(problems.response_headers(fault))
        for name in ("ETag", "Last-Modified"):  # of a page; a refusal is kept by nobody
            answer.headers.pop(name, None)
        return answer

    def _http(self, error: HTTPException) -> Response:
        told = _("The server cannot answer this request as it was sent.")
        code, words = _REFUSED.get(error.code or 0, ("http.malformed", ""))
        answer = self.refuse(Fault(code, _(words) if words else told, where=request.path))
        if isinstance(error, MethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(set(error.valid_methods or ()) - {"OPTIONS"}))
        if isinstance(error, RequestedRangeNotSatisfiable) and error.length is not None:
            answer.headers["Content-Range"] = f"{error.units} */{error.length}"
        return answer


def _unforeseen(error: Exception) -> Response:
    """A fault of this program: the reader gets its number, the journal gets the rest."""
    fault = Fault("http.internal", "the page could not be made")
    fault.__cause__ = error
    return problems.answer(fault)


def revalidated(answer: Response, modified: int, cache: str = headers.REVALIDATE) -> Response:
    """The answer with its validators; 304 where the reader has it already. `modified`: seconds, UTC."""
    answer.headers["Cache-Control"] = f"public, {cache}" if cache == headers.REVALIDATE else cache
    answer.set_etag(_tag(answer.get_data()))
    answer.headers["Last-Modified"] = http_date(modified)
    if answer.status_code == 200:
        answer.make_conditional(request)
    return answer


def _page_revalidated(answer: Response, modified: int) -> Response:
    """A page with its validators; 304 where the reader's entity tag still holds, and never by its date alone.

    What a page says at its top can change between two audits, by time alone: a date of seconds does not tell that.
    """
    answer.headers["Cache-Control"] = f"public, {headers.REVALIDATE}"
    if answer.status_code == 200:
        answer.make_conditional(request)
    answer.headers["Last-Modified"] = http_date(modified)
    return answer


def _unaged(health: Mapping[str, Any]) -> dict[str, Any]:
    """The health without what moves with each second: a twin whose tag holds differs in nothing else, and says its `as_of`."""
    newest = {**health["newest_checkpoint"], "age_seconds": None}
    return {**health, "as_of": None, "newest_checkpoint": newest}


def _tag(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def download(body: bytes, kind: str, name: str, modified: int, cache: str = headers.REVALIDATE) -> Response:
    """A file to take away: `kind` is its media type, `name` what it is called (nothing from outside may be in it)."""
    answer = Response(body, content_type=kind, headers=dict(headers.OPEN))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return revalidated(answer, modified, cache)


def _twin() -> str:
    """The address of the same page as JSON: one for all languages."""
    return _queried("/index.json" if request.path == "/" else f"{request.path}.json")


def _address() -> str:
    """The address of this page without its language."""
    return _queried(request.path)


def _queried(path: str) -> str:
    """The path with this page's query, as it may stand in a link: no browser takes a part of it for a host."""
    place = quote(path)
    return f"{place}?{request.query_string.decode('ascii', 'replace')}" if request.query_string else place


def _wants_data() -> bool:
    """Whether a program asks: at an address of data, of a file or of a part of a page, or saying that it takes JSON rather."""
    last = request.path.rpartition("/")[2]
    if request.path.startswith(_ROOMS_OF_FILES) or ("." in last and not last.endswith(_FOR_PEOPLE)):
        return True
    return request.accept_mimetypes.best_match(_SHOWN, _SHOWN[0]) != _SHOWN[0]


def _secure(answer: Response) -> Response:
    answer.headers.setdefault("Cache-Control", headers.NEVER)
    headers.give(answer.headers, encrypted=request.is_secure)
    return answer
