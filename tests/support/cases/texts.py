"""Canonical JSON, times, durations and disclosures."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256

from tests.support.cases import Case, Verdict, case, given

JSON = "FORMAT.md, Canonical JSON"
CUT: Verdict = ("json.malformed", None)
OTHER: Verdict = ("json.uncanonical", None)
CANONICAL: dict[str, tuple[bytes, Verdict]] = {
    "null": (b"null", None),
    "booleans": (b"[true,false]", None),
    "empty-containers": (b'{"a":[],"b":{}}', None),
    "integer-zero": (b"0", None),
    "integer-largest": (b"9007199254740991", None),
    "integer-smallest": (b"-9007199254740991", None),
    "integer-too-large": (b"9007199254740992", OTHER),
    "integer-too-small": (b"-9007199254740992", OTHER),
    "integer-beyond-64-bits": (b"18446744073709551616", OTHER),
    "integer-minus-zero": (b"-0", OTHER),
    "integer-leading-zero": (b"01", CUT),
    "integer-plus": (b"+1", CUT),
    "float-one": (b"1.0", OTHER),
    "float-half": (b"0.5", OTHER),
    "float-minus-zero": (b"-0.0", OTHER),
    "float-exponent": (b"1e2", OTHER),
    "float-exponent-upper-case": (b"1E2", OTHER),
    "float-exponent-minus": (b"100e-2", OTHER),
    "float-in-a-list": (b'{"a":[1,2.0]}', OTHER),
    "float-too-large": (b"1e400", OTHER),
    "float-not-a-number": (b"NaN", CUT),
    "float-infinity": (b"Infinity", CUT),
    "members-sorted": (b'{"":1,"A":2,"a":3,"aa":4,"b":5}', None),
    "members-in-another-order": (b'{"b":1,"a":2}', OTHER),
    "members-upper-case-after": (b'{"a":1,"B":2}', OTHER),
    "members-twice-same-value": (b'{"a":1,"a":1}', OTHER),
    "members-twice-other-value": (b'{"a":1,"a":2}', OTHER),
    "name-not-ascii": ('{"é":1}'.encode(), OTHER),
    "name-not-ascii-deep": ('{"a":[{"b":{"\u00fc":1}}]}'.encode(), OTHER),
    "name-not-ascii-escaped": (b'{"\\u00e9":1}', OTHER),
    "name-of-a-control": (b'{"\\u0001":1}', None),
    "text-not-ascii": ('["é€😀"]'.encode(), None),
    "text-delete-and-next-line": ('["\x7f\x85\u2028"]'.encode(), None),
    "escape-quote-and-backslash": (b'"\\"\\\\"', None),
    "escape-short": (b'"\\b\\t\\n\\f\\r"', None),
    "escape-control": (b'"\\u0000\\u001f"', None),
    "escape-control-upper-case": (b'"\\u001F"', OTHER),
    "escape-control-long": (b'"\\u000a"', OTHER),
    "escape-letter": (b'"\\u0061"', OTHER),
    "escape-not-ascii": (b'"\\u00e9"', OTHER),
    "escape-slash": (b'"\\/"', OTHER),
    "escape-surrogate-pair": (b'"\\ud83d\\ude00"', OTHER),
    "escape-lone-surrogate": (b'"\\ud83d"', CUT),
    "escape-lone-low-surrogate": (b'"\\ude00x"', CUT),
    "escape-unknown": (b'"\\x41"', CUT),
    "control-raw": (b'"a\nb"', CUT),
    "surrogate-in-utf-8": (b'"\xed\xa0\xbd"', CUT),
    "utf-8-overlong": (b'"\xc0\xaf"', CUT),
    "utf-8-stray-byte": (b'"\xff"', CUT),
    "utf-16": ('{"a":1}'.encode("utf-16-le"), CUT),
    "byte-order-mark": (b'\xef\xbb\xbf{"a":1}', CUT),
    "space-before": (b' {"a":1}', OTHER),
    "space-after": (b'{"a":1}\n', OTHER),
    "space-between": (b'{"a": 1}', OTHER),
    "space-in-an-empty-list": (b"[ ]", OTHER),
    "comma-last": (b"[1,]", CUT),
    "comment": (b'{"a":1/**/}', CUT),
    "single-quotes": (b"{'a':1}", CUT),
    "cut-object": (b'{"a":1', CUT),
    "cut-text": (b'"a', CUT),
    "cut-word": (b"nul", CUT),
    "nothing": (b"", CUT),
    "bytes-after": (b'{"a":1}{}', CUT),
    "byte-zero-after": (b'{"a":1}\x00', CUT),
    "depth-32-lists": (b"[" * 32 + b"]" * 32, None),
    "depth-33-lists": (b"[" * 33 + b"]" * 33, OTHER),
    "depth-32-objects": (b'{"a":' * 31 + b"{}" + b"}" * 31, None),
    "depth-33-objects": (b'{"a":' * 32 + b"{}" + b"}" * 32, OTHER),
    "depth-33-with-text": ('["é",'.encode() + b"[" * 32 + b"]" * 32 + b"]", OTHER),
    "many-containers-not-deep": (b"[" + b",".join([b"[]"] * 40) + b"]", None),
    "brackets-in-a-text": (b'"' + b"[" * 40 + b'"', None),
}
TIMES: dict[str, tuple[str, int | None]] = {
    "epoch": ("1970-01-01T00:00:00Z", 0),
    "last": ("9999-12-31T23:59:59Z", 253402300799),
    "leap-day": ("2024-02-29T12:00:00Z", 1709208000),
    "leap-day-of-a-century": ("2000-02-29T00:00:00Z", 951782400),
    "no-leap-day": ("2026-02-29T00:00:00Z", None),
    "no-leap-day-of-a-century": ("2100-02-29T00:00:00Z", None),
    "leap-second": ("2016-12-31T23:59:60Z", None),
    "hour-24": ("2026-01-01T24:00:00Z", None),
    "month-13": ("2026-13-01T00:00:00Z", None),
    "before-1970": ("1969-12-31T23:59:59Z", None),
    "fraction": ("2026-01-01T00:00:00.0Z", None),
    "offset": ("2026-01-01T00:00:00+00:00", None),
    "lower-case": ("2026-01-01t00:00:00z", None),
    "space": ("2026-01-01 00:00:00Z", None),
    "without-seconds": ("2026-01-01T00:00Z", None),
    "year-of-five-digits": ("12026-01-01T00:00:00Z", None),
    "arabic-digits": ("٢٠٢٦-01-01T00:00:00Z", None),
    "line-end": ("2026-01-01T00:00:00Z\n", None),
}
DURATIONS: dict[str, tuple[str, int | None]] = {
    "weeks": ("P2W", 1209600),
    "days": ("P14D", 1209600),
    "hours": ("PT24H", 86400),
    "minutes": ("PT30M", 1800),
    "days-and-hours": ("P1DT12H", 129600),
    "hours-and-minutes": ("PT1H30M", 5400),
    "zero": ("PT0M", 0),
    "zero-days": ("P0D", None),
    "empty": ("P", None),
    "empty-time": ("P1DT", None),
    "months": ("P1M", None),
    "years": ("P1Y", None),
    "seconds": ("PT1S", None),
    "fraction": ("PT0.5H", None),
    "weeks-and-days": ("P1W1D", None),
    "minutes-before-hours": ("PT30M1H", None),
    "minus": ("-P1D", None),
    "leading-zero": ("P01D", None),
    "too-long": ("P9007199254740992D", None),
}
NAME = "XA/foreign-ministry/4/body/purpose"
SALT = "AAECAwQFBgcICQoLDA0ODw"


def _url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


DISCLOSURES: dict[str, tuple[str, bool]] = {
    "text": (_url(f'["{SALT}","{NAME}","To keep ports open."]'), True),
    "object": (_url(f'["{SALT}","{NAME}",{{"kind":"asn","value":"64496"}}]'), True),
    "null": (_url(f'["{SALT}","{NAME}",null]'), True),
    "decoy": (_url(f'["{SALT}"]'), True),
    "long-salt": (_url(f'["{SALT}EA","{NAME}",1]'), True),
    "salt-15-bytes": (_url(f'["AAECAwQFBgcICQoLDA0O","{NAME}",1]'), False),
    "salt-padded": (_url(f'["{SALT}==","{NAME}",1]'), False),
    "salt-stray-bits": (_url(f'["{SALT[:-1]}x","{NAME}",1]'), False),
    "salt-standard-alphabet": (_url(f'["++{SALT[2:]}","{NAME}",1]'), False),
    "two-members": (_url(f'["{SALT}","{NAME}"]'), False),
    "four-members": (_url(f'["{SALT}","{NAME}",1,2]'), False),
    "name-no-text": (_url(f'["{SALT}",4,1]'), False),
    "no-array": (_url('{"salt":1}'), False),
    "white-space": (_url(f'["{SALT}", "{NAME}",1]'), False),
    "float": (_url(f'["{SALT}","{NAME}",1.5]'), False),
    "padded": (_url(f'["{SALT}","{NAME}",12]') + "=", False),
    "stray-bits": (_url(f'["{SALT}","{NAME}",12]')[:-1] + "1", False),
    "line-end": (_url(f'["{SALT}","{NAME}",12]') + "\n", False),
    "empty": ("", False),
}


def cases() -> Iterator[tuple[str, Case]]:
    for name, (raw, verdict) in CANONICAL.items():
        yield case("canonical", "canonical", name, JSON, verdict, input=given(raw))
    for name, (text, seconds) in TIMES.items():
        gives = {} if seconds is None else {"gives": seconds}
        wrong: Verdict = None if gives else ("time.malformed", None)
        yield case(
            "times", "time", f"time-{name}", "FORMAT.md, Conventions: Time", wrong, input={"text": text}, **gives
        )
    for name, (text, seconds) in DURATIONS.items():
        gives = {} if seconds is None else {"gives": seconds}
        wrong = None if gives else ("duration.malformed", None)
        rule = "FORMAT.md, Conventions: Duration"
        yield case("times", "duration", f"duration-{name}", rule, wrong, input={"text": text}, **gives)
    for name, (text, good) in DISCLOSURES.items():
        digest = {"gives": sha256(text.encode()).hexdigest()} if good else {}
        wrong = None if good else ("disclosure.malformed", None)
        yield case("disclosure", "disclosure", name, "FORMAT.md, Sealed fields", wrong, input={"text": text}, **digest)
