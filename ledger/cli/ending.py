"""How a command ends: its exit code, and a fault as what, where, why, code and what to do next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from verifier.errors import Fault
from verifier.exits import Exit

if TYPE_CHECKING:
    from ledger.cli.ports import Ports

MOST_EVIDENCE = 200


def ended(command: Callable[[], Any], ports: Ports, args: Sequence[str]) -> Exit:
    """Run `command` and turn whatever it ends with into an exit code; faults are told on the error stream."""
    try:
        code = command()
        return Exit(code) if isinstance(code, int) else Exit.GOOD
    except Fault as fault:
        tell_fault(fault, ports, as_json="--json" in args)
        return fault.kind.exit
    except click.exceptions.Exit as end:
        return Exit(end.exit_code)
    except click.Abort:
        ports.tell("Stopped; nothing was written.")
        return Exit.USAGE
    except click.ClickException as error:
        error.show(file=ports.err or sys.stderr)
        return Exit.USAGE
    except BrokenPipeError:
        return Exit.GOOD


def tell_fault(fault: Fault, ports: Ports, *, as_json: bool) -> None:
    """Write a fault: as one line of JSON, or as sentences for a person."""
    if as_json:
        from verifier.formats import canonical

        ports.tell(canonical.encode(fault.to_json()).decode())
        return
    ports.tell(f"error: {fault.message}")
    if fault.where:
        ports.tell(f"  where: {fault.where}")
    for row in fault.evidence.get("errors") or ():
        ports.tell(f"  why:   {row['pointer'] or '/'}: {_worded(row)}")
    for name, value in fault.evidence.items():
        if isinstance(value, str | int) and len(str(value)) <= MOST_EVIDENCE:
            ports.tell(f"  why:   {name} = {value}")
    ports.tell(f"  code:  {fault.code} (exit {int(fault.kind.exit)})")
    ports.tell(f"  next:  {fault.kind.next}")


def _worded(row: Any) -> str:
    from ledger.desk import tongue

    return tongue.told(row)
