"""The one Ed25519 rule: RFC 8032's vectors, the 914 C2SP/CCTV vectors by their flags, and libraries of other kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.exceptions import BadSignatureError

from verifier import ed25519
from verifier.errors import Fault

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


# Plain curve arithmetic in extended coordinates (RFC 8032, section 5.1.4), independent of every library: it derives the
# known answers and stands in for a cofactored library.
def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n: int, p: Point) -> Point:
    q = ZERO
    while n:
        q = add(q, p) if n & 1 else q
        p, n = add(p, p), n >> 1
    return q


def same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def encoded(p: Point) -> bytes:
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decoded(raw: bytes) -> Point | None:
    """Any encoding of a point, canonical or not, as a lenient library reads it."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, (y & 2**255 - 1) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    x = -x % P if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
EIGHTH = decoded(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
assert BASE is not None
assert EIGHTH is not None
TORSION = {1: ZERO, 2: times(4, EIGHTH), 4: times(2, EIGHTH), 8: EIGHTH}


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(r + key + message).digest(), "little") % L


def cofactored_open(signed: bytes, key: bytes) -> bytes:
    """What a cofactored library answers: 8sB = 8R + 8hA, every encoding of a point taken (the rules of ZIP 215)."""
    r, s, message = signed[:32], int.from_bytes(signed[32:64], "little"), signed[64:]
    point, public = decoded(r), decoded(key)
    if point is None or public is None or s >= L:
        raise BadSignatureError("refused")
    right = add(point, times(challenge(r, key, message), public))
    if not same(times(8, times(s, BASE)), times(8, right)):
        raise BadSignatureError("refused")
    return message


def scalar(text: bytes) -> int:
    return int.from_bytes(sha512(text).digest(), "little") % L


def signed_by(secret: int, message: bytes, r: int, r_bytes: bytes) -> bytes:
    """A signature whose R is written as `r_bytes`, valid where r_bytes stand for rB up to a point of small order."""
    h = challenge(r_bytes, encoded(times(secret, BASE)), message)
    return r_bytes + ((r + h * secret) % L).to_bytes(32, "little")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Every test meets a library that has not been examined yet, and leaves none behind."""
    ed25519.check_public_key.cache_clear()
    ed25519._library_is_loose.cache_clear()
    yield
    ed25519.check_public_key.cache_clear()
    ed25519._library_is_loose.cache_clear()


def refusal(key: bytes, message: bytes, signature: bytes) -> str | None:
    try:
        ed25519.verify(key, message, signature)
    except Fault as fault:
        return fault.code
    return None


RFC_8032 = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", sha512(b"abc").hexdigest(),
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip
"""Secret key, message, signature of RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc)."""


@pytest.mark.parametrize(("secret", "message", "signature"), RFC_8032)
def test_rfc_8032(secret: str, message: str, signature: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).public_key().public_bytes_raw()
    text, value = bytes.fromhex(message), bytes.fromhex(signature)
    ed25519.verify(key, text, value)
    assert refusal(key, text + b"\x00", value) == "signature.false"
    for byte in (0, 31, 32, 63):
        altered = value[:byte] + bytes([value[byte] ^ 1]) + value[byte + 1 :]
        assert refusal(key, text, altered) == "signature.false"


def cctv() -> list[tuple[bytes, bytes, bytes, frozenset[str]]]:
    raw = (Path(__file__).parents[1] / "vectors" / "ed25519" / "cctv.json").read_bytes()
    return [
        (bytes.fromhex(v["key"]), v["msg"].encode(), bytes.fromhex(v["sig"]), frozenset(v["flags"] or ()))
        for v in json.loads(raw)
    ]


CCTV = cctv()
OF_A = {"low_order_A", "non_canonical_A", "low_order_component_A"}
OF_R = {"low_order_R", "non_canonical_R", "low_order_component_R"}
CONSEQUENCES = {"low_order_residue", "reencoded_k"}


def expected(flags: frozenset[str]) -> str | None:
    """The verdict by the flags alone: a point that is not canonical, or not of prime order, is refused."""
    if flags & OF_A:
        return "key.weak"
    return "signature.false" if flags & (OF_R | CONSEQUENCES) else None


def kinds_of_library() -> list[Callable[[pytest.MonkeyPatch], None]]:
    def installed(patch: pytest.MonkeyPatch) -> None:
        """PyNaCl as it is."""

    def cofactored(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(ed25519, "crypto_sign_open", cofactored_open)

    return [installed, cofactored]


@pytest.mark.parametrize("library", kinds_of_library(), ids=lambda kind: kind.__name__)
def test_all_914_vectors_are_judged_by_their_flags(
    library: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    library(monkeypatch)
    assert len(CCTV) == 914
    assert {flag for *_, flags in CCTV for flag in flags} == OF_A | OF_R | CONSEQUENCES
    wrong = [
        (number, sorted(flags))
        for number, (key, message, signature, flags) in enumerate(CCTV)
        if refusal(key, message, signature) != expected(flags)
    ]
    assert wrong == []
    verdicts = [expected(flags) for *_, flags in CCTV]
    assert verdicts.count(None) == sum(not flags for *_, flags in CCTV) == 1
    assert verdicts.count("signature.false") == 27


def test_the_vectors_tell_the_two_kinds_of_library_apart() -> None:
    """Without this the test above could pass on a stand-in that refuses everything."""
    key, message, signature = next(v[:3] for v in CCTV if v[3] == {"low_order_component_R", "low_order_residue"})
    assert cofactored_open(signature + message, key) == message
    with pytest.raises(BadSignatureError):
        ed25519.crypto_sign_open(signature + message, key)


def test_the_known_answers_are_what_they_are_said_to_be() -> None:
    a, r = scalar(b"detente known answer a"), scalar(b"detente known answer r")
    public, nonce = times(a, BASE), times(r, BASE)
    assert encoded(public) == ed25519._KEY
    assert signed_by(a, ed25519._MESSAGE, r, encoded(nonce)) == ed25519._SOUND
    mixed = [signed_by(a, ed25519._MESSAGE, r, encoded(add(nonce, TORSION[order]))) for order in (2, 4, 8)]
    identity = ["ee" + "ff" * 30 + "7f", "01" + "00" * 30 + "80"]
    spelt = [signed_by(a, ed25519._MESSAGE, 0, bytes.fromhex(text)) for text in identity]
    assert (*mixed, *spelt) == ed25519._LOOSE
    foreign = [encoded(add(public, TORSION[order])) for order in (2, 4, 8)]
    assert ed25519._FOREIGN[:3] == tuple(foreign)
    assert ed25519._FOREIGN[3:5] == (encoded(TORSION[2]), encoded(ZERO))
    assert ed25519._FOREIGN[5].hex() == identity[0]
    for signature in ed25519._LOOSE:
        assert cofactored_open(signature + ed25519._MESSAGE, ed25519._KEY) == ed25519._MESSAGE


def test_r_is_checked_each_time_only_where_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    is_valid = ed25519.crypto_core_ed25519_is_valid_point

    def counted(point: bytes) -> bool:
        asked.append(point)
        return is_valid(point)

    private = Ed25519PrivateKey.generate()
    key, signatures = private.public_key().public_bytes_raw(), [private.sign(b"%d" % i) for i in range(3)]
    monkeypatch.setattr(ed25519, "crypto_core_ed25519_is_valid_point", counted)
    for number, signature in enumerate(signatures):
        ed25519.verify(key, b"%d" % number, signature)
    assert asked.count(key) == 1
    assert not [signature for signature in signatures if signature[:32] in asked]

    asked.clear()
    ed25519._library_is_loose.cache_clear()
    monkeypatch.setattr(ed25519, "crypto_sign_open", cofactored_open)
    for number, signature in enumerate(signatures):
        ed25519.verify(key, b"%d" % number, signature)
    assert [point for point in asked if point in {signature[:32] for signature in signatures}] == [
        signature[:32] for signature in signatures
    ]


@pytest.mark.parametrize("library", kinds_of_library(), ids=lambda kind: kind.__name__)
def test_crafted_r_is_refused_under_a_sound_key(
    library: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    library(monkeypatch)
    a, r = scalar(b"another key"), scalar(b"another nonce")
    key, nonce, message = encoded(times(a, BASE)), times(r, BASE), b"message"
    assert refusal(key, message, signed_by(a, message, r, encoded(nonce))) is None
    crafted = [encoded(add(nonce, TORSION[order])) for order in (2, 4, 8)]
    for r_bytes in crafted:
        assert refusal(key, message, signed_by(a, message, r, r_bytes)) == "signature.false"
    identity = [encoded(ZERO), bytes.fromhex("ee" + "ff" * 30 + "7f"), bytes.fromhex("01" + "00" * 30 + "80")]
    for r_bytes in [*identity, encoded(TORSION[2]), encoded(TORSION[8])]:
        assert refusal(key, message, signed_by(a, message, 0, r_bytes)) == "signature.false"


def test_a_library_that_compares_encodings_but_takes_the_identity_is_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL is of this kind: R = the canonical identity is all that is left to refuse."""

    def plain_open(signed: bytes, key: bytes) -> bytes:
        r, s, message = signed[:32], int.from_bytes(signed[32:64], "little"), signed[64:]
        public = decoded(key)
        assert public is not None
        if encoded(add(times(s, BASE), times(L - challenge(r, key, message), public))) != r:
            raise BadSignatureError("refused")
        return message

    monkeypatch.setattr(ed25519, "crypto_sign_open", plain_open)
    a, message = scalar(b"another key"), b"message"
    key, signature = encoded(times(a, BASE)), signed_by(a, message, 0, encoded(ZERO))
    assert plain_open(signature + message, key) == message
    assert refusal(key, message, signature) == "signature.false"
    assert not ed25519._library_is_loose()


def test_s_that_is_not_reduced_is_refused_by_any_library(monkeypatch: pytest.MonkeyPatch) -> None:
    private = Ed25519PrivateKey.generate()
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    larger = [(s + n * L).to_bytes(32, "little") for n in range(1, 15) if s + n * L < 2**256]
    assert larger
    ed25519.verify(key, b"message", signature)
    monkeypatch.setattr(ed25519, "crypto_sign_open", lambda signed, key: signed[64:])
    for value in [*larger, L.to_bytes(32, "little"), b"\xff" * 32]:
        with pytest.raises(Fault, match="group order") as caught:
            ed25519.verify(key, b"message", signature[:32] + value)
        assert caught.value.code == "signature.false"


@pytest.mark.parametrize("length", [0, 31, 32, 63, 65, 128])
def test_signatures_of_other_lengths_are_refused(length: int) -> None:
    private = Ed25519PrivateKey.generate()
    signature = (private.sign(b"m") * 2)[:length]
    with pytest.raises(Fault, match=f"64 bytes, not {length}") as caught:
        ed25519.verify(private.public_key().public_bytes_raw(), b"m", signature)
    assert caught.value.code == "signature.false"
    assert caught.value.evidence["signature"] == signature.hex()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(Fault) as caught:
        ed25519.check_public_key(ed25519._KEY[:1] * length)
    assert caught.value.code == "key.malformed"


def test_weak_keys_are_refused_every_time() -> None:
    public = times(scalar(b"another key"), BASE)
    weak = [encoded(add(public, TORSION[order])) for order in (2, 4, 8)]
    weak += [encoded(point) for point in TORSION.values()]
    weak += [bytes.fromhex("ed" + "ff" * 30 + "7f"), bytes.fromhex("ee" + "ff" * 30 + "ff"), b"\x02" + bytes(31)]
    for key in weak * 2:
        with pytest.raises(Fault) as caught:
            ed25519.check_public_key(key)
        assert caught.value.code == "key.weak"
        assert caught.value.evidence == {"key": key.hex()}


def test_the_memory_of_keys_is_bounded() -> None:
    assert ed25519.check_public_key.cache_info().maxsize == 4096


@pytest.mark.parametrize(
    ("name", "stand_in", "told"),
    [
        ("crypto_core_ed25519_is_valid_point", lambda point: True, "weak point"),
        ("crypto_core_ed25519_is_valid_point", lambda point: point in (ed25519._KEY, ed25519._FOREIGN[0]), "1565a9b8"),
        ("crypto_core_ed25519_is_valid_point", lambda point: False, "refuses a sound key"),
        ("crypto_sign_open", lambda signed, key: cofactored_open(signed[:63] + b"\xff" + signed[64:], key), "refuses"),
    ],
)
def test_an_unfit_library_is_found_out(
    name: str, stand_in: Callable[..., object], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ed25519, name, stand_in)
    private = Ed25519PrivateKey.generate()
    with pytest.raises(Fault, match=told) as caught:
        ed25519.verify(private.public_key().public_bytes_raw(), b"m", private.sign(b"m"))
    assert caught.value.code == "library.unfit"
    assert caught.value.kind.status == 500
