"""The published log: a directory that any static server can serve, as C2SP tlog-tiles describes it.

    checkpoint                 the newest checkpoint that met the quorum; replaced last
    tile/<level>/…             Merkle tiles          tile/entries/…   the records, 256 a bundle
    history/…, history/size    every checkpoint with its cosignatures, in the same bundles
    attachments/<sha256>       attachments, where available

A file appears whole or not at all: it is written aside and renamed. Full tiles and bundles are on disk for good before
they appear; what changes with every checkpoint is not waited for, because `restore` writes it again from the store.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Lock
from time import monotonic

from ledger.store import Store
from ledger.tree import Tree
from verifier.formats.tiles import WIDTH, entries_path, format_bundle, history_path, tile_path, widths

LINGER = 600.0
"""The history grows by an entry a checkpoint, and its growing bundle is written anew each time: what nobody can still be
fetching goes, or a heartbeat a day would fill a disk."""
_RESTORED = 16
"""Widths of the history's growing bundle that a start brings back, for readers who began before it."""
_ASIDE = ".incoming"
Write = Callable[[str, bytes], None]
Read = Callable[[int, int], Iterable[bytes]]


class Publisher:
    """Writes the directory. All methods may be called from any thread; they take turns."""

    def __init__(self, directory: Path, *, linger: float = LINGER) -> None:
        """Publish into `directory`, which is made when first needed. `restore` comes before anything else.

        `linger`: seconds that an outgrown partial bundle of the history stays for readers who began before.
        """
        self.directory = directory
        self._linger = linger
        self._outgrown: deque[tuple[float, str]] = deque()
        self._turn = Lock()
        self._number = count()
        self._size = 0
        self._records = _Bundles(entries_path)
        self._history = _Bundles(history_path)
        self._swept: dict[str, int] = {}

    def restore(self, store: Store, tree: Tree, size: int) -> None:
        """Take up the directory as it was left, or begin it: write what the store holds of `size` records and it lacks.

        A full tile or bundle that is there is whole. Others may have been cut with the machine's power: one of another
        length is written again.
        """
        with self._turn:
            shutil.rmtree(self.directory / _ASIDE, ignore_errors=True)
            known = store.history().count
            self._restore_bundles(self._history, known, store.entries, range(known - _RESTORED, known + 1))
            self._write("history/size", b"%d\n" % known)
            self._restore_tiles(tree, size)
            self._size = size
            self._restore_bundles(self._records, size, store.records, store.sizes_after(size - size % WIDTH))

    def records(self, raws: Iterable[bytes]) -> None:
        """Take records that are durable in the store, to be published with the next `tiles`."""
        with self._turn:
            self._records.add(raws)

    def tiles(self, tree: Tree, size: int) -> None:
        """Publish the tiles and bundles of the tree of `size` records. OSError if the directory cannot be written.

        History entries that could not be written before come first: records refer to them.
        """
        with self._turn:
            self._flush_history()
            for level, number, width in _new_tiles(self._size, size):
                self._write(tile_path(level, number, width), tree.tile(level, number).first(width))
            self._records.flush(size, self._write)
            self._size = size

    def history(self, notes: Iterable[bytes]) -> None:
        """Publish history entries that are durable in the store. OSError if the directory cannot be written."""
        with self._turn:
            self._history.add(notes)
            self._flush_history()

    def checkpoint(self, raw: bytes, size: int) -> None:
        """Replace the checkpoint by one of `size` records whose tiles and history are published.

        Partial tiles that it no longer needs go, save those of the newest full tile of each level: a reader who holds
        the checkpoint before may still be fetching them.
        """
        with self._turn:
            self._write("checkpoint", raw)
            level = 0
            while size >> (8 * level):
                self._sweep(partial(tile_path, level), size >> (8 * level + 8))
                level += 1
            self._sweep(entries_path, size // WIDTH)
            self._sweep(history_path, self._history.published // WIDTH)
            while self._outgrown and monotonic() - self._outgrown[0][0] > self._linger:
                (self.directory / self._outgrown.popleft()[1]).unlink(missing_ok=True)

    def attachment(self, content: bytes) -> str:
        """Publish an attachment, durably; its name is the hex SHA-256 of its bytes, which is returned."""
        digest = sha256(content).hexdigest()
        with self._turn:
            self._write(f"attachments/{digest}", content, durable=True)
            # The store does not hold attachments: the name must survive a power cut as well as the bytes.
            folder = os.open(self.directory / "attachments", os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return digest

    def _flush_history(self) -> None:
        before = self._history.published
        self._history.flush(self._history.known, self._write)
        if self._history.published != before:
            self._write("history/size", b"%d\n" % self._history.published)
            if before % WIDTH:
                self._outgrown.append((monotonic(), history_path(before // WIDTH, before % WIDTH)))

    def _restore_tiles(self, tree: Tree, size: int) -> None:
        """Every tile of the tree; of the growing ones all widths that a checkpoint may have needed."""
        level = 0
        while size >> (8 * level):
            full, growing = widths(size, level)
            for number in range(full):
                if self._length(tile_path(level, number)) < 0:
                    self._write(tile_path(level, number), tree.tile(level, number).first(WIDTH))
            for width in range(1, growing + 1):
                self._replenish(tile_path(level, full, width), tree.tile(level, full).first(width))
            level += 1

    def _restore_bundles(self, bundles: _Bundles, size: int, read: Read, sizes: Iterable[int]) -> None:
        """The bundles of `size` entries, and the partial ones of those of `sizes` that lie within the growing one."""
        for number in range(size // WIDTH):
            path = bundles.path(number, WIDTH)
            if self._length(path) < 0:
                self._write(path, format_bundle(read(number * WIDTH, (number + 1) * WIDTH)))
        start = size - size % WIDTH
        entries = list(read(start, size))
        bundles.resume(start, entries)
        for reached in sizes:
            width = reached - start
            if 0 < width <= size - start:
                self._replenish(bundles.path(start // WIDTH, width), format_bundle(entries[:width]))

    def _replenish(self, path: str, content: bytes) -> None:
        """Write a file unless it is there in full length."""
        if self._length(path) != len(content):
            self._write(path, content)

    def _length(self, path: str) -> int:
        """The length of a published file in bytes, -1 if it is not there."""
        try:
            return (self.directory / path).stat().st_size
        except FileNotFoundError:
            return -1

    def _write(self, path: str, content: bytes, *, durable: bool | None = None) -> None:
        """Let a file appear, whole. Full tiles and bundles are durable unless said otherwise."""
        aside = self.directory / _ASIDE / f"{os.getpid()}-{next(self._number)}"
        target = self.directory / path
        try:
            file = aside.open("xb")
        except FileNotFoundError:
            aside.parent.mkdir(parents=True, exist_ok=True)
            file = aside.open("xb")
        with file:
            file.write(content)
            file.flush()
            if _is_full(path) if durable is None else durable:
                os.fsync(file.fileno())
        try:
            aside.rename(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(target)

    def _sweep(self, path: Callable[[int], str], full: int) -> None:
        """Remove the partial files of all but the newest of `full` full tiles."""
        name = path(0)
        start = self._swept.get(name, max(0, full - 3))
        for number in range(start, full - 1):
            shutil.rmtree(self.directory / f"{path(number)}.p", ignore_errors=True)
        self._swept[name] = max(start, full - 1)


class _Bundles:
    """Entries on their way into bundles of 256: those of the growing bundle and those not published yet."""

    def __init__(self, path: Callable[[int, int], str]) -> None:
        self.path = path
        self._start = 0
        self._entries: list[bytes] = []
        self.published = 0

    @property
    def known(self) -> int:
        """How many entries there are, published or not."""
        return self._start + len(self._entries)

    def add(self, entries: Iterable[bytes]) -> None:
        """Take further entries."""
        self._entries.extend(entries)

    def flush(self, upto: int, write: Write) -> None:
        """Write the bundles of the first `upto` entries that are not published. ValueError if they are not known yet."""
        if upto > self.known:
            raise ValueError(f"{upto} entries are to be published, {self.known} are known")
        while self.published < upto:
            width = min(upto - self._start, WIDTH)
            write(self.path(self._start // WIDTH, width), format_bundle(self._entries[:width]))
            self.published = self._start + width
            if width == WIDTH:
                self._start += WIDTH
                del self._entries[:WIDTH]

    def resume(self, start: int, entries: list[bytes]) -> None:
        """Go on after what is published: `entries` are those of the growing bundle, which begins at `start`."""
        self._start, self._entries = start, entries
        self.published = self.known


def _is_full(path: str) -> bool:
    """Whether a path names a full tile or bundle, which is never written again."""
    return path.startswith(("tile/", "history/")) and ".p/" not in path and path != "history/size"


def _new_tiles(old: int, new: int) -> Iterator[tuple[int, int, int]]:
    """The Merkle tiles (level, number, width) that a tree of `new` leaves has and one of `old` leaves had not."""
    level = 0
    while new >> (8 * level):
        full, growing = widths(new, level)
        had, had_growing = widths(old, level)
        for number in range(had, full):
            yield level, number, WIDTH
        if growing and (full, growing) != (had, had_growing):
            yield level, full, growing
        level += 1
