"""The ledger as a directory of static files: what a web server needs to publish it, and nothing that computes.

The files are those of the live log (C2SP tlog-tiles, and `history/` in the same bundles), written from the store alone up
to the newest checkpoint that met its quorum; attachments come from the published directory, which alone holds them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ledger.cosigning import quorum_checkpoint
from ledger.desk import files
from ledger.desk.ledger_directory import LedgerDirectory
from ledger.publish import Publisher
from ledger.store import Store
from ledger.tree import Tree
from verifier import record
from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.tiles import WIDTH

_BESIDE = Path(__file__).with_name("static_server")
CONFIGURATION = ("README.txt", "nginx.conf", "Caddyfile")
ATTACHMENTS = "attachments"


def export(ledger: LedgerDirectory, target: Path) -> Checkpoint:
    """Write the ledger into `target`, a new directory or an older export of the same ledger; the checkpoint comes last.

    Returns the checkpoint. Raises Fault `export.no-checkpoint`, `desk.not-empty`, `desk.unwritable`, `store.…`.
    """
    require_place(ledger.origin, target)
    store = ledger.open_store()
    try:
        point = newest(store)
        edge = store.records(point.size - point.size % WIDTH, point.size)
        tree = Tree.restore(point.size, [record.parse(raw).leaf_hash for raw in edge], store.tile)
        target.mkdir(parents=True, exist_ok=True)
        _write(store, tree, point, ledger, target)
    except OSError as error:
        raise Fault("desk.unwritable", f"the export cannot be written: {error}", where=str(target)) from error
    finally:
        store.close()
    return point


def newest(store: Store) -> Checkpoint:
    """The newest checkpoint that met its quorum, with all its signatures. Raises Fault `export.no-checkpoint`."""
    quorum = store.last_quorum()
    if quorum is None:
        raise Fault("export.no-checkpoint", "no checkpoint has met its quorum yet", where="the store")
    return quorum_checkpoint(store, quorum)


def require_place(origin: str, target: Path) -> None:
    """Check that `target` is new, empty, or an older export of this ledger. Raises Fault `desk.not-empty`."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        held = checkpoints.parse(files.read(target / "checkpoint")).origin
    except Fault as fault:
        raise Fault("desk.not-empty", "something else is there already", where=str(target)) from fault
    if held != origin:
        raise Fault("desk.not-empty", f"the ledger {held} is there, this is {origin}", where=str(target))


def _write(store: Store, tree: Tree, point: Checkpoint, ledger: LedgerDirectory, target: Path) -> None:
    publisher = Publisher(target)
    publisher.restore(store, tree, point.size)
    for name in CONFIGURATION:
        text = (_BESIDE / f"{name}.txt").read_text(encoding="utf-8")
        files.replace(target / name, text.replace("@ORIGIN@", point.origin).encode())
    held = ledger.public / ATTACHMENTS
    for path in sorted(held.iterdir()) if held.is_dir() else ():
        if not (target / ATTACHMENTS / path.name).exists():
            (target / ATTACHMENTS).mkdir(exist_ok=True)
            shutil.copyfile(path, target / ATTACHMENTS / path.name)
    publisher.checkpoint(point.raw, point.size)
