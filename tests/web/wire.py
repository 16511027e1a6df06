"""What the tests speak over the wire: whole requests through http.client, and pieces of requests through a socket."""

from __future__ import annotations

import http.client
import socket
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from verifier import merkle


class Answer(NamedTuple):
    """A response as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request on a connection of its own. A `body` that is an iterable is sent in chunks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        chunked = body is not None and not isinstance(body, bytes)
        connection.request(method, path, body, dict(headers or {}), encode_chunked=chunked)
        return answer(connection)
    finally:
        connection.close()


def answer(connection: http.client.HTTPConnection) -> Answer:
    """The response on an open connection."""
    found = connection.getresponse()
    return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())


def raw(port: int, *pieces: bytes, finish: bool = True) -> bytes:
    """Send bytes as they are, say that no more come if `finish`, and read all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        for piece in pieces:
            wire.sendall(piece)
        if finish:
            wire.shutdown(socket.SHUT_WR)
        parts = []
        while part := wire.recv(65536):
            parts.append(part)
        return b"".join(parts)


class Tree:
    """A Merkle tree small enough to be computed as RFC 6962 writes it, section 2.1."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.leaves = [merkle.leaf_hash(entry) for entry in entries]

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return self._hash(0, size) if size else merkle.EMPTY_ROOT

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The consistency proof from `old` to `new` leaves; empty if there is nothing to prove."""
        return self._proof(old, 0, new, True) if 0 < old < new else []

    @staticmethod
    def lines(hashes: Sequence[bytes]) -> bytes:
        """Hashes as lines of base64."""
        return b"".join(b64encode(value) + b"\n" for value in hashes)

    def _hash(self, start: int, stop: int) -> bytes:
        if stop - start == 1:
            return self.leaves[start]
        middle = start + _split(stop - start)
        return merkle.node_hash(self._hash(start, middle), self._hash(middle, stop))

    def _proof(self, old: int, start: int, stop: int, whole: bool) -> list[bytes]:
        if old == stop - start:
            return [] if whole else [self._hash(start, stop)]
        middle = start + _split(stop - start)
        if old <= middle - start:
            return [*self._proof(old, start, middle, whole), self._hash(middle, stop)]
        return [*self._proof(old - (middle - start), middle, stop, False), self._hash(start, middle)]


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
