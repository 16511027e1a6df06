"""Go's transparency packages read this project's logs: golang.org/x/mod, torchwood, transparency-dev/formats, Tessera.

The Go program opens the checkpoint with every key, asks two implementations of tlog-policy, reads every entry against
the tree, builds proofs out of the tiles, and lets Tessera's fsck rebuild them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pytest

from tests.interop.conftest import Refused, Tool
from tests.interop.house import House, entries, served
from tests.support.simulated_log import SimulatedLog
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint, note, proof
from verifier.source import open_source
from verifier.tree import audit_tree


def digest(rows: list[bytes]) -> str:
    """What the Go program says of all entries together."""
    whole = sha256()
    for row in rows:
        whole.update(b"%08x" % len(row) + row)
    return whole.hexdigest()


def flags(house: House, directory: Path | str, policy: Path) -> list[str | Path]:
    policy.write_text(house.classical_policy)
    keys = [part for key in house.all_keys for part in ("-key", key.vkey)]
    return ["-from", directory, "-policy", policy, *keys]


@pytest.mark.parametrize("over_http", [False, True])
def test_published_ledger(go: Tool, house: House, tmp_path: Path, over_http: bool) -> None:
    with served(house.directory) if over_http else nullcontext(house.directory) as place:
        found = go("check", *flags(house, place, tmp_path / "policy"))
    point = checkpoint.parse((house.directory / "checkpoint").read_bytes())
    assert (found["size"], found["root"]) == (604, point.root.hex()) == (point.size, point.root.hex())
    assert found["entries"] == digest(entries(house.directory, 604))
    assert found["included"] == found["consistent"] > 30
    assert sorted(found["signed"]) == sorted(f"{key.name}+{key.key_id:08x}" for key in house.all_keys)
    assert {key.algorithm for key in house.all_keys} == {1, 4, 6}


@pytest.mark.parametrize("records", [1, 3, 256, 300])
def test_simulated_log(go: Tool, tmp_path: Path, records: int) -> None:
    """The log that all other tests rest on is one that others accept."""
    log = SimulatedLog()
    log.found()
    while len(log.records) < records:
        log.announce("XB", len(log.records))
    del log.records[records:]
    log.checkpoint()
    directory = log.write(tmp_path / "log")
    policy = tmp_path / "policy"
    rows = log.policy_text.splitlines()
    policy.write_text("\n".join([f"{row} https://w.example" if row.startswith("witness") else row for row in rows]))
    keys = [log.log_pen.key, *(pen.key for pen in log.witness_pens)]
    found = go("check", "-from", directory, "-policy", policy, *(part for key in keys for part in ("-key", key.vkey)))
    assert found["size"] == records
    assert found["entries"] == digest(log.records)
    assert len(found["signed"]) == 4


def test_receipts(go: Tool, house: House, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(house.classical_policy)
    chosen = [house.outcomes[n] for n in (0, 1, 3, 4, 200, 255, 256, 511, 602, 603)]
    assert len({proof.parse(one.receipt or b"").checkpoint.size for one in chosen}) >= 4
    for one in chosen:
        (tmp_path / f"{one.index}.tlog-proof").write_bytes(one.receipt or b"")
        (tmp_path / f"{one.index}.entry").write_bytes(house.leaf(one))
    assert go("proofs", "-dir", tmp_path, "-policy", tmp_path / "policy") == {"proofs": len(chosen)}
    (tmp_path / "200.entry").write_bytes(house.leaf(house.outcomes[201]))
    with pytest.raises(Refused, match=r"200\.tlog-proof: .*inclusion proof verification failed for index 200"):
        go("proofs", "-dir", tmp_path, "-policy", tmp_path / "policy")


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


def resigned(path: Path) -> None:
    """Put the log's signature under a text that it did not sign."""
    point = checkpoint.parse(path.read_bytes())
    text = checkpoint.body(point.origin, point.size, bytes(32))
    path.write_bytes(note.Note(text, point.note.signatures).raw)


@pytest.mark.parametrize(
    ("path", "harm"),
    [
        ("tile/entries/001", lambda path: flip(path, 700)),
        ("tile/entries/002.p/92", lambda path: flip(path, -1)),
        ("tile/0/001", lambda path: flip(path, 32 * 77)),
        ("tile/0/002.p/92", lambda path: flip(path, 0)),
        ("tile/1/000.p/2", lambda path: flip(path, 33)),
        ("tile/1/000.p/2", Path.unlink),
        ("checkpoint", resigned),
    ],
)
def test_damage_is_seen_by_both(
    go: Tool, house: House, tmp_path: Path, path: str, harm: Callable[[Path], None]
) -> None:
    directory = tmp_path / "copy"
    shutil.copytree(house.directory, directory)
    harm(directory / path)
    with pytest.raises(Refused):
        go("check", *flags(house, directory, tmp_path / "policy"))
    try:
        code = audit_tree(open_source(str(directory)), house.keys).exit
    except Fault as fault:
        code = fault.kind.exit
    assert code == (Exit.BAD_SIGNATURE if path == "checkpoint" else Exit.BREACH)
