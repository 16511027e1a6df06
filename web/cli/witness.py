"""`detente-web witness`: cosign the checkpoints of any C2SP log, under keys that lie encrypted on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ledger import signer
from ledger.cli.options import FILE, NEW_FILE, passphrase_file, read_policy
from ledger.cli.ports import Ports, ports
from verifier.errors import Fault
from verifier.formats.note import COSIGNATURE_ED25519, ED25519, VerifierKey, parse_vkey
from verifier.witness import MOST_BODY, Witness
from web.cli import journal
from web.cli.keys import open_checkpoint_key
from web.cli.options import listen_option, proxy_option, rate_option
from web.limiting import AddressLimit
from web.serving import Server, Settings, serve_until_signalled
from web.witness_api import create_witness_app
from web.witness_state import SqliteState

_THREADS = 16
_BURST = 200


@click.command()
@click.option(
    "--key", "keys", type=FILE, multiple=True, required=True, help="An encrypted key file; one for each algorithm."
)
@passphrase_file
@click.option("--name", required=True, help="The witness's key name, such as witness.example/w1.")
@click.option(
    "--log", "logs", metavar="VKEY", multiple=True, help="A log's verifier key; repeat for more logs or keys."
)
@click.option("--policy", "policies", type=FILE, multiple=True, help="A tlog-policy file: its logs are witnessed.")
@click.option("--state", type=NEW_FILE, required=True, help="The file that remembers what was cosigned. Never lose it.")
@listen_option
@rate_option(50.0)
@proxy_option
def witness(
    keys: tuple[Path, ...],
    passphrase_file: Path | None,
    name: str,
    logs: tuple[str, ...],
    policies: tuple[Path, ...],
    state: Path,
    listen: str,
    rate: float,
    trusted_proxy: str | None,
) -> None:
    """Run a witness (C2SP tlog-witness). It prints its verifier keys, then serves until it is told to stop.

    A witness whose state file is lost or set back can be led to cosign two histories: keep it, and never run two
    witnesses of one name on two files.
    """
    at, known = ports(), _logs(logs, policies)
    cosigners = _cosigners(name, keys, passphrase_file, at)
    kept = SqliteState(state)
    try:
        app = create_witness_app(
            Witness(cosigners, known, kept, at.clock), kept, limit=AddressLimit(rate, _BURST) if rate else None
        )
        settings = Settings(threads=_THREADS, most_body=2 * MOST_BODY, trusted_proxy=trusted_proxy)
        server = Server(app, listen, settings)
        journal.begin()

        def ready() -> None:
            for one in cosigners:
                at.say(one.key.vkey)
            at.tell(f"witness {name} at {server.url} for {', '.join(sorted(known))}")

        serve_until_signalled([server], ready)
    finally:
        kept.close()


def _cosigners(name: str, files: Sequence[Path], source: Path | None, at: Ports) -> list[signer.Cosigner]:
    """The keys as cosigners, Ed25519 first. Raises Fault `serve.keys`, and those of opening a key."""
    found = [signer.cosigner(name, open_checkpoint_key(at, file, source)) for file in files]
    found.sort(key=lambda one: one.key.algorithm)
    if len({one.key.algorithm for one in found}) != len(found):
        raise Fault("serve.keys", "a witness has one key of each algorithm", where="--key")
    return found


def _logs(vkeys: Iterable[str], policies: Iterable[Path]) -> dict[str, list[VerifierKey]]:
    """The keys of each log by origin, each once. Raises Fault `serve.logs`, `vkey.malformed`, `policy.malformed`."""
    found: dict[str, list[VerifierKey]] = {}
    given = [parse_vkey(text) for text in vkeys]
    for path in policies:
        given += read_policy(path).log_keys
    for key in given:
        of_log = found.setdefault(key.name, [])
        if key not in of_log:
            of_log.append(key)
    if not found:
        raise Fault("serve.logs", "no log is named", where="--log")
    for origin, of_log in found.items():
        if all(key.algorithm == COSIGNATURE_ED25519 for key in of_log):
            told = f"the keys of {origin} are witness keys (type 0x04), a log signs with type {ED25519:#04x}"
            raise Fault("serve.logs", told, where="--log")
    return found
