"""Statements: each member right, and wrong in each way."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tests.support.cases import Case, case, given
from verifier.formats import canonical

RULE = "FORMAT.md, Statement"
A, B, C = "0a" * 32, "0b" * 32, "0c" * 32
ROW = {"pointer": "/body/purpose", "digest": A, "tlp": "TLP:AMBER", "opens": None}
FILE = {"digest": A, "media_type": "text/plain", "name": "text.txt", "size": 0}
GOOD: dict[str, Any] = {
    "ledger": "accord.example/ledger",
    "party": "XA",
    "office": "foreign-ministry",
    "sequence": 4,
    "previous": A,
    "signers": [A],
    "type": "declaration",
    "issued": "2026-01-01T00:00:00Z",
    "language": "en",
    "title": "A title",
    "addressees": [],
    "relates": [],
    "exercise": None,
    "body": {},
    "sealed": [],
    "attachments": [],
}
RIGHT: dict[str, dict[str, Any]] = {
    "plain": {},
    "party-digits": {"party": "42"},
    "party-longest": {"party": "ABCDEFG8"},
    "sequence-largest": {"sequence": 2**53 - 1},
    "previous-of-a-charter": {"type": "charter", "previous": None},
    "signers-sorted": {"signers": [A, B, C]},
    "type-unknown-to-the-vocabulary": {"type": "never-heard-of"},
    "language-script": {"language": "zh-Hant"},
    "title-longest": {"title": "é" * 300},
    "issued-long-ago": {"issued": "1970-01-01T00:00:00Z"},
    "issued-far-ahead": {"issued": "9999-12-31T23:59:59Z"},
    "addressees-sorted": {"addressees": ["XB", "XC"]},
    "relates-one-statement-twice": {"relates": [{"rel": "a", "statement": A}, {"rel": "b", "statement": A}]},
    "relates-sorted": {"relates": [{"rel": "a", "statement": A}, {"rel": "a", "statement": B}]},
    "exercise": {"exercise": A},
    "body-of-anything": {"body": {"x": [None, {"y": "é"}]}},
    "sealed": {"sealed": [ROW, {**ROW, "pointer": "/body/texts/0~1~01", "opens": "2027-01-01T00:00:00Z"}]},
    "attachments": {"attachments": [FILE, {**FILE, "digest": B, "media_type": "application/vnd.x+json"}]},
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "ledger-empty": ({"ledger": ""}, "/ledger"),
    "ledger-too-long": ({"ledger": "a" * 256}, "/ledger"),
    "ledger-null": ({"ledger": None}, "/ledger"),
    "party-lower-case": ({"party": "xa"}, "/party"),
    "party-too-short": ({"party": "X"}, "/party"),
    "party-too-long": ({"party": "XXXXXXXXX"}, "/party"),
    "party-not-ascii": ({"party": "XÀ"}, "/party"),
    "party-line-end": ({"party": "XA\n"}, "/party"),
    "office-upper-case": ({"office": "Ministry"}, "/office"),
    "office-hyphen-first": ({"office": "-ministry"}, "/office"),
    "office-too-long": ({"office": "a" * 64}, "/office"),
    "sequence-negative": ({"sequence": -1}, "/sequence"),
    "sequence-text": ({"sequence": "0"}, "/sequence"),
    "sequence-true": ({"sequence": True}, "/sequence"),
    "sequence-null": ({"sequence": None}, "/sequence"),
    "previous-null": ({"previous": None}, "/previous"),
    "previous-of-a-charter": ({"type": "charter"}, "/previous"),
    "previous-upper-case": ({"previous": "0A" * 32}, "/previous"),
    "previous-short": ({"previous": A[:-2]}, "/previous"),
    "signers-empty": ({"signers": []}, "/signers"),
    "signers-text": ({"signers": A}, "/signers"),
    "signers-unsorted": ({"signers": [B, A]}, "/signers"),
    "signers-twice": ({"signers": [A, A]}, "/signers"),
    "signers-no-digest": ({"signers": [A, "b"]}, "/signers/1"),
    "type-capital": ({"type": "Declaration"}, "/type"),
    "type-empty": ({"type": ""}, "/type"),
    "issued-fraction": ({"issued": "2026-01-01T00:00:00.5Z"}, "/issued"),
    "issued-leap-second": ({"issued": "2016-12-31T23:59:60Z"}, "/issued"),
    "issued-number": ({"issued": 0}, "/issued"),
    "language-long": ({"language": "english"}, "/language"),
    "language-underscore": ({"language": "en_GB"}, "/language"),
    "title-empty": ({"title": ""}, "/title"),
    "title-too-long": ({"title": "a" * 301}, "/title"),
    "title-null": ({"title": None}, "/title"),
    "addressees-unsorted": ({"addressees": ["XC", "XB"]}, "/addressees"),
    "addressees-twice": ({"addressees": ["XB", "XB"]}, "/addressees"),
    "addressees-null": ({"addressees": None}, "/addressees"),
    "addressees-no-code": ({"addressees": ["XB", "xc"]}, "/addressees/1"),
    "relates-unsorted": ({"relates": [{"rel": "b", "statement": A}, {"rel": "a", "statement": A}]}, "/relates"),
    "relates-unsorted-statements": (
        {"relates": [{"rel": "a", "statement": B}, {"rel": "a", "statement": A}]},
        "/relates",
    ),
    "relates-twice": ({"relates": [{"rel": "a", "statement": A}] * 2}, "/relates"),
    "relates-member-missing": ({"relates": [{"rel": "a"}]}, "/relates/0"),
    "relates-member-unknown": ({"relates": [{"rel": "a", "statement": A, "x": 1}]}, "/relates/0"),
    "relates-no-digest": ({"relates": [{"rel": "a", "statement": "b"}]}, "/relates/0/statement"),
    "relates-no-name": ({"relates": [{"rel": "A", "statement": A}]}, "/relates/0/rel"),
    "exercise-empty": ({"exercise": ""}, "/exercise"),
    "exercise-false": ({"exercise": False}, "/exercise"),
    "body-list": ({"body": []}, "/body"),
    "body-null": ({"body": None}, "/body"),
    "sealed-pointer-outside": ({"sealed": [{**ROW, "pointer": "/title"}]}, "/sealed/0/pointer"),
    "sealed-pointer-whole-body": ({"sealed": [{**ROW, "pointer": "/body"}]}, "/sealed/0/pointer"),
    "sealed-pointer-tilde": ({"sealed": [{**ROW, "pointer": "/body/a~2"}]}, "/sealed/0/pointer"),
    "sealed-digest-upper-case": ({"sealed": [{**ROW, "digest": "0A" * 32}]}, "/sealed/0/digest"),
    "sealed-label-unknown": ({"sealed": [{**ROW, "tlp": "TLP:WHITE"}]}, "/sealed/0/tlp"),
    "sealed-label-bare": ({"sealed": [{**ROW, "tlp": "RED"}]}, "/sealed/0/tlp"),
    "sealed-opens-date": ({"sealed": [{**ROW, "opens": "2027-01-01"}]}, "/sealed/0/opens"),
    "sealed-unsorted": ({"sealed": [ROW, {**ROW, "pointer": "/body/a"}]}, "/sealed"),
    "sealed-twice": ({"sealed": [ROW, {**ROW, "digest": B}]}, "/sealed"),
    "sealed-member-missing": ({"sealed": [{k: v for k, v in ROW.items() if k != "opens"}]}, "/sealed/0"),
    "attachments-unsorted": ({"attachments": [{**FILE, "digest": B}, FILE]}, "/attachments"),
    "attachments-twice": ({"attachments": [FILE, {**FILE, "name": "b"}]}, "/attachments"),
    "attachments-size-negative": ({"attachments": [{**FILE, "size": -1}]}, "/attachments/0/size"),
    "attachments-media-type": ({"attachments": [{**FILE, "media_type": "text"}]}, "/attachments/0/media_type"),
    "attachments-media-type-parameter": (
        {"attachments": [{**FILE, "media_type": "text/plain; charset=utf-8"}]},
        "/attachments/0/media_type",
    ),
    "attachments-name-empty": ({"attachments": [{**FILE, "name": ""}]}, "/attachments/0/name"),
    "attachments-member-unknown": ({"attachments": [{**FILE, "url": "x"}]}, "/attachments/0"),
    "member-unknown": ({"comment": None}, ""),
}


def cases() -> Iterator[tuple[str, Case]]:
    for name, members in RIGHT.items():
        raw = canonical.encode({**GOOD, **members})
        yield case(
            "statement", "statement", f"right-{name}", RULE, None, input=given(raw), gives=sha256(raw).hexdigest()
        )
    for name, (members, where) in WRONG.items():
        raw = canonical.encode({**GOOD, **members})
        yield case("statement", "statement", name, RULE, ("statement.malformed", where), input=given(raw))
    for member in GOOD:
        raw = canonical.encode({k: v for k, v in GOOD.items() if k != member})
        verdict = ("statement.malformed", "")
        yield case("statement", "statement", f"{member}-missing", RULE, verdict, input=given(raw))
    texts = {"no-object": (b"[]", "statement.malformed"), "spaced": (b'{"party": "XA"}', "json.uncanonical")}
    for name, (raw, code) in texts.items():
        yield case("statement", "statement", name, RULE, (code, None), input=given(raw))
