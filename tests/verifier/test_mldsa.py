"""ML-DSA: Wycheproof's vectors, keys made here, and what is refused before the library is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa as library

from verifier import mldsa
from verifier.errors import Fault

VERIFY = {"ML-DSA-44": mldsa.verify44, "ML-DSA-65": mldsa.verify65}
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "mldsa" / "wycheproof.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(file["algorithm"], group["publicKey"], case, id=f"{file['algorithm']}-{case['tcId']}")
    for file in VECTORS
    for group in file["testGroups"]
    for case in group["tests"]
]
Check = Callable[[bytes, bytes, bytes], None]
MADE: list[tuple[Check, Any]] = [
    (mldsa.verify44, library.MLDSA44PrivateKey),
    (mldsa.verify65, library.MLDSA65PrivateKey),
]


@pytest.mark.parametrize(("algorithm", "key", "case"), CASES)
def test_wycheproof(algorithm: str, key: str, case: dict[str, Any]) -> None:
    arguments = bytes.fromhex(key), bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    if case["result"] == "valid" and not case.get("ctx"):
        VERIFY[algorithm](*arguments)
        return
    with pytest.raises(Fault) as caught:
        VERIFY[algorithm](*arguments)
    key_is_wrong = "IncorrectPublicKeyLength" in case["flags"]
    assert caught.value.code == ("key.malformed" if key_is_wrong else "signature.false")


def test_the_selection_holds_both_verdicts_of_both_sets() -> None:
    verdicts = {(case.values[0], case.values[2]["result"]) for case in CASES}
    assert verdicts == {(name, result) for name in VERIFY for result in ("valid", "invalid")}


@pytest.mark.parametrize(("verify", "kind"), MADE)
def test_a_signature_holds_for_its_key_and_message_alone(verify: Check, kind: Any) -> None:
    private, other = kind.generate(), kind.generate()
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"message")
    verify(key, b"message", signature)
    verify(key, b"message", private.sign(b"message"))
    refused = [
        (key, b"Message", signature),
        (key, b"", signature),
        (other.public_key().public_bytes_raw(), b"message", signature),
        (key, b"message", other.sign(b"message")),
        (key, b"message", private.sign(b"message", b"context")),
        (key, b"message", b""),
        (key, b"message", signature[:-1]),
        (key, b"message", signature + b"\x00"),
        (key, b"message", bytes([signature[0] ^ 1]) + signature[1:]),
    ]
    for arguments in refused:
        with pytest.raises(Fault) as caught:
            verify(*arguments)
        assert caught.value.code == "signature.false"
        assert caught.value.evidence == {"key": arguments[0].hex(), "signature": arguments[2].hex()}


def test_the_parameter_sets_are_not_taken_for_one_another() -> None:
    small, large = (kind.generate().public_key().public_bytes_raw() for _, kind in MADE)
    for verify, key in ((mldsa.verify44, large), (mldsa.verify65, small), (mldsa.verify44, b"")):
        with pytest.raises(Fault) as caught:
            verify(key, b"message", bytes(2420))
        assert caught.value.code == "key.malformed"


def test_a_library_without_mldsa_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        @staticmethod
        def from_public_bytes(data: bytes) -> Any:
            raise UnsupportedAlgorithm("ML-DSA-44 is not supported by this backend")

    monkeypatch.setattr(library, "MLDSA44PublicKey", Missing)
    with pytest.raises(Fault, match="has no ML-DSA-44") as caught:
        mldsa.verify44(b"\x05" * 1312, b"", bytes(2420))
    assert caught.value.code == "library.unfit"


def test_the_library_is_loaded_at_the_first_use_only() -> None:
    told = "import sys, verifier.mldsa; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
