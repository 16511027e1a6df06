"""The files that a PDF carries: its embedded file streams, plain or deflated (ISO 32000-2, section 7.11.4).

A certificate carries its receipt and its envelope so. They are found by their own dictionaries, and nothing else in the file
is read: no page, no script, no cross-reference, so nothing in it can make a reader go round in circles. An encrypted PDF
holds nothing that can be found.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import islice

MAGIC = b"%PDF-"
MOST_FILES = 16
_MOST_TRIED = 64
"""Streams that are looked at: one that turns out too long costs as much as one that is taken."""
MOST_BYTES = 2**20
"""Of one file when it is unpacked. A longer one is left out: nothing that is checked here is as long."""
_LENGTH = re.compile(rb"/Length (\d{1,9})(?! \d+ R)")


def embedded(raw: bytes) -> list[bytes]:
    """The bytes of each embedded file, at most 16 of at most 1 MiB, among the first 64."""
    found: list[bytes] = []
    for dictionary, stream in islice(_streams(raw), _MOST_TRIED):
        file = _unpacked(stream) if b"/FlateDecode" in dictionary else _plain(dictionary, stream)
        if file is not None:
            found.append(file)
        if len(found) == MOST_FILES:
            break
    return found


def _streams(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(dictionary, stream) of every embedded file; the stream may end in what follows it."""
    at = 0
    while (mark := raw.find(b"/EmbeddedFile", at)) >= 0:
        at = mark + 1
        if raw[mark + 13 : mark + 14].isalpha():
            continue  # /EmbeddedFiles, the name tree
        first = raw.rfind(b" obj", max(0, mark - 2000), mark)
        begin = raw.find(b"stream", mark, mark + 2000)
        if first < 0 or begin < 0 or b"endobj" in raw[first:begin]:
            continue
        start = begin + (8 if raw[begin + 6 : begin + 8] == b"\r\n" else 7)
        end = raw.find(b"endstream", start)
        if end < 0:
            return
        yield raw[first:begin], raw[start:end]
        at = end


def _plain(dictionary: bytes, stream: bytes) -> bytes | None:
    """A stream that is not packed, by its declared length where that is a number, else without the line end behind it."""
    declared = _LENGTH.search(dictionary)
    if declared and len(declared[1]) < 8:
        stream = stream[: int(declared[1])]  # the pattern let only ASCII digits through
    elif stream.endswith((b"\n", b"\r")):
        stream = stream[:-1].removesuffix(b"\r")
    return stream if len(stream) <= MOST_BYTES else None


def _unpacked(stream: bytes) -> bytes | None:
    """A packed stream, unpacked no further than the bound; None if it is longer, or no such stream."""
    try:
        unpacking = zlib.decompressobj()
        file = unpacking.decompress(stream, MOST_BYTES + 1)
    except zlib.error:
        return None
    return file if unpacking.eof and len(file) <= MOST_BYTES else None
