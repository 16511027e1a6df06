"""`detente init`, `detente export` and `detente dump`: the depositary's commands over a ledger's own directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.ports import Ports, ports
from ledger.desk import exporting, files, ledger_directory
from ledger.desk import secret_keys as sk
from ledger.desk.secret_keys import SecretKey
from verifier.errors import Fault

_PIECE = 1024
_data = click.option(
    "--data",
    type=options.DIRECTORY,
    default=Path(),
    help="The ledger's directory, as `detente init` made it; here if absent.",
)


@click.command()
@click.argument("directory", type=options.DIRECTORY)
@click.option(
    "--origin",
    required=True,
    help="The ledger's name for ever, such as ledger.example/accord: its address without https://.",
)
@click.option(
    "--key",
    "keys",
    type=options.FILE,
    multiple=True,
    help="An encrypted log key made before; a new one is made if absent.",
)
@click.option("--post-quantum", is_flag=True, help="Make an ML-DSA-44 key as well; the log signs with both.")
@options.passphrase_file
@options.json_flag
def init(
    directory: Path,
    origin: str,
    keys: tuple[Path, ...],
    post_quantum: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Start a new ledger in DIRECTORY, which must be new or empty: its keys, its store, and where it is published.

    The ledger is empty then: its record 0 is the charter, which names the verifier keys that this command prints.
    """
    ledger_directory.require_room(directory)
    if keys and post_quantum:
        raise click.UsageError("give --key for each key of the log, or --post-quantum to have new ones made")
    at = ports()
    held = _given(at, keys, passphrase_file) if keys else _made(at, directory, post_quantum, passphrase_file)
    made = ledger_directory.create(directory, origin, held)
    vkeys = [key.vkey for key in made.verifier_keys()]
    if as_json:
        at.show_json({"directory": str(directory), "origin": origin, "vkeys": vkeys})
        return
    for vkey in vkeys:
        at.say(vkey)
    at.tell(f"{directory}: the ledger {origin}. Next: name these keys in the charter (`detente charter new`), have it")
    at.tell("signed, run the ledger with its witnesses (`detente-web serve`), and hand the charter in as record 0.")


@click.command()
@click.argument("target", metavar="DIR", type=options.DIRECTORY)
@_data
@options.json_flag
def export(target: Path, data: Path, as_json: bool) -> None:
    """Write the ledger into DIR as static files that any web server can publish, with settings for nginx and Caddy.

    DIR is new, empty, or an older export of the same ledger, which is brought up to date.
    """
    point = exporting.export(ledger_directory.take_up(data), target)
    if as_json:
        ports().show_json(
            {"directory": str(target), "origin": point.origin, "root": point.root.hex(), "size": point.size}
        )
    else:
        ports().say(f"{target}: {point.origin}, {point.size} records, root {point.root.hex()}")
        ports().tell(f"{target / 'README.txt'} says how to serve it.")


@click.command()
@_data
@click.option("--from", "start", type=click.IntRange(min=0), default=0, help="The index of the first record to write.")
def dump(data: Path, start: int) -> None:
    """Write the records to the standard output, one a line: canonical JSON, each naming the SHA-256 of the one before."""
    store = ledger_directory.take_up(data).open_store()
    at = ports()
    try:
        size = store.size()
        for first in range(start, size, _PIECE):
            at.write_raw(b"".join(raw + b"\n" for raw in store.records(first, min(first + _PIECE, size))))
    finally:
        store.close()


def _made(at: Ports, directory: Path, post_quantum: bool, source: Path | None) -> list[tuple[SecretKey, bytes]]:
    """New keys for the log, under one passphrase."""
    passphrase = at.passphrase_of(f"the keys of {directory.name}", source, new=True)
    found = [sk.generate(kind) for kind in ([sk.ED25519, sk.ML_DSA_44] if post_quantum else [sk.ED25519])]
    return [(key, sk.seal([key], passphrase)) for key in found]


def _given(at: Ports, keys: Sequence[Path], source: Path | None) -> list[tuple[SecretKey, bytes]]:
    """Keys made before, with their files as they are."""
    found = []
    for path in keys:
        opened = at.open_key(path, source)
        if len(opened) != 1:
            raise Fault(
                "key.purpose",
                "the file holds the pair of a statement's signer, a log key stands alone",
                where=str(path),
            )
        found.append((opened[0], files.read(path)))
    return found
