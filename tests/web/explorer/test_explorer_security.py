"""What a browser is told not to do, at every address and with every kind of answer; and that no page asks it to.

Every route of the explorer is asked, in a world that has one of everything, so that a new address cannot be forgotten.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.web.explorer import accord
from tests.web.explorer.accord import Accorded
from tests.web.explorer.routes import NOTHING_THERE, everything
from tests.web.wire import ask, raw
from web import headers
from web.explorer import create_explorer_app
from web.explorer.allowance import UNLIMITED
from web.explorer.checking import verify_page
from web.explorer.checking.page import BODIES
from web.headers import Policy
from web.serving import Server, Settings

POLICIES = {one.value for one in Policy}
LANGUAGES = ("", "/ar")
NEVER_IN_A_POLICY = ("unsafe", "*", "http:", "https:", "data:", "blob:")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    """A world that has one of everything, its snapshot taken."""
    made = accord.site(tmp_path_factory.mktemp("security"))
    app = create_explorer_app(made.copy, clock=lambda: made.world.clock + 60, limits=UNLIMITED)
    made.client = app.test_client()
    made.client.get("/data")
    for _n in range(200):
        if made.client.get("/data.json").json["snapshot"]:  # type: ignore[index]
            break
    return made


def told(answer: TestResponse) -> None:
    """Every header is there, with a value that is meant; nothing is remembered of who asked."""
    said = answer.headers
    for name, value in headers.SECURITY.items():
        if name not in (headers.POLICY, "Cross-Origin-Resource-Policy"):
            assert said[name] == value, name
    assert said["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin")
    assert len(said.getlist(headers.POLICY)) == 1
    policy = said[headers.POLICY]
    assert policy in POLICIES or policy.startswith(verify_page.policy())
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(word in policy for word in NEVER_IN_A_POLICY)
    assert said["Cache-Control"]
    for name in ("Set-Cookie", "Server", "X-Powered-By", "Strict-Transport-Security"):
        assert name not in said, name
    if answer.status_code in (302, 303, 308) or (answer.status_code != 304 and answer.mimetype != "text/html"):
        assert policy == Policy.DATA


def test_every_route_and_method_is_answered_with_all_headers(found: Accorded) -> None:
    app = found.client.application
    asked = 0
    for rule, address in everything(app, found).items():
        answer = found.client.get(address)
        expected = (404,) if rule in NOTHING_THERE else (200, 302, 303, 308)
        assert answer.status_code in expected, (rule, address, answer.status_code)
        told(answer)
        for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"):
            told(found.client.open(address, method=method))
        head = found.client.head(address)
        assert (head.status_code, head.data) == (answer.status_code, b"")
        assert "ETag" not in answer.headers or answer.status_code == 200
        if tag := answer.headers.get("ETag"):
            again = found.client.get(address, headers={"If-None-Match": tag})
            assert (again.status_code, again.data) == (304, b""), address
            told(again)
            assert again.headers[headers.POLICY] == answer.headers[headers.POLICY]
            asked += 1
    assert asked > 60


REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "/nothing": (404, {}),
    "/nothing.json": (404, {}),
    "/nothing.xml": (404, {}),
    "/ar/nothing": (404, {}),
    "/s/" + "0" * 64: (404, {}),
    "/s/" + "0" * 64 + ".tlog-proof": (404, {}),
    "/s/" + "0" * 64 + "/certificate.pdf": (404, {}),
    "/static/nothing.css": (404, {}),
    "/static/../application.py": (404, {}),
    "/static/%2e%2e/application.py": (404, {}),
    "/data/nothing": (404, {}),
    "/problems/nothing": (404, {}),
    "/statements?since=never": (400, {}),
    "/statements.json?since=never": (400, {}),
    "/statements.csv?since=never": (400, {}),
    "/statements.atom?since=never": (400, {}),
    "/obligations.csv?month=never": (400, {}),
    "/checkpoints?below=-1": (400, {}),
    "/checkpoints.json?below=" + "9" * 5_000: (400, {}),
    "/statements?q=" + "x" * 20_000: (400, {}),
    "/find?q=" + "0" * 64: (404, {}),
    "/parties/XA/": (404, {}),
    "/check": (413, {"method": "POST", "data": b"x" * (2**20 + 1)}),
    "/check.json": (415, {"method": "POST", "data": b"x", "headers": {"Content-Encoding": "br"}}),
    "/ar/help": (405, {"method": "DELETE"}),
    "/help.json": (405, {"method": "POST"}),
    "/static/explorer.css": (416, {"headers": {"Range": "bytes=99999999-"}}),
    "/data/checkpoint.txt": (416, {"headers": {"Range": "bytes=99999999-"}}),
}


@pytest.mark.parametrize("address", REFUSALS)
def test_every_refusal_has_all_headers_and_a_reason(found: Accorded, address: str) -> None:
    status, how = REFUSALS[address]
    answer = found.client.open(address, **how)
    assert answer.status_code == status, answer.text[:300]
    told(answer)
    assert answer.headers["Cache-Control"] == headers.NEVER
    last = urlsplit(address).path.rpartition("/")[2]
    data = address.startswith(("/data/", "/static/", "/problems/")) or ("." in last and not last.endswith(".pdf"))
    if data:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == status  # type: ignore[index]
        assert answer.json["next"]  # type: ignore[index]
    else:
        assert answer.mimetype == "text/html"
    if status == 405:
        assert answer.headers["Allow"] == "GET, HEAD"
    if status == 416:
        assert re.fullmatch(r"bytes \*/[0-9]+", answer.headers["Content-Range"])


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("application/json;q=0.9, text/html;q=0.5", "application/problem+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("nonsense", "text/html"),
        ("", "text/html"),
    ],
)
def test_who_asks_for_json_is_refused_in_json(found: Accorded, accept: str, mimetype: str) -> None:
    for address in ("/nothing", "/statements?since=never", "/s/" + "0" * 64):
        answer = found.client.get(address, headers={"Accept": accept})
        assert answer.mimetype == mimetype
        told(answer)
    assert found.client.get("/statements", headers={"Accept": accept}).mimetype == "text/html"


def test_a_fault_of_the_program_tells_its_number_alone(found: Accorded, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of /root")

    monkeypatch.setattr("web.explorer.answers.judge", broken)
    for address in ("/", "/help.json"):
        answer = found.client.get(address)
        assert answer.status_code == 500
        told(answer)
        assert "secret" not in answer.text
        assert answer.json["instance"].startswith("urn:uuid:")  # type: ignore[index]


def test_over_tls_and_only_there_the_browser_is_told_to_stay(found: Accorded) -> None:
    for address in ("/", "/statements.json", "/nothing", "/static/explorer.css", "/find?q=1"):
        safe = found.client.get(address, base_url="https://explorer.example")
        assert safe.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in found.client.get(address).headers


def test_a_page_says_what_it_needs_and_gets_no_more(found: Accorded) -> None:
    scripted = {
        rule for rule, address in everything(found.client.application, found).items() if _scripts(found, address)
    }
    assert "/check" in scripted
    for rule, address in everything(found.client.application, found).items():
        answer = found.client.get(address)
        if answer.status_code != 200 or answer.mimetype != "text/html" or rule == "/verify.html":
            continue
        assert answer.headers[headers.POLICY] == (Policy.SCRIPTED if rule in scripted else Policy.PAGE), rule
    assert found.client.get("/nothing").headers[headers.POLICY] == Policy.PAGE


def _scripts(found: Accorded, address: str) -> list[Any]:
    answer = found.client.get(address)
    return _page(answer.text).sources if answer.mimetype == "text/html" and answer.status_code == 200 else []


class _Page(HTMLParser):
    """What of a page a policy is about: what is inline, and what is fetched from where."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[tuple[str, str]] = []
        self.sources: list[str] = []
        self.fetched: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.wrong += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        self.wrong += [
            f"<{tag} {name}={value}>" for name, value in given.items() if value.strip().lower()[:11] == "javascript:"
        ]
        if tag in ("iframe", "frame", "object", "embed", "base", "applet", "portal", "foreignobject", "animate", "set"):
            self.wrong.append(f"<{tag}>")
        data = tag == "script" and given.get("type") in ("application/json", "application/ld+json")
        self._within = tag if tag == "style" or (tag == "script" and "src" not in given and not data) else ""
        if tag == "script" and "src" in given:
            self.sources.append(given["src"])
        for name in ("src", "srcset", "poster", "action", "formaction", "background", "data", "xlink:href", "ping"):
            if name in given:
                self.fetched.append((tag, given[name]))
        if "href" in given and tag != "a":
            self.fetched.append((tag, given["href"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.inline.append((self._within, data))

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def _page(text: str) -> _Page:
    reader = _Page()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_anything_inline_or_fetches_from_elsewhere(found: Accorded, language: str) -> None:
    read = 0
    addresses = list(everything(found.client.application, found).values())
    for address in [*addresses, "/nothing", "/statements?since=never", "/s/" + found.ids["charter"] + "/raw"]:
        answer = found.client.get(language + address)
        if answer.mimetype != "text/html" or answer.status_code in (302, 303, 308) or address == "/verify.html":
            continue
        page = _page(answer.text)
        assert (page.wrong, page.inline) == ([], []), address
        for tag, place in page.fetched:
            split = urlsplit(place)
            assert (split.scheme, split.netloc) == ("", ""), (address, tag, place)
            assert place.startswith(("/", "#")), (address, tag, place)
        read += 1
    assert read > 30


def test_the_reading_of_pages_sees_what_it_is_to_see() -> None:
    seen = _page(
        '<p style="x"><a href="JavaScript:x">a</a><img src="https://e.example/i" onerror="x"/><script>x()</script>'
        '<style>p{}</style><iframe src="//e.example"></iframe><script src="/s.js"></script><svg fill="none"/>'
    )
    assert len(seen.wrong) == 4
    assert seen.inline == [("script", "x()"), ("style", "p{}")]
    assert ("img", "https://e.example/i") in seen.fetched
    assert seen.sources == ["/s.js"]


def test_the_offline_page_allows_exactly_what_it_holds(found: Accorded) -> None:
    for language in LANGUAGES:
        answer = found.client.get(f"{language}/verify.html")
        told(answer)
        page = _page(answer.text)
        assert (page.wrong, page.sources) == ([], [])
        policy = answer.headers[headers.POLICY]
        digests = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for _tag, text in page.inline}
        assert len(digests) == 2
        assert digests == set(re.findall("'sha256-[^']+'", policy))
        assert "connect-src" not in policy


@pytest.fixture
def server(found: Accorded, serve: Callable[..., Server]) -> Server:
    settings = Settings(threads=4, most_body=1024, bodies=BODIES, trusted_proxy="127.0.0.1", memory_only=True)
    return serve(found.client.application, settings)


def test_what_the_server_refuses_by_itself_has_them_too(server: Server) -> None:
    long = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40_000 + b"\r\n\r\n"
    for request, status in (
        (b"nonsense\r\n\r\n", b"400"),
        (long, b"431"),
        (b"POST /check HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /help HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n", b"413"),
    ):
        head = raw(server.port, request).partition(b"\r\n\r\n")[0].decode("latin-1")
        assert head.split()[1].encode() == status
        for name, value in headers.SECURITY.items():
            assert f"\r\n{name}: {value}" in head
        assert re.search(r"\r\nServer: detente(\r\n|$)", head)


def test_on_the_wire_no_version_and_no_cookie_and_tls_as_the_proxy_says(server: Server) -> None:
    answer = ask(server.port, "GET", "/")
    assert answer.headers["server"] == "detente"
    assert not {"set-cookie", "x-powered-by", "via", "strict-transport-security"} & set(answer.headers)
    behind = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    assert ask(server.port, "GET", "/", headers=behind).headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /statements?q=%00%ff%fe HTTP/1.1", b"200"),
        (b"GET /statements?q=\xff\xfe\xc3 HTTP/1.1", b"400"),
        (b"GET //evil.example/ HTTP/1.1", b"404"),
        (b"GET http://evil.example/nothing HTTP/1.1", b"404"),
        (b"GET /parties/%00 HTTP/1.1", b"404"),
        (b"GET /%ff%fe/%c3 HTTP/1.1", b"404"),
        (b"GET /static/%00 HTTP/1.1", b"404"),
        (b"GET /static/..%2f..%2fapplication.py HTTP/1.1", b"404"),
        (b"GET /data/..%2fdetente.sqlite HTTP/1.1", b"404"),
        (b"GET /find?q=%0d%0aSet-Cookie:%20a=b HTTP/1.1", b"303"),
        (b"GET /ar?%0d%0aSet-Cookie:%20a=b HTTP/1.1", b"308"),
        (b"GET /?" + b"a=b&" * 7_000 + b" HTTP/1.1", b"200"),
        (b"GET /statements?party=" + b"%41" * 9_000 + b" HTTP/1.1", b"200"),
        (b"GET /records/999999999999999 HTTP/1.1", b"404"),
        (b"GET /records/9999999999999999 HTTP/1.1", b"404"),
        (b"GET /records/-1 HTTP/1.1", b"404"),
        (b"GET /statements?below=9007199254740992 HTTP/1.1", b"200"),
        (b"GET /statements?below=0 HTTP/1.1", b"200"),
        (b"GET /obligations?page=1000000 HTTP/1.1", b"200"),
        (b"GET /obligations?page=9999999999 HTTP/1.1", b"400"),
        (b"GET /obligations.json?page=-1 HTTP/1.1", b"400"),
        (b"GET /pledges?page=1000001 HTTP/1.1", b"400"),
        (b"GET /obligations.csv?page=1000001 HTTP/1.1", b"400"),
        (b"GET /channels.csv?page=1000001 HTTP/1.1", b"400"),
        (b"GET /channels.json?page=9007199254740993 HTTP/1.1", b"400"),
        (b"GET /consistency?from=9007199254740992&to=0 HTTP/1.1", b"404"),
        (b"GET /calendar?from=9999-12 HTTP/1.1", b"400"),
        (b"GET /calendar?from=0000-01 HTTP/1.1", b"400"),
        (b"BREW / HTTP/1.1", b"405"),
    ],
)
def test_hostile_requests_are_answered(server: Server, request_line: bytes, status: bytes) -> None:
    found = raw(server.port, request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    head = found.partition(b"\r\n\r\n")[0]
    assert head.split()[1] == status, head[:200]
    assert b"\r\nSet-Cookie" not in head
    assert b"\r\nContent-Security-Policy: " in head


@pytest.mark.parametrize(
    "host", [b'"><evil>', b"a b", b"", b"[", b"[::1", b"a:b:c", b"x" * 3_000, b"\xd1\x84.example", b"a@b"]
)
def test_a_host_that_is_none_breaks_nothing(server: Server, found: Accorded, host: bytes) -> None:
    paper = f"/s/{found.ids['charter']}/certificate.pdf"
    for address in (
        "/",
        "/ar",
        "/follow",
        "/statements.atom",
        "/calendar.ics",
        "/openapi.json",
        "/find?q=0",
        "/find?q=x",
        paper,
    ):
        sent = b"GET " + address.encode() + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        head, _, body = raw(server.port, sent).partition(b"\r\n\r\n")
        assert head.split()[1] in (b"200", b"303", b"308", b"400"), head[:200]
        assert b'"><evil>' not in head + body
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"location:"):
                assert line.split(b" ")[1].startswith(b"/")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-3", 206),
        ("bytes=-4", 206),
        ("bytes=4-", 206),
        ("bytes=0-99999999999999999999", 206),
        ("bytes=99999999-", 416),
        ("bytes=3-0", 416),
        ("bytes=a-b", 416),
        ("bytes=0-1,3-4", 416),
        ("bytes=" + ",".join(["0-0"] * 2_000), 416),
        ("items=0-1", 416),
        ("bytes", 416),
    ],
)
def test_parts_of_files(found: Accorded, asked: str, status: int) -> None:
    for address in ("/static/explorer.css", "/data/checkpoint.txt"):
        whole = found.client.get(address).data
        answer = found.client.get(address, headers={"Range": asked})
        assert answer.status_code in (status, 200), answer.text[:200]
        told(answer)
        if answer.status_code == 206:
            span = re.fullmatch(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)", answer.headers["Content-Range"])
            assert span is not None
            first, last, size = map(int, span.groups())
            assert (answer.data, size) == (whole[first : last + 1], len(whole))
        elif answer.status_code == 200:
            assert answer.data == whole


def test_the_answer_to_what_somebody_sent_is_kept_by_nobody(found: Accorded) -> None:
    for address in ("/check", "/check.json", "/ar/check"):
        answer = found.client.post(address, data={"text": "5"})
        assert answer.status_code == 200
        told(answer)
        assert answer.headers["Cache-Control"] == headers.NEVER
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not {"ETag", "Last-Modified", "Access-Control-Allow-Origin"} & set(answer.headers.keys())
