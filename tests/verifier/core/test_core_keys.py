"""Public keys and signers: SPKI and PEM in one form, keyids that certify, weak points refused."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.support.people import Pen
from verifier import keys
from verifier.errors import Fault
from verifier.keys import ED25519, ML_DSA_65

DER, PEM, INFO = Encoding.DER, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
LIGHT = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAVY = MLDSA65PrivateKey.from_seed_bytes(bytes(range(32)))


def refusal(der: bytes) -> str:
    with pytest.raises(Fault) as caught:
        keys.from_spki(der, where="here")
    assert caught.value.where == "here"
    return caught.value.code


@pytest.mark.parametrize(("private", "kind"), [(LIGHT, ED25519), (HEAVY, ML_DSA_65)])
def test_a_key_reads_as_the_library_writes_it(private: Ed25519PrivateKey | MLDSA65PrivateKey, kind: str) -> None:
    public = private.public_key()
    der = public.public_bytes(DER, INFO)
    key = keys.from_spki(der)
    assert (key.algorithm, key.spki, key.raw) == (kind, der, public.public_bytes_raw())
    assert key.keyid == sha256(der).hexdigest()
    assert key.pem == public.public_bytes(PEM, INFO)
    assert keys.from_pem(key.pem) == key
    key.verify(b"message", private.sign(b"message"))
    for message, signature in ((b"massage", private.sign(b"message")), (b"message", b""), (b"message", bytes(64))):
        with pytest.raises(Fault) as caught:
            key.verify(message, signature)
        assert caught.value.code == "signature.false"


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_key_reads_as_openssl_writes_it(tmp_path: Path) -> None:
    private, public, said = tmp_path / "private.pem", tmp_path / "public.pem", tmp_path / "said"
    said.write_bytes(b"message")
    run = ("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private))
    subprocess.run(run, check=True, capture_output=True)
    subprocess.run(("openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)), check=True)
    key = keys.from_pem(public.read_bytes())
    assert key.algorithm == ED25519
    assert key.pem == public.read_bytes()
    sign = ("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(private), "-in", str(said))
    key.verify(b"message", subprocess.run(sign, check=True, capture_output=True).stdout)


@pytest.mark.parametrize(
    "raw",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        b"\xed" + b"\xff" * 30 + b"\x7f",
        b"\xee" + b"\xff" * 30 + b"\x7f",
        b"\x01" + bytes(30) + b"\x80",
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        b"\x02" + bytes(31),
        b"\xff" * 32,
    ],
    ids=bytes.hex,
)
def test_a_point_that_is_not_of_prime_order_is_no_key(raw: bytes) -> None:
    assert refusal(keys.PublicKey(ED25519, raw).spki) == "key.weak"


def test_other_kinds_and_lengths_are_no_key() -> None:
    light, heavy = LIGHT.public_key().public_bytes(DER, INFO), HEAVY.public_key().public_bytes(DER, INFO)
    others = [
        X25519PrivateKey.generate().public_key().public_bytes(DER, INFO),
        MLDSA44PrivateKey.generate().public_key().public_bytes(DER, INFO),
        light[12:],
        b"",
    ]
    others += [der + b"\0" for der in (light, heavy)] + [der[:-1] for der in (light, heavy)]
    others += [light[:12] + heavy[-32:] + b"x", heavy[:22] + light[12:]]
    assert {refusal(der) for der in others} == {"key.malformed"}


@given(st.integers(0, 11), st.integers(1, 255))
def test_every_byte_of_the_prefix_counts(at: int, change: int) -> None:
    der = bytearray(LIGHT.public_key().public_bytes(DER, INFO))
    der[at] ^= change
    assert refusal(bytes(der)) == "key.malformed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda pem: pem.replace(b"PUBLIC", b"PRIVATE"), "key.malformed"),
        (lambda pem: b"\n" + pem, "key.malformed"),
        (lambda pem: pem + pem, "text.malformed"),
        (lambda pem: pem[:-1], "text.malformed"),
        (lambda pem: pem.replace(b"\n", b"\r\n"), "text.malformed"),
        (lambda pem: pem.replace(b"=\n", b"\n"), "text.malformed"),
        (lambda pem: b"\n".join(pem.split(b"\n")[:1] + pem.split(b"\n")[2:]), "key.malformed"),
        (lambda pem: b"", "key.malformed"),
        (lambda pem: b"\xff" + pem, "text.malformed"),
    ],
)
def test_pem_in_another_form_is_refused(change: object, code: str) -> None:
    pem = keys.from_spki(LIGHT.public_key().public_bytes(DER, INFO)).pem
    assert callable(change)
    with pytest.raises(Fault) as caught:
        keys.from_pem(change(pem), where="key.pem")
    assert (caught.value.code, caught.value.where) == (code, "key.pem")


def test_a_signer_s_id_certifies_its_keys() -> None:
    light, heavy = Pen("someone", hybrid=True).public
    assert keys.signer_id([light.keyid]) == light.keyid
    pair = keys.signer_id([light.keyid, heavy.keyid])
    assert pair == sha256(f'["{light.keyid}","{heavy.keyid}"]'.encode()).hexdigest()
    assert len({pair, keys.signer_id([heavy.keyid, light.keyid]), light.keyid, heavy.keyid}) == 4


def test_the_pem_of_a_weak_key_says_so() -> None:
    spki = b64encode(keys.PublicKey(ED25519, bytes(32)).spki)
    with pytest.raises(Fault) as caught:
        keys.from_pem(b"-----BEGIN PUBLIC KEY-----\n" + spki + b"\n-----END PUBLIC KEY-----\n", where="key.pem")
    assert (caught.value.code, caught.value.where) == ("key.weak", "key.pem")
