"""Signing: a statement gathers the signatures of its signers, one official after another, on machines without a network.

While some are missing, the signatures stand in a partial file, which is no envelope: it also carries the public keys, so
that each official's desk checks, from the file alone, what the others have signed. Source: docs/FORMAT.md, "Signers".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from ledger.desk.secret_keys import ED25519, ML_DSA_65, SecretKey
from verifier import keys, statement
from verifier.errors import Fault
from verifier.formats import canonical, reader
from verifier.formats import envelope as dsse
from verifier.formats.envelope import Envelope
from verifier.keys import PublicKey
from verifier.statement import Statement

_MEMBERS = {"keys", "payload", "payloadType", "signatures"}


@dataclass(frozen=True)
class Partial:
    """A statement and the signatures it has so far. `signatures`: keyid -> (public key, signature)."""

    said: Statement
    signatures: dict[str, tuple[PublicKey, bytes]]

    @property
    def signed(self) -> tuple[str, ...]:
        """The ids of the statement's signers that have signed, sorted."""
        made = _signers(key for key, _ in self.signatures.values())
        return tuple(sorted(made.keys() & set(self.said.signers)))

    @property
    def missing(self) -> tuple[str, ...]:
        """The ids of the statement's signers that have not signed, sorted."""
        return tuple(sorted(set(self.said.signers) - set(self.signed)))

    @property
    def raw(self) -> bytes:
        """The partial file's canonical bytes."""
        rows = sorted(self.signatures.items())
        return canonical.encode(
            {
                "keys": [b64encode(key.spki).decode() for _, (key, _) in rows],
                "payload": b64encode(self.said.payload).decode(),
                "payloadType": dsse.PAYLOAD_TYPE,
                "signatures": [{"keyid": keyid, "sig": b64encode(sig).decode()} for keyid, (_, sig) in rows],
            }
        )

    def envelope(self) -> Envelope:
        """The complete envelope. Only for a partial from which nobody is `missing`."""
        assert not self.missing
        return Envelope(self.said.payload, tuple((keyid, sig) for keyid, (_, sig) in sorted(self.signatures.items())))


def read(raw: bytes, *, where: str = "") -> Partial:
    """A draft (no signature yet) or a partial file, every signature in it checked.

    Raises Fault `json.…`, `statement.malformed`, `sign.partial-malformed`, `signature.false`.
    """
    value = canonical.parse(raw, where=where)
    if not isinstance(value, dict) or "payload" not in value:
        return Partial(statement.parse(raw), {})
    if value.keys() != _MEMBERS:
        told = "not a partial file; a complete envelope needs no further signature"
        raise Fault("sign.partial-malformed", told, where=where)
    return _partial(value, where)


def _partial(value: dict[str, Any], where: str) -> Partial:
    envelope = dsse.read({name: value[name] for name in _MEMBERS - {"keys"}})
    if not isinstance(value["keys"], list) or not all(isinstance(row, str) for row in value["keys"]):
        raise Fault("sign.partial-malformed", "`keys` is a list of public keys in base64", where=where)
    found = [keys.from_spki(reader.base64_bytes(row, where=f"{where} /keys"), where=where) for row in value["keys"]]
    if [key.keyid for key in found] != [keyid for keyid, _ in envelope.signatures]:
        raise Fault("sign.partial-malformed", "`keys` are not those of the signatures, in their order", where=where)
    message = dsse.pae(envelope.payload)
    for key, (_, signature) in zip(found, envelope.signatures, strict=True):
        key.verify(message, signature)
    pairs = zip(found, envelope.signatures, strict=True)
    partial = Partial(statement.parse(envelope.payload), {key.keyid: (key, sig) for key, (_, sig) in pairs})
    used = sum(1 if found in partial.signatures else 2 for found in partial.signed)
    if used != len(partial.signatures):
        raise Fault("sign.partial-malformed", "it holds a signature of nobody whom the statement names", where=where)
    return partial


def add(partial: Partial, given: Sequence[SecretKey]) -> Partial:
    """Sign with every key given; all of them must make up signers whom the statement names, and a pair signs whole.

    A signer that has signed already is left as he is. Raises Fault `sign.not-a-signer`.
    """
    held = {key.public.keyid: key for key in given}
    ours = _signers(key.public for key in given)
    wanted = {found: parts for found, parts in ours.items() if found in partial.said.signers}
    stranger = held.keys() - {keyid for parts in wanted.values() for keyid in parts}
    if stranger:
        told = (
            f"the key {min(stranger)} belongs to no signer whom the statement names: {', '.join(partial.said.signers)}"
        )
        raise Fault("sign.not-a-signer", told, evidence={"keyid": min(stranger)})
    message = dsse.pae(partial.said.payload)
    new: dict[str, tuple[PublicKey, bytes]] = {}
    for found, parts in wanted.items():
        if found not in partial.signed:
            new |= {keyid: (held[keyid].public, held[keyid].sign(message)) for keyid in parts}
    for key, signature in new.values():
        key.verify(message, signature)
    return replace(partial, signatures={**partial.signatures, **new})


def _signers(found: Iterable[PublicKey]) -> dict[str, tuple[str, ...]]:
    """Every signer that these keys can make: id -> its keyids."""
    pool = list(found)
    singles = {key.keyid: (key.keyid,) for key in pool if key.algorithm == ED25519}
    others = [key.keyid for key in pool if key.algorithm == ML_DSA_65]
    pairs = {keys.signer_id(pair): pair for pair in product(singles, others)}
    return {**singles, **pairs}
