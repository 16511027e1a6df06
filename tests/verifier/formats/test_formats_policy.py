"""Policies: thresholds, moments and the guard against split views, each against a plain enumeration."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint, cosignature, note, policy

SECRETS = [SigningKey(sha256(b"%d" % n).digest()) for n in range(8)]
TIME = 1_700_000_000


def vkey(name: str, number: int, algorithm: int = note.COSIGNATURE_ED25519) -> note.VerifierKey:
    return note.make_key(name, algorithm, bytes(SECRETS[number].verify_key))


@st.composite
def policies(draw: st.DrawFn) -> policy.Policy:
    """A policy of up to 6 witness keys, some of them sharing a key name, in random nested groups."""
    count = draw(st.integers(1, 6))
    owners = draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count))
    lines = [f"witness W{n} {vkey(f'w.example/{owner}', n).vkey}" for n, owner in enumerate(owners)]
    free = [f"W{n}" for n in range(count)]
    for number in range(draw(st.integers(1, 5))):
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        threshold = draw(st.integers(1, len(members)))
        lines.append(f"group G{number} {threshold} {' '.join(members)}")
        free = [name for name in free if name not in members] + [f"G{number}"]
    lines.append(f"quorum {draw(st.sampled_from(free))}")
    return policy.parse("".join(line + "\n" for line in lines).encode())


def holds(read: policy.Policy, name: str, cosigned: Iterable[str]) -> bool:
    """The definition of witnessing, by recursion."""
    if name in read.witnesses:
        return name in cosigned
    group = read.groups[name]
    return sum(holds(read, member, cosigned) for member in group.members) >= group.threshold


def subsets(names: Iterable[str]) -> list[set[str]]:
    listed = list(names)
    return [
        {name for name, bit in zip(listed, bits, strict=True) if bit} for bits in product((0, 1), repeat=len(listed))
    ]


@given(policies())
def test_satisfied_is_the_definition(read: policy.Policy) -> None:
    assert read.quorum is not None
    for cosigned in subsets(read.witnesses):
        assert read.satisfied(cosigned) == holds(read, read.quorum, cosigned)


@given(policies(), st.data())
def test_earliest_is_the_first_moment_that_satisfies(read: policy.Policy, data: st.DataObject) -> None:
    owners = sorted({entry.key.name for entry in read.witnesses.values()})
    times = data.draw(st.dictionaries(st.sampled_from(owners), st.integers(-5, 5)))
    moments = [
        moment
        for moment in range(-5, 6)
        if read.satisfied([n for n, entry in read.witnesses.items() if times.get(entry.key.name, 99) <= moment])
    ]
    assert read.earliest(times) == (min(moments) if moments else None)


@settings(max_examples=400)
@given(policies())
def test_the_guard_finds_two_quorums_exactly_where_they_are(read: policy.Policy) -> None:
    owners = {entry.key.name for entry in read.witnesses.values()}

    def enough(side: set[str]) -> bool:
        return read.satisfied([name for name, entry in read.witnesses.items() if entry.key.name in side])

    split = any(enough(side) and enough(owners - side) for side in subsets(owners))
    found = None
    try:
        read.require_intersecting()
    except Fault as fault:
        found = fault
    assert (found is not None) == split
    if found is not None:
        assert found.code == "policy.disjoint-quorums"
        first, second = set(found.evidence["first"]), set(found.evidence["second"])
        assert not first & second
        for side in (first, second):
            assert enough(side)
            assert not any(enough(side - {name}) for name in side)


def test_the_guard_is_quick_on_thirty_witnesses_with_two_keys_each() -> None:
    lines = []
    for number in range(30):
        for suffix in "ab":
            secret = SigningKey(sha256(f"{number}{suffix}".encode()).digest())
            key = note.make_key(f"w.example/{number}", note.COSIGNATURE_ED25519, bytes(secret.verify_key))
            lines.append(f"witness W{number}{suffix} {key.vkey}")
        lines.append(f"group O{number} any W{number}a W{number}b")
    owners = " ".join(f"O{number}" for number in range(30))
    head = "\n".join(lines)
    policy.parse(f"{head}\ngroup Q 16 {owners}\nquorum Q\n".encode()).require_intersecting()
    with pytest.raises(Fault) as caught:
        policy.parse(f"{head}\ngroup Q 15 {owners}\nquorum Q\n".encode()).require_intersecting()
    assert len(caught.value.evidence["first"]) == len(caught.value.evidence["second"]) == 15


def test_a_policy_too_entangled_to_judge_is_refused_not_passed() -> None:
    lines, groups = [], []
    for number in range(40):
        for suffix in "ab":
            secret = SigningKey(sha256(f"{number}{suffix}".encode()).digest())
            key = note.make_key(f"w.example/{number}", note.COSIGNATURE_ED25519, bytes(secret.verify_key))
            lines.append(f"witness W{number}{suffix} {key.vkey}")
        groups.append(f"group P{number} all W{number}a W{(number + 1) % 40}b")
    names = " ".join(f"P{number}" for number in range(40))
    text = "\n".join([*lines, *groups, f"group Q 21 {names}", "quorum Q"]) + "\n"
    with pytest.raises(Fault) as caught:
        policy.parse(text.encode()).require_intersecting()
    assert caught.value.code == "policy.malformed"


def test_quorum_none() -> None:
    read = policy.parse(b"quorum none\n")
    assert read.quorum is None
    assert read.satisfied([])
    assert read.earliest({"w": 1}) is None
    with pytest.raises(Fault) as caught:
        read.require_intersecting()
    assert caught.value.code == "policy.no-quorum"


def test_what_is_read_is_kept() -> None:
    log, witness = vkey("log.example", 0, note.ED25519), vkey("w.example", 1)
    raw = f"log {log.vkey} https://log.example/\nwitness W {witness.vkey}\nquorum W\n".encode()
    read = policy.parse(raw)
    assert read.text == raw
    assert read.logs == (policy.LogEntry(log, "https://log.example/"),)
    assert read.witnesses == {"W": policy.WitnessEntry("W", witness, None)}
    assert (read.log_keys, read.witness_keys) == ((log,), (witness,))
    assert pickle.loads(pickle.dumps(read)) == read
    assert len({read, policy.parse(raw), policy.parse(b"quorum none\n")}) == 2


def test_a_fault_names_its_line() -> None:
    with pytest.raises(Fault, match=r"^policy line 3: 'X' is not defined above"):
        policy.parse(b"# first\n\nquorum X\n")


@pytest.mark.parametrize("kind", ["log", "witness", "group"])
def test_more_lines_than_the_limit_are_refused(kind: str) -> None:
    lines = []
    for number in range(257):
        name, public = f"k.example/{number}", bytes(SigningKey(sha256(b"k%d" % number).digest()).verify_key)
        if kind == "log":
            lines.append(f"log {note.make_key(name, 1, public).vkey}")
        elif kind == "witness":
            lines.append(f"witness W{number} {note.make_key(name, 4, public).vkey}")
        else:
            first = f"witness W {note.make_key(name, 4, public).vkey}\ngroup G0 any W"
            lines.append(f"group G{number} any G{number - 1}" if number else first)
    policy.parse("\n".join([*lines[:256], "quorum none\n"]).encode())
    with pytest.raises(Fault) as caught:
        policy.parse("\n".join([*lines, "quorum none\n"]).encode())
    assert caught.value.code == "policy.malformed"


def test_a_policy_of_more_than_a_mebibyte_is_refused() -> None:
    with pytest.raises(Fault, match="at most"):
        policy.parse(b"#" * 2**20 + b"\nquorum none\n")


def test_an_unmet_quorum_says_who_is_needed() -> None:
    log, witnesses = vkey("log.example", 0, note.ED25519), [vkey(f"w.example/{n}", n) for n in (1, 2, 3)]
    lines = [f"log {log.vkey}", *(f"witness W{n} {key.vkey}" for n, key in enumerate(witnesses, 1))]
    read = policy.parse("\n".join([*lines, "group G all W1 W2 W3", "quorum G\n"]).encode())
    text = checkpoint.body("log.example", 5, bytes(32))
    signed = [note.Signature(log.name, log.key_id, SECRETS[0].sign(text).signature)]
    for number, moment in ((1, TIME), (2, TIME + 100)):
        key = witnesses[number - 1]
        message = cosignature.message(key, text, "log.example", 5, bytes(32), moment)
        value = cosignature.wrap(moment, SECRETS[number].sign(message).signature)
        signed.append(note.Signature(key.name, key.key_id, value))
    point = checkpoint.parse(note.Note(text, tuple(signed)).raw)
    with pytest.raises(Fault) as caught:
        read.accept(point, now=TIME + 99)
    fault = caught.value
    assert (fault.code, fault.kind.exit) == ("quorum.unmet", Exit.QUORUM_UNMET)
    assert fault.evidence["cosigned"] == {"W1": TIME}
    assert fault.evidence["dropped"] == {"W2": TIME + 100}
    assert fault.evidence["missing"] == ["W3"]
    assert fault.evidence["groups"] == {"G": {"of": ["W1", "W2", "W3"], "threshold": 3}}
    relaxed = policy.parse("\n".join([*lines, "group G 2 W1 W2 W3", "quorum G\n"]).encode())
    assert relaxed.accept(point, now=TIME + 100).cosigned == {"W1": TIME, "W2": TIME + 100}
    assert relaxed.accept(point).log_keys == (log,)


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(noise: bytes) -> None:
    code = ""
    try:
        assert policy.parse(b"# " + noise + b"\nquorum none\n").quorum is None
    except Fault as fault:
        code = fault.code
    assert code in ("", "policy.malformed", "vkey.malformed", "key.weak")


@given(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=3))
def test_different_octets_are_different_names(one: bytes, other: bytes) -> None:
    allowed = set(range(0x21, 0x7F)) | set(range(0x80, 0x100))
    assume(one != other and set(one + other) <= allowed and b"none" not in (one, other))
    first, second = vkey("w.example/1", 1).vkey.encode(), vkey("w.example/2", 2).vkey.encode()
    raw = b"witness %b %b\nwitness %b %b\nquorum %b\n" % (one, first, other, second, one)
    read = policy.parse(raw)
    assert len(read.witnesses) == 2
    assert read.quorum == next(iter(read.witnesses))
