"""Bodies and the policies that they must satisfy; notes that fill more than one history entry; changes of the charter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cosigning import Cosigning, required
from ledger.log import Logged
from ledger.publish import Publisher
from ledger.signer import LogSigner
from ledger.store import NewRecord
from ledger.store.sqlite import SqliteStore
from ledger.tree import Tree
from ledger.witness_client import Answer
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import Clock, Memory, World
from tests.support.people import NotePen
from verifier import merkle
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import note
from verifier.formats import policy as policies
from verifier.formats.policy import Policy
from verifier.formats.tiles import parse_bundle
from verifier.witness import Witness

ORIGIN = "ledger.example"


@pytest.mark.parametrize(
    ("covered", "size", "due"),
    [
        (0, 1, ["a"]),
        (1, 5, ["a"]),
        (4, 5, ["a"]),  # the change holds from record 5 on: size 5 does not cover it
        (5, 5, ["a"]),
        (4, 6, ["a", "b"]),
        (5, 6, ["a", "b"]),
        (6, 7, ["b"]),
        (6, 6, ["b"]),
        (4, 12, ["a", "b", "c"]),
        (0, 99, ["a", "b", "c"]),
        (11, 99, ["c"]),
    ],
)
def test_the_first_body_over_a_change_satisfies_the_old_policy_and_the_new(
    covered: int, size: int, due: list[str]
) -> None:
    terms: list[Any] = [(0, "a", ()), (5, "b", ()), (10, "c", ())]
    assert [name for _, name, _ in required(terms, covered, size)] == due


class Hall:
    """A log of one record, and many witnesses with post-quantum keys that all must cosign."""

    def __init__(self, home: Path, count: int) -> None:
        self.clock = Clock()
        self.signer = LogSigner(ORIGIN, Ed25519PrivateKey.generate())
        pens = [NotePen(f"w{n:02}.example", note.COSIGNATURE_MLDSA44) for n in range(count)]
        lines = [f"witness w{n} {pen.key.vkey}" for n, pen in enumerate(pens)]
        group = " ".join([f"w{n}" for n in range(count)])
        text = "\n".join(
            [f"log {self.signer.keys[0].vkey}", *lines, f"group all-of-them all {group}", "quorum all-of-them", ""]
        )
        self.policy: Policy = policies.parse(text.encode())
        self.witnesses = {
            f"http://{pen.name}/add-checkpoint": Witness([pen], {ORIGIN: self.signer.keys}, Memory(), self.clock)
            for pen in pens
        }
        self.store = SqliteStore(home / "log.sqlite")
        self.publisher = Publisher(home / "public")
        self.tree = Tree(self.store.tile)
        self.tree.extend([merkle.leaf_hash(b"record")])
        self.store.append(0, [NewRecord("00" * 32, b"record")], [])

    def cosigning(self) -> Cosigning:
        pool = WitnessPool(
            {pen.removesuffix("/add-checkpoint"): pen.removesuffix("/add-checkpoint") for pen in self.witnesses},
            limit=20,
            transport=lambda: lambda url, body, limit: Answer(200, "", self.witnesses[url].add_checkpoint(body)),
        )
        self.publisher.restore(self.store, self.tree, 1)
        made = Cosigning(self.store, self.signer, pool, self.publisher, self.clock, lambda: None)
        made.resume(self.tree, self.terms)
        return made

    @property
    def terms(self) -> list[Any]:
        return [(0, self.policy, self.signer.keys)]


def test_a_note_too_long_for_one_entry_is_split(tmp_path: Path) -> None:
    hall = Hall(tmp_path, 24)
    cosigning = hall.cosigning()
    cosigning.round(hall.tree, 1, hall.terms)
    assert cosigning.covered == 1
    whole = cosigning.covering(0)
    assert whole is not None
    assert len(hall.policy.accept(whole).cosigned) == 24
    entries = parse_bundle((tmp_path / "public/history/000.p/2").read_bytes())
    points = [checkpoints.parse(raw) for raw in entries]
    assert len(points) == 2
    assert all(len(raw) <= 65_535 for raw in entries)
    assert {point.note.text for point in points} == {whole.note.text}
    assert all(point.note.signatures[0] == whole.note.signatures[0] for point in points)
    again = hall.cosigning()
    assert again.covering(0) == whole
    assert checkpoints.parse((tmp_path / "public/checkpoint").read_bytes()) == whole


def test_a_body_without_a_key_of_the_policy_in_force_has_no_quorum(tmp_path: Path) -> None:
    hall = Hall(tmp_path, 1)
    cosigning = hall.cosigning()
    other = LogSigner(ORIGIN, Ed25519PrivateKey.generate())
    cosigning.round(hall.tree, 1, [(0, hall.policy, other.keys)])
    assert cosigning.covered == 0
    assert cosigning.history.count == 1


def test_an_amended_policy_takes_force_with_a_checkpoint_that_satisfies_both(tmp_path: Path) -> None:
    world = World(tmp_path)
    log = world.open(pool={"limit": 0.3, "grace": 0.2})
    log.submit(world.founding(), wait=10)
    strict = world.people.policy_text.replace("group neutral 2", "group neutral all")
    changes = dict.fromkeys(["parties", "log_keys", "witnesses", "policy", "vocabulary", "matrix", "terms", "rules"])
    people = world.people
    amendment = people.say(
        "XA",
        "amendment",
        {"summary": "All witnesses cosign.", "changes": {**changes, "policy": strict}},
        relates=[{"rel": "amends", "statement": people.charter_id}],
    )
    body = {"digest": amendment, "reservations": [], "declarations": [], "subject_to_approval": False}
    adheres = [{"rel": "adheres", "statement": amendment}]
    said = [amendment, *[people.say(party, "adherence", body, relates=adheres) for party in ("XB", "XC")]]
    world.witnesses[0].mood = "dead"
    outcomes = log.submit([world.said(one) for one in said], wait=10)
    assert all(isinstance(one, Logged) and one.receipt for one in outcomes), outcomes  # the old policy is in force
    assert log.trust.policy.text == strict.encode()
    (envelope,) = world.drills(1)
    (pending,) = log.submit([envelope], wait=0.2)
    assert isinstance(pending, Logged)
    assert pending.receipt is None  # the new one asks for the witness that is dead
    world.witnesses[0].mood = None
    log.tick()
    world.policy = policies.parse(strict.encode())
    assert len(world.check(envelope, log.receipt(pending.id).receipt).cosigned) == 3
    report = world.audit()
    assert report.exit == Exit.GOOD, report.to_json()
    assert [first for first, _, _ in world.open().trust.policies] == [0, 7]
