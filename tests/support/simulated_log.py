"""A simulated log: founds itself, takes statements, signs and cosigns checkpoints, writes its C2SP directory.

It shares the formats with the verifier and no code with the ledger, so it can misbehave at every point: tests change its
parts, or its files, and see what the audit finds. Steps are public so that a scenario reads as a story.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.people import NotePen, Pen, ring, sealed_by
from verifier import merkle, record, vocabulary
from verifier.formats import canonical, checkpoint, note, proof, tiles, times
from verifier.formats.envelope import Envelope
from verifier.formats.proof import Proof
from verifier.history import EMPTY_HEAD, next_head
from verifier.receipt import Given

ORIGIN = "accord.example/ledger"
START = times.parse_utc("2026-01-01T00:00:00Z")
STATES = ("XA", "XB", "XC")
TYPES = tuple(name for name in vocabulary.load().types if name not in ("charter", "accession"))
OFFICE = "foreign-ministry"
TERMS = {
    "skew": "PT5M",
    "longest_silence": "P2D",
    "withdrawal_notice": "P90D",
    "correction_window": "P30D",
    "end_extension": "P14D",
    "acknowledgement_grace": "PT24H",
    "observations": 2,
    "amendment_adherents": 2,
    "months": {"1": "P30D", "3": "P90D", "12": "P365D"},
}


@dataclass
class SimulatedLog:
    """The log with all its participants. `clock`: seconds since the epoch, moved by the scenario."""

    origin: str = ORIGIN
    clock: int = START
    hybrid: frozenset[str] = frozenset({"XA"})
    witnesses: int = 3
    states: tuple[str, ...] = STATES
    desks: int = 0
    """Further offices of each state, `desk-0`, `desk-1`, …, which announce drills alone."""
    log_pen: NotePen = field(init=False)
    records: list[bytes] = field(default_factory=list)
    history: list[bytes] = field(default_factory=list)
    head: str = EMPTY_HEAD
    chains: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    envelopes: dict[str, tuple[int, Envelope]] = field(default_factory=dict)
    charter_id: str = ""

    def __post_init__(self) -> None:
        self.log_pen = NotePen(self.origin, note.ED25519)
        names = ["norhaven.example", "quillon.example", "tessaly.example"][: self.witnesses]
        self.witness_pens = [NotePen(name, note.COSIGNATURE_ED25519) for name in names]

    def copy(self) -> SimulatedLog:
        """A log with the same past and the same keys, for a scenario of its own."""
        other = copy(self)
        other.records, other.history = list(self.records), list(self.history)
        other.chains, other.envelopes = dict(self.chains), dict(self.envelopes)
        return other

    # Founding.

    def pen(self, party: str, office: str = OFFICE) -> Pen:
        return Pen(f"{party} {office}", party in self.hybrid and office != "root")

    @property
    def policy_text(self) -> str:
        rows = [f"log {self.log_pen.key.vkey}"]
        short = [pen.name.partition(".")[0] for pen in self.witness_pens]
        rows += [f"witness {name} {pen.key.vkey}" for name, pen in zip(short, self.witness_pens, strict=True)]
        return "\n".join([*rows, f"group neutral 2 {' '.join(short)}", "quorum neutral", ""])

    def charter_body(self) -> dict[str, Any]:
        kinds = {"DEP": "depositary", **dict.fromkeys(self.states, "state")}
        root = {code: {"signers": [self.pen(code, "root").id], "threshold": 1} for code in kinds}
        return {
            "parties": [
                {"code": code, "kind": kind, "names": {"en": f"Party {code}"}, "root": root[code]}
                for code, kind in sorted(kinds.items())
            ],
            **ring(
                [self.pen("DEP", "root"), self.pen("DEP", "notices")],
                {"notices": (["depositary-notice"], [self.pen("DEP", "notices")])},
            ),
            "log_keys": [self.log_pen.key.vkey],
            "witnesses": [{"name": pen.name, "keys": [pen.key.vkey]} for pen in self.witness_pens],
            "policy": self.policy_text,
            "vocabulary": {"version": "1", "digest": vocabulary.load().digest},
            "matrix": [
                *({"office": desk, "types": ["drill-announcement"]} for desk in self.desk_names()),
                {"office": OFFICE, "types": sorted(set(TYPES) - {"key-change", "depositary-notice"})},
                {"office": "notices", "types": ["depositary-notice"]},
                {
                    "office": "root",
                    "types": ["accession", "adherence", "amendment", "charter", "key-change", "withdrawal"],
                },
            ],
            "terms": TERMS,
            "rules": [],
        }

    def accession_body(self, party: str) -> dict[str, Any]:
        types = sorted(set(TYPES) - {"key-change", "depositary-notice"})
        offices = {desk: (["drill-announcement"], [self.pen(party, desk)]) for desk in self.desk_names()}
        offices[OFFICE] = (types, [self.pen(party)])
        pens = [self.pen(party, name) for name in ("root", *offices)]
        return {"charter": self.charter_id, "declaration": None, **ring(pens, offices)}

    def desk_names(self) -> list[str]:
        return sorted(f"desk-{number}" for number in range(self.desks))

    def found(self, *states: str) -> None:
        """Charter, accessions of all states, each record with a checkpoint of its own."""
        self.charter_id = self.say("DEP", "charter", self.charter_body(), office="root", title="Charter")
        self.checkpoint()
        for state in states or self.states:
            self.say(state, "accession", self.accession_body(state), office="root", title=f"Accession of {state}")
        self.checkpoint()

    # Statements.

    def draft(
        self, party: str, kind: str, body: dict[str, Any], *, office: str = OFFICE, **members: Any
    ) -> dict[str, Any]:
        """A statement's object; `members` override any of its members."""
        sequence, previous = self.chains.get((party, office), (0, self.charter_id or None))
        return {
            "ledger": self.origin,
            "party": party,
            "office": office,
            "sequence": sequence,
            "previous": previous,
            "signers": [self.pen(party, office).id],
            "type": kind,
            "issued": times.format_utc(self.clock),
            "language": "en",
            "title": f"{kind} by {party}",
            "addressees": [],
            "relates": [],
            "exercise": None,
            "body": body,
            "sealed": [],
            "attachments": [],
            **members,
        }

    def envelope(self, value: dict[str, Any], *pens: Pen) -> Envelope:
        return sealed_by(canonical.encode(value), *(pens or (self.pen(value["party"], value["office"]),)))

    def say(self, party: str, kind: str, body: dict[str, Any], **members: Any) -> str:
        """Draft, sign, log. Returns the statement's id."""
        value = self.draft(party, kind, body, **members)
        return self.log(self.envelope(value), value)

    def log(self, envelope: Envelope, value: dict[str, Any], **parts: Any) -> str:
        """Append a record, whatever it holds. `parts` override count, head, previous, received."""
        link: dict[str, Any] = {
            "count": len(self.history),
            "head": self.head,
            "previous": sha256(self.records[-1]).hexdigest() if self.records else None,
            "received": self.clock,
            **parts,
        }
        self.records.append(record.build(envelope, **link))
        statement = sha256(envelope.payload).hexdigest()
        self.chains[value["party"], value["office"]] = (value["sequence"] + 1, statement)
        self.envelopes[statement] = (len(self.records) - 1, envelope)
        return statement

    def announce(self, party: str, number: int = 0, **members: Any) -> str:
        """A drill announcement, from the vocabulary's example."""
        example = vocabulary.load().example("drill-announcement")
        body = {**example["body"], "name": f"Drill {number}", "observers": []}
        return self.say(party, "drill-announcement", body, title=f"Drill {number}", **members)

    def key_change(self, party: str, *, rings: dict[str, Any] | None = None, **members: Any) -> str:
        """A key-change by the party's root; `rings`: from people.ring; `members` override those of the body."""
        empty: dict[str, Any] = {"keys": [], "signers": [], "offices": [], "revoked": [], "root": None, "confirmed": []}
        body = {"action": "rotate", "reason": "Keys change.", **empty, **(rings or {}), **members}
        return self.say(party, "key-change", body, office="root")

    def revoke(self, party: str, pen: Pen, from_record: int | None = None) -> str:
        """The party's root revokes a signer."""
        row = {"signer": pen.id, "reason": "compromised", "from_record": from_record}
        return self.key_change(party, action="revoke", revoked=[row])

    def amend(self, **changes: Any) -> None:
        """An amendment by XA to which XA and XB adhere: in force from the next record on."""
        names = ("parties", "log_keys", "witnesses", "policy", "vocabulary", "matrix", "terms", "rules")
        body = {"summary": "A change.", "changes": {**dict.fromkeys(names), **changes}}
        text = self.say("XA", "amendment", body, relates=[{"rel": "amends", "statement": self.charter_id}])
        for party in ("XA", "XB"):
            words = {"digest": text, "reservations": [], "declarations": [], "subject_to_approval": False}
            self.say(party, "adherence", words, relates=[{"rel": "adheres", "statement": text}])

    def rewrite(self, index: int, *records_there: bytes) -> None:
        """The operator rewrites its past: other records in place of one, and the chain after them made to fit again."""
        later = [record.parse(raw) for raw in self.records[index + 1 :]]
        self.records[index:] = records_there
        for one in later:
            self.records.append(self.chained(one, received=one.received))

    def chained(self, one: record.Record, **parts: Any) -> bytes:
        """The record's bytes as the next of the log."""
        previous = sha256(self.records[-1]).hexdigest()
        link: dict[str, Any] = {"count": one.count, "head": one.head, "previous": previous, "received": one.received}
        return record.build(one.envelope, **{**link, **parts})

    # Checkpoints.

    def root(self, size: int | None = None) -> bytes:
        return merkle.subtree_root([merkle.leaf_hash(raw) for raw in self.records[:size]])

    def sign(self, size: int, root: bytes, cosigned: Iterable[int] = (0, 1, 2), delay: int = 2) -> bytes:
        """A checkpoint of any size and root, signed by the log and cosigned by these witnesses now."""
        text = checkpoint.body(self.origin, size, root)
        pens = [self.log_pen, *(self.witness_pens[n] for n in cosigned if n < len(self.witness_pens))]
        signatures = tuple(pen.signature(text, self.origin, size, root, self.clock + delay) for pen in pens)
        return note.Note(text, signatures).raw

    def checkpoint(self, cosigned: Iterable[int] = (0, 1, 2), pause: int = 60) -> bytes:
        """Sign and cosign the present tree, append to the history, let `pause` seconds pass."""
        raw = self.sign(len(self.records), self.root(), cosigned)
        self.history.append(raw)
        self.head = next_head(self.head, raw)
        self.clock += pause
        return raw

    # What others see.

    def write(self, directory: Path) -> Path:
        """The log's C2SP directory with its history."""
        write_files(directory, self.records, self.history)
        return directory

    def receipt(self, statement: str, point: bytes | None = None) -> Given:
        """The receipt of a statement under a checkpoint (the newest unless given)."""
        index, envelope = self.envelopes[statement]
        parsed = checkpoint.parse(point or self.history[-1])
        leaves = [merkle.leaf_hash(raw) for raw in self.records[: parsed.size]]
        extra = record.extra(record.parse(self.records[index]))
        return Given(Proof(extra, index, tuple(path(index, leaves)), parsed), envelope, f"receipt of record {index}")


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """The inclusion proof, by the recursive definition of RFC 6962, section 2.1.1."""
    if len(leaves) <= 1:
        return []
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    if index < cut:
        return [*path(index, leaves[:cut]), merkle.subtree_root(leaves[cut:])]
    return [*path(index - cut, leaves[cut:]), merkle.subtree_root(leaves[:cut])]


def consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """The consistency proof from the first `old` leaves, by the recursive definition of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [merkle.subtree_root(leaves)]
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= cut:
        return [*consistency(old, leaves[:cut], whole), merkle.subtree_root(leaves[cut:])]
    return [*consistency(old - cut, leaves[cut:], False), merkle.subtree_root(leaves[:cut])]


def write_files(directory: Path, records: list[bytes], history: list[bytes]) -> None:
    """A C2SP directory for these records and history entries; the last entry is the checkpoint."""
    _bundles(directory, records, tiles.entries_path)
    _bundles(directory, history, tiles.history_path)
    put(directory / "history/size", f"{len(history)}\n".encode())
    hashes, level = [merkle.leaf_hash(raw) for raw in records], 0
    while hashes:
        for number in range(-(-len(hashes) // tiles.WIDTH)):
            row = hashes[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
            put(directory / tiles.tile_path(level, number, len(row)), b"".join(row))
        full = len(hashes) // tiles.WIDTH
        hashes = [merkle.subtree_root(hashes[n * tiles.WIDTH : (n + 1) * tiles.WIDTH]) for n in range(full)]
        level += 1
    put(directory / "checkpoint", history[-1])


def _bundles(directory: Path, entries: list[bytes], name: Any) -> None:
    for number in range(-(-len(entries) // tiles.WIDTH)):
        rows = entries[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
        put(directory / name(number, len(rows)), tiles.format_bundle(rows))


def put(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


__all__ = ["OFFICE", "ORIGIN", "START", "STATES", "SimulatedLog", "consistency", "path", "proof", "put", "write_files"]
