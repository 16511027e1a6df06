"""A ledger on the depositary's disk: one directory with a fixed layout, which `detente init` makes and servers take up.

ledger.json      the ledger's name (its origin) and the names of its key files
log.pem          the log's Ed25519 key, encrypted; log-ml-dsa-44.pem beside it where the log has one
log.vkey         the verifier keys of these, one a line: they go into the charter and every reader's policy
ledger.sqlite    the store: all that must never be lost
public/          the published directory; it can always be written again from the store
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.desk import files
from ledger.desk import secret_keys as sk
from ledger.desk.secret_keys import SecretKey
from ledger.store.sqlite import SqliteStore
from verifier.errors import Fault
from verifier.formats import canonical, note

SETTINGS, STORE, PUBLIC, VKEYS = "ledger.json", "ledger.sqlite", "public", "log.vkey"
_KEY_FILES = {sk.ED25519: "log.pem", sk.ML_DSA_44: "log-ml-dsa-44.pem"}
_MEMBERS = {"keys", "origin"}


@dataclass(frozen=True)
class LedgerDirectory:
    """A ledger's directory `home`, the log's `origin`, and its encrypted key files."""

    home: Path
    origin: str
    key_files: tuple[Path, ...]

    @property
    def store_path(self) -> Path:
        """The file of the store."""
        return self.home / STORE

    @property
    def public(self) -> Path:
        """The published directory."""
        return self.home / PUBLIC

    def verifier_keys(self) -> tuple[note.VerifierKey, ...]:
        """The log's public keys. Raises Fault `desk.unreadable`, `vkey.malformed`."""
        text = files.read(self.home / VKEYS).decode("utf-8", "replace")
        return tuple(note.parse_vkey(line) for line in text.split("\n") if line)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the ledger for the one process that runs it; the hold ends with the block, or with the process.

        Raises Fault `desk.held` if another process has it.
        """
        with (self.home / SETTINGS).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Fault("desk.held", "another process runs this ledger", where=str(self.home)) from error
            yield

    def open_store(self) -> SqliteStore:
        """The store, which must be there. Raises Fault `desk.ledger-directory`, `store.…`."""
        if not self.store_path.is_file():
            raise Fault("desk.ledger-directory", "the ledger's store is not there", where=str(self.store_path))
        return SqliteStore(self.store_path)


def take_up(home: Path) -> LedgerDirectory:
    """The ledger in a directory that `create` made. Raises Fault `desk.ledger-directory`."""
    path = home / SETTINGS
    try:
        value = canonical.parse(files.read(path), where=str(path))
    except Fault as fault:
        raise Fault(
            "desk.ledger-directory", f"no ledger is in this directory: {fault.message}", where=str(home)
        ) from fault
    if not isinstance(value, dict) or value.keys() != _MEMBERS or not isinstance(value["origin"], str):
        raise Fault("desk.ledger-directory", "it is to hold the ledger's origin and key files alone", where=str(path))
    names = value["keys"]
    if not isinstance(names, list) or not all(name in _KEY_FILES.values() for name in names):
        raise Fault("desk.ledger-directory", "it names key files that a ledger does not have", where=str(path))
    return LedgerDirectory(home, value["origin"], tuple(home / name for name in names))


def require_room(home: Path) -> None:
    """Check that a ledger can be made at `home`: nothing is there, or an empty directory. Raises Fault `desk.not-empty`."""
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise Fault("desk.not-empty", "something is there already", where=str(home))


def create(home: Path, origin: str, keys: Sequence[tuple[SecretKey, bytes]]) -> LedgerDirectory:
    """Make a new ledger called `origin`, with its keys (each with the bytes of its encrypted file): whole, or not at all.

    Raises Fault `desk.not-empty`, `desk.unwritable`, `key.purpose`, `log.no-ed25519-key`, `vkey.malformed`.
    """
    require_room(home)
    kinds = [key.algorithm for key, _ in keys]
    if sk.ED25519 not in kinds or len(set(kinds)) != len(kinds):
        told = "a log has one Ed25519 key, and one ML-DSA-44 key if it has a second"
        raise Fault("log.no-ed25519-key", told, where=origin)
    rows = sorted(keys, key=lambda row: row[0].algorithm != sk.ED25519)
    vkeys = "".join(f"{key.verifier_key(origin, sk.LOG).vkey}\n" for key, _ in rows)
    names = [_KEY_FILES[key.algorithm] for key, _ in rows]
    making = home.with_name(f".{home.name}.{secrets.token_hex(8)}")
    try:
        making.mkdir(mode=0o755, parents=True)
        (making / PUBLIC).mkdir()
        files.write_new(
            *((making / name, raw, files.PRIVATE) for name, (_, raw) in zip(names, rows, strict=True)),
            (making / VKEYS, vkeys.encode(), files.PUBLIC),
            (making / SETTINGS, canonical.encode({"keys": names, "origin": origin}), files.PUBLIC),
        )
        SqliteStore(making / STORE).close()
        os.rename(making, home)
    except OSError as error:
        raise Fault("desk.unwritable", f"the ledger cannot be made: {error.strerror}", where=str(home)) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return take_up(home)
