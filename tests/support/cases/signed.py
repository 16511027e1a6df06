"""Envelopes, their signatures, keys and signers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tests.support.cases import Case, Verdict, b64, case, given
from tests.support.people import Pen
from tests.support.stored import StoredPen

DSSE, KEYS = "FORMAT.md, Envelope", "FORMAT.md, Keys and signers"
TYPE = "application/vnd.detente.statement+json"
PAYLOAD = b'{"said":"so"}'
MALFORMED = "envelope.malformed"
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
ML_DSA_65_PREFIX = bytes.fromhex("308207b2300b0609608648016503040312038207a100")


def row(keyid: str = "0a" * 32, sig: bytes = b"sig") -> dict[str, Any]:
    return {"keyid": keyid, "sig": b64(sig)}


def text(signatures: Any, payload: str = b64(PAYLOAD), kind: str = TYPE, **more: Any) -> bytes:
    """An envelope's canonical bytes: all names and values are ASCII, so the standard library writes them."""
    value = {"payload": payload, "payloadType": kind, "signatures": signatures, **more}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def envelopes() -> Iterator[tuple[str, Case]]:
    first, second = row("0a" * 32), row("0b" * 32)
    at = "/signatures/0"
    rows: dict[str, tuple[bytes, Verdict]] = {
        "one-signature": (text([first]), None),
        "two-signatures": (text([first, second]), None),
        "sixteen-signatures": (text([row(f"{n:064x}") for n in range(16)]), None),
        "payload-empty": (text([first], payload=""), None),
        "signature-empty": (text([row(sig=b"")]), None),
        "no-signature": (text([]), (MALFORMED, "/signatures")),
        "seventeen-signatures": (text([row(f"{n:064x}") for n in range(17)]), (MALFORMED, "/signatures")),
        "signatures-unsorted": (text([second, first]), (MALFORMED, "/signatures")),
        "signatures-twice": (text([first, first]), (MALFORMED, "/signatures")),
        "signatures-one-key-twice": (text([first, {**first, "sig": b64(b"x")}]), (MALFORMED, "/signatures")),
        "signatures-an-object": (text({"0": first}), (MALFORMED, "/signatures")),
        "signature-a-text": (text(["sig"]), (MALFORMED, at)),
        "signature-without-keyid": (text([{"sig": "c2ln"}]), (MALFORMED, at)),
        "signature-with-more": (text([{**first, "cert": ""}]), (MALFORMED, at)),
        "keyid-upper-case": (text([row("0A" * 32)]), (MALFORMED, f"{at}/keyid")),
        "keyid-short": (text([row("0a")]), (MALFORMED, f"{at}/keyid")),
        "sig-url-alphabet": (text([{**first, "sig": "__8="}]), (MALFORMED, f"{at}/sig")),
        "sig-no-padding": (text([{**first, "sig": "c2lnbg"}]), (MALFORMED, f"{at}/sig")),
        "sig-stray-bits": (text([{**first, "sig": "c2lnbh=="}]), (MALFORMED, f"{at}/sig")),
        "payload-line-end": (text([first], payload=b64(PAYLOAD) + "\n"), (MALFORMED, "/payload")),
        "payload-stray-bits": (text([first], payload="c2lnbh=="), (MALFORMED, "/payload")),
        "payload-type-other": (text([first], kind="application/vnd.in-toto+json"), (MALFORMED, "/payloadType")),
        "payload-type-parameter": (text([first], kind=TYPE + ";v=1"), (MALFORMED, "/payloadType")),
        "member-unknown": (text([first], note=""), (MALFORMED, "")),
        "member-missing": (b'{"payload":"","signatures":[]}', (MALFORMED, "")),
        "a-list": (b"[]", (MALFORMED, "")),
        "white-space": (text([first]).replace(b",", b", "), ("json.uncanonical", None)),
        "cut": (text([first])[:-1], ("json.malformed", None)),
    }
    for name, (raw, verdict) in rows.items():
        gives = {"gives": sha256(PAYLOAD if b'"payload":""' not in raw else b"").hexdigest()} if verdict is None else {}
        yield case("envelope", "envelope", name, DSSE, verdict, input=given(raw), **gives)


def signatures() -> Iterator[tuple[str, Case]]:
    pen, pair, other = Pen("vector"), StoredPen("vector pair"), Pen("vector other")
    single, both = dict(pen.sign(PAYLOAD)), dict(pair.sign(PAYLOAD))
    heavy = pair.public[1].keyid
    known = [b64(key.spki) for one in (pen, pair) for key in one.public]
    bare = {keyid: pen.private[0].sign(PAYLOAD) for keyid in single}
    typed = {keyid: pen.private[0].sign(b"DSSEv1 16 application/json 13 " + PAYLOAD) for keyid in single}
    (keyid,) = single
    malleable = single[keyid][:32] + _plus_order(single[keyid][32:])
    rows: dict[str, tuple[dict[str, bytes], list[str], str | None]] = {
        "ed25519": (single, [], None),
        "pair": (both, [], None),
        "key-not-given": ({**single, **dict(other.sign(PAYLOAD))}, [other.public[0].keyid], None),
        "ed25519-over-the-bare-payload": (bare, [], keyid),
        "ed25519-over-another-type": (typed, [], keyid),
        "ed25519-of-another-key": ({keyid: other.sign(PAYLOAD)[0][1]}, [], keyid),
        "ed25519-cut": ({keyid: single[keyid][:-1]}, [], keyid),
        "ed25519-s-plus-order": ({keyid: malleable}, [], keyid),
        "pair-altered": ({**both, heavy: both[heavy][:-1] + bytes([both[heavy][-1] ^ 1])}, [], heavy),
        "pair-cut": ({**both, heavy: both[heavy][:-1]}, [], heavy),
        "pair-empty": ({**both, heavy: b""}, [], heavy),
    }
    for name, (signed, unverified, false) in rows.items():
        raw = text([row(one, sig) for one, sig in sorted(signed.items())])
        verdict: Verdict = None if false is None else ("signature.false", f"keyid {false}")
        members: dict[str, Any] = {"keys": known, "input": given(raw)}
        gives = {"gives": unverified} if false is None else {}
        yield case("envelope", "signatures", f"signed-{name}", DSSE, verdict, **members, **gives)


def _plus_order(scalar: bytes) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493
    return (int.from_bytes(scalar, "little") + order).to_bytes(32, "little")


def keys() -> Iterator[tuple[str, Case]]:
    light, heavy = StoredPen("vector pair").public
    spki = light.spki
    y = bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
    rows: dict[str, tuple[bytes, str | None]] = {
        "ed25519": (spki, None),
        "ml-dsa-65": (heavy.spki, None),
        "ed25519-short": (spki[:-1], "key.malformed"),
        "ed25519-long": (spki + b"\0", "key.malformed"),
        "ed25519-prefix-other": (spki[:8] + b"\x6f" + spki[9:], "key.malformed"),
        "ed25519-long-form-length": (b"\x30\x81\x2a" + spki[2:], "key.malformed"),
        "ed25519-bare": (light.raw, "key.malformed"),
        "x25519": (bytes.fromhex("302a300506032b656e032100") + light.raw, "key.malformed"),
        "ed25519-identity": (ED25519_PREFIX + b"\1" + bytes(31), "key.weak"),
        "ed25519-order-2": (ED25519_PREFIX + y, "key.weak"),
        "ed25519-order-4": (ED25519_PREFIX + bytes(32), "key.weak"),
        "ed25519-not-canonical": (ED25519_PREFIX + b"\xee" + b"\xff" * 30 + b"\x7f", "key.weak"),
        "ed25519-not-on-the-curve": (ED25519_PREFIX + b"\2" + bytes(31), "key.weak"),
        "ml-dsa-65-short": (heavy.spki[:-1], "key.malformed"),
        "ml-dsa-44-prefix": (ML_DSA_65_PREFIX.replace(b"\x03\x12\x03", b"\x03\x11\x03") + heavy.raw, "key.malformed"),
        "empty": (b"", "key.malformed"),
    }
    for name, (der, code) in rows.items():
        verdict: Verdict = None if code is None else (code, None)
        gives = {"gives": sha256(der).hexdigest()} if code is None else {}
        yield case("keys", "spki", f"spki-{name}", KEYS, verdict, input={"base64": b64(der)}, **gives)
    one, two = light.keyid, heavy.keyid
    pair = sha256(f'["{one}","{two}"]'.encode()).hexdigest()
    yield case("keys", "signer", "signer-of-one-key", KEYS, None, keyids=[one], gives=one)
    yield case("keys", "signer", "signer-of-a-pair", KEYS, None, keyids=[one, two], gives=pair)


def cases() -> Iterator[tuple[str, Case]]:
    yield from envelopes()
    yield from signatures()
    yield from keys()
