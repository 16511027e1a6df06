"""The vectors of the C2SP formats, one case a file: what is read is written again as it was, the rest refused."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verifier import ed25519
from verifier.errors import Fault, kinds
from verifier.formats import checkpoint, cosignature, note, policy, proof, tiles

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = [
    path for folder in ("note", "checkpoint", "policy", "proof", "tiles") for path in (VECTORS / folder).glob("*.json")
]
Case = dict[str, Any]


def read_note(raw: bytes, case: Case) -> None:
    found = note.parse(raw)
    assert found.raw == raw
    assert len(found.signatures) == case["signatures"]
    if "key" in case:
        key = note.parse_vkey(case["key"])
        assert (key.name, key.key_id) == (found.signatures[0].name, found.signatures[0].key_id)
        ed25519.verify(key.public_key, found.text, found.signatures[0].value)


def read_signatures(raw: bytes, case: Case) -> None:
    found = note.parse_signatures(raw)
    assert "".join(signature.line for signature in found).encode() == raw
    assert len(found) == case["signatures"]


def read_vkey(raw: bytes, case: Case) -> None:
    assert note.parse_vkey(raw.decode()).vkey == raw.decode()


def read_checkpoint(raw: bytes, case: Case) -> None:
    found = checkpoint.parse(raw)
    assert found.raw == raw
    assert (found.size, len(found.extensions)) == (case["size"], case["extensions"])
    assert checkpoint.body(found.origin, found.size, found.root) == b"\n".join(found.note.text.split(b"\n")[:3]) + b"\n"


def verify_signatures(raw: bytes, case: Case) -> None:
    keys = [note.parse_vkey(text) for text in case["keys"]]
    found = cosignature.verified(checkpoint.parse(raw), keys)
    assert {key.vkey: time for key, time in found.items()} == case["signed"]


def read_policy(raw: bytes, case: Case) -> None:
    found = policy.parse(raw)
    assert found.text == raw
    assert all(found.satisfied(names) for names in case.get("satisfied", []))
    assert not any(found.satisfied(names) for names in case.get("unsatisfied", []))


def guard_policy(raw: bytes, case: Case) -> None:
    policy.parse(raw).require_intersecting()


def accept(raw: bytes, case: Case) -> None:
    found = policy.parse(case["policy"].encode()).accept(checkpoint.parse(raw), now=case["now"])
    assert [key.name for key in found.log_keys] == [checkpoint.parse(raw).origin]
    assert list(found.cosigned) == case["cosigned"]


def read_proof(raw: bytes, case: Case) -> None:
    found = proof.parse(raw)
    assert found.raw == raw
    assert (found.index, len(found.hashes)) == (case["index"], case["hashes"])


def read_path(raw: bytes, case: Case) -> None:
    found = tiles.parse_path(raw.decode())
    assert [found.kind, found.level, found.index, found.width] == case["tile"]


def read_bundle(raw: bytes, case: Case) -> None:
    found = tiles.parse_bundle(raw)
    assert [entry.hex() for entry in found] == case["entries"]
    assert tiles.format_bundle(found) == raw


CALLS: dict[str, Callable[[bytes, Case], None]] = {
    "note.parse": read_note,
    "note.parse_signatures": read_signatures,
    "note.parse_vkey": read_vkey,
    "checkpoint.parse": read_checkpoint,
    "cosignature.verified": verify_signatures,
    "policy.parse": read_policy,
    "policy.require_intersecting": guard_policy,
    "policy.accept": accept,
    "proof.parse": read_proof,
    "tiles.parse_path": read_path,
    "tiles.parse_bundle": read_bundle,
}


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector(path: Path) -> None:
    case: Case = json.loads(path.read_text(encoding="utf-8"))
    assert case["name"] == path.stem
    given = case["input"]
    raw = given["text"].encode("utf-8") if "text" in given else b64decode(given["base64"])
    if case["expected"] == "ok":
        CALLS[case["call"]](raw, case)
        return
    with pytest.raises(Fault) as caught:
        CALLS[case["call"]](raw, case)
    assert caught.value.code == case["expected"], caught.value
    assert caught.value.message
    assert caught.value.code in kinds()
    json.dumps(caught.value.to_json())


def test_every_call_is_exercised() -> None:
    assert {json.loads(path.read_text())["call"] for path in FILES} == set(CALLS)
