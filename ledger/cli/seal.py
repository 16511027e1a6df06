"""`detente seal`: values of a draft become commitments, and what opens them goes into a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from ledger.cli import options
from ledger.cli.ports import ports
from ledger.desk import files, sealing, sealing_kept
from ledger.desk.lint import Surroundings
from ledger.desk.lint import lint as findings_of
from ledger.desk.sealing import Plan
from verifier import statement
from verifier.formats import canonical
from verifier.statement import Statement

_ENDING = ".statement.json"
_WARNING = """\
What opens the sealed values is in {keep} alone. If it is lost, nobody can ever open them, and what was promised to be
opened stays shut. Whoever reads it reads the values. {copies}
The unsealed draft, and whatever it was made from, still hold them: keep those as safe, or destroy them.
`detente disclose {keep} --list` shows what stands where; name it with --keep when you lint, sign and submit."""
MOST_PLACES = 1024

_SEALING = (
    click.option("--tlp", metavar="LABEL", help="The sealed values' TLP 2.0 label; TLP:AMBER if absent."),
    click.option(
        "--opens", metavar="DATE", help="The time from which everybody may read, such as 2027-01-01T00:00:00Z."
    ),
    click.option("--keep", type=options.NEW_FILE, help="The new file that keeps what opens them; never overwritten."),
    click.option("--copy", "copies", type=options.NEW_FILE, multiple=True, help="A second copy of it, best elsewhere."),
    click.option(
        "--decoys", type=click.IntRange(0, MOST_PLACES), default=0, help="Add so many items that stand for nothing."
    ),
    click.option(
        "--places", type=click.IntRange(1, MOST_PLACES), help="Or: make each list so long, whatever it holds."
    ),
    click.option("--shuffle", is_flag=True, help="Hide the items' order too, where it says nothing that is needed."),
)


class How(NamedTuple):
    """What the sealing options said. `keep` is None only where nothing is sealed."""

    tlp: str | None
    opens: str | None
    keep: Path | None
    copies: tuple[Path, ...]
    decoys: int
    places: int | None
    shuffle: bool

    @property
    def terms(self) -> dict[str, Any]:
        """The members of a `Plan` that are not pointers. Raises Fault `seal.label`, `time.malformed`."""
        if self.decoys and self.places is not None:
            raise click.UsageError("give --decoys or --places, not both")
        sealing.require_label(self.tlp or sealing.TLP, self.opens)
        rest = {"decoys": self.decoys, "places": self.places, "shuffle": self.shuffle}
        return {"tlp": self.tlp or sealing.TLP, "opens": self.opens, **rest}

    def require_free(self, *targets: Path | None) -> None:
        """Check, before any work is done, that no file is there. Raises Fault `desk.exists`."""
        files.require_free(*(path for path in (self.keep, *self.copies, *targets) if path))


def sealing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of how values are sealed and kept; `taken` reads them."""
    for option in reversed(_SEALING):
        command = option(command)
    return command


def taken(given: dict[str, Any]) -> How:
    """Take the sealing options out of a command's options."""
    return How(**{name: given.pop(name) for name in How._fields})


@click.command()
@click.argument("draft", type=options.FILE)
@click.option("--field", "fields", multiple=True, metavar="POINTER", help="A value to seal, such as /body/purpose.")
@click.option("--items", "lists", multiple=True, metavar="POINTER", help="A list to seal item by item.")
@sealing_options
@click.option(
    "--undo", is_flag=True, help="Put the values that --keep opens back, as a description to draft anew from."
)
@click.option("--out", type=options.NEW_FILE, help="The new file; beside DRAFT if absent.")
@options.json_flag
def seal(
    draft: Path,
    fields: tuple[str, ...],
    lists: tuple[str, ...],
    undo: bool,
    out: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Seal values of DRAFT: null stays in their place, beside it a salted digest. What opens them goes into --keep.

    Each item of a list gets a digest of its own, so that one can be shown alone; --decoys or --places hide how many there
    are. A value is sealed for the draft's number in its office's chain, and opens under no other: if the number is taken
    meanwhile, --undo, draft anew, and seal again.
    """
    how = taken(given)
    if how.keep is None:
        raise click.UsageError("give --keep FILE: without what is kept there, nobody could ever open the sealed values")
    said = statement.parse(files.read(draft).removesuffix(b"\n"))
    stem = draft.name.removesuffix(_ENDING).removesuffix(".json")
    if undo:
        _undo(said, how.keep, out or draft.with_name(f"{stem}.description.json"), as_json)
        return
    target = out or draft.with_name(f"{stem}.sealed{_ENDING}")
    how.require_free(target)
    plan = Plan(fields, lists, **how.terms)
    sealed, around = write_sealed(said, plan, Surroundings(ports().clock()), target, how)
    _tell(sealed, around, target, as_json)


def _undo(said: Statement, keep: Path, target: Path, as_json: bool) -> None:
    held = options.read_kept([keep])[0]
    description = sealing.undone(said, held.kept, where=str(keep))
    files.write_new((target, canonical.encode(description), files.PRIVATE))
    if as_json:
        ports().show_json({"file": str(target)})
    else:
        ports().say(f"{target}: the values are back; draft anew with `detente draft {said.type} --from {target}`.")


def write_sealed(
    said: Statement, plan: Plan, around: Surroundings, target: Path, how: How
) -> tuple[Statement, Surroundings]:
    """Seal, write what is kept and then the sealed draft, and warn: the sealed statement, and what lint holds it against."""
    assert how.keep is not None  # the commands ask for it
    sealed, kept = sealing.seal(said, plan)
    sealing_kept.write(kept, (how.keep, *how.copies), sealed, target)
    written = f"A copy is in {', '.join(map(str, how.copies))}: carry it to another place."
    ports().tell(_WARNING.format(keep=how.keep, copies=written if how.copies else "Copy it now to a second medium."))
    return sealed, replace(around, kept=options.read_kept([how.keep]), copies=options.read_kept(how.copies))


def _tell(sealed: Statement, around: Surroundings, target: Path, as_json: bool) -> None:
    found = findings_of(sealed.payload, around)
    if as_json:
        ports().show_json(
            {
                "copies": [str(one.path) for one in around.copies],
                "file": str(target),
                "findings": [one.to_json() for one in found],
                "id": sealed.id,
                "kept": [str(one.path) for one in around.kept],
                "sealed": sorted(sealed.sealed_pointers),
            }
        )
        return
    ports().say(f"{target}: {len(sealed.sealed)} places sealed; statement {sealed.id}")
    for one in found:
        ports().tell(f"{one.severity}: {one.pointer or '/'}: {one.sentence} [{one.code}]")
