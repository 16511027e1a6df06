"""The tampering suite: each story changes one thing in an honest log of several bundles; the audit finds it, names it by
its own code at the right record, ends with the right exit code, and goes on to name a second fault elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import NotePen, Pen, ring
from tests.support.simulated_log import OFFICE, ORIGIN, TYPES, SimulatedLog, put, write_files
from verifier import cli, record
from verifier.audit import Report, audit
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import canonical, checkpoint, note, policy, tiles
from verifier.formats.envelope import Envelope
from verifier.history import next_head
from verifier.receipt import Given
from verifier.source import open_source

DAY = 86400
Where = set[tuple[str, int | None]]
AMENDED = tuple(sorted(set(TYPES) - {"key-change", "depositary-notice"}))


@dataclass
class Scene:
    """A log, the directory that shows it, and what the auditor holds."""

    log: SimulatedLog
    directory: Path
    receipts: list[Given]
    pinned: str = ""

    def write(self) -> None:
        self.log.write(self.directory)

    def bundle(self, number: int, kind: str = "entries") -> tuple[Path, list[bytes]]:
        name = tiles.entries_path if kind == "entries" else tiles.history_path
        whole = self.log.records if kind == "entries" else self.log.history
        rows = whole[number * 256 : (number + 1) * 256]
        return self.directory / name(number, len(rows)), rows

    def flip(self, name: str, at: int, bit: int = 1) -> None:
        raw = bytearray((self.directory / name).read_bytes())
        raw[at] ^= bit
        put(self.directory / name, bytes(raw))

    def report(self, **options: Any) -> Report:
        source = open_source(str(self.directory), offline=True)
        trust = policy.parse(self.log.policy_text.encode())
        chosen: dict[str, Any] = {"charter": self.pinned or self.log.charter_id, "receipts": self.receipts}
        return audit(source, trust, **{**chosen, **options})


def grow(log: SimulatedLog, count: int, party: str = "XB", every: int = 64) -> None:
    """Honest business: announcements, with a checkpoint now and then and at the end."""
    for n in range(count):
        log.announce(party, n)
        if n % every == every - 1:
            log.checkpoint()
    log.checkpoint()


def honest_log(*, flawed: bool) -> SimulatedLog:
    """656 records. The flawed one holds two faults of its own, in its first bundle and in its last."""
    log = SimulatedLog()
    log.found()
    grow(log, 96)
    if flawed:
        log.announce("XA", addressees=["ZZ"])
        log.chains["XA", OFFICE] = (0, log.charter_id)
    else:
        log.announce("XB")
    grow(log, 555)
    return log


FLAWS: Where = {("statement.addressee", 100)}


@pytest.fixture(scope="session")
def honest() -> SimulatedLog:
    return honest_log(flawed=False)


@pytest.fixture(scope="session")
def flawed() -> SimulatedLog:
    return honest_log(flawed=True)


@dataclass(frozen=True)
class Story:
    """`tell` changes the scene; `found`: findings that must be there; `follows`: codes that may follow from them."""

    tell: Callable[[Scene], None]
    exit: Exit
    found: Where
    follows: frozenset[str]

    @property
    def name(self) -> str:
        return self.tell.__name__


STORIES: list[Story] = []


def story(code: Exit, *found: tuple[str, int | None], follows: str = "") -> Callable[[Callable[[Scene], None]], Any]:
    def keep(tell: Callable[[Scene], None]) -> Callable[[Scene], None]:
        STORIES.append(Story(tell, code, set(found), frozenset(follows.split())))
        return tell

    return keep


# Somebody between the log and the reader changes files. He has no key.


@story(Exit.BREACH, ("tile.leaf", 300), ("record.previous", 301), ("tree.root", None), ("signature.false", 300),
       follows="statement.gap")  # fmt: skip
def one_byte_of_a_statement_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(1)
    one = record.parse(rows[44])
    payload = one.envelope.payload.replace(b"Drill", b"Brill", 1)
    rows[44] = record.build(Envelope(payload, one.envelope.signatures), **_links(one))
    put(path, tiles.format_bundle(rows))


@story(Exit.BREACH, ("tile.leaf", 300), ("record.previous", 301), ("tree.root", None), ("json.malformed", 300),
       follows="statement.gap")  # fmt: skip
def one_byte_of_a_record_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(1)
    rows[44] = b"[" + rows[44][1:]
    put(path, tiles.format_bundle(rows))


@story(Exit.BREACH, ("tile.leaf", 255), ("record.previous", 256), ("tree.root", None), ("record.history", 255))
def a_record_commits_to_another_history_in_the_file(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(0)
    one = record.parse(rows[255])
    rows[255] = record.build(one.envelope, **{**_links(one), "head": "ab" * 32})
    put(path, tiles.format_bundle(rows))


@story(Exit.BREACH, ("tile.leaf", 290), ("tile.leaf", 511))
def two_bytes_of_a_tile_are_changed(scene: Scene) -> None:
    scene.write()
    scene.flip("tile/0/001", 34 * 32 + 5)
    scene.flip("tile/0/001", 255 * 32)


@story(Exit.BREACH, ("tile.node", None))
def one_byte_of_an_upper_tile_is_changed(scene: Scene) -> None:
    scene.write()
    scene.flip("tile/1/000.p/2", 33)


@story(Exit.BREACH, ("tile.unreadable", None))
def a_tile_is_cut(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "tile/0/001", (scene.directory / "tile/0/001").read_bytes()[:-1])


@story(Exit.BREACH, ("entries.unreadable", 256), follows="statement.gap")
def a_bundle_is_cut(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "tile/entries/001", (scene.directory / "tile/entries/001").read_bytes()[:-7])


@story(Exit.BREACH, ("entries.unreadable", 256), follows="statement.gap")
def a_bundle_is_withheld(scene: Scene) -> None:
    scene.write()
    (scene.directory / "tile/entries/001").unlink()


@story(Exit.NETWORK, ("audit.stopped", 256))
def a_bundle_and_its_tile_are_withheld(scene: Scene) -> None:
    scene.write()
    (scene.directory / "tile/entries/001").unlink()
    (scene.directory / "tile/0/001").unlink()


@story(Exit.BREACH, ("record.previous", 300), ("audit.stopped", 512), follows="statement.gap")
def a_record_is_dropped_from_the_files(scene: Scene) -> None:
    rows = scene.log.records
    write_files(scene.directory, [*rows[:300], *rows[301:]], scene.log.history)


@story(Exit.BREACH, ("record.previous", 300), ("record.previous", 301), ("record.previous", 302), ("tree.root", None),
       ("statement.gap", 300), follows="statement.gap history.root")  # fmt: skip
def two_records_are_swapped_in_the_files(scene: Scene) -> None:
    rows = list(scene.log.records)
    rows[300], rows[301] = rows[301], rows[300]
    write_files(scene.directory, rows, scene.log.history)


@story(Exit.BREACH, ("record.previous", 301), ("tree.root", None), ("statement.logged", 300), follows="history.root")
def a_record_is_inserted_into_the_files(scene: Scene) -> None:
    log = scene.log.copy()
    log.records = log.records[:300]
    again = log.chained(record.parse(log.records[299]))
    write_files(scene.directory, [*log.records, again, *scene.log.records[300:-1]], scene.log.history)


@story(Exit.BAD_SIGNATURE, ("tree.root", None))
def one_byte_of_the_checkpoint_s_root_is_changed(scene: Scene) -> None:
    scene.write()
    raw = (scene.directory / "checkpoint").read_bytes()
    put(scene.directory / "checkpoint", _other_letter(raw, len(ORIGIN) + 8))


@story(Exit.BAD_SIGNATURE)
def one_byte_of_the_log_s_signature_is_changed(scene: Scene) -> None:
    scene.write()
    raw = (scene.directory / "checkpoint").read_bytes()
    put(scene.directory / "checkpoint", _other_letter(raw, raw.index("— ".encode()) + len(ORIGIN) + 30))


@story(Exit.QUORUM_UNMET)
def two_cosignatures_are_stripped(scene: Scene) -> None:
    scene.write()
    lines = (scene.directory / "checkpoint").read_bytes().split(b"\n")
    put(scene.directory / "checkpoint", b"\n".join([*lines[:-3], b""]))


@story(Exit.BREACH, ("history.signature", None), ("record.history", 4 + 64), follows="history.root")
def one_byte_of_a_history_entry_is_changed(scene: Scene) -> None:
    scene.write()
    path, rows = scene.bundle(0, "history")
    rows[2] = _other_letter(rows[2], len(ORIGIN) + 8)
    put(path, tiles.format_bundle(rows))


@story(Exit.BREACH, ("record.history", 101 + 64), ("undated", None), follows="history.missing")
def the_history_is_truncated(scene: Scene) -> None:
    scene.write()
    _, rows = scene.bundle(0, "history")
    put(scene.directory / tiles.history_path(0, 4), tiles.format_bundle(rows[:4]))
    put(scene.directory / "history/size", b"4\n")


@story(Exit.BREACH, ("history.unreadable", None), ("undated", None))
def the_history_s_size_says_more_than_there_is(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "history/size", b"99\n")


@story(Exit.BREACH, ("history.unreadable", None), ("undated", None))
def the_history_s_size_is_no_number(scene: Scene) -> None:
    scene.write()
    put(scene.directory / "history/size", "١٢\n".encode())


@story(Exit.BREACH, ("history.entry", None), ("history.signature", None), ("record.history", 4 + 64),
       follows="history.root")  # fmt: skip
def an_unsigned_view_is_slipped_into_the_history(scene: Scene) -> None:
    """It contradicts a signed one, and convicts nobody: no log signed it."""
    stranger = NotePen(ORIGIN, note.ED25519, "a stranger")
    text = checkpoint.body(ORIGIN, 4, b"x" * 32)
    forged = note.Note(text, (stranger.signature(text, ORIGIN, 4, b"x" * 32, 0),)).raw
    huge = checkpoint.body(ORIGIN, 10**12, b"y" * 32)
    bad = note.Note(huge, (stranger.signature(huge, ORIGIN, 10**12, b"y" * 32, 0),)).raw
    history = scene.log.history
    write_files(scene.directory, scene.log.records, [*history[:2], forged, bad, *history[2:]])


# The operator misbehaves, with the log's own key.


@story(Exit.BREACH, ("record.received", 656), ("record.backdated", 656))
def a_record_is_dated_days_before_the_one_before_it(scene: Scene) -> None:
    _log(scene.log, received=scene.log.clock - 10 * DAY)
    grow(scene.log, 5)
    scene.write()


@story(Exit.BREACH, ("record.backdated", 656))
def a_record_is_dated_before_a_checkpoint_that_lacks_it(scene: Scene) -> None:
    start = scene.log.clock
    for _ in range(3):
        scene.log.checkpoint(pause=1200)
    _log(scene.log, received=start)
    grow(scene.log, 5)
    scene.write()


@story(Exit.BREACH, ("record.backdated", 656), ("record.received", 657))
def a_record_is_dated_in_the_future(scene: Scene) -> None:
    _log(scene.log, received=scene.log.clock + 10 * DAY)
    grow(scene.log, 70)
    scene.write()


@story(Exit.CONTRADICTION, ("log.fork", None))
def the_history_holds_two_signed_views_of_one_size(scene: Scene) -> None:
    log = scene.log
    log.announce("XA")
    log.history.append(log.sign(len(log.records), b"\x07" * 32, cosigned=()))
    log.head = next_head(log.head, log.history[-1])
    log.checkpoint()
    grow(log, 5)
    scene.write()


@story(Exit.CONTRADICTION, ("log.fork", None), ("record.history", 485), ("witness.split-view", None),
       follows="statement.previous statement.gap receipt.invalid")  # fmt: skip
def a_past_that_was_signed_is_rewritten(scene: Scene) -> None:
    """The operator replaces record 400 and signs anew; it cannot make its own earlier signature disappear."""
    log = scene.log
    signed = [raw for raw in log.history if checkpoint.parse(raw).size > 400]
    one = record.parse(log.records[400])
    envelope = log.envelope(_value(one) | {"title": "Another text"})
    log.rewrite(400, log_chained(log, 400, envelope))
    log.clock += 60
    log.history = [raw for raw in log.history if raw not in signed]
    log.history += [log.sign(size, log.root(size)) for size in (500, 656)]
    log.history.insert(-2, signed[0])
    scene.write()


@story(Exit.BAD_SIGNATURE)
def the_checkpoint_is_signed_with_a_wrong_key(scene: Scene) -> None:
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519, "another key")
    honest_policy = scene.log.policy_text
    scene.log.checkpoint()
    scene.write()
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519)
    assert scene.log.policy_text != honest_policy


@story(Exit.BREACH, ("history.signature", None))
def a_history_entry_is_signed_with_a_wrong_key(scene: Scene) -> None:
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519, "another key")
    scene.log.announce("XA")
    scene.log.checkpoint()
    scene.log.log_pen = NotePen(ORIGIN, note.ED25519)
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("statement.ledger", 656))
def a_statement_of_another_ledger_is_replayed(scene: Scene) -> None:
    value = scene.log.draft("XC", "drill-announcement", _body(), ledger="another.example/ledger")
    scene.log.log(scene.log.envelope(value), {**value, "party": "none"})
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.conflict", 657))
def a_party_says_two_things_under_one_number(scene: Scene) -> None:
    chain = dict(scene.log.chains)
    scene.log.announce("XC", 1)
    scene.log.chains = chain
    scene.log.announce("XC", 2)
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("statement.logged", 657))
def a_statement_is_logged_twice(scene: Scene) -> None:
    scene.log.announce("XC", 1)
    scene.log.records.append(scene.log.chained(record.parse(scene.log.records[656])))
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.gap", 656))
def a_number_is_left_out(scene: Scene) -> None:
    _log(scene.log, sequence=7)
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.previous", 656))
def a_statement_continues_another_one_than_the_last(scene: Scene) -> None:
    _log(scene.log, previous="ab" * 32)
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.type", 656))
def a_statement_of_an_unknown_type_is_admitted(scene: Scene) -> None:
    _log(scene.log, type="declaration-of-love")
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.schema", 656))
def a_statement_that_breaks_its_schema_is_admitted(scene: Scene) -> None:
    _log(scene.log, body={**_body(), "start": "soon"})
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("statement.relation", 656), ("statement.relation", 657))
def relations_to_a_missing_and_to_a_later_statement_are_admitted(scene: Scene) -> None:
    log = scene.log
    _log(log, relates=[{"rel": "follows", "statement": "ab" * 32}])
    later = log.draft("XC", "drill-announcement", _body())
    _log(log, relates=[{"rel": "follows", "statement": sha256(canonical.encode(later)).hexdigest()}])
    log.log(log.envelope(later), later)
    grow(log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("signer.revoked", 658))
def a_revoked_key_is_let_through(scene: Scene) -> None:
    log = scene.log
    log.announce("XC")
    log.revoke("XC", log.pen("XC"))
    log.announce("XC")
    grow(log, 3)
    scene.write()


@story(Exit.BREACH, ("signer.unknown", 656))
def a_key_that_is_not_authorised_yet_is_let_through(scene: Scene) -> None:
    log, new = scene.log, Pen("XC new")
    value = log.draft("XC", "drill-announcement", _body(), signers=[new.id])
    log.log(log.envelope(value, new), {**value, "party": "none"})
    log.key_change("XC", rings=ring([new], {OFFICE: (list(AMENDED), [new, log.pen("XC")])}))
    log.log(log.envelope(value | {"title": "Now in force"}, new), value)
    grow(log, 3)
    scene.write()


@story(Exit.BREACH, ("statement.scope", 656))
def an_office_goes_beyond_its_scope(scene: Scene) -> None:
    log = scene.log
    body = {"action": "revoke", "reason": "x", "keys": [], "signers": [], "offices": [], "revoked": [], "root": None,
            "confirmed": []}  # fmt: skip
    value = log.draft("XC", "key-change", body)
    log.log(log.envelope(value), {**value, "party": "none"})
    grow(log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("signer.threshold", 657))
def one_signer_stands_where_two_are_due(scene: Scene) -> None:
    log, second = scene.log, Pen("XC second")
    rows = ring([second], {OFFICE: (list(AMENDED), [second, log.pen("XC")])})
    rows["offices"][0]["threshold"] = 2
    log.key_change("XC", rings=rows)
    value = log.draft("XC", "drill-announcement", _body())
    log.log(log.envelope(value), {**value, "party": "none"})
    both = value | {"signers": sorted([second.id, log.pen("XC").id])}
    log.log(log.envelope(both, second, log.pen("XC")), both)
    grow(log, 3)
    scene.write()


@story(Exit.BREACH, ("signer.expired", 657))
def a_key_is_used_after_its_dates(scene: Scene) -> None:
    log = scene.log
    rows = ring([], {OFFICE: (list(AMENDED), [log.pen("XC")])})
    rows["offices"][0]["signers"][0]["not_after"] = "2025-01-01T00:00:00Z"
    log.key_change("XC", rings=rows)
    log.announce("XC")
    grow(log, 3)
    scene.write()


@story(Exit.BREACH, ("envelope.signatures", 656))
def a_signature_too_many_is_let_through(scene: Scene) -> None:
    value = scene.log.draft("XC", "drill-announcement", _body())
    scene.log.log(scene.log.envelope(value, scene.log.pen("XC"), scene.log.pen("XB")), {**value, "party": "none"})
    grow(scene.log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("record.history", 656))
def a_record_commits_to_another_history(scene: Scene) -> None:
    _log(scene.log, head="cd" * 32)
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("record.history", 656))
def a_record_commits_to_more_history_than_there_is(scene: Scene) -> None:
    _log(scene.log, count=500)
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("record.history", 657))
def a_record_commits_to_less_history_than_the_one_before(scene: Scene) -> None:
    scene.log.announce("XA")
    _log(scene.log, count=1, head=next_head("0" * 64, scene.log.history[0]))
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("history.silence", None))
def the_log_falls_silent_for_longer_than_the_charter_allows(scene: Scene) -> None:
    scene.log.clock += 3 * DAY
    grow(scene.log, 3)
    scene.write()


@story(Exit.BREACH, ("history.missing", 656))
def the_history_skips_a_signed_checkpoint(scene: Scene) -> None:
    statement = scene.log.announce("XC")
    hidden = scene.log.sign(len(scene.log.records), scene.log.root())
    scene.receipts.append(scene.log.receipt(statement, hidden))
    scene.receipts.append(scene.log.receipt(statement, scene.log.history[-1]) if False else scene.receipts[0])
    grow(scene.log, 3)
    scene.write()


@story(Exit.CONTRADICTION, ("log.omission", 656), ("log.fork", None), follows="witness.split-view")
def a_record_with_a_receipt_is_kept_back(scene: Scene) -> None:
    log = scene.log
    for statement in (log.announce("XC"), log.announce("XC")):
        del statement
    log.checkpoint()
    kept = log.envelopes[log.chains["XC", OFFICE][1]][0] - 1
    first = next(s for s, (index, _) in log.envelopes.items() if index == kept)
    scene.receipts.append(log.receipt(first))
    shown = scene.log = log.copy()
    shown.records, shown.history = log.records[:656], log.history[:-1]
    shown.head = "0" * 64
    for raw in shown.history:
        shown.head = next_head(shown.head, raw)
    shown.chains = {**log.chains, ("XC", OFFICE): (0, log.charter_id)}
    grow(shown, 8)
    scene.write()


@story(Exit.QUORUM_UNMET)
def the_checkpoint_has_too_few_cosignatures(scene: Scene) -> None:
    scene.log.announce("XA")
    scene.log.checkpoint(cosigned=(1,))
    scene.write()


@story(Exit.BREACH, ("history.policy", None))
def a_change_of_policy_is_not_honoured(scene: Scene) -> None:
    """The amendment asks for all three witnesses; the operator goes on with two."""
    log = scene.log
    log.amend(policy=log.policy_text.replace("group neutral 2", "group neutral 3"))
    log.announce("XC")
    log.checkpoint(cosigned=(0, 1))
    grow(log, 3, "XC")
    scene.write()


@story(Exit.BREACH, ("history.signature", None))
def a_change_of_log_keys_is_not_honoured(scene: Scene) -> None:
    """The old key signs on alone, beyond the first checkpoint that covers the change."""
    log = scene.log
    old, new = log.log_pen, NotePen(ORIGIN, note.ED25519, "second log key")
    log.amend(policy=log.policy_text.replace(old.key.vkey, new.key.vkey), log_keys=[new.key.vkey])
    log.announce("XC")
    text = checkpoint.body(ORIGIN, len(log.records), log.root())
    cosigned = note.parse(log.sign(len(log.records), log.root())).signatures
    both = note.Note(text, (*cosigned, new.signature(text, ORIGIN, len(log.records), log.root(), 0))).raw
    log.history.append(both)
    log.head = next_head(log.head, both)
    log.clock += 60
    grow(log, 3, "XC")
    scene.write()


def _other_letter(raw: bytes, at: int) -> bytes:
    """The bytes with another base64 letter at one place."""
    return raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :]


def _links(one: record.Record) -> dict[str, Any]:
    return {"count": one.count, "head": one.head, "previous": one.previous, "received": one.received}


def _body() -> dict[str, Any]:
    from verifier import vocabulary

    return {**vocabulary.load().example("drill-announcement")["body"], "observers": []}


def _value(one: record.Record) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(one.envelope.payload)
    return value


_PARTS = frozenset({"count", "head", "previous_record", "received"})


def _log(log: SimulatedLog, **members: Any) -> None:
    """A statement of XC is logged with members or record parts of another choice; its chain stays where it was."""
    parts = {name: value for name, value in members.items() if name in _PARTS}
    words = {name: value for name, value in members.items() if name not in _PARTS}
    value = {**log.draft("XC", "drill-announcement", _body()), **words}
    keep = words.keys() - {"title"}
    log.log(log.envelope(value), {**value, "party": "none"} if keep else value, **parts)


def log_chained(log: SimulatedLog, index: int, envelope: Envelope) -> bytes:
    """The bytes of another record in place of `index`."""
    return record.build(envelope, **_links(record.parse(log.records[index])))


@pytest.fixture
def scene(honest: SimulatedLog, tmp_path: Path) -> Scene:
    return _scene(honest, tmp_path)


def _scene(log: SimulatedLog, directory: Path) -> Scene:
    kept = next(iter(s for s, (index, _) in log.envelopes.items() if index == 50))
    return Scene(log.copy(), directory / "log", [log.receipt(kept)], log.charter_id)


def found(report: Report) -> Where:
    """Codes with the records they are at; `undated` where a check says that not everything could be dated."""
    rows: Where = {(finding.code, finding.index) for finding in report.findings}
    undated = any(check.name == "times" and check.ok is None for check in report.checks)
    return rows | ({("undated", None)} if undated else set())


def judge(told: Story, report: Report, also: Where) -> None:
    rows = found(report)
    assert told.found | also <= rows
    excess = {row for row in rows - told.found - also if row[0] not in told.follows}
    assert excess <= {("undated", None)} and report.exit == told.exit


def test_the_honest_log_has_no_finding(honest: SimulatedLog, scene: Scene) -> None:
    scene.write()
    report = scene.report()
    assert (report.findings, report.exit, report.records) == ([], Exit.GOOD, 656)
    assert all(check.ok for check in report.checks)


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_story_is_found_and_named(told: Story, scene: Scene) -> None:
    told.tell(scene)
    judge(told, scene.report(), set())


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_a_second_fault_elsewhere_is_named_too(told: Story, flawed: SimulatedLog, tmp_path: Path) -> None:
    scene = _scene(flawed, tmp_path)
    told.tell(scene)
    exit_with_flaw = Exit.BREACH if told.exit in (Exit.GOOD, Exit.NETWORK) else told.exit
    judge(replace(told, exit=exit_with_flaw), scene.report(), FLAWS)
