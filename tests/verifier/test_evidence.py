"""Evidence convicts the guilty by their keys, and is unforgeable against the innocent: each attack is a case of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.people import NotePen, Pen, ring
from tests.support.simulated_log import OFFICE, ORIGIN, TYPES, SimulatedLog, consistency, path
from verifier import merkle
from verifier.errors import Fault
from verifier.evidence import Verdict, check, encode
from verifier.evidence.dates import backdating_file
from verifier.evidence.speakers import equivocation_file, key_file
from verifier.evidence.trees import Leaf, omission_file, views_file
from verifier.formats import checkpoint, note, policy
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.envelope import Envelope
from verifier.receipt import Given

File = dict[str, Any]
SCOPE = sorted(set(TYPES) - {"key-change", "depositary-notice"})
INSUFFICIENT, MALFORMED = "evidence.insufficient", "evidence.malformed"


class World:
    """An honest log of nine records, and `other`: the same log, told otherwise from record 6 on."""

    def __init__(self) -> None:
        self.log = SimulatedLog()
        self.log.found()
        self.early = [self.log.announce("XA", n) for n in range(2)]
        self.log.checkpoint()
        self.other = self.log.copy()
        self.mine = self.log.announce("XC", 1)
        self.log.checkpoint()
        self.rest = [self.log.announce("XB", n) for n in range(2)]
        self.log.checkpoint()
        self.theirs = self.other.announce("XC", 2)
        self.other.checkpoint()

    @property
    def policy(self) -> str:
        return self.log.policy_text

    def judge(self, file: File | bytes, text: str | None = None, charter: str | None = None) -> Verdict:
        raw = file if isinstance(file, bytes) else encode(file)
        return check(raw, policy.parse((text or self.policy).encode()), charter or self.log.charter_id)

    def refuse(
        self, file: File | bytes, text: str | None = None, charter: str | None = None, code: str = INSUFFICIENT
    ) -> None:
        with pytest.raises(Fault) as caught:
            self.judge(file, text, charter)
        assert caught.value.code == code

    def point(self, number: int = -1, log: SimulatedLog | None = None) -> Checkpoint:
        return checkpoint.parse((log or self.log).history[number])

    def leaves(self, log: SimulatedLog) -> list[bytes]:
        return [merkle.leaf_hash(raw) for raw in log.records]

    def leaf(self, index: int, log: SimulatedLog, size: int | None = None) -> Leaf:
        leaves = self.leaves(log)[:size]
        return Leaf(leaves[index], path(index, leaves))

    def prefix(self, size: int, log: SimulatedLog) -> tuple[bytes, list[bytes]]:
        leaves = self.leaves(log)
        return merkle.subtree_root(leaves[:size]), consistency(size, leaves)

    # One good file of each kind.

    def same_size(self) -> File:
        return views_file(self.point(-2), self.point(-1, self.other))

    def by_prefix(self) -> File:
        root, proof = self.prefix(7, self.log)
        return views_file(self.point(-1, self.other), self.point(), prefix=root, proof=proof)

    def by_leaves(self) -> File:
        pair = [self.leaf(6, self.other), self.leaf(6, self.log)]
        return views_file(self.point(-1, self.other), self.point(), index=6, leaves=pair)

    def omission(self) -> File:
        return omission_file(self.other.receipt(self.theirs), self.point(), self.leaf(6, self.log))

    def two_views(self, name: str = "quillon.example") -> File:
        return {**self.by_prefix(), "kind": "witness", "witness": name}

    def backwards(self) -> File:
        late = self.cosigned(9, self.log.root(9), {0: -500, 1: 0})
        return {**views_file(self.point(-2), late), "kind": "witness", "witness": "norhaven.example"}

    def backdated(self, off: int = -900) -> File:
        """A record dated `off` seconds from the log's clock, which was read just after a checkpoint that lacks it."""
        log = self.log.copy()
        log.clock += 3600
        before = log.checkpoint(pause=0)
        log.log(*self.next_of(log), received=log.clock + 2 + off)
        statement = log.chains["XC", OFFICE][1]
        log.checkpoint()
        return backdating_file(self.charter(log), log.receipt(statement), [checkpoint.parse(before)])

    def revoked(self) -> File:
        log = self.log.copy()
        change = log.revoke("XC", log.pen("XC"))
        late = log.announce("XC")
        log.checkpoint()
        return key_file(ORIGIN, self.chain(log, "XC", change), log.receipt(late))

    def equivocation(self) -> File:
        pair = [self.log.receipt(self.mine), self.other.receipt(self.theirs)]
        return equivocation_file(ORIGIN, self.chain(self.log, "XC"), pair)

    # Parts.

    def next_of(self, log: SimulatedLog, **members: Any) -> tuple[Any, File]:
        value = log.draft("XC", "drill-announcement", self.words(), **members)
        return log.envelope(value), value

    def words(self) -> File:
        from tests.support.scenes import drill

        return drill()

    def charter(self, log: SimulatedLog) -> Given:
        return log.receipt(log.charter_id)

    def chain(self, log: SimulatedLog, party: str, *more: str) -> list[Given]:
        accession = next(s for s, (index, _) in log.envelopes.items() if index == 1 + ("XA", "XB", "XC").index(party))
        return [self.charter(log), log.receipt(accession), *(log.receipt(one) for one in more)]

    def cosigned(self, size: int, root: bytes, times: dict[int, int], pen: NotePen | None = None) -> Checkpoint:
        """A checkpoint signed by the log (or `pen`) and by witnesses at times relative to its clock; 0 stays 0 if None."""
        text, log = checkpoint.body(ORIGIN, size, root), self.log
        lines = [(pen or log.log_pen).signature(text, ORIGIN, size, root, 0)]
        lines += [log.witness_pens[n].signature(text, ORIGIN, size, root, log.clock + t) for n, t in times.items()]
        return checkpoint.parse(note.Note(text, tuple(lines)).raw)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


KINDS: dict[str, tuple[Callable[[World], File], str]] = {
    "fork, one size": (World.same_size, "log key and quorum"),
    "fork, prefix": (World.by_prefix, "log key and quorum"),
    "fork, leaves": (World.by_leaves, "log key and quorum"),
    "omission": (World.omission, "log key and quorum"),
    "witness, two views": (World.two_views, "witness key"),
    "witness, backwards": (World.backwards, "witness key"),
    "backdating, early": (World.backdated, "log key"),
    "backdating, late": (lambda world: world.backdated(900), "log key"),
    "key": (World.revoked, "log key"),
    "equivocation": (World.equivocation, "party's key"),
}
EACH = pytest.mark.parametrize("kind", KINDS)


@EACH
def test_good_evidence_names_a_role_and_its_keys(kind: str, world: World) -> None:
    make, role = KINDS[kind]
    verdict = world.judge(make(world))
    keys = {
        "witness key": {pen.key.vkey for pen in world.log.witness_pens},
        "party's key": {key.keyid for key in world.log.pen("XC").public},
    }.get(role, {world.log.log_pen.key.vkey})
    assert verdict.role == role
    assert verdict.proves
    assert set(verdict.keys) <= keys
    assert len(verdict.keys) == 1


# Attacks on every kind.


@EACH
def test_another_reader_s_log_key_convicts_nobody(kind: str, world: World) -> None:
    """A namesake log of the same origin, with another key, is another log."""
    namesake = NotePen(ORIGIN, note.ED25519, "namesake")
    world.refuse(KINDS[kind][0](world), world.policy.replace(world.log.log_pen.key.vkey, namesake.key.vkey))


@EACH
def test_the_file_s_members_are_exactly_those_of_its_kind(kind: str, world: World) -> None:
    good = KINDS[kind][0](world)
    for name in good.keys() - {"kind"}:
        world.refuse({key: value for key, value in good.items() if key != name}, code=MALFORMED)
        world.refuse({**good, name: {"a": 1}}, code=MALFORMED)
        world.refuse({**good, name: 7} if name != "index" else {**good, name: -1}, code=MALFORMED)
    world.refuse({**good, "comment": "x"}, code=MALFORMED)
    world.refuse({**good, "kind": "treason"}, code=MALFORMED)
    world.refuse({**good, "ledger": "another.example/ledger"}, code=MALFORMED)


@EACH
def test_a_cut_or_loosely_written_file_is_refused(kind: str, world: World) -> None:
    raw = encode(KINDS[kind][0](world))
    for bent in (raw[:-1], raw + b"\n", raw.replace(b":", b": ", 1), b"[" + raw + b"]", b"", b"null", raw + raw):
        world.refuse(bent, code=MALFORMED)


@EACH
def test_one_letter_changed_anywhere_never_convicts_more(kind: str, world: World) -> None:
    """Every 97th byte: what is still believed proves the same of the same keys."""
    raw = encode(KINDS[kind][0](world))
    good = world.judge(raw)
    for at in range(5, len(raw) - 2, 97):
        bent = raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :]
        assert outcome(world, bent) in (INSUFFICIENT, MALFORMED, (good.kind, good.keys))


def outcome(world: World, raw: bytes) -> object:
    """Kind and keys of the verdict, or the code of the refusal."""
    try:
        verdict = world.judge(raw)
    except Fault as fault:
        return fault.code
    return verdict.kind, verdict.keys


@pytest.mark.parametrize("kind", ["omission", "backdating, early", "key", "equivocation"])
def test_a_receipt_needs_the_reader_s_quorum(kind: str, world: World) -> None:
    strangers = [NotePen(f"stranger{n}.example", note.COSIGNATURE_ED25519) for n in range(3)]
    rows = [f"log {world.log.log_pen.key.vkey}", *(f"witness s{n} {pen.key.vkey}" for n, pen in enumerate(strangers))]
    world.refuse(KINDS[kind][0](world), "\n".join([*rows, "group all 2 s0 s1 s2", "quorum all", ""]))


@pytest.mark.parametrize("kind", ["backdating, early", "backdating, late", "key", "equivocation"])
def test_another_charter_or_none_convicts_nobody(kind: str, world: World) -> None:
    file = KINDS[kind][0](world)
    world.refuse(file, charter="ab" * 32)
    with pytest.raises(Fault) as caught:
        check(encode(file), policy.parse(world.policy.encode()), None)
    assert caught.value.code == INSUFFICIENT


# Forks.


def test_a_fork_without_a_quorum_speaks_against_the_log_key_alone(world: World) -> None:
    lone = checkpoint.parse(world.log.sign(7, b"\x01" * 32, cosigned=()))
    verdict = world.judge(views_file(world.point(-2), lone))
    assert (verdict.role, verdict.keys) == ("log key", (world.log.log_pen.key.vkey,))
    none = f"log {world.log.log_pen.key.vkey}\nquorum none\n"
    assert world.judge(world.same_size(), none).role == "log key"


def test_a_log_with_two_keys_is_one_log(world: World) -> None:
    """Each view is signed by another of the keys that the policy lists for the origin: both are named."""
    second = NotePen(ORIGIN, note.COSIGNATURE_MLDSA44)
    view = world.cosigned(7, b"\x02" * 32, {}, second)
    text = world.policy.replace("\nwitness", f"\nlog {second.key.vkey}\nwitness", 1)
    assert set(world.judge(views_file(world.point(-2), view), text).keys) == {
        world.log.log_pen.key.vkey,
        second.key.vkey,
    }
    world.refuse(views_file(world.point(-2), view))


def fork_attacks(world: World) -> dict[str, File]:
    """Views that can both be true, and views that the log did not sign."""
    first, second = world.point(-2), world.point()
    root, proof = world.prefix(7, world.log)
    beat = checkpoint.parse(world.log.sign(9, world.log.root(9)))
    by_witness = note.Note(beat.note.text.replace(b"\n9\n", b"\n8\n"), beat.note.signatures[1:])
    pair = [world.leaf(6, world.other), world.leaf(6, world.log)]
    forged = world.point(-1, world.other).note
    false = note.Note(forged.text, (first.note.signatures[0], *forged.signatures[1:]))
    stranger = world.cosigned(7, b"\x03" * 32, {0: 0, 1: 0}, NotePen(ORIGIN, note.ED25519, "namesake"))
    empty = checkpoint.parse(world.log.sign(0, b"\x04" * 32))
    good = world.by_prefix()
    return {
        "one checkpoint twice": views_file(second, second),
        "a heartbeat": views_file(second, beat),
        "honest growth": views_file(first, second, prefix=root, proof=proof),
        "growth without a proof: a mirror that lags": views_file(first, second),
        "a false empty tree": views_file(empty, second, prefix=merkle.EMPTY_ROOT),
        "a cut proof": {**good, "consistency": good["consistency"][:-1]},
        "a proof with a hash too many": {**good, "consistency": [*good["consistency"], "00" * 32]},
        "another prefix": {**good, "prefix": "00" * 32},
        "signed by a witness alone": views_file(world.point(-1, world.other), checkpoint.parse(by_witness.raw)),
        "a signature taken from another view": views_file(first, checkpoint.parse(false.raw)),
        "signed by a namesake": views_file(first, stranger),
        "one leaf twice": views_file(first, second, index=6, leaves=[world.leaf(6, world.log, 7), pair[1]]),
        "leaves at another index": {**world.by_leaves(), "index": 5},
        "swapped leaves": views_file(world.point(-1, world.other), second, index=6, leaves=pair[::-1]),
        "a leaf without its proof": views_file(
            world.point(-1, world.other), second, index=6, leaves=[pair[0], Leaf(pair[1].leaf, [])]
        ),
        "an inner node as a leaf": views_file(
            world.point(-1, world.other), second, index=6, leaves=[pair[0], Leaf(second.root, [])]
        ),
    }


FORK_ATTACKS = [
    "one checkpoint twice", "a heartbeat", "honest growth", "growth without a proof: a mirror that lags", "a false empty tree",
    "a cut proof", "a proof with a hash too many", "another prefix", "signed by a witness alone",
    "a signature taken from another view", "signed by a namesake", "one leaf twice", "leaves at another index",
    "swapped leaves", "a leaf without its proof", "an inner node as a leaf",
]  # fmt: skip


@pytest.mark.parametrize("attack", FORK_ATTACKS)
def test_an_honest_log_is_not_convicted_of_a_fork(attack: str, world: World) -> None:
    world.refuse(fork_attacks(world)[attack])


def test_every_fork_attack_is_tried(world: World) -> None:
    assert sorted(fork_attacks(world)) == sorted(FORK_ATTACKS)


def test_a_larger_view_first_is_malformed(world: World) -> None:
    good = world.by_prefix()
    world.refuse({**good, "checkpoints": good["checkpoints"][::-1]}, code=MALFORMED)
    world.refuse({**good, "checkpoints": good["checkpoints"][:1]}, code=MALFORMED)
    world.refuse({**good, "prefix": None}, code=MALFORMED)
    world.refuse({**good, "index": 3}, code=MALFORMED)


# Omissions.


def test_an_honest_log_is_not_convicted_of_an_omission(world: World) -> None:
    given, point = world.log.receipt(world.mine, world.log.history[-2]), world.point()
    unmet = world.log.receipt(world.mine, world.log.sign(9, world.log.root(), cosigned=(0,)))
    theirs = world.other.receipt(world.theirs)
    lone = Given(theirs.proof, given.envelope)
    stranger = world.cosigned(9, point.root, {}, NotePen(ORIGIN, note.ED25519, "namesake"))
    for file in (
        omission_file(given, point, world.leaf(6, world.log)),  # the record itself
        omission_file(given, point, world.leaf(5, world.log)),  # another record, from its own place
        omission_file(unmet, point, world.leaf(6, world.log)),
        omission_file(world.log.receipt(world.rest[0]), world.point(-1, world.other), world.leaf(6, world.other)),
        omission_file(
            world.log.receipt(world.mine), world.point(-1, world.other), world.leaf(6, world.other)
        ),  # smaller
        omission_file(lone, point, world.leaf(6, world.log)),  # the envelope of another statement
        omission_file(theirs, stranger, world.leaf(6, world.log)),
        omission_file(theirs, point, Leaf(b"\x09" * 32, world.leaf(6, world.log).inclusion)),
    ):
        world.refuse(file)


# Witnesses.


def test_a_witness_is_one_whichever_of_its_keys_it_uses(world: World) -> None:
    name = "norhaven.example"
    second = NotePen(name, note.COSIGNATURE_MLDSA44)
    text = checkpoint.body(ORIGIN, 7, b"\x05" * 32)
    lines = [world.log.log_pen.signature(text, ORIGIN, 7, b"\x05" * 32, 0)]
    lines.append(second.signature(text, ORIGIN, 7, b"\x05" * 32, world.log.clock))
    view = checkpoint.parse(note.Note(text, tuple(lines)).raw)
    file = {**views_file(world.point(-2), view), "kind": "witness", "witness": name}
    both = world.policy.replace("\ngroup", f"\nwitness pq {second.key.vkey}\ngroup", 1)
    assert set(world.judge(file, both).keys) == {world.log.witness_pens[0].key.vkey, second.key.vkey}
    world.refuse(file)


def test_an_honest_witness_is_not_convicted(world: World) -> None:
    point, root, name = world.point(-2), world.log.root(9), "norhaven.example"
    clock = world.log.clock

    def against(view: Checkpoint, first: Checkpoint = point, who: str = name) -> File:
        return {**views_file(first, view), "kind": "witness", "witness": who}

    at = {key.name: time for key, time in times_of(point, world).items()}[name]
    for file in (
        against(world.cosigned(9, root, {0: 0})),  # larger and later
        against(world.cosigned(9, root, {0: at - clock})),  # at the same second
        against(world.cosigned(9, root, {0: -clock})),  # a time of 0 says none
        against(world.cosigned(7, b"\x06" * 32, {0: -clock})),  # not even of another view
        against(world.cosigned(7, b"\x06" * 32, {1: 0})),  # another witness signed that one
        against(world.cosigned(7, world.log.root(7), {0: 4000})),  # a heartbeat
        against(world.cosigned(9, root, {1: -900})),
        against(world.cosigned(9, root, {0: -900}, NotePen(ORIGIN, note.ED25519, "namesake"))),
        against(world.point(-1, world.other), who=ORIGIN),  # the log's key is no witness
        against(world.point(-1, world.other), who="stranger.example"),
    ):
        world.refuse(file)
    unknown = world.policy.replace(
        world.log.witness_pens[1].key.vkey, NotePen("x.example", note.COSIGNATURE_ED25519).key.vkey
    )
    world.refuse(world.two_views(), unknown)


def times_of(point: Checkpoint, world: World) -> dict[Any, int]:
    from verifier.formats import cosignature

    return cosignature.verified(point, [pen.key for pen in world.log.witness_pens])


# Dates.


@pytest.mark.parametrize("off", [0, -299, -300, 299, 300])
def test_a_record_dated_within_the_skew_is_not_backdated(off: int, world: World) -> None:
    world.refuse(world.backdated(off))


@pytest.mark.parametrize("off", [-301, 301, 10**6, -(10**6)])
def test_a_record_dated_beyond_the_skew_is(off: int, world: World) -> None:
    assert world.judge(world.backdated(off)).kind == "backdating"


def test_an_honest_depositary_is_not_convicted_of_backdating(world: World) -> None:
    log = world.log.copy()
    statement = log.log(*world.next_of(log))
    size = len(log.records)
    log.checkpoint()
    charter, given = world.charter(log), log.receipt(statement)
    log.clock += 7200

    def late(size: int, times: dict[int, int]) -> Checkpoint:
        view = World.cosigned(
            world, size, log.root(size), {n: log.clock - world.log.clock + t for n, t in times.items()}
        )
        assert view.size == size
        return view

    honest = [checkpoint.parse(raw) for raw in log.history]
    empty = {0: -log.clock, 1: -log.clock, 2: -log.clock}
    for points in (
        [],
        honest,
        [late(size, {0: 0, 1: 0, 2: 0})],  # a heartbeat of a size with the record
        [late(size - 1, {0: 0})],  # one witness that says it signed an old size late
        [late(size - 1, {0: 0, 1: 0})],  # two, each contradicted by its own cosignature on the receipt
        [late(size - 1, empty)],  # cosignatures without a time
    ):
        world.refuse(backdating_file(charter, given, points))
    stranger = NotePen(ORIGIN, note.ED25519, "namesake")
    bent = world.cosigned(size - 1, b"\x07" * 32, {0: 9000, 1: 9000}, stranger)
    world.refuse(backdating_file(charter, given, [bent]))


def test_the_skew_is_that_of_the_charter_itself(world: World) -> None:
    file = world.backdated()
    world.refuse({**file, "charter": file["receipt"]})
    world.refuse(file, f"log {world.log.log_pen.key.vkey}\nquorum none\n")


# Keys.


def test_a_revocation_that_came_later_unsays_nothing(world: World) -> None:
    log = world.log.copy()
    said = log.announce("XC")
    change = log.revoke("XC", log.pen("XC"), from_record=0)
    log.checkpoint()
    world.refuse(key_file(ORIGIN, world.chain(log, "XC", change), log.receipt(said)))


def test_a_depositary_is_not_convicted_by_a_chain_that_does_not_stand(world: World) -> None:
    log = world.log.copy()
    moved = log.key_change("XC", rings=ring([Pen("XC new")], {OFFICE: (SCOPE, [Pen("XC new"), log.pen("XC")])}))
    change = log.revoke("XC", log.pen("XC"))
    late = log.announce("XC")
    other = log.announce("XB")
    value = log.draft("XC", "drill-announcement", world.words(), signers=[Pen("XC new").id])
    fresh = log.log(log.envelope(value, Pen("XC new")), value)
    value = log.draft("XC", "drill-announcement", world.words())
    false = log.log(log.envelope(value, Pen("a thief")), value)
    log.checkpoint()
    chain, given = world.chain(log, "XC", moved, change), log.receipt(late)
    assert world.judge(key_file(ORIGIN, chain, given)).role == "log key"
    for steps, record in (
        (chain[:-1], given),  # without the revocation
        ([*chain[:2], chain[3]], given),  # a root statement left out
        ([chain[0], *chain[2:]], given),
        (chain[1:], given),  # without the charter
        ([chain[1], chain[0], *chain[2:]], given),
        ([*chain[:3], chain[3], chain[3]], given),
        ([*chain, log.receipt(other)], log.receipt(fresh)),  # a step of another party
        (world.chain(log, "XB"), given),
        (chain, log.receipt(other)),  # another party's record
        (chain, log.receipt(fresh)),  # a key in force
        (chain, log.receipt(false)),  # it names the revoked signer, who did not sign it
    ):
        world.refuse(key_file(ORIGIN, steps, record))


def test_a_chain_follows_the_order_of_the_log(world: World) -> None:
    """Receipts from two forks can show one chain in an order that no log had: which key was in force when, they hide."""
    late, early = world.log.copy(), world.log.copy()
    for log in (late, early):
        new = Pen("XC new")
        for n in range(3 if log is late else 0):
            log.announce("XB", n)
        moved = log.key_change("XC", rings=ring([new], {OFFICE: (SCOPE, [new, log.pen("XC")])}))
        change = log.revoke("XC", log.pen("XC"))
        for n in range(3):
            log.announce("XB", n)
        said = log.announce("XC")
        log.checkpoint()
    assert world.judge(key_file(ORIGIN, world.chain(early, "XC", moved, change), early.receipt(said))).role == "log key"
    mixed = [*world.chain(early, "XC"), late.receipt(moved), early.receipt(change)]
    world.refuse(key_file(ORIGIN, mixed, early.receipt(said)))


def test_a_false_signature_under_a_revoked_key_s_name_convicts_nobody(world: World) -> None:
    log = world.log.copy()
    change = log.revoke("XC", log.pen("XC"))
    value = log.draft("XC", "drill-announcement", world.words())
    true = log.envelope(value)
    bent = Envelope(true.payload, tuple((keyid, bytes([sig[0] ^ 1]) + sig[1:]) for keyid, sig in true.signatures))
    said = log.log(bent, value)
    log.checkpoint()
    world.refuse(key_file(ORIGIN, world.chain(log, "XC", change), log.receipt(said)))


def test_a_revocation_that_the_root_did_not_sign_revokes_nothing(world: World) -> None:
    log = world.log.copy()
    row = {"signer": log.pen("XC").id, "reason": "compromised", "from_record": None}
    empty: File = {"keys": [], "signers": [], "offices": [], "revoked": [row], "root": None, "confirmed": []}
    body = {"action": "revoke", "reason": "x", **empty}
    change = log.draft("XC", "key-change", body, office="root")
    forged = log.log(log.envelope(change, Pen("a thief")), change)
    late = log.announce("XC")
    log.checkpoint()
    world.refuse(key_file(ORIGIN, world.chain(log, "XC", forged), log.receipt(late)))


# Parties.


def test_two_texts_in_one_log_are_an_equivocation_too(world: World) -> None:
    log = world.log.copy()
    value = log.draft("XC", "drill-announcement", world.words(), sequence=0, previous=log.charter_id, title="Other")
    second = log.log(log.envelope(value), value)
    log.checkpoint()
    file = equivocation_file(ORIGIN, world.chain(log, "XC"), [log.receipt(world.mine), log.receipt(second)])
    assert world.judge(file).role == "party's key"


def test_a_root_office_that_says_two_things_is_convicted(world: World) -> None:
    first, second = world.log.copy(), world.log.copy()
    one = first.revoke("XC", first.pen("XC"))
    two = second.key_change("XC", rings=ring([Pen("XC new")], {OFFICE: (SCOPE, [Pen("XC new")])}))
    first.checkpoint()
    second.checkpoint()
    file = equivocation_file(ORIGIN, world.chain(first, "XC"), [first.receipt(one), second.receipt(two)])
    assert set(world.judge(file).keys) == {key.keyid for key in first.pen("XC", "root").public}


def equivocation_attacks(world: World) -> dict[str, File]:
    log, other = world.log, world.other
    mine, theirs, chain = log.receipt(world.mine), other.receipt(world.theirs), world.chain(log, "XC")
    hybrid, again = log.copy(), log.copy()
    for one in (hybrid, again):
        one.announce("XA", 7)
        one.checkpoint()
    same = [one.receipt(one.chains["XA", OFFICE][1]) for one in (hybrid, again)]
    office = other.copy()
    notes = office.draft(
        "XC", "drill-announcement", world.words(), office="root", signers=[office.pen("XC", "root").id]
    )
    root = office.log(office.envelope(notes), notes)
    thief = other.copy()
    value = thief.draft(
        "XC", "drill-announcement", world.words(), sequence=0, previous=thief.charter_id, title="Stolen"
    )
    forged = thief.log(thief.envelope(value, Pen("a thief")), value)
    abroad = other.copy()
    value = {**value, "ledger": "another.example/ledger"}
    foreign = abroad.log(abroad.envelope(value), value)
    for one in (office, thief, abroad):
        one.checkpoint()
    contested = log.copy()
    change = contested.revoke("XC", contested.pen("XC"), from_record=3)
    contested.checkpoint()
    unmet = log.receipt(world.mine, log.sign(9, log.root(), cosigned=(2,)))

    def file(steps: list[Given], *pair: Given) -> File:
        return equivocation_file(ORIGIN, steps, pair)

    return {
        "one text twice": file(chain, mine, mine),
        "one text, signed twice over by ML-DSA": file(world.chain(log, "XA"), *same),
        "two numbers": file(world.chain(log, "XA"), log.receipt(world.early[0]), log.receipt(world.early[1])),
        "two parties": file(chain, mine, log.receipt(world.rest[0])),
        "two offices": file(chain, mine, office.receipt(root)),
        "a text that was never logged": file(chain, mine, Given(mine.proof, theirs.envelope)),
        "a receipt without a quorum": file(chain, unmet, theirs),
        "a thief without the key": file(chain, mine, thief.receipt(forged)),
        "a text for another ledger": file(chain, mine, abroad.receipt(foreign)),
        "a key that the chain calls stolen": file([*chain, contested.receipt(change)], mine, theirs),
        "another party's chain": file(world.chain(log, "XB"), mine, theirs),
        "no chain": file([chain[0]], mine, theirs),
        "nothing": file([], mine, theirs),
    }


EQUIVOCATION_ATTACKS = [
    "one text twice", "one text, signed twice over by ML-DSA", "two numbers", "two parties", "two offices",
    "a text that was never logged", "a receipt without a quorum", "a thief without the key", "a text for another ledger",
    "a key that the chain calls stolen", "another party's chain", "no chain", "nothing",
]  # fmt: skip


@pytest.mark.parametrize("attack", EQUIVOCATION_ATTACKS)
def test_an_honest_party_is_not_convicted(attack: str, world: World) -> None:
    files = equivocation_attacks(world)
    assert sorted(files) == sorted(EQUIVOCATION_ATTACKS)
    world.refuse(files[attack])


def test_one_signer_of_two_is_no_statement_of_the_office(world: World) -> None:
    """Below its threshold an office has said nothing, even if the depositary admitted it."""
    log, second = world.log.copy(), Pen("XC second")
    rows = ring([second], {OFFICE: (SCOPE, [second, log.pen("XC")])})
    rows["offices"][0]["threshold"] = 2
    change = log.key_change("XC", rings=rows)
    value = log.draft("XC", "drill-announcement", world.words())
    lone = log.log(log.envelope(value), value)
    both = {**value, "signers": sorted([second.id, log.pen("XC").id]), "title": "By both"}
    full = log.log(log.envelope(both, second, log.pen("XC")), both)
    log.checkpoint()
    chain, pair = world.chain(log, "XC", change), [log.receipt(lone), log.receipt(full)]
    world.refuse(equivocation_file(ORIGIN, chain, pair))
    world.refuse(equivocation_file(ORIGIN, chain, [pair[1]]), code=MALFORMED)
