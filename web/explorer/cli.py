"""`detente-web explore`: show an audited copy of anybody's ledger in the browser, and keep it up to date."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click

from ledger.cli.options import DIRECTORY, FILE, read_policy
from ledger.cli.ports import ports
from verifier.formats.reader import hex_bytes
from verifier.source import open_source
from web.cli import journal
from web.cli.options import listen_option, proxy_option
from web.explorer.application import STALE_AFTER, create_explorer_app
from web.explorer.checking.page import BODIES
from web.explorer.copy.audited import Copy, Trust
from web.explorer.copy.follow import POLL, WHOLE, Follower
from web.explorer.public import public_address as read_public_address
from web.explorer.webhooks import Webhook, described, webhook
from web.explorer.wellknown import contact_of
from web.serving import Server, Settings, serve_until_signalled

_THREADS = 16
_MOST_BODY = 1024
"""Bytes: pages are read, nothing is sent."""
_MISSED = 3
"""A copy is stale when it missed this many audits."""


@click.command()
@click.argument("source")
@click.option("--policy", type=FILE, required=True, help="Your trust policy, a C2SP tlog-policy file.")
@click.option("--charter", metavar="SHA256", help="The charter's digest, as you were given it outside this ledger.")
@click.option(
    "--copy", "directory", type=DIRECTORY, default="explorer-copy", show_default=True, help="Where the copy is kept."
)
@click.option(
    "--poll",
    type=click.FloatRange(min=1),
    default=POLL,
    show_default=True,
    help="Seconds between two questions for the newest checkpoint; what is new is audited at once.",
)
@click.option(
    "--audit-every",
    type=click.FloatRange(min=5),
    default=WHOLE,
    show_default=True,
    help="Seconds without news after which it is audited all the same.",
)
@click.option("--processes", type=click.IntRange(0), default=0, show_default=True, help="Worker processes; 0: none.")
@click.option(
    "--public-address",
    metavar="URL",
    help="Where readers find this explorer, such as https://record.example; certificates, feeds and the API say so.",
)
@click.option(
    "--webhook",
    "webhooks",
    metavar="URL",
    multiple=True,
    help="Call this address when records were taken in (POST, JSON, no secret); may be given several times.",
)
@click.option(
    "--contact", metavar="URI", help="Whom to tell of a flaw of this site (mailto: or https:), for security.txt."
)
@listen_option
@proxy_option
def explore(
    source: str,
    policy: Path,
    charter: str | None,
    directory: Path,
    poll: float,
    audit_every: float,
    processes: int,
    public_address: str | None,
    webhooks: tuple[str, ...],
    contact: str | None,
    listen: str,
    trusted_proxy: str | None,
) -> None:
    """Audit SOURCE (a directory or an http(s) URL) again and again, and show what was verified.

    Nothing appears that the audit did not verify by your policy. Every page says how far that is, and what is wrong.
    """
    journal.begin()
    at = ports()
    trust = Trust(read_policy(policy), hex_bytes(charter, where="--charter").hex() if charter else None)
    shown, copy = open_source(source), Copy(directory)
    public = None if public_address is None else read_public_address(public_address)
    told_to = None if contact is None else contact_of(contact)
    called = [webhook(one) for one in webhooks]
    stale_after = max(STALE_AFTER, round(_MISSED * max(poll, audit_every)))
    app = create_explorer_app(copy, clock=at.clock, stale_after=stale_after, public=public, contact=told_to)
    settings = Settings(
        threads=_THREADS, most_body=_MOST_BODY, bodies=BODIES, trusted_proxy=trusted_proxy, memory_only=True
    )
    with _workers(processes) as executor:
        server = Server(app, listen, settings)
        at.tell(f"explorer of {shown.location} at {server.url}, its copy in {directory}")
        bells = [Webhook(one, described(copy, public or server.url)) for one in called]
        follower = Follower(
            copy, shown, trust, poll=poll, whole=audit_every, clock=at.clock, executor=executor, told=_all(bells)
        )
        for bell in bells:
            bell.start()
        follower.start()
        try:
            serve_until_signalled([server])
        finally:
            follower.stop()
            for bell in bells:
                bell.stop()


def _all(bells: list[Webhook]) -> Callable[[int, int], None]:
    def told(first: int, end: int) -> None:
        for bell in bells:
            bell.tell(first, end)

    return told


@contextmanager
def _workers(processes: int) -> Iterator[Executor | None]:
    """A pool of processes, started afresh: the server has threads, which a forked process would half inherit."""
    if not processes:
        yield None
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
