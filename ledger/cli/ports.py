"""What a command needs from outside: the time, the passphrases, the screen. Everything else is a file or an argument."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ledger.desk import files
from ledger.desk.marks import plain
from verifier.errors import Fault
from verifier.formats import canonical

if TYPE_CHECKING:
    from ledger.desk.secret_keys import SecretKey

MOST_PASSPHRASE = 4096


def system_clock() -> int:
    """The system's time, in whole seconds since the epoch (UTC)."""
    return int(time.time())


def ask_passphrase(name: str, new: bool) -> bytes:
    """Ask for the passphrase of the key called `name` at the terminal, unseen; twice for a `new` one."""
    told = f"Passphrase for {name}"
    return str(click.prompt(told, hide_input=True, confirmation_prompt=new, err=True)).encode()


@dataclass
class Ports:
    """The ports of one run. A test or a demonstration gives its own; the defaults are the system's.

    `clock`: seconds since the epoch (UTC). `passphrase`: (name of the key, whether it is new) -> the passphrase.
    `out`, `err`: where results and everything else are written (None: the process's own). `opened`: a memory of opened
    keys by (file bytes, passphrase), for a process that signs often; None, the default, opens a key anew each time.
    """

    clock: Callable[[], int] = system_clock
    passphrase: Callable[[str, bool], bytes] = ask_passphrase
    out: IO[str] | None = None
    err: IO[str] | None = None
    opened: dict[tuple[bytes, bytes], tuple[SecretKey, ...]] | None = field(default=None, repr=False)

    def say(self, text: str = "") -> None:
        """Write a line of the result. Hidden characters are made visible."""
        click.echo("\n".join(plain(line) for line in text.split("\n")), file=self.out)

    def tell(self, text: str) -> None:
        """Write a line that is not the result: progress, a warning, a question's context."""
        click.echo("\n".join(plain(line) for line in text.split("\n")), file=self.err, err=True)

    def show_json(self, value: Any) -> None:
        """Write a result as one line of canonical JSON."""
        click.echo(canonical.encode(value).decode(), file=self.out)

    def write_raw(self, raw: bytes) -> None:
        """Write bytes of the result as they are (UTF-8), without a newline of their own."""
        if self.out is None:
            sys.stdout.buffer.write(raw)
        else:
            self.out.write(raw.decode())

    def passphrase_of(self, name: str, source: Path | None, *, new: bool = False) -> bytes:
        """The passphrase of a key: the only line of `source`, or asked for. Raises Fault `key.passphrase-file`."""
        if source is None:
            return self.passphrase(name, new)
        found = files.read(source, most=MOST_PASSPHRASE).removesuffix(b"\n").removesuffix(b"\r")
        if not found or b"\n" in found:
            raise Fault("key.passphrase-file", "a passphrase file holds one line, the passphrase", where=str(source))
        return found

    def open_key(self, path: Path, source: Path | None) -> tuple[SecretKey, ...]:
        """The key, or the hybrid pair, in an encrypted file. Faults: those of `open_sealed` and `passphrase_of`."""
        from ledger.desk.secret_keys import is_encrypted, open_sealed

        raw = files.read(path)
        found = self.passphrase_of(str(path), source) if is_encrypted(raw, where=str(path)) else b""
        if self.opened is None:
            return open_sealed(raw, found, where=str(path))
        if (raw, found) not in self.opened:
            self.opened[raw, found] = open_sealed(raw, found, where=str(path))
        return self.opened[raw, found]


def ports() -> Ports:
    """The ports of the command that is running."""
    found: Ports = click.get_current_context().find_root().obj
    return found
