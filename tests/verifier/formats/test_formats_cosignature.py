"""Cosignatures: what exactly is signed, by the specification's own structure, and what a false one leaves."""

from __future__ import annotations

import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import SigningKey

from verifier import ed25519, mldsa
from verifier.errors import Fault
from verifier.formats import checkpoint, cosignature, note

ORIGIN, SIZE, ROOT, TIME = "log.example/α", 20_852_163, bytes(range(32)), 1_679_315_147
TEXT = checkpoint.body(ORIGIN, SIZE, ROOT)
NAME = "witness.example/ω"
SECRET = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
KEY = note.make_key(NAME, note.COSIGNATURE_MLDSA44, SECRET.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
ED_SECRET = SigningKey(bytes(32))
ED_KEY = note.make_key(NAME, note.COSIGNATURE_ED25519, bytes(ED_SECRET.verify_key))
LOG_KEY = note.make_key(ORIGIN, note.ED25519, bytes(SigningKey(b"l" * 32).verify_key))


def structure(name: str, time: int, origin: str, size: int, root: bytes, start: int = 0) -> bytes:
    """cosigned_message of C2SP tlog-cosignature, packed by `struct` and not as the module does."""
    n, o = name.encode(), origin.encode()
    return struct.pack(
        f">12sB{len(n)}sQB{len(o)}sQQ32s", b"subtree/v1\n\0", len(n), n, time, len(o), o, start, size, root
    )


def signed(key: note.VerifierKey, value: bytes, text: bytes = TEXT) -> checkpoint.Checkpoint:
    return checkpoint.parse(note.Note(text, (note.Signature(key.name, key.key_id, value),)).raw)


def verify(key: note.VerifierKey, point: checkpoint.Checkpoint) -> int:
    return cosignature.verify(key, point, point.note.signatures[0])


def mldsa_value(message: bytes, time: int = TIME) -> bytes:
    return cosignature.wrap(time, SECRET.sign(message))


def test_mldsa_signs_the_structure() -> None:
    message = structure(NAME, TIME, ORIGIN, SIZE, ROOT)
    assert cosignature.message(KEY, TEXT, ORIGIN, SIZE, ROOT, TIME) == message
    assert verify(KEY, signed(KEY, mldsa_value(message))) == TIME


def test_mldsa_leaves_extension_lines_out() -> None:
    point = signed(KEY, mldsa_value(structure(NAME, TIME, ORIGIN, SIZE, ROOT)), TEXT + b"extension\n")
    assert verify(KEY, point) == TIME


def test_mldsa_may_say_no_time() -> None:
    assert verify(KEY, signed(KEY, mldsa_value(structure(NAME, 0, ORIGIN, SIZE, ROOT), 0))) == 0


@pytest.mark.parametrize(
    "message",
    [
        structure("witness.example/o", TIME, ORIGIN, SIZE, ROOT),
        structure(NAME, TIME + 1, ORIGIN, SIZE, ROOT),
        structure(NAME, TIME, "log.example/b", SIZE, ROOT),
        structure(NAME, TIME, ORIGIN, SIZE + 1, ROOT),
        structure(NAME, TIME, ORIGIN, SIZE, bytes(32)),
        structure(NAME, TIME, ORIGIN, SIZE, ROOT, start=1),
        b"cosignature/v1\ntime %d\n%b" % (TIME, TEXT),
        TEXT,
    ],
    ids=["name", "time", "origin", "size", "root", "start", "ed25519-message", "plain"],
)
def test_mldsa_commits_to_every_member(message: bytes) -> None:
    with pytest.raises(Fault) as caught:
        verify(KEY, signed(KEY, mldsa_value(message)))
    assert caught.value.code == "signature.false"
    assert caught.value.evidence == {"origin": ORIGIN, "size": SIZE, "key": KEY.vkey}


@pytest.mark.parametrize("length", [1, 8, 72, 2420, 2427, 2429])
def test_mldsa_length(length: int) -> None:
    with pytest.raises(Fault) as caught:
        verify(KEY, signed(KEY, bytes(length)))
    assert caught.value.code == "signature.false"


def test_mldsa_origin_of_256_bytes_cannot_be_cosigned() -> None:
    longest, longer = "o" * 255, "o" * 256
    value = mldsa_value(structure(NAME, TIME, longest, SIZE, ROOT))
    assert verify(KEY, signed(KEY, value, checkpoint.body(longest, SIZE, ROOT))) == TIME
    with pytest.raises(Fault) as caught:
        cosignature.message(KEY, b"", longer, SIZE, ROOT, TIME)
    assert caught.value.code == "cosignature.malformed"
    with pytest.raises(Fault) as caught:
        verify(KEY, signed(KEY, value, checkpoint.body(longer, SIZE, ROOT)))
    assert caught.value.code == "signature.false"


def test_ed25519_signs_the_specification_s_message() -> None:
    text = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    message = cosignature.message(ED_KEY, text, "example.com/behind-the-sofa", 20_852_163, ROOT, TIME)
    assert message == b"cosignature/v1\ntime 1679315147\n" + text
    value = cosignature.wrap(TIME, ED_SECRET.sign(message).signature)
    assert value[:8] == (TIME).to_bytes(8, "big")
    assert verify(ED_KEY, signed(ED_KEY, value, text)) == TIME


def test_a_plain_signature_is_over_the_text_and_says_no_time() -> None:
    assert cosignature.message(LOG_KEY, TEXT, ORIGIN, SIZE, ROOT, 0) == TEXT
    value = SigningKey(b"l" * 32).sign(TEXT).signature
    assert verify(LOG_KEY, signed(LOG_KEY, value)) == 0


def test_a_line_of_another_key_is_not_verified_under_this_one() -> None:
    with pytest.raises(Fault) as caught:
        verify(ED_KEY, signed(KEY, mldsa_value(structure(NAME, TIME, ORIGIN, SIZE, ROOT))))
    assert caught.value.code == "signature.false"


@pytest.mark.parametrize("time", [-1, 2**63])
def test_times_out_of_range_are_not_written(time: int) -> None:
    with pytest.raises(Fault) as caught:
        cosignature.wrap(time, bytes(64))
    assert caught.value.code == "cosignature.malformed"
    with pytest.raises(Fault) as caught:
        cosignature.message(ED_KEY, TEXT, "o", 1, ROOT, time)
    assert caught.value.code == "cosignature.malformed"


@pytest.mark.parametrize("length", [0, 63, 65, 2419])
def test_only_the_two_signature_lengths_are_wrapped(length: int) -> None:
    with pytest.raises(Fault) as caught:
        cosignature.wrap(TIME, bytes(length))
    assert caught.value.code == "cosignature.malformed"


def test_a_library_that_cannot_verify_says_nothing_about_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfit(public_key: bytes, message: bytes, signature: bytes) -> None:
        raise Fault("library.unfit", "no such algorithm here")

    monkeypatch.setattr(mldsa, "verify44", unfit)
    with pytest.raises(Fault) as caught:
        verify(KEY, signed(KEY, bytes(2428)))
    assert caught.value.code == "library.unfit"


def test_both_keys_of_a_witness_and_the_log_under_one_checkpoint() -> None:
    log = SigningKey(b"l" * 32).sign(TEXT).signature
    ed = cosignature.wrap(TIME, ED_SECRET.sign(cosignature.message(ED_KEY, TEXT, ORIGIN, SIZE, ROOT, TIME)).signature)
    pq = mldsa_value(structure(NAME, TIME + 1, ORIGIN, SIZE, ROOT), TIME + 1)
    keys = (LOG_KEY, ED_KEY, KEY)
    written = [note.Signature(key.name, key.key_id, value) for key, value in zip(keys, (log, ed, pq), strict=True)]
    point = checkpoint.parse(note.Note(TEXT, tuple(written)).raw)
    assert cosignature.verified(point, keys) == {LOG_KEY: 0, ED_KEY: TIME, KEY: TIME + 1}
    assert cosignature.verified(point, [LOG_KEY]) == {LOG_KEY: 0}
    assert cosignature.verified(point, []) == {}


def test_two_keys_with_one_name_and_one_id_are_refused() -> None:
    point = signed(ED_KEY, bytes(72))
    double = note.VerifierKey(ED_KEY.name, ED_KEY.key_id, ED_KEY.algorithm, LOG_KEY.public_key)
    with pytest.raises(Fault) as caught:
        cosignature.verified(point, [ED_KEY, double])
    assert caught.value.code == "vkey.malformed"


def test_a_key_that_was_never_checked_is_not_trusted() -> None:
    ed25519.check_public_key(ED_KEY.public_key)
    weak = note.VerifierKey("w", 1, note.COSIGNATURE_ED25519, b"\x01" + bytes(31))
    with pytest.raises(Fault) as caught:
        verify(weak, signed(weak, bytes(72)))
    assert caught.value.code == "key.weak"
