"""One witness as the log sees it: what is sent to it, what its answer may be, and how far it is believed.

Source: C2SP tlog-witness, "add-checkpoint". A witness may be dead, slow, wrong or hostile: its answer is bounded in
bytes and time, and nothing in it counts but true cosignatures by keys that the charter's policy names.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import NamedTuple

import urllib3

from verifier.errors import Fault
from verifier.formats import cosignature, note
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import Signature, VerifierKey
from verifier.formats.reader import decimal, lines

MOST_ANSWER = 256 * 1024
"""Bytes of an answer that are read."""
AHEAD = 300
"""Seconds that a witness's clock may be ahead of the log's; a reader drops what is dated after his own time."""
_MOST_TRIES = 3
_SIZE_TYPE = "text/x.tlog.size"


class Answer(NamedTuple):
    """What came back over HTTP: the status, the content type (empty if absent) and the body."""

    status: int
    content_type: str
    body: bytes


class Cosignature(NamedTuple):
    """A verified cosignature: the key, its signature line, and the time that it says (seconds, UTC)."""

    key: VerifierKey
    signature: Signature
    timestamp: int


class Question(NamedTuple):
    """What a witness is asked: to cosign `checkpoint`. `prove(old, new)` gives the consistency proof, `clock` the time.

    `keys` are those of the charter's policies in force; signatures by others are ignored.
    """

    checkpoint: Checkpoint
    keys: tuple[VerifierKey, ...]
    prove: Callable[[int, int], list[bytes]]
    clock: Callable[[], int]


Transport = Callable[[str, bytes, float], Answer]
"""(URL, request body, seconds until it is given up) -> the answer. Raises Fault `cosigning.unreachable`."""


class Http:
    """POST over HTTP with keep-alive. One for each witness: a stuck connection is nobody else's."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=1, retries=False)

    def __call__(self, url: str, body: bytes, limit: float) -> Answer:
        """Send `body`; read at most MOST_ANSWER bytes within `limit` seconds. Raises Fault `cosigning.unreachable`."""
        deadline = time.monotonic() + limit
        try:
            response = self._pool.request(
                "POST", url, body=body, timeout=limit, redirect=False, preload_content=False, decode_content=False
            )
            try:
                content = self._read(response, url, deadline)
            except BaseException:
                response.close()  # what is left unread must not be taken for the next answer
                raise
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Fault("cosigning.unreachable", f"no answer: {error}", where=url) from error
        return Answer(response.status, response.headers.get("Content-Type", ""), content)

    @staticmethod
    def _read(response: urllib3.BaseHTTPResponse, url: str, deadline: float) -> bytes:
        """The body, as it arrives: a peer that sends a byte a second must not hold the connection for ever."""
        content = bytearray()
        while piece := response.read1(MOST_ANSWER):
            content += piece
            if len(content) > MOST_ANSWER:
                raise Fault("cosigning.unreachable", f"the answer has more than {MOST_ANSWER} bytes", where=url)
            if time.monotonic() > deadline:
                raise Fault("cosigning.unreachable", "the answer took too long", where=url)
        return bytes(content)


class Client:
    """Asks one witness. Remembers the size that it cosigned last, so that the proof fits at the first try."""

    def __init__(self, url: str, transport: Transport) -> None:
        """Talk to the witness whose submission prefix is `url`."""
        self.url = url.rstrip("/") + "/add-checkpoint"
        self._transport = transport
        self._last = 0

    def ask(self, question: Question, limit: float) -> list[Cosignature]:
        """Ask for cosignatures, for at most `limit` seconds a try; those of known keys, all verified.

        Raises Fault `cosigning.…` for an answer that is none, `signature.false` for a false signature of a known key.
        """
        size = question.checkpoint.size
        for _ in range(_MOST_TRIES):
            answer = self._transport(self.url, request_body(self._last, question), limit)
            if answer.status == 200:
                found = self._read(answer.body, question)
                self._last = size
                return found
            if answer.status != 409 or answer.content_type.split(";")[0].strip() != _SIZE_TYPE:
                raise Fault("cosigning.refused", f"status {answer.status}: {_excerpt(answer.body)}", where=self.url)
            self._last = self._read_size(answer.body, size)
        raise Fault("cosigning.refused", f"it named another size each of {_MOST_TRIES} times", where=self.url)

    def _read_size(self, body: bytes, size: int) -> int:
        """The size in a 409 answer. One above the log's own is a log that lost records, or a false witness."""
        try:
            (line,) = lines(body[:64], where=self.url)
            known = decimal(line, where=self.url)
        except (Fault, ValueError) as error:
            raise Fault("cosigning.answer", f"{_excerpt(body)} is not a tree size", where=self.url) from error
        if known > size:
            raise Fault("cosigning.ahead", f"it says that it cosigned size {known}; the log has {size}", where=self.url)
        return known

    def _read(self, body: bytes, question: Question) -> list[Cosignature]:
        """The cosignatures of known keys in an answer."""
        known = {(key.name, key.key_id): key for key in question.keys}
        found = []
        try:
            signatures = note.parse_signatures(body)
        except Fault as fault:
            raise Fault("cosigning.answer", fault.message, where=self.url) from fault
        for signature in signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None:
                continue
            timestamp = cosignature.verify(key, question.checkpoint, signature)
            if not 0 < timestamp <= question.clock() + AHEAD:
                raise Fault("cosigning.misdated", f"{key.name} dates its cosignature {timestamp}", where=self.url)
            found.append(Cosignature(key, signature, timestamp))
        if not found:
            raise Fault("cosigning.answer", "no cosignature by a key that the charter's policy names", where=self.url)
        return found


def request_body(old: int, question: Question) -> bytes:
    """The body of an add-checkpoint request to a witness that cosigned size `old` last."""
    checkpoint = question.checkpoint
    proof: Iterable[bytes] = question.prove(old, checkpoint.size) if old else ()
    head = [b"old %d\n" % old, *[b64encode(one) + b"\n" for one in proof]]
    return b"".join(head) + b"\n" + checkpoint.raw


def _excerpt(body: bytes) -> str:
    """The beginning of an answer, fit for a message."""
    return ascii(body[:80].decode("ascii", "replace"))
