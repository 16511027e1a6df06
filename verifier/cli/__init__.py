"""`detente-verify`: audit a log, check a receipt, compare views, check evidence. One answer a run, in words or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from verifier.cli.lazy import LazyGroup
from verifier.errors import Fault
from verifier.exits import Exit

COMMANDS = {
    "audit": ("verifier.cli.auditing:audit", "Audit a whole log: directory, URL or record dump."),
    "receipt": ("verifier.cli.receipts:receipt", "Check a receipt: is the statement logged, and said by whom."),
    "statement": ("verifier.cli.receipts:statement", "Check a signed statement against an audited copy."),
    "disclosure": ("verifier.cli.disclosures:disclosure", "Check a file that opens sealed values to one reader."),
    "consistency": ("verifier.cli.views:consistency", "Check that one checkpoint extends another."),
    "compare": ("verifier.cli.views:compare", "Compare two sources of one log: do they show one tree?"),
    "conformance": ("verifier.cli.judging:conformance", "Judge every promise by the log: what was kept, what is due."),
    "report": ("verifier.cli.judging:report", "Write a signed report of conformance."),
    "compare-reports": ("verifier.cli.reports:compare_reports", "Say whether verifiers' reports agree, and where not."),
    "finding": ("verifier.cli.findings:finding", "Compute a verifier's finding again: is it what its inputs give?"),
    "status": ("verifier.cli.judging:status", "Say who is party to what, as of any moment."),
    "thread": ("verifier.cli.judging:thread", "Show an incident's thread: steps taken, due, by whom."),
    "evidence": ("verifier.cli.views:evidence", "Check a file of evidence by your own policy."),
    "tree": ("verifier.cli.trees:tree", "Audit the tree of any C2SP tiled log, whatever its entries are."),
}
_EXITS = "\n".join(f"  {int(code):>3}  {code.name.lower().replace('_', ' ')}" for code in Exit)


@click.group(cls=LazyGroup, sources=COMMANDS, epilog=f"\b\nExit codes:\n{_EXITS}")
@click.version_option(package_name="detente")
def group() -> None:
    """Verify a ledger from the outside. Two things are yours to bring: a policy file and the charter's digest."""


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code (verifier.exits). With --json, failures too are one object on stdout."""
    try:
        code = group.main(list(args), prog_name="detente-verify", standalone_mode=False)
        return int(code or 0)
    except Fault as fault:
        return _told(fault, args)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return int(Exit.USAGE)
    except click.ClickException as error:
        return _usage(error, args)
    except BrokenPipeError:
        return int(Exit.GOOD)


def _told(fault: Fault, args: Sequence[str]) -> int:
    from verifier.cli.answer import failure

    failure(fault, args)
    return int(fault.kind.exit)


def _usage(error: click.ClickException, args: Sequence[str]) -> int:
    if "--json" in args:
        from verifier.cli.answer import usage

        usage(error.format_message(), args)
    else:
        error.show()
    return int(Exit.USAGE)


def main() -> None:
    """The entry point of the command `detente-verify`."""
    try:
        code = run(sys.argv[1:])
    except Exception as error:
        from verifier.cli.answer import internal

        internal(error, sys.argv[1:])
        code = int(Exit.INTERNAL)
    sys.exit(code)
