"""Files of the desk: whole or not at all, and never over something that cannot be made again.

A file is written under a passing name in its own directory, flushed to the disk, and only then given its name.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from verifier.errors import Fault

MOST = 1 << 20
"""The longest file that the desk reads, in bytes, unless told otherwise."""

PRIVATE, PUBLIC = 0o600, 0o644


def read(path: Path, *, most: int = MOST) -> bytes:
    """The bytes of a file. Raises Fault `desk.unreadable` (missing, a directory, no permission), `desk.too-long`."""
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise Fault("desk.unreadable", f"the file cannot be read: {error.strerror}", where=str(path)) from error
    if len(raw) > most:
        raise Fault("desk.too-long", f"the file has more than {most} bytes", where=str(path))
    return raw


def write_new(*files: tuple[Path, bytes, int]) -> None:
    """Write (path, bytes, mode) each as a new file: all of them or none.

    Raises Fault `desk.exists` if one of the names is taken, `desk.unwritable`.
    """
    require_free(*(path for path, _, _ in files))
    made: list[Path] = []
    try:
        for path, raw, mode in files:
            _create(path, raw, mode)
            made.append(path)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def require_free(*paths: Path) -> None:
    """Check, before any work is done, that none of the names is taken. Raises Fault `desk.exists`."""
    for path in paths:
        if path.exists() or path.is_symlink():
            raise _taken(path)


def replace(path: Path, raw: bytes, *, mode: int = PUBLIC) -> None:
    """Write a file, in place of an older one if there is one. Raises Fault `desk.unwritable`."""
    with _told(path), _passing(path, raw, mode) as passing:
        os.replace(passing, path)
        _settle(path.parent)


def _create(path: Path, raw: bytes, mode: int) -> None:
    with _told(path), _passing(path, raw, mode) as passing:
        try:
            os.link(passing, path)
        except FileExistsError:
            raise
        except OSError:
            _create_in_place(path, raw, mode)  # a memory stick's file system has no links
        _settle(path.parent)


def _create_in_place(path: Path, raw: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        _fill(descriptor, raw, mode)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _passing(path: Path, raw: bytes, mode: int) -> Iterator[Path]:
    """The bytes on the disk under a passing name beside `path`; whatever is left under that name goes afterwards."""
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        _fill(descriptor, raw, mode)
        yield passing
    finally:
        passing.unlink(missing_ok=True)


def _fill(descriptor: int, raw: bytes, mode: int) -> None:
    with os.fdopen(descriptor, "wb") as file:
        with contextlib.suppress(OSError):  # a memory stick's file system has no modes
            os.fchmod(descriptor, mode)
        file.write(raw)
        file.flush()
        os.fsync(descriptor)


def _settle(directory: Path) -> None:
    """Make the new name durable, where the system lets a directory be flushed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise Fault("desk.unwritable", f"the file cannot be written: {error.strerror}", where=str(path)) from error


def _taken(path: Path) -> Fault:
    return Fault("desk.exists", "there is a file of that name already, and it is not overwritten", where=str(path))
