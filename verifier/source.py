"""Where a log is read from: a directory, an http(s) URL, or a record dump. The thin edge of the verifier that does I/O.

A source can be pickled, so that worker processes read for themselves. What it returns is never believed.
"""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import Any, Protocol

from verifier.errors import Fault
from verifier.formats import tiles

MOST_RESPONSE = 64 * 2**20
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 10.0, 60.0, 3


class Source(Protocol):
    """A place that shows a log: `location` for messages, `complete`: whether it can hold tiles and a history."""

    location: str
    complete: bool

    def read(self, path: str) -> bytes:
        """The bytes at a path of C2SP tlog-tiles, or under `history/`.

        Raises Fault `source.missing` (nothing there), `source.unreachable` (the place does not answer).
        """


def open_source(location: str, *, offline: bool = False) -> Source:
    """The source that `location` names. Raises Fault `source.missing`, `source.offline` (a URL where no socket may open)."""
    if location.startswith(("http://", "https://")):
        if offline:
            raise Fault("source.offline", f"{location} needs the network, and --offline forbids it", where=location)
        return HttpSource(location)
    path = Path(location)
    if path.is_dir():
        return DirectorySource(location)
    if path.is_file():
        return DumpSource(location)
    raise Fault("source.missing", "no such directory or file", where=location)


def _read_part(source: Source, kind: str, index: int, width: int, level: int = 0) -> bytes:
    """One tile or bundle; where the partial one is gone, the full one may have taken its place (tlog-tiles, "Partial Tiles")."""

    def path(wide: int) -> str:
        if kind == "tile":
            return tiles.tile_path(level, index, wide)
        return tiles.entries_path(index, wide) if kind == "entries" else tiles.history_path(index, wide)

    try:
        return source.read(path(width))
    except Fault as fault:
        if fault.code != "source.missing" or width == tiles.WIDTH:
            raise
        try:
            return source.read(path(tiles.WIDTH))
        except Fault:
            raise fault from None


def read_entries(source: Source, kind: str, number: int, width: int) -> list[bytes]:
    """The first `width` entries of a bundle. Raises Fault `source.…`, `tile.malformed`."""
    entries = tiles.parse_bundle(_read_part(source, kind, number, width))
    if len(entries) < width or len(entries) > tiles.WIDTH:
        raise Fault(
            "tile.malformed", f"the bundle has {len(entries)} entries, {width} expected", where=f"{kind} {number}"
        )
    return entries[:width]


def read_tile(source: Source, level: int, number: int, width: int) -> list[bytes]:
    """The first `width` hashes of a Merkle tile. Raises Fault `source.…`, `tile.malformed`."""
    return split(tile_bytes(source, level, number, width))


def tile_bytes(source: Source, level: int, number: int, width: int) -> bytes:
    """The first `width` hashes of a Merkle tile, 32 bytes each, joined. Raises Fault `source.…`, `tile.malformed`."""
    raw = _read_part(source, "tile", number, width, level)
    if len(raw) % 32 or not 32 * width <= len(raw) <= 32 * tiles.WIDTH:
        raise Fault("tile.malformed", f"the tile has {len(raw)} bytes", where=tiles.tile_path(level, number, width))
    return raw[: 32 * width]


def split(hashes: bytes) -> list[bytes]:
    """Joined hashes, 32 bytes each, as a list."""
    return [hashes[at : at + 32] for at in range(0, len(hashes), 32)]


class DirectorySource:
    """A static C2SP directory, such as `detente export` writes."""

    complete = True

    def __init__(self, location: str) -> None:
        self.location = location
        self._root = os.path.realpath(location)

    def read(self, path: str) -> bytes:
        """See Source."""
        full = os.path.join(self._root, path)
        try:
            with open(full, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Fault("source.missing", "no such file", where=path) from error
        except OSError as error:
            raise Fault("source.unreachable", f"cannot be read: {error.strerror}", where=full) from error


class HttpSource:
    """A log served over HTTP. Connections are kept alive; answers are bounded; passing faults are tried again."""

    complete = True

    def __init__(self, location: str) -> None:
        self.location = location.rstrip("/")
        self._pool: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {"location": self.location, "_pool": None}

    def read(self, path: str) -> bytes:
        """See Source."""
        import urllib3

        if self._pool is None:
            retries = urllib3.Retry(total=_ATTEMPTS, backoff_factor=0.2, status_forcelist=(429, 502, 503, 504))
            limits = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
            self._pool = urllib3.PoolManager(retries=retries, timeout=limits, headers={"Accept-Encoding": "gzip"})
        url = f"{self.location}/{path}"
        try:
            answer = self._pool.request("GET", url, preload_content=False)
            body: bytes = answer.read(MOST_RESPONSE + 1, decode_content=True)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise Fault("source.unreachable", f"no answer: {error}", where=url) from error
        if answer.status in (404, 410):
            raise Fault("source.missing", f"HTTP status {answer.status}", where=url)
        if answer.status != 200 or len(body) > MOST_RESPONSE:
            raise Fault("source.unreachable", f"HTTP status {answer.status}, {len(body)} bytes", where=url)
        return body


class DumpSource:
    """A plain dump, one record a line, shown as entry bundles. It has no tiles, no checkpoint and no history."""

    complete = False

    def __init__(self, location: str) -> None:
        self.location = location
        self._starts = array("Q")
        self.size = 0
        with open(location, "rb") as file:
            offset = 0
            for line in file:
                if not line.endswith(b"\n"):
                    raise Fault("source.cut", f"line {self.size + 1} does not end in a newline", where=location)
                if self.size % tiles.WIDTH == 0:
                    self._starts.append(offset)
                offset += len(line)
                self.size += 1

    def read(self, path: str) -> bytes:
        """See Source."""
        place = tiles.parse_path(path) if path.startswith("tile/") else None
        if place is None or place.kind != "entries" or place.index >= len(self._starts):
            raise Fault("source.missing", "a record dump holds records alone", where=path)
        with open(self.location, "rb") as file:
            file.seek(self._starts[place.index])
            rows = [line for _, line in zip(range(place.width), file, strict=False)]
        if len(rows) < place.width:
            raise Fault("source.missing", "the dump ends before this record", where=path)
        return tiles.format_bundle(row[:-1] for row in rows)
