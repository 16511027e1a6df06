"""Notes, checkpoints, proofs and tiles in both directions: what is written is read, what is read is written."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from verifier.errors import Fault
from verifier.formats import checkpoint, note, proof, tiles

SPACES = (
    " \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
lines = st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=20)
names = st.text(
    st.characters(codec="utf-8", min_codepoint=0x21, exclude_characters=SPACES + "+"), min_size=1, max_size=20
)
signatures = st.builds(note.Signature, names, st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=80))
several = st.lists(signatures, min_size=1, max_size=4).map(tuple)
roots = st.binary(min_size=32, max_size=32)
filled = lines.filter(bool)

A = TypeVar("A")
B = TypeVar("B")


def outcome(read: Callable[[A], B], given: A) -> tuple[B | None, str]:
    """What a reader gives, or None and the code of its fault."""
    try:
        return read(given), ""
    except Fault as fault:
        return None, fault.code


@st.composite
def checkpoints(draw: st.DrawFn) -> checkpoint.Checkpoint:
    origin, size, root = draw(filled), draw(st.integers(0, 2**63 - 1)), draw(roots)
    extensions = tuple(draw(st.lists(filled, max_size=3)))
    text = checkpoint.body(origin, size, root) + "".join(line + "\n" for line in extensions).encode()
    return checkpoint.Checkpoint(origin, size, root, extensions, note.Note(text, draw(several)))


@given(st.lists(lines, min_size=1, max_size=6), several)
def test_note_round_trip(texts: list[str], signed: tuple[note.Signature, ...]) -> None:
    written = note.Note("".join(text + "\n" for text in texts).encode(), signed)
    assert note.parse(written.raw) == written
    assert note.parse_signatures("".join(signature.line for signature in signed).encode()) == signed


@given(st.binary(max_size=60), st.integers(0, 120), st.integers(0, 120))
def test_note_has_one_spelling(patch: bytes, start: int, stop: int) -> None:
    raw = note.Note(b"A\n\ntext\n", (note.Signature("a.example", 7, bytes(64)),)).raw
    changed = raw[:start] + patch + raw[max(start, stop) :]
    found, code = outcome(note.parse, changed)
    assert code == "note.malformed" if found is None else found.raw == changed


@given(checkpoints())
def test_checkpoint_round_trip(written: checkpoint.Checkpoint) -> None:
    assert checkpoint.parse(written.raw) == written


@given(
    st.none() | st.binary(min_size=1, max_size=50),
    st.integers(0, 2**63 - 1),
    st.lists(roots, max_size=63),
    checkpoints(),
)
def test_proof_round_trip(extra: bytes | None, index: int, hashes: list[bytes], point: checkpoint.Checkpoint) -> None:
    written = proof.Proof(extra, index, tuple(hashes), point)
    assert proof.parse(written.raw) == written


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\tb", "\x00", *(f"a{space}b" for space in SPACES), "\ud800"]
)
def test_no_line_and_no_key_for_a_bad_name(name: str) -> None:
    with pytest.raises(Fault) as caught:
        _ = note.Signature(name, 1, b"s").line
    assert caught.value.code == "note.malformed"
    with pytest.raises(Fault) as caught:
        note.make_key(name, note.COSIGNATURE_MLDSA44, bytes(1312))
    assert caught.value.code == "vkey.malformed"


@pytest.mark.parametrize(
    ("text", "count"), [(b"", 1), (b"text", 1), (b"te\rxt\n", 1), (b"\xff\n", 1), (b"text\n", 0), (b"text\n", 129)]
)
def test_a_note_that_cannot_be_read_is_not_written(text: bytes, count: int) -> None:
    with pytest.raises(Fault) as caught:
        _ = note.Note(text, (note.Signature("a", 1, b"s"),) * count).raw
    assert caught.value.code == "note.malformed"


def test_a_signature_without_bytes_or_with_a_long_id_is_not_written() -> None:
    for signature in (note.Signature("a", 1, b""), note.Signature("a", 2**32, b"s"), note.Signature("a", -1, b"s")):
        with pytest.raises(Fault):
            _ = signature.line


def test_a_note_of_more_than_a_mebibyte_is_refused() -> None:
    signed = (note.Signature("a", 1, b"s"),)
    head = len(note.Note(b"\n", signed).raw)
    fits = note.Note(b"x" * (note.MOST_BYTES - head) + b"\n", signed).raw
    assert note.parse(fits).raw == fits
    with pytest.raises(Fault, match="at most"):
        note.parse(b"x" + fits)
    with pytest.raises(Fault):
        note.parse_signatures(b"x" * (note.MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, bytes(32)), ("a\nb", 1, bytes(32)), ("a\rb", 1, bytes(32)), ("\ud800", 1, bytes(32)), ("a", -1, bytes(32)),
     ("a", 2**63, bytes(32)), ("a", 1, bytes(31))],
)  # fmt: skip
def test_a_checkpoint_that_cannot_be_read_is_not_written(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(Fault) as caught:
        checkpoint.body(origin, size, root)
    assert caught.value.code == "checkpoint.malformed"


def test_a_proof_that_cannot_be_read_is_not_written() -> None:
    text = checkpoint.body("a", 1, bytes(32))
    point = checkpoint.parse(note.Note(text, (note.Signature("a", 1, b"s"),)).raw)
    for extra, index, hashes in ((b"", 0, ()), (None, -1, ()), (None, 0, (bytes(31),)), (None, 0, (bytes(32),) * 64)):
        with pytest.raises(Fault) as caught:
            _ = proof.Proof(extra, index, hashes, point).raw
        assert caught.value.code == "proof.malformed"


@given(names, st.sampled_from([note.ED25519, note.COSIGNATURE_ED25519]), roots)
def test_vkey_round_trip(name: str, algorithm: int, seed: bytes) -> None:
    key = note.make_key(name, algorithm, bytes(SigningKey(seed).verify_key))
    assert note.parse_vkey(key.vkey) == key
    assert pickle.loads(pickle.dumps(key)) == key
    digest = sha256(name.encode() + b"\n" + bytes([algorithm]) + key.public_key).digest()
    assert key.key_id == int.from_bytes(digest[:4], "big")


def test_the_same_public_key_has_another_id_for_each_type() -> None:
    public = bytes(SigningKey(bytes(32)).verify_key)
    assert note.make_key("a", 1, public).key_id != note.make_key("a", 4, public).key_id


@given(st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_path_round_trip(level: int, index: int, width: int) -> None:
    assert tiles.parse_path(tiles.tile_path(level, index, width)) == tiles.TilePath("tile", level, index, width)
    assert tiles.parse_path(tiles.entries_path(index, width)) == tiles.TilePath("entries", 0, index, width)
    assert tiles.parse_path(tiles.history_path(index, width)) == tiles.TilePath("history", 0, index, width)


@given(st.text("tileenrshoy/x0123456789.p", max_size=24))
def test_path_has_one_spelling(path: str) -> None:
    found, code = outcome(tiles.parse_path, path)
    if found is None:
        assert code == "tile.malformed"
        return
    paths = {"tile": tiles.tile_path(found.level, found.index, found.width)}
    paths |= {"entries": tiles.entries_path(found.index, found.width)}
    paths |= {"history": tiles.history_path(found.index, found.width)}
    assert paths[found.kind] == path


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (0, 0, 257)]
)
def test_no_path_for_what_is_no_tile(level: int, index: int, width: int) -> None:
    with pytest.raises(Fault) as caught:
        tiles.tile_path(level, index, width)
    assert caught.value.code == "tile.malformed"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    raw = tiles.format_bundle(entries)
    assert tiles.parse_bundle(raw) == entries
    cuts = {len(tiles.format_bundle(entries[:n])) for n in range(len(entries) + 1)}
    for stop in set(range(len(raw))) - cuts:
        with pytest.raises(Fault):
            tiles.parse_bundle(raw[:stop])


def test_the_longest_entry() -> None:
    assert tiles.parse_bundle(tiles.format_bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(Fault, match="entry 1"):
        tiles.format_bundle([b"", bytes(65_536)])


def test_tiles_of_the_specification_s_example() -> None:
    found = list(tiles.tiles_of(70_000))
    assert [tile for tile in found if tile[0] == 0] == [(0, n, 256) for n in range(273)] + [(0, 273, 112)]
    assert [tile for tile in found if tile[0] > 0] == [(1, 0, 256), (1, 1, 17), (2, 0, 1)]
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []
    assert tiles.widths(70_000, 1) == (1, 17)


@given(st.integers(0, 200_000))
def test_tiles_hold_every_hash_of_their_level(size: int) -> None:
    held: dict[int, int] = {}
    for level, index, width in tiles.tiles_of(size):
        assert index * 256 == held.get(level, 0)
        held[level] = held.get(level, 0) + width
    assert held == {level: size // 256**level for level in range(8) if size // 256**level}


def test_no_tree_is_of_negative_size() -> None:
    with pytest.raises(Fault):
        tiles.widths(-1)
    with pytest.raises(Fault):
        list(tiles.tiles_of(2**63))
