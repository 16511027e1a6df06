"""`detente draft`: a statement to sign, asked for field by field or taken from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.cli.seal import sealing_options, taken, write_sealed
from ledger.desk import descriptions, drafting, files, sealing
from ledger.desk.drafting import Draft
from ledger.desk.findings import ERROR
from ledger.desk.forms import Form, Question
from ledger.desk.lint import Surroundings
from ledger.desk.lint import lint as findings_of
from ledger.desk.reading import Names
from ledger.desk.state import DeskState
from verifier.errors import Fault
from verifier.formats import reader
from verifier.statement import Statement

_PROMPTS = {
    "ledger": "The ledger's name, such as ledger.example/detente",
    "party": "Party (code)",
    "office": "Office",
    "sequence": "Number in the office's chain (0 for its first statement)",
    "previous": "Id of the office's statement before (at 0: the charter's)",
    "signers": "Signers (ids or public key files, with commas)",
    "language": "Language of the statement",
    "title": "Title",
}


class Terminal:
    """Whoever sits at the terminal. `click` does the asking."""

    def ask(self, question: Question) -> str:
        """The answer to one question; empty where it may be."""
        if question.help:
            ports().tell(question.help)
        hint = f"{question.hint}{'; empty for none' if question.optional else ''}"
        return str(
            click.prompt(
                f"{question.label} [{hint}]", default="" if question.optional else None, show_default=False, err=True
            )
        )

    def tell(self, text: str) -> None:
        """Say why an answer does not do."""
        ports().tell(f"  {text}")


def head_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the members that stand before a body, and of where a draft goes."""
    for option in reversed(_HEAD):
        command = option(command)
    return command


_HEAD = (
    click.option("--party", help="The code of the party that speaks."),
    click.option("--office", help="The office that speaks, such as foreign-ministry."),
    click.option("--language", help="The statement's language, such as en."),
    click.option("--title", help="One line that says what it is."),
    click.option(
        "--addressee",
        "addressees",
        multiple=True,
        help="A party it is addressed to; may be repeated. None: all parties.",
    ),
    click.option(
        "--signer", "signers", multiple=True, help="Who will sign: a signer's id or public key file; may be repeated."
    ),
    options.ledger_url,
    options.state_file,
    click.option("--ledger-name", help="Without a state: the ledger's name, which stands in the statement."),
    click.option("--sequence", type=click.IntRange(min=0), help="Without a state: the number in the office's chain."),
    click.option("--previous", help="Without a state: the id of the office's statement before; at 0 the charter's."),
    click.option(
        "--out", type=options.NEW_FILE, help="The draft's new file; named by party, office and number if absent."
    ),
)


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.option(
    "--from",
    "source",
    type=options.FILE,
    help="Take the fields from a YAML or JSON file; ask for nothing that it holds.",
)
@head_options
@click.option("--relates", multiple=True, metavar="REL:ID", help="A relation to an earlier statement; may be repeated.")
@click.option("--exercise", help="The id of the drill announcement that this statement rehearses for.")
@click.option("--quiet", is_flag=True, help="Seal all but type, addressees and dates, until --opens; needs --keep.")
@sealing_options
@options.json_flag
def draft(
    type_name: str,
    source: Path | None,
    out: Path | None,
    url: str | None,
    state_file: Path | None,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Draft a statement of TYPE (`detente types` lists them) as one canonical file, without signature.

    Number, previous statement and signers come from the ledger (--ledger), from a state file (--state), or from options.
    What is still missing is asked for at the terminal. The body is checked before anything is written. With --quiet, only
    type, title, addressees and dates stay readable; what opens the rest goes into --keep.
    """
    how = taken(given)
    if (how.keep is None or how.opens is None) if quiet else any(how):
        raise click.UsageError("--quiet needs --opens DATE and --keep FILE; these and their like need --quiet")
    how.require_free(out)
    kind = drafting.type_named(type_name)
    terms = how.terms
    if quiet:
        sealing.require_quiet(kind)
    new = Draft(given_members(type_name, given))
    if source is not None:
        found = drafting.from_description(descriptions.read(source), where=str(source))
        if found.get("type", type_name) != type_name:
            raise Fault(
                "draft.faulty", f"the file describes a {found['type']}, asked for is a {type_name}", where=str(source)
            )
        new.add(found)
    said, around = complete(new, url, state_file, base=source.parent if source else Path.cwd())
    target = out or Path(drafting.file_name(said))
    if quiet:
        said, around = write_sealed(said, sealing.quiet(said, **terms), around, target, how)
    else:
        files.write_new((target, said.payload, files.PUBLIC))
    tell(said, target, around, as_json)


def complete(new: Draft, url: str | None, state_file: Path | None, *, base: Path) -> tuple[Statement, Surroundings]:
    """Fill in what the desk knows of the office, ask for what nobody gave, and check: the statement, and what lint holds it
    against. `base`: where key files named in the body lie."""
    new.add({"issued": drafting.issued(ports().clock()), "language": "en"})
    state = options.state_of(new.members.get("party"), url, state_file)
    if state is not None:
        new.add({"party": state.code})
    _ask_head(new, state)
    if "body" not in new.members:
        kind = drafting.type_named(new.members["type"])
        new.members["body"] = Form(kind, Terminal(), Names()).body()
    said = drafting.finish(new, base=base)
    return said, Surroundings(ports().clock(), state, state.charter if state else None)


def given_members(type_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The members that options gave."""
    found: dict[str, Any] = {"type": type_name}
    for name in ("party", "office", "language", "title", "exercise", "sequence", "previous"):
        if given.get(name) is not None:
            found[name] = given[name]
    if given["ledger_name"] is not None:
        found["ledger"] = given["ledger_name"]
    if given["addressees"]:
        found["addressees"] = list(given["addressees"])
    if given["signers"]:
        found["signers"] = [drafting.signer_of(text) for text in given["signers"]]
    if given.get("relates"):
        found["relates"] = [_relation(text) for text in given["relates"]]
    return found


def _relation(text: str) -> dict[str, str]:
    rel, colon, target = text.partition(":")
    if not colon:
        raise click.UsageError(f"--relates {text}: write the relation, a colon, and the statement's id")
    return {"rel": rel, "statement": target}


def _ask_head(new: Draft, state: DeskState | None) -> None:
    """Ask for the members about who speaks and when in his chain, as far as nobody gave them."""
    for name in ("party", "office"):
        _ask(new, name)
    if state is not None:
        if new.members["party"] != state.code:
            told = f"the statement is {new.members['party']}'s, the state at hand is that of {state.code}"
            raise Fault("draft.faulty", told, where="/party")
        new.add(drafting.from_state(state, new.members["office"]))
        _tell_signers(new, state)
    if new.members["type"] == "charter":
        new.add({"sequence": 0, "previous": None})
    for name in ("ledger", "sequence", "previous", "signers", "language", "title"):
        _ask(new, name)


def _tell_signers(new: Draft, state: DeskState) -> None:
    """Before the question who signs: who can, and how many must."""
    office = state.offices.get(new.members["office"])
    if "signers" not in new.members and office is not None:
        ports().tell(f"The office {new.members['office']} needs {office.threshold} of these signers:")
        for row in office.signers:
            ports().tell(f"  {row.signer}{' (revoked)' if row.revoked else ''}")


def _ask(new: Draft, name: str) -> None:
    if name in new.members:
        return
    try:
        answer: Any = click.prompt(_PROMPTS[name], err=True)
    except click.Abort as end:
        told = f"the statement's {name} was not given, and nobody answered"
        raise Fault("draft.incomplete", told, where=f"/{name}") from end
    if name == "sequence":
        answer = reader.decimal(answer.strip(), where="/sequence")
    elif name == "signers":
        answer = [drafting.signer_of(text.strip()) for text in answer.split(",") if text.strip()]
    new.members[name] = answer


def tell(said: Statement, target: Path, around: Surroundings, as_json: bool) -> None:
    """Say what was drafted, and what lint finds in it."""
    found = findings_of(said.payload, around)
    if as_json:
        ports().show_json({"file": str(target), "id": said.id, "findings": [one.to_json() for one in found]})
        return
    ports().say(f"{target}: {said.type}, statement {said.sequence} of {said.party}, office {said.office}; id {said.id}")
    for one in found:
        ports().tell(f"{one.severity}: {one.pointer or '/'}: {one.sentence} [{one.code}]")
    if any(one.severity == ERROR for one in found):
        ports().tell("Correct the errors and draft again before anybody signs.")
