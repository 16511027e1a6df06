"""From a page's facts to an answer: HTML or JSON of the same content, with the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from verifier.errors import Fault
from web import headers, problems
from web.explorer.copy.audited import Copy
from web.explorer.copy.health import Health, judge
from web.explorer.copy.view import View
from web.explorer.wording import kinds
from web.explorer.wording.words import _

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of pages: no script, no frame, nothing from elsewhere."""
_WORDED = ("explorer.", "http.")
"""Faults whose message the explorer has put in the reader's language; others speak the verifier's English."""
FIXED = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True)
class Asked:
    """What a page is made from: one view of the copy, its health, and the request's arguments."""

    view: View
    health: Health
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A page: `facts` are what the JSON twin says, word for word; `shown` is for the template alone."""

    template: str
    title: str
    facts: dict[str, Any]
    shown: dict[str, Any] = field(default_factory=dict)
    status: int = 200


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
            body = orjson.dumps({"health": health.to_json(), **page.facts}, option=orjson.OPT_INDENT_2)
            answer = Response(body, status=page.status, content_type="application/json", headers=dict(headers.OPEN))
            return revalidated(answer, health.modified)
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
        return revalidated(answer, health.modified)

    def refuse(self, fault: Fault) -> Response:
        """The answer to what was asked wrongly, or is not here: in words for a page, a problem document for data."""
        if _wants_data():
            return problems.answer(fault)
        with self._copy.view() as view:
            health = self.health(view)
            facts = {"code": fault.code, "message": fault.message, "where": fault.where, "next": _(fault.kind.next)}
            title = _("Not found here") if fault.kind.status == 404 else _("That cannot be answered")
            shown = {"worded": fault.code.startswith(_WORDED)}
            page = Page("error.html", title, facts, shown, status=fault.kind.status)
            answer = self._render(page, view, health, False)
        answer.headers["Cache-Control"] = headers.NEVER
        return answer

    def _http(self, error: HTTPException) -> Response:
        if error.code == 405:
            answer = self.refuse(
                Fault("http.method-not-allowed", _("Pages are read with GET or HEAD."), where=request.path)
            )
            answer.headers["Allow"] = "GET, HEAD"
            return answer
        if error.code == 404:
            return self.refuse(Fault("explorer.no-page", _("There is no page at this address."), where=request.path))
        told = _("The server cannot answer this request as it was sent.")
        return self.refuse(Fault("http.malformed", told, where=request.path, evidence={"error": error.name}))


def _unforeseen(error: Exception) -> Response:
    """A fault of this program: the reader gets its number, the journal gets the rest."""
    fault = Fault("http.internal", "the page could not be made")
    fault.__cause__ = error
    return problems.answer(fault)


def revalidated(answer: Response, modified: int, cache: str = headers.REVALIDATE) -> Response:
    """The answer with its validators; 304 where the reader has it already. `modified`: seconds, UTC."""
    answer.headers["Cache-Control"] = f"public, {cache}" if cache == headers.REVALIDATE else cache
    answer.set_etag(sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Last-Modified"] = http_date(modified)
    if answer.status_code == 200:
        answer.make_conditional(request)
    return answer


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
    return request.path.endswith((".json", ".tlog-proof", ".csv", ".ics"))


def _secure(answer: Response) -> Response:
    for name, value in {**headers.SECURITY, **FIXED}.items():
        if name == "Content-Security-Policy":
            answer.headers[name] = value
        answer.headers.setdefault(name, value)
    return answer
