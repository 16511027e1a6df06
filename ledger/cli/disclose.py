"""`detente disclose`: sealed values are opened, to one reader by a file, or to everybody by a statement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ledger.cli import options
from ledger.cli.draft import complete, given_members, head_options, tell
from ledger.cli.ports import ports
from ledger.desk import disclosing, drafting, files
from ledger.desk.drafting import Draft
from ledger.desk.sealing_kept import Kept, KeptFile
from verifier import disclosed, sealing, statement
from verifier.disclosed import Handed, Opening
from verifier.errors import Fault
from verifier.formats import canonical, proof, reader, times
from verifier.formats import envelope as dsse
from verifier.formats.envelope import Envelope
from verifier.formats.proof import Proof

_CODE = re.compile(r"[A-Z0-9]{2,8}")
_TITLE = "Sealed values are opened"
_ONWARD = (
    "Whoever has {out} can read it and hand it on, and it will not show who did. Send it under its label, {label}."
)
_EARLY = "Opened before the promised date: {count} ({pointer}: {opens}). Once logged, that cannot be taken back."


@click.command()
@click.argument("kept", metavar="KEPT...", type=options.FILE, nargs=-1, required=True)
@click.option("--list", "listing", is_flag=True, help="Only show what stands where. It is secret.")
@click.option("--item", "items", multiple=True, metavar="POINTER", help="A place to open, or all under it.")
@click.option("--all-due", is_flag=True, help="Open all whose opening date has come.")
@click.option("--as-of", metavar="DATE", help="With --all-due: the moment in place of now.")
@click.option("--to", metavar="CODE", help="The one reader; the file travels outside the log.")
@click.option("--terms", help="With --to: how the reader is asked to handle it, in words.")
@click.option("--public", is_flag=True, help="Draft the statement that opens them to everybody.")
@click.option("--part", type=click.IntRange(min=1), default=1, help="With --public: which part, if one is not enough.")
@click.option("--remark", help="With --public: what the party wants to say with it.")
@click.option("--envelope", "envelope_file", type=options.FILE, help="The signed statement that sealed them.")
@click.option("--receipt", "receipt_file", type=options.FILE, help="With --to: the statement's receipt, to go along.")
@click.option("--statement", "statement_id", metavar="ID", help="In place of --envelope: the statement's id alone.")
@head_options
@options.json_flag
def disclose(
    kept: tuple[Path, ...],
    listing: bool,
    items: tuple[str, ...],
    all_due: bool,
    as_of: str | None,
    as_json: bool,
    envelope_file: Path | None,
    statement_id: str | None,
    **given: Any,
) -> None:
    """Open what a statement sealed, from the file KEPT that was kept when it was sealed.

    With --to, a file is written for one reader: it is never logged, and the reader checks it with `detente-verify
    disclosure`. With --public, a statement is drafted that opens the values on the log, ready for lint and sign.
    """
    held = options.read_kept(kept)
    found = disclosing.merged(held)
    if listing:
        _list(found, as_json)
        return
    _require_one_way(given)
    rows = _chosen(found, items, all_due, as_of)
    envelope = _envelope(envelope_file)
    identity = _statement(held, rows, envelope, statement_id)
    if given["public"]:
        _publish(found, rows, identity, given, as_json)
    else:
        _hand(found, rows, identity, envelope, given, as_json)


def _require_one_way(given: dict[str, Any]) -> None:
    """The options speak of one reader, or of everybody."""
    if (given["to"] is None) is not given["public"]:
        raise click.UsageError("give --to CODE for one reader, or --public for everybody")
    wrong = ("terms", "receipt_file") if given["public"] else ("remark",)
    for name in wrong:
        if given[name] is not None:
            raise click.UsageError(f"--{name.removesuffix('_file')} is for the other way: --to has it, or --public")
    if given["to"] is not None and not _CODE.fullmatch(given["to"]):
        raise click.UsageError(f"--to {given['to']}: name one participant by its code, such as XB")


def _chosen(kept: Kept, items: Sequence[str], all_due: bool, as_of: str | None) -> list[Opening]:
    if bool(items) is all_due or (as_of and not all_due):
        raise click.UsageError("give --item POINTER, or --all-due, with --as-of DATE if it is not for now")
    if items:
        return disclosing.named(kept, items)
    return disclosing.due(kept, times.parse_utc(as_of) if as_of else ports().clock())


def _envelope(path: Path | None) -> Envelope | None:
    return dsse.parse(files.read(path).removesuffix(b"\n")) if path else None


def _statement(
    held: Sequence[KeptFile], rows: Sequence[Opening], envelope: Envelope | None, identity: str | None
) -> str:
    """The id of the statement that is opened; with its envelope at hand, the rows are held against it first."""
    if envelope is not None:
        said = statement.parse(envelope.payload)
        disclosing.require_opening(said, held, rows)
        if identity not in (None, said.id):
            raise Fault("kept.misfit", f"the envelope holds statement {said.id}, not {identity}", where="--statement")
        return said.id
    if identity is None:
        raise click.UsageError("give --envelope FILE, the signed statement that sealed the values, or --statement ID")
    ports().tell("Not checked against the statement: give --envelope FILE to be sure that the kept file is its own.")
    return reader.hex_bytes(identity, where="--statement").hex()


def _hand(
    kept: Kept, rows: list[Opening], identity: str, envelope: Envelope | None, given: dict[str, Any], as_json: bool
) -> None:
    """Write the file for one reader: readable to its owner alone, until it is sent."""
    if given["out"] is None:
        raise click.UsageError("give --out FILE: where to write what the reader gets")
    receipt = _receipt(given["receipt_file"], envelope)
    rows = sorted(rows, key=lambda row: row.pointer)
    handed = Handed(kept.ledger, identity, given["to"], given["terms"], tuple(rows), envelope, receipt)
    disclosed.parse(handed.raw)
    files.write_new((given["out"], handed.raw, files.PRIVATE))
    told = {"file": str(given["out"]), "opened": [row.pointer for row in rows], "statement": identity}
    if as_json:
        ports().show_json({**told, "tlp": handed.label, "to": handed.to})
    else:
        ports().say(f"{given['out']}: opens {len(rows)} places of {kept.named} to {handed.to}, {handed.label}")
    ports().tell(_ONWARD.format(out=given["out"], label=handed.label))
    decoys = sum(sealing.read(row.disclosure).name is None for row in rows)
    if decoys:
        ports().tell(f"{decoys} of the places are decoys: the reader learns from them how many items there are not.")


def _receipt(path: Path | None, envelope: Envelope | None) -> Proof | None:
    """The receipt that goes along: of this envelope, or it is not sent."""
    if path is None:
        return None
    if envelope is None:
        raise click.UsageError("--receipt needs --envelope: it is a receipt of the signed statement")
    found = proof.parse(files.read(path))
    disclosing.require_receipt(found, envelope)
    return found


def _publish(kept: Kept, rows: list[Opening], identity: str, given: dict[str, Any], as_json: bool) -> None:
    """Draft the public statement, or the part of it that was asked for."""
    parts = disclosing.parts(rows)
    if given["part"] > len(parts):
        raise click.UsageError(f"there is no part {given['part']}: these places need {len(parts)} statements")
    chosen = parts[given["part"] - 1]
    new = Draft(given_members("disclosure", given))
    new.add({"ledger": kept.ledger, "party": kept.party, "title": _TITLE})
    new.add({"office": kept.office, "relates": [{"rel": "discloses", "statement": identity}]})
    new.add({"body": disclosing.body(chosen, given["remark"])})
    said, around = complete(new, given["url"], given["state_file"], base=Path.cwd())
    target = given["out"] or Path(drafting.file_name(said))
    files.write_new((target, said.payload, files.PUBLIC))
    early = [row for row in chosen if row.opens and times.parse_utc(row.opens) > ports().clock()]
    if early:
        ports().tell(_EARLY.format(count=len(early), pointer=early[0].pointer, opens=early[0].opens))
    if len(parts) > 1:
        ports().tell(
            f"This is part {given['part']} of {len(parts)}; draft each once the one before it is logged (--part)."
        )
    tell(said, target, around, as_json)


def _list(kept: Kept, as_json: bool) -> None:
    rows = disclosing.listed(kept)
    if as_json:
        ports().show_json({"sequence": kept.sequence, "office": kept.office, "party": kept.party, "rows": rows})
        return
    ports().say(f"What opens {kept.named}, a {kept.type}:")
    for row in rows:
        value = "a decoy" if row["decoy"] else canonical.encode(row["value"]).decode()
        ports().say(f"  {row['pointer']} ({row['tlp']}, opens {row['opens'] or 'on no fixed date'}): {value}")
