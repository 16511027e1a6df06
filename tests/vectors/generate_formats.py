"""Writes the vectors of the C2SP formats: tests/vectors/{note,checkpoint,policy,proof,tiles}/*.json, one case a file.

A case is an object: `name`, `provenance` (the rule it stands on), `call` (the function of `verifier.formats` that reads
the input), `input` ({"text"} or {"base64"}), `expected` ("ok" or a fault code), and what else the call needs or must
find. The bytes are put together here by hand, with PyNaCl and hashlib, so that nothing rests on the readers under test.
Usage: `python tests/vectors/generate_formats.py`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import SigningKey

HERE = Path(__file__).parent
NOTE, CHECKPOINT, COSIGNATURE = "C2SP signed-note", "C2SP tlog-checkpoint", "C2SP tlog-cosignature"
POLICY, PROOF, TILES = "C2SP tlog-policy", "C2SP tlog-proof", "C2SP tlog-tiles"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SOFA_SIGNATURE = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
SOFA_COSIGNATURE = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
LOG = "log.example/a"
TIME = 1_700_000_000


def b64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


class Key:
    """An Ed25519 key made from its name, with the type it signs as."""

    def __init__(self, name: str, kind: int = 4, seed: str | None = None) -> None:
        self.name, self.kind = name, kind
        self.secret = SigningKey(sha256((seed or name).encode()).digest())
        self.public = bytes(self.secret.verify_key)
        self.id = sha256(name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([kind]) + self.public)}"

    def line(self, text: str, time: int = TIME) -> str:
        """The signature line of this key under a checkpoint's text."""
        signed = text if self.kind == 1 else f"cosignature/v1\ntime {time}\n{text}"
        stamp = b"" if self.kind == 1 else time.to_bytes(8, "big")
        return self.write(stamp + self.sign(signed))

    def sign(self, text: str) -> bytes:
        return self.secret.sign(text.encode()).signature

    def write(self, value: bytes) -> str:
        return f"— {self.name} {b64(self.id + value)}\n"


def mldsa_vkey(name: str, kind: int = 6) -> str:
    """The verifier key of the ML-DSA-44 key made from the name."""
    secret = MLDSA44PrivateKey.from_seed_bytes(sha256(name.encode()).digest())
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    identifier = sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return f"{name}+{identifier.hex()}+{b64(bytes([kind]) + public)}"


def typed_vkey(name: str, material: bytes) -> str:
    """A verifier key of any type and material, with a fitting key id."""
    identifier = sha256(name.encode() + b"\n" + material).digest()[:4]
    return f"{name}+{identifier.hex()}+{b64(material)}"


def case(folder: str, name: str, call: str, text: str | bytes, expected: str, provenance: str, **more: Any) -> None:
    """Write one case. Bytes that are UTF-8 are written as text, so that a person can read them."""
    try:
        given = {"text": text if isinstance(text, str) else text.decode("utf-8")}
    except UnicodeDecodeError:
        assert isinstance(text, bytes)
        given = {"base64": b64(text)}
    body = {"name": name, "provenance": provenance, "call": call, "input": given, "expected": expected, **more}
    path = HERE / folder / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    assert path not in WRITTEN, f"{path} is written twice"
    WRITTEN.add(path)
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


WRITTEN: set[Path] = set()
A = Key("signer.example/a", 1)


def notes() -> None:
    rule = f"{NOTE}, Format: "
    text = "The text.\n"
    sig = A.line(text)
    value = sig.split(" ")[2].strip()

    def read(name: str, raw: str | bytes, expected: str, why: str, **more: Any) -> None:
        case("note", name, "note.parse", raw, expected, rule + why, **more)

    case("note", "spec-example", "note.parse", EXAMPLE_NOTE, "ok", f"{NOTE}, Example", key=EXAMPLE_KEY, signatures=1)
    case(
        "note",
        "spec-poem",
        "note.parse",
        POEM,
        "ok",
        f"{NOTE}, opening example: an empty line in the text",
        signatures=1,
    )
    read("blank-line-among-signatures", f"{text}\n{sig}\n{sig}", "ok", "cut at the last blank line", signatures=1)
    read("text-of-one-empty-line", "\n\n" + A.line("\n"), "ok", "the text may be an empty line", signatures=1)
    read("three-newlines", f"{text}\n\n{sig}", "ok", "the text may end in an empty line", signatures=1)
    read("seventeen-signatures", text + "\n" + sig * 17, "ok", "at least 16 signatures are accepted", signatures=17)
    read("signatures-128", text + "\n" + sig * 128, "ok", "the limit of this reader", signatures=128)
    read("signatures-129", text + "\n" + sig * 129, "note.malformed", "a limit on signatures, 128 here")
    read("no-bytes", "", "note.malformed", "text, blank line, signatures")
    read("no-signature", f"{text}\n", "note.malformed", "one or more signature lines")
    read("no-blank-line", f"{text}{sig}", "note.malformed", "a blank line parts text and signatures")
    read("no-text", f"\n{sig}", "note.malformed", "the text ends in a newline, so it has a byte")
    read("blank-line-last", f"{text}\n{sig}\n", "note.malformed", "nothing follows the signature lines")
    read("last-newline-missing", f"{text}\n{sig[:-1]}", "note.malformed", "each signature line ends in a newline")
    read("space-on-blank-line", f"{text} \n{sig}", "note.malformed", "the blank line is only a newline")
    for name, dash in (("hyphen", "-"), ("en-dash", "–"), ("horizontal-bar", "―"), ("no-dash", "")):
        read(f"dash-{name}", f"{text}\n{sig.replace('—', dash)}", "note.malformed", "em dash (U+2014)")
    for name, gap in (("two", "  "), ("tab", "\t"), ("no-break", "\xa0"), ("none", "")):
        read(
            f"gap-{name}-before-name", f"{text}\n{sig.replace('— ', '—' + gap)}", "note.malformed", "one space (U+0020)"
        )
    read("gap-two-before-base64", f"{text}\n{sig.replace('/a ', '/a  ')}", "note.malformed", "one space (U+0020)")
    read("space-last", f"{text}\n{sig[:-1]} \n", "note.malformed", "the line ends after the base64")
    read("indented", f"{text}\n {sig}", "note.malformed", "the line begins with the em dash")
    for space in "\x85\xa0\u1680\u2000\u2007\u200a\u2028\u2029\u202f\u205f\u3000":
        raw = f"{text}\n{sig.replace('/a', f'/{space}a')}"
        read(f"name-space-u{ord(space):04x}", raw, "note.malformed", "no Unicode space in a key name")
    read("name-plus", f"{text}\n{sig.replace('/a', '+a')}", "note.malformed", "no plus in a key name")
    read("name-empty", f"{text}\n—  {value}\n", "note.malformed", "a key name is not empty")
    read("name-zero-width-space", f"{text}\n— a\u200bb {value}\n", "ok", "U+200B is not white space", signatures=1)
    read("name-kelvin-sign", f"{text}\n— \u212a {value}\n", "ok", "names are not normalised", signatures=1)
    bad_base64 = {
        "padding-missing": value.rstrip("="),
        "padding-doubled": value + "=",
        "stray-bits": value[:-2] + chr(ord(value[-2]) + 1) + "=",
        "url-alphabet": b64(b"\xfb\xff\xbf" * 23).replace("+", "-").replace("/", "_"),
        "empty": "",
        "joined": f"{value}{value}",
        "star": value[:10] + "*" + value[10:],
        "nel-inside": value[:12] + "\x85" + value[12:],
        "fullwidth": "Ａ" + value[1:],
        "key-id-alone": b64(A.id),
        "three-bytes": b64(A.id[:3]),
    }
    for name, bad in bad_base64.items():
        read(
            f"base64-{name}", f"{text}\n— {A.name} {bad}\n", "note.malformed", "base64 of RFC 4648 section 4, 4+n bytes"
        )
    controls = {"nul": 0, "tab": 9, "vertical-tab": 11, "form-feed": 12, "cr": 13, "escape": 27, "unit-separator": 31}
    for name, code in controls.items():
        raw = f"The{chr(code)}text.\n\n{sig}"
        read(f"control-{name}", raw, "note.malformed", "no control character below U+0020 but newline")
    read("line-ends-crlf", f"{text}\n{sig}".replace("\n", "\r\n"), "note.malformed", "no carriage return")
    read("signature-crlf", f"{text}\n{sig[:-1]}\r\n", "note.malformed", "no carriage return")
    for name, mark in (("delete", "\x7f"), ("nel", "\x85"), ("line-separator", "\u2028"), ("bom", "\ufeff")):
        read(f"text-{name}", f"{mark}The{mark}text.\n\n{sig}", "ok", f"U+{ord(mark):04X} is text", signatures=1)
    broken = {"ff": b"\xff", "overlong": b"\xc0\x8a", "surrogate": b"\xed\xa0\x80", "cut": b"\xe2\x80"}
    for name, octets in broken.items():
        read(f"utf8-{name}", b"The" + octets + f"text.\n\n{sig}".encode(), "note.malformed", "valid UTF-8")
    case("note", "lines-two", "note.parse_signatures", sig * 2, "ok", "C2SP tlog-witness, add-checkpoint", signatures=2)
    for name, raw in (("none", ""), ("newline", "\n"), ("cut", sig[:-1]), ("blank-between", f"{sig}\n{sig}")):
        why = "C2SP tlog-witness, add-checkpoint: the answer is one or more signature lines"
        case("note", f"lines-{name}", "note.parse_signatures", raw, "note.malformed", why)


def vkeys() -> None:
    rule = f"{NOTE}, Verifier keys: "
    name, identifier, material = EXAMPLE_KEY.split("+")

    def read(title: str, text: str, expected: str, why: str) -> None:
        case("note", f"vkey-{title}", "note.parse_vkey", text, expected, rule + why)

    read("spec-example", EXAMPLE_KEY, "ok", "the specification's example")
    plus = next(key for key in (Key(f"key.example/{n}") for n in range(99)) if "+" in key.vkey.split("+", 2)[2])
    read("plus-in-base64", plus.vkey, "ok", "base64 may hold a plus, a name may not")
    read("mldsa44", mldsa_vkey("key.example/mldsa"), "ok", "type 0x06, 1312 bytes")
    read("name-not-ascii", Key("ключ.example/\u200b").vkey, "ok", "names are UTF-8")
    bad = {
        "id-false": f"{name}+530d903b+{material}",
        "id-upper-case": f"{name}+{identifier.upper()}+{material}",
        "id-short": f"{name}+530d903+{material}",
        "id-signed": f"{name}+-30d903a+{material}",
        "id-arabic": f"{name}+٥30d903a+{material}",
        "name-other": f"example.com/bar+{identifier}+{material}",
        "name-empty": typed_vkey("", bytes([1]) + A.public),
        "name-space": typed_vkey("a b", bytes([1]) + A.public),
        "name-no-break-space": typed_vkey("a\xa0b", bytes([1]) + A.public),
        "two-parts": f"{name}+{identifier}",
        "no-bytes": "",
        "no-material": f"{name}+{identifier}+",
        "newline-last": EXAMPLE_KEY + "\n",
        "space-first": " " + EXAMPLE_KEY,
        "base64-url": plus.vkey[: len(plus.name) + 10] + plus.vkey[len(plus.name) + 10 :].replace("+", "-"),
        "type-ecdsa": typed_vkey("a", bytes([2]) + A.public),
        "type-unassigned": typed_vkey("a", bytes([7]) + A.public),
        "type-alone": typed_vkey("a", bytes([1])),
        "ed25519-31-bytes": typed_vkey("a", bytes([1]) + A.public[:31]),
        "ed25519-33-bytes": typed_vkey("a", bytes([4]) + A.public + b"\x00"),
        "mldsa44-1311-bytes": typed_vkey("a", bytes([6]) + bytes(1311)),
        "mldsa44-ed25519-length": typed_vkey("a", bytes([6]) + A.public),
        "mldsa44-name-256-bytes": mldsa_vkey("n" * 256),
    }
    for title, text in bad.items():
        read(title, text, "vkey.malformed", "name, hex key id, base64 of type and key")
    weak = {"identity": b"\x01" + bytes(31), "zero": bytes(32), "not-canonical": b"\xee" + b"\xff" * 30 + b"\x7f"}
    for title, point in weak.items():
        read(f"weak-{title}", typed_vkey("a", bytes([4]) + point), "key.weak", "RFC 8032, a point of prime order")


def checkpoints() -> None:
    rule = f"{CHECKPOINT}, Note text: "
    root = b64(sha256(b"root").digest())
    log = Key(LOG, 1)

    def read(name: str, text: str, expected: str, why: str, **more: Any) -> None:
        raw = f"{text}\n{log.line(text)}"
        case("checkpoint", name, "checkpoint.parse", raw, expected, rule + why, **more)

    signed = f"{SOFA}\n{SOFA_SIGNATURE}"
    where = f"{CHECKPOINT}, opening example"
    case("checkpoint", "spec-example", "checkpoint.parse", signed, "ok", where, size=20852163, extensions=0)
    where = f"{COSIGNATURE}, opening example"
    case(
        "checkpoint",
        "spec-cosigned",
        "checkpoint.parse",
        signed + SOFA_COSIGNATURE,
        "ok",
        where,
        size=20852163,
        extensions=0,
    )
    read(
        "size-zero",
        f"{LOG}\n0\n{b64(sha256(b'').digest())}\n",
        "ok",
        "the empty tree's size is 0",
        size=0,
        extensions=0,
    )
    read("size-largest", f"{LOG}\n{2**63 - 1}\n{root}\n", "ok", "a signed 64-bit size", size=2**63 - 1, extensions=0)
    read(
        "extension-lines",
        f"{LOG}\n5\n{root}\nfirst\nsecond one\n",
        "ok",
        "extension lines are opaque",
        size=5,
        extensions=2,
    )
    read(
        "extension-line-separator",
        f"{LOG}\n5\n{root}\na\u2028b\x85c\n",
        "ok",
        "only newline ends a line",
        size=5,
        extensions=1,
    )
    read("origin-spaces", f"Go Checksum Database\n5\n{root}\n", "ok", "an origin may hold spaces", size=5, extensions=0)
    read("origin-nel", f"a\x85b\u2028c\n5\n{root}\n", "ok", "only newline ends a line", size=5, extensions=0)
    sizes = {
        "leading-zero": "05", "two-zeros": "00", "plus": "+5", "minus": "-5", "minus-zero": "-0", "space": " 5",
        "space-after": "5 ", "no-break-space": "5\xa0", "underscore": "1_0", "arabic": "٥", "fullwidth": "５",
        "superscript": "5²", "hex": "0x5", "point": "5.0", "exponent": "5e0", "comma": "1,000", "word": "five",
        "too-large": str(2**63), "4301-digits": "9" * 4301,
    }  # fmt: skip
    for name, size in sizes.items():
        read(f"size-{name}", f"{LOG}\n{size}\n{root}\n", "checkpoint.malformed", "ASCII decimal without leading zeros")
    roots = {
        "31-bytes": b64(bytes(31)), "33-bytes": b64(bytes(33)), "no-padding": root[:-1], "hex": bytes(32).hex(),
        "stray-bits": root[:-2] + chr(ord(root[-2]) + 1) + "=", "space-after": root + " ", "two": f"{root} {root}",
    }  # fmt: skip
    for name, text in roots.items():
        read(f"root-{name}", f"{LOG}\n5\n{text}\n", "checkpoint.malformed", "base64 of the root hash")
    read("two-lines", f"{LOG}\n5\n", "checkpoint.malformed", "three lines at least")
    read("origin-empty", f"\n5\n{root}\n", "checkpoint.malformed", "the origin is not empty")
    read("size-empty", f"{LOG}\n\n{root}\n", "checkpoint.malformed", "lines are not empty")
    read("extension-empty", f"{LOG}\n5\n{root}\n\nmore\n", "checkpoint.malformed", "extension lines are not empty")
    read("blank-line-last", f"{LOG}\n5\n{root}\n\n", "checkpoint.malformed", "extension lines are not empty")
    read("size-cr", f"{LOG}\n5\r\n{root}\n", "note.malformed", "no carriage return")
    cosigned(root)


def cosigned(root: str) -> None:
    text = f"{LOG}\n5\n{root}\n"
    log, w1, w2 = Key(LOG, 1), Key("witness.example/1"), Key("witness.example/2")
    keys = [log.vkey, w1.vkey, w2.vkey]
    rule = f"{NOTE}, Signatures: "

    def verify(name: str, raw: str, expected: str, why: str, **more: Any) -> None:
        case("checkpoint", f"signed-{name}", "cosignature.verified", raw, expected, why, keys=keys, **more)

    good = text + "\n" + log.line(text)
    both = {log.vkey: 0, w1.vkey: TIME}
    verify("by-two", good + w1.line(text), "ok", rule + "known keys verify", signed=both)
    extended = f"{LOG}\n5\n{root}\nextension\n"
    raw = f"{extended}\n{log.line(extended)}{w1.line(extended)}"
    verify("extension", raw, "ok", f"{COSIGNATURE}: type 0x04 signs the whole text", signed=both)
    raw = f"{extended}\n{log.line(extended)}{w1.line(text)}"
    verify("extension-left-out", raw, "signature.false", f"{COSIGNATURE}: type 0x04 signs the whole text")
    namesake = Key(w1.name, 4, seed="another key")
    verify("unknown-id", good + namesake.line(text), "ok", rule + "unknown keys are ignored", signed={log.vkey: 0})
    line = w1.line(text).replace(w1.name, "witness.example/3")
    verify("unknown-name", good + line, "ok", rule + "unknown keys are ignored", signed={log.vkey: 0})
    verify("twice", good + w1.line(text, TIME + 9) + w1.line(text), "ok", "the earliest time counts", signed=both)
    verify("no-time", good + w1.line(text, 0), "ok", f"{COSIGNATURE}: 0 says no time", signed={log.vkey: 0, w1.vkey: 0})
    verify("by-none", text + "\n" + namesake.line(text), "ok", rule + "unknown keys are ignored", signed={})
    verify("last-time", good + w1.line(text, 2**63 - 1), "ok", COSIGNATURE, signed={log.vkey: 0, w1.vkey: 2**63 - 1})
    false = {
        "time-too-large": w1.line(text, 2**63),
        "other-time": w1.write((TIME + 1).to_bytes(8, "big") + w1.sign(f"cosignature/v1\ntime {TIME}\n{text}")),
        "plain-by-witness": w1.write(TIME.to_bytes(8, "big") + w1.sign(text)),
        "without-time": w1.write(w1.sign(text)),
        "too-long": w1.write(TIME.to_bytes(8, "big") + bytes(65)),
        "one-byte": w1.write(b"\x00"),
        "other-root": w1.line(f"{LOG}\n5\n{b64(bytes(32))}\n"),
        "other-size": w1.line(f"{LOG}\n6\n{root}\n"),
        "beside-a-true-one": w1.line(text) + w1.line(text + "x\n"),
        "time-with-zero": w1.write(TIME.to_bytes(8, "big") + w1.sign(f"cosignature/v1\ntime 0{TIME}\n{text}")),
    }  # fmt: skip
    for name, bad in false.items():
        verify(name, good + bad, "signature.false", rule + "a false signature of a known key condemns the note")
    verify(
        "log-false", text + "\n" + log.line("x\n") + w1.line(text), "signature.false", rule + "a known key must verify"
    )


W = {n: Key(f"witness.example/{n}") for n in "123456"}
L = Key(LOG, 1)
LINES = {n: f"witness X{n} {key.vkey}\n" for n, key in W.items()}


def policies() -> None:
    def read(name: str, raw: str | bytes, expected: str, why: str, **more: Any) -> None:
        case("policy", name, "policy.parse", raw, expected, f"{POLICY}: {why}", **more)

    log, three = f"log {L.vkey}\n", LINES["1"] + LINES["2"] + LINES["3"]
    example = log + "\n" + "".join(LINES.values()).replace("X4", "Y1").replace("X5", "Y2").replace("X6", "Y3")
    example += "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
    example += "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    satisfied, unsatisfied = [["X1", "X2", "Y3"], ["X1", "X2", "X3", "Y1"]], [["X1", "Y1"], ["X1", "X2", "X3"], []]
    read("spec-example", example, "ok", "Example policy", satisfied=satisfied, unsatisfied=unsatisfied)
    read("quorum-none", "quorum none\n", "ok", "only the quorum is mandatory", satisfied=[[]])
    read("quorum-none-with-witnesses", f"{log}{three}quorum none\n", "ok", "witnesses without quorum", satisfied=[[]])
    read(
        "one-witness",
        f"{three}quorum X2\n",
        "ok",
        "a quorum may be a witness",
        satisfied=[["X2"]],
        unsatisfied=[["X1", "X3"]],
    )
    read(
        "group-name-counts-for-nothing",
        f"{three}group G any X1\nquorum G\n",
        "ok",
        "witnesses cosign",
        unsatisfied=[["G"]],
    )
    read("quorum-before-other-lines", f"{three}quorum X1\n{log}", "ok", "lines come in any order", satisfied=[["X1"]])
    white = f"\t \n  # comment\n#\n \tlog\t {L.vkey}  https://log.example/ \t\n{three}quorum \t X1 \n\n"
    read("whitespace-and-comments", white, "ok", "spaces and tabs, empty lines, comments", satisfied=[["X1"]])
    read(
        "name-like-a-comment",
        f"witness #X {W['1'].vkey}\nquorum #X\n",
        "ok",
        "a comment begins its line",
        satisfied=[["#X"]],
    )
    read(
        "name-like-a-keyword",
        f"witness any {W['1'].vkey}\ngroup all all any\nquorum all\n",
        "ok",
        "names are opaque",
        satisfied=[["any"]],
    )
    read(
        "name-kelvin-sign",
        f"witness K {W['1'].vkey}\nwitness \u212a {W['2'].vkey}\nquorum K\n",
        "ok",
        "Character set: two names",
        satisfied=[["K"]],
        unsatisfied=[["\u212a"]],
    )
    nbsp = (
        f"witness a\xa0b {W['1'].vkey}\nwitness a\x85b {W['2'].vkey}\nwitness a\u2028b {W['3'].vkey}\nquorum a\xa0b\n"
    )
    read("name-unicode-spaces", nbsp, "ok", "Character set: only space and tab part items", satisfied=[["a\xa0b"]])
    octets = f"witness \xff {W['1'].vkey}\nwitness \xfe {W['2'].vkey}\n# \x80\nquorum \xff\n".encode("latin-1")
    read(
        "name-octets-not-utf8",
        octets,
        "ok",
        "Character set: octets are opaque",
        satisfied=[["\xff"]],
        unsatisfied=[["\xfe"]],
    )
    foreign = Key("café.example/é")
    mixed = f"witness W {foreign.vkey}\n".encode() + b"# \xff\nquorum W\n"
    read("key-name-utf8-in-a-file-that-is-not", mixed, "ok", "a key name is UTF-8 (signed-note)", satisfied=[["W"]])
    read(
        "mldsa44",
        f"log {mldsa_vkey(LOG)}\nwitness W {mldsa_vkey('w.example')}\nquorum W\n",
        "ok",
        "types 0x06",
        satisfied=[["W"]],
    )
    same = f"log {L.vkey}\nlog {Key(LOG, 1, seed='second').vkey}\nlog {Key('log.example/b', 1).vkey}\nquorum none\n"
    read("two-keys-of-one-log", same, "ok", "the names of logs may repeat, their keys not", satisfied=[[]])
    many = "".join(f"witness N{n} {Key(f'n.example/{n}').vkey}\n" for n in range(32))
    logs = "".join(f"log {Key(f'l.example/{n}', 1).vkey}\n" for n in range(32))
    chain = "group G0 any N0\n" + "".join(f"group G{n} all G{n - 1} N{n}\n" for n in range(1, 32))
    every = [f"N{n}" for n in range(32)]
    read("thirty-two", f"{logs}{many}{chain}quorum G31\n", "ok", "limits", satisfied=[every], unsatisfied=[every[:-1]])

    renamed = Key("b.example", 4, seed=W["1"].name)
    bad = {
        "empty": "",
        "no-quorum": f"{log}{three}",
        "two-quorums": f"{three}quorum X1\nquorum X1\n",
        "quorum-none-twice": "quorum none\nquorum none\n",
        "quorum-undefined": f"{three}quorum X9\n",
        "quorum-defined-below": f"quorum X1\n{three}",
        "quorum-two-names": f"{three}quorum X1 X2\n",
        "quorum-no-name": f"{three}quorum\n",
        "quorum-of-a-log": f"log {L.vkey}\nquorum {LOG}\n",
        "keyword-unknown": "witnesses X\nquorum none\n",
        "keyword-upper-case": "Quorum none\n",
        "comment-after-item": "quorum none # no witness\n",
        "last-newline-missing": f"{three}quorum X1",
        "last-newline-missing-after-comment": "quorum none\n# end",
        "cr": "quorum none\r\n",
        "nul": "# \x00\nquorum none\n",
        "delete": "# \x7f\nquorum none\n",
        "form-feed": "quorum\x0cnone\n",
        "no-break-space-as-white": "quorum\xa0none\n",
        "log-key-of-a-witness": f"log {W['1'].vkey}\nquorum none\n",
        "witness-key-of-a-log": f"witness X {L.vkey}\nquorum X\n",
        "witness-without-name": f"witness {W['1'].vkey}\nquorum none\n",
        "witness-four-items": f"witness X {W['1'].vkey} https://w.example/ more\nquorum X\n",
        "witness-named-none": f"witness none {W['1'].vkey}\nquorum none\n",
        "group-named-none": f"{three}group none any X1\nquorum none\n",
        "witness-name-twice": f"{LINES['1']}{LINES['2'].replace('X2', 'X1')}quorum X1\n",
        "group-name-of-a-witness": f"{three}group X1 any X2\nquorum X1\n",
        "witness-name-of-a-group": f"{LINES['1']}group X2 any X1\n{LINES['2']}quorum X2\n",
        "log-key-twice": f"{log}{log}quorum none\n",
        "log-key-under-two-names": f"{log}log {Key('other.example', 1, seed=LOG).vkey}\nquorum none\n",
        "witness-key-under-two-names": f"{LINES['1']}witness B {renamed.vkey}\nquorum X1\n",
        "group-empty": f"{three}group G any\nquorum X1\n",
        "group-of-none": f"{three}group G any none\nquorum G\n",
        "group-of-a-later-witness": f"{LINES['1']}group G any X1 X2\n{LINES['2']}quorum G\n",
        "group-of-itself": f"{three}group G any X1 G\nquorum G\n",
        "group-member-twice": f"{three}group G 2 X1 X1\nquorum G\n",
        "member-of-two-groups": f"{three}group G any X1 X2\ngroup H any X1 X3\nquorum G\n",
        "group-in-two-groups": f"{three}group G any X1\ngroup H any G X2\ngroup I any G X3\nquorum I\n",
        "threshold-zero": f"{three}group G 0 X1 X2\nquorum G\n",
        "threshold-too-large": f"{three}group G 3 X1 X2\nquorum G\n",
        "threshold-leading-zero": f"{three}group G 02 X1 X2 X3\nquorum G\n",
        "threshold-arabic": f"{three}group G ٢ X1 X2 X3\nquorum G\n",
        "threshold-signed": f"{three}group G +2 X1 X2 X3\nquorum G\n",
        "threshold-word": f"{three}group G most X1 X2 X3\nquorum G\n",
        "threshold-missing": f"{three}group G X1 X2 X3\nquorum G\n",
    }
    for name, raw in bad.items():
        read(name, raw, "policy.malformed", "Policy file syntax and structure")
    read("vkey-id-false", three.replace("+", "+f", 1) + "quorum X1\n", "vkey.malformed", "Public key representation")
    weak = typed_vkey("w.example", b"\x04\x01" + bytes(31))
    read("witness-key-weak", f"witness W {weak}\nquorum W\n", "key.weak", "a key that verifies crafted signatures")
    guarded()
    accepted()


def guarded() -> None:
    lines, rule = "".join(LINES.values()), "two quorums must share a witness (a witness is its key name)"
    twin = f"witness X1b {mldsa_vkey(W['1'].name)}\nwitness X2b {mldsa_vkey(W['2'].name)}\n"
    good = {
        "majority": "group G 2 X1 X2 X3\nquorum G\n",
        "single": "quorum X1\n",
        "all-of-halves": "group A any X1 X2\ngroup B 2 X3 X4 X5\ngroup G all A B\nquorum G\n",
        "two-keys-each": f"{twin}group A any X1 X1b\ngroup B any X2 X2b\ngroup G 2 A B X3\nquorum G\n",
        "two-keys-of-one": f"{twin}group G any X1 X1b\nquorum G\n",
        "two-keys-in-two-groups": f"{twin}group A all X1 X3\ngroup B all X1b X4\ngroup G any A B\nquorum G\n",
        "unused-group": "group G 2 X1 X2 X3\ngroup H any X4 X5\nquorum G\n",
    }
    bad = {
        "any": "group G any X1 X2 X3\nquorum G\n",
        "half": "group G 2 X1 X2 X3 X4\nquorum G\n",
        "nested": "group A 2 X1 X2 X3\ngroup B any X4 X5\ngroup G any A B\nquorum G\n",
        "all-of-any": "group A any X1 X2\ngroup B any X3 X4\ngroup G all A B\nquorum G\n",
        "two-keys-each": f"{twin}group A any X1 X1b\ngroup B any X2 X2b\ngroup G any A B\nquorum G\n",
        "two-keys-crossed": f"{twin}group A all X1 X2b\ngroup B all X3 X4\ngroup G any A B\nquorum G\n",
    }
    for expected, given in (("ok", good), ("policy.disjoint-quorums", bad)):
        for name, raw in given.items():
            title = f"guard-{name}" if expected == "ok" else f"split-{name}"
            case("policy", title, "policy.require_intersecting", lines + raw, expected, rule)
    case("policy", "split-none", "policy.require_intersecting", "quorum none\n", "policy.no-quorum", rule)


def accepted() -> None:
    text = f"{LOG}\n5\n{b64(sha256(b'root').digest())}\n"
    policy = f"log {L.vkey}\nlog {Key('log.example/b', 1).vkey}\n" + LINES["1"] + LINES["2"] + LINES["3"]
    policy += "group G 2 X1 X2 X3\nquorum G\n"
    lines = {n: key.line(text) for n, key in W.items()}
    late = W["2"].line(text, TIME + 100)
    rotated = Key("log.example/b", 1)
    cases = {
        "two-of-three": (L.line(text) + lines["1"] + lines["3"], "ok", ["X1", "X3"]),
        "stranger-ignored": (L.line(text) + lines["1"] + lines["3"] + lines["4"], "ok", ["X1", "X3"]),
        "one-of-three": (L.line(text) + lines["1"], "quorum.unmet", None),
        "one-twice": (L.line(text) + lines["1"] * 2, "quorum.unmet", None),
        "one-to-come": (L.line(text) + lines["1"] + late, "quorum.unmet", None),
        "no-log": (lines["1"] + lines["2"], "signature.log-missing", None),
        "log-of-another-origin": (rotated.line(text) + lines["1"] + lines["2"], "signature.log-missing", None),
        "log-false": (L.line("x\n") + lines["1"] + lines["2"], "signature.false", None),
        "witness-false": (L.line(text) + lines["1"] + lines["2"] + W["3"].line("x\n"), "signature.false", None),
    }
    for name, (signatures, expected, cosigned) in cases.items():
        raw = f"{text}\n{signatures}"
        more: dict[str, Any] = {"policy": policy, "now": TIME + 50}
        if cosigned is not None:
            more["cosigned"] = cosigned
        case("policy", f"accept-{name}", "policy.accept", raw, expected, f"{POLICY}, What is a policy", **more)


def proofs() -> None:
    text = f"{LOG}\n109482\n{b64(sha256(b'root').digest())}\n"
    point = f"{text}\n{L.line(text)}"
    hashes = [b64(sha256(bytes([n])).digest()) + "\n" for n in range(64)]
    first = "c2sp.org/tlog-proof@v1\n"

    def read(name: str, raw: str, expected: str, why: str, **more: Any) -> None:
        case("proof", name, "proof.parse", raw, expected, f"{PROOF}, Format: {why}", **more)

    five = "".join(hashes[:5])
    read(
        "with-extra",
        f"{first}extra {b64(b'more')}\nindex 73894\n{five}\n{point}",
        "ok",
        "all lines",
        index=73894,
        hashes=5,
    )
    read("without-extra", f"{first}index 73894\n{five}\n{point}", "ok", "extra is optional", index=73894, hashes=5)
    read("index-zero", f"{first}index 0\n\n{point}", "ok", "index 0 and no hash: a tree of one", index=0, hashes=0)
    read(
        "sixty-three-hashes",
        f"{first}index 0\n{''.join(hashes[:63])}\n{point}",
        "ok",
        "the longest path",
        index=0,
        hashes=63,
    )
    read("sixty-four-hashes", f"{first}index 0\n{''.join(hashes)}\n{point}", "proof.malformed", "no tree is so high")
    extended = f"{text[:-1]}\nextension\n"
    raw = f"{first}index 1\n{five}\n{extended}\n{L.line(extended)}"
    read("extension-line", raw, "ok", "the checkpoint is verbatim", index=1, hashes=5)
    bad = {
        "empty": "",
        "first-line-missing": f"index 1\n{five}\n{point}",
        "first-line-v2": f"c2sp.org/tlog-proof@v2\nindex 1\n{five}\n{point}",
        "first-line-space": f"c2sp.org/tlog-proof@v1 \nindex 1\n{five}\n{point}",
        "index-missing": f"{first}{five}\n{point}",
        "index-after-hashes": f"{first}{five}index 1\n\n{point}",
        "index-twice": f"{first}index 1\nindex 1\n{five}\n{point}",
        "index-leading-zero": f"{first}index 01\n{five}\n{point}",
        "index-signed": f"{first}index +1\n{five}\n{point}",
        "index-arabic": f"{first}index ١\n{five}\n{point}",
        "index-two-spaces": f"{first}index  1\n{five}\n{point}",
        "index-too-large": f"{first}index {2**63}\n{five}\n{point}",
        "extra-empty": f"{first}extra \nindex 1\n{five}\n{point}",
        "extra-no-space": f"{first}extra\nindex 1\n{five}\n{point}",
        "extra-no-padding": f"{first}extra YWI\nindex 1\n{five}\n{point}",
        "extra-stray-bits": f"{first}extra YWJ=\nindex 1\n{five}\n{point}",
        "extra-twice": f"{first}extra YWI=\nextra YWI=\nindex 1\n{five}\n{point}",
        "extra-after-index": f"{first}index 1\nextra YWI=\n{five}\n{point}",
        "hash-31-bytes": f"{first}index 1\n{b64(bytes(31))}\n\n{point}",
        "hash-no-padding": f"{first}index 1\n{hashes[0].replace('=', '')}\n{point}",
        "hash-cr": f"{first}index 1\n{hashes[0][:-1]}\r\n\n{point}",
        "blank-line-missing": f"{first}index 1\n{five}{text}",
        "line-ends-crlf": f"{first}index 1\n{five}\n{point}".replace("\n", "\r\n"),
    }
    for name, raw in bad.items():
        read(name, raw, "proof.malformed", "lines in their order, each in one spelling")
    read("blank-line-missing-before-checkpoint", f"{first}index 1\n{five}{point}", "proof.malformed", "an empty line")
    read(
        "blank-line-doubled",
        f"{first}index 1\n{five}\n\n{point}",
        "checkpoint.malformed",
        "cut at the first empty line",
    )
    read(
        "blank-line-after-index",
        f"{first}index 1\n\n{five}\n{point}",
        "checkpoint.malformed",
        "cut at the first empty line",
    )
    read("checkpoint-unsigned", f"{first}index 1\n{five}\n{text}", "note.malformed", "the checkpoint is a signed note")
    read(
        "checkpoint-size-zero-padded",
        f"{first}index 1\n\n{point.replace('109482', '0109482')}",
        "checkpoint.malformed",
        "the checkpoint is verbatim",
    )


def tiles() -> None:
    def path(name: str, text: str, expected: str, **more: Any) -> None:
        case(
            "tiles", f"path-{name}", "tiles.parse_path", text, expected, f"{TILES}, Merkle Tree, Partial Tiles", **more
        )

    path("spec-example", "tile/0/x001/x234/067", "ok", tile=["tile", 0, 1234067, 256])
    path("partial", "tile/1/001.p/17", "ok", tile=["tile", 1, 1, 17])
    path("level-63", "tile/63/000.p/1", "ok", tile=["tile", 63, 0, 1])
    path("entries", "tile/entries/x001/000.p/255", "ok", tile=["entries", 0, 1000, 255])
    path("history", "history/999", "ok", tile=["history", 0, 999, 256])
    bad = {
        "empty": "", "slash-first": "/tile/0/000", "slash-last": "tile/0/000/", "level-64": "tile/64/000",
        "level-leading-zero": "tile/00/000", "level-missing": "tile/000", "level-signed": "tile/+1/000",
        "level-arabic": "tile/١/000", "number-short": "tile/0/67", "number-long": "tile/0/1067",
        "group-without-x": "tile/0/001/067", "x-last": "tile/0/x001/x067", "x-upper-case": "tile/0/X001/067",
        "group-zero": "tile/0/x000/067", "group-doubled-x": "tile/0/xx001/067", "dots": "tile/0/../000",
        "width-zero": "tile/0/000.p/0", "width-256": "tile/0/000.p/256", "width-leading-zero": "tile/0/000.p/01",
        "width-missing": "tile/0/000.p/", "width-twice": "tile/0/000.p/1.p/1", "width-newline": "tile/0/000.p/1\n",
        "history-level": "history/0/000", "history-size": "history/size", "kind": "tiles/0/000",
        "digits-arabic": "tile/0/٠٠٠",
        "number-too-large": "tile/0/x009/x223/x372/x036/x854/x775/808", "entries-level": "tile/entries/0/000",
    }  # fmt: skip
    for name, text in bad.items():
        path(name, text, "tile.malformed")

    def bundle(name: str, raw: bytes, expected: str, **more: Any) -> None:
        case("tiles", f"bundle-{name}", "tiles.parse_bundle", raw, expected, f"{TILES}, Log entries", **more)

    bundle("two", b"\x00\x01a\x00\x03bcd", "ok", entries=["61", "626364"])
    bundle("empty-entry", b"\x00\x00\x00\x01a", "ok", entries=["", "61"])
    bundle("big-endian", b"\x01\x00" + bytes(256), "ok", entries=["00" * 256])
    bundle("cut-entry", b"\x00\x01a\x00\x03bc", "tile.malformed")
    bundle("cut-length", b"\x00\x01a\x00", "tile.malformed")
    bundle("little-endian", b"\x03\x00abc", "tile.malformed")


if __name__ == "__main__":
    for write in (notes, vkeys, checkpoints, policies, proofs, tiles):
        write()
    print(f"{len(WRITTEN)} cases written")
