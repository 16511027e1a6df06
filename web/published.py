"""The log as anybody reads it: the published C2SP directory over HTTP, with the media types and caching it asks for.

Nothing is computed here. A path is one that `verifier.formats.tiles` reads, or it is not found: so no path leads out of
the directory. Full and partial tiles never change and are cached for ever; the checkpoint and the history's size move
on. Falling back from a partial tile to the full one is the reader's. Source: C2SP tlog-tiles.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Final

from flask import Flask, Response, request

from verifier.errors import Fault
from verifier.formats import reader, tiles
from web import headers

TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
_COMPRESSION = 5
_SHORTEST_COMPRESSED = 512


class Published:
    """The read paths over `directory`, whose files a publisher writes: each whole, and never changed once there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def install(self, app: Flask) -> None:
        """Add the paths to `app`: checkpoint, tile/…, history/…, attachments/…; GET and HEAD."""
        app.add_url_rule("/checkpoint", "checkpoint", self.checkpoint)
        app.add_url_rule("/tile/<path:rest>", "tile", self.tile)
        app.add_url_rule("/history/size", "history_size", self.history_size)
        app.add_url_rule("/history/<path:rest>", "history", self.history)
        app.add_url_rule("/attachments/<digest>", "attachment", self.attachment)

    def checkpoint(self) -> Response:
        """The latest published checkpoint; a cache asks again each time, and mostly hears that nothing changed."""
        return self._answer("checkpoint", TEXT, headers.REVALIDATE)

    def tile(self, rest: str) -> Response:
        """A Merkle tile, or a bundle of entries (compressed where the reader takes gzip)."""
        found = _parsed(f"tile/{rest}")
        return self._answer(f"tile/{rest}", BYTES, headers.FOREVER, compress=found.kind == "entries")

    def history(self, rest: str) -> Response:
        """A bundle of the checkpoint history."""
        _parsed(f"history/{rest}")
        return self._answer(f"history/{rest}", BYTES, headers.FOREVER, compress=True)

    def history_size(self) -> Response:
        """How many entries the checkpoint history has."""
        return self._answer("history/size", TEXT, headers.NEVER)

    def attachment(self, digest: str) -> Response:
        """The bytes whose SHA-256 this is, where the log has them. A browser never runs or shows them in the page."""
        try:
            reader.hex_bytes(digest)
        except Fault as fault:
            raise Fault("http.not-found", f"no attachment has this name: {fault.message}", where="path") from fault
        found = self._answer(f"attachments/{digest}", BYTES, headers.FOREVER)
        found.headers["Content-Disposition"] = f'attachment; filename="{digest}"'
        return found

    def read(self, path: str) -> bytes:
        """The bytes of a published file. Raises Fault `http.not-found`."""
        try:
            return (self.directory / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Fault("http.not-found", "the log has published nothing under this path", where=path) from error

    def _answer(self, path: str, content_type: str, cache: str, *, compress: bool = False) -> Response:
        raw = self.read(path)
        tag = hashlib.sha256(raw).hexdigest()
        packed = compress and len(raw) >= _SHORTEST_COMPRESSED and request.accept_encodings["gzip"] > 0
        if packed:
            tag += "-gzip"
        matched = request.if_none_match.contains(tag)
        # The time in a gzip header would give one file many spellings.
        body = b"" if matched else gzip.compress(raw, _COMPRESSION, mtime=0) if packed else raw
        found = Response(body, content_type=content_type, headers={"Cache-Control": cache, **headers.OPEN})
        found.set_etag(tag)
        if compress:
            found.headers["Vary"] = "Accept-Encoding"
        if packed:
            found.headers["Content-Encoding"] = "gzip"
        if matched:
            found.status_code = 304
            del found.headers["Content-Type"]
        return found


def _parsed(path: str) -> tiles.TilePath:
    try:
        return tiles.parse_path(path)
    except Fault as fault:
        raise Fault("http.not-found", fault.message, where="path") from fault
