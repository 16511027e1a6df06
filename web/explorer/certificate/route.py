"""The address of a certificate: `/s/<id>/certificate.pdf`, in the language that the address names."""

from __future__ import annotations

import re

from flask import Flask, Response, request
from werkzeug.http import http_date

from web import headers
from web.explorer.answers import Answers
from web.explorer.certificate import typeset
from web.explorer.certificate.contents import contents
from web.explorer.copy.audited import Copy

MEDIA_TYPE = "application/pdf"
_SITE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,200}")
_UNKNOWN = "https://explorer.invalid"
"""For a request whose Host is no host name: the address on the certificate then leads nowhere (RFC 2606), never elsewhere."""


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an explorer its certificates."""
    press = typeset.Press()

    def certificate(statement_id: str) -> Response:
        with copy.view() as view:
            health = answers.health(view)
            made = contents(view, health, statement_id, _site())
        given = typeset.inputs(made)
        tag = typeset.tag(given, made.received)
        if request.if_none_match.contains_weak(tag):
            answer = Response(status=304)
        else:
            answer = Response(press.pdf(tag, given, made.received), content_type=MEDIA_TYPE)
            answer.headers["Content-Disposition"] = f'attachment; filename="{made.stem}.pdf"'
        answer.headers.update(headers.OPEN)
        answer.headers["Cache-Control"] = f"public, {headers.REVALIDATE}"
        answer.headers["Last-Modified"] = http_date(health.modified)
        answer.set_etag(tag)
        return answer

    app.add_url_rule("/s/<hex:statement_id>/certificate.pdf", "certificate", certificate)


def _site() -> str:
    """Where this explorer is, as the request names it, without a last slash."""
    place = request.host_url.rstrip("/")
    return place if _SITE.fullmatch(place) else _UNKNOWN
