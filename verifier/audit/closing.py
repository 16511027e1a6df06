"""The end of an audit: close the tree, check the history's signatures, judge times, hold receipts against what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from verifier import merkle, record, statement
from verifier.audit import dating, notes
from verifier.audit.findings import Check, Finding, Report, unreadable
from verifier.audit.fold import Fold
from verifier.audit.gathering import Gatherer
from verifier.errors import Fault
from verifier.evidence.trees import views_file
from verifier.formats import checkpoint as checkpoints
from verifier.formats import tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.receipt import Given
from verifier.source import Source, read_tile

_TRIES = 4
"""Findings of one code for which a file is tried before the audit leaves it at that: a broken log may have a million."""


def close_tree(report: Report, source: Source, fold: Fold, old: Checkpoint | None, gatherer: Gatherer) -> None:
    """Step 5: the root over all records, every upper tile, and that the tree extends the one audited before.

    `old` is the checkpoint of the earlier audit. A tree that does not extend it, though the log signed both, is a fork.
    """
    state, point = report.state, report.checkpoint
    assert point is not None
    before = len(report.findings)
    if state.size == point.size and fold.roots.get(point.size) != point.root:
        contradiction = _fork(gatherer.fork(old)) if old else None
        report.findings.append(contradiction or _wrong_root(point, fold))
    if source.complete and state.size == point.size:
        report.findings += _upper_tiles(source, state.full_roots, fold.tile_roots)
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


def fork(first: Checkpoint, second: Checkpoint, prefix: bytes | None, proof: Sequence[bytes]) -> Finding:
    """The finding that the log signed two views that cannot both be true, with the evidence that convicts it.

    `prefix`: the root over the first checkpoint's size in the second's tree, shown by `proof`; None at equal sizes.
    """
    return _contradiction(views_file(first, second, prefix=prefix, proof=proof))


def _fork(file: Mapping[str, Any] | None) -> Finding | None:
    return None if file is None else _contradiction(file)


def _contradiction(file: Mapping[str, Any]) -> Finding:
    points = [checkpoints.parse(text.encode()) for text in file["checkpoints"]]
    said = ", and ".join(f"size {point.size} with root {point.root.hex()}" for point in points)
    return Finding("log.fork", None, f"the log signed two views that cannot both be true: {said}", file)


def _upper_tiles(source: Source, full_roots: Sequence[bytes], tile_roots: Mapping[int, bytes]) -> Iterable[Finding]:
    """Every tile above level 0 against the tiles below it, as shown: a finding stands where something is wrong.

    `tile_roots`: the root of a tile of level 0 that shows other hashes than the records do.
    """
    hashes, also, level = list(full_roots), tile_roots, 1
    while hashes:
        above = []
        for number in range(-(-len(hashes) // tiles.WIDTH)):
            due = hashes[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
            try:
                shown = read_tile(source, level, number, len(due))
            except Fault as fault:
                yield unreadable("tile.unreadable", f"tile {level}/{number}", fault)
                shown = due
            pairs = enumerate(zip(shown, due, strict=True), number * tiles.WIDTH)
            wrong = [n for n, (there, below) in pairs if there not in (below, also.get(n))]
            if wrong:
                told = f"tile {level}/{number} does not hold the root of tile {level - 1}/{wrong[0]}"
                yield Finding("tile.node", None, told, {"below": wrong})
            if len(due) == tiles.WIDTH:
                above.append(merkle.subtree_root(shown))
        hashes, also, level = above, {}, level + 1


def close_history(
    report: Report,
    source: Source,
    bodies: notes.Bodies,
    fold: Fold,
    gatherer: Gatherer,
    executor: Executor | None,
    now: int | None,
) -> None:
    """Step 6: every signature in the new part of the history, under the policies and log keys in force at its size."""
    state, point, before = report.state, report.checkpoint, len(report.findings)
    if not source.complete or not state.trust.policies or point is None:
        return
    keys = list(dict.fromkeys(k for _, policy, logs in state.trust.policies for k in (*logs, *policy.witness_keys)))
    clock, closed = dating.Dating(state, now), fold.roots.get(point.size) == point.root
    try:
        for size, root, entries in notes.by_body(notes.signatures(source, bodies, point.origin, keys, executor)):
            found, signed = clock.take(size, entries)
            report.findings += found
            if closed and fold.roots.get(size) != root:
                number = entries[0].number if signed is None else signed
                prove = signed is not None and _forks(report) < _TRIES
                report.findings += _contradicted(source, bodies, number, gatherer, prove, size in fold.roots)
    except Fault as fault:
        report.findings.append(unreadable("history.unreadable", "the checkpoint history cannot be read", fault))
    report.findings += _two_roots(source, bodies, gatherer)
    report.findings += dating.judge_policy(state, point)
    state.history_count, state.history_head = bodies.count, bodies.heads[-1]
    detail = f"{len(bodies.sizes)} entries under the charter's policy"
    report.checks.append(Check("cosignatures", len(report.findings) == before, detail))
    report.findings += _crooked(clock, gatherer)


def _forks(report: Report) -> int:
    return sum([finding.code == "log.fork" for finding in report.findings])


def _contradicted(
    source: Source, bodies: notes.Bodies, number: int, gatherer: Gatherer, prove: bool, known: bool
) -> Iterable[Finding]:
    """A history entry whose root is not that of the records: a fork, if the tiles prove it.

    `prove`: whether to try, for the log signed it. `known`: whether the records' root at its size was computed; it was not
    where the entry is of a size that an earlier audit closed.
    """
    entry = notes.read_point(source, bodies, number)
    told = f"the root in history entry {number}, size {entry.size}, is not that of the records"
    found = _fork(gatherer.fork(entry)) if prove else None
    if found or known:
        yield found or Finding("history.root", None, told, {"entry": number})


def _two_roots(source: Source, bodies: notes.Bodies, gatherer: Gatherer) -> Iterable[Finding]:
    """Two signed bodies of one size in the history itself."""
    first: dict[int, int] = {}
    for n, size in enumerate(bodies.sizes):
        other = first.setdefault(size, n)
        if bodies.roots[other] != bodies.roots[n] and bodies.roots[n] and bodies.roots[other]:
            pair = [notes.read_point(source, bodies, bodies.first + k) for k in (other, n)]
            found = _fork(gatherer.convincing(views_file(pair[0], pair[1])))
            if found:
                yield found


def _crooked(clock: dating.Dating, gatherer: Gatherer) -> Iterable[Finding]:
    """Witnesses that dated a larger size earlier. It concerns them, not the log."""
    for name, sizes in clock.crooked.items():
        told = f"the witness {name} dated size {max(sizes)} earlier than size {min(sizes)}"
        yield Finding("witness.backwards", None, told, gatherer.crooked(name, sizes) or {})


def close_receipts(
    report: Report,
    bodies: notes.Bodies,
    fold: Fold,
    gatherer: Gatherer,
    receipts: Sequence[Given],
    since: int,
) -> None:
    """Receipts given to the audit (already verified): each is of this tree, and its checkpoint is in the history."""
    shown = set(zip(bodies.sizes, bodies.roots, strict=True))
    found: list[Finding] = []
    undecided = 0
    for given in receipts:
        mine, index = given.proof.checkpoint, given.proof.index
        same = _same_tree(report, fold, gatherer, mine)
        contradictions = [] if same else list(_receipt_findings(given, fold, gatherer, certain=same is False))
        found += contradictions
        if same is None and not contradictions:
            undecided += 1
        if same and mine.size > since and (mine.size, mine.root) not in shown and bodies.complete:
            told = f"the history lacks the checkpoint of size {mine.size} in {given.where}"
            found.append(Finding("history.missing", index, told))
        if same and bodies.complete:
            found += dating.judge_policy(report.state, mine)
    report.findings += found
    detail = f"{len(receipts)} receipts" + (
        f", {undecided} of them for trees beyond what is shown" if undecided else ""
    )
    report.checks.append(Check("receipts", False if found else (None if undecided else True), detail))


def _same_tree(report: Report, fold: Fold, gatherer: Gatherer, mine: Checkpoint) -> bool | None:
    """Whether a receipt's tree is the beginning of this one: by the records, else by the tiles; None if it is larger, if
    what is shown does not lead to the root in the checkpoint, or if the log did not sign that one."""
    point = report.checkpoint
    if point is None or mine.size > point.size:
        return None
    computed, closed = fold.roots.get(mine.size), fold.roots.get(point.size) == point.root
    if computed == mine.root:
        return True
    signed = report.refusal is None or report.refusal.code == "quorum.unmet"
    same = False if computed is not None and closed else gatherer.same_prefix(mine)
    return same if signed else None


def _receipt_findings(given: Given, fold: Fold, gatherer: Gatherer, *, certain: bool) -> Iterable[Finding]:
    """What a receipt that is not of this tree proves. `certain`: the trees differ, whether or not tiles can prove it."""
    index, where = given.proof.index, given.where or "a receipt"
    leaf, file = fold.leaves.get(index), gatherer.other_leaf(given)
    raw, _ = record.rebuild(given.proof.extra or b"", given.envelope)
    if (file and file["kind"] == "omission") or (certain and leaf not in (None, merkle.leaf_hash(raw))):
        told = f"{where} proves record {index}; another record stands there in the tree shown"
        yield Finding("log.omission", index, told, file or {})
    elif file:
        yield _contradiction(file)
    if certain:
        told = f"{where} is of a tree that the log signed and that this one does not extend"
        yield _fork(gatherer.fork(given.proof.checkpoint)) or Finding("log.fork", None, told)


def close_evidence(report: Report, gatherer: Gatherer, receipts: Sequence[Given]) -> None:
    """The files that convict: of the first finding of each code that can have one, of witnesses, of parties."""
    tries: Counter[str] = Counter()
    done: set[str] = set()
    for place, finding in enumerate(report.findings):
        if finding.index is None or finding.code in done or tries[finding.code] >= _TRIES:
            continue
        file = _file(finding.code, finding.index, gatherer)
        tries[finding.code] += 1
        if file:
            done.add(finding.code)
            report.findings[place] = replace(finding, evidence=file)
    for finding in [one for one in report.findings if one.evidence.get("kind") == "fork"]:
        for name, file in gatherer.two_views(finding.evidence):
            if name not in done:
                done.add(name)
                report.findings.append(Finding("witness.split-view", None, f"the witness {name} cosigned both", file))
    for given in receipts:
        said = statement.parse(given.envelope.payload)
        if report.state.trust.statements.find(said.id) is None:
            file = gatherer.two_texts(said, given, given.proof.index)
            if file:
                told = f"{said.party}, office {said.office}, said another text under number {said.sequence}"
                report.findings.append(Finding("party.two-texts", given.proof.index, told, file))


def _file(code: str, index: int, gatherer: Gatherer) -> Mapping[str, Any] | None:
    """The file that goes with a finding on a record, where there is one."""
    if code == "record.backdated":
        return gatherer.backdated(index)
    if code == "signer.revoked":
        return gatherer.admitted_revoked(index)
    return gatherer.two_texts_at(index) if code == "statement.conflict" else None
