"""The files that a certificate carries, read back by name: from its bytes, which may come from anybody.

A PDF that typst made says for each file, in plain objects, its name and the object that holds it (ISO 32000-2, 7.11.3 and
7.11.4). Only these are looked at: no page, no cross-reference table, no reference is followed from one object to a third,
so the work is bounded by the length. A file that was saved again by another program may hide them in compressed objects:
then nothing is found, which says nothing of the document.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from verifier.errors import Fault
from web.explorer.wording.words import _

MAGIC = b"%PDF-"
MOST_BYTES = 2**21
"""Of the whole PDF."""
MOST_FILES = 16
MOST_FILE_BYTES = 2**20
"""Of one file when it is unpacked."""
_MOST_DICTIONARY = 2_000
_SPECIFIED = re.compile(rb"/Type ?/Filespec(?![A-Za-z])")
_NAMED = re.compile(rb"/UF ?\(([^()\\\0\r\n]{1,100})\)")
_HELD = re.compile(rb"/EF ?<< ?/F (\d{1,9}) 0 R")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names that may become a file's name as they are: no path, nothing invisible."""
_LENGTH = re.compile(rb"/Length (\d{1,9})(?! \d+ R)")


def attached(pdf: bytes) -> dict[str, bytes]:
    """The files attached to a PDF: name -> bytes, in the order of their names' first appearance; empty if there are none.

    Raises Fault `http.too-large` (over 2 MiB, over 16 files, a file over 1 MiB) and `http.malformed` (no PDF; a name that is
    no plain file name; one name twice; a file that is named and is not there, or does not unpack, or not end where it says).
    `evidence` tells which.
    """
    if not pdf.startswith(MAGIC):
        raise _broken("pdf", "it does not begin as a PDF does")
    if len(pdf) > MOST_BYTES:
        raise _too_large("pdf", len(pdf))
    found: dict[str, bytes] = {}
    for name, place in _specified(pdf):
        if name in found:
            raise _broken(name, "two attached files have one name")
        found[name] = _file(pdf, name, place)
    return found


def _specified(pdf: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, number of the object) of each file that the PDF names."""
    for count, match in enumerate(_SPECIFIED.finditer(pdf)):
        if count == MOST_FILES:
            raise _too_large("pdf", count + 1)
        dictionary = pdf[match.start() : match.start() + _MOST_DICTIONARY].partition(b"endobj")[0]
        name, place = _NAMED.search(dictionary), _HELD.search(dictionary)
        if name is None or place is None or not _NAME.fullmatch(name[1].decode("latin-1")):
            raise _broken("pdf", "an attached file has no plain file name, or no bytes")
        yield name[1].decode("latin-1"), place[1]


def _file(pdf: bytes, name: str, place: bytes) -> bytes:
    at = pdf.find(b"\n" + place + b" 0 obj")
    begin = pdf.find(b"stream", at, at + _MOST_DICTIONARY) if at >= 0 else -1
    dictionary = pdf[at:begin] if begin >= 0 else b""
    if b"/EmbeddedFile" not in dictionary or b"endobj" in dictionary:
        raise _broken(name, "it is named, and is not there")
    start = begin + (8 if pdf[begin + 6 : begin + 8] == b"\r\n" else 7)
    if b"/FlateDecode" in dictionary:
        return _unpacked(pdf, name, start)
    declared = _LENGTH.search(dictionary)
    size = int(declared[1]) if declared else -1  # the pattern let only ASCII digits through
    if size > MOST_FILE_BYTES:
        raise _too_large(name, MOST_FILE_BYTES + 1)
    if size < 0 or not pdf.startswith((b"endstream", b"\nendstream", b"\r\nendstream"), start + size):
        raise _broken(name, "it does not end where it says")
    return pdf[start : start + size]


def _unpacked(pdf: bytes, name: str, start: int) -> bytes:
    end = pdf.find(b"endstream", start)
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(pdf[start : end if end >= 0 else start], MOST_FILE_BYTES + 1)
    except zlib.error as error:
        raise _broken(name, "it does not unpack") from error
    if len(raw) > MOST_FILE_BYTES:
        raise _too_large(name, MOST_FILE_BYTES + 1)
    if not unpacking.eof:
        raise _broken(name, "it does not unpack")
    return raw


def _broken(where: str, why: str) -> Fault:
    return Fault(
        "http.malformed", _("The attached files of this PDF cannot be read."), where=where, evidence={"why": why}
    )


def _too_large(where: str, size: int) -> Fault:
    return Fault(
        "http.too-large", _("This PDF holds more than a certificate does."), where=where, evidence={"size": size}
    )
