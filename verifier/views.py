"""Whether two checkpoints of one log can both be true: the split view, found."""

from __future__ import annotations

from verifier import merkle
from verifier.audit.closing import fork
from verifier.audit.findings import Finding
from verifier.errors import Fault
from verifier.formats.checkpoint import Checkpoint
from verifier.served_tree import ServedTree
from verifier.source import Source

__all__ = ["Finding", "contradiction"]


def contradiction(old: Checkpoint, new: Checkpoint, source: Source | None) -> Finding | None:
    """None if `new` extends `old`; the finding with its evidence if not. Both are believed by the caller's policy already.

    `source` serves the tiles of `new`. Raises Fault `views.origins` (two logs), `views.undecided` (no tiles to decide by,
    or tiles that do not lead to `new`'s root: that convicts nobody).
    """
    if old.origin != new.origin:
        raise Fault("views.origins", f"{old.origin} and {new.origin} are two logs")
    if old.size > new.size:
        old, new = new, old
    if old.size == new.size:
        return None if old.root == new.root else fork(old, new, None, [])
    if old.size == 0:
        return None
    if source is None:
        raise Fault("views.undecided", f"whether size {new.size} extends size {old.size} needs tiles", where=new.origin)
    served = ServedTree(source, new.size)
    prefix, proof = served.root(old.size), served.consistency(old.size)
    try:
        merkle.verify_consistency(old.size, new.size, prefix, new.root, proof)
    except Fault as fault:
        raise Fault(
            "views.undecided",
            f"the tiles shown do not lead to the root of size {new.size}: {fault}",
            where=source.location,
        ) from fault
    return None if prefix == old.root else fork(old, new, prefix, proof)
