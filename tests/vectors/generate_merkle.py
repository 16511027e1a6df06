"""Writes the Merkle vectors: tests/vectors/merkle/{inclusion,consistency}/*.json, one honest case or one attack a file.

The tree, its roots and its proofs are computed by the recursive definitions of RFC 6962, section 2.1, word for word, so
that nothing here shares an algorithm with the verifier. Usage: `python tests/vectors/generate_merkle.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "merkle"
SOURCE = "tests/vectors/generate_merkle.py; leaf i of a tree is the entry 'entry i'"


def cut(n: int) -> int:
    """The largest power of two smaller than n, for n > 1."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH, RFC 6962, section 2.1."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = cut(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH, the inclusion proof of entry m, RFC 6962, section 2.1.1."""
    if len(entries) == 1:
        return []
    k = cut(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF, the consistency proof from the first m entries, RFC 6962, section 2.1.2; 0 < m <= len(entries)."""
    return subproof(m, entries, True)


def subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF, RFC 6962, section 2.1.2."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = cut(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def tree(size: int) -> list[bytes]:
    """The entries of the vectors' tree of that size."""
    return [f"entry {i}".encode() for i in range(size)]


def forged(text: str) -> bytes:
    """A hash that is in no tree."""
    return sha256(b"forged: " + text.encode()).digest()


Case = tuple[str, str, str | None, dict[str, Any]]
"""File name, what it is, the code of the refusal (None: it holds), the arguments."""


def inclusion(index: int, size: int) -> Iterator[Case]:
    """The honest proof of one leaf of one tree, and the ways to tamper with it."""
    entries = tree(size)
    honest = {
        "index": index,
        "size": size,
        "leaf": sha256(b"\x00" + entries[index]).digest(),
        "proof": path(index, entries),
        "root": mth(entries),
    }
    hashes: list[bytes] = honest["proof"]
    label = f"{index}-of-{size}"
    yield f"{label}-honest", "the honest proof", None, honest

    def attack(name: str, told: str, **changed: Any) -> Case:
        return f"{label}-{name}", told, "proof.inclusion", {**honest, **changed}

    yield attack("another-root", "the root of another tree", root=forged("root"))
    yield attack("another-leaf", "the hash of an entry that was never logged", leaf=forged("leaf"))
    yield attack("entry-for-leaf", "the leaf hash without its prefix 0x00", leaf=sha256(entries[index]).digest())
    yield attack("extra-at-end", "one hash too many, at the end", proof=[*hashes, forged("extra")])
    yield attack("extra-at-start", "one hash too many, at the start", proof=[forged("extra"), *hashes])
    yield attack("root-appended", "the root itself as a last hash", proof=[*hashes, honest["root"]])
    yield attack("index-is-size", "the index of a leaf that does not exist yet", index=size)
    yield attack("index-negative", "an index below zero", index=-1)
    yield attack("index-huge", "an index of 2**64 and more, equal modulo 2**64", index=index + 2**64)
    yield attack("size-zero", "a tree without leaves", size=0)
    yield attack("size-negative", "a size below zero", size=-size)
    yield attack("size-doubled", "a size with a longer path", size=2 * size)
    yield attack("long-root", "a root of 33 bytes", root=honest["root"] + b"\x00")
    yield attack("short-leaf", "a leaf hash of 31 bytes", leaf=honest["leaf"][:31])
    if not hashes:
        return
    yield attack("missing-first", "the first hash is left out", proof=hashes[1:])
    yield attack("missing-last", "the last hash is left out", proof=hashes[:-1])
    yield attack("empty", "all hashes are left out", proof=[])
    yield attack("root-for-leaf", "the root as a leaf, without a proof", leaf=honest["root"], proof=[])
    yield attack("altered-first", "the first hash is another", proof=[forged("first"), *hashes[1:]])
    yield attack("altered-last", "the last hash is another", proof=[*hashes[:-1], forged("last")])
    yield attack("short-hash", "a hash of 31 bytes", proof=[hashes[0][:31], *hashes[1:]])
    yield attack("long-hash", "two hashes in one string of 64 bytes", proof=[hashes[0] + forged("tail"), *hashes[1:]])
    leaf, first = honest["leaf"], hashes[0]
    if index % 2 == 0 and index + 1 < size:
        leaf, first = leaf + first[:1], first[1:]
    else:
        leaf, first = first[-1:] + leaf, first[:-1]
    told = "a byte moved from the first hash to the leaf hash: their concatenation, and so the root, stays"
    yield attack("moved-boundary", told, leaf=leaf, proof=[first, *hashes[1:]])
    if index >= (half := cut(size)):
        yield attack("left-half-dropped", "the place in the right half alone", index=index - half, size=size - half)
    yield attack(
        "neighbour", "the proof of the leaf for its neighbour's index", index=index ^ 1 if index ^ 1 < size else 0
    )
    if len(hashes) > 1:
        yield attack("reversed", "the hashes from the root downwards", proof=hashes[::-1])
        yield attack("prefix-hash", "two hashes of a path joined", proof=[hashes[0] + hashes[1], *hashes[2:]])


def consistency(old: int, new: int) -> Iterator[Case]:
    """The honest proof between two sizes of one tree, and the ways to tamper with it."""
    entries = tree(new)
    honest = {
        "old": old,
        "new": new,
        "old_root": mth(entries[:old]),
        "new_root": mth(entries),
        "proof": proof(old, entries) if old else [],
    }
    hashes: list[bytes] = honest["proof"]
    label = f"{old}-to-{new}"
    yield f"{label}-honest", "the honest proof", None, honest

    def attack(name: str, told: str, **changed: Any) -> Case:
        return f"{label}-{name}", told, "proof.consistency", {**honest, **changed}

    yield attack("extra-at-end", "one hash too many, at the end", proof=[*hashes, forged("extra")])
    yield attack("extra-at-start", "one hash too many, at the start", proof=[forged("extra"), *hashes])
    yield attack("old-negative", "an old size below zero", old=-1)
    yield attack("long-root", "a root of 33 bytes", new_root=honest["new_root"] + b"\x00")
    yield attack("short-root", "an old root of 31 bytes", old_root=honest["old_root"][:31])
    yield attack("another-old-root", "an old root of another tree", old_root=forged("old root"))
    if old == new or new == 0:
        yield attack("another-new-root", "two roots for one size", new_root=forged("new root"))
        return
    yield attack("swapped-sizes", "the sizes change places: the log has shrunk", old=new, new=old)
    yield attack("same-size", "another root for one size, as if nothing were to prove", old=new)
    yield attack("new-size-zero", "the new tree is said to be empty", new=0)
    if old == 0:
        return
    yield attack("another-new-root", "a new root of another tree", new_root=forged("new root"))
    yield attack("swapped-roots", "the roots change places", old_root=honest["new_root"], new_root=honest["old_root"])
    yield attack("roots-equal", "the old root for both sizes", new_root=honest["old_root"])
    yield attack("old-size-zero", "a proof from size 0, from which nothing is to prove", old=0)
    yield attack("empty", "all hashes are left out", proof=[])
    yield attack("missing-first", "the first hash is left out", proof=hashes[1:])
    yield attack("missing-last", "the last hash is left out", proof=hashes[:-1])
    yield attack("altered-first", "the first hash is another", proof=[forged("first"), *hashes[1:]])
    yield attack("altered-last", "the last hash is another", proof=[*hashes[:-1], forged("last")])
    yield attack("short-hash", "a hash of 31 bytes", proof=[hashes[0][:31], *hashes[1:]])
    yield attack("long-hash", "two hashes in one string of 64 bytes", proof=[hashes[0] + forged("tail"), *hashes[1:]])
    told = "a larger new size, for which the proof lacks a hash and the roots would fit"
    yield attack("new-size-inflated", told, new=new + 2 ** new.bit_length())
    if old > (half := cut(new)):
        yield attack("left-half-dropped", "the sizes of the right halves alone", old=old - half, new=new - half)
    yield attack("old-root-first", "the old root stands in the proof as well", proof=[honest["old_root"], *hashes])
    if len(hashes) > 1:
        yield attack("reversed", "the hashes in the other order", proof=hashes[::-1])


def cases() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every vector: its path and its content."""
    for index, size in ((0, 1), (1, 2), (2, 3), (3, 7), (6, 7), (4, 8), (255, 300)):
        for name, told, refusal, given in inclusion(index, size):
            yield HERE / "inclusion" / f"{name}.json", vector(told, refusal, given)
    for old, new in (
        (0, 0),
        (0, 5),
        (1, 1),
        (7, 7),
        (1, 2),
        (3, 4),
        (3, 7),
        (4, 7),
        (6, 8),
        (7, 8),
        (8, 9),
        (256, 300),
    ):
        for name, told, refusal, given in consistency(old, new):
            yield HERE / "consistency" / f"{name}.json", vector(told, refusal, given)


def vector(told: str, refusal: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """One file's content; hashes in hex."""
    return {
        "what": told,
        "source": SOURCE,
        "refused": refusal,
        **{name: _plain(value) for name, value in given.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [item.hex() for item in value] if isinstance(value, list) else value


def rendered(content: Mapping[str, Any]) -> str:
    """A file's text."""
    return json.dumps(content, indent=1) + "\n"


def main() -> None:
    """Write every vector anew, and nothing else."""
    for file, content in cases():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rendered(content), encoding="utf-8")


if __name__ == "__main__":
    main()
