"""Witnesses as the log meets them: over HTTP, dead, slow, wrong, hostile; and what becomes of what comes late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.log import Log, Logged
from ledger.signer import LogSigner, cosigner
from ledger.witness_client import AHEAD, MOST_ANSWER, Answer, Client, Http, Question
from ledger.witnesses import WitnessPool
from tests.ledger.log_world import FakeWitness, Memory, World
from tests.support.people import NotePen
from tests.support.simulated_log import ORIGIN, START
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.formats import cosignature, note
from verifier.formats.note import Signature, parse_signatures
from verifier.witness import Witness


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def founded(world: World, limit: float = 5.0) -> Log:
    log = world.open(pool={"limit": limit, "grace": 0.3, "patience": 5.0})
    assert all(isinstance(one, Logged) and one.receipt for one in log.submit(world.founding(), wait=10))
    return log


def history(world: World) -> list[checkpoints.Checkpoint]:
    """The published history; it has less than a bundle."""
    from verifier.formats.tiles import parse_bundle

    count = int((world.directory / "history/size").read_bytes())
    return [checkpoints.parse(raw) for raw in parse_bundle((world.directory / f"history/000.p/{count}").read_bytes())]


def cosigners(point: checkpoints.Checkpoint) -> list[str]:
    return [one.name for one in point.note.signatures if one.name != ORIGIN]


# Over HTTP.


class Server:
    """A witness's server on a port of the system's choice; `reply` writes the whole answer to a request's body."""

    def __init__(self, reply: Callable[[BaseHTTPRequestHandler, bytes], None]) -> None:
        self.connections = 0
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                served.connections += 1

            def do_POST(self) -> None:
                assert self.path == "/w/add-checkpoint"
                reply(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/w"


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler, bytes], None]], Server]]:
    running: list[Server] = []

    def run(reply: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Server:
        running.append(Server(reply))
        return running[-1]

    yield run
    for server in running:
        server.http.shutdown()
        server.http.server_close()


def write(handler: BaseHTTPRequestHandler, status: int, body: bytes, content_type: str = "text/plain") -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_three_servers_with_kept_connections(world: World, serve: Callable[..., Server]) -> None:
    def through(witness: FakeWitness) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
        def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            answer = witness.honest(body)
            write(handler, answer.status, answer.body, answer.content_type)

        return reply

    servers = [serve(through(witness)) for witness in world.witnesses]
    pool = WitnessPool({f"w{n}": server.url + "/" * n for n, server in enumerate(servers)}, grace=1.0)
    opened = world.open()
    log = Log(
        opened._store, origin=ORIGIN, signer=world.signer, witnesses=pool, publisher=opened.publisher, clock=world.clock
    )
    log.submit(world.founding(), wait=10)
    for envelope in world.drills(5):
        assert len(world.check(envelope, log.submit([envelope], wait=10)[0].receipt).cosigned) == 3  # type: ignore[union-attr]
    assert [server.connections for server in servers] == [1, 1, 1]
    pool.close()


def test_a_huge_answer_is_not_read(serve: Callable[..., Server]) -> None:
    server = serve(lambda handler, _: write(handler, 200, b"x" * (MOST_ANSWER + 1)))
    with pytest.raises(Fault, match="more than") as caught:
        Http()(f"{server.url}/add-checkpoint", b"", 5)
    assert caught.value.code == "cosigning.unreachable"


def test_an_endless_answer_is_given_up(serve: Callable[..., Server]) -> None:
    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    server = serve(drip)
    begun = time.monotonic()
    with pytest.raises(Fault, match="too long"):
        Http()(f"{server.url}/add-checkpoint", b"", 0.3)
    assert time.monotonic() - begun < 2


def test_silence_a_closed_port_and_a_redirect(serve: Callable[..., Server]) -> None:
    silent = serve(lambda handler, _: time.sleep(1))
    with pytest.raises(Fault) as caught:
        Http()(f"{silent.url}/add-checkpoint", b"", 0.2)
    assert caught.value.code == "cosigning.unreachable"
    closed = Server(lambda handler, _: None)
    closed.http.server_close()
    with pytest.raises(Fault):
        Http()(f"{closed.url}/add-checkpoint", b"", 0.5)

    def elsewhere(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(307)
        handler.send_header("Location", silent.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    assert Http()(f"{serve(elsewhere).url}/add-checkpoint", b"", 2).status == 307


# One witness's answers.


class Asked:
    """One question to one witness whose answers are written down."""

    def __init__(self, answers: list[Answer]) -> None:
        self.bodies: list[bytes] = []
        self.answers = answers
        self.pen = NotePen("w.example", note.COSIGNATURE_ED25519)
        self.signer = LogSigner(ORIGIN, NotePen(ORIGIN, note.ED25519).private)
        self.question = Question(
            self.signer.checkpoint(9, bytes(32), START), (self.pen.key,), self.prove, lambda: START
        )
        self.client = Client("http://w.example", self.transport)

    @staticmethod
    def prove(old: int, new: int) -> list[bytes]:
        return [bytes([old, new]) * 16]

    def transport(self, url: str, body: bytes, limit: float) -> Answer:
        assert url == "http://w.example/add-checkpoint"
        self.bodies.append(body)
        return self.answers.pop(0)

    def line(self, time: int = START, pen: NotePen | None = None) -> bytes:
        point = self.question.checkpoint
        made = (pen or self.pen).signature(point.note.text, ORIGIN, 9, point.root, time)
        return made.line.encode()

    def ask(self) -> list[int]:
        return [one.timestamp for one in self.client.ask(self.question, 1)]


SIZE = "text/x.tlog.size"


def test_the_size_in_a_conflict_is_proven_from(world: World) -> None:
    asked = Asked([Answer(409, SIZE, b"5\n")])
    asked.answers += [Answer(200, "", asked.line()), Answer(200, "", asked.line())]
    assert asked.ask() == [START]
    assert asked.ask() == [START]
    first, second, third = [body.split(b"\n\n")[0] for body in asked.bodies]
    assert first == b"old 0"
    assert second == b"old 5\nBQkFCQUJBQkFCQUJBQkFCQUJBQkFCQUJBQkFCQUJBQk="
    assert third.startswith(b"old 9\n")


def test_unknown_keys_are_ignored() -> None:
    asked = Asked([])
    stranger = NotePen("stranger.example", note.COSIGNATURE_ED25519)
    namesake = NotePen("w.example", note.COSIGNATURE_ED25519, "somebody else")
    asked.answers.append(Answer(200, "", asked.line(pen=stranger) + asked.line() + asked.line(pen=namesake)))
    assert asked.ask() == [START]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, "", b""), "cosigning.answer"),
        (Answer(200, "", b"\xff\xfe"), "cosigning.answer"),
        (Answer(200, "", b"<html>busy</html>\n"), "cosigning.answer"),
        (Answer(200, "", "— stranger.example AAAAAAA=\n".encode()), "cosigning.answer"),
        (Answer(403, "", b"unknown key"), "cosigning.refused"),
        (Answer(500, "", b""), "cosigning.refused"),
        (Answer(302, "", b""), "cosigning.refused"),
        (Answer(409, "text/html", b"5\n"), "cosigning.refused"),
        (Answer(409, SIZE, b"5"), "cosigning.answer"),
        (Answer(409, SIZE, b"05\n"), "cosigning.answer"),
        (Answer(409, SIZE, b"5\n6\n"), "cosigning.answer"),
        (Answer(409, SIZE, b"9" * 5000 + b"\n"), "cosigning.answer"),
        (Answer(409, SIZE, b"10\n"), "cosigning.ahead"),
    ],
)
def test_answers_that_are_none(answer: Answer, code: str) -> None:
    with pytest.raises(Fault) as caught:
        Asked([answer]).ask()
    assert caught.value.code == code
    assert caught.value.kind.next


def test_a_witness_that_names_ever_other_sizes_is_left() -> None:
    asked = Asked([Answer(409, SIZE, b"%d\n" % n) for n in (3, 4, 5, 6)])
    with pytest.raises(Fault, match="each of 3 times"):
        asked.ask()


def test_a_false_signature_of_a_known_key_condemns_the_answer() -> None:
    asked = Asked([])
    (true,) = parse_signatures(asked.line())
    false = Signature(true.name, true.key_id, true.value[:-1] + bytes([true.value[-1] ^ 1]))
    asked.answers.append(Answer(200, "", asked.line() + false.line.encode()))
    with pytest.raises(Fault) as caught:
        asked.ask()
    assert caught.value.code == "signature.false"


@pytest.mark.parametrize("time", [0, START + AHEAD + 1])
def test_times_that_no_reader_would_count(time: int) -> None:
    asked = Asked([])
    asked.answers.append(Answer(200, "", asked.line(time)))
    with pytest.raises(Fault) as caught:
        asked.ask()
    assert caught.value.code == "cosigning.misdated"


# The pool and the log.


def test_a_dead_and_a_lying_witness_cost_nothing(world: World) -> None:
    log = founded(world)
    world.witnesses[0].mood = "dead"
    begun = time.monotonic()
    (one,) = log.submit(world.drills(1), wait=10)
    assert isinstance(one, Logged)
    assert one.receipt
    assert time.monotonic() - begun < 2.5
    faults = log._cosigning._witnesses.troubles()
    assert [fault.code if fault else None for fault in faults.values()] == ["cosigning.unreachable", None, None]
    world.witnesses[0].mood = lambda body: Answer(409, SIZE, b"1000000\n")
    (two,) = log.submit(world.drills(1), wait=10)
    assert isinstance(two, Logged)
    assert two.receipt
    world.witnesses[0].mood = None
    log.submit(world.drills(1), wait=10)
    assert len(cosigners(history(world)[-1])) == 3  # it came back by itself
    assert world.audit().exit == Exit.GOOD


def test_a_slow_witness_costs_the_grace_once_and_skips_sizes(world: World) -> None:
    log = founded(world)
    slow = world.witnesses[2]
    slow.mood = "slow"
    log.submit(world.drills(1), wait=10)
    begun = time.monotonic()
    for envelope in world.drills(5):
        assert log.submit([envelope], wait=10)[0].receipt  # type: ignore[union-attr]
    assert time.monotonic() - begun < 2.5
    asked = len(slow.asked)
    slow.gate.set()
    slow.mood = None
    log.submit(world.drills(1), wait=10)
    deadline = time.monotonic() + 5
    while len(slow.asked) < asked + 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    log.submit(world.drills(1), wait=10)
    assert len(slow.asked) <= asked + 4  # not once for each of the sizes it missed
    assert world.audit().exit == Exit.GOOD


def test_a_late_cosignature_makes_a_further_entry_of_the_same_body(world: World) -> None:
    log = founded(world)
    slow = world.witnesses[1]
    slow.mood = "slow"
    (one,) = log.submit(world.drills(1), wait=10)
    assert isinstance(one, Logged)
    assert len(history(world)) == 2
    slow.gate.set()
    slow.mood = None
    deadline = time.monotonic() + 5
    while len(history(world)) < 3 and time.monotonic() < deadline:
        log.tick()
    points = history(world)
    assert [point.size for point in points] == [4, 5, 5]
    assert points[1].note.text == points[2].note.text
    assert [len(cosigners(point)) for point in points] == [3, 2, 3]
    assert checkpoints.parse((world.directory / "checkpoint").read_bytes()) == points[2]
    assert log.receipt(one.id) == one  # the receipt given first stands
    assert world.audit().exit == Exit.GOOD


def test_late_cosignatures_can_make_the_quorum(world: World) -> None:
    log = founded(world, limit=0.3)
    for witness in world.witnesses[:2]:
        witness.mood = "slow"
    (one,) = log.submit(world.drills(1), wait=10)
    assert isinstance(one, Logged)
    assert one.receipt is None
    log.start()
    for witness in world.witnesses:
        witness.gate.set()
        witness.mood = None
    deadline = time.monotonic() + 5
    while log.receipt(one.id).receipt is None and time.monotonic() < deadline:
        time.sleep(0.01)
    log.stop()
    world.check(one.envelope, log.receipt(one.id).receipt)
    assert world.audit().exit == Exit.GOOD


def test_every_body_that_was_signed_is_in_the_history(world: World) -> None:
    log = founded(world)
    for witness in world.witnesses:
        witness.mood = "dead"
    for envelope in world.drills(3):
        log.submit([envelope], wait=0.1)
    assert [(point.size, len(cosigners(point))) for point in history(world)] == [(4, 3), (5, 0), (6, 0), (7, 0)]
    log.tick()
    assert len(history(world)) == 4  # nothing new was said: no further entry


def test_two_keys_of_one_witness_are_asked_for_once(world: World) -> None:
    ed, pq = (NotePen("both.example", kind) for kind in (note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44))
    asked: list[bytes] = []
    both = [cosigner("both.example", one.private) for one in (ed, pq)]
    witness = Witness(both, {ORIGIN: world.signer.keys}, Memory(), world.clock)

    def transport(url: str, body: bytes, limit: float) -> Answer:
        asked.append(body)
        return Answer(200, "", witness.add_checkpoint(body))

    pool = WitnessPool({"ed": "http://both", "pq": "http://both"}, transport=lambda: transport)
    point = world.signer.checkpoint(1, bytes(32), START)
    question = Question(point, (ed.key, pq.key), lambda old, new: [], world.clock)
    found = pool.ask(question, lambda: None).wait(lambda keys: len(keys) == 2, 5, 0)
    assert [one.key.algorithm for one in found] == [note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44]
    assert len(asked) == 1
    assert cosignature.verify(pq.key, point, found[1].signature) == START
    pool.close()


def test_a_pool_of_a_policy_file(world: World) -> None:
    from verifier.formats import policy as policies

    lines = world.people.policy_text.split("\n")
    lines[1] += " https://norhaven.example/"
    pool = WitnessPool.of_policy(policies.parse("\n".join(lines).encode()), limit=1.5)
    assert list(pool.troubles()) == ["norhaven"]
    assert pool.limit == 1.5
