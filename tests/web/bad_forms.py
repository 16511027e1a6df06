"""Bodies that are not one envelope, or hold no statement: (story, how it is made, status, code)."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from tests.support.people import Pen
from tests.web.stage import DSSE, LINES, OTHER, Sent, Stage
from verifier.formats import canonical

Row = tuple[str, Callable[[Stage], Sent], int, str]
FALSE = b64encode(bytes(64)).decode()


def _body(story: str, make: Callable[[bytes], bytes], code: str, status: int = 400, **headers: str) -> Row:
    """The bytes of a good envelope, changed."""
    sent = {**DSSE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return story, lambda stage: Sent(make(stage.drill()), sent), status, code


def _envelope(
    story: str, change: Callable[[dict[str, Any]], object], code: str = "envelope.malformed", status: int = 400
) -> Row:
    """A good envelope of a hybrid signer, changed after it was signed."""
    return story, lambda stage: Sent(stage.envelope(change, "XA")), status, code


def _payload(story: str, change: Callable[[bytes], bytes], code: str = "statement.malformed", status: int = 422) -> Row:
    """A payload that is signed as it stands."""
    return story, lambda stage: Sent(stage.payload(change)), status, code


def _member(story: str, **members: Any) -> Row:
    """A statement, well signed, with members that cannot be."""
    return story, lambda stage: Sent(stage.drill(**members)), 422, "statement.malformed"


def _batch(
    story: str,
    make: Callable[[bytes], bytes],
    code: str = "http.batch",
    status: int = 400,
    kind: str = LINES["Content-Type"],
) -> Row:
    return story, lambda stage: Sent(make(stage.drill()), {"Content-Type": kind}, "/statements/batch"), status, code


def _without(raw: bytes, name: str) -> bytes:
    return canonical.encode({key: value for key, value in json.loads(raw).items() if key != name})


def _strip(value: dict[str, Any]) -> None:
    del value["signatures"][0]


def _add(pen: Pen) -> Callable[[dict[str, Any]], None]:
    """Somebody else signs too."""

    def change(value: dict[str, Any]) -> None:
        rows = [{"keyid": k, "sig": b64encode(s).decode()} for k, s in pen.sign(b64decode(value["payload"]))]
        value["signatures"] = sorted([*value["signatures"], *rows], key=lambda row: row["keyid"])

    return change


def _sig(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["signatures"][0].update(members)


def _swap(rows: list[dict[str, Any]]) -> None:
    rows[0]["sig"], rows[1]["sig"] = rows[1]["sig"], rows[0]["sig"]


def _edited(value: dict[str, Any]) -> str:
    said = json.loads(b64decode(value["payload"]))
    return b64encode(canonical.encode({**said, "title": "Something else"})).decode()


def _unknown(value: dict[str, Any]) -> None:
    value["signatures"][0]["keyid"] = OTHER
    value["signatures"].sort(key=lambda row: row["keyid"])


def _safe(value: dict[str, Any]) -> None:
    """The alphabet of base64url: the payload is lengthened until it matters."""
    value["payload"] = urlsafe_b64encode(b"\xff\xfe\xfb" * 8).decode()


FORMS: list[Row] = [
    # JSON
    _body("nothing", lambda e: b"", "json.malformed"),
    _body("no JSON", lambda e: b"Dear depositary", "json.malformed"),
    _body("half of it", lambda e: e[: len(e) // 2], "json.malformed"),
    _body("no closing brace", lambda e: e[:-1], "json.malformed"),
    _body("two of it", lambda e: e + e, "json.malformed"),
    _body("not UTF-8", lambda e: e.replace(b"payloadType", b"payload\xffype"), "json.malformed"),
    _body("UTF-16", lambda e: e.decode().encode("utf-16"), "json.malformed"),
    _body("a byte order mark", lambda e: b"\xef\xbb\xbf" + e, "json.malformed"),
    _body("zeros", lambda e: bytes(2000), "json.malformed"),
    _body("a deep well", lambda e: b"[" * 30_000 + b"]" * 30_000, "json.malformed"),
    _body("33 containers", lambda e: b"[" * 33 + b"]" * 33, "json.uncanonical"),
    _body("a newline after it", lambda e: e + b"\n", "json.uncanonical"),
    _body("a blank in it", lambda e: e.replace(b":", b": ", 1), "json.uncanonical"),
    _body("a member twice", lambda e: e[:-1] + b',"payload":""}', "json.uncanonical"),
    _body("the same member twice", lambda e: e[:1] + e[1 : e.index(b",") + 1] + e[1:], "json.uncanonical"),
    _body("another order", lambda e: json.dumps(dict(reversed(json.loads(e).items()))).encode(), "json.uncanonical"),
    _body("escapes that need not be", lambda e: e.replace(b"payload", b"p\\u0061yload", 1), "json.uncanonical"),
    _body("a float", lambda e: b"1.5", "json.uncanonical"),
    _body("a large number", lambda e: b"9007199254740993", "json.uncanonical"),
    _body("not a number", lambda e: b"NaN", "json.malformed"),
    _body("null", lambda e: b"null", "envelope.malformed"),
    _body("a list", lambda e: b"[" + e + b"]", "envelope.malformed"),
    _body("an empty object", lambda e: b"{}", "envelope.malformed"),
    # HTTP
    _body("the bytes of a picture", lambda e: e, "http.media-type", 415, Content_Type="image/png"),
    _body("a page", lambda e: e, "http.media-type", 415, Content_Type="text/html"),
    _body("a form", lambda e: e, "http.media-type", 415, Content_Type="application/x-www-form-urlencoded"),
    _body("a form in parts", lambda e: e, "http.media-type", 415, Content_Type="multipart/form-data; boundary=x"),
    _body("lines where one is due", lambda e: e, "http.media-type", 415, Content_Type=LINES["Content-Type"]),
    _body("no media type", lambda e: e, "http.media-type", 415, Content_Type=""),
    _body("packed", gzip.compress, "http.content-coding", 415, Content_Encoding="gzip"),
    _body("packed and not said so", gzip.compress, "json.malformed"),
    _body("said to be packed", lambda e: e, "http.content-coding", 415, Content_Encoding="gzip"),
    _body("said to be packed twice", lambda e: e, "http.content-coding", 415, Content_Encoding="br, zstd"),
    _body("a bomb", lambda e: gzip.compress(bytes(10_000_000)), "http.content-coding", 415, Content_Encoding="gzip"),
    _body("a bomb in disguise", lambda e: gzip.compress(bytes(10_000_000)), "json.malformed"),
    _body("one byte too long", lambda e: b"x" * 65_536, "http.too-large", 413),
    _body("far too long", lambda e: b"x" * 2_000_000, "http.too-large", 413),
    # Envelopes
    _envelope("a further member", lambda v: v.update(note="x")),
    _envelope("no payload", lambda v: v.pop("payload")),
    _envelope("no signatures at all", lambda v: v.pop("signatures")),
    _envelope("another payload type", lambda v: v.update(payloadType="text/plain")),
    _envelope("the payload type of a report", lambda v: v.update(payloadType="application/vnd.detente.report+json")),
    _envelope("a parameter of the type", lambda v: v.update(payloadType=v["payloadType"] + "; charset=utf-8")),
    _envelope("a payload that is no text", lambda v: v.update(payload=[])),
    _envelope("stray bits in base64", lambda v: v.update(payload="YWJ=")),
    _envelope("base64 without padding", lambda v: v.update(payload="YWI")),
    _envelope("base64 with a line end", lambda v: v.update(payload="YWJj\nYWJj")),
    _envelope("base64url", _safe),
    _envelope("an empty list of signatures", lambda v: v.update(signatures=[])),
    _envelope("signatures that are no list", lambda v: v.update(signatures={"0": v["signatures"][0]})),
    _envelope("a signature twice", lambda v: v.update(signatures=v["signatures"][:1] * 2)),
    _envelope("signatures in falling order", lambda v: v["signatures"].reverse()),
    _envelope("seventeen signatures", lambda v: v.update(signatures=v["signatures"][:1] * 17)),
    _envelope("a signature with a further member", _sig(cert="x")),
    _envelope("a keyid in capitals", lambda v: _sig(keyid=v["signatures"][0]["keyid"].upper())(v)),
    _envelope("a short keyid", _sig(keyid="ab")),
    _envelope("a signature that is no base64", _sig(sig="?")),
    # Signatures
    _envelope("a false signature", _sig(sig=FALSE), "signature.false"),
    _envelope("an empty signature", _sig(sig=""), "signature.false"),
    _envelope("a short signature", _sig(sig="YWJj"), "signature.false"),
    _envelope("both keys, each other's signature", lambda v: _swap(v["signatures"]), "signature.false"),
    _envelope("another text under the signatures", lambda v: v.update(payload=_edited(v)), "signature.false"),
    _envelope("one of a pair stripped", _strip, "envelope.signatures", 422),
    _envelope("a stranger signs too", _add(Pen("stranger")), "envelope.signatures", 422),
    _envelope("another party signs too", _add(Pen("XB foreign-ministry")), "envelope.signatures", 422),
    _envelope("an unknown key in place of one", _unknown, "envelope.signatures", 422),
    # Statements: their form
    _payload("a payload that is no JSON", lambda p: b"We announce.", "json.malformed", 400),
    _payload("a payload cut", lambda p: p[:-9], "json.malformed", 400),
    _payload("a payload with a blank", lambda p: p.replace(b":", b": ", 1), "json.uncanonical", 400),
    _payload("a payload with a member twice", lambda p: p[:-1] + b',"title":"x"}', "json.uncanonical", 400),
    _payload("an empty payload", lambda p: b"", "json.malformed", 400),
    _payload("a payload that is an empty object", lambda p: b"{}"),
    _payload("a payload that is a list", lambda p: b"[]"),
    _payload("a statement without a title", lambda p: _without(p, "title")),
    _payload("a statement without its sealed list", lambda p: _without(p, "sealed")),
    _payload("a statement with a further member", lambda p: canonical.encode({**json.loads(p), "weight": 1})),
    _member("a number below zero", sequence=-1),
    _member("a number in words", sequence="0"),
    _member("a number that is true", sequence=True),
    _member("a date that does not exist", issued="2026-02-30T00:00:00Z"),
    _member("a time with a fraction", issued="2026-01-01T00:00:00.5Z"),
    _member("a local time", issued="2026-01-01T00:00:00+01:00"),
    _member("no title", title=""),
    _member("a title of a thousand pages", title="x" * 4_000),
    _member("no language", language="the language of diplomacy"),
    _member("addressees twice", addressees=["XA", "XA"]),
    _member("addressees in falling order", addressees=["XC", "XA"]),
    _member("a code in small letters", addressees=["xa"]),
    _member("a code in Arabic digits", addressees=["X٣"]),
    _member("no signers", signers=[]),
    _member("no previous statement", previous=None),
    _member("a previous statement in capitals", previous=OTHER.upper()),
    _member("a body that is text", body="We announce."),
    _member("a relation without a statement", relates=[{"rel": "follows"}]),
    _member(
        "an attachment of minus one byte",
        attachments=[{"digest": OTHER, "media_type": "text/plain", "name": "a", "size": -1}],
    ),
    _member("a label that is none", sealed=[{"pointer": "/body/x", "digest": OTHER, "tlp": "SECRET", "opens": None}]),
    # Batches
    _batch("an empty batch", lambda e: b""),
    _batch("an empty line", lambda e: e + b"\n\n" + e),
    _batch("an array that is none", lambda e: b"{}", kind="application/json"),
    _batch("an empty array", lambda e: b"[]", kind="application/json"),
    _batch("an array that is not canonical", lambda e: b"[" + e + b", " + e + b"]", kind="application/json"),
    _batch("an array cut", lambda e: b"[" + e, kind="application/json"),
    _batch("too many", lambda e: b"\n".join([e] * 9), "http.too-large", 413),
    _batch("too long a batch", lambda e: b"x" * 200_001, "http.too-large", 413),
    _batch("a batch far too long", lambda e: b"x" * 1_000_000, "http.too-large", 413),
    _batch("a batch of another type", lambda e: e, "http.media-type", 415, "text/plain"),
]
