"""Options that commands share, and the readers of what they name."""

from __future__ import annotations

from pathlib import Path

import click

from verifier.errors import Fault
from verifier.formats import envelope, proof, reader
from verifier.formats import policy as policies
from verifier.formats.policy import Policy
from verifier.receipt import Given

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)

policy = click.option("--policy", type=EXISTING, required=True, help="Your trust policy, a C2SP tlog-policy file.")
as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
offline = click.option("--offline", is_flag=True, help="Open no socket.")


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises Fault `policy.malformed`, …"""
    return policies.parse(path.read_bytes())


def digest(text: str | None, *, where: str = "--charter") -> str | None:
    """A SHA-256 given on the command line. Raises Fault `text.malformed`."""
    return reader.hex_bytes(text, where=where).hex() if text else None


def passphrase(path: Path | None) -> bytes:
    """The passphrase in a file of one line; asked for where there is no file."""
    if path is None:
        return str(click.prompt("Passphrase", hide_input=True, err=True)).encode()
    return path.read_bytes().removesuffix(b"\n")


def read_receipt(path: Path, envelope_path: Path | None = None) -> Given:
    """A receipt and its envelope, which lies beside it unless another file is named. Raises Fault `proof.malformed`, …"""
    beside = envelope_path or path.with_name(path.name.removesuffix(".tlog-proof") + ".envelope.json")
    if not beside.is_file():
        raise Fault("receipt.no-envelope", f"the envelope {beside.name} is not there", where=str(path))
    raw = beside.read_bytes()
    # A file written by hand or by an editor may end in a newline; the envelope itself does not.
    return Given(proof.parse(path.read_bytes()), envelope.parse(raw.removesuffix(b"\n")), str(path))


def read_receipts(directory: Path | None) -> list[Given]:
    """All receipts in a directory, in order of their names."""
    return [read_receipt(path) for path in sorted(directory.glob("*.tlog-proof"))] if directory else []
