"""`detente-web`: the commands that run servers. `run` calls them in-process, `main` from a shell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import IO

import click

from verifier.cli.lazy import LazyGroup

COMMANDS = {
    "serve": ("web.cli.serve:serve", "Depositary: run a ledger and its API."),
    "witness": ("web.cli.witness:witness", "Witness: cosign the checkpoints of logs that stay consistent."),
    "explore": ("web.explorer.cli:explore", "Show an audited copy of a ledger in the browser."),
    "verify-page": (
        "web.explorer.checking.cli:verify_page",
        "Write the page that verifies offline, and print its SHA-256.",
    ),
    "demo": ("web.demo.cli:demo", "Run a whole ledger with a story, on this machine."),
}


@click.group(cls=LazyGroup, sources=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="detente")
def group() -> None:
    """Run a ledger, a witness or an explorer. A server runs until SIGTERM or Ctrl-C, and finishes what is under way."""


def run(
    args: Sequence[str],
    *,
    clock: Callable[[], int] | None = None,
    passphrase: Callable[[str, bool], bytes] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run one command in this process and return its exit code (verifier.exits).

    `clock`: seconds since the epoch, the system's if absent. `passphrase`: (key's name, whether new) -> passphrase,
    asked for at the terminal if absent. `stdout`, `stderr`: where the command writes.
    """
    from ledger.cli.ending import ended
    from ledger.cli.ports import Ports

    own = Ports(out=stdout, err=stderr)
    own.clock = clock or own.clock
    own.passphrase = passphrase or own.passphrase
    return int(
        ended(lambda: group.main(list(args), prog_name="detente-web", standalone_mode=False, obj=own), own, args)
    )


def main() -> None:
    """The entry point of the command `detente-web`."""
    sys.exit(run(sys.argv[1:]))


__all__ = ["group", "main", "run"]
