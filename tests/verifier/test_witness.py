"""The witness against C2SP tlog-witness: every refusal with its status, their order, races, restarts, two keys."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.errors import Fault
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, note
from verifier.merkle import EMPTY_ROOT
from verifier.witness import MOST_BODY, Known, Witness, parse_request

ORIGIN = "ledger.example/treaty"
NAME = "witness.example/w1"
NOW = 1_800_000_000


def _load_generator() -> Any:
    """The recursive definitions of RFC 6962, which the Merkle vectors come from."""
    spec = spec_from_file_location("rfc6962", Path(__file__).parents[1] / "vectors" / "generate_merkle.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rfc = _load_generator()


class Signer:
    """A private key of a log or a witness, of type 0x01, 0x04 or 0x06."""

    def __init__(self, name: str, algorithm: int) -> None:
        post_quantum = algorithm == note.COSIGNATURE_MLDSA44
        self.private: Any = MLDSA44PrivateKey.generate() if post_quantum else Ed25519PrivateKey.generate()
        self.key = note.make_key(name, algorithm, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return bytes(self.private.sign(message))

    def line(self, text: bytes, time: int = NOW) -> note.Signature:
        """The signature line of this key on a checkpoint's text."""
        origin, size, root = text.decode().split("\n")[:3]
        signed = cosignature.message(self.key, text, origin, int(size), base64.b64decode(root), time)
        plain = self.key.algorithm == note.ED25519
        value = self.sign(signed) if plain else cosignature.wrap(time, self.sign(signed))
        return note.Signature(self.key.name, self.key.key_id, value)


class Memory:
    """A state that keeps its rows in memory; `rows` outlive a witness, as a database does."""

    def __init__(self, rows: dict[str, Known] | None = None) -> None:
        self.rows = {} if rows is None else rows
        self.notes: dict[str, bytes] = {}
        self.lock = threading.Lock()

    def load(self, origin: str) -> Known | None:
        return self.rows.get(origin)

    def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
        with self.lock:
            if self.rows.get(origin) != old:
                raise Fault("witness.conflict", "another request was faster", where=origin)
            self.rows[origin] = new
            self.notes[origin] = note


LOG = Signer(ORIGIN, note.ED25519)
STRANGER = Signer("stranger.example", note.ED25519)
W4, W6 = Signer(NAME, note.COSIGNATURE_ED25519), Signer(NAME, note.COSIGNATURE_MLDSA44)


def witness(
    state: Memory, *, now: int = NOW, logs: Sequence[Signer] = (LOG,), signers: Sequence[Any] = (W4,)
) -> Witness:
    return Witness(signers, {ORIGIN: [log.key for log in logs]}, state, lambda: now)


def text_of(size: int, *, root: bytes | None = None, origin: str = ORIGIN) -> bytes:
    return checkpoints.body(origin, size, rfc.mth(rfc.tree(size)) if root is None else root)


def signed(text: bytes, *lines: note.Signature) -> bytes:
    return note.Note(text, lines).raw


def body(old: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(value).decode() for value in proof), "", ""]
    return "\n".join(lines).encode() + checkpoint


def honest(old: int, new: int) -> bytes:
    """The request that an honest log sends."""
    text = text_of(new)
    return body(old, rfc.proof(old, rfc.tree(new)) if old else [], signed(text, LOG.line(text)))


def at(size: int, time: int = NOW - 60) -> Memory:
    """A state that has cosigned `size` before."""
    return Memory({ORIGIN: Known(size, rfc.mth(rfc.tree(size)), time)})


def refused(state: Memory, request: bytes, code: str, status: int, **given: Any) -> Fault:
    """The refusal of a request, which must leave the state as it was."""
    before = dict(state.rows)
    with pytest.raises(Fault) as caught:
        witness(state, **given).add_checkpoint(request)
    assert (caught.value.code, caught.value.kind.status) == (code, status)
    assert state.rows == before
    assert state.notes == {}
    return caught.value


def times(answer: bytes, request: bytes, *signers: Signer) -> list[int]:
    """The times in an answer, every line of it verified as the specification's client would: below the checkpoint."""
    whole = checkpoints.parse(parse_request(request).checkpoint.raw + answer)
    lines = note.parse_signatures(answer)
    assert [(line.name, line.key_id) for line in lines] == [(s.key.name, s.key.key_id) for s in signers]
    return [cosignature.verify(s.key, whole, line) for s, line in zip(signers, lines, strict=True)]


# --- what is cosigned -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (0, 7), (1, 2), (3, 7), (4, 7), (7, 7), (8, 300), (0, 300)])
def test_a_consistent_checkpoint_is_cosigned_and_stored(old: int, new: int) -> None:
    state = at(old) if old else Memory()
    request = honest(old, new)
    assert times(witness(state).add_checkpoint(request), request, W4) == [NOW]
    assert state.rows == {ORIGIN: Known(new, rfc.mth(rfc.tree(new)), NOW)}


def test_both_keys_of_a_witness_sign_at_one_time() -> None:
    state, request = Memory(), honest(0, 5)
    answer = witness(state, signers=[W4, W6]).add_checkpoint(request)
    assert times(answer, request, W4, W6) == [NOW, NOW]


def test_the_stored_note_has_the_log_signatures_and_the_cosignatures_and_no_others() -> None:
    text, state = text_of(5), Memory()
    impostor = note.Signature(ORIGIN, LOG.key.key_id ^ 1, bytes(64))
    namesake = note.Signature("another.example", LOG.key.key_id, bytes(64))
    lines = [STRANGER.line(text), impostor, LOG.line(text), namesake, LOG.line(text)]
    answer = witness(state, signers=[W4, W6]).add_checkpoint(body(0, [], signed(text, *lines)))
    stored = note.parse(state.notes[ORIGIN])
    assert stored.text == text
    assert stored.signatures == (LOG.line(text), *note.parse_signatures(answer))
    assert state.rows[ORIGIN].note == state.notes[ORIGIN]


def test_as_many_true_log_signatures_as_a_note_holds_leave_room_for_the_cosignatures() -> None:
    text, state = text_of(2), Memory()
    request = body(0, [], signed(text, *[LOG.line(text)] * 128))
    assert times(witness(state).add_checkpoint(request), signed_request(text), W4) == [NOW]
    assert len(note.parse(state.notes[ORIGIN]).signatures) == 2


def signed_request(text: bytes) -> bytes:
    return body(0, [], signed(text, LOG.line(text)))


@pytest.mark.parametrize("algorithm", [note.ED25519, note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44])
def test_a_log_may_sign_with_any_type_of_key_and_one_of_its_keys_is_enough(algorithm: int) -> None:
    new, text, state = Signer(ORIGIN, algorithm), text_of(3), Memory()
    request = body(0, [], signed(text, new.line(text, 12)))
    assert times(witness(state, logs=[LOG, new]).add_checkpoint(request), request, W4) == [NOW]


def test_extension_lines_are_accepted_and_covered_by_the_ed25519_cosignature() -> None:
    text = text_of(3) + b"an extension\n"
    request = body(0, [], signed(text, LOG.line(text)))
    answer = witness(Memory(), signers=[W4, W6]).add_checkpoint(request)
    assert times(answer, request, W4, W6) == [NOW, NOW]
    bare = checkpoints.parse(signed(text_of(3), *note.parse_signatures(answer)))
    with pytest.raises(Fault):
        cosignature.verify(W4.key, bare, bare.note.signatures[0])
    assert cosignature.verify(W6.key, bare, bare.note.signatures[1]) == NOW


def test_one_size_may_be_cosigned_again_later() -> None:
    state = at(7)
    witness(state).add_checkpoint(honest(7, 7))
    request = honest(7, 7)
    assert times(witness(state, now=NOW + 600).add_checkpoint(request), request, W4) == [NOW + 600]
    assert state.rows[ORIGIN] == Known(7, rfc.mth(rfc.tree(7)), NOW + 600)


def test_a_log_grows_from_size_zero() -> None:
    state = Memory()
    for old, new in ((0, 0), (0, 0), (0, 3), (3, 4)):
        witness(state).add_checkpoint(honest(old, new))
    assert state.rows[ORIGIN].size == 4


def test_logs_do_not_touch_one_another() -> None:
    other = Signer("other.example/log", note.ED25519)
    state = at(7)
    both = Witness([W4], {ORIGIN: [LOG.key], other.key.name: [other.key]}, state, lambda: NOW)
    text = text_of(2, origin=other.key.name)
    both.add_checkpoint(body(0, [], signed(text, other.line(text))))
    assert {origin: known.size for origin, known in state.rows.items()} == {ORIGIN: 7, other.key.name: 2}
    text = text_of(8)
    with pytest.raises(Fault) as caught:
        both.add_checkpoint(body(7, rfc.proof(7, rfc.tree(8)), signed(text, other.line(text))))
    assert caught.value.code == "witness.log-signature"


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_clock_that_went_back_never_dates_below_the_last_time() -> None:
    state = at(3, time=NOW + 1000)
    request = honest(3, 4)
    assert times(witness(state).add_checkpoint(request), request, W4) == [NOW + 1000]
    assert state.rows[ORIGIN].timestamp == NOW + 1000


@pytest.mark.parametrize("now", [0, -1])
@pytest.mark.parametrize("state", [Memory(), at(3)], ids=["new", "known"])
def test_a_clock_without_a_time_signs_nothing(now: int, state: Memory) -> None:
    refused(state, honest(state.rows[ORIGIN].size if state.rows else 0, 4), "witness.clock", 503, now=now)


# --- what is refused, in the order of the specification ---------------------------------------------------------------

GOOD = honest(0, 2)
HASH = base64.b64encode(bytes(32))
MALFORMED = {
    "empty": b"",
    "no-blank-line": GOOD.replace(b"\n\n", b"\n"),
    "no-old-line": GOOD.removeprefix(b"old 0\n"),
    "blank-line-first": b"\n" + GOOD,
    "two-blank-lines": GOOD.replace(b"old 0\n\n", b"old 0\n\n\n"),
    "old-capital": b"O" + GOOD[1:],
    "old-alone": GOOD.replace(b"old 0", b"old", 1),
    "old-empty": GOOD.replace(b"old 0", b"old ", 1),
    "old-two-spaces": GOOD.replace(b"old 0", b"old  0", 1),
    "old-trailing-space": GOOD.replace(b"old 0", b"old 0 ", 1),
    "old-leading-zero": GOOD.replace(b"old 0", b"old 00", 1),
    "old-sign": GOOD.replace(b"old 0", b"old -0", 1),
    "old-plus": GOOD.replace(b"old 0", b"old +1", 1),
    "old-hex": GOOD.replace(b"old 0", b"old 0x1", 1),
    "old-underscore": GOOD.replace(b"old 0", b"old 1_0", 1),
    "old-arabic-digit": GOOD.replace(b"old 0", "old \u0661".encode(), 1),
    "old-too-large": GOOD.replace(b"old 0", b"old 9223372036854775808", 1),
    "old-many-digits": GOOD.replace(b"old 0", b"old " + b"9" * 5000, 1),
    "carriage-returns": GOOD.replace(b"\n", b"\r\n"),
    "carriage-return-in-old": GOOD.replace(b"old 0\n", b"old 0\r\n", 1),
    "hash-of-31-bytes": GOOD.replace(b"old 0\n", b"old 0\n" + base64.b64encode(bytes(31)) + b"\n", 1),
    "hash-of-33-bytes": GOOD.replace(b"old 0\n", b"old 0\n" + base64.b64encode(bytes(33)) + b"\n", 1),
    "hash-without-padding": GOOD.replace(b"old 0\n", b"old 0\n" + HASH.rstrip(b"=") + b"\n", 1),
    "hash-with-stray-bits": GOOD.replace(b"old 0\n", b"old 0\n" + HASH[:-2] + b"B=\n", 1),
    "hash-with-space": GOOD.replace(b"old 0\n", b"old 0\n " + HASH + b"\n", 1),
    "hash-url-alphabet": GOOD.replace(b"old 0\n", b"old 0\n" + b"_" * 42 + b"8=\n", 1),
    "64-hashes": GOOD.replace(b"old 0\n", b"old 0\n" + (HASH + b"\n") * 64, 1),
    "not-utf-8": GOOD.replace(b"old 0\n", b"old 0\n\xff\n", 1),
    "no-checkpoint": b"old 0\n\n",
    "checkpoint-unsigned": b"old 0\n\n" + text_of(2),
    "checkpoint-cut": GOOD[:-1],
    "checkpoint-trailing": GOOD + b"\n",
    "checkpoint-size-with-sign": GOOD.replace(b"\n2\n", b"\n+2\n", 1),
    "checkpoint-root-of-31-bytes": b"old 0\n\nlog\n1\n" + base64.b64encode(bytes(31)) + b"\n\n" + GOOD[-150:],
    "blank-line-in-text": GOOD.replace(b"\n2\n", b"\n\n2\n", 1),
}


@pytest.mark.parametrize("request_body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_are_400(request_body: bytes) -> None:
    fault = refused(Memory(), request_body, "witness.malformed", 400)
    assert fault.message


def padded(length: int) -> bytes:
    """A request of exactly so many bytes, filled up by a signature of an unknown key."""
    text = text_of(2)
    for name in range(1, 5):
        for value in range((length * 3) // 4 - 800, (length * 3) // 4):
            size = len(GOOD) + len("— ".encode()) + name + 1 + 4 * -(-(value + 4) // 3) + 1
            if size == length:
                return body(0, [], signed(text, LOG.line(text), note.Signature("x" * name, 7, bytes(value))))
    raise AssertionError("no name and signature add up to this length")


def test_a_body_may_have_256_kib_and_no_byte_more() -> None:
    state = Memory()
    request = padded(MOST_BODY)
    assert len(request) == MOST_BODY == 262_144
    witness(state).add_checkpoint(request)
    longer = padded(MOST_BODY + 1)
    assert len(longer) == MOST_BODY + 1
    refused(Memory(), longer, "witness.malformed", 400)


def test_63_hashes_are_read_and_then_judged() -> None:
    text = text_of(2)
    request = body(1, [bytes(32)] * 63, signed(text, LOG.line(text)))
    assert len(parse_request(request).proof) == 63
    refused(at(1), request, "witness.inconsistent", 422)


def test_the_example_of_the_specification_is_read() -> None:
    example = (
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
        "\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        "\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
        "+zyWE+xeMcTOAYQ8=\n"
        "— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5"
        "Rovnzv++qbSzm9Q=\n"
    ).encode()
    request = parse_request(example)
    assert (request.old, len(request.proof), request.checkpoint.size) == (20852014, 4, 20852163)
    assert len(request.checkpoint.note.signatures) == 2
    refused(Memory(), example, "witness.unknown-log", 404)


def test_an_unknown_log_is_404() -> None:
    text = text_of(2, origin="elsewhere.example")
    refused(Memory(), body(0, [], signed(text, LOG.line(text))), "witness.unknown-log", 404)


def test_a_checkpoint_that_no_trusted_key_signed_is_403() -> None:
    text = text_of(2)
    wrong_id = note.Signature(ORIGIN, LOG.key.key_id ^ 1, LOG.line(text).value)
    wrong_name = note.Signature("x", LOG.key.key_id, LOG.line(text).value)
    for lines in ([STRANGER.line(text)], [wrong_id], [wrong_name], [wrong_id, wrong_name]):
        refused(Memory(), body(0, [], signed(text, *lines)), "witness.log-signature", 403)


def test_a_false_signature_of_a_trusted_key_is_403_even_beside_a_true_one() -> None:
    text, second = text_of(2), Signer(ORIGIN, note.ED25519)
    true, key = LOG.line(text), LOG.key
    for value in (
        bytes(64),
        true.value[:-1],
        true.value + b"\x00",
        true.value[:63] + b"\xff",
        LOG.line(text_of(3)).value,
    ):
        false = note.Signature(key.name, key.key_id, value)
        for lines in ([false], [true, false], [false, true], [second.line(text), false]):
            request = body(0, [], signed(text, *lines))
            refused(Memory(), request, "witness.log-signature", 403, logs=[LOG, second])


def test_an_old_size_beyond_the_checkpoint_is_400() -> None:
    text = text_of(2)
    refused(at(3), body(3, [], signed(text, LOG.line(text))), "witness.old-size-larger", 400)


@pytest.mark.parametrize(("stored", "old", "new"), [(5, 0, 7), (5, 0, 0), (5, 4, 7), (5, 6, 7), (0, 1, 7), (5, 0, 5)])
def test_an_old_size_that_is_not_the_stored_one_is_409_with_the_stored_one(stored: int, old: int, new: int) -> None:
    fault = refused(at(stored) if stored else Memory(), honest(old, new), "witness.conflict", 409)
    assert fault.evidence == {"size": stored}


def test_size_zero_with_another_root_than_the_empty_one_is_422() -> None:
    text = text_of(0, root=bytes(32))
    refused(Memory(), body(0, [], signed(text, LOG.line(text))), "witness.inconsistent", 422)
    refused(at(0), body(0, [], signed(text, LOG.line(text))), "witness.inconsistent", 422)
    assert text_of(0) == text_of(0, root=EMPTY_ROOT)


@pytest.mark.parametrize("new", [0, 1, 7])
def test_a_proof_from_size_zero_is_422(new: int) -> None:
    text = text_of(new)
    refused(Memory(), body(0, [bytes(32)], signed(text, LOG.line(text))), "witness.inconsistent", 422)


def test_a_proof_that_does_not_verify_is_422() -> None:
    text = text_of(7)
    proof = rfc.proof(3, rfc.tree(7))
    for false in ([], proof[:-1], [*proof, bytes(32)], proof[::-1], [bytes(32), *proof[1:]]):
        refused(at(3), body(3, false, signed(text, LOG.line(text))), "witness.inconsistent", 422)


def test_one_size_with_another_root_is_422_and_evidence_of_the_fork() -> None:
    state = Memory()
    witness(state).add_checkpoint(honest(0, 7))
    stored = state.notes[ORIGIN]
    state.notes = {}
    text = text_of(7, root=rfc.mth(rfc.tree(6)))
    fork = signed(text, LOG.line(text))
    fault = refused(state, body(7, [], fork), "witness.inconsistent", 422)
    assert fault.evidence == {"known": stored.decode(), "submitted": fork.decode(), "proof": []}
    views = [checkpoints.parse(fault.evidence[name].encode()) for name in ("known", "submitted")]
    assert [LOG.key in cosignature.verified(view, [LOG.key]) for view in views] == [True, True]
    assert len({view.root for view in views}) == 2


def test_a_state_without_notes_gives_the_bare_checkpoint_as_evidence() -> None:
    text = text_of(7, root=bytes(32))
    fault = refused(at(7), body(7, [], signed(text, LOG.line(text))), "witness.inconsistent", 422)
    assert fault.evidence["known"] == text_of(7).decode()
    refused(at(7), body(7, [bytes(32)], signed(text_of(7), LOG.line(text_of(7)))), "witness.inconsistent", 422)


def test_of_several_things_wrong_the_first_of_the_specification_is_told() -> None:
    text, elsewhere = text_of(2), text_of(2, origin="elsewhere.example")
    unsigned, true = STRANGER.line(text), LOG.line(text)
    proof = [bytes(32)]
    refused(at(5), body(9, proof, signed(elsewhere, STRANGER.line(elsewhere))), "witness.unknown-log", 404)
    refused(at(5), body(9, proof, signed(text, unsigned)), "witness.log-signature", 403)
    refused(at(5), body(9, proof, signed(text, true)), "witness.old-size-larger", 400)
    refused(at(5), body(2, proof, signed(text, true)), "witness.conflict", 409)
    refused(at(2), body(2, proof, signed(text, true)), "witness.inconsistent", 422)


# --- state, races, signers --------------------------------------------------------------------------------------------


def test_a_restarted_witness_remembers() -> None:
    state = Memory()
    witness(state).add_checkpoint(honest(0, 5))
    again = Memory(dict(state.rows))
    refused(again, honest(0, 6), "witness.conflict", 409)
    witness(again, now=NOW - 10).add_checkpoint(honest(5, 6))
    assert again.rows[ORIGIN] == Known(6, rfc.mth(rfc.tree(6)), NOW)


def test_a_request_that_loses_a_race_is_409_with_the_winners_size() -> None:
    class Raced(Memory):
        """Between the check and the storing another request stores size 6."""

        def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
            self.rows[origin] = Known(6, rfc.mth(rfc.tree(6)), NOW)
            super().advance(origin, old, new, note)

    state = Raced(at(3).rows)
    with pytest.raises(Fault) as caught:
        witness(state).add_checkpoint(honest(3, 4))
    assert (caught.value.code, caught.value.kind.status) == ("witness.conflict", 409)
    assert caught.value.evidence == {"size": 6}
    assert state.rows[ORIGIN].size == 6


def test_of_many_requests_at_once_one_is_cosigned() -> None:
    state, barrier = Memory(), threading.Barrier(8)
    answers: list[tuple[int, bytes]] = []
    codes: list[str] = []

    class Slow(Signer):
        """All threads have read the state before any of them stores."""

        def sign(self, message: bytes) -> bytes:
            barrier.wait()
            return super().sign(message)

    shared = witness(state, signers=[Slow(NAME, note.COSIGNATURE_ED25519)])

    def submit(size: int) -> None:
        try:
            answers.append((size, shared.add_checkpoint(honest(0, size))))
        except Fault as fault:
            codes.append(fault.code)

    threads = [threading.Thread(target=submit, args=(size,)) for size in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["witness.conflict"] * 7
    assert [size for size, _ in answers] == [state.rows[ORIGIN].size]


def test_nothing_is_answered_that_could_not_be_stored() -> None:
    class Full(Memory):
        def advance(self, origin: str, old: Known | None, new: Known, note: bytes) -> None:
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        witness(Full()).add_checkpoint(honest(0, 2))


def test_a_signer_with_another_key_is_found_out_before_anything_is_stored() -> None:
    class Confused(Signer):
        def sign(self, message: bytes) -> bytes:
            return W4.sign(message)

    class Short(Signer):
        def sign(self, message: bytes) -> bytes:
            return super().sign(message)[:-1]

    for kind in (Confused, Short):
        signer = kind(NAME, note.COSIGNATURE_ED25519)
        fault = refused(Memory(), honest(0, 2), "witness.signer", 500, signers=[W4, signer])
        assert fault.where == signer.key.vkey


def test_a_witness_without_keys_or_with_a_keyless_log_is_not_made() -> None:
    for cosigners in ([], [LOG], [W4, LOG]):
        with pytest.raises(ValueError, match="0x04 or 0x06"):
            Witness(cosigners, {ORIGIN: [LOG.key]}, Memory(), lambda: NOW)
    with pytest.raises(ValueError, match="no key is given"):
        Witness([W4], {ORIGIN: []}, Memory(), lambda: NOW)
    long = "\u00e9" * 128
    Witness([W4], {long: [LOG.key]}, Memory(), lambda: NOW)
    with pytest.raises(ValueError, match="255 bytes"):
        Witness([W4, W6], {long: [LOG.key]}, Memory(), lambda: NOW)


# --- any sequence of requests -----------------------------------------------------------------------------------------

HISTORIES = {"true": rfc.tree(40), "forked": [*rfc.tree(9), *(b"forked %d" % i for i in range(31))]}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(HISTORIES)), st.integers(0, 40), st.integers(0, 40), st.integers(-50, 500)),
        min_size=5,
        max_size=15,
    )
)
def test_whatever_is_asked_all_that_was_cosigned_is_one_growing_tree(asked: list[tuple[str, int, int, int]]) -> None:
    state, now = Memory(), NOW
    cosigned: list[tuple[int, bytes, int]] = []
    statuses: set[int] = set()
    for history, old, new, elapsed in asked:
        entries = HISTORIES[history][:new]
        text = text_of(new, root=rfc.mth(entries))
        # Most requests build on what is stored, so that the sequences get somewhere.
        stored = state.rows[ORIGIN].size if state.rows else 0
        start = stored if old % 4 else old
        proof = rfc.proof(start, entries) if 0 < start <= new else []
        now = max(1, now + elapsed)
        request = body(start, proof, signed(text, LOG.line(text)))
        try:
            answer = witness(state, now=now).add_checkpoint(request)
        except Fault as fault:
            statuses.add(fault.kind.status)
            continue
        cosigned.append((new, rfc.mth(entries), times(answer, request, W4)[0]))
    assert [size for size, _, _ in cosigned] == sorted(size for size, _, _ in cosigned)
    assert [time for _, _, time in cosigned] == sorted(time for _, _, time in cosigned)
    shared = [
        name for name, entries in HISTORIES.items() if all(rfc.mth(entries[:n]) == root for n, root, _ in cosigned)
    ]
    assert shared
    assert statuses <= {400, 409, 422}
