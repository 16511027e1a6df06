"""`detente-verify tree`."""

from __future__ import annotations

import sys

import click

from verifier.cli import options
from verifier.cli.answer import answer
from verifier.cli.running import progress, workers
from verifier.formats import note
from verifier.source import open_source
from verifier.tree import audit_tree


@click.command()
@click.argument("location", metavar="SOURCE")
@click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    required=True,
    help="A C2SP verifier key that must have signed the checkpoint; repeat it for the other half of a hybrid pair.",
)
@click.option("--origin", help="The checkpoint's origin (default: the name of the first --vkey).")
@click.option("--no-entries", is_flag=True, help="Audit the tiles alone, of a log that does not serve its entries.")
@click.option("--processes", type=click.IntRange(0), help="Worker processes (default: one a core; 0: none).")
@options.offline
@options.as_json
def tree(
    location: str,
    vkeys: tuple[str, ...],
    origin: str | None,
    no_entries: bool,
    processes: int | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Audit the tree of any C2SP tiled log, whatever its entries are: a directory or an http(s) URL.

    Every entry is hashed and compared with the tiles, every tile with those below it, the root with the checkpoint.
    """
    keys = [note.parse_vkey(text) for text in vkeys]
    source = open_source(location, offline=offline)
    with workers(processes) as executor, progress(sys.stderr, "entries") as show:
        report = audit_tree(source, keys, origin=origin, entries=not no_entries, executor=executor, progress=show)
    point = report.checkpoint
    return answer(
        "tree",
        report.exit,
        checks=[check.to_json() for check in report.checks],
        findings=[finding.to_json() for finding in report.findings],
        as_json=as_json,
        origin=point.origin,
        size=point.size,
        root=point.root.hex(),
        signed={key.vkey: time for key, time in report.times.items()},
        minimum=report.minimum,
        counts=dict(report.counts),
    )
