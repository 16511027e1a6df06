"""`detente answer`: the draft of the right answer to a duty, or of what a party says of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ledger.cli import options
from ledger.cli.draft import Terminal, complete, tell
from ledger.cli.duties import looked_at
from ledger.cli.ports import ports
from ledger.cli.seal import How, sealing_options, taken, write_sealed
from ledger.desk import (
    answering,
    answering_accounts,
    descriptions,
    disclosing,
    drafting,
    duties_file,
    duties_told,
    files,
    sealing,
)
from ledger.desk import duties_phrases as say
from ledger.desk import state as states
from ledger.desk.answering import Plan, Target
from ledger.desk.drafting import Draft
from ledger.desk.duties import Row
from ledger.desk.forms import Form
from ledger.desk.lint import Surroundings
from ledger.desk.reading import Names
from ledger.desk.state import DeskState
from verifier import vocabulary
from verifier.cli.audited import Request
from verifier.errors import Fault
from verifier.statement import Statement

_SOURCE = (
    click.argument("identity", metavar="ID"),
    click.argument("location", metavar="[SOURCE]", required=False),
    click.option(
        "--duties", "duties_path", type=options.FILE, help="In place of SOURCE: a file of `detente duties --json`."
    ),
    click.option("--party", metavar="CODE", help="With SOURCE: who answers, such as XA."),
    click.option("--policy", type=options.FILE, help="With SOURCE: your trust policy, a C2SP tlog-policy file."),
    click.option("--charter", metavar="SHA256", help="With SOURCE: the charter's digest, as you were given it."),
    click.option(
        "--state", "state_file", type=options.NEW_FILE, help="With SOURCE: what was audited before is kept here."
    ),
    click.option("--processes", type=click.IntRange(0), help="With SOURCE: worker processes (default: one a core)."),
    click.option("--offline", is_flag=True, help="With SOURCE: open no socket."),
)
_DRAFT = (
    click.option(
        "--as", "way", type=click.Choice(answering_accounts.ACCOUNTS), help="Speak of the duty in place of meeting it."
    ),
    click.option(
        "--from", "source", type=options.FILE, help="Take words from a YAML or JSON file; ask for none of the body."
    ),
    click.option(
        "--kept", type=options.FILE, multiple=True, help="The file kept when it was sealed, where that is opened."
    ),
    click.option("--office", help="The office that speaks; if absent, the one that may, or asked for."),
    click.option("--language", default="en", help="The statement's language, such as en."),
    click.option("--title", help="One line that says what it is."),
    click.option("--addressee", "addressees", multiple=True, help="In place of those who asked; may be repeated."),
    click.option("--relates", multiple=True, metavar="REL:ID", help="A further relation that it has; may be repeated."),
    click.option(
        "--signer", "signers", multiple=True, help="Who will sign: an id or a public key file; may be repeated."
    ),
    click.option("--quiet", is_flag=True, help="Seal all but type, addressees and dates, until --opens; needs --keep."),
)


def _answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*_SOURCE, *_DRAFT)):
        command = option(command)
    return command


@click.command()
@_answer_options
@sealing_options
@click.option("--out", type=options.NEW_FILE, help="The draft's new file; named by party, office and number if absent.")
@options.json_flag
def answer(
    identity: str,
    location: str | None,
    duties_path: Path | None,
    way: str | None,
    source: Path | None,
    kept: tuple[Path, ...],
    quiet: bool,
    out: Path | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Draft the answer to ID: an obligation, or a statement that waits for your word (12 digits of its id are enough).

    Type, relations, addressees and whatever the rule fixes are filled in; words are asked for, or taken from --from. SOURCE
    is audited first; without a network, --duties names a file that was carried over. The draft goes on to lint and sign.
    """
    how = taken(given)
    if (how.keep is None or how.opens is None) if quiet else any(how):
        raise click.UsageError("--quiet needs --opens DATE and --keep FILE; these and their like need --quiet")
    how.require_free(out)
    value = _duties(location, duties_path, given)
    target = answering.find(value, identity)
    plan = answering_accounts.account(value, target, way) if way else answering.plan(value, target)
    if quiet:
        sealing.require_quiet(plan.kind)
    _introduce(value, target, plan)
    said, around = _drafted(value, plan, source, kept, given)
    written = out or Path(drafting.file_name(said))
    said, around = _write(said, around, written, how if quiet else None)
    tell(said, written, around, as_json)
    return int(value["audit"]["exit"])


def _duties(location: str | None, path: Path | None, given: dict[str, Any]) -> Row:
    """The duties: from a file, or from a log that is audited now."""
    if (location is None) is (path is None):
        raise click.UsageError("give SOURCE, with --policy and --party, or --duties FILE")
    if path is not None:
        if any(given[name] for name in ("party", "policy", "charter", "state_file")):
            raise click.UsageError("--party, --policy, --charter and --state are for SOURCE; the file has them")
        return duties_file.read(path)
    if given["policy"] is None or given["party"] is None or location is None:
        raise click.UsageError("SOURCE needs --policy and --party")
    request = Request(
        location,
        given["policy"],
        given["charter"],
        None,
        given["state_file"],
        None,
        given["processes"],
        given["offline"],
    )
    report = request.run(events=True, now=ports().clock()).report
    return looked_at(report, request, ports().clock(), given["party"], everything=True)


def _introduce(value: Row, target: Target, plan: Plan) -> None:
    """Say what is being answered before anybody is asked for words: on the error stream, the result stays alone."""
    show = ports().tell
    for line in duties_told.loud(value["audit"]):
        show(line)
    if target.exercise:
        show(say.MARKED.format(drill=target.exercise))
    if plan.pending:
        show(say.PENDING.format(statement=plan.pending))
    for sentence in target.row["rule"].get("words", ()) if isinstance(target.row.get("rule"), dict) else ():
        show(f"  {sentence}")
    for identity in plan.about:
        found = value["statements"][identity]
        show(
            f"{Names().type(found['type'])} of {found['party']}, {say.minute(found['before'])} UTC {say.titled(found['title'])}"
        )
        schema = vocabulary.load().types[found["type"]].schema
        for line in Names().body(found["body"] or {}, schema):
            show(f"  {line}")


def _drafted(
    value: Row, plan: Plan, source: Path | None, kept: tuple[Path, ...], given: dict[str, Any]
) -> tuple[Statement, Surroundings]:
    """The statement, asked for where nothing gives it, and what lint holds it against."""
    desk = states.read(value["desk"], where="the duties")
    new = Draft(_options(given))
    if source is not None:
        new.add(drafting.from_description(descriptions.read(source), where=str(source)))
    _require_same(new, plan, desk)
    opened = _opened(plan, kept)
    body = plan.body({**opened, **new.members.get("body", {})})
    new.add({"office": _office(desk, plan.type)} if "office" not in new.members else {})
    new.add(drafting.from_state(desk, new.members["office"]))
    new.add({"addressees": plan.addressees})
    _tell_signers(new, desk)
    if source is None and not opened:
        body = Form(plan.kind, Terminal(), Names(given["language"])).body(body)
    new.members["body"] = body
    _ask_relations(new, plan)
    said, around = complete(new, None, None, base=source.parent if source else Path.cwd())
    plan.require_fit(said.body)
    return said, replace(around, state=desk, charter=desk.charter)


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The members that options gave."""
    found = {name: given[name] for name in ("office", "title") if given[name] is not None}
    found["language"] = given["language"]
    if given["addressees"]:
        found["addressees"] = list(given["addressees"])
    if given["relates"]:
        found["relates"] = [_relation(text) for text in given["relates"]]
    if given["signers"]:
        found["signers"] = [drafting.signer_of(text) for text in given["signers"]]
    return found


def _relation(text: str) -> dict[str, str]:
    rel, colon, target = text.partition(":")
    if not colon:
        raise click.UsageError(f"--relates {text}: write the relation, a colon, and the statement's id")
    return {"rel": rel, "statement": target}


def _ask_relations(new: Draft, plan: Plan) -> None:
    """Ask for the statements that this body must relate to and nothing names; nobody at the terminal: left to be refused."""
    body, rows = new.members["body"], new.members["relates"]
    for row in plan.kind.relations:
        if any(one["rel"] == row.rel for one in rows) or not row.span(body)[0]:
            continue
        asked = say.RELATION.format(rel=Names().relation(row.rel), types=" or ".join(map(Names().type, row.types)))
        try:
            rows.append({"rel": row.rel, "statement": click.prompt(asked, err=True).strip()})
        except click.Abort:
            return


def _require_same(new: Draft, plan: Plan, desk: DeskState) -> None:
    """Fill in what makes it the answer; a file that says otherwise is refused. Raises Fault `answer.differs`."""
    fixed = {"type": plan.type, "party": desk.code, "exercise": plan.exercise, "relates": plan.relates}
    for name, value in fixed.items():
        held = new.members.get(name)
        if name == "relates" and isinstance(held, list):
            missing = [one for one in plan.relates if one not in held]
            new.members[name] = [*held, *missing]
        elif held is not None and held != value:
            raise Fault("answer.differs", f"the answer's {name} is {value!r}, the file says {held!r}", where=f"/{name}")
        else:
            new.members[name] = value


def _opened(plan: Plan, kept: tuple[Path, ...]) -> dict[str, Any]:
    """The body that opens what is due, from the files kept when it was sealed; empty where nothing is to be opened."""
    if not plan.opens:
        if kept:
            raise click.UsageError("--kept is for a duty to open what was sealed, and this is none")
        return {}
    if not kept:
        raise click.UsageError(
            f"it is met by opening {', '.join(plan.opens)}: give --kept FILE, the file kept at the sealing"
        )
    held = disclosing.merged(options.read_kept(kept))
    rows = disclosing.parts(disclosing.named(held, plan.opens))
    if len(rows) > 1:
        raise Fault(
            "kept.misfit",
            f"one statement cannot hold all of it; use `detente disclose` for {len(rows)}",
            where="--kept",
        )
    return disclosing.body(rows[0], None)


def _office(desk: DeskState, type_name: str) -> str:
    """The office that may issue the type; asked for where several may. Raises Fault `answer.office`."""
    able = sorted(name for name, office in desk.offices.items() if type_name in office.types)
    if not able:
        raise Fault("answer.office", f"no office of {desk.code} may issue a {type_name}", where="/office")
    if len(able) == 1:
        return able[0]
    try:
        chosen = click.prompt("Office", type=click.Choice(able), err=True)
    except click.Abort as end:
        told = f"several offices may issue a {type_name}: {', '.join(able)}; nobody said which"
        raise Fault("answer.office", told, where="/office") from end
    return str(chosen)


def _tell_signers(new: Draft, desk: DeskState) -> None:
    """Before the question who signs: who can, and how many must."""
    office = desk.offices.get(new.members["office"])
    if "signers" not in new.members and office is not None:
        ports().tell(say.SIGNERS.format(office=new.members["office"], count=office.threshold))
        for row in office.signers:
            if not row.revoked:
                ports().tell(f"  {row.signer}")


def _write(said: Statement, around: Surroundings, target: Path, how: How | None) -> tuple[Statement, Surroundings]:
    if how is not None:
        return write_sealed(said, sealing.quiet(said, **how.terms), around, target, how)
    files.write_new((target, said.payload, files.PUBLIC))
    return said, around
