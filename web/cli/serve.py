"""`detente-web serve`: run the ledger in a directory that `detente init` made, and its API."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import Ports, ports
from ledger.desk import ledger_directory
from ledger.desk.ledger_directory import LedgerDirectory
from ledger.log import Log
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.witnesses import WitnessPool
from verifier.errors import Fault
from verifier.formats import times
from verifier.formats.policy import Policy
from web.cli import journal
from web.cli.keys import open_checkpoint_key
from web.cli.options import listen_option, proxy_option, rate_option
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings, serve_until_signalled

_FRAMING = 2
"""How much longer than its content a chunked body may be on the wire."""


@click.command()
@click.option(
    "--dir",
    "--data",
    "home",
    type=options.DIRECTORY,
    default=Path(),
    help="The ledger's directory, as `detente init` made it; here if absent.",
)
@click.option(
    "--policy", type=options.FILE, required=True, help="A tlog-policy file that gives the URL of each witness to ask."
)
@options.passphrase_file
@click.option("--charter", metavar="ID", help="Refuse to run unless record 0 is, or will be, this statement.")
@click.option(
    "--heartbeat",
    metavar="DURATION",
    default="PT1H",
    show_default=True,
    help="An unchanged log is signed and cosigned anew so often; PT0M: never.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0, max=60),
    default=20.0,
    show_default=True,
    help="Seconds that a submitter is kept waiting for the quorum.",
)
@listen_option
@rate_option(100.0)
@proxy_option
def serve(
    home: Path,
    policy: Path,
    passphrase_file: Path | None,
    charter: str | None,
    heartbeat: str,
    wait: float,
    listen: str,
    rate: float,
    trusted_proxy: str | None,
) -> None:
    """Run a ledger: admit, sequence and publish, with its API at --listen, until SIGTERM or Ctrl-C.

    A statement under way when it stops is finished; one that was not logged is told so. The published directory under
    `public` may be served by any web server beside this one.
    """
    at, found = ports(), ledger_directory.take_up(home)
    limits = Limits(wait=wait, rate=rate or None)
    with ExitStack() as closing:
        closing.enter_context(found.held())
        log = _log(
            found, options.read_policy(policy), passphrase_file, charter, times.parse_duration(heartbeat), at, closing
        )
        server = Server(create_log_app(log, limits=limits), listen, settings(limits, trusted_proxy))
        journal.begin()
        log.start()
        closing.callback(log.stop)

        def ready() -> None:
            at.say(server.url)
            at.tell(f"ledger {found.origin}, {log.size} records, at {server.url}")

        serve_until_signalled([server], ready)


def settings(limits: Limits, trusted_proxy: str | None = None) -> Settings:
    """A server's settings that leave room for what the API's `limits` allow."""
    return Settings(
        threads=limits.waiting + 32,
        most_body=_FRAMING * limits.envelope,
        bodies={"/statements/batch": _FRAMING * limits.batch_bytes},
        trusted_proxy=trusted_proxy,
    )


def _log(
    found: LedgerDirectory,
    policy: Policy,
    source: Path | None,
    charter: str | None,
    heartbeat: int,
    at: Ports,
    closing: ExitStack,
) -> Log:
    """The log of a ledger's directory, not yet at work; what must be closed after it is left to `closing`."""
    if not any(entry.url for entry in policy.witnesses.values()):
        raise Fault("serve.witnesses", "the policy gives no URL of any witness", where="--policy")
    signer = LogSigner(found.origin, *(open_checkpoint_key(at, path, source) for path in found.key_files))
    store = found.open_store()
    closing.callback(store.close)
    witnesses = WitnessPool.of_policy(policy)
    closing.callback(witnesses.close)
    return Log(
        store,
        origin=found.origin,
        signer=signer,
        witnesses=witnesses,
        publisher=Publisher(found.public),
        clock=at.clock,
        heartbeat=heartbeat or None,
        charter=charter,
    )
