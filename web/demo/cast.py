"""Who speaks in the demonstration: participants, log and witnesses, with keys that follow from the seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey

from ledger.desk import charters, descriptions, files
from ledger.desk import secret_keys as sk
from ledger.desk.secret_keys import SecretKey
from ledger.signer import Cosigner, LogSigner, cosigner
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import times
from web.demo.home import Home

PASSPHRASE = b"these keys protect nothing"
ROOT = "root"
_ALGORITHMS = {
    "ed25519": (sk.ED25519,),
    "hybrid": (sk.ED25519, sk.ML_DSA_65),
    "ml-dsa-44": (sk.ML_DSA_44,),
}


@dataclass
class Cast:
    """The participants of cast.yaml. `start`: the story's first moment (seconds, UTC), from which office keys are valid."""

    seed: str
    start: int
    source: Mapping[str, Any] = field(default_factory=lambda: descriptions.read(Path(__file__).with_name("cast.yaml")))

    # Who there is.

    @property
    def ledger(self) -> str:
        """The ledger's name, the log's origin."""
        return str(self.source["ledger"])

    @property
    def parties(self) -> Mapping[str, Any]:
        """Participants by code, as cast.yaml writes them."""
        found: Mapping[str, Any] = self.source["parties"]
        return found

    def party(self, code: str) -> Mapping[str, Any]:
        """One participant. Raises Fault `demo.story`."""
        if code not in self.parties:
            raise Fault("demo.story", f"the cast has no participant {code}", where="cast.yaml")
        found: Mapping[str, Any] = self.parties[code]
        return found

    def holders(self, code: str, office: str) -> tuple[str, ...]:
        """The names of the keys that sign for an office at the story's beginning: of root as many as must."""
        found = self.party(code)
        if office == ROOT:
            return tuple(found["root"]["keys"][: found["root"]["threshold"]])
        if office not in found["offices"]:
            raise Fault("demo.story", f"{code} has no office {office}", where="cast.yaml")
        return tuple(found["offices"][office])

    def types(self, code: str, office: str) -> list[str]:
        """What an office may issue: all that the matrix grants it and its kind of participant may issue at all."""
        rows = {row["office"]: row["types"] for row in charters.matrix(self.source["matrix"])}
        known, kind = vocabulary.load().types, self.party(code)["kind"]
        return [name for name in rows[office] if kind in known[name].roles]

    # Keys.

    def secret(self, name: str) -> bytes:
        """32 bytes that follow from the seed and a name."""
        return sha256(f"{self.seed}\n{name}".encode()).digest()

    def keys(self, code: str) -> Iterator[str]:
        """The names of a participant's keys: root, offices, and those that come into use later."""
        found = self.party(code)
        yield from found["root"]["keys"]
        for holders in found["offices"].values():
            yield from holders
        yield from found["spare"]

    def witness_keys(self) -> Iterator[tuple[str, str, str]]:
        """(witness, algorithm, file name without ending) of every witness key."""
        for number, row in enumerate(self.source["witnesses"], 1):
            for algorithm in row["keys"]:
                yield row["name"], algorithm, f"witness-{number}-{algorithm}"

    @cached_property
    def log_signer(self) -> LogSigner:
        """The log's key, ready to sign."""
        return LogSigner(self.ledger, Ed25519PrivateKey.from_private_bytes(self.secret("log")))

    def cosigners(self, witness: str) -> list[Cosigner]:
        """A witness's keys, ready to sign."""
        found = []
        for name, algorithm, stem in self.witness_keys():
            private = self._secret_keys(stem, algorithm)[0].private
            assert not isinstance(private, MLDSA65PrivateKey)
            if name == witness:
                found.append(cosigner(name, private))
        return found

    def write_keys(self, home: Home) -> None:
        """Write everybody's keys, encrypted, with their public halves beside them. Takes some seconds of key stretching."""
        rows: list[tuple[Path, tuple[SecretKey, ...], bytes, str]] = []
        for code, party in self.parties.items():
            (home.keys / code).mkdir()
            for name in self.keys(code):
                found = self._secret_keys(f"{code}/{name}", party["keys"])
                rows.append((home.keys / code / name, found, sk.public_file(found), ".pub.pem"))
        for witness, algorithm, stem in self.witness_keys():
            found = self._secret_keys(stem, algorithm)
            shown = f"{found[0].verifier_key(witness, sk.WITNESS).vkey}\n"
            rows.append((home.keys / stem, found, shown.encode(), ".vkey"))
        log = self._secret_keys("log", "ed25519")
        rows.append((home.keys / "log", log, f"{log[0].verifier_key(self.ledger, sk.LOG).vkey}\n".encode(), ".vkey"))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda row: _write_key(*row), rows))
        files.write_new((home.passphrase, PASSPHRASE + b"\n", files.PRIVATE))

    def _secret_keys(self, name: str, kind: str) -> tuple[SecretKey, ...]:
        return tuple(SecretKey(algorithm, self._private(name, algorithm)) for algorithm in _ALGORITHMS[kind])

    def _private(self, name: str, algorithm: str) -> Ed25519PrivateKey | MLDSA44PrivateKey | MLDSA65PrivateKey:
        if algorithm == sk.ED25519:
            return Ed25519PrivateKey.from_private_bytes(self.secret(name))
        kind = MLDSA44PrivateKey if algorithm == sk.ML_DSA_44 else MLDSA65PrivateKey
        return kind.from_seed_bytes(self.secret(f"{name} {algorithm}"))

    # As a charter and an accession write it: keys by the names of their public files.

    def registry(self, home: Home) -> list[dict[str, Any]]:
        """The charter's parties."""
        return [
            {
                "code": code,
                "kind": row["kind"],
                "names": dict(row["names"]),
                "root": {
                    "signers": [public_key(home, code, name) for name in row["root"]["keys"]],
                    "threshold": row["root"]["threshold"],
                },
            }
            for code, row in sorted(self.parties.items())
        ]

    def witnesses(self, home: Home) -> list[dict[str, Any]]:
        """The charter's witnesses."""
        rows: dict[str, list[str]] = {}
        for name, _, stem in self.witness_keys():
            rows.setdefault(name, []).append(str((home.keys / f"{stem}.vkey").resolve()))
        return [{"name": name, "keys": keys} for name, keys in rows.items()]

    def ring(self, home: Home, code: str) -> list[str]:
        """The signers that a participant brings at its accession: all but those that come into use later."""
        return [public_key(home, code, name) for name in self.keys(code) if name not in self.party(code)["spare"]]

    def office(self, home: Home, code: str, office: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """An office's entry in a key ring, with these keys."""
        term = {
            "not_before": times.format_utc(self.start),
            "not_after": times.format_utc(self.start + times.parse_duration(self.source["validity"])),
        }
        return {
            "office": office,
            "types": self.types(code, office),
            "threshold": 1,
            "signers": [{"signer": public_key(home, code, name), **term} for name in keys],
        }


def secret_key(home: Home, code: str, name: str) -> Path:
    """The encrypted file of a participant's key."""
    return home.keys / code / f"{name}.pem"


def public_key(home: Home, code: str, name: str) -> str:
    """The public file of a participant's key, as a description names it. Raises Fault `demo.story`."""
    path = home.keys / code / f"{name}.pub.pem"
    if not path.is_file():
        raise Fault("demo.story", f"{code} has no key {name}", where="cast.yaml")
    return str(path.resolve())


def _write_key(stem: Path, found: tuple[SecretKey, ...], shown: bytes, ending: str) -> None:
    sealed = sk.seal(found, PASSPHRASE, where=stem.name)
    files.write_new(
        (stem.with_name(f"{stem.name}.pem"), sealed, files.PRIVATE),
        (stem.with_name(f"{stem.name}{ending}"), shown, files.PUBLIC),
    )
