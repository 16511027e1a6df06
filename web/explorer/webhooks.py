"""Addresses that an operator has called when an audit took records in: a bell, and no more.

They are given on the command line by whoever runs the explorer; readers cannot enter theirs, so that no list is kept of who
follows whom. A call says up to where the copy goes and where to read. It carries no secret and proves nothing: whoever is
called reads the record, here or at the ledger, and believes what he verifies. Each address has a thread of its own and is
called in order; while it does not answer, what comes meanwhile becomes one call. After some attempts a call is given up, and
the next one begins at the first record that this address has not heard of.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import orjson
import urllib3

from verifier.errors import Fault
from web.explorer.copy.audited import Copy
from web.explorer.copy.view import View

SECONDS = 10.0
"""How long a call may take to connect, and to be answered."""
PAUSES = (1.0, 5.0, 30.0)
"""Seconds between the attempts of a call: one more than pauses."""
_log = logging.getLogger(__name__)


def webhook(text: str, where: str = "--webhook") -> str:
    """The address as given. Raises Fault `serve.webhook` where it is no whole http(s) address, or holds a secret."""
    try:
        found = urlsplit(text)
        host, _port = found.hostname, found.port
    except ValueError as error:
        # The text is not shown: it may hold a password.
        raise Fault("serve.webhook", "the address cannot be read", where=where) from error
    if found.username is not None or found.password is not None:
        raise Fault("serve.webhook", "the address names a user", where=where)
    if found.scheme not in ("http", "https") or not host or not text.isascii() or " " in text:
        raise Fault("serve.webhook", f"{text!r} is no http(s) address", where=where)
    return text


def told(view: View, site: str, first: int, last: int) -> dict[str, object]:
    """What a call says: from which to which record, the checkpoint of the copy, where to read. `site`: of this explorer."""
    point = view.checkpoint
    return {
        "ledger": view.ledger,
        "from": first,
        "to": last,
        "checkpoint": {"size": point.size, "root": point.root.hex()},
        "address": f"{site}/statements",
    }


def described(copy: Copy, site: str) -> Callable[[int, int], dict[str, object]]:
    """`told`, as of what the copy is when a call is made."""

    def now(first: int, last: int) -> dict[str, object]:
        with copy.view() as view:
            return told(view, site, first, last)

    return now


class Webhook:
    """One address. `describe`: (first record, last record) -> what a call says, asked for when the call is made.

    `pauses`, `seconds`: see PAUSES and SECONDS.
    """

    def __init__(
        self,
        url: str,
        describe: Callable[[int, int], dict[str, object]],
        *,
        pauses: tuple[float, ...] = PAUSES,
        seconds: float = SECONDS,
    ) -> None:
        self._url, self._describe, self._pauses = url, describe, pauses
        limits = urllib3.Timeout(connect=seconds, read=seconds, total=seconds)
        self._pool = urllib3.PoolManager(timeout=limits, retries=False)
        self._news, self._stopping = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._span: tuple[int, int] | None = None
        self._thread = threading.Thread(target=self._work, name="explorer-webhook", daemon=True)

    def start(self) -> None:
        """Begin to call when there is news."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; a call under way may not be waited for any longer than `timeout` seconds."""
        self._stopping.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._pool.clear()

    def tell(self, first: int, end: int) -> None:
        """Records `first` to `end` (excluded) were taken in. Returns at once."""
        with self._turn:
            self._span = (min(first, self._span[0]) if self._span else first, end)
        self._news.set()

    def _work(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            if self._stopping.is_set():
                return
            with self._turn:
                span, self._span = self._span, None
            if span is not None and not self._called(*span):
                with self._turn:  # the next call begins where this one did
                    self._span = (span[0], self._span[1] if self._span else span[1])

    def _called(self, first: int, end: int) -> bool:
        """Call, and again after each pause; whether it was answered with a status 2xx."""
        for pause in (*self._pauses, None):
            told = self._answered(first, end)
            if told is None:
                return True
            _log.warning("webhook %s, records %d to %d: %s", self._where, first, end - 1, told)
            if pause is None or self._stopping.wait(pause):
                break
        return False

    def _answered(self, first: int, end: int) -> str | None:
        """Call once. What went wrong, or None."""
        body = orjson.dumps(self._describe(first, end - 1))
        headers = {"Content-Type": "application/json", "User-Agent": "detente-explorer"}
        try:
            # The answer's body is of no interest and is not read: nobody can make this wait for it.
            answer = self._pool.request(
                "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
            )
            answer.close()
        except urllib3.exceptions.HTTPError as error:
            return f"no answer: {type(error).__name__}"
        return None if 200 <= answer.status < 300 else f"status {answer.status}"

    @property
    def _where(self) -> str:
        """Scheme and host alone: a path or a query may hold a secret of the one who is called."""
        found = urlsplit(self._url)
        return f"{found.scheme}://{found.netloc}"
