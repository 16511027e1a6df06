"""Records, the history's chain, and receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tests.support.cases import Case, Verdict, b64, case, given
from tests.support.cases.signed import TYPE
from tests.support.people import NotePen, Pen, sealed_by
from tests.support.simulated_log import path
from verifier import merkle
from verifier.formats import checkpoint, note
from verifier.formats.note import Note

RECORD, RECEIPT = "FORMAT.md, Record", "FORMAT.md, Receipt"
ORIGIN, TIME, NOW = "accord.example/ledger", "2026-01-01T00:00:00Z", 1_767_225_600
A, EMPTY = "0a" * 32, "0" * 64


def written(value: Any) -> bytes:
    """The canonical bytes of a value that is all ASCII, by the standard library."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def envelope(number: int) -> dict[str, Any]:
    """A signed payload, as the object that a record embeds. That it is no statement does not matter to the log."""
    signed = sealed_by(b'{"number":%d}' % number, Pen("vector"))
    rows = [{"keyid": keyid, "sig": b64(sig)} for keyid, sig in signed.signatures]
    return {"payload": b64(signed.payload), "payloadType": TYPE, "signatures": rows}


def record(number: int = 0, **members: Any) -> dict[str, Any]:
    base = {"envelope": envelope(number), "history": {"count": 0, "head": EMPTY}, "previous": None, "received": TIME}
    return {**base, **members}


def records() -> Iterator[tuple[str, Case]]:
    mark = {"count": 3, "head": A}
    wrong = "record.malformed"
    rows: dict[str, tuple[bytes, Verdict]] = {
        "first": (written(record()), None),
        "later": (written(record(history=mark, previous=A)), None),
        "longest": (_padded(65_535), None),
        "too-long": (_padded(65_536), ("record.too-long", None)),
        "member-missing": (b'{"envelope":{},"history":{},"previous":null}', (wrong, "")),
        "member-unknown": (written(record(index=0)), (wrong, "")),
        "a-list": (b"[]", (wrong, "")),
        "history-member-unknown": (written(record(history={**mark, "size": 1})), (wrong, "/history")),
        "history-null": (written(record(history=None)), (wrong, "/history")),
        "count-negative": (written(record(history={**mark, "count": -1})), (wrong, "/history/count")),
        "count-true": (written(record(history={**mark, "count": True})), (wrong, "/history/count")),
        "count-text": (written(record(history={**mark, "count": "3"})), (wrong, "/history/count")),
        "head-null": (written(record(history={**mark, "head": None})), (wrong, "/history/head")),
        "head-upper-case": (written(record(history={**mark, "head": "0A" * 32})), (wrong, "/history/head")),
        "previous-short": (written(record(previous=A[:-2])), (wrong, "/previous")),
        "previous-empty": (written(record(previous="")), (wrong, "/previous")),
        "previous-number": (written(record(previous=0)), (wrong, "/previous")),
        "received-number": (written(record(received=0)), (wrong, "/received")),
        "received-fraction": (written(record(received="2026-01-01T00:00:00.0Z")), ("time.malformed", None)),
        "envelope-bare": (written(record(envelope=None)), ("envelope.malformed", None)),
        "envelope-other-type": (
            written(record(envelope={**envelope(0), "payloadType": "text/plain"})),
            ("envelope.malformed", None),
        ),
        "members-in-another-order": (written(record())[:-1] + b',"a":1}', ("json.uncanonical", None)),
        "line-end": (written(record()) + b"\n", ("json.uncanonical", None)),
        "cut": (written(record())[:-1], ("json.malformed", None)),
    }
    for name, (raw, verdict) in rows.items():
        gives = {"gives": {"digest": _hex(raw), "leaf": _hex(b"\0" + raw)}} if verdict is None else {}
        yield case("record", "record", name, RECORD, verdict, input=given(raw), **gives)


def _padded(length: int) -> bytes:
    """A record of exactly that many bytes: base64 grows by four, a keyid's row and the count by one."""
    for count in (0, 10, 100, 1000):
        base = record(envelope={**envelope(0), "payload": ""}, history={"count": count, "head": EMPTY})
        room = length - len(written(base))
        if room % 4 == 0:
            base["envelope"]["payload"] = "A" * room
            return written(base)
    raise AssertionError(length)


def _hex(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def history() -> Iterator[tuple[str, Case]]:
    rule, entries = "FORMAT.md, Checkpoint history", [b"a note\n", b"", bytes(range(256))]
    head = EMPTY
    for count in range(len(entries) + 1):
        shown = [b64(entry) for entry in entries[:count]]
        yield case("history", "head", f"head-after-{count}", rule, None, entries=shown, gives=head)
        if count < len(entries):
            head = _hex(bytes.fromhex(head) + entries[count])


class Log:
    """Five records, a checkpoint over them, and a receipt for the third."""

    def __init__(self) -> None:
        self.log = NotePen(ORIGIN, note.ED25519)
        self.witnesses = [
            NotePen(f"{name}.example", note.COSIGNATURE_ED25519) for name in ("norhaven", "quillon", "tessaly")
        ]
        self.records: list[bytes] = []
        for number in range(5):
            previous = _hex(self.records[-1]) if self.records else None
            self.records.append(written(record(number, previous=previous)))
        self.leaves = [merkle.leaf_hash(raw) for raw in self.records]
        lines = [f"log {self.log.key.vkey}"]
        lines += [f"witness {pen.name[:-8]} {pen.key.vkey}" for pen in self.witnesses]
        self.policy = "\n".join([*lines, "group two 2 norhaven quillon tessaly", "quorum two", ""])

    def extra(self, **members: Any) -> bytes:
        value = json.loads(self.records[2])
        return written({**{name: value[name] for name in ("history", "previous", "received")}, **members})

    def checkpoint(self, *pens: NotePen, size: int = 5, root: bytes | None = None, times: tuple[int, ...] = ()) -> Note:
        body = checkpoint.body(ORIGIN, size, root or merkle.subtree_root(self.leaves))
        moments = times or tuple(NOW + 10 * n for n in range(len(pens)))
        whole = root or merkle.subtree_root(self.leaves)
        rows = [pen.signature(body, ORIGIN, size, whole, at) for pen, at in zip(pens, moments, strict=True)]
        return Note(body, tuple(rows))

    def receipt(self, point: Note, index: int = 2, extra: bytes | None = b"", hashes: list[bytes] | None = None) -> str:
        held = self.extra() if extra == b"" else extra
        lines = ["c2sp.org/tlog-proof@v1", *([] if held is None else [f"extra {b64(held)}"]), f"index {index}"]
        rows = [b64(one) for one in (path(2, self.leaves) if hashes is None else hashes)]
        return "\n".join([*lines, *rows, "", ""]) + point.raw.decode()


def receipts() -> Iterator[tuple[str, Case]]:
    log = Log()
    one, two, three = log.witnesses
    point = log.checkpoint(log.log, one, two)
    proof, other = path(2, log.leaves), sha256(b"another").digest()
    false = Note(point.text, (*point.signatures[:2], log.checkpoint(log.log, one, two, root=other).signatures[2]))
    lying = Note(point.text, (log.checkpoint(log.log, root=other).signatures[0], *point.signatures[1:]))
    named = NotePen("stranger.example", note.COSIGNATURE_ED25519)
    inclusion: Verdict = ("proof.inclusion", None)
    rows: dict[str, tuple[str, Verdict, dict[str, Any]]] = {
        "logged": (log.receipt(point), None, {}),
        "cosigned-by-all": (log.receipt(log.checkpoint(log.log, one, two, three)), None, {}),
        "cosigned-by-a-stranger-too": (log.receipt(log.checkpoint(log.log, one, two, named)), None, {}),
        "cosigned-without-time": (log.receipt(log.checkpoint(log.log, one, two, times=(0, 0, NOW))), None, {}),
        "cosigned-by-one": (log.receipt(log.checkpoint(log.log, one)), ("quorum.unmet", None), {}),
        "cosigned-by-one-and-a-stranger": (
            log.receipt(log.checkpoint(log.log, one, named)),
            ("quorum.unmet", None),
            {},
        ),
        "cosigned-beyond-the-reader-s-clock": (log.receipt(point), ("quorum.unmet", None), {"now": NOW + 15}),
        "cosigned-at-the-reader-s-clock": (log.receipt(point), None, {"now": NOW + 20}),
        "cosignature-false": (log.receipt(false), ("signature.false", None), {}),
        "log-signature-false": (log.receipt(lying), ("signature.false", None), {}),
        "log-signature-missing": (log.receipt(log.checkpoint(one, two)), ("signature.log-missing", None), {}),
        "another-envelope": (log.receipt(point), inclusion, {"envelope": envelope(3)}),
        "extra-missing": (log.receipt(point, extra=None), ("record.malformed", "extra"), {}),
        "extra-spaced": (log.receipt(point, extra=log.extra().replace(b":", b": ", 1)), ("json.uncanonical", None), {}),
        "extra-with-more": (log.receipt(point, extra=log.extra(index=2)), ("record.malformed", ""), {}),
        "extra-another-time": (log.receipt(point, extra=log.extra(received="2026-01-01T00:00:01Z")), inclusion, {}),
        "extra-another-history": (
            log.receipt(point, extra=log.extra(history={"count": 1, "head": EMPTY})),
            inclusion,
            {},
        ),
        "extra-no-previous": (log.receipt(point, extra=log.extra(previous=None)), inclusion, {}),
        "index-of-another": (log.receipt(point, index=3), inclusion, {}),
        "index-beyond": (log.receipt(point, index=5), inclusion, {}),
        "hash-missing": (log.receipt(point, hashes=proof[:-1]), inclusion, {}),
        "hash-too-many": (log.receipt(point, hashes=[*proof, other]), inclusion, {}),
        "hash-altered": (log.receipt(point, hashes=[other, *proof[1:]]), inclusion, {}),
        "hashes-swapped": (log.receipt(point, hashes=proof[::-1]), inclusion, {}),
        "another-root": (log.receipt(log.checkpoint(log.log, one, two, root=other)), inclusion, {}),
        "another-size": (log.receipt(log.checkpoint(log.log, one, two, size=4)), inclusion, {}),
    }
    for name, (text, verdict, members) in rows.items():
        inputs = {"proof": text, "envelope": envelope(2), "policy": log.policy, "now": None, **members}
        gives = {"gives": {"index": 2, "received": NOW, "leaf": log.leaves[2].hex()}} if verdict is None else {}
        yield case("receipt", "receipt", name, RECEIPT, verdict, **inputs, **gives)


def cases() -> Iterator[tuple[str, Case]]:
    yield from records()
    yield from history()
    yield from receipts()
