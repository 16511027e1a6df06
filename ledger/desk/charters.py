"""Drafting a charter: from a description that names key files and says only what differs from the usual.

What a description leaves out is filled in: terms, matrix and rules from `charter_defaults.json`, the policy from the
witnesses and how many of them must cosign, keys and ids from the key files. `charter_example.txt` is a whole one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ledger.desk import files, ring
from ledger.desk.findings import NOTE, WARNING, Finding
from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import note
from verifier.statement import Statement

_VKEY = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+\S+")
_QUORUM = "witnesses"
MOST_VKEY = 4096


def example() -> str:
    """A whole description in YAML, with remarks."""
    return Path(__file__).with_name("charter_example.txt").read_text(encoding="utf-8")


@cache
def defaults() -> Mapping[str, Any]:
    """The usual `matrix`, `terms` and `rules`."""
    found: Mapping[str, Any] = json.loads(Path(__file__).with_name("charter_defaults.json").read_bytes())
    return found


def members(description: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The statement's members that a charter's description gives; key files are looked for in `base`.

    Raises Fault `desk.description` for what cannot be a charter, and the faults of reading key files.
    """
    found = {name: value for name, value in description.items() if name != "body"}
    body = _body(description["body"], base)
    depositary = _depositary(body)
    found |= {"type": "charter", "office": "root", "sequence": 0, "previous": None, "body": body}
    found.setdefault("party", depositary["code"])
    found.setdefault("signers", list(depositary["root"]["signers"]))
    found.setdefault("ledger", note.parse_vkey(body["log_keys"][0]).name)
    return found


def _body(written: Mapping[str, Any], base: Path) -> dict[str, Any]:
    body = dict(ring.expanded(written, base))
    _require_shape(body)
    body["log_keys"] = [_vkey(text, base) for text in body["log_keys"]]
    body["witnesses"] = [{**row, "keys": [_vkey(text, base) for text in row["keys"]]} for row in body["witnesses"]]
    quorum = body.pop("quorum", len(body["witnesses"]) // 2 + 1)
    if "policy" not in body:
        body["policy"] = policy_text(body["log_keys"], body["witnesses"], quorum)
    held = vocabulary.load()
    body.setdefault("vocabulary", {"version": held.version, "digest": held.digest})
    body["matrix"] = matrix(body.get("matrix", defaults()["matrix"]))
    states = sum(row.get("kind") == "state" for row in body["parties"])
    body["terms"] = {**defaults()["terms"], "amendment_adherents": max(states, 1), **body.get("terms", {})}
    body.setdefault("rules", list(defaults()["rules"]))
    return body


def _require_shape(body: Mapping[str, Any]) -> None:
    """Check what must be there before anything can be filled in; the vocabulary judges the rest."""
    for name in ("parties", "log_keys", "witnesses"):
        if not isinstance(body.get(name), list) or not body[name]:
            raise Fault("desk.description", f"a charter lists its {name.replace('_', ' ')}", where=f"/body/{name}")
    for n, row in enumerate(body["parties"]):
        if not isinstance(row, dict):
            raise Fault("desk.description", "a party is an object", where=f"/body/parties/{n}")
    for n, row in enumerate(body["witnesses"]):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not isinstance(row.get("keys"), list):
            raise Fault("desk.description", "a witness has a name and a list of keys", where=f"/body/witnesses/{n}")
    if not isinstance(body.get("terms", {}), dict):
        raise Fault("desk.description", "the terms are an object: names with values", where="/body/terms")


def policy_text(log_keys: Sequence[str], witnesses: Sequence[Mapping[str, Any]], quorum: int) -> str:
    """A policy in C2SP tlog-policy form: `quorum` of the witnesses, a witness of two keys being a group `any` of the two."""
    rows = [f"log {text}" for text in log_keys]
    names: list[str] = []
    for row in witnesses:
        parts = [f"{row['name']}-{n + 1}" for n in range(len(row["keys"]))] if len(row["keys"]) > 1 else [row["name"]]
        rows += [f"witness {name} {text}" for name, text in zip(parts, row["keys"], strict=True)]
        if len(parts) > 1:
            rows.append(f"group {row['name']} any {' '.join(parts)}")
        names.append(row["name"])
    rows += [f"group {_QUORUM} {quorum} {' '.join(names)}", f"quorum {_QUORUM}"]
    return "".join(f"{row}\n" for row in rows)


def matrix(written: Any) -> list[dict[str, Any]]:
    """The matrix with whole families of types written out. A type that is named beside them comes in addition."""
    types = vocabulary.load().types
    if not isinstance(written, list):
        raise Fault("desk.description", "the matrix is a list of offices", where="/body/matrix")
    rows = []
    for n, row in enumerate(written):
        lists = [row.get("types"), row.get("families", [])] if isinstance(row, dict) and "office" in row else [None]
        if not all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in lists):
            told = "a row of the matrix is an office with lists of types and families"
            raise Fault("desk.description", told, where=f"/body/matrix/{n}")
        families = row.get("families", ())
        named = {name for name, kind in types.items() if kind.family in families}
        rows.append({"office": row["office"], "types": sorted(named | set(row["types"]))})
    return rows


def _vkey(text: Any, base: Path) -> str:
    """A verifier key, written out or in a file of that name."""
    if not isinstance(text, str):
        raise Fault("desk.description", f"{text!r} is neither a verifier key nor the name of its file", where="/body")
    if _VKEY.fullmatch(text):
        return text
    path = base / text
    return files.read(path, most=MOST_VKEY).decode("utf-8", "replace").strip()


def _depositary(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [row for row in body["parties"] if row.get("kind") == "depositary"]
    root = found[0].get("root") if len(found) == 1 else None
    if not isinstance(root, dict) or not isinstance(root.get("signers"), list) or "code" not in found[0]:
        told = "a charter has exactly one depositary among its parties, with its code and its root's signers"
        raise Fault("desk.description", told, where="/body/parties")
    depositary: Mapping[str, Any] = found[0]
    return depositary


def remarks(said: Statement) -> list[Finding]:
    """What a depositary may want to think of again before a charter is signed for years."""
    found: list[Finding] = []
    for n, row in enumerate(said.body["parties"]):
        count, needed = len(row["root"]["signers"]), row["root"]["threshold"]
        where = f"/body/parties/{n}/root"
        if count == needed:
            told = f"{row['code']} needs all of its {count} root signers: one lost key, and its root can never speak again."
            found.append(Finding("charter.root-lost", WARNING, where, told))
        if needed == 1:
            told = f"One root signer alone can speak for {row['code']}: one stolen key is enough."
            found.append(Finding("charter.root-alone", NOTE, where, told))
    if len(said.body["witnesses"]) < 3:
        told = "With fewer than three witnesses, one that is out of order stops the ledger, or one that lies is enough."
        found.append(Finding("charter.witnesses-few", WARNING, "/body/witnesses", told))
    return found
