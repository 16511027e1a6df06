"""The last judgement, kept beside an audit's state by the digest of its inputs: the same question costs nothing twice.

The file is the canonical report with a line before it: the digest of what it was judged by, and that of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from verifier.formats import canonical
from verifier.places import replace_file

Obligations = list[dict[str, Any]]


def cached(path: Path | None, asked: Mapping[str, Any], judged: Callable[[], Obligations]) -> Obligations:
    """The obligations for what is `asked` (canonical members): those in the file at `path` if it holds them, else `judged`,
    which are then kept there. A file that is cut, edited or of another question is judged anew."""
    if path is None:
        return judged()
    question = sha256(canonical.encode(dict(asked))).hexdigest()
    found = _read(path, question)
    if found is None:
        found = judged()
        body = canonical.encode(found)
        replace_file(path, f"{question} {sha256(body).hexdigest()}\n".encode() + body)
    return found


def _read(path: Path, question: str) -> Obligations | None:
    if not path.is_file():
        return None
    head, _, body = path.read_bytes().partition(b"\n")
    if head != f"{question} {sha256(body).hexdigest()}".encode():
        return None
    found: Obligations = canonical.parse(body)
    return found
