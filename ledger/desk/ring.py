"""Key rings of founding statements, written with the names of public key files in the place of ids.

In a description, each text in `signers` is a public key file whose keys the statement introduces; wherever a signer is
named (in `offices`, `root`, `revoked`), the file's name stands for the signer's id.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.desk import files
from ledger.desk import secret_keys as sk
from verifier.keys import PublicKey

_HEX = frozenset("0123456789abcdef")


def expanded(body: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The body with every key file in it read: `keys`, `signers` and ids in their places.

    `base`: the directory that the names are relative to. Raises Fault `desk.unreadable`, `key.malformed`, `key.weak`.
    """
    found = dict(body)
    signers = body.get("signers")
    if isinstance(signers, list) and any(isinstance(row, str) for row in signers):
        found.update(_introduced(body, signers, base))
    if isinstance(body.get("offices"), list):
        found["offices"] = [_office(row, base) for row in body["offices"]]
    if isinstance(body.get("root"), dict):
        found["root"] = _root(body["root"], base)
    if isinstance(body.get("revoked"), list):
        found["revoked"] = [_named(row, base) for row in body["revoked"]]
    if isinstance(body.get("parties"), list):
        found["parties"] = [_party(row, base) for row in body["parties"]]
    return found


def _introduced(body: Mapping[str, Any], signers: list[Any], base: Path) -> dict[str, Any]:
    """The members `keys` and `signers`: those written out, and those that the named files hold."""
    rows = [row for row in signers if not isinstance(row, str)]
    held: dict[str, PublicKey] = {}
    for row in signers:
        if isinstance(row, str):
            public = _read(row, base)
            held |= {key.keyid: key for key in public}
            rows.append({"id": sk.signer_id(public), "keys": [key.keyid for key in public]})
    new = [{"algorithm": key.algorithm, "public": b64encode(key.spki).decode()} for _, key in sorted(held.items())]
    written = body.get("keys") or []
    return {"signers": rows, "keys": [*written, *new] if written else new}


def _office(row: Any, base: Path) -> Any:
    if not isinstance(row, dict) or not isinstance(row.get("signers"), list):
        return row
    return {**row, "signers": [_named(one, base) for one in row["signers"]]}


def _party(row: Any, base: Path) -> Any:
    return (
        {**row, "root": _root(row["root"], base)}
        if isinstance(row, dict) and isinstance(row.get("root"), dict)
        else row
    )


def _root(row: Mapping[str, Any], base: Path) -> dict[str, Any]:
    listed = row.get("signers")
    return {**row, "signers": [_id(one, base) for one in listed]} if isinstance(listed, list) else dict(row)


def _named(row: Any, base: Path) -> Any:
    return {**row, "signer": _id(row["signer"], base)} if isinstance(row, dict) and "signer" in row else row


def _id(text: Any, base: Path) -> Any:
    if not isinstance(text, str) or (len(text) == 64 and set(text) <= _HEX):
        return text
    return sk.signer_id(_read(text, base))


def _read(name: str, base: Path) -> tuple[PublicKey, ...]:
    path = base / name
    return sk.read_public(files.read(path), where=str(path))
