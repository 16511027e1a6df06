"""The log over HTTP: every path, every header that the specifications ask for, every refusal; real HTTP over loopback."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.web.fakelog import NOTE, ORIGIN, FakeLog, envelope, publish
from tests.web.wire import Answer, answer, ask, raw
from verifier.errors import Fault
from verifier.formats import canonical
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings

DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}
SMALL = Limits(batch_items=8, batch_bytes=200_000, wait=1.5, rate=None)
FOREVER = "public, max-age=31536000, immutable"
Serve = Callable[..., Server]


@pytest.fixture
def log(tmp_path: Path) -> FakeLog:
    publish(tmp_path)
    return FakeLog(tmp_path)


@pytest.fixture
def port(log: FakeLog, serve: Serve) -> int:
    settings = Settings(threads=16, bodies={"/statements/batch": 250_000}, grace=2.0)
    return serve(create_log_app(log, limits=SMALL), settings).port


def problem(found: Answer, code: str, status: int) -> dict[str, object]:
    assert (found.status, found.headers["content-type"]) == (status, "application/problem+json")
    document = json.loads(found.body)
    assert (document["code"], document["status"], document["type"]) == (code, status, f"/problems/{code}")
    assert all(document[member] for member in ("title", "detail", "next"))
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["x-content-type-options"] == "nosniff"
    return document  # type: ignore[no-any-return]


# Reading.


@pytest.mark.parametrize(
    ("path", "kind", "cache"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("history/size", "text/plain; charset=utf-8", "no-store"),
        ("tile/0/000", "application/octet-stream", FOREVER),
        ("tile/0/001.p/44", "application/octet-stream", FOREVER),
        ("tile/1/000.p/1", "application/octet-stream", FOREVER),
        ("tile/0/x001/234", "application/octet-stream", FOREVER),
        ("tile/entries/000", "application/octet-stream", FOREVER),
        ("tile/entries/001.p/44", "application/octet-stream", FOREVER),
        ("history/000.p/40", "application/octet-stream", FOREVER),
        (f"attachments/{hashlib.sha256(b'<html>').hexdigest()}", "application/octet-stream", FOREVER),
    ],
)
def test_published_files(tmp_path: Path, port: int, path: str, kind: str, cache: str) -> None:
    content = (tmp_path / path).read_bytes()
    found = ask(port, "GET", f"/{path}")
    assert (found.status, found.body) == (200, content)
    assert (found.headers["content-type"], found.headers["cache-control"]) == (kind, cache)
    assert found.headers["content-length"] == str(len(content))
    assert found.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in found.headers
    head = ask(port, "HEAD", f"/{path}")
    same = {name: value for name, value in found.headers.items() if name != "date"}
    assert (head.status, head.body) == (200, b"")
    assert {name: value for name, value in head.headers.items() if name != "date"} == same
    again = ask(port, "GET", f"/{path}", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", found.headers["etag"])
    assert again.headers["cache-control"] == cache
    assert ask(port, "GET", f"/{path}", headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("path", ["tile/entries/000", "history/000.p/40"])
def test_bundles_are_compressed_where_gzip_is_accepted(tmp_path: Path, port: int, path: str) -> None:
    content = (tmp_path / path).read_bytes()
    plain = ask(port, "GET", f"/{path}", headers={"Accept-Encoding": "identity"})
    packed = ask(port, "GET", f"/{path}", headers={"Accept-Encoding": "gzip, identity"})
    assert (packed.headers["content-encoding"], gzip.decompress(packed.body)) == ("gzip", content)
    assert len(packed.body) < len(content)
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != packed.headers["etag"]
    assert ask(port, "GET", f"/{path}", headers={"Accept-Encoding": "gzip;q=0"}).body == content
    matched = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    assert ask(port, "GET", f"/{path}", headers=matched).status == 304
    assert "content-encoding" not in ask(port, "GET", "/tile/0/000", headers={"Accept-Encoding": "gzip"}).headers


def test_the_checkpoint_moves_on(tmp_path: Path, port: int) -> None:
    first = ask(port, "GET", "/checkpoint")
    (tmp_path / "checkpoint").write_bytes(NOTE.replace(b"300", b"301"))
    second = ask(port, "GET", "/checkpoint", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status, second.body) == (200, NOTE.replace(b"300", b"301"))


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/000.p/44",
        "/tile/0/002",
        "/tile/0/0",
        "/tile/0/001.p/256",
        "/tile/0/001.p/044",
        "/tile/64/000",
        "/tile/entries/",
        "/tile/0/x001/x234",
        "/tile/0/../../secret",
        "/tile/0/%2e%2e/%2e%2e/secret",
        "/tile//secret",
        "/secret",
        "/history/../secret",
        "/history/sizes",
        "/attachments/secret",
        "/attachments/..%2fsecret",
        "/attachments/" + "0" * 64,
        "/attachments/" + hashlib.sha256(b"<html>").hexdigest().upper(),
        "/",
        "/statements/batch/",
    ],
)
def test_nothing_under_other_paths(port: int, path: str) -> None:
    assert b"not published" not in problem_of_raw(port, path)


def problem_of_raw(port: int, path: str) -> bytes:
    """Ask for a path byte for byte, as no client that tidies paths would."""
    head, _, body = raw(port, f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()).partition(b"\r\n\r\n")
    assert b" 404 " in head.split(b"\r\n")[0]
    assert b"Cache-Control: no-store" in head  # what is missing now may be there a second later
    assert json.loads(body)["code"] == "http.not-found"
    return body


# Handing in.


def test_one_statement(log: FakeLog, port: int) -> None:
    found = ask(port, "POST", "/statements", envelope(1), DSSE)
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    answered = json.loads(found.body)
    assert set(answered) == {"id", "index", "envelope", "receipt"}
    logged = log.logged[answered["id"]]
    assert canonical.encode(answered["envelope"]) == logged.envelope == envelope(1)
    assert answered["receipt"].encode() == logged.receipt
    assert found.headers["location"] == f"/statements/{logged.id}"
    assert log.waits == [1.5]
    assert json.loads(ask(port, "POST", "/statements", envelope(1), JSON).body) == answered


def test_quorum_not_met_in_time(log: FakeLog, port: int) -> None:
    log.pending = True
    found = ask(port, "POST", "/statements", envelope(1), DSSE)
    answered = json.loads(found.body)
    assert (found.status, answered["index"], answered["receipt"]) == (202, 0, None)
    assert int(found.headers["retry-after"]) > 0
    pending = problem(ask(port, "GET", f"/statements/{answered['id']}/receipt"), "http.pending", 404)
    assert pending["evidence"] == {"index": 0, "retry_after": 5}
    assert ask(port, "GET", f"/statements/{answered['id']}").body == envelope(1)


def test_refusals_carry_status_code_and_evidence(log: FakeLog, port: int) -> None:
    evidence = {"sequence": 4, "previous": "d" * 64}
    log.refuse[envelope(1)] = Fault("statement.conflict", "said already", where="/sequence", evidence=evidence)
    document = problem(ask(port, "POST", "/statements", envelope(1), DSSE), "statement.conflict", 409)
    assert (document["where"], document["evidence"]) == ("/sequence", evidence)
    assert document["id"] == hashlib.sha256(envelope(1)).hexdigest()
    assert not log.logged


def test_faults_of_the_server_are_not_told(log: FakeLog, port: int) -> None:
    log.refuse[envelope(1)] = Fault("http.internal", "the disk /srv/secret is full")
    document = problem(ask(port, "POST", "/statements", envelope(1), DSSE), "http.internal", 500)
    assert "secret" not in json.dumps(document)
    assert str(document["instance"]).startswith("urn:uuid:")
    log.refuse[envelope(3)] = Fault("store.failed", "cannot write", where="/srv/secret")
    document = problem(ask(port, "POST", "/statements", envelope(3), DSSE), "store.failed", 503)
    assert "secret" not in json.dumps(document)
    log.submit = None  # type: ignore[assignment,method-assign]
    document = problem(ask(port, "POST", "/statements", envelope(2), DSSE), "http.internal", 500)
    assert "NoneType" not in json.dumps(document)


@pytest.mark.parametrize("path", ["/statements", "/statements/batch"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_other_media_types(log: FakeLog, port: int, path: str, kind: str) -> None:
    problem(ask(port, "POST", path, envelope(1), {"Content-Type": kind}), "http.media-type", 415)
    assert not log.calls


def test_media_type_parameters_are_allowed(port: int) -> None:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert ask(port, "POST", "/statements", envelope(1), kind).status == 200


def test_bound_of_one_envelope(log: FakeLog, port: int) -> None:
    at_most = b"x" * 65_535
    assert ask(port, "POST", "/statements", at_most, DSSE).status == 200
    problem(ask(port, "POST", "/statements", at_most + b"x", DSSE), "http.too-large", 413)
    chunks = [b"x" * 6_000] * 11
    problem(ask(port, "POST", "/statements", chunks, {**DSSE, "Transfer-Encoding": "chunked"}), "http.too-large", 413)
    problem(ask(port, "POST", "/statements", b"x" * 1_000_000, DSSE), "http.too-large", 413)
    assert log.calls == [1]


def test_chunked_envelope(log: FakeLog, port: int) -> None:
    body = envelope(1)
    chunks = [body[at : at + 7] for at in range(0, len(body), 7)]
    assert ask(port, "POST", "/statements", chunks, {**DSSE, "Transfer-Encoding": "chunked"}).status == 200
    assert next(iter(log.logged.values())).envelope == body


@pytest.mark.parametrize("ending", [b"", b"5\r\nx"])
def test_cut_bodies_write_nothing(log: FakeLog, port: int, ending: bytes) -> None:
    body = envelope(1)
    head = b"POST /statements HTTP/1.1\r\nContent-Type: application/json\r\n"
    assert raw(port, head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body) == b""
    chunk = b"%x\r\n" % len(body) + body + b"\r\n" + ending
    assert raw(port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk) == b""
    assert not log.calls


def test_a_cut_body_is_refused_by_the_application_too(log: FakeLog) -> None:
    """Behind another server, which hands over what came."""
    import io

    client = create_log_app(log, limits=SMALL).test_client()
    whole = envelope(1)
    for announced, sent, status in (
        (len(whole), whole, 200),
        (len(whole) + 1, whole, 400),
        (len(whole), whole[:-1], 400),
    ):
        environ = {"wsgi.input": io.BytesIO(sent), "CONTENT_LENGTH": str(announced)}
        found = client.post("/statements", content_type="application/json", environ_overrides=environ)
        assert (found.status_code, len(log.logged)) == (status, 1)
        assert status == 200 or found.json["code"] == "http.body-cut"


# Batches.


def test_each_of_a_batch_has_its_own_outcome(log: FakeLog, port: int) -> None:
    log.refuse[envelope(2)] = Fault("statement.gap", "the next is 7", where="/sequence")
    log.refuse[envelope(4)] = Fault("http.internal", "the disk /srv/secret is full")
    long = envelope(3, length=60_000)
    assert len(long) > 65_535
    sent = [envelope(1), envelope(2), long, envelope(4), envelope(5), envelope(1)]
    found = ask(port, "POST", "/statements/batch", b"\n".join(sent) + b"\n", LINES)
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    items = json.loads(found.body)["items"]
    assert [item["status"] for item in items] == [200, 409, 413, 500, 200, 200]
    assert [item["problem"]["code"] for item in items[1:4]] == ["statement.gap", "http.too-large", "http.internal"]
    assert "secret" not in found.body.decode()
    assert [item.get("index") for item in items] == [0, None, None, None, 1, 0]
    assert canonical.encode(items[4]["envelope"]) == envelope(5)
    assert items[1]["id"] == hashlib.sha256(envelope(2)).hexdigest()
    assert log.calls == [5]


def test_batch_as_an_array(log: FakeLog, port: int) -> None:
    sent = [envelope(1), envelope(2)]
    found = ask(port, "POST", "/statements/batch", b"[" + b",".join(sent) + b"]", JSON)
    assert [item["index"] for item in json.loads(found.body)["items"]] == [0, 1]
    assert [one.envelope for one in log.logged.values()] == sent


def test_batch_without_a_quorum(log: FakeLog, port: int) -> None:
    log.pending = True
    (item,) = json.loads(ask(port, "POST", "/statements/batch", envelope(1), LINES).body)["items"]
    assert (item["status"], item["receipt"]) == (202, None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", LINES),
        (b"\n", LINES),
        (b"{}\n\n{}\n", LINES),
        (b"\n{}", LINES),
        (b"", JSON),
        (b"[]", JSON),
        (b"{}", JSON),
        (b"[{}, {}]", JSON),
        (b'[{"a":1,"a":1}]', JSON),
        (b"[1.5]", JSON),
        (b"[" * 100_000, JSON),
        (b"\xff", JSON),
    ],
)
def test_what_is_no_batch(log: FakeLog, port: int, body: bytes, kind: dict[str, str]) -> None:
    problem(ask(port, "POST", "/statements/batch", body, kind), "http.batch", 400)
    assert not log.calls


def test_bounds_of_a_batch(log: FakeLog, port: int) -> None:
    assert ask(port, "POST", "/statements/batch", b"\n".join([envelope(1)] * 8), LINES).status == 200
    problem(ask(port, "POST", "/statements/batch", b"\n".join([envelope(1)] * 9), LINES), "http.too-large", 413)
    problem(ask(port, "POST", "/statements/batch", b"x" * 200_001, LINES), "http.too-large", 413)
    problem(ask(port, "POST", "/statements/batch", b"x" * 2_000_000, LINES), "http.too-large", 413)
    assert log.calls == [8]


# Looking up.


def test_statement_and_receipt(log: FakeLog, port: int) -> None:
    ask(port, "POST", "/statements", envelope(1), DSSE)
    (logged,) = log.logged.values()
    found = ask(port, "GET", f"/statements/{logged.id}")
    assert (found.status, found.body) == (200, envelope(1))
    assert (found.headers["content-type"], found.headers["cache-control"]) == (DSSE["Content-Type"], FOREVER)
    receipt = ask(port, "GET", f"/statements/{logged.id}/receipt")
    assert (receipt.body, receipt.headers["content-type"]) == (logged.receipt, "text/plain; charset=utf-8")
    assert receipt.headers["content-disposition"] == f'inline; filename="{logged.id}.tlog-proof"'
    tag = {"If-None-Match": receipt.headers["etag"]}
    assert ask(port, "GET", f"/statements/{logged.id}/receipt", headers=tag).status == 304
    problem(ask(port, "GET", "/statements/" + "0" * 64), "statement.not-logged", 404)
    problem(ask(port, "GET", "/statements/" + "0" * 64 + "/receipt"), "statement.not-logged", 404)
    problem(ask(port, "GET", "/statements/" + logged.id.upper()), "text.malformed", 400)


def test_party(port: int) -> None:
    found = ask(port, "GET", "/parties/XA")
    assert (found.status, found.headers["cache-control"]) == (200, "no-store")
    entry = canonical.parse(found.body)
    assert (entry["ledger"], entry["charter"], entry["code"], entry["kind"]) == (ORIGIN, "c" * 64, "XA", "state")
    duty, root = entry["offices"]
    assert (duty["office"], duty["sequence"], duty["previous"]) == ("duty", 4, "d" * 64)
    assert (root["office"], root["sequence"], root["previous"]) == ("root", 0, "c" * 64)
    assert duty["types"] == ["incident", "line-test"]
    first, second = duty["signers"]
    assert (first["signer"], first["not_before"], first["not_after"]) == ("a" * 64, None, "2027-01-15T08:00:00Z")
    assert (second["not_before"], second["revoked"], first["revoked"]) == ("2023-11-14T22:13:20Z", True, False)
    assert json.loads(ask(port, "GET", "/parties/XB").body)["offices"] == []


@pytest.mark.parametrize("code", ["XZ", "xa", "%D9%A3", "X" * 5000])
def test_party_unknown(port: int, code: str) -> None:
    problem(ask(port, "GET", f"/parties/{code}"), "http.party", 404)


def test_a_desk_reads_the_entry(port: int) -> None:
    states = pytest.importorskip("ledger.desk.state")
    entry = canonical.parse(ask(port, "GET", "/parties/XA").body)
    state = states.read({"party": entry, "charter": None}, where="test")
    assert state.chain("duty") == (4, "d" * 64)


def test_health(log: FakeLog, port: int) -> None:
    found = ask(port, "GET", "/healthz")
    assert (found.status, found.headers["cache-control"]) == (200, "no-store")
    assert json.loads(found.body) == {
        "status": "ok",
        "ledger": ORIGIN,
        "size": 300,
        "records": 300,
        "covered": 300,
        "unwitnessed": 0,
        "threads": {"sequencing": True, "checkpoints": True},
        "stored": True,
        "witnesses": {"norhaven": None},
    }


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"stored": False}, {"stored": False}),
        ({"size": 307, "unwitnessed": 11.7}, {"records": 307, "covered": 300, "unwitnessed": 11}),
        (
            {"troubles": {"norhaven": Fault("cosigning.unreachable", "no answer", where="http://10.0.0.7:8100")}},
            {"witnesses": {"norhaven": "cosigning.unreachable"}},
        ),
    ],
    ids=["store", "quorum", "witness"],
)
def test_a_log_that_works_and_is_not_well(
    log: FakeLog, port: int, change: dict[str, object], shown: dict[str, object]
) -> None:
    log.state = replace(log.state, **change)  # type: ignore[arg-type]
    found = ask(port, "GET", "/healthz")
    told = json.loads(found.body)
    assert (found.status, told["status"]) == (200, "degraded")
    assert shown.items() <= told.items()
    assert b"10.0.0.7" not in found.body


def test_a_moment_without_a_quorum_is_no_trouble(log: FakeLog, port: int) -> None:
    log.state = replace(log.state, size=301, unwitnessed=0.4)
    assert json.loads(ask(port, "GET", "/healthz").body)["status"] == "ok"


def test_a_log_whose_thread_ended_is_not_healthy(log: FakeLog, port: int) -> None:
    log.state = replace(log.state, threads={"sequencing": False, "checkpoints": True})
    told = problem(ask(port, "GET", "/healthz"), "log.not-working", 503)
    assert told["evidence"] == {"threads": {"sequencing": False, "checkpoints": True}}
    assert "sequencing ended" in str(told["detail"])


def test_methods(port: int) -> None:
    found = ask(port, "PUT", "/statements", b"{}", JSON)
    problem(found, "http.method-not-allowed", 405)
    assert found.headers["allow"] == "OPTIONS, POST"
    problem(ask(port, "POST", "/checkpoint", b""), "http.method-not-allowed", 405)


def test_problem_types_are_explained(port: int) -> None:
    found = json.loads(ask(port, "GET", "/problems/statement.conflict").body)
    assert (found["status"], found["title"]) == (409, "Statement: conflict")
    problem(ask(port, "GET", "/problems/none"), "http.not-found", 404)


# Many at once.


def test_256_submitters_wait_and_readers_are_served(log: FakeLog, serve: Serve) -> None:
    log.gate = threading.Event()
    server = serve(create_log_app(log, limits=Limits(rate=None)), Settings(grace=2.0))
    with ThreadPoolExecutor(256) as pool:
        asked = [pool.submit(ask, server.port, "POST", "/statements", envelope(n), DSSE) for n in range(256)]
        for _ in range(256):
            assert log.entered.acquire(timeout=20)
        assert ask(server.port, "GET", "/checkpoint").body == NOTE
        busy = ask(server.port, "POST", "/statements", envelope(999), DSSE)
        problem(busy, "http.busy", 503)
        assert int(busy.headers["retry-after"]) > 0
        log.gate.set()
        assert {one.result().status for one in asked} == {200}
    assert sorted(one.index for one in log.logged.values()) == list(range(256))


def test_keep_alive(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.connect()
    wire = connection.sock
    for n in range(20):
        connection.request("POST", "/statements", envelope(n), DSSE)
        assert answer(connection).status == 200
        assert connection.sock is wire
    connection.close()


def test_address_limit_counts_statements(log: FakeLog, serve: Serve) -> None:
    port = serve(create_log_app(log, limits=Limits(rate=0.001, burst=10))).port
    assert ask(port, "POST", "/statements/batch", b"\n".join([envelope(1)] * 8), LINES).status == 200
    found = ask(port, "POST", "/statements/batch", b"\n".join([envelope(1)] * 8), LINES)
    problem(found, "http.too-many", 429)
    assert int(found.headers["retry-after"]) > 0
    assert [ask(port, "POST", "/statements", envelope(2), DSSE).status for _ in range(3)] == [200, 200, 429]
    assert log.calls == [8, 1, 1]
    assert ask(port, "GET", "/checkpoint").status == 200
