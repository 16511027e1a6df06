"""The end of an audit: close the tree, check the history's signatures, judge times, hold receipts against what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from verifier import merkle, record, statement
from verifier.audit import dating, notes
from verifier.audit.findings import Check, Finding, Report
from verifier.audit.fold import Fold
from verifier.audit.gathering import Gatherer
from verifier.errors import Fault
from verifier.evidence.trees import views_file
from verifier.formats import checkpoint as checkpoints
from verifier.formats import tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.receipt import Given
from verifier.source import Source, read_tile


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
                yield Finding("tile.unreadable", None, f"tile {level}/{number}: {fault}")
                shown = due
            wrong = [n for n, (a, b) in enumerate(zip(shown, due, strict=True), number * tiles.WIDTH)
                     if a not in (b, also.get(n))]  # fmt: skip
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
    state, before = report.state, len(report.findings)
    if not source.complete or not state.trust.policies:
        return
    count = bodies.first + len(bodies.sizes)
    keys = list(dict.fromkeys(k for _, policy, logs in state.trust.policies for k in (*logs, *policy.witness_keys)))
    clock = dating.Dating(state, now)
    closed = report.checkpoint is not None and fold.roots.get(report.checkpoint.size) == report.checkpoint.root
    try:
        for size, root, entries in notes.by_body(notes.signatures(source, bodies.first, count, keys, executor)):
            found, signed = clock.take(size, entries)
            if closed and fold.roots.get(size, root) != root:
                number = entries[0].number if signed is None else signed
                found.append(_contradicted(source, number, count, signed is not None, gatherer))
            report.findings += found
    except Fault as fault:
        report.findings.append(Finding("history.unreadable", None, f"the checkpoint history cannot be read: {fault}"))
    report.findings += _two_roots(source, bodies, count, gatherer)
    state.history_count, state.history_head = count, bodies.heads[-1]
    detail = f"{len(bodies.sizes)} entries under the charter's policy"
    report.checks.append(Check("cosignatures", len(report.findings) == before, detail))
    report.findings += _crooked(clock, gatherer)


def _contradicted(source: Source, number: int, count: int, signed: bool, gatherer: Gatherer) -> Finding:
    """A history entry whose root is not that of the records: a fork if the log signed it, as the tiles prove."""
    entry = notes.as_checkpoint(notes.note_evidence(source, number, count))
    told = f"the root in history entry {number}, size {entry.size}, is not that of the records"
    return (_fork(gatherer.fork(entry)) if signed else None) or Finding("history.root", None, told, {"entry": number})


def _two_roots(source: Source, bodies: notes.Bodies, count: int, gatherer: Gatherer) -> Iterable[Finding]:
    """Two signed bodies of one size in the history itself."""
    first: dict[int, int] = {}
    for n, size in enumerate(bodies.sizes):
        other = first.setdefault(size, n)
        if bodies.roots[other] != bodies.roots[n] and bodies.roots[n] and bodies.roots[other]:
            pair = [notes.as_checkpoint(notes.note_evidence(source, bodies.first + k, count)) for k in (other, n)]
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
    report.findings += found
    detail = f"{len(receipts)} receipts" + (f", {undecided} of them for trees beyond what is shown" if undecided else "")
    report.checks.append(Check("receipts", False if found else (None if undecided else True), detail))


def _same_tree(report: Report, fold: Fold, gatherer: Gatherer, mine: Checkpoint) -> bool | None:
    """Whether a receipt's tree is the beginning of this one: by the records, else by the tiles; None if it is larger, or
    if what is shown does not lead to the signed root."""
    point = report.checkpoint
    if point is None or mine.size > point.size:
        return None
    computed, closed = fold.roots.get(mine.size), fold.roots.get(point.size) == point.root
    if computed is not None and (closed or computed == mine.root):
        return computed == mine.root
    return gatherer.same_prefix(mine)


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
    done: set[str] = set()
    for place, finding in enumerate(report.findings):
        file = None if finding.code in done or finding.index is None else _file(finding.code, finding.index, gatherer)
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
