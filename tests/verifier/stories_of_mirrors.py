"""Stories of somebody between the log and the reader. He changes files, and has no key."""

from __future__ import annotations

from functools import partial

from tests.support.people import NotePen
from tests.support.scenes import Scene, Story, links, other_letter, story
from tests.support.simulated_log import ORIGIN, START, SimulatedLog, put, write_files
from verifier import record
from verifier.exits import Exit
from verifier.formats import checkpoint, note, tiles
from verifier.formats.envelope import Envelope

STORIES: list[Story] = []
told = partial(story, STORIES)


@told(Exit.BREACH, ("tile.leaf", 300), ("record.previous", 301), ("tree.root", None), ("signature.false", 300),
       follows="statement.gap")  # fmt: skip
def one_byte_of_a_statement_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(1)
    one = record.parse(rows[44])
    payload = one.envelope.payload.replace(b"Drill", b"Brill", 1)
    rows[44] = record.build(Envelope(payload, one.envelope.signatures), **links(one))
    put(path, tiles.format_bundle(rows))


@told(Exit.BREACH, ("tile.leaf", 300), ("record.previous", 301), ("tree.root", None), ("json.malformed", 300),
       follows="statement.gap")  # fmt: skip
def one_byte_of_a_record_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(1)
    rows[44] = b"[" + rows[44][1:]
    put(path, tiles.format_bundle(rows))


@told(Exit.BREACH, ("tile.leaf", 255), ("record.previous", 256), ("tree.root", None), ("record.history", 255))
def a_record_commits_to_another_history_in_the_file(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(0)
    one = record.parse(rows[255])
    rows[255] = record.build(one.envelope, **{**links(one), "head": "ab" * 32})
    put(path, tiles.format_bundle(rows))


@told(Exit.BREACH, ("tile.leaf", 290), ("tile.leaf", 511))
def two_bytes_of_a_tile_are_changed(scene: Scene) -> None:
    scene.write()
    scene.flip("tile/0/001", 34 * 32 + 5)
    scene.flip("tile/0/001", 255 * 32)


@told(Exit.BREACH, ("tile.node", None))
def one_byte_of_an_upper_tile_is_changed(scene: Scene) -> None:
    scene.write()
    scene.flip("tile/1/000.p/2", 33)


@told(Exit.BREACH, ("tile.unreadable", None))
def a_tile_is_cut(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "tile/0/001", (scene.directory / "tile/0/001").read_bytes()[:-1])


@told(Exit.BREACH, ("entries.unreadable", 256), follows="statement.gap")
def a_bundle_is_cut(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "tile/entries/001", (scene.directory / "tile/entries/001").read_bytes()[:-7])


@told(Exit.BREACH, ("entries.unreadable", 256), follows="statement.gap")
def a_bundle_is_withheld(scene: Scene) -> None:
    scene.write()
    (scene.directory / "tile/entries/001").unlink()


@told(Exit.NETWORK, ("audit.stopped", 256))
def a_bundle_and_its_tile_are_withheld(scene: Scene) -> None:
    scene.write()
    (scene.directory / "tile/entries/001").unlink()
    (scene.directory / "tile/0/001").unlink()


@told(Exit.BREACH, ("record.previous", 300), ("audit.stopped", 512), follows="statement.gap")
def a_record_is_dropped_from_the_files(scene: Scene) -> None:
    rows = scene.log.records
    write_files(scene.directory, [*rows[:300], *rows[301:]], scene.log.history)


@told(Exit.BREACH, ("record.previous", 300), ("record.previous", 301), ("record.previous", 302), ("tree.root", None),
       ("statement.gap", 300), follows="statement.gap history.root")  # fmt: skip
def two_records_are_swapped_in_the_files(scene: Scene) -> None:
    rows = list(scene.log.records)
    rows[300], rows[301] = rows[301], rows[300]
    write_files(scene.directory, rows, scene.log.history)


@told(Exit.BREACH, ("record.previous", 301), ("tree.root", None), ("statement.logged", 300), follows="history.root")
def a_record_is_inserted_into_the_files(scene: Scene) -> None:
    log = scene.log.copy()
    log.records = log.records[:300]
    again = log.chained(record.parse(log.records[299]))
    write_files(scene.directory, [*log.records, again, *scene.log.records[300:-1]], scene.log.history)


@told(Exit.BAD_SIGNATURE, ("tree.root", None))
def one_byte_of_the_checkpoint_s_root_is_changed(scene: Scene) -> None:
    scene.write()
    raw = (scene.directory / "checkpoint").read_bytes()
    put(scene.directory / "checkpoint", other_letter(raw, len(ORIGIN) + 8))


@told(Exit.BAD_SIGNATURE)
def one_byte_of_the_log_s_signature_is_changed(scene: Scene) -> None:
    scene.write()
    raw = (scene.directory / "checkpoint").read_bytes()
    put(scene.directory / "checkpoint", other_letter(raw, raw.index("— ".encode()) + len(ORIGIN) + 30))


@told(Exit.QUORUM_UNMET)
def two_cosignatures_are_stripped(scene: Scene) -> None:
    scene.write()
    lines = (scene.directory / "checkpoint").read_bytes().split(b"\n")
    put(scene.directory / "checkpoint", b"\n".join([*lines[:-3], b""]))


@told(Exit.BREACH, ("history.signature", None), ("record.history", 4 + 64), follows="history.root")
def one_byte_of_a_history_entry_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(0, "history")
    rows[2] = other_letter(rows[2], len(ORIGIN) + 8)
    put(path, tiles.format_bundle(rows))


@told(Exit.BREACH, ("record.history", 101 + 64), ("undated", None), follows="history.missing")
def the_history_is_truncated(scene: Scene) -> None:
    scene.write()
    _, rows = scene.bundle(0, "history")
    put(scene.directory / tiles.history_path(0, 4), tiles.format_bundle(rows[:4]))
    put(scene.directory / "history/size", b"4\n")


@told(Exit.BREACH, ("history.unreadable", None), ("undated", None))
def the_history_s_size_says_more_than_there_is(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "history/size", b"99\n")


@told(Exit.BREACH, ("history.unreadable", None), ("undated", None))
def the_history_s_size_is_no_number(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "history/size", "١٢\n".encode())


@told(Exit.BREACH, ("history.entry", None), ("record.history", 4 + 64))
def a_view_of_another_log_is_slipped_into_the_history(scene: Scene) -> None:
    """The same witnesses cosigned it, an hour before: that dates nothing here, and makes no witness a liar."""
    other = SimulatedLog(origin="another.example/ledger", clock=START - 3600)
    other.found()
    other.announce("XA")
    history = scene.log.history
    write_files(scene.directory, scene.log.records, [*history[:2], other.checkpoint(), *history[2:]])


@told(Exit.BREACH, ("history.entry", None), ("history.signature", None), ("record.history", 4 + 64),
       follows="history.root")  # fmt: skip
def an_unsigned_view_is_slipped_into_the_history(scene: Scene) -> None:
    """It contradicts a signed one, and convicts nobody: no log signed it."""
    stranger = NotePen(ORIGIN, note.ED25519, "a stranger")
    text = checkpoint.body(ORIGIN, 4, b"x" * 32)
    forged = note.Note(text, (stranger.signature(text, ORIGIN, 4, b"x" * 32, 0),)).raw
    huge = checkpoint.body(ORIGIN, 10**12, b"y" * 32)
    bad = note.Note(huge, (stranger.signature(huge, ORIGIN, 10**12, b"y" * 32, 0),)).raw
    history = scene.log.history
    write_files(scene.directory, scene.log.records, [*history[:2], forged, bad, *history[2:]])
