"""`detente duties`: what a party has to do now, from an audited copy of the log."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import duties_told, duties_watch
from ledger.desk.duties import Row
from ledger.desk.duties_gather import gather
from ledger.desk.duties_watch import Watched
from verifier.audit import Report
from verifier.cli.audited import Request, audited_options
from verifier.formats import times
from verifier.source import open_source
from verifier.vocabulary.wording import nearest

party_option = click.option("--party", metavar="CODE", required=True, help="Whose duties, such as XA.")
language_option = click.option(
    "--language", default="en", metavar="TAG", help="Tell rules and names in this language: en fr es ru ar zh."
)
as_of_option = click.option(
    "--as-of", metavar="T", help="As of this moment, such as 2027-03-01T00:00:00Z; now if absent."
)


@click.command()
@party_option
@audited_options
@as_of_option
@click.option(
    "--all", "everything", is_flag=True, help="Show all, with the rules in words and when statements came out."
)
@click.option("--watch", is_flag=True, help="Go on: look again and again, and tell what has changed.")
@click.option(
    "--every",
    type=click.IntRange(min=duties_watch.LEAST, max=duties_watch.MOST),
    metavar="SECONDS",
    help=f"With --watch: how often to look; {duties_watch.USUAL} if absent, {duties_watch.LEAST} at least.",
)
@language_option
@options.json_flag
def duties(
    request: Request,
    party: str,
    as_of: str | None,
    everything: bool,
    watch: bool,
    every: int | None,
    language: str,
    as_json: bool,
) -> int:
    """Say what PARTY has to do now: what it owes and until when, what it is owed, what waits for an answer.

    The log is audited first; a log that fails is said first, and the exit code is the audit's. With --json, one object is
    printed that `detente answer --duties` reads on a machine without a network.
    """
    if watch and as_of is not None:
        raise click.UsageError("--watch looks at the present; --as-of at one moment")
    if every is not None and not watch:
        raise click.UsageError("--every is for --watch")
    told = shlex.join(_options(request, party))

    def look(report: Report, asked: int) -> Row:
        return looked_at(report, request, asked, party, language=language, everything=everything)

    def show(value: Row) -> None:
        if as_json:
            ports().show_json(value)
            return
        for line in duties_told.lines(value, everything=everything, language=nearest(language), options=told):
            ports().say(line)

    if watch:
        return _watch(request, every or duties_watch.USUAL, look, show)
    asked = times.parse_utc(as_of) if as_of else ports().clock()
    report = request.run(events=True, now=ports().clock()).report
    show(look(report, asked))
    return int(report.exit)


def looked_at(report: Report, request: Request, asked: int, party: str, **how: Any) -> Row:
    """The duties by what was audited, as of `asked` (seconds), with the audit's verdict beside them."""
    source = open_source(request.location, offline=request.offline)
    audit = {
        "exit": int(report.exit),
        "verdict": report.exit.name.lower().replace("_", " "),
        "checks": [one.to_json() for one in report.checks],
        "findings": _findings(report),
    }
    return {**gather(report.state, source, asked, party, **how), "audit": audit}


def _findings(report: Report) -> list[dict[str, Any]]:
    """What is wrong with the log; that the newest checkpoint is not believed comes first."""
    found = [{name: value for name, value in one.to_json().items() if name != "evidence"} for one in report.findings]
    if report.refusal is not None:
        fault = report.refusal
        found.insert(0, {"code": fault.code, "index": None, "message": fault.message, "next": fault.kind.next})
    return found


def _options(request: Request, party: str) -> list[str]:
    """The options that the answering command needs, as they were given here."""
    found = [request.location, "--policy", str(request.policy), "--party", party]
    if request.charter:
        found += ["--charter", request.charter]
    return [*found, "--state", str(request.state_file)] if request.state_file else found


def _watch(request: Request, every: int, look: Callable[[Report, int], Row], show: Callable[[Row], None]) -> int:
    """Look until the officer ends it. The exit code is that of the last look."""
    watched = Watched(request, look, ports().clock)
    bell = lambda: click.echo("\a", nl=False, file=ports().err or sys.stderr)  # noqa: E731
    told = duties_watch.Telling(show, ports().tell, bell, ports().clock)
    return int(duties_watch.watch(watched.look, told, every, wait=time.sleep, monotonic=time.monotonic))
