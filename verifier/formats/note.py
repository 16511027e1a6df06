"""Signed notes and verifier keys: a text, then lines that each carry a key name, a key id and a signature.

Source: C2SP signed-note. This room reads and writes; what a signature says is judged in `cosignature`.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from verifier import ed25519
from verifier.errors import Fault
from verifier.formats.reader import base64_bytes, hex_bytes, plain_text, shown

ED25519 = 1
"""Signature type 0x01: Ed25519 over the text of the note."""
COSIGNATURE_ED25519 = 4
"""Signature type 0x04: timestamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature)."""
COSIGNATURE_MLDSA44 = 6
"""Signature type 0x06: timestamped ML-DSA-44 cosignature of a checkpoint (C2SP tlog-cosignature)."""

MOST_BYTES = 2**20
MOST_SIGNATURES = 128
_KEY_LENGTH = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_MLDSA44: 1312}
_LONGEST_MLDSA_NAME = 255  # its signed message counts the name's bytes in one byte
# Controls, `+`, surrogates and the characters of Unicode's White_Space property, written out so that the meaning of a
# name does not change with the Unicode tables of the Python that reads it.
_NOT_IN_NAME = re.compile("[\x00-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]")


def _require_name(name: str, code: str) -> None:
    """Refuse a key name that is empty or holds a space, a control character or a plus."""
    if not name or _NOT_IN_NAME.search(name):
        raise Fault(code, f"{shown(name)} is not a key name: it is empty or holds a space or a plus")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's `name` and `key_id` (32 bits), and the signature's bytes without the key id."""

    name: str
    key_id: int
    value: bytes

    @property
    def line(self) -> str:
        """The signature line with its newline. Raises Fault `note.malformed` if no such line can be written."""
        _require_name(self.name, "note.malformed")
        if not self.value or not 0 <= self.key_id < 2**32:
            raise Fault("note.malformed", f"the signature of {self.name} has no bytes or no 32-bit key id")
        value = binascii.b2a_base64(self.key_id.to_bytes(4, "big") + self.value, newline=False)
        return f"— {self.name} {value.decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note: `text` (UTF-8, with its final newline) and one signature or more, in their order."""

    text: bytes
    signatures: tuple[Signature, ...]

    @property
    def raw(self) -> bytes:
        """The note's bytes. Raises Fault `note.malformed` if the text or a signature cannot stand in a note."""
        return _written(self)


@lru_cache(maxsize=64)  # one checkpoint stands in the receipts of all its records
def _written(note: Note) -> bytes:
    """The note's bytes; see Note.raw."""
    plain_text(note.text, where="note", code="note.malformed")
    if not note.text.endswith(b"\n"):
        raise Fault("note.malformed", "the text of the note does not end in a newline", where="note")
    if not 1 <= len(note.signatures) <= MOST_SIGNATURES:
        raise Fault(
            "note.malformed", f"{len(note.signatures)} signatures: a note has 1 to {MOST_SIGNATURES}", where="note"
        )
    return note.text + b"\n" + "".join([signature.line for signature in note.signatures]).encode("utf-8")


def parse(raw: bytes) -> Note:
    """Read a signed note: the text up to the *last* blank line, then 1 to 128 signature lines; at most 1 MiB.

    The signatures are not verified: the text means nothing until they are. Raises Fault `note.malformed`.
    Source: C2SP signed-note, "Format".
    """
    if len(raw) > MOST_BYTES:
        raise Fault("note.malformed", f"{len(raw)} bytes: a note has at most {MOST_BYTES}", where="note")
    cut = raw.rfind(b"\n\n")
    if cut < 0:
        raise Fault("note.malformed", "no blank line parts the text from the signatures", where="note")
    note = Note(raw[: cut + 1], parse_signatures(raw[cut + 2 :]))
    if note.raw != raw:
        raise Fault("note.malformed", "the note is not in its canonical form", where="note")
    return note


def parse_signatures(raw: bytes) -> tuple[Signature, ...]:
    """Read signature lines alone, such as a witness answers: 1 to 128 of them. Raises Fault `note.malformed`.

    Source: C2SP tlog-witness, "add-checkpoint" (the response's body).
    """
    text = plain_text(raw[: MOST_BYTES + 1], where="signatures", code="note.malformed")
    if len(raw) > MOST_BYTES or not text.endswith("\n"):
        raise Fault("note.malformed", "the last signature line is cut: it has no newline", where="signatures")
    found = text[:-1].split("\n")
    if len(found) > MOST_SIGNATURES:
        raise Fault(
            "note.malformed", f"{len(found)} signatures: a note has at most {MOST_SIGNATURES}", where="signatures"
        )
    return tuple([_parse_signature(line, number) for number, line in enumerate(found, 1)])


def _parse_signature(line: str, number: int) -> Signature:
    """One signature line without its newline; `number` counts from 1 within the signatures."""
    where = f"signature {number}"
    fields = line.split(" ")
    if len(fields) != 3 or fields[0] != "—":
        raise Fault("note.malformed", f"{shown(line)} is not an em dash, a key name and a signature", where=where)
    _require_name(fields[1], "note.malformed")
    value = base64_bytes(fields[2], where=where, code="note.malformed")
    if len(value) < 5:
        raise Fault("note.malformed", f"{len(value)} bytes are no key id and signature", where=where)
    return Signature(fields[1], int.from_bytes(value[:4], "big"), value[4:])


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key with the name it signs under: `key_id` (32 bits) and `algorithm` (1, 4 or 6) as in signed-note."""

    name: str
    key_id: int
    algorithm: int
    public_key: bytes

    @property
    def vkey(self) -> str:
        """The key as a C2SP verifier key: name+id+base64."""
        material = binascii.b2a_base64(bytes([self.algorithm]) + self.public_key, newline=False)
        return f"{self.name}+{self.key_id:08x}+{material.decode('ascii')}"


def make_key(name: str, algorithm: int, public_key: bytes) -> VerifierKey:
    """The verifier key of a public key, with its computed key id.

    Raises Fault `vkey.malformed` for a name, an algorithm or a length that does not fit, `key.weak` for an Ed25519 key
    that is not a canonical encoding of a point of prime order.
    Source: C2SP signed-note, "Signatures" (key id); C2SP tlog-cosignature, "Format".
    """
    _require_name(name, "vkey.malformed")
    length = _KEY_LENGTH.get(algorithm)
    if length is None:
        raise Fault("vkey.malformed", f"the key of {name} is of type {algorithm:#04x}; 0x01, 0x04 and 0x06 are known")
    if len(public_key) != length:
        raise Fault("vkey.malformed", f"the key of {name} has {len(public_key)} bytes, its type asks for {length}")
    encoded = name.encode("utf-8")
    if algorithm == COSIGNATURE_MLDSA44:
        if len(encoded) > _LONGEST_MLDSA_NAME:
            raise Fault("vkey.malformed", f"the name {shown(name)} is too long to cosign with ML-DSA-44 (255 bytes)")
    else:
        ed25519.check_public_key(public_key)
    digest = hashlib.sha256(encoded + b"\n" + bytes([algorithm]) + public_key).digest()
    return VerifierKey(name, int.from_bytes(digest[:4], "big"), algorithm, public_key)


def parse_vkey(text: str) -> VerifierKey:
    """Read a C2SP verifier key and check its key id against its name and public key.

    Raises Fault `vkey.malformed`, or `key.weak` as `make_key` does. Source: C2SP signed-note, "Verifier keys".
    """
    fields = text.split("+", 2)
    if len(fields) != 3:
        raise Fault("vkey.malformed", f"{shown(text)} is not a verifier key: name+id+key")
    name, key_id, material = fields
    identifier = int.from_bytes(hex_bytes(key_id, length=4, where=shown(name), code="vkey.malformed"), "big")
    typed = base64_bytes(material, where=shown(name), code="vkey.malformed")
    if not typed:
        raise Fault("vkey.malformed", f"the verifier key of {shown(name)} holds no key")
    key = make_key(name, typed[0], typed[1:])
    if key.key_id != identifier:
        raise Fault("vkey.malformed", f"the verifier key of {name} says id {key_id}, its key has {key.key_id:08x}")
    return key
