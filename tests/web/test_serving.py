"""The server under every application: bounds, broken clients, connections that stay, and a stop that finishes."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.web.wire import ask, raw
from verifier.errors import Fault
from web.serving import Server, Settings, parse_listen

SMALL = Settings(threads=4, most_body=1000, bodies={"/long": 5000}, grace=3.0)


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the body and with what the server says of the client."""
    body = environ["wsgi.input"].read()
    found = [("Content-Type", "application/octet-stream"), ("X-Remote", environ["REMOTE_ADDR"])]
    start_response("200 OK", [*found, ("Content-Length", str(len(body)))])
    return [body]


def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise RuntimeError("the secret of the house")


def code(body: bytes) -> str:
    return str(json.loads(body)["code"])


@pytest.mark.parametrize(("path", "most"), [("/", 1000), ("/long", 5000), ("/long/", 1000), ("/longer", 1000)])
def test_bounds_of_bodies_by_path(serve: Callable[..., Server], path: str, most: int) -> None:
    port = serve(echo, SMALL).port
    assert ask(port, "POST", path, b"x" * most).body == b"x" * most
    found = ask(port, "POST", path, b"x" * (most + 1))
    assert (found.status, code(found.body)) == (413, "http.too-large")
    assert found.headers["content-type"] == "application/problem+json"
    found = ask(port, "POST", path, [b"x" * 500] * (most // 500 + 2), {"Transfer-Encoding": "chunked"})
    assert (found.status, code(found.body)) == (413, "http.too-large")


def test_a_client_that_goes_on_sending_hears_why_it_was_refused(serve: Callable[..., Server]) -> None:
    port = serve(echo, SMALL).port
    found = ask(port, "POST", "/", b"x" * 8_000_000)
    assert (found.status, code(found.body)) == (413, "http.too-large")


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "http.malformed"),
        (b"GET\r\n\r\n", 400, "http.malformed"),
        (b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello", 400, "http.malformed"),
        (b"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\nhello!", 400, "http.malformed"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nhello", 501, "http.unsupported"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", 400, "http.malformed"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431, "http.headers-too-large"),
    ],
)
def test_what_is_no_request(serve: Callable[..., Server], sent: bytes, status: int, problem: str) -> None:
    head, _, body = raw(serve(echo, SMALL).port, sent).partition(b"\r\n\r\n")
    assert head.split(b" ")[0].startswith(b"HTTP/1.")
    assert head.split(b" ")[1] == b"%d" % status
    assert b"application/problem+json" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert (code(body), json.loads(body)["status"]) == (problem, status)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"POST / HTTP/1.1\r\nContent-Len",
    ],
)
def test_a_cut_request_has_no_answer(serve: Callable[..., Server], sent: bytes) -> None:
    assert raw(serve(echo, SMALL).port, sent) == b""


def test_a_slow_client_holds_no_thread(serve: Callable[..., Server]) -> None:
    server = serve(echo, SMALL)
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for wire in slow:
        wire.sendall(b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhel")
    assert ask(server.port, "POST", "/", b"quick").body == b"quick"
    for wire in slow:
        wire.sendall(b"lo worl")
        assert wire.makefile("rb").read().endswith(b"hello worl")
        wire.close()


def test_pipelined_requests_are_answered_in_order(serve: Callable[..., Server]) -> None:
    one = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
    two = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo"
    found = raw(serve(echo, SMALL).port, one + two, finish=False)
    assert found.count(b"200 OK") == 2
    assert found.index(b"one") < found.index(b"two")


def test_an_application_that_fails_tells_nothing(serve: Callable[..., Server]) -> None:
    found = ask(serve(broken, SMALL).port, "GET", "/")
    assert (found.status, code(found.body)) == (500, "http.internal")
    assert b"secret" not in found.body
    assert b"Traceback" not in found.body


def test_forwarded_addresses_are_believed_of_the_proxy_alone(serve: Callable[..., Server]) -> None:
    said = {"X-Forwarded-For": "192.0.2.7"}
    assert ask(serve(echo, SMALL).port, "GET", "/", headers=said).headers["x-remote"] == "127.0.0.1"
    behind = serve(echo, Settings(threads=2, trusted_proxy="127.0.0.1"))
    assert ask(behind.port, "GET", "/", headers=said).headers["x-remote"] == "192.0.2.7"


def test_stop_finishes_what_is_under_way_and_closes_the_rest() -> None:
    entered, leave = threading.Event(), threading.Event()

    def waits(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered.set()
        leave.wait(10)
        return echo(environ, start_response)

    server = Server(waits, settings=SMALL).start()
    idle = socket.create_connection(("127.0.0.1", server.port))
    working = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    working.request("POST", "/", b"finish me")
    assert entered.wait(5)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    assert idle.recv(10) == b""
    leave.set()
    assert working.getresponse().read() == b"finish me"
    stopping.join(5)
    assert not stopping.is_alive()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_stop_leaves_no_longer_than_its_grace() -> None:
    forever = threading.Event()

    def stuck(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        forever.wait(30)
        return echo(environ, start_response)

    server = Server(stuck, settings=Settings(threads=2, grace=0.3)).start()
    wire = socket.create_connection(("127.0.0.1", server.port))
    wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
    time.sleep(0.1)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 3
    assert wire.recv(10) == b""
    forever.set()


SERVES = """
from web.serving import Server, Settings, serve_until_signalled
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
servers = [Server(app, settings=Settings(threads=2, grace=1.0)) for _ in range(2)]
print(*(server.port for server in servers), flush=True)
serve_until_signalled(servers)
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_all_servers(number: signal.Signals) -> None:
    child = subprocess.Popen([sys.executable, "-c", SERVES], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    ports = child.stdout.readline().split()
    assert [ask(int(port), "GET", "/").body for port in ports] == [b"ok", b"ok"]
    child.send_signal(number)
    assert child.communicate(timeout=10)[0] == "ended\n"
    assert child.returncode == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:0", ("::1", 0)), ("localhost:8080", ("localhost", 8080))],
)
def test_listen_addresses(text: str, found: tuple[str, int]) -> None:
    assert parse_listen(text) == found


@pytest.mark.parametrize("text", ["", ":80", "80", "127.0.0.1", "127.0.0.1:", "::1:80", "a:65536", "a:-1", "a:٣"])
def test_listen_addresses_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        parse_listen(text)
    assert caught.value.code == "serve.listen"


def test_a_port_that_is_taken(serve: Callable[..., Server]) -> None:
    taken = serve(echo, SMALL)
    with pytest.raises(Fault) as caught:
        Server(echo, f"127.0.0.1:{taken.port}")
    assert caught.value.code == "serve.bind"


def test_a_server_that_is_stopped_at_any_moment_ends_quietly() -> None:
    """The loop may see that it is to stop, and close everything, before the one who asked has woken it."""

    def app(environ: object, respond: Any) -> list[bytes]:
        respond("204 No Content", [])
        return []

    for pause in range(60):
        server = Server(app, settings=Settings(threads=1, grace=0.1)).start()
        time.sleep(pause / 20_000)
        server.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == f"server-{server.port}"]
