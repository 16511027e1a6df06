"""PEM files (RFC 7468) of one or more blocks, and private keys at rest: PKCS#8, encrypted under a passphrase.

The encryption is PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC: `openssl pkey` reads it. scrypt's cost stands
here because the usual writers derive the key with a few thousand rounds of PBKDF2, too few for the key of a state.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from verifier.errors import Fault
from verifier.formats import reader

ENCRYPTED, PLAIN, PUBLIC = "ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "PUBLIC KEY"
_BLOCK = re.compile(rb"^-----BEGIN ([A-Z0-9 ]{1,40})-----\n([A-Za-z0-9+/=\n]+)-----END \1-----$", re.MULTILINE)
# scrypt: 16 MiB and five passes, an eighth of a second; within the 32 MiB that OpenSSL allows a key file to ask for.
_COST, _BLOCKS, _PASSES = 2**14, 8, 5
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


class Block(NamedTuple):
    """One PEM block: its `label` ("PUBLIC KEY", …) and its DER bytes."""

    label: str
    der: bytes


def blocks(raw: bytes, *, where: str = "") -> tuple[Block, ...]:
    """The PEM blocks of a file, in order; text around them is passed over. Raises Fault `key.malformed` if there is none."""
    found = tuple(
        Block(match[1].decode(), reader.base64_bytes(match[2].replace(b"\n", b"").decode(), where=where))
        for match in _BLOCK.finditer(raw.replace(b"\r\n", b"\n"))
    )
    if not found:
        raise Fault("key.malformed", "no PEM block in it (-----BEGIN … KEY-----)", where=where)
    return found


def text(found: Sequence[Block]) -> bytes:
    """The blocks as a PEM file, 64 characters a line."""
    rows: list[str] = []
    for label, der in found:
        body = b64encode(der).decode()
        rows += [
            f"-----BEGIN {label}-----",
            *(body[i : i + 64] for i in range(0, len(body), 64)),
            f"-----END {label}-----",
        ]
    return "".join(f"{row}\n" for row in rows).encode()


def encrypt(plain: bytes, passphrase: bytes) -> Block:
    """A PKCS#8 PrivateKeyInfo (DER) as an EncryptedPrivateKeyInfo. Sources: RFC 5958 section 3, RFC 8018 6.2, RFC 7914 7."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    salt, start = secrets.token_bytes(16), secrets.token_bytes(16)
    key = hashlib.scrypt(passphrase, salt=salt, n=_COST, r=_BLOCKS, p=_PASSES, dklen=32)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(start)).encryptor()
    hidden = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    derivation = _sequence(_SCRYPT, _sequence(_octets(salt), *map(_integer, (_COST, _BLOCKS, _PASSES))))
    scheme = _sequence(_PBES2, _sequence(derivation, _sequence(_AES_256_CBC, _octets(start))))
    return Block(ENCRYPTED, _sequence(scheme, _octets(hidden)))


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _octets(raw: bytes) -> bytes:
    return _der(0x04, raw)


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _der(tag: int, body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
