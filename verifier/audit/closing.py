"""The end of an audit: close the tree, check the history's signatures, judge times, hold receipts against what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from verifier import merkle
from verifier.audit import dating, notes
from verifier.audit.findings import Check, Finding, Report
from verifier.audit.fold import Fold
from verifier.errors import Fault
from verifier.formats import tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.receipt import Given
from verifier.served_tree import ServedTree
from verifier.source import Source, read_tile


def close_tree(report: Report, source: Source, fold: Fold, old: Checkpoint | None) -> None:
    """Step 5: the root over all records, every upper tile, and that the tree extends the one audited before.

    `old` is the checkpoint of the earlier audit. A tree that does not extend it, though the log signed both, is a fork.
    """
    state, point = report.state, report.checkpoint
    assert point is not None
    before = len(report.findings)
    if state.size == point.size and fold.roots.get(point.size) != point.root:
        fork = _fork_from(old, point, source) if old else None
        report.findings.append(fork or _wrong_root(point, fold))
    if source.complete and state.size == point.size:
        report.findings += _upper_tiles(source, state.full_roots, point.size)
    good = len(report.findings) == before and state.size == point.size
    report.checks.append(Check("tree", good, f"root {point.root.hex()} over {point.size} records, and every tile"))


def _wrong_root(point: Checkpoint, fold: Fold) -> Finding:
    computed = fold.roots.get(point.size, b"").hex()
    return Finding(
        "tree.root",
        None,
        f"the records shown have the root {computed}, the checkpoint of size {point.size} says {point.root.hex()}",
        {"computed": computed, "signed": point.root.hex()},
    )


def _fork_from(old: Checkpoint, point: Checkpoint, source: Source) -> Finding | None:
    """The finding that the newest checkpoint's tree has another prefix than the one audited, if the served tiles prove it."""
    if old.size == point.size:
        return fork(old, point, None, [])
    if old.size == 0:
        return None
    try:
        served = ServedTree(source, point.size)
        prefix, proof = served.root(old.size), served.consistency(old.size)
        merkle.verify_consistency(old.size, point.size, prefix, point.root, proof)
    except Fault:
        return None  # the tiles do not lead to the signed root: a breach, but nothing that convicts of two views
    return fork(old, point, prefix, proof) if prefix != old.root else None


def fork(first: Checkpoint, second: Checkpoint, prefix: bytes | None, proof: Sequence[bytes]) -> Finding:
    """The finding that the log signed two views that cannot both be true, with the evidence that convicts it.

    `prefix`: the root over the first checkpoint's size in the second's tree, shown by `proof`; None at equal sizes.
    """
    evidence: dict[str, Any] = {
        "kind": "fork",
        "ledger": first.origin,
        "checkpoints": [first.raw.decode(), second.raw.decode()],
        "prefix": prefix.hex() if prefix else None,
        "consistency": [h.hex() for h in proof],
    }
    said = f"size {first.size} with root {first.root.hex()}, and size {second.size} with root {second.root.hex()}"
    return Finding("log.fork", None, f"the log signed two views that cannot both be true: {said}", evidence)


def _upper_tiles(source: Source, full_roots: Sequence[bytes], size: int) -> Iterable[Finding]:
    """Every tile above level 0 against the hashes computed from the records."""
    hashes, level = list(full_roots), 1
    while hashes:
        for number in range(-(-len(hashes) // tiles.WIDTH)):
            due = hashes[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
            try:
                shown = read_tile(source, level, number, len(due))
            except Fault as fault:
                yield Finding("tile.unreadable", None, f"tile {level}/{number}: {fault}")
                continue
            if shown != due:
                yield Finding(
                    "tile.node", None, f"tile {level}/{number} does not hold the hashes of the tiles below it"
                )
        full = len(hashes) // tiles.WIDTH
        hashes = [merkle.subtree_root(hashes[n * tiles.WIDTH : (n + 1) * tiles.WIDTH]) for n in range(full)]
        level += 1


def close_history(
    report: Report, source: Source, bodies: notes.Bodies, fold: Fold, executor: Executor | None, now: int | None
) -> None:
    """Step 6: every signature in the new part of the history, under the policies and log keys in force at its size."""
    state, before = report.state, len(report.findings)
    if not source.complete or not state.trust.policies:
        return
    count = bodies.first + len(bodies.sizes)
    keys = list(dict.fromkeys(k for _, policy, logs in state.trust.policies for k in (*logs, *policy.witness_keys)))
    clock = dating.Dating(state, now)
    known = [finding.code for finding in report.findings]
    try:
        for size, root, entries in notes.by_body(notes.signatures(source, bodies.first, count, keys, executor)):
            found = clock.take(size, entries)
            computed = fold.roots.get(size)
            if computed is not None and computed != root and "tree.root" not in known:
                found += _contradicted(
                    report, source, notes.note_evidence(source, entries[0].number, count), bool(found)
                )
            report.findings += found
    except Fault as fault:
        report.findings.append(Finding("history.unreadable", None, f"the checkpoint history cannot be read: {fault}"))
    report.findings += _two_roots(source, bodies, count)
    state.history_count, state.history_head = count, bodies.heads[-1]
    report.checks.append(
        Check("cosignatures", len(report.findings) == before, f"{len(bodies.sizes)} entries under the charter's policy")
    )


def _contradicted(report: Report, source: Source, raw: str, unsigned: bool) -> list[Finding]:
    """A history entry whose root is not that of the records: a fork if the log signed it, whatever its records say."""
    entry, point = notes.as_checkpoint(raw), report.checkpoint
    if unsigned or point is None:
        return [Finding("history.root", None, f"the history's root at size {entry.size} is not that of the records")]
    found = _fork_from(entry, point, source)
    return [found or Finding("history.root", None, f"the signed root at size {entry.size} is not that of the records")]


def _two_roots(source: Source, bodies: notes.Bodies, count: int) -> Iterable[Finding]:
    """Two signed bodies of one size in the history itself."""
    first: dict[int, int] = {}
    for n, size in enumerate(bodies.sizes):
        other = first.setdefault(size, n)
        if bodies.roots[other] != bodies.roots[n] and bodies.roots[n] and bodies.roots[other]:
            pair = [notes.as_checkpoint(notes.note_evidence(source, bodies.first + k, count)) for k in (other, n)]
            yield fork(pair[0], pair[1], None, [])


def close_receipts(
    report: Report, source: Source, bodies: notes.Bodies, fold: Fold, receipts: Sequence[Given], since: int
) -> None:
    """Receipts given to the audit (already verified): each is of this tree, and its checkpoint is in the history."""
    state, point = report.state, report.checkpoint
    shown = set(zip(bodies.sizes, bodies.roots, strict=True))
    found: list[Finding] = []
    for given in receipts:
        mine, index = given.proof.checkpoint, given.proof.index
        computed = fold.roots.get(mine.size)
        if computed is None or point is None:
            continue
        if computed != mine.root:
            found.append(_omitted(given, fold.leaves.get(index)))
            contradiction = _fork_from(mine, point, source)
            found += [contradiction] if contradiction else []
        elif mine.size > since and (mine.size, mine.root) not in shown and bodies.complete:
            found.append(
                Finding(
                    "history.missing", index, f"the history lacks the checkpoint of size {mine.size} in {given.where}"
                )
            )
    report.findings += found
    ahead = sum(given.proof.checkpoint.size > state.size for given in receipts)
    detail = f"{len(receipts)} receipts" + (
        f", {ahead} of them for checkpoints beyond what the source shows" if ahead else ""
    )
    report.checks.append(Check("receipts", False if found else (None if ahead else True), detail))


def _omitted(given: Given, leaf: bytes | None) -> Finding:
    from verifier import record

    raw, _ = record.rebuild(given.proof.extra or b"", given.envelope)
    there = "another record stands there" if leaf != merkle.leaf_hash(raw) else "it stands there, in another tree"
    evidence: Mapping[str, Any] = {"receipt": given.proof.raw.decode(), "envelope": given.envelope.raw.decode()}
    message = f"{given.where or 'a receipt'} proves record {given.proof.index} in a tree that is not this one: {there}"
    return Finding("log.omission", given.proof.index, message, evidence)
