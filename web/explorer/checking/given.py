"""What came in: files and a pasted text, read into memory, bounded, and gone when the answer is.

The body is read raw and whole before any form parsing, and no part of it is ever written to a disk.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from verifier.errors import Fault
from web import bodies
from web.explorer.wording.words import _, number

MOST_BYTES = 2**20
"""Of all that is given in one request, the form around it included."""
MOST_FILES = 16
_PARTS, _PAIRS = "multipart/form-data", "application/x-www-form-urlencoded"
_TEXT = "text"


def read(request: Request) -> list[bytes]:
    """The pieces given: each file's bytes, and each pasted text's, whatever its field is called. A body that is no form is
    one piece, also one that is only said to be a form: `curl --data-binary @FILE` names every body so.

    Raises Fault `http.too-large`, `http.malformed`, and those of `bodies.read`.
    """
    raw = bodies.read(request, MOST_BYTES)
    if request.mimetype == _PARTS:
        return _of_form(request, raw)
    if request.mimetype == _PAIRS and raw.startswith(f"{_TEXT}=".encode()):
        return _of_form(request, raw)
    return [raw] if raw else []


def _of_form(request: Request, raw: bytes) -> list[bytes]:
    parser = FormDataParser(
        _in_memory,
        max_form_memory_size=MOST_BYTES,
        max_content_length=MOST_BYTES,
        max_form_parts=MOST_FILES + 4,
        silent=False,
    )
    try:
        _stream, fields, files = parser.parse(BytesIO(raw), request.mimetype, len(raw), request.mimetype_params)
    except (ValueError, HTTPException) as error:
        raise Fault("http.malformed", _("The form could not be read."), where="body") from error
    pieces = [piece for _name, file in files.items(multi=True) if (piece := file.stream.read())]
    texts = [text for _name, text in fields.items(multi=True) if text.strip()]
    require_few(len(pieces) + len(texts))
    return pieces + [pasted(text) for text in texts]


def require_few(count: int) -> None:
    """Refuse more things at a time than a check answers for. Raises Fault `http.too-large`."""
    if count > MOST_FILES:
        told = _("At most %(most)s files and texts are checked at a time.", most=number(MOST_FILES))
        raise Fault("http.too-large", told, where="body")


def pasted(text: str) -> bytes:
    """A pasted text as the bytes of a file: line feeds alone, the white space around it gone, a note's last newline back."""
    bare = text.replace("\r\n", "\n").strip()
    return (f"{bare}\n" if "\n" in bare and not bare.startswith("{") else bare).encode("utf-8", "surrogatepass")


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> IO[bytes]:
    """Where werkzeug puts a file: never on a disk."""
    del total_content_length, content_type, filename, content_length
    return BytesIO()
