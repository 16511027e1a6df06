"""`detente-web explore`: show an audited copy of anybody's ledger in the browser, and keep it up to date."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click

from ledger.cli.options import DIRECTORY, FILE, read_policy
from ledger.cli.ports import ports
from verifier.formats.reader import hex_bytes
from verifier.source import open_source
from web.cli.options import listen_option, proxy_option
from web.explorer.application import STALE_AFTER, create_explorer_app
from web.explorer.checking.page import BODIES
from web.explorer.copy.audited import Copy, Trust
from web.explorer.copy.follow import Follower
from web.serving import Server, Settings, serve_until_signalled

_THREADS = 16
_MOST_BODY = 1024
"""Bytes: pages are read, nothing is sent."""
_MISSED = 3
"""A copy is stale when it missed this many turns."""


@click.command()
@click.argument("source")
@click.option("--policy", type=FILE, required=True, help="Your trust policy, a C2SP tlog-policy file.")
@click.option("--charter", metavar="SHA256", help="The charter's digest, as you were given it outside this ledger.")
@click.option(
    "--copy", "directory", type=DIRECTORY, default="explorer-copy", show_default=True, help="Where the copy is kept."
)
@click.option(
    "--poll", type=click.FloatRange(min=1), default=30.0, show_default=True, help="Seconds between two audits."
)
@click.option("--processes", type=click.IntRange(0), default=0, show_default=True, help="Worker processes; 0: none.")
@listen_option
@proxy_option
def explore(
    source: str,
    policy: Path,
    charter: str | None,
    directory: Path,
    poll: float,
    processes: int,
    listen: str,
    trusted_proxy: str | None,
) -> None:
    """Audit SOURCE (a directory or an http(s) URL) again and again, and show what was verified.

    Nothing appears that the audit did not verify by your policy. Every page says how far that is, and what is wrong.
    """
    at = ports()
    trust = Trust(read_policy(policy), hex_bytes(charter, where="--charter").hex() if charter else None)
    shown, copy = open_source(source), Copy(directory)
    app = create_explorer_app(copy, clock=at.clock, stale_after=max(STALE_AFTER, round(_MISSED * poll)))
    settings = Settings(threads=_THREADS, most_body=_MOST_BODY, bodies=BODIES, trusted_proxy=trusted_proxy)
    with _workers(processes) as executor:
        server = Server(app, listen, settings)
        at.tell(f"explorer of {shown.location} at {server.url}, its copy in {directory}")
        follower = Follower(copy, shown, trust, poll=poll, clock=at.clock, monotonic=time.monotonic, executor=executor)
        follower.start()
        try:
            serve_until_signalled([server])
        finally:
            follower.stop()


@contextmanager
def _workers(processes: int) -> Iterator[Executor | None]:
    """A pool of processes, started afresh: the server has threads, which a forked process would half inherit."""
    if not processes:
        yield None
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
