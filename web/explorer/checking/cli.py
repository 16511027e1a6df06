"""`detente-web verify-page`: write the offline verifier, print its digest, or hold a page against it."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.options import FILE, NEW_FILE
from ledger.cli.ports import ports
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import reader
from verifier.places import replace_file
from web.explorer.checking import verify_page as offline


@click.command("verify-page")
@click.option("--out", type=NEW_FILE, help="Write the page here.")
@click.option("--compare", type=FILE, help="A page that an explorer served: is it this program, and nothing else?")
def verify_page(out: Path | None, compare: Path | None) -> int:
    """Print the SHA-256 of the offline verifier page; with --out write it, with --compare hold another against it.

    A page that an explorer serves differs in one block of data: its policy, the parties' keys and the language.
    """
    at = ports()
    if out is not None:
        replace_file(out, offline.released().encode())
    if compare is not None and offline.emptied(_text(compare)) != offline.released():
        told = "it is another program than this one, not only other data"
        raise Fault("signature.false", told, where=str(compare))
    at.say(f"{offline.digest()}  {offline.NAME}")
    return int(Exit.GOOD)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault(reader.MALFORMED, f"byte {error.start} is not UTF-8", where=str(path)) from error
