"""`detente`: the commands of a state's desk and of the depositary. `run` calls them in-process, `main` from a shell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import IO, TYPE_CHECKING, Any

import click

from verifier.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from ledger.desk.secret_keys import SecretKey

_OPENED: dict[tuple[bytes, bytes], tuple[SecretKey, ...]] = {}
COMMANDS = {
    "key": ("ledger.cli.key:key", "Make and show keys; they are encrypted at rest."),
    "charter": ("ledger.cli.charter:charter", "Draft, show and check a ledger's charter."),
    "types": ("ledger.cli.types:types", "List the statement types, or say what one of them holds."),
    "duties": ("ledger.cli.duties:duties", "Say what a party has to do now, from an audited copy of a log."),
    "answer": ("ledger.cli.answer:answer", "Draft the answer to a duty, or what is said of one."),
    "draft": ("ledger.cli.draft:draft", "Draft a statement: asked for field by field, or from a file."),
    "seal": ("ledger.cli.seal:seal", "Seal values of a draft; what opens them goes into a file of its own."),
    "disclose": ("ledger.cli.disclose:disclose", "Open sealed values, to one reader or to everybody."),
    "lint": ("ledger.cli.lint:lint", "Say what an official wants to know before signing."),
    "sign": ("ledger.cli.sign:sign", "Sign a statement; needs no network."),
    "submit": ("ledger.cli.submit:submit", "Hand signed statements to a ledger, and check its receipts."),
    "receipt": ("ledger.cli.submit:receipt", "Fetch and check the receipt of a logged statement."),
    "state": ("ledger.cli.submit:state", "Fetch what a desk without network needs to draft and check."),
    "calendar": ("ledger.cli.publishing:calendar", "Export drills, line tests and due dates as iCalendar."),
    "stix": ("ledger.cli.publishing:stix", "Export incidents and threat notices as STIX 2.1."),
    "obligations": ("ledger.cli.publishing:obligations", "Export what is owed as CSV."),
    "init": ("ledger.cli.operate:init", "Depositary: start a new ledger."),
    "export": ("ledger.cli.operate:export", "Depositary: write the ledger as a directory of static files."),
    "dump": ("ledger.cli.operate:dump", "Depositary: write the records, one a line."),
}


@click.group(cls=LazyGroup, sources=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--words", metavar="TAG", help="Tell labels, help and errors in this language: ar en es fr ru zh.")
@click.version_option(package_name="detente")
def group(words: str | None) -> None:
    """Sign what a state says into a public ledger, and keep the ledger.

    A statement's way: draft, lint, sign, submit. Signing needs no network: carry the file to the machine that holds the
    key, and back.
    """
    if words is not None:
        from ledger.desk import tongue

        tongue.choose(words)


def run(
    args: Sequence[str],
    *,
    clock: Callable[[], int] | None = None,
    passphrase: Callable[[str, bool], bytes] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
    remember_keys: bool = False,
) -> int:
    """Run one command in this process and return its exit code (verifier.exits).

    `clock`: seconds since the epoch, the system's if absent. `passphrase`: (key's name, whether new) -> passphrase, asked
    for at the terminal if absent. `stdout`, `stderr`: where the command writes. `remember_keys`: keep opened keys for the
    next call of this process (opening costs an eighth of a second).
    """
    from ledger.cli.ending import ended
    from ledger.cli.ports import Ports

    own = Ports(out=stdout, err=stderr, opened=_OPENED if remember_keys else None)
    own.clock = clock or own.clock
    own.passphrase = passphrase or own.passphrase

    def command() -> Any:
        return group.main(list(args), prog_name="detente", standalone_mode=False, obj=own)

    return int(copy_context().run(ended, command, own, args))  # the reader's language is this call's alone


def main() -> None:
    """The entry point of the command `detente`."""
    sys.exit(run(sys.argv[1:]))


__all__ = ["group", "main", "run"]
