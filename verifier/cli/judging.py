"""`detente-verify conformance`, `report`, `status` and `thread`: who promised what, and what the log shows of it.

Every one of them audits first. The exit code is the audit's: conduct never changes it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from verifier.cli import options
from verifier.cli.answer import answer
from verifier.cli.audited import Audited, Request, audited_options
from verifier.conformance import reporting
from verifier.conformance.cache import cached
from verifier.conformance.docket import case_of
from verifier.conformance.explain import deciding
from verifier.conformance.explain import explain as explained
from verifier.conformance.judge import judge
from verifier.conformance.standing import standing
from verifier.conformance.thread import thread as thread_of
from verifier.drills import ANNOUNCES
from verifier.errors import Fault
from verifier.formats.times import parse_utc
from verifier.places import replace_file

AS_OF = click.option(
    "--as-of", metavar="T", help="Judge as of this moment, such as 2027-03-01T00:00:00Z (default: now)."
)
EXERCISE = click.option("--exercise", metavar="DRILL", help="Judge the rehearsal of this drill, by its statement id.")
LANGUAGE = click.option(
    "--language", default="en", metavar="TAG", help="Tell rules in this language: en fr es ru ar zh."
)
_ORDER = ("overdue", "exceeded", "late", "undeterminable", "open", "waived", "kept")


def moment(text: str | None) -> int:
    """The moment asked for, in seconds; now where none was. Raises Fault `time.malformed`."""
    return int(time.time()) if text is None else parse_utc(text)


def report_of(audited: Audited, request: Request, asked: int, exercise: str | None) -> dict[str, Any]:
    """The report of conformance of what was audited, as of `asked` (seconds).

    Raises Fault `charter.missing`, `exercise.unknown`.
    """
    case = case_of(audited.report.state)
    _require_drill(audited, exercise)
    given = reporting.inputs(audited.report, audited.policy, audited.receipts, asked)
    as_of = case.moment(asked)
    question = {**given, "as_of": as_of, "exercise": exercise}
    place = Path(f"{request.state_file}.judged") if request.state_file else None
    rows = cached(place, question, lambda: [one.as_json() for one in judge(case, asked, exercise)])
    return reporting.report(case.ledger, rows, given, as_of, exercise)


@click.command()
@audited_options
@AS_OF
@click.option("--party", metavar="CODE", help="Show what this party owes or is owed alone.")
@EXERCISE
@click.option("--explain", metavar="OBLIGATION", help="Show why this obligation has its status.")
@LANGUAGE
@options.as_json
def conformance(
    request: Request,
    as_of: str | None,
    party: str | None,
    exercise: str | None,
    explain: str | None,
    language: str,
    as_json: bool,
) -> int:
    """Judge every promise by the log: the obligations, their status, and the SHA-256 that verifiers compare."""
    asked = moment(as_of)
    audited = request.run(events=True)
    registry = audited.report.state.trust.registry
    if party is not None and party not in registry:
        told = f"{party} is not in the registry, which has {', '.join(sorted(registry))}"
        raise Fault("party.unknown", told, where="--party")
    if explain is not None:
        return _explain(audited, asked, explain, exercise, language, as_json)
    report = report_of(audited, request, asked, exercise)
    shown = [row for row in report["obligations"] if party in (None, row["debtor"], *row["creditors"])]
    if not as_json:
        _tell(shown)
    return _answer(
        "conformance",
        audited,
        as_json,
        sha256=sha256(reporting.encode(report)).hexdigest(),
        as_of=report["as_of"],
        report={**report, "obligations": shown},
        summary=dict(sorted(Counter(row["status"] for row in shown).items())),
    )


@click.command()
@audited_options
@AS_OF
@EXERCISE
@click.option("--key", type=options.EXISTING, help="Sign it with this key (an encrypted PEM file).")
@click.option("--passphrase-file", type=options.EXISTING, help="A file whose only line is the passphrase.")
@click.option("--out", type=options.FILE, required=True, help="Write the report here.")
@options.as_json
def report(
    request: Request,
    as_of: str | None,
    exercise: str | None,
    key: Path | None,
    passphrase_file: Path | None,
    out: Path,
    as_json: bool,
) -> int:
    """Write the whole report of conformance, signed if a key is given, for others to compare with theirs."""
    from verifier.conformance.signing import read_secrets, sign

    asked = moment(as_of)
    secrets = None
    if key is not None:
        secrets = read_secrets(key.read_bytes(), options.passphrase(passphrase_file), where=str(key))
    audited = request.run(events=True)
    raw = reporting.encode(report_of(audited, request, asked, exercise))
    envelope = sign(raw, secrets) if secrets else None
    replace_file(out, envelope.raw if envelope else raw)
    signed = [keyid for keyid, _ in envelope.signatures] if envelope else []
    return _answer("report", audited, as_json, sha256=sha256(raw).hexdigest(), out=str(out), signed_by=signed)


@click.command()
@audited_options
@AS_OF
@options.as_json
def status(request: Request, as_of: str | None, as_json: bool) -> int:
    """Say who is party to what: the charter, its amendments, pledges and joint texts, as of any moment."""
    asked = moment(as_of)
    audited = request.run(events=True)
    found = standing(case_of(audited.report.state), asked)
    if not as_json:
        for row in found["texts"]:
            since = f"in force from {row['in_force']}" if row["in_force"] else "not in force"
            bound = ", ".join(row["bound_now"]) or "nobody"
            click.echo(
                f"{row['type']} {row['statement'][:12]}… of {row['party']}, record {row['record']}: {since}; binds {bound}"
            )
            for one in row["bound"]:
                click.echo(f"    {one['party']} from {one['from']} " + (f"until {one['to']}" if one["to"] else "on"))
    return _answer("status", audited, as_json, as_of=found["as_of"], standing=found)


@click.command()
@click.argument("statement", metavar="ID")
@audited_options
@AS_OF
@options.as_json
def thread(request: Request, statement: str, as_of: str | None, as_json: bool) -> int:
    """Show an incident's thread: every step with its witnessed time, and what is due, by whom."""
    asked = moment(as_of)
    options.digest(statement, where="ID")
    audited = request.run(events=True)
    found = thread_of(case_of(audited.report.state), asked, statement)
    if not as_json:
        for step in found["steps"]:
            to = f" to {', '.join(step['to'])}" if step["to"] else ""
            click.echo(
                f"{step['before']}  {step['party']}{to}: {step['type']}  ({step['statement'][:12]}…, record {step['record']})"
            )
        _tell(found["due"])
    return _answer("thread", audited, as_json, as_of=found["as_of"], thread=found)


def _require_drill(audited: Audited, exercise: str | None) -> None:
    """Check that a rehearsal is one of an announced drill. Raises Fault `text.malformed`, `exercise.unknown`."""
    if options.digest(exercise, where="--exercise") is None or exercise is None:
        return
    entry = audited.report.state.trust.statements.find(exercise)
    if entry is None or entry.type != ANNOUNCES:
        raise Fault("exercise.unknown", f"no record holds the announcement of a drill {exercise}", where="--exercise")


def _explain(audited: Audited, asked: int, obligation: str, exercise: str | None, language: str, as_json: bool) -> int:
    options.digest(obligation, where="--explain")
    _require_drill(audited, exercise)
    state = audited.report.state
    trace = explained(case_of(state), asked, obligation, exercise, language=language)
    trace["checkpoints"] = [{"record": record, "witnesses": state.witnesses(record)} for record in deciding(trace)]
    if not as_json:
        for sentence in trace["words"]:
            click.echo(sentence)
        for row in trace["checkpoints"]:
            for one in row["witnesses"]:
                click.echo(f"  record {row['record']}: {_dated(one)}")
    return _answer("conformance", audited, as_json, as_of=trace["as_of"], explanation=trace)


def _dated(row: Mapping[str, Any]) -> str:
    without, having = row["without"], row["having"]
    told = f"{row['witness']} signed "
    told += f"size {without['size']} without it at {without['time']}, " if without else "no size without it, "
    return told + (f"size {having['size']} with it at {having['time']}" if having else "none with it")


def _tell(rows: Iterable[Mapping[str, Any]]) -> None:
    """The obligations as lines, what needs attention first."""
    for row in sorted(rows, key=lambda one: _ORDER.index(one["status"])):
        due = row["due"] or "no date"
        marks = "".join(f" [{answer['type']} by {answer['party']}]" for answer in row["answers"])
        contested = " [contested]" if row["contested"] else ""
        to = ", ".join(row["creditors"]) or "nobody in particular"
        click.echo(f"{row['status']:>14}  {due}  {row['debtor']} to {to}: {row['rule']}  {row['id']}{marks}{contested}")


def _answer(command: str, audited: Audited, as_json: bool, **members: Any) -> int:
    report = audited.report
    findings = [finding.to_json() for finding in report.findings]
    return answer(
        command,
        report.exit,
        checks=audited.checks(),
        findings=findings,
        as_json=as_json,
        ledger=report.ledger,
        records=report.records,
        **members,
    )
