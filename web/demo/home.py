"""The directory of a demonstration: what lies where, and the file that says whose it is and whether it is whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ledger.desk import files
from verifier.errors import Fault
from verifier.formats import canonical

_README = Path(__file__).with_name("readme.txt")
_MEMBERS = {"made", "seed", "start"}


@dataclass(frozen=True)
class Settings:
    """What a demonstration follows from: the `seed` of its keys, and its first moment, `start` (seconds, UTC)."""

    seed: str
    start: int


@dataclass(frozen=True)
class Home:
    """A demonstration's directory `at`."""

    at: Path

    @property
    def keys(self) -> Path:
        """Encrypted secret keys and public keys, one directory a participant; `log.pem` and the witnesses' beside them."""
        return self.at / "keys"

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase of all keys."""
        return self.keys / "passphrase"

    @property
    def ledger(self) -> Path:
        """The ledger's own directory, as `detente init` makes it."""
        return self.at / "ledger"

    @property
    def witnesses(self) -> Path:
        """The witnesses' states."""
        return self.at / "witnesses"

    @property
    def desks(self) -> Path:
        """Every statement as it was drafted and signed, one directory a participant."""
        return self.at / "desks"

    @property
    def receipts(self) -> Path:
        """One <id>.envelope.json and one <id>.tlog-proof a statement."""
        return self.at / "receipts"

    @property
    def policy(self) -> Path:
        """A reader's trust policy, in C2SP tlog-policy form."""
        return self.at / "policy"

    @property
    def charter(self) -> Path:
        """The charter's digest: 64 hex digits and a newline."""
        return self.at / "charter.sha256"

    @property
    def log_key(self) -> Path:
        """The log's verifier key."""
        return self.at / "log.vkey"

    @property
    def story(self) -> Path:
        """Which act of the story became which statement: canonical JSON."""
        return self.at / "story.json"

    @property
    def export(self) -> Path:
        """The static C2SP directory."""
        return self.at / "export"

    @property
    def hostile(self) -> Path:
        """What a hostile operator shows to somebody else, and the evidence that convicts him."""
        return self.at / "hostile"

    @property
    def explorer(self) -> Path:
        """The explorer's audited copy."""
        return self.at / "explorer"

    @property
    def _settings(self) -> Path:
        return self.at / "demo.json"

    def read(self) -> Settings | None:
        """The settings of the demonstration that lies here; None if the directory is missing or empty.

        Raises Fault `demo.not-empty` if something else is here, `demo.unfinished` if its making was cut off.
        """
        if not self.at.exists() or (self.at.is_dir() and not any(self.at.iterdir())):
            return None
        if not self._settings.is_file():
            raise Fault("demo.not-empty", "something else is there already", where=str(self.at))
        try:
            value = canonical.parse(files.read(self._settings), where=str(self._settings))
        except Fault as fault:
            raise Fault("demo.not-empty", fault.message, where=str(self._settings)) from fault
        if not isinstance(value, dict) or value.keys() != _MEMBERS or not isinstance(value["start"], int):
            raise Fault("demo.not-empty", "its settings are not a demonstration's", where=str(self._settings))
        if value["made"] is not True:
            raise Fault("demo.unfinished", "the making of the demonstration was cut off", where=str(self.at))
        return Settings(str(value["seed"]), value["start"])

    def begin(self, settings: Settings) -> None:
        """Mark the directory as ours, before anything is put into it."""
        for path in (self.at, self.keys, self.witnesses, self.desks):
            path.mkdir(parents=True, exist_ok=True)
        self._write(settings, made=False)

    def finish(self, settings: Settings) -> None:
        """Mark the demonstration as whole."""
        files.replace(self.at / "README.txt", _README.read_bytes())
        self._write(settings, made=True)

    def clear(self) -> None:
        """Take away what an interrupted making left; the directory was empty when it began."""
        for path in self.at.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _write(self, settings: Settings, *, made: bool) -> None:
        value = {"made": made, "seed": settings.seed, "start": settings.start}
        files.replace(self._settings, canonical.encode(value))
