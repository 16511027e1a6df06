"""A hostile operator, in a copy: he dates the last record a day earlier and finds two witnesses who sign that too.

Nobody else sees it until the two views meet. Then they convict him and the two: the file is what a third party needs.
"""

from __future__ import annotations

import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from ledger.desk import files
from verifier import cli, merkle, record
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, note, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import Note, Signature
from verifier.source import open_source, read_entries, read_tile
from web.demo.cast import Cast
from web.demo.home import Home

DAY = 86_400
IN_LEAGUE = 2
"""Witnesses who sign the other view: as many as the quorum asks for."""


def fork(home: Home, cast: Cast, now: int) -> Path:
    """Leave the other view in `home.hostile`, with the evidence that convicts; return the evidence's place.

    `now`: seconds (UTC), the date of the false cosignatures. Raises Fault `demo.unexpected` if it convicts nobody.
    """
    shutil.rmtree(home.hostile, ignore_errors=True)
    shutil.copytree(home.export, home.hostile / "export")
    point = checkpoints.parse(files.read(home.export / "checkpoint"))
    root = _rewritten(home.export, home.hostile / "export", point.size)
    files.replace(home.hostile / "export" / "checkpoint", _signed(cast, point, root, now))
    evidence = home.hostile / "fork.json"
    policy = ("--policy", home.policy)
    _verify(Exit.CONTRADICTION, "compare", home.export, home.hostile / "export", *policy, "--evidence", evidence)
    _verify(Exit.GOOD, "evidence", evidence, *policy)
    return evidence


def _rewritten(shown: Path, copy: Path, size: int) -> bytes:
    """Put a last record with another date into the copy, and the tiles of its tree; the new root."""
    source = open_source(str(shown), offline=True)
    number, width = (size - 1) // tiles.WIDTH, (size - 1) % tiles.WIDTH + 1
    entries = read_entries(source, "entries", number, width)
    last = record.parse(entries[-1])
    dated = record.build(
        last.envelope, count=last.count, head=last.head, previous=last.previous, received=last.received - DAY
    )
    files.replace(copy / tiles.entries_path(number, width), tiles.format_bundle([*entries[:-1], dated]))
    hashes = [one for n in range(number) for one in read_tile(source, 0, n, tiles.WIDTH)]
    hashes += [*read_tile(source, 0, number, width)[:-1], merkle.leaf_hash(dated)]
    root, level = merkle.subtree_root(hashes), 0
    while hashes:
        at = (len(hashes) - 1) // tiles.WIDTH
        part = hashes[at * tiles.WIDTH :]
        files.replace(copy / tiles.tile_path(level, at, len(part)), b"".join(part))
        whole = len(hashes) // tiles.WIDTH
        hashes = [merkle.subtree_root(hashes[n * tiles.WIDTH : (n + 1) * tiles.WIDTH]) for n in range(whole)]
        level += 1
    return root


def _signed(cast: Cast, point: Checkpoint, root: bytes, now: int) -> bytes:
    """The other checkpoint of the same size, signed by the log and by the witnesses in league with it."""
    mine = cast.log_signer.checkpoint(point.size, root, now)
    signatures = list(mine.note.signatures)
    names = list(dict.fromkeys(row["name"] for row in cast.source["witnesses"]))
    for name in names[:IN_LEAGUE]:
        for one in cast.cosigners(name):
            if one.key.algorithm == note.COSIGNATURE_ED25519:
                said = cosignature.message(one.key, mine.note.text, point.origin, point.size, root, now)
                signatures.append(Signature(one.key.name, one.key.key_id, cosignature.wrap(now, one.sign(said))))
    return Note(mine.note.text, tuple(signatures)).raw


def _verify(due: Exit, command: str, *args: object) -> None:
    """Run `detente-verify` in this process. Raises Fault `demo.unexpected` if it ends otherwise than due."""
    told = StringIO()
    with redirect_stdout(told):
        code = cli.run([command, *map(str, args)])
    if code != due:
        raise Fault("demo.unexpected", f"`detente-verify {command}` ended with {code}: {told.getvalue()[-400:]}")
