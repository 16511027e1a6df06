"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ledger.desk import files, sealing_kept
from ledger.desk.sealing_kept import KeptFile
from ledger.desk.state import DeskState, read_file
from verifier import statement
from verifier.errors import Fault
from verifier.formats import canonical, policy
from verifier.formats import envelope as dsse
from verifier.formats.policy import Policy
from verifier.statement import Statement

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
DIRECTORY = click.Path(path_type=Path, file_okay=False)

json_flag = click.option("--json", "as_json", is_flag=True, help="Print the result as canonical JSON.")
ledger_url = click.option(
    "--ledger", "url", metavar="URL", help="The ledger's address, such as https://ledger.example."
)
state_file = click.option(
    "--state", "state_file", type=FILE, help="A state file from `detente state`, for a desk without network."
)
charter_file = click.option("--charter", "charter_file", type=FILE, help="The charter: its statement or its envelope.")
kept_files = click.option(
    "--keep", "kept", type=FILE, multiple=True, help="The file kept when the draft was sealed; may be repeated."
)
kept_copies = click.option(
    "--copy", "copies", type=FILE, multiple=True, help="A second copy of a kept file, to show that there is one."
)
passphrase_file = click.option(
    "--passphrase-file", type=FILE, help="A file whose only line is the passphrase; asked for if absent."
)


def state_of(party: str | None, url: str | None, path: Path | None) -> DeskState | None:
    """The party's state, from a file or from the ledger; None if neither was named."""
    if path is not None:
        return read_file(path)
    if url is None or party is None:
        return None
    from ledger.desk.remote import Ledger

    return Ledger(url).state(party)


def read_statement(path: Path) -> bytes:
    """The statement's bytes in a file: a draft, a partial file or an envelope. Raises Fault `json.…`, `envelope.malformed`."""
    raw = files.read(path).removesuffix(b"\n")
    value = canonical.parse(raw, where=str(path))
    if isinstance(value, dict) and "payload" in value:
        return dsse.read({name: value.get(name) for name in ("payload", "payloadType", "signatures")}).payload
    return raw


def read_charter(path: Path | None) -> Statement | None:
    """The charter in a file. Raises Fault `statement.…`, also if the file holds another statement."""
    if path is None:
        return None
    found = statement.parse(read_statement(path))
    if found.type != "charter":
        raise Fault("statement.type", f"the file holds a {found.type}, no charter", where=str(path))
    return found


def read_policy(path: Path) -> Policy:
    """The policy in a file of C2SP tlog-policy form. Raises Fault `policy.malformed`."""
    return policy.parse(files.read(path))


def read_kept(paths: Iterable[Path]) -> tuple[KeptFile, ...]:
    """The kept files of those names. Raises Fault `kept.malformed`, `desk.unreadable`."""
    return tuple(sealing_kept.read(path) for path in paths)
