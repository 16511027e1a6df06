"""News on an open page: what `/live.json` answers, and what a page carries so that its script can ask.

The script polls (static/live.js); nothing is streamed. The server answers sixteen requests at a time, each on a thread of its
own. A stream of server-sent events holds its thread for as long as the page is open: the seventeenth reader would find the
record office shut. A question every two seconds is answered from memory in a millisecond, mostly by 304, and a page that nobody
looks at asks nothing. Without the script a page is as it was made.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from babel import Locale
from flask import Flask, Response, g, request

from web import headers
from web.explorer.answers import Answers, revalidated
from web.explorer.copy.audited import Copy
from web.explorer.copy.health import Health
from web.explorer.copy.view import View
from web.explorer.wording import languages
from web.explorer.wording.words import ngettext, number, utc
from web.headers import Policy

PATH = "/live.json"
SECONDS = 2
"""Between two questions of a page that somebody looks at."""
SCRIPT = Path(__file__).parent / "static" / "live.js"
_ADDRESS = f"/static/{SCRIPT.name}?v={sha256(SCRIPT.read_bytes()).hexdigest()[:12]}"
_WITHOUT = ("/check", "/forms/", "/verify.html")
"""Pages, by the beginning of their path, that no record changes: what a reader gives to them, and what is printed."""
_WORST_FIRST = ("overdue", "late", "unknown")
_SAMPLES = (*range(21, 32), *range(100, 104), 0, 1, 2, 3, 5, 11, 1_000_000)
"""Numbers among which every plural form of the six languages occurs; a form that may name its number names it here."""


def install(app: Flask, answers: Answers, copy: Copy, clock: Callable[[], float]) -> None:
    """Give an app its news. `clock`: seconds since the epoch."""
    newest = _Newest(answers, copy, clock)

    def live() -> Response:
        """How far the copy goes and whether a page made now would be another, for whoever asks again and again."""
        body, modified = newest.answer()
        return revalidated(Response(body, content_type="application/json", headers=dict(headers.OPEN)), modified)

    app.add_url_rule(PATH, "live", live)
    app.jinja_env.globals["live"] = carried
    app.after_request(_allowed)


class _Newest:
    """The answer, made once a second and whenever the copy is written to, however many ask."""

    def __init__(self, answers: Answers, copy: Copy, clock: Callable[[], float]) -> None:
        self._answers, self._copy, self._clock = answers, copy, clock
        self._turn = threading.Lock()
        self._made: tuple[Any, bytes, int] = (None, b"", 0)

    def answer(self) -> tuple[bytes, int]:
        """The body, and when what it says last changed (seconds, UTC)."""
        key = (int(self._clock()), *map(_written, (self._copy.path, Path(f"{self._copy.path}-wal"))))
        with self._turn:
            if self._made[0] != key:
                with self._copy.view() as view:
                    health = self._answers.health(view)
                    self._made = (key, orjson.dumps(facts(view, health)), health.modified)
            return self._made[1], self._made[2]


def _written(path: Path) -> tuple[int, int] | None:
    """When a file was last written to, and its size; None where nothing is in it: readers make SQLite's log, empty."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_mtime_ns, found.st_size) if found.st_size else None


def facts(view: View, health: Health) -> dict[str, Any]:
    """What `/live.json` says. `version`: of any page made now; `health`: the worst state of a warning, or good, or empty."""
    states = {one.state for one in health.warnings}
    worst = next((state for state in _WORST_FIRST if state in states), "good")
    point = None if view.empty else view.checkpoint
    return {
        "version": health.version,
        "records": health.size,
        "checkpoint": point and {"size": point.size, "root": point.root.hex(), "witnessed": utc(health.witnessed)},
        "health": "empty" if health.empty else worst,
        "warnings": [one.code for one in health.warnings],
        "poll_seconds": SECONDS,
    }


def carried(health: Health) -> dict[str, str] | None:
    """What a page carries: the script's address, and what the script needs to know, as JSON. None: a page without news."""
    if request.path.startswith(_WITHOUT):
        return None
    g.live = True
    here = languages.current()
    known = {
        "address": PATH,
        "seconds": SECONDS,
        "version": health.version,
        "records": health.size,
        "locale": f"{here.locale.replace('_', '-')}-u-nu-latn",
        "moment": str(Locale.parse(here.locale).datetime_formats["medium"]),  # {1} the day, {0} the time of day
        "new": _new(here.locale),
    }
    return {"script": _ADDRESS, "data": json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":"))}


def _new(locale: str) -> dict[str, str]:
    """Plural category (CLDR) -> how so many new statements are said, with {} for the number."""
    category = Locale.parse(locale).plural_form
    found: dict[str, str] = {}
    for count in _SAMPLES:
        told = ngettext("%(num)s new statement.", "%(num)s new statements.", count)
        found.setdefault(category(count), told.replace(number(count), "{}"))
    return found


def _allowed(answer: Response) -> Response:
    """A page that carries the script may run it, and what it may ask is this site."""
    if g.get("live"):
        answer.headers[headers.POLICY] = Policy.SCRIPTED.value
    return answer
