"""The addresses of a check: /check and its data, the offline page, and what the browser needs to check by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Flask, Response, request

from web import headers
from web.explorer.answers import Answers, Asked, Page, revalidated
from web.explorer.checking import browser_words, checker, given, scripts, verify_page
from web.explorer.checking import pins as pinned
from web.explorer.checking.answers import OUTCOMES, Answer
from web.explorer.copy.audited import Copy
from web.explorer.wording import languages, signed_text
from web.explorer.wording.languages import LANGUAGES
from web.explorer.wording.words import _, number
from web.headers import Policy

BODIES = {
    f"{prefix}{path}": given.MOST_BYTES
    for prefix in ("", *(f"/{code}" for code in LANGUAGES))
    for path in ("/check", "/check.json")
}
"""Path -> bytes of a body, for the server under the application (web.serving.Settings.bodies)."""
SCRIPT = "/static/verify/check.js"
_PATH = "/check"


def install(
    app: Flask,
    answers: Answers,
    copy: Copy,
    clock: Callable[[], float] = time.time,
) -> None:
    """Give an explorer its checks. `clock`: seconds since the epoch. How many there may be is counted elsewhere."""

    def check(asked: Asked) -> Page:
        """The form, and the answers to what was sent with it."""
        if request.method != "POST":
            return _page(asked, [], sent=False)
        pieces = given.read(request)
        empty = asked.view.empty or not pieces
        found = [] if empty else checker.check(asked.view, pieces, now=int(clock()))
        return _page(asked, found, sent=True)

    answers.add(_PATH, check)
    for name, path in (("check", _PATH), ("check_json", f"{_PATH}.json")):
        app.add_url_rule(path, f"{name}_sent", app.view_functions[name], methods=["POST"])
    app.add_url_rule("/check/pins.json", "check_pins", lambda: _pins(copy))
    app.add_url_rule(SCRIPT, "check_script", _script)
    app.add_url_rule("/verify.html", "verify_page", lambda: _verify_page(copy))
    app.after_request(_never_kept)


def _page(asked: Asked, found: list[Answer], *, sent: bool) -> Page:
    view = asked.view
    facts = {
        "searched": {"first_record": 0, "last_record": view.size - 1} if not view.empty else None,
        "most_bytes": given.MOST_BYTES,
        "sent": sent,
        "checked_by": "server" if found else None,
        "answers": [answer.to_json() for answer in found],
    }
    shown = {
        "found": found,
        "sent": sent,
        "last": "" if view.empty else number(view.size - 1),
        "hidden": sum(signed_text.hidden([one.said.title]) for one in found if one.said),
        "outcomes": [
            (OUTCOMES[name][0], _(OUTCOMES[name][1])) for name in ("in-record", "changed", "signed", "not-found")
        ],
        "script": f"{SCRIPT}?v={_digest()}",
        "served": _data({"pins": languages.to("/check/pins.json"), **_language()}),
    }
    return Page("check.html", _("Check a document"), facts, shown, policy=Policy.SCRIPTED)


def _digest() -> str:
    return sha256(scripts.script("inpage.js").encode()).hexdigest()[:12]


def _language() -> dict[str, Any]:
    """The reader's language, and the browser's texts in it."""
    here = languages.current()
    words = {} if here.code == languages.ENGLISH else browser_words.translated()
    return {"language": here.code, "direction": here.direction, "words": words}


def _data(value: Any) -> str:
    """JSON for a script element that holds data: no "<", so that nothing in it ends the element."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")


def _pins(copy: Copy) -> Response:
    """What the browser judges by, as data: null while the copy is empty."""
    with copy.view() as view:
        value = None if view.empty else pinned.pins(view)
        body = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return revalidated(Response(body, content_type="application/json", headers=dict(headers.OPEN)), view.audited)


def _script() -> Response:
    answer = Response(scripts.script("inpage.js"), content_type="text/javascript; charset=utf-8")
    return revalidated(answer, 0, headers.FOREVER if request.args.get("v") == _digest() else headers.REVALIDATE)


def _verify_page(copy: Copy) -> Response:
    """The offline page, filled with what this copy knows, to open or to keep."""
    with copy.view() as view:
        served = {"pins": None if view.empty else pinned.pins(view), **_language()}
        answer = Response(verify_page.filled(served), content_type="text/html; charset=utf-8")
        # In the file itself, so that it holds where the file is kept; here besides, with what only a header can say.
        answer.headers[headers.POLICY] = f"{verify_page.policy()}; frame-ancestors 'none'"
        return revalidated(answer, view.audited)


def _never_kept(answer: Response) -> Response:
    """No answer to what somebody sent is kept by anybody, or read by another site."""
    if request.method == "POST":
        for name in ("ETag", "Last-Modified", "Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"):
            answer.headers.pop(name, None)
        answer.headers["Cache-Control"] = headers.NEVER
    return answer
