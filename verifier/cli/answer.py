"""How a command answers: one JSON object on stdout, or sentences. The object has the same members whatever happened."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson

from verifier.errors import Fault
from verifier.exits import Exit

SHOWN = 25
"""Findings that are told in words; the JSON answer holds all."""
_MARK = {True: "good", False: "BAD", None: "undecided"}


def answer(
    command: str,
    code: Exit,
    *,
    checks: Sequence[Mapping[str, Any]] = (),
    findings: Sequence[Mapping[str, Any]] = (),
    as_json: bool,
    **members: Any,
) -> int:
    """Give a command's answer and return its exit code. `checks`: {name, ok, detail}; `findings`: {code, index, …}."""
    if as_json:
        show({"command": command, "exit": int(code), "checks": list(checks), "findings": list(findings), **members})
        return int(code)
    for check in checks:
        click.echo(f"{_MARK[check['ok']]:>9}  {check['name']}: {check['detail']}")
    for finding in findings[:SHOWN]:
        place = "" if finding["index"] is None else f" record {finding['index']}"
        click.echo(f"  finding{place}: {finding['message']}  [{finding['code']}]")
        click.echo(f"     next: {finding['next']}")
    if len(findings) > SHOWN:
        click.echo(f"  … and {len(findings) - SHOWN} findings more; --json shows all")
    for name, value in members.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            click.echo(f"{name}: {value}")
    click.echo(f"verdict: {code.name.lower().replace('_', ' ')} (exit {int(code)})")
    return int(code)


def check(name: str, ok: bool | None, detail: str) -> dict[str, Any]:
    """One entry of `checks`."""
    return {"name": name, "ok": ok, "detail": detail}


def show(value: Mapping[str, Any]) -> None:
    """Write one JSON object, one line, to stdout."""
    click.echo(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())


def failure(fault: Fault, args: Sequence[str]) -> None:
    """Tell the fault that ended a command."""
    if "--json" in args:
        _ended(args, fault.kind.exit, fault.to_json())
        return
    click.echo(f"error: {fault.message}", err=True)
    if fault.where:
        click.echo(f"  where: {fault.where}", err=True)
    click.echo(f"  code:  {fault.code} (exit {int(fault.kind.exit)})", err=True)
    click.echo(f"  next:  {fault.kind.next}", err=True)


def usage(message: str, args: Sequence[str]) -> None:
    """Tell a wrong command line, as JSON."""
    _ended(args, Exit.USAGE, {"code": "usage", "message": message, "where": "", "next": "See --help.", "evidence": {}})


def internal(error: Exception, args: Sequence[str]) -> None:
    """Tell a fault of this program: what happened, and that it should be reported."""
    trace = "".join(traceback.format_exception(error))
    told = {
        "code": "internal",
        "message": f"{type(error).__name__}: {error}",
        "where": "",
        "next": "This is a fault of the program. Report it with the trace and, if you may, the input.",
        "evidence": {"trace": trace},
    }
    if "--json" in args:
        _ended(args, Exit.INTERNAL, told)
    else:
        click.echo(f"{trace}\n{told['next']}", err=True)


def _ended(args: Sequence[str], code: Exit, fault: Mapping[str, Any]) -> None:
    command = next((arg for arg in args if not arg.startswith("-")), "")
    show({"command": command, "exit": int(code), "checks": [], "findings": [], "fault": fault})
