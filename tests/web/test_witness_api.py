"""Every status of C2SP tlog-witness, over HTTP: what a log and a monitor may meet at a witness."""

from __future__ import annotations

import hashlib
import http.client
import json
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.signer import LogSigner
from tests.web.house import NOW, ORIGIN, House
from tests.web.wire import Answer, Tree, answer, ask, raw
from verifier.formats import checkpoint, cosignature, note
from verifier.witness import MOST_BODY
from web.limiting import AddressLimit
from web.serving import Server
from web.witness_api import create_witness_app

HASH = hashlib.sha256(ORIGIN.encode()).hexdigest()


def add(server: Server, body: bytes) -> Answer:
    return ask(server.port, "POST", "/add-checkpoint", body)


def problem(found: Answer, code: str) -> dict[str, object]:
    assert found.headers["content-type"] == "application/problem+json"
    document = json.loads(found.body)
    assert (document["code"], document["status"], document["type"]) == (code, found.status, f"/problems/{code}")
    assert all(document[member] for member in ("detail", "next", "title"))
    return document  # type: ignore[no-any-return]


def test_first_checkpoint_is_cosigned_by_every_key(house: House, witness_server: Server) -> None:
    found = add(witness_server, house.body(0, 5))
    assert (found.status, found.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    signatures = note.parse_signatures(found.body)
    cosigned = checkpoint.parse(house.note(5))
    times = [cosignature.verify(one.key, cosigned, line) for one, line in zip(house.cosigners, signatures, strict=True)]
    assert times == [NOW, NOW]


def test_growth_needs_the_true_proof(house: House, witness_server: Server) -> None:
    assert add(witness_server, house.body(0, 5)).status == 200
    assert add(witness_server, house.body(5, 13)).status == 200
    assert add(witness_server, house.body(13, 13)).status == 200  # a heartbeat: the same size, dated anew
    spoiled = house.tree.consistency(13, 20)
    spoiled[0] = bytes(32)
    found = add(witness_server, house.body(13, 20, proof=spoiled))
    assert found.status == 422
    problem(found, "witness.inconsistent")
    assert house.state.load(ORIGIN).size == 13  # type: ignore[union-attr]
    assert house.state.forks(ORIGIN) == []  # a false proof convicts nobody


def test_size_zero_is_cosigned_with_the_empty_root_alone(house: House, witness_server: Server) -> None:
    other = house.signer.checkpoint(0, bytes(32), NOW).raw
    assert add(witness_server, house.body(0, 0, note=other)).status == 422
    assert add(witness_server, house.body(0, 0)).status == 200


def test_conflict_answers_the_size_alone(house: House, witness_server: Server) -> None:
    add(witness_server, house.body(0, 7))
    found = add(witness_server, house.body(0, 9))
    assert (found.status, found.body) == (409, b"7\n")
    assert found.headers["content-type"] == "text/x.tlog.size"
    fresh = add(witness_server, house.body(3, 9))
    assert (fresh.status, fresh.body) == (409, b"7\n")


def test_conflict_of_a_witness_that_saw_nothing(house: House, witness_server: Server) -> None:
    found = add(witness_server, house.body(3, 9))
    assert (found.status, found.body) == (409, b"0\n")


def test_old_size_larger_than_the_checkpoint(house: House, witness_server: Server) -> None:
    problem(add(witness_server, house.body(9, 5, proof=[])), "witness.old-size-larger")


def test_proof_from_size_zero_is_refused(house: House, witness_server: Server) -> None:
    found = add(witness_server, house.body(0, 5, proof=[bytes(32)]))
    assert found.status == 422
    problem(found, "witness.inconsistent")


def test_unknown_log(house: House, witness_server: Server) -> None:
    stranger = LogSigner("other.example/log", Ed25519PrivateKey.generate())
    found = add(witness_server, house.body(0, 5, note=stranger.checkpoint(5, house.tree.root(5), NOW).raw))
    assert found.status == 404
    problem(found, "witness.unknown-log")


def test_signature_missing_or_false(house: House, witness_server: Server) -> None:
    stranger = LogSigner(ORIGIN, Ed25519PrivateKey.generate()).checkpoint(5, house.tree.root(5), NOW)
    found = add(witness_server, house.body(0, 5, note=stranger.raw))
    assert found.status == 403
    problem(found, "witness.log-signature")
    true = checkpoint.parse(house.note(5)).note
    first = true.signatures[0]
    false = note.Signature(first.name, first.key_id, bytes(64))
    both = note.Note(true.text, (*true.signatures, false)).raw
    assert add(witness_server, house.body(0, 5, note=both)).status == 403
    assert house.state.load(ORIGIN) is None


def test_fork_is_refused_and_kept(house: House, witness_server: Server) -> None:
    add(witness_server, house.body(0, 5))
    forked = house.note(5, Tree([b"other %d" % n for n in range(5)]))
    for _ in range(2):
        found = add(witness_server, house.body(5, 5, note=forked))
        assert found.status == 422
        problem(found, "witness.inconsistent")
    (kept,) = house.state.forks(ORIGIN)
    assert kept["submitted"].encode() == forked
    assert checkpoint.parse(kept["known"].encode()).root == house.tree.root(5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\nx\n",
        b"old -1\n\nx\n",
        "old ٣\n\nx\n".encode(),
        b"old 0\r\n\r\nx\r\n",
        b"\xff\xfe\n\n",
        b"old 0\n" + b64encode(bytes(31)) + b"\n\nx\n",
        b"old 0\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\nx\n",
    ],
)
def test_malformed_bodies(witness_server: Server, body: bytes) -> None:
    found = add(witness_server, body)
    assert found.status == 400
    problem(found, "witness.malformed")


def test_form_encoding_is_no_reason_to_lose_the_body(house: House, witness_server: Server) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(witness_server.port, "POST", "/add-checkpoint", house.body(0, 5), kind).status == 200


def test_chunked_body(house: House, witness_server: Server) -> None:
    body = house.body(0, 5)
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    assert ask(witness_server.port, "POST", "/add-checkpoint", pieces, {"Transfer-Encoding": "chunked"}).status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_cut_body_is_never_answered(house: House, witness_server: Server, chunked: bool) -> None:
    body = house.body(0, 5)
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
    if chunked:
        sent = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n"
    else:
        sent = head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body
    assert raw(witness_server.port, sent) == b""
    assert house.state.load(ORIGIN) is None


def test_oversize_bodies(witness_server: Server) -> None:
    long = b"old 0\n\n" + b"x" * MOST_BODY
    found = add(witness_server, long)
    assert found.status == 413
    problem(found, "http.too-large")
    pieces = [b"x" * 16384] * (MOST_BODY // 16384 + 1)
    found = ask(witness_server.port, "POST", "/add-checkpoint", pieces, {"Transfer-Encoding": "chunked"})
    assert found.status == 413
    problem(found, "http.too-large")


def test_sixteen_large_signatures_fit(house: House, witness_server: Server) -> None:
    true = checkpoint.parse(house.note(5)).note
    others = tuple(note.Signature(f"stranger.example/{n}", n, bytes(4963)) for n in range(14))
    body = house.body(0, 5, note=note.Note(true.text, true.signatures + others).raw)
    assert len(body) > 90_000
    assert add(witness_server, body).status == 200
    served = ask(witness_server.port, "GET", f"/{HASH}/checkpoint").body
    assert b"stranger" not in served  # only what the witness verified or signed is passed on


def test_keep_alive_serves_many_requests_on_one_connection(house: House, witness_server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", witness_server.port, timeout=20)
    statuses = []
    for old, new in ((0, 1), (1, 4), (0, 4), (4, 20)):
        connection.request("POST", "/add-checkpoint", house.body(old, new))
        statuses.append(answer(connection).status)
        wire = connection.sock
        assert wire is not None
    connection.close()
    assert statuses == [200, 200, 409, 200]


def test_monitor_gets_the_latest_checkpoint(house: House, witness_server: Server) -> None:
    before = ask(witness_server.port, "GET", f"/{HASH}/checkpoint")
    assert before.status == 404
    problem(before, "http.not-witnessed")
    add(witness_server, house.body(0, 5))
    lines = note.parse_signatures(add(witness_server, house.body(5, 9)).body)
    found = ask(witness_server.port, "GET", f"/{HASH}/checkpoint")
    assert (found.status, found.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert found.headers["cache-control"] == "no-cache"
    served = checkpoint.parse(found.body)
    assert served.size == 9
    assert set(lines) <= set(served.note.signatures)
    keys = [*house.signer.keys, *(one.key for one in house.cosigners)]
    assert len(cosignature.verified(served, keys)) == len(keys)
    again = ask(witness_server.port, "GET", f"/{HASH}/checkpoint", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = ask(witness_server.port, "HEAD", f"/{HASH}/checkpoint")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(found.body)))


@pytest.mark.parametrize("name", [HASH.upper(), "00", "checkpoint", "%2e%2e"])
def test_monitor_names_the_log_by_lower_case_hex(witness_server: Server, name: str) -> None:
    problem(ask(witness_server.port, "GET", f"/{name}/checkpoint"), "http.not-found")


def test_other_methods_and_paths(witness_server: Server) -> None:
    found = ask(witness_server.port, "GET", "/add-checkpoint")
    assert (found.status, found.headers["allow"]) == (405, "OPTIONS, POST")
    problem(found, "http.method-not-allowed")
    problem(ask(witness_server.port, "GET", "/nothing"), "http.not-found")


def test_clock_that_gives_no_time(house: House, witness_server: Server) -> None:
    house.clock.now = 0
    found = add(witness_server, house.body(0, 5))
    assert found.status == 503
    problem(found, "witness.clock")


def test_clock_set_back_never_dates_below(house: House, witness_server: Server) -> None:
    add(witness_server, house.body(0, 5))
    house.clock.now = NOW - 3600
    lines = note.parse_signatures(add(witness_server, house.body(5, 9)).body)
    assert cosignature.verify(house.cosigners[0].key, checkpoint.parse(house.note(9)), lines[0]) == NOW


def test_one_of_many_racing_requests_wins(house: House, witness_server: Server) -> None:
    sizes = list(range(1, 9))
    with ThreadPoolExecutor(len(sizes)) as pool:
        found = list(pool.map(lambda size: add(witness_server, house.body(0, size)), sizes))
    won = [size for size, one in zip(sizes, found, strict=True) if one.status == 200]
    assert len(won) == 1
    assert {one.body for one in found if one.status == 409} == {b"%d\n" % won[0]}
    assert house.state.load(ORIGIN).size == won[0]  # type: ignore[union-attr]


def test_address_limit(house: House, serve: Callable[..., Server]) -> None:
    server = serve(create_witness_app(house.witness, house.state, limit=AddressLimit(0.001, 2)))
    statuses = [add(server, house.body(0, 1)).status for _ in range(3)]
    assert statuses == [200, 409, 429]
    found = add(server, b"")
    assert int(found.headers["retry-after"]) > 0
    problem(found, "http.too-many")


def test_security_headers_on_every_kind_of_answer(house: House, witness_server: Server) -> None:
    answers = [add(witness_server, house.body(0, 5)), add(witness_server, b""), add(witness_server, house.body(0, 5))]
    answers += [ask(witness_server.port, "GET", path) for path in ("/healthz", "/none", f"/{HASH}/checkpoint")]
    answers.append(add(witness_server, b"x" * (MOST_BODY + 1)))
    assert [one.status for one in answers] == [200, 400, 409, 200, 404, 200, 413]
    for one in answers:
        assert one.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in one.headers["content-security-policy"]
        assert "cache-control" in one.headers
