"""The explorer as an application: every address, and what answers at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request, send_from_directory
from werkzeug.routing import BaseConverter

from verifier.errors import Fault
from web import headers, problems
from web.explorer import allowance, live, wellknown
from web.explorer.allowance import Allowance
from web.explorer.answers import Answers, Maker, download
from web.explorer.certificate import route as certificate_route
from web.explorer.checking import page as check_page
from web.explorer.copy.audited import Copy
from web.explorer.pages import audits as audit_pages
from web.explorer.pages import conformance_routes
from web.explorer.pages import consistency as consistency_pages
from web.explorer.pages import forms as form_pages
from web.explorer.pages import histories as history_pages
from web.explorer.pages import keys as key_pages
from web.explorer.pages import ledger as ledger_pages
from web.explorer.pages import parties as party_pages
from web.explorer.pages import statements as record_pages
from web.explorer.pages import takeaway as data_pages
from web.explorer.public import PublicAddress
from web.explorer.records import fields, files
from web.explorer.wording import catalogues, kinds, languages, signed_text, words

STALE_AFTER = 900
"""Seconds without a good audit after which a copy counts as stale, where nothing else is said."""
_ROOM = Path(__file__).parent
_JSON = "application/json"
_NOTE = "text/plain; charset=utf-8"
_PAGES: tuple[tuple[str, Maker], ...] = (
    ("/", record_pages.home),
    ("/statements", record_pages.statements),
    ("/s/<hex:statement_id>", record_pages.read_statement),
    ("/s/<hex:statement_id>/proof", record_pages.proof),
    ("/s/<hex:statement_id>/raw", record_pages.raw),
    ("/s/<hex:statement_id>/history", history_pages.statement_history),
    ("/records/<number:index>", record_pages.single_record),
    ("/parties", party_pages.parties),
    ("/parties/<code:code>", party_pages.party),
    ("/checkpoints", ledger_pages.checkpoint_list),
    ("/checkpoints/<number:entry_number>", ledger_pages.one_checkpoint),
    ("/witnesses", ledger_pages.witnesses),
    ("/ledger", ledger_pages.ledger),
    ("/help", ledger_pages.help_page),
)
"""Address -> what makes its page: those that need no more than a view of the copy."""


class _Hex(BaseConverter):
    regex = "[0-9a-f]{64}"


class _Code(BaseConverter):
    regex = "[A-Z0-9]{2,8}"


class _Number(BaseConverter):
    """A number in an address: no sign, no leading zero, at most 15 digits."""

    regex = "0|[1-9][0-9]{0,14}"

    def to_python(self, value: str) -> int:
        return int(value)  # the pattern let only ASCII digits through


def create_explorer_app(
    copy: Copy,
    *,
    clock: Callable[[], float] = time.time,
    stale_after: int = STALE_AFTER,
    limits: Allowance | None = None,
    public: str | None = None,
    contact: str | None = None,
) -> Flask:
    """The explorer over an audited copy. `clock`: seconds since the epoch; `stale_after`: seconds without a good audit.

    `limits`: how much one address may ask for, the defaults of `Allowance` if absent. `public`: the address at which readers
    find it (web.explorer.public), that of each request if absent. `contact`: whom to tell of a flaw (web.explorer.wellknown).
    The copy is filled by somebody else (web.explorer.copy.follow); the app only reads it, and needs no secret.
    """
    app = Flask("web.explorer", root_path=str(_ROOM), static_folder=None)
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.url_map.converters |= {"hex": _Hex, "code": _Code, "number": _Number}
    languages.install(app)
    if public is not None:
        app.config["PUBLIC_ADDRESS"] = public
        app.wsgi_app = PublicAddress(app.wsgi_app, public)  # type: ignore[method-assign]
    catalogues.install(app)
    _words(app)
    answers = Answers(app, copy, clock, stale_after)
    allowance.install(app, limits or Allowance(), answers.refuse)
    for rule, maker in _PAGES:
        answers.add(rule, maker)
    key_pages.install(app, answers, copy)
    consistency_pages.install(app, answers, copy)
    conformance_routes.install(app, answers, copy)
    _downloads(app, copy)
    _static(app)
    wellknown.install(app, clock, contact)
    app.add_url_rule("/problems/<code>", "problem_type", problems.problem_type)
    live.install(app, answers, copy, clock)
    check_page.install(app, answers, copy, clock)
    certificate_route.install(app, answers, copy)
    form_pages.install(app, answers)
    audit_pages.install(app, answers, copy)
    data_pages.install(app, answers, copy, clock)
    app.add_url_rule("/find", "find", lambda: _find(copy))
    return app


def _words(app: Flask) -> None:
    """What the templates call: gettext in its usual form, and the explorer's own words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "time": words.time_tag,
        "number": words.number,
        "octets": words.octets,
        "first_upper": words.first_upper,
        "language_name": words.language_name,
        "duration": words.duration,
        "kilobytes": words.kilobytes,
        "said": signed_text.said,
        "chips": signed_text.chips,
        "plain": signed_text.plain,
        "english": signed_text.english,
        "name": kinds.name_of,
        "relation": kinds.relation,
        "utc": words.utc,
        "pretty": fields.pretty,
    }
    app.jinja_env.globals |= {
        "_": words.shown,
        "ngettext": words.shown_plural,
        "language": languages.current,
        "to": languages.to,
        "alternates": languages.alternates,
        "label": kinds.label,
        "help_text": kinds.help_text,
        "interval": words.interval,
        "style": _style_address(),
    }


def _style_address() -> str:
    """The stylesheet's address: it names the content, so that it may be kept for ever."""
    return f"/static/explorer.css?v={sha256((_ROOM / 'static' / 'explorer.css').read_bytes()).hexdigest()[:12]}"


def _static(app: Flask) -> None:
    def static(name: str) -> Response:
        answer = send_from_directory(_ROOM / "static", name, conditional=True)
        answer.headers["Cache-Control"] = headers.FOREVER if "v" in request.args else headers.REVALIDATE
        return answer

    app.add_url_rule("/static/<name>", "static", static)


def _downloads(app: Flask, copy: Copy) -> None:
    """The files of a statement, a record or a checkpoint, as stored or as built from the copy."""

    def add(rule: str, name: str, kind: str, take: Callable[..., tuple[str, bytes]]) -> None:
        def answer(**values: Any) -> Response:
            with copy.view() as view:
                file, body = take(view, **values)
                return download(body, kind, file, view.audited)

        app.add_url_rule(rule, name, answer)

    add("/s/<hex:statement_id>.envelope.json", "envelope", _JSON, files.envelope_file)
    add("/s/<hex:statement_id>.statement.json", "payload", _JSON, files.payload_file)
    add("/s/<hex:statement_id>.tlog-proof", "receipt", _NOTE, files.receipt_file)
    add("/records/<number:index>.stored.json", "stored", _JSON, files.record_file)
    add("/checkpoints/<number:entry_number>.txt", "note", _NOTE, ledger_pages.note_file)


def _find(copy: Copy) -> Response:
    """Where what was typed into a search box is found: an id, a record's digest or number, else words."""
    typed = request.args.get("q", "").strip()
    with copy.view() as view:
        place = files.place(view, typed) if typed else None
    if place is not None:
        return _to(place)
    if typed and set(typed.lower()) <= set("0123456789abcdef") and len(typed) == 64:
        raise Fault("explorer.not-here", words._("Nothing in this copy has this digest."), where=typed.lower())
    return _to("/statements", q=typed)


def _to(address: str, **arguments: Any) -> Response:
    place = languages.to(address)
    answer = redirect(f"{place}?{urlencode(arguments)}" if arguments else place, 303)
    answer.headers["Cache-Control"] = headers.NEVER
    return answer  # type: ignore[return-value]
