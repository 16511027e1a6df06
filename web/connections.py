"""One connection of the server: bodies bounded by their path, refusals as problem documents, a close that is heard."""

from __future__ import annotations

import logging
import select
import socket
import time
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

from verifier.errors import Fault
from web import headers, problems

_REFUSALS = {400: "http.malformed", 413: "http.too-large", 431: "http.headers-too-large", 501: "http.unsupported"}
_LINGER_SECONDS = 5.0
_READ = select.POLLIN | select.POLLPRI
# Encoded while the module loads: a registry that cannot be read then stops the start, not an answer.
_INTERNAL = problems.encode(Fault("http.internal", "the server could not answer"))
_journal = logging.getLogger("detente.web")


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Knows the bound of a body by its path, before the first byte of the body is kept."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.adj: Any = self.adj.bodies.get(self.path, self.adj)


class _Refusal(ErrorTask):  # type: ignore[misc]
    """What the server refuses without asking an application, as a problem document.

    Waitress asks that this never fail: a request whose refusal raises is never answered, and its connection hangs.
    """

    def execute(self) -> None:
        """Answer what Waitress itself refuses with a problem document; the connection ends with it."""
        error = self.request.error
        body = _INTERNAL if error.code not in _REFUSALS else problems.encode(_fault(error), status=error.code)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(problems.plain_headers({"Cache-Control": headers.NEVER}))
        self.content_length = len(body)
        self.set_close_on_finish()
        self.channel.lingers = error.code == 413
        self.write(body)


def _fault(error: Any) -> Fault:
    """The fault for what Waitress found wrong with a request."""
    return Fault(_REFUSALS[error.code], f"{error.reason}: {error.body}")


class _Answer(WSGITask):  # type: ignore[misc]
    """Sends the head and a body that is known whole in one piece: a system call and a packet fewer for each answer."""

    wrote_header: bool = False

    def write(self, data: bytes) -> None:
        if self.wrote_header or not self.complete or self.content_length != len(data) or not (data and self.has_body):
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection. One that is refused for its length goes on as `Lingering`."""

    parser_class = _Parser
    task_class = _Answer
    error_task_class = _Refusal
    lingers = False

    def interest(self) -> int:
        """What to poll for: `writable` and `readable` of Waitress in one, for they are asked at every turn of the server."""
        if self.total_outbufs_len or self.will_close or self.close_when_flushed:
            return select.POLLOUT
        return 0 if self.requests else _READ

    def handle_close(self) -> None:
        """Close; after a 413 only once the client has had time to read the answer while it still sends."""
        if self.lingers and self.connected:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError as error:
                _journal.debug("the refused client had gone: %s", error)
            else:
                self.__class__ = Lingering
                self.until = time.monotonic() + _LINGER_SECONDS
                return
        super().handle_close()


class Lingering(Connection):
    """A connection that is answered and closed for writing, goes on reading for a while, and forgets what it reads.

    Closing with unread bytes makes TCP reset the connection, and the client may never see why it was refused.
    """

    until: float

    def interest(self) -> int:
        if time.monotonic() >= self.until:
            self.handle_close()
            return 0
        return _READ

    def handle_read(self) -> None:
        try:
            if self.recv(self.adj.recv_bytes):
                return
        except OSError as error:
            _journal.debug("the refused client has gone: %s", error)
        self.handle_close()

    def handle_close(self) -> None:
        HTTPChannel.handle_close(self)
