"""The six languages of the explorer, and how an address says which one is meant.

English stands at the address itself (`/statements`), the others behind a prefix (`/fr/statements`). So a page in a language
has one address: it can be linked, printed and kept by any cache, and no cookie and no header decides what it says. The
prefix is taken off before a page is looked up, therefore every address exists in every language and no page knows of it.
Two kinds of address have no language, because what they answer with has none: data (`.json`, files) and the style. The home
page's bare address `/` is the door: it sends a reader on by what the browser asks for, and says so to caches (Vary); the
English home page that never sends anybody on is `/en/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response, has_request_context, redirect, request
from werkzeug.routing import BaseConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENGLISH = "en"
_KEY = "detente.language"
_NEUTRAL = (".json", ".csv", ".txt", ".tlog-proof", ".jsonl", ".sqlite")
_NEUTRAL_ROOMS = ("/static/", "/problems/")


@dataclass(frozen=True)
class Language:
    """A language: its `code` in addresses (BCP 47), its own `name`, the CLDR `locale` of its forms, its `direction`."""

    code: str
    name: str
    locale: str
    direction: str = "ltr"


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        one.code: one
        for one in (
            Language("ar", "العربية", "ar", "rtl"),
            Language("zh", "中文", "zh"),
            Language(ENGLISH, "English", "en_GB"),
            Language("fr", "Français", "fr"),
            Language("ru", "Русский", "ru"),
            Language("es", "Español", "es"),
        )
    }
)
"""The official languages of the United Nations, in the order in which it names them."""


def current() -> Language:
    """The language of the page that is being made; English where none is."""
    return LANGUAGES[request.environ.get(_KEY, ENGLISH)] if has_request_context() else LANGUAGES[ENGLISH]


def to(address: str, language: str | None = None) -> str:
    """The address of this page in the reader's language, or in `language`. Data and files have one address for all.

    `address` begins with a slash and has no prefix; a query and a fragment may follow. Links on a page all pass here.
    """
    code, path = language or current().code, address.partition("#")[0].partition("?")[0]
    if not address.startswith("/") or neutral(path):
        return address
    if code == ENGLISH:
        return f"/{ENGLISH}{address}" if path == "/" else address
    return f"/{code}{address}"


def across(x: float, width: float = 0.0) -> float:
    """Where something stands in a drawing, in percent from its left: mirrored for languages that run right to left.

    `x`: where it would begin in a language that runs left to right; `width`: how far it reaches, in percent.
    """
    return round(100 - x - width if current().direction == "rtl" else x, 2)


def neutral(path: str) -> bool:
    """Whether what stands at a path is the same in every language."""
    return path.endswith(_NEUTRAL) or path.startswith(_NEUTRAL_ROOMS)


def alternates(address: str) -> list[tuple[Language, str]]:
    """Every language with the address of this page in it."""
    return [(language, to(address, code)) for code, language in LANGUAGES.items()]


class _Code(BaseConverter):
    regex = "|".join(LANGUAGES)


class ByAddress:
    """Takes the language off the front of a path, as WSGI hands a path on: what was taken off is in SCRIPT_NAME."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request in the language that its path begins with."""
        first, slash, rest = environ.get("PATH_INFO", "")[1:].partition("/")
        if first in LANGUAGES and slash and not rest.startswith("/"):
            environ[_KEY] = first
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{first}"
            environ["PATH_INFO"] = f"/{rest}"
        return self._app(environ, start_response)


def install(app: Flask) -> None:
    """Give an app its languages by address: the prefix, the door at `/`, and one address for each thing."""
    app.url_map.converters["language"] = _Code
    app.wsgi_app = ByAddress(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(_at_its_address)
    app.after_request(_in_words)
    app.add_url_rule("/<language:code>", "language", _with_slash)


def _with_slash(code: str) -> Response:
    return _moved(f"/{code}/")


def _at_its_address() -> Response | None:
    """Send a reader on who asks for a thing at another than its one address, or who stands at the door."""
    code, path = request.environ.get(_KEY), request.path
    if code is None:
        return _sent_on() if path == "/" else None
    if neutral(path) or (code == ENGLISH and path != "/"):
        return _moved(_with_query(path))
    return None


def _sent_on() -> Response | None:
    """At the door: to the home page in the language that the browser asks for, if that is not English."""
    wanted = request.accept_languages.best_match([ENGLISH, *LANGUAGES], ENGLISH)
    return None if wanted == ENGLISH else redirect(_with_query(to("/", wanted)), 302)  # type: ignore[return-value]


def _moved(address: str) -> Response:
    answer = redirect(address, 308)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer  # type: ignore[return-value]


def _with_query(path: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{quote(path)}?{query}" if query else quote(path)


def _in_words(answer: Response) -> Response:
    """Say which language an answer is in, and that the door's depends on what the browser asks for."""
    if answer.mimetype == "text/html":
        answer.headers["Content-Language"] = current().code
    if request.path == "/" and request.environ.get(_KEY) is None:
        answer.vary.add("Accept-Language")
        answer.headers.setdefault("Cache-Control", "no-cache")
    return answer
