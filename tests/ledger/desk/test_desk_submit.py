"""Handing in: a ledger is believed only where it proves what it says; network faults say what to do; retrying is harmless."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.desk import secret_keys as sk
from ledger.signer import LogSigner, cosigner
from tests.ledger.desk.desk_world import LEDGER, NOW, PASSPHRASE, World, call, write_draft
from verifier import merkle, receipt, record
from verifier.formats import canonical, cosignature, envelope, note, proof
from verifier.formats.checkpoint import Checkpoint

HEAD = "0" * 64


@dataclass
class Simulated:
    """A simulated ledger: one log key, one witness, every statement a log of its own. `answers` turns its answer around."""

    envelopes: dict[str, bytes] = field(default_factory=dict)
    answers: Callable[[str, str, int, bytes], tuple[int, bytes]] = lambda method, path, status, body: (status, body)
    pending: bool = False
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    party: dict[str, Any] | None = None
    url: str = ""

    def __post_init__(self) -> None:
        self.log = LogSigner(LEDGER, sk.generate(sk.ED25519).private)  # type: ignore[arg-type]
        self.witness = cosigner("alpha", sk.generate(sk.ED25519).private)  # type: ignore[arg-type]

    @property
    def policy(self) -> bytes:
        return f"log {self.log.keys[0].vkey}\nwitness alpha {self.witness.key.vkey}\nquorum alpha\n".encode()

    def receipt(self, raw: bytes) -> bytes:
        """The receipt of an envelope, in a log that holds it alone."""
        held = envelope.parse(raw)
        leaf = record.build(held, count=0, head=HEAD, previous=None, received=NOW)
        root = merkle.leaf_hash(leaf)
        signed = self.log.checkpoint(1, root, NOW)
        message = cosignature.message(self.witness.key, signed.note.text, LEDGER, 1, root, NOW)
        value = cosignature.wrap(NOW, self.witness.sign(message))
        line = note.Signature(self.witness.key.name, self.witness.key.key_id, value)
        both = note.Note(signed.note.text, (*signed.note.signatures, line))
        point = Checkpoint(LEDGER, 1, root, (), both)
        return proof.Proof(record.extra(record.parse(leaf)), 0, (), point).raw

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "POST":
            found = envelope.parse(body)
            identity = record_id(found)
            self.envelopes.setdefault(identity, body)
            held = self.envelopes[identity]
            text = None if self.pending else self.receipt(held).decode()
            value = {"id": identity, "index": 0, "envelope": json.loads(held), "receipt": text}
            return (202 if self.pending else 200), json.dumps(value).encode()
        parts = path.split("/")
        if parts[1] == "parties" and self.party and parts[2] == self.party["code"]:
            return 200, canonical.encode(self.party)
        held_raw = self.envelopes.get(parts[2])
        if held_raw is None:
            return 404, problem(404, "statement.not-logged", "no record holds it")
        if len(parts) == 3:
            return 200, held_raw
        if self.pending:
            return 503, problem(503, "http.pending", "no quorum yet")
        return 200, self.receipt(held_raw)


def record_id(held: envelope.Envelope) -> str:
    from hashlib import sha256

    return sha256(held.payload).hexdigest()


def problem(status: int, code: str, detail: str) -> bytes:
    value = {
        "type": f"/problems/{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
        "where": "/x",
        "next": "N",
    }
    return json.dumps(value).encode()


@pytest.fixture
def hosted() -> Iterator[Simulated]:
    made = Simulated()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.calls.append((self.command, self.path, self.headers.get("Content-Type", "")))
            status, raw = made.answers(self.command, self.path, *made.respond(self.command, self.path, body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Tests are silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def signed(world: World, tmp_path: Path) -> Path:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    assert call("sign", draft, "--key", world.keys["duty"], "--yes").code == 0
    return tmp_path / "drill.envelope.json"


@pytest.fixture
def policy(hosted: Simulated, tmp_path: Path) -> Path:
    path = tmp_path / "policy.txt"
    path.write_bytes(hosted.policy)
    return path


def test_a_statement_is_handed_in_and_its_receipt_kept(
    hosted: Simulated, signed: Path, policy: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "receipts"
    args = ["submit", signed, "--ledger", hosted.url, "--policy", policy, "--receipts", kept, "--json"]
    result = call(*args)
    assert result.code == 0, result.err
    identity = record_id(envelope.parse(signed.read_bytes()))
    assert (result.json["id"], result.json["index"], result.json["verified"]) == (identity, 0, True)
    assert result.json["cosigned"] == {"alpha": "2026-05-28T20:26:40Z"}
    assert sorted(one.name for one in kept.iterdir()) == [f"{identity}.envelope.json", f"{identity}.tlog-proof"]
    held = envelope.parse((kept / f"{identity}.envelope.json").read_bytes())
    from verifier.formats import policy as policies

    found = receipt.verify(
        proof.parse((kept / f"{identity}.tlog-proof").read_bytes()), held, policies.parse(hosted.policy)
    )
    assert found.index == 0
    again = call(*args)
    assert (again.code, again.json) == (0, result.json)
    assert {kind for _, _, kind in hosted.calls} == {"application/vnd.dsse.envelope+json"}


def test_the_receipt_is_fetched_by_id(hosted: Simulated, signed: Path, policy: Path, tmp_path: Path) -> None:
    identity = record_id(envelope.parse(signed.read_bytes()))
    args = ["receipt", identity, "--ledger", hosted.url, "--policy", policy, "--receipts", tmp_path / "r"]
    missing = call(*args)
    assert (missing.code, "ledger.not-logged" in missing.err) == (4, True)
    assert not (tmp_path / "r").exists()
    assert call("submit", signed, "--ledger", hosted.url).code == 0
    found = call(*args)
    assert found.code == 0, found.err
    assert (tmp_path / "r" / f"{identity}.tlog-proof").exists()
    assert call("receipt", identity, "--ledger", hosted.url).code == 2


def test_without_a_policy_nothing_is_called_checked_or_kept(hosted: Simulated, signed: Path, tmp_path: Path) -> None:
    result = call("submit", signed, "--ledger", hosted.url)
    assert result.code == 0
    assert "not checked" in result.out
    refused = call("submit", signed, "--ledger", hosted.url, "--receipts", tmp_path / "r")
    assert (refused.code, "--policy" in refused.err) == (2, True)


def test_a_receipt_that_is_not_there_yet(hosted: Simulated, signed: Path, policy: Path, tmp_path: Path) -> None:
    hosted.pending = True
    args = ["--ledger", hosted.url, "--policy", policy, "--receipts", tmp_path / "r"]
    result = call("submit", signed, *args)
    assert (result.code, "ledger.pending" in result.err) == (11, True)
    assert "detente receipt" in result.err
    assert not (tmp_path / "r").exists()
    identity = record_id(envelope.parse(signed.read_bytes()))
    assert call("receipt", identity, *args).code == 11
    hosted.pending = False
    assert call("receipt", identity, *args).code == 0


def _other_id(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    return status, json.dumps(json.loads(body) | {"id": "ab" * 32}).encode()


def _other_index(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    return status, json.dumps(json.loads(body) | {"index": 7}).encode()


def _forged_receipt(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    value = json.loads(body)
    head, _, tail = value["receipt"].rpartition("\u2014 ledger.example/detente ")
    value["receipt"] = f"{head}\u2014 ledger.example/detente {tail[:20]}{'A' if tail[20] != 'A' else 'B'}{tail[21:]}"
    return status, json.dumps(value).encode()


def _no_witness(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    value = json.loads(body)
    value["receipt"] = value["receipt"][: value["receipt"].index("\u2014 alpha")]
    return status, json.dumps(value).encode()


def _other_statement(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    value = json.loads(body)
    value["envelope"]["payload"] = "e30="
    return status, json.dumps(value).encode()


@pytest.mark.parametrize(
    ("turn", "code", "leaves"),
    [
        (_other_id, "ledger.other-statement", 10),
        (_other_index, "ledger.other-statement", 10),
        (_other_statement, "ledger.other-statement", 10),
        (_forged_receipt, "signature.false", 10),
        (_no_witness, "quorum.unmet", 11),
        (lambda *a: (200, b"<html>hello</html>"), "ledger.answer", 3),
        (lambda *a: (200, b'{"id": 1}'), "ledger.answer", 3),
        (lambda *a: (200, b"[]"), "ledger.answer", 3),
        (lambda *a: (404, b"<html>"), "ledger.answer", 3),
        (lambda *a: (302, b""), "ledger.answer", 3),
        (lambda *a: (502, b"bad gateway"), "ledger.failed", 5),
        (lambda *a: (500, problem(500, "http.internal", "oh")), "ledger.failed", 5),
        (lambda *a: (422, problem(422, "statement.scope", "may not")), "statement.scope", None),
        (lambda *a: (422, problem(422, "future.code", "unheard")), "ledger.refused", 3),
        (lambda *a: (200, b"x" * (5 << 20)), "ledger.answer", 3),
    ],
)
def test_what_a_ledger_says_is_not_believed_unproven(
    hosted: Simulated, signed: Path, policy: Path, tmp_path: Path, turn: Any, code: str, leaves: int | None
) -> None:
    hosted.answers = turn
    result = call("submit", signed, "--ledger", hosted.url, "--policy", policy, "--receipts", tmp_path / "r")
    assert f"code:  {code} " in result.err
    assert result.code != 0
    assert leaves in (None, result.code)
    assert not (tmp_path / "r").exists()
    assert "Traceback" not in result.err


def test_a_refusal_speaks_the_ledgers_words_without_its_control_characters(hosted: Simulated, signed: Path) -> None:
    hosted.answers = lambda *a: (422, problem(422, "future.code", "no \x1b[31mway\u202e"))
    result = call("submit", signed, "--ledger", hosted.url)
    assert "no \\u{1b}[31mway\\u{202e}" in result.err
    assert "\x1b" not in result.err


def test_nobody_listens(signed: Path) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = call("submit", signed, "--ledger", url)
    assert result.code == 5
    assert "ledger.unreachable" in result.err
    assert "run the same command again" in result.err
    assert call("submit", signed, "--ledger", "ledger.example").code == 5


def test_a_file_that_is_no_envelope_is_not_sent(hosted: Simulated, signed: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    for content in (b"{}", b"not json", (tmp_path / "drill.statement.json").read_bytes(), signed.read_bytes()[:-9]):
        bad.write_bytes(content)
        result = call("submit", signed, bad, "--ledger", hosted.url)
        assert result.code == 3
        assert str(bad) in result.err
    assert hosted.calls == []


def test_the_first_refusal_stops_the_row_and_what_came_before_is_kept(
    hosted: Simulated, world: World, signed: Path, policy: Path, tmp_path: Path
) -> None:
    second = write_draft(tmp_path / "second.statement.json", world, sequence=5, title="The next")
    assert call("sign", second, "--key", world.keys["duty"], "--yes").code == 0
    files = [signed, tmp_path / "second.envelope.json"]

    def refuse_second(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return (status, body) if len(hosted.calls) == 1 else (422, problem(422, "statement.gap", "a gap"))

    hosted.answers = refuse_second
    kept = tmp_path / "r"
    result = call("submit", *files, "--ledger", hosted.url, "--policy", policy, "--receipts", kept)
    assert "statement.gap" in result.err
    assert len(list(kept.iterdir())) == 2


def test_the_state_is_fetched_for_a_desk_without_network(hosted: Simulated, world: World, tmp_path: Path) -> None:
    found = world.state()
    hosted.party = found["party"]
    raw = (world.home / "charter.envelope.json").read_bytes()
    hosted.envelopes[found["party"]["charter"]] = raw
    out = tmp_path / "xa.state.json"
    result = call("state", "XA", "--ledger", hosted.url, "--out", out)
    assert result.code == 0, result.err
    assert "defence-staff" in result.out
    assert canonical.parse(out.read_bytes()) == found
    source = tmp_path / "d.json"
    from verifier import vocabulary

    body = {
        **vocabulary.load().example("drill-announcement")["body"],
        "start": "2026-09-01T07:00:00Z",
        "end": "2026-09-02T07:00:00Z",
    }
    source.write_text(json.dumps({"title": "T", "office": "defence-staff", "body": {**body, "observers": []}}))
    for args in (["--state", out], ["--ledger", hosted.url, "--party", "XA"]):
        drafted = call("draft", "drill-announcement", "--from", source, *args, "--out", tmp_path / f"{args[0]}.json")
        assert drafted.code == 0, drafted.err
    assert (tmp_path / "--state.json").read_bytes() == (tmp_path / "--ledger.json").read_bytes()
    assert call("lint", tmp_path / "--state.json", "--ledger", hosted.url).code == 0
    assert call("state", "XQ", "--ledger", hosted.url, "--out", tmp_path / "xq.json").code != 0
    assert not (tmp_path / "xq.json").exists()


def test_the_passphrase_is_not_needed_to_hand_in(hosted: Simulated, signed: Path) -> None:
    assert call("submit", signed, "--ledger", hosted.url, passphrase=b"").code == 0
    assert PASSPHRASE.decode() not in str(hosted.calls)
