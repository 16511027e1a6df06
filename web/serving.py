"""The server under every application: Waitress, bounded, in this process.

One thread reads and writes all sockets; a request reaches an application only when its body has arrived whole, so a
slow or broken client holds no thread and a cut body is never answered. Threads then wait with their submitters for the
quorum. What the server itself refuses, before any application, is a problem document too.
"""

from __future__ import annotations

import copy
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

from verifier.errors import Fault
from verifier.formats import reader
from web.connections import Connection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Server", "Settings", "parse_listen", "serve_until_signalled"]

_TURN = 1.0
_READ = select.POLLIN | select.POLLPRI


@dataclass(frozen=True, slots=True)
class Settings:
    """How much a server takes on.

    `threads`: requests answered at a time; 256 submitters that wait, and some for readers. `most_body`: bytes of a
    body, on the wire; `bodies`: path -> bytes, for paths that take more. `connections`: open at a time. `idle`: seconds
    after which a silent connection is closed. `grace`: seconds that a stop leaves to requests under way.
    `trusted_proxy`: the address of a reverse proxy whose X-Forwarded-For is believed; from others it is dropped.
    `memory_only`: no body is ever put on a disk while it arrives, however long it is within its bound.
    """

    threads: int = 288
    most_body: int = 256 * 1024
    bodies: Mapping[str, int] = field(default_factory=dict)
    connections: int = 1024
    idle: int = 120
    grace: float = 15.0
    trusted_proxy: str | None = None
    memory_only: bool = False


class Server:
    """An application on a TCP address. The port is open once the object is made; requests are answered by `run`.

    `start` runs it in a thread of its own, `stop` ends it: no new connections, requests under way are finished, then
    all is closed. As a context manager it does both. Raises Fault `serve.listen`, `serve.bind`.
    """

    def __init__(self, app: WSGIApplication, listen: str = "127.0.0.1:0", settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._sockets: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._ending = (
            threading.RLock()
        )  # who asks for the end writes to a pipe that the end closes: one after the other
        self._thread: threading.Thread | None = None
        bound = _bind(*parse_listen(listen))
        self.host, self.port = bound.getsockname()[:2]
        self._server: Any = create_server(app, map=self._sockets, sockets=[bound], **_adjustments(self.settings))
        self._server.channel_class = Connection
        self._server.adj.bodies = _bounds(self._server.adj, self.settings.bodies)

    @property
    def url(self) -> str:
        """The address as a URL prefix without a slash at its end, such as http://127.0.0.1:8080."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return SplitResult("http", f"{host}:{self.port}", "", "", "").geturl()

    def start(self) -> Server:
        """Answer requests in a thread of the server's own, until `stop`."""
        self._thread = threading.Thread(target=self.run, name=f"server-{self.port}", daemon=True)
        self._thread.start()
        return self

    def run(self) -> None:
        """Answer requests in this thread, until `stop` or `request_stop` is called elsewhere."""
        try:
            while not self._stopping.is_set():
                self._turn(_TURN)
            self._drain()
        finally:
            with self._ending:
                self._stopping.set()
                self._close()

    def request_stop(self) -> None:
        """Ask `run` to end, at once and without waiting: safe in a signal handler."""
        with self._ending:
            if not self._stopping.is_set():
                self._stopping.set()
                self._server.pull_trigger()

    def stop(self) -> None:
        """End the thread that `start` began, and wait for it: at most the settings' `grace` and a little more."""
        if self._thread is None:
            self._close()
            return
        self.request_stop()
        self._thread.join(self.settings.grace + 5)
        self._thread = None

    def _close(self) -> None:
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _turn(self, seconds: float) -> None:
        """Wait for events, at most so long, and handle them: a turn of `wasyncore.loop`, quick with many connections."""
        poll = select.poll()
        for number, one in list(self._sockets.items()):
            if interest := one.interest() if isinstance(one, Connection) else _READ if one.readable() else 0:
                poll.register(number, interest)
        for number, flags in poll.poll(int(seconds * 1000)):
            if (found := self._sockets.get(number)) is not None:
                wasyncore.readwrite(found, flags)

    def _drain(self) -> None:
        """Close the door, finish what is under way, and close each connection when it falls silent."""
        wasyncore.dispatcher.close(self._server)
        until = time.monotonic() + self.settings.grace
        while self._server.active_channels and time.monotonic() < until:
            for channel in list(self._server.active_channels.values()):
                # In this order: a worker writes its answer before it takes the request from the list.
                if not channel.requests and not channel.total_outbufs_len:
                    channel.will_close = True
            self._turn(0.05)


def serve_until_signalled(servers: Iterable[Server], ready: Callable[[], None] | None = None) -> None:
    """Run servers until SIGTERM or SIGINT, then stop them all. The last runs in this thread, the others in their own.

    `ready` tells that they run: called when a signal is caught already, so that whoever hears of it can end them well.
    Call this from the main thread: only there can signals be caught.
    """
    *others, last = servers

    def stop(_number: int, _frame: object) -> None:
        last.request_stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for server in others:
            server.start()
        if ready:
            ready()
        last.run()
    finally:
        for server in others:
            server.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def parse_listen(text: str) -> tuple[str, int]:
    """The host and port of "HOST:PORT"; an IPv6 address stands in brackets. Raises Fault `serve.listen`."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host and not bracketed):
        raise Fault("serve.listen", f"{reader.shown(text)} is not an address and a port", where="--listen")
    return host[1:-1] if bracketed else host, reader.decimal(port, most=65_535, where="--listen", code="serve.listen")


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
        except OSError:
            found.close()
            raise
    except OSError as error:
        told = f"cannot listen on {host}, port {port}: {error.strerror}"
        raise Fault("serve.bind", told, where="--listen") from error
    return found


def _adjustments(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {
        "threads": settings.threads,
        "max_request_body_size": settings.most_body + 1,  # Waitress refuses from its bound on, not above it
        "max_request_header_size": 32 * 1024,
        "connection_limit": settings.connections,
        "channel_timeout": settings.idle,
        "cleanup_interval": max(1, settings.idle // 4),
        "backlog": 1024,
        "recv_bytes": 64 * 1024,
        "ident": "detente",
        "expose_tracebacks": False,
        "clear_untrusted_proxy_headers": True,
    }
    if settings.memory_only:
        # Waitress puts what is longer than this into a temporary file.
        found["inbuf_overflow"] = max(settings.most_body, *settings.bodies.values(), 0) + 2
    if settings.trusted_proxy:
        believed = {"x-forwarded-for", "x-forwarded-proto"}
        found |= {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": believed}
    return found


def _bounds(adjustments: Any, bodies: Mapping[str, int]) -> dict[str, Any]:
    """The adjustments for each path that takes longer bodies than others."""
    found = {}
    for path, most in bodies.items():
        found[path] = copy.copy(adjustments)
        found[path].max_request_body_size = most + 1
    return found
